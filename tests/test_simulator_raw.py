"""A bare websocket-client connection, for the simulator's tests, and that it works."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import time
from types import TracebackType
from typing import Any, Callable

import websocket

from bybit_ws.simulator import Exchange

V1 = "/spot/quote/ws/v1"
V2 = "/spot/quote/ws/v2"
PRIVATE = "/spot/ws"
REALTIME = "/realtime"
SECRET = "secret"


def auth(key: str = "key", secret: str = SECRET, expires: int | None = None) -> dict[str, Any]:
    expires = expires or int((time.time() + 5) * 1000)
    signature = hmac.new(secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
    return {"op": "auth", "args": [key, expires, signature]}


def v1(topic: str, symbol: str = "BTCUSDT", event: str = "sub", **params: Any) -> dict[str, Any]:
    return {"topic": topic, "event": event, "symbol": symbol, "params": {"binary": False, **params}}


def v2(topic: str, symbol: str = "BTCUSDT", event: str = "sub", **params: Any) -> dict[str, Any]:
    return {"topic": topic, "event": event, "params": {"symbol": symbol, "binary": False, **params}}


def subscribe(*args: str) -> dict[str, Any]:
    return {"op": "subscribe", "args": list(args)}


class Raw:
    """Sends and receives exactly what it is told."""

    def __init__(self, url: str) -> None:
        self.ws = websocket.create_connection(url, timeout=20)

    def send(self, *messages: str | dict[str, Any]) -> None:
        for message in messages:
            self.ws.send(message if isinstance(message, str) else json.dumps(message))

    def receive(self) -> Any:
        data = self.ws.recv()
        if isinstance(data, bytes):
            data = gzip.decompress(data).decode()
        return json.loads(data)

    def until(self, wanted: Callable[[Any], Any], timeout: float = 30.0) -> Any:
        return self.collect(wanted, 1, timeout)[0]

    def collect(self, wanted: Callable[[Any], Any], count: int, timeout: float = 30.0) -> list[Any]:
        """Receive until ``count`` messages were wanted ones; give those."""
        deadline, found = time.monotonic() + timeout, []
        while len(found) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} messages came"
            message = self.receive()
            if wanted(message):
                found.append(message)
        return found

    def topic(self, topic: str, count: int = 1) -> list[Any]:
        """Receive ``count`` pushes of a topic."""
        return self.collect(lambda m: is_push(m, topic), count)

    def __enter__(self) -> Raw:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ws.connected:
            self.ws.close(timeout=0.2)
        self.ws.shutdown()


def is_push(message: Any, topic: str) -> bool:
    return isinstance(message, dict) and message.get("topic") == topic and "data" in message


def test_what_is_sent_is_recorded() -> None:
    with Exchange(seed=1) as exchange, Raw(exchange.url + V1) as raw:
        raw.send({"ping": 1}, "no json")
        assert exchange.wait_for(lambda: len(exchange.received) == 2)
        first, second = exchange.received
        assert first == '{"ping": 1}'
        assert second == "no json"
        assert first.path == V1
        assert first.connection == second.connection == 1
        assert abs(first.at - time.time()) < 5
        assert (exchange.connections, exchange.connections_made) == (1, 1)
