"""Insurance pools: those of one contract are pushed, those that several share are told by REST alone."""

from __future__ import annotations

from collections.abc import Iterable

from ..channels import Channel
from ..market import Fund, Market
from ..wire import Frame, compact, fixed

_PERIOD = 1.0
_SHARED = {"BTC": 60_000_000_000, "ETH": 40_000_000_000, "EOS": 30_000_000_000, "XRP": 20_000_000_000}
"""What of each coin's insurance fund is in the shared pool, in 1e-8 coin."""


class InsuranceChannel(Channel):
    """The pools of one contract each: all at first, then those whose balance changed."""

    def __init__(self, topic: str, market: Market) -> None:
        super().__init__(_PERIOD)
        self._topic = topic
        self._market = market
        self._cursors = {coin: log.count for coin, log in market.insurance.items()}

    def first(self) -> Iterable[Frame]:
        """Give every pool as of the last push."""
        logs = self._market.insurance
        funds = [logs[coin].last(1, cursor)[0] for coin, cursor in self._cursors.items()]
        return [self._write("snapshot", funds)]

    def fresh(self) -> Iterable[Frame]:
        """Give the pools that changed."""
        logs = self._market.insurance
        changed = [logs[coin].last(1)[0] for coin, cursor in self._cursors.items() if logs[coin].count > cursor]
        self._cursors = {coin: log.count for coin, log in logs.items()}
        return [self._write("delta", changed)] if changed else []

    def _write(self, kind: str, funds: list[Fund]) -> Frame:
        data = [{**isolated_pool(fund), "updateTime": str(fund.time)} for fund in funds]
        return compact({"topic": self._topic, "type": kind, "ts": self._market.now, "data": data})


def isolated_pool(fund: Fund) -> dict[str, str]:
    """Give the pool of a coin's perpetual: what is not in the shared one."""
    return {"coin": fund.coin, "symbols": f"{fund.coin}USD", "balance": fixed(fund.balance - _SHARED[fund.coin], 8)}


def shared_pool(coin: str) -> dict[str, str]:
    """Give the pool of a coin that REST alone tells of."""
    return {"coin": coin, "symbols": f"{coin}USDH27,{coin}USDZ26", "balance": fixed(_SHARED[coin], 8)}
