"""The client against servers that are not the simulator: other people's websockets, and hostile ones."""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import Any

import pytest
from support import Events, Inbox, hasten, tcp_peer, upgrade, ws_peer

from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws.exceptions import ConnectionFailed


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def trade(number: int, padding: int = 0) -> str:
    return json.dumps({"topic": "trade.BTCUSD", "data": [{"trade_id": number, "padding": "x" * padding}]})


def text_frame(text: str) -> bytes:
    data = text.encode()
    if len(data) < 126:
        return bytes([0x81, len(data)]) + data
    if len(data) < 1 << 16:
        return b"\x81\x7e" + struct.pack("!H", len(data)) + data
    return b"\x81\x7f" + struct.pack("!Q", len(data)) + data


def numbers(box: Inbox) -> list[int]:
    return [one["data"][0]["trade_id"] for one in list(box)]


def test_a_burst_in_one_piece_comes_whole_and_in_order() -> None:
    def burst(connection: socket.socket) -> None:
        upgrade(connection)
        connection.recv(4096)
        connection.sendall(b"".join(text_frame(trade(number)) for number in range(20_000)))

    box = Inbox()
    with tcp_peer(burst) as url, InverseWebSocket(endpoint=url) as client:
        client.trade_stream(box, "BTCUSD")
        box.wait(20_000, timeout=20)
    assert numbers(box) == list(range(20_000))


def test_messages_that_come_with_the_upgrade_are_not_lost() -> None:
    def eager(connection: socket.socket) -> None:
        upgrade(connection)
        connection.sendall(text_frame('{"unheard":"of"}') + text_frame(trade(1)))

    seen, box = Events(), Inbox()
    with tcp_peer(eager) as url, InverseWebSocket(endpoint=url, on_event=seen) as client:
        client.trade_stream(box, "BTCUSD")
        seen.first(events.UnknownMessage)


@pytest.mark.parametrize("size", [0, 100, 125, 126, 127, 65_535, 65_536, 1_000_000])
def test_messages_of_every_length(size: int) -> None:
    def peer(connection: Any) -> None:
        connection.recv()
        connection.send(trade(1, size))
        connection.recv()

    box = Inbox()
    with ws_peer(peer, max_size=None) as url, InverseWebSocket(endpoint=url) as client:
        client.trade_stream(box, "BTCUSD")
        assert len(box.wait()[0]["data"][0]["padding"]) == size


def test_text_in_any_script_is_fine_and_bad_utf8_is_survived() -> None:
    def peer(connection: socket.socket) -> None:
        upgrade(connection)
        connection.recv(4096)
        connection.sendall(b"\x81\x04\xff\xfe{}" + text_frame('{"topic":"trade.BTCUSD","data":["ü 币 🚀"]}'))

    seen, box = Events(), Inbox()
    with tcp_peer(peer) as url, InverseWebSocket(endpoint=url, on_event=seen) as client:
        client.trade_stream(box, "BTCUSD")
        assert box.wait()[0]["data"] == ["ü 币 🚀"]
        assert not seen.of(events.Disconnected)


def test_a_server_that_pings_is_answered_and_kept() -> None:
    rounds = Inbox()

    def peer(connection: Any) -> None:
        connection.recv()
        for _ in range(5):
            assert connection.ping().wait(5)
            rounds("pong")
        connection.send(trade(1))
        connection.recv()

    box = Inbox()
    with ws_peer(peer, ping_interval=None) as url, InverseWebSocket(endpoint=url) as client:
        client.trade_stream(box, "BTCUSD")
        box.wait()
    assert len(rounds) == 5


def test_a_server_whose_keepalive_is_short_keeps_us() -> None:
    seen, box, pings = Events(), Inbox(), Inbox()

    def peer(connection: Any) -> None:
        for text in connection:
            if "subscribe" in text:
                connection.send(trade(1))
            elif "ping" in text:
                pings(text)
                connection.send('{"success":true,"ret_msg":"pong","request":{"op":"ping","args":null}}')

    keepalive, options = {"ping_interval": 0.05, "ping_timeout": 0.5}, {"on_event": seen, "ping_interval": 0.1}
    with ws_peer(peer, **keepalive) as url, InverseWebSocket(endpoint=url, **options) as client:
        client.trade_stream(box, "BTCUSD").wait(5)
        pings.wait(6)
        assert client.health()["realtime"]["messages"] == 1, "a pong is no message"
        assert not seen.of(events.Disconnected)


def test_a_connection_cut_in_the_middle_of_a_message_is_a_loss() -> None:
    served = Inbox()

    def peer(connection: socket.socket) -> None:
        served(upgrade(connection))
        connection.recv(4096)
        whole = text_frame(trade(len(served)))
        connection.sendall(whole if len(served) > 1 else whole[:20])
        if len(served) > 1:
            connection.recv(4096)

    seen, box = Events(), Inbox()
    with tcp_peer(peer, hold=False) as url, InverseWebSocket(endpoint=url, on_event=seen) as client:
        client.trade_stream(box, "BTCUSD")
        seen.first(events.Reconnected)
        assert numbers(box.wait())[0] == 2


def test_a_reset_is_a_loss() -> None:
    def peer(connection: socket.socket) -> None:
        upgrade(connection)
        connection.recv(4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    seen = Events()
    with tcp_peer(peer, hold=False) as url, InverseWebSocket(endpoint=url, on_event=seen) as client:
        client.trade_stream(print, "BTCUSD")
        seen.first(events.Reconnected, 3)


def test_a_server_that_dies_between_tcp_and_websocket_fails_then_succeeds() -> None:
    calls, box = Inbox(), Inbox()

    def moody(connection: socket.socket) -> None:
        calls(connection)
        if len(calls) < 4:
            connection.close()
            return
        upgrade(connection)
        connection.recv(4096)
        connection.sendall(text_frame(trade(1)))

    with tcp_peer(moody) as url, InverseWebSocket(endpoint=url) as client:
        client.trade_stream(box, "BTCUSD")
        box.wait()
    assert len(calls) == 4


def test_a_server_that_answers_the_upgrade_with_a_wrong_key_is_refused() -> None:
    def forger(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
        )

    expected = pytest.raises(ConnectionFailed, match="cannot connect")
    with tcp_peer(forger) as url, InverseWebSocket(endpoint=url, retries=1) as client, expected:
        client.trade_stream(print)


def test_a_sibling_exchange_with_urls_of_its_own() -> None:
    """Whole URLs per socket, other envelopes: symbolName for symbol, msg for desc, a topic in refusals."""
    paths = Inbox()

    def peer(connection: Any) -> None:
        paths(connection.request.path)
        for text in connection:
            request = json.loads(text)
            if request.get("event") != "sub":
                continue
            if request["symbol"] == "BADUSDT":
                connection.send('{"topic":"depth","event":"sub","symbol":"BADUSDT","code":"-100011","msg":"No!"}')
            else:
                pushed = {"symbolName": request["symbol"], "topic": "depth", "params": {}, "data": [{}], "f": True}
                connection.send(json.dumps(pushed))

    seen, box = Events(), Inbox()
    with ws_peer(peer) as url, SpotWebSocket(endpoint={"public_v1": f"{url}/quote/v1?x=1"}, on_event=seen) as client:
        client.depth_v1_stream(box, "BTCUSDT").wait(5)
        client.depth_v1_stream(box, "BADUSDT")
        rejected = seen.first(events.Rejected)
        assert rejected.symbols == ("BADUSDT",)
        assert "No!" in rejected.reason
    assert paths == ["/quote/v1?x=1"]


def test_a_deaf_server_is_left() -> None:
    """One that keeps TCP up and neither reads nor writes; the ping timer is not blocked by it for ever."""
    served, release = Inbox(), threading.Event()

    def deaf(connection: socket.socket) -> None:
        served(upgrade(connection))
        release.wait(20)

    seen = Events()
    options: dict[str, Any] = {"ping_interval": 0.1, "ping_timeout": 0.1, "on_event": seen}
    with tcp_peer(deaf) as url:
        try:
            with InverseWebSocket(endpoint=url, **options) as client:
                client.trade_stream(print)
                seen.first(events.Reconnected, timeout=10)
                served.wait(2)
        finally:
            release.set()
