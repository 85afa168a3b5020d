"""The streams that V5 serves, from the client's own tables: none can be forgotten."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from bybit_ws._dialects import inverse, spot_v1, spot_v2
from bybit_ws._topics import ALL, BY_STREAM, PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME, Row, Topic
from bybit_ws._v5.table import TRANSLATIONS

PARAMETERS = {"kline_v1": "1m", "kline_v2": "1m", "kline": "1", "merged_depth_v1": 1}
"""The interval or the scale, where a stream has one."""

SYMBOLS = {"spot": ("BTCUSDT", "ETHUSDT"), "inverse": ("BTCUSD", "ETHUSD")}
"""What is measured, and what marks the beginning and the end of it."""

MARKERS = {PUBLIC_V1: "realtimes_v1", PUBLIC_V2: "trade_v2", REALTIME: "trade", PRIVATE: "outbound_account_info"}
"""The stream of each socket whose messages mark the beginning and the end; each has to be delivered."""

PRIVATE_MARKERS = {"outbound_account_info": "ticket_info", "wallet": "execution", "position": "execution"}
"""Those of private streams that the usual marker would mix with; inverse's usual one is ``wallet``.

A position is made of all of V5's private topics, so that its marks are told from other executions by their ids.
"""

_DIALECTS: dict[Any, Any] = {PUBLIC_V1: spot_v1, PUBLIC_V2: spot_v2, REALTIME: inverse}
_RARE = ("kline", "liquidation", "insurance", "lt_")


class Line(NamedTuple):
    """A subscription on one connection.

    Attributes:
        stream: The method's name without ``_stream``.
        symbol: ``""`` on private streams.
        arguments: What the method takes, besides the callback.
        topics: V5's topics.
        path: The legacy endpoint.
        v5: V5's.
        private: Whether it needs keys.
        stateful: Whether its messages build on a first one, so that it can only be played again from there.
        rare: Whether a minute holds too few messages to be measured.
    """

    stream: str
    symbol: str
    arguments: tuple[tuple[str, Any], ...]
    topics: tuple[str, ...]
    path: str
    v5: str
    private: bool
    stateful: bool
    rare: bool

    @property
    def wire(self) -> str:
        """What the legacy endpoint calls it."""
        return self._topic.wire

    @property
    def _topic(self) -> Topic:
        return BY_STREAM[self.stream].topic(PARAMETERS.get(self.stream))

    def requests(self, v5: bool) -> list[str]:
        """What a client sends to have it, from V5 or from the legacy endpoint."""
        expires = int(time.time() * 1000) + 3_600_000
        login = [json.dumps({"op": "auth", "args": ["key", expires, "signature"]})] if self.private else []
        if v5:
            return [*login, json.dumps({"op": "subscribe", "args": self.topics})]
        row = BY_STREAM[self.stream]
        if row.socket is PRIVATE:
            return login  # what is private starts by itself
        requests = _DIALECTS[row.socket].requests([(self._topic, self.symbol)])
        return [*login, *(text for text, _ in requests)]


class Pair(NamedTuple):
    """What is measured, and the stream that marks its beginning and its end."""

    measured: Line
    marker: Line


def pairs() -> dict[str, Pair]:
    """Return all streams that V5 serves."""
    return {stream: _pair(BY_STREAM[stream]) for stream in BY_STREAM if stream in TRANSLATIONS}


def _pair(row: Row) -> Pair:
    measured, other = SYMBOLS[row.socket.category]
    marker = MARKERS[row.socket] if not row.private or row.socket is PRIVATE else "wallet"
    marker = PRIVATE_MARKERS.get(row.stream, marker)
    return Pair(_line(row, measured), _line(BY_STREAM[marker], other))


def _line(row: Row, symbol: str) -> Line:
    value = PARAMETERS.get(row.stream)
    topic = row.topic(value)
    # V5 has one topic for the insurance of all coins.
    symbol = ALL if row.stream == "insurance" else symbol if row.symbols else ""
    topics = TRANSLATIONS[row.stream].args(topic, symbol)
    return Line(
        stream=row.stream,
        symbol=symbol,
        arguments=((("symbols", symbol),) if symbol else ()) + (((row.parameter, value),) if row.parameter else ()),
        topics=topics,
        path=row.socket.path,
        v5="/v5/private" if row.private else row.socket.v5,
        private=row.private,
        stateful=any(one.startswith(("orderbook", "tickers", "insurance")) for one in topics),
        rare=row.private or row.stream.startswith(_RARE),
    )

