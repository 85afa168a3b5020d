"""Trades as a tape: the newest of them, and how much was bought and sold. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from .._topics import Row
from .parts import decimals, entries, exact, milliseconds

KEPT = 500
"""Prints that are kept: more than any screen shows."""


class Print(NamedTuple):
    """One trade, execution or liquidation.

    Attributes:
        time_ms: When it was, in milliseconds since the epoch; None where that is not told.
        symbol: Of what.
        buy: Whether the taker bought (of an own execution: whether you did; of a liquidation: whether a
            short position was bought back).
        price: At which price.
        quantity: How much.
    """

    time_ms: int | None
    symbol: str
    buy: bool
    price: Decimal
    quantity: Decimal


class Tape:
    """The newest prints.

    Attributes:
        prints: Newest first.
        bought: The quantity of all that were bought, also of those not kept any more.
        sold: The same of those that were sold.
        count: How many there were.
        buys: How many of them were bought.
        price_decimals: The most that a price of a symbol ever had.
        quantity_decimals: The same of quantities.
    """

    def __init__(self) -> None:
        self.prints: deque[Print] = deque(maxlen=KEPT)
        self.bought = self.sold = Decimal(0)
        self.count = self.buys = self.quantity_decimals = 0
        self.price_decimals: dict[str, int] = {}

    def add(self, prints: Iterable[Print]) -> None:
        """Put prints on top, the oldest first."""
        for one in prints:
            self.prints.appendleft(one)
            self.count += 1
            if one.buy:
                self.buys += 1
                self.bought += one.quantity
            else:
                self.sold += one.quantity
            known = self.price_decimals.get(one.symbol, 0)
            self.price_decimals[one.symbol] = max(known, decimals(one.price))
            self.quantity_decimals = max(self.quantity_decimals, decimals(one.quantity))

    @property
    def share(self) -> float | None:
        """What part of the quantity was bought; None where there was none."""
        return float(self.bought / (self.bought + self.sold)) if self.bought + self.sold else None


def prints(row: Row, message: dict[str, Any], symbol: str) -> list[Print]:
    """Return what a message of trades, executions or liquidations tells, oldest first.

    Args:
        row: The stream.
        message: One of its messages.
        symbol: What it is about where its records do not say.
    """
    read = _READERS.get(row.stream, _pair_trade)
    return [read(one, symbol) for one in entries(message)]


def _pair_trade(one: dict[str, Any], symbol: str) -> Print:
    return Print(milliseconds(one["t"]), symbol, bool(one["m"]), exact(one["p"]), exact(one["q"]))


def _row_trade(one: dict[str, Any], symbol: str) -> Print:
    moment, symbol = milliseconds(one["trade_time_ms"]), str(one["symbol"])
    return Print(moment, symbol, one["side"] == "Buy", exact(one["price"]), exact(one["size"]))


def _ticket(one: dict[str, Any], symbol: str) -> Print:
    return Print(milliseconds(one["t"]), str(one["s"]), one["S"] == "BUY", exact(one["p"]), exact(one["q"]))


def _execution(one: dict[str, Any], symbol: str) -> Print:
    moment, symbol = milliseconds(one["trade_time"]), str(one["symbol"])
    return Print(moment, symbol, one["side"] == "Buy", exact(one["price"]), exact(one["exec_qty"]))


def _liquidation(one: dict[str, Any], symbol: str) -> Print:
    moment, symbol = milliseconds(one["time"]), str(one["symbol"])
    return Print(moment, symbol, one["side"] == "Sell", exact(one["price"]), exact(one["qty"]))


_READERS = {"trade": _row_trade, "ticket_info": _ticket, "execution": _execution, "liquidation": _liquidation}
