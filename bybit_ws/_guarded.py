"""A session behind its lock: whatever changes it, what that brings about is sent and reported in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any, Callable, TypeVar

from ._bulk import Batch
from ._clock import Clock
from ._lifecycle import State
from ._pace import Pace
from ._redact import Redactor
from ._reporter import Reporter
from ._session import Answer, Session
from ._streams import Stream
from ._tape import Tape
from ._topics import Key, Socket
from ._transport import Transport
from ._v5.translation import Task
from .exceptions import ConnectionLost

logger = logging.getLogger("bybit_ws")
trace = logging.getLogger("bybit_ws.trace")

T = TypeVar("T")


class Guarded:
    """The one way to a session from any thread but its reader's own; no user code runs under its lock.

    Args:
        session: The session.
        socket: Which socket it is.
        reporter: Where events go.
        redact: Removes secrets from what is traced; None traces nothing.

    Attributes:
        run: What asks the exchange's REST interface, on a thread of its own.
        clock: What time it is.
        tape: What the connection is recorded by; None where it is not.
    """

    def __init__(
        self, session: Session, socket: Socket, reporter: Reporter, redact: Redactor | None
    ) -> None:
        self.transport: Transport | None = None
        self.run: Callable[[Task], None] = lambda task: None
        self.clock = reporter.clock or Clock()
        self.tape: Tape | None = None
        self.since = self.clock.time()
        self._session, self._socket, self._reporter, self._redact = session, socket, reporter, redact
        self._lock = threading.Lock()
        self._pace = Pace()

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._session.state

    def change(self, change: Callable[[Session], T]) -> T:
        """Let something change the session, then send and report what that brought about."""
        with self._lock:
            state = self._session.state
            try:
                return change(self._session)
            finally:
                if self._session.state is not state:
                    self.since = self.clock.time()
                if self.tape is not None:
                    self.tape.look(self._session)
                self._settle()

    def read(self, question: Callable[[Session], T]) -> T:
        """Let something look at the session and change nothing."""
        with self._lock:
            return question(self._session)

    def take(self, message: Any, now: float) -> Stream | None:
        """Take a message in; return the stream to deliver it to once the lock is released."""
        with self._lock:
            stream = self._session.take(message, now)
            self._settle()
        return stream

    def push(self, key: Key, message: Any, now: float) -> Stream | None:
        """Take a translated message in, as ``take`` does."""
        with self._lock:
            stream = self._session.push(key, message, now)
            self._settle()
        return stream

    def record(self, tape: Tape) -> None:
        """Have the connection recorded from now on."""

        def begin(session: Session) -> None:
            self.tape = tape
            tape.begin(session)

        self.change(begin)
        self._reporter.drain()

    def traced(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Return the same messages, logged on their way where that is wanted."""
        return batches if self._redact is None else map(self._trace_batch, batches)

    def send(self, text: str) -> None:
        """Send a text; where that fails, the reader finds the socket broken and makes a new one."""
        transport = self.transport
        if transport is None:
            return
        self._trace(">", text)
        if self.tape is not None:
            self.tape.sent(text)
        try:
            transport.send(text)
        except ConnectionLost as error:
            logger.debug("%s: %s", self._socket.label, error)
            transport.abort()

    def _settle(self) -> None:
        session = self._session
        while session.outbox and (type(session.outbox[0]) is Answer or self._pace.take(self.clock.monotonic())):
            self.send(session.outbox.pop(0))
        if session.events:
            self._reporter.add(self._socket.name, session.events)
            session.events.clear()
        if session.bridge is not None:
            for task in session.bridge.tasks():
                self.run(task)

    def _trace_batch(self, batch: Batch) -> Batch:
        for payload in batch or ():
            self._trace("<", payload.decode("utf-8", "replace"))
        return batch

    def _trace(self, direction: str, text: str) -> None:
        if self._redact is not None:
            trace.debug("%s %s %s", self._socket.label, direction, self._redact(text))


def show_trace() -> None:
    """Let traced frames be seen also where the user has configured no logging."""
    trace.setLevel(logging.DEBUG)
    if not logging.getLogger().handlers and not trace.handlers:
        trace.addHandler(logging.StreamHandler())
