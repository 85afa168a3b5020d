"""Which protocol a socket speaks, and where: the documented one, or V5 where that is gone."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from ._options import Options
from ._topics import ACCOUNT, Socket, Topic
from .exceptions import BybitWebSocketError, ConnectionFailed, NotAvailable

LEGACY, V5 = "legacy", "v5"

GONE = (404, 410)
"""What the documented endpoints answer since October 2023."""

_lock = threading.Lock()
_retired: dict[str, int] = {}


def forget() -> None:
    """Ask the documented endpoints again, as if this process had never seen them gone."""
    with _lock:
        _retired.clear()


def check_served(topic: Topic, api: str) -> None:
    """Raise where a protocol does not have a topic.

    Raises:
        NotAvailable: It has not; the message says why.
    """
    if api == V5:
        from ._v5.parts import unavailable  # here, because its tables take a while to be read

        reason = unavailable(topic)
        if reason is not None:
            raise NotAvailable(f"{topic.row.method if topic.row else topic.name}: {reason}")
    elif topic.raw:
        raise NotAvailable("raw=True gives V5's own messages, which this endpoint does not speak: try api='v5'")


class Voice:
    """The protocol of one socket.

    Args:
        options: The client's options.
        socket: Which socket.

    Attributes:
        api: ``"legacy"`` or ``"v5"``, what is spoken at present.
        known: The status by which this process knew from the first that the documented endpoint is gone; else None.
    """

    def __init__(self, options: Options, socket: Socket) -> None:
        self._options, self._socket = options, socket
        self.known = _retired.get(self.family) if options.api == "auto" and socket is not ACCOUNT else None
        self.api = V5 if options.api == V5 or socket is ACCOUNT or self.known is not None else LEGACY

    @property
    def url(self) -> str:
        """Where to connect."""
        return self._options.url(self._socket, self.api)

    @property
    def rest_url(self) -> str:
        """Scheme and host of the REST interface."""
        return self._options.rest_url(self._socket, self.api)

    def gone(self, failure: BybitWebSocketError | None) -> int | None:
        """Return the status with which the exchange said that the documented endpoint is gone; None where not."""
        if self.api == V5 or self._options.api != "auto" or not isinstance(failure, ConnectionFailed):
            return None
        return failure.status if failure.status in GONE else None

    def retire(self, status: int) -> None:
        """Speak V5 from now on; so does every client of this process that is made for the same host later."""
        with _lock:
            _retired[self.family] = status
        self.api = V5

    @property
    def documented(self) -> str:
        """The documented endpoint."""
        return self._options.url(self._socket, LEGACY)

    @property
    def family(self) -> str:
        """What retires together: a host, or a URL that the user gave as a whole."""
        url = self._options.url(self._socket, LEGACY)
        if isinstance(self._options.endpoint, (str, type(None))):
            return urlsplit(url).netloc
        return url
