"""The inverse socket's other streams (wire-legacy sections 10 and 11)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from .candles import Candle
from .channels import Channel, Hub, LogChannel
from .instruments import INVERSE
from .inverse_books import InverseBook
from .inverse_info import InstrumentInfo
from .listing import Listing, Trade
from .market import Fund, Liquidation, Market
from .wire import Frame, compact, iso_seconds, number

_TRADES = 0.1
_KLINES = 1.0
_EVENTS = 0.02
_AT_ONCE = 0.001
BOOKS = {"orderBookL2_25": (25, 0.02), "orderBook_200.100ms": (200, 0.1)}


def trade(listing: Listing, trade: Trade) -> dict[str, Any]:
    """Give one public trade, with the keys of 2023; ``timestamp`` is its time floored to the second."""
    row: dict[str, Any] = {"trade_time_ms": trade.time, "timestamp": f"{iso_seconds(trade.time)[:-1]}.000Z"}
    row |= {"symbol": listing.symbol, "side": "Buy" if trade.buy else "Sell", "size": trade.size}
    row |= {"price": number(trade.price, listing.instrument.scale), "tick_direction": trade.direction}
    row |= {"trade_id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(trade.id))), "cross_seq": trade.seq}
    return row | {"is_block_trade": "false"}


def candle(listing: Listing, candle: Candle, confirm: bool) -> dict[str, Any]:
    """Give one candle; ``turnover`` is a float with noise, ``timestamp`` a string of µs."""
    scale = listing.instrument.scale
    row: dict[str, Any] = {"start": candle.start // 1000, "end": candle.end // 1000}
    row |= {name: number(getattr(candle, name), scale) for name in ("open", "close", "high", "low")}
    row |= {"volume": candle.volume, "turnover": candle.turnover or 0, "timestamp": str(candle.updated * 1000)}
    return row | {"confirm": confirm, "cross_seq": candle.seq}


class Trades(Channel):
    """New trades, up to 20 per message, no backlog."""

    def __init__(self, topic: str, listing: Listing) -> None:
        super().__init__(_TRADES)
        self._topic = topic
        self._listing = listing
        self._cursor = listing.tape.count

    def fresh(self) -> Iterable[Frame]:
        """Give the trades since the last push."""
        trades = self._listing.tape.since(self._cursor)
        self._cursor = self._listing.tape.count
        for start in range(0, len(trades), 20):
            data = [trade(self._listing, entry) for entry in trades[start : start + 20]]
            yield compact({"topic": self._topic, "data": data})


class Klines(Channel):
    """The current candle; closed ones once more with ``confirm:true``."""

    def __init__(self, topic: str, interval: str, listing: Listing) -> None:
        super().__init__(_KLINES)
        self._topic = topic
        self._listing = listing
        self._series = listing.candles.series[interval]
        self._closed = self._series.closed.count
        self._version = self._series.version

    def first(self) -> Iterable[Frame]:
        """Give the current candle."""
        return [self._write(self._series.current, False)]

    def fresh(self) -> Iterable[Frame]:
        """Give what closed, and the current candle if it changed."""
        series = self._series
        frames = [self._write(closed, True) for closed in series.closed.since(self._closed)]
        if series.version != self._version:
            frames.append(self._write(series.current, False))
        self._closed, self._version = series.closed.count, series.version
        return frames

    def _write(self, at: Candle, confirm: bool) -> Frame:
        message = {"topic": self._topic, "data": [candle(self._listing, at, confirm)]}
        return compact(message | {"timestamp_e6": at.updated * 1000})


def _liquidations(topic: str, listing: Listing, market: Market) -> Channel:
    def render(at: Liquidation) -> Frame:
        side = "Buy" if at.long else "Sell"
        data: dict[str, Any] = {"symbol": at.symbol, "side": side, "price": listing.price_text(at.price)}
        return compact({"topic": topic, "data": data | {"qty": str(at.size), "time": at.time}})

    return LogChannel(_EVENTS, market.liquidations[listing.symbol], render)


def _insurance(topic: str, coin: str, market: Market) -> Channel:
    def render(fund: Fund) -> Frame:
        row = {"currency": fund.coin, "timestamp": iso_seconds(fund.time), "wallet_balance": fund.balance}
        return compact({"topic": topic, "data": [row]})

    return LogChannel(_EVENTS, market.insurance[coin], render, backlog=1)


def private(topics: frozenset[str], market: Market) -> Channel:
    """Make one channel for several private topics, so that their common order is kept."""

    def render(event: tuple[str, str]) -> Frame | None:
        topic, text = event
        return text if topic in topics else None

    return LogChannel(_AT_ONCE, market.inverse_account.events, render)


def keep_books(hub: Hub, market: Market) -> None:
    """Start the order books: they run always, so that their snapshots are cached ones."""
    for name, (depth, period) in BOOKS.items():
        for symbol in INVERSE:
            topic = f"{name}.{symbol}"
            hub.keep(topic, InverseBook(topic, depth, period, market.listings[symbol], market))


def make(topic: str, market: Market) -> Channel:
    """Make the channel of one concrete topic such as ``klineV2.1.BTCUSD``."""
    name, *middle, symbol = topic.split(".")
    if name == "insurance":
        return _insurance(topic, symbol, market)
    listing = market.listings[symbol]
    if name == "trade":
        return Trades(topic, listing)
    if name == "klineV2":
        return Klines(topic, middle[0], listing)
    if name == "liquidation":
        return _liquidations(topic, listing, market)
    return InstrumentInfo(topic, listing, market)
