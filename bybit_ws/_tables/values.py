"""Values of the wire as arrays, block by block: ``read`` takes a block, ``finish`` gives the whole column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from .columns import BOOL, E4, E6, E8, FLOAT, INT, INTERVAL, ISO, LEVEL, MS, NAME, NS, SIDE, SYMBOL, TAKER, TEXT, US, S
from .libraries import numpy, pandas, pyarrow

NOTHING = (None, "")
"""How the wire says that there is no value, beside saying nothing."""

WRONG = (ValueError, TypeError, KeyError, OverflowError, pyarrow.ArrowException)
"""What reading a value of another kind raises."""

_LATEST = 2**63 - 1
_FLAGS = {True: 1, False: 0, "true": 1, "false": 0, "True": 1, "False": 0, "1": 1, "0": 0, None: -1, "": -1}


class Reader:
    """One column in the making."""

    def __init__(self) -> None:
        self.parts: list[Any] = []

    def read(self, values: Sequence[Any], repeat: Any = None) -> Any:
        """Take a block of values, each repeated so many times, and return it as an array (of one each).

        Raises:
            WRONG: One of them is of another kind.
        """
        part = self.array(values)
        self.parts.append(part if repeat is None else numpy.repeat(part, repeat))
        return part

    def missing(self, part: Any) -> Any:
        """Return which values of a block are missing."""
        return part < 0

    def array(self, values: Sequence[Any]) -> Any:
        """Return values as an array."""
        raise NotImplementedError

    def finish(self) -> Any:
        """Return the column, and begin anew."""
        return self.column(self._joined())

    def column(self, values: Any) -> Any:
        """Return what pandas keeps."""
        raise NotImplementedError

    def _joined(self) -> Any:
        parts, self.parts = self.parts, []
        return numpy.concatenate(parts) if parts else self.array(())


class Floats(Reader):
    """Numbers and numbers in texts."""

    def array(self, values: Sequence[Any]) -> Any:
        try:
            return numpy.array(values, numpy.float64)
        except (TypeError, ValueError):
            full = (numpy.nan if value in NOTHING else float(value) for value in values)
            return numpy.fromiter(full, numpy.float64, len(values))

    def missing(self, part: Any) -> Any:
        return numpy.isnan(part)

    def column(self, values: Any) -> Any:
        return values


class Parts(Floats):
    """Whole numbers of a fraction, as numbers; divided as integers, so that the result is the nearest there is."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self._unit = 10**digits

    def array(self, values: Sequence[Any]) -> Any:
        unit = self._unit
        full = (numpy.nan if value in NOTHING else int(value) / unit for value in values)
        return numpy.fromiter(full, numpy.float64, len(values))


class Whole(Reader):
    """Whole numbers; what is missing has the smallest of them meanwhile."""

    dtype = "Int64"

    def array(self, values: Sequence[Any]) -> Any:
        try:
            return numpy.array(values, numpy.int64)
        except (TypeError, ValueError):
            full = (-_LATEST if value in NOTHING else int(value) for value in values)
            return numpy.fromiter(full, numpy.int64, len(values))

    def column(self, values: Any) -> Any:
        missing = values == -_LATEST
        values[missing] = 0
        return pandas.arrays.IntegerArray(values, missing)


class Places(Whole):
    """Places in a book, small numbers; 0 is missing."""

    def array(self, values: Sequence[Any]) -> Any:
        return numpy.asarray(values, numpy.int32)

    def column(self, values: Any) -> Any:
        return pandas.arrays.IntegerArray(values, values == 0)


class Times(Reader):
    """Whole numbers of a unit since 1970; no event was in 1970, where the wire says so it means none."""

    def __init__(self, nanoseconds: int) -> None:
        super().__init__()
        self._unit = nanoseconds

    def array(self, values: Sequence[Any]) -> Any:
        try:
            times = numpy.array(values, numpy.int64)
        except (TypeError, ValueError):
            full = (0 if value in NOTHING else int(value) for value in values)
            times = numpy.fromiter(full, numpy.int64, len(values))
        if len(times) and (times.max() > _LATEST // self._unit or times.min() < 0):
            raise OverflowError("no time")
        return times * self._unit

    def missing(self, part: Any) -> Any:
        return part == 0

    def column(self, values: Any) -> Any:
        values[values == 0] = numpy.iinfo(numpy.int64).min  # how NaT is kept
        return pandas.DatetimeIndex(values.view("datetime64[ns]")).tz_localize("UTC")


class Texts(Times):
    """Times in texts."""

    def __init__(self) -> None:
        super().__init__(1)

    def array(self, values: Sequence[Any]) -> Any:
        if not all(isinstance(value, str) or value is None for value in values):
            raise TypeError("no text")
        times = pandas.to_datetime([value or None for value in values], utc=True, format="ISO8601")
        found = times.as_unit("ns").asi8.copy()
        found[found < 0] = 0
        return found


class Flags(Reader):
    """True, ``"true"`` and 1."""

    def array(self, values: Sequence[Any]) -> Any:
        return numpy.fromiter(map(_FLAGS.__getitem__, values), numpy.int8, len(values))

    def column(self, values: Any) -> Any:
        return pandas.arrays.BooleanArray(values == 1, values < 0)


class _Codes(dict[Any, int]):
    """Numbers of names, given as they are met; their spelling is settled then."""

    def __init__(self, spell: Callable[[Any], str]) -> None:
        super().__init__({None: -1, "": -1})
        self.names: dict[str, int] = {}
        self._spell = spell

    def __missing__(self, value: Any) -> int:
        code = self[value] = self.names.setdefault(self._spell(value), len(self.names))
        return code


class Names(Reader):
    """Texts of which there are few, each kept once, in alphabetical order."""

    def __init__(self, spell: Callable[[Any], str]) -> None:
        super().__init__()
        self._spell = spell
        self._codes = _Codes(spell)

    def array(self, values: Sequence[Any]) -> Any:
        return numpy.fromiter(map(self._codes.__getitem__, values), numpy.int32, len(values))

    def finish(self) -> Any:
        met, self._codes = self._codes.names, _Codes(self._spell)
        names = sorted(met)  # groupby gives them in this order, whichever came first
        ranks = numpy.full(len(met) + 1, -1, numpy.int32)
        ranks[[met[name] for name in names]] = numpy.arange(len(met), dtype=numpy.int32)
        return pandas.Categorical.from_codes(ranks[self._joined()], pandas.Index(names, dtype=object).astype("str"))


class Ids(Reader):
    """Texts of which there are many, side by side in one piece of memory."""

    def array(self, values: Sequence[Any]) -> Any:
        if "" in values:
            values = [value or None for value in values]
        try:
            return pyarrow.array(values, pyarrow.string())
        except pyarrow.ArrowException:
            return pyarrow.array([None if value in NOTHING else _plain(value) for value in values], pyarrow.string())

    def missing(self, part: Any) -> Any:
        return part.is_null().to_numpy(zero_copy_only=False)

    def finish(self) -> Any:
        parts, self.parts = self.parts, []
        return pandas.StringDtype("pyarrow").__from_arrow__(pyarrow.chunked_array(parts, pyarrow.string()))


def _plain(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError("no text")
    return str(value)


def _side(value: Any) -> str:
    return str(value).capitalize()


def _taker(value: Any) -> str:
    return {True: "Buy", False: "Sell"}[value]


def _interval(topic: str) -> str:
    return topic.split(".")[1]


def _symbol(topic: str) -> str:
    return topic.rpartition(".")[2]


_READERS: dict[str, Callable[[], Reader]] = {
    FLOAT: Floats,
    E4: lambda: Parts(4),
    E6: lambda: Parts(6),
    E8: lambda: Parts(8),
    INT: Whole,
    LEVEL: Places,
    BOOL: Flags,
    TEXT: Ids,
    NAME: lambda: Names(_plain),
    SIDE: lambda: Names(_side),
    TAKER: lambda: Names(_taker),
    SYMBOL: lambda: Names(_symbol),
    INTERVAL: lambda: Names(_interval),
    S: lambda: Times(1_000_000_000),
    MS: lambda: Times(1_000_000),
    US: lambda: Times(1_000),
    NS: lambda: Times(1),
    ISO: Texts,
}


def reader(kind: str) -> Reader:
    """Return what reads a kind of values."""
    return _READERS[kind]()
