"""Every documented stream through the public methods, and the ways of asking for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support import CREDENTIALS, KEYS, Events, Inbox, commands, wait_until

from bybit_ws import InverseWebSocket, SpotWebSocket, events, spot
from bybit_ws.exceptions import SubscriptionError
from bybit_ws.simulator import Exchange

V1 = {"symbol", "symbolName", "topic", "params", "data", "f", "sendTime"}
V2 = {"topic", "params", "data"}
BOOK_V1 = {"e", "s", "t", "v", "b", "a", "o"}
LEVEL = {"price", "symbol", "id", "side", "size"}

SPOT = [  # stream, its arguments, the message's topic, its keys, the keys of its data
    ("trade_v1", ["BTCUSDT"], "trade", V1, {"v", "t", "p", "q", "m"}),
    ("realtimes_v1", ["BTCUSDT"], "realtimes", V1, {"t", "s", "c", "h", "l", "o", "v", "qv", "m", "xp"}),
    ("kline_v1", ["BTCUSDT", "1m"], "kline", V1, {"t", "s", "sn", "c", "h", "l", "o", "v"}),
    ("depth_v1", ["BTCUSDT"], "depth", V1, BOOK_V1),
    ("merged_depth_v1", ["BTCUSDT", 1], "mergedDepth", V1, BOOK_V1),
    ("diff_depth_v1", ["BTCUSDT"], "diffDepth", V1, {"t", "v", "b", "a"}),
    ("lt_v1", ["BTC3LUSDTNAV"], "lt", V1, {"t", "s", "nav", "b", "l", "loan", "ti", "n"}),
    ("depth_v2", ["BTCUSDT"], "depth", V2, {"s", "t", "v", "b", "a"}),
    ("kline_v2", ["BTCUSDT", "1m"], "kline", V2, {"t", "s", "sn", "c", "h", "l", "o", "v"}),
    ("trade_v2", ["BTCUSDT"], "trade", V2, {"v", "t", "p", "q", "m"}),
    ("book_ticker_v2", ["BTCUSDT"], "bookTicker", V2, {"symbol", "bidPrice", "bidQty", "askPrice", "askQty", "time"}),
    ("realtimes_v2", ["BTCUSDT"], "realtimes", V2, {"t", "s", "c", "h", "l", "o", "v", "qv", "m", "xp"}),
]
SPOT_PRIVATE = [  # stream, event, the event's keys
    ("outbound_account_info", "outboundAccountInfo", {"e", "E", "T", "W", "D", "B"}),
    ("execution_report", "executionReport", set("eEscSofqpXiMlzLnNuwmOZACvd")),
    ("stop_execution_report", "stop_executionReport", {*"eEscSofqpXiTtC", "qp", "eo"}),
    ("ticket_info", "ticketInfo", set("eEsqtpTocOaAmS")),
]
INVERSE = [  # stream, its arguments, the message's topic, the keys of (one row of) its data
    ("orderbook_25", ["BTCUSD"], "orderBookL2_25.BTCUSD", LEVEL),
    ("orderbook_200", ["BTCUSD"], "orderBook_200.100ms.BTCUSD", LEVEL),
    ("trade", ["BTCUSD"], "trade.BTCUSD", {"trade_time_ms", "symbol", "side", "size", "price", "trade_id"}),
    ("insurance", ["BTC"], "insurance.BTC", {"currency", "timestamp", "wallet_balance"}),
    ("instrument_info", ["BTCUSD"], "instrument_info.100ms.BTCUSD", {"symbol", "last_price", "mark_price"}),
    ("kline", ["BTCUSD", 1], "klineV2.1.BTCUSD", {"start", "end", "open", "close", "high", "low", "volume", "confirm"}),
    ("liquidation", ["BTCUSD"], "liquidation.BTCUSD", {"symbol", "side", "price", "qty", "time"}),
    ("position", [], "position", {"symbol", "size", "side", "entry_price", "liq_price", "leverage"}),
    ("execution", [], "execution", {"symbol", "side", "order_id", "exec_id", "price", "exec_qty", "leaves_qty"}),
    ("order", [], "order", {"order_id", "symbol", "side", "order_type", "price", "qty", "order_status"}),
    ("stop_order", [], "stop_order", {"order_id", "symbol", "side", "order_status", "trigger_price"}),
    ("wallet", [], "wallet", {"coin", "wallet_balance", "available_balance"}),
]


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=1, speed=30, credentials=CREDENTIALS) as running:
        yield running


@pytest.fixture
def alone() -> Iterator[Exchange]:
    """An exchange that nobody else talks to."""
    with Exchange(seed=2, speed=30) as running:
        yield running


def first(data: Any) -> Any:
    return data[0] if isinstance(data, list) else data


@pytest.mark.parametrize(("stream", "arguments", "topic", "keys", "fields"), SPOT, ids=[row[0] for row in SPOT])
def test_a_public_spot_stream_delivers_what_is_documented(
    exchange: Exchange, stream: str, arguments: list[Any], topic: str, keys: set[str], fields: set[str]
) -> None:
    box = Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client:
        subscription = getattr(client, f"{stream}_stream")(box, *arguments)
        assert subscription.wait(5)
        assert subscription.symbols == (arguments[0],)
        for message in box.wait(3):
            assert message["topic"] == topic
            assert set(message) >= keys
            assert set(first(message["data"])) >= fields
            assert (message.get("symbol") or message["params"]["symbol"]) == arguments[0]


def test_every_private_spot_stream_delivers_one_dict_per_call(exchange: Exchange) -> None:
    boxes = {event: Inbox() for _, event, _ in SPOT_PRIVATE}
    with SpotWebSocket(endpoint=exchange.url, **KEYS) as client:
        for stream, event, _ in SPOT_PRIVATE:
            assert getattr(client, f"{stream}_stream")(boxes[event]).symbols == ()
        for _, event, fields in SPOT_PRIVATE:
            for message in boxes[event].wait():
                assert type(message) is dict
                assert message["e"] == event
                assert set(message) >= fields


def test_every_inverse_stream_delivers_what_is_documented(exchange: Exchange) -> None:
    boxes = {stream: Inbox() for stream, *_ in INVERSE}
    with InverseWebSocket(endpoint=exchange.url, **KEYS) as client:
        for stream, arguments, _, _ in INVERSE:
            getattr(client, f"{stream}_stream")(boxes[stream], *arguments)
        for stream, _, topic, fields in INVERSE:
            for message in boxes[stream].wait(timeout=10):
                assert message["topic"] == topic
                assert set(first(message["data"])) >= fields, stream


@pytest.mark.parametrize(
    "symbols",
    [
        ["BTCUSDT", "ETHUSDT"],
        ("BTCUSDT", "ETHUSDT"),
        "BTCUSDT,ETHUSDT",
        {"BTCUSDT": 1, "ETHUSDT": 2},
        (symbol for symbol in ("BTCUSDT", "ETHUSDT")),
        ["BTCUSDT", "ETHUSDT", "BTCUSDT"],
    ],
    ids=["list", "tuple", "joined", "dict", "generator", "doubled"],
)
def test_symbols_can_be_any_iterable_of_str(exchange: Exchange, symbols: Any) -> None:
    box = Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client:
        subscription = client.depth_v1_stream(box, symbols)
        assert subscription.symbols == ("BTCUSDT", "ETHUSDT")
        assert subscription.topic == "depth"
        assert client.subscriptions == [("depth", "BTCUSDT"), ("depth", "ETHUSDT")]
        assert subscription.wait(5)
    assert {message["symbol"] for message in box} == {"BTCUSDT", "ETHUSDT"}


def test_pybits_keyword_arguments_are_understood(exchange: Exchange) -> None:
    boxes = [Inbox() for _ in range(5)]
    with SpotWebSocket(endpoint=exchange.url) as client, InverseWebSocket(endpoint=exchange.url) as inverse:
        client.trade_v1_stream(callback=boxes[0], symbol="BTCUSDT")
        client.kline_v2_stream(callback=boxes[1], symbol=["ETHUSDT"], interval="5m")
        client.merged_depth_v1_stream(symbols="BTCUSDT", dump_scale="1", callback=boxes[2])
        inverse.kline_stream(callback=boxes[3], symbol="BTCUSD|ETHUSD", interval="1")
        inverse.orderbook_25_stream(boxes[4], symbol="BTCUSD")
        for box in boxes:
            box.wait()
    assert boxes[1][0]["params"]["klineType"] == "5m"


def test_pipe_joined_symbols_are_several_on_inverse(exchange: Exchange) -> None:
    box = Inbox()
    with InverseWebSocket(endpoint=exchange.url) as client:
        subscription = client.instrument_info_stream(box, "BTCUSD|ETHUSD")
        assert subscription.symbols == ("BTCUSD", "ETHUSD")
        assert subscription.wait(5)


@pytest.mark.parametrize("arguments", [(), ("*",), (["*"],)], ids=["nothing", "star", "listed star"])
def test_all_symbols_of_an_inverse_topic(exchange: Exchange, arguments: tuple[Any, ...]) -> None:
    box = Inbox()
    with InverseWebSocket(endpoint=exchange.url) as client:
        subscription = client.trade_stream(box, *arguments)
        assert subscription.symbols == ("*",)
        assert subscription.wait(5)
        assert wait_until(lambda: {"trade.BTCUSD", "trade.ETHUSD"} <= {message["topic"] for message in list(box)})


def test_every_inverse_topic_but_the_books_takes_all_symbols(exchange: Exchange) -> None:
    boxes = [Inbox() for _ in range(4)]
    with InverseWebSocket(endpoint=exchange.url) as client:
        client.insurance_stream(boxes[0])
        client.instrument_info_stream(boxes[1])
        client.kline_stream(boxes[2], interval=1)
        client.liquidation_stream(boxes[3])
        for box in boxes:
            box.wait(2, timeout=10)
        assert wait_until(lambda: {one["data"]["symbol"] for one in list(boxes[1])} >= {"BTCUSD", "ETHUSD", "EOSUSD"})
    assert all(one["type"] == "snapshot" and one["data"]["mark_price"] for one in boxes[1])


def test_an_exact_subscription_takes_its_symbol_and_the_star_gets_the_rest(exchange: Exchange) -> None:
    exact, rest = Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url) as client:
        client.trade_stream(rest)
        one = client.trade_stream(exact, "BTCUSD")
        assert one.wait(5)
        rest.clear()
        exact.more(3)
        rest.more(3)
        assert {message["topic"] for message in list(exact)} == {"trade.BTCUSD"}
        assert "trade.BTCUSD" not in {message["topic"] for message in list(rest)}
        one.unsubscribe()
        assert wait_until(lambda: "trade.BTCUSD" in {message["topic"] for message in list(rest)})


@pytest.mark.parametrize("stream", ["trade", "instrument_info"])
def test_giving_up_the_star_leaves_the_exact_subscription_alone(exchange: Exchange, stream: str) -> None:
    exact, rest = Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url) as client:
        star = getattr(client, f"{stream}_stream")(rest)
        assert star.wait(5)
        assert getattr(client, f"{stream}_stream")(exact, "BTCUSD").wait(5)
        star.unsubscribe()
        exact.more(20)
        rest.clear()
        exact.more(5)
        assert not rest


def test_the_star_after_an_exact_subscription(exchange: Exchange) -> None:
    exact, rest = Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url) as client:
        client.trade_stream(exact, "BTCUSD")
        client.trade_stream(rest, "*").wait(5)
        count = len(exact)
        exact.wait(count + 3)
        assert "trade.BTCUSD" not in {message["topic"] for message in list(rest)}


def test_v2_symbols_go_out_one_per_message(alone: Exchange) -> None:
    with SpotWebSocket(endpoint=alone.url) as client:
        assert client.depth_v2_stream(Inbox(), ["BTCUSDT", "ETHUSDT"]).wait(5)
        assert commands(alone) == [
            {"topic": "depth", "event": "sub", "params": {"symbol": symbol, "binary": False}}
            for symbol in ("BTCUSDT", "ETHUSDT")
        ]


def test_v1_symbols_go_out_joined_in_tens(alone: Exchange) -> None:
    names = [f"COIN{number}USDT" for number in range(23)]
    with SpotWebSocket(endpoint=alone.url) as client:
        client.trade_v1_stream(Inbox(), names)
        assert alone.wait_for(lambda: len(alone.received) >= 3)
        sent = commands(alone)[:3]
    assert [len(one["symbol"].split(",")) for one in sent] == [10, 10, 3]
    assert ",".join(one["symbol"] for one in sent) == ",".join(names)


def test_two_symbols_have_two_callbacks(exchange: Exchange) -> None:
    bitcoin, ether = Inbox(), Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client:
        client.diff_depth_v1_stream(bitcoin, "BTCUSDT")
        client.diff_depth_v1_stream(ether, "ETHUSDT")
        bitcoin.wait(3)
        ether.wait(3)
    assert {message["symbol"] for message in bitcoin} == {"BTCUSDT"}
    assert {message["symbol"] for message in ether} == {"ETHUSDT"}


@pytest.mark.parametrize("kind", ["v1", "v2", "inverse"])
def test_a_re_run_cell_sends_nothing_and_does_not_double(alone: Exchange, kind: str) -> None:
    old, new = Inbox(), Inbox()
    client: Any = (InverseWebSocket if kind == "inverse" else SpotWebSocket)(endpoint=alone.url)
    stream = {"v1": "depth_v1", "v2": "depth_v2", "inverse": "orderbook_25"}[kind]
    symbols = ["BTCUSD", "ETHUSD"] if kind == "inverse" else ["BTCUSDT", "ETHUSDT"]
    with client:
        former = getattr(client, f"{stream}_stream")(old, symbols)
        assert former.wait(5)
        sent = len(commands(alone))
        latter = getattr(client, f"{stream}_stream")(new, symbols[0])
        assert latter.wait(5)
        new.clear()
        new.more(3)
        assert len(commands(alone)) == sent
        assert former.symbols == (symbols[1],)
        assert len(client.subscriptions) == 2
        former.unsubscribe()
        new.more(3)
        assert client.subscriptions == [(former.topic, symbols[0])]
        former.unsubscribe(symbols[0])
        new.more(3)
        versions = [str(message.get("cross_seq") or first(message["data"])["v"]) for message in new]
        assert len(set(versions)) == len(versions), "delivered twice"


def test_two_intervals_and_two_scales_are_different_topics(exchange: Exchange) -> None:
    boxes = [Inbox() for _ in range(8)]
    with SpotWebSocket(endpoint=exchange.url) as client, InverseWebSocket(endpoint=exchange.url) as inverse:
        for at, interval in enumerate(("1m", "5m")):
            client.kline_v1_stream(boxes[at], "BTCUSDT", interval)
            client.kline_v2_stream(boxes[2 + at], "BTCUSDT", interval)
        for at, scale in enumerate((0, 1)):
            client.merged_depth_v1_stream(boxes[4 + at], "BTCUSDT", scale)
        for at, interval in enumerate((1, 5)):
            inverse.kline_stream(boxes[6 + at], "BTCUSD", interval)
        for box in boxes:
            box.wait(2)
    for at, interval in enumerate(("1m", "5m")):
        assert {one["params"]["klineType"] for one in boxes[at] + boxes[2 + at]} == {interval}
    for at, scale in enumerate(("0", "1")):
        assert {one["params"]["dumpScale"] for one in boxes[4 + at]} == {scale}
    for at, topic in enumerate(("klineV2.1.BTCUSD", "klineV2.5.BTCUSD")):
        assert {one["topic"] for one in boxes[6 + at]} == {topic}


def test_one_list_may_hold_symbols_of_both_callbacks_and_topics_stay_apart(exchange: Exchange) -> None:
    one, five = Inbox(), Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client:
        minute = client.kline_v1_stream(one, "BTCUSDT", "1m")
        client.kline_v1_stream(five, "BTCUSDT", "5m").wait(5)
        minute.unsubscribe()
        five.more(3)
        assert client.subscriptions == [("kline_5m", "BTCUSDT")]


def test_merge_false_delivers_what_the_wire_said(exchange: Exchange) -> None:
    pairs, levels, deep, record = (Inbox() for _ in range(4))
    with SpotWebSocket(endpoint=exchange.url) as client, InverseWebSocket(endpoint=exchange.url) as inverse:
        client.diff_depth_v1_stream(pairs, "BTCUSDT", merge=False)
        inverse.orderbook_25_stream(levels, "BTCUSD", merge=False)
        inverse.orderbook_200_stream(deep, "BTCUSD", merge=False)
        inverse.instrument_info_stream(record, "BTCUSD", merge=False)
        for box in (pairs, levels, deep, record):
            box.wait(3)
    assert [one["f"] for one in pairs[:3]] == [True, False, False]
    assert len(pairs[0]["data"][0]["b"]) == 200 > len(pairs[1]["data"][0]["b"])
    for box in (levels, deep, record):
        assert [one["type"] for one in box[:3]] == ["snapshot", "delta", "delta"]
        assert {"delete", "update", "insert"} <= set(box[1]["data"])


def test_merge_can_be_switched_by_a_newer_call(exchange: Exchange) -> None:
    raw, merged = Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url) as client:
        client.orderbook_25_stream(raw, "BTCUSD", merge=False)
        raw.wait(3)
        client.orderbook_25_stream(merged, "BTCUSD")
        merged.wait(3)
        assert all(one["type"] == "snapshot" and len(one["data"]) == 50 for one in list(merged))


def test_messages_are_the_callers_to_mutate_and_nothing_delivered_changes_later(exchange: Exchange) -> None:
    kept: list[Any] = []

    def mutate(message: dict[str, Any]) -> None:
        kept.append(repr(message))
        data = first(message["data"])
        if "b" in data:
            data["b"][0][0] = "0"
            del data["b"][1:], data["a"][:]
        else:
            data.clear()
            del message["data"]
        message.clear()

    fine = Events()
    options: Any = {"endpoint": exchange.url, "on_event": fine}
    with SpotWebSocket(**options) as client, InverseWebSocket(**options) as inverse:
        client.diff_depth_v1_stream(mutate, "BTCUSDT")
        inverse.orderbook_25_stream(mutate, "BTCUSD")
        inverse.orderbook_200_stream(mutate, "BTCUSD")
        inverse.instrument_info_stream(mutate, "BTCUSD")
        assert wait_until(lambda: len(kept) > 40)
    assert not fine.of(events.BookOutOfSync)
    assert not fine.of(events.CallbackFailed)
    assert not [text for text in kept if "'0'" in text[:200]]


def test_a_kept_message_never_changes(exchange: Exchange) -> None:
    kept: list[tuple[Any, str]] = []
    with SpotWebSocket(endpoint=exchange.url) as client, InverseWebSocket(endpoint=exchange.url) as inverse:
        client.diff_depth_v1_stream(lambda message: kept.append((message, repr(message))), "BTCUSDT")
        inverse.orderbook_25_stream(lambda message: kept.append((message, repr(message))), "BTCUSD")
        inverse.orderbook_200_stream(lambda message: kept.append((message, repr(message))), "BTCUSD", copy=False)
        inverse.instrument_info_stream(lambda message: kept.append((message, repr(message))), "BTCUSD")
        assert wait_until(lambda: len(kept) > 40)
    assert all(repr(message) == then for message, then in kept)


def test_copy_false_hands_out_shared_entries_in_a_fresh_list(exchange: Exchange) -> None:
    pairs, levels, copied = Inbox(), Inbox(), Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client, InverseWebSocket(endpoint=exchange.url) as inverse:
        client.diff_depth_v1_stream(pairs, "BTCUSDT", copy=False)
        inverse.orderbook_25_stream(levels, "BTCUSD", copy=False)
        inverse.orderbook_200_stream(copied, "BTCUSD")
        for box in (pairs, levels, copied):
            box.wait(3)
    one, other = (box["data"][0]["b"] for box in pairs[1:3])
    assert one is not other
    assert {id(entry) for entry in one} & {id(entry) for entry in other}
    assert levels[1]["data"] is not levels[2]["data"]
    assert {id(row) for row in levels[1]["data"]} & {id(row) for row in levels[2]["data"]}
    assert not {id(row) for row in copied[1]["data"]} & {id(row) for row in copied[2]["data"]}


def test_books_at_rest_equal_the_exchanges_own() -> None:
    with Exchange(seed=5, speed=20) as exchange:
        pairs, whole, near, deep, record = (Inbox() for _ in range(5))
        with SpotWebSocket(endpoint=exchange.url) as client, InverseWebSocket(endpoint=exchange.url) as inverse:
            client.diff_depth_v1_stream(pairs, ["BTCUSDT", "ETHUSDT"])
            client.depth_v1_stream(whole, "BTCUSDT")
            inverse.orderbook_25_stream(near, ["BTCUSD", "XRPUSD"])
            inverse.orderbook_200_stream(deep, "ETHUSD")
            inverse.instrument_info_stream(record, "BTCUSD")
            for box in (pairs, whole, near, deep, record):
                box.wait(40, timeout=15)
            exchange.pause()
            truth = exchange.truth
            for symbol in ("BTCUSDT", "ETHUSDT"):
                assert wait_until(lambda s=symbol: shown(last(pairs, s)) == truth.book(s, 200))
            assert wait_until(lambda: shown(last(whole, "BTCUSDT")) == truth.book("BTCUSDT", 200))
            for symbol in ("BTCUSD", "XRPUSD"):
                assert wait_until(lambda s=symbol: last(near, s)["data"] == truth.book(s, 25))
            assert wait_until(lambda: last(deep, "ETHUSD")["data"] == truth.book("ETHUSD", 200))
            assert wait_until(lambda: record[-1]["data"] == truth.ticker("BTCUSD"))


def last(box: Inbox, symbol: str) -> Any:
    return next(one for one in reversed(list(box)) if symbol in (one.get("symbol"), one["topic"].rpartition(".")[2]))


def shown(message: Any) -> Any:
    return {side: message["data"][0][side] for side in ("b", "a")}


def test_books_are_sorted_as_the_contract_says(exchange: Exchange) -> None:
    pairs, levels = Inbox(), Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client, InverseWebSocket(endpoint=exchange.url) as inverse:
        client.diff_depth_v1_stream(pairs, "BTCUSDT")
        inverse.orderbook_200_stream(levels, "EOSUSD")
        pairs.wait(10)
        levels.wait(10)
    for message in pairs:
        bids, asks = ([float(price) for price, _ in message["data"][0][side]] for side in ("b", "a"))
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
    for message in levels:
        assert message["type"] == "snapshot"
        sides = [row["side"] for row in message["data"]]
        assert sides == sorted(sides), "bids, then asks"
        for side in ("Buy", "Sell"):
            prices = [float(row["price"]) for row in message["data"] if row["side"] == side]
            assert prices == sorted(prices)


def test_custom_topics_on_inverse(exchange: Exchange) -> None:
    boxes = [Inbox() for _ in range(5)]
    with InverseWebSocket(endpoint=exchange.url, **KEYS) as client:
        several = client.custom_topic_stream("trade.BTCUSD|ETHUSD", boxes[0])
        client.custom_topic_stream("klineV2.1.*", boxes[1])
        client.custom_topic_stream("wallet", boxes[2])
        client.custom_topic_stream("orderBookL2_25.BTCUSD", boxes[3])
        client.custom_topic_stream("liquidation", boxes[4])
        assert several.symbols == ("BTCUSD", "ETHUSD")
        for box in boxes:
            box.wait(2, timeout=10)
    assert all(one["type"] == "snapshot" and len(one["data"]) == 50 for one in boxes[3])


@pytest.mark.parametrize("topic", ["trade", "klineV2.1", "instrument_info.100ms", "insurance"])
def test_a_bare_public_topic_on_inverse_means_all_symbols(exchange: Exchange, topic: str) -> None:
    box = Inbox()
    with InverseWebSocket(endpoint=exchange.url) as client:
        every = client.custom_topic_stream(topic, box)
        assert (every.topic, every.symbols) == (topic, ("*",))
        assert wait_until(lambda: len({message["topic"] for message in box}) > 1, 10)


def test_custom_requests_on_spot_go_out_untouched(alone: Exchange) -> None:
    first_version = {"symbol": "BTCUSDT,ETHUSDT", "topic": "kline_15m", "event": "sub", "params": {}, "id": 7}
    second = {"event": "sub", "topic": "bookTicker", "params": {"symbol": "BTCUSDT", "binary": False}}
    boxes = [Inbox() for _ in range(3)]
    with SpotWebSocket(endpoint=alone.url, **KEYS) as client:
        kline = client.custom_topic_stream(first_version, boxes[0], spot.PUBLIC_V1_WSS)
        client.custom_topic_stream(topic=second, callback=boxes[1], wss_url=spot.PUBLIC_V2_WSS)
        client.custom_topic_stream({"topic": "ticketInfo"}, boxes[2], spot.PRIVATE_WSS)
        assert kline.symbols == ("BTCUSDT", "ETHUSDT")
        for box in boxes:
            box.wait(timeout=10)
        assert commands(alone)[:2] == [first_version, second]
        kline.unsubscribe("ETHUSDT")
        assert alone.wait_for(lambda: len(commands(alone)) == 3)
        assert commands(alone)[2] == {**first_version, "symbol": "ETHUSDT", "event": "cancel"}


def test_a_custom_url_is_any_of_that_socket(exchange: Exchange) -> None:
    box = Inbox()
    request = {"topic": "depth", "event": "sub", "params": {"symbol": "BTCUSDT", "binary": False}}
    with SpotWebSocket(endpoint=exchange.url) as client:
        client.custom_topic_stream(request, box, "wss://stream-testnet.bybit.com/spot/quote/ws/v2")
        box.wait()


def test_unsubscribing_gives_up_what_is_named_or_everything(alone: Exchange) -> None:
    box = Inbox()
    with SpotWebSocket(endpoint=alone.url) as client:
        subscription = client.trade_v1_stream(box, ["BTCUSDT", "ETHUSDT", "XRPUSDT"])
        assert subscription.wait(5)
        subscription.unsubscribe("ETHUSDT")
        assert subscription.symbols == ("BTCUSDT", "XRPUSDT")
        subscription.unsubscribe()
        subscription.unsubscribe()
        assert subscription.symbols == ()
        assert client.subscriptions == []
        box.clear()
        assert subscription.wait(0.1), "nothing is left to wait for"
        assert alone.wait_for(lambda: len(commands(alone)) == 3)
        assert [one["event"] for one in commands(alone)] == ["sub", "cancel", "cancel"]
        other = Inbox()
        client.depth_v1_stream(other, "BTCUSDT")
        other.wait(3)
        assert not box, "unsubscribed, and yet called"
        assert client.is_connected()


def test_waiting_ends_at_the_timeout(alone: Exchange) -> None:
    with InverseWebSocket(endpoint=alone.url) as client:
        alone.go_silent()
        client.liquidation_stream(Inbox(), "BTCUSD").wait(5)
        alone.go_silent()
        assert client.trade_stream(Inbox(), "BTCUSD").wait(0.05) is False
        alone.speak()


@pytest.mark.parametrize(
    ("stream", "good", "bad"),
    [
        ("trade_v1", ["BTCUSDT", "ETHUSDT"], "NOPEUSDT"),
        ("depth_v2", ["BTCUSDT", "ETHUSDT"], "NOPEUSDT"),
        ("orderbook_25", ["BTCUSD", "ETHUSD"], "NOPEUSD"),
    ],
)
def test_a_refused_symbol_is_set_aside_and_the_others_live(
    alone: Exchange, stream: str, good: list[str], bad: str
) -> None:
    seen, box = Events(), Inbox()
    kind: Any = InverseWebSocket if stream == "orderbook_25" else SpotWebSocket
    with kind(endpoint=alone.url, on_event=seen) as client:
        subscription = getattr(client, f"{stream}_stream")(box, [good[0], bad, good[1]])
        with pytest.raises(SubscriptionError, match=bad):
            subscription.wait(10)
        rejected = seen.first(events.Rejected)
        assert (rejected.topic, rejected.symbols) == (subscription.topic, (bad,))
        assert rejected.reason
        assert subscription.symbols == tuple(good)
        assert client.subscriptions == [(subscription.topic, symbol) for symbol in good]
        box.clear()
        assert wait_until(lambda: bad not in repr(box) and all(symbol in repr(list(box)) for symbol in good))


def test_a_refusal_of_small_letters_says_what_may_be_meant(alone: Exchange) -> None:
    seen = Events()
    with InverseWebSocket(endpoint=alone.url, on_event=seen) as client:
        for wanted in (client.trade_stream(None, "btcusd"), client.book("btcusd")):
            with pytest.raises(SubscriptionError, match=r"btcusd: .*\(did you mean 'BTCUSD'\?\)$"):
                wanted.wait(10)
        assert seen.first(events.Rejected).reason.endswith("(did you mean 'BTCUSD'?)")


def test_a_refused_symbol_is_not_asked_for_after_a_reconnect(alone: Exchange) -> None:
    seen, box = Events(), Inbox()
    with InverseWebSocket(endpoint=alone.url, on_event=seen) as client:
        with pytest.raises(SubscriptionError):
            client.trade_stream(box, ["BTCUSD", "NOPEUSD"]).wait(5)
        before = len(commands(alone))
        alone.drop()
        seen.first(events.Reconnected)
        assert alone.wait_for(lambda: len(commands(alone)) > before)
        assert commands(alone)[before]["args"] == ["trade.BTCUSD"]


def test_confirmed_subscriptions_are_reported(exchange: Exchange) -> None:
    seen = Events()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client, InverseWebSocket(
        endpoint=exchange.url, on_event=seen
    ) as inverse:
        client.depth_v1_stream(Inbox(), "BTCUSDT")
        client.depth_v2_stream(Inbox(), "BTCUSDT")
        inverse.trade_stream(Inbox(), "BTCUSD")
        seen.first(events.Subscribed, 3)
    assert {(one.socket, one.topic, one.symbols) for one in seen.of(events.Subscribed)} == {
        ("public_v1", "depth", ("BTCUSDT",)),
        ("public_v2", "depth", ("BTCUSDT",)),
        ("realtime", "trade", ("BTCUSD",)),
    }


def test_binary_frames_are_inflated() -> None:
    with Exchange(seed=1, speed=20) as exchange, SpotWebSocket(endpoint=exchange.url, binary=True) as client:
        box, seen = Inbox(), Inbox()
        client.diff_depth_v1_stream(box, "BTCUSDT")
        client.depth_v2_stream(seen, "BTCUSDT")
        assert box.wait(3)[2]["params"]["binary"] == "true"
        seen.wait()
        assert [one["params"]["binary"] for one in commands(exchange)] == [True, False]


def test_any_callable_will_do(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    class Bot:
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def on_depth(self, message: Any) -> None:
            self.seen.append(message)

    bot, appended = Bot(), []
    with SpotWebSocket(endpoint=exchange.url) as client:
        client.book_ticker_v2_stream(print, "BTCUSDT")
        client.book_ticker_v2_stream(bot.on_depth, "ETHUSDT")
        client.book_ticker_v2_stream(appended.append, "XRPUSDT")
        assert wait_until(lambda: bot.seen and appended)
        assert wait_until(lambda: "'bookTicker'" in capsys.readouterr().out)
