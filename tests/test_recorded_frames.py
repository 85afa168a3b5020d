"""The client's pure half against what the real exchange, and its siblings, once said."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from support import SHARED
from talk import Owner, Talk, ignore

from bybit_ws._dialects import Ack, AuthReply, Ignored, Pong, Refusal, inverse, spot_private, spot_v1, spot_v2
from bybit_ws._streams import Stream
from bybit_ws._topics import PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME, Topic, row_of
from bybit_ws.events import BookOutOfSync, Subscribed, UnknownMessage

RECORDINGS = SHARED / "recordings"
SOCKETS = {
    "spot_v1": (spot_v1, PUBLIC_V1),
    "spot_v2": (spot_v2, PUBLIC_V2),
    "spot_private": (spot_private, PRIVATE),
    "inverse": (inverse, REALTIME),
}
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")


def lines(name: str) -> list[dict[str, Any]]:
    path = RECORDINGS / name
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


FRAMES = [frame for frame in lines("frames.jsonl") if "fragment" not in frame]


def test_all_whole_frames_are_here() -> None:
    assert len(FRAMES) == 127


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: f"{frame['protocol']}: {frame['what']}")
def test_every_captured_frame_is_understood(frame: dict[str, Any]) -> None:
    dialect, socket = SOCKETS[frame["protocol"]]
    parsed = json.loads(frame["text"])
    talk = Talk(dialect)
    for message in parsed if isinstance(parsed, list) else [parsed]:
        found = dialect.read(message)
        if type(found) is not tuple:
            assert isinstance(found, (Ack, AuthReply, Ignored, Pong, Refusal))
            continue
        name, symbol = found
        # Deltas are alone here, without their snapshots, so they are taken as they come.
        topic = Topic(name, name, (), row_of(socket, name))
        talk.session.subscribe([Stream(topic, symbol, ignore, Owner(), merge="delta" not in frame["what"], copy=True)])
        assert [key for key, _ in talk.hear(frame["text"])] == [found]
    if not isinstance(dialect.read(message), Refusal):
        talk.hear(frame["text"])
    assert [event for event in talk.told if not isinstance(event, Subscribed)] == []


def test_two_numbered_deltas_of_a_sibling_follow_their_snapshot() -> None:
    texts = [frame["text"] for frame in FRAMES if frame.get("venue") == "Toobit" and "diffDepth" in frame["what"]]
    messages = [json.loads(text) for text in texts]
    talk = Talk(spot_v1)
    talk.want("diff_depth_v1", messages[0]["symbol"])
    for message in messages:  # the levels that the publisher cut off cannot be removed
        for side in "ab":
            message["data"][0][side] = [pair for pair in message["data"][0][side] if float(pair[1])]
    assert len(messages) == 3
    assert len(talk.hear(*messages)) == 3


# -- the recording ---------------------------------------------------------------------------------------


def final_books() -> dict[str, str]:
    """The sums that the recording's description states."""
    table = re.findall(r"^\| (\w+USD) \|.*\| ([0-9a-f]{64}) \|$", (RECORDINGS / "README.md").read_text(), re.M)
    return dict(table)


def sum_of(book: list[dict[str, Any]]) -> str:
    rows = [[row["side"], row["price"], row["size"]] for row in book]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize("copy", [True, False])
def test_the_whole_recording_ends_with_the_books_that_its_description_states(copy: bool) -> None:
    talk = Talk(inverse)
    talk.want("orderbook_25", "BTCUSD", "EOSUSD", copy=copy)
    talk.want("trade", "BTCUSD", "EOSUSD")
    books: dict[str, list[dict[str, Any]]] = {}
    counts: dict[str, int] = {}
    trades = 0
    for line in lines("inverse-2021-04-17.jsonl"):
        if line["dir"] == "out":
            continue
        for (topic, symbol), message in talk.hear(line["text"]):
            counts[f"{topic}.{symbol}"] = counts.get(f"{topic}.{symbol}", 0) + 1
            if topic == "trade":
                trades += len(message["data"])
                continue
            books[symbol] = message["data"]
            assert [row["side"] for row in message["data"]] == ["Buy"] * 25 + ["Sell"] * 25
    assert {symbol: sum_of(book) for symbol, book in books.items()} == final_books()
    assert counts == {
        "orderBookL2_25.BTCUSD": 507,
        "orderBookL2_25.EOSUSD": 511,
        "trade.BTCUSD": 63,
        "trade.EOSUSD": 13,
    }
    assert trades == 150
    told = talk.told
    assert [event for event in told if isinstance(event, (BookOutOfSync, UnknownMessage))] == []
    assert len([event for event in told if isinstance(event, Subscribed)]) == 4
