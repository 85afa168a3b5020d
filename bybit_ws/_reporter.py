"""Delivers events in order and one at a time, whichever thread they come from, with no lock held meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, Callable

from ._clock import Clock
from .events import (
    AuthenticationRefused,
    BookOutOfSync,
    Disconnected,
    Event,
    Gap,
    Reconnected,
    RecordingFailed,
    Rejected,
    RestFailed,
    Retired,
    SlowConsumer,
    Stalled,
    UnknownMessage,
)

logger = logging.getLogger("bybit_ws")

BY_THE_USER = "closed by the user"

WARNINGS = (
    AuthenticationRefused,
    BookOutOfSync,
    Disconnected,
    Gap,
    Reconnected,
    RecordingFailed,
    Rejected,
    RestFailed,
    Retired,
    SlowConsumer,
    Stalled,
    UnknownMessage,
)
"""What a user who listens to no events should still find in the log."""


class Reporter:
    """The way from the sockets of one client to its ``on_event``, and to the log.

    Args:
        on_event: The user's function, or None.
        clock: What time it is; None for this machine's.

    Attributes:
        latest: The newest event that was delivered or logged; None before the first.
    """

    def __init__(self, on_event: Callable[[Event], Any] | None, clock: Clock | None = None) -> None:
        self.latest: Event | None = None
        self._on_event, self.clock = on_event, clock
        self._queue: deque[Event] = deque()
        self._lock = threading.Lock()
        self._busy = False
        self._mentioned: set[str] = set()

    def add(self, socket: str, events: Iterable[Event]) -> None:
        """Queue events; cheap, and safe under any lock."""
        now = time.time() if self.clock is None else self.clock.time()
        self._queue.extend(event.stamped(socket, now) for event in events)

    def drain(self) -> None:
        """Deliver what is queued, unless another thread, or this one further up, is at it already."""
        while self._queue:
            with self._lock:
                if self._busy:
                    return
                self._busy = True
            try:
                while self._queue:
                    self._deliver(self._queue.popleft())
            finally:
                self._busy = False

    def first(self, thing: str) -> bool:
        """Return whether this is the first time that something is mentioned: it is told once for all sockets."""
        with self._lock:
            known = thing in self._mentioned
            self._mentioned.add(thing)
        return not known

    def log(self, serious: bool, text: str, *args: object) -> None:
        """Log something; it is a warning where it is serious and nobody listens to events."""
        logger.log(logging.WARNING if serious and self._on_event is None else logging.INFO, text, *args)

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._on_event = None

    def _deliver(self, event: Event) -> None:
        self.latest = event
        expected = isinstance(event, Disconnected) and event.reason == BY_THE_USER
        harmless = (
            expected or (isinstance(event, Gap) and event.repaired) or (isinstance(event, Retired) and event.known)
        )
        self.log(isinstance(event, WARNINGS) and not harmless, "%s", event)
        on_event = self._on_event
        if on_event is None:
            return
        try:
            on_event(event)
        except BaseException as error:
            logger.exception("on_event raised for %r", event)
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise  # a real Ctrl-C, which Python shows to the main thread only
