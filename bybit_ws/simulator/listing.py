"""One listed symbol: its book, its trades, its candles and its day, always in agreement."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .book import Book
from .candles import Candles
from .instruments import INVERSE_INTERVALS, SPOT_INTERVALS, Instrument
from .log import Log
from .wire import fixed, plain

TRADES_KEPT = 200_000


class Trade(NamedTuple):
    """One trade in the instrument's integer units; ``buy`` tells that the taker bought."""

    id: int
    time: int
    price: int
    size: int
    buy: bool
    direction: str
    seq: int


class Day:
    """The last 24 hours: opening, extremes and volumes."""

    def __init__(self, opening: int, hour_ago: int, volume: int) -> None:
        self.open = opening
        self.hour_ago = hour_ago
        self.high = self.low = opening
        self.volume = volume
        self.value = volume * opening
        self.turnover = volume / opening  # what an inverse contract turns over, in coin

    def trade(self, price: int, size: int) -> None:
        """Count one trade."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.volume += size
        self.value += price * size
        self.turnover += size / price


class Listing:
    """The only way to change a symbol's market; each operation leaves it consistent."""

    def __init__(self, instrument: Instrument, now: int, next_id: Callable[[], int], day: Day) -> None:
        self.instrument = instrument
        self.now = now
        self.book = Book()
        self.book.changed_at = now
        self.tape: Log[Trade] = Log(TRADES_KEPT)
        self.day = day
        self.last = instrument.start
        self.index = float(instrument.start)
        self.direction = "ZeroPlusTick"
        self.candles = Candles(
            INVERSE_INTERVALS if instrument.inverse else SPOT_INTERVALS, now, instrument.start
        )
        self._next_id = next_id

    @property
    def symbol(self) -> str:
        """The symbol."""
        return self.instrument.symbol

    def rest(self, buy: bool, price: int, size: int) -> None:
        """Let a limit order rest at a price that does not cross."""
        self.book.change(buy, price, size, self.now)

    def withdraw(self, buy: bool, price: int, size: int) -> None:
        """Cancel up to ``size`` of what rests at a price."""
        if price in self.book.side(buy).sizes:
            self.book.change(buy, price, -size, self.now)

    def take(self, buy: bool, size: int, limit: int | None = None) -> list[Trade]:
        """Walk the other side, best first, up to ``limit``; one trade per level."""
        fills: list[Trade] = []
        side = self.book.side(not buy)
        while size > 0 and len(side) > 1:
            price = side.price(0)
            if limit is not None and (price > limit if buy else price < limit):
                break
            filled = min(size, side.sizes[price])
            self.book.change(not buy, price, -filled, self.now)
            fills.append(self.print(self.now, price, filled, buy))
            size -= filled
        return fills

    def limit(self, buy: bool, price: int, size: int) -> list[Trade]:
        """Place a limit order: take what crosses, let the rest stand."""
        fills = self.take(buy, size, price)
        left = size - sum(fill.size for fill in fills)
        if left:
            self.rest(buy, price, left)
        return fills

    def print(self, time: int, price: int, size: int, buy: bool) -> Trade:
        """Put one trade on the tape and into candles, day and index."""
        self.direction = self._direction(price)
        trade = Trade(self._next_id(), time, price, size, buy, self.direction, self.book.seq)
        self.last = price
        self.tape.append(trade)
        turnover = size * 10**self.instrument.scale / price if self.instrument.inverse else size * price
        self.candles.trade(time, price, size, turnover, trade.seq)
        self.day.trade(price, size)
        self.index += (price * 1.0001 - self.index) * 0.05
        return trade

    def _direction(self, price: int) -> str:
        if price > self.last:
            return "PlusTick"
        if price < self.last:
            return "MinusTick"
        return self.direction if self.direction.startswith("Zero") else "Zero" + self.direction

    def price_text(self, price: int) -> str:
        """Write a price as this market does: fixed decimals on inverse, plain on spot."""
        scale = self.instrument.scale
        return fixed(price, scale) if self.instrument.inverse else plain(price, scale)

    def pairs(self, levels: dict[int, int]) -> list[list[str]]:
        """Write spot levels as ``[["price","size"], ...]`` in the order given."""
        scale, lot_scale = self.instrument.scale, self.instrument.lot_scale
        return [[plain(price, scale), plain(size, lot_scale)] for price, size in levels.items()]
