"""Spot public V2: one symbol per request, inside ``params``, always acknowledged.

https://bybit-exchange.github.io/docs/spot/#t-publictopics_v2
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._topics import Key, Topic
from . import Ack, Control, Refusal, Request, Wanted, key_of
from ._spot import accepted, custom, name_of, ping, read_common, read_other, reason_of, tells, text
from .spot_v1 import auth

__all__ = ["UNASKED", "address", "auth", "cancels", "ping", "read", "renewals", "requests", "stamp", "tells"]

UNASKED: frozenset[Key] = frozenset()


def requests(wanted: Sequence[Wanted], binary: bool = False) -> list[Request]:
    """Return one request per topic and symbol."""
    return [(_text(topic, symbol, "sub"), (key_of(topic, symbol),)) for topic, symbol in wanted]


def cancels(wanted: Sequence[Wanted], binary: bool = False) -> list[str]:
    """Return the texts that end these subscriptions."""
    return [_text(topic, symbol, "cancel") for topic, symbol in wanted]


def renewals(topic: Topic, symbol: str, binary: bool = False) -> list[str]:
    """Subscribing again is acknowledged again and makes no second stream."""
    return [_text(topic, symbol, "sub")]


def read(message: Any) -> Key | Control:
    """Tell what a message is."""
    if "data" in message:
        params = message["params"]
        return (name_of(message["topic"], params), params["symbol"])
    if "event" not in message:
        return read_common(message)
    if message["event"] != "sub":
        return read_other(message)
    params = message.get("params", {})
    key = (name_of(message.get("topic", ""), params), str(params.get("symbol", "")))
    return Ack((key,)) if accepted(message) else Refusal((key,), reason_of(message))


def address(message: Any) -> object:
    """Return the topic and the symbol."""
    return (message["topic"], message["params"]["symbol"])


def stamp(message: Any) -> float | None:
    """Return when what a push tells came about; a candle tells no such time."""
    data = message["data"]
    return None if message["topic"] == "kline" else float(data["time"] if "time" in data else data["t"])


def _text(topic: Topic, symbol: str, event: str) -> str:
    return custom(topic, event, symbol) or text(
        {
            "topic": topic.wire,
            "event": event,
            "params": {"symbol": symbol, **dict(topic.params), "binary": False},
        }
    )
