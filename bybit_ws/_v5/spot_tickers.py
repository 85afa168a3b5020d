"""Spot's tickers and candles (``realtimes``, ``kline``), and the leveraged tokens that are gone. Pure.

https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
https://bybit-exchange.github.io/docs/v5/websocket/public/kline
"""

from __future__ import annotations

from functools import partial
from typing import Callable

from .._topics import Topic
from .fields import Field, approximate, constant, missing
from .nested import message_maker
from .spot_envelopes import (
    INTERVALS,
    KLINE_TYPE,
    PARAMETERS,
    SUBSCRIBED,
    Record,
    Records,
    at,
    envelope_v1,
    envelope_v2,
    envelope_v2_params_first,
    parameter_of,
)
from .translation import AS_DOCUMENTED, Translation, Translator


def ratio(text: str) -> str:
    """Write a ratio with four decimals; an empty text stays one."""
    return text and f"{round(float(text), 4) + 0.0:.4f}"


_CHANGE = "it['price24hPcnt']"
_TICKER = {
    one.name: one
    for one in (
        Field("c", "lastPrice"),
        constant("e", "the exchange's number, always 301", "301"),
        Field("h", "highPrice24h"),
        Field("l", "lowPrice24h"),
        # Most have four decimals as they come, which is cheaper to see than to make.
        Field("m", "price24hPcnt", code=f"{_CHANGE} if {_CHANGE}[-5:-4] == '.' else ratio({_CHANGE})"),
        Field("o", "prevPrice24h"),
        Field("qv", "turnover24h"),
        constant("s", SUBSCRIBED, "symbol"),
        constant("sn", SUBSCRIBED, "symbol"),
        approximate("t", "ts", "when V5 made the message; it was the time of the last match", "message['ts']"),
        Field("v", "volume24h"),
        Field("xp", "usdIndexPrice"),
    )
}
_CANDLE = (
    Field("t", "start"),
    constant("s", SUBSCRIBED, "symbol"),
    constant("sn", SUBSCRIBED, "symbol"),
    Field("c", "close"),
    Field("h", "high"),
    Field("l", "low"),
    Field("o", "open"),
    Field("v", "volume"),
)


_V2_ORDER = ("t", "s", "c", "h", "l", "o", "v", "qv", "m", "xp")
REALTIMES_V1 = envelope_v1("realtimes", *at("data[].", _TICKER.values()))
REALTIMES_V2 = envelope_v2_params_first("realtimes", *at("data.", (_TICKER[name] for name in _V2_ORDER)))
KLINE_V1 = envelope_v1("kline", *at("data[].", _CANDLE), params=(KLINE_TYPE,))
KLINE_V2 = envelope_v2("kline", *at("data.", _CANDLE), params=(KLINE_TYPE,))

_CADENCE = "V5 sends a candle every 1 to 60 seconds, seldom as often as the documents promise"


def _start(kind: type[Record], fields: tuple[Field, ...]) -> Callable[[Topic, str], Translator]:
    return partial(kind, message_maker(fields, PARAMETERS, names={"ratio": ratio}))


def _ticker(topic: Topic, symbol: str) -> tuple[str, ...]:
    return (f"tickers.{symbol}",)


def _kline(topic: Topic, symbol: str) -> tuple[str, ...]:
    return (f"kline.{INTERVALS[parameter_of(topic)]}.{symbol}",)


def _nothing(topic: Topic, symbol: str) -> tuple[str, ...]:
    return ()


def _unavailable(topic: Topic, symbol: str) -> Translator:
    raise LookupError(LT_GONE)


LT_GONE = (
    "not available since 2025-07-04, when leveraged tokens were delisted and their interface was switched off; "
    "use realtimes_v1_stream of the underlying pair instead, e.g. BTCUSDT for BTC3LUSDTNAV"
)

_LT = ("t", "s", "nav", "b", "l", "loan", "ti", "n")
_GONE = "gone since 2025-07-04"

TRANSLATIONS: tuple[Translation, ...] = (
    Translation("realtimes_v1", _ticker, REALTIMES_V1, _start(Record, REALTIMES_V1)),
    Translation("kline_v1", _kline, KLINE_V1, _start(Records, KLINE_V1), (_CADENCE,)),
    Translation("kline_v2", _kline, KLINE_V2, _start(Records, KLINE_V2), (_CADENCE,)),
    Translation("realtimes_v2", _ticker, REALTIMES_V2, _start(Record, REALTIMES_V2), (AS_DOCUMENTED,)),
)

UNAVAILABLE: tuple[Translation, ...] = (
    Translation(
        "lt_v1",
        _nothing,
        tuple(
            missing(one.path, _GONE)
            for one in envelope_v1("lt", *(missing(f"data[].{name}", _GONE) for name in _LT))
        ),
        _unavailable,
        (LT_GONE,),
    ),
)
"""Streams that nothing takes the place of: for the printed table only; the first note says why."""
