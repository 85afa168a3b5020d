"""Messages into data frames, block by block, so that there never is much beside the frame itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from ..exceptions import ConfigurationError
from .columns import BALANCES, DATA, FLOAT, LEVEL, LEVELS, MESSAGE, NAME, PAIRS, RECEIVED, Column, Table
from .libraries import numpy, pandas
from .rows import Levels, Message, Rows, levels, pairs, rows_of, values
from .table import fits, table_of
from .values import WRONG, Parts, reader

_RECORDS, _BOOKS = 1024, 64
"""How many messages a block has: enough for arrays to pay, few enough to stay in the processor's cache."""

_LEVEL_COLUMNS = ("side", "level", "price", "quantity")
_SHOWN = 120


class Builder:
    """A frame in the making.

    Attributes:
        rows: How many rows it has so far.
    """

    def __init__(self, table: Table, received: bool = False) -> None:
        self.table = table
        self.columns = (RECEIVED, *table.columns) if received else table.columns
        self.rows = 0
        self._book = table.rows in (PAIRS, LEVELS)
        self.block = _BOOKS if self._book else _RECORDS
        self._readers = {column.name: reader(column.kind) for column in self.columns}
        self._naming = "e" if table.rows in (BALANCES, MESSAGE) else "topic"
        self._topics: set[Any] = set()
        self._seen = 0

    def extend(self, messages: Iterable[Message]) -> None:
        """Add messages."""
        source = iter(messages)
        while block := list(islice(source, self.block)):
            self.add(block)

    def add(self, messages: Sequence[Message], received: Sequence[float] | None = None) -> None:
        """Add one block of messages, with the seconds since 1970 at which they were read.

        Raises:
            ConfigurationError: One of them is not of this table.
        """
        self._check(messages)
        try:
            rows, book = self._rows(messages)
        except (KeyError, TypeError, AttributeError, IndexError):
            raise self._misfit(messages) from None
        self._seen += len(messages)
        repeat = None if book is None else numpy.asarray(book.counts, numpy.int64).reshape(-1, 2).sum(axis=1)
        for column in self.columns:
            if column is not RECEIVED and not (book and column.name in _LEVEL_COLUMNS):
                part = self._read(column, self._values(column, rows), repeat)
                if column.name in self.table.needed:
                    self._demand(column, part, rows)
        if book is not None:
            self._read_levels(book)
        if received is not None:
            times = [round(one * 1e6) for one in received]
            if rows.counts is not None:
                times = [time for time, count in zip(times, rows.counts) for _ in range(count)]
            self._read(RECEIVED, times, repeat)
        self.rows += len(rows.messages) if repeat is None else int(repeat.sum())

    def frame(self) -> Any:
        """Return the frame, and begin anew."""
        self.rows = 0
        data = {column.name: self._readers[column.name].finish() for column in self.columns}
        return pandas.DataFrame(data, copy=False)

    def _check(self, messages: Sequence[Any]) -> None:
        try:
            topics = {message[self._naming] for message in messages}
        except (TypeError, KeyError):
            raise self._misfit(messages) from None
        for topic in topics - self._topics:
            if not fits(self.table.stream, str(topic)):
                raise ConfigurationError(
                    f"a message of {topic!r} is none of {self.table.stream}: a table holds the messages of one stream, "
                    "in their documented shape (V5's own, which raw=True delivers, have none)"
                )
            self._topics.add(topic)

    def _rows(self, messages: Sequence[Message]) -> tuple[Rows, Levels | None]:
        if self.table.rows == LEVELS:
            return Rows(messages, messages), levels(messages)
        rows = rows_of(DATA if self._book else self.table.rows, messages)
        return rows, pairs(rows.records) if self._book else None

    def _values(self, column: Column, rows: Rows) -> list[Any]:
        found = values(column.source, rows)
        if column.also and None in found:
            others = values(column.also, rows)
            if column.also.endswith("_e4"):
                others = Parts(4).array(others).tolist()
            found = [other if value is None else value for value, other in zip(found, others)]
        return found

    def _demand(self, column: Column, part: Any, rows: Rows) -> None:
        missing = self._readers[column.name].missing(part)
        if missing.any():
            raise self._error(rows.messages[int(missing.argmax())], f"has no {column.source}")

    def _read(self, column: Column, found: Sequence[Any], repeat: Any = None) -> Any:
        try:
            return self._readers[column.name].read(found, repeat)
        except WRONG:
            wrong = next((value for value in found if not _readable(column, value)), None)
            raise ConfigurationError(
                f"{column.source} of {self.table.stream} is {_shown(wrong)}, which cannot be read as {column.dtype}"
            ) from None

    def _read_levels(self, book: Levels) -> None:
        columns = {column.name: column for column in self.columns}
        counts = numpy.asarray(book.counts, numpy.int64)
        ends = counts.cumsum()
        level = numpy.arange(1, len(book.prices) + 1) - numpy.repeat(ends - counts, counts)
        level[~numpy.repeat(numpy.repeat(numpy.asarray(book.ranked, bool), 2), counts)] = 0
        self._read(columns["side"], ("bid", "ask") * len(book.ranked), counts)
        self._read(columns["level"], level)
        self._read(columns["price"], book.prices)
        self._read(columns["quantity"], book.quantities)

    def _misfit(self, messages: Sequence[Any]) -> ConfigurationError:
        faults = ((message, self._fault(message)) for message in messages)
        return self._error(*next((pair for pair in faults if pair[1]), (messages[0], "is none of this stream")))

    def _fault(self, message: Any) -> str:
        try:
            self._rows([message])
            message[self._naming]
        except KeyError as error:
            return f"has no {error}"
        except (TypeError, AttributeError, IndexError):
            return "is none of this stream"
        return ""

    def _error(self, message: Any, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"a message of {self.table.stream} {what}: {_shown(message)} "
            "(its table is made of whole messages in their documented shape)"
        )


def received_frame(stream: str, deliveries: Iterable[tuple[Message, float]]) -> Any:
    """Return messages as a frame that tells when each was read, in seconds since 1970."""
    builder = Builder(table_of(stream), received=True)
    source = iter(deliveries)
    while block := list(islice(source, builder.block)):
        builder.add([message for message, _ in block], [at for _, at in block])
    return builder.frame()


def _readable(column: Column, value: Any) -> bool:
    try:
        reader(column.kind).array([value])
    except WRONG:
        return False
    return True


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def book_frame(bids: Iterable[Sequence[Any]], asks: Iterable[Sequence[Any]]) -> Any:
    """Return one book as a frame; see ``bybit_ws.data.book_frame``."""
    sides = [[(float(level[0]), float(level[1])) for level in side] for side in (bids, asks)]
    parts = [numpy.array(side, numpy.float64).reshape(-1, 2) for side in sides]
    counts = [len(side) for side in sides]
    both = numpy.concatenate(parts)
    level = numpy.concatenate([numpy.arange(1, count + 1, dtype=numpy.int32) for count in counts])
    names, places, numbers = reader(NAME), reader(LEVEL), reader(FLOAT)
    names.read(("bid", "ask"), numpy.array(counts))
    places.read(level)
    numbers.read(both[:, 0])
    return pandas.DataFrame(
        {
            "side": names.finish(),
            "level": places.finish(),
            "price": numbers.finish(),
            "quantity": both[:, 1],
            "cumulative_quantity": numpy.concatenate([part[:, 1].cumsum() for part in parts]),
        },
        copy=False,
    )
