"""What ``instruments-info`` tells of the listed symbols (wire-v5 section 8)."""

from __future__ import annotations

from typing import Any

from ..instruments import INSTRUMENTS, Instrument
from ..wire import fixed

_LAUNCHED = "1542211200000"
_DATED = {"BTCUSDZ26": ("1781251200000", 1_798_185_600_000)}
"""When dated futures were launched and when they are delivered, in ms."""


def delivery(symbol: str) -> int:
    """Give the delivery time of a dated future; 0 for a perpetual."""
    return _DATED[symbol][1] if symbol in _DATED else 0


def listed(category: str) -> list[Instrument]:
    """Give a category's instruments."""
    return [one for one in INSTRUMENTS if one.inverse == (category == "inverse")]


def describe(one: Instrument) -> dict[str, Any]:
    """Give an instrument's entry."""
    return _inverse(one) if one.inverse else _spot(one)


def _spot(one: Instrument) -> dict[str, Any]:
    row: dict[str, Any] = {"symbol": one.symbol, "status": "Trading", "baseCoin": one.base, "quoteCoin": one.quote}
    precision = {"basePrecision": fixed(1, one.lot_scale), "quotePrecision": fixed(1, one.scale + one.lot_scale)}
    return row | {"lotSizeFilter": precision, "priceFilter": {"tickSize": fixed(one.tick, one.scale)}}


def _inverse(one: Instrument) -> dict[str, Any]:
    dated = one.symbol in _DATED
    row: dict[str, Any] = {"symbol": one.symbol, "contractType": "InverseFutures" if dated else "InversePerpetual"}
    row |= {"status": "Trading", "baseCoin": one.base, "quoteCoin": one.quote}
    row |= {"launchTime": _DATED[one.symbol][0] if dated else _LAUNCHED, "deliveryTime": str(delivery(one.symbol))}
    tick = fixed(one.tick, one.scale)
    highest = fixed(200_000_000 // one.tick * one.tick - one.tick, one.scale)
    row |= {"priceScale": str(one.scale), "priceFilter": {"minPrice": tick, "maxPrice": highest, "tickSize": tick}}
    row |= {"lotSizeFilter": {"minOrderQty": "1", "qtyStep": "1"}, "fundingInterval": 0 if dated else 480}
    return row | {"settleCoin": one.base}
