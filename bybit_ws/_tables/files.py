"""Messages into files, one a stream, a piece at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ..exceptions import ConfigurationError
from .frames import Builder
from .libraries import pyarrow
from .rows import Message
from .table import table_of

_PIECE = 100_000
"""Rows that are written at once: a row group of Parquet."""


class Exported(NamedTuple):
    """A file that was written.

    Attributes:
        stream: Whose messages it has.
        path: Where it is.
        rows: How many rows it has.
    """

    stream: str
    path: Path
    rows: int


class _Parquet:
    def __init__(self, path: Path, empty: Any) -> None:
        from pyarrow import parquet

        schema = pyarrow.Schema.from_pandas(empty, preserve_index=False)
        names = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
        for at, field in enumerate(schema):
            if pyarrow.types.is_dictionary(field.type):
                schema = schema.set(at, field.with_type(names))
        self._schema = schema
        self._writer = parquet.ParquetWriter(path, schema, compression="zstd")

    def write(self, frame: Any) -> None:
        self._writer.write_table(pyarrow.Table.from_pandas(frame, schema=self._schema, preserve_index=False))

    def close(self) -> None:
        self._writer.close()


class _Csv:
    def __init__(self, path: Path, empty: Any) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        empty.to_csv(self._file, index=False)

    def write(self, frame: Any) -> None:
        frame.to_csv(self._file, index=False, header=False)

    def close(self) -> None:
        self._file.close()


_FORMS: dict[str, type[_Parquet | _Csv]] = {"parquet": _Parquet, "csv": _Csv}


class _Out:
    """The file of one stream, under a name of its own until all is written."""

    def __init__(self, stream: str, path: Path, form: str, received: bool) -> None:
        self._builder = Builder(table_of(stream), received)
        self.stream, self.path, self.rows = stream, path, 0
        self._timed = received
        self._messages: list[Message] = []
        self._received: list[float] = []
        self._unfinished = path.with_name(f"{path.name}.part")
        self._file = _FORMS[form](self._unfinished, self._builder.frame())

    def add(self, message: Message, received: tuple[float, ...]) -> None:
        if bool(received) is not self._timed:
            raise ConfigurationError(f"some messages of {self.stream} tell when they were read, and some do not")
        self._messages.append(message)
        self._received += received
        if len(self._messages) == self._builder.block:
            self._read()
            if self._builder.rows >= _PIECE:
                self._write()

    def _read(self) -> None:
        self._builder.add(self._messages, self._received if self._timed else None)
        self._messages, self._received = [], []

    def _write(self) -> None:
        self.rows += self._builder.rows
        self._file.write(self._builder.frame())

    def finish(self) -> None:
        if self._messages:
            self._read()
        if self._builder.rows:
            self._write()
        self._file.close()

    def keep(self) -> Exported:
        os.replace(self._unfinished, self.path)
        return Exported(self.stream, self.path, self.rows)

    def drop(self) -> None:
        self._file.close()
        self._unfinished.unlink()


def write(messages: Iterable[Any], directory: str | os.PathLike[str], form: str) -> list[Exported]:
    """Write messages to files; see ``bybit_ws.data.export``."""
    if form not in _FORMS:
        raise ConfigurationError(f"{form!r} is no format: it is one of {', '.join(_FORMS)}")
    home = Path(directory)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigurationError(f"{directory} cannot be a directory, there is a file: name another") from error
    outs: dict[str, _Out] = {}
    try:
        for stream, message, *received in messages:
            if stream not in outs:
                table_of(stream)
                outs[stream] = _Out(stream, home / f"{stream}.{form}", form, bool(received))
            outs[stream].add(message, tuple(received))
        for out in outs.values():
            out.finish()
    except BaseException:
        for out in outs.values():
            out.drop()
        raise
    return [outs[stream].keep() for stream in sorted(outs)]
