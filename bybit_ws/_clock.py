"""What time it is: this machine's, or that of a recording which is played."""

from __future__ import annotations

import time


class Clock:
    """This machine's clocks."""

    def monotonic(self) -> float:
        """Return seconds of a steady clock."""
        return time.monotonic()

    def time(self) -> float:
        """Return seconds since the epoch."""
        return time.time()


class PlayedClock(Clock):
    """The time of a recording: it goes on only when told.

    Attributes:
        now: Seconds since the epoch, which never become fewer.
    """

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the recorded time."""
        return self.now

    def time(self) -> float:
        """Return the recorded time."""
        return self.now
