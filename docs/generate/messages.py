"""A real message of each stream, out of the local exchange, kept in ``messages.json``.

They are kept because the exchange's clock is the machine's: what is shown must not change with every look.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from bybit_ws import InverseWebSocket, SpotWebSocket
from bybit_ws._topics import REALTIME, ROWS, Row
from bybit_ws.simulator import Exchange

HERE = Path(__file__).with_name("messages.json")
_PATIENCE = 60.0
_SHOWN = 2
"""Items of a long list that are kept."""

SYMBOLS = {"spot": "BTCUSDT", "inverse": "BTCUSD", "lt_v1": "BTC3LUSDTNAV", "insurance": "BTC"}
VALUES = {"kline_v1": "1m", "kline_v2": "1m", "kline": "1", "merged_depth_v1": 1}
KEYS = {"api_key": "your key", "api_secret": "your secret"}


def symbol(row: Row) -> str:
    """Return the symbol that a stream's page is about."""
    return SYMBOLS.get(row.stream) or SYMBOLS["inverse" if row.socket is REALTIME else "spot"]


def arguments(row: Row) -> list[Any]:
    """Return what a stream's method takes behind the callback."""
    given: list[Any] = [symbol(row)] if row.symbols else []
    return [*given, VALUES[row.stream]] if row.parameter else given


def kept() -> dict[str, dict[str, Any]]:
    """Return the messages by stream."""
    read: dict[str, dict[str, Any]] = json.loads(HERE.read_text("utf-8"))
    return read


def refresh() -> None:
    """Take new ones from the local exchange."""
    found: dict[str, Any] = {}
    with Exchange(seed=1, speed=10) as exchange:
        clients = {family: make(endpoint=exchange.url, api="legacy", **KEYS) for family, make in _CLIENTS.items()}
        for row in ROWS:
            found[row.stream] = _shortened(row, _last(clients["inverse" if row.socket is REALTIME else "spot"], row))
        for client in clients.values():
            client.close()
    HERE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


_CLIENTS = {"spot": SpotWebSocket, "inverse": InverseWebSocket}


def _last(client: Any, row: Row) -> Any:
    """Return the second message of a stream, which looks as most of them do; the first one of a book."""
    seen, enough = [], threading.Event()

    def keep(message: Any) -> None:
        seen.append(message)
        if row.merge or row.replays or row.stream == "lt_v1" or len(seen) > 1:
            enough.set()

    taken = getattr(client, row.method)(keep, *arguments(row))
    if not enough.wait(_PATIENCE):
        raise TimeoutError(f"{row.stream} says nothing")
    taken.unsubscribe()
    return seen[0] if row.merge or row.replays else seen[-1]


def _shortened(row: Row, message: Any) -> Any:
    """Return a message with two items of each of its long lists; of inverse books the best of both sides."""
    if row.merge == "levels":
        rows = message["data"]
        middle = sum(one["side"] == "Buy" for one in rows)
        return {**message, "data": rows[middle - _SHOWN : middle + _SHOWN]}
    if isinstance(message, dict):
        return {key: _shortened(row, value) for key, value in message.items()}
    if isinstance(message, list):
        return [_shortened(row, one) for one in message[:_SHOWN]]
    return message
