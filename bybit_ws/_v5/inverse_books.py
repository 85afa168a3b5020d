"""Inverse's books: V5's cut to the documented windows of 25 and 200 levels a side, and how these change. Pure.

https://bybit-exchange.github.io/docs/inverse/#t-websocketorderbook25
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from .._books import INFINITY, OutOfSync
from .._dialects import MALFORMED
from .._topics import Topic
from .book import Book, Level, Levels
from .fields import Field, approximate, constant, maker
from .inverse_values import number, scaled
from .nested import message_maker
from .translation import Push, Translation, Translator

Row = dict[str, Any]

PLACE = (
    Field("price", "price", code="it[0]"),
    constant("symbol", "the subscribed symbol", "symbol"),
    Field("id", "price", note="the price times 10000; no key where ticks are finer than that", code="scaled(it[0], 4)"),
    Field("side", "b or a", code="side"),
)
SIZE = Field("size", "size", code="number(it[1])")

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

_NAMES = {"number": number, "scaled": scaled}
_place = maker(PLACE, "it, symbol, side", _NAMES)
_row = maker((*PLACE, SIZE), "it, symbol, side", _NAMES)
_snapshot = message_maker(
    (*HEAD, *ROWS, *FOOT), "message, topic, symbol, kind, sides", "for side, levels in sides for it in levels", _NAMES
)
_delta = message_maker((*HEAD, *DELTA, *FOOT), "message, topic, kind, changes")


class Changes(NamedTuple):
    """Rows to delete, to update and to insert."""

    delete: list[Row]
    update: list[Row]
    insert: list[Row]


class Window:
    """The best levels of a side, as they were last told.

    Args:
        side: ``"Buy"`` or ``"Sell"``.
        symbol: What it is a book of.
        size: How many levels are told at most.
    """

    __slots__ = ("_sign", "_size", "_told", "side", "symbol")

    def __init__(self, side: str, symbol: str, size: int) -> None:
        self.side, self.symbol = side, symbol
        self._sign, self._size = (-1 if side == "Buy" else 1), size
        self._told: dict[float, Level] = {}

    def replace(self, levels: Levels) -> list[Level]:
        """Return the levels to tell, best first."""
        best = levels.entries[: self._size]
        self._told = dict(zip(levels.ranks, best))
        return best

    def follow(self, levels: Levels, pairs: Iterable[Any], changes: Changes) -> None:
        """Add what has to be told after these pairs changed the levels.

        Levels that were not named can only have entered or left at the edge, which the number of those told shows.
        """
        ranks, entries, told, sign = levels.ranks, levels.entries, self._told, self._sign
        end = min(self._size, len(ranks))
        edge = ranks[end - 1] if end else -INFINITY
        for price, _ in pairs:
            rank = sign * float(price)
            before = told.get(rank)
            if rank <= edge:
                at = bisect_left(ranks, rank)
                if ranks[at] == rank:
                    entry = entries[at]
                    if before is None:
                        self._insert(rank, entry, changes)
                    elif before[1] != entry[1]:
                        told[rank] = entry
                        changes.update.append(_row(entry, self.symbol, self.side))
                    continue
            if before is not None:
                self._delete(rank, changes)
        if len(told) != end:
            self._settle(levels, end, edge, changes)

    def _settle(self, levels: Levels, end: int, edge: float, changes: Changes) -> None:
        told, at = self._told, end
        while len(told) < end:
            at -= 1
            if levels.ranks[at] not in told:
                self._insert(levels.ranks[at], levels.entries[at], changes)
        if len(told) > end:
            for rank in [one for one in told if one > edge]:
                self._delete(rank, changes)

    def _insert(self, rank: float, entry: Level, changes: Changes) -> None:
        self._told[rank] = entry
        changes.insert.append(_row(entry, self.symbol, self.side))

    def _delete(self, rank: float, changes: Changes) -> None:
        changes.delete.append(_place(self._told.pop(rank), self.symbol, self.side))


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
        self._book = Book(depth)
        self._bids, self._asks = Window("Buy", symbol, size), Window("Sell", symbol, size)

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        replaced = self._book.apply(message)
        if replaced is None:
            return ()
        try:
            return self._replaced(message) if replaced else self._changed(message)
        except MALFORMED as error:
            self._book = Book(self._depth)
            raise OutOfSync(f"an update of the book cannot be read: {error!r}") from None

    def _replaced(self, message: dict[str, Any]) -> Sequence[Push]:
        bids, asks = self._bids, self._asks
        sides = (bids.side, bids.replace(self._book.bids)[::-1]), (asks.side, asks.replace(self._book.asks))
        return ((self._key, _snapshot(message, self._topic, self._key[1], "snapshot", sides)),)

    def _changed(self, message: dict[str, Any]) -> Sequence[Push]:
        data, changes = message["data"], Changes([], [], [])
        self._bids.follow(self._book.bids, data["b"], changes)
        self._asks.follow(self._book.asks, data["a"], changes)
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
