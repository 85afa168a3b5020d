"""bybit_ws: a threaded, self-healing websocket client for Bybit's spot and inverse streams."""

from __future__ import annotations

from . import events, exceptions, inverse_perpetual, spot
from ._subscription import Subscription
from ._version import __version__
from .exceptions import (
    AuthenticationError,
    BybitWebSocketError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    InvalidState,
    ProtocolError,
    RestError,
    SubscriptionError,
)
from .inverse import InverseWebSocket
from .pull import BybitWebsocket
from .spot import SpotWebSocket

__all__ = [
    "AuthenticationError",
    "BybitWebSocketError",
    "BybitWebsocket",
    "ConfigurationError",
    "ConnectionFailed",
    "ConnectionLost",
    "InvalidState",
    "InverseWebSocket",
    "ProtocolError",
    "RestError",
    "SpotWebSocket",
    "Subscription",
    "SubscriptionError",
    "__version__",
    "events",
    "exceptions",
    "inverse_perpetual",
    "spot",
]
