"""What the server plays: a stream's frames, cut so that they can be played again and again, and the marks around."""

from __future__ import annotations

import json
from typing import NamedTuple

from .market import Recording
from .streams import Pair


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
        """Return how often to play ``run`` for so many frames; private streams tell a story that happens once."""
        return max(1, round(frames / len(self.run))) if self.warm else 1

    def lines(self) -> list[str]:
        """Return what the server reads."""
        counts = {"opening": len(self.opening), "warm": len(self.warm), "run": len(self.run), "rest": self.rest}
        return [json.dumps(counts), *self.opening, *self.warm, *self.run, *self.marks]


def program(recording: Recording, pair: Pair, v5: bool) -> Program:
    """Return what is to be played of a stream."""
    measured, marker = pair
    opening, rest = recording.frames[measured.stream, measured.symbol, v5]
    marking = recording.frames[marker.stream, marker.symbol, v5]
    marks = [mark((marking.opening or marking.rest)[0], number) for number in range(5)]
    if measured.private:
        third = len(rest) // 3
        opening, warm, run = rest[:third], [], rest[third:]
    else:
        run = warm = [*opening, *rest] if measured.stateful else rest
        opening = opening or rest[:1]
    answers = recording.rest["inverse" if "inverse" in measured.v5 else "spot"]
    return Program([*opening, marks[0]], warm, run, marks[1:], answers)


def mark(text: str, number: int) -> str:
    """Return a frame as one that is delivered in one message, and is no repetition of another."""
    message = json.loads(text)
    if "ts" not in message and "creationTime" not in message:
        return text  # the legacy endpoints' are delivered as they are
    if isinstance(message["data"], list):
        del message["data"][1:]
        entry = message["data"][0]
        for name in {"i", "execId"} & entry.keys():
            entry[name] += str(number)
        if "coin" in entry:
            del entry["coin"][1:]
            entry["coin"][0]["walletBalance"] = str(1000 + number)
    return json.dumps(message, separators=(",", ":"))
