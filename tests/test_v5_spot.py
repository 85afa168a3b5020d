"""Spot's public streams made of V5's: the documented messages, field by field, and what keeps state on the way."""

from __future__ import annotations

import decimal
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import SHARED

from bybit_ws._books import OutOfSync, PairBook
from bybit_ws._dialects import MALFORMED
from bybit_ws._replay import TradeLog
from bybit_ws._topics import BY_STREAM, PUBLIC_V1, PUBLIC_V2, ROWS, SPOT_INTERVALS
from bybit_ws._v5 import spot_books, spot_merged, spot_tickers, spot_trades
from bybit_ws._v5.fields import Quality
from bybit_ws._v5.spot_trades import CAPACITY, PATIENCE
from bybit_ws._v5.translation import NEVER, Errand, Translation, Translator

MODULES = (spot_trades, spot_tickers, spot_books, spot_merged)
TRANSLATIONS: dict[str, Translation] = {one.stream: one for module in MODULES for one in module.TRANSLATIONS}
BOOKS = ("depth_v1", "diff_depth_v1", "depth_v2", "book_ticker_v2", "merged_depth_v1")
VALUES = {"kline_v1": "15m", "kline_v2": "1m", "merged_depth_v1": 1}


def start(stream: str, value: Any = None, symbol: str = "BTCUSDT") -> Translator:
    row = BY_STREAM[stream]
    return TRANSLATIONS[stream].start(row.topic(VALUES.get(stream) if value is None else value), symbol)


def made(translator: Translator, *pushes: Any) -> list[Any]:
    """Return the messages that follow from pushes, without their key."""
    return [message for push in pushes for _, message in translator.translate(push, 0.0)]


# -- what V5 says, and what the documented endpoints would have said --------------------------------------

TRADE = {
    "topic": "publicTrade.BTCUSDT",
    "ts": 1664284020685,
    "type": "snapshot",
    "data": [
        {"i": "2100000000002571479", "T": 1664283342503, "p": "20191.69", "v": "0.000495", "S": "Buy", "seq": 4}
        | {"s": "BTCUSDT", "BT": False, "RPI": False}
    ],
}
TICKER = {
    "topic": "tickers.BTCUSDT",
    "ts": 1673852937236,
    "type": "snapshot",
    "cs": 2588407389,
    "data": {"symbol": "BTCUSDT", "lastPrice": "21082.22", "highPrice24h": "21426.99", "lowPrice24h": "20575"}
    | {"prevPrice24h": "20689.11", "volume24h": "6772.990042", "turnover24h": "141768159.45007801"}
    | {"price24hPcnt": "0.019", "usdIndexPrice": "21092.15001144"},
}
CANDLE = {
    "topic": "kline.15.BTCUSDT",
    "data": [
        {"start": 1565595900000, "end": 1565596799999, "interval": "15", "open": "11381.89", "close": "11436.14"}
        | {"high": "11437", "low": "11381.89", "volume": "16.3306", "turnover": "186357.6", "confirm": False}
        | {"timestamp": 1565596000000}
    ],
    "ts": 1626252389284,
    "type": "snapshot",
}
BIDS, ASKS = [["11371.49", "0.0014"], ["11371.12", "0.2"]], [["11375.41", "0.0053"], ["11375.7", "0.0043"]]


def book(kind: str, update: Any, bids: Iterable[Any] = (), asks: Iterable[Any] = (), ts: int = 9) -> dict[str, Any]:
    data = {"s": "BTCUSDT", "b": [*map(list, bids)], "a": [*map(list, asks)], "u": update, "seq": 18}
    return {"topic": "orderbook.200.BTCUSDT", "type": kind, "ts": ts, "data": data, "cts": 8}


def v1(topic: str, data: Any, first: bool, sent: int, **params: str) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "symbolName": "BTCUSDT",
        "topic": topic,
        "params": {"realtimeInterval": "24h", **params, "binary": "false"},
        "data": [data],
        "f": first,
        "sendTime": sent,
    }


def v2(topic: str, data: Any, **params: str) -> dict[str, Any]:
    return {
        "topic": topic,
        "params": {"symbol": "BTCUSDT", "binary": "false", **params, "symbolName": "BTCUSDT"},
        "data": data,
    }


def params_first(topic: str, data: Any) -> dict[str, Any]:
    return {
        "params": {"binary": "false", "symbol": "BTCUSDT", "symbolName": "BTCUSDT"},
        "topic": topic,
        "data": data,
    }


ONE = {"v": "2100000000002571479", "t": 1664283342503, "p": "20191.69", "q": "0.000495", "m": True}
BAR = {"t": 1565595900000, "s": "BTCUSDT", "sn": "BTCUSDT", "c": "11436.14", "h": "11437"}
BAR |= {"l": "11381.89", "o": "11381.89", "v": "16.3306"}
DAY_V1 = {"c": "21082.22", "e": 301, "h": "21426.99", "l": "20575", "m": "0.0190", "o": "20689.11"}
DAY_V1 |= {"qv": "141768159.45007801", "s": "BTCUSDT", "sn": "BTCUSDT", "t": 1673852937236}
DAY_V1 |= {"v": "6772.990042", "xp": "21092.15001144"}
DAY_V2 = {"t": 1673852937236, "s": "BTCUSDT", "c": "21082.22", "h": "21426.99", "l": "20575", "o": "20689.11"}
DAY_V2 |= {"v": "6772.990042", "qv": "141768159.45007801", "m": "0.0190", "xp": "21092.15001144"}
V1_BOOK = {"e": 301, "s": "BTCUSDT", "t": 9, "v": "7_18_18", "b": BIDS, "a": ASKS, "o": 0}
MERGED = V1_BOOK | {"v": "7_18_1", "b": [["11371.4", "0.0014"], ["11371.1", "0.2"]]}
MERGED |= {"a": [["11375.5", "0.0053"], ["11375.7", "0.0043"]]}
V2_BOOK = {"s": "BTCUSDT", "t": 9, "v": "7_18_2", "b": BIDS, "a": ASKS}
BEST = {"symbol": "BTCUSDT", "bidPrice": "11371.49", "bidQty": "0.0014", "askPrice": "11375.41", "askQty": "0.0053"}
WHOLE = book("snapshot", 7, BIDS, ASKS)

CASES: dict[str, tuple[Any, Any]] = {
    "trade_v1": (TRADE, v1("trade", ONE, True, 1664284020685)),
    "realtimes_v1": (TICKER, v1("realtimes", DAY_V1, True, 1673852937236)),
    "kline_v1": (CANDLE, v1("kline", BAR, True, 1626252389284, klineType="15m")),
    "depth_v1": (WHOLE, v1("depth", V1_BOOK, True, 9)),
    "merged_depth_v1": (WHOLE, v1("mergedDepth", MERGED, True, 9, dumpScale="1")),
    "diff_depth_v1": (WHOLE, v1("diffDepth", V1_BOOK, True, 9)),
    "depth_v2": (WHOLE, v2("depth", V2_BOOK)),
    "kline_v2": (CANDLE, v2("kline", BAR, klineType="1m")),
    "trade_v2": (TRADE, params_first("trade", {**ONE, "type": "0"})),
    "book_ticker_v2": (WHOLE, v2("bookTicker", {**BEST, "time": 9})),
    "realtimes_v2": (TICKER, params_first("realtimes", DAY_V2)),
}


def ready(stream: str) -> Translator:
    """Return a translator that waits for nothing."""
    translator = start(stream)
    assert list(translator.answered(None, 0.0)) == []
    return translator


def copied(push: Any) -> Any:
    return json.loads(json.dumps(push))


@pytest.mark.parametrize("stream", CASES)
def test_a_push_becomes_the_documented_message_key_for_key_in_its_order(stream: str) -> None:
    push, expected = CASES[stream]
    translator = ready(stream)
    ((key, message),) = translator.translate(copied(push), 0.0)
    assert json.dumps(message) == json.dumps(expected)
    assert key == (BY_STREAM[stream].topic(VALUES.get(stream)).name, "BTCUSDT")
    (again,) = made(translator, copied(push))  # only the first of a subscription is flagged, but for a new book
    assert again.get("f", False) is (stream == "diff_depth_v1")


def test_every_public_stream_of_spot_has_its_table() -> None:
    gone = {one.stream: one for module in MODULES for one in getattr(module, "UNAVAILABLE", ())}
    assert {*TRANSLATIONS, *gone} == {row.stream for row in ROWS if row.socket in (PUBLIC_V1, PUBLIC_V2)}
    assert [*gone] == ["lt_v1"]
    assert gone["lt_v1"].notes[0].startswith("not available since 2025-07-04")
    assert "use realtimes_v1_stream" in gone["lt_v1"].notes[0]
    assert {one.quality for one in gone["lt_v1"].fields} == {Quality.MISSING}
    topic = BY_STREAM["lt_v1"].topic()
    assert gone["lt_v1"].args(topic, "BTC3LUSDTNAV") == ()
    with pytest.raises(LookupError, match="2025-07-04"):
        gone["lt_v1"].start(topic, "BTC3LUSDTNAV")


def paths(message: Any, path: str = "") -> Iterator[str]:
    if isinstance(message, dict):
        for name, value in message.items():
            yield from paths(value, f"{path}.{name}" if path else name)
    elif isinstance(message, list) and isinstance(message[0], dict):
        yield from paths(message[0], f"{path}[]")
    else:
        yield path


@pytest.mark.parametrize("stream", CASES)
def test_a_message_has_the_fields_of_its_table_and_no_other(stream: str) -> None:
    (message,) = made(ready(stream), copied(CASES[stream][0]))
    table = TRANSLATIONS[stream].fields
    assert [*paths(message)] == [one.path for one in table if one.quality is not Quality.MISSING]
    assert all(one.note for one in table if one.quality is not Quality.EXACT)
    assert all(one.source for one in table if one.quality in (Quality.EXACT, Quality.APPROXIMATE))


@pytest.mark.parametrize(
    ("stream", "args"),
    [
        ("trade_v1", "publicTrade.BTCUSDT"),
        ("trade_v2", "publicTrade.BTCUSDT"),
        ("realtimes_v1", "tickers.BTCUSDT"),
        ("realtimes_v2", "tickers.BTCUSDT"),
        ("depth_v1", "orderbook.200.BTCUSDT"),
        ("diff_depth_v1", "orderbook.200.BTCUSDT"),
        ("depth_v2", "orderbook.50.BTCUSDT"),
        ("book_ticker_v2", "orderbook.1.BTCUSDT"),
        ("merged_depth_v1", "orderbook.1000.BTCUSDT"),
    ],
)
def test_what_is_subscribed(stream: str, args: str) -> None:
    assert TRANSLATIONS[stream].args(BY_STREAM[stream].topic(VALUES.get(stream)), "BTCUSDT") == (args,)


def test_intervals_have_other_names() -> None:
    names = ["1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M"]
    for stream in ("kline_v1", "kline_v2"):
        args = [TRANSLATIONS[stream].args(BY_STREAM[stream].topic(interval), "A") for interval in SPOT_INTERVALS]
        assert args == [(f"kline.{name}.A",) for name in names]


# -- the documents themselves, where they are at hand -----------------------------------------------------

documents = pytest.mark.skipif(not SHARED.is_dir(), reason="the documents are not here")


def shape(value: Any, ordered: bool = True) -> Any:
    """Return keys and types; of a list those of its first entry."""
    if isinstance(value, dict):
        keys = value if ordered else sorted(value)
        return [(key, shape(value[key], ordered)) for key in keys]
    if isinstance(value, list):
        return [shape(value[0], ordered)]
    return type(value).__name__


def lines_of(name: str) -> list[Any]:
    lines = (SHARED / name).read_text("utf-8").splitlines()
    whole = (line for line in lines if "…" not in line)
    return [json.loads(line) for line in whole if re.match(r'\{"(topic|symbol|params|retCode)"', line)]


@documents
def test_the_messages_have_the_documented_shapes() -> None:
    found = set()
    for message in lines_of("wire-legacy.md"):
        stream = stream_of(message)
        if stream in CASES and "data" in message and message.get("f") is not False:
            (ours,) = made(ready(stream), copied(CASES[stream][0]))
            assert shape(ours, ordered=False) == shape(message, ordered=False), stream
            found.add(stream)
    assert found == CASES.keys() - {"merged_depth_v1", "diff_depth_v1"}  # shown there with a later message


def stream_of(message: dict[str, Any]) -> str:
    version = "v1" if "sendTime" in message else "v2"
    words = re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", str(message.get("topic")))
    return f"{words}_{version}"


@documents
def test_the_messages_have_the_order_of_the_samples() -> None:
    text = (SHARED / "seeds" / "spot-websocket.txt").read_text("utf-8")
    found = set()
    for sample in re.findall(r"codequote_responseExampleFormatAll\)\n\n```javascript\n(.*?)```", text, re.S):
        try:
            message = json.loads(sample)
        except ValueError:  # some lack a comma or a bracket
            continue
        stream = stream_of(message) if isinstance(message, dict) else ""
        if stream in CASES:
            (ours,) = made(ready(stream), copied(CASES[stream][0]))
            assert shape(ours) == shape(message), stream
            found.add(stream)
    assert found == CASES.keys() - {"depth_v1", "merged_depth_v1", "diff_depth_v1", "depth_v2"}


@documents
def test_the_samples_of_today_can_be_translated() -> None:
    of = {"publicTrade": ("trade_v1", "trade_v2"), "tickers": ("realtimes_v1", "realtimes_v2")}
    of |= {"kline": ("kline_v1", "kline_v2"), "orderbook": BOOKS}
    done = set()
    for push in lines_of("wire-v5.md"):
        kind, _, rest = push.get("topic", "").partition(".")
        if not rest.endswith("BTCUSDT"):
            continue
        for stream in of[kind]:
            messages = made(ready(stream), copied(push))
            assert [shape(one) for one in messages] == [shape(CASES[stream][1])], stream
            done.add(stream)
    assert done == CASES.keys()


@documents
def test_the_sample_of_rest_opens_the_trades() -> None:
    (reply,) = [one for one in lines_of("wire-v5.md") if "execId" in str(one) and one.get("retCode") == 0]
    ((_, message),) = start("trade_v1").answered(reply["result"], 0.0)
    assert [trade["v"] for trade in message["data"]] == ["2290000001207528688", "2290000001207528689"]
    assert message["data"][0] == {
        "v": "2290000001207528688",
        "t": 1789291624100,
        "p": "76733.1",
        "q": "0.002903",
        "m": False,
    }
    assert shape(message) == shape(CASES["trade_v1"][1])
    assert (message["f"], message["sendTime"]) == (True, 1789291624322)


# -- records ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "documented"),
    [
        ("0.0196", "0.0196"),
        ("-0.0315", "-0.0315"),
        ("0", "0.0000"),
        ("0.02", "0.0200"),
        ("-0.00001", "0.0000"),
        ("0.023362", "0.0234"),
        ("12.5", "12.5000"),
        ("123.4567", "123.4567"),
        ("", ""),
    ],
)
def test_the_change_of_a_day_has_four_decimals(today: str, documented: str) -> None:
    push = {**TICKER, "data": {**TICKER["data"], "price24hPcnt": today}}
    for stream in ("realtimes_v1", "realtimes_v2"):
        data = made(start(stream), push)[0]["data"]
        assert (data[0] if isinstance(data, list) else data)["m"] == documented


@pytest.mark.parametrize("stream", ["kline_v1", "kline_v2"])
def test_each_candle_is_a_message(stream: str) -> None:
    first, second = made(start(stream), {**CANDLE, "data": CANDLE["data"] * 2})
    assert first["data"] == second["data"]
    assert (first.get("f"), second.get("f")) == ((True, False) if stream == "kline_v1" else (None, None))


@pytest.mark.parametrize("stream", ["realtimes_v1", "kline_v1", "trade_v1", "depth_v1"])
def test_a_malformed_push_does_not_take_the_first_flag(stream: str) -> None:
    push, expected = CASES[stream]
    translator = ready(stream)
    with pytest.raises((KeyError, OutOfSync)):
        made(translator, {**push, "data": [{}] if isinstance(push["data"], list) else {}})
    assert made(translator, copied(push)) == [expected]


# -- trades -----------------------------------------------------------------------------------------------


def trades(*ids: int) -> dict[str, Any]:
    data = [TRADE["data"][0] | {"i": str(one), "T": one // 3, "S": "Buy" if one % 2 else "Sell"} for one in ids]
    return {**TRADE, "ts": ids[-1] // 3 + 1, "data": data}


def answer(*ids: int) -> dict[str, Any]:
    """What REST would say: newest first."""
    rows = [
        {"execId": str(one), "symbol": "BTCUSDT", "price": "1", "size": "2", "time": str(one // 3), "seq": "1"}
        | {"side": "Buy" if one % 2 else "Sell", "isBlockTrade": False, "isRPITrade": False}
        for one in reversed(ids)
    ]
    return {"category": "spot", "list": rows}


def told(pushes: Iterable[Any]) -> list[tuple[bool, list[int]]]:
    """Return the flags and the ids of messages."""
    return [(message["f"], [int(trade["v"]) for trade in message["data"]]) for _, message in pushes]


def test_a_trade_of_v2_is_a_message_of_its_own() -> None:
    push = trades(1, 2)
    push["data"][1]["BT"] = True
    one, two = made(start("trade_v2"), push)
    assert (one["data"]["v"], one["data"]["m"], one["data"]["type"]) == ("1", True, "0")
    assert (two["data"]["v"], two["data"]["m"], two["data"]["type"]) == ("2", False, "1")


def test_trades_of_v1_ask_for_the_last_60() -> None:
    translator = start("trade_v1", symbol="ETHUSDT")
    params = (("category", "spot"), ("symbol", "ETHUSDT"), ("limit", "60"))
    assert translator.errand == Errand("/v5/market/recent-trade", params)
    assert start("trade_v2").errand is None


@settings(max_examples=24, deadline=None)
@given(
    before=st.integers(0, 70),
    waiting=st.lists(st.integers(1, 30), max_size=8),
    unseen=st.integers(0, 8),
    later=st.lists(st.integers(1, 4), max_size=3),
)
def test_trades_go_on_where_the_last_60_end_whatever_came_first(
    before: int, waiting: list[int], unseen: int, later: list[int]
) -> None:
    """The exchange answers after all but the ``unseen`` last of the batches that came meanwhile."""
    tape, translator, subscribed = itertools.count(1), start("trade_v1"), before
    history = [next(tape) for _ in range(before)]
    batches = [[next(tape) for _ in range(size)] for size in waiting]
    answered = history + [one for batch in batches[: max(0, len(batches) - unseen)] for one in batch]
    for batch in batches:
        assert translator.translate(trades(*batch), 0.0) == ()
    got = told(translator.answered(answer(*answered[-60:]), 1.0))
    for size in later:
        got += told(translator.translate(trades(*[next(tape) for _ in range(size)]), 2.0))
    ids = [one for _, batch in got for one in batch]
    begin = min(max(0, len(answered) - 60), subscribed) + 1
    assert ids == [*range(begin, next(tape))]
    assert [first for first, _ in got] == [number == 0 for number in range(len(got))]
    assert all(batch for _, batch in got)
    assert translator.due == NEVER


def test_the_opening_is_one_message_and_each_batch_that_waited_another() -> None:
    translator = start("trade_v1")
    for batch in ([61, 62], [63], [64, 65], [66]):
        assert translator.translate(trades(*batch), 0.0) == ()
    got = told(translator.answered(answer(*range(5, 65)), 0.0))
    assert got == [(True, [*range(5, 65)]), (False, [65]), (False, [66])]
    assert told(translator.translate(trades(67, 68), 0.0)) == [(False, [67, 68])]
    assert translator.answered(answer(*range(9, 69)), 0.0) == ()


def test_what_rest_told_before_the_socket_did_is_not_told_twice() -> None:
    translator = start("trade_v1")
    assert told(translator.answered(answer(*range(5, 65)), 0.0)) == [(True, [*range(5, 65)])]
    assert told(translator.translate(trades(61, 62), 0.0)) == []
    assert told(translator.translate(trades(63, 64, 65), 0.0)) == [(False, [65])]
    assert told(translator.translate(trades(66), 0.0)) == [(False, [66])]


def test_the_session_behind_finds_no_gap_where_more_than_60_trades_came_before_the_answer() -> None:
    translator, log = start("trade_v1"), TradeLog()
    log.deliver([{"v": str(one)} for one in range(1, 31)])
    for one in range(31, 131):
        translator.translate(trades(one), 0.0)
    ((_, message),) = translator.answered(answer(*range(71, 131)), 0.0)
    hole = log.replay(message)
    assert [int(trade["v"]) for trade in message["data"]] == [*range(31, 131)]
    assert hole is not None  # trades may well have been missed before the subscription
    assert hole.first_id == "31"


NO_ANSWERS = [None, {}, {"list": []}, {"list": [{}]}, {"list": [None]}, {"list": 7}, [], "x", 5]


@pytest.mark.parametrize("result", NO_ANSWERS)
def test_without_an_answer_the_first_live_trades_are_flagged(result: Any) -> None:
    waiting = start("trade_v1")
    for batch in ([1, 2], [3]):
        assert waiting.translate(trades(*batch), 0.0) == ()
    assert told(waiting.answered(result, 0.0)) == [(True, [1, 2]), (False, [3])]
    assert told(waiting.translate(trades(4), 0.0)) == [(False, [4])]
    idle = start("trade_v1")
    assert list(idle.answered(result, 0.0)) == []
    assert [told(idle.translate(trades(one), 0.0)) for one in (1, 2)] == [[(True, [1])], [(False, [2])]]


def test_live_trades_do_not_wait_for_ever() -> None:
    translator = start("trade_v1")
    assert translator.due == NEVER
    assert translator.flush(1e9) == ()
    assert translator.translate(trades(1), 100.0) == ()
    assert translator.translate(trades(2), 105.0) == ()
    assert translator.due == 100.0 + PATIENCE
    assert translator.flush(100.0 + PATIENCE / 2) == ()
    assert told(translator.flush(100.0 + PATIENCE)) == [(True, [1]), (False, [2])]
    assert translator.due == NEVER
    assert translator.answered(answer(0, 1, 2), 111.0) == ()
    assert told(translator.translate(trades(3), 112.0)) == [(False, [3])]


def test_more_live_trades_than_can_wait_no_longer_wait_and_none_is_lost() -> None:
    translator, size = start("trade_v1"), 1000
    got: list[tuple[bool, list[int]]] = []
    for number in range(CAPACITY // size + 1):
        assert got == []
        got = told(translator.translate(trades(*range(number * size, (number + 1) * size)), 0.0))
    assert [one for _, batch in got for one in batch] == [*range(CAPACITY + size)]
    assert [first for first, _ in got] == [True] + [False] * (CAPACITY // size)
    assert translator.answered(answer(1, 2), 0.0) == ()


def test_a_malformed_push_among_those_that_wait_is_refused_at_once() -> None:
    translator = start("trade_v1")
    translator.translate(trades(1), 0.0)
    with pytest.raises(KeyError):
        translator.translate({**TRADE, "data": [{"i": "2"}]}, 0.0)
    translator.translate(trades(3), 0.0)
    assert told(translator.answered(None, 0.0)) == [(True, [1]), (False, [3])]


# -- books ------------------------------------------------------------------------------------------------

Shown = tuple[list[Any], list[Any]]


class Venue:
    """An exchange's book by the plain rules, and what V5 would push of its best levels."""

    def __init__(self, depth: int) -> None:
        self.depth, self.update = depth, 10
        self.sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})
        self.seen: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})

    def best(self, depth: int) -> Shown:
        """Return the best levels as pairs of numbers."""
        bids, asks = self.sides
        return (
            [(price, bids[price]) for price in sorted(bids, reverse=True)[:depth]],
            [(price, asks[price]) for price in sorted(asks)[:depth]],
        )

    def push(self, fresh: bool = False) -> dict[str, Any]:
        """Return what changed in the window since the last push, or all of it."""
        window = [dict(side) for side in self.best(self.depth)]
        changes: list[list[list[str]]] = []
        for now, before in zip(window, self.seen):
            gone = () if fresh else [(price, 0) for price in before if price not in now]
            new = [(price, size) for price, size in now.items() if fresh or before.get(price) != size]
            changes.append([[str(price), str(size)] for price, size in (*gone, *new)])
        self.seen = (window[0], window[1])
        self.update += 1
        return book("snapshot" if fresh else "delta", self.update, *changes)


CHANGES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(1, 90), st.sampled_from(["0", "0", "0.3", "1.25", "7"])), max_size=10
)
"""Side, distance from the middle in steps of 0.05, size."""
PUSHES = st.lists(st.tuples(CHANGES, st.sampled_from([False] * 6 + [True])), min_size=1, max_size=10)


def played(depth: int, changes: list[Any]) -> Iterator[tuple[Venue, dict[str, Any]]]:
    venue = Venue(depth)
    for number, (one, fresh) in enumerate(changes):
        for side, distance, size in one:
            price = 100 + Decimal(distance if side else -distance) / 20
            venue.sides[side].pop(price.normalize(), None)
            if size != "0":
                venue.sides[side][price.normalize()] = Decimal(size)
        yield venue, venue.push(fresh or number == 0)


def numbers(data: dict[str, Any]) -> Shown:
    bids, asks = ([(Decimal(price), Decimal(size)) for price, size in data[side]] for side in "ba")
    return bids, asks


@settings(max_examples=9, deadline=None)
@given(PUSHES)
def test_depth_and_the_kept_diff_depth_are_the_same_book_at_the_same_version(changes: list[Any]) -> None:
    depth, diff, kept = start("depth_v1"), start("diff_depth_v1"), PairBook()
    for number, (venue, push) in enumerate(played(200, changes)):
        ((_, whole),) = depth.translate(copied(push), 0.0)
        ((_, change),) = diff.translate(copied(push), 0.0)
        assert change["f"] is (push["type"] == "snapshot")
        assert whole["f"] is (number == 0)
        assert change["data"][0]["b"] == push["data"]["b"]
        kept.apply(change)
        assert change["data"] == whole["data"]
        assert numbers(whole["data"][0]) == venue.best(200)
        assert whole["data"][0]["v"] == f"{push['data']['u']}_18_18"


@settings(max_examples=9, deadline=None)
@given(PUSHES)
def test_depth_of_v2_is_the_best_40_levels(changes: list[Any]) -> None:
    translator, decimals = start("depth_v2"), 0
    for venue, push in played(50, changes):
        ((_, message),) = translator.translate(copied(push), 0.0)
        assert numbers(message["data"]) == venue.best(40)
        texts = [price for side in "ba" for price, _ in push["data"][side]]
        decimals = max([decimals, *(len(text.partition(".")[2]) for text in texts)])
        assert message["data"]["v"] == f"{push['data']['u']}_18_{decimals}"


@settings(max_examples=9, deadline=None)
@given(PUSHES, st.booleans())
def test_the_best_prices_come_from_snapshots_and_from_deltas(changes: list[Any], always: bool) -> None:
    translator = start("book_ticker_v2")
    for venue, push in played(1, [(one, fresh or always) for one, fresh in changes]):
        ((_, message),) = translator.translate(copied(push), 0.0)
        best = [str(part) for side in venue.best(1) for part in (side[0] if side else ("", ""))]
        assert [message["data"][name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")] == best
        assert message["data"]["time"] == push["ts"]


def merged(levels: list[Any], scale: int, rounding: str, depth: int) -> list[Any]:
    """Add levels up the plain way."""
    sums: dict[Decimal, Decimal] = {}
    for price, size in levels:
        bucket = price.quantize(Decimal(1).scaleb(-scale), rounding)
        sums[bucket] = sums.get(bucket, Decimal(0)) + size
    whole = len(sums) - (len(levels) == depth)
    return [*sums.items()][: min(40, max(1, whole))]


@settings(max_examples=10, deadline=None)
@given(PUSHES, st.sampled_from([0, 1, 2, 4]), st.sampled_from([3, 8, 1000]))
def test_the_merged_book_is_what_adding_up_makes(changes: list[Any], scale: int, depth: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spot_merged, "DEPTH", depth)
        translator = start("merged_depth_v1", scale)
    for number, (venue, push) in enumerate(played(depth, changes)):
        ((_, message),) = translator.translate(copied(push), 0.0)
        bids, asks = venue.best(depth)
        expected = merged(bids, scale, ROUND_FLOOR, depth), merged(asks, scale, ROUND_CEILING, depth)
        assert numbers(message["data"][0]) == expected
        texts = [text for side in "ba" for pair in message["data"][0][side] for text in pair]
        assert all(re.fullmatch(r"\d+(\.\d*[1-9])?", text) for text in texts)
        assert message["data"][0]["v"] == f"{push['data']['u']}_18_{scale}"
        assert message["f"] is (number == 0)


def test_the_merged_book_shows_40_levels_a_side() -> None:
    bids = [[str(1000 - number), "1"] for number in range(1, 100)]
    asks = [[str(1000 + number), "1"] for number in range(100)]
    (message,) = made(start("merged_depth_v1", 0), book("snapshot", 5, bids, asks))
    assert message["data"][0]["b"] == bids[:40]
    assert message["data"][0]["a"] == asks[:40]


def test_sums_are_exact_whatever_precision_the_user_works_with() -> None:
    sizes = ["123456789012.000000000000000001", "0.1", "0.2", "0.000000000000000002", "1e-9"]
    with decimal.localcontext() as context:
        context.prec = 3
        translator = start("merged_depth_v1", 0)
        asks = [[f"7.{number}", size] for number, size in enumerate(sizes, 1)]
        (message,) = made(translator, book("snapshot", 5, [], asks))
        (later,) = made(translator, book("delta", 6, [], [["7.1", "0"]]))
        (small,) = made(translator, book("delta", 7, [], [[f"7.{number}", "0"] for number in (2, 3, 5)]))
        assert decimal.getcontext().prec == 3
    assert message["data"][0]["a"] == [["8", "123456789012.300000001000000003"]]
    assert later["data"][0]["a"] == [["8", "0.300000001000000002"]]
    assert small["data"][0]["a"] == [["8", "0.000000000000000002"]]


def test_a_level_that_falls_out_of_the_window_unsaid_is_forgotten() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spot_merged, "DEPTH", 2)
        translator = start("merged_depth_v1", 0)
    made(translator, book("snapshot", 5, [["8", "1"], ["7", "1"]], [["10", "1"], ["11", "1"]]))
    (message,) = made(translator, book("delta", 6, [["9", "1"]], [["9.5", "1"]]))
    # of 2 levels the second might go on beyond the window
    assert (message["data"][0]["b"], message["data"][0]["a"]) == ([["9", "1"]], [["10", "2"]])
    (message,) = made(translator, book("delta", 7, [["9", "0"], ["8", "2"]], [["9.5", "0"]]))
    assert (message["data"][0]["b"], message["data"][0]["a"]) == ([["8", "2"]], [["10", "1"]])


@pytest.mark.parametrize("stream", BOOKS)
def test_a_book_whose_numbers_have_a_hole_is_out_of_sync_until_the_next_snapshot(stream: str) -> None:
    translator = start(stream)
    assert made(translator, book("delta", 3)) == []
    assert len(made(translator, book("snapshot", 5, BIDS, ASKS), book("delta", 6, [["11371", "2"]]))) == 2
    with pytest.raises(OutOfSync, match="update 8 came after update 6"):
        made(translator, book("delta", 8, [["11371", "2"]]))
    assert made(translator, book("delta", 9)) == []
    assert len(made(translator, book("snapshot", 2, BIDS, ASKS), book("delta", 3))) == 2
    (message,) = made(translator, book("delta", 1, BIDS, ASKS))  # 1 replaces the book
    assert message.get("f", True) is (stream in ("diff_depth_v1", "depth_v2", "book_ticker_v2"))
    assert len(made(translator, book("delta", 2))) == 1
    with pytest.raises(OutOfSync, match="update 2 came after update 2"):
        made(translator, book("delta", 2))


@pytest.mark.parametrize("stream", [one for one in BOOKS if one != "diff_depth_v1"])
@pytest.mark.parametrize("kind", ["snapshot", "delta"])
def test_a_crossed_book_is_out_of_sync(stream: str, kind: str) -> None:
    translator = start(stream)
    made(translator, book("snapshot", 5, BIDS, ASKS))
    with pytest.raises(OutOfSync, match="the book is crossed"):
        made(translator, book(kind, 6, [["11380", "1"]], [] if kind == "delta" else ASKS))


@pytest.mark.parametrize("stream", BOOKS)
@pytest.mark.parametrize("pair", [["x", "1"], ["nan", "1"], ["-1", "1"], ["inf", "1"], [], None])
def test_a_level_that_is_none_is_out_of_sync(stream: str, pair: Any) -> None:
    translator, kept = start(stream), PairBook()
    for message in made(translator, book("snapshot", 5, BIDS, ASKS)):
        if stream == "diff_depth_v1":
            kept.apply(message)
    push = book("delta", 6)
    push["data"]["b"] = [pair]
    if stream == "diff_depth_v1":  # what it passes on is judged where its book is kept
        (message,) = made(translator, push)
        with pytest.raises((OutOfSync, *MALFORMED)):
            kept.apply(message)
    else:
        with pytest.raises(OutOfSync, match=r"is no price|cannot be read"):
            made(translator, push)


@pytest.mark.parametrize("stream", ["depth_v1", "depth_v2", "book_ticker_v2", "merged_depth_v1"])
def test_a_level_to_delete_that_is_not_there_changes_nothing(stream: str) -> None:
    translator = start(stream)
    (before,) = made(translator, book("snapshot", 5, BIDS, ASKS))
    (after,) = made(translator, book("delta", 6, [["11370", "0"]], [["11376", "0.0"]]))
    texts = [json.dumps(one["data"]).replace("5_18", "6_18") for one in (before, after)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("size", ["x", "nan", "-1", "inf", "-inf", "sNaN"])
def test_a_size_that_is_none_is_out_of_sync(size: str) -> None:
    for stream in ("depth_v1", "merged_depth_v1"):
        translator = start(stream)
        made(translator, book("snapshot", 5, BIDS, ASKS))
        with pytest.raises(OutOfSync, match=r"is no size|cannot be read|is no number"):
            made(translator, book("delta", 6, [["11371.49", size]]))
        assert made(translator, book("delta", 7)) == []


@pytest.mark.parametrize("stream", BOOKS)
def test_a_book_without_its_sides_is_out_of_sync(stream: str) -> None:
    translator = start(stream)
    made(translator, book("snapshot", 5, BIDS, ASKS))
    push = book("delta", 6)
    del push["data"]["a"]
    with pytest.raises(OutOfSync, match="cannot be read"):
        made(translator, push)
    assert made(translator, book("delta", 7)) == []


@pytest.mark.parametrize("stream", ["depth_v1", "depth_v2", "merged_depth_v1", "diff_depth_v1"])
def test_a_thin_book_shows_empty_sides(stream: str) -> None:
    (message,) = made(start(stream), book("snapshot", 5))
    data = message["data"][0] if isinstance(message["data"], list) else message["data"]
    assert (data["b"], data["a"]) == ([], [])


def test_the_best_prices_of_an_empty_side_are_empty_texts() -> None:
    translator = start("book_ticker_v2")
    (message,) = made(translator, book("snapshot", 5, [], [["2", "1"]]))
    best = {"symbol": "BTCUSDT", "bidPrice": "", "bidQty": "", "askPrice": "2", "askQty": "1", "time": 9}
    assert message["data"] == best
    (message,) = made(translator, book("delta", 6, [["1", "3"]], [["2", "0"]]))
    assert message["data"] == {**best, "bidPrice": "1", "bidQty": "3", "askPrice": "", "askQty": ""}


@pytest.mark.parametrize("stream", ["depth_v1", "depth_v2", "merged_depth_v1"])
def test_what_is_delivered_is_the_users_to_change(stream: str) -> None:
    translator, push = start(stream), book("snapshot", 5, BIDS, ASKS)
    (first,) = made(translator, push)
    pristine = copied(first)
    spoil(first)
    spoil(push)
    (second,) = made(translator, book("delta", 6))
    data, before = second["data"], pristine["data"]
    for side in "ba":
        assert (data[0] if isinstance(data, list) else data)[side] == (
            before[0] if isinstance(before, list) else before
        )[side]
    assert second["params"] == pristine["params"]


def spoil(value: Any) -> None:
    """Change everything in a message."""
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (dict, list)):
            spoil(inner)
    if isinstance(value, dict):
        for key in value:
            value[key] = "spoilt"
    else:
        value[:] = ["spoilt"]
