"""The simulated customer: places, fills and cancels orders so that private topics have news.

Its orders are real ones of the market: they rest in the book, and their fills are trades on the tape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .listing import Listing, Trade

CYCLE = 250  # steps: 5 s of market time, so every private topic speaks within 10 s
_CANCEL_AT = 100
_STOP_ENDS_AT = 150
_CLOSE_AT = 200


@dataclass
class Order:
    """One order; ``reason`` is ``user``, ``stop`` or ``close``; ``price`` is 0 at market."""

    id: int
    listing: Listing
    buy: bool
    limit: bool
    price: int
    size: int
    reason: str
    created: int
    market_price: int
    filled: int = 0
    value: int = 0

    @property
    def left(self) -> int:
        """What is still open."""
        return self.size - self.filled


@dataclass
class Stop:
    """A stop order waiting for its trigger price; selling when the market falls to it."""

    id: int
    listing: Listing
    buy: bool
    trigger: int
    size: int
    market_price: int
    created: int
    updated: int = 0
    triggered: int = 0
    order_id: int = 0


class Account(Protocol):
    """What hears of everything that happens to the customer's orders."""

    def placed(self, order: Order) -> None:
        """An order was accepted."""

    def filled(self, order: Order, trade: Trade, maker: bool) -> None:
        """One fill; ``trade.size`` is the customer's part of it."""

    def cancelled(self, order: Order) -> None:
        """An order was withdrawn."""

    def stop_changed(self, stop: Stop, status: str) -> None:
        """A stop order became ``new``, ``triggered`` or ``cancelled``."""


class Audience:
    """Several accounts that hear of the same orders, each after the one before it."""

    def __init__(self, *accounts: Account) -> None:
        self._accounts = accounts

    def placed(self, order: Order) -> None:
        """Tell all of a new order."""
        for account in self._accounts:
            account.placed(order)

    def filled(self, order: Order, trade: Trade, maker: bool) -> None:
        """Tell all of one fill."""
        for account in self._accounts:
            account.filled(order, trade, maker)

    def cancelled(self, order: Order) -> None:
        """Tell all of a cancelled order."""
        for account in self._accounts:
            account.cancelled(order)

    def stop_changed(self, stop: Stop, status: str) -> None:
        """Tell all of a stop order."""
        for account in self._accounts:
            account.stop_changed(stop, status)


class Trader:
    """Runs the same small script again and again, one listing after the other."""

    def __init__(self, listings: list[Listing], account: Account) -> None:
        self._listings = listings
        self._account = account
        self._steps = 0
        self._ids = 1_231_193_858_535_151_104
        self._listing = listings[0]
        self._order: Order | None = None
        self._stop: Stop | None = None
        self._cursor = 0
        self._held = 0

    def step(self) -> None:
        """Follow the market, then do what the script says for this step."""
        phase = self._steps % CYCLE
        self._follow()
        if phase == 0:
            self._open(self._steps // CYCLE)
        elif phase == _CANCEL_AT:
            self._cancel()
        elif phase == _STOP_ENDS_AT:
            self._drop_stop()
        elif phase == _CLOSE_AT:
            self._close()
        self._steps += 1

    def _open(self, round_: int) -> None:
        """Buy a little more than the best level offers, and set a stop below."""
        listing = self._listing = self._listings[round_ % len(self._listings)]
        best = listing.book.best_ask
        size = listing.book.asks.sizes[best] + max(4, listing.instrument.lot // 4)
        self._order = self._place(True, size, "user", best)
        near = round_ // len(self._listings) % 2 == 0
        tick = listing.instrument.tick
        self._set_stop(listing.last - (tick if near else listing.last // 20 // tick * tick))

    def _set_stop(self, trigger: int) -> None:
        listing = self._listing
        size = max(1, self._held // 2)
        now = listing.now
        self._stop = Stop(self._next_id(), listing, False, trigger, size, listing.last, now, updated=now)
        self._account.stop_changed(self._stop, "new")

    def _place(self, buy: bool, size: int, reason: str, limit: int | None = None) -> Order:
        listing = self._listing
        price, seen = limit or 0, listing.last
        order = Order(self._next_id(), listing, buy, bool(price), price, size, reason, listing.now, seen)
        self._account.placed(order)
        fills = listing.take(buy, size, limit)
        for trade in fills:
            self._fill(order, trade, trade.size, maker=False)
        if order.left and limit is not None:
            listing.rest(buy, limit, order.left)
        self._cursor = listing.tape.count
        return order

    def _fill(self, order: Order, trade: Trade, size: int, maker: bool) -> None:
        order.filled += size
        order.value += size * trade.price
        self._held += size if order.buy else -size
        self._account.filled(order, trade._replace(size=size), maker)

    def _follow(self) -> None:
        """Give the resting order its part of new trades, and trip the stop."""
        listing, order, stop = self._listing, self._order, self._stop
        trades = listing.tape.since(self._cursor)
        self._cursor = listing.tape.count
        for trade in trades:
            if order and order.left and trade.buy != order.buy and trade.price == order.price:
                self._fill(order, trade, min(order.left, trade.size), maker=True)
            if stop and not stop.triggered and trade.price <= stop.trigger:
                self._trigger(stop, trade.time)

    def _trigger(self, stop: Stop, now: int) -> None:
        stop.triggered = stop.updated = now
        stop.order_id = self._ids + 1
        self._account.stop_changed(stop, "triggered")
        self._stop = None
        self._place(stop.buy, min(stop.size, max(1, self._held)), "stop")

    def _cancel(self) -> None:
        order, self._order = self._order, None
        if order and order.left:
            order.listing.withdraw(order.buy, order.price, order.left)
            self._account.cancelled(order)

    def _drop_stop(self) -> None:
        stop, self._stop = self._stop, None
        if stop:
            stop.updated = stop.listing.now
            self._account.stop_changed(stop, "cancelled")

    def _close(self) -> None:
        if self._held > 0:
            self._place(False, self._held, "close")

    def _next_id(self) -> int:
        self._ids += 1
        return self._ids
