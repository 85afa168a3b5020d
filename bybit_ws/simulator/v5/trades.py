"""Trades and liquidations (wire-v5 section 6)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Callable, TypeVar

from ..channels import Channel
from ..listing import Listing, Trade
from ..log import Log
from ..market import Liquidation, Market
from ..wire import Frame, compact, plain

T = TypeVar("T")
_MOST_TRADES = 1024
_REAL_TIME = 0.02
_LIQUIDATIONS = 0.5


def trade_id(listing: Listing, trade: Trade) -> str:
    """Give a trade's id, the same as on the legacy sockets: a number on spot, a UUID on inverse."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(trade.id))) if listing.instrument.inverse else str(trade.id)


def size_text(listing: Listing, size: int) -> str:
    """Write a size: plain decimals on spot, contracts on inverse."""
    return plain(size, listing.instrument.lot_scale)


def trade(listing: Listing, trade: Trade) -> dict[str, Any]:
    """Give one public trade, in the key order of its category."""
    side, price, size = "Buy" if trade.buy else "Sell", listing.price_text(trade.price), size_text(listing, trade.size)
    if not listing.instrument.inverse:
        row: dict[str, Any] = {"i": trade_id(listing, trade), "T": trade.time, "p": price, "v": size, "S": side}
        return row | {"seq": trade.seq, "s": listing.symbol, "BT": False, "RPI": False}
    row = {"T": trade.time, "s": listing.symbol, "S": side, "v": size, "p": price, "L": trade.direction}
    return row | {"i": trade_id(listing, trade), "BT": False, "RPI": False, "seq": trade.seq}


class BatchChannel(Channel):
    """Pushes the new entries of a log together; there is no backlog."""

    def __init__(
        self, topic: str, period: float, log: Log[T], render: Callable[[T], dict[str, Any]], market: Market
    ) -> None:
        super().__init__(period)
        self._topic = topic
        self._log: Log[Any] = log
        self._render: Callable[[Any], dict[str, Any]] = render
        self._market = market
        self._cursor = log.count

    def fresh(self) -> Iterable[Frame]:
        """Give the entries since the last push."""
        entries = self._log.since(self._cursor)
        self._cursor = self._log.count
        for start in range(0, len(entries), _MOST_TRADES):
            data = [self._render(entry) for entry in entries[start : start + _MOST_TRADES]]
            yield compact({"topic": self._topic, "type": "snapshot", "ts": self._market.now, "data": data})


def trades(topic: str, listing: Listing, market: Market) -> Channel:
    """Make the channel of a symbol's trades."""
    return BatchChannel(topic, _REAL_TIME, listing.tape, lambda entry: trade(listing, entry), market)


def liquidations(topic: str, listing: Listing, market: Market) -> Channel:
    """Make the channel of a symbol's liquidations; ``S`` is the side of the position."""

    def render(at: Liquidation) -> dict[str, Any]:
        row: dict[str, Any] = {"T": at.time, "s": at.symbol, "S": "Buy" if at.long else "Sell", "v": str(at.size)}
        return row | {"p": listing.price_text(at.price)}

    return BatchChannel(topic, _LIQUIDATIONS, market.liquidations[listing.symbol], render, market)
