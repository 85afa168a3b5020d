"""Plays the lines of a recording to connections, on its own time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Callable

from ._clock import PlayedClock
from ._played import TICK, PlayedConnection
from ._recorded import SOCKETS, Line
from ._topics import Socket
from .exceptions import InvalidState

LONGEST = 86400.0
"""Seconds of silence that are lived through; what is longer is a pause of the recorder."""


class Player:
    """Goes through a recording, once.

    Args:
        lines: What is in it.
        speed: Times the recorded pace; None for as fast as it goes.
        apis: What each socket spoke at first.

    Attributes:
        clock: The recorded time.
        connections: Who is played to.
        clients: How many clients it is played to.
        follow: Called with each line of what was connected and wanted.
        over: The end was reached, or it was stopped.
    """

    def __init__(
        self, lines: Iterator[Line], speed: float | None = None, apis: Mapping[Socket, str] | None = None
    ) -> None:
        self.clock = PlayedClock()
        self.connections: dict[Socket, PlayedConnection] = {}
        self.apis = apis or {}
        self.clients = 0
        self._lock, self._playing = threading.RLock(), 0
        self.follow: Callable[[Line], None] | None = None
        self.over = False
        self._lines, self._speed = lines, speed
        self._stop = threading.Event()
        self._due = 0.0
        self._offset: float | None = None

    def stop(self) -> None:
        """Play nothing more; from any thread."""
        self.over = True
        self._stop.set()

    def play(self, until: Callable[[], bool], timeout: float | None) -> bool:
        """Play until something is reached, or to the end, and for so many recorded seconds at most.

        Returns:
            False where another thread plays.

        Raises:
            InvalidState: This is a callback, which is being played to.
        """
        if not self._lock.acquire(blocking=self._playing == threading.get_ident()):
            return False
        try:
            if self._playing == threading.get_ident():
                raise InvalidState("a callback is being played to: let it return first")
            self._playing = threading.get_ident()
            try:
                self._play(until, timeout)
            finally:
                self._playing = 0
        finally:
            self._lock.release()
        return True

    def _play(self, until: Callable[[], bool], timeout: float | None) -> None:
        end: float | None = None
        while not until():
            if not self.step():
                for connection in list(self.connections.values()):
                    connection.end()
                return
            if end is None and timeout is not None and any(one.up for one in [*self.connections.values()]):
                end = self.clock.now + timeout
            if end is not None and self.clock.now >= end:
                return

    def step(self) -> bool:
        """Play one line; return False at the end."""
        line = None if self.over else next(self._lines, None)
        if line is None or not self._in_time(line):
            self.over = True
            return False
        now = max(self.clock.now, line.at)
        if now >= self._due:
            self._live_until(now)
        self.clock.now = now
        if line.kind == "start":
            self._started(line)
        else:
            if self.follow is not None and line.kind in ("open", "want"):
                self.follow(line)
            connection = self.connections.get(SOCKETS[line.socket])
            if connection is not None and line.kind != "want":
                connection.play(line.kind, line.load, now)
        return True

    def _started(self, line: Line) -> None:
        """Another recording follows: what was connected is so no longer, and the time between is nobody's."""
        if line.load.get("again"):
            return
        self._offset = None
        for connection in list(self.connections.values()):
            connection.play("close", {}, self.clock.now)

    def _in_time(self, line: Line) -> bool:
        """Wait until a line is due; return False where it was stopped meanwhile."""
        if self._speed is None:
            return True
        now = time.monotonic()
        if self._offset is None or line.kind == "start":
            self._offset = now - line.at / self._speed
        wait = self._offset + line.at / self._speed - now
        return not self._stop.wait(wait) if wait > 0 else True

    def _live_until(self, now: float) -> None:
        """Let silent readers look whether something is due, as live ones do every second."""
        while True:
            standing = [one for one in self.connections.values() if one.up]
            if not standing:
                self._due = now + TICK
                return
            first = min(standing, key=lambda one: one.heard)
            if now - first.heard > LONGEST:
                first.heard = now - TICK
            self._due = first.heard + TICK
            if self._due > now:
                return
            self.clock.now = max(self.clock.now, self._due)
            first.play("tick", None, self._due)
