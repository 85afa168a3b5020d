from __future__ import annotations

import json
from typing import Any

import pytest

from bybit_ws._dialects import BATCH, MALFORMED, Ack, AuthReply, Ignored, Pong, Refusal, Unknown, inverse
from bybit_ws._topics import BY_STREAM

BOOK, POSITION = BY_STREAM["orderbook_200"].topic(), BY_STREAM["position"].topic()


def test_ten_topics_go_out_in_a_request() -> None:
    wanted = [(BOOK, f"S{i}") for i in range(BATCH)] + [(POSITION, "")]
    (first, keys), (second, rest) = inverse.requests(wanted)
    assert json.loads(first) == {"op": "subscribe", "args": [f"orderBook_200.100ms.S{i}" for i in range(BATCH)]}
    assert second == '{"op":"subscribe","args":["position"]}'
    assert [*keys, *rest] == [(topic.name, symbol) for topic, symbol in wanted]
    assert [json.loads(text)["op"] for text in inverse.cancels(wanted)] == ["unsubscribe"] * 2


def test_a_snapshot_comes_again_only_after_the_topic_was_given_up() -> None:
    assert inverse.renewals(BOOK, "A") == [
        '{"op":"unsubscribe","args":["orderBook_200.100ms.A"]}',
        '{"op":"subscribe","args":["orderBook_200.100ms.A"]}',
    ]


def test_heartbeat_and_authentication_are_the_documented_ones() -> None:
    assert inverse.ping(5) == '{"op":"ping"}'
    assert inverse.auth("KEY", 1662350400000, "SIGNATURE") == '{"op":"auth","args":["KEY",1662350400000,"SIGNATURE"]}'


@pytest.mark.parametrize("stream", [row.stream for row in BY_STREAM.values() if row.socket.name == "realtime"])
def test_an_argument_and_its_key_are_the_same_both_ways(stream: str) -> None:
    row = BY_STREAM[stream]
    topic, symbol = row.topic("D"), "BTCUSD" if row.symbols else ""
    assert inverse.split(inverse.arg_of(topic, symbol)) == (topic.name, symbol)


def reply(success: Any, words: str = "", **request: Any) -> dict[str, Any]:
    return {"success": success, "ret_msg": words, "conn_id": "95a3336b", "request": request}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"topic": "klineV2.1.BTCUSD", "data": []}, ("klineV2.1", "BTCUSD")),
        ({"topic": "position", "data": [], "action": "update"}, ("position", "")),
        ({"topic": "trade.BTCUSD"}, Unknown("push without data")),
        (reply(True, op="subscribe", args=["trade.A", "position"]), Ack((("trade", "A"), ("position", "")))),
        (reply(False, "error:no", op="subscribe", args=["trade.*"]), Refusal((("trade", "*"),), "error:no")),
        (reply(True, op="unsubscribe", args=["trade.A"]), Ignored()),
        (reply(False, "error:no", op="unsubscribe", args=["trade.A"]), Ignored()),
        (reply(True, "pong", op="ping", args=None), Pong(None)),
        (reply(True, op="auth", args=["KEY", "1", "SIG"]), AuthReply(True, "refused")),
        (reply(False, "error:USVC1111", op="auth"), AuthReply(False, "error:USVC1111")),
        (reply("true", op="auth"), AuthReply(False, "refused")),
        (reply(False, "error:invalid op", op="", args=None), Refusal((), "error:invalid op")),
        (reply(True, op="other"), Unknown("acknowledgement")),
        ({"success": True, "request": None}, Unknown("acknowledgement")),
        (reply(True, op="subscribe", args=None), Ack(())),
        ({}, Unknown("message")),
    ],
)
def test_every_message_has_its_meaning(message: dict[str, Any], said: object) -> None:
    found = inverse.read(message)
    assert (type(found), found) == (type(said), said)


@pytest.mark.parametrize("message", [None, 5, {"topic": 5, "data": []}, {"success": True, "request": "x"}])
def test_what_has_a_wrong_shape_is_malformed(message: Any) -> None:
    with pytest.raises(MALFORMED):
        inverse.read(message)
