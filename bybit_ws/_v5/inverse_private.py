"""The five private streams of inverse, made of V5's positions, executions, orders and wallet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from .._topics import Key, Topic
from .conditional import Conditional, Stage
from .fields import Field, below, maker
from .inverse_private_fields import EXECUTION, NAMES, ORDER, POSITION, STOP, WALLET
from .joining import Joined, JoiningTranslator, identity
from .translation import Push, Translation, Translator

_position = maker(below("data[].", POSITION), "it, user, wallet, available", NAMES)
_execution = maker(below("data[].", EXECUTION), "it", NAMES)
_order = maker(below("data[].", ORDER), "it", NAMES)
_stop = maker(below("data[].", STOP), "it, user", NAMES)
_balance = maker(below("data[].", WALLET), "it, account", NAMES)


class _Rows(Translator):
    """A stream whose messages have rows of data."""

    def __init__(self, topic: Topic, symbol: str, fields: tuple[Field, ...]) -> None:
        self._key: Key = (topic.name, symbol)
        self._envelope = maker(below("", fields), "")

    def _pushes(self, rows: list[dict[str, Any]]) -> Sequence[Push]:
        return ((self._key, {**self._envelope(), "data": rows}),) if rows else ()


def _known(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a row without those of these fields that are not known."""
    for name in names:
        if row[name] is None:
            del row[name]
    return row


def _balances(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = [_balance(it, account) for account in message["data"] for it in account["coin"]]
    return [_known(row, "available_balance") for row in rows]


class _Positions(_Rows):
    """Positions, with the balance of their coin."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__(topic, symbol, POSITION)
        self._user = 0
        self._wallet: dict[str, dict[str, Any]] = {}

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        topic = message["topic"]
        if topic.startswith("position"):
            return self._pushes([self._row(it) for it in message["data"]])
        if topic == "wallet":
            self._wallet.update((row["coin"], row) for row in _balances(message))
        else:
            self._user = identity(message)[0] or self._user
        return ()

    def _row(self, it: Mapping[str, Any]) -> dict[str, Any]:
        coin = self._wallet.get(it["symbol"].rpartition("USD")[0], {})
        row = _position(it, self._user, coin.get("wallet_balance"), coin.get("available_balance"))
        return _known(row, "wallet_balance", "available_balance")


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
        self._envelope = maker(below("", ORDER), "")
        self._rows: list[dict[str, Any]] = []

    def load(self, it: Mapping[str, Any], message: Mapping[str, Any]) -> Any:
        return _order(it)

    def messages(self, joined: Joined) -> Iterator[dict[str, Any]]:
        row = joined.change.load
        if joined.fills:
            row["last_exec_price"] = joined.fills[-1].price
        self._rows.append(row)
        if joined.change.last:
            rows, self._rows = self._rows, []
            yield {**self._envelope(), "data": rows}


class _Stops(_Rows):
    """Stop orders, until the order that they place is there."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__(topic, symbol, STOP)
        self._conditional = Conditional()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        user, stage = identity(message)[0], self._conditional.stage
        return self._pushes([_stop(it, user) for it in message["data"] if stage(it) is not Stage.ORDER])


class _Wallet(_Rows):
    """Balances, of the coins that changed."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        super().__init__(topic, symbol, WALLET)
        self._told: dict[str, dict[str, Any]] = {}

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        changed = [row for row in _balances(message) if self._told.get(row["coin"]) != row]
        self._told.update((row["coin"], row.copy()) for row in changed)
        return self._pushes(changed)


def _args(*args: str) -> Callable[[Topic, str], tuple[str, ...]]:
    return lambda topic, symbol: args


_UNIFIED = "Of a unified account, which may also trade other things with the same coins."
_NEWS = "V5 pushes it at every order that is placed, amended or cancelled, changed or not."
_ORDERLY = "In the order of V5's pushes; one waits up to a second for its executions, and those behind it with it."
_ONE = "V5 has one order with one id, before and after the trigger, of which the stream of orders tells from then on."
_PLACED = "What a stop order has placed goes on under its id, client id and time of creation."
_CHANGED = "Only the coins that differ from the last push."
_BOTH = ("order.inverse", "execution.inverse")

TRANSLATIONS: tuple[Translation, ...] = (
    Translation("position", _args("position.inverse", "wallet", *_BOTH), POSITION, _Positions, (_NEWS, _UNIFIED)),
    Translation("execution", _args("execution.inverse"), EXECUTION, _Executions, (_PLACED,)),
    Translation("order", _args(*_BOTH), ORDER, _Orders, (_ORDERLY, _PLACED)),
    Translation("stop_order", _args("order.inverse"), STOP, _Stops, (_ONE,)),
    Translation("wallet", _args("wallet"), WALLET, _Wallet, (_CHANGED, _UNIFIED)),
)
