"""The tickers (wire-v5 section 6): the records of the legacy topics, in today's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..channels import Channel
from ..inverse_info import FUNDING_HOURS, next_funding, record
from ..listing import Listing
from ..market import Market
from ..spot_records import ticker_v1
from ..wire import Frame, compact, fixed
from .instruments import delivery

_SPOT = 0.05
_INVERSE = 0.1
_REPEATED = ("symbol", "fundingRate", "bid1Price", "bid1Size", "ask1Price", "ask1Size")
"""What deltas of inverse repeat, changed or not."""

_RATES = {"EOSUSD": "0.00009992", "XRPUSD": "0.0001002"}
"""Some rates have more digits than the legacy record can say."""


class SpotTickerChannel(Channel):
    """The whole ticker after every trade; it knows no bid and no ask."""

    def __init__(self, topic: str, listing: Listing, market: Market) -> None:
        super().__init__(_SPOT)
        self._topic = topic
        self._listing = listing
        self._market = market
        self._take()

    def first(self) -> Iterable[Frame]:
        """Give the ticker as of the last push."""
        return [self._last]

    def fresh(self) -> Iterable[Frame]:
        """Give the ticker if there was a trade."""
        if self._listing.tape.count == self._trades:
            return []
        self._take()
        return [self._last]

    def _take(self) -> None:
        listing = self._listing
        self._trades = listing.tape.count
        head: dict[str, Any] = {"topic": self._topic, "ts": self._market.now, "type": "snapshot"}
        self._last = compact({**head, "cs": listing.book.seq, "data": spot_ticker(listing)})


class InverseTickerChannel(Channel):
    """The whole ticker, then the keys that changed and some that did not."""

    def __init__(self, topic: str, listing: Listing, market: Market) -> None:
        super().__init__(_INVERSE)
        self._topic = topic
        self._listing = listing
        self._market = market
        self._take()

    def first(self) -> Iterable[Frame]:
        """Give the ticker as of the last push."""
        return [self._write("snapshot", self._known)]

    def fresh(self) -> Iterable[Frame]:
        """Give what changed."""
        if self._listing.book.seq == self._seq:
            return []
        old = self._known
        self._take()
        if old == self._known:
            return []
        changed = {key: value for key, value in self._known.items() if key in _REPEATED or old.get(key) != value}
        return [self._write("delta", changed)]

    def _take(self) -> None:
        self._known = inverse_ticker(self._listing, self._market)
        self._seq, self._now = self._listing.book.seq, self._market.now

    def _write(self, kind: str, data: dict[str, Any]) -> Frame:
        return compact({"topic": self._topic, "type": kind, "data": data, "cs": self._seq, "ts": self._now})


def spot_ticker(listing: Listing) -> dict[str, str]:
    """Give the 24 h record of a spot symbol."""
    known = ticker_v1(listing)
    row = {"symbol": listing.symbol, "lastPrice": known["c"], "highPrice24h": known["h"], "lowPrice24h": known["l"]}
    row |= {"prevPrice24h": known["o"], "volume24h": known["v"], "turnover24h": known["qv"]}
    return row | {"price24hPcnt": _trimmed(known["m"]), "usdIndexPrice": known["xp"]}


def inverse_ticker(listing: Listing, market: Market) -> dict[str, str]:
    """Give the record of an inverse symbol; what follows from the same state is the same as in instrument_info."""
    known, book, symbol = record(listing, market), listing.book, listing.symbol
    row = {"symbol": symbol, "tickDirection": known["last_tick_direction"]}
    row |= {"price24hPcnt": _trimmed(fixed(known["price_24h_pcnt_e6"], 6)), "lastPrice": known["last_price"]}
    row |= {"prevPrice24h": known["prev_price_24h"], "highPrice24h": known["high_price_24h"]}
    row |= {"lowPrice24h": known["low_price_24h"], "prevPrice1h": known["prev_price_1h"]}
    row |= {"markPrice": known["mark_price"], "indexPrice": known["index_price"]}
    row |= _volumes(listing, known) | _term(listing, market, known)
    best_bid, best_ask = book.best_bid, book.best_ask
    row |= {"bid1Price": known["bid1_price"], "bid1Size": str(book.bids.sizes[best_bid])}
    return row | {"ask1Price": known["ask1_price"], "ask1Size": str(book.asks.sizes[best_ask])}


def _volumes(listing: Listing, known: dict[str, Any]) -> dict[str, str]:
    """Give interest and volumes; the turnover has four decimals, and some symbols write volumes with as many."""
    interest = known["open_interest"]
    row = {"openInterest": str(interest), "singleOpenInterest": str(interest // 2)}
    row |= {"openInterestValue": f"{interest / float(known['mark_price']):.2f}"}
    row |= {"turnover24h": fixed(known["turnover_24h_e8"] // 10**4, 4)}
    decimals = ".0000" if listing.instrument.scale > 2 else ""
    return row | {"volume24h": f"{known['volume_24h']}{decimals}"}


def _term(listing: Listing, market: Market, known: dict[str, Any]) -> dict[str, str]:
    """Give what perpetuals have of funding, and dated futures of their delivery."""
    due = delivery(listing.symbol)
    if not due:
        row = {"fundingIntervalHour": str(FUNDING_HOURS), "fundingCap": "0.00375"}
        row |= {"nextFundingTime": str(next_funding(market.now))}
        return row | {"fundingRate": _RATES.get(listing.symbol, "0.0001")}
    basis = float(known["mark_price"]) - float(known["index_price"])
    row = {"nextFundingTime": "", "fundingRate": "", "deliveryTime": str(due), "predictedDeliveryPrice": ""}
    return row | {"basis": f"{basis:.2f}", "basisRate": f"{basis / float(known['index_price']):.8f}"}


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
