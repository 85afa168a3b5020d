"""Amounts and times: how V5 writes them, and how the documented private streams did. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

ZERO = Decimal(0)

# Balances of small coins have more digits than the 28 of the usual context, which a user may have changed besides.
_EXACT = Context(prec=80)
_WIDEST = 40
_EPOCH = datetime(1970, 1, 1)  # without a zone: its texts end in a "Z" that is added by hand

# The same texts come again and again: zeros, and what an open order says of itself in each of its pushes.
_remembered = lru_cache(maxsize=4096)

plus = _EXACT.add
minus = _EXACT.subtract
times = _EXACT.multiply


@_remembered
def amount(text: str) -> Decimal:
    """Return what a text says; an empty one is zero.

    Raises:
        ValueError: It is no number, or none that money is counted in.
    """
    if not text:
        return ZERO
    try:
        value = Decimal(text)
        if value.is_finite() and abs(value.adjusted()) < _WIDEST:
            return value
    except InvalidOperation:
        pass
    raise ValueError(f"no amount: {text[:60]!r}")


def told(value: Decimal) -> str:
    """Return the text of an amount, without trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@_remembered
def plain(text: str) -> str:
    """Return the same number without trailing zeros, as the documented endpoints wrote it; ``"0"`` for an empty one."""
    if "E" in text or "e" in text:
        return told(amount(text))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text or "0"


@_remembered
def number(text: str) -> int | float:
    """Return a quantity as a JSON number: whole ones are ints; an empty one is 0."""
    value = amount(text)
    return int(value) if value == value.to_integral_value() else float(value)


@_remembered
def iso(ms: str) -> str:
    """Return a time in ms as ``2020-01-14T14:07:23.629Z``."""
    return (_EPOCH + timedelta(milliseconds=int(ms))).isoformat(timespec="milliseconds") + "Z"
