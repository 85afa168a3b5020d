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
USER_ID = 533_285
LEVERAGE = 10
_TAKER, _MAKER = Decimal("0.0006"), Decimal("0.0001")
_SATOSHI = Decimal("1e-8")
_ZERO = Decimal(0)
REASONS = {"user": "CreateByUser", "stop": "CreateByStopOrder", "close": "CreateByClosing"}
_STOP_STATUS = {"new": "Untriggered", "triggered": "Triggered", "cancelled": "Deactivated"}
_TP_SL = {"tp_sl_mode": "Partial", "tp_order_num": 0, "sl_order_num": 0}


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_SATOSHI)


def coins(amount: Decimal) -> str:
    """Write an amount of coin: at most 8 decimals, no trailing zeros."""
    text = format(_rounded(amount), "f").rstrip("0").rstrip(".")
    return text if text not in {"", "-0"} else "0"


def _uuid(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, ":".join(map(str, parts))))


def order_id(order: Order | Stop) -> str:
    """Give the id of an order or a stop order."""
    return _uuid("order" if isinstance(order, Order) else "stop", order.listing.symbol, order.id)


def exec_id(trade: Trade) -> str:
    """Give the id of an execution."""
    return _uuid("exec", trade.id)


@dataclass
class Position:
    """A long (or flat) position in one contract, and what open orders bind."""

    size: int = 0
    value: Decimal = _ZERO
    ordered: Decimal = _ZERO
    realised: Decimal = _ZERO
    seq: int = 0

    @property
    def entry(self) -> Decimal:
        """The average price; 0 when flat."""
        return self.size / self.value if self.size else _ZERO

    @property
    def bankruptcy(self) -> Decimal:
        """The price at which the margin is gone."""
        return self.entry * LEVERAGE / (LEVERAGE + 1)

    @property
    def margin(self) -> Decimal:
        """What the position binds."""
        return self.value / LEVERAGE

    @property
    def closing_fee(self) -> Decimal:
        """The fee kept back for closing at the bankruptcy price, 1/L above the entry value."""
        return self.value * (1 + Decimal(1) / LEVERAGE) * _TAKER

    @property
    def order_margin(self) -> Decimal:
        """What open orders bind."""
        return self.ordered / LEVERAGE

    @property
    def bound(self) -> Decimal:
        """All that is not available."""
        return self.margin + self.closing_fee + self.order_margin


class InverseAccount:
    """Turns what happens to orders into messages: ``events`` holds (topic, text) in order."""

    def __init__(self, listings: dict[str, Listing]) -> None:
        self.events: Log[tuple[str, str]] = Log()
        inverse = [listing for listing in listings.values() if listing.instrument.inverse]
        self._listings = {listing.symbol: listing for listing in inverse}
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
        value, fee = self.worth(order.listing, trade, maker)
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
        row: dict[str, Any] = {"order_id": order_id(stop), "order_link_id": ""}
        row |= {"user_id": USER_ID, "symbol": listing.symbol, "side": _side(stop.buy)}
        row |= {"order_type": "Market", "price": "0", "qty": stop.size, "time_in_force": "ImmediateOrCancel"}
        cancel = "CancelByUser" if status == "cancelled" else ""
        row |= {"create_type": "CreateByStopOrder", "cancel_type": cancel}
        row |= {"order_status": _STOP_STATUS[status], "stop_order_type": "Stop", "trigger_by": "LastPrice"}
        row |= {"trigger_price": _price(listing, stop.trigger), "close_on_trigger": False}
        self._emit("stop_order", row | {"timestamp": iso_millis(stop.updated)})

    def balances(self) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
        """Give, for each coin, the wallet's balance, what of it is available, and what open orders bind."""
        ordered = dict.fromkeys(self._wallets, _ZERO)
        for symbol, position in self._positions.items():
            ordered[symbol[:3]] += position.order_margin
        return {
            coin: tuple(map(_rounded, (wallet, self._available(coin), ordered[coin])))  # type: ignore[misc]
            for coin, wallet in self._wallets.items()
        }

    def position(self, symbol: str) -> Position:
        """Give the position in one contract."""
        return self._positions[symbol]

    def liquidation(self, symbol: str) -> int:
        """Give the price at which a position is taken over; 0 when flat."""
        return _ticked(self._listings[symbol], self._positions[symbol].bankruptcy * Decimal("1.005"))

    def gain(self, symbol: str) -> Decimal:
        """Give what a position has gained and not realised, at the mark price."""
        position = self._positions[symbol]
        listing = self._listings[symbol]
        return position.value - self._value(listing, position.size, mark(listing))

    def unrealised(self, coin: str) -> Decimal:
        """Give what all positions have gained in a coin."""
        return _rounded(sum((self.gain(symbol) for symbol in self._positions if symbol[:3] == coin), _ZERO))

    def worth(self, listing: Listing, trade: Trade, maker: bool) -> tuple[Decimal, Decimal]:
        """Give a fill's value and fee, in coin."""
        value = self._value(listing, trade.size, trade.price)
        return value, _rounded(value * (_MAKER if maker else _TAKER))

    def _emit(self, topic: str, row: dict[str, Any]) -> None:
        self.events.append((topic, compact({"topic": topic, "data": [row]})))

    def _order(self, order: Order, status: str, last_price: int = 0) -> None:
        listing, open_ = order.listing, status in {"New", "PartiallyFilled"}
        row: dict[str, Any] = {"order_id": order_id(order), "order_link_id": ""}
        row |= {"symbol": listing.symbol, "side": _side(order.buy)}
        row |= {"order_type": "Limit" if order.limit else "Market"}
        row |= {"price": _price(listing, order.price or order.market_price), "qty": order.size}
        row |= {"time_in_force": "GoodTillCancel" if order.limit else "ImmediateOrCancel"}
        row |= {"create_type": REASONS[order.reason]}
        row |= {"cancel_type": "CancelByUser" if status == "Cancelled" else "", "order_status": status}
        row |= {"leaves_qty": order.left if open_ else 0, "cum_exec_qty": order.filled}
        row |= {"cum_exec_value": coins(self._values[order.id])}
        row |= {"cum_exec_fee": coins(self._paid[order.id]), "timestamp": iso_millis(order.created)}
        row |= {"take_profit": "0", "stop_loss": "0", "trailing_stop": "0", "trailing_active": "0"}
        row |= {"last_exec_price": _price(listing, last_price)}
        self._emit("order", row | {"reduce_only": order.reason == "close", "close_on_trigger": False})

    def _execution(self, order: Order, trade: Trade, fee: Decimal, maker: bool) -> None:
        listing = order.listing
        row: dict[str, Any] = {"symbol": listing.symbol, "side": _side(order.buy)}
        row |= {"order_id": order_id(order), "exec_id": exec_id(trade)}
        row |= {"order_link_id": "", "price": _price(listing, trade.price), "order_qty": order.size}
        row |= {"exec_type": "Trade", "exec_qty": trade.size, "exec_fee": coins(fee)}
        row |= {"leaves_qty": order.left, "is_maker": maker}
        self._emit("execution", row | {"trade_time": iso_millis(trade.time)})

    def _standing(self, listing: Listing) -> None:
        """Push the position and the wallet as they are now."""
        position = self._positions[listing.symbol]
        coin = listing.instrument.base
        wallet, free = self._wallets[coin], self._available(coin)
        position.seq += 1
        self._emit("position", self._position_row(listing, position, wallet, free))
        row = {"user_id": USER_ID, "coin": coin, "available_balance": coins(free)}
        self._emit("wallet", row | {"wallet_balance": coins(wallet)})

    def _available(self, coin: str) -> Decimal:
        bound = [position.bound for symbol, position in self._positions.items() if symbol[:3] == coin]
        return self._wallets[coin] - sum(bound, _ZERO)

    def _position_row(self, listing: Listing, at: Position, wallet: Decimal, free: Decimal) -> dict[str, Any]:
        bust = at.bankruptcy
        row: dict[str, Any] = {"user_id": USER_ID, "symbol": listing.symbol, "size": at.size}
        row |= {"side": "Buy" if at.size else "None", "position_value": coins(at.value)}
        row |= {"entry_price": coins(at.entry)}
        row |= {"liq_price": _price(listing, self.liquidation(listing.symbol))}
        row |= {"bust_price": _price(listing, _ticked(listing, bust))}
        row |= {"leverage": str(LEVERAGE), "order_margin": coins(at.order_margin)}
        row |= {"position_margin": coins(at.margin), "available_balance": coins(free)}
        row |= {"take_profit": "0", "stop_loss": "0", "realised_pnl": coins(at.realised)}
        row |= {"trailing_stop": "0", "trailing_active": "0", "wallet_balance": coins(wallet), "risk_id": 1}
        row |= {"occ_closing_fee": coins(at.closing_fee), "occ_funding_fee": "0", "auto_add_margin": 1}
        row |= {"cum_realised_pnl": coins(at.realised), "position_status": "Normal", "position_seq": at.seq}
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


def mark(listing: Listing) -> int:
    """Give the mark price, as instrument_info writes it."""
    return (round(listing.index * 100) + 30) // 100


def _side(buy: bool) -> str:
    return "Buy" if buy else "Sell"


def _price(listing: Listing, price: int) -> str:
    text = listing.price_text(price)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ticked(listing: Listing, price: Decimal) -> int:
    instrument = listing.instrument
    return int(price.scaleb(instrument.scale)) // instrument.tick * instrument.tick
