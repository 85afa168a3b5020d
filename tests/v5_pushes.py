"""Pushes of V5's private topics, and what becomes of them."""

from __future__ import annotations

import copy
from typing import Any

from bybit_ws._topics import BY_STREAM
from bybit_ws._v5 import inverse_private, spot_private
from bybit_ws._v5.translation import Translator

TRANSLATIONS = {one.stream: one for one in (*spot_private.TRANSLATIONS, *inverse_private.TRANSLATIONS)}

SEQ = 1253141306

SPOT_ORDER = {
    "category": "spot",
    "symbol": "ETHUSDT",
    "orderId": "1551",
    "orderLinkId": "mine",
    "side": "Sell",
    "orderStatus": "New",
    "cancelType": "UNKNOWN",
    "timeInForce": "GTC",
    "price": "1850.50",
    "qty": "2.50000",
    "leavesQty": "2.50000",
    "cumExecQty": "0.00000",
    "cumExecValue": "0.0000000",
    "orderType": "Limit",
    "stopOrderType": "",
    "lastPriceOnCreated": "1849.10",
    "smpOrderId": "",
    "createdTime": "1699764599837",
    "updatedTime": "1699764599841",
    "feeCurrency": "USDT",
}
SPOT_FILL = {
    "category": "spot",
    "symbol": "ETHUSDT",
    "execFee": "0.92525000",
    "execId": "2100000000047469164",
    "execPrice": "1850.50",
    "execQty": "0.50000",
    "execType": "Trade",
    "execValue": "925.2500000",
    "leavesQty": "2.00000",
    "orderId": "1551",
    "orderLinkId": "mine",
    "orderQty": "2.50000",
    "side": "Sell",
    "execTime": "1699764599840",
    "isMaker": True,
    "seq": SEQ,
    "feeCurrency": "USDT",
}
STOPPED = {"stopOrderType": "Stop", "triggerPrice": "1800.00", "triggerBy": "LastPrice", "orderStatus": "Untriggered"}
INVERSE_ORDER = {
    "category": "inverse",
    "symbol": "ETHUSDZ26",
    "orderId": "ae802ad5",
    "orderLinkId": "mine",
    "side": "Buy",
    "orderStatus": "New",
    "createType": "CreateByUser",
    "cancelType": "UNKNOWN",
    "timeInForce": "GTC",
    "price": "1850.50",
    "qty": "15",
    "leavesQty": "15",
    "cumExecQty": "0",
    "cumExecValue": "",
    "cumExecFee": "",
    "orderType": "Limit",
    "stopOrderType": "UNKNOWN",
    "triggerPrice": "",
    "triggerBy": "",
    "takeProfit": "",
    "stopLoss": "1700.00",
    "reduceOnly": False,
    "closeOnTrigger": False,
    "createdTime": "1766436947940",
    "updatedTime": "1766436947942",
}
INVERSE_FILL = {
    "category": "inverse",
    "symbol": "ETHUSDZ26",
    "execFee": "0.00000009",
    "execId": "0ab1bdf7",
    "execPrice": "1850.50",
    "execQty": "10",
    "execType": "Trade",
    "execValue": "0.00540394",
    "leavesQty": "5",
    "orderId": "ae802ad5",
    "orderLinkId": "mine",
    "orderQty": "15",
    "side": "Buy",
    "execTime": "1766436947940",
    "isMaker": False,
    "seq": SEQ,
    "feeCurrency": "",
}
POSITION = {
    "category": "inverse",
    "positionIdx": 0,
    "riskId": 1,
    "symbol": "ETHUSDZ26",
    "side": "Buy",
    "size": "15",
    "entryPrice": "1850.50",
    "leverage": "10",
    "positionValue": "0.00810592",
    "positionIM": "0.00081545",
    "takeProfit": "0",
    "stopLoss": "1700.00",
    "trailingStop": "0",
    "curRealisedPnl": "-0.00000009",
    "cumRealisedPnl": "-0.25",
    "liqPrice": "",
    "bustPrice": "",
    "positionStatus": "Normal",
    "autoAddMargin": 0,
    "seq": SEQ,
}
COIN = {
    "coin": "ETH",
    "walletBalance": "3.50000000",
    "locked": "0.25",
    "totalOrderIM": "0.1",
    "totalPositionIM": "0.00081545",
    "unrealisedPnl": "-0.5",
    "bonus": "0",
    "spotBorrow": "1.00",
}


def push(topic: str, *items: dict[str, Any], seq: int = SEQ, uid: int = 100401071, **more: Any) -> dict[str, Any]:
    """Return a push as V5 sends it."""
    middle = "-20000-" if topic.endswith("spot") else "_ETHUSDZ26_"
    return {"topic": topic, "id": f"{uid}{middle}{seq}", "creationTime": 1699764599843, "data": list(items), **more}


def wallet(*coins: dict[str, Any], available: str = "9556.6") -> dict[str, Any]:
    account = {"accountType": "UNIFIED", "totalAvailableBalance": available, "coin": list(coins)}
    return push("wallet", account, id="592324d2bce751-ad38-48eb-8f42-4671d1fb4d4e")


def spot_order(**more: Any) -> dict[str, Any]:
    return push("order.spot", {**SPOT_ORDER, **more})


def inverse_order(**more: Any) -> dict[str, Any]:
    return push("order.inverse", {**INVERSE_ORDER, **more})


PUSHES = {
    "outbound_account_info": [wallet(COIN)],
    "execution_report": [
        push("execution.spot", SPOT_FILL),
        spot_order(orderStatus="PartiallyFilled", cumExecQty="0.50000", cumExecValue="925.2500000"),
    ],
    "stop_execution_report": [spot_order(**STOPPED)],
    "ticket_info": [push("execution.spot", SPOT_FILL)],
    "position": [wallet(COIN), push("position.inverse", POSITION, id="1003076014fb7eedb-c7e6-45d6-a8c1-270f0169171a")],
    "execution": [push("execution.inverse", INVERSE_FILL)],
    "order": [inverse_order()],
    "stop_order": [inverse_order(**STOPPED)],
    "wallet": [wallet(COIN)],
}
"""What makes each stream say all it can."""


def start(stream: str) -> Translator:
    return TRANSLATIONS[stream].start(BY_STREAM[stream].topic(), "")


def hear(translator: Translator, *messages: dict[str, Any], now: float = 0.0) -> list[dict[str, Any]]:
    """Return what a translator makes of messages; they are its own."""
    return [said for message in messages for _, said in translator.translate(copy.deepcopy(message), now)]


def make(stream: str, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    return hear(start(stream), *messages)


def rows(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for message in messages for row in message["data"]]
