"""The faults of the survival benchmark, and what a client is asked for while each of them happens."""

from __future__ import annotations

import contextlib
import struct
import threading
import time
from collections.abc import Sequence
from typing import Any, Callable, NamedTuple

from .survivor import Calls

FIRST = {"spot": "BTCUSDT", "inverse": "BTCUSD"}
SECOND = {"spot": "ETHUSDT", "inverse": "ETHUSD"}
BOOK = {"spot": ("diff_depth_v1", "diffDepth"), "inverse": ("orderbook_25", "orderBookL2_25")}
TRADE = {"spot": ("trade_v1", "trade"), "inverse": ("trade", "trade")}
PRIVATE = {"spot": "execution_report", "inverse": "order"}
RECORD = {"spot": "realtimes_v1", "inverse": "instrument_info"}
SOCKETS = {"spot": 2, "inverse": 1}
"""Connections of a client: spot has its private streams on one of their own."""

QUICK_PINGS = {"ping_interval": 2, "ping_timeout": 1}
"""The defaults of both clients are 20 and 10 s; only the rows about silence shorten them."""


class Stage:
    """One client in front of one exchange.

    Args:
        exchange: The exchange.
        market: ``"spot"`` or ``"inverse"``.
        tell: Gives the client's process an order and returns the answer.
    """

    def __init__(self, exchange: Any, market: str, tell: Callable[..., Any]) -> None:
        self.exchange, self.market, self.tell = exchange, market, tell
        self.more: list[str] = []
        self._still = threading.Event()

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self._still.wait(seconds)

    def subscribe(self, calls: Calls, *bad: str) -> None:
        """Let the user subscribe to more; what is good of it has to be delivered."""
        self.more += [key for key in keys(calls) if not key.endswith(bad)] if bad else keys(calls)
        self.tell("subscribe", calls)

    def start(self) -> None:
        """Start the exchange where it was, as soon as the port is free."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                self.exchange.start()
                return
            self.pause(0.05)


class Ordeal(NamedTuple):
    """A row of the table.

    Attributes:
        name: What happens.
        play: Lets it happen.
        options: For the clients' constructors.
        patience: Seconds that every stream is given to deliver anew.
        history: Seconds for which everything is well before.
        ask: What to subscribe at first, by market; the usual where it is None.
        rounds: How often it is played, where chance decides what it does.
        markets: Where it can be played.
        exchange: For the exchange's constructor.
    """

    name: str
    play: Callable[[Stage], object]
    options: dict[str, Any] = {}  # noqa: RUF012
    patience: float = 12.0
    history: float = 1.0
    ask: Callable[[str], Calls] | None = None
    rounds: int = 1
    markets: Sequence[str] = ("spot", "inverse")
    exchange: dict[str, Any] = {}  # noqa: RUF012

    def calls(self, market: str) -> Calls:
        """Return what to subscribe at first."""
        return (self.ask or usual)(market)


def usual(market: str) -> Calls:
    """Ask for trades of two symbols, for books, and for one private stream.

    On spot it is the book of one symbol: pybit does not survive two of them, fault or no fault; that is a row of
    its own.
    """
    trades = (TRADE[market][0], [FIRST[market], SECOND[market]])
    return [trades, *books(market), (PRIVATE[market], [])]


def books(market: str) -> Calls:
    """Ask for books alone, so that what is lost is a change of a book."""
    return [(BOOK[market][0], [FIRST[market]] if market == "spot" else [FIRST[market], SECOND[market]])]


def two_books(market: str) -> Calls:
    """Ask for the books of two symbols in one call."""
    return [(BOOK[market][0], [FIRST[market], SECOND[market]])]


def one_symbol(market: str) -> Calls:
    """Ask for one symbol only."""
    return [*public(market, FIRST[market]), (PRIVATE[market], [])]


def public(market: str, symbol: str) -> Calls:
    """Ask for trades and the book of a symbol."""
    return [(TRADE[market][0], [symbol]), (BOOK[market][0], [symbol])]


def keys(calls: Calls) -> list[str]:
    """Return the names under which the client's process counts what calls deliver."""
    return [f"{stream} {symbol}".strip() for stream, symbols in calls for symbol in symbols or [""]]


# -- what happens ------------------------------------------------------------------------------------------


def drop(stage: Stage) -> None:
    stage.exchange.drop()


def restart(stage: Stage) -> None:
    stage.exchange.stop()
    stage.pause(2)
    stage.start()


def closing(code: int) -> Callable[[Stage], None]:
    return lambda stage: stage.exchange.close_with(code)


def raw(data: bytes) -> Callable[[Stage], None]:
    return lambda stage: stage.exchange.send_raw(data)


def refused(stage: Stage) -> None:
    stage.exchange.refuse_connections(5, 503)
    stage.exchange.drop()


def too_many(stage: Stage) -> None:
    stage.exchange.refuse_connections(SOCKETS[stage.market], 429, {"Retry-After": "2"})
    stage.exchange.drop()


def hanging(stage: Stage) -> None:
    stage.exchange.hang_upgrades(1)
    stage.exchange.drop()


def unauthorised(stage: Stage) -> None:
    stage.exchange.refuse_auth(1)
    stage.exchange.drop()


def flapping(stage: Stage) -> None:
    for _ in range(5):
        stage.exchange.drop()
        stage.exchange.wait_for(lambda: stage.exchange.connections == 0, 2)
        stage.exchange.wait_for(lambda: stage.exchange.connections >= SOCKETS[stage.market], 5)


def stall(stage: Stage) -> None:
    for topic in (BOOK[stage.market][1], TRADE[stage.market][1]):
        stage.exchange.stall(topic, FIRST[stage.market])


def block(stage: Stage) -> None:
    # Where the next ping happens to fall decides whether pybit notices: three times, each at another moment.
    for _ in range(3):
        stage.tell("block", 3.5)
        stage.pause(4.7)


def lose(stage: Stage) -> None:
    stage.exchange.lose(1)
    stage.pause(5)


def later(stage: Stage) -> None:
    stage.subscribe(public(stage.market, SECOND[stage.market]))


def one_refused(stage: Stage) -> None:
    market = stage.market
    stage.subscribe([(RECORD[market], [FIRST[market], "NOPEUSD", SECOND[market]])], "NOPEUSD")


NOTHING = "no fault"
LOSS: dict[str, Any] = {"history": 2, "ask": books, "rounds": 12}
GIANT = b"\x81\x7f" + struct.pack("!Q", 1 << 40) + b"["

ORDEALS: Sequence[Ordeal] = (
    Ordeal(NOTHING, lambda stage: None),
    Ordeal("books of two symbols", lambda stage: None, history=2, ask=two_books),
    Ordeal("TCP connection cut", drop),
    Ordeal("TCP reset", lambda stage: stage.exchange.reset()),
    Ordeal("close frame 1000", closing(1000)),
    Ordeal("close frame 1001", closing(1001)),
    Ordeal("close frame 1011", closing(1011)),
    Ordeal("close frame, invalid payload", raw(b"\x88\x01\x03")),
    Ordeal("5 cuts in a row", flapping, patience=20),
    Ordeal("half-open connection", lambda stage: stage.exchange.go_silent(), QUICK_PINGS, patience=15),
    Ordeal("exchange away for 2 s", restart, patience=15),
    Ordeal("upgrade refused, 503, 5 times", refused, patience=25),
    Ordeal("upgrade refused, 429 Retry-After", too_many),
    Ordeal("upgrade never answered, once", hanging, patience=25),
    Ordeal("authentication refused, once", unauthorised),
    Ordeal("garbage for JSON", lambda stage: stage.exchange.send("{broken")),
    Ordeal("garbage for a frame", raw(b"\xf3\x05HTTP/1.1 400 Bad Request\r\n\r\n")),
    Ordeal("frame of 1 TiB announced", raw(GIANT)),
    Ordeal("a change of a book lost", lose, **LOSS),
    Ordeal("the same, changes numbered", lose, markets=["spot"], exchange={"count_deltas": True}, **LOSS),
    Ordeal("a symbol's streams stall", stall, patience=40, history=40),
    Ordeal("callback raises", lambda stage: stage.tell("fail")),
    Ordeal("callback slower than the pings", block, QUICK_PINGS),
    Ordeal("a second symbol later", later, ask=one_symbol),
    Ordeal("one symbol of three refused", one_refused),
)
