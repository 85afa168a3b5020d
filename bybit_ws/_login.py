"""Authenticates a connection, by message or by URL, and puts a wrong clock right."""

from __future__ import annotations

import logging
import time
from typing import Callable

from ._auth import Credentials
from ._dialects import AuthReply
from ._options import Options
from ._topics import ACCOUNT, PRIVATE, REALTIME, Socket
from ._voice import LEGACY, Voice
from .exceptions import AuthenticationError, BybitWebSocketError, ConnectionFailed, RestError

logger = logging.getLogger("bybit_ws")

TRIFLE = 1.0
"""Seconds by which a clock may be wrong without being the cause of a refusal."""


class Login:
    """What one socket needs to authenticate at every connection, signed afresh each time.

    Args:
        socket: Which one.
        options: The client's options.
        required: Whether a refusal fails the connection, or it goes on with public topics.

    Attributes:
        voice: What it speaks, and where.
    """

    def __init__(self, socket: Socket, options: Options, *, required: bool) -> None:
        self._socket, self._options, self._required = socket, options, required
        self.voice = Voice(options, socket)
        self._offset = 0.0
        self._looked = False
        self.accepted = False

    @property
    def _credentials(self) -> Credentials | None:
        """The keys, where this socket takes any: the documented one of inverse is private as well."""
        takers = (PRIVATE, REALTIME) if self.voice.api == LEGACY else (PRIVATE, ACCOUNT)
        return self._options.credentials if self._socket in takers else None

    @property
    def _by_url(self) -> bool:
        return self._options.auth == "url" and self.voice.api == LEGACY

    def now_ms(self) -> int:
        """Return the exchange's time as far as it is known."""
        return int((time.time() + self._offset) * 1000)

    def url(self) -> str:
        """Return where to connect, signed where that is the way to authenticate."""
        url, credentials = self.voice.url, self._credentials
        if credentials is None or not self._by_url:
            return url
        return f"{url}{'&' if '?' in url else '?'}{credentials.query(self.now_ms())}"

    def perform(self, challenge: Callable[[tuple[str, int, str]], AuthReply]) -> str | None:
        """Authenticate an open connection, where that is done by message.

        Args:
            challenge: Sends the signed arguments and returns the exchange's reply.

        Returns:
            The exchange's words where it refused and that is no error, else None.

        Raises:
            AuthenticationError: It refused.
        """
        credentials = self._credentials
        if credentials is None or self._by_url:
            self.accepted = credentials is not None
            return None
        reply = challenge(credentials.signed(self.now_ms()))
        if not reply.accepted and self._may_be_the_clock(reply.reason) and self._set_clock():
            reply = challenge(credentials.signed(self.now_ms()))
        self._looked = self._looked and not reply.accepted
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

    def _may_be_the_clock(self, reason: str) -> bool:
        """Return whether a refusal is about the time; V5 names no cause at all: the first in a row is worth a look."""
        return "expired" in reason or (self.voice.api != LEGACY and not self._looked)

    def _set_clock(self) -> bool:
        """Learn the exchange's time; return whether that worked."""
        from . import _rest  # here, because requests is slow to import and rarely needed

        path = "/v2/public/time" if self._socket is REALTIME else "/spot/v1/time"
        if self.voice.api != LEGACY:
            path = "/v5/market/time"
        try:
            offset = _rest.clock_offset(self.voice.rest_url, path, self._options.network)
        except RestError as error:
            logger.warning("%s: %s", self._socket.label, error)
            return False
        self._looked = True
        known, self._offset = self._offset, offset
        if self.voice.api != LEGACY and abs(offset - known) < TRIFLE:
            return False
        logger.warning("%s: this computer's clock is off by %+.1f s", self._socket.label, -self._offset)
        return True


def _refused(reason: str) -> AuthenticationError:
    return AuthenticationError(
        f"the exchange refused the credentials: {reason}. Check api_key and api_secret, that the key "
        "belongs to this exchange and network (test=True is another), and this computer's clock"
    )
