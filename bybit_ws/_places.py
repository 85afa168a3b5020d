"""The connections that the exchange allows for an address, counted in this process."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Callable
from urllib.parse import urlsplit

from ._topics import PRIVATE, Socket
from .exceptions import ConnectionFailed

MOST = {PRIVATE: 50}
"""https://bybit-exchange.github.io/docs/spot/#t-privatetopics"""

_lock = threading.Lock()
_taken: Counter[tuple[Socket, str]] = Counter()


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
