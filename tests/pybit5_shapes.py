"""What V5's messages look like, said once more and independently of the package, for ``pybit5``.

From the documentation of V5: what a message must have, and of what kind each value is. More keys are welcome, as
the exchange adds some from time to time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Callable, NamedTuple

Kind = Callable[[Any], object]
Fields = Mapping[str, Kind]


def text(value: Any) -> object:
    return isinstance(value, str)


def name(value: Any) -> object:
    return isinstance(value, str) and value != ""


def number(value: Any) -> object:
    """A decimal in a string, as all prices and sizes are."""
    return isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)


def maybe(value: Any) -> object:
    """A decimal in a string, or nothing where there is none."""
    return value == "" or number(value)


def whole(value: Any) -> object:
    return type(value) is int


def moment(value: Any) -> object:
    """Milliseconds since 1970."""
    return type(value) is int and 10**12 < value < 10**13


def moment_text(value: Any) -> object:
    return isinstance(value, str) and re.fullmatch(r"\d{13}", value)


def flag(value: Any) -> object:
    return type(value) is bool


def one_of(*words: str) -> Kind:
    return lambda value: value in words


def levels(value: Any) -> object:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(map(number, pair)) for pair in value
    )


class Shape(NamedTuple):
    """A stream's messages.

    Attributes:
        envelope: The message's own fields besides ``topic`` and ``data``.
        entry: The fields of ``data``, or of each of its entries.
        many: Whether ``data`` is an array of entries.
        below: Fields of the entries of an array inside an entry, by its key.
    """

    envelope: Fields
    entry: Fields
    many: bool
    below: Mapping[str, Fields] = {}

    def faults(self, message: Any) -> Iterator[str]:
        """Yield what is wrong with a message."""
        yield from _faults(self.envelope, message, "")
        data = message.get("data")
        if not isinstance(data, list if self.many else dict) or not data:
            yield f"data is {_short(data)}"
            return
        for entry in data if self.many else [data]:
            yield from _faults(self.entry, entry, "data.")
            for key, fields in self.below.items():
                for one in entry.get(key, ()):
                    yield from _faults(fields, one, f"data.{key}.")


def _faults(fields: Fields, entry: Any, where: str) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f"{where or 'the message'} is {_short(entry)}"
        return
    for key, kind in fields.items():
        if key not in entry:
            yield f"{where}{key} is missing"
        elif not kind(entry[key]):
            yield f"{where}{key} is {_short(entry[key])}"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"


SIDE = one_of("Buy", "Sell")
SNAPSHOT = {"type": one_of("snapshot"), "ts": moment}
DELTAS = {"type": one_of("snapshot", "delta"), "ts": moment}

_TRADE = {"i": name, "T": moment, "p": number, "v": number, "S": SIDE, "s": name, "BT": flag, "RPI": flag, "seq": whole}
_TICKS = one_of("PlusTick", "ZeroPlusTick", "MinusTick", "ZeroMinusTick")
_PRICES = ("lastPrice", "highPrice24h", "lowPrice24h", "prevPrice24h", "volume24h", "turnover24h", "price24hPcnt")
_CANDLE = {"start": moment, "end": moment, "interval": name, "confirm": flag, "timestamp": moment}

BOOK = Shape({**DELTAS, "cts": moment}, {"s": name, "b": levels, "a": levels, "u": whole, "seq": whole}, False)
SPOT_TRADE = Shape(SNAPSHOT, _TRADE, True)
INVERSE_TRADE = Shape(SNAPSHOT, {**_TRADE, "L": _TICKS}, True)
KLINE = Shape(
    SNAPSHOT, {**_CANDLE, **dict.fromkeys(("open", "close", "high", "low", "volume", "turnover"), number)}, True
)
SPOT_TICKER = Shape(
    {**SNAPSHOT, "cs": whole}, {"symbol": name, **dict.fromkeys((*_PRICES, "usdIndexPrice"), number)}, False
)
INVERSE_TICKER = Shape(
    {**DELTAS, "cs": whole},
    {
        "symbol": name,
        "tickDirection": _TICKS,
        **dict.fromkeys((*_PRICES, "prevPrice1h", "markPrice", "indexPrice", "openInterest"), number),
        **dict.fromkeys(("openInterestValue", "fundingIntervalHour", "fundingRate"), number),
        **dict.fromkeys(("bid1Price", "bid1Size", "ask1Price", "ask1Size"), number),
        "nextFundingTime": moment_text,
    },
    False,
)
LIQUIDATION = Shape(SNAPSHOT, {"T": moment, "s": name, "S": SIDE, "v": number, "p": number}, True)
INSURANCE = Shape(DELTAS, {"coin": name, "symbols": name, "balance": number, "updateTime": moment_text}, True)

_PRIVATE = {"id": name, "creationTime": moment}
_STATES = one_of(
    "New",
    "PartiallyFilled",
    "Untriggered",
    "Rejected",
    "PartiallyFilledCanceled",
    "Filled",
    "Cancelled",
    "Triggered",
    "Deactivated",
)
ORDER = Shape(
    _PRIVATE,
    {
        "category": one_of("spot", "inverse"),
        **dict.fromkeys(("symbol", "orderId", "cancelType", "rejectReason", "orderType"), name),
        "orderLinkId": text,
        "side": SIDE,
        "orderStatus": _STATES,
        "timeInForce": one_of("GTC", "IOC", "FOK", "PostOnly", "RPI"),
        **dict.fromkeys(("price", "qty", "leavesQty", "cumExecQty", "cumExecValue", "cumExecFee"), number),
        **dict.fromkeys(("avgPrice", "triggerPrice", "takeProfit", "stopLoss", "lastPriceOnCreated"), maybe),
        "stopOrderType": text,
        "createdTime": moment_text,
        "updatedTime": moment_text,
    },
    True,
)
EXECUTION = Shape(
    _PRIVATE,
    {
        "category": one_of("spot", "inverse"),
        **dict.fromkeys(("symbol", "orderId", "execId", "execType", "orderType"), name),
        "orderLinkId": text,
        "side": SIDE,
        **dict.fromkeys(("execFee", "execPrice", "execQty", "execValue", "leavesQty", "orderQty"), number),
        "execTime": moment_text,
        "isMaker": flag,
        "feeCurrency": text,
        "seq": whole,
    },
    True,
)
POSITION = Shape(
    _PRIVATE,
    {
        "category": one_of("inverse"),
        "symbol": name,
        "side": one_of("Buy", "Sell", ""),
        **dict.fromkeys(("size", "entryPrice", "leverage", "positionValue", "markPrice"), number),
        **dict.fromkeys(("positionIM", "positionMM", "curRealisedPnl", "cumRealisedPnl", "unrealisedPnl"), number),
        **dict.fromkeys(("liqPrice", "bustPrice", "takeProfit", "stopLoss", "trailingStop"), maybe),
        **dict.fromkeys(("positionIdx", "tradeMode", "riskId", "autoAddMargin", "seq"), whole),
        "positionStatus": one_of("Normal", "Liq", "Adl"),
        "createdTime": moment_text,
        "updatedTime": moment_text,
    },
    True,
)
_COIN = dict.fromkeys(("equity", "walletBalance", "locked", "totalOrderIM", "totalPositionIM", "unrealisedPnl"), maybe)
WALLET = Shape(
    _PRIVATE,
    {"accountType": one_of("UNIFIED"), "coin": lambda value: isinstance(value, list) and value},
    True,
    {"coin": {"coin": name, **_COIN, "walletBalance": number}},
)

