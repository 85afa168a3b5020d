"""The private topics (wire-v5 section 7): what happened to the account, in one order for all of them."""

from __future__ import annotations

from ..channels import Channel, LogChannel
from ..market import Market
from ..wire import Frame, compact
from .private_events import PrivateEvent
from .private_wallet import UNIFIED

_AT_ONCE = 0.001
_CATEGORISED = ("order", "execution", "position")
TOPICS = frozenset(
    {"wallet", "order.spot", "execution.spot"}.union(_CATEGORISED, (f"{stem}.inverse" for stem in _CATEGORISED))
)


def wallet_of(topics: frozenset[str]) -> str:
    """Give the category whose wallet a client sees: that of its topics; ``""``, the sum, with both or with none."""
    categories = {topic.partition(".")[2] for topic in topics if topic != "wallet"}
    return categories.pop() if len(categories) == 1 else UNIFIED


def make(topics: frozenset[str], market: Market) -> Channel:
    """Make one channel for a client's private topics."""
    wallet = wallet_of(topics) if market.v5_wallet is None else market.v5_wallet

    def render(event: PrivateEvent) -> Frame | None:
        topic = event.topic(topics)
        if topic is None or (event.stem == "wallet" and event.category != wallet):
            return None
        return compact({"topic": topic, "id": event.id, "creationTime": event.time, "data": event.data})

    return LogChannel(_AT_ONCE, market.v5_events, render)
