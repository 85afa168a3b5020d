"""pybit's module name for dated inverse futures, which the same client serves: ``inverse_futures.WebSocket``."""

from __future__ import annotations

from .inverse import WSS, InverseWebSocket, WebSocket

__all__ = ["WSS", "InverseWebSocket", "WebSocket"]
