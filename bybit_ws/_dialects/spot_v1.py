"""Spot public V1: symbols joined by commas, no acknowledgement, ``f: true`` on the first message.

https://bybit-exchange.github.io/docs/spot/#t-publictopics
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from .._topics import Key, Topic
from . import BATCH, Ack, Control, Refusal, Request, Wanted, key_of
from ._spot import accepted, custom, name_of, ping, read_common, read_other, reason_of, tells, text

__all__ = ["UNASKED", "address", "auth", "cancels", "ping", "read", "renewals", "requests", "stamp", "tells"]

UNASKED: frozenset[Key] = frozenset()

address = itemgetter("topic", "symbol")


def requests(wanted: Sequence[Wanted], binary: bool = False) -> list[Request]:
    """Return one request per topic and ten symbols."""
    return [
        (_text(topic, symbols, "sub", binary), tuple(key_of(topic, symbol) for symbol in symbols))
        for topic, symbols in _batches(wanted)
    ]


def cancels(wanted: Sequence[Wanted], binary: bool = False) -> list[str]:
    """Return the texts that end these subscriptions; the exchange does not answer them."""
    return [_text(topic, symbols, "cancel", binary) for topic, symbols in _batches(wanted)]


def renewals(topic: Topic, symbol: str, binary: bool = False) -> list[str]:
    """Subscribing again is no error and brings a fresh first message, without a second stream."""
    return [_text(topic, [symbol], "sub", binary)]


def auth(api_key: str, expires: int, signature: str) -> str:
    """Public sockets take no credentials."""
    raise NotImplementedError("spot public sockets take no credentials")


def read(message: Any) -> Key | Control:
    """Tell what a message is."""
    if "data" in message:
        symbol = message.get("symbol") or message.get("symbolName") or _symbol_in(message["data"])
        return (name_of(message["topic"], message["params"]), symbol)
    if "event" not in message:
        return read_common(message)
    if message["event"] != "sub":
        return read_other(message)
    if not accepted(message):
        return Refusal(None, reason_of(message), str(message.get("topic", "")))
    name = name_of(message["topic"], message.get("params", {}))
    return Ack(tuple((name, symbol) for symbol in message["symbol"].split(",")))


def stamp(message: Any) -> float | None:
    """Return when a push was sent."""
    return float(message["sendTime"])


def _symbol_in(data: Any) -> str:
    """Return the symbol that only the data names: a sibling's best bid and ask, and its mark price."""
    record = data[0] if isinstance(data, list) else data
    symbol: str = record.get("s") or record["symbolId"]
    return symbol


def _text(topic: Topic, symbols: Sequence[str], event: str, binary: bool) -> str:
    joined = ",".join(symbols)
    return custom(topic, event, joined) or text(
        {
            "symbol": joined,
            "topic": topic.wire,
            "event": event,
            "params": {"binary": binary, **dict(topic.params)},
        }
    )


def _batches(wanted: Sequence[Wanted]) -> Iterator[tuple[Topic, list[str]]]:
    by_topic: dict[Topic, list[str]] = {}
    for topic, symbol in wanted:
        by_topic.setdefault(topic, []).append(symbol)
    for topic, symbols in by_topic.items():
        size = BATCH if topic.request is None else len(symbols)
        for start in range(0, len(symbols), size):
            yield topic, symbols[start : start + size]
