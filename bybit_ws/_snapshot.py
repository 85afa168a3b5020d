"""An order book at one moment, and what can be asked of it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from ._books import Levels
from ._levels import EXACT, Depth, Level, Number, Side, positive, seconds
from .exceptions import ConfigurationError, WrongType

if TYPE_CHECKING:
    from pandas import DataFrame


class BookSnapshot:
    """An order book at one moment: it never changes, and all that it tells belongs together.

    One of a book that is stale is empty.

    Args:
        symbol: Whose book.
        levels: Its entries; None where the book is stale.
        numbers: ``float`` or ``Decimal``.
        inverse: Whether quantities are contracts of 1 USD.

    Attributes:
        symbol: The symbol.
        is_stale: Nothing was known that holds at that moment.
        timestamp: When the exchange sent what came last, in seconds since the epoch; None where it did not tell.
    """

    __slots__ = (
        *("_asks", "_bids", "_exact", "_inverse", "_mid", "_numbers", "_spread", "is_stale", "symbol", "timestamp"),
    )

    def __init__(self, symbol: str, levels: Levels | None, numbers: type[Any] = float, inverse: bool = False) -> None:
        self.symbol, self.is_stale = symbol, levels is None
        self._numbers, self._inverse = numbers, inverse
        self._spread: Number | None = None
        self._mid: Number | None = None
        bids, asks = ([], []) if levels is None else (levels.bids, levels.asks)
        self._bids, self._asks = Side(bids, numbers), Side(asks, numbers)
        same = numbers is Decimal
        self._exact = (self._bids, self._asks) if same else (Side(bids, Decimal), Side(asks, Decimal))
        self.timestamp = None if levels is None else seconds(levels.stamp, inverse)

    @property
    def best_bid(self) -> Level | None:
        """The highest bid; None where there is none."""
        first = self._bids.first(1)
        return first[0] if first else None

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask; None where there is none."""
        first = self._asks.first(1)
        return first[0] if first else None

    @property
    def spread(self) -> Number | None:
        """The best ask less the best bid; None where either is missing."""
        if self._spread is None:
            self._spread = self._of_best(lambda bid, ask: ask - bid)
        return self._spread

    @property
    def mid(self) -> Number | None:
        """The price halfway between the best bid and the best ask; None where either is missing."""
        if self._mid is None:
            self._mid = self._of_best(lambda bid, ask: (bid + ask) / 2)
        return self._mid

    @property
    def bids(self) -> tuple[Level, ...]:
        """All bids, highest first."""
        return self._bids.first()

    @property
    def asks(self) -> tuple[Level, ...]:
        """All asks, lowest first."""
        return self._asks.first()

    def levels(self, count: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Return the best bids and the best asks, best first.

        Args:
            count: Levels a side at most.
        """
        if not isinstance(count, int) or isinstance(count, bool):
            raise WrongType(f"count must be a whole number of levels, not {count!r}")
        if count < 1:
            raise ConfigurationError(f"count must be 1 or more, not {count}")
        return self._bids.first(count), self._asks.first(count)

    def depth_to_price(self, side: str, price: float | str | Decimal) -> Depth:
        """Tell how much is offered up to a price, that price included.

        Args:
            side: ``"bid"`` or ``"ask"``: a seller takes from the bids, a buyer from the asks.
            price: The worst price that is acceptable.

        Raises:
            ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
        """
        levels, limit, bid = self._side(side), positive("price", price), side == "bid"
        taken = [level for level in levels if (level.price >= limit if bid else level.price <= limit)]
        # Beyond the last level that is known there may be others.
        complete = len(taken) < len(levels) or bool(taken and taken[-1].price == limit)
        return self._depth(taken, complete)

    def depth_to_quantity(self, side: str, quantity: float | str | Decimal) -> Depth:
        """Tell what an order of that size would take, and at which price.

        Args:
            side: ``"bid"`` or ``"ask"``: a seller takes from the bids, a buyer from the asks.
            quantity: Coins on spot, contracts of 1 USD on inverse.

        Returns:
            A ``Depth``, whose ``complete`` is False where the levels that are known hold less than that; its
            ``quantity`` is what they hold then.

        Raises:
            ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
        """
        left, taken = positive("quantity", quantity), []
        with localcontext(EXACT):
            for level in self._side(side):
                part = min(left, level.quantity)
                taken.append(Level(level.price, part))
                left -= part
                if not left:
                    break
        return self._depth(taken, not left)

    def imbalance(self, count: int | None = None) -> Number | None:
        """Tell which side holds more: 1 where there are only bids, -1 where there are only asks, 0 where they are even.

        Args:
            count: Levels a side to look at; None for all.

        Returns:
            The bids' quantity less the asks', divided by their sum; None where there are no levels.
        """
        if count is not None:
            self.levels(count)  # raises where it is no count
        with localcontext(EXACT):
            bids, asks = (sum((level.quantity for level in side.first(count)), Decimal(0)) for side in self._exact)
            return self._number((bids - asks) / (bids + asks)) if bids + asks else None

    def to_frame(self) -> DataFrame:
        """Return the levels as a pandas DataFrame: bids, then asks, best first.

        Its columns are ``side`` (``"bid"`` or ``"ask"``), ``level`` (1 is the best), ``price``, ``quantity`` and
        ``cumulative_quantity``, what there is up to that price. Needs the extra ``data``.
        """
        from .data import book_frame  # here, because few ask for it

        return book_frame(self.bids, self.asks)

    def exact(self, count: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Return the best bids and asks as the wire spelt them, in Decimals."""
        return self._exact[0].first(count), self._exact[1].first(count)

    def _side(self, side: Any) -> tuple[Level, ...]:
        if side not in ("bid", "ask"):
            raise ConfigurationError(
                f"side must be 'bid' or 'ask', not {side!r}: a seller takes from the bids, a buyer from the asks"
            )
        return self._exact[side == "ask"].first()

    def _of_best(self, compute: Callable[[Decimal, Decimal], Decimal]) -> Number | None:
        bids, asks = self.exact(1)
        if not (bids and asks):
            return None
        with localcontext(EXACT):
            return self._number(compute(bids[0].price, asks[0].price))

    def _depth(self, taken: list[Level], complete: bool) -> Depth:
        number = self._number
        if not taken:
            return Depth(number(Decimal(0)), None, None, number(Decimal(0)), 0, complete)
        with localcontext(EXACT):
            quantity = sum((level.quantity for level in taken), Decimal(0))
            if self._inverse:  # a contract is worth 1 USD, which is the fewer coins the higher the price
                value = sum((level.quantity / level.price for level in taken), Decimal(0))
                average = quantity / value
            else:
                value = sum((level.quantity * level.price for level in taken), Decimal(0))
                average = value / quantity
        return Depth(number(quantity), number(taken[-1].price), number(average), number(value), len(taken), complete)

    def _number(self, exact: Decimal) -> Number:
        return exact if self._numbers is Decimal else float(exact)

    def __repr__(self) -> str:
        return f"<BookSnapshot {self.symbol} {self.summary()}>"

    def summary(self) -> str:
        """Return the book in a few words."""
        if self.is_stale:
            return "stale"
        (bid, ask) = (f"{side[0].price:f} x {side[0].quantity:f}" if side else "none" for side in self.exact(1))
        return f"bid {bid}, ask {ask}, {len(self._bids)} + {len(self._asks)} levels"

    def _repr_html_(self) -> str:
        from ._html import book

        return book(self)
