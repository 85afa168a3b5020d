"""When a socket was last heard, when it last delivered, and how long its pings take. Pure."""

from __future__ import annotations

from collections import deque

MEMORY = 4096
"""Pings that may be unanswered at a time: a user can send as many as they like."""


class Heartbeat:
    """The signs of life of one connection.

    Args:
        interval: Seconds between pings.
        timeout: Seconds beyond that, after which silence means a dead socket; None for never.

    Attributes:
        heard: When something was last read.
        message_at: When the last message that was delivered was read.
        messages: How many were delivered.
        round_trip: Seconds that the last answered ping took.
    """

    def __init__(self, interval: float, timeout: float | None) -> None:
        self._limit = None if timeout is None else interval + timeout
        self._pings: deque[tuple[float, bool]] = deque(maxlen=MEMORY)
        self.heard = 0.0
        self.round_trip: float | None = None
        self.messages = 0
        self.message_at: float | None = None

    def opened(self, now: float) -> None:
        """A new connection stands."""
        self.heard = now
        self._pings.clear()

    def pinged(self, now: float, own: bool) -> None:
        """A ping goes out; ``own`` where the user asked for it."""
        self._pings.append((now, own))

    def ponged(self, now: float) -> bool:
        """A pong came; return whether it answers a ping that the user asked for."""
        if not self._pings:
            return False
        sent, own = self._pings.popleft()
        self.round_trip = now - sent
        return own

    def age(self, now: float) -> float | None:
        """Return how long ago the last message was delivered; None where there was none yet."""
        return None if self.message_at is None else now - self.message_at

    def silent(self, now: float) -> float | None:
        """Return for how long nothing was heard, if that is too long."""
        silence = now - self.heard
        return silence if self._limit is not None and silence > self._limit else None
