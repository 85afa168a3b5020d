"""The record of an instrument (``instrument_info``), made of V5's ticker: a snapshot, then what changed. Pure.

V5's deltas repeat keys that did not change, and hold others that no documented field is made of. So the ticker is
kept as V5 spells it, and only the fields that are made of a changed key are made again and compared.

https://bybit-exchange.github.io/docs/inverse/#t-websocketinstrumentinfo
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Callable, NamedTuple

from .._dialects import MALFORMED
from .._side import OutOfSync
from .._topics import Topic
from .fields import Field, Quality, approximate, constant, maker, missing
from .inverse_values import change, hours_until, iso, launched, scaled
from .nested import message_maker
from .translation import Errand, Push, Translation, Translator

PATH = "/v5/market/instruments-info"

IDS = {"BTCUSD": 1, "ETHUSD": 2, "EOSUSD": 4, "BITUSD": 92}
"""The numbers that recordings show; V5 numbers its symbols differently."""

MARKS = frozenset({"id", "symbol", "cross_seq", "created_at", "updated_at"})
"""What every delta repeats."""

NONE = "0 where there is none"
GONE = "V5 has no such figure"
UNDOCUMENTED = "came without documentation, and is not in V5's ticker"
CONTRACT = ("symbol_name", "symbol_year", "contract_type", "coin", "quote_symbol", "mode", "contract_status")


def _price(name: str, source: str) -> tuple[Field, Field]:
    return (
        Field(f"data.{name}_e4", source, note=NONE, code=f"scaled(it['{source}'], 4)"),
        Field(f"data.{name}", source, note=NONE, code=f"it['{source}'] or '0'"),
    )


RECORD = (
    constant("data.id", "known for BTCUSD, ETHUSD, EOSUSD and BITUSD, else 0", "ids.get(it['symbol'], 0)"),
    Field("data.symbol", "symbol", code="it['symbol']"),
    *_price("last_price", "lastPrice"),
    *_price("bid1_price", "bid1Price"),
    *_price("ask1_price", "ask1Price"),
    Field("data.last_tick_direction", "tickDirection", code="it['tickDirection']"),
    *_price("prev_price_24h", "prevPrice24h"),
    Field("data.price_24h_pcnt_e6", "price24hPcnt", code="scaled(it['price24hPcnt'], 6)"),
    *_price("high_price_24h", "highPrice24h"),
    *_price("low_price_24h", "lowPrice24h"),
    *_price("prev_price_1h", "prevPrice1h"),
    approximate(
        "data.price_1h_pcnt_e6",
        "lastPrice, prevPrice1h",
        "computed, and cut off towards zero as the documented endpoint did; 0 without a price of an hour ago",
        "change(it['lastPrice'], it['prevPrice1h'])",
    ),
    *_price("mark_price", "markPrice"),
    *_price("index_price", "indexPrice"),
    approximate(
        "data.open_interest",
        "openInterest",
        "counts both sides; what the documented endpoint counted is not known",
        "scaled(it['openInterest'], 0)",
    ),
    approximate(
        "data.open_value_e8",
        "openInterestValue",
        "interest by mark price, to two decimals; the documented endpoint computed it differently",
        "scaled(it['openInterestValue'], 8)",
    ),
    missing("data.total_turnover_e8", GONE),
    approximate("data.turnover_24h_e8", "turnover24h", "to four decimals of a coin", "scaled(it['turnover24h'], 8)"),
    missing("data.total_volume", GONE),
    Field("data.volume_24h", "volume24h", code="scaled(it['volume24h'], 0)"),
    approximate(
        "data.funding_rate_e6",
        "fundingRate",
        "rounded, as V5 gives more digits; 0 for dated futures",
        "scaled(it['fundingRate'], 6)",
    ),
    missing("data.predicted_funding_rate_e6", GONE),
    Field("data.cross_seq", "cs", code="message['cs']"),
    approximate(
        "data.created_at",
        "launchTime, by REST",
        "absent until REST told it, then in a delta of its own; the documented figure differed by minutes",
        "it['launchTime']",
    ),
    approximate("data.updated_at", "ts", "when V5 sent it, to the second", "iso(message['ts'] // 1000) + 'Z'"),
    Field(
        "data.next_funding_time",
        "nextFundingTime",
        note="1970-01-01T00:00:00Z for dated futures",
        code="iso(int(it['nextFundingTime'] or 0) // 1000) + 'Z'",
    ),
    Field(
        "data.countdown_hour",
        "nextFundingTime, ts",
        note="0 for dated futures",
        code="hours_until(it['nextFundingTime'], message['ts'])",
    ),
    Field(
        "data.funding_rate_interval",
        "fundingIntervalHour",
        note="absent for dated futures",
        code="int(it['fundingIntervalHour'] or 0)",
    ),
    missing("data.settle_time_e9", "came without documentation; V5's deliveryTime is not translated"),
    missing("data.delisting_status", UNDOCUMENTED),
    *(missing(f"data.{name}", f"of dated futures; {UNDOCUMENTED}") for name in CONTRACT),
)

DELTA = (
    constant("data.delete", "deltas only (merge=False): always empty", "[]"),
    Field("data.update", "data", note="deltas only (merge=False): one record of what changed", code="[changes]"),
    constant("data.insert", "deltas only (merge=False): always empty", "[]"),
)

HEAD = (constant("topic", "the documented topic and the symbol", "topic"), Field("type", "type", code="kind"))
FOOT = (
    Field("cross_seq", "cs", code="message['cs']"),
    approximate("timestamp_e6", "ts", "milliseconds in microseconds", "message['ts'] * 1000"),
)


Maker = Callable[["dict[str, Any]", Any], "dict[str, Any]"]


class Group(NamedTuple):
    """Neighbouring fields that are made of the same.

    Attributes:
        keys: The ticker's keys that they are made of.
        timely: They are made of the message's own sequence or time as well.
        marks: Every delta repeats them.
        make: Makes them of the ticker and the message.
    """

    keys: frozenset[str]
    timely: bool
    marks: bool
    make: Maker


_KEY = re.compile(r"\bit\['(\w+)'\]")
_NAMES = {"scaled": scaled, "change": change, "iso": iso, "hours_until": hours_until, "ids": IDS}


def _kind(field: Field) -> tuple[frozenset[str], bool, bool]:
    return frozenset(_KEY.findall(field.code)), "message[" in field.code, field.name in MARKS


def _groups() -> tuple[Group, ...]:
    served = [one for one in RECORD if one.quality is not Quality.MISSING]
    return tuple(Group(*kind, maker(few, "it, message", _NAMES)) for kind, few in groupby(served, _kind))


GROUPS = _groups()
EVERY = tuple(range(len(GROUPS)))
FIRST, *LAST = (at for at in EVERY if GROUPS[at].marks)
TIMELY = tuple(at for at in EVERY if GROUPS[at].timely and not GROUPS[at].marks)
AFFECTED = {
    key: tuple(at for at in EVERY if key in GROUPS[at].keys)
    for key in frozenset().union(*(group.keys for group in GROUPS))
}
"""The groups that are made of a key."""

_snapshot = maker((*HEAD, Field("data", "", code="data"), *FOOT), "message, topic, kind, data")
_delta = message_maker((*HEAD, *DELTA, *FOOT), "message, topic, kind, changes")


class InstrumentInfo(Translator):
    """Keeps the ticker and the record that was made of it."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key = (topic.name, symbol)
        self._topic = f"{topic.wire}.{symbol}"
        self._ticker: dict[str, Any] = {}
        self._record: dict[str, Any] = {}
        self._launch: dict[str, str] = {}
        self._makers: list[Maker | None] = []
        self._known = -1
        self._last: dict[str, Any] | None = None
        self.errand = Errand(PATH, (("category", "inverse"), ("symbol", symbol)))

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        try:
            if message["type"] == "snapshot":
                return self._replace(message)
            return () if self._last is None else self._update(message)
        except MALFORMED as error:
            self._last = None
            raise OutOfSync(f"an update of the record cannot be read: {error!r}") from None

    def answered(self, result: Any, now: float) -> Sequence[Push]:
        try:
            self._launch = {"launchTime": launched(result, self._key[1])}
        except MALFORMED:
            return ()
        self._ticker.update(self._launch)
        return () if self._last is None else self._delta({}, self._last)

    def _replace(self, message: dict[str, Any]) -> Sequence[Push]:
        self._ticker, self._known = {**message["data"], **self._launch}, -1
        record = self._made(EVERY, message)
        self._record, self._last = record.copy(), message
        return ((self._key, _snapshot(message, self._topic, "snapshot", record)),)

    def _update(self, message: dict[str, Any]) -> Sequence[Push]:
        ticker, record = self._ticker, self._record
        affected = {*TIMELY}
        for key, value in message["data"].items():
            if key not in ticker or ticker[key] != value:
                ticker[key] = value
                if key in AFFECTED:
                    affected.update(AFFECTED[key])
        self._last = message
        makers, changes = self._served(), {}
        for at in sorted(affected):
            make = makers[at]
            if make is not None:
                for name, value in make(ticker, message).items():
                    if name not in record or record[name] != value:
                        changes[name] = record[name] = value
        return self._delta(changes, message) if changes else ()

    def _made(self, groups: Iterable[int], message: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for make in map(self._served().__getitem__, groups):
            if make is not None:
                made.update(make(self._ticker, message))
        return made

    def _served(self) -> list[Maker | None]:
        """Return the makers of all groups; None for those of which the ticker lacks a key, so far."""
        if len(self._ticker) != self._known:
            there = self._ticker.keys()
            self._makers = [group.make if group.keys <= there else None for group in GROUPS]
            self._known = len(self._ticker)
        return self._makers

    def _delta(self, changes: dict[str, Any], message: dict[str, Any]) -> Sequence[Push]:
        marked = self._made((FIRST,), message)
        marked.update(changes)
        marked.update(self._made(LAST, message))
        return ((self._key, _delta(message, self._topic, "delta", marked)),)


def _args(topic: Topic, symbol: str) -> tuple[str, ...]:
    return (f"tickers.{symbol}",)


TRANSLATIONS = (
    Translation(
        "instrument_info",
        _args,
        (*HEAD, *RECORD, *DELTA, *FOOT),
        InstrumentInfo,
        ("Deltas hold what changed and, as documented, id, symbol, cross_seq, created_at and updated_at.",),
    ),
)
