"""Whatever V5 says, no stream is lost for good: mutated pushes and replies, then a reconnect and the truth again."""

from __future__ import annotations

import json
from typing import Any

import pytest
import websocket
from hypothesis import given
from hypothesis import strategies as st
from talk import Line, reply
from test_fuzz import ANYTHING, fuzz, mutated

from bybit_ws._dialects import inverse, spot_private, spot_v1, spot_v2
from bybit_ws._topics import ACCOUNT, PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME, ROWS, Row
from bybit_ws.simulator import Exchange

SIDES = {
    "spot v1": (spot_v1, PUBLIC_V1, "BTCUSDT", "/v5/public/spot"),
    "spot v2": (spot_v2, PUBLIC_V2, "BTCUSDT", "/v5/public/spot"),
    "spot private": (spot_private, PRIVATE, "", "/v5/private"),
    "inverse": (inverse, REALTIME, "BTCUSD", "/v5/public/inverse"),
    "inverse private": (inverse, ACCOUNT, "", "/v5/private"),
}
VALUES = {"interval": {"spot": "1m", "inverse": "1"}, "dump_scale": {"spot": 1}}


def rows_of(name: str) -> list[Row]:
    _, socket, symbol, _ = SIDES[name]
    home = REALTIME if socket is ACCOUNT else socket
    return [row for row in ROWS if row.socket is home and row.symbols is bool(symbol) and row.stream != "lt_v1"]


def wish(line: Line, name: str) -> None:
    _, socket, symbol, _ = SIDES[name]
    for row in rows_of(name):
        value = VALUES.get(row.parameter or "", {}).get(socket.category)
        line.talk.want(row.stream, "BTC" if row.stream == "insurance" else symbol, value=value)


@pytest.fixture(scope="module")
def conversations() -> dict[str, list[Any]]:
    """What a seeded exchange says on each socket, from the first snapshot on."""
    found = {}
    with Exchange(seed=3, speed=400) as exchange:
        for name, (documented, _, symbol, path) in SIDES.items():
            line = Line(documented)
            wish(line, name)
            peer = websocket.create_connection(exchange.url + path, timeout=5)
            if not symbol:
                peer.send(json.dumps({"op": "auth", "args": ["key", 9999999999999, "0"]}))
            for text in line.sent():
                peer.send(text)
            found[name] = [json.loads(peer.recv()) for _ in range(100)]
            peer.close()
    return found


def played(line: Line, messages: list[Any]) -> set[Any]:
    """Let the exchange say these; return the keys that were delivered."""
    return {key for message in messages for key, _ in line.hear(message)}


@pytest.mark.parametrize("name", SIDES)
@fuzz(max_examples=5)
@given(data=st.data())
def test_whatever_is_said_over_v5_the_streams_come_back(
    name: str, conversations: dict[str, list[Any]], data: st.DataObject
) -> None:
    messages = conversations[name]
    line = Line(SIDES[name][0])
    wish(line, name)
    line.accept()
    line.v5.tasks()
    said = st.one_of(mutated(messages), mutated(messages), st.sampled_from(messages), ANYTHING)
    for message in data.draw(st.lists(said, min_size=5, max_size=30)):
        line.hear(message)
        if data.draw(st.booleans()):
            line.talk.wait(1.5)
            line.deliver(line.v5.flush(line.talk.now))
    line.session.lost(line.talk.now)
    line.sent()
    line.session.connecting()
    line.session.ready()
    wanted = {stream.key for stream in line.session.registry.streams.values()}
    for text in line.sent():
        line.hear(reply(text))
    for task in line.v5.tasks():
        line.deliver(line.session.answered(task, None, "blocked", line.talk.now))
    again = played(line, messages)
    line.talk.wait(60)
    again |= {key for key, _ in line.deliver(line.v5.flush(line.talk.now))}
    fresh = Line(SIDES[name][0])
    wish(fresh, name)
    fresh.accept()
    for task in fresh.v5.tasks():
        fresh.deliver(fresh.session.answered(task, None, "blocked", 0.0))
    expected = played(fresh, messages)
    fresh.talk.wait(60)
    expected |= {key for key, _ in fresh.deliver(fresh.v5.flush(fresh.talk.now))}
    assert expected
    assert again >= expected & wanted
