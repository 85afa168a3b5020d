"""Reads from a message what tells its place in its stream: an id, a version, a sequence number, a time. Pure."""

from __future__ import annotations

from functools import cache
from typing import Any, Callable

from ._dialects import MALFORMED

Mark = Callable[[Any], Any]


@cache
def mark_of(path: str | None, first: bool = False) -> Mark | None:
    """Return a reader for a path such as ``"data.-1.trade_id"``; None where there is no path.

    Args:
        path: The keys and indices on the way, ``-1`` for the last of several.
        first: Read the first of several instead.
    """
    if path is None:
        return None
    keys: list[Any] = [int(key) if key.lstrip("-").isdigit() else key for key in path.split(".")]
    if first:
        keys = [0 if key == -1 else key for key in keys]
    if len(keys) == 3:  # most of them; said without a loop, because it is read from every trade
        one, two, three = keys
        return lambda message: message[one][two][three]

    def read(message: Any) -> Any:
        for key in keys:
            message = message[key]
        return message

    return read


def read(mark: Mark | None, message: Any) -> Any:
    """Return what a reader finds; None where there is nothing to be found."""
    try:
        return None if mark is None else mark(message)
    except MALFORMED:
        return None
