"""Candles (wire-v5 section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ..candles import Candle
from ..channels import Channel
from ..listing import Listing
from ..wire import Frame, compact, plain
from .trades import size_text

_INVERSE = 1.0
_SPOT = 1.2  # between 1 and 60 s, and a multiple of the legacy cadence of 0.3 s: both see the same states


def candle(listing: Listing, interval: str, at: Candle, confirm: bool) -> dict[str, Any]:
    """Give one candle; ``end`` is a ms before the next one's start."""
    instrument, price = listing.instrument, listing.price_text
    row: dict[str, Any] = {"start": at.start, "end": at.end - 1, "interval": interval, "open": price(at.open)}
    row |= {"close": price(at.close), "high": price(at.high), "low": price(at.low)}
    turnover = plain(int(at.turnover), instrument.scale + instrument.lot_scale)
    if instrument.inverse:  # in coin, where legacy gives a float with noise: the same digits
        turnover = format(Decimal(repr(at.turnover)), "f")
    row |= {"volume": size_text(listing, at.volume), "turnover": turnover}
    return row | {"confirm": confirm, "timestamp": at.updated}


class KlineChannel(Channel):
    """The current candle; closed ones once more with ``confirm``."""

    def __init__(self, topic: str, interval: str, listing: Listing) -> None:
        super().__init__(_INVERSE if listing.instrument.inverse else _SPOT)
        self._topic = topic
        self._interval = interval
        self._listing = listing
        self._series = listing.candles.series[interval if listing.instrument.inverse else spot_interval(interval)]
        self._closed = self._series.closed.count
        self._version = self._series.version
        self._last = self._write(self._series.current, False)

    def first(self) -> Iterable[Frame]:
        """Give the current candle as of the last push."""
        return [self._last]

    def fresh(self) -> Iterable[Frame]:
        """Give what closed, and the current candle if it changed."""
        series = self._series
        frames = [self._write(closed, True) for closed in series.closed.since(self._closed)]
        if series.version != self._version:
            self._last = self._write(series.current, False)
            frames.append(self._last)
        self._closed, self._version = series.closed.count, series.version
        return frames

    def _write(self, at: Candle, confirm: bool) -> Frame:
        data = [candle(self._listing, self._interval, at, confirm)]
        return compact({"topic": self._topic, "data": data, "ts": at.updated, "type": "snapshot"})


def spot_interval(interval: str) -> str:
    """Give the legacy spot name of an interval: ``1m 1h 1d 1w 1M`` for ``1 60 D W M``."""
    if interval.isdigit():
        minutes = int(interval)
        return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h"
    return {"D": "1d", "W": "1w", "M": "1M"}[interval]
