"""pybit 5.17, written for V5 by others, listens to the simulator's V5 sockets: ``.ci/pybit5`` runs this.

Each stream has a pybit of its own. It has to deliver messages of the documented shape; the books that pybit keeps have
to be the exchange's own when the market stands still, and so has whatever else the exchange's truth knows. The exit
code is 1 where that is not so, or where pybit logged an error, or ended.

It needs an environment without pybit 2.4.1, which has the same name.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, NamedTuple

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]

import pybit5_shapes as shapes  # noqa: E402
from support import wait_until  # noqa: E402

from bybit_ws.simulator import Exchange  # noqa: E402

KEY, SECRET = "key", "secret"
PATIENCE = 60.0
SPOT, INVERSE, PRIVATE = "spot", "inverse", "private"
SYMBOLS = {SPOT: "BTCUSDT", INVERSE: "BTCUSD"}
BOOKS = (1, 50, 200, 1000)

Truth = Callable[[Any, "Ear"], Iterable[str]]


class Stream(NamedTuple):
    """One stream.

    Attributes:
        socket: pybit's ``channel_type``.
        topic: What is subscribed.
        method: pybit's method without ``_stream``.
        arguments: What it takes besides the callback.
        shape: What its messages look like.
        least: How many have to be delivered.
        truth: Yields how what was delivered differs from the exchange's truth.
    """

    socket: str
    topic: str
    method: str
    arguments: dict[str, Any]
    shape: shapes.Shape
    least: int
    truth: Truth


class Ear:
    """One stream's pybit, and what it delivered."""

    def __init__(self, stream: Stream, pybit: Any) -> None:
        self.stream = stream
        self.messages: list[Any] = []
        self.wire: Counter[str] = Counter()
        self._lock = threading.RLock()
        keys = {"api_key": KEY, "api_secret": SECRET} if stream.socket == PRIVATE else {}
        self.client = _listening(pybit, self)(stream.socket, testnet=True, ping_interval=2, ping_timeout=1.5, **keys)
        self.thread = self.client.wst

    def subscribe(self) -> None:
        """Subscribe; what comes before pybit has noted what it asked for waits meanwhile, as pybit fails on it."""
        with self._lock:
            getattr(self.client, f"{self.stream.method}_stream")(callback=self._take, **self.stream.arguments)

    def unsubscribe(self) -> None:
        """Unsubscribe, which pybit takes for done when the exchange says so."""
        with self._lock:
            self.client.unsubscribe(self.stream.topic)

    def heard(self, text: str, take: Callable[[str], None]) -> None:
        """Count a frame, then let pybit have it."""
        with self._lock:
            message = json.loads(text)
            pong = "pong" in (message.get("ret_msg"), message.get("op"))
            self.wire["pong" if pong else str(message.get("type") or message.get("op"))] += 1
            take(text)

    def enough(self) -> bool:
        """Whether so much was delivered that it can be judged, and a ping was answered."""
        return len(self.messages) >= self.stream.least and self.wire["pong"] > 0

    def entries(self) -> list[Any]:
        """The entries of all messages, in order."""
        return [entry for message in self.messages for entry in message["data"]]

    def _take(self, message: Any) -> None:
        # A copy: what pybit hands out is its own book, and changes with the next message.
        self.messages.append(json.loads(json.dumps(message)))


def _listening(pybit: Any, ear: Ear) -> Any:
    class Listening(pybit.WebSocket):  # type: ignore[misc, name-defined]
        def _on_message(self, message: str) -> None:
            ear.heard(message, super()._on_message)

    return Listening


# == the exchange's truth ==================================================================================


def same_book(exchange: Any, ear: Ear) -> Iterator[str]:
    """Yield how the last book differs; pybit keeps the levels in any order."""
    symbol, depth = SYMBOLS[ear.stream.socket], ear.stream.arguments["depth"]
    book, data = pairs(exchange.truth.book(symbol, depth)), ear.messages[-1]["data"]
    for side in ("b", "a"):
        if sorted(data[side]) != sorted(book[side]):
            wrong = sum(pair not in book[side] for pair in data[side])
            yield f"{wrong} of {len(data[side])} levels in {side} are not the exchange's {len(book[side])}"
    if depth > 1 and not ear.wire["delta"]:
        yield "there was no delta"
    updates = [message["data"]["u"] for message in ear.messages]
    holes = sum(later - earlier not in {0, 1} for earlier, later in zip(updates, updates[1:]))
    if holes:
        yield f"u has {holes} holes"


def pairs(book: Any) -> dict[str, list[list[str]]]:
    """Return a book's levels as V5 writes them; the truth has rows on inverse."""
    if isinstance(book, dict):
        return book
    sides: dict[str, list[list[str]]] = {"b": [], "a": []}
    for row in book:
        sides["b" if row["side"] == "Buy" else "a"].append([row["price"], str(row["size"])])
    return sides


def same_trades(exchange: Any, ear: Ear) -> Iterator[str]:
    """Yield how the trades' ids differ from those on the tape since the first one delivered."""
    symbol = SYMBOLS[ear.stream.socket]
    ids = [trade["i"] for trade in ear.entries()]
    tape = [trade.get("trade_id") or trade["v"] for trade in exchange.truth.trades(symbol)]
    if ids != tape[len(tape) - len(ids) :]:
        yield f"the {len(ids)} trades are not the exchange's last {len(ids)}"


def same_ticker(exchange: Any, ear: Ear) -> Iterator[str]:
    """Yield how the last ticker differs."""
    truth, data = exchange.truth.ticker(SYMBOLS[ear.stream.socket]), ear.messages[-1]["data"]
    names = {"lastPrice": "c", "highPrice24h": "h", "lowPrice24h": "l", "volume24h": "v", "turnover24h": "qv"}
    if ear.stream.socket == INVERSE:
        names = {"lastPrice": "last_price", "bid1Price": "bid1_price", "ask1Price": "ask1_price"}
        names |= {"openInterest": "open_interest", "volume24h": "volume_24h"}
    for name, legacy in names.items():
        if name in data and Decimal(data[name]) != Decimal(str(truth[legacy])):
            yield f"{name} is {data[name]}, not {truth[legacy]}"


def same_candle(exchange: Any, ear: Ear) -> Iterator[str]:
    """Yield how the last candle differs."""
    inverse, data = ear.stream.socket == INVERSE, ear.messages[-1]["data"][-1]
    truth = exchange.truth.candle(SYMBOLS[ear.stream.socket], "1" if inverse else "1m")
    for name in ("open", "high", "low", "close", "volume"):
        legacy = truth[name if inverse else name[0]]
        if Decimal(data[name]) != Decimal(str(legacy)):
            yield f"{name} is {data[name]}, not {legacy}"


def orders_live(exchange: Any, ear: Ear) -> Iterator[str]:
    """Yield orders that were filled for less or more than they count, or that go backwards."""
    filled: dict[str, Decimal] = defaultdict(Decimal)
    for order in ear.entries():
        done, left, size = (Decimal(order[key]) for key in ("cumExecQty", "leavesQty", "qty"))
        if done < filled[order["orderId"]]:
            yield f"order {order['orderId']} was filled for {filled[order['orderId']]}, then for {done}"
        filled[order["orderId"]] = done
        if order["orderStatus"] == "Filled" and left:
            yield f"order {order['orderId']} is filled, but {left} of {size} are left"


def own_trades(exchange: Any, ear: Ear) -> Iterator[str]:
    """Yield executions that came twice, or are not on the tape."""
    executions = ear.entries()
    if len({one["execId"] for one in executions}) < len(executions):
        yield "an execution came twice"
    if {one["category"] for one in executions} != {SPOT, INVERSE}:
        yield "not both categories"
    tapes = {one["symbol"]: _fills(exchange.truth.trades(one["symbol"])) for one in executions}
    for one in executions:
        if (Decimal(one["execPrice"]), int(one["execTime"])) not in tapes[one["symbol"]]:
            yield f"execution {one['execId']} is not on the tape"


def _fills(tape: list[Any]) -> set[tuple[Decimal, int]]:
    return {(Decimal(str(one.get("p", one.get("price")))), one.get("t", one.get("trade_time_ms"))) for one in tape}


def nothing(exchange: Any, ear: Ear) -> Iterator[str]:
    """There is no truth to compare with."""
    return iter(())


# == the streams ===========================================================================================


def _public(socket: str) -> Iterator[Stream]:
    symbol = SYMBOLS[socket]
    spot, one = socket == SPOT, {"symbol": symbol}
    trade, ticker = (
        (shapes.SPOT_TRADE, shapes.SPOT_TICKER) if spot else (shapes.INVERSE_TRADE, shapes.INVERSE_TICKER)
    )
    yield Stream(socket, f"publicTrade.{symbol}", "trade", one, trade, 10, same_trades)
    for depth in BOOKS:
        book = {"depth": depth, **one}
        yield Stream(socket, f"orderbook.{depth}.{symbol}", "orderbook", book, shapes.BOOK, 10, same_book)
    yield Stream(socket, f"kline.1.{symbol}", "kline", {"interval": 1, **one}, shapes.KLINE, 3, same_candle)
    yield Stream(socket, f"tickers.{symbol}", "ticker", one, ticker, 10, same_ticker)


STREAMS = (
    *_public(SPOT),
    *_public(INVERSE),
    Stream(INVERSE, "allLiquidation.BTCUSD", "all_liquidation", {"symbol": "BTCUSD"}, shapes.LIQUIDATION, 2, nothing),
    Stream(
        INVERSE, "insurance.inverse", "insurance_pool", {"contract_group": "inverse"}, shapes.INSURANCE, 2, nothing
    ),
    Stream(PRIVATE, "order", "order", {}, shapes.ORDER, 10, orders_live),
    Stream(PRIVATE, "execution", "execution", {}, shapes.EXECUTION, 4, own_trades),
    Stream(PRIVATE, "position", "position", {}, shapes.POSITION, 2, nothing),
    Stream(PRIVATE, "wallet", "wallet", {}, shapes.WALLET, 4, nothing),
)


# == the run ===============================================================================================


class Errors(logging.Handler):
    """What pybit and websocket-client logged as errors, and what threads ended with, by thread."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.by_thread: dict[str, list[str]] = defaultdict(list)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.note(str(record.threadName), record.getMessage())

    def ended(self, args: Any) -> None:
        """Take what ``threading.excepthook`` is told."""
        self.note(args.thread.name if args.thread else "?", f"{args.exc_type.__name__}: {args.exc_value}")

    def note(self, thread: str, text: str) -> None:
        self.by_thread[thread].append(text)
        self.found.append(text)

    def of(self, thread: threading.Thread) -> list[str]:
        """Return the errors of one pybit."""
        return self.by_thread.pop(thread.name, [])


def verdict(ear: Ear, exchange: Any, errors: list[str]) -> str:
    """Return ``ok``, or the first of each kind of what is wrong."""
    found = [f"logged: {errors[0]}"] if errors else []
    if not ear.enough():
        found.append(f"not enough: {dict(ear.wire)}")
    faults = dict.fromkeys(fault for message in ear.messages for fault in ear.stream.shape.faults(message))
    found += [*faults][:3]
    if any(message["topic"] != ear.stream.topic for message in ear.messages):
        found.append("another topic")
    if not faults and ear.messages:
        found += [*ear.stream.truth(exchange, ear)][:3]
    return "; ".join(found) or "ok"


def run(exchange: Any, pybit: Any, streams: Iterable[Stream], errors: Errors) -> Iterator[tuple[str, int, str]]:
    """Yield name, number of messages and verdict of each stream."""
    ears = [Ear(stream, pybit) for stream in streams]
    try:
        for ear in ears:
            ear.subscribe()
        wait_until(lambda: errors.found or all(ear.enough() for ear in ears), PATIENCE)
        exchange.pause()
        # pybit is slow: what was pushed before has to get through.
        wait_until(lambda: errors.found or not any(_differs(ear, exchange) for ear in ears), PATIENCE / 4)
        verdicts = {id(ear): verdict(ear, exchange, errors.of(ear.thread)) for ear in ears}
        for ear in ears:
            ear.unsubscribe()
        wait_until(lambda: not any(ear.client.subscriptions for ear in ears), PATIENCE / 4)
        for ear in ears:
            said = verdicts[id(ear)]
            if ear.client.subscriptions:
                said += "; its unsubscription was not confirmed"
            yield f"{ear.stream.socket} {ear.stream.topic}", len(ear.messages), said
        for thread, texts in errors.by_thread.items():
            yield thread, 0, f"logged: {texts[0]}"
    finally:
        for ear in ears:
            ear.client.exit()


def _differs(ear: Ear, exchange: Any) -> bool:
    return bool(ear.messages) and any(ear.stream.truth(exchange, ear))


def main(argv: list[str] | None = None) -> int:
    """Run the command; return 1 where pybit is not content with the simulator."""
    parser = argparse.ArgumentParser(prog="python tests/pybit5.py", description="pybit 5 against the simulator's V5.")
    parser.add_argument("--only", nargs="+", metavar="WORD", default=[""], help="only topics with one of these in them")
    parser.add_argument("--seed", default="pybit5", help="the market's (%(default)s)")
    parser.add_argument("--speed", type=float, default=4, help="the market's (%(default)s)")
    options = parser.parse_args(argv)
    try:
        pybit = import_module("pybit.unified_trading")
    except ImportError:
        sys.stderr.write("no pybit 5 here: run .ci/pybit5\n")
        return 2
    errors = Errors()
    logging.getLogger().addHandler(errors)
    threading.excepthook = errors.ended
    streams = [one for one in STREAMS if any(word in f"{one.socket} {one.topic}" for word in options.only)]
    wrong = False
    with Exchange(seed=options.seed, speed=options.speed, credentials={KEY: SECRET}) as exchange:
        pybit.PUBLIC_WSS = exchange.url + "/v5/public/{CHANNEL_TYPE}"
        pybit.PRIVATE_WSS = exchange.url + "/v5/private"
        for name, count, said in run(exchange, pybit, streams, errors):
            wrong = wrong or said != "ok"
            sys.stdout.write(f"{f'{name}:':35}{count:6} messages, {said}\n")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
