"""The public topics' channels (wire-v5 section 6)."""

from __future__ import annotations

from ..channels import Channel
from ..session import Venue
from .books import BestChannel, BookChannel
from .insurance import InsuranceChannel
from .klines import KlineChannel
from .tickers import InverseTickerChannel, SpotTickerChannel
from .topics import BOOKS, INSURANCE, Category
from .trades import liquidations, trades


def make(topic: str, category: Category, venue: Venue) -> Channel:
    """Make the channel of one topic such as ``orderbook.50.BTCUSD``."""
    market = venue.market
    if topic == INSURANCE:
        return InsuranceChannel(topic, market)
    name, *middle, symbol = topic.split(".")
    listing = market.listings[symbol]
    if name == "orderbook":
        depth = int(middle[0])
        kind = BestChannel if depth == 1 else BookChannel
        return kind(topic, depth, BOOKS[depth], listing, market, venue.updates)
    if name == "kline":
        return KlineChannel(topic, middle[0], listing)
    if name == "publicTrade":
        return trades(topic, listing, market)
    if name == "allLiquidation":
        return liquidations(topic, listing, market)
    return (InverseTickerChannel if category.inverse else SpotTickerChannel)(topic, listing, market)
