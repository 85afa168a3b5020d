"""The order books: a snapshot, then changes that ``u`` counts without a hole (wire-v5 section 6)."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any, NamedTuple

from ..channels import Channel
from ..listing import Listing
from ..market import Market
from ..wire import Frame, compact

Levels = dict[int, int]
Updates = MutableMapping[str, int]
_REPEATED_AFTER = 3.0
_EARLIEST = 30_000  # far from 1, which tells of a restart


class Window(NamedTuple):
    """The best levels of both sides at one moment; ``ts`` and ``cts`` as the wire has them."""

    bids: Levels
    asks: Levels
    seq: int
    ts: int
    cts: int


class BookChannel(Channel):
    """The best ``depth`` levels; what leaves them is sent as zero.

    ``seq`` is the legacy books' number of the same state, ``v`` up to the ``_`` or ``cross_seq``; ``ts`` is the time
    that they give it: on spot that of the last change, on inverse that of the push.

    Args:
        updates: The last ``u`` of each topic, which goes on when a channel was closed for want of members.
    """

    def __init__(
        self, topic: str, depth: int, period: float, listing: Listing, market: Market, updates: Updates
    ) -> None:
        super().__init__(period)
        self._topic = topic
        self._depth = depth
        self._listing = listing
        self._market = market
        self._updates = updates
        self._window = self._look()
        updates.setdefault(topic, _EARLIEST)
        self._restarted = False

    def restart(self) -> None:
        """Number the updates from 1 again with the next push, as after a restart of the service."""
        self._restarted = True

    def first(self) -> Iterable[Frame]:
        """Give the book as of the last push."""
        return [self.snapshot(self._window)]

    def fresh(self) -> Iterable[Frame]:
        """Give what changed in the window."""
        if self._restarted:
            self._restarted = False
            self._window, self._updates[self._topic] = self._look(), 1
            return [self.snapshot(self._window)]
        if self._listing.book.seq == self._window.seq:
            return self.unchanged()
        old, new = self._window, self._look()
        if new.bids == old.bids and new.asks == old.asks:
            return self.unchanged()
        self._window = new
        self._updates[self._topic] += 1
        return [self.change(old, new)]

    def unchanged(self) -> Iterable[Frame]:
        """Give what is sent in place of a change."""
        return ()

    def change(self, old: Window, new: Window) -> Frame:
        """Render what turns ``old`` into ``new``."""
        return self._write("delta", _changes(old.bids, new.bids, True), _changes(old.asks, new.asks, False), new)

    def snapshot(self, window: Window) -> Frame:
        """Render a whole window."""
        return self._write("snapshot", window.bids, window.asks, window)

    def _look(self) -> Window:
        book, depth = self._listing.book, self._depth
        ts = self._market.now if self._listing.instrument.inverse else book.changed_at
        return Window(book.bids.top(depth), book.asks.top(depth), book.seq, ts, book.changed_at)

    def _write(self, kind: str, bids: Levels, asks: Levels, window: Window) -> Frame:
        data: dict[str, Any] = {"s": self._listing.symbol, "b": self._pairs(bids), "a": self._pairs(asks)}
        data |= {"u": self._updates[self._topic], "seq": window.seq}
        return compact({"topic": self._topic, "type": kind, "ts": window.ts, "data": data, "cts": window.cts})

    def _pairs(self, levels: Levels) -> list[list[str]]:
        listing = self._listing
        if not listing.instrument.inverse:
            return listing.pairs(levels)
        return [[listing.price_text(price), str(size)] for price, size in levels.items()]


class BestChannel(BookChannel):
    """The best level of each side, always whole; repeated where it does not change for three seconds."""

    _sent: float | None = None

    def change(self, old: Window, new: Window) -> Frame:
        """Give the new best levels."""
        self._sent = self.clock
        return self.snapshot(new)

    def unchanged(self) -> Iterable[Frame]:
        """Say the same again when it is time."""
        if self._sent is None or self.clock - self._sent < _REPEATED_AFTER:
            self._sent = self.clock if self._sent is None else self._sent
            return ()
        self._sent = self.clock
        return [self.snapshot(self._window._replace(ts=self._market.now))]


def _changes(old: Levels, new: Levels, falling: bool) -> Levels:
    """Give the levels that differ, best first; those that are gone with size 0."""
    changed = dict.fromkeys(old.keys() - new.keys(), 0) | dict(new.items() - old.items())
    return dict(sorted(changed.items(), reverse=falling))
