"""When a socket was last heard, and how long its pings take. Pure."""

from __future__ import annotations

from collections import deque

MEMORY = 4096
"""Pings that may be unanswered at a time: a user can send as many as they like."""

SLEPT = 5.0
"""Seconds by which the two clocks may drift apart between two looks; beyond that the machine slept."""


class Heartbeat:
    """The signs of life of one connection.

    Args:
        interval: Seconds between pings.
        timeout: Seconds beyond that, after which silence means a dead socket; None for never.

    Attributes:
        heard: When something was last read.
        spoken: When a message was last read: protocol pings are a sign of life of whatever is in between, too.
        round_trip: Seconds that the last answered ping took.
    """

    def __init__(self, interval: float, timeout: float | None) -> None:
        self._timeout = timeout
        self._limit = None if timeout is None else interval + timeout
        self._pings: deque[tuple[float, bool]] = deque(maxlen=MEMORY)
        self._answers = False
        self._drift: float | None = None
        self._earlier, self._woke = 0.0, float("-inf")
        self.heard = self.spoken = 0.0
        self.round_trip: float | None = None

    def opened(self, now: float) -> None:
        """A new connection stands."""
        self.heard = self.spoken = now
        self._pings.clear()
        self._answers = False

    def pinged(self, now: float, own: bool) -> None:
        """A ping goes out; ``own`` where the user asked for it."""
        self._pings.append((now, own))

    def ponged(self, now: float) -> bool:
        """A pong came; return whether it answers a ping that the user asked for."""
        self._answers = True
        if not self._pings:
            return False
        sent, own = self._pings.popleft()
        self.round_trip = now - sent
        return own

    def verdict(self, now: float) -> str | None:
        """Return why the socket is dead, or None while it lives."""
        limit = self._limit
        if limit is None:
            return None
        if now - self.heard > limit:
            return f"the server said nothing for {now - self.heard:.0f} s"
        if self._answers and self._pings and now - max(self.spoken, self._pings[0][0]) > limit:
            return f"the server answered no ping and sent no message for {now - self.spoken:.0f} s"
        return None

    def compare(self, now: float, wall: float) -> bool:
        """Compare the two clocks; return whether the machine slept, or its clock was set: either is worth a ping.

        The steady clock stands still while a machine sleeps, the time of day does not. The socket has only as long
        as a ping may take to show that it is still there.
        """
        drift, before = wall - now, self._drift
        self._drift = drift
        if before is None or abs(drift - before) < SLEPT:
            return False
        self._woke, self._earlier = now, before
        if self._limit is not None and self._timeout is not None:
            self.heard = min(self.heard, now - self._limit + self._timeout)
        return True

    def epoch(self, moment: float) -> float:
        """Turn a moment of the steady clock into seconds since the epoch, as the time of day was then."""
        return moment + ((self._earlier if moment < self._woke else self._drift) or 0.0)
