"""The five private streams of inverse, made of V5's positions, executions, orders and wallet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Callable

from .._topics import Key, Topic
from .amounts import plain
from .balances import Balances
from .conditional import ORDINARY, Conditional, Stage
from .fields import Field, below, maker
from .identity import user_of
from .inverse_private_fields import EXECUTION, NAMES, ORDER, POSITION, STOP, WALLET
from .joining import Fill, JoiningTranslator
from .translation import Push, Translation, Translator

_POSITION, _WALLET_ARG = "position.inverse", "wallet"
_BOTH = ("order.inverse", "execution.inverse")
_UNHEARD: dict[str, Any] = {}

_position = maker(below("data[].", POSITION), "it, user, wallet, available", NAMES)
_execution = maker(below("data[].", EXECUTION), "it", NAMES)
_order = maker(below("data[].", ORDER), "it", NAMES)
_stop = maker(below("data[].", STOP), "it, user", NAMES)
_balance = maker(below("data[].", WALLET), "it, account", NAMES)


def _envelope(fields: tuple[Field, ...]) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """Compile what makes a message of its rows."""
    return maker((*below("", fields), Field("data", "", code="rows")), "rows")


class _Rows(Translator):
    """A stream whose messages have rows of data."""

    def __init__(self, topic: Topic, symbol: str, fields: tuple[Field, ...]) -> None:
        self._key: Key = (topic.name, symbol)
        self._message = _envelope(fields)

    def _pushes(self, rows: list[dict[str, Any]]) -> Sequence[Push]:
        return ((self._key, self._message(rows)),) if rows else ()


def _row_of_balance(it: Mapping[str, Any], account: Mapping[str, Any]) -> dict[str, Any]:
    row = _balance(it, account)
    if row["available_balance"] is None:
        del row["available_balance"]
    return row


def _balances() -> Balances:
    return Balances(below("data[].", WALLET), _row_of_balance)


class _Positions(_Rows):
    """Positions, with the balance of their coin."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__(topic, symbol, POSITION)
        self._user, self._begin = 0, ""
        self._balances = _balances()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        topic = message["topic"]
        if topic == _POSITION:
            return self._pushes([self._row(it) for it in message["data"]])
        if topic == _WALLET_ARG:
            self._balances.take(message)
        else:
            self._look(message)
        return ()

    def _look(self, message: Mapping[str, Any]) -> None:
        """See who the user is, which nearly always is known already."""
        name, begin = message.get("id"), self._begin
        if begin and type(name) is str and name.startswith(begin):
            return
        user = user_of(message)
        if user:
            self._user, self._begin = user, f"{user}_"

    def _row(self, it: Mapping[str, Any]) -> dict[str, Any]:
        coin = self._balances.rows.get(it["symbol"].rpartition("USD")[0], _UNHEARD)
        row = _position(it, self._user, coin.get("wallet_balance"), coin.get("available_balance"))
        for name in ("wallet_balance", "available_balance"):
            if row[name] is None:
                del row[name]
        return row


class _Executions(_Rows):
    """Fills."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__(topic, symbol, EXECUTION)

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        return self._pushes([_execution(it) for it in message["data"] if it["execType"] != "Funding"])


class _Orders(JoiningTranslator):
    """Orders, as many in one message as V5 pushes together."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__((topic.name, symbol))
        self._message = _envelope(ORDER)
        self._rows: list[dict[str, Any]] = []

    def deal(self, it: Mapping[str, Any]) -> Any:
        return plain(it["execPrice"])

    def load(self, it: Mapping[str, Any], message: Mapping[str, Any]) -> Any:
        return _order(it)

    def pushes(self, load: Any, total: Decimal, fills: Sequence[Fill], last: bool) -> Sequence[Push]:
        if fills:
            load["last_exec_price"] = fills[-1].load
        rows = self._rows
        rows.append(load)
        if not last:
            return ()
        self._rows = []
        return ((self._key, self._message(rows)),)


class _Stops(_Rows):
    """Stop orders, until the order that they place is there."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__(topic, symbol, STOP)
        self._conditional = Conditional()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        rows = []
        for it in message["data"]:
            if it.get("stopOrderType", "") in ORDINARY:
                continue
            if self._conditional.stage(it) is not Stage.ORDER:
                rows.append(_stop(it, user_of(message)))
        return self._pushes(rows)


class _Wallet(_Rows):
    """Balances, of the coins that changed."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__(topic, symbol, WALLET)
        self._balances = _balances()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        return self._pushes([row.copy() for row in self._balances.take(message)])


def _args(*args: str) -> Callable[[Topic, str], tuple[str, ...]]:
    return lambda topic, symbol: args


_UNIFIED = "Of a unified account, which may also trade other things with the same coins."
_NEWS = "V5 pushes it at every order that is placed, amended or cancelled, changed or not."
_ORDERLY = "In the order of V5's pushes; one waits up to a second for its executions, and those behind it with it."
_ONE = "V5 has one order with one id, before and after the trigger, of which the stream of orders tells from then on."
_PLACED = "What a stop order has placed goes on under its id, client id and time of creation."
_CHANGED = "Only the coins that differ from the last push."

TRANSLATIONS: tuple[Translation, ...] = (
    Translation("position", _args(_POSITION, _WALLET_ARG, *_BOTH), POSITION, _Positions, (_NEWS, _UNIFIED)),
    Translation("execution", _args("execution.inverse"), EXECUTION, _Executions, (_PLACED,)),
    Translation("order", _args(*_BOTH), ORDER, _Orders, (_ORDERLY, _PLACED)),
    Translation("stop_order", _args("order.inverse"), STOP, _Stops, (_ONE,)),
    Translation("wallet", _args(_WALLET_ARG), WALLET, _Wallet, (_CHANGED, _UNIFIED)),
)
