"""Order books and records kept from snapshots and deltas. Pure.

A view keeps what it was told, in order, and shows it in the message: ``apply`` replaces the message's delta by
the whole book. What it shows is a fresh list each time, of entries that are never changed once shown: an
update replaces the entry. What cannot be applied raises ``OutOfSync``, or whatever a malformed message raises;
the view is then to be ``reset`` and shows nothing until the next snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from ._side import INFINITY, OutOfSync, Side

SPOT_WINDOW = 200
"""Levels a side that the exchange keeps on spot: what falls out of a longer book is not ours to show."""

CAPACITY = 5000
"""Levels a side that are kept for a venue without a window, and fields of a record: no mad stream fills the memory."""


class TooEarly(OutOfSync):
    """A change came before the first snapshot; it may be left over from an earlier subscription."""


def flagged(message: dict[str, Any], otherwise: bool) -> bool:
    """Return whether spot marks a message as the first one since subscribing, in any spelling.

    Some venues mark nothing; ``otherwise`` is returned there.
    """
    flag = message.get("f")
    return otherwise if flag is None else flag in (True, "True", "true")


class View(Protocol):
    """Something that is kept for one key."""

    synced: bool
    copy: bool
    """Whether what is shown is copied, so that it is the caller's own."""

    def apply(self, message: dict[str, Any]) -> bool:
        """Take a message in and turn it into the merged one; return whether it was a snapshot."""

    def reset(self) -> None:
        """Forget everything, as after a loss."""


class Levels(NamedTuple):
    """The entries of a book as the connection keeps them.

    Attributes:
        view: What keeps them; a new one does after a loss.
        changes: How many messages it had taken in.
        stamp: When the exchange sent the newest, as the message spells it.
        bids: Best first.
        asks: Best first.
    """

    view: object
    changes: int
    stamp: Any
    bids: list[Any]
    asks: list[Any]


class Book(View, Protocol):
    """A view of an order book."""

    changes: int
    """How many messages it took in; it only rises."""

    stamp: Any
    """When the exchange sent the newest of them, as the message spells it."""

    def best_first(self) -> tuple[list[Any], list[Any]]:
        """Return the entries of the bids and of the asks, best first; the lists are the caller's own."""


class PairBook:
    """A spot book of ``[price, quantity]`` pairs (``diffDepth``): bids descending, asks ascending.

    https://bybit-exchange.github.io/docs/spot/#t-websocketdiffdepth
    """

    __slots__ = ("_asks", "_bids", "_counter", "_version", "_window", "changes", "copy", "stamp", "synced")

    def __init__(self, copy: bool = True) -> None:
        self.copy, self.changes, self.stamp = copy, 0, None
        self.reset()

    def reset(self) -> None:
        self.synced = False
        self._bids, self._asks = Side(-1), Side()
        self._window = SPOT_WINDOW
        self._counter = self._version = 0

    def apply(self, message: dict[str, Any]) -> bool:
        data = message["data"][0]
        # Where nothing is marked, the snapshot is the first message, which is not numbered.
        first = flagged(message, not self.synced and not data.get("o"))
        if first:
            self._load(data)
            self._advance(data.get("v"))
        elif not self.synced:
            raise TooEarly("a delta came before its snapshot")
        else:
            self._count(data.get("o") or 0)
            self._advance(data.get("v"))
            self._change(self._bids, data["b"])
            self._change(self._asks, data["a"])
        self._check()
        data["b"], data["a"] = self._shown(self._bids), self._shown(self._asks)
        self.stamp = data.get("t")
        self.changes += 1
        return first

    def best_first(self) -> tuple[list[Any], list[Any]]:
        return self._bids.entries[:], self._asks.entries[:]

    def _load(self, data: dict[str, Any]) -> None:
        self.reset()
        # Bybit and most siblings send 200 levels at most; one sends, and means, its whole book.
        self._window = SPOT_WINDOW if max(len(data["b"]), len(data["a"])) <= SPOT_WINDOW else CAPACITY
        self._change(self._bids, data["b"], loading=True)
        self._change(self._asks, data["a"], loading=True)
        self.synced = True

    def _count(self, counter: int) -> None:
        # Siblings number their deltas here, each one more than the last; Bybit always says 0.
        if counter and self._counter and counter != self._counter + 1:
            raise OutOfSync(f"delta {counter} came after delta {self._counter}")
        self._counter = counter

    def _advance(self, version: Any) -> None:
        # Versions rise with holes: one that falls proves disorder, though none proves that nothing is missing.
        number = str(version).partition("_")[0]
        if number.isdecimal():
            if int(number) < self._version:
                raise OutOfSync(f"version {version} came after version {self._version}")
            self._version = int(number)

    def _change(self, side: Side, pairs: Iterable[Any], loading: bool = False) -> None:
        for pair in pairs:
            quantity = float(pair[1])
            if 0 < quantity < INFINITY:
                side.put(pair[0], pair)
            elif quantity:
                raise OutOfSync(f"{pair[1]!r} is no quantity")
            elif not (side.remove(pair[0]) or loading or side.beyond(pair[0])):
                raise OutOfSync(f"a level to remove is not there: {pair[0]}")
        side.trim(self._window)

    def _check(self) -> None:
        bids, asks = self._bids.ranks, self._asks.ranks
        if bids and asks and -bids[0] >= asks[0]:
            raise OutOfSync(f"the book is crossed: bid {-bids[0]:g}, ask {asks[0]:g}")

    def _shown(self, side: Side) -> list[Any]:
        return [*map(list.copy, side.entries)] if self.copy else side.entries[:]


class LevelBook:
    """An inverse book of rows (``orderBookL2_25``, ``orderBook_200``): price ascending, bids then asks.

    https://bybit-exchange.github.io/docs/inverse/#t-websocketorderbook25
    """

    __slots__ = ("_sequence", "_sides", "changes", "copy", "stamp", "synced")

    def __init__(self, copy: bool = True) -> None:
        self.copy, self.changes, self.stamp = copy, 0, None
        self.reset()

    def reset(self) -> None:
        self.synced = False
        self._sides = {"Buy": Side(), "Sell": Side()}
        self._sequence = 0

    def apply(self, message: dict[str, Any]) -> bool:
        data = message["data"]
        first: bool = message["type"] == "snapshot"
        if first:
            self.reset()
            self._insert(data)
            self.synced = True
        elif not self.synced:
            raise TooEarly("a delta came before its snapshot")
        else:
            # One message can move a price from one side to the other, so deletions come first.
            self._delete(data["delete"])
            self._update(data["update"])
            self._insert(data["insert"])
        self._check()
        self._advance(message.get("cross_seq") or self._sequence)
        message["type"] = "snapshot"
        message["data"] = self._shown()
        self.stamp = message.get("timestamp_e6")
        self.changes += 1
        return first

    def best_first(self) -> tuple[list[Any], list[Any]]:
        return self._sides["Buy"].entries[::-1], self._sides["Sell"].entries[:]

    def _advance(self, sequence: int) -> None:
        # It rises with holes: it proves disorder, not that nothing is missing.
        if sequence < self._sequence:
            raise OutOfSync(f"sequence {sequence} came after sequence {self._sequence}")
        self._sequence = sequence

    def _delete(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            if not self._sides[row["side"]].remove(row["price"]):
                raise OutOfSync(f"a level to delete is not there: {row['side']} {row['price']}")

    def _update(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            if not self._put(row):
                raise OutOfSync(f"a level to update is not there: {row['side']} {row['price']}")

    def _insert(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            if self._put(row):
                raise OutOfSync(f"a level to insert is there already: {row['side']} {row['price']}")

    def _put(self, row: dict[str, Any]) -> bool:
        if not 0 < float(row["size"]) < INFINITY:
            raise OutOfSync(f"a level without a size: {row['side']} {row['price']}")
        return self._sides[row["side"]].put(row["price"], row)

    def _check(self) -> None:
        bids, asks = self._sides["Buy"].ranks, self._sides["Sell"].ranks
        if len(bids) > CAPACITY or len(asks) > CAPACITY:
            raise OutOfSync(f"the book has more than {CAPACITY} levels a side")
        if bids and asks and bids[-1] >= asks[0]:
            raise OutOfSync(f"the book is crossed: bid {bids[-1]:g}, ask {asks[0]:g}")

    def _shown(self) -> list[Any]:
        rows = self._sides["Buy"].entries + self._sides["Sell"].entries
        return [*map(dict.copy, rows)] if self.copy else rows


class Record:
    """A record whose deltas hold only what changed (``instrument_info``).

    https://bybit-exchange.github.io/docs/inverse/#t-websocketinstrumentinfo
    """

    __slots__ = ("_record", "copy", "synced")

    def __init__(self, copy: bool = True) -> None:
        self.copy = copy
        self.reset()

    def reset(self) -> None:
        self.synced = False
        self._record: dict[str, Any] = {}

    def apply(self, message: dict[str, Any]) -> bool:
        first: bool = message["type"] == "snapshot"
        if first:
            self._record = dict(message["data"])
            self.synced = True
        elif not self.synced:
            raise TooEarly("a delta came before its snapshot")
        else:
            for changes in message["data"]["update"]:
                self._record.update(changes)
        if len(self._record) > CAPACITY:
            raise OutOfSync(f"the record has more than {CAPACITY} fields")
        message["type"] = "snapshot"
        message["data"] = self._record.copy()
        return first


VIEWS: dict[str, type[Any]] = {"pairs": PairBook, "levels": LevelBook, "record": Record}
"""The view of each way of merging that ``_topics`` names."""
