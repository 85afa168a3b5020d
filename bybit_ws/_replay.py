"""Repairs a short gap in spot V1 trades from the trades that every subscription starts with. Pure.

The exchange sends the last 60 trades at every subscription (``f: true``). After a reconnect they overlap with
what was delivered before: what is known is removed by id, and what is left fills the hole. Where the replay
does not reach back to the last delivered trade, something is lost for good.

https://bybit-exchange.github.io/docs/spot/#t-websockettrade
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

REMEMBERED = 256
"""Trades remembered; more than any venue replays."""


GRACE = 1.0
"""Seconds that the first replay may take."""


class Hole(NamedTuple):
    """Trades are missing between these two ids."""

    last_id: str
    first_id: str | None


class TradeLog:
    """The ids of the trades that one key was last delivered.

    Attributes:
        note: Notes the id of a trade that goes to the callback.
        resumed: The same key was given up on this connection before, and its replay has not come yet.
    """

    __slots__ = ("_ids", "_patience", "note", "resumed")

    def __init__(self) -> None:
        self._ids: deque[str] = deque(maxlen=REMEMBERED)
        self._patience: float | None = None
        self.resumed = False
        self.note = self._ids.append

    @property
    def last(self) -> str | None:
        """The id of the last trade delivered; None where there was none."""
        return self._ids[-1] if self._ids else None

    def early(self, now: float) -> bool:
        """Return whether trades that are no replay are left over from the subscription that was given up.

        The replay holds them, too; after them, it would bring older ones.
        """
        if self.resumed and self._patience is None:
            self._patience = now + GRACE
        self.resumed = self.resumed and self._patience is not None and now < self._patience
        return self.resumed

    def deliver(self, trades: list[Any]) -> None:
        """Note trades that go to the callback as they are."""
        for trade in trades:
            self.note(trade["v"])

    def replay(self, message: dict[str, Any]) -> Hole | None:
        """Remove from a replay what was delivered already, or is older than that; return the hole it leaves, if any."""
        self.resumed = False
        trades = message["data"]
        ids = [one for one in self._ids if not isinstance(one, (dict, list))]  # nonsense must not spoil the repair
        known = frozenset(ids)
        hole = None
        if ids and all(trade["v"] != ids[-1] for trade in trades):
            hole = Hole(ids[-1], trades[0]["v"] if trades else None)
        older = self._older(trades, ids[-1]) if ids and hole is None else frozenset()
        message["data"] = [trade for trade in trades if trade["v"] not in known and trade["v"] not in older]
        self.deliver(message["data"])
        return hole

    @staticmethod
    def _older(trades: list[Any], last: str) -> frozenset[str]:
        """Return those before the last delivered: they were missed, and that was told; now newer ones have come."""
        at = [trade["v"] for trade in trades].index(last)
        return frozenset(trade["v"] for trade in trades[:at] if trade.get("t") != trades[at].get("t"))
