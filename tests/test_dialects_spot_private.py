from __future__ import annotations

from typing import Any

import pytest
from talk import Talk

from bybit_ws._dialects import MALFORMED, AuthReply, Ping, Pong, Refusal, Unknown, spot_private
from bybit_ws._topics import BY_STREAM
from bybit_ws.events import UnknownMessage

REPORT = BY_STREAM["execution_report"].topic()


def test_nothing_is_asked_for_cancelled_or_renewed() -> None:
    assert spot_private.requests([(REPORT, "")]) == [("", (("executionReport", ""),))]
    assert spot_private.cancels([(REPORT, "")]) == []
    assert spot_private.renewals(REPORT, "") == []


def test_the_request_to_authenticate_is_the_documented_one() -> None:
    text = spot_private.auth("KEY", 1662350400000, "SIGNATURE")
    assert text == '{"op":"auth","args":["KEY",1662350400000,"SIGNATURE"]}'


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"e": "executionReport", "E": "1"}, ("executionReport", "")),
        ({"e": "stop_executionReport"}, ("stop_executionReport", "")),
        ({"e": "somethingNew"}, ("somethingNew", "")),
        ({"auth": "success", "userId": 24068148}, AuthReply(True, "auth: success")),
        ({"auth": "fail"}, AuthReply(False, "auth: fail")),
        ({"auth": "fail", "msg": "bad key"}, AuthReply(False, "bad key")),
        ({"auth": "fail", "desc": "bad key"}, AuthReply(False, "bad key")),
        ({"auth": "fail", "ret_msg": "bad key"}, AuthReply(False, "bad key")),
        ({"ping": 1641489450001}, Ping('{"pong":1641489450001}')),
        ({"pong": 5}, Pong(5)),
        ({"code": "-10000", "desc": "Invalid request!"}, Refusal(None, "Invalid request! (code -10000)")),
        ({"hello": 1}, Unknown("message")),
    ],
)
def test_a_message_is_an_event_or_control(message: dict[str, Any], said: object) -> None:
    found = spot_private.read(message)
    assert (type(found), found) == (type(said), said)


@pytest.mark.parametrize("message", [None, 5, "e", {"e": []}, {"pong": "x"}])
def test_what_has_a_wrong_shape_is_malformed(message: Any) -> None:
    with pytest.raises(MALFORMED):
        spot_private.read(message)


def test_an_array_is_one_call_per_event_and_a_bare_event_is_taken_too() -> None:
    talk = Talk(spot_private)
    talk.want("execution_report")
    talk.want("ticket_info")
    events = [{"e": "executionReport", "E": "1"}, {"e": "ticketInfo", "E": "2"}, {"e": "executionReport", "E": "3"}]
    assert [message for _, message in talk.hear(events, events[0])] == [*events, events[0]]


def test_a_topic_that_nobody_wants_is_dropped_and_one_that_nobody_knows_is_reported() -> None:
    talk = Talk(spot_private)
    assert talk.hear([{"e": "outboundAccountInfo"}, {"e": "somethingNew"}]) == []
    assert [event.kind for event in talk.told if isinstance(event, UnknownMessage)] == ["topic somethingNew"]
