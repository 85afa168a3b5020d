"""What V5 says of inverse instruments, and what is to become of it."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from bybit_ws._topics import BY_STREAM
from bybit_ws._v5 import inverse_books, inverse_info, inverse_insurance, inverse_records
from bybit_ws._v5.translation import Translator

TRANSLATIONS = {
    one.stream: one
    for module in (inverse_books, inverse_records, inverse_info, inverse_insurance)
    for one in module.TRANSLATIONS
}
LAUNCH = {"category": "inverse", "list": [{"symbol": "BTCUSD", "launchTime": "1542213206000"}]}

TICKER = {
    "symbol": "BTCUSD",
    "tickDirection": "ZeroMinusTick",
    "price24hPcnt": "-0.052517",
    "lastPrice": "29930.50",
    "prevPrice24h": "31589.50",
    "highPrice24h": "31874.00",
    "lowPrice24h": "29278.00",
    "prevPrice1h": "29960.00",
    "markPrice": "29946.34",
    "indexPrice": "29946.13",
    "openInterest": "654525102",
    "openInterestValue": "21856.6",
    "turnover24h": "57303.1757",
    "volume24h": "1745270625.0000",
    "fundingIntervalHour": "8",
    "fundingCap": "0.005",
    "nextFundingTime": "1654185600000",
    "fundingRate": "-0.0000392",
    "bid1Price": "29930.50",
    "bid1Size": "5",
    "ask1Price": "29931.00",
    "ask1Size": "7",
}
DATED = {**TICKER, "symbol": "BTCUSDM22", "nextFundingTime": "", "fundingRate": "", "deliveryTime": "1656057600000"}
del DATED["fundingIntervalHour"]


def ticker(kind: str = "snapshot", cs: int = 13458633487, ts: int = 1654161517001, **data: Any) -> dict[str, Any]:
    data = data or dict(TICKER)
    return {"topic": f"tickers.{data.get('symbol')}", "type": kind, "data": data, "cs": cs, "ts": ts}


def book(kind: str, update: int, bids: Any = (), asks: Any = (), seq: int = 7) -> dict[str, Any]:
    data = {"s": "BTCUSD", "b": [*map(list, bids)], "a": [*map(list, asks)], "u": update, "seq": seq}
    return {"topic": "orderbook.50.BTCUSD", "type": kind, "ts": 1654161517001, "data": data, "cts": 1654161516999}


TRADES = {
    "topic": "publicTrade.BTCUSD",
    "type": "snapshot",
    "ts": 1674062783290,
    "data": [
        {"T": 1674062783255, "s": "BTCUSD", "S": "Sell", "v": "4", "p": "1544.70", "L": "PlusTick"}
        | {"i": "db00bec3-6017-5406-a467-2868a37e9f18", "BT": False, "RPI": False, "seq": 12152196098},
        {"T": 1674062783282, "s": "BTCUSD", "S": "Buy", "v": "10000000", "p": "1545.00", "L": "ZeroPlusTick"}
        | {"i": "2fff1efb-4395-51bf-a325-6ad1a3187762", "BT": True, "RPI": False, "seq": 12152196099},
    ],
}
CANDLES = {
    "topic": "kline.5.BTCUSD",
    "type": "snapshot",
    "ts": 1660414346500,
    "data": [
        {"start": 1660414200000, "end": 1660414499999, "interval": "5", "open": "24555.50", "close": "24554.00"}
        | {"high": "24555.50", "low": "24548.00", "volume": "61397", "turnover": "2.50100659", "confirm": False}
        | {"timestamp": 1660414346404},
    ],
}
LIQUIDATIONS = {
    "topic": "allLiquidation.BTCUSD",
    "type": "snapshot",
    "ts": 1632123949500,
    "data": [
        {"T": 1632123949005, "s": "BTCUSD", "S": "Sell", "v": "2329", "p": "45171.00"},
        {"T": 1632123949006, "s": "BTCUSD", "S": "Buy", "v": "1", "p": "45000.50"},
    ],
}
POOLS = {
    "topic": "insurance.inverse",
    "type": "delta",
    "ts": 1747722930500,
    "data": [
        {"coin": "BTC", "symbols": "BTCUSD", "balance": "100.12345678", "updateTime": "1747722930000"},
        {"coin": "ETH", "symbols": "ETHUSD", "balance": "7", "updateTime": "1747722930000"},
    ],
}
FUNDS = {
    "updatedTime": "1747699200000",
    "list": [
        {"coin": "BTC", "symbols": "BTCUSD", "balance": "90", "value": "1"},
        {"coin": "BTC", "symbols": "ADAUSD,XRPUSD", "balance": "0.5", "value": "1"},
        {"coin": "XRP", "symbols": "XRPUSD", "balance": "3.000000005", "value": "1"},
        {"coin": "USDT", "symbols": "BTCUSDT", "balance": "5", "value": "5"},
    ],
}


def start(stream: str, symbol: str = "BTCUSD", parameter: Any = None) -> Translator:
    return TRANSLATIONS[stream].start(BY_STREAM[stream].topic(parameter), symbol)


def one(translator: Translator, message: Any) -> dict[str, Any]:
    """Return the only message that follows from a push, which is left as it was."""
    before = copy.deepcopy(message)
    ((_, made),) = translator.translate(message, 0.0)
    assert message == before
    return made


def record(translator: Translator, message: Any) -> dict[str, Any]:
    made: dict[str, Any] = one(translator, message)["data"]
    return made


BIDS = [("86617.90", "5790"), ("86614.70", "63142"), ("86614.50", "1")]
ASKS = [("86618.00", "30"), ("86621.50", "5"), ("86622.00", "8")]


def row(price: str, side: str, size: int | None = None) -> dict[str, Any]:
    made = {"price": price, "symbol": "BTCUSD", "id": int(Decimal(price) * 10000), "side": side}
    return made if size is None else {**made, "size": size}


def delta(delete: Any = (), update: Any = (), insert: Any = ()) -> dict[str, Any]:
    return {"delete": [*delete], "update": [*update], "insert": [*insert], "transactTimeE6": 0}
