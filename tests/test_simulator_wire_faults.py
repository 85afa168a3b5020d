"""Faults on demand that go below the protocol, or that single out streams."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
import websocket
from support import frame, read_head, wait_until
from test_simulator_raw import PRIVATE, REALTIME, V1, V2, Raw, auth, is_push, subscribe, v1, v2

from bybit_ws.simulator import Exchange


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=2, speed=20, count_deltas=True) as running:
        yield running


def request_upgrade(exchange: Exchange, path: str = V1) -> socket.socket:
    """Ask for an upgrade and do not wait for the answer."""
    host, _, port = exchange.url.partition("://")[2].partition(":")
    plain = socket.create_connection((host, int(port)), 5)
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    plain.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    return plain


def is_quiet(plain: socket.socket, seconds: float = 0.3) -> bool:
    """Return whether nothing comes for a while, not even the end."""
    plain.settimeout(seconds)
    try:
        plain.recv(1)
    except socket.timeout:
        return True
    return False


def counters(raw: Raw, count: int) -> list[tuple[bool, int]]:
    return [(message["f"], message["data"][0]["o"]) for message in raw.topic("diffDepth", count)]


def test_reset_is_a_tcp_reset(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as one, Raw(exchange.url + V2) as two:
        assert exchange.wait_for(lambda: exchange.connections == 2)
        exchange.reset(V1)
        with pytest.raises(ConnectionResetError):
            one.ws.recv()
        two.send({"ping": 1})
        assert "pong" in two.receive()
        exchange.reset()
        with pytest.raises(ConnectionResetError):
            two.ws.recv()
        assert exchange.wait_for(lambda: exchange.connections == 0)


def test_send_raw_puts_no_frame_around_it(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as raw, Raw(exchange.url + V2) as other:
        assert exchange.wait_for(lambda: exchange.connections == 2)
        whole = frame(1, b'{"made":"by hand"}')
        exchange.send_raw(whole[:7], V1)
        exchange.send_raw(whole[7:], V1)
        assert raw.receive() == {"made": "by hand"}
        exchange.go_silent(V1)
        exchange.send_raw(whole, V1)
        exchange.speak(V1)
        exchange.send_raw(b"\xf1\x00")
        for one in (raw, other):
            with pytest.raises(websocket.WebSocketProtocolException):
                one.ws.recv()


def test_lost_pushes_leave_a_hole_and_answers_are_not_lost(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as raw, Raw(exchange.url + V1) as late:
        raw.send(v1("diffDepth"))
        late.send({"ping": 1})
        assert "pong" in late.receive()
        assert counters(raw, 1) == [(True, 0)]
        last = counters(raw, 2)[-1][1]
        exchange.lose(3, V1)
        raw.send({"ping": 1})
        assert "pong" in raw.until(lambda message: "pong" in message)
        seen = [number for _, number in counters(raw, 12)]
        steps = [after - before for before, after in zip([last, *seen], seen)]
        assert sorted(steps) == [1] * 11 + [4], "one hole of three"
        exchange.lose(1000, V1)
        exchange.lose(0, V1)
        late.send(v1("diffDepth"))
        assert counters(late, 1) == [(True, 0)]


def test_deltas_are_numbered_on_and_on_and_snapshots_are_not() -> None:
    with Exchange(seed=2, speed=20, count_deltas=True) as exchange, Raw(exchange.url + V1) as raw:
        raw.send(v1("diffDepth", "BTCUSDT,ETHUSDT"))
        assert exchange.wait_for(lambda: len(exchange.received) == 1)
        got = [m for m in raw.topic("diffDepth", 12) if m["symbol"] == "BTCUSDT"]
        numbers = [m["data"][0]["o"] for m in got]
        assert numbers == list(range(len(numbers)))
        raw.send(v1("diffDepth", event="cancel"), v1("diffDepth", "ETHUSDT", event="cancel"), {"ping": 1})
        last = max(m["data"][0]["o"] for m in [*got, *until_pong(raw)] if m.get("symbol") == "BTCUSDT")
        raw.send(v1("diffDepth"))
        assert counters(raw, 3) == [(True, 0), (False, last + 1), (False, last + 2)]
    with Exchange(seed=2, speed=20) as exchange, Raw(exchange.url + V1) as raw:
        raw.send(v1("diffDepth"))
        assert {number for _, number in counters(raw, 4)} == {0}, "Bybit's own do not count"


def until_pong(raw: Raw) -> list[Any]:
    """Receive everything before the next pong."""
    before: list[Any] = []
    while True:
        message = raw.receive()
        if "pong" in message:
            return before
        before.append(message)


@pytest.mark.parametrize(
    ("path", "topic", "ask"),
    [
        (V1, "depth", lambda symbol: v1("depth", symbol)),
        (V1, "kline_1m", lambda symbol: v1("kline_1m", symbol)),
        (V2, "depth", lambda symbol: v2("depth", symbol)),
        (REALTIME, "orderBook_200.100ms", lambda symbol: subscribe(f"orderBook_200.100ms.{symbol}")),
        (REALTIME, "trade", lambda symbol: subscribe(f"trade.{symbol}")),
    ],
)
def test_a_stalled_stream_comes_back_when_it_is_asked_for_again(
    exchange: Exchange, path: str, topic: str, ask: Any
) -> None:
    stalled, other = ("BTCUSD", "ETHUSD") if path == REALTIME else ("BTCUSDT", "ETHUSDT")
    with Raw(exchange.url + path) as raw, Raw(exchange.url + path) as beside:

        def of(symbol: str, source: Raw = raw) -> Any:
            return source.until(lambda message: "data" in message and symbol_of(message) == symbol)

        for one in (raw, beside):
            one.send(ask(stalled), ask(other))
            of(stalled, one)
            of(other, one)
        beside.ws.settimeout(5)
        exchange.stall(topic, stalled)
        beside.send(ask(stalled))
        of(stalled, beside)
        raw.send({"ping": 1} if path != REALTIME else {"op": "ping"})
        raw.until(lambda message: "pong" in message or message.get("ret_msg") == "pong")
        until_silent_for(raw, stalled, of, other)
        raw.send(ask(stalled))
        of(stalled)
        exchange.stall(topic)
        raw.send(ask(other))
        of(other)
        of(other)


def until_silent_for(raw: Raw, stalled: str, of: Any, other: str) -> None:
    """Read ten pushes and see that none is of the stalled symbol."""
    pushes = raw.collect(lambda message: "data" in message, 10)
    assert {symbol_of(message) for message in pushes} == {other}


def symbol_of(message: dict[str, Any]) -> str:
    if "params" in message:
        return str(message["params"].get("symbol") or message["symbol"])
    return str(message["topic"].rpartition(".")[2])


def test_topics_are_refused_as_spot_v1_does(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as raw:
        exchange.refuse_topics("depth", "kline_1m.ETHUSDT")
        raw.send(v1("depth"))
        assert raw.receive() == {"code": "-10004", "desc": "Invalid topic!"}
        raw.send(v1("kline_1m", "BTCUSDT,ETHUSDT"))
        assert raw.receive() == {"code": "-100010", "desc": "Invalid Symbols!"}
        assert {m["symbol"] for m in raw.topic("kline", 3)} == {"BTCUSDT"}
        raw.send(v1("kline_5m", "ETHUSDT"))
        raw.until(lambda message: message.get("symbol") == "ETHUSDT")
        exchange.accept_topics()
        raw.send(v1("depth"))
        raw.topic("depth")


def test_topics_are_refused_as_spot_v2_does(exchange: Exchange) -> None:
    with Raw(exchange.url + V2) as raw:
        exchange.refuse_topics("trade", "depth.ETHUSDT")
        raw.send(v2("trade"))
        assert raw.receive() == {"code": "-10004", "desc": "Invalid topic!"}
        asked = v2("depth", "ETHUSDT")
        raw.send(asked)
        assert raw.receive() == {**asked, "code": "-100011", "msg": "Parameter error!"}
        raw.send(v2("depth"))
        assert raw.receive()["code"] == "0"
        raw.topic("depth")
        raw.send(v2("trade", event="cancel"))
        assert raw.until(lambda message: message.get("event") == "cancel")["code"] == "0"


def test_topics_are_refused_as_inverse_does(exchange: Exchange) -> None:
    with Raw(exchange.url + REALTIME) as raw:
        exchange.refuse_topics("position", "trade.ETHUSD", "klineV2.1")
        raw.send(auth())
        assert raw.receive()["success"] is True
        for args in (["order", "position"], ["trade.BTCUSD", "trade.ETHUSD"], ["klineV2.1.*"], ["trade"]):
            raw.send(subscribe(*args))
            answer = raw.receive()
            assert (answer["success"], answer["ret_msg"]) == (False, f"error:unknown topic:{args[-1]}")
            assert answer["request"] == {"op": "subscribe", "args": args}
        raw.send(subscribe("trade.BTCUSD"))
        assert raw.receive()["success"] is True
        raw.topic("trade.BTCUSD")
        exchange.accept_topics()
        raw.send(subscribe("trade.ETHUSD"))
        raw.topic("trade.ETHUSD")


def test_what_is_subscribed_is_told_by_connection(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as one, Raw(exchange.url + V2) as two, Raw(exchange.url + REALTIME) as three:
        for raw, path in ((one, V1), (two, V2), (three, REALTIME)):
            raw.send({"ping": path})
        assert exchange.wait_for(lambda: len(exchange.received) == 3)
        one.send(v1("kline_1m", "BTCUSDT,ETHUSDT"), v1("depth"), v1("depth", event="cancel"))
        two.send(v2("bookTicker"))
        three.send(auth(), subscribe("trade.BTCUSD|ETHUSD", "wallet", "order"))
        assert exchange.wait_for(lambda: len(exchange.received) == 9)
        number = {text.path: text.connection for text in exchange.received}
        assert exchange.subscriptions == {
            number[V1]: [("kline_1m", "BTCUSDT"), ("kline_1m", "ETHUSDT")],
            number[V2]: [("bookTicker", "BTCUSDT")],
            number[REALTIME]: [("trade", "BTCUSD"), ("trade", "ETHUSD"), ("order", ""), ("wallet", "")],
        }


def test_an_upgrade_hangs_until_the_client_goes_or_the_exchange_stops() -> None:
    exchange = Exchange(seed=1)
    with exchange:
        exchange.hang_upgrades(2)
        gone, stays = request_upgrade(exchange), request_upgrade(exchange)
        assert is_quiet(gone)
        assert is_quiet(stays)
        gone.close()
        with Raw(exchange.url + V1) as raw:
            raw.send({"ping": 1})
            assert "pong" in raw.receive()
        assert exchange.connections_made == 1
        began = time.monotonic()
    assert time.monotonic() - began < 5, "a hanging upgrade does not hold the end up"
    stays.settimeout(5)
    assert stays.recv(1) == b""
    stays.close()


def test_a_client_that_never_asks_does_not_hold_the_end_up() -> None:
    with Exchange(seed=1) as exchange:
        plain = socket.create_connection(("127.0.0.1", int(exchange.url.rpartition(":")[2])), 5)
        with Raw(exchange.url + V1):
            began = time.monotonic()
    assert time.monotonic() - began < 5
    plain.close()


def test_muted_connections_say_nothing_from_the_beginning(exchange: Exchange) -> None:
    exchange.mute_connections(1)
    plain = request_upgrade(exchange)
    assert "101 Switching Protocols" in read_head(plain)
    text = json.dumps(v1("depth")).encode()
    plain.sendall(frame(1, text, mask=struct.pack("!I", 7)) + frame(9, mask=b"abcd"))
    assert exchange.wait_for(lambda: text.decode() in exchange.received)
    assert is_quiet(plain)
    with Raw(exchange.url + V1) as raw:
        raw.send(v1("depth"))
        raw.topic("depth")
    exchange.speak()
    plain.settimeout(5)
    assert plain.recv(1), "what is pushed after speak() is heard"
    plain.close()
    assert wait_until(lambda: exchange.connections == 0)


def test_faults_of_a_socket_without_streams_do_no_harm(exchange: Exchange) -> None:
    with Raw(exchange.url + PRIVATE) as raw:
        raw.send(auth())
        assert raw.receive()["auth"] == "success"
        exchange.stall("executionReport")
        exchange.lose(2)
        assert isinstance(raw.until(lambda message: isinstance(message, list)), list)
        assert not is_push(raw.receive(), "executionReport")
