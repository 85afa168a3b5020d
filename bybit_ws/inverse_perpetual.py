"""pybit's module name for the inverse client: ``inverse_perpetual.WebSocket``."""

from __future__ import annotations

from .inverse import WSS, InverseWebSocket, WebSocket

__all__ = ["WSS", "InverseWebSocket", "WebSocket"]
