"""Notices a stream that fell silent far beyond its own rhythm. Pure.

There is no timeout that fits all topics: a book speaks ten times a second, a trade of a small coin comes once an
hour. So each stream is measured by itself: what it never did before, it does not do without a reason.
"""

from __future__ import annotations

from collections.abc import Iterable

LOOK = 1.0
"""Seconds between two looks."""

KNOWN = 30
"""Looks that must have found new messages before a stream is known well enough to miss it."""

FACTOR = 10.0
"""How many times the longest pause a silence must last."""

SHORTEST = 15.0
"""Seconds that it must last at least."""

GROWTH = 3.0
"""How much longer than the longest pause a new one counts at most: a stall teaches little about the rhythm."""

FADE = 0.998
"""What is left of the longest pause after another look that found new messages: half of it after six minutes."""


class Rhythm:
    """How one stream speaks.

    Attributes:
        longest: The longest pause in seconds, as it is remembered.
        silence: Seconds without a message.
    """

    __slots__ = ("_looks", "_patience", "_seen", "longest", "silence")

    def __init__(self) -> None:
        self.longest = LOOK
        self._looks = self._seen = 0
        self.rest()

    def rest(self) -> None:
        """The connection was lost: what follows is no silence of the stream."""
        self.silence = 0.0
        self._patience = 1.0

    def stalled(self, messages: int, passed: float) -> bool:
        """Return whether a silence is too long now; asked again, it has to last twice as long.

        Args:
            messages: How many have come in all.
            passed: Seconds since the last look.
        """
        if messages != self._seen:
            self._learn(self.silence)
            self._seen = messages
            self.rest()
            return False
        self.silence += passed
        if self._looks < KNOWN or self.silence < max(SHORTEST, FACTOR * self.longest) * self._patience:
            return False
        self._patience *= 2
        return True

    def _learn(self, pause: float) -> None:
        self._looks += 1
        self.longest = max(min(pause, GROWTH * self.longest), FADE * self.longest, LOOK)


class Watch:
    """When to look at the streams of a socket, and how much time counts.

    Attributes:
        due: When to look next.
    """

    def __init__(self) -> None:
        self.due = 0.0
        self._last = self._heard = self._owed = 0.0

    def passed(self, now: float, heard: float) -> float:
        """Return the seconds to count since the last look.

        Silence counts only while others speak: when the socket is heard, the time since it was heard before counts.
        Where nobody looked for long, a callback held the reader up or the machine slept: that counts for nothing.
        """
        elapsed, self._last, self.due = now - self._last, now, now + LOOK
        self._owed = self._owed + elapsed if elapsed < 3 * LOOK else 0.0
        if heard == self._heard:
            return 0.0
        self._heard = heard
        passed, self._owed = self._owed, 0.0
        return passed


def newest(moments: Iterable[float | None]) -> float | None:
    """Return the latest of these, as far as there are any."""
    return max((moment for moment in moments if moment is not None), default=None)
