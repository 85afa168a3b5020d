"""What makes a client one that can be recorded."""

from __future__ import annotations

import os
from typing import Any

from ._options import Options
from ._recorder import Recorder
from ._reporter import Reporter
from ._sockets import Sockets
from ._topics import Socket
from .exceptions import InvalidState


class Recorded:
    """A client that can be recorded."""

    _options: Options
    _reporter: Reporter
    _sockets: Sockets
    _recorder: Recorder | None = None

    def record(
        self,
        path: str | os.PathLike[str] | Recorder,
        *,
        rotate_mb: float | None = None,
        rotate_minutes: float | None = None,
    ) -> Recorder:
        """Keep every frame of every socket, also of those that are opened later, until ``stop()`` or the client's end.

        Asked again while it is at work on that file, as in a cell that is run twice, it goes on.

        What is in the file already stays: where there is one of that name, the recording goes on in the next one,
        ``btc.2.jsonl.gz`` after ``btc.jsonl.gz``; so it does beyond ``rotate_mb`` and ``rotate_minutes``. ``Recording``
        reads all of them as one. What was received half a second ago is in the file, also where the process is killed.

        A thread of its own writes. Where the disk is too slow, the socket is read more slowly; where it is full, a
        ``RecordingFailed`` event says so, and the streams go on. No request to authenticate and no key is kept.

        Args:
            path: The file, ``btc.jsonl`` or compressed ``btc.jsonl.gz``; or the ``Recorder`` of another client, to
                keep both in one file.
            rotate_mb: Megabytes of a file, after which the next one is begun.
            rotate_minutes: The same in minutes.

        Returns:
            What ends it by ``stop()``, or as a context manager; ``frames``, ``size``, ``seconds`` and ``path`` tell
            how it goes.

        Raises:
            ConfigurationError: The file cannot be written.
            InvalidState: The client is closed, or is being recorded to another file.
        """
        if self._sockets.closed:
            raise InvalidState("the client is closed: make a new one")
        if self._recorder is not None and not self._recorder.stopped:
            if self._recorder.writes(path):
                return self._recorder
            raise InvalidState(f"the client is being recorded to {self._recorder.path}: stop() that first")
        recorder = path
        if not isinstance(recorder, Recorder):
            recorder = Recorder(recorder, rotate_mb=rotate_mb, rotate_minutes=rotate_minutes)
        self._recorder = recorder  # first, so that a socket which is opened meanwhile finds it
        try:
            recorder.add(self)
        except InvalidState:
            self._recorder = None
            raise
        if self._sockets.closed:  # meanwhile
            self._stop_recording()
        return recorder

    def _attach(self, socket: Socket, connection: Any) -> None:
        """Have a new connection recorded where the client is."""
        recorder = self._recorder
        if recorder is not None and not recorder.stopped:
            connection.vitals.record(socket, recorder.way(self))

    def _begin_to_close(self) -> None:
        if self._recorder is not None:
            self._recorder.closing(self)

    def _stop_recording(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.leave(self)
