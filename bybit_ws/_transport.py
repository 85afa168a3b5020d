"""The only module that talks to websocket-client, with ``_bulk`` for its reading: connect, send, receive, close.

Its exceptions end here: what leaves this module is of our own tree.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Callable

import websocket
from websocket import ABNF

from ._bulk import Batch, Bulk, plain_batches, rehearsed
from ._json import GZIP, inflate
from ._redact import place
from .exceptions import ConnectionFailed, ConnectionLost

LIMIT = 1 << 24
"""Bytes that a message may have; websocket-client itself would take any announced length."""

TICK = 1.0
"""Seconds that one receive waits at most: the clock by which a reader notices silence and ``close()``."""

LOOK = 0.1
"""Seconds between two looks whether a connect in progress is to end."""

_BROKEN = (websocket.WebSocketException, OSError, ValueError, AttributeError)
"""What a socket raises that was closed, reset, or taken away by another thread in the middle of a call."""

_CARELESS = (LookupError, OverflowError, MemoryError)
"""What websocket-client raises besides where it reads a junk answer: 1.9.0 and before take it without care."""

_HINTS = {
    401: "the exchange refused the credentials in the URL: check api_key, api_secret and this computer's clock",
    403: "the address is blocked or asked too often: wait, and connect from a permitted region",
    404: "there is no such stream: the exchange switched its legacy endpoints off in October 2023; leave api='auto' "
    "to go on over V5, or pass endpoint= to use another server, such as bybit_ws.simulator.Exchange",
    410: "this stream is gone for good; pass endpoint= to use another server",
    421: "it has nothing of this stream; a replay has only what was recorded, which Recording(path).streams lists",
    429: "too many connections: wait before trying again",
}
_FINAL = (404, 410, 421)


class Transport:
    """One websocket, from connect to close. ``send`` and ``abort`` may be called from any thread.

    Args:
        url: Where to connect, query included.
        timeout: Seconds to wait for the connection.
        options: ``sslopt``, ``http_proxy_host``, ``http_proxy_port``, as websocket-client takes them.
        redact: Removes secrets from what the server says when it closes.

    Attributes:
        batches: The messages, those together that were read together; ``[]`` for a sign of life without one, None
            after a tick of silence. It raises ``ConnectionLost`` when the connection ends, and ``ProtocolError``
            for a message that is too large.
    """

    def __init__(
        self, url: str, timeout: float, options: Mapping[str, Any], redact: Callable[[str], str] = str
    ) -> None:
        self._url, self._timeout, self._options, self._redact = url, timeout, dict(options), redact
        self._aborted = self._expired = False
        self._ws = websocket.WebSocket(
            sslopt=self._options.pop("sslopt", None), enable_multithread=True, skip_utf8_validation=True
        )
        self.batches = Bulk(self._ws, LIMIT).batches(self._receive) if rehearsed() else plain_batches(self._receive)

    def connect(self) -> None:
        """Open the websocket.

        Raises:
            ConnectionFailed: It could not be opened; carries the HTTP status where there was one.
        """
        # websocket-client's timeout is for each receive: a server that drips its answer would have for ever.
        over = threading.Event()
        deadline = threading.Thread(
            target=self._expire, args=(over,), name=f"bybit_ws deadline {self._place}", daemon=True
        )
        deadline.start()
        try:
            self._ws.connect(self._url, timeout=self._timeout, **self._options)
            self._ws.settimeout(TICK)
        except websocket.WebSocketBadStatusException as error:
            raise self._refused(error) from None
        except (*_BROKEN, *_CARELESS) as error:
            late = self._expired or isinstance(error, (websocket.WebSocketTimeoutException, socket.timeout))
            words = f"no answer within {self._timeout:g} s" if late else _words(error)
            untrusted = isinstance(error, ssl.SSLCertVerificationError)  # which no other attempt changes
            raise ConnectionFailed(f"cannot connect to {self._place}: {words}", final=untrusted) from error
        finally:
            over.set()
            deadline.join()
        if self._aborted:
            self.abort()

    def send(self, text: str) -> None:
        """Send a text.

        Raises:
            ConnectionLost: The socket is gone, or the other side reads nothing.
        """
        try:
            self._ws.send(text)
        except _BROKEN as error:
            raise ConnectionLost(f"the connection was lost while sending: {_words(error)}") from error

    def _receive(self) -> Batch:
        """Read one message, or whatever else comes, through websocket-client."""
        try:
            opcode, frame = self._ws.recv_data_frame(control_frame=True)
        except websocket.WebSocketTimeoutException:
            return None
        except _BROKEN as error:
            raise ConnectionLost(f"the connection was lost: {_words(error)}") from error
        data: bytes = frame.data
        if opcode == ABNF.OPCODE_CLOSE:
            raise ConnectionLost(f"the server closed the connection: {self._redact(_close_reason(data))}")
        if opcode == ABNF.OPCODE_BINARY and data[:2] == GZIP:
            with contextlib.suppress(ValueError):
                data = inflate(data, LIMIT)
        return [data] if opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY) else []

    def close(self) -> None:
        """Say goodbye without waiting for an answer, and make any call under way return."""
        with contextlib.suppress(*_BROKEN):
            if self._ws.connected:
                self._ws.send(struct.pack("!H", 1000), ABNF.OPCODE_CLOSE)
        self.abort()

    def abort(self) -> None:
        """Make any call under way return, a connect in progress included."""
        self._aborted = True
        sock = self._ws.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket: that one would read on without decrypting.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _expire(self, over: threading.Event) -> None:
        end = time.monotonic() + self._timeout
        while not over.wait(LOOK):
            self._expired = self._expired or time.monotonic() >= end
            if self._expired or self._aborted:  # again and again: there may be no socket yet, or another one soon
                self.abort()

    def release(self) -> None:
        """Give the socket back; only for the thread that receives."""
        self.abort()
        self.batches.close()
        with contextlib.suppress(*_BROKEN):
            self._ws.shutdown()

    @property
    def _place(self) -> str:
        return place(self._url)

    def _refused(self, error: websocket.WebSocketBadStatusException) -> ConnectionFailed:
        status = error.status_code
        hint = _HINTS.get(status, "the server cannot serve now; it may help to try again later")
        return ConnectionFailed(
            f"{self._place} refused the connection with HTTP status {status}: {hint}",
            status=status,
            retry_after=_seconds((error.resp_headers or {}).get("retry-after")),
            final=status in _FINAL,
        )


def _seconds(retry_after: Any) -> float | None:
    """Return how long ``Retry-After`` asks to wait: it is a number of seconds, or a date."""
    text = str(retry_after or "")
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError, LookupError):
        return None


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({error.verify_message}); pass sslopt={{'ca_certs': path}}"
    if len(error.args) > 1 and isinstance(error.args[0], str) and "%" in error.args[0]:
        with contextlib.suppress(TypeError, ValueError):  # some of websocket-client's are never put together
            return error.args[0] % error.args[1:]
    return str(error) or type(error).__name__


def _close_reason(data: bytes) -> str:
    if len(data) < 2:
        return "no code given"
    reason = data[2:].decode("utf-8", "replace")
    return f"code {int.from_bytes(data[:2], 'big')}" + (f", {reason}" if reason else "")
