"""What a table is made of. Pure data, no pandas."""

from __future__ import annotations

from typing import NamedTuple

FLOAT, E4, E6, E8 = "float", "e4", "e6", "e8"
"""Numbers, and whole numbers of ten-thousandths, millionths and hundred-millionths."""
INT, BOOL, NAME, TEXT = "int", "bool", "name", "text"
"""Whole numbers, flags, texts of which there are few (a symbol) and many (an id)."""
S, MS, US, NS, ISO = "s", "ms", "us", "ns", "iso"
"""Times: seconds, milliseconds, microseconds and nanoseconds since 1970, and ISO 8601."""
TAKER, SIDE, SYMBOL, INTERVAL = "taker", "side", "symbol", "interval"
"""Names that have to be spelt: is the buyer the taker, BUY, the last part of a topic, the one before it."""
LEVEL = "level"
"""A place in a book."""

TIMES = (S, MS, US, NS, ISO)
NAMES = (NAME, TAKER, SIDE, SYMBOL, INTERVAL)

_TIME = "datetime64[ns, UTC]"
_DTYPES = {
    **dict.fromkeys((FLOAT, E4, E6, E8), "float64"),
    **dict.fromkeys(TIMES, _TIME),
    **dict.fromkeys(NAMES, "category"),
    INT: "Int64",
    LEVEL: "Int32",
    BOOL: "boolean",
    TEXT: "string",
}

PAIRS, LEVELS, DATA, BALANCES, MESSAGE = "pairs", "levels", "data", "balances", "message"
"""Where the rows of a table are: levels in two lists of pairs, levels in one list or in a delta, the items of
``data`` (or ``data`` itself), the items of ``B``, the message itself."""


class Column(NamedTuple):
    """One column of a stream's table.

    Attributes:
        name: Its name, the same for the same thing in all tables.
        kind: How the wire spells it.
        source: Where it stands in the message: ``"sendTime"``, ``"data[].v"``.
        doc: What it is, in a sentence.
        unit: What a number counts, e.g. ``"base coin"``; empty where it counts nothing.
        also: Where else it may stand, should it not be there.
    """

    name: str
    kind: str
    source: str
    doc: str
    unit: str = ""
    also: str = ""

    @property
    def dtype(self) -> str:
        """The column's type in pandas, whatever the messages hold; what is missing is NaN, NaT or NA."""
        return _DTYPES[self.kind]

    @property
    def row(self) -> dict[str, str]:
        """What there is to tell of it, as texts."""
        return {"column": self.name, "dtype": self.dtype, "unit": self.unit, "doc": self.doc, "source": self.source}


class Table(NamedTuple):
    """The table of a stream.

    Attributes:
        stream: Its stream, e.g. ``"trade_v1"``.
        one: What a row is.
        rows: Where the rows are.
        columns: Its columns, in order.
        needed: The columns without which a message is not of this stream.
    """

    stream: str
    one: str
    rows: str
    columns: tuple[Column, ...]
    needed: tuple[str, ...] = ("symbol",)


RECEIVED = Column("received", US, "", "When this computer read the message (recordings only).")
