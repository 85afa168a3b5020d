"""An order book as a ladder: its best levels, what stands up to each, and what changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from .._topics import Row
from .parts import decimals, entries, exact

DEPTH = 100
"""Levels of each side that are kept: more than any screen shows."""

Pairs = Sequence[tuple[Decimal, Decimal]]


class Rung(NamedTuple):
    """One level of a ladder.

    Attributes:
        price: Its price.
        quantity: What stands there.
        total: What stands from the best level up to here.
        change: How its last change went: 1 more, -1 less, 0 none was seen.
        changed: When that was, by the caller's clock.
    """

    price: Decimal
    quantity: Decimal
    total: Decimal
    change: int
    changed: float


class Scale:
    """The end of an axis: one of 1, 2, 5, 10, ..., that grows at once and shrinks late, so that bars do not breathe."""

    def __init__(self) -> None:
        self.top = 0.0

    def fit(self, most: float) -> float:
        """Return the end of an axis on which ``most`` has room."""
        if most > self.top or most < self.top * 0.3:
            self.top = nice(most)
        return self.top


def nice(value: float) -> float:
    """Return the smallest of 1, 1.5, 2, 3, 5, 7, 10, ... that is not below a value."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 1.0
    while power > value:
        power /= 10
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7, 10, 20) if step * power >= value)


class Ladder:
    """The best levels of a book.

    Attributes:
        symbol: Whose book it is.
        bids: Best first.
        asks: Best first.
        depth: The most levels that a side ever had.
        price_decimals: The most that a price ever had, so that a column keeps its form.
        quantity_decimals: The same of quantities.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.bids: tuple[Rung, ...] = ()
        self.asks: tuple[Rung, ...] = ()
        self.depth = self.price_decimals = self.quantity_decimals = 0

    def update(self, bids: Pairs, asks: Pairs, now: float) -> None:
        """Take the whole book as it is now.

        Args:
            bids: Prices and quantities, best first.
            asks: The same.
            now: The moment, for what is to be highlighted.
        """
        self.bids = _rungs(self.bids, bids, now, 1)
        self.asks = _rungs(self.asks, asks, now, -1)
        self.depth = max(self.depth, len(self.bids), len(self.asks))
        for rung in (*self.bids, *self.asks):
            self.price_decimals = max(self.price_decimals, decimals(rung.price))
            self.quantity_decimals = max(self.quantity_decimals, decimals(rung.quantity))

    @property
    def spread(self) -> Decimal | None:
        """What lies between the best prices; None where a side is empty."""
        return self.asks[0].price - self.bids[0].price if self.bids and self.asks else None

    @property
    def mid(self) -> Decimal | None:
        """The middle of the best prices; None where a side is empty."""
        return (self.asks[0].price + self.bids[0].price) / 2 if self.bids and self.asks else None

    def share(self, levels: int) -> float | None:
        """Return the bids' share of what stands on so many best levels of both sides; None where nothing does."""
        bids, asks = (side[min(levels, len(side)) - 1].total if side else Decimal(0) for side in (self.bids, self.asks))
        return float(bids / (bids + asks)) if bids + asks else None


def _rungs(before: Iterable[Rung], pairs: Pairs, now: float, sign: int) -> tuple[Rung, ...]:
    known = {rung.price: rung for rung in before}
    worst = min(known, key=lambda price: price * sign, default=None)
    rungs, total = [], Decimal(0)
    for price, quantity in islice(pairs, DEPTH):
        total += quantity
        old = known.get(price)
        change, changed = (0, now) if old is None else (old.change, old.changed)
        if old is not None and quantity != old.quantity:
            change, changed = (1 if quantity > old.quantity else -1), now
        elif old is None and worst is not None and price * sign > worst * sign:
            change = 1  # a new level; one beyond the worst only came into view
        rungs.append(Rung(price, quantity, total, change, changed))
    return tuple(rungs)


def sides(row: Row, message: dict[str, Any]) -> tuple[Pairs, Pairs]:
    """Return bids and asks of a book's message, best first, as far as they are kept."""
    records = entries(message)
    if row.stream == "book_ticker_v2":
        (one,) = records
        return _pairs([(one["bidPrice"], one["bidQty"])]), _pairs([(one["askPrice"], one["askQty"])])
    if "b" in records[-1]:
        return _pairs(records[-1]["b"]), _pairs(records[-1]["a"])
    bids = ((one["price"], one["size"]) for one in reversed(records) if one["side"] == "Buy")
    return _pairs(bids), _pairs((one["price"], one["size"]) for one in records if one["side"] == "Sell")


def _pairs(given: Iterable[Any]) -> Pairs:
    return [(exact(price), exact(quantity)) for price, quantity in islice(given, DEPTH)]
