"""What clients did: messages received, connections open and made, and waiting for either."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Received(str):
    """One message of a client, with ``path``, ``at`` (time.time()) and ``connection`` (a number)."""

    path: str
    at: float
    connection: int

    def __new__(cls, text: str, path: str, connection: int) -> Received:
        """Make the string and note where it came from."""
        self = super().__new__(cls, text)
        self.path, self.at, self.connection = path, time.time(), connection
        return self


class Witness:
    """Thread-safe record, with a condition that is notified of everything."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._received: list[Received] = []
        self._requests: list[str] = []
        self._open = 0
        self._made = 0

    @property
    def received(self) -> list[Received]:
        """A copy of what clients sent, in order."""
        with self._condition:
            return list(self._received)

    @property
    def requests(self) -> list[str]:
        """A copy of what clients asked REST for, in order."""
        with self._condition:
            return list(self._requests)

    @property
    def open(self) -> int:
        """How many connections are open."""
        return self._open

    @property
    def made(self) -> int:
        """How many upgrades were accepted in total."""
        return self._made

    def heard(self, message: str | bytes, path: str, connection: int) -> None:
        """Note one message."""
        text = message if isinstance(message, str) else bytes(message).decode("utf-8", "replace")
        with self._condition:
            self._received.append(Received(text, path, connection))
            self._condition.notify_all()

    def asked(self, target: str) -> None:
        """Note one REST request."""
        with self._condition:
            self._requests.append(target)
            self._condition.notify_all()

    def connected(self) -> int:
        """Note one accepted upgrade and give its number."""
        with self._condition:
            self._open += 1
            self._made += 1
            self._condition.notify_all()
            return self._made

    def disconnected(self) -> None:
        """Note one end."""
        with self._condition:
            self._open -= 1
            self._condition.notify_all()

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``predicate()`` is true; False at the timeout.

        The predicate runs without the lock, since it may ask the exchange's own thread, and
        every 20 ms at least, since it may look at other things than connections.
        """
        deadline = time.monotonic() + timeout
        while not predicate():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._condition:
                self._condition.wait(min(left, 0.02))
        return True
