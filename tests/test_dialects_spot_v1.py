from __future__ import annotations

import json
from typing import Any

import pytest
from talk import Talk, compact, ignore

from bybit_ws._dialects import BATCH, MALFORMED, Ack, Ignored, Pong, Refusal, Unknown, spot_v1
from bybit_ws._streams import Stream
from bybit_ws._topics import BY_STREAM, Key, Topic


def custom(**request: Any) -> Topic:
    """A topic as ``custom_topic_stream`` makes it, spelled with blanks that must survive."""
    return Topic(request["topic"], request["topic"], (), None, json.dumps(request))


MINE = {"topic": "mine", "event": "sub", "symbol": "A,B", "limit": 5, "params": {"binary": False}}


def test_symbols_of_one_topic_go_out_together_ten_at_a_time() -> None:
    trade, depth = BY_STREAM["trade_v1"].topic(), BY_STREAM["depth_v1"].topic()
    wanted = [(topic, f"S{i}") for i in range(BATCH + 2) for topic in (trade, depth)]
    requests = [(json.loads(text), keys) for text, keys in spot_v1.requests(wanted)]
    assert [(said["topic"], len(said["symbol"].split(","))) for said, _ in requests] == [
        ("trade", BATCH),
        ("trade", 2),
        ("depth", BATCH),
        ("depth", 2),
    ]
    for said, keys in requests:
        assert keys == tuple((said["topic"], symbol) for symbol in said["symbol"].split(","))
    assert len(spot_v1.cancels(wanted)) == 4


def test_a_renewal_is_a_second_subscription() -> None:
    (text,) = spot_v1.renewals(BY_STREAM["diff_depth_v1"].topic(), "A", True)
    assert json.loads(text) == {"symbol": "A", "topic": "diffDepth", "event": "sub", "params": {"binary": True}}


def test_heartbeats_are_json() -> None:
    assert spot_v1.ping(1535975085052) == '{"ping":1535975085052}'


def test_a_public_socket_takes_no_credentials() -> None:
    with pytest.raises(NotImplementedError):
        spot_v1.auth("key", 1, "signature")


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ({"symbol": "A", "topic": "trade", "params": {"binary": "false"}}, ("trade", "A")),
        ({"symbol": "A", "topic": "kline", "params": {"klineType": "15m"}}, ("kline_15m", "A")),
        ({"symbol": "A", "topic": "mergedDepth", "params": {"dumpScale": "1"}}, ("mergedDepth_1", "A")),
        ({"symbolName": "A", "topic": "realtimes", "params": {}}, ("realtimes", "A")),
        ({"symbol": "A", "topic": "trade", "params": {}, "event": "sub", "code": "0"}, ("trade", "A")),
    ],
)
def test_data_is_a_push_of_its_topic_parameter_and_symbol(message: dict[str, Any], key: Key) -> None:
    assert spot_v1.read({**message, "data": [], "f": False}) == key


@pytest.mark.parametrize(
    ("data", "symbol"),
    [
        ({"e": "bookTicker", "s": "BTC-SWAP-USDT", "b": "86158.3", "a": "86158.4"}, "BTC-SWAP-USDT"),
        ({"exchangeId": 301, "symbolId": "BTC-SWAP-USDT", "price": "86158.3", "time": 1790113458000}, "BTC-SWAP-USDT"),
        ([{"s": "A", "b": "1"}], "A"),
    ],
)
def test_a_symbol_that_only_the_data_names_is_found_there(data: Any, symbol: str) -> None:
    message = {"topic": "bookTicker", "params": {"realtimeInterval": "24h"}, "data": data, "f": False, "sendTime": 1}
    assert spot_v1.read(message) == ("bookTicker", symbol)


def test_each_symbol_gets_its_own_where_only_the_data_names_it() -> None:
    talk, topic = Talk(spot_v1), custom(topic="bookTicker", event="sub", symbol="A,B")
    owner = talk.want("trade_v1", "X")
    talk.session.subscribe([Stream(topic, symbol, ignore, owner, True, True) for symbol in ("A", "B")])
    frame = {"topic": "bookTicker", "params": {}, "f": False, "sendTime": 1}
    first = {"symbol": "A", "topic": "bookTicker", "params": {}, "data": [], "f": True, "sendTime": 1}
    updates = [{**frame, "data": {"s": symbol, "b": price}} for symbol, price in (("B", "1"), ("A", "2"), ("B", "3"))]
    keys = [key for key, _ in talk.hear(first, *updates)]
    assert keys == [("bookTicker", symbol) for symbol in "ABAB"]
    assert [event for event in talk.told if type(event).__name__ == "UnknownMessage"] == []


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            {"topic": "trade", "event": "sub", "symbol": "A,B", "params": {"binary": "false"}, "code": "0"},
            Ack((("trade", "A"), ("trade", "B"))),
        ),
        ({"topic": "kline_1m", "event": "sub", "symbol": "A", "code": 0}, Ack((("kline_1m", "A"),))),
        ({"topic": "trade", "event": "cancel", "symbol": "A", "code": "0"}, Ignored()),
        ({"topic": "trade", "event": "cancel", "symbol": "A", "code": "-1"}, Unknown("acknowledgement")),
        ({"topic": "trade", "event": "cancel_all", "code": "0"}, Unknown("acknowledgement")),
        ({"topic": "trade", "event": "sub", "code": "-1", "msg": "no"}, Refusal(None, "no (code -1)", "trade")),
        ({"event": "sub", "code": "-1"}, Refusal(None, "refused (code -1)", "")),
        ({"code": "-100010", "desc": "Invalid Symbols!"}, Refusal(None, "Invalid Symbols! (code -100010)")),
        ({"code": "-1", "desc": "no", "topic": "depth"}, Refusal(None, "no (code -1)", "depth")),
        ({"pong": 1535975085152}, Pong(1535975085152)),
        ({"pong": "1535975085152"}, Pong(1535975085152)),
        ({"ping": 5}, Ignored()),
        ({"hello": 5}, Unknown("message")),
    ],
)
def test_what_is_no_data_is_control(message: dict[str, Any], said: object) -> None:
    found = spot_v1.read(message)
    assert (type(found), found) == (type(said), said)


@pytest.mark.parametrize(
    "message",
    [
        *(None, 5, "pong", {"data": []}, {"event": "sub"}, {"pong": None}),
        *({"topic": "bookTicker", "params": {}, "data": data} for data in ([], {}, "text", None, [{"b": "1"}])),
    ],
)
def test_what_has_a_wrong_shape_is_malformed(message: Any) -> None:
    with pytest.raises(MALFORMED):
        spot_v1.read(message)


def test_a_request_of_the_users_own_goes_out_untouched() -> None:
    topic = custom(**MINE)
    assert spot_v1.requests([(topic, "A"), (topic, "B")]) == [(json.dumps(MINE), (("mine", "A"), ("mine", "B")))]


def test_it_is_changed_only_to_name_other_symbols_or_to_cancel() -> None:
    topic = custom(**MINE)
    ((text, _),) = spot_v1.requests([(topic, "B")])
    assert text == compact({**MINE, "symbol": "B"})
    assert spot_v1.cancels([(topic, "A")]) == [compact({**MINE, "symbol": "A", "event": "cancel"})]
    assert spot_v1.renewals(topic, "A") == [compact({**MINE, "symbol": "A"})]


def test_symbols_may_stand_in_the_parameters() -> None:
    topic = custom(topic="mine", event="sub", params={"symbol": "A"})
    assert spot_v1.requests([(topic, "A")])[0][0] == topic.request
    assert spot_v1.cancels([(topic, "A")]) == ['{"topic":"mine","event":"cancel","params":{"symbol":"A"}}']


def test_the_refused_symbol_of_the_users_own_request_takes_no_other_along() -> None:
    talk, topic = Talk(spot_v1), custom(**{**MINE, "symbol": "GOOD,BAD"})
    owner = talk.want("lt_v1", "X")
    talk.session.subscribe([Stream(topic, symbol, ignore, owner, True, True) for symbol in ("GOOD", "BAD")])
    talk.hear({"symbol": "X", "topic": "lt", "params": {}, "data": []})
    talk.hear({"code": "-100010", "desc": "Invalid Symbols!"})
    assert talk.sent[-1]["symbol"] == "GOOD,BAD"
    talk.wait(1)
    assert [text["symbol"] for text in talk.sent] == ["GOOD"]
    talk.wait(3)
    assert [text["symbol"] for text in talk.sent] == ["BAD"]
    talk.hear({"code": "-100010", "desc": "Invalid Symbols!"})
    assert talk.wanted == [("lt", "X"), ("mine", "GOOD")]
    talk.reconnect()
    assert [text["symbol"] for text in talk.sent] == ["X", "GOOD"]
