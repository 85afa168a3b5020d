"""Writes recordings, on a thread of their own."""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from ._options import Options
from ._parts import Part, next_part
from ._redact import Redactor
from ._reporter import BY_THE_USER, Reporter
from ._sockets import Sockets
from ._tape import Load, Put
from ._version import __version__
from .events import RecordingFailed
from .exceptions import ConfigurationError, InvalidState

TURN = 0.5
"""Seconds between two turns of the thread that writes; after each of them all that came before can be read."""

LIMIT = 1 << 26
"""Bytes that wait to be written at most: who reads a socket has to wait before there are more."""

HASTE = 1 << 20
"""Bytes that are not left waiting until the next turn."""

FAREWELL = 10.0
"""Seconds that ``stop`` waits for the disk."""

Entry = tuple[float, str, str, Load]


class Recordable(Protocol):
    """A client, as far as a recorder needs to know it."""

    _options: Options
    _reporter: Reporter
    _sockets: Sockets


class Recorder:
    """A recording that is being made: what ``record`` of a client returns. It is a context manager, too.

    Args:
        path: The file, see ``record``.
        rotate_mb: Megabytes of a file, after which the next one is begun; None for no limit.
        rotate_minutes: The same in minutes.

    Raises:
        ConfigurationError: The file cannot be written.

    Attributes:
        frames: Frames received so far.
        failure: Why the recording ended before it was stopped; None where it did not.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, rotate_mb: float | None = None, rotate_minutes: float | None = None
    ) -> None:
        self._base = Path(path)
        self._most_bytes = _limit("rotate_mb", rotate_mb) * 2**20
        self._most_seconds = _limit("rotate_minutes", rotate_minutes) * 60
        self.frames = 0
        self.failure: BaseException | None = None
        self._clients: list[Recordable] = []
        self._closing: list[Recordable] = []
        self._left: list[Recordable] = []
        self._heads: dict[str, dict[str, bytes]] = {}
        self._queue: deque[tuple[Entry, Redactor, int]] = deque()
        self._waiting = self._earlier = 0
        self._changed = threading.Condition()
        self._over = False
        self._part = self._begin()
        self._began = self._part_began = time.monotonic()
        self._ended: float | None = None
        self._epoch = time.time() - self._began
        self._start(False)
        self._thread = threading.Thread(target=self._run, name="bybit_ws recorder", daemon=True)
        self._thread.start()

    # -- for its user --------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The file that is written at present."""
        return self._part.path

    @property
    def size(self) -> int:
        """Bytes written so far, all files together."""
        return self._earlier + self._part.size

    @property
    def seconds(self) -> float:
        """Seconds that it lasts so far."""
        return (time.monotonic() if self._ended is None else self._ended) - self._began

    @property
    def progress(self) -> str:
        """A line on how it goes."""
        seconds = max(self.seconds, 1e-9)
        size, rate = self.size / 2**20, self.size / 2**10 / seconds
        return (
            f"{seconds:,.0f} s | {self.frames:,} frames, {self.frames / seconds:,.0f}/s | {size:,.2f} MB, "
            f"{rate:,.1f} kB/s | {self.path.name}"
        )

    def stop(self) -> None:
        """End the recording: what was received up to now is in the file. Does nothing the second time."""
        for client in self._clients:
            for connection in client._sockets.opened().values():
                connection.vitals.forget()
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(FAREWELL)

    @property
    def stopped(self) -> bool:
        """Whether it is over."""
        return self._over

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Recorder {'stopped' if self._over else 'at work'}: {self.progress}>"

    # -- for clients ---------------------------------------------------------------------------------------

    def writes(self, path: object) -> bool:
        """Return whether this is what a client that is asked to record there gets."""
        return path is self or (isinstance(path, (str, os.PathLike)) and Path(path) == self._base)

    def add(self, client: Recordable) -> None:
        """Record one more client, from now on (called by its ``record``).

        Raises:
            InvalidState: The recording is over, or has a client of the kind: their sockets could not be told apart.
        """
        if self._over:
            raise InvalidState("this recording is over: begin another one")
        if any(type(one) is type(client) for one in self._clients):
            raise InvalidState("a recording takes one client of each kind: use another file for this one")
        self._clients.append(client)
        for socket, connection in client._sockets.opened().items():
            connection.vitals.record(socket, self.way(client))

    def closing(self, client: Recordable) -> None:
        """Take its connections that end from now on for closed by the user (called when the client is closed)."""
        self._closing.append(client)

    def leave(self, client: Recordable) -> None:
        """Record a client no longer; with the last of them it ends (called when the client is closed)."""
        for connection in client._sockets.opened().values():
            connection.vitals.forget()
        self._left.append(client)
        if len(self._left) >= len(self._clients):
            self.stop()

    def way(self, client: Recordable) -> Put:
        """Return what takes the entries of a client."""
        redact = Redactor(client._options.api_key, client._options.api_secret)

        def put(at: float | None, kind: str, socket: str, load: Load) -> None:
            moment = (time.monotonic() if at is None else at) + self._epoch
            size = sum(map(len, load)) + 100 * len(load) if kind == "in" else 200
            if kind == "close" and client in self._closing:
                load = {"reason": BY_THE_USER}
            with self._changed:
                while kind == "in" and self._waiting > LIMIT and not self._over:  # else a lock is held meanwhile
                    self._changed.wait(1.0)
                if self._over:
                    return
                self._queue.append(((moment, kind, socket, load), redact, size))
                before, self._waiting = self._waiting, self._waiting + size
                if before <= HASTE < self._waiting:
                    self._changed.notify_all()

        return put

    # -- its own thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        over = False
        try:
            while not over:
                over = self._turn()
            self._part.close()
        except Exception as error:
            self._fail(error)
        finally:
            self._ended = time.monotonic()

    def _turn(self) -> bool:
        with self._changed:
            if not self._over and self._waiting <= HASTE:
                self._changed.wait(TURN)
            over = self._over
        end = math.inf if over else time.monotonic() + TURN
        while self._queue and time.monotonic() < end:
            entry, redact, size = self._queue.popleft()
            self._part.write(self._lines(entry, redact))
            if entry[1] == "in":
                self.frames += len(entry[3])
            with self._changed:
                self._waiting -= size
                if self._waiting <= HASTE < self._waiting + size:
                    self._changed.notify_all()
        self._part.flush()
        now = time.monotonic()
        if not over and (self._part.size >= self._most_bytes or now - self._part_began >= self._most_seconds):
            self._rotate(now)
        return over

    def _rotate(self, now: float) -> None:
        self._part.close()
        size = self._part.size
        self._part = self._begin()
        self._earlier += size
        self._part_began = now
        self._start(True)
        for heads in self._heads.values():  # so that each file can be read by itself
            for head in heads.values():
                self._part.write(head[:-2] + b',"again":true}\n')

    def _begin(self) -> Part:
        try:
            while True:
                with contextlib.suppress(FileExistsError):  # somebody else was quicker
                    return Part(next_part(self._base))
        except OSError as error:
            raise ConfigurationError(f"{self._base} cannot be written: {error.strerror or error}") from error

    def _start(self, again: bool) -> None:
        head = {"t": round(time.time(), 6), "dir": "start", "version": 1, "by": f"bybit_ws {__version__}"}
        self._part.write(_json({**head, "again": True} if again else head) + b"\n")

    def _lines(self, entry: Entry, redact: Redactor) -> bytes:
        at, kind, socket, load = entry
        begin = f'{{"t":{at:.6f},"dir":"{kind}","socket":"{socket}",'.encode()
        if kind == "in":
            texts = [payload.decode("utf-8", "replace") for payload in load]  # type: ignore[union-attr]
            return b"".join([b'%b"text":%b}\n' % (begin, _json(redact.cautiously(text))) for text in texts])
        if isinstance(load, str):
            return b'%b"text":%b}\n' % (begin, _json(redact(load)))
        line = begin + _json(load)[1:] + b"\n" if load else begin[:-1] + b"}\n"
        if kind == "close":
            self._heads.pop(socket, None)
        elif kind != "rest":
            self._heads.setdefault(socket, {})[kind] = line
        return line

    def _fail(self, error: BaseException) -> None:
        """What cannot be written is told, and the streams go on."""
        self.failure = error
        with self._changed:
            self._over = True
            self._queue.clear()
            self._changed.notify_all()
        self.stop()
        with contextlib.suppress(OSError):
            self._part.abandon()
        words = getattr(error, "strerror", None) or str(error)
        for client in self._clients:
            client._reporter.add("", [RecordingFailed(str(self._part.path), words)])
            client._reporter.drain()


def _limit(name: str, value: float | None) -> float:
    if value is None:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ConfigurationError(f"{name} must be a number above 0, or None, not {value!r}")
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
