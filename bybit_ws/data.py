"""The streams' messages as tidy tables: for pandas, and as Parquet or CSV files (extra ``data``).

A table for each of the 28 streams, whose columns ``columns`` tells. One row is one trade, candle, order and so on; of
an order book one level in one message, so that the table has the same columns whatever the depth, and
``book[book.level == 1]`` is the best price over time. Times are ``datetime64[ns, UTC]``, prices and quantities
``float64`` in natural units, and what the exchange left out is missing (NaN, NaT, NA).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from ._tables.columns import Column
from ._tables.table import table_of

if TYPE_CHECKING:
    import pandas

    from ._tables.files import Exported

__all__ = ["Column", "book_frame", "columns", "export", "to_frame", "to_parquet"]


def columns(stream: str) -> tuple[Column, ...]:
    """Return the columns of a stream's table, in order; needs nothing installed.

    Args:
        stream: The stream, e.g. ``"trade_v1"``.

    Returns:
        For each its ``name``, ``dtype``, ``unit``, ``doc`` and ``source``, its place in the message.

    Raises:
        ConfigurationError: It is no documented stream.
    """
    return table_of(stream).columns


def to_frame(stream: str, messages: Iterable[Mapping[str, Any]]) -> pandas.DataFrame:
    """Return messages of one stream as a data frame.

    Args:
        stream: The stream, e.g. ``"trade_v1"``.
        messages: What its callback got, or what ``collect()`` returned.

    Returns:
        A frame with the columns of ``columns(stream)``, of the same types even where there is no message.

    Raises:
        ConfigurationError: It is no documented stream, or a message is not one of it.
        ImportError: pandas or pyarrow is not installed.
    """
    from ._tables.frames import Builder

    builder = Builder(table_of(stream))
    builder.extend(messages)  # type: ignore[arg-type]  # only read
    return builder.frame()


def to_parquet(
    messages: Iterable[tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], float]],
    directory: str | PathLike[str],
) -> list[Exported]:
    """Write messages of any streams to Parquet, one file a stream, in bounded memory.

    Args:
        messages: ``(stream, message)``, or ``(stream, message, at)`` with the seconds since 1970 at which it was read,
            which become the column ``received``.
        directory: Where to; it is made where it is missing. Files of the same streams are replaced, all at once in
            the end.

    Returns:
        For each file its ``stream``, ``path`` and number of ``rows``.

    Raises:
        ConfigurationError: One is of no documented stream, or is not one of that stream.
        ImportError: pandas or pyarrow is not installed.
        OSError: A file cannot be written.
    """
    return export(messages, directory)


def export(
    messages: Iterable[tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], float]],
    directory: str | PathLike[str],
    form: str = "parquet",
) -> list[Exported]:
    """Write messages of any streams to files, as ``to_parquet`` does.

    Args:
        messages: See ``to_parquet``.
        directory: See ``to_parquet``.
        form: ``"parquet"`` or ``"csv"``.

    Returns:
        For each file its ``stream``, ``path`` and number of ``rows``.

    Raises:
        ConfigurationError: There is no such form; or see ``to_parquet``.
        ImportError: pandas or pyarrow is not installed.
        OSError: A file cannot be written.
    """
    from ._tables.files import write

    return write(messages, directory, form)


def book_frame(bids: Iterable[Sequence[Any]], asks: Iterable[Sequence[Any]]) -> pandas.DataFrame:
    """Return one order book as a data frame.

    Args:
        bids: ``(price, quantity)`` of each bid, the best first.
        asks: The same of the asks.

    Returns:
        A frame with the columns ``side`` (bid or ask), ``level`` (1 is the best), ``price``, ``quantity`` and
        ``cumulative_quantity``, what there is up to that price.

    Raises:
        ImportError: pandas or pyarrow is not installed.
    """
    from ._tables import frames

    return frames.book_frame(bids, asks)
