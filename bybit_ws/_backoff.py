"""How long to wait before trying again: full jitter over a capped exponential.

Pure: it waits for nothing, so tests drive it without sleeping.
"""

from __future__ import annotations

import random
from typing import Callable

FIRST, CAP = 0.25, 30.0


class Backoff:
    """Delays of 0 … 0.25 s, 0 … 0.5 s, 0 … 1 s and so on, never above 30 s.

    Full jitter spreads the reconnects of many clients that lost the same server at the same moment.
    """

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._ceiling = FIRST
        self.last = 0.0

    def next(self) -> float:
        """Return the next delay in seconds."""
        self.last = self._uniform(0.0, self._ceiling)
        self._ceiling = min(self._ceiling * 2, CAP)
        return self.last

    def held(self, seconds: float) -> None:
        """Forget earlier failures if a connection has been ready for longer than the last delay."""
        if seconds > self.last:
            self._ceiling = FIRST
            self.last = 0.0
