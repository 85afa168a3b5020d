"""The connections that the exchange allows for an address, counted in this process."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from typing import Callable
from urllib.parse import urlsplit

from ._topics import PRIVATE, Socket
from ._voice import LEGACY, Voice
from .exceptions import ConnectionFailed

MOST = {PRIVATE: 50}
"""https://bybit-exchange.github.io/docs/spot/#t-privatetopics"""

_lock = threading.Lock()
_taken: Counter[tuple[Socket, str]] = Counter()


CONNECTIONS, WINDOW = 500, 300.0
"""New connections that V5 allows for a host in so many seconds.

https://bybit-exchange.github.io/docs/v5/ws/connect
"""

_made: dict[str, deque[float]] = {}


def pause(voice: Voice) -> float:
    """Count one more attempt to connect; return the seconds to wait before it."""
    if voice.api == LEGACY:
        return 0.0
    host, now = urlsplit(voice.url).netloc, time.monotonic()
    with _lock:
        made = _made.setdefault(host, deque(maxlen=CONNECTIONS))
        at = now if len(made) < CONNECTIONS else max(now, made[0] + WINDOW)
        made.append(at)
    return at - now


def take(socket: Socket, url: str) -> Callable[[], None]:
    """Take a place for one more connection.

    Args:
        socket: Which socket.
        url: Where it connects; each host counts for itself.

    Returns:
        What gives the place back, once, however often it is called.

    Raises:
        ConnectionFailed: There is none left.
    """
    most = MOST.get(socket)
    if most is None:
        return lambda: None
    place = (socket, urlsplit(url).netloc)
    with _lock:
        if _taken[place] >= most:
            raise ConnectionFailed(
                f"{most} {socket.label} connections to {place[1]} are open in this process, and the exchange allows "
                "no more for an address: close a client, or share one",
                final=True,
            )
        _taken[place] += 1
    given = [place]

    def give() -> None:
        with _lock:
            if given:
                _taken[given.pop()] -= 1

    return give
