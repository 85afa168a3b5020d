"""The insurance fund of each coin, summed over the pools that V5 divides it into. Pure.

V5 pushes only the pools of single symbols; REST knows the shared ones and the seeds too, so that its answer is waited
for: without it the sum would be wrong.

https://bybit-exchange.github.io/docs/inverse/#t-websocketinsurance
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .._dialects import MALFORMED
from .._topics import ALL, Key, Topic
from .fields import Field, approximate, constant
from .inverse_values import iso, scaled
from .nested import message_maker
from .translation import NEVER, Errand, Push, Translation, Translator

PATH = "/v5/market/insurance"

LINEAR = frozenset({"USDT", "USDC"})
"""Coins that no inverse contract is settled in: ``*`` leaves them out."""


PATIENCE = 10.0
"""Seconds that what was pushed waits for REST's answer."""


Pool = tuple[int, int]
"""A part of a coin's fund: its balance times 10^8, and when that was told, in milliseconds."""

_NONE: Pool = (0, 0)


class Fund:
    """All pools of one coin.

    Attributes:
        key: Topic and coin.
        topic: The documented topic.
        pools: The pools by the symbols that they are for.
        balance: The sum of their balances.
        time: When the newest of them was told.
    """

    def __init__(self, topic: Topic, coin: str) -> None:
        self.key: Key = (topic.name, coin)
        self.topic = f"{topic.wire}.{coin}"
        self.pools: dict[str, Pool] = {}
        self.balance = self.time = 0

    def put(self, symbols: str, pool: Pool) -> None:
        """Take the news of a pool in."""
        before, self.pools[symbols] = self.pools.get(symbols, _NONE), pool
        self.balance += pool[0] - before[0]
        if pool[1] >= self.time:
            self.time = pool[1]
        elif before[1] == self.time:
            self.time = max(time for _, time in self.pools.values())


FIELDS = (
    constant("topic", "the documented topic and the coin", "it.topic"),
    Field("data[].currency", "coin", code="it.key[1]"),
    approximate(
        "data[].timestamp",
        "updateTime",
        "when the newest of the pools was told; the documented endpoint told one balance a day, at 20:00 UTC",
        "iso(it.time // 1000) + 'Z'",
    ),
    approximate(
        "data[].wallet_balance",
        "balance",
        "the sum over the coin's pools; shared ones are as old as the subscription, and absent where REST was silent",
        "it.balance",
    ),
)

make_fund = message_maker(FIELDS, "it", names={"iso": iso})


class Insurance(Translator):
    """The funds of one coin, or of all with ``"*"``, one message for each."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._topic = topic
        self._coin = symbol
        self._funds: dict[str, Fund] = {}
        self._waiting = True
        self.errand = Errand(PATH, () if symbol == ALL else (("coin", symbol),))

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        pools = []
        for row in message["data"]:
            coin = row["coin"]
            if self._wanted(coin):
                pools.append((coin, row["symbols"], _pool(row, row["updateTime"])))
        told = {}
        for coin, symbols, pool in pools:
            told[coin] = fund = self._funds.get(coin) or self._fund(coin)
            fund.put(symbols, pool)
        if not self._waiting:
            return self._shown(told.values())
        if told:
            self.due = min(self.due, now + PATIENCE)
        return ()

    def answered(self, result: Any, now: float) -> Sequence[Push]:
        self._waiting, self.due = False, NEVER
        for coin, symbols, pool in _pools(result):
            # What was pushed meanwhile is no older.
            if self._wanted(coin) and symbols not in self._fund(coin).pools:
                self._fund(coin).put(symbols, pool)
        return self._shown(self._funds.values())

    def flush(self, now: float) -> Sequence[Push]:
        return self.answered(None, now) if now >= self.due else ()

    def _wanted(self, coin: str) -> bool:
        return coin == self._coin if self._coin != ALL else coin not in LINEAR

    def _fund(self, coin: str) -> Fund:
        if coin not in self._funds:
            self._funds[coin] = Fund(self._topic, coin)
        return self._funds[coin]

    def _shown(self, funds: Iterable[Fund]) -> Sequence[Push]:
        return [(fund.key, make_fund(fund)) for fund in funds]


def _pool(row: Any, time: str) -> Pool:
    return scaled(row["balance"], 8), int(time)


def _pools(result: Any) -> list[tuple[str, str, Pool]]:
    """Return coin, symbols and pool of each row of REST's answer; none of an answer that tells nothing."""
    try:
        time = result.get("updatedTime") or result["updateTime"]
        return [(row["coin"], row.get("symbols", ""), _pool(row, time)) for row in result["list"]]
    except MALFORMED:
        return []


def _args(topic: Topic, symbol: str) -> tuple[str, ...]:
    return ("insurance.inverse",)


TRANSLATIONS = (
    Translation(
        "insurance",
        _args,
        FIELDS,
        Insurance,
        (
            "The first message is made of REST's answer; afterwards one comes whenever the pool of a symbol changed.",
            "With * the coins of inverse contracts are told, so neither USDT nor USDC.",
        ),
    ),
)
