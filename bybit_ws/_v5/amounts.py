"""Amounts and times: how V5 writes them, and how the documented private streams did. Pure.

An order's price, quantity and time come again with each of its pushes, and zeros come all the time. So what became of
a text is remembered, and whoever calls these functions for many fields looks there first: ``PLAIN`` and the others are
the code of that. A function that caches would take half as long again for what it knows, and much longer for the rest.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation, getcontext, setcontext
from functools import lru_cache
from typing import Any, TypeVar

Made = TypeVar("Made")

ZERO = Decimal(0)
ZEROS = frozenset(["", "0", *(f"0.{'0' * places}" for places in range(1, 20))])
"""Texts that say nothing or zero."""

PLAIN = "'0' if (x := it[{!r}]) in '0' else plains(x) or plain(x)"
"""Code that makes what ``plain`` makes of an item's text."""

NUMBER = "0 if (x := it[{!r}]) in '0' else numbers(x) or number(x)"
"""Code that makes what ``number`` makes of an item's text."""

ISO = "isos(x := it[{!r}]) or iso(x)"
"""Code that makes what ``iso`` makes of an item's text."""

MANY = 4096
"""So many texts are remembered by each function; then all are forgotten."""

_amounts: dict[str, Decimal] = {}
_plains: dict[str, str] = {}
_numbers: dict[str, int | float] = {}
_isos: dict[str, str] = {}

# Balances of small coins have more digits than the 28 of the usual context, which a user may have changed besides.
_EXACT = Context(prec=80)
_WIDEST = 40
_EPOCH = datetime(1970, 1, 1)  # without a zone: its texts end in a "Z" that is added by hand

plus = _EXACT.add
minus = _EXACT.subtract
times = _EXACT.multiply


def _remember(all_made: dict[str, Made], text: str, made: Made) -> Made:
    if len(all_made) >= MANY:
        all_made.clear()
    all_made[text] = made
    return made


def amount(text: str) -> Decimal:
    """Return what a text says; an empty one is zero.

    Raises:
        ValueError: It is no number, or none that money is counted in.
    """
    if text in ZEROS:
        return ZERO
    value = _amounts.get(text)
    return _amount(text) if value is None else value


def _amount(text: str) -> Decimal:
    try:
        value = Decimal(text)
        if value.is_finite() and -_WIDEST < value.adjusted() < _WIDEST:
            return _remember(_amounts, text, value)
    except InvalidOperation:
        pass
    raise ValueError(f"no amount: {text[:60]!r}")


def told(value: Decimal) -> str:
    """Return the text of an amount, without trailing zeros."""
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def left(owned: str, *bound: str) -> str:
    """Return the text of an amount less others, which may be negative.

    Raises:
        ValueError: One of them is no amount.
    """
    value, less = amount(owned), [amount(text) for text in bound if text not in ZEROS]
    if less:
        context = getcontext()
        setcontext(_EXACT)  # a method of a context takes five times as long as an operator
        try:
            for one in less:
                value -= one
        finally:
            setcontext(context)
    return told(value)


def plain(text: str) -> str:
    """Return the same number without trailing zeros, as the documented endpoints wrote it; ``"0"`` for an empty one."""
    said = text
    if "E" in text or "e" in text:
        said = told(amount(text))
    elif "." in text:
        said = text.rstrip("0").rstrip(".")
    return _remember(_plains, text, said or "0")


def number(text: str) -> int | float:
    """Return a quantity as a JSON number: whole ones are ints; an empty one is 0."""
    if text.isdecimal():
        return _remember(_numbers, text, int(text))
    value = amount(text)
    return _remember(_numbers, text, int(value) if value == value.to_integral_value() else float(value))


@lru_cache(maxsize=MANY)
def _second(text: str) -> str:
    return f"{(_EPOCH + timedelta(seconds=int(text))).isoformat()}."


def iso(ms: str) -> str:
    """Return a time in ms as ``2020-01-14T14:07:23.629Z``."""
    if ms.isdecimal() and len(ms) > 3:
        return _remember(_isos, ms, f"{_second(ms[:-3])}{ms[-3:]}Z")
    return (_EPOCH + timedelta(milliseconds=int(ms))).isoformat(timespec="milliseconds") + "Z"


plains, numbers, isos = _plains.get, _numbers.get, _isos.get
"""What became of texts before; None for those that are new, or forgotten."""

NAMES: dict[str, Any] = {
    "iso": iso,
    "isos": isos,
    "number": number,
    "numbers": numbers,
    "plain": plain,
    "plains": plains,
}
"""What ``PLAIN``, ``NUMBER`` and ``ISO`` need."""
