"""The public topics' channels (wire-v5 section 6)."""

from __future__ import annotations

from collections.abc import Iterable

from ..channels import Channel
from ..session import Venue
from ..wire import Frame
from .topics import Category


class _Quiet(Channel):
    def fresh(self) -> Iterable[Frame]:
        return ()


def make(topic: str, category: Category, venue: Venue) -> Channel:
    """Make the channel of one topic such as ``orderbook.50.BTCUSD``."""
    return _Quiet(1.0)
