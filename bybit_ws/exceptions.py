"""Every error this package raises, as one tree.

    BybitWebSocketError
    ├── ConfigurationError      an argument is wrong (also a ValueError); raised before any I/O
    ├── ConnectionFailed        a connection could not be made (also websocket.WebSocketTimeoutException)
    ├── ConnectionLost          a connection ended (also websocket.WebSocketConnectionClosedException)
    ├── AuthenticationError     the exchange refused the credentials
    ├── SubscriptionError       the exchange refused a topic or a symbol
    │   └── NotAvailable        what is spoken, V5 or the documented protocol, has no such stream
    ├── ProtocolError           the other side broke the protocol, e.g. announced a giant message
    ├── QueueFull               callbacks were too slow for a queue whose policy is "raise"
    ├── InvalidState            the call makes no sense now, e.g. a stream after close()
    └── RestError               the exchange's REST interface did not answer

Two of them also derive from websocket-client's exceptions, because scripts written for pybit catch those.
No message contains an API secret or a signature.
"""

from __future__ import annotations

from websocket import WebSocketConnectionClosedException, WebSocketTimeoutException


class BybitWebSocketError(Exception):
    """The root of the tree: catch this to catch everything."""


class ConfigurationError(BybitWebSocketError, ValueError):
    """An argument is wrong; the message names it and says what would be right."""


class WrongType(ConfigurationError, TypeError):
    """An argument has the wrong type; caught by ``except TypeError`` as well."""


class ConnectionFailed(BybitWebSocketError, WebSocketTimeoutException):
    """A connection could not be made.

    Attributes:
        status: The HTTP status the server refused the upgrade with, or None where it never answered.
        retry_after: Seconds the server asked to wait (``Retry-After``), or None.
        final: True where trying again would not help, e.g. the path does not exist.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        final: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.final = final


class ConnectionLost(BybitWebSocketError, WebSocketConnectionClosedException):
    """An established connection ended."""


class AuthenticationError(BybitWebSocketError):
    """The exchange refused the credentials; the message holds its own words."""


class SubscriptionError(BybitWebSocketError):
    """The exchange refused a topic or a symbol; the message holds its own words."""


class NotAvailable(SubscriptionError):
    """What is spoken has no such stream; the message says why, and what to use instead.

    Over V5 that is a stream that the exchange ended, or a request of the user's own; over the documented protocol it is
    ``raw=True``.
    """


class ProtocolError(BybitWebSocketError):
    """The other side broke the protocol."""


class QueueFull(BybitWebSocketError):
    """Callbacks were too slow for a queue whose policy is ``"raise"``."""


class InvalidState(BybitWebSocketError):
    """The call is impossible in the current state, e.g. a stream after ``close()``."""


class RestError(BybitWebSocketError):
    """The exchange's REST interface did not answer, or not as it should."""
