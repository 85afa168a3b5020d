"""What callbacks raise, in the log: once with its traceback, then counted, as a callback may raise for each message."""

from __future__ import annotations

import logging
import math
import threading
import traceback
import weakref
from contextvars import Context
from typing import Any

from ._cell import cell_of, in_cell
from ._pace import REPEAT
from ._party import Owner
from ._topics import Key

logger = logging.getLogger("bybit_ws")

KINDS = 10
"""Tracebacks that are logged of one callback: as many types and places of errors. Any other is only counted."""


class _Known:
    """What one callback has raised for one stream."""

    def __init__(self, owner: Owner, now: float) -> None:
        self.owner, self.since = weakref.ref(owner), now
        self.kinds: set[Any] = set()
        self.more = 0
        self.last = ""
        self.cell: Context | None = None

    def line(self, key: Key) -> tuple[Any, ...]:
        """Return what to log of those that were counted, which is done then."""
        times = "once more" if self.more == 1 else f"{self.more:,} more times"
        self.more = 0
        return self.cell, "the callback of %s %s raised %s, last %s", *key, times, self.last


class Failures:
    """The log of what the callbacks of one socket raise; for any thread.

    Attributes:
        due: When something that was counted is to be told.
    """

    def __init__(self) -> None:
        self.due = math.inf
        self._known: dict[Key, _Known] = {}
        self._lock = threading.Lock()

    def add(self, key: Key, error: BaseException, owner: Owner, now: float) -> None:
        """Log a failure with its traceback, or only count it where the like of it was logged.

        Args:
            key: The stream.
            error: What was raised.
            owner: Whose callback raised it: a newer one's failures are told anew.
            now: The time.
        """
        kind, lines = _kind(error), []
        with self._lock:
            known = self._known.get(key)
            if known is None or known.owner() is not owner:
                lines = [known.line(key)] if known is not None and known.more else []
                known = self._known[key] = _Known(owner, now)
            counted = kind in known.kinds or len(known.kinds) >= KINDS
            if counted:
                known.more += 1
                known.last = traceback.format_exception_only(type(error), error)[-1].strip()
                known.cell = cell_of(error)
                self.due = min(self.due, known.since + REPEAT)
            else:
                known.kinds.add(kind)
        _log(lines)
        if not counted:
            text = "the callback of %s %s raised; the stream goes on"
            in_cell(cell_of(error), logger.error, text, *key, exc_info=error)

    def tell(self, now: float = math.inf) -> None:
        """Log how many were counted, of those streams that have not been told of for a while; by default of all."""
        with self._lock:
            self.due, lines = math.inf, []
            for key, known in self._known.items():
                if known.more and now >= known.since + REPEAT:
                    known.since = now
                    lines.append(known.line(key))
                elif known.more:
                    self.due = min(self.due, known.since + REPEAT)
        _log(lines)


def _log(lines: list[tuple[Any, ...]]) -> None:
    for cell, *words in lines:
        in_cell(cell, logger.error, *words)


def _kind(error: BaseException) -> Any:
    """Return what is the same of errors that tell nothing new: their type, and where they were raised."""
    frames, place = error.__traceback__, None
    while frames is not None:
        place = frames.tb_frame.f_code.co_filename, frames.tb_lineno
        frames = frames.tb_next
    return type(error), place
