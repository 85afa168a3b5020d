"""A recording, read from lines of ``{"t","dir","text"}``, with or without what tells several sockets apart."""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

_EXPECTED = 'a recording has lines {"t":seconds,"dir":"in"|"out","text":"the exact frame"}'
_PRIVATE = "spot private"
_MARKS = ("start", "open", "ready", "close", "want", "rest")
_BLOCK = 1 << 16


class Key(NamedTuple):
    """What a push belongs to, as a subscription can name it."""

    topic: str
    symbol: str = ""
    interval: str = ""
    scale: str = ""


class Answer(NamedTuple):
    """What REST answered.

    Attributes:
        before: The number of the frame before which the client had it.
        time: When that was.
        question: Path and parameters.
        result: The answer; None where there was none.
    """

    before: int
    time: float
    question: tuple[str, frozenset[tuple[str, str]]]
    result: Any


@dataclass
class Segment:
    """One connection: data frames in order, and for each key the numbers of its frames."""

    times: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    by_key: dict[Key, list[int]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    answers: list[Answer] = field(default_factory=list)

    def add(self, time: float, text: str) -> None:
        """Add a received frame, unless it is an acknowledgement or a pong."""
        key = key_of(text)
        if key is not None:
            self.by_key.setdefault(key, []).append(len(self.texts))
            self.times.append(time)
            self.texts.append(text)


@dataclass
class Track:
    """One socket: where it was, and its connections one after the other.

    Attributes:
        path: Its path; None where the recording does not tell.
    """

    path: str | None = None
    segments: list[Segment] = field(default_factory=list)

    @property
    def last(self) -> Segment:
        """The connection that is being read."""
        if not self.segments:
            self.segments.append(Segment())
        return self.segments[-1]


class Recording:
    """All sockets of a recording.

    Attributes:
        frames: How many frames were received, acknowledgements and pongs included.
        tracks: The sockets, by their label; one without a label where none is told.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.tracks: dict[str, Track] = {}
        self._first: float | None = None
        self._standing: set[str] = set()

    @property
    def paths(self) -> set[str | None]:
        """Where the sockets were."""
        return {track.path for track in self.tracks.values()}

    def take(self, line: Any) -> None:
        """Take one line."""
        time, kind = _time(line["t"]), line["dir"]
        if kind == "start" and not line.get("again"):  # not only another file of the same
            self._standing.clear()
        if kind in _MARKS:
            self._mark(self._since(time), kind, line)
            return
        if kind not in ("in", "out"):
            raise ValueError(f"dir is {kind!r}")
        text = line["text"]
        if not isinstance(text, str):
            raise TypeError("text is no string")
        segment = self.tracks.setdefault(str(line.get("socket", "")), Track()).last
        since = self._since(time)
        if kind == "in":
            self.frames += 1
            segment.add(since, text)
        elif '"subscribe"' in text:
            segment.asked.update(map(str, json.loads(text).get("args", ())))

    def _since(self, time: float) -> float:
        if self._first is None:
            self._first = time
        return time - self._first

    def _mark(self, time: float, kind: str, line: Any) -> None:
        label = str(line.get("socket", ""))
        if kind == "open" and not (line.get("again") and label in self._standing):
            track = self.tracks.setdefault(label, Track())
            track.path = str(line["path"])
            track.segments.append(Segment())
            self._standing.add(label)
        elif kind == "close":
            self._standing.discard(label)
        elif kind == "rest":
            segment = self.tracks.setdefault(label, Track()).last
            question = question_of(line["path"], line["params"])
            segment.answers.append(Answer(len(segment.texts), time, question, line["answer"]))


def read(path: str | Path) -> Recording:
    """Read a file and those that follow it.

    Raises:
        FileNotFoundError: There is none of that name.
        ValueError: It is no recording.
    """
    if Path(path).is_dir():
        raise ValueError(f"{path} is a directory: name the file of a recording")
    recording = Recording()
    for file in _files(Path(path)):
        for number, (line, whole) in enumerate(_lines(file), 1):
            if not line.strip():
                continue
            try:
                recording.take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if not whole and line.startswith(b"{") and recording.tracks:  # whoever wrote it was cut short
                    continue
                raise ValueError(f"{file}, line {number}: {_EXPECTED}; this one is none ({error!r})") from error
    if not recording.frames:
        raise ValueError(f"{path} holds no frame that was received: there is nothing to replay")
    return recording


def _files(path: Path) -> list[Path]:
    """Give the file itself and those beside it that go on with it: ``btc.2.jsonl.gz`` after ``btc.jsonl.gz``."""
    ending = re.search(r"(\.jsonl?|\.ndjson)?(\.gz)?$", path.name)
    at = len(path.name) if ending is None else ending.start()
    pattern = re.compile(rf"{re.escape(path.name[:at])}\.(\d+){re.escape(path.name[at:])}")
    names = os.listdir(path.parent) if path.parent.is_dir() else []
    found = [(int(match[1]), name) for name in names for match in [pattern.fullmatch(name)] if match]
    if not found and not path.exists():
        raise FileNotFoundError(f"{path}: there is no such recording; bybit-ws record and ws.record(path) make one")
    return ([path] if path.exists() else []) + [path.with_name(name) for _, name in sorted(found)]


def _lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Give the lines, and whether each is whole."""
    rest = b""
    for block in _blocks(path):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line, True
    if rest:
        yield rest, False


def _blocks(path: Path) -> Iterator[bytes]:
    """Give the content, decompressed as far as that goes where it is compressed."""
    with path.open("rb") as file:
        block = file.read(_BLOCK)
        if block[:2] != b"\x1f\x8b":
            while block:
                yield block
                block = file.read(_BLOCK)
            return
        inflate = zlib.decompressobj(wbits=31)
        while block:
            try:
                yield inflate.decompress(block)
            except zlib.error:
                return
            rest = inflate.unused_data
            if inflate.eof:
                inflate = zlib.decompressobj(wbits=31)
            block = rest or file.read(_BLOCK)


def _time(time: Any) -> float:
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        raise TypeError(f"t is {time!r}")
    return float(time)


def question_of(path: str, params: dict[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    """Give what tells one REST question from another."""
    return path, frozenset(params.items())


def key_of(text: str) -> Key | None:
    """Give a data frame's key; None for acks, pongs, pings and anything that is no JSON."""
    try:
        message = json.loads(text)
    except ValueError:
        return None
    if isinstance(message, list):
        return Key(_PRIVATE)
    if not isinstance(message, dict) or "data" not in message or "topic" not in message:
        return None
    params = message.get("params")
    if not isinstance(params, dict):
        return Key(str(message["topic"]))
    symbol = message.get("symbol") or params.get("symbol") or ""
    return spot_key(str(message["topic"]), str(symbol), params)


def spot_key(topic: str, symbol: str, params: dict[str, Any]) -> Key:
    """Give the key of a spot push or of one symbol of a spot subscription."""
    name, _, interval = topic.partition("_")
    scale = params.get("dumpScale")
    return Key(name, symbol, str(params.get("klineType") or interval), "" if scale is None else str(scale))


def matches(arg: str, key: Key) -> bool:
    """Tell whether an inverse subscription arg (filter, pipes, ``*`` or bare) takes a key."""
    topic = key.topic
    if topic == arg or topic.startswith(f"{arg}."):
        return True
    stem, _, names = arg.rpartition(".")
    its_stem, _, name = topic.rpartition(".")
    return bool(stem) and stem == its_stem and (names == "*" or name in names.split("|"))


PRIVATE = Key(_PRIVATE)
