"""The fields of the four private streams of spot. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import amounts
from .amounts import PLAIN, left
from .fields import Field, approximate, constant

_FORCE = {"PostOnly": "GTC", "RPI": "GTC"}
_STATUS = {
    "New": "NEW",
    "PartiallyFilled": "PARTIALLY_FILLED",
    "Filled": "FILLED",
    "Cancelled": "CANCELED",
    "PartiallyFilledCanceled": "CANCELED",
    "Rejected": "REJECTED",
}
_STOP_STATUS = {
    "Untriggered": "ORDER_NEW",
    "Triggered": "ORDER_FILLED",
    "Deactivated": "ORDER_CANCELED",
    "Cancelled": "ORDER_CANCELED",
    "Rejected": "ORDER_FAILED",
}


def _kind(it: Mapping[str, Any]) -> str:
    """Return the documented name of an order's type."""
    if it["orderType"] != "Market":
        return "LIMIT_MAKER" if it["timeInForce"] == "PostOnly" else "LIMIT"
    unit = it.get("marketUnit") or ("quoteCoin" if it["side"] == "Buy" else "baseCoin")
    return "MARKET_OF_QUOTE" if unit == "quoteCoin" else "MARKET_OF_BASE"


def _free(it: Mapping[str, Any]) -> str:
    """Return what is available of a coin."""
    return left(it["walletBalance"], it.get("locked", ""), it.get("spotBorrow", ""))


NAMES: dict[str, Any] = {
    **amounts.NAMES,
    "force": _FORCE,
    "free": _free,
    "kind": _kind,
    "status": _STATUS,
    "stop_status": _STOP_STATUS,
}
_KIND = "'LIMIT' if it['orderType'] == 'Limit' and it['timeInForce'] != 'PostOnly' else kind(it)"
_UNTOLD = "V5 does not tell"

_TIME = Field("E", "creationTime", code="f\"{message['creationTime']}\"")
_SIDE = Field("S", "side", code="it['side'].upper()")
_KEPT = "an order that a stop order placed keeps that one's"
_LINK = approximate("c", "orderLinkId", _KEPT, "it['orderLinkId']")
_ID = approximate("i", "orderId", _KEPT, "it['orderId']")
_FORM = (
    _SIDE,
    Field("o", "orderType, timeInForce, marketUnit", code=_KIND),
    approximate(
        "f",
        "timeInForce",
        "market orders say IOC where they used to say GTC; PostOnly and RPI are GTC",
        "force.get(x := it['timeInForce'], x)",
    ),
    Field("q", "qty", code=PLAIN.format("qty")),
    Field("p", "price", code=PLAIN.format("price")),
)

ACCOUNT = (
    constant("e", "the event's name", "'outboundAccountInfo'"),
    _TIME,
    *(constant(name, f"{_UNTOLD} what the account may do", "True") for name in "TWD"),
    Field("B[].a", "coin", note="only the coins that differ from the last push", code="it['coin']"),
    approximate(
        "B[].f",
        "walletBalance, locked, spotBorrow",
        "wallet balance less what is locked and borrowed; what else the unified account is used for does not show",
        "free(it)",
    ),
    Field("B[].l", "locked", code="'0' if (x := it.get('locked', '')) in '0' else plains(x) or plain(x)"),
)


def _of_fill(source: str) -> str:
    """Return the code of an execution's number; ``"0"`` without a fill."""
    return f"'0' if (x := fill.get({source!r}, '')) in '0' else plains(x) or plain(x)"


_JOINED = "of the execution with the same order; 0 where none came within a second"
FILL = (
    approximate("l", "execution.execQty", f"quantity {_JOINED}", _of_fill("execQty")),
    approximate("L", "execution.execPrice", f"price {_JOINED}", _of_fill("execPrice")),
    approximate("n", "execution.execFee", f"fee {_JOINED}", _of_fill("execFee")),
    approximate(
        "N",
        "execution.feeCurrency",
        "coin of the fee, else the order's; empty without a fill",
        "fill.get('feeCurrency', '')",
    ),
    approximate("t", "execution.execId", "id of the trade; absent without a fill, as documented", "fill['execId']"),
)
_BY_NAME = {field.name: field for field in FILL}

REPORT = (
    constant("e", "the event's name", "'executionReport'"),
    _TIME,
    Field("s", "symbol"),
    _LINK,
    *_FORM,
    Field(
        "X",
        "orderStatus",
        note="PENDING_CANCEL and PENDING_NEW never come; statuses newer than the documents as they are",
        code="status.get(x := it['orderStatus'], x)",
    ),
    _ID,
    constant("M", f"{_UNTOLD} the opponent's order", "'0'"),
    _BY_NAME["l"],
    Field("z", "cumExecQty", code=PLAIN.format("cumExecQty")),
    _BY_NAME["L"],
    _BY_NAME["n"],
    _BY_NAME["N"],
    approximate("u", "smpOrderId", "false for an order that met one of the same owner", "not it.get('smpOrderId')"),
    constant("w", "as it was in all samples", "True"),
    approximate("m", "timeInForce", "whether it is PostOnly", "it['timeInForce'] == 'PostOnly'"),
    approximate("O", "createdTime", _KEPT, "it['createdTime']"),
    Field("Z", "cumExecValue", code=PLAIN.format("cumExecValue")),
    constant("A", f"{_UNTOLD} the opponent's account", "'0'"),
    constant("C", "as documented for spot", "False"),
    constant("v", "as documented for spot", "'0'"),
    constant("d", "as documented for spot", "'NO_LIQ'"),
    _BY_NAME["t"],
)

STOP = (
    constant("e", "the event's name", "'stop_executionReport'"),
    _TIME,
    Field("s", "symbol"),
    Field("c", "orderLinkId"),
    *_FORM,
    approximate(
        "X",
        "orderStatus",
        "an order that was cancelled without being triggered is ORDER_CANCELED, one that was rejected ORDER_FAILED",
        "stop_status.get(x := it['orderStatus'], x)",
    ),
    Field("i", "orderId"),
    Field("T", "createdTime"),
    approximate(
        "t",
        "updatedTime",
        "of the push that tells the trigger or the failure; 0 before",
        "it['updatedTime'] if it['orderStatus'] in ('Triggered', 'Rejected') else '0'",
    ),
    Field("C", "updatedTime"),
    Field("qp", "lastPriceOnCreated", code="plain(it.get('lastPriceOnCreated', ''))"),
    approximate("eo", "orderId", "V5 keeps one id, before and after the trigger", "it['orderId']"),
    constant("ti", "documented as to be ignored", "''"),
    constant("si", "documented as to be ignored", "''"),
)

TICKET = (
    constant("e", "the event's name", "'ticketInfo'"),
    _TIME,
    Field("s", "symbol"),
    Field("q", "execQty", code=PLAIN.format("execQty")),
    Field("t", "execTime"),
    Field("p", "execPrice", code=PLAIN.format("execPrice")),
    Field("T", "execId"),
    _ID._replace(path="o"),
    _LINK,
    constant("O", f"{_UNTOLD} the opponent's order", "'0'"),
    constant("a", f"{_UNTOLD} account numbers", "'0'"),
    constant("A", f"{_UNTOLD} the opponent's account", "'0'"),
    Field("m", "isMaker"),
    _SIDE,
)
