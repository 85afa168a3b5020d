"""How often something may be done: requests go out at a pace, what lasts is told now and then. Pure."""

from __future__ import annotations

BURST = 50
"""Requests that may go out at once: the subscriptions of most users, also after a reconnect."""

RATE = 50.0
"""Requests a second beyond that. No limit is documented; floods are what gets an address banned."""

REPEAT = 30.0
"""Seconds before the same thing is told once more."""


class Pace:
    """A bucket of requests that fills again."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Return whether a request may go out now; it counts then."""
        self._left, self._at = min(float(BURST), self._left + (now - self._at) * RATE), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Seldom:
    """Lets something that lasts be told when it begins, and then only once in a while."""

    def __init__(self) -> None:
        self._at = -REPEAT

    def take(self, now: float) -> bool:
        """Return whether it may be told now; it counts then."""
        if now - self._at < REPEAT:
            return False
        self._at = now
        return True
