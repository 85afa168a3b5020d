"""A session behind its lock: whatever changes it, what that brings about is sent and reported in order."""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable, TypeVar

from ._json import GZIP
from ._lifecycle import State
from ._redact import Redactor
from ._reporter import Reporter
from ._session import Delivery, Session
from ._topics import Socket
from ._transport import Transport
from .exceptions import ConnectionLost

logger = logging.getLogger("bybit_ws")
trace = logging.getLogger("bybit_ws.trace")

T = TypeVar("T")


class Guarded:
    """The one way to a session from any thread; no user code runs under its lock.

    Args:
        session: The session.
        socket: Which socket it is.
        reporter: Where events go.
        redact: Removes secrets from what is traced; None traces nothing.
    """

    def __init__(
        self, session: Session, socket: Socket, reporter: Reporter, redact: Redactor | None
    ) -> None:
        self.transport: Transport | None = None
        self.since = time.time()
        self._session, self._socket, self._reporter, self._redact = session, socket, reporter, redact
        self._lock = threading.Lock()

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
                    self.since = time.time()
                self._settle()

    def receive(self, payload: bytes, now: float) -> list[Delivery]:
        """Take a message in; return the calls to make once the lock is released."""
        if self._redact is not None:
            zipped = f"({len(payload)} bytes of gzip)" if payload[:2] == GZIP else None
            self._trace("<", zipped or payload.decode("utf-8", "replace"))
        with self._lock:
            deliveries = self._session.receive(payload, now)
            self._settle()
        return deliveries

    def send(self, text: str) -> None:
        """Send a text; where that fails, the reader finds the socket broken and makes a new one."""
        transport = self.transport
        if transport is None:
            return
        self._trace(">", text)
        try:
            transport.send(text)
        except ConnectionLost as error:
            logger.debug("%s: %s", self._socket.label, error)
            transport.abort()

    def _settle(self) -> None:
        session = self._session
        if session.outbox:
            texts = session.outbox[:]
            session.outbox.clear()
            for text in texts:
                self.send(text)
        if session.events:
            self._reporter.add(self._socket.name, session.events)
            session.events.clear()

    def _trace(self, direction: str, text: str) -> None:
        if self._redact is not None:
            trace.debug("%s %s %s", self._socket.label, direction, self._redact(text))


def show_trace() -> None:
    """Let traced frames be seen also where the user has configured no logging."""
    trace.setLevel(logging.DEBUG)
    if not logging.getLogger().handlers and not trace.handlers:
        trace.addHandler(logging.StreamHandler())
