"""Candles of every interval, filled from one stream of trades."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone

from .log import Log

_MINUTE = 60_000
_NAMED = {"1d": 1440, "1w": 10080, "D": 1440, "W": 10080}
_UNITS = {"m": 1, "h": 60}
_MONDAY = 4 * 1440 * _MINUTE  # 1970-01-01 was a Thursday


def minutes_of(interval: str) -> int:
    """Give an interval's length in minutes, spot or inverse name; 0 stands for a month."""
    if interval in {"1M", "M"}:
        return 0
    if interval in _NAMED:
        return _NAMED[interval]
    unit = _UNITS.get(interval[-1])
    return int(interval[:-1]) * unit if unit else int(interval)


def period(minutes: int, now: int) -> tuple[int, int]:
    """Give the start and end in ms of the candle that ``now`` falls into."""
    if not minutes:
        day = datetime.fromtimestamp(now / 1000, timezone.utc)
        first = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        return int(first.timestamp() * 1000), int(following.timestamp() * 1000)
    length = minutes * _MINUTE
    offset = _MONDAY if minutes == _NAMED["W"] else 0
    start = (now - offset) // length * length + offset
    return start, start + length


@dataclass
class Candle:
    """One candle: times in ms, prices and volume in the instrument's integer units.

    ``turnover`` is in coin on inverse; on spot in the quote currency, in integer units of price x size.
    """

    start: int
    end: int
    open: int
    close: int
    high: int
    low: int
    volume: int = 0
    turnover: float = 0.0
    updated: int = 0
    seq: int = 0


class Series:
    """The current candle of one interval and the closed ones before it."""

    def __init__(self, minutes: int, now: int, price: int) -> None:
        self.minutes = minutes
        self.version = 0
        self.closed: Log[Candle] = Log(200)
        start, end = period(minutes, now)
        self.current = Candle(start, end, price, price, price, price, updated=now)

    def roll(self, now: int) -> None:
        """Close the current candle when its time is over; the next opens at its close."""
        if now < self.current.end:
            return
        last = self.current
        self.closed.append(replace(last))
        start, end = period(self.minutes, now)
        price = last.close
        self.current = Candle(start, end, price, price, price, price, updated=now, seq=last.seq)
        self.version += 1


class Candles:
    """All intervals of one symbol."""

    def __init__(self, intervals: tuple[str, ...], now: int, price: int) -> None:
        self.series = {name: Series(minutes_of(name), now, price) for name in intervals}
        self._all = tuple(self.series.values())
        self._next_roll = 0

    def trade(self, now: int, price: int, size: int, turnover: float, seq: int) -> None:
        """Put one trade into every interval's candle."""
        self.roll(now)
        for series in self._all:  # a dozen for each trade: a call of each would cost more than what is done
            candle = series.current
            candle.close = price
            if price > candle.high:
                candle.high = price
            elif price < candle.low:
                candle.low = price
            candle.volume += size
            candle.turnover += turnover
            candle.updated = now
            candle.seq = seq
            series.version += 1

    def roll(self, now: int) -> None:
        """Close what is over; every boundary is a whole minute."""
        if now >= self._next_roll:
            for series in self._all:
                series.roll(now)
            self._next_roll = (now // _MINUTE + 1) * _MINUTE
