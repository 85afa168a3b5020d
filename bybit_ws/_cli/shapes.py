"""Whether a message has the documented shape, and whether a book in it makes sense. Pure.

Which fields there are, and in which order, is read from the tables that V5 is translated by, which hold every
documented field. What they do not hold, the types, is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Callable, NamedTuple

from .._dialects import MALFORMED
from .._topics import Row
from .._v5.fields import Field, Quality
from .._v5.spot_tickers import UNAVAILABLE
from .._v5.table import TRANSLATIONS

_OF_DELTAS = ("delete", "update", "insert", "transactTimeE6")
"""What only deltas have, which nobody sees who does not ask for them."""

_SOMETIMES = ("created_at", "is_block_trade")
"""What came late to the documents, or comes late after a subscription."""

_PAIRS = {"t": "int", "e": "int", "o": "int", "b": "pairs", "a": "pairs"}
_ROWS = {"id": "int", "size": "int", "cross_seq": "int"}

_TYPES: dict[str, dict[str, str]] = {
    "trade_v1": {"t": "int", "m": "bool"},
    "realtimes_v1": {"t": "int", "e": "int"},
    "kline_v1": {"t": "int"},
    "depth_v1": _PAIRS,
    "merged_depth_v1": _PAIRS,
    "diff_depth_v1": _PAIRS,
    "lt_v1": {"t": "int"},
    "depth_v2": _PAIRS,
    "kline_v2": {"t": "int"},
    "trade_v2": {"t": "int", "m": "bool"},
    "book_ticker_v2": {"time": "int"},
    "realtimes_v2": {"t": "int"},
    "orderbook_25": _ROWS,
    "orderbook_200": _ROWS,
    "trade": {"trade_time_ms": "int", "size": "int", "price": "number", "cross_seq": "int"},
    "insurance": {"wallet_balance": "int"},
    "instrument_info": dict.fromkeys(
        ("id", "open_interest", "total_volume", "volume_24h", "cross_seq", "countdown_hour", "funding_rate_interval"),
        "int",
    ),
    "kline": {
        **dict.fromkeys(("open", "close", "high", "low", "volume", "turnover"), "number"),
        **dict.fromkeys(("start", "end", "cross_seq"), "int"),
        "confirm": "bool",
        "timestamp": "number or text",
    },
    "liquidation": {"time": "int"},
}
"""Fields that are no texts; beside these, ``f`` is a bool, and ``sendTime`` and what ends in ``_e8`` are integers."""


def _is_pairs(value: Any) -> bool:
    return type(value) is list and all(
        type(pair) is list and len(pair) == 2 and all(type(one) is str for one in pair) for pair in value
    )


_TESTS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: type(value) is str,
    "int": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "number or text": lambda value: type(value) in (int, float, str),
    "bool": lambda value: type(value) is bool,
    "pairs": _is_pairs,
    "any": lambda value: True,
}


class Differences(NamedTuple):
    """How a message differs from the documented shape; paths are as in ``Field``.

    Attributes:
        missing: Documented fields that are not there.
        wrong: Fields of another type, with what was found.
        unexpected: Fields that are not documented.
        order: Whether the order is another.
    """

    missing: tuple[str, ...]
    wrong: tuple[str, ...]
    unexpected: tuple[str, ...]
    order: bool

    @property
    def grave(self) -> bool:
        """Whether a program that follows the documents could stumble."""
        return bool(self.missing or self.wrong)

    @property
    def words(self) -> list[str]:
        """What is to be said of it."""
        said = [f"missing: {', '.join(self.missing)}"] if self.missing else []
        said += [f"of another type: {', '.join(self.wrong)}"] if self.wrong else []
        said += [f"not documented: {', '.join(self.unexpected)}"] if self.unexpected else []
        return said + (["fields in another order, which is harmless"] if self.order else [])


def differences(row: Row, message: Any) -> Differences:
    """Compare a stream's message, as its callback gets it, with what is documented.

    Args:
        row: The stream.
        message: The message; never a delta.
    """
    documented, found = _documented(row.stream), _found(message)
    inner = {path.rpartition(".")[0] for path in documented}
    absent = [path for path, (kind, needed) in documented.items() if needed and found.lacks(path)]
    wrong = [
        f"{path} ({next(_name(one) for one in found.values[path] if not _TESTS[kind](one))} for {kind})"
        for path, (kind, _) in documented.items()
        if not all(map(_TESTS[kind], found.values.get(path, ())))
    ]
    others = [path for path in found.values if path not in documented and path not in inner]
    known = [path for path in found.values if path in documented]
    return Differences(
        tuple(absent), tuple(wrong), tuple(others), known != [path for path in documented if path in found.values]
    )


@cache
def _documented(stream: str) -> dict[str, tuple[str, bool]]:
    """Return type and necessity of each documented field, in order."""
    translation = TRANSLATIONS.get(stream) or next(one for one in UNAVAILABLE if one.stream == stream)
    fields = [one for one in translation.fields if one.name not in _OF_DELTAS]
    gone = all(one.quality is Quality.MISSING for one in fields)  # then that tells nothing of a single one
    return {one.path: (_kind(stream, one, gone), _needed(one, gone)) for one in fields}


def _needed(one: Field, gone: bool) -> bool:
    return (gone or one.quality is not Quality.MISSING) and one.name not in _SOMETIMES


def _kind(stream: str, one: Field, gone: bool) -> str:
    if one.quality is Quality.MISSING and not gone:
        return "any"
    if one.path == "f":
        return "bool"
    if one.path == "sendTime" or re.search(r"_e\d$", one.name):
        return "int"
    return _TYPES[stream].get(one.name, "text")


class _Found(NamedTuple):
    """The fields of a message: their values by path, and how many dicts there are at each path."""

    values: dict[str, list[Any]]
    dicts: dict[str, int]

    def lacks(self, path: str) -> bool:
        """Return whether a field is absent, or is so in one of several dicts."""
        return len(self.values.get(path, ())) < max(1, self.dicts.get(path.rpartition(".")[0], 1))


def _found(message: Any) -> _Found:
    found = _Found({}, {})
    for path, value in _walk("", message):
        found.values.setdefault(path, []).append(value)
        if isinstance(value, dict):
            found.dicts[path] = found.dicts.get(path, 0) + 1
    found.values.pop("", None)
    for path in found.dicts:
        found.values.pop(path, None)
    return found


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is in a message, with its path; lists of dicts are walked through, others are values."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for one in value:
            yield from _walk(f"{path}[]", one)
        return
    yield path, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _walk(f"{path}.{name}" if path else str(name), one)


def _name(value: Any) -> str:
    names = {str: "text", list: "list", dict: "dict", type(None): "null"}
    return names.get(type(value), type(value).__name__)


# -- books ---------------------------------------------------------------------------------------------------


def folly(row: Row, message: Any) -> str:
    """Return what no book can be, ``""`` where there is nothing of that, or no book."""
    try:
        sides = _sides(row, message)
        return "" if sides is None else _folly(*sides)
    except MALFORMED as error:
        return f"no book: {error!r}"


def _sides(row: Row, message: Any) -> tuple[list[tuple[float, float]], list[tuple[float, float]]] | None:
    """Return bids and asks, best first; None where there is no book."""
    data = message["data"]
    if row.merge == "levels":
        levels = [(one["side"], float(one["price"]), float(one["size"])) for one in data]
        buys = [(price, size) for side, price, size in levels if side == "Buy"]
        return buys[::-1], [(price, size) for side, price, size in levels if side == "Sell"]
    if row.stream == "book_ticker_v2":
        return _pairs([(data["bidPrice"], data["bidQty"])]), _pairs([(data["askPrice"], data["askQty"])])
    record = data[0] if isinstance(data, list) else data
    return (_pairs(record["b"]), _pairs(record["a"])) if _TYPES[row.stream] is _PAIRS else None


def _pairs(pairs: Iterable[Any]) -> list[tuple[float, float]]:
    return [(float(price), float(size)) for price, size in pairs]


def _folly(bids: list[tuple[float, float]], asks: list[tuple[float, float]]) -> str:
    if not bids or not asks:
        return "a side of the book is empty"
    if not all(size > 0 for _, size in bids + asks):
        return "a level has no size"
    if any(worse[0] >= better[0] for better, worse in zip(bids, bids[1:])):
        return "the bids are not sorted"
    if any(worse[0] <= better[0] for better, worse in zip(asks, asks[1:])):
        return "the asks are not sorted"
    if bids[0][0] >= asks[0][0]:
        return f"the book is crossed: bid {bids[0][0]:g}, ask {asks[0][0]:g}"
    return ""
