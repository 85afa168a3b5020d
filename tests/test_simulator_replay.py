"""Replay: a real recording arrives whole and in order, at the pace asked for."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from test_simulator_raw import PRIVATE, REALTIME, V1, V2, Raw, auth, subscribe, v1, v2

from bybit_ws.simulator import Replay

RECORDING = Path(__file__).resolve().parents[2] / "shared" / "recordings" / "inverse-2021-04-17.jsonl"
HASHES = {
    "BTCUSD": "1dd57177a4cf6bbda2e5be60f0427d59bb92143f2577a9387565130d6a0bdaca",
    "EOSUSD": "d28a744a1016ac645b3500bee155fe540fa557ed69f6c88ef4d6ad8af9a9da13",
}
needs_recording = pytest.mark.skipif(not RECORDING.exists(), reason="no recordings here")


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    yield
    assert "bybit_ws replay" not in {thread.name for thread in threading.enumerate()}


def digest(messages: list[Any], topic: str) -> str:
    book: dict[Any, Any] = {}
    for message in messages:
        if message.get("topic") != topic:
            continue
        data = message["data"]
        rows = data if message["type"] == "snapshot" else data["update"] + data["insert"]
        for row in [] if message["type"] == "snapshot" else data["delete"]:
            del book[row["side"], row["price"]]
        book.update({(row["side"], row["price"]): row["size"] for row in rows})
    levels = sorted(([*key, size] for key, size in book.items()), key=lambda r: (r[0], float(r[1])))
    return hashlib.sha256(json.dumps(levels, separators=(",", ":")).encode()).hexdigest()


def play(raw: Raw) -> list[Any]:
    """Receive until the other side closes; the close code comes last."""
    messages: list[Any] = []
    while True:
        opcode, data = raw.ws.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return [*messages, {"code": int.from_bytes(data[:2], "big"), "reason": data[2:].decode()}]
        if opcode == websocket.ABNF.OPCODE_TEXT:
            messages.append(json.loads(data))


@needs_recording
@pytest.mark.parametrize("speed", [0, float("inf"), 60])
def test_the_recording_arrives_whole(speed: float) -> None:
    with Replay(RECORDING, speed=speed, hold=False) as replay, Raw(replay.url + REALTIME) as raw:
        assert replay.frames == 1098
        raw.send({"op": "ping"}, subscribe("trade.EOSUSD"), subscribe("trade.BTCUSD"))
        raw.send(subscribe("orderBookL2_25.EOSUSD", "orderBookL2_25.BTCUSD"))
        messages = play(raw)
        assert messages[-1] == {"code": 1000, "reason": "end of recording"}
        assert replay.wait(5)
        counts = [len([m for m in messages if m.get("topic") == f"orderBookL2_25.{s}"]) for s in HASHES]
        assert counts == [507, 511]
        assert {s: digest(messages, f"orderBookL2_25.{s}") for s in HASHES} == HASHES
        assert sum(len(m["data"]) for m in messages if m.get("topic", "").startswith("trade")) == 150
        assert [m["ret_msg"] for m in messages if "ret_msg" in m].count("pong") == 1
        assert len(replay.received) == 4


@needs_recording
def test_a_late_subscriber_gets_what_it_missed_and_a_held_connection_stays() -> None:
    with Replay(RECORDING, speed=0) as replay, Raw(replay.url + "/any/path") as raw:
        raw.send(subscribe("trade.*"))
        raw.collect(lambda m: "data" in m, 63 + 13)
        assert replay.wait(5)
        raw.send(subscribe("orderBookL2_25.BTCUSD|EOSUSD"))
        messages = raw.collect(lambda m: "type" in m, 507 + 511)
        assert {s: digest(messages, f"orderBookL2_25.{s}") for s in HASHES} == HASHES
        raw.send({"op": "ping"})
        assert raw.receive()["ret_msg"] == "pong"


def write(path: Path, *frames: tuple[float, str, Any]) -> Path:
    lines = [{"t": t, "dir": direction, "text": json.dumps(text)} for t, direction, text in frames]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_spot_recordings(tmp_path: Path) -> None:
    head = {"symbol": "BTCUSDT", "params": {"klineType": "1m", "binary": "false"}}
    kline = {**head, "topic": "kline", "data": [{"t": 1}], "f": True}
    other = {**head, "topic": "kline", "params": {"klineType": "5m"}, "data": [{"t": 2}], "f": True}
    depth = {"topic": "depth", "params": {"symbol": "ETHUSDT"}, "data": {"v": "1"}}
    ack = {"topic": "depth", "event": "sub", "params": {}, "code": "0", "msg": "Success"}
    event = [{"e": "ticketInfo"}]
    frames = [(0.0, "in", ack), (0.1, "in", kline), (0.2, "in", other), (0.3, "in", depth), (0.4, "in", event)]
    with Replay(write(tmp_path / "spot.jsonl", *frames), speed=0) as replay:
        assert replay.frames == 5
        with Raw(replay.url + V1) as raw:
            raw.send(v1("kline_1m", "BTCUSDT,ETHUSDT"), {"ping": 1})
            assert sorted([raw.receive(), raw.receive()], key=len)[1] == kline
        with Raw(replay.url + V2) as raw:
            raw.send(v2("depth", "ETHUSDT"))
            assert raw.receive()["params"]["symbolName"] == "ETHUSDT"
            assert raw.receive() == depth
        with Raw(replay.url + PRIVATE) as raw:
            raw.send(auth())
            assert raw.receive()["auth"] == "success"
            assert raw.receive() == event


def test_the_pace_is_the_recordings(tmp_path: Path) -> None:
    pushes = [(t, "in", {"topic": "trade.X", "data": [t]}) for t in (5.0, 5.5, 6.0)]
    path = write(tmp_path / "a.jsonl", (5.0, "out", {}), *pushes)
    with Replay(path, speed=2) as replay, Raw(replay.url + REALTIME) as raw:
        assert replay.wait(0.05) is False
        raw.send(subscribe("trade"))
        start = time.monotonic()
        assert [m["data"][0] for m in raw.topic("trade.X", 3)] == [5.0, 5.5, 6.0]
        assert 0.4 < time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"t":1,"dir":"in","text":"{}"}\nnonsense', 2),
        ('{"text":"{}"}', 1),
        ('{"t":"1","dir":"in","text":"{}"}', 1),
        ('{"t":1,"dir":"sideways","text":"{}"}', 1),
        ('{"t":1,"dir":"in","text":{}}', 1),
        ("[]", 1),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"x\.jsonl, line {line}: a recording has lines"):
        Replay(path)
