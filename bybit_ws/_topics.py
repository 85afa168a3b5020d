"""The documented topics, as data: one row for each of the 28 streams.

A row says what a stream is called on the wire and how it behaves. ``Row.topic`` fills in its parameter
(an interval or a scale) and gives the ``Topic`` whose name, together with a symbol, is the key by which
everything is found: ``("kline_1m", "BTCUSDT")``, ``("orderBook_200.100ms", "BTCUSD")``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

Key = tuple[str, str]
"""(topic name, symbol); the symbol is ``"*"`` for all symbols and ``""`` for topics that have none."""

ALL = "*"

def takers(key: Key) -> tuple[Key, ...]:
    """Return whose a push of a topic and symbol may be: the symbol's own stream, else that of all symbols."""
    return (key, (key[0], ALL), (key[0], ""))


def named(key: Key) -> tuple[str, ...]:
    """Return the symbol of a key as events name it; nothing where the topic has none."""
    return (key[1],) if key[1] else ()


def hinted(reason: str, symbol: str) -> str:
    """Return why a symbol was refused, with what may be meant: the exchange writes all of them in capitals."""
    return reason if symbol == symbol.upper() else f"{reason} (did you mean {symbol.upper()!r}?)"


SPOT_INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1M")
INVERSE_INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")


class Socket(NamedTuple):
    """One websocket of the exchange.

    Attributes:
        name: Its name for users.
        path: The documented path.
        label: Its name in logs and of its threads.
        v5: The path of today that serves the same.
        category: What V5 and its REST interface call this market.
    """

    name: str
    path: str
    label: str
    v5: str
    category: str


PUBLIC_V1 = Socket("public_v1", "/spot/quote/ws/v1", "spot v1", "/v5/public/spot", "spot")
PUBLIC_V2 = Socket("public_v2", "/spot/quote/ws/v2", "spot v2", "/v5/public/spot", "spot")
PRIVATE = Socket("private", "/spot/ws", "spot private", "/v5/private", "spot")
REALTIME = Socket("realtime", "/realtime", "inverse", "/v5/public/inverse", "inverse")
ACCOUNT = Socket("private", "/realtime", "inverse private", "/v5/private", "inverse")
"""The private half of ``REALTIME``, which V5 serves on a socket of its own."""


@dataclass(frozen=True)
class Topic:
    """A row with its parameter filled in.

    Attributes:
        name: Unique on its socket.
        wire: The topic as requests spell it.
        params: What else a request says of it, e.g. ``(("dumpScale", 1),)``.
        row: Where it comes from; None for a topic that only the user knows.
        request: The user's own request, which goes out untouched (``custom_topic_stream``).
        raw: Deliver what V5 says, untranslated.
    """

    name: str
    wire: str
    params: tuple[tuple[str, Any], ...] = ()
    row: Row | None = None
    request: str | None = None
    raw: bool = False

    @property
    def private(self) -> bool:
        """Whether it needs authentication, as far as the documents tell."""
        return self.row is not None and self.row.private


@dataclass(frozen=True)
class Row:
    """One documented stream.

    Attributes:
        stream: The method's name without ``_stream``.
        socket: The websocket it lives on.
        wire: The topic on the wire; ``{}`` stands for the interval.
        anchor: The section of the exchange's documentation.
        parameter: ``"interval"`` or ``"dump_scale"`` where the stream takes one.
        param: The name under which the wire carries the parameter outside the topic.
        merge: How deltas are merged: ``"pairs"``, ``"levels"``, ``"record"``; None for whole messages.
        replays: Sends its last trades again at every subscription.
        symbols: Whether symbols are given; private topics have none.
        wildcard: Whether all symbols can be had with ``"*"``.
        private: Needs authentication.
        state: Every message is the whole state, so that the newest is all one needs to know.
        sequence: Where its messages carry an id or a number that rises, e.g. ``"data.-1.trade_id"``.
    """

    stream: str
    socket: Socket
    wire: str
    anchor: str
    parameter: str | None = None
    param: str | None = None
    merge: str | None = None
    replays: bool = False
    symbols: bool = True
    wildcard: bool = False
    private: bool = False
    state: bool = False
    sequence: str | None = None

    @property
    def method(self) -> str:
        """The name of the client's method."""
        return f"{self.stream}_stream"

    @property
    def family(self) -> str:
        """Which client has it: ``"spot"`` or ``"inverse"``."""
        return self.socket.category

    def topic(self, value: Any = None) -> Topic:
        """Return the topic for one interval or scale."""
        wire = self.wire.format(value)
        if self.param is None:
            return Topic(wire, wire, (), self)
        return Topic(f"{wire}_{value}", wire, ((self.param, value),), self)


def _state(stream: str, socket: Socket, wire: str, anchor: str, sequence: str, **more: Any) -> Row:
    return Row(stream, socket, wire, anchor, state=True, sequence=sequence, **more)


def _private(stream: str, socket: Socket, wire: str, anchor: str, sequence: str | None = None) -> Row:
    return Row(stream, socket, wire, anchor, symbols=False, private=True, sequence=sequence)


ROWS = (
    Row("trade_v1", PUBLIC_V1, "trade", "spot/#t-websockettrade", replays=True, sequence="data.-1.v"),
    _state("realtimes_v1", PUBLIC_V1, "realtimes", "spot/#t-websocketrealtimes", "data.0.t"),
    Row("kline_v1", PUBLIC_V1, "kline_{}", "spot/#t-websocketkline", parameter="interval", sequence="data.0.t"),
    _state("depth_v1", PUBLIC_V1, "depth", "spot/#t-websocketdepth", "data.0.v"),
    _state(
        "merged_depth_v1",
        PUBLIC_V1,
        "mergedDepth",
        "spot/#t-websocketmergeddepth",
        "data.0.v",
        parameter="dump_scale",
        param="dumpScale",
    ),
    _state("diff_depth_v1", PUBLIC_V1, "diffDepth", "spot/#t-websocketdiffdepth", "data.0.v", merge="pairs"),
    _state("lt_v1", PUBLIC_V1, "lt", "spot/#t-websocketltnetvalue", "data.0.t"),
    _state("depth_v2", PUBLIC_V2, "depth", "spot/#t-websocketv2depth", "data.v"),
    Row("kline_v2", PUBLIC_V2, "kline", "spot/#t-websocketv2kline", "interval", "klineType", sequence="data.t"),
    Row("trade_v2", PUBLIC_V2, "trade", "spot/#t-websocketv2trade", sequence="data.v"),
    _state("book_ticker_v2", PUBLIC_V2, "bookTicker", "spot/#t-websocketv2bookticker", "data.time"),
    _state("realtimes_v2", PUBLIC_V2, "realtimes", "spot/#t-websocketv2realtimes", "data.t"),
    _private("outbound_account_info", PRIVATE, "outboundAccountInfo", "spot/#t-outboundaccountinfo", "E"),
    _private("execution_report", PRIVATE, "executionReport", "spot/#t-executionreport", "E"),
    _private("stop_execution_report", PRIVATE, "stop_executionReport", "spot/#t-stop_executionreport", "E"),
    _private("ticket_info", PRIVATE, "ticketInfo", "spot/#t-ticketinfo", "T"),
    _state(
        "orderbook_25", REALTIME, "orderBookL2_25", "inverse/#t-websocketorderbook25", "cross_seq", merge="levels"
    ),
    _state(
        "orderbook_200",
        REALTIME,
        "orderBook_200.100ms",
        "inverse/#t-websocketorderbook200",
        "cross_seq",
        merge="levels",
    ),
    Row("trade", REALTIME, "trade", "inverse/#t-websockettrade", wildcard=True, sequence="data.-1.trade_id"),
    Row(
        "insurance",
        REALTIME,
        "insurance",
        "inverse/#t-websocketinsurance",
        wildcard=True,
        sequence="data.-1.timestamp",
    ),
    _state(
        "instrument_info",
        REALTIME,
        "instrument_info.100ms",
        "inverse/#t-websocketinstrumentinfo",
        "cross_seq",
        merge="record",
        wildcard=True,
    ),
    Row(
        "kline",
        REALTIME,
        "klineV2.{}",
        "inverse/#t-websocketklinev2",
        parameter="interval",
        wildcard=True,
        sequence="data.-1.start",
    ),
    Row(
        "liquidation",
        REALTIME,
        "liquidation",
        "inverse/#t-websocketliquidation",
        wildcard=True,
        sequence="data.time",
    ),
    _private("position", REALTIME, "position", "inverse/#t-websocketposition", "data.-1.position_seq"),
    _private("execution", REALTIME, "execution", "inverse/#t-websocketexecution", "data.-1.exec_id"),
    _private("order", REALTIME, "order", "inverse/#t-websocketorder", "data.-1.timestamp"),
    _private("stop_order", REALTIME, "stop_order", "inverse/#t-websocketstoporder", "data.-1.timestamp"),
    _private("wallet", REALTIME, "wallet", "inverse/#t-websocketwallet"),
)

BY_STREAM = {row.stream: row for row in ROWS}


def row_of(socket: Socket, wire: str) -> Row | None:
    """Return the row of a topic given as the wire spells it, or None where the documents have none."""
    for row in ROWS:
        if row.socket is socket and re.fullmatch(re.escape(row.wire).replace(r"\{\}", r"[^.]+"), wire):
            return row
    return None
