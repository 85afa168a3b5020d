"""Authenticates a connection, by message or by URL, and puts a wrong clock right."""

from __future__ import annotations

import logging
import time
from typing import Callable

from ._dialects import AuthReply
from ._options import Options
from ._topics import REALTIME, Socket
from .exceptions import AuthenticationError, BybitWebSocketError, ConnectionFailed, RestError

logger = logging.getLogger("bybit_ws")


class Login:
    """What one socket needs to authenticate at every connection, signed afresh each time.

    Args:
        socket: Which one.
        options: The client's options.
        wanted: Whether this socket authenticates at all, where there are credentials.
        required: Whether a refusal fails the connection, or it goes on with public topics.
    """

    def __init__(self, socket: Socket, options: Options, *, wanted: bool, required: bool) -> None:
        self._socket, self._options, self._required = socket, options, required
        self._credentials = options.credentials if wanted else None
        self._by_url = options.auth == "url"
        self._offset = 0.0
        self.accepted = False

    def now_ms(self) -> int:
        """Return the exchange's time as far as it is known."""
        return int((time.time() + self._offset) * 1000)

    def url(self) -> str:
        """Return where to connect, signed where that is the way to authenticate."""
        url = self._options.url(self._socket)
        if self._credentials is None or not self._by_url:
            return url
        return f"{url}{'&' if '?' in url else '?'}{self._credentials.query(self.now_ms())}"

    def perform(self, challenge: Callable[[tuple[str, int, str]], AuthReply]) -> str | None:
        """Authenticate an open connection, where that is done by message.

        Args:
            challenge: Sends the signed arguments and returns the exchange's reply.

        Returns:
            The exchange's words where it refused and that is no error, else None.

        Raises:
            AuthenticationError: It refused.
        """
        if self._credentials is None or self._by_url:
            self.accepted = self._credentials is not None
            return None
        reply = challenge(self._credentials.signed(self.now_ms()))
        if not reply.accepted and "expired" in reply.reason and self._set_clock():
            reply = challenge(self._credentials.signed(self.now_ms()))
        required = self._required or self.accepted  # keys that were good once are a loss when refused
        if not reply.accepted and required:
            raise _refused(reply.reason)
        self.accepted = reply.accepted
        return None if reply.accepted else reply.reason

    def translated(self, failure: BybitWebSocketError) -> BybitWebSocketError:
        """Return a refused upgrade as a refused authentication, where the URL carried one."""
        by_url = self._by_url and self._credentials is not None
        if by_url and isinstance(failure, ConnectionFailed) and failure.status == 401:
            return _refused("HTTP status 401")
        return failure

    def _set_clock(self) -> bool:
        """Learn the exchange's time; return whether that worked."""
        from . import _rest  # here, because requests is slow to import and rarely needed

        path = "/v2/public/time" if self._socket is REALTIME else "/spot/v1/time"
        url = self._options.rest_url(self._socket)
        try:
            self._offset = _rest.clock_offset(url, path, self._options.network)
        except RestError as error:
            logger.warning("%s: %s", self._socket.label, error)
            return False
        logger.warning("%s: this computer's clock is off by %+.1f s", self._socket.label, -self._offset)
        return True


def _refused(reason: str) -> AuthenticationError:
    return AuthenticationError(
        f"the exchange refused the credentials: {reason}. Check api_key and api_secret, that the key "
        "belongs to this exchange and network (test=True is another), and this computer's clock"
    )
