"""Whether what a client delivered is what the exchange said: a fast wrong answer is no result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .series import Series


def fault(
    series: Series,
    delivered: Sequence[str],
    last: str,
    count: int,
    *,
    merges: bool = False,
    sorts: bool = True,
    stamped: bool = False,
) -> str:
    """Return what is wrong with a delivery, or nothing.

    Args:
        series: What was sent.
        delivered: The first messages as the callback got them, in order, as JSON.
        last: The last one.
        count: How many there were.
        merges: Whether the client puts books together, so that each message has to be the whole book.
        sorts: Whether the levels of those have to be in order.
        stamped: Whether the server has overwritten ``sendTime``.
    """
    for index, text in (*enumerate(delivered), (count - 1, last)):
        message, got = series.at(index), json.loads(text)
        expected = message.merged if merges else message.wire
        if stamped:
            expected = {**expected, "sendTime": got.get("sendTime")}
        if got != expected and (sorts or _in_order(got) != expected):
            return f"message {index + 1} of {count} is {_short(got)}, not {_short(expected)}"
    return ""


def _in_order(message: Any) -> Any:
    """Return a message with its book sorted: pybit's have the right levels in any order."""
    data = message["data"]
    if message.get("type") == "snapshot" and isinstance(data, list):
        return {**message, "data": sorted(data, key=lambda row: (row["side"], float(row["price"])))}
    if message["topic"] == "diffDepth":
        bids = sorted(data[0]["b"], key=lambda pair: -float(pair[0]))
        asks = sorted(data[0]["a"], key=lambda pair: float(pair[0]))
        return {**message, "data": [{**data[0], "b": bids, "a": asks}]}
    return message


def _short(message: Any) -> str:
    text = json.dumps(message)
    return text if len(text) <= 60 else f"{text[:40]}…{text[-20:]}"
