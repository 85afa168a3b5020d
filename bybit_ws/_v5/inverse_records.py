"""Inverse trades, candles and liquidations: whole messages, each translated by itself. Pure.

https://bybit-exchange.github.io/docs/inverse/#t-publictopics
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Callable

from .._topics import Topic
from .fields import Field, approximate, constant
from .inverse_values import iso, known, number
from .nested import message_maker
from .translation import AS_DOCUMENTED, Push, Translation, Translator

Make = Callable[[Any, str], dict[str, Any]]

TOPIC = constant("topic", "the documented topic and the symbol", "topic")


def _number(source: str) -> str:
    """Return the code of a number."""
    return f"known(x := it[{source!r}]) or number(x)"


TRADE = (
    TOPIC,
    Field("data[].timestamp", "T", note="cut off to the second, as documented", code="iso(it['T'] // 1000) + '.000Z'"),
    Field("data[].trade_time_ms", "T"),
    Field("data[].symbol", "s"),
    Field("data[].side", "S"),
    Field("data[].size", "v", code=_number("v")),
    Field("data[].price", "p", code=_number("p")),
    Field("data[].tick_direction", "L"),
    Field("data[].trade_id", "i"),
    Field("data[].cross_seq", "seq"),
    Field("data[].is_block_trade", "BT", code="'true' if it['BT'] else 'false'"),
)

KLINE = (
    TOPIC,
    Field("data[].start", "start", code="it['start'] // 1000"),
    Field("data[].end", "end", code="(it['end'] + 1) // 1000"),
    Field("data[].open", "open", code=_number("open")),
    Field("data[].close", "close", code=_number("close")),
    Field("data[].high", "high", code=_number("high")),
    Field("data[].low", "low", code=_number("low")),
    Field("data[].volume", "volume", code=_number("volume")),
    Field("data[].turnover", "turnover", code=_number("turnover")),
    Field("data[].confirm", "confirm"),
    constant("data[].cross_seq", "always 0, as V5 tells none", "0"),
    approximate(
        "data[].timestamp",
        "timestamp",
        "of the last match, milliseconds in microseconds; a number, as documented (for a while it was a text)",
        "it['timestamp'] * 1000",
    ),
    approximate("timestamp_e6", "ts", "milliseconds in microseconds", "message['ts'] * 1000"),
)

LIQUIDATION = (
    TOPIC,
    Field("data.symbol", "s"),
    Field("data.side", "S", note="of the position: Buy says that a long one was liquidated"),
    Field("data.price", "p"),
    Field("data.qty", "v"),
    Field("data.time", "T"),
)

_NAMES = {"iso": iso, "known": known, "number": number}
_EACH = "for it in message['data']"
make_trades: Make = message_maker(TRADE, "message, topic", _EACH, _NAMES)
make_candles: Make = message_maker(KLINE, "message, topic", _EACH, _NAMES)
make_liquidation: Make = message_maker(LIQUIDATION, "it, topic")


class Rows(Translator):
    """One documented message for each push, with a row for each of its items."""

    def __init__(self, make: Make, topic: Topic, symbol: str) -> None:
        self._make = make
        self._key = (topic.name, symbol)
        self._topic = f"{topic.wire}.{symbol}"

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        return ((self._key, self._make(message, self._topic)),) if message["data"] else ()


class Items(Rows):
    """One documented message for each item of a push."""

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        return [(self._key, self._make(item, self._topic)) for item in message["data"]]


def _trades(topic: Topic, symbol: str) -> tuple[str, ...]:
    return (f"publicTrade.{symbol}",)


def _candles(topic: Topic, symbol: str) -> tuple[str, ...]:
    return (f"kline.{topic.wire.rpartition('.')[2]}.{symbol}",)


def _liquidations(topic: Topic, symbol: str) -> tuple[str, ...]:
    return (f"allLiquidation.{symbol}",)


TRANSLATIONS = (
    Translation(
        "trade",
        _trades,
        TRADE,
        partial(Rows, make_trades),
        (
            "Trades against retail price improvement orders are among them, though no book shows those orders.",
            AS_DOCUMENTED,
        ),
    ),
    Translation(
        "kline",
        _candles,
        KLINE,
        partial(Rows, make_candles),
        ("V5 pushes a candle every 1 to 60 seconds: it cannot be had more often.", AS_DOCUMENTED),
    ),
    Translation(
        "liquidation",
        _liquidations,
        LIQUIDATION,
        partial(Items, make_liquidation),
        ("Every liquidation is told, in batches of half a second.",),
    ),
)
