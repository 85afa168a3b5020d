"""How fast requests may go out: a few at once, then so many a second. Pure."""

from __future__ import annotations

BURST = 50
"""Requests that may go out at once: the subscriptions of most users, also after a reconnect."""

RATE = 50.0
"""Requests a second beyond that. No limit is documented; floods are what gets an address banned."""


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
