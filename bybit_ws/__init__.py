"""bybit_ws: a threaded, self-healing websocket client for Bybit's spot and inverse streams.

Nothing is imported before it is used, so that a script that only mentions this package starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import data, events, exceptions, inverse_futures, inverse_perpetual, spot
    from ._backlog import Queue
    from ._levels import Depth, Level
    from ._orderbook import OrderBook
    from ._recorder import Recorder
    from ._snapshot import BookSnapshot
    from ._subscription import Subscription
    from .exceptions import (
        AuthenticationError,
        BybitWebSocketError,
        ConfigurationError,
        ConnectionFailed,
        ConnectionLost,
        InvalidState,
        NotAvailable,
        ProtocolError,
        QueueFull,
        RestError,
        SubscriptionError,
    )
    from .inverse import InverseWebSocket
    from .pull import BybitWebsocket
    from .recording import Recording
    from .spot import SpotWebSocket

__all__ = [
    "AuthenticationError",
    "BookSnapshot",
    "BybitWebSocketError",
    "BybitWebsocket",
    "ConfigurationError",
    "ConnectionFailed",
    "ConnectionLost",
    "Depth",
    "InvalidState",
    "InverseWebSocket",
    "Level",
    "NotAvailable",
    "OrderBook",
    "ProtocolError",
    "Queue",
    "QueueFull",
    "Recorder",
    "Recording",
    "RestError",
    "SpotWebSocket",
    "Subscription",
    "SubscriptionError",
    "__version__",
    "data",
    "events",
    "exceptions",
    "inverse_futures",
    "inverse_perpetual",
    "spot",
]

_MODULES = ("data", "events", "exceptions", "inverse_futures", "inverse_perpetual", "spot")
_HOMES = {
    "BookSnapshot": "_snapshot",
    "BybitWebsocket": "pull",
    "Depth": "_levels",
    "InverseWebSocket": "inverse",
    "Level": "_levels",
    "OrderBook": "_orderbook",
    "Queue": "_backlog",
    "Recorder": "_recorder",
    "Recording": "recording",
    "SpotWebSocket": "spot",
    "Subscription": "_subscription",
}


if not TYPE_CHECKING:  # a type checker is to know the names above, and no others

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name in _MODULES:
            return import_module(f".{name}", __name__)
        value = globals()[name] = getattr(import_module(f".{_HOMES.get(name, 'exceptions')}", __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
