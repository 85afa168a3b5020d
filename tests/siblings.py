"""Exchanges that speak the documented spot protocol today, as far as they differ from Bybit's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bybit_ws.simulator import Exchange
from bybit_ws.simulator.paths import SPOT_V1
from bybit_ws.simulator.spot_v1 import SpotV1
from bybit_ws.simulator.spot_v2 import SpotV2

V1_PATHS = ("/quote/ws/v1", "/openapi/quote/ws/v1", "/uapi/exchange/ws")
V2_PATHS = ("/quote/ws/v2", "/openapi/quote/ws/v2")


class SiblingV1(SpotV1):
    """Has a topic of its own, whose pushes name their symbol in the data alone."""

    def command(self, request: dict[str, Any]) -> None:
        """Serve ``bookTicker``, and all that Bybit has."""
        if request.get("topic") != "bookTicker":
            super().command(request)
            return
        for symbol in request["symbol"].split(","):
            frame = {"topic": "bookTicker", "params": {"realtimeInterval": "24h"}, "f": False, "sendTime": 1}
            self.send({"symbol": symbol, "symbolName": symbol, **frame, "data": [], "f": True})
            best = {"e": "bookTicker", "E": 1790113457479, "s": symbol, "b": "86158.3", "bq": "2", "a": "86158.4"}
            self.send({**frame, "data": {**best, "aq": "1", "t": 1790113457475}})


class Siblings(Exchange):
    """One server for all of them: their paths, their counters, Bybit's market."""

    def __init__(self, **options: Any) -> None:
        super().__init__(count_deltas=True, **options)

    def _route(self, path: str) -> Callable[..., Any] | None:
        if path in V1_PATHS:
            return lambda connection: SiblingV1(connection, self._venue)
        if path in V2_PATHS:
            return lambda connection: SpotV2(connection, self._venue)
        return super()._route(path) if path != SPOT_V1 else None
