"""The inverse socket: every topic's shape, filters, refusals, order of acks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from test_simulator_raw import REALTIME, Raw, auth, is_push, subscribe

from bybit_ws.simulator import Exchange

SYMBOLS = {"BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD", "BTCUSDZ26"}
BOOKS = {"orderBookL2_25": 25, "orderBook_200.100ms": 200}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=7, speed=20) as running:
        yield running


@pytest.fixture
def raw(exchange: Exchange) -> Iterator[Raw]:
    with Raw(exchange.url + REALTIME) as client:
        yield client


def apply(book: dict[Any, Any], delta: dict[str, Any]) -> None:
    for row in delta["delete"]:
        assert list(row) == ["price", "symbol", "id", "side"]
        del book[row["side"], row["price"]]
    for row in delta["update"]:
        assert (row["side"], row["price"]) in book
        book[row["side"], row["price"]] = row
    for row in delta["insert"]:
        assert (row["side"], row["price"]) not in book
        book[row["side"], row["price"]] = row


@pytest.mark.parametrize("name", list(BOOKS))
def test_books_come_as_cached_snapshot_then_deltas_then_ack(exchange: Exchange, raw: Raw, name: str) -> None:
    topic, levels = f"{name}.BTCUSD", BOOKS[name]
    raw.send(subscribe(topic))
    before: list[Any] = []
    while "success" not in (message := raw.receive()):
        before.append(message)
    assert [m["type"] for m in before[:2]] == ["snapshot", "delta"]
    snapshot = before[0]
    assert list(snapshot) == ["topic", "type", "data", "cross_seq", "timestamp_e6"]
    rows = snapshot["data"]
    assert list(rows[0]) == ["price", "symbol", "id", "side", "size"]
    prices = [float(row["price"]) for row in rows]
    assert prices == sorted(prices)
    assert [row["side"] for row in rows] == ["Buy"] * levels + ["Sell"] * levels
    assert rows[0]["id"] == round(prices[0] * 10_000)
    book = {(row["side"], row["price"]): row for row in rows}
    seq = snapshot["cross_seq"]
    for message in before[1:] + raw.topic(topic, 30):
        assert message["type"] == "delta"
        assert list(message["data"]) == ["delete", "update", "insert", "transactTimeE6"]
        assert message["cross_seq"] > seq
        assert message["timestamp_e6"] % 20_000 == 0
        seq = message["cross_seq"]
        apply(book, message["data"])
        bids = [float(price) for side, price in book if side == "Buy"]
        asks = [float(price) for side, price in book if side == "Sell"]
        assert [len(bids), len(asks)] == [levels, levels]
        assert max(bids) < min(asks)


def test_books_at_rest_equal_the_truth(raw: Raw, exchange: Exchange) -> None:
    topics = [f"{name}.{symbol}" for name in BOOKS for symbol in ("ETHUSD", "XRPUSD")]
    books: dict[str, Any] = {}
    raw.send(subscribe(*topics))
    exchange.pause()
    try:
        truth = {t: exchange.truth.book(t.split(".")[-1], BOOKS[t.rpartition(".")[0]]) for t in topics}

        def keep(message: Any) -> bool:
            if message.get("type") == "snapshot":
                books[message["topic"]] = {(r["side"], r["price"]): r for r in message["data"]}
            elif message.get("type") == "delta":
                apply(books[message["topic"]], message["data"])
            key = lambda row: (row["side"], float(row["price"]))  # noqa: E731
            return {t: sorted(book.values(), key=key) for t, book in books.items()} == truth

        raw.until(keep)
    finally:
        exchange.resume()


def test_trades_have_no_backlog_and_are_the_truth(exchange: Exchange, raw: Raw) -> None:
    raw.send(subscribe("trade.BTCUSD"))
    assert raw.receive()["success"] is True
    messages = raw.topic("trade.BTCUSD", 10)
    got = [row for message in messages for row in message["data"]]
    truth = exchange.truth.trades("BTCUSD")
    start = truth.index(got[0])
    assert start >= 60
    assert truth[start : start + len(got)] == got
    for row in got:
        assert row["timestamp"].endswith(".000Z")
        assert isinstance(row["price"], (int, float))
        assert isinstance(row["size"], int)
    assert all(list(message) == ["topic", "data"] for message in messages)


def test_instrument_info_is_a_snapshot_then_changed_keys(raw: Raw) -> None:
    topic = "instrument_info.100ms.BTCUSD"
    raw.send(subscribe(topic))
    first, *deltas = raw.topic(topic, 8)
    assert first["type"] == "snapshot"
    record = first["data"]
    assert record["last_price_e4"] == round(float(record["last_price"]) * 10_000)
    for delta in deltas:
        assert [delta["data"]["delete"], delta["data"]["insert"]] == [[], []]
        (update,) = delta["data"]["update"]
        assert {"id", "symbol", "cross_seq", "created_at", "updated_at"} < set(update)
        changed = set(update) - {"id", "symbol", "cross_seq", "created_at", "updated_at"}
        assert all(record[key] != update[key] for key in changed)
        record.update(update)


def test_the_other_public_topics(raw: Raw) -> None:
    raw.send(subscribe("klineV2.1.EOSUSD", "liquidation.BTCUSD", "insurance.BTC"))
    kline = raw.until(lambda m: is_push(m, "klineV2.1.EOSUSD"))
    (candle,) = kline["data"]
    assert candle["end"] - candle["start"] == 60
    assert [candle["confirm"], candle["timestamp"]] == [False, str(kline["timestamp_e6"])]
    liquidation = raw.until(lambda m: is_push(m, "liquidation.BTCUSD"))["data"]
    assert list(liquidation) == ["symbol", "side", "price", "qty", "time"]
    (fund,) = raw.until(lambda m: is_push(m, "insurance.BTC"))["data"]
    assert list(fund) == ["currency", "timestamp", "wallet_balance"]


def test_a_closed_candle_is_confirmed(raw: Raw) -> None:
    raw.send(subscribe("klineV2.1.*"))
    done = raw.until(lambda m: "topic" in m and m["data"][0]["confirm"])
    following = raw.until(lambda m: m.get("topic") == done["topic"])
    assert following["data"][0]["start"] == done["data"][0]["end"]


@pytest.mark.parametrize("arg", ["trade.*", "trade", "instrument_info.100ms.*", "klineV2.1.*", "liquidation"])
def test_all_symbols(raw: Raw, arg: str) -> None:
    raw.send(subscribe(arg))
    seen = set()
    raw.until(lambda m: seen.add(m.get("topic", ".").split(".")[-1]) or seen >= SYMBOLS)


def test_pipes_and_bare_insurance(raw: Raw) -> None:
    raw.send(subscribe("trade.BTCUSD|XRPUSD", "insurance"))
    seen = set()
    raw.until(
        lambda m: seen.add(m.get("topic"))
        or seen >= {"trade.BTCUSD", "trade.XRPUSD", "insurance.BTC", "insurance.EOS"}
    )
    assert not {topic for topic in seen if topic and topic.startswith("trade.E")}


BAD = [
    (subscribe("orderBookL2_25.*"), "error:unknown topic:orderBookL2_25.*"),
    (subscribe("orderBook_200.100ms"), "error:unknown topic:orderBook_200.100ms"),
    (subscribe("trade.BTCUSD", "trade.NOPE"), "error:unknown topic:trade.NOPE"),
    (subscribe("klineV2.7.BTCUSD"), "error:unknown topic:klineV2.7.BTCUSD"),
    (subscribe("position"), "error:topic:position needs auth first"),
]


@pytest.mark.parametrize(("request_", "message"), BAD)
def test_refusals_concern_the_whole_request(raw: Raw, request_: Any, message: str) -> None:
    raw.send(request_)
    answer = raw.receive()
    assert list(answer) == ["success", "ret_msg", "conn_id", "request"]
    assert [answer["success"], answer["ret_msg"]] == [False, message]
    assert answer["request"] == request_
    raw.send({"op": "ping"})
    pong = raw.receive()
    assert pong["conn_id"] == answer["conn_id"]
    assert [pong["ret_msg"], pong["request"]] == ["pong", {"op": "ping", "args": None}]


@pytest.mark.parametrize("request_", ["nonsense", "[]", {"op": "unknown"}, {"args": []}])
def test_invalid_op(raw: Raw, request_: Any) -> None:
    raw.send(request_)
    answer = raw.receive()
    assert [answer["ret_msg"], answer["request"]] == ["error:invalid op", {"op": "", "args": None}]


def test_unsubscribe_with_and_without_filter(raw: Raw) -> None:
    raw.send(subscribe("trade", "liquidation.BTCUSD"))
    raw.topic("trade.BTCUSD")
    raw.send({"op": "unsubscribe", "args": ["trade.BTCUSD"]})
    raw.until(lambda m: m.get("request", {}).get("op") == "unsubscribe")
    others = raw.collect(lambda m: m["topic"].startswith("trade"), 20)
    assert "trade.BTCUSD" not in {message["topic"] for message in others}
    raw.send({"op": "unsubscribe", "args": ["trade", "orderBookL2_25"]})
    raw.until(lambda m: m.get("request", {}).get("op") == "unsubscribe")
    raw.topic("liquidation.BTCUSD", 2)


def test_private_topics_agree_with_each_other(exchange: Exchange, raw: Raw) -> None:
    raw.send(auth(), subscribe("position", "execution", "order", "stop_order", "wallet"))
    orders: dict[str, Any] = {}
    seen = set()
    fills = 0

    def look(message: Any) -> bool:
        nonlocal fills
        row = message["data"][0] if "data" in message else {}
        seen.add((message.get("topic"), row.get("order_status")))
        if message.get("topic") == "execution":
            fills += 1
            assert orders[row["order_id"]]["leaves_qty"] == row["leaves_qty"] + row["exec_qty"]
        elif message.get("topic") == "order":
            known = orders.get(row["order_id"])
            assert row["order_status"] != "New" or known is None
            assert row["qty"] == row["cum_exec_qty"] + row["leaves_qty"] or row["order_status"] == "Cancelled"
            orders[row["order_id"]] = row
        elif message.get("topic") == "position":
            assert row["side"] == ("Buy" if row["size"] else "None")
        wanted = {("order", "New"), ("order", "PartiallyFilled"), ("order", "Filled"), ("wallet", None)}
        wanted |= {("position", None), ("execution", None), ("stop_order", "Untriggered")}
        wanted |= {("stop_order", "Triggered"), ("stop_order", "Deactivated"), ("order", "Cancelled")}
        return seen >= wanted

    # The stream may be joined in mid-order: look from the first New order on.
    raw.until(lambda m: m.get("topic") == "order" and m["data"][0]["order_status"] == "New" and not look(m))
    raw.until(look)
    assert fills


def test_asking_again_for_what_comes_already_loses_nothing_of_it() -> None:
    ids: list[str] = []
    with Exchange(seed=7, speed=3) as exchange, Raw(exchange.url + REALTIME) as raw:
        raw.send(subscribe("trade.BTCUSD"))
        while len(ids) < 60:
            raw.send(*[subscribe("trade.*")] * 5)
            ids += [trade["trade_id"] for message in raw.topic("trade.BTCUSD", 1) for trade in message["data"]]
        everything = [trade["trade_id"] for trade in exchange.truth.trades("BTCUSD")]
    assert ids == everything[everything.index(ids[0]) :][: len(ids)]
