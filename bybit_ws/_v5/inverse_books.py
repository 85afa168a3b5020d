"""Inverse's books: V5's cut to the documented windows of 25 and 200 levels a side, and how these change. Pure.

https://bybit-exchange.github.io/docs/inverse/#t-websocketorderbook25
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from .._dialects import MALFORMED
from .._side import INFINITY, OutOfSync
from .._topics import Topic
from .book import Book
from .fields import Field, approximate, constant, maker
from .inverse_values import Number, number, scaled
from .nested import message_maker
from .translation import Push, Translation, Translator

Row = dict[str, Any]

Level = tuple[str, int, Number]
"""A price as the exchange spells it, its documented number, and the size."""

PLACE = (
    Field("price", "price", code="it[0]"),
    constant("symbol", "the subscribed symbol", "symbol"),
    Field("id", "price", note="the price times 10000; no key where ticks are finer than that", code="it[1]"),
    Field("side", "b or a", code="side"),
)
SIZE = Field("size", "size", code="it[2]")

HEAD = (
    constant("topic", "the documented topic and the symbol", "topic"),
    Field("type", "type", note="a new snapshot follows wherever V5 sends one", code="kind"),
)
ROWS = tuple(one._replace(path=f"data[].{one.path}") for one in (*PLACE, SIZE))
DELTA = (
    Field("data.delete", "the changes of b and a", note="deltas only (merge=False)", code="changes.delete"),
    Field("data.update", "the changes of b and a", note="deltas only (merge=False)", code="changes.update"),
    Field("data.insert", "the changes of b and a", note="deltas only (merge=False)", code="changes.insert"),
    constant("data.transactTimeE6", "deltas only (merge=False): always 0, as documented", "0"),
)
FOOT = (
    Field("cross_seq", "seq", code="message['data']['seq']"),
    approximate("timestamp_e6", "ts", "milliseconds in microseconds", "message['ts'] * 1000"),
)

_place = maker(PLACE, "it, symbol, side")
_row = maker((*PLACE, SIZE), "it, symbol, side")
_snapshot = message_maker(
    (*HEAD, *ROWS, *FOOT), "message, topic, symbol, kind, sides", "for side, levels in sides for it in levels"
)
_delta = message_maker((*HEAD, *DELTA, *FOOT), "message, topic, kind, changes")


class Changes(NamedTuple):
    """Rows to delete, to update and to insert."""

    delete: list[Row]
    update: list[Row]
    insert: list[Row]


class Side:
    """A side of V5's book, and what was told of its best levels.

    Levels are found by their rank, the price times ``sign``, so that the best one is the lowest.

    Args:
        symbol: What it is a side of.
        size: How many levels are told at most.
        sign: 1 for asks, -1 for bids.
        depth: Levels that the exchange keeps in it.

    Attributes:
        ranks: The ranks of all levels, sorted.
    """

    __slots__ = ("_depth", "_levels", "_name", "_sign", "_size", "_symbol", "_told", "_touched", "ranks")

    def __init__(self, symbol: str, size: int, sign: int, depth: int) -> None:
        self._symbol, self._name = symbol, "Buy" if sign < 0 else "Sell"
        self._size, self._sign, self._depth = size, sign, depth
        self.ranks: list[float] = []
        self._levels: dict[float, Level] = {}
        self._told: dict[float, Level] = {}
        self._touched: list[float] = []

    def clear(self) -> None:
        """Forget all levels, though not which were told."""
        self.ranks.clear()
        self._levels.clear()

    def change(self, pairs: Iterable[Any]) -> None:
        """Take in new sizes; zero deletes, as ``Levels.change`` explains."""
        ranks, levels, sign = self.ranks, self._levels, self._sign
        self._touched = touched = []
        for price, size in pairs:
            rank, amount = sign * float(price), int(size) if size.isdecimal() else number(size)
            touched.append(rank)
            level = levels.get(rank)
            if amount > 0:
                if level is not None:
                    levels[rank] = (level[0], level[1], amount)
                elif 0 < sign * rank < INFINITY:
                    insort(ranks, rank)
                    levels[rank] = (price, scaled(price, 4), amount)
                else:
                    raise OutOfSync(f"{price!r} is no price")
            elif amount:
                raise OutOfSync(f"{size!r} is no size")
            elif level is not None:
                del ranks[bisect_left(ranks, rank)], levels[rank]
        if len(ranks) > self._depth:
            for rank in ranks[self._depth :]:
                del levels[rank]
            del ranks[self._depth :]

    def whole(self) -> tuple[str, list[Level]]:
        """Return the name and the levels to tell, best first."""
        levels = self._levels
        self._told = {rank: levels[rank] for rank in self.ranks[: self._size]}
        return self._name, [*self._told.values()]

    def changes(self, into: Changes) -> None:
        """Add what has to be told of the last change.

        Levels that it did not name can only have entered or left at the edge, which the number of those told shows.
        """
        if not self._touched:
            return
        ranks, levels, told = self.ranks, self._levels, self._told
        symbol, name = self._symbol, self._name
        end = min(self._size, len(ranks))
        edge = ranks[end - 1] if end else -INFINITY
        for rank in self._touched:
            level, before = levels.get(rank), told.get(rank)
            if level is None or rank > edge:
                if before is not None:
                    self._delete(rank, into)
            elif before is None:
                self._insert(rank, into)
            elif level[2] != before[2]:
                told[rank] = level
                into.update.append(_row(level, symbol, name))
        at = end
        while len(told) < end:
            at -= 1
            if ranks[at] not in told:
                self._insert(ranks[at], into)
        if len(told) > end:
            for rank in [one for one in told if one > edge]:
                self._delete(rank, into)

    def _insert(self, rank: float, into: Changes) -> None:
        self._told[rank] = level = self._levels[rank]
        into.insert.append(_row(level, self._symbol, self._name))

    def _delete(self, rank: float, into: Changes) -> None:
        into.delete.append(_place(self._told.pop(rank), self._symbol, self._name))


class WindowedBook(Translator):
    """Keeps V5's book and tells how its window changes.

    Args:
        depth: Levels a side of V5's book.
        size: Levels a side of the window.
        topic: The documented topic.
        symbol: The symbol.
    """

    def __init__(self, depth: int, size: int, topic: Topic, symbol: str) -> None:
        self._key = (topic.name, symbol)
        self._topic = f"{topic.wire}.{symbol}"
        self._depth = depth
        self._side = partial(Side, symbol, size)
        self._book = Book(depth, self._side)

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        replaced = self._book.apply(message)
        if replaced is None:
            return ()
        try:
            return self._replaced(message) if replaced else self._changed(message)
        except MALFORMED as error:
            self._book = Book(self._depth, self._side)
            raise OutOfSync(f"an update of the book cannot be read: {error!r}") from None

    def _replaced(self, message: dict[str, Any]) -> Sequence[Push]:
        (buy, bids), (sell, asks) = self._book.bids.whole(), self._book.asks.whole()
        sides = (buy, bids[::-1]), (sell, asks)
        return ((self._key, _snapshot(message, self._topic, self._key[1], "snapshot", sides)),)

    def _changed(self, message: dict[str, Any]) -> Sequence[Push]:
        changes = Changes([], [], [])
        self._book.bids.changes(changes)
        self._book.asks.changes(changes)
        return ((self._key, _delta(message, self._topic, "delta", changes)),) if any(changes) else ()


def _translation(stream: str, depth: int, size: int) -> Translation:
    def args(topic: Topic, symbol: str) -> tuple[str, ...]:
        return (f"orderbook.{depth}.{symbol}",)

    return Translation(
        stream,
        args,
        (*HEAD, *ROWS, *DELTA, *FOOT),
        partial(WindowedBook, depth, size),
        (
            f"The best {size} levels a side of V5's book of {depth}.",
            "Retail price improvement orders are not in it.",
        ),
    )


TRANSLATIONS = (_translation("orderbook_25", 50, 25), _translation("orderbook_200", 200, 200))
