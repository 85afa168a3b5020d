"""The levels of an order book, and the numbers in them. Pure.

What is kept are the exchange's own entries; a number is made of one when it is asked for. All that is computed is
computed of the exact decimals of the wire and rounded once, so that floats show no errors but their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Context, Decimal, localcontext
from numbers import Real
from typing import Any, NamedTuple

from .exceptions import ConfigurationError, WrongType

Number = Any
"""A float or a Decimal, as the user chose."""

EXACT = Context(prec=28)
"""What is computed with, whatever the calling thread's own context."""


class Level(NamedTuple):
    """A price and what is offered there.

    Attributes:
        price: In the quote currency.
        quantity: Coins on spot, contracts of 1 USD on inverse.
    """

    price: Number
    quantity: Number


class Depth(NamedTuple):
    """What a side holds from its best price on.

    Attributes:
        quantity: What is offered in all: coins on spot, contracts of 1 USD on inverse.
        price: The last price that was reached; None where nothing was.
        average: The average price of that quantity; None where there is none.
        value: What it costs: in the quote currency on spot, in coins on inverse.
        levels: How many levels were used.
        complete: False where the levels that are known did not suffice: there may be more in the market.
    """

    quantity: Number
    price: Number | None
    average: Number | None
    value: Number
    levels: int
    complete: bool


class Side:
    """One side of the snapshot, whose levels are made when they are asked for.

    Args:
        entries: Best first: pairs on spot, rows on inverse.
        numbers: What to make of price and quantity.
    """

    __slots__ = ("_entries", "_made", "_numbers")

    def __init__(self, entries: list[Any], numbers: type[Any]) -> None:
        self._entries, self._numbers = entries, numbers
        self._made: tuple[Level, ...] = ()

    def __len__(self) -> int:
        return len(self._entries)

    def first(self, count: int | None = None) -> tuple[Level, ...]:
        """Return so many levels, or all of them."""
        wanted = len(self) if count is None else min(count, len(self))
        made = self._made
        if len(made) < wanted:
            number = _decimal if self._numbers is Decimal else float
            self._made = made = tuple(_level(entry, number) for entry in self._entries[:wanted])
        return made[:wanted]


def totals(levels: Iterable[Level]) -> list[Decimal]:
    """Return the quantity up to each level; the levels are exact."""
    found, total = [], Decimal(0)
    with localcontext(EXACT):
        for level in levels:
            total += level.quantity
            found.append(total)
    return found


def _decimal(value: Any) -> Decimal:
    return Decimal(value if isinstance(value, (str, int)) else str(value))


def _level(entry: Any, number: Callable[[Any], Number]) -> Level:
    if type(entry) is dict:
        return Level(number(entry["price"]), number(entry["size"]))
    return Level(number(entry[0]), number(entry[1]))


def positive(name: str, value: Any) -> Decimal:
    """Return a number that a user gave, exactly; raise where it is none, or not more than 0."""
    if isinstance(value, bool) or not isinstance(value, (Real, str, Decimal)):
        raise WrongType(f"{name} must be a number, not {value!r}")
    try:
        number = _decimal(value)
    except ArithmeticError:
        raise ConfigurationError(f"{name} must be a number, not {value!r}") from None
    if not (number.is_finite() and number > 0):
        raise ConfigurationError(f"{name} must be more than 0, not {value!r}")
    return number


def seconds(stamp: Any, inverse: bool) -> float | None:
    """Return the time that a message of a book tells, in seconds since the epoch."""
    try:
        return float(stamp) / (1e6 if inverse else 1e3)
    except (TypeError, ValueError):
        return None
