"""What the account has to tell a V5 client, before it is known how the client subscribed."""

from __future__ import annotations

from typing import Any, NamedTuple


class PrivateEvent(NamedTuple):
    """One push, before it is known under which topic it was subscribed.

    Attributes:
        stem: ``order``, ``execution``, ``position`` or ``wallet``.
        category: ``spot`` or ``inverse``; of a wallet, whose balances it shows, ``""`` for the sum of both.
        id: The message's ``id``.
        time: The message's ``creationTime``.
        data: The message's ``data``.
    """

    stem: str
    category: str
    id: str
    time: int
    data: list[dict[str, Any]]

    def topic(self, topics: frozenset[str]) -> str | None:
        """Give the one of ``topics`` that this event belongs to."""
        names = (self.stem, f"{self.stem}.{self.category}")
        return next((name for name in names if name in topics), None)
