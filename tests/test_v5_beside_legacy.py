"""Every stream watched over the legacy protocol and over V5 at once: what differs is what the fidelity table names."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from beside import (
    APIS,
    KEYS,
    REORDERED,
    WATCHES,
    WHOLE,
    Comparison,
    Unit,
    Watch,
    datum,
    leaves,
    row_of,
    units_of,
    version,
)
from support import KEYS as CREDENTIALS
from support import Events, wait_until
from talk import DOCUMENTED

from bybit_ws import InverseWebSocket, SpotWebSocket
from bybit_ws._topics import ROWS
from bybit_ws._v5.fields import Quality
from bybit_ws._v5.spot_tickers import UNAVAILABLE
from bybit_ws._v5.table import TRANSLATIONS
from bybit_ws._v5.translation import AS_DOCUMENTED
from bybit_ws.events import Connected, Disconnected, SlowConsumer, Subscribed
from bybit_ws.simulator import Exchange

SPEED = 20
FEW = {"insurance": 8, "liquidation": 8, "stop_execution_report": 6, "stop_order": 6, "kline": 5, "kline_v1": 5}
ENOUGH = 15
"""Messages of a stream that are waited for."""

RECORDS = [symbol for watch in WATCHES if watch.stream == "instrument_info" for symbol in watch.symbols]

Messages = list[dict[str, Any]]


class Watched(NamedTuple):
    """What came, and what the exchange knows.

    Attributes:
        series: The messages of each protocol, by what was watched.
        beginning: The exchange's own books when V5's were subscribed, by symbol: version and levels.
        records: Its records of inverse symbols at that time.
        end: The books in the end.
        ids: V5's ids of orders, by those of the legacy protocol, where they differ.
        events: What the clients had to report.
    """

    series: dict[str, dict[str, Messages]]
    beginning: dict[str, Any]
    records: dict[str, Any]
    end: dict[str, Any]
    ids: dict[str, str]
    events: Events


@pytest.fixture(scope="module")
def watched() -> Watched:
    """Watch everything over both protocols, until there is enough of everything and both have told the same."""
    series: dict[str, dict[str, Messages]] = {api: {watch.name: [] for watch in WATCHES} for api in APIS}
    events = Events()
    with Exchange(seed=7, speed=SPEED) as exchange:
        options = {"endpoint": exchange.url, "on_event": events, **CREDENTIALS}
        kinds = {"spot": SpotWebSocket, "inverse": InverseWebSocket}
        made = {api: {name: kind(api=api, **options) for name, kind in kinds.items()} for api in APIS}
        try:
            _subscribe(WATCHES, made["legacy"], series["legacy"])
            assert wait_until(lambda: _told_all(series["legacy"]), 60), _counts(series)
            # Trades join a market that moves on meanwhile; what begins with a state begins with one that both tell.
            _subscribe(WATCHES[:1], made["v5"], series["v5"])
            assert wait_until(lambda: series["v5"][WATCHES[0].name], 60)
            _rest(exchange)
            beginning, records = _books(exchange), {name: exchange.truth.ticker(name) for name in RECORDS}
            _subscribe(WATCHES[1:], made["v5"], series["v5"])
            assert wait_until(lambda: all(series["v5"][name] for name in BEGIN), 60), _counts(series)
            _resume(exchange)
            assert wait_until(lambda: _enough(series["v5"]), 60), _counts(series)
            exchange.pause()
            wait_until(lambda: not any(lonely(one) for one in compared(series, exchange.truth.v5_order_id)), 10)
        finally:
            for clients in made.values():
                clients["spot"].close()
                clients["inverse"].close()
        orders = {_order_id(one) for name in ("execution_report", "order") for one in series["legacy"][name]}
        ids = {order: exchange.truth.v5_order_id(order) for order in orders}
        stops = {old: new for old, new in ids.items() if old != new}
        return Watched(series, beginning, records, _books(exchange), stops, events)


def _subscribe(watches: Iterable[Watch], clients: dict[str, Any], series: dict[str, Messages]) -> None:
    for watch in watches:
        watch.subscribe(clients, series[watch.name].append)


def _rest(exchange: Exchange) -> None:
    """Pause until all has been told."""
    exchange.pause()
    pump = exchange._pump
    told = pump._clock + 2  # seconds of the market: every stream tells what there is in less
    assert wait_until(lambda: pump._clock > told, 60)


def _resume(exchange: Exchange) -> None:
    """Let the market go on shortly before candles close, so that nobody waits a minute for that."""
    market = exchange._market
    end = (market.now // 60_000 + 1) * 60_000
    exchange._runner.call(lambda: market.resume_at(end - 3_000))
    exchange.resume()


def _books(exchange: Exchange) -> dict[str, Any]:
    truth = exchange.truth
    return {name: (truth.version(name), truth.book(name)) for name in ("BTCUSDT", "ETHUSDT", "BTCUSD", "ETHUSD")}


def _told_all(series: dict[str, Messages]) -> bool:
    """Return whether everything was told once, and that the positions in both contracts were flat."""
    flat = {datum(message)["symbol"] for message in list(series["position"]) if not datum(message)["size"]}
    return all(series.values()) and len(flat) == 2


def _enough(series: dict[str, Messages]) -> bool:
    if any(len(messages) < FEW.get(name, ENOUGH) for name, messages in series.items()):
        return False
    closed = any(datum(message)["confirm"] for message in list(series["kline"]))
    both = len({datum(message)["t"] for message in list(series["kline_v1"])}) > 1
    made = [datum(message) for message in list(series["order"])]
    placed = any(row["create_type"] == "CreateByStopOrder" and row["order_status"] == "Filled" for row in made)
    stops = {event["i"] for event in list(series["stop_execution_report"])}
    return closed and both and placed and any(event["i"] in stops for event in list(series["execution_report"]))


def _counts(series: dict[str, dict[str, Messages]]) -> dict[str, dict[str, int]]:
    return {api: {name: len(messages) for name, messages in of.items()} for api, of in series.items()}


def _order_id(message: dict[str, Any]) -> str:
    return str(message["i"] if "i" in message else datum(message)["order_id"])


# -- what belongs together -------------------------------------------------------------------------------


def compared(series: dict[str, dict[str, Messages]], ids: Any) -> Iterator[Comparison]:
    """Give a comparison for everything that was watched."""
    for watch in WATCHES:
        old, new = (units_of(watch, list(series[api][watch.name]), own) for api, own in zip(APIS, (ids, str)))
        legacy: dict[Any, Unit] = {}
        balances: dict[Any, Any] = {}
        for unit in old:
            if watch.stream == "outbound_account_info":  # both coins of a pair are told, changed or not
                coin, *balance, _ = unit.key  # type: ignore[misc]
                if balances.get(coin) == balance:
                    continue
                balances[coin] = balance
            legacy.setdefault(unit.key, unit)
        yield Comparison(watch, legacy, new)


BOOKS = {"depth_v1": ("b", "a"), "diff_depth_v1": ("b", "a"), "depth_v2": ("b", "a")}
BOOKS |= {"book_ticker_v2": ("bidPrice", "bidQty", "askPrice", "askQty")}
"""Books of which V5 tells every change as it comes, and the legacy protocol what there is at its time; what it is."""

FINER = {"realtimes_v1", "realtimes_v2", "merged_depth_v1", *BOOKS}
"""V5 tells more states than the legacy protocol."""

COARSER = {"kline_v1", "kline_v2", "merged_depth_v1"}
"""The legacy protocol tells more states."""

NEWEST = {"orderbook_25", "orderbook_200", "instrument_info"}
"""What is subscribed begins with the newest number, though the last change may have been elsewhere in the book."""

BEGIN = [watch.name for watch in WATCHES if watch.stream in FINER | COARSER | NEWEST | {"kline", "insurance"}]
"""What says something as soon as it is subscribed."""

COINS = {"wallet", "outbound_account_info"}


def lonely(one: Comparison) -> list[str]:
    """Return what was told over one protocol alone and should not have been, in words."""
    return [*_only_v5(one), *_only_legacy(one)]


def _only_v5(one: Comparison) -> Iterator[str]:
    stream = one.watch.stream
    begun: Counter[Any] = Counter()
    known: Counter[Any] = Counter()
    coins, triggered = set(), set()
    for unit in one.v5:
        key: Any = unit.key
        begun[group(one, unit)] += 1
        early = stream in NEWEST and begun[group(one, unit)] <= (2 if one.watch.unmerged else 1)
        if stream == "instrument_info" and "created_at" in datum(unit.message):  # REST told it, in between
            early = early or not known[group(one, unit)]
            known[group(one, unit)] += 1
        alone = key not in one.legacy and stream not in FINER and not early
        if stream in COINS:  # one that did not change is told once, where others are
            alone = alone and key[0] in coins
            coins.add(key[0])
        if stream == "stop_order":  # "Active" follows
            alone = alone and key not in triggered
            triggered.add((key[0], "Active") if key[1] == "Triggered" else None)
        if alone:
            yield f"V5 alone: {unit}"


def _only_legacy(one: Comparison) -> Iterator[str]:
    stream = one.watch.stream
    told = {unit.key for unit in one.v5}
    begun: set[Any] = set()
    for key, unit in one.legacy.items():
        if key in told:
            begun.add(group(one, unit))
        elif group(one, unit) in begun and stream not in COARSER and not _changed_elsewhere(one, unit):
            yield f"legacy alone: {unit}"


def group(one: Comparison, unit: Unit) -> Any:
    """Return what a unit is told in order with: others of its symbol or coin, where there are several."""
    several = COINS | {"insurance", "liquidation", "position", "instrument_info"}
    key: Any = unit.key
    while one.watch.stream in several and isinstance(key, tuple):
        key = key[0]
    return key if one.watch.stream in several else None


def _changed_elsewhere(one: Comparison, unit: Unit) -> bool:
    """Return whether the last thing that V5 told before is the same, so that there was nothing to tell."""
    names = BOOKS.get(one.watch.stream)
    if names is None:
        return False
    key: Any = unit.key
    before = [other for other in one.v5 if other.key < key]
    return bool(before) and all(datum(before[-1].message)[name] == datum(unit.message)[name] for name in names)


def told(watched: Watched) -> dict[str, Any]:
    """Return what the claims need to know of several streams."""
    wallet: dict[str, dict[str, set[str]]] = {"available_balance": {}, "wallet_balance": {}}
    for message in watched.series["v5"]["wallet"]:
        for row in message["data"]:
            for name, told in wallet.items():
                told.setdefault(row["coin"], set()).add(row[name])
    closed = {symbol: {Decimal(0)} for symbol in ("BTCUSD", "ETHUSD")}
    for message in watched.series["legacy"]["position"]:
        row = datum(message)
        if not row["size"]:
            closed[row["symbol"]].add(Decimal(row["cum_realised_pnl"]))
    available: dict[Any, set[float]] = {}
    for message in watched.series["legacy"]["wallet"]:
        row = datum(message)
        available.setdefault((row["coin"], row["wallet_balance"]), set()).add(float(row["available_balance"]))
    return {
        "available": available,
        "wallet": wallet,
        "closed": closed,
        "ids": lambda order: watched.ids.get(order, order),
        "stops": set(watched.ids.values()),
    }


@pytest.fixture(scope="module")
def comparisons(watched: Watched) -> dict[str, Comparison]:
    """Everything that was watched, compared."""
    known = told(watched)
    made = {one.watch.name: one for one in compared(watched.series, known["ids"])}
    for one in made.values():
        one.told = known
    return made


@pytest.fixture(params=[watch.name for watch in WATCHES])
def one(request: pytest.FixtureRequest, comparisons: dict[str, Comparison]) -> Comparison:
    """What was watched of one stream."""
    return comparisons[request.param]


# -- what was watched ------------------------------------------------------------------------------------


def test_every_stream_is_watched_but_the_one_that_is_gone() -> None:
    assert {watch.stream for watch in WATCHES} == {row.stream for row in ROWS} - {"lt_v1"} == set(TRANSLATIONS)


def test_neither_client_had_anything_to_report(watched: Watched) -> None:
    usual = (Connected, Subscribed, Disconnected, SlowConsumer)  # a busy machine holds callbacks up
    assert [event for event in watched.events if not isinstance(event, usual)] == []
    assert {event.reason for event in watched.events.of(Disconnected)} == {"closed by the user"}


def test_what_was_told_over_one_protocol_was_told_over_the_other(one: Comparison) -> None:
    assert lonely(one) == []
    assert len(list(one.pairs())) >= FEW.get(one.watch.name, ENOUGH) // 2


def test_it_was_told_in_the_same_order(one: Comparison) -> None:
    number = {key: at for at, key in enumerate(one.legacy)}
    series: dict[Any, list[int]] = {}
    for _, unit in one.pairs():
        series.setdefault(group(one, unit), []).append(number[unit.key])
    for numbers in series.values():
        assert numbers == sorted(numbers)


ONCE = {"trade_v1", "trade_v2", "trade", "ticket_info", "execution", "liquidation", "execution_report", "order"}


def test_nothing_was_told_twice(watched: Watched, comparisons: dict[str, Comparison]) -> None:
    for name in ONCE:
        for api in APIS:
            units = units_of(comparisons[name].watch, watched.series[api][name])
            assert [key for key, count in Counter(unit.key for unit in units).items() if count > 1] == [], (name, api)


@pytest.mark.parametrize("api", APIS)
def test_a_series_of_trades_opens_with_sixty_and_misses_none(watched: Watched, api: str) -> None:
    whole = [trade["v"] for message in watched.series["legacy"]["trade_v1"] for trade in message["data"]]
    first, *others = watched.series[api]["trade_v1"]
    assert len(first["data"]) == 60
    assert [message["f"] for message in (first, *others)] == [True] + [False] * len(others)
    told = [trade["v"] for message in (first, *others) for trade in message["data"]]
    assert told == whole[whole.index(told[0]) :]


# -- field by field --------------------------------------------------------------------------------------


def test_every_difference_is_one_that_the_table_names(one: Comparison) -> None:
    found: dict[str, str] = {}
    for pair in one.pairs():
        for words in one.complaints(*pair):
            found.setdefault(words.partition(":")[0], words)
    assert list(found.values()) == []


@pytest.mark.parametrize("stream", TRANSLATIONS)
def test_the_table_has_what_comes_and_what_it_promises_comes(stream: str, comparisons: dict[str, Comparison]) -> None:
    rows = {field.path: field.quality for field in TRANSLATIONS[stream].fields}
    came: dict[str, set[str]] = {api: set() for api in APIS}
    lists = set()
    for one in comparisons.values():
        if one.watch.stream == stream:
            for api, units in zip(APIS, (one.legacy.values(), one.v5)):
                paths = {path for unit in units for path, _, _ in leaves(unit.message, unit.message)}
                came[api] |= {one.path(path) for path in paths}
                lists |= {path.partition("[]")[0] for path in paths}
    promised = {path for path, quality in rows.items() if quality is not Quality.MISSING}
    assert came["v5"] <= promised
    assert came["legacy"] <= set(rows)
    assert promised - came["v5"] <= lists


@pytest.mark.parametrize("stream", WHOLE)
def test_changes_that_are_not_merged_lead_to_the_same(stream: str, watched: Watched, comparisons: Any) -> None:
    watch = replace(comparisons[f"{stream} unmerged"].watch, options=())
    old, new = (units_of(watch, [*WHOLE[stream](watched.series[api][f"{stream} unmerged"])]) for api in APIS)
    one = Comparison(watch, {unit.key: unit for unit in old}, new, comparisons[stream].told)
    pairs = list(one.pairs())
    assert len(pairs) >= ENOUGH // 2
    assert [words for pair in pairs for words in one.complaints(*pair)] == []
    if stream == "diff_depth_v1":
        assert {name: datum(new[-1].message)[name] for name in "ba"} == watched.end["ETHUSDT"][1]
    elif stream != "instrument_info":
        assert new[-1].message["data"] == cut(watched.end["ETHUSD"][1], int(stream.partition("_")[2]))


def test_books_begin_and_end_with_the_exchanges_own(watched: Watched) -> None:
    for at, books in ((0, watched.beginning), (-1, watched.end)):
        told = {name: messages[at] for name, messages in watched.series["v5"].items()}
        for stream in ("depth_v1", "diff_depth_v1"):
            assert {name: datum(told[stream])[name] for name in "ba"} == books["BTCUSDT"][1]
            assert version(told[stream]) <= books["BTCUSDT"][0]
        for depth in (25, 200):
            assert told[f"orderbook_{depth}"]["data"] == cut(books["BTCUSD"][1], depth)
    for depth in (25, 200):
        for name, symbol in ((f"orderbook_{depth}", "BTCUSD"), (f"orderbook_{depth} unmerged", "ETHUSD")):
            first = watched.series["v5"][name][0]
            number, rows = watched.beginning[symbol]
            assert (first["topic"].rpartition(".")[2], first["cross_seq"]) == (symbol, number)
            assert first["data"] == cut(rows, depth)


@pytest.mark.parametrize("name", ["instrument_info", "instrument_info unmerged"])
def test_records_begin_with_the_exchanges_own(name: str, watched: Watched, comparisons: dict[str, Comparison]) -> None:
    first: dict[str, dict[str, Any]] = {}
    for message in watched.series["v5"][name]:
        first.setdefault(message["topic"].rpartition(".")[2], message)
    assert first.keys() == set(comparisons[name].watch.symbols)
    for symbol, message in first.items():
        record = watched.records[symbol]
        whole = {**message, "type": "snapshot", "data": record, "cross_seq": record["cross_seq"]}
        assert comparisons[name].complaints(Unit((), whole, 0), Unit((), message, 0)) == []


def cut(rows: Messages, depth: int) -> Messages:
    """Return the best levels of a book of rows."""
    bids, asks = ([row for row in rows if row["side"] == side] for side in ("Buy", "Sell"))
    return bids[-depth:] + asks[:depth]


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda documented: documented["stream"])
def test_every_documented_field_is_in_the_table(documented: dict[str, Any]) -> None:
    stream = documented["stream"]
    gone = {one.stream: one for one in UNAVAILABLE}
    rows = [field.path for field in (TRANSLATIONS.get(stream) or gone[stream]).fields]
    for message in [*documented["data"], *documented.get("delivers", ())]:
        for event in message if isinstance(message, list) else [message]:
            whole = "data" if stream == "instrument_info" else "data[]"
            assert {row_of(path, whole) for path, _, _ in leaves(event, event)} <= {*rows}, stream


def test_where_keys_have_another_order_the_table_says_so() -> None:
    told = {stream for stream, translation in TRANSLATIONS.items() if AS_DOCUMENTED in translation.notes}
    assert REORDERED.keys() - {"instrument_info"} == told


# -- and none of this could be otherwise -----------------------------------------------------------------


def wrong(value: Any) -> Any:
    """Return something of the same type that is far from a value."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return -value - 7
    return f"7{value}7" if isinstance(value, str) else value[1:]


def spoilt(message: dict[str, Any], path: str, change: Any = wrong) -> dict[str, Any]:
    """Return a message with another value in one place."""
    spoilt = copy.deepcopy(message)
    *way, name = path.split(".")
    place: Any = spoilt
    for step in way:
        place = place[step.replace("[]", "")]
        place = place[0] if step.endswith("[]") else place
    place[name] = change(place[name])
    return spoilt


def found(one: Comparison, unit: Unit, message: dict[str, Any]) -> bool:
    """Return whether it would be seen that a message is another than it should be: a wrong key finds no counterpart."""
    key: Any = KEYS[one.watch.stream](message)
    if isinstance(unit.key, tuple) and isinstance(unit.key[0], tuple):
        key = (key, unit.key[1])
    return key not in one.legacy or bool(one.complaints(one.legacy[key], unit._replace(message=message)))


def test_a_wrong_value_in_any_field_is_found(one: Comparison) -> None:
    assert len(one.places) > 3
    for unit, path, _ in one.places.values():
        assert found(one, unit, spoilt(unit.message, path)), path


def test_another_type_another_name_and_another_order_are_found(one: Comparison) -> None:
    whole, _, _ = next(iter(one.places.values()))
    assert found(one, whole, {**whole.message, "more": 1})
    if "" not in REORDERED.get(one.watch.stream, ()):
        assert found(one, whole, dict(reversed(list(whole.message.items()))))
    for unit, path, _ in [place for place in one.places.values() if type(place[2]) is int]:
        assert found(one, unit, spoilt(unit.message, path, float)), path


LOST = ["trade_v2", "realtimes_v2", "depth_v1", "orderbook_25", "wallet", "order", "insurance", "kline"]


@pytest.mark.parametrize("name", LOST)
def test_a_message_that_does_not_come_is_found(name: str, comparisons: dict[str, Comparison]) -> None:
    one = comparisons[name]
    pairs = list(one.pairs())
    middle = pairs[len(pairs) // 2][1].key
    assert lonely(replace(one, v5=[unit for unit in one.v5 if unit.key != middle]))
