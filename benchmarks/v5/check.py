"""Whether books that were delivered are the same: a fast wrong answer is no result."""

from __future__ import annotations

from typing import Any

Sides = dict[str, list[tuple[float, float]]]


def books_differ(documented: Any, other: Any) -> bool:
    """Return whether another client's book is not the documented one; False where there is no book to compare.

    Args:
        documented: A message of the legacy endpoint, as bybit_ws delivers it.
        other: The last message of the same market, documented or V5's, levels in any order.
    """
    expected, got = sides(documented), sides(other)
    if expected is None or got is None:
        return False
    return any(got[side][: len(levels)] != levels for side, levels in expected.items())


def sides(message: Any) -> Sides | None:
    """Return the levels of a message's book, the best ones first; None where it is no book."""
    data = message["data"] if isinstance(message, dict) and "data" in message else None
    if isinstance(data, list) and data and data[0].get("side") and "id" in data[0]:
        rows = {"b": [], "a": []}  # type: dict[str, list[Any]]
        for row in data:
            rows["b" if row["side"] == "Buy" else "a"].append((row["price"], row["size"]))
    elif "mergedDepth" in str(message):
        return None
    else:
        book = data[0] if isinstance(data, list) and data else data
        if not isinstance(book, dict) or not isinstance(book.get("b"), list) or not isinstance(book.get("a"), list):
            return None
        rows = book
    pairs = {side: [(float(price), float(size)) for price, size in rows[side]] for side in ("b", "a")}
    return {side: sorted(levels, reverse=side == "b") for side, levels in pairs.items()}
