"""The private topics (wire-v5 section 7): what happened to the account, in one order for all of them."""

from __future__ import annotations

from ..channels import Channel, LogChannel
from ..market import Market
from ..wire import Frame, compact
from .private_events import PrivateEvent

_AT_ONCE = 0.001
_CATEGORISED = ("order", "execution", "position")
TOPICS = frozenset(
    {"wallet", "order.spot", "execution.spot"}.union(_CATEGORISED, (f"{stem}.inverse" for stem in _CATEGORISED))
)


def make(topics: frozenset[str], market: Market) -> Channel:
    """Make one channel for a client's private topics."""

    def render(event: PrivateEvent) -> Frame | None:
        topic = event.topic(topics)
        if topic is None:
            return None
        return compact({"topic": topic, "id": event.id, "creationTime": event.time, "data": event.data})

    return LogChannel(_AT_ONCE, market.v5_events, render)
