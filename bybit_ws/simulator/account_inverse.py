"""The customer's inverse account: order, stop_order, execution, position and wallet (section 11)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .listing import Listing, Trade
from .log import Log
from .orders import Order, Stop
from .wire import compact, iso_millis

PRIVATE_TOPICS = ("position", "execution", "order", "stop_order", "wallet")
_USER_ID = 533_285
_LEVERAGE = 10
_TAKER, _MAKER = Decimal("0.0006"), Decimal("0.0001")
_SATOSHI = Decimal("1e-8")
_ZERO = Decimal(0)
_REASONS = {"user": "CreateByUser", "stop": "CreateByStopOrder", "close": "CreateByClosing"}
_STOP_STATUS = {"new": "Untriggered", "triggered": "Triggered", "cancelled": "Deactivated"}
_TP_SL = {"tp_sl_mode": "Partial", "tp_order_num": 0, "sl_order_num": 0}


def _coins(amount: Decimal) -> str:
    """Write an amount of coin: at most 8 decimals, no trailing zeros."""
    text = format(amount.quantize(_SATOSHI), "f").rstrip("0").rstrip(".")
    return text if text not in {"", "-0"} else "0"


def _uuid(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, ":".join(map(str, parts))))


@dataclass
class Position:
    """A long (or flat) position in one contract, and what open orders bind."""

    size: int = 0
    value: Decimal = _ZERO
    ordered: Decimal = _ZERO
    realised: Decimal = _ZERO
    seq: int = 0

    @property
    def margin(self) -> Decimal:
        """What the position binds."""
        return self.value / _LEVERAGE

    @property
    def closing_fee(self) -> Decimal:
        """The fee kept back for closing at the bankruptcy price, 1/L above the entry value."""
        return self.value * (1 + Decimal(1) / _LEVERAGE) * _TAKER

    @property
    def order_margin(self) -> Decimal:
        """What open orders bind."""
        return self.ordered / _LEVERAGE

    @property
    def bound(self) -> Decimal:
        """All that is not available."""
        return self.margin + self.closing_fee + self.order_margin


class InverseAccount:
    """Turns what happens to orders into messages: ``events`` holds (topic, text) in order."""

    def __init__(self, listings: dict[str, Listing]) -> None:
        self.events: Log[tuple[str, str]] = Log()
        inverse = [listing for listing in listings.values() if listing.instrument.inverse]
        self._positions = {listing.symbol: Position() for listing in inverse}
        self._wallets = {listing.instrument.base: Decimal(1000) for listing in inverse}
        self._values: dict[int, Decimal] = {}
        self._paid: dict[int, Decimal] = {}

    def placed(self, order: Order) -> None:
        """Push a New order and what it binds."""
        self._values[order.id] = self._paid[order.id] = _ZERO
        self._bind(order, order.size)
        self._order(order, "New")
        self._standing(order.listing)

    def filled(self, order: Order, trade: Trade, maker: bool) -> None:
        """Push execution, order, position and wallet of one fill."""
        value = self._value(order.listing, trade.size, trade.price)
        fee = (value * (_MAKER if maker else _TAKER)).quantize(_SATOSHI)
        self._values[order.id] += value
        self._paid[order.id] += fee
        self._bind(order, -trade.size)
        self._move(order, trade, value, fee)
        self._execution(order, trade, fee, maker)
        self._order(order, "PartiallyFilled" if order.left else "Filled", trade.price)
        self._standing(order.listing)
        if not order.left:
            self._forget(order)

    def cancelled(self, order: Order) -> None:
        """Push a Cancelled order and what is free again."""
        self._bind(order, -order.left)
        self._order(order, "Cancelled")
        self._standing(order.listing)
        self._forget(order)

    def stop_changed(self, stop: Stop, status: str) -> None:
        """Push a stop order's new status."""
        listing = stop.listing
        row: dict[str, Any] = {"order_id": _uuid("stop", listing.symbol, stop.id), "order_link_id": ""}
        row |= {"user_id": _USER_ID, "symbol": listing.symbol, "side": _side(stop.buy)}
        row |= {"order_type": "Market", "price": "0", "qty": stop.size, "time_in_force": "ImmediateOrCancel"}
        cancel = "CancelByUser" if status == "cancelled" else ""
        row |= {"create_type": "CreateByStopOrder", "cancel_type": cancel}
        row |= {"order_status": _STOP_STATUS[status], "stop_order_type": "Stop", "trigger_by": "LastPrice"}
        row |= {"trigger_price": _price(listing, stop.trigger), "close_on_trigger": False}
        self._emit("stop_order", row | {"timestamp": iso_millis(stop.updated)})

    def _emit(self, topic: str, row: dict[str, Any]) -> None:
        self.events.append((topic, compact({"topic": topic, "data": [row]})))

    def _order(self, order: Order, status: str, last_price: int = 0) -> None:
        listing, open_ = order.listing, status in {"New", "PartiallyFilled"}
        row: dict[str, Any] = {"order_id": _uuid("order", listing.symbol, order.id), "order_link_id": ""}
        row |= {"symbol": listing.symbol, "side": _side(order.buy)}
        row |= {"order_type": "Limit" if order.limit else "Market"}
        row |= {"price": _price(listing, order.price or order.market_price), "qty": order.size}
        row |= {"time_in_force": "GoodTillCancel" if order.limit else "ImmediateOrCancel"}
        row |= {"create_type": _REASONS[order.reason]}
        row |= {"cancel_type": "CancelByUser" if status == "Cancelled" else "", "order_status": status}
        row |= {"leaves_qty": order.left if open_ else 0, "cum_exec_qty": order.filled}
        row |= {"cum_exec_value": _coins(self._values[order.id])}
        row |= {"cum_exec_fee": _coins(self._paid[order.id]), "timestamp": iso_millis(order.created)}
        row |= {"take_profit": "0", "stop_loss": "0", "trailing_stop": "0", "trailing_active": "0"}
        row |= {"last_exec_price": _price(listing, last_price)}
        self._emit("order", row | {"reduce_only": order.reason == "close", "close_on_trigger": False})

    def _execution(self, order: Order, trade: Trade, fee: Decimal, maker: bool) -> None:
        listing = order.listing
        row: dict[str, Any] = {"symbol": listing.symbol, "side": _side(order.buy)}
        row |= {"order_id": _uuid("order", listing.symbol, order.id), "exec_id": _uuid("exec", trade.id)}
        row |= {"order_link_id": "", "price": _price(listing, trade.price), "order_qty": order.size}
        row |= {"exec_type": "Trade", "exec_qty": trade.size, "exec_fee": _coins(fee)}
        row |= {"leaves_qty": order.left, "is_maker": maker}
        self._emit("execution", row | {"trade_time": iso_millis(trade.time)})

    def _standing(self, listing: Listing) -> None:
        """Push the position and the wallet as they are now."""
        position = self._positions[listing.symbol]
        coin = listing.instrument.base
        wallet, free = self._wallets[coin], self._available(coin)
        position.seq += 1
        self._emit("position", self._position_row(listing, position, wallet, free))
        row = {"user_id": _USER_ID, "coin": coin, "available_balance": _coins(free)}
        self._emit("wallet", row | {"wallet_balance": _coins(wallet)})

    def _available(self, coin: str) -> Decimal:
        bound = [position.bound for symbol, position in self._positions.items() if symbol[:3] == coin]
        return self._wallets[coin] - sum(bound, _ZERO)

    def _position_row(self, listing: Listing, at: Position, wallet: Decimal, free: Decimal) -> dict[str, Any]:
        entry = (at.size / at.value) if at.size else _ZERO
        bust = entry * _LEVERAGE / (_LEVERAGE + 1)
        row: dict[str, Any] = {"user_id": _USER_ID, "symbol": listing.symbol, "size": at.size}
        row |= {"side": "Buy" if at.size else "None", "position_value": _coins(at.value)}
        row |= {"entry_price": _coins(entry)}
        row |= {"liq_price": _ticked(listing, bust * Decimal("1.005")), "bust_price": _ticked(listing, bust)}
        row |= {"leverage": str(_LEVERAGE), "order_margin": _coins(at.order_margin)}
        row |= {"position_margin": _coins(at.margin), "available_balance": _coins(free)}
        row |= {"take_profit": "0", "stop_loss": "0", "realised_pnl": _coins(at.realised)}
        row |= {"trailing_stop": "0", "trailing_active": "0", "wallet_balance": _coins(wallet), "risk_id": 1}
        row |= {"occ_closing_fee": _coins(at.closing_fee), "occ_funding_fee": "0", "auto_add_margin": 1}
        row |= {"cum_realised_pnl": _coins(at.realised), "position_status": "Normal", "position_seq": at.seq}
        row |= {"Isolated": True, "mode": 0, "position_idx": 0} | _TP_SL
        return row | {"tp_free_size_x": at.size, "sl_free_size_x": at.size}

    def _bind(self, order: Order, size: int) -> None:
        if order.buy and order.limit:
            self._positions[order.listing.symbol].ordered += self._value(order.listing, size, order.price)

    def _move(self, order: Order, trade: Trade, value: Decimal, fee: Decimal) -> None:
        """Grow or shrink the position; the difference of values is the profit, in coin."""
        position, gain = self._positions[order.listing.symbol], -fee
        if order.buy:
            position.size += trade.size
            position.value += value
        else:
            part = position.value * trade.size / position.size
            position.size -= trade.size
            position.value -= part
            gain += part - value
        position.realised += gain
        self._wallets[order.listing.instrument.base] += gain

    def _forget(self, order: Order) -> None:
        del self._values[order.id], self._paid[order.id]

    @staticmethod
    def _value(listing: Listing, size: int, price: int) -> Decimal:
        """What ``size`` contracts of 1 USD are worth in coin."""
        return size * Decimal(10**listing.instrument.scale) / price


def _side(buy: bool) -> str:
    return "Buy" if buy else "Sell"


def _price(listing: Listing, price: int) -> str:
    text = listing.price_text(price)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ticked(listing: Listing, price: Decimal) -> str:
    instrument = listing.instrument
    return _price(listing, int(price.scaleb(instrument.scale)) // instrument.tick * instrument.tick)
