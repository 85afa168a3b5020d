"""How V5 spells a value and how the inverse documents do: decimal texts to numbers, milliseconds to ISO. Pure.

The same prices and seconds come again and again, so that results are kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Union

Number = Union[int, float]

HOUR = 3_600_000
_MANY = 16384
_EPOCH = datetime(1970, 1, 1)


@lru_cache(maxsize=_MANY)
def scaled(text: str, places: int) -> int:
    """Return a decimal text times 10^places, exactly; rounded where it has more digits; 0 for ``""``.

    >>> scaled("28566.94", 4), scaled("-0.0000392", 6), scaled("", 6)
    (285669400, -39, 0)
    """
    whole, _, fraction = text.partition(".")
    if len(fraction) <= places and "e" not in text and "E" not in text:
        return int(f"{whole}{fraction}{'0' * (places - len(fraction))}" or 0)
    try:
        return round(Decimal(text).scaleb(places))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no decimal number") from None


_numbers: dict[str, Number] = {}
known = _numbers.get
"""Returns what ``number`` made of a text before, None where it is new: a look for those who are in a hurry."""


def number(text: str) -> Number:
    """Return the JSON number of a decimal text, an int where it is whole: 8098, 8098.5.

    >>> number("8098.00"), number("8098.50")
    (8098, 8098.5)
    """
    value = float(text)
    whole = int(value)
    if len(_numbers) >= _MANY:
        _numbers.clear()
    made = _numbers[text] = whole if whole == value else value
    return made


@lru_cache(maxsize=4096)
def iso(seconds: int) -> str:
    """Return ``2020-01-12T18:25:16``, to be followed by ``Z`` or ``.000Z``."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()


def change(now: str, then: str) -> int:
    """Return now / then - 1, times 10^6, cut off towards zero as the documented endpoint did; 0 without a ``then``."""
    before = scaled(then, 8)
    if not before:
        return 0
    millionths = (scaled(now, 8) - before) * 10**6
    return millionths // before if millionths >= 0 else -(-millionths // before)


def hours_until(moment: str, now: int) -> int:
    """Return the hours from now to a moment, both in milliseconds, rounded up; 0 where it is past or ``""``."""
    return max(0, -((now - int(moment or 0)) // HOUR))


def launched(result: Any, symbol: str) -> str:
    """Return when a symbol was launched, by the ``result`` of ``/v5/market/instruments-info``.

    Raises:
        KeyError, ValueError, TypeError: The result does not tell.
    """
    moments = {row["symbol"]: int(row["launchTime"]) for row in result["list"]}
    if moments[symbol] <= 0:
        raise ValueError("a launch that is not known")
    return f"{iso(moments[symbol] // 1000)}Z"
