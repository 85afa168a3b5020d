"""What every protocol's conversation with one client shares."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from .auth import Gate
from .channels import Channel, Hub
from .connection import Connection
from .market import Market
from .wire import Frame, compact

# Bybit took 100-290 ms to a first frame (wire-legacy 5.1); never at once, so that
# a client is back from its send() before data comes.
FIRST_FRAME_DELAY = 0.01

# No request of these protocols has more than three; what is nested without an end can be neither read nor echoed.
MOST_BRACKETS = 100


@dataclass
class Venue:
    """Everything a session needs of the exchange it belongs to.

    Attributes:
        updates: The last ``u`` of each V5 order book, which outlives its channel.
    """

    market: Market
    hub: Hub
    gate: Gate
    clock: Callable[[], float]
    ack_v1: bool = False
    refused: set[str] = field(default_factory=set)
    deltas: dict[Hashable, int] | None = None
    updates: dict[str, int] = field(default_factory=dict)

    def refuses(self, topic: str, symbol: str = "") -> bool:
        """Tell whether a test wants this topic refused, or this symbol of it."""
        return topic in self.refused or f"{topic}.{symbol}" in self.refused


class NotJson(ValueError):
    """The client sent something that is no JSON."""


def parse(message: str | bytes) -> Any:
    """Read a client's message."""
    text = message if isinstance(message, str) else message.decode("utf-8", "replace")
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise NotJson("nested too deeply")
    try:
        return json.loads(message)
    except ValueError as error:
        raise NotJson(str(error)) from error


class Session(ABC):
    """One client on one protocol.

    ``slots`` maps what the client wants to a channel, ``joined`` to the channel it is served by.
    """

    def __init__(self, connection: Connection, venue: Venue) -> None:
        self.connection = connection
        self.venue = venue
        self.slots: dict[Hashable, Hashable] = {}
        self.joined: dict[Hashable, Hashable] = {}

    @abstractmethod
    def receive(self, message: str | bytes) -> None:
        """Answer one message of the client."""

    def named(self, slot: Hashable) -> tuple[str, str]:
        """Give the topic, as it is subscribed, and the symbol of a slot; empty where it has none."""
        return "", ""

    @property
    def subscriptions(self) -> list[tuple[str, str]]:
        """What the client subscribed, as topics and symbols."""
        return [pair for pair in map(self.named, self.slots) if pair[0]]

    def stall(self, topic: str, symbol: str | None) -> None:
        """Send no more of these streams until they are subscribed again."""
        for slot, key in self.joined.items():
            name, of = self.named(slot)
            if name == topic and symbol in (None, of):
                self.venue.hub.leave(key, self.connection)

    def closed(self) -> None:
        """Leave all channels."""
        for slot in list(self.slots):
            self.drop(slot)

    def send(self, message: object) -> None:
        """Send one JSON message."""
        self.connection.push(compact(message))

    def push(self, frame: Frame) -> None:
        """Send one ready frame."""
        self.connection.push(frame)

    def pong(self) -> None:
        """Answer a spot ping: the exchange's clock, never an echo (wire-legacy section 3)."""
        self.send({"pong": int(self.venue.clock() * 1000)})

    def later(self, action: Callable[[], None]) -> None:
        """Do something when a first frame is due; actions keep their order."""
        asyncio.get_running_loop().call_later(FIRST_FRAME_DELAY, action)

    def want(self, slot: Hashable, key: Hashable, make: Callable[[], Channel]) -> None:
        """Subscribe: put channel ``key`` into ``slot``, in place of what serves it until then."""
        self.slots[slot] = key
        self.later(lambda: self._join(slot, key, make))

    def drop(self, slot: Hashable) -> None:
        """Unsubscribe."""
        self.slots.pop(slot, None)
        self._leave(slot)

    def _join(self, slot: Hashable, key: Hashable, make: Callable[[], Channel]) -> None:
        if self.slots.get(slot) == key:
            if self.joined.get(slot) != key:  # who asks again loses nothing that is about to be pushed
                self._leave(slot)
            self.joined[slot] = key
            self.venue.hub.join(key, make, self.connection)

    def _leave(self, slot: Hashable) -> None:
        if slot in self.joined:
            self.venue.hub.leave(self.joined.pop(slot), self.connection)
