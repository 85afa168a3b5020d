"""``BybitWebsocket``, with the semantics of PyPI's bybit-ws 0.1.8."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import websocket
from support import CREDENTIALS, KEY, SECRET, commands, hasten, wait_until, ws_peer

from bybit_ws import BybitWebsocket
from bybit_ws.exceptions import ConfigurationError, ConnectionFailed
from bybit_ws.simulator import Exchange


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=1, speed=20, credentials=CREDENTIALS) as running:
        yield running


@pytest.fixture
def client(exchange: Exchange) -> Iterator[BybitWebsocket]:
    pulling = BybitWebsocket(exchange.url + "/realtime", KEY, SECRET)
    yield pulling
    pulling.exit()


def pull(client: BybitWebsocket, topic: str, timeout: float = 10) -> Any:
    taken: list[Any] = []

    def take() -> bool:
        taken.append(client.get_data(topic))
        return taken[-1] != []

    assert wait_until(take, timeout), f"no {topic}"
    return taken[-1]


def test_it_connects_when_constructed(exchange: Exchange) -> None:
    client = BybitWebsocket(wsURL=exchange.url + "/realtime", api_key=None, api_secret=None)
    assert exchange.wait_for(lambda: exchange.connections == 1)
    client.exit()
    client.exit()
    assert exchange.wait_for(lambda: exchange.connections == 0)


def test_every_public_topic_can_be_pulled(client: BybitWebsocket) -> None:
    client.subscribe_trade()
    client.subscribe_insurance()
    client.subscribe_orderBookL2("BTCUSD")
    client.subscribe_instrument_info("BTCUSD")
    client.subscribe_kline("BTCUSD", "1")
    for symbol in ("BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD"):
        assert pull(client, f"trade.{symbol}")[0]["symbol"] == symbol
    for coin in ("BTC", "ETH", "EOS", "XRP"):
        assert pull(client, f"insurance.{coin}")[0]["currency"] == coin
    assert pull(client, "orderBookL2_25.BTCUSD")
    assert pull(client, "instrument_info.100ms.BTCUSD")
    assert pull(client, "klineV2.1.BTCUSD")[0]["open"]


def test_private_topics_can_be_pulled(client: BybitWebsocket, exchange: Exchange) -> None:
    client.subscribe_position()
    client.subscribe_execution()
    client.subscribe_order()
    assert pull(client, "position")[0]["symbol"]
    assert pull(client, "execution")[0]["exec_id"]
    assert pull(client, "order")[0]["order_id"]
    assert {one["args"][0] for one in commands(exchange)} == {"position", "execution", "order"}


def test_requests_are_as_the_wire_spells_them(client: BybitWebsocket, exchange: Exchange) -> None:
    client.subscribe_kline("BTCUSD", "1")
    client.subscribe_orderBookL2("ETHUSD")
    client.subscribe_instrument_info("XRPUSD")
    assert exchange.wait_for(lambda: len(commands(exchange)) == 3)
    args = [one["args"] for one in commands(exchange)]
    assert args == [["klineV2.1.BTCUSD"], ["orderBookL2_25.ETHUSD"], ["instrument_info.100ms.XRPUSD"]]


def test_payloads_are_unmerged_newest_first_and_taken_once() -> None:
    def peer(connection: Any) -> None:
        connection.recv()
        for number in range(3):
            connection.send(json.dumps({"topic": "orderBookL2_25.BTCUSD", "type": "delta", "data": {"number": number}}))
        connection.recv()

    with ws_peer(peer) as url:
        client = BybitWebsocket(url, None, None)
        client.subscribe_orderBookL2("BTCUSD")
        topic = "orderBookL2_25.BTCUSD"
        assert wait_until(lambda: len(client._data.get(topic, ())) == 3)
        assert [client.get_data(topic) for _ in range(4)] == [{"number": 2}, {"number": 1}, {"number": 0}, []]
        client.exit()


def test_nothing_is_an_empty_list_at_once(client: BybitWebsocket) -> None:
    began = time.monotonic()
    for topic in ("trade.BTCUSD", "no.such.topic", "", "pong", "position"):
        assert client.get_data(topic) == []
    assert time.monotonic() - began < 0.5


def test_at_most_two_hundred_are_kept_then_the_oldest_hundred_go() -> None:
    def peer(connection: Any) -> None:
        connection.recv()
        for number in range(205):
            connection.send(json.dumps({"topic": "trade.BTCUSD", "data": [number]}))
        connection.recv()

    with ws_peer(peer) as url:
        client = BybitWebsocket(url, None, None)
        client.subscribe_trade()
        assert wait_until(lambda: client._data.get("trade.BTCUSD", [0])[-1] == [204])
        taken = [client.get_data("trade.BTCUSD") for _ in range(105)]
        assert taken == [[number] for number in range(204, 99, -1)]
        assert client.get_data("trade.BTCUSD") == []
        client.exit()


def test_one_pong_for_each_own_ping(client: BybitWebsocket) -> None:
    for _ in range(100):
        client.ping()
    assert wait_until(lambda: len(client._data.get("pong", ())) == 100)
    assert {client.get_data("pong") for _ in range(100)} == {"PING success"}
    assert client.get_data("pong") == []


def test_refused_keys_leave_the_public_topics_working(exchange: Exchange) -> None:
    client = BybitWebsocket(exchange.url + "/realtime", KEY, "a wrong secret")
    client.subscribe_position()
    client.subscribe_trade()
    assert pull(client, "trade.BTCUSD")
    assert client.get_data("position") == []
    assert not any("position" in text for text in exchange.received)
    client.exit()


def test_without_keys_private_topics_are_empty(exchange: Exchange) -> None:
    client = BybitWebsocket(exchange.url + "/realtime", None, None)
    client.subscribe_order()
    client.subscribe_trade()
    assert pull(client, "trade.BTCUSD")
    assert client.get_data("order") == []
    client.exit()


def test_what_was_collected_can_still_be_taken_after_the_end(client: BybitWebsocket) -> None:
    client.subscribe_position()
    client.subscribe_trade()
    assert wait_until(lambda: len(client._data.get("position", ())) >= 2 and "trade.BTCUSD" in client._data, 10)
    client.exit()
    assert client.get_data("position")
    assert client.get_data("trade.BTCUSD")


def test_it_survives_drops(client: BybitWebsocket, exchange: Exchange) -> None:
    client.subscribe_trade()
    client.subscribe_position()
    assert pull(client, "trade.BTCUSD")
    exchange.drop()
    assert exchange.wait_for(lambda: exchange.connections_made == 2)
    assert exchange.wait_for(lambda: len(commands(exchange)) >= 3)
    client._data.clear()
    assert pull(client, "trade.BTCUSD")
    assert pull(client, "position")
    client.ping()
    assert pull(client, "pong") == "PING success"


def test_one_key_without_the_other_is_a_value_error() -> None:
    for keys in ((KEY, None), (None, SECRET), (KEY, "")):
        with pytest.raises(ValueError, match="is missing") as caught:
            BybitWebsocket("ws://127.0.0.1:9", *keys)
        assert isinstance(caught.value, ConfigurationError)
    with pytest.raises(ConfigurationError, match="realtime"):
        BybitWebsocket("http://127.0.0.1", None, None)


def test_a_connection_that_cannot_be_made_raises_what_the_original_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)
    with pytest.raises(websocket.WebSocketTimeoutException, match="5 attempts") as caught:
        BybitWebsocket("ws://127.0.0.1:9/realtime", None, None)
    assert isinstance(caught.value, ConnectionFailed)


def test_a_refused_authentication_after_a_drop_is_retried(
    exchange: Exchange, client: BybitWebsocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasten(monkeypatch)
    client.subscribe_position()
    pull(client, "position")
    exchange.refuse_auth(1)
    made = exchange.connections_made
    exchange.drop()
    assert exchange.wait_for(lambda: exchange.connections_made == made + 2)
    while client.get_data("position"):
        pass
    pull(client, "position")
