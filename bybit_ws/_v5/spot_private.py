"""The four private streams of spot, made of V5's orders, executions and wallet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any, Callable

from .._topics import Key, Topic
from .amounts import amount, minus, plain, plus, told
from .conditional import Conditional, Stage
from .fields import Field, approximate, below, constant, maker
from .joining import NOTHING, Fill, Joined, JoiningTranslator
from .translation import Push, Translation, Translator

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
    owned = minus(amount(it["walletBalance"]), amount(it.get("locked", "")))
    return told(minus(owned, amount(it.get("spotBorrow", ""))))


_NAMES: dict[str, Any] = {
    "force": _FORCE,
    "free": _free,
    "kind": _kind,
    "plain": plain,
    "status": _STATUS,
    "stop_status": _STOP_STATUS,
    "told": told,
}
_UNTOLD = "V5 does not tell"

_TIME = Field("E", "creationTime", code="str(message['creationTime'])")
_SIDE = Field("S", "side", code="it['side'].upper()")
_KEPT = "an order that a stop order placed keeps that one's"
_LINK = approximate("c", "orderLinkId", _KEPT, "it['orderLinkId']")
_ID = approximate("i", "orderId", _KEPT, "it['orderId']")
_FORM = (
    _SIDE,
    Field("o", "orderType, timeInForce, marketUnit", code="kind(it)"),
    approximate(
        "f",
        "timeInForce",
        "market orders say IOC where they used to say GTC; PostOnly and RPI are GTC",
        "force.get(it['timeInForce'], it['timeInForce'])",
    ),
    Field("q", "qty", code="plain(it['qty'])"),
    Field("p", "price", code="plain(it['price'])"),
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
    Field("B[].l", "locked", code="plain(it.get('locked', ''))"),
)

_JOINED = "of the execution with the same order; 0 where none came within a second"
_FILL = (
    approximate("l", "execution.execQty", f"quantity {_JOINED}", "told(fill.qty)"),
    approximate("L", "execution.execPrice", f"price {_JOINED}", "fill.price"),
    approximate("n", "execution.execFee", f"fee {_JOINED}", "fill.fee"),
    approximate("N", "execution.feeCurrency", "coin of the fee, else the order's; empty without a fill", "coin"),
    approximate("t", "execution.execId", "id of the trade; absent without a fill, as documented", "fill.id"),
)
_BY_NAME = {field.name: field for field in _FILL}

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
        code="status.get(it['orderStatus'], it['orderStatus'])",
    ),
    _ID,
    constant("M", f"{_UNTOLD} the opponent's order", "'0'"),
    _BY_NAME["l"],
    Field("z", "cumExecQty", code="plain(it['cumExecQty'])"),
    _BY_NAME["L"],
    _BY_NAME["n"],
    _BY_NAME["N"],
    approximate("u", "smpOrderId", "false for an order that met one of the same owner", "not it.get('smpOrderId')"),
    constant("w", "as it was in all samples", "True"),
    approximate("m", "timeInForce", "whether it is PostOnly", "it['timeInForce'] == 'PostOnly'"),
    approximate("O", "createdTime", _KEPT, "it['createdTime']"),
    Field("Z", "cumExecValue", code="plain(it['cumExecValue'])"),
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
        "stop_status.get(it['orderStatus'], it['orderStatus'])",
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
    Field("q", "execQty", code="plain(it['execQty'])"),
    Field("t", "execTime"),
    Field("p", "execPrice", code="plain(it['execPrice'])"),
    Field("T", "execId"),
    _ID._replace(path="o"),
    _LINK,
    constant("O", f"{_UNTOLD} the opponent's order", "'0'"),
    constant("a", f"{_UNTOLD} account numbers", "'0'"),
    constant("A", f"{_UNTOLD} the opponent's account", "'0'"),
    Field("m", "isMaker"),
    _SIDE,
)

_account = maker(below("", ACCOUNT), "message", _NAMES)
_balance = maker(below("B[].", ACCOUNT), "it", _NAMES)
_report = maker((field for field in REPORT if field.name != "t"), "it, message, fill, coin", _NAMES)
_fill = maker(_FILL, "fill, coin", _NAMES)
_stop = maker(STOP, "it, message", _NAMES)
_ticket = maker(TICKET, "it, message", _NAMES)


class _Account(Translator):
    """Balances, of the coins that changed."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._told: dict[str, dict[str, Any]] = {}

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        entries = {it["coin"]: _balance(it) for account in message["data"] for it in account["coin"]}
        changed = [entry for coin, entry in entries.items() if self._told.get(coin) != entry]
        if not changed:
            return ()
        event = _account(message)
        self._told.update((entry["a"], entry.copy()) for entry in changed)
        event["B"] = changed
        return ((self._key, event),)


class _Reports(JoiningTranslator):
    """Orders, one event for each fill."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__((topic.name, symbol))

    def load(self, it: Mapping[str, Any], message: Mapping[str, Any]) -> Any:
        return _report(it, message, NOTHING, ""), it.get("feeCurrency", ""), amount(it["cumExecValue"])

    def messages(self, joined: Joined) -> Iterable[dict[str, Any]]:
        event, coin, value = joined.change.load
        fills = joined.fills
        if len(fills) > 1:
            return _shares(event, coin, joined.change.total, value, fills)
        if fills:
            event.update(_fill(fills[0], fills[0].coin or coin))
        return (event,)


def _shares(
    event: dict[str, Any], coin: str, total: Decimal, value: Decimal, fills: Sequence[Fill]
) -> Iterator[dict[str, Any]]:
    """Give an event for each fill: the last one has the order's own figures, those before it their share.

    What was filled before follows from the totals: where there are several fills, none is missing.
    """
    filled = reduce(minus, (fill.qty for fill in fills), total)
    worth = reduce(minus, (fill.value for fill in fills), value)
    for fill in fills[:-1]:
        filled, worth = plus(filled, fill.qty), plus(worth, fill.value)
        share = {"X": "PARTIALLY_FILLED", "z": told(filled), "Z": told(worth)}
        yield {**event, **share, **_fill(fill, fill.coin or coin)}
    yield {**event, **_fill(fills[-1], fills[-1].coin or coin)}


class _Stops(Translator):
    """Stop orders, until they are triggered or given up."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._conditional = Conditional()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        return [(self._key, _stop(it, message)) for it in message["data"] if self._conditional.stage(it) is Stage.STOP]


class _Tickets(Translator):
    """Fills."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        return [(self._key, _ticket(it, message)) for it in message["data"] if it["execType"] == "Trade"]


def _args(*args: str) -> Callable[[Topic, str], tuple[str, ...]]:
    return lambda topic, symbol: args


_UNIFIED = "Of a unified account, which may also trade other things with the same coins."
_ORDERLY = (
    "An event for each fill, in the order of V5's pushes of orders; one waits up to a second for its executions, "
    "and those behind it with it."
)

_PLACED = "What a stop order has placed goes on under its id, client id and time of creation."

TRANSLATIONS: tuple[Translation, ...] = (
    Translation("outbound_account_info", _args("wallet"), ACCOUNT, _Account, (_UNIFIED,)),
    Translation("execution_report", _args("order.spot", "execution.spot"), REPORT, _Reports, (_ORDERLY, _PLACED)),
    Translation("stop_execution_report", _args("order.spot"), STOP, _Stops),
    Translation("ticket_info", _args("execution.spot"), TICKET, _Tickets, (_PLACED,)),
)
