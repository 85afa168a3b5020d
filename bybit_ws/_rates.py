"""How many messages a second a socket brings, without a thread that counts. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

LOOKS = 20
"""Earlier looks that are remembered."""

SHORTEST = 1.0
"""Seconds that a rate is taken over at least: who looks twice in a moment is told what was found before that."""

LONGEST = 60.0
"""Seconds that a rate is taken over, where anybody looked since."""


class Rates:
    """The rates of a client's sockets between two looks at its health; at first, since the socket is up."""

    def __init__(self) -> None:
        self._looks: dict[str, deque[tuple[float, int]]] = {}

    def look(self, health: Mapping[str, Mapping[str, Any]], now: float, epoch: float) -> dict[str, tuple[float, float]]:
        """Return messages a second by socket, and the seconds over which they were counted.

        Args:
            health: What ``health()`` returns.
            now: The time of any steady clock.
            epoch: The time of day, in seconds since the epoch.
        """
        found = {}
        for socket, one in health.items():
            looks = self._looks.setdefault(socket, deque(maxlen=LOOKS))
            known = [(now - at, count) for at, count in looks if now - at >= SHORTEST]
            recent = [look for look in known if look[0] <= LONGEST] or known[-1:] or _beginning(one, epoch)
            if recent:
                passed, count = recent[0]
                found[socket] = ((one["messages"] - count) / passed, passed)
            if not looks or now - looks[-1][0] >= SHORTEST:
                looks.append((now, one["messages"]))
        return found


def _beginning(health: Mapping[str, Any], epoch: float) -> list[tuple[float, int]]:
    """Return how long ago a socket had brought nothing, where that is known: when it has never been lost."""
    up = epoch - health["since"] if health["state"] == "ready" and not health["reconnects"] else 0.0
    return [(up, 0)] if up >= SHORTEST else []
