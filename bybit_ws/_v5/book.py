"""An order book kept from V5's snapshots and deltas (``orderbook.{depth}.{symbol}``). Pure.

What is kept is the book's own: it shares no list with the messages it came from, nor with those made of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Callable

from .._dialects import MALFORMED
from .._side import INFINITY, OutOfSync

Level = list[str]
"""Price and size, as the exchange spells them."""


class Updates:
    """The order of a book's messages.

    Attributes:
        last: The number of the last one (``u``); None until there is a snapshot to build on.
    """

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last: int | None = None

    def follow(self, message: dict[str, Any]) -> bool | None:
        """Return whether a message replaces the book; None for a delta without a snapshot to build on.

        Raises:
            OutOfSync: A message is missing, or came twice.
        """
        update = message["data"]["u"]
        last = self.last
        if message["type"] == "snapshot" or update == 1:  # 1: the exchange's service began anew
            self.last = int(update)
            return True
        if last is None:
            return None
        self.last = None
        # All of 165,011 that were measured were numbered without a hole, though no document promises it.
        if update != last + 1:
            raise OutOfSync(f"update {update} came after update {last}")
        self.last = update
        return False


class Levels:
    """One side of a book, best price first, in two parallel lists.

    Args:
        sign: 1 for asks, -1 for bids.
        depth: Levels that the exchange keeps in it.

    Attributes:
        ranks: The prices, times ``sign``.
        entries: Price and size of each; an entry is replaced, never changed, so that nobody else may change it.
    """

    __slots__ = ("_depth", "_sign", "entries", "ranks")

    def __init__(self, sign: int, depth: int) -> None:
        self._sign, self._depth = sign, depth
        self.ranks: list[float] = []
        self.entries: list[Level] = []

    def clear(self) -> None:
        """Forget all levels."""
        self.ranks.clear()
        self.entries.clear()

    def change(self, pairs: Iterable[Any]) -> None:
        """Take in new sizes; zero deletes.

        A level to delete may be absent: the numbers of the updates already prove that nothing was missed, and one
        that came and went between two messages may be named in the second.
        """
        ranks, entries, sign = self.ranks, self.entries, self._sign
        for price, size in pairs:
            rank, amount = sign * float(price), float(size)
            at = bisect_left(ranks, rank)
            here = at < len(ranks) and ranks[at] == rank
            if 0 < amount < INFINITY:
                if here:
                    entries[at] = [price, size]
                elif 0 < sign * rank < INFINITY:
                    ranks.insert(at, rank)
                    entries.insert(at, [price, size])
                else:
                    raise OutOfSync(f"{price!r} is no price")
            elif amount:
                raise OutOfSync(f"{size!r} is no size")
            elif here:
                del ranks[at], entries[at]
        # What leaves the exchange's window is deleted by it; should it once not say so, nothing is known of it.
        if len(ranks) > self._depth:
            del ranks[self._depth :], entries[self._depth :]


class Book:
    """A book of one symbol.

    Args:
        depth: Levels a side that the exchange keeps in it: 50 for ``orderbook.50``.
        side: Makes a side of a sign and a depth; ``Levels``, or a class with the same methods.

    Attributes:
        bids: The bids, best first.
        asks: The asks, best first.
    """

    __slots__ = ("_updates", "asks", "bids")

    def __init__(self, depth: int, side: Callable[[int, int], Any] = Levels) -> None:
        self.bids, self.asks = side(-1, depth), side(1, depth)
        self._updates = Updates()

    def apply(self, message: dict[str, Any]) -> bool | None:
        """Take a message in; return whether it replaced the book, None where there is no book yet.

        After an error there is no book until the next snapshot.

        Raises:
            OutOfSync: The message cannot be applied.
        """
        updates, bids, asks = self._updates, self.bids, self.asks
        try:
            replaces = updates.follow(message)
            if replaces is None:
                return None
            last, updates.last = updates.last, None
            if replaces:
                bids.clear()
                asks.clear()
            data = message["data"]
            bids.change(data["b"])
            asks.change(data["a"])
        except MALFORMED as error:
            updates.last = None
            raise OutOfSync(f"an update of the book cannot be read: {error!r}") from None
        held, offered = bids.ranks, asks.ranks
        if held and offered and -held[0] >= offered[0]:
            raise OutOfSync(f"the book is crossed: bid {-held[0]:g}, ask {offered[0]:g}")
        updates.last = last
        return replaces
