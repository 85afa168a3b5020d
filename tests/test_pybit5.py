"""The run of pybit 5 against the simulator can fail: its shapes see what is wrong, its comparisons what differs."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pybit5
import pytest
import websocket
from support import CREDENTIALS, KEYS

from bybit_ws.simulator import Exchange

COMPARED = [one for one in pybit5.STREAMS if one.truth is not pybit5.nothing]


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=5, speed=10, credentials=CREDENTIALS) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def heard(exchange: Exchange) -> dict[tuple[str, str], list[Any]]:
    """The first messages of every stream, and all until the market stands still."""
    sockets = {one: _listen(exchange, one) for one in (pybit5.SPOT, pybit5.INVERSE, pybit5.PRIVATE)}
    heard: dict[tuple[str, str], list[Any]] = {(one.socket, one.topic): [] for one in pybit5.STREAMS}
    deadline = time.monotonic() + 60
    for name, ws in sockets.items():
        wanted = [topic for socket, topic in heard if socket == name]
        while not all(heard[name, topic] for topic in wanted):
            _take(heard, name, ws)
            assert time.monotonic() < deadline, [topic for topic in wanted if not heard[name, topic]]
    exchange.pause()
    while True:  # what was due is still pushed
        for name, ws in sockets.items():
            ws.send('{"op":"ping"}')
            while _take(heard, name, ws):
                pass
        if time.monotonic() > deadline or not any(_differences(one, heard, exchange) for one in COMPARED):
            break
    for ws in sockets.values():
        ws.close()
    return heard


def _listen(exchange: Exchange, socket: str) -> Any:
    path = "private" if socket == pybit5.PRIVATE else f"public/{socket}"
    ws = websocket.create_connection(f"{exchange.url}/v5/{path}", timeout=30)
    topics = [one.topic for one in pybit5.STREAMS if one.socket == socket]
    requests: list[Any] = [{"op": "subscribe", "args": topics}]
    if socket == pybit5.PRIVATE:
        expires = int(time.time() * 1000) + 60_000
        signature = hmac.new(KEYS["api_secret"].encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
        requests.insert(0, {"op": "auth", "args": [KEYS["api_key"], expires, signature]})
    for request in requests:
        ws.send(json.dumps(request))
    return ws


def _take(heard: Any, socket: str, ws: Any) -> bool:
    """Keep the next message; False at the pong."""
    message = json.loads(ws.recv())
    if "topic" in message:
        heard[socket, message["topic"]].append(message)
    return "pong" not in (message.get("ret_msg"), message.get("op"))


@pytest.mark.parametrize("stream", pybit5.STREAMS, ids=lambda one: f"{one.socket}-{one.topic}")
def test_the_shape_is_the_simulators_and_sees_what_is_missing(stream: Any, heard: Any) -> None:
    message = heard[stream.socket, stream.topic][0]
    assert [*stream.shape.faults(message)] == []
    entry = message["data"][0] if stream.shape.many else message["data"]
    for key in stream.shape.entry:
        altered = copy.deepcopy(message)
        del (altered["data"][0] if stream.shape.many else altered["data"])[key]
        assert f"data.{key} is missing" in [*stream.shape.faults(altered)]
    for key, value in ((key, entry[key]) for key in stream.shape.entry):
        altered = copy.deepcopy(message)
        (altered["data"][0] if stream.shape.many else altered["data"])[key] = [value]
        assert [*stream.shape.faults(altered)], key
    assert [*stream.shape.faults({**message, "data": []})] == ["data is []"]


def _differences(stream: Any, heard: Any, exchange: Exchange) -> list[str]:
    """Compare with the truth; that both categories have executions takes longer than this market lives."""
    ear = _ear(stream, heard[stream.socket, stream.topic])
    return [one for one in stream.truth(exchange, ear) if one != "not both categories"]


def _ear(stream: Any, messages: list[Any]) -> Any:
    kept = [*_kept(messages)] if "orderbook" in stream.topic else messages
    wire = Counter(delta=1)  # the market may stand still before the larger books have changed
    entries = [entry for message in messages for entry in message["data"]]
    return SimpleNamespace(stream=stream, messages=kept, wire=wire, entries=lambda: entries)


def _kept(messages: list[Any]) -> Iterator[Any]:
    """Yield what a client delivers that keeps the book, its levels in any order."""
    book: dict[str, dict[str, str]] = {}
    for message in messages:
        for side in ("b", "a"):
            if message["type"] == "snapshot":
                book[side] = {}
            book[side].update(message["data"][side])
            book[side] = {price: size for price, size in book[side].items() if size != "0"}
        sides = {side: [[price, size] for price, size in levels.items()] for side, levels in book.items()}
        yield {**message, "data": {**message["data"], **sides}}


@pytest.mark.parametrize("stream", COMPARED, ids=lambda one: f"{one.socket}-{one.topic}")
def test_the_truth_is_the_simulators_and_sees_what_differs(stream: Any, heard: Any, exchange: Exchange) -> None:
    ear = _ear(stream, copy.deepcopy(heard[stream.socket, stream.topic]))
    assert _differences(stream, heard, exchange) == []
    last = ear.messages[-1]["data"]
    if stream.truth is pybit5.same_book:
        last["b"][0] = [last["b"][0][0], "0.123456789"]
    elif stream.truth is pybit5.same_ticker:
        last["lastPrice"] = "1"
    elif stream.truth is pybit5.same_candle:
        last[-1]["volume"] = "-1"
    elif stream.truth is pybit5.orders_live:
        last[-1].update(orderStatus="Filled", leavesQty="1")
    else:
        last[-1].update(i="none", execPrice="1")
    said = [one for one in stream.truth(exchange, ear) if one != "not both categories"]
    assert said


def test_a_hole_in_the_updates_is_seen(heard: Any, exchange: Exchange) -> None:
    stream = next(one for one in pybit5.STREAMS if one.topic == "orderbook.50.BTCUSDT")
    messages = copy.deepcopy(heard[stream.socket, stream.topic])
    messages.append({**messages[-1], "data": {"b": [], "a": [], "u": messages[-1]["data"]["u"] + 2}})
    messages[-1]["type"] = "delta"
    assert "u has 1 holes" in [*pybit5.same_book(exchange, _ear(stream, messages))]


def test_without_pybit_5_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pybit.spot", reason="only where pybit is another one")
    assert pybit5.main([]) == 2
    assert "run .ci/pybit5" in capsys.readouterr().err
