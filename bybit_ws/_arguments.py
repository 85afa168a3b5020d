"""What a user passes to a stream, checked before any I/O. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Union

from ._topics import ALL, INVERSE_INTERVALS, REALTIME, ROWS, SPOT_INTERVALS, Row, Topic
from .exceptions import ConfigurationError, WrongType

Symbols = Union[str, Iterable[str], None]

_SYMBOL = re.compile(r"[A-Za-z0-9_-]+")


def check_callback(callback: Any) -> None:
    """Raise where a callback cannot be called."""
    if callback is not None and not callable(callback):
        raise WrongType(
            f"callback must be callable with one argument, the message, or None to pull messages, not {callback!r}"
        )


def check_seconds(name: str, seconds: Any) -> None:
    """Raise where something is no time to wait: seconds, or None."""
    if seconds is None:
        return
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise WrongType(f"{name} must be seconds, a number or None, not {seconds!r}")
    if not seconds >= 0:
        raise ConfigurationError(f"{name} must be 0 seconds or more, not {seconds!r}")


def symbols_of(row: Row, symbols: Symbols, symbol: Symbols = None) -> tuple[str, ...]:
    """Return the wanted symbols in order, each once.

    Args:
        row: The stream.
        symbols: A str, several joined by the exchange's separator, or any iterable of str.
        symbol: pybit's name for the same.
    """
    if symbols is not None and symbol is not None:
        raise ConfigurationError("symbols and symbol are the same argument: give one of them")
    given = symbols if symbols is not None else symbol
    if given is None:
        if row.wildcard:
            return (ALL,)
        raise ConfigurationError(f"{row.method} needs symbols, e.g. {_example(row)!r} or a list of them")
    separator = "|" if row.socket is REALTIME else ","
    found = [part for text in _texts(given) for part in text.split(separator)]
    if not found:
        raise ConfigurationError(f"symbols is empty: give at least one, e.g. {_example(row)!r}")
    for one in found:
        _check_symbol(row, one)
    return tuple(dict.fromkeys(found))


def one_symbol_of(row: Row, symbol: Any) -> str:
    """Return the one symbol that is wanted."""
    found = symbols_of(row, symbol)
    if len(found) > 1:
        raise ConfigurationError(f"a book is of one symbol: ask for one each of {', '.join(found)}")
    return found[0]


def check_numbers(numbers: Any) -> None:
    """Raise where numbers cannot be had as that."""
    from decimal import Decimal  # here, because most scripts do without

    if numbers is not float and numbers is not Decimal:
        raise ConfigurationError(f"numbers must be float or decimal.Decimal, the types themselves, not {numbers!r}")


def check_depth(depth: Any) -> None:
    """Raise where no stream has books that deep."""
    if isinstance(depth, bool) or depth not in (25, 200):
        raise ConfigurationError(f"depth must be 25 or 200, the levels a side, not {depth!r}")


def topic_of(row: Row, value: Any = None) -> Topic:
    """Return the topic of a row for an interval or a scale."""
    if row.parameter == "interval":
        return row.topic(_interval(row, value))
    if row.parameter == "dump_scale":
        return row.topic(_dump_scale(value))
    return row.topic()


def similar(row: Row, family: str) -> list[Row]:
    """Return the other client's streams that are most like one."""
    word = row.stream.partition("_")[0]
    return [one for one in ROWS if one.family == family and one.stream.partition("_")[0] == word]


def elsewhere(method: str, family: str) -> str:
    """Say which client has a stream that one has not; ``""`` where no other has it."""
    row = next((one for one in ROWS if one.method == method and one.family != family), None)
    if row is None:
        return ""
    others = " and ".join(one.method for one in similar(row, family))
    hint = f"; {family} has {others}" if others else ""
    return f"{method} is a method of {row.family.title()}WebSocket{hint}"


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    if isinstance(given, (bytes, bytearray)) or not isinstance(given, Iterable):
        raise WrongType(f"symbols must be a str or an iterable of str, not {given!r}")
    texts = list(given)
    for text in texts:
        if not isinstance(text, str):
            raise WrongType(f"every symbol must be a str, not {text!r}")
    return texts


def _check_symbol(row: Row, symbol: str) -> None:
    if symbol == ALL and row.wildcard:
        return
    if symbol == ALL:
        where = "order books" if row.socket is REALTIME else "spot"
        raise ConfigurationError(f"'*' does not exist on {where}: name the symbols, e.g. {_example(row)!r}")
    if not symbol:
        raise ConfigurationError(f"a symbol is empty: give e.g. {_example(row)!r}")
    if not _SYMBOL.fullmatch(symbol):
        raise ConfigurationError(f"{symbol!r} is no symbol: use letters and digits only, e.g. {_example(row)!r}")
    if row.stream == "lt_v1" and not symbol.endswith("NAV"):
        raise ConfigurationError(f"{symbol!r} has no net asset value stream: did you mean '{symbol}NAV'?")


def _example(row: Row) -> str:
    if row.stream == "insurance":
        return "BTC"
    if row.stream == "lt_v1":
        return "BTC3LUSDTNAV"
    return "BTCUSD" if row.socket is REALTIME else "BTCUSDT"


def _interval(row: Row, value: Any) -> str:
    known = INVERSE_INTERVALS if row.socket is REALTIME else SPOT_INTERVALS
    if row.socket is REALTIME and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value in (None, ""):
        raise ConfigurationError(f"interval must be one of {', '.join(known)}; none was given")
    if not isinstance(value, str):
        raise WrongType(f"interval must be one of {', '.join(known)}, not {value!r}")
    if value not in known:
        raise ConfigurationError(f"interval must be one of {', '.join(known)}, not {value!r}")
    return value


def _dump_scale(value: Any) -> int:
    scale: int | None = None
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        scale = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        scale = value
    if scale is None:
        raise WrongType(f"dump_scale must be a whole number, the decimals of a price level, not {value!r}")
    if scale < 0:
        raise ConfigurationError(f"dump_scale must be 0 or more, the decimals of a price level, not {scale}")
    return scale
