"""Spot private: authenticate, and four topics arrive by themselves as arrays of events.

https://bybit-exchange.github.io/docs/spot/#t-privatetopics
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._topics import PRIVATE, ROWS, Key, Topic
from . import AuthReply, Control, Ping, Request, Wanted, key_of
from ._spot import ping, read_common, text

__all__ = ["UNASKED", "address", "auth", "cancels", "ping", "read", "renewals", "requests", "stamp", "tells"]

_KEYS = {row.wire: (row.wire, "") for row in ROWS if row.socket is PRIVATE}

UNASKED = frozenset(_KEYS.values())


def requests(wanted: Sequence[Wanted], binary: bool = False) -> list[Request]:
    """Nothing is asked for: the topics start by themselves."""
    return [("", (key_of(topic, symbol),)) for topic, symbol in wanted]


def cancels(wanted: Sequence[Wanted], binary: bool = False) -> list[str]:
    """Nothing can be cancelled: events nobody wants are dropped here."""
    return []


def renewals(topic: Topic, symbol: str, binary: bool = False) -> list[str]:
    """Nothing can be renewed."""
    return []


def auth(api_key: str, expires: int, signature: str) -> str:
    """Return the request that authenticates."""
    return text({"op": "auth", "args": [api_key, expires, signature]})


def read(message: Any) -> Key | Control:
    """Tell what one event, or one reply, is."""
    if "e" in message:
        return _KEYS.get(message["e"]) or (str(message["e"]), "")
    if "auth" in message:
        words = message.get("msg") or message.get("desc") or message.get("ret_msg")
        reason = words or f"auth: {message['auth']}"
        return AuthReply(message["auth"] == "success", str(reason))
    if "ping" in message:
        return Ping(text({"pong": message["ping"]}))
    return read_common(message)


def address(message: Any) -> object:
    """Return the kind of an event."""
    return message["e"]


def tells(address: object, key: Key) -> bool:
    """Events are few: they do not need a short way."""
    return False


def stamp(message: Any) -> float | None:
    """Return when an event came about, of several the last one."""
    return float((message[-1] if isinstance(message, list) else message)["E"])
