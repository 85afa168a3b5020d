"""The customer's spot account as the private socket tells it (wire-legacy section 9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .listing import Listing, Trade
from .log import Log
from .orders import Order, Stop
from .wire import compact, plain

USER_ID = 24_068_148
_ACCOUNT_ID = "24478790"
_OPPONENT_ID = "18478961"
FEE = Decimal("0.001")
_LOW = 0xFFFFFFFFFFFF
_STOP_STATUS = {"new": "ORDER_NEW", "triggered": "ORDER_FILLED", "cancelled": "ORDER_CANCELED"}
_NO_FILL = {"M": "0", "l": "0", "z": "0", "L": "0", "n": "0", "N": "", "A": "0"}


def rounded(value: Decimal) -> Decimal:
    """Round as amounts are written, at most 10 decimals."""
    return value.quantize(Decimal("1e-10"))


def _text(value: Decimal) -> str:
    text = format(rounded(value), "f").rstrip("0").rstrip(".")
    return text or "0"


def _side(order: Order) -> str:
    return "BUY" if order.buy else "SELL"


def client_id(order: Order | Stop) -> str:
    """Give the id that the customer gave an order."""
    return str(order.created - 20)


def _opponent(trade: Trade) -> str:
    return str(trade.id + 7)


class SpotAccount:
    """Turns what happens to orders into events: one JSON array each, in ``events``."""

    def __init__(self, listings: dict[str, Listing]) -> None:
        self.events: Log[str] = Log()
        coins = {i.instrument.base for i in listings.values() if not i.instrument.inverse}
        self._free = {coin: Decimal(100) for coin in coins} | {"USDT": Decimal(1_000_000)}
        self._locked = dict.fromkeys(self._free, Decimal(0))

    def placed(self, order: Order) -> None:
        """Report NEW and lock what the order may spend."""
        self._lock(order, order.size)
        self._report(order, "NEW", None)
        self._balances(order)

    def filled(self, order: Order, trade: Trade, maker: bool) -> None:
        """Report one fill twice, as ticketInfo and as executionReport, then the balances."""
        self._lock(order, -trade.size)
        self._settle(order, trade)
        self._emit(self._ticket(order, trade, maker))
        self._report(order, "PARTIALLY_FILLED" if order.left else "FILLED", trade)
        self._balances(order)

    def cancelled(self, order: Order) -> None:
        """Report CANCELED and give back what was locked."""
        self._lock(order, -order.left)
        self._report(order, "CANCELED", None)
        self._balances(order)

    def stop_changed(self, stop: Stop, status: str) -> None:
        """Report a stop order's new status."""
        listing = stop.listing
        event = {"e": "stop_executionReport", "E": str(listing.now), "s": listing.symbol}
        event |= {"c": client_id(stop), "S": "BUY" if stop.buy else "SELL", "o": "MARKET_OF_BASE"}
        event |= {"f": "GTC", "q": self._size(listing, stop.size), "p": "0", "X": _STOP_STATUS[status]}
        event |= {"i": str(stop.id), "T": str(stop.created), "t": str(stop.triggered), "C": str(stop.updated)}
        event |= {"qp": listing.price_text(stop.market_price), "eo": str(stop.order_id or stop.id + 1)}
        self._emit(event | {"ti": f"{stop.id & _LOW:016x}", "si": f"{stop.id * 31 & _LOW:016x}"})

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Give what is free and what is locked of each coin, as it is written."""
        return {coin: (rounded(free), rounded(self._locked[coin])) for coin, free in self._free.items()}

    def _emit(self, event: dict[str, Any]) -> None:
        self.events.append(compact([event]))

    def _report(self, order: Order, status: str, trade: Trade | None) -> None:
        listing = order.listing
        kind = "LIMIT" if order.limit else "MARKET_OF_BASE"
        event: dict[str, Any] = {"e": "executionReport", "E": str(listing.now), "s": listing.symbol}
        event |= {"c": client_id(order), "S": _side(order), "o": kind, "f": "GTC"}
        event |= {"q": self._size(listing, order.size), "p": listing.price_text(order.price), "X": status}
        event |= {"i": str(order.id)}
        fill = self._fill(order, trade) if trade else dict(_NO_FILL)
        fill["z"] = self._size(listing, order.filled)
        event |= {key: fill[key] for key in ("M", "l", "z", "L", "n", "N")}
        event |= {"u": True, "w": True, "m": False, "O": str(order.created)}
        event |= {"Z": self._value(listing, order.value), "A": fill["A"]}
        event |= {"C": False, "v": "0", "d": "NO_LIQ"}
        self._emit(event | ({"t": str(trade.id)} if trade else {}))

    def _fill(self, order: Order, trade: Trade) -> dict[str, str]:
        listing = order.listing
        fee, coin = self.fee(order, trade)
        fill = {"M": _opponent(trade), "l": self._size(listing, trade.size)}
        return fill | {"L": listing.price_text(trade.price), "n": _text(fee), "N": coin, "A": _OPPONENT_ID}

    def _ticket(self, order: Order, trade: Trade, maker: bool) -> dict[str, Any]:
        listing = order.listing
        event = {"e": "ticketInfo", "E": str(listing.now), "s": listing.symbol}
        event |= {"q": self._size(listing, trade.size), "t": str(trade.time)}
        event |= {"p": listing.price_text(trade.price), "T": str(trade.id), "o": str(order.id)}
        event |= {"c": client_id(order), "O": _opponent(trade)}
        return event | {"a": _ACCOUNT_ID, "A": _OPPONENT_ID, "m": maker, "S": _side(order)}

    def _balances(self, order: Order) -> None:
        coins = (order.listing.instrument.base, order.listing.instrument.quote)
        changed = [{"a": c, "f": _text(self._free[c]), "l": _text(self._locked[c])} for c in coins]
        event = {"e": "outboundAccountInfo", "E": str(order.listing.now), "T": True, "W": True, "D": True}
        self._emit(event | {"B": changed})

    def _lock(self, order: Order, size: int) -> None:
        """Lock (or, when negative, release) what an order of ``size`` may spend."""
        instrument = order.listing.instrument
        amount = Decimal(size).scaleb(-instrument.lot_scale)
        coin = instrument.base
        if order.buy:
            amount, coin = amount * Decimal(order.price).scaleb(-instrument.scale), instrument.quote
        self._locked[coin] += amount
        self._free[coin] -= amount

    def _settle(self, order: Order, trade: Trade) -> None:
        instrument = order.listing.instrument
        size = Decimal(trade.size).scaleb(-instrument.lot_scale)
        value = size * Decimal(trade.price).scaleb(-instrument.scale)
        fee, coin = self.fee(order, trade)
        sign = 1 if order.buy else -1
        self._free[instrument.base] += sign * size
        self._free[instrument.quote] -= sign * value
        self._free[coin] -= fee

    def fee(self, order: Order, trade: Trade) -> tuple[Decimal, str]:
        """The fee is taken from what is received: base when buying, quote when selling."""
        instrument = order.listing.instrument
        size = Decimal(trade.size).scaleb(-instrument.lot_scale)
        if order.buy:
            return size * FEE, instrument.base
        return size * Decimal(trade.price).scaleb(-instrument.scale) * FEE, instrument.quote

    @staticmethod
    def _size(listing: Listing, size: int) -> str:
        return plain(size, listing.instrument.lot_scale)

    @staticmethod
    def _value(listing: Listing, value: int) -> str:
        return plain(value, listing.instrument.scale + listing.instrument.lot_scale)
