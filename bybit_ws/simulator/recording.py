"""A recorded connection, read from a file of ``{"t","dir","text"}`` lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

_EXPECTED = 'a recording has lines {"t":seconds,"dir":"in"|"out","text":"the exact frame"}'
_PRIVATE = "spot private"


class Key(NamedTuple):
    """What a push belongs to, as a subscription can name it."""

    topic: str
    symbol: str = ""
    interval: str = ""
    scale: str = ""


@dataclass
class Recording:
    """Data frames in order, and for each key the numbers of its frames."""

    frames: int = 0
    times: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    by_key: dict[Key, list[int]] = field(default_factory=dict)

    def add(self, time: float, text: str) -> None:
        """Add one received frame; acks and pongs are only counted."""
        self.frames += 1
        key = key_of(text)
        if key is not None:
            self.by_key.setdefault(key, []).append(len(self.texts))
            self.times.append(time)
            self.texts.append(text)


def read(path: str | Path) -> Recording:
    """Read a file, or raise ValueError naming file, line and what was expected."""
    recording, first = Recording(), 0.0
    lines = Path(path).read_bytes().splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            time, direction, text = _fields(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: {_EXPECTED}; this one is none ({error!r})") from error
        first = first or time
        if direction == "in":
            recording.add(time - first, text)
    if not recording.frames:
        raise ValueError(f"{path}, line {len(lines)}: {_EXPECTED}; no frame came in up to the end")
    return recording


def _fields(line: Any) -> tuple[float, str, str]:
    time, direction, text = line["t"], line["dir"], line["text"]
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        raise TypeError(f"t is {time!r}")
    if direction not in ("in", "out"):
        raise ValueError(f"dir is {direction!r}")
    if not isinstance(text, str):
        raise TypeError("text is no string")
    return float(time), direction, text


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
