"""What is listed: symbols, ticks, lots, start prices and temper, as data.

Prices are integers in units of ``10^-scale`` and sizes integers in units of ``10^-lot_scale``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Instrument:
    """One tradable symbol and how its simulated market behaves."""

    symbol: str
    inverse: bool
    base: str
    quote: str
    number: int
    scale: int
    tick: int
    lot_scale: int
    start: int
    lot: int
    gap: int
    pace: float

    def level_id(self, price: int) -> int:
        """Give the inverse book's ``id``: price x 10^4 (wire-legacy section 10)."""
        return price * int(10 ** (4 - self.scale))


def _spot(
    base: str, number: int, scale: int, lots: int, start: int, lot: int, gap: int, pace: float
) -> Instrument:
    return Instrument(base + "USDT", False, base, "USDT", number, scale, 1, lots, start, lot, gap, pace)


def _inverse(
    symbol: str, number: int, scale: int, tick: int, start: int, lot: int, pace: float
) -> Instrument:
    gap = 1 if tick == 1 else 2
    return Instrument(symbol, True, symbol[:3], "USD", number, scale, tick, 0, start, lot, gap, pace)


INSTRUMENTS = (
    _spot("BTC", 1, 2, 6, 2_019_169, 40_000, 20, 24.0),
    _spot("ETH", 2, 2, 5, 131_250, 60_000, 3, 18.0),
    _spot("LTC", 3, 2, 5, 6_792, 900_000, 1, 10.0),
    _spot("XRP", 4, 4, 2, 4_105, 150_000, 1, 10.0),
    _inverse("BTCUSD", 1, 2, 50, 2_019_250, 12_000, 30.0),
    _inverse("ETHUSD", 2, 2, 5, 131_255, 6_000, 20.0),
    _inverse("EOSUSD", 4, 3, 1, 1_105, 2_500, 10.0),
    _inverse("XRPUSD", 5, 4, 1, 4_107, 3_000, 10.0),
    _inverse("BTCUSDZ26", 10, 2, 50, 2_035_500, 4_000, 10.0),
)

SPOT = tuple(i.symbol for i in INSTRUMENTS if not i.inverse)
INVERSE = tuple(i.symbol for i in INSTRUMENTS if i.inverse)
LEVERAGED = "BTC3LUSDTNAV"
LEVERAGED_UNDERLYING = "BTCUSDT"
INSURANCE_COINS = ("BTC", "ETH", "EOS", "XRP")

SPOT_INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1M")
INVERSE_INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
