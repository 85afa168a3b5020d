"""The exchange's own books, trades, candles and tickers, to compare a client's with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from . import inverse_channels, spot_records
from .inverse_books import rows
from .inverse_info import record
from .listing import Listing
from .market import Market

T = TypeVar("T")
Levels = dict[str, list[list[str]]]


class Truth:
    """Answers in wire format; every answer is a consistent moment, from any thread."""

    def __init__(self, market: Market, call: Callable[[Callable[[], Any]], Any]) -> None:
        self._market = market
        self._call = call

    def book(self, symbol: str, levels: int = 200) -> Levels | list[dict[str, Any]]:
        """Give the best levels: ``{"b","a"}`` on spot, snapshot rows on inverse."""
        return self._ask(symbol, lambda listing: _book(listing, levels))

    def trades(self, symbol: str) -> list[dict[str, Any]]:
        """Give every trade since the start, oldest first (the last 200,000 are kept)."""
        return self._ask(symbol, _trades)

    def candle(self, symbol: str, interval: str) -> dict[str, Any]:
        """Give the current candle."""
        return self._ask(symbol, lambda listing: _candle(listing, interval))

    def ticker(self, symbol: str) -> dict[str, Any]:
        """Give the V1 24 h record on spot, the whole instrument_info record on inverse."""
        return self._ask(symbol, self._ticker)

    def version(self, symbol: str) -> int:
        """Give the book's sequence number: V1's ``v`` up to the ``_``, inverse's ``cross_seq``, V5's ``seq``."""
        return self._ask(symbol, lambda listing: listing.book.seq)

    def v5_order_id(self, order_id: str) -> str:
        """Give V5's id of a legacy order: the same, but that an order which a stop order placed keeps the stop's id."""
        origin: str = self._call(lambda: self._market.v5_origins.get(order_id, order_id))
        return origin

    def _ask(self, symbol: str, question: Callable[[Listing], T]) -> T:
        listing = self._market.listings[symbol]
        answer: T = self._call(lambda: question(listing))
        return answer

    def _ticker(self, listing: Listing) -> dict[str, Any]:
        if not listing.instrument.inverse:
            return spot_records.ticker_v1(listing)
        return record(listing, self._market)


def _book(listing: Listing, levels: int) -> Levels | list[dict[str, Any]]:
    bids, asks = listing.book.bids.top(levels), listing.book.asks.top(levels)
    if listing.instrument.inverse:
        return rows(listing, bids, asks)
    return {"b": listing.pairs(bids), "a": listing.pairs(asks)}


def _trades(listing: Listing) -> list[dict[str, Any]]:
    write = inverse_channels.trade if listing.instrument.inverse else spot_records.trade
    return [write(listing, trade) for trade in listing.tape.since(0)]


def _candle(listing: Listing, interval: str) -> dict[str, Any]:
    candle = listing.candles.series[interval].current
    if listing.instrument.inverse:
        return inverse_channels.candle(listing, candle, False)
    return spot_records.candle(listing, candle)
