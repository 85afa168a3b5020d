"""Inverse: ``op`` and ``args``; acknowledgements echo the request and may come after the first data.

https://bybit-exchange.github.io/docs/inverse/#t-websocket
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from .._topics import Key, Topic
from . import BATCH, Ack, AuthReply, Control, Ignored, Pong, Refusal, Request, Unknown, Wanted, key_of

UNASKED: frozenset[Key] = frozenset()

address = itemgetter("topic")


def requests(wanted: Sequence[Wanted], binary: bool = False) -> list[Request]:
    """Return requests of ten topics each."""
    return [
        (_text("subscribe", batch), tuple(key_of(topic, symbol) for topic, symbol in batch))
        for batch in _batches(wanted)
    ]


def cancels(wanted: Sequence[Wanted], binary: bool = False) -> list[str]:
    """Return the texts that end these subscriptions."""
    return [_text("unsubscribe", batch) for batch in _batches(wanted)]


def renewals(topic: Topic, symbol: str, binary: bool = False) -> list[str]:
    """A live topic sends its snapshot again only after it was given up."""
    return [_text(op, [(topic, symbol)]) for op in ("unsubscribe", "subscribe")]


def ping(now_ms: int) -> str:
    """Return a heartbeat."""
    return '{"op":"ping"}'


def auth(api_key: str, expires: int, signature: str) -> str:
    """Return the request that authenticates."""
    return json.dumps({"op": "auth", "args": [api_key, expires, signature]}, separators=(",", ":"))


def read(message: Any) -> Key | Control:
    """Tell what a message is."""
    if "topic" in message:
        return split(message["topic"]) if "data" in message else Unknown("push without data")
    if "success" in message:
        return _reply(message, message.get("request") or {})
    return Unknown("message")


def tells(address: object, key: Key) -> bool:
    """The topic on the wire tells everything."""
    return True


def stamp(message: Any) -> float | None:
    """Return when a push was sent, or else when its last trade happened; the rest tells no such time."""
    if "timestamp_e6" in message:
        return float(message["timestamp_e6"]) / 1000
    return float(message["data"][-1]["trade_time_ms"])


@lru_cache(maxsize=4096)
def split(arg: str) -> Key:
    """Return the key of a topic as the wire spells it: ``klineV2.1.BTCUSD``, ``position``."""
    name, dot, symbol = arg.rpartition(".")
    return (name, symbol) if dot else (arg, "")


def arg_of(topic: Topic, symbol: str) -> str:
    """Return the topic and symbol as a request spells them."""
    return f"{topic.wire}.{symbol}" if symbol else topic.wire


def _reply(message: Mapping[str, Any], request: Mapping[str, Any]) -> Control:
    op, words = request.get("op"), str(message.get("ret_msg", ""))
    if words == "pong":
        return Pong(None)
    if op == "auth":
        return AuthReply(message["success"] is True, words or "refused")
    if op not in ("subscribe", "unsubscribe"):
        return Unknown("acknowledgement") if message["success"] else Refusal((), words)
    keys = tuple(split(arg) for arg in request.get("args") or ())
    if op == "unsubscribe":
        return Ignored()
    return Ack(keys) if message["success"] else Refusal(keys, words)


def _text(op: str, wanted: Sequence[Wanted]) -> str:
    args = [arg_of(topic, symbol) for topic, symbol in wanted]
    return json.dumps({"op": op, "args": args}, separators=(",", ":"))


def _batches(wanted: Sequence[Wanted]) -> list[Sequence[Wanted]]:
    return [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
