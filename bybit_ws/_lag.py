"""How old messages are when their callback has had them, by the exchange's own clock. Pure."""

from __future__ import annotations

from collections import deque
from typing import Any, Callable

from ._dialects import MALFORMED

EVERY = 1.0
"""Seconds between two samples: a look at every message would cost more than it tells."""

PONGS = 8
"""Pongs that are remembered; that with the shortest round trip tells the time best."""

SAMPLES = 600
"""Samples that are remembered where the exchange's clock is not known."""


class ServerClock:
    """By how much the exchange's clock is ahead of this machine's."""

    def __init__(self) -> None:
        self._pongs: deque[tuple[float, float]] = deque(maxlen=PONGS)
        self._ages: deque[float] = deque(maxlen=SAMPLES)

    @property
    def offset(self) -> float | None:
        """Seconds that the exchange's clock is ahead; None while no pong has told its time."""
        pongs = tuple(self._pongs)  # at one go: other threads change them
        return min(pongs)[1] if pongs else None

    def ponged(self, server_ms: int | None, wall: float, round_trip: float | None) -> None:
        """Learn from a pong that came now: the exchange wrote it half a round trip ago."""
        if server_ms is None or round_trip is None:
            return
        self._pongs.append((round_trip, server_ms / 1000 - (wall - round_trip / 2)))

    def arrived(self, stamp: float, wall: float) -> None:
        """Learn from a message that arrived then."""
        self._ages.append(wall - stamp / 1000)

    def age(self, stamp: float, wall: float) -> float | None:
        """Return how long ago the exchange sent a message; where its clock is not known, the quickest took no time."""
        offset = self.offset
        if offset is None:
            ages = tuple(self._ages)
            offset = -min(ages) if ages else None
        return None if offset is None else max(0.0, wall + offset - stamp / 1000)

    def set(self) -> None:
        """This machine's clock was set: what was learned is wrong."""
        self._pongs.clear()
        self._ages.clear()


class Lag:
    """A sample now and then of how late messages are.

    Args:
        clock: What is known of the exchange's clock.
        stamp: Reads from a message when the exchange sent it, in milliseconds; None where it does not say.

    Attributes:
        due: When to take the next sample.
        seconds: The last one; None where there was none.
    """

    def __init__(self, clock: ServerClock, stamp: Callable[[Any], float | None]) -> None:
        self._clock, self._stamp = clock, stamp
        self.due = 0.0
        self.seconds: float | None = None

    def read(self, message: Any, now: float) -> float | None:
        """Read from a message when the exchange sent it, before its callback may change it."""
        self.due = now + EVERY
        try:
            return self._stamp(message)
        except MALFORMED:
            return None

    def add(self, stamp: float, wall: float, held: float | None = None) -> None:
        """Take a sample: a message that was sent then has been with its callback now.

        Args:
            stamp: When it was sent, in milliseconds.
            wall: The time of day now.
            held: Seconds since it arrived, where that is known.
        """
        if held is not None:
            self._clock.arrived(stamp, wall - held)
        self.seconds = self._clock.age(stamp, wall)
