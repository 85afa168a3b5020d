from __future__ import annotations

import json
from typing import Any

import pytest

from bybit_ws._dialects import MALFORMED, Ack, Ignored, Pong, Refusal, Unknown, spot_v2
from bybit_ws._topics import BY_STREAM, Key, Topic

KLINE, DEPTH = BY_STREAM["kline_v2"].topic("1m"), BY_STREAM["depth_v2"].topic()


def test_every_symbol_goes_out_in_a_message_of_its_own() -> None:
    assert spot_v2.requests([(DEPTH, "A"), (KLINE, "B")], True) == [
        ('{"topic":"depth","event":"sub","params":{"symbol":"A","binary":false}}', (("depth", "A"),)),
        (
            '{"topic":"kline","event":"sub","params":{"symbol":"B","klineType":"1m","binary":false}}',
            (("kline_1m", "B"),),
        ),
    ]
    assert [json.loads(text)["event"] for text in spot_v2.cancels([(DEPTH, "A"), (KLINE, "B")])] == ["cancel"] * 2


def test_a_renewal_is_a_second_subscription() -> None:
    assert spot_v2.renewals(DEPTH, "A") == [spot_v2.requests([(DEPTH, "A")])[0][0]]


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ({"topic": "depth", "params": {"symbol": "A"}}, ("depth", "A")),
        ({"topic": "kline", "params": {"symbol": "A", "klineType": "1m"}}, ("kline_1m", "A")),
    ],
)
def test_data_is_a_push_of_its_topic_parameter_and_symbol(message: dict[str, Any], key: Key) -> None:
    assert spot_v2.read({**message, "data": {}}) == key


SUB = {"topic": "depth", "event": "sub", "params": {"symbol": "A"}}
AK = ("depth", "A")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({**SUB, "code": "0", "msg": "Success"}, Ack((AK,))),
        ({**SUB, "code": 0}, Ack((AK,))),
        ({**SUB, "code": "-100011", "msg": "Parameter error!"}, Refusal((AK,), "Parameter error! (code -100011)")),
        ({**SUB, "event": "cancel", "code": "0"}, Ignored()),
        ({**SUB, "event": "cancel", "code": "-1"}, Unknown("acknowledgement")),
        ({**SUB, "event": "other", "code": "0"}, Unknown("acknowledgement")),
        ({"event": "sub", "code": "-1"}, Refusal((("", ""),), "refused (code -1)")),
        ({"code": "-10009", "desc": "Invalid period!"}, Refusal(None, "Invalid period! (code -10009)")),
        ({"pong": 1}, Pong(1)),
        ({"ping": 1}, Ignored()),
        ({}, Unknown("message")),
    ],
)
def test_what_is_no_data_is_control(message: dict[str, Any], said: object) -> None:
    found = spot_v2.read(message)
    assert (type(found), found) == (type(said), said)


@pytest.mark.parametrize("message", [None, "event", {"data": {}, "topic": "depth", "params": {}}, SUB])
def test_what_has_a_wrong_shape_is_malformed(message: Any) -> None:
    with pytest.raises(MALFORMED):
        spot_v2.read(message)


def test_a_request_of_the_users_own_goes_out_untouched_and_a_list_one_by_one() -> None:
    request = json.dumps({"topic": "depth", "event": "sub", "params": {"symbol": "A", "limit": 5}})
    topic = Topic("depth", "depth", (), None, request)
    assert spot_v2.requests([(topic, "A")]) == [(request, (AK,))]
    assert spot_v2.cancels([(topic, "A")]) == ['{"topic":"depth","event":"cancel","params":{"symbol":"A","limit":5}}']
    several = Topic("depth", "depth", (), None, request.replace('"A"', '"A,B"'))
    sent = [json.loads(text)["params"]["symbol"] for text, _ in spot_v2.requests([(several, "A"), (several, "B")])]
    assert sent == ["A", "B"]
