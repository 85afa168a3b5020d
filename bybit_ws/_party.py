"""Who has a part in a stream, and how a message reaches all of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable, NamedTuple, Protocol

from .exceptions import BybitWebSocketError

Callback = Callable[[Any], Any]


class Owner(Protocol):
    """Who asked for a stream, and wants to know what became of it."""

    def delivered(self, symbol: str) -> None:
        """The first message went to the callback."""

    def refused(self, symbol: str, reason: str, by: str = "the exchange") -> None:
        """It will not be served."""

    def released(self, symbol: str) -> None:
        """It belongs to a newer call now."""

    def ended(self, reason: BybitWebSocketError | None) -> None:
        """Nothing will be delivered any more."""


class Guest(NamedTuple):
    """Who has a part in a stream beside its callback.

    Attributes:
        owner: Who it is.
        take: Takes a copy of each message; None where the guest only wants the stream to run.
    """

    owner: Owner
    take: Callback | None


class Party:
    """Several owners, told as one."""

    def __init__(self, owners: Sequence[Owner]) -> None:
        self.owners = owners

    def delivered(self, symbol: str) -> None:
        """Tell all of them."""
        for owner in self.owners:
            owner.delivered(symbol)

    def refused(self, symbol: str, reason: str, by: str = "the exchange") -> None:
        """Tell all of them."""
        for owner in self.owners:
            owner.refused(symbol, reason, by)

    def released(self, symbol: str) -> None:
        """Tell all of them."""
        for owner in self.owners:
            owner.released(symbol)

    def ended(self, reason: BybitWebSocketError | None) -> None:
        """Tell all of them."""
        for owner in self.owners:
            owner.ended(reason)


def fan(takes: Sequence[Callback], callback: Callback | None) -> Callback:
    """Return what gives a message to all: to the callback itself, to each of the others a copy of its own.

    The callback comes last, so that what it raises keeps the message from nobody.
    """
    if callback is None:
        if not takes:
            return nobody
        *takes, callback = takes
    if not takes:
        return callback
    last = callback

    def give(message: Any) -> None:
        for take in takes:
            take(duplicate(message))
        last(message)

    return give


def nobody(message: Any) -> None:
    """Take a message that nobody is called with."""


def duplicate(message: Any) -> Any:
    """Return a copy of what JSON can hold, down to the last list."""
    if type(message) is dict:
        return {name: duplicate(value) if type(value) in _CONTAINERS else value for name, value in message.items()}
    if type(message) is list:
        return [duplicate(value) if type(value) in _CONTAINERS else value for value in message]
    return message


_CONTAINERS = (dict, list)
