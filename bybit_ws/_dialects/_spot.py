"""What the three spot protocols have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._topics import Key, Topic
from . import Control, Ignored, Pong, Refusal, Unknown


def text(message: object) -> str:
    """Return compact JSON, as the exchange writes it."""
    return json.dumps(message, separators=(",", ":"))


def name_of(topic: str, params: Mapping[str, Any]) -> str:
    """Return the topic's unique name: ``kline`` with ``klineType`` 1m is ``kline_1m``, and so on."""
    for param in ("klineType", "dumpScale"):
        if param in params:
            return f"{topic}_{params[param]}"
    return str(topic)


def tells(address: object, key: Key) -> bool:
    """Return whether topic and symbol are the whole key: there may be a parameter besides, or another symbol."""
    return address == key


def custom(topic: Topic, event: str, symbols: str) -> str | None:
    """Return the user's own request, changed only for another event or fewer symbols; None where there is none."""
    if topic.request is None:
        return None
    request = json.loads(topic.request)
    place = request if request.get("symbol") else request["params"]
    if event == "sub" and symbols == place["symbol"]:
        return topic.request
    place["symbol"] = symbols
    return text({**request, "event": event})


def ping(now_ms: int) -> str:
    """Return a heartbeat; the exchange answers with its own clock."""
    return text({"ping": now_ms})


def read_common(message: Mapping[str, Any]) -> Control:
    """Read what is neither a push nor an acknowledgement."""
    if "pong" in message:
        return Pong(int(message["pong"]))
    if "ping" in message:
        return Ignored()  # an answer would be taken for a request, and refused
    if "code" in message:
        return Refusal(None, reason_of(message), str(message["topic"]) if "topic" in message else None)
    return Unknown("message")


def accepted(message: Mapping[str, Any]) -> bool:
    """Return whether an acknowledgement confirms; the code is a str on Bybit."""
    return message["code"] in ("0", 0)


def read_other(message: Mapping[str, Any]) -> Control:
    """Read an acknowledgement that is not of a subscription: nothing that is wanted depends on it."""
    if message["event"] == "cancel" and accepted(message):
        return Ignored()
    return Unknown("acknowledgement")


def reason_of(message: Mapping[str, Any]) -> str:
    """Return the exchange's own words; some venues say ``msg`` where others say ``desc``."""
    return f"{message.get('desc') or message.get('msg') or 'refused'} (code {message['code']})"
