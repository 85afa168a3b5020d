"""Spot's trades, V1 with its opening of the last 60 trades, which only REST knows today. Pure.

https://bybit-exchange.github.io/docs/v5/websocket/public/trade
https://bybit-exchange.github.io/docs/v5/market/recent-trade
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._dialects import MALFORMED
from .._topics import Key, Topic
from .fields import Field
from .nested import message_maker
from .spot_envelopes import at, envelope_v1, envelope_v2_params_first
from .translation import AS_DOCUMENTED, NEVER, Errand, Push, Translation, Translator

BACKLOG = 60
PATIENCE = 10.0
"""Seconds that live trades wait for the older ones."""

CAPACITY = 10_000
"""Live trades that wait; when there are more, they no longer wait, so that none is lost."""

TRADE = (
    Field("v", "i"),
    Field("t", "T"),
    Field("p", "p"),
    Field("q", "v"),
    Field("m", "S", code="it['S'] == 'Buy'"),
)
TYPE = Field("data.type", "BT", code="'1' if it.get('BT') else '0'")

_FIRST = (
    "true on the first message after each subscription, which holds the last 60 trades, from REST; "
    "where REST does not answer, it holds new ones only"
)
_SENT = "when V5 made the message; on the first, the time of its newest trade"
TRADE_V1 = envelope_v1("trade", *at("data[].", TRADE), first=_FIRST, sent=_SENT)
TRADE_V2 = envelope_v2_params_first("trade", *at("data.", TRADE), TYPE)

make_v1 = message_maker(TRADE_V1, "message, symbol, first", "for it in message['data']")
make_v1_of_one = message_maker(TRADE_V1, "it, message, symbol, first")
make_v2 = message_maker(TRADE_V2, "it, symbol")


class TradesV1(Translator):
    """Opens with the last 60 trades: live ones wait until REST has told those before."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._symbol = symbol
        self._first = True
        self._held: list[dict[str, Any]] | None = []
        self._count = 0
        self._told: frozenset[str] = frozenset()
        self._newest = 0
        self.errand = Errand(
            "/v5/market/recent-trade", (("category", "spot"), ("symbol", symbol), ("limit", str(BACKLOG)))
        )

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        data = message["data"]
        if len(data) == 1:  # most of the time
            made = make_v1_of_one(data[0], message, self._symbol, self._first)
        else:
            made = make_v1(message, self._symbol, self._first)
        if self._held is not None:
            return self._hold(self._held, made, now)
        self._first = False
        if self._told and not self._untold(made):
            return ()
        return ((self._key, made),)

    def answered(self, result: Any, now: float) -> Sequence[Push]:
        held, self._held, self.due = self._held, None, NEVER
        if held is None:  # too late, or a second time
            return ()
        try:
            messages = held
            if result:
                messages = _joined(_opening(result, self._symbol), held)
                opening = messages[0]["data"]
                self._told, self._newest = frozenset(trade["v"] for trade in opening), opening[-1]["t"]
        except MALFORMED:
            messages = held
        for message in messages:
            message["f"], self._first = self._first, False
        return [(self._key, message) for message in messages]

    def flush(self, now: float) -> Sequence[Push]:
        return self.answered(None, now) if now >= self.due else ()

    def _untold(self, made: dict[str, Any]) -> bool:
        """Leave out what REST told already, as it may be ahead of the socket; return whether something is left."""
        made["data"] = data = [trade for trade in made["data"] if trade["v"] not in self._told]
        if data and data[-1]["t"] > self._newest:
            self._told = frozenset()
        return bool(data)

    def _hold(self, held: list[dict[str, Any]], made: dict[str, Any], now: float) -> Sequence[Push]:
        held.append(made)
        self._count += len(made["data"])
        self.due = min(self.due, now + PATIENCE)
        return () if self._count <= CAPACITY else self.answered(None, now)


def _opening(result: Any, symbol: str) -> dict[str, Any]:
    """Return REST's trades as a message; it tells them newest first, and not when it told them."""
    trades = [
        {"i": str(it["execId"]), "T": int(it["time"]), "p": it["price"], "v": it["size"], "S": it["side"]}
        for it in reversed(result["list"])
    ]
    return make_v1({"data": trades, "ts": trades[-1]["T"]}, symbol, True)


def _joined(opening: dict[str, Any], held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what REST told and what came meanwhile, in order and each trade once."""
    told = opening["data"]
    known, newest = {trade["v"] for trade in told}, told[-1]["t"]
    messages, before = [opening], []
    for message in held:
        fresh = [trade for trade in message["data"] if trade["v"] not in known]
        # Where more than 60 trades happened meanwhile, the first of those that came are older than all that was told.
        before += [trade for trade in fresh if trade["t"] < newest]
        after = [trade for trade in fresh if trade["t"] >= newest]
        if after:
            messages.append({**message, "data": after})
    opening["data"] = sorted(before + told, key=lambda trade: trade["t"])
    return messages


class TradesV2(Translator):
    """Makes a message of each trade."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._symbol = symbol

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        key, symbol, data = self._key, self._symbol, message["data"]
        if len(data) == 1:  # most of the time
            return ((key, make_v2(data[0], symbol)),)
        return [(key, make_v2(it, symbol)) for it in data]


def _trades(topic: Topic, symbol: str) -> tuple[str, ...]:
    return (f"publicTrade.{symbol}",)


_RPI = "trades against retail price improvement orders are among them"

TRANSLATIONS: tuple[Translation, ...] = (
    Translation(
        "trade_v1",
        _trades,
        TRADE_V1,
        TradesV1,
        (
            "the last 60 trades come from REST, and new ones wait for them, 10 seconds at most; "
            "where REST does not answer, the series begins with the next trade",
            _RPI,
        ),
    ),
    Translation("trade_v2", _trades, TRADE_V2, TradesV2, (_RPI, AS_DOCUMENTED)),
)
