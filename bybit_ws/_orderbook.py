"""An order book to look at whenever one likes, from any thread."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Protocol

from ._books import Levels
from ._levels import Depth, Level, Number
from ._snapshot import BookSnapshot
from .exceptions import BybitWebSocketError, InvalidState

if TYPE_CHECKING:
    from pandas import DataFrame

LOOK = 0.5
"""Seconds between two looks of who waits for a book: it may be there again without a message."""

Read = Callable[["Levels | None"], "Levels | None"]


class Feed(Protocol):
    """The subscription that keeps the book alive."""

    @property
    def age(self) -> float | None:
        """Seconds since its last message was read."""

    def get(self, timeout: float | None = None) -> Any:
        """Wait for a message."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the first message."""

    def unsubscribe(self) -> None:
        """Give it up."""


class OrderBook:
    """One symbol's order book, as it is now: made by ``ws.book(symbol)``.

    The client keeps it from the exchange's messages; here it is only read, so it costs nothing while nobody looks.
    Every property is of the moment at which it is read; where several have to belong together, take a ``snapshot``.
    While the book may not hold (the socket is down, a message was lost) it shows nothing: None, or ``()``.

    Attributes:
        symbol: The symbol.
    """

    def __init__(
        self,
        symbol: str,
        read: Read,
        feed: Feed,
        join: Callable[[], Feed],
        *,
        numbers: type[Any] = float,
        inverse: bool = False,
    ) -> None:
        """Construct a book; ``ws.book`` does it.

        Args:
            symbol: Whose book.
            read: Returns its levels, given those that it returned before.
            feed: What keeps them.
            join: Returns another such, whose messages can be waited for.
            numbers: ``float`` or ``Decimal``.
            inverse: Whether quantities are contracts of 1 USD.
        """
        self.symbol = symbol
        self._read, self._feed, self._join = read, feed, join
        self._numbers, self._inverse = numbers, inverse
        self._stale = BookSnapshot(symbol, None, numbers, inverse)
        self._newest: tuple[Levels | None, BookSnapshot] = None, self._stale
        self._closed = False

    def snapshot(self) -> BookSnapshot:
        """Return the book of this moment, which never changes; the same object as long as nothing has changed.

        Raises:
            InvalidState: The same stream was asked for with ``merge=False`` or ``raw=True``, which keeps no book.
        """
        if self._closed:
            return self._stale
        known, newest = self._newest
        levels = self._read(known)
        if levels is None:
            return self._stale
        if levels is not known:
            newest = BookSnapshot(self.symbol, levels, self._numbers, self._inverse)
            self._newest = levels, newest
        return newest

    @property
    def best_bid(self) -> Level | None:
        """The highest bid; None where there is none, or the book is stale."""
        return self.snapshot().best_bid

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask; None where there is none, or the book is stale."""
        return self.snapshot().best_ask

    @property
    def spread(self) -> Number | None:
        """The best ask less the best bid; None where either is missing."""
        return self.snapshot().spread

    @property
    def mid(self) -> Number | None:
        """The price halfway between the best bid and the best ask; None where either is missing."""
        return self.snapshot().mid

    @property
    def bids(self) -> tuple[Level, ...]:
        """All bids, highest first."""
        return self.snapshot().bids

    @property
    def asks(self) -> tuple[Level, ...]:
        """All asks, lowest first."""
        return self.snapshot().asks

    def levels(self, count: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Return the best bids and the best asks of one moment, best first.

        Args:
            count: Levels a side at most.
        """
        return self.snapshot().levels(count)

    def depth_to_price(self, side: str, price: float | str | Decimal) -> Depth:
        """Tell how much is offered up to a price, that price included.

        Args:
            side: ``"bid"`` or ``"ask"``: a seller takes from the bids, a buyer from the asks.
            price: The worst price that is acceptable.

        Raises:
            ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
        """
        return self.snapshot().depth_to_price(side, price)

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
        return self.snapshot().depth_to_quantity(side, quantity)

    def imbalance(self, count: int | None = None) -> Number | None:
        """Tell which side holds more: 1 where there are only bids, -1 where there are only asks, 0 where they are even.

        Args:
            count: Levels a side to look at; None for all.

        Returns:
            The bids' quantity less the asks', divided by their sum; None where there are no levels.
        """
        return self.snapshot().imbalance(count)

    def to_frame(self) -> DataFrame:
        """Return the levels as a pandas DataFrame: bids, then asks, best first.

        Its columns are ``side`` (``"bid"`` or ``"ask"``), ``level`` (1 is the best), ``price``, ``quantity`` and
        ``cumulative_quantity``, what there is up to that price. Needs the extra ``data``.
        """
        return self.snapshot().to_frame()

    @property
    def is_stale(self) -> bool:
        """Whether there is nothing to show that holds now; see ``Subscription.is_stale``."""
        try:
            return self.snapshot().is_stale
        except BybitWebSocketError:
            return True

    @property
    def age(self) -> float | None:
        """Seconds since the last message was read; None before the first one.

        What is old is not stale: a quiet market has little to say.
        """
        return self._feed.age

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the book has something to show: at first, or again after a loss.

        Args:
            timeout: Seconds to wait; None waits as long as it takes.

        Returns:
            True once the book is current, False at the timeout.

        Raises:
            SubscriptionError: The exchange refused the symbol.
            InvalidState: The client was closed or the book given up; or this is a callback of the same socket, which
                delivers nothing before the callback returns; or the stream was asked for with ``merge=False``.
        """
        end = None if timeout is None else time.monotonic() + timeout
        if self._there():
            return True
        if not self._feed.wait(timeout):
            return False
        if self._there():
            return True
        news = self._join()  # for no longer than it takes: messages that nobody pulls are not to be kept
        try:
            while not self._there():
                left = LOOK if end is None else min(LOOK, end - time.monotonic())
                if left <= 0:
                    return False
                news.get(left)
        finally:
            news.unsubscribe()
        return True

    def _there(self) -> bool:
        if self._closed:
            raise InvalidState(f"the book of {self.symbol} was given up with close(): ask the client for it anew")
        return not self.snapshot().is_stale

    def close(self) -> None:
        """Give the book up: it shows nothing any more; what else uses the stream goes on. Twice does nothing."""
        self._closed = True
        self._feed.unsubscribe()

    def __repr__(self) -> str:
        return f"<OrderBook {self.symbol} {'closed' if self._closed else self._look().summary()}>"

    def _repr_html_(self) -> str:
        from ._html import book

        return book(self._look(), "closed" if self._closed else "", time.time())

    def _look(self) -> BookSnapshot:
        """Return a snapshot, an empty one where there cannot be one: what shows itself does not raise."""
        try:
            return self.snapshot()
        except BybitWebSocketError:
            return self._stale
