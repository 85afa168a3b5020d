"""The public spot sockets: every topic's shape, commands, refusals, heartbeat."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from test_simulator_raw import V1, V2, Raw, is_push, v1, v2

from bybit_ws.simulator import Exchange


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=7, speed=20) as running:
        yield running


@pytest.fixture
def one(exchange: Exchange) -> Iterator[Raw]:
    with Raw(exchange.url + V1) as raw:
        yield raw


@pytest.fixture
def two(exchange: Exchange) -> Iterator[Raw]:
    with Raw(exchange.url + V2) as raw:
        yield raw


V1_KEYS = {
    "trade": ["v", "t", "p", "q", "m"],
    "realtimes": ["c", "e", "h", "l", "m", "o", "qv", "s", "sn", "t", "v", "xp"],
    "kline": ["t", "s", "sn", "c", "h", "l", "o", "v"],
    "depth": ["e", "s", "t", "v", "b", "a", "o"],
    "mergedDepth": ["e", "s", "t", "v", "b", "a", "o"],
    "diffDepth": ["e", "s", "t", "v", "b", "a", "o"],
    "lt": ["t", "s", "nav", "b", "l", "loan", "ti", "n"],
}
NUMBERS = {"t", "e", "o"}


def check_types(topic: str, record: dict[str, Any]) -> None:
    for key, value in record.items():
        if key in {"b", "a"} and topic != "lt":
            assert all(isinstance(text, str) for pair in value for text in pair)
        elif key == "m" and topic == "trade":
            assert isinstance(value, bool)
        else:
            numeric = key in NUMBERS and not (topic in {"realtimes", "kline"} and key == "o")
            assert isinstance(value, int if numeric else str), key


@pytest.mark.parametrize("topic", list(V1_KEYS))
def test_v1_shapes(one: Raw, topic: str) -> None:
    symbol = "BTC3LUSDTNAV" if topic == "lt" else "BTCUSDT"
    extra = {"dumpScale": 1} if topic == "mergedDepth" else {}
    one.send(v1("kline_15m" if topic == "kline" else topic, symbol, **extra))
    first, second, third = one.topic(topic, 3)
    head = ["symbol", "symbolName", "topic", "params", "data", "f", "sendTime"]
    assert all(list(message) == head for message in (first, second))
    assert (first["f"], second["f"], third["f"]) == (True, False, False)
    params = {"realtimeInterval": "24h", "binary": "false"}
    params.update({"klineType": "15m"} if topic == "kline" else {})
    params.update({"dumpScale": "1"} if topic == "mergedDepth" else {})
    assert first["params"] == params
    assert first["symbol"] == first["symbolName"] == symbol
    assert isinstance(first["sendTime"], int)
    for record in first["data"] + second["data"]:
        assert list(record) == V1_KEYS[topic]
        check_types(topic, record)


def test_v1_trade_starts_with_sixty_oldest_first_and_goes_on_without_holes(
    exchange: Exchange, one: Raw
) -> None:
    one.send(v1("trade"))
    messages = one.topic("trade", 6)
    assert [len(messages[0]["data"]), messages[0]["f"]] == [60, True]
    got = [trade for message in messages for trade in message["data"]]
    truth = exchange.truth.trades("BTCUSDT")
    start = truth.index(got[0])
    assert truth[start : start + len(got)] == got


def test_v1_book_sizes(one: Raw) -> None:
    one.send(v1("depth"), v1("mergedDepth", dumpScale=1), v1("diffDepth"))
    for topic, levels in (("depth", 200), ("mergedDepth", 40), ("diffDepth", 200)):
        book = one.topic(topic)[0]["data"][0]
        assert [len(book["b"]), len(book["a"])] == [levels, levels]
        bids, asks = ([float(price) for price, _ in book[side]] for side in "ba")
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0] or topic == "mergedDepth"


def test_v1_says_nothing_to_commands_and_a_second_sub_gives_a_fresh_first_frame(one: Raw) -> None:
    one.send(v1("realtimes"))
    assert one.receive()["f"] is True
    one.topic("realtimes")
    one.send(v1("realtimes"))
    one.until(lambda m: m["f"])
    times = [(m["f"], m["sendTime"]) for m in one.topic("realtimes", 4)]
    assert len(set(times)) == 4, "a second stream would repeat frames"
    one.send(v1("realtimes", event="cancel"), {"ping": 1})
    one.until(lambda m: "pong" in m)
    one.send({"ping": 2})
    assert "pong" in one.receive()


def test_v1_acknowledges_where_asked_to() -> None:
    with Exchange(seed=1, ack_v1=True) as exchange, Raw(exchange.url + V1) as raw:
        raw.send(v1("trade"))
        assert raw.receive() == {
            "topic": "trade",
            "event": "sub",
            "symbol": "BTCUSDT",
            "params": {"binary": "false"},
            "code": "0",
            "msg": "Success",
        }


def test_v1_lists_deliver_the_good_and_refuse_the_bad_in_one_nameless_frame(one: Raw) -> None:
    one.send(v1("depth", "BTCUSDT, LTCUSDT,NOPE,ETHUSDT"))
    assert one.receive() == {"code": "-100010", "desc": "Invalid Symbols!"}
    seen = {message["symbol"] for message in one.topic("depth", 20)}
    assert seen == {"BTCUSDT", "ETHUSDT"}


def test_v1_binary_pushes_are_gzip_members_and_pongs_stay_text(one: Raw) -> None:
    one.send({**v1("depth"), "params": {"binary": True}})
    data = one.ws.recv()
    assert isinstance(data, bytes)
    assert data[:3] == b"\x1f\x8b\x08"
    assert one.receive()["params"]["binary"] == "true"
    one.send({"ping": 1})
    while isinstance(data, bytes):
        data = one.ws.recv()
    assert "pong" in json.loads(data)


BAD_V1 = [
    ("nonsense", "-10001"),
    ("[1]", "-10000"),
    ({**v1("trade"), "event": "subscribe"}, "-10002"),
    ({"topic": "trade", "symbol": "BTCUSDT", "params": {}}, "-10003"),
    (v1("bookTicker"), "-10004"),
    ({"event": "sub", "symbol": "BTCUSDT", "params": {}}, "-10005"),
    ({"topic": "trade", "event": "sub", "symbol": "BTCUSDT"}, "-10007"),
    (v1("kline"), "-10008"),
    (v1("kline_7m"), "-10009"),
    (v1("trade", "NOPE"), "-100010"),
    (v1("trade", ["BTCUSDT"]), "-100010"),
    (v1("lt"), "-100010"),
    (v1("mergedDepth"), "-100013"),
    (v1("mergedDepth", dumpScale=3), "-100009"),
    (v1("mergedDepth", dumpScale=-1), "-100009"),
    (v1("mergedDepth", dumpScale=float("inf")), "-100009"),
]


@pytest.mark.parametrize(("request_", "code"), BAD_V1)
def test_v1_refusals(one: Raw, request_: Any, code: str) -> None:
    one.send(request_)
    answer = one.receive()
    assert list(answer) == ["code", "desc"]
    assert answer["code"] == code
    one.send({"ping": 1})
    assert "pong" in one.receive()


V2_KEYS = {
    "depth": ["s", "t", "v", "b", "a"],
    "kline": ["t", "s", "sn", "c", "h", "l", "o", "v"],
    "trade": ["v", "t", "p", "q", "m", "type"],
    "bookTicker": ["symbol", "bidPrice", "bidQty", "askPrice", "askQty", "time"],
    "realtimes": ["t", "s", "c", "h", "l", "o", "v", "qv", "m", "xp"],
}


@pytest.mark.parametrize("topic", list(V2_KEYS))
def test_v2_acknowledges_then_pushes_one_object(two: Raw, topic: str) -> None:
    kline = {"klineType": "1m"} if topic == "kline" else {}
    two.send(v2(topic, "ETHUSDT", **kline))
    params = {"symbol": "ETHUSDT", "binary": "false", **kline, "symbolName": "ETHUSDT"}
    ack = two.receive()
    assert ack == {"topic": topic, "event": "sub", "params": params, "code": "0", "msg": "Success"}
    for message in two.topic(topic, 3):
        assert list(message) == ["topic", "params", "data"]
        assert message["params"] == params
        assert list(message["data"]) == V2_KEYS[topic]
    two.send(v2(topic, "ETHUSDT", event="cancel", **kline))
    ack = two.until(lambda m: m.get("event") == "cancel")
    assert ack["code"] == "0"
    two.send({"ping": 1})
    assert "pong" in two.receive()


def test_v2_refusals(two: Raw) -> None:
    bad = [
        (v2("kline"), "-10008"),
        (v2("kline", klineType="7m"), "-10009"),
        (v2("depth", "BTCUSDT,ETHUSDT"), "-100010"),
        (v2("kline_1m"), "-10004"),
        (v2("depth", event="x"), "-10002"),
    ]
    for request_, code in bad:
        two.send(request_)
        assert two.receive()["code"] == code


def test_pong_is_the_exchanges_clock_never_an_echo() -> None:
    with Exchange(seed=1, clock_offset=100) as exchange:
        for path in (V1, V2):
            with Raw(exchange.url + path) as raw:
                raw.send({"ping": 5})
                pong = raw.receive()
                assert abs(pong["pong"] / 1000 - time.time() - 100) < 5


def test_kept_diff_depth_equals_depth_at_the_same_version(one: Raw) -> None:
    one.send(v1("depth"), v1("diffDepth"))
    kept: list[dict[str, str]] = [{}, {}]
    books: dict[str, Any] = {}
    compared = 0
    for message in one.collect(lambda m: is_push(m, "depth") or is_push(m, "diffDepth"), 80):
        record = message["data"][0]
        if message["topic"] == "depth":
            books.setdefault(record["v"], {})["depth"] = [dict(record["b"]), dict(record["a"])]
        else:
            if message["f"]:
                kept = [{}, {}]
            for side, changes in zip(kept, (record["b"], record["a"])):
                side.update(changes)
                for price in [price for price, size in changes if size == "0"]:
                    del side[price]
                assert len(side) == 200
            books.setdefault(record["v"], {})["kept"] = [dict(side) for side in kept]
        both = books[record["v"]]
        if len(both) == 2:
            assert both["depth"] == both["kept"]
            compared += 1
    assert compared > 20
