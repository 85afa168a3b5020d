"""A recording of real inverse streams as a series. Its books are put together here once more, in the simplest way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .series import REALTIME, Call, Message, Series

METHODS = {
    "orderBookL2_25": "orderbook_25",
    "orderBook_200.100ms": "orderbook_200",
    "trade": "trade",
    "instrument_info.100ms": "instrument_info",
}


def series_of_recording(path: Path) -> Series:
    """Return the frames that came in, but for the answers to requests.

    Args:
        path: A file of lines ``{"t": seconds, "dir": "in", "text": "the exact frame"}``.

    Raises:
        ValueError: It is no such file, or holds other topics than those of ``METHODS``.
    """
    lines = path.read_text("utf-8").splitlines()
    try:
        texts = [line["text"] for line in map(json.loads, lines) if line["dir"] == "in"]
        messages = [*_merged(text for text in texts if "topic" in json.loads(text))]
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no recording of inverse streams: {error!r}") from None
    if not messages:
        raise ValueError(f"{path} is no recording of inverse streams: nothing came in")
    topics = sorted({message.wire["topic"] for message in messages})
    symbols: dict[str, list[str]] = {}
    for topic in topics:
        wire, _, symbol = topic.rpartition(".")
        if wire not in METHODS:
            raise ValueError(f"{path} holds {topic}, which is not measured; only {', '.join(METHODS)} are")
        symbols.setdefault(METHODS[wire], []).append(symbol)
    return Series(
        name="recording",
        path=REALTIME,
        calls=tuple(Call(method, tuple(names)) for method, names in symbols.items()),
        requests=({"op": "subscribe", "args": topics},),
        messages=messages,
        loop=0,
    )


def _merged(texts: Iterable[str]) -> Iterator[Message]:
    kept: dict[str, dict[tuple[Any, ...], Any]] = {}
    for text in texts:
        wire = json.loads(text)
        if "type" not in wire:
            yield Message(text, wire, wire)
            continue
        if wire["type"] == "snapshot":
            kept[wire["topic"]] = {}
        entries = kept[wire["topic"]]
        if wire["topic"].startswith("instrument_info"):
            data = wire["data"]
            for record in (data,) if wire["type"] == "snapshot" else data["update"]:
                entries.update(((key,), value) for key, value in record.items())
            merged: Any = {key: value for (key,), value in entries.items()}
        else:
            merged = _book(entries, wire["data"])
        yield Message(text, wire, {**wire, "type": "snapshot", "data": merged})


def _book(entries: dict[tuple[Any, ...], Any], data: Any) -> list[Any]:
    changes = {"delete": [], "update": [], "insert": data} if isinstance(data, list) else data
    for row in changes["delete"]:
        del entries[row["side"], float(row["price"])]
    for row in (*changes["update"], *changes["insert"]):
        entries[row["side"], float(row["price"])] = row
    return [entries[place] for place in sorted(entries)]
