"""pybit 2.4.1 and bybit_ws play the same script against the same exchange.

First stream by stream, where both are right and must agree. Then, test by test, where pybit is wrong: every one
of those shows both results. At last the habits of scripts that were written for pybit, run under both.
"""

from __future__ import annotations

import copy
import json
import logging
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import eq
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple

import pytest
import websocket
from support import wait_until

import bybit_ws
from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws.simulator import Exchange

inverse_perpetual = pytest.importorskip("pybit.inverse_perpetual")
spot = pytest.importorskip("pybit.spot")

V1, V2, PRIVATE, REALTIME = "/spot/quote/ws/v1", "/spot/quote/ws/v2", "/spot/ws", "/realtime"
KEYS = {"api_key": "key", "api_secret": "secret"}
CREDENTIALS = {"key": "secret"}
# pybit's threads look up every ping_timeout whether they should end; its first ping would come after ping_interval.
OPTIONS = {"test": True, "ping_interval": 60, "ping_timeout": 0.5}


def point_pybit_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spot, "PUBLIC_V1_WSS", url + V1)
    monkeypatch.setattr(spot, "PUBLIC_V2_WSS", url + V2)
    monkeypatch.setattr(spot, "PRIVATE_WSS", url + PRIVATE)
    monkeypatch.setattr(inverse_perpetual, "WSS", url + REALTIME)


def sockets_of(client: Any) -> list[Any]:
    """Find pybit's connections: a spot client has up to three, an inverse client is one."""
    if isinstance(client, spot.WebSocket):
        return [one for one in (client.ws_public_v1, client.ws_public_v2, client.ws_private) if one]
    return [client]


def end(client: Any) -> None:
    """End pybit for good: ``exit()`` alone leaves its thread, and a reconnect that it meets goes on."""
    for one in sockets_of(client):
        one.handle_error = False
        assert wait_until(lambda one=one: not one.attempting_connection)
        one.exit()
        assert wait_until(lambda one=one: not one.wst.is_alive())


def alive(client: Any) -> bool:
    return all(one.wst.is_alive() and one.is_connected() for one in sockets_of(client))


def dead(client: Any) -> bool:
    return wait_until(lambda: not any(one.wst.is_alive() for one in sockets_of(client)))


# == where pybit is right ==================================================================================


class Stream(NamedTuple):
    """One step of the script.

    Attributes:
        name: The method without ``_stream``.
        arguments: By pybit's names.
        identity: Where a message says which one of the wire it is.
        levels: How pybit's unsorted book is put into order, where it is a book.
    """

    name: str
    arguments: dict[str, Any]
    identity: Callable[[Any], Any]
    levels: Callable[[Any], None] | None = None


def _sort_pairs(message: Any) -> None:
    message["data"][0]["b"].sort(key=lambda pair: -float(pair[0]))
    message["data"][0]["a"].sort(key=lambda pair: float(pair[0]))


def _sort_rows(message: Any) -> None:
    message["data"].sort(key=lambda row: (row["side"], float(row["price"])))


def _of(*path: Any) -> Callable[[Any], Any]:
    def identity(message: Any) -> Any:
        for key in path:
            message = message[key]
        return message

    return identity


def _seq(message: Any) -> Any:
    return message["cross_seq"], message["timestamp_e6"]


def _candle(message: Any) -> Any:
    data = message["data"]
    data = data[0] if isinstance(data, list) else data
    return data.get("start", data.get("t")), data.get("volume", data.get("v")), data.get("confirm")


def _whole(message: Any) -> str:
    return json.dumps(message)


PAIR = {"symbol": "BTCUSDT"}
USD = {"symbol": "BTCUSD"}

SPOT_STREAMS = (
    Stream("trade_v1", PAIR, _of("data", -1, "v")),
    Stream("realtimes_v1", PAIR, _of("data", 0, "t")),
    Stream("kline_v1", {**PAIR, "interval": "1m"}, _candle),
    Stream("depth_v1", PAIR, _of("data", 0, "v")),
    Stream("merged_depth_v1", {**PAIR, "dump_scale": 1}, _of("data", 0, "v")),
    Stream("diff_depth_v1", PAIR, _of("data", 0, "v"), _sort_pairs),
    Stream("depth_v2", PAIR, _of("data", "v")),
    Stream("kline_v2", {**PAIR, "interval": "1m"}, _candle),
    Stream("trade_v2", PAIR, _of("data", "v")),
    Stream("book_ticker_v2", PAIR, _whole),
    Stream("realtimes_v2", PAIR, _whole),
    Stream("outbound_account_info", {}, _whole),
    Stream("execution_report", {}, _whole),
    Stream("ticket_info", {}, _of("T")),
)
INVERSE_STREAMS = (
    Stream("orderbook_25", USD, _seq, _sort_rows),
    Stream("orderbook_200", USD, _seq, _sort_rows),
    Stream("trade", USD, _of("data", -1, "trade_id")),
    Stream("insurance", {"symbol": "BTC"}, _of("data", 0, "timestamp")),
    Stream("instrument_info", USD, _seq),
    Stream("kline", {**USD, "interval": 1}, _candle),
    Stream("liquidation", USD, _of("data", "time")),
    Stream("position", {}, _whole),
    Stream("execution", {}, _whole),
    Stream("order", {}, _whole),
    Stream("stop_order", {}, _whole),
    Stream("wallet", {}, _whole),
)
STREAMS = {stream.name: stream for stream in SPOT_STREAMS + INVERSE_STREAMS}
ENOUGH = 3

Heard = dict[str, list[Any]]


def play(client: Any, script: tuple[Stream, ...], heard: Heard) -> Any:
    """Subscribe to every stream by keywords, and keep what the callbacks get as it was when they got it."""
    for stream in script:
        messages = heard[stream.name] = []

        def keep(message: Any, messages: list[Any] = messages) -> None:
            messages.append(copy.deepcopy(message))

        getattr(client, f"{stream.name}_stream")(callback=keep, **stream.arguments)
    return client


@pytest.fixture(scope="class")
def heard() -> Iterator[tuple[Heard, Heard]]:
    """Play the script under both; pybit first, so that its slow start costs no messages of ours."""
    theirs, ours = {}, {}
    with Exchange(seed=24, speed=4, credentials=CREDENTIALS) as exchange, pytest.MonkeyPatch.context() as patch:
        point_pybit_to(exchange.url, patch)
        with ThreadPoolExecutor(2) as pool:
            playing = [
                pool.submit(lambda: play(inverse_perpetual.WebSocket(**OPTIONS, **KEYS), INVERSE_STREAMS, theirs)),
                pool.submit(lambda: play(spot.WebSocket(**OPTIONS, **KEYS), SPOT_STREAMS, theirs)),
            ]
            pybits = [one.result() for one in playing]
        with SpotWebSocket(endpoint=exchange.url, **KEYS) as one, InverseWebSocket(
            endpoint=exchange.url, **KEYS
        ) as other:
            play(one, SPOT_STREAMS, ours)
            play(other, INVERSE_STREAMS, ours)
            yield theirs, ours
            assert all(map(alive, pybits))
            for pybit in pybits:
                end(pybit)


class TestBothAreRight:
    """One script, 26 streams at once, on a running exchange."""

    @pytest.mark.parametrize("name", STREAMS)
    def test_pybit_is_right_and_we_agree(self, heard: tuple[Heard, Heard], name: str) -> None:
        stream = STREAMS[name]
        theirs, ours = (side[name] for side in heard)
        assert wait_until(lambda: len(common(stream, theirs, ours)) >= ENOUGH, 20), (len(theirs), len(ours))
        for their, our in common(stream, theirs, ours):
            their = copy.deepcopy(their)
            if stream.levels:
                stream.levels(their)
            assert our == their


def common(stream: Stream, theirs: list[Any], ours: list[Any]) -> list[tuple[Any, Any]]:
    """Pair what both got: one began later than the other, and from there none is missing, none more, none moved.

    The first message is left out: the last trades, a cached book or the candle of that moment are each
    connection's own.
    """
    left, right = list(theirs)[1:], list(ours)[1:]
    left_ids, right_ids = ([stream.identity(message) for message in side] for side in (left, right))
    for skip in range(max(len(left), len(right))):
        if skip < len(left) and all(map(eq, left_ids[skip:], right_ids)):
            return list(zip(left[skip:], right))
        if skip < len(right) and all(map(eq, left_ids, right_ids[skip:])):
            return list(zip(left, right[skip:]))
    return []


# == where pybit is wrong ==================================================================================


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    """An exchange whose market stands still: it says what the tests make it say."""
    with Exchange(seed=3, speed=10, credentials=CREDENTIALS) as running:
        running.pause()
        yield running


@pytest.fixture(autouse=True)
def _pybit_goes_there(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    point_pybit_to(exchange.url, monkeypatch)


class Beside(SimpleNamespace):
    """Two clients: ``pybit`` and ``ours``; ``events`` are what ours reported."""

    def happened(self, kind: type[events.Event]) -> bool:
        return wait_until(lambda: any(isinstance(event, kind) for event in self.events))


@pytest.fixture
def on_spot(exchange: Exchange) -> Iterator[Beside]:
    reported: list[events.Event] = []
    with SpotWebSocket(endpoint=exchange.url, on_event=reported.append, **KEYS) as ours:
        both = Beside(pybit=spot.WebSocket(**OPTIONS, **KEYS), ours=ours, events=reported)
        yield both
        end(both.pybit)


@pytest.fixture
def on_inverse(exchange: Exchange) -> Iterator[Beside]:
    reported: list[events.Event] = []
    with InverseWebSocket(endpoint=exchange.url, on_event=reported.append, **KEYS) as ours:
        both = Beside(pybit=inverse_perpetual.WebSocket(**OPTIONS, **KEYS), ours=ours, events=reported)
        yield both
        end(both.pybit)


def trade(symbol: str, number: int = 1) -> dict[str, Any]:
    return {"topic": f"trade.{symbol}", "data": [{"symbol": symbol, "trade_id": f"{symbol}-{number}"}]}


def level(price: str, side: str, size: int | None = 1) -> dict[str, Any]:
    row = {"price": price, "symbol": "BTCUSD", "id": int(float(price) * 10_000), "side": side}
    return row if size is None else {**row, "size": size}


def book(data: Any, number: int) -> dict[str, Any]:
    kind = "snapshot" if isinstance(data, list) else "delta"
    return {
        "topic": "orderBookL2_25.BTCUSD", "type": kind, "data": data, "cross_seq": number, "timestamp_e6": number,
    }


def delta(delete: Any = (), update: Any = (), insert: Any = ()) -> dict[str, Any]:
    return {"delete": list(delete), "update": list(update), "insert": list(insert), "transactTimeE6": 0}


FIRST_BOOK = [level("9.00", "Buy"), level("9.50", "Buy"), level("10.50", "Sell"), level("11.00", "Sell")]


def diff_depth(symbol: str, bids: Any, asks: Any, number: int, first: bool = False) -> dict[str, Any]:
    return {
        "symbol": symbol, "symbolName": symbol, "topic": "diffDepth",
        "params": {"realtimeInterval": "24h", "binary": "false"},
        "data": [{"e": 301, "s": symbol, "t": number, "v": f"{10**9 + number}_18", "b": bids, "a": asks, "o": 0}],
        "f": first, "sendTime": number,
    }  # fmt: skip


def prices(rows: Any) -> list[str]:
    return [row["price"] for row in rows]


SILENT = ("trade", "ticket_info")
"""Streams that say nothing at first."""


def follow(both: Beside, stream: str, *args: Any) -> tuple[list[Any], list[Any]]:
    """Subscribe under both, wait for the first message, and give the two lists that get the messages themselves."""
    theirs: list[Any] = []
    ours: list[Any] = []
    getattr(both.pybit, f"{stream}_stream")(theirs.append, *args)
    getattr(both.ours, f"{stream}_stream")(ours.append, *args)
    if stream not in SILENT:
        assert wait_until(lambda: theirs and ours)
    return theirs, ours


def say(exchange: Exchange, path: str, message: Any, *heard: list[Any]) -> None:
    """Send a message to both, and wait until these lists have grown."""
    before = [len(messages) for messages in heard]
    exchange.send(json.dumps(message), path)
    assert wait_until(lambda: all(len(now) > was for now, was in zip(heard, before)))


class TestPybitIsWrongOnInverse:
    def test_pybit_is_wrong_second_symbol_steals_the_first_ones_callback(
        self, exchange: Exchange, on_inverse: Beside
    ) -> None:
        their_btc, our_btc = follow(on_inverse, "trade", "BTCUSD")
        their_eth, our_eth = follow(on_inverse, "trade", "ETHUSD")
        say(exchange, REALTIME, trade("BTCUSD"), their_eth, our_btc)
        assert (their_btc, their_eth) == ([], [trade("BTCUSD")])
        assert (our_btc, our_eth) == ([trade("BTCUSD")], [])

    def test_pybit_is_wrong_books_are_unsorted(self, exchange: Exchange, on_inverse: Beside) -> None:
        theirs, ours = follow(on_inverse, "orderbook_25", "BTCUSD")
        say(exchange, REALTIME, book(FIRST_BOOK, 10**9), theirs, ours)
        say(exchange, REALTIME, book(delta(insert=[level("9.75", "Buy")]), 10**9 + 1), theirs, ours)
        assert prices(theirs[-1]["data"]) == ["9.00", "9.50", "10.50", "11.00", "9.75"]
        assert prices(ours[-1]["data"]) == ["9.00", "9.50", "9.75", "10.50", "11.00"]

    def test_pybit_is_wrong_orderbook_delivered_earlier_changes_later(
        self, exchange: Exchange, on_inverse: Beside
    ) -> None:
        theirs, ours = follow(on_inverse, "orderbook_25", "BTCUSD")
        say(exchange, REALTIME, book(FIRST_BOOK, 10**9), theirs, ours)
        their_first, our_first = theirs[-1], ours[-1]
        assert their_first["data"] == our_first["data"] == FIRST_BOOK
        say(exchange, REALTIME, book(delta(delete=[level("9.00", "Buy", None)]), 10**9 + 1), theirs, ours)
        assert prices(their_first["data"]) == ["9.50", "10.50", "11.00"]
        assert our_first["data"] == FIRST_BOOK

    def test_pybit_is_wrong_a_callback_that_changes_its_message_changes_the_book(
        self, exchange: Exchange, on_inverse: Beside
    ) -> None:
        theirs, ours = follow(on_inverse, "orderbook_25", "BTCUSD")
        say(exchange, REALTIME, book(FIRST_BOOK, 10**9), theirs, ours)
        for messages in (theirs, ours):
            messages[-1]["data"].pop()
        say(exchange, REALTIME, book(delta(update=[level("9.00", "Buy", 7)]), 10**9 + 1), theirs, ours)
        assert prices(theirs[-1]["data"]) == ["9.00", "9.50", "10.50"]
        assert prices(ours[-1]["data"]) == ["9.00", "9.50", "10.50", "11.00"]

    def test_pybit_is_wrong_dies_of_a_change_that_does_not_fit(
        self, exchange: Exchange, on_inverse: Beside
    ) -> None:
        theirs, ours = follow(on_inverse, "orderbook_25", "BTCUSD")
        say(exchange, REALTIME, book(FIRST_BOOK, 10**9), theirs, ours)
        exchange.send(json.dumps(book(delta(delete=[level("1.00", "Buy", None)]), 10**9 + 1)), REALTIME)
        assert dead(on_inverse.pybit)
        assert on_inverse.happened(events.BookOutOfSync)
        assert on_inverse.happened(events.BookRecovered)
        assert wait_until(lambda: ours[-1]["data"] == exchange.truth.book("BTCUSD", 25))

    def test_pybit_is_wrong_dies_of_an_exception_in_a_callback(
        self, exchange: Exchange, on_inverse: Beside, caplog: pytest.LogCaptureFixture
    ) -> None:
        theirs: list[Any] = []
        ours: list[Any] = []

        def fail(message: Any, heard: list[Any]) -> None:
            heard.append(message)
            raise ValueError("a mistake in a callback")

        on_inverse.pybit.trade_stream(lambda message: fail(message, theirs), "BTCUSD")
        on_inverse.ours.trade_stream(lambda message: fail(message, ours), "BTCUSD")
        say(exchange, REALTIME, trade("BTCUSD"), theirs, ours)
        assert dead(on_inverse.pybit)
        say(exchange, REALTIME, trade("BTCUSD", 2), ours)
        assert (len(theirs), len(ours)) == (1, 2)
        assert on_inverse.happened(events.CallbackFailed)
        assert "a mistake in a callback" in caplog.text

    def test_pybit_is_wrong_dies_of_a_message_it_does_not_know(
        self, exchange: Exchange, on_inverse: Beside
    ) -> None:
        theirs, ours = follow(on_inverse, "trade", "BTCUSD")
        exchange.send('{"success": true, "ret_msg": "pong", "request": {"op": "ping"}}', REALTIME)
        assert dead(on_inverse.pybit)
        say(exchange, REALTIME, trade("BTCUSD"), ours)
        assert (len(theirs), len(ours)) == (0, 1)

    def test_pybit_is_wrong_a_refused_symbol_takes_the_good_ones_callback(
        self, exchange: Exchange, on_inverse: Beside
    ) -> None:
        theirs, ours = follow(on_inverse, "trade", "BTCUSD")

        def pybit_is_refused() -> bool:
            # It asks before it notes the callback: where the refusal is quicker, the callback stays.
            on_inverse.pybit.trade_stream(theirs.append, "NOPEUSD")
            return wait_until(lambda: not on_inverse.pybit.callback_directory, 1)

        assert any(pybit_is_refused() for _ in range(5))
        refused = on_inverse.ours.trade_stream(ours.append, "NOPEUSD")
        with pytest.raises(bybit_ws.SubscriptionError, match="NOPEUSD"):
            refused.wait(5)
        assert not on_inverse.pybit.callback_directory
        say(exchange, REALTIME, trade("BTCUSD"), ours)
        assert dead(on_inverse.pybit)
        assert (theirs, ours) == ([], [trade("BTCUSD")])

    def test_pybit_is_wrong_a_call_made_again_asks_the_exchange_again(
        self, exchange: Exchange, on_inverse: Beside
    ) -> None:
        before = len(exchange.received)
        for _ in range(3):
            theirs, ours = follow(on_inverse, "trade", "XRPUSD")
        say(exchange, REALTIME, trade("XRPUSD"), theirs, ours)
        assert len(on_inverse.pybit.subscriptions) == 3
        assert on_inverse.ours.subscriptions == [("trade", "XRPUSD")]

        def requests() -> list[int]:
            asked = Counter(sent.connection for sent in exchange.received[before:] if "trade.XRPUSD" in sent)
            return sorted(asked.values())

        assert exchange.wait_for(lambda: requests() == [1, 3])

    def test_pybit_is_wrong_refused_keys_are_passed_over_in_silence(
        self, exchange: Exchange, caplog: pytest.LogCaptureFixture
    ) -> None:
        keys = {"api_key": "key", "api_secret": "wrong"}
        caplog.set_level(logging.DEBUG, "pybit")
        pybit = inverse_perpetual.WebSocket(**OPTIONS, **keys)
        assert wait_until(lambda: "Authorization for Inverse Perp (Auth) failed" in caplog.text), "a debug message"
        assert alive(pybit)
        assert pybit.auth is False
        # Raises nothing either. It asks before it notes the callback: a refusal that is quicker ends it.
        pybit.position_stream(print)
        with InverseWebSocket(endpoint=exchange.url, **keys) as ours, pytest.raises(bybit_ws.AuthenticationError):
            ours.position_stream(print)
        end(pybit)

    def test_pybit_is_wrong_one_retry_never_connects(self, exchange: Exchange) -> None:
        before = exchange.connections_made
        with pytest.raises(websocket.WebSocketTimeoutException, match="Too many connection attempts"):
            inverse_perpetual.WebSocket(**OPTIONS, retries=1, restart_on_error=False)
        assert exchange.connections_made == before + 1
        with InverseWebSocket(endpoint=exchange.url, retries=1) as ours:
            ours.trade_stream(print)
            assert ours.is_connected()

    def test_pybit_is_wrong_tracing_shows_the_signature(
        self, exchange: Exchange, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def trace_and_signature(connect: Callable[[], Any]) -> tuple[str, str]:
            before = len(exchange.received)
            caplog.clear()
            connect()
            assert exchange.wait_for(lambda: any('"auth"' in sent for sent in exchange.received[before:]))
            (signed,) = [sent for sent in exchange.received[before:] if '"auth"' in sent]
            return caplog.text + capsys.readouterr().err, json.loads(signed)["args"][2]

        def ours() -> None:
            with InverseWebSocket(endpoint=exchange.url, **KEYS, trace_logging=True) as ws:
                ws.trade_stream(print)

        caplog.set_level("DEBUG", logger="websocket")
        caplog.set_level("DEBUG", logger="bybit_ws.trace")
        trace, signature = trace_and_signature(
            lambda: end(inverse_perpetual.WebSocket(**OPTIONS, **KEYS, trace_logging=True))
        )
        websocket.enableTrace(False)
        assert signature in trace
        trace, signature = trace_and_signature(ours)
        assert '"auth"' in trace
        assert signature not in trace


class TestPybitIsWrongOnSpot:
    def test_pybit_is_wrong_spot_refuses_a_second_symbol(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs, ours = follow(on_spot, "realtimes_v1", "BTCUSDT")
        with pytest.raises(Exception, match="already subscribed"):
            on_spot.pybit.realtimes_v1_stream(theirs.append, "ETHUSDT")
        on_spot.ours.realtimes_v1_stream(ours.append, "ETHUSDT")
        assert wait_until(lambda: {message["symbol"] for message in ours} == {"BTCUSDT", "ETHUSDT"})
        assert {message["symbol"] for message in theirs} == {"BTCUSDT"}

    def test_pybit_is_wrong_two_symbols_share_one_book(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs, ours = follow(on_spot, "diff_depth_v1", ["BTCUSDT", "ETHUSDT"])
        assert wait_until(lambda: len(theirs) == len(ours) == 2)
        btc, eth = (exchange.truth.book(symbol)["b"] for symbol in ("BTCUSDT", "ETHUSDT"))
        changed = [btc[0][0], "7"]
        say(exchange, V1, diff_depth("BTCUSDT", [changed], [], 1), theirs, ours)
        assert theirs[-1]["symbol"] == ours[-1]["symbol"] == "BTCUSDT"
        assert theirs[-1]["data"][0]["b"] == [*eth, changed]
        assert ours[-1]["data"][0]["b"] == [changed, *btc[1:]]

    def test_pybit_is_wrong_spot_books_are_unsorted(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs, ours = follow(on_spot, "diff_depth_v1", "BTCUSDT")
        (best, size), *rest = exchange.truth.book("BTCUSDT")["b"]
        say(exchange, V1, diff_depth("BTCUSDT", [[best, "0"]], [], 1), theirs, ours)
        say(exchange, V1, diff_depth("BTCUSDT", [[best, size]], [], 2), theirs, ours)
        assert theirs[-1]["data"][0]["b"] == [*rest, [best, size]]
        assert ours[-1]["data"][0]["b"] == [[best, size], *rest]

    def test_pybit_is_wrong_takes_a_thin_snapshot_for_a_change(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs, ours = follow(on_spot, "diff_depth_v1", "BTCUSDT")
        say(exchange, V1, diff_depth("BTCUSDT", [["2", "1"]], [["3", "1"]], 1, first=True), theirs, ours)
        assert len(theirs[-1]["data"][0]["b"]) == 201
        assert ours[-1]["data"][0]["b"] == [["2", "1"]]

    def test_pybit_is_wrong_spot_never_resubscribes_after_a_drop(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs, ours = follow(on_spot, "realtimes_v1", "BTCUSDT")
        before = len(exchange.received)
        exchange.drop(V1)
        (public_v1,) = sockets_of(on_spot.pybit)
        assert wait_until(lambda: exchange.connections == 2 and alive(on_spot.pybit))
        assert wait_until(lambda: not public_v1.attempting_connection)
        assert on_spot.happened(events.Reconnected)
        heard = len(theirs)
        exchange.resume()
        after = len(ours)
        assert wait_until(lambda: len(ours) >= after + 5)
        exchange.pause()
        assert (len(theirs) - heard, on_spot.pybit.is_connected()) == (0, True)
        assert len([sent for sent in exchange.received[before:] if "realtimes" in sent]) == 1

    def test_pybit_is_wrong_spot_has_no_exit(self, on_spot: Beside) -> None:
        follow(on_spot, "trade_v1", "BTCUSDT")
        with pytest.raises(AttributeError):
            on_spot.pybit.exit()
        on_spot.ours.exit()
        assert alive(on_spot.pybit)
        assert not on_spot.ours.is_connected()

    def test_pybit_is_wrong_one_bad_symbol_kills_the_socket(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs, ours = follow(on_spot, "realtimes_v1", "BTCUSDT")
        on_spot.pybit.trade_v1_stream(theirs.append, "NOPEUSDT")
        on_spot.ours.trade_v1_stream(ours.append, "NOPEUSDT")
        assert on_spot.happened(events.Rejected)
        assert dead(on_spot.pybit)
        message = {**ours[-1], "f": False, "sendTime": 1}
        say(exchange, V1, message, ours)
        assert ours[-1] == message
        assert message not in theirs

    def test_pybit_is_wrong_a_list_on_v2_kills_the_socket(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs: list[Any] = []
        ours: list[Any] = []
        on_spot.pybit.book_ticker_v2_stream(theirs.append, ["BTCUSDT", "ETHUSDT"])
        on_spot.ours.book_ticker_v2_stream(ours.append, ["BTCUSDT", "ETHUSDT"])
        assert wait_until(lambda: {message["params"]["symbol"] for message in ours} == {"BTCUSDT", "ETHUSDT"})
        assert dead(on_spot.pybit)
        assert theirs == []

    def test_pybit_is_wrong_the_exchanges_ping_is_never_answered(self, exchange: Exchange, on_spot: Beside) -> None:
        theirs, ours = follow(on_spot, "ticket_info")
        before = len(exchange.received)
        exchange.send('{"ping": 1676448000000}', PRIVATE)
        ticket = {"e": "ticketInfo", "E": "1", "s": "BTCUSDT", "T": "1"}
        say(exchange, PRIVATE, [ticket], theirs, ours)
        assert wait_until(lambda: len([sent for sent in exchange.received[before:] if "pong" in sent]) == 1)
        assert theirs == ours == [ticket]

    def test_pybit_is_wrong_is_connected_where_no_socket_was_opened(self) -> None:
        assert spot.WebSocket(test=True).is_connected()
        assert not SpotWebSocket(test=True).is_connected()


# == the habits of scripts =================================================================================


class Module(NamedTuple):
    """What a script imports; the tests add an endpoint to ours, where pybit's is patched."""

    spot: Any
    inverse_perpetual: Any
    end: Callable[[Any], None]


PYBIT = Module(spot, inverse_perpetual, end)
OURS = Module(bybit_ws.spot, bybit_ws.inverse_perpetual, lambda client: client.exit())


class Shelf:
    """Something with a bound method."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def put(self, message: Any) -> None:
        self.messages.append(message)


@pytest.mark.parametrize("library", [PYBIT, OURS], ids=["pybit", "bybit_ws"])
class TestHabits:
    def options(self, library: Module, url: str) -> dict[str, Any]:
        named = {"test": True, "domain": "bybit", "restart_on_error": False, "retries": 10, "trace_logging": False}
        return {**OPTIONS, **named, **({"endpoint": url} if library is OURS else {})}

    def test_spot_callbacks_of_every_kind(
        self, library: Module, exchange: Exchange, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ws_spot = library.spot.WebSocket(**self.options(library, exchange.url), api_key="", api_secret="")
        shelf, heard, seen = Shelf(), [], []
        ws_spot.realtimes_v1_stream(lambda message: seen.append(message["data"][0]["c"]), "BTCUSDT")
        ws_spot.kline_v1_stream(callback=shelf.put, symbol="BTCUSDT", interval="1m")
        ws_spot.trade_v1_stream(heard.append, symbol=["BTCUSDT", "ETHUSDT"])
        ws_spot.merged_depth_v1_stream(print, "ETHUSDT", 1)
        request = {"topic": "depth", "event": "sub", "symbol": "ETHUSDT", "params": {"binary": False}}
        own: list[Any] = []
        ws_spot.custom_topic_stream(request, own.append, library.spot.PUBLIC_V1_WSS)
        printed = []
        assert wait_until(lambda: printed.append(capsys.readouterr().out) or "mergedDepth" in "".join(printed))
        assert wait_until(lambda: seen and shelf.messages and len(heard) == 2 and own)
        assert ws_spot.is_connected()
        library.end(ws_spot)
        assert shelf.messages[0]["params"]["klineType"] == "1m"
        assert own[0]["topic"] == "depth"

    def test_inverse_subscriptions_custom_topics_and_exit(self, library: Module, exchange: Exchange) -> None:
        ws = library.inverse_perpetual.WebSocket(**self.options(library, exchange.url), **KEYS)
        everything, book, own = [], [], []
        ws.trade_stream(everything.append, "*")
        ws.orderbook_25_stream(callback=book.append, symbol="BTCUSD")
        ws.custom_topic_stream("insurance.BTC", own.append)
        ws.position_stream(print)
        say(exchange, REALTIME, trade("EOSUSD"), everything)
        assert wait_until(lambda: book and own)
        assert (book[0]["type"], len(book[0]["data"])) == ("snapshot", 50)
        assert own[0]["topic"] == "insurance.BTC"
        assert len(ws.subscriptions) == 4
        assert ws.is_connected()
        ws.exit()
        assert not ws.is_connected()
        library.end(ws)

    def test_who_cannot_connect_raises_what_scripts_catch(
        self, library: Module, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"ws://127.0.0.1:{server.getsockname()[1]}"
        point_pybit_to(url, monkeypatch)
        options = {**self.options(library, url), "retries": 1}
        with pytest.raises(websocket.WebSocketTimeoutException, match="connect"):
            library.inverse_perpetual.WebSocket(**options).trade_stream(print, "BTCUSD")
