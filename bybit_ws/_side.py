"""One side of an order book. Pure."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

INFINITY = float("inf")


class OutOfSync(Exception):
    """What is kept can no longer be trusted; the message says why."""


class Side:
    """One side of a book: entries sorted by price, in two parallel lists.

    Args:
        sign: 1 for ascending prices, -1 for descending ones.

    Attributes:
        ranks: The prices, times ``sign``.
        entries: What was put at each.
        cut: Entries were cut off at the end.
    """

    __slots__ = ("_sign", "cut", "entries", "ranks")

    def __init__(self, sign: int = 1) -> None:
        self._sign = sign
        self.ranks: list[float] = []
        self.entries: list[Any] = []
        self.cut = False

    def put(self, price: Any, entry: Any) -> bool:
        """Insert or replace; return whether there was one to replace."""
        rank = float(price)
        if not 0 <= rank < INFINITY:
            raise OutOfSync(f"{price!r} is no price")
        rank *= self._sign
        ranks = self.ranks
        at = bisect_left(ranks, rank)
        if at < len(ranks) and ranks[at] == rank:
            self.entries[at] = entry
            return True
        ranks.insert(at, rank)
        self.entries.insert(at, entry)
        return False

    def remove(self, price: Any) -> bool:
        """Delete; return whether there was one to delete."""
        rank = self._sign * float(price)
        ranks = self.ranks
        at = bisect_left(ranks, rank)
        if at == len(ranks) or ranks[at] != rank:
            return False
        del ranks[at], self.entries[at]
        return True

    def trim(self, size: int) -> None:
        """Drop what lies beyond the first ``size`` entries."""
        if len(self.ranks) >= size:
            self.cut = True
            del self.ranks[size:], self.entries[size:]

    def beyond(self, price: Any) -> bool:
        """Return whether a price lies where entries may have been cut off, so that nothing is known of it."""
        last = self.ranks[-1] if self.ranks else -INFINITY
        return self.cut and last < self._sign * float(price) < INFINITY
