"""The inverse order books: cached snapshot, deltas since, live deltas (wire-legacy section 10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from .channels import Channel
from .listing import Listing
from .market import Market
from .wire import Frame, compact

Levels = dict[int, int]
_REFRESH_MS = 500


class Window(NamedTuple):
    """The best levels of both sides at one moment."""

    bids: Levels
    asks: Levels
    seq: int
    time: int


class Delta(NamedTuple):
    """Two successive windows; rendered only when somebody reads it."""

    old: Window
    new: Window


def row(listing: Listing, price: int, buy: bool) -> dict[str, Any]:
    """Give the keys every level has, in wire order."""
    head: dict[str, Any] = {"price": listing.price_text(price), "symbol": listing.symbol}
    return head | {"id": listing.instrument.level_id(price), "side": "Buy" if buy else "Sell"}


def rows(listing: Listing, bids: Levels, asks: Levels) -> list[dict[str, Any]]:
    """Give a snapshot's rows: price ascending, bids then asks."""
    low = [row(listing, price, True) | {"size": bids[price]} for price in reversed(list(bids))]
    return low + [row(listing, price, False) | {"size": size} for price, size in asks.items()]


class InverseBook(Channel):
    """Runs always, so that a subscriber gets a snapshot that is up to a second old."""

    def __init__(self, topic: str, depth: int, period: float, listing: Listing, market: Market) -> None:
        super().__init__(period)
        self._topic = topic
        self._depth = depth
        self._listing = listing
        self._market = market
        self._window = self._look()
        self._oldest = self._middle = self._window
        self._since: list[Delta] = []

    def first(self) -> Iterable[Frame]:
        """Give the cached snapshot and, in one burst, every delta since."""
        old = self._oldest
        data = rows(self._listing, old.bids, old.asks)
        yield self._write("snapshot", data, old)
        for delta in self._since:
            yield self._render(delta)

    def fresh(self) -> Iterable[Frame]:
        """Give the delta since the last push."""
        if self._listing.book.seq == self._window.seq:
            return
        delta = Delta(self._window, self._look())
        if delta.new.bids == delta.old.bids and delta.new.asks == delta.old.asks:
            return
        self._window = delta.new
        self._since.append(delta)
        self._refresh()
        if self.members:
            yield self._render(delta)

    def _look(self) -> Window:
        book, depth = self._listing.book, self._depth
        return Window(book.bids.top(depth), book.asks.top(depth), book.seq, self._market.now)

    def _refresh(self) -> None:
        """Let the cached snapshot grow 0.5 to 1 s old, never more while the book moves."""
        if self._window.time - self._middle.time < _REFRESH_MS:
            return
        self._since = [delta for delta in self._since if delta.new.seq > self._middle.seq]
        self._oldest, self._middle = self._middle, self._window

    def _render(self, delta: Delta) -> Frame:
        old, new = delta
        changes: dict[str, Any] = {"delete": [], "update": [], "insert": []}
        for buy, before, after in ((True, old.bids, new.bids), (False, old.asks, new.asks)):
            self._compare(changes, buy, before, after)
        return self._write("delta", changes | {"transactTimeE6": 0}, new)

    def _compare(self, changes: dict[str, Any], buy: bool, before: Levels, after: Levels) -> None:
        for price in sorted(before.keys() - after.keys()):
            changes["delete"].append(row(self._listing, price, buy))
        for price, size in sorted(after.items() - before.items()):
            kind = "update" if price in before else "insert"
            changes[kind].append(row(self._listing, price, buy) | {"size": size})

    def _write(self, kind: str, data: object, window: Window) -> Frame:
        message = {"topic": self._topic, "type": kind, "data": data, "cross_seq": window.seq}
        return compact(message | {"timestamp_e6": window.time * 1000})
