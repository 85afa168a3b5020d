"""instrument_info: a whole record, then the keys that changed (wire-legacy section 10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .channels import Channel
from .listing import Listing
from .market import Market
from .wire import Frame, compact, fixed, iso_seconds

_ALWAYS = ("id", "symbol", "cross_seq", "created_at", "updated_at")
_HOUR = 3_600_000
FUNDING_HOURS = 8
_CREATED = "2018-11-14T16:33:26Z"
_NO_FUNDING = {"next_funding_time": iso_seconds(0), "countdown_hour": 0}
_UNSETTLED = {"settle_time_e9": 0, "delisting_status": "0"}


def _price(listing: Listing, name: str, price: int, extra: int = 0) -> dict[str, Any]:
    """Give a price twice: x 10^4 as an integer and as a decimal string."""
    shown = max(2, listing.instrument.scale)
    price = price * 10**shown // 10 ** (listing.instrument.scale + extra)
    return {f"{name}_e4": price * 10 ** (4 - shown), name: fixed(price, shown)}


def _ratio(now: int, then: int) -> int:
    """Give a change in millionths, cut off towards zero as in all captures."""
    millionths = (now - then) * 10**6
    return millionths // then if millionths >= 0 else -(-millionths // then)


def record(listing: Listing, market: Market) -> dict[str, Any]:
    """Give the whole record."""
    dated = listing.symbol[-1].isdigit()
    info: dict[str, Any] = {"id": listing.instrument.number, "symbol": listing.symbol}
    if dated:
        info |= _contract(listing)
    info |= _prices(listing)
    info |= _volumes(listing, market)
    rate = 0 if dated else 100
    info |= {"funding_rate_e6": rate, "predicted_funding_rate_e6": rate}
    info |= {"cross_seq": listing.book.seq, "created_at": _CREATED, "updated_at": iso_seconds(market.now)}
    return info | (_NO_FUNDING if dated else _funding(market.now)) | _UNSETTLED


def _contract(listing: Listing) -> dict[str, Any]:
    """Give the keys only dated futures carry."""
    pair = listing.symbol[:-3]
    head = {"symbol_name": f"{pair}1225", "symbol_year": 2000 + int(listing.symbol[-2:])}
    kind = {"contract_type": "InverseFutures", "coin": listing.instrument.base, "quote_symbol": pair}
    return {**head, **kind, "mode": "BothSide", "contract_status": "Trading"}


def _prices(listing: Listing) -> dict[str, Any]:
    day, book, last = listing.day, listing.book, listing.last
    fine = round(listing.index * 100)
    prices = _price(listing, "last_price", last)
    prices |= _price(listing, "bid1_price", book.best_bid) | _price(listing, "ask1_price", book.best_ask)
    prices |= {"last_tick_direction": listing.direction} | _price(listing, "prev_price_24h", day.open)
    prices |= {"price_24h_pcnt_e6": _ratio(last, day.open)}
    prices |= _price(listing, "high_price_24h", day.high) | _price(listing, "low_price_24h", day.low)
    prices |= _price(listing, "prev_price_1h", day.hour_ago)
    prices |= {"price_1h_pcnt_e6": _ratio(last, day.hour_ago)}
    return prices | _price(listing, "mark_price", fine + 30, 2) | _price(listing, "index_price", fine, 2)


def _volumes(listing: Listing, market: Market) -> dict[str, Any]:
    """Give interest, which lags up to a minute, and volumes, which do not."""
    day, scale = listing.day, listing.instrument.scale
    turnover = int(day.turnover * 10 ** (scale + 8))
    minute = market.now // 60_000 % 1000
    interest = {"open_interest": day.volume // 3 // 1000 * 1000 + minute, "open_value_e8": 0}
    volumes = {"total_turnover_e8": turnover * 20, "turnover_24h_e8": turnover}
    return {**interest, **volumes, "total_volume": day.volume * 20, "volume_24h": day.volume}


def next_funding(now: int) -> int:
    """Give the time of the next funding, in ms."""
    interval = FUNDING_HOURS * _HOUR
    return (now // interval + 1) * interval


def _funding(now: int) -> dict[str, Any]:
    following = next_funding(now)
    left = -(-(following - now) // _HOUR)
    times = {"next_funding_time": iso_seconds(following), "countdown_hour": left}
    return {**times, "funding_rate_interval": FUNDING_HOURS}


class InstrumentInfo(Channel):
    """Snapshot, then ``update`` with changed keys only."""

    def __init__(self, topic: str, listing: Listing, market: Market) -> None:
        super().__init__(0.1)
        self._topic = topic
        self._listing = listing
        self._market = market
        self._known = record(listing, market)
        self._time = market.now

    def first(self) -> Iterable[Frame]:
        """Give the record as of the last push."""
        return [self._write("snapshot", self._known)]

    def fresh(self) -> Iterable[Frame]:
        """Give the keys that changed, beside those every delta repeats."""
        if self._listing.book.seq == self._known["cross_seq"]:
            return []
        old, self._known = self._known, record(self._listing, self._market)
        self._time = self._market.now
        changed = {key: value for key, value in self._known.items() if key in _ALWAYS or old[key] != value}
        if len(changed) == len(_ALWAYS):
            return []
        return [self._write("delta", {"delete": [], "update": [changed], "insert": []})]

    def _write(self, kind: str, data: dict[str, Any]) -> Frame:
        message = {"topic": self._topic, "type": kind, "data": data, "cross_seq": self._known["cross_seq"]}
        return compact(message | {"timestamp_e6": self._time * 1000})
