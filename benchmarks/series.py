"""A series of messages: what the server sends to one subscription, and what clients should make of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

V1, V2, REALTIME = "/spot/quote/ws/v1", "/spot/quote/ws/v2", "/realtime"


class Message(NamedTuple):
    """One message: the text on the wire, what that says, and what a client that keeps books makes of it."""

    text: str
    wire: Any
    merged: Any


def message(wire: Any, merged: Any = None) -> Message:
    """Return a message of what the wire says; where nothing is to be merged, clients deliver just that."""
    return Message(json.dumps(wire, separators=(",", ":")), wire, wire if merged is None else merged)


class Call(NamedTuple):
    """A subscription as users type it: the method without ``_stream``, and its symbols."""

    method: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """Messages that can go on for ever: after the last one it starts again at ``loop``.

    Attributes:
        name: Its row in the table.
        path: The endpoint that serves it.
        calls: How users of bybit_ws and pybit subscribe to it.
        requests: What a client without methods sends to subscribe.
        messages: All of it once; what comes before ``loop`` comes only once.
    """

    name: str
    path: str
    calls: tuple[Call, ...]
    requests: tuple[dict[str, Any], ...]
    messages: Sequence[Message]
    loop: int

    @property
    def acknowledged(self) -> bool:
        """Whether the exchange answers a request; spot V1 sends the first message instead."""
        return self.path != V1

    def at(self, index: int) -> Message:
        """Return the message at a place, however often the series has begun again before."""
        if index >= len(self.messages):
            index = self.loop + (index - self.loop) % (len(self.messages) - self.loop)
        return self.messages[index]
