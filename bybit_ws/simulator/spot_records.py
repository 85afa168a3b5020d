"""Spot records shared by V1 and V2: trade, candle, 24 h ticker, leveraged token, books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .candles import Candle
from .instruments import LEVERAGED
from .listing import Listing, Trade
from .wire import plain

_BASKET = Decimal("0.000741332244224795")
_LOAN = Decimal("-9.979847201580291246")
_ISSUED = Decimal("18969.901970158967556311")


def trade(listing: Listing, trade: Trade) -> dict[str, Any]:
    """Give one trade as both versions write it."""
    instrument = listing.instrument
    price, size = plain(trade.price, instrument.scale), plain(trade.size, instrument.lot_scale)
    return {"v": str(trade.id), "t": trade.time, "p": price, "q": size, "m": trade.buy}


def candle(listing: Listing, candle: Candle) -> dict[str, Any]:
    """Give one candle."""
    scale, symbol = listing.instrument.scale, listing.symbol
    record: dict[str, Any] = {"t": candle.start, "s": symbol, "sn": symbol}
    record |= {"c": plain(candle.close, scale), "h": plain(candle.high, scale), "l": plain(candle.low, scale)}
    return record | {"o": plain(candle.open, scale), "v": plain(candle.volume, listing.instrument.lot_scale)}


def ticker_v1(listing: Listing) -> dict[str, Any]:
    """Give the 24 h record in V1's key order."""
    record = _ticker(listing) | {"e": 301, "s": listing.symbol, "sn": listing.symbol}
    return {key: record[key] for key in ("c", "e", "h", "l", "m", "o", "qv", "s", "sn", "t", "v", "xp")}


def ticker_v2(listing: Listing) -> dict[str, Any]:
    """Give the 24 h record in V2's key order, without ``e`` and ``sn``."""
    record = _ticker(listing) | {"s": listing.symbol}
    return {key: record[key] for key in ("t", "s", "c", "h", "l", "o", "v", "qv", "m", "xp")}


def _ticker(listing: Listing) -> dict[str, Any]:
    day, scale, lots = listing.day, listing.instrument.scale, listing.instrument.lot_scale
    change = (listing.last - day.open) / day.open
    last = listing.tape.last(1)[0]
    return {
        "t": last.time,
        "c": plain(listing.last, scale),
        "h": plain(day.high, scale),
        "l": plain(day.low, scale),
        "o": plain(day.open, scale),
        "v": plain(day.volume, lots),
        "qv": plain(day.value, scale + lots),
        "m": f"{round(change, 4) + 0.0:.4f}",
        "xp": plain(round(listing.index * 10**6), scale + 6),
    }


def leveraged_token(underlying: Listing) -> dict[str, Any]:
    """Give BTC3LUSDTNAV's record, worked out from its underlying (n = b x ti, nav = b x price + loan)."""
    price = Decimal(underlying.last).scaleb(-underlying.instrument.scale)
    nav = _BASKET * price + _LOAN
    record: dict[str, Any] = {"t": underlying.tape.last(1)[0].time, "s": LEVERAGED}
    record |= {"nav": f"{nav:.20f}", "b": str(_BASKET), "l": f"{_BASKET * price / nav:.18f}"}
    return record | {"loan": str(_LOAN), "ti": str(_ISSUED), "n": f"{_BASKET * _ISSUED:.18f}"}


def merged(levels: dict[int, int], bucket: int, up: bool, count: int) -> dict[int, int]:
    """Add levels up into ``count`` price buckets; asks round up, bids down (wire-legacy section 7)."""
    buckets: dict[int, int] = {}
    for price, size in levels.items():
        at = -(-price // bucket) * bucket if up else price // bucket * bucket
        if at not in buckets and len(buckets) == count:
            break
        buckets[at] = buckets.get(at, 0) + size
    return buckets
