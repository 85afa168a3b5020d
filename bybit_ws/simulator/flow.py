"""Seeded order flow for one listing: adds, cancels and market orders, step by step."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from .book import Book, Side
from .instruments import Instrument
from .listing import Day, Listing

DEEPEST = 300
SHALLOWEST = 240
_ADDS, _CANCELS = 0.50, 0.82  # shares of the events; what is left are market orders


class Opening(NamedTuple):
    """Trades (ms before the start, price, size, buyer is taker), the book after them, and the state of the dice."""

    history: list[tuple[int, int, int, bool]]
    book: Book
    state: Any


@lru_cache(maxsize=64)
def _opening(seed: str, instrument: Instrument, trades: int) -> Opening:
    """Draw each opening once: programs that start many exchanges, such as tests, use few seeds."""
    listing = Listing(instrument, 0, int, Day(instrument.start, instrument.start, 0))
    return Flow(listing, seed, 0.0).draw(trades)


class Flow:
    """Keeps both sides deep enough for a window of 200 and the price near where it started."""

    def __init__(self, listing: Listing, seed: str, step: float) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.listing = listing
        self._instrument = listing.instrument
        self._chance = min(1.0, listing.instrument.pace * step)

    def open(self, start: int, trades: int) -> None:
        """Make some history before ``start``, then the first book around the last price."""
        listing, opening = self.listing, _opening(self.seed, self._instrument, trades)
        for offset, price, size, buy in opening.history:
            listing.book.touch(start - offset)
            listing.print(start - offset, price, size, buy)
        listing.now = start
        listing.candles.roll(start)
        listing.book = opening.book.copy(start)
        self.random.setstate(opening.state)

    def draw(self, trades: int) -> Opening:
        """Draw an opening; nothing in it depends on the time."""
        listing, random, instrument = self.listing, self.random, self._instrument
        offsets = sorted((random.randrange(1000, 150_000) for _ in range(trades)), reverse=True)
        history, last = [], listing.last
        for offset in offsets:
            last += random.randint(-3, 3) * instrument.tick
            history.append((offset, last, self.size(), random.random() < 0.5))
            listing.book.touch(0)
        listing.rest(True, last - instrument.tick, self.size())
        listing.rest(False, last + instrument.tick, self.size())
        self.refill()
        return Opening(history, listing.book, random.getstate())

    def step(self) -> None:
        """Maybe let one order happen."""
        draw = self.random.random
        if draw() >= self._chance:
            return
        kind = draw()
        if kind < _ADDS:
            self._add()
        elif kind < _CANCELS:
            self._cancel()
        else:
            self.listing.take(draw() < self._appetite(), self.size())
        self.refill()

    def size(self) -> int:
        """Draw an order size."""
        drawn = self._instrument.lot * self.random.lognormvariate(-0.5, 1.0)
        return max(1, min(int(drawn), self._instrument.lot * 20))

    def refill(self) -> None:
        """Keep each side between SHALLOWEST and DEEPEST levels."""
        book = self.listing.book
        for side in (book.bids, book.asks):
            while len(side) < SHALLOWEST:
                self.listing.rest(side.sign < 0, self._vacant(side), self.size())
            while len(side) > DEEPEST:
                side.set(side.price(-1), 0)

    def _vacant(self, side: Side) -> int:
        """Draw a price beyond the worst; between the others where that is too far away: in hours it would pass 0."""
        instrument = self._instrument
        furthest = instrument.start // 2 // instrument.tick
        away = 1 + int(self.random.expovariate(1 / instrument.gap))
        price = side.price(-1) + side.sign * instrument.tick * away
        while abs(price - instrument.start) > furthest * instrument.tick or price in side.sizes:
            price = side.price(0) + side.sign * instrument.tick * self.random.randint(1, furthest)
        return price

    def _appetite(self) -> float:
        """How likely the next taker buys: leaning back to the start price."""
        start = self._instrument.start
        away = (start - self.listing.last) / (0.01 * start)
        return 0.5 + 0.3 * max(-1.0, min(1.0, away))

    def _add(self) -> None:
        random, book, instrument = self.random, self.listing.book, self._instrument
        buy = random.random() < 0.5
        away = instrument.tick * (1 + int(random.expovariate(1 / (12 * instrument.gap))))
        price = book.best_ask - away if buy else book.best_bid + away
        if price > 0:
            self.listing.rest(buy, price, self.size())

    def _cancel(self) -> None:
        random, book = self.random, self.listing.book
        side = book.side(random.random() < 0.5)
        index = int(random.expovariate(1 / 20))
        if 0 < len(side) - 1 > index:
            price = side.price(index)
            part = side.sizes[price] if random.random() < 0.5 else 1 + side.sizes[price] // 3
            self.listing.withdraw(side.sign < 0, price, part)
