"""Whether to connect once more, and when. Pure."""

from __future__ import annotations

from ._backoff import Backoff
from .exceptions import AuthenticationError, BybitWebSocketError, ConnectionFailed, QueueFull

SLOW_DOWN = 10.0
"""Seconds to wait at least after the server said 403 or 429 and did not say how long."""


IMPATIENT = 1.0
"""Seconds between attempts at most, before the first success."""

LONGEST = 3600.0
"""Seconds that a server may ask to wait: beyond that it is a mistake, or malice."""


class Retry:
    """The attempts of one socket: a few until it was ready once, any number afterwards.

    Args:
        first: Attempts to make the first connection; 0 for any number.
        again: Whether a lost connection is made anew.
        backoff: The delays.
    """

    def __init__(self, first: int, again: bool, backoff: Backoff | None = None) -> None:
        self._first, self._again = first, again
        self._backoff = backoff or Backoff()
        self._ready_at: float | None = None
        self._lost_at: float | None = None
        self.attempts = 0
        self.reconnects = 0

    def persist(self) -> None:
        """Try for ever: nobody waits in a call."""
        self._first = 0

    @property
    def was_ready(self) -> bool:
        """Whether it has been ready at least once."""
        return self._ready_at is not None

    def ready(self, now: float) -> tuple[float | None, int]:
        """Note that it is ready; return the downtime, None for the first time, and the attempts it took."""
        downtime = None if self._lost_at is None else now - self._lost_at
        attempts, self.attempts = self.attempts, 0
        self._ready_at = now
        self.reconnects += downtime is not None
        return downtime, attempts

    def lost(self, now: float) -> None:
        """Note that a ready connection was lost; earlier failures are forgotten if it had held."""
        if self._ready_at is not None:
            self._backoff.held(now - self._ready_at)
        self._lost_at = now

    def worth(self, failure: BybitWebSocketError) -> bool:
        """Return whether another attempt makes sense."""
        if isinstance(failure, QueueFull):
            return False
        if self.was_ready:
            return self._again
        if isinstance(failure, AuthenticationError) or getattr(failure, "final", False):
            return False
        return self._first == 0 or self.attempts < self._first

    def delay(self, failure: BybitWebSocketError) -> float:
        """Return the seconds to wait before it."""
        delay = self._backoff.next()
        if not self.was_ready:  # somebody waits in a call: the attempts are few, and must not take minutes
            delay = min(delay, IMPATIENT)
        if isinstance(failure, ConnectionFailed):
            if failure.retry_after is not None:
                return max(delay, min(failure.retry_after, LONGEST))
            if failure.status in (403, 429):
                return max(delay, SLOW_DOWN)
        return delay

    def verdict(self, failure: BybitWebSocketError, place: str) -> BybitWebSocketError:
        """Return what to raise where the failure is final."""
        if self.was_ready or isinstance(failure, AuthenticationError):
            return failure
        tries = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        if not isinstance(failure, ConnectionFailed):
            return ConnectionFailed(f"{place} could not be opened{tries}: {failure}")
        return ConnectionFailed(
            f"{failure}{tries}", status=failure.status, retry_after=failure.retry_after, final=failure.final
        )
