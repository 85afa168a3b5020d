"""pybit 2.4.1, the oracle, as a client of the simulator: every stream it has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from bybit_ws.simulator import Exchange

pybit = pytest.importorskip("pybit")
from pybit import inverse_perpetual, spot  # noqa: E402

OPTIONS = {"test": False, "restart_on_error": False, "api_key": "key", "api_secret": "secret"}


class Heard:
    """Collects what callbacks get, and lets a test wait for it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._messages: dict[str, list[Any]] = {}

    def __call__(self, name: str) -> Callable[[Any], None]:
        def callback(message: Any) -> None:
            with self._condition:
                self._messages.setdefault(name, []).append(message)
                self._condition.notify_all()

        return callback

    def wait(self, name: str, good: Callable[[Any], bool] = bool, timeout: float = 10.0) -> Any:
        """Wait for a message that is good; look at the newest only."""

        def newest_is_good() -> bool:
            messages = self._messages.get(name)
            return bool(messages) and good(messages[-1])

        with self._condition:
            assert self._condition.wait_for(newest_is_good, timeout), f"{name}: nothing good came"
            return self._messages[name][-1]


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def failures() -> Iterator[list[Any]]:
    """What escaped from pybit's threads."""
    escaped: list[Any] = []
    before, threading.excepthook = threading.excepthook, escaped.append
    yield escaped
    threading.excepthook = before


@pytest.fixture(scope="module")
def exchange(failures: list[Any]) -> Iterator[Exchange]:
    with Exchange(seed=11, speed=10, credentials={"key": "secret"}) as running:
        yield running


@pytest.fixture(scope="module")
def spot_streams(exchange: Exchange, heard: Heard) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spot, "PUBLIC_V1_WSS", exchange.url + "/spot/quote/ws/v1")
        patch.setattr(spot, "PUBLIC_V2_WSS", exchange.url + "/spot/quote/ws/v2")
        patch.setattr(spot, "PRIVATE_WSS", exchange.url + "/spot/ws")
        client = spot.WebSocket(**OPTIONS)
        subscribe_spot(client, heard)
        yield client
        end(exchange, client.active_connections)


@pytest.fixture(scope="module")
def inverse_streams(exchange: Exchange, heard: Heard) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inverse_perpetual, "WSS", exchange.url + "/realtime")
        client = inverse_perpetual.WebSocket(**OPTIONS)
        subscribe_inverse(client, heard)
        yield client
        end(exchange, [client])


def end(exchange: Exchange, connections: list[Any]) -> None:
    """Let the exchange say good-bye, and close what pybit leaves open.

    pybit's own exit() may leave its reader waiting for 10 s.
    """
    for connection in connections:
        socket = connection.ws.sock
        exchange.close_with(1000, path=urlsplit(connection.endpoint).path)
        connection.wst.join(15)
        assert not connection.wst.is_alive()
        connection.exit()
        socket.shutdown()


def subscribe_spot(client: Any, heard: Heard) -> None:
    client.trade_v1_stream(heard("trade_v1"), "BTCUSDT")
    client.realtimes_v1_stream(heard("realtimes_v1"), "BTCUSDT")
    client.kline_v1_stream(heard("kline_v1"), "BTCUSDT", "1m")
    client.depth_v1_stream(heard("depth_v1"), "BTCUSDT")
    client.merged_depth_v1_stream(heard("merged_depth_v1"), "BTCUSDT", 1)
    client.diff_depth_v1_stream(heard("diff_depth_v1"), "ETHUSDT")
    client.depth_v2_stream(heard("depth_v2"), "ETHUSDT")
    client.kline_v2_stream(heard("kline_v2"), "ETHUSDT", "1m")
    client.trade_v2_stream(heard("trade_v2"), "ETHUSDT")
    client.book_ticker_v2_stream(heard("book_ticker_v2"), "ETHUSDT")
    client.realtimes_v2_stream(heard("realtimes_v2"), "ETHUSDT")
    client.outbound_account_info_stream(heard("outboundAccountInfo"))
    client.execution_report_stream(heard("executionReport"))
    client.ticket_info_stream(heard("ticketInfo"))


def subscribe_inverse(client: Any, heard: Heard) -> None:
    client.orderbook_25_stream(heard("orderbook_25"), "BTCUSD")
    client.orderbook_200_stream(heard("orderbook_200"), "ETHUSD")
    client.trade_stream(heard("trade"), "BTCUSD")
    client.insurance_stream(heard("insurance"), "BTC")
    client.kline_stream(heard("kline"), "BTCUSD", 1)
    client.instrument_info_stream(heard("instrument_info"), "BTCUSD")
    client.liquidation_stream(heard("liquidation"), "BTCUSD")
    for name in ("position", "execution", "order", "stop_order", "wallet"):
        getattr(client, f"{name}_stream")(heard(name))


SPOT = ["trade_v1", "realtimes_v1", "kline_v1", "depth_v1", "merged_depth_v1", "diff_depth_v1"]
SPOT += ["depth_v2", "kline_v2", "trade_v2", "book_ticker_v2", "realtimes_v2"]
SPOT += ["outboundAccountInfo", "executionReport", "ticketInfo"]
INVERSE = ["orderbook_25", "orderbook_200", "trade", "insurance", "kline", "instrument_info", "liquidation"]
INVERSE += ["position", "execution", "order", "stop_order", "wallet"]


@pytest.mark.parametrize("name", SPOT)
def test_spot_stream(spot_streams: Any, heard: Heard, name: str) -> None:
    assert heard.wait(name)


@pytest.mark.parametrize("name", INVERSE)
def test_inverse_stream(inverse_streams: Any, heard: Heard, name: str) -> None:
    assert heard.wait(name)


def test_books_at_rest_are_the_truth(
    exchange: Exchange, spot_streams: Any, inverse_streams: Any, heard: Heard
) -> None:
    exchange.pause()
    try:
        truth = {symbol: exchange.truth.book(symbol) for symbol in ("ETHUSDT", "ETHUSD")}
        truth["BTCUSD"] = exchange.truth.book("BTCUSD", 25)

        def same_spot(message: Any) -> bool:
            book = message["data"][0]
            return all({*map(tuple, book[s])} == {*map(tuple, truth["ETHUSDT"][s])} for s in "ba")

        def same(symbol: str) -> Callable[[Any], bool]:
            rows = {tuple(row.items()) for row in truth[symbol]}
            return lambda message: {tuple(row.items()) for row in message["data"]} == rows

        heard.wait("diff_depth_v1", same_spot)
        heard.wait("orderbook_25", same("BTCUSD"))
        heard.wait("orderbook_200", same("ETHUSD"))
    finally:
        exchange.resume()


def test_pybit_is_content(
    spot_streams: Any, inverse_streams: Any, heard: Heard, failures: list[Any], exchange: Exchange
) -> None:
    for name in ("trade", "depth_v1", "depth_v2"):
        seen: list[Any] = []
        heard.wait(name, lambda message, seen=seen: seen.append(message) or len(seen) > 3)
    assert failures == []
    assert spot_streams.is_connected()
    assert all(connection.auth for connection in (spot_streams.ws_private, inverse_streams))
    assert exchange.connections == 4
