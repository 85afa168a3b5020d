"""Klines as candles, the open one last. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from .._topics import Row
from .parts import decimals, entries, exact

KEPT = 500
"""Candles that are kept: more than any screen shows."""

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "M": 30 * 86400, "D": 86400, "W": 7 * 86400}


class Candle(NamedTuple):
    """One candle.

    Attributes:
        start: When it began, in seconds since the epoch.
        open: The first price.
        high: The highest.
        low: The lowest.
        close: The last.
        volume: What was traded.
    """

    start: float
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Candles:
    """The newest candles of a symbol.

    Attributes:
        symbol: Of what.
        interval: How long each is, as the stream calls it.
        price_decimals: The most that a price ever had.
    """

    def __init__(self, symbol: str, interval: str = "") -> None:
        self.symbol, self.interval = symbol, interval
        self.price_decimals = 0
        self._by_start: dict[float, Candle] = {}

    def add(self, candles: Iterable[Candle]) -> None:
        """Take candles as they are now: one that is known is replaced."""
        for one in candles:
            self._by_start[one.start] = one
            self.price_decimals = max(self.price_decimals, *map(decimals, one[1:5]))
        for start in sorted(self._by_start)[:-KEPT]:
            del self._by_start[start]

    def last(self, count: int) -> list[Candle]:
        """Return the newest ones, oldest first."""
        return [self._by_start[start] for start in sorted(self._by_start)[-count:]] if count > 0 else []

    def __len__(self) -> int:
        return len(self._by_start)


def candles(row: Row, message: dict[str, Any]) -> list[Candle]:
    """Return what a message of klines tells, oldest first."""
    short = row.stream != "kline"
    start, *names = ("t", "o", "h", "l", "c", "v") if short else ("start", "open", "high", "low", "close", "volume")
    unit = 1000 if short else 1
    return [Candle(one[start] / unit, *(exact(one[name]) for name in names)) for one in entries(message)]


def seconds(interval: str) -> int:
    """Return how long an interval is, a month as thirty days."""
    if interval.isdigit():
        return int(interval) * 60
    count, unit = interval[:-1], interval[-1:]
    return int(count or 1) * _SECONDS[unit]
