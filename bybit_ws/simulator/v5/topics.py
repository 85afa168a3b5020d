"""The public topics of each category, as data (wire-v5 section 6)."""

from __future__ import annotations

from ..instruments import INVERSE, INVERSE_INTERVALS, SPOT

BOOKS = {1: 0.01, 50: 0.02, 200: 0.1, 1000: 0.2}
"""Depths of the books, and how often each is pushed, in seconds."""

_COMMON = {"publicTrade", "tickers"}
_COMMON.update(f"orderbook.{depth}" for depth in BOOKS)
_COMMON.update(f"kline.{interval}" for interval in INVERSE_INTERVALS)
INSURANCE = "insurance.inverse"


class Category:
    """One side of the market: ``spot`` or ``inverse``.

    Attributes:
        name: Its name in REST and in the sockets' paths.
        symbols: What is listed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.inverse = name == "inverse"
        self.symbols = INVERSE if self.inverse else SPOT
        self._stems = _COMMON | ({"allLiquidation"} if self.inverse else set())

    def knows(self, stem: str) -> bool:
        """Tell whether there is such a topic, whatever its symbol: ``orderbook.50``, ``kline.5``."""
        return stem in self._stems

    def serves(self, topic: str) -> bool:
        """Tell whether a topic with its symbol can be subscribed."""
        stem, _, symbol = topic.rpartition(".")
        return (self.knows(stem) and symbol in self.symbols) or (self.inverse and topic == INSURANCE)
