"""The files that a recording consists of: written without ever replacing one, read as far as they go."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .exceptions import ConfigurationError

READ = 1 << 16
LEVEL = 6
_GZIP = 31
"""What zlib calls the format of gzip files."""


def _name_parts(path: Path) -> tuple[str, str]:
    """Return a file's name without its endings, and these: ``("btc", ".jsonl.gz")``."""
    ending = re.search(r"(\.jsonl?|\.ndjson)?(\.gz)?$", path.name)
    at = len(path.name) if ending is None else ending.start()
    return path.name[:at], path.name[at:]


def numbered(path: Path) -> dict[int, Path]:
    """Return the files of a recording that are there: itself is number 1, the next one ``btc.2.jsonl.gz``."""
    stem, ending = _name_parts(path)
    pattern = re.compile(rf"{re.escape(stem)}\.(\d+){re.escape(ending)}")
    try:
        names = os.listdir(path.parent)
    except OSError:
        names = []
    found = {int(match[1]): path.with_name(name) for name in names for match in [pattern.fullmatch(name)] if match}
    if path.name in names:
        found[1] = path
    return dict(sorted(found.items()))


def next_part(path: Path) -> Path:
    """Return the name of the next file: one more than the last that is there.

    Raises:
        ConfigurationError: It is a directory.
    """
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory: name a file")
    number = max(numbered(path), default=0) + 1
    stem, ending = _name_parts(path)
    return path if number == 1 else path.with_name(f"{stem}.{number}{ending}")


class Part:
    """A file that is written; what is flushed can be read whatever becomes of the process.

    Args:
        path: Its name; compressed where it ends in ``.gz``.

    Raises:
        FileExistsError: There is one of that name.
        OSError: It cannot be made.

    Attributes:
        size: Its bytes so far.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, 0
        self._deflate: Any = zlib.compressobj(LEVEL, wbits=_GZIP) if path.suffix == ".gz" else None
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._put(data if self._deflate is None else self._deflate.compress(data))

    def flush(self) -> None:
        """Let what was written be in the file."""
        if self._deflate is not None:
            self._put(self._deflate.flush(zlib.Z_SYNC_FLUSH))

    def close(self) -> None:
        """End the file."""
        try:
            if self._deflate is not None:
                self._put(self._deflate.flush(zlib.Z_FINISH))
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = self._file.write(view)
            self.size += written
            view = view[written:]


def parts_of(path: Path) -> list[Path]:
    """Return the files of a recording, in order.

    Raises:
        ConfigurationError: There is none.
    """
    found = list(numbered(path).values())
    if not found:
        raise ConfigurationError(f"{path}: there is no such recording; bybit-ws record and ws.record(path) make one")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory: name the file of a recording")
    return found


def raw_lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Yield the lines of a file, and whether each is whole: the last one may be cut short.

    A compressed file is told by its content, and read as far as it can be.
    """
    rest = b""
    for block in _blocks(path):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line, True
    if rest:
        yield rest, False


def _blocks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        first = file.read(READ)
        if first[:2] != b"\x1f\x8b":
            while first:
                yield first
                first = file.read(READ)
            return
        inflate = zlib.decompressobj(wbits=_GZIP)
        block = first
        while block:
            try:
                yield inflate.decompress(block)
            except zlib.error:  # a member that was cut short, and something else behind it
                return
            block = inflate.unused_data if inflate.eof else b""
            if inflate.eof:
                inflate = zlib.decompressobj(wbits=_GZIP)
            block = block or file.read(READ)
