"""The fields of the five private streams of inverse. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import amounts
from .amounts import ISO, NUMBER, PLAIN, left
from .fields import Field, approximate, constant, missing

_FORCE = {"GTC": "GoodTillCancel", "IOC": "ImmediateOrCancel", "FOK": "FillOrKill"}
_STATUS = {"PartiallyFilledCanceled": "Cancelled"}
_STOP_STATUS = {"New": "Active", "Cancelled": "Deactivated"}


def _available(it: Mapping[str, Any], account: Mapping[str, Any]) -> str | None:
    """Return what is available of a coin; None with portfolio margin, where coins have no margins of their own.

    Losses of open positions count with cross margin only, which is where the account tells what it has available.
    """
    get = it.get
    positions, orders = get("totalPositionIM", ""), get("totalOrderIM", "")
    if not positions or not orders:
        return None
    result = get("unrealisedPnl", "") if account.get("totalAvailableBalance") else ""
    loss = result[1:] if result[:1] == "-" else ""
    return left(it["walletBalance"], positions, orders, get("locked", ""), get("bonus", ""), loss)


NAMES: dict[str, Any] = {
    **amounts.NAMES,
    "available": _available,
    "force": _FORCE,
    "status": _STATUS,
    "stop_status": _STOP_STATUS,
}


def _text(name: str, source: str) -> Field:
    """A number that is a text in both."""
    return Field(f"data[].{name}", source, code=PLAIN.format(source))


def _count(name: str, source: str) -> Field:
    """A quantity: a text in V5, a number as documented."""
    return Field(f"data[].{name}", source, code=NUMBER.format(source))


def _same(name: str, source: str) -> Field:
    """A value that is passed on."""
    return Field(f"data[].{name}", source)


def _untold(*names: str) -> tuple[Field, ...]:
    return tuple(missing(f"data[].{name}", "V5 does not tell it") for name in names)


def _topic(name: str) -> Field:
    return constant("topic", "the documented topic", repr(name))


_USER = approximate(
    "data[].user_id",
    "id of orders' and executions' pushes",
    "the digits the id begins with; 0 while none was seen",
    "user",
)

POSITION = (
    _topic("position"),
    constant("action", "as the documents show; the endpoint left it out in its last years", "'update'"),
    _USER,
    _same("symbol", "symbol"),
    _count("size", "size"),
    Field("data[].side", "side", note='"None" for a flat position', code="it['side'] or 'None'"),
    _text("position_value", "positionValue"),
    _text("entry_price", "entryPrice"),
    _text("liq_price", "liqPrice"),
    missing("data[].bust_price", "V5 always leaves it empty"),
    _text("leverage", "leverage"),
    *_untold("order_margin"),
    approximate("data[].position_margin", "positionIM", "initial margin, as V5 defines it", PLAIN.format("positionIM")),
    approximate(
        "data[].available_balance",
        "wallet.coin",
        "of the last wallet push, see the wallet stream; absent before the first and with portfolio margin",
        "available",
    ),
    _text("take_profit", "takeProfit"),
    *_untold("tp_trigger_by"),
    _text("stop_loss", "stopLoss"),
    *_untold("sl_trigger_by"),
    approximate(
        "data[].realised_pnl",
        "curRealisedPnl",
        "since the position was opened, not since the day began",
        PLAIN.format("curRealisedPnl"),
    ),
    _text("trailing_stop", "trailingStop"),
    *_untold("trailing_active"),
    approximate(
        "data[].wallet_balance",
        "wallet.coin.walletBalance",
        "of the last wallet push of the symbol's coin; absent before the first",
        "wallet",
    ),
    _same("risk_id", "riskId"),
    *_untold("is_isolated", "occ_closing_fee", "occ_funding_fee"),
    _same("auto_add_margin", "autoAddMargin"),
    _text("cum_realised_pnl", "cumRealisedPnl"),
    _same("position_status", "positionStatus"),
    approximate("data[].position_seq", "seq", "rises, and is not a version of the position", "it['seq']"),
    *_untold("Isolated", "mode"),
    _same("position_idx", "positionIdx"),
    *_untold("tp_sl_mode", "tp_order_num", "sl_order_num", "tp_free_size_x", "sl_free_size_x"),
)

_ID = approximate(
    "data[].order_id", "orderId", "an order that a stop order placed keeps that one's", "it['orderId']"
)

EXECUTION = (
    _topic("execution"),
    _same("symbol", "symbol"),
    _same("side", "side"),
    _ID,
    _same("exec_id", "execId"),
    _same("order_link_id", "orderLinkId"),
    _text("price", "execPrice"),
    _count("order_qty", "orderQty"),
    Field("data[].exec_type", "execType", note="Funding is left out; types newer than the documents as they are"),
    _count("exec_qty", "execQty"),
    _text("exec_fee", "execFee"),
    _count("leaves_qty", "leavesQty"),
    _same("is_maker", "isMaker"),
    Field("data[].trade_time", "execTime", code=ISO.format("execTime")),
)

_LINK = _same("order_link_id", "orderLinkId")
_TERMS = (
    _same("order_type", "orderType"),
    _text("price", "price"),
    _count("qty", "qty"),
    Field(
        "data[].time_in_force",
        "timeInForce",
        note="RPI as it is, the documents have no name for it",
        code="force.get(x := it['timeInForce'], x)",
    ),
    approximate(
        "data[].create_type", "createType", "types newer than the documents as they are", "it.get('createType', '')"
    ),
    approximate(
        "data[].cancel_type",
        "cancelType",
        "empty for UNKNOWN; types newer than the documents as they are",
        "'' if (x := it['cancelType']) == 'UNKNOWN' else x",
    ),
)

ORDER = (
    _topic("order"),
    _ID,
    _LINK,
    _same("symbol", "symbol"),
    _same("side", "side"),
    *_TERMS,
    Field(
        "data[].order_status",
        "orderStatus",
        note="Created and PendingCancel never come",
        code="status.get(x := it['orderStatus'], x)",
    ),
    _count("leaves_qty", "leavesQty"),
    _count("cum_exec_qty", "cumExecQty"),
    _text("cum_exec_value", "cumExecValue"),
    _text("cum_exec_fee", "cumExecFee"),
    approximate(
        "data[].timestamp",
        "createdTime",
        "when it was created, not when it became New; of an order that a stop order placed, when that was created",
        ISO.format("createdTime"),
    ),
    _text("take_profit", "takeProfit"),
    _text("stop_loss", "stopLoss"),
    constant("data[].trailing_stop", "V5 tells it with the position only", "'0'"),
    constant("data[].trailing_active", "V5 does not tell it", "'0'"),
    approximate(
        "data[].last_exec_price",
        "execution.execPrice",
        "of the execution that brought the push about; 0 without one, or where it did not come within a second",
        "'0'",
    ),
    _same("reduce_only", "reduceOnly"),
    _same("close_on_trigger", "closeOnTrigger"),
)

STOP = (
    _topic("stop_order"),
    _same("order_id", "orderId"),
    _LINK,
    _USER,
    _same("symbol", "symbol"),
    _same("side", "side"),
    *_TERMS,
    approximate(
        "data[].order_status",
        "orderStatus",
        "Active when the order is New after its trigger, under the same id; Deactivated also when it is cancelled",
        "stop_status.get(x := it['orderStatus'], x)",
    ),
    approximate("data[].stop_order_type", "stopOrderType", "V5's Partial types as they are", "it['stopOrderType']"),
    _same("trigger_by", "triggerBy"),
    _text("trigger_price", "triggerPrice"),
    _same("close_on_trigger", "closeOnTrigger"),
    approximate("data[].timestamp", "updatedTime", "when it changed", ISO.format("updatedTime")),
)

WALLET = (
    _topic("wallet"),
    constant("data[].user_id", "V5's wallet does not tell it", "0"),
    _same("coin", "coin"),
    approximate(
        "data[].available_balance",
        "walletBalance, totalPositionIM, totalOrderIM, locked, bonus, unrealisedPnl",
        "wallet balance less what is bound, and with cross margin less losses of open positions; what the rest of a "
        "unified account can lend to a coin does not show; absent with portfolio margin",
        "available(it, account)",
    ),
    _text("wallet_balance", "walletBalance"),
)
