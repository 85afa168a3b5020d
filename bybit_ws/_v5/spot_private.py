"""The four private streams of spot, made of V5's orders, executions and wallet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any, Callable

from .._topics import Key, Topic
from .amounts import amount, minus, plus, times, told
from .balances import Balances
from .conditional import ORDINARY, Conditional, Stage
from .fields import below, maker
from .joining import Fill, JoiningTranslator
from .spot_private_fields import ACCOUNT, FILL, NAMES, REPORT, STOP, TICKET
from .translation import Push, Translation, Translator

_account = maker(below("", ACCOUNT), "message", NAMES)
_balance = maker(below("B[].", ACCOUNT), "it, account", NAMES)
_report = maker((field for field in REPORT if field.name != "t"), "it, message, fill", NAMES)
_fill = maker(FILL, "fill", NAMES)
_stop = maker(STOP, "it, message", NAMES)
_ticket = maker(TICKET, "it, message", NAMES)


class _Account(Translator):
    """Balances, of the coins that changed."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._balances = Balances(below("B[].", ACCOUNT), _balance)

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        changed = self._balances.take(message)
        if not changed:
            return ()
        event = _account(message)
        event["B"] = [row.copy() for row in changed]
        return ((self._key, event),)


class _Reports(JoiningTranslator):
    """Orders, one event for each fill."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__((topic.name, symbol))

    def deal(self, it: Mapping[str, Any]) -> Any:
        worth = it.get("execValue")
        return _fill(it), amount(worth) if worth else times(amount(it["execPrice"]), amount(it["execQty"]))

    def load(self, it: Mapping[str, Any], message: Mapping[str, Any]) -> Any:
        return _report(it, message, _NO_FILL), it.get("feeCurrency", ""), amount(it["cumExecValue"])

    def pushes(self, load: Any, total: Decimal, fills: Sequence[Fill], last: bool) -> Sequence[Push]:
        key, (event, coin, value) = self._key, load
        if len(fills) > 1:
            return [(key, share) for share in _shares(event, coin, total, value, fills)]
        if fills:
            _add(event, fills[0], coin)
        return ((key, event),)


_NO_FILL: dict[str, Any] = {}


def _add(event: dict[str, Any], fill: Fill, coin: str) -> dict[str, Any]:
    """Tell an order's fill in its event."""
    event.update(fill.load[0])
    event["N"] = event["N"] or coin
    return event


def _shares(
    event: dict[str, Any], coin: str, total: Decimal, value: Decimal, fills: Sequence[Fill]
) -> list[dict[str, Any]]:
    """Return an event for each fill: the last one has the order's own figures, those before it their share.

    What was filled before follows from the totals: where there are several fills, none is missing.
    """
    filled = reduce(minus, (fill.qty for fill in fills), total)
    worth = reduce(minus, (fill.load[1] for fill in fills), value)
    events = []
    for fill in fills[:-1]:
        filled, worth = plus(filled, fill.qty), plus(worth, fill.load[1])
        events.append(_add({**event, "X": "PARTIALLY_FILLED", "z": told(filled), "Z": told(worth)}, fill, coin))
    return [*events, _add(event, fills[-1], coin)]


class _Stops(Translator):
    """Stop orders, until they are triggered or given up."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._conditional = Conditional()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        events = []
        for it in message["data"]:
            if it.get("stopOrderType", "") in ORDINARY:
                continue
            if self._conditional.stage(it) is Stage.STOP:
                events.append((self._key, _stop(it, message)))
        return events


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
