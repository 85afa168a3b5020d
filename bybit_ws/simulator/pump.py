"""The heartbeat: moves the market as real time passes, then pushes what is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .channels import Hub
from .market import STEP, Market

_SHORTEST, _LONGEST = 0.001, 0.02
_MOST_STEPS = 50
REST = 1.0
"""Seconds of rest for each second of work, at least: a client in the same process wants to run as well."""


class Pump:
    """Market seconds pass ``speed`` times as fast as real ones.

    Where the machine is too slow, several steps share one push and, at last, market time falls
    behind: pushes become rarer, never wrong. By ``REST`` it never takes more than half of one core.
    """

    def __init__(self, market: Market, hub: Hub, speed: float, each: Callable[[float], None]) -> None:
        self._market = market
        self._hub = hub
        self._speed = speed
        self._each = each
        self._interval = min(_LONGEST, max(_SHORTEST, STEP / speed))
        self._clock = 0.0
        self._owed = 0.0
        self.paused = False

    async def run(self) -> None:
        """Beat until cancelled."""
        time = asyncio.get_running_loop().time
        last = time()
        while True:
            began = time()
            self.beat((began - last) * self._speed)
            self._each(began)
            last, spent = began, time() - began
            await asyncio.sleep(max(self._interval - spent, spent * REST))

    def beat(self, passed: float) -> None:
        """Let ``passed`` seconds of market time happen."""
        self._clock += passed
        if not self.paused:
            self._owed += passed
            steps = min(int(self._owed / STEP), _MOST_STEPS)
            for _ in range(steps):
                self._market.step()
            self._owed = min(self._owed - steps * STEP, STEP)
        self._hub.pulse(self._clock)
