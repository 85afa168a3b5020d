"""What the server plays: a stream's frames, cut so that they can be played again and again, and the marks around."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from .client import MARK
from .market import Recording
from .streams import Pair

_IDS = re.compile(r'("(?:orderId|execId|order_id|exec_id|i|t|T|o|oi|eo)":)("[^"]+)"')
"""The ids in private frames of both protocols."""


class Program(NamedTuple):
    """What is played of one stream in one protocol.

    Attributes:
        opening: What the exchange sends at first.
        warm: What is played before the measurement.
        run: What is measured.
        marks: What comes before and after ``warm``, then before and after ``run``.
        rest: REST's answers by path.
    """

    opening: list[str]
    warm: list[str]
    run: list[str]
    marks: list[str]
    rest: dict[str, str]

    def passes(self, frames: int) -> int:
        """Return how often to play ``run`` for so many frames."""
        return max(1, round(frames / len(self.run)))

    def lines(self) -> list[str]:
        """Return what the server reads."""
        counts = {"opening": len(self.opening), "warm": len(self.warm), "run": len(self.run), "rest": self.rest}
        return [json.dumps(counts), *self.opening, *self.warm, *self.run, *self.marks]


def program(recording: Recording, pair: Pair, v5: bool, frames: int) -> Program:
    """Return what is to be played of a stream.

    Args:
        recording: What the market said.
        pair: The stream, and the one that marks beginning and end.
        v5: Whether it is played as V5 says it.
        frames: How many private frames are needed at least: an order lives once, so that all have other ids.
    """
    measured, marker = pair
    opening, rest = recording.frames[measured.stream, measured.symbol, v5]
    marking = recording.frames[marker.stream, marker.symbol, v5]
    marks = [mark((marking.opening or marking.rest)[0], number) for number in range(5)]
    if measured.private:
        stories = 2 + frames // len(rest)
        opening, warm, *others = ([*_renamed(rest, str(story))] for story in range(1 + stories))
        run = [text for story in others for text in story]
    else:
        run = warm = [*opening, *rest] if measured.stateful else rest
        opening = opening or rest[:1]
    answers = recording.rest["inverse" if "inverse" in measured.v5 else "spot"]
    return Program([*opening, marks[0]], warm, run, marks[1:], answers)


def _renamed(texts: list[str], suffix: str) -> Iterator[str]:
    """Yield frames with other ids of orders, executions and trades."""
    for text in texts:
        yield _IDS.sub(lambda found: f"{found[1]}{found[2]}{suffix}\"", text)


def mark(text: str, number: int) -> str:
    """Return a frame as one that is delivered in one message, and is no repetition of another."""
    message = json.loads(text)
    if isinstance(message, dict) and isinstance(message["data"], list):
        del message["data"][1:]
        entry = message["data"][0]
        for name in {"i", "execId", "exec_id"} & entry.keys():
            entry[name] = f"{MARK}{number}"
        if "coin" in entry and message["topic"] == "wallet" and "accountType" in entry:
            del entry["coin"][1:]
            entry["coin"][0]["walletBalance"] = str(1000 + number)
    return json.dumps(message, separators=(",", ":"))
