"""Faults on demand, and that the exchange starts and ends cleanly."""

from __future__ import annotations

import builtins
import importlib
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
import websocket
from test_simulator_raw import PRIVATE, REALTIME, V1, V2, Raw, auth, subscribe, v1

from bybit_ws.simulator import Exchange


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=2, speed=20) as running:
        yield running


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("bybit_ws")]


def closed(raw: Raw) -> int | None:
    """Read to the end; the close code, or None where TCP just ended."""
    while True:
        try:
            opcode, frame = raw.ws.recv_data(control_frame=True)
        except (OSError, websocket.WebSocketConnectionClosedException):
            return None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(frame[:2], "big")


def test_drop_cuts_without_a_close_frame(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as one, Raw(exchange.url + V2) as two:
        assert exchange.wait_for(lambda: exchange.connections == 2)
        exchange.drop(V1)
        assert closed(one) is None
        two.send({"ping": 1})
        assert "pong" in two.receive()
        assert exchange.wait_for(lambda: exchange.connections == 1)
        exchange.drop()
        assert closed(two) is None


def test_close_with_a_code(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as raw:
        assert exchange.wait_for(lambda: exchange.connections == 1)
        exchange.close_with(1012, "restart")
        assert closed(raw) == 1012


def test_refuse_connections(exchange: Exchange) -> None:
    exchange.refuse_connections(2, 429, {"Retry-After": "3"})
    for _ in range(2):
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            Raw(exchange.url + V1)
        assert caught.value.status_code == 429
        assert caught.value.resp_headers["retry-after"] == "3"
    Raw(exchange.url + V1).ws.close()


def test_refuse_auth_for_a_while(exchange: Exchange) -> None:
    def answers(*paths: str) -> list[Any]:
        found = []
        for path in paths:
            with Raw(exchange.url + path) as raw:
                raw.send(auth())
                answer = raw.receive()
                found.append(answer.get("auth") or answer["ret_msg"])
        return found

    exchange.refuse_auth(1)
    assert answers(REALTIME, REALTIME) == ["error:USVC1111", ""]
    exchange.refuse_auth()
    assert answers(PRIVATE, PRIVATE, REALTIME) == ["fail", "fail", "error:USVC1111"]
    exchange.accept_auth()
    assert answers(PRIVATE) == ["success"]


def test_silence_loses_everything_but_keeps_tcp(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as old:
        old.send(v1("depth"))
        old.topic("depth")
        exchange.go_silent()
        with Raw(exchange.url + V1) as new:
            new.send({"ping": 1})
            assert "pong" in new.receive()
        old.send({"ping": 1})
        old.ws.ping()
        old.ws.settimeout(0.3)
        with pytest.raises(websocket.WebSocketTimeoutException):
            old.collect(lambda _: True, 1000)
        assert exchange.received[-1] == '{"ping": 1}'
        exchange.speak()
        old.ws.settimeout(5)
        assert old.topic("depth")[0]["f"] is False


def test_send_anything(exchange: Exchange) -> None:
    with Raw(exchange.url + V1) as raw, Raw(exchange.url + V2) as other:
        assert exchange.wait_for(lambda: exchange.connections == 2)
        exchange.send("{broken", V1)
        exchange.send(b"\x00\x01", V1)
        exchange.send("{}")
        assert raw.ws.recv() == "{broken"
        assert raw.ws.recv() == b"\x00\x01"
        assert raw.ws.recv() == other.ws.recv() == "{}"


def test_idle_connections_are_cut_and_any_frame_counts() -> None:
    exchange, done = Exchange(seed=1, idle_timeout=0.5), threading.Event()
    with exchange, Raw(exchange.url + V1) as idle, Raw(exchange.url + V1) as busy:

        def keep_busy() -> None:
            while not done.wait(0.1):
                busy.ws.ping()

        worker = threading.Thread(target=keep_busy)
        worker.start()
        idle.send(v1("depth"))
        start = time.monotonic()
        assert closed(idle) is None
        assert time.monotonic() - start > 0.3
        done.set()
        worker.join()
        busy.send({"ping": 1})
        assert "pong" in busy.receive()


def test_stop_closes_clients_and_leaves_nothing() -> None:
    exchange = Exchange(seed=1)
    exchange.start()
    assert threads() == ["bybit_ws simulator"]
    raw = Raw(exchange.url + REALTIME)
    raw.send(subscribe("trade"))
    silent = Raw(exchange.url + V1)
    assert exchange.wait_for(lambda: exchange.connections == 2)
    exchange.go_silent(V1)
    start = time.monotonic()
    exchange.stop()
    exchange.stop()
    assert time.monotonic() - start < 3
    assert threads() == []
    assert closed(raw) == 1001
    assert closed(silent) is None
    assert exchange.connections == 0
    raw.ws.shutdown()
    silent.ws.shutdown()


def test_a_restart_keeps_port_and_market() -> None:
    exchange = Exchange(seed=1, speed=20)
    with exchange:
        url = exchange.url
        with Raw(url + V1) as raw:
            raw.send(v1("trade"))
            raw.topic("trade", 3)
    before = exchange.truth.trades("BTCUSDT")
    with exchange:
        assert exchange.url == url
        with pytest.raises(RuntimeError):
            exchange.start()
        with Raw(url + V1) as raw:
            raw.send(v1("trade"))
            raw.topic("trade", 3)
        assert exchange.truth.trades("BTCUSDT")[: len(before)] == before


def test_a_used_port_is_an_oserror_for_the_caller() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            Exchange(port=port).start()
    assert threads() == []


def test_speed_is_checked() -> None:
    with pytest.raises(ValueError, match="speed"):
        Exchange(speed=0)


def test_wait_for_times_out() -> None:
    with Exchange(seed=1) as exchange:
        start = time.monotonic()
        assert exchange.wait_for(lambda: exchange.truth.version("BTCUSD") < 0, timeout=0.1) is False
        assert time.monotonic() - start < 2


def test_tls() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    with Exchange(seed=1, ssl_context=context) as exchange:
        assert exchange.url.startswith("wss://")
        assert exchange.http_url.startswith("https://")
        ws = websocket.create_connection(exchange.url + V1, timeout=5, sslopt={"context": client})
        ws.send('{"ping":1}')
        assert "pong" in ws.recv()
        ws.close(timeout=0.2)


def test_without_websockets_the_import_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("websockets"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    kept = {name: m for name, m in sys.modules.items() if name.startswith("bybit_ws.simulator")}
    for name in kept:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"pip install 'bybit-ws-client\[simulator\]'"):
        importlib.import_module("bybit_ws.simulator")
