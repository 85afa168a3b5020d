"""The session: documented conversations for every row, then arbitrary ones against a model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from talk import DIALECTS, DOCUMENTED, Owner, Talk, compact

from bybit_ws._dialects import Dialect, Pong, inverse, spot_private, spot_v1, spot_v2
from bybit_ws._healing import GRACE
from bybit_ws._inquiry import PATIENCE, SETTLE
from bybit_ws._json import loads
from bybit_ws._lifecycle import IllegalMove, State
from bybit_ws._session import KINDS
from bybit_ws._topics import BY_STREAM, PRIVATE, ROWS, Key
from bybit_ws.events import BookOutOfSync, BookRecovered, Event, Gap, Rejected, Subscribed, UnknownMessage

each_row = pytest.mark.parametrize("sample", DOCUMENTED, ids=lambda sample: sample["stream"])
each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.__name__[19:])


# -- every row, as documented ----------------------------------------------------------------------------


def opened(sample: dict[str, Any]) -> tuple[Talk, Owner]:
    row = BY_STREAM[sample["stream"]]
    talk = Talk(DIALECTS[row.socket])
    return talk, talk.want(row.stream, sample["symbol"], value=sample.get("value"))


def test_every_row_is_documented() -> None:
    assert sorted(sample["stream"] for sample in DOCUMENTED) == sorted(row.stream for row in ROWS)


@each_row
def test_what_is_sent_is_what_the_documents_send(sample: dict[str, Any]) -> None:
    talk, _ = opened(sample)
    assert talk.session.outbox == [compact(text) for text in sample["subscribe"]]


@each_row
def test_an_acknowledgement_confirms_once(sample: dict[str, Any]) -> None:
    talk, _ = opened(sample)
    topic, symbol = sample["key"]
    confirmed = Subscribed(topic, (symbol,) if symbol else ())
    assert talk.told == ([] if "ack" in sample else [confirmed])
    if "ack" in sample:
        assert talk.hear(sample["ack"]) == []
        assert talk.told == [confirmed]
    talk.hear(*sample["data"])
    assert talk.told == []


@each_row
def test_data_reaches_its_key_in_the_documented_shape(sample: dict[str, Any]) -> None:
    talk, _ = opened(sample)
    expected = sample.get("delivers", sample["data"])
    assert talk.hear(*sample["data"]) == [(tuple(sample["key"]), message) for message in expected]
    assert [event for event in talk.told if not isinstance(event, Subscribed)] == []


@each_row
def test_data_without_an_acknowledgement_confirms_too(sample: dict[str, Any]) -> None:
    talk, _ = opened(sample)
    talk.hear(*sample["data"])
    assert [type(event) for event in talk.told] == [Subscribed]


@each_row
def test_a_refusal_sets_aside_what_was_asked(sample: dict[str, Any]) -> None:
    talk, owner = opened(sample)
    talk.told.clear()
    assert talk.hear(sample["refusal"]) == []
    if not sample["subscribe"]:  # nothing was asked for, so nothing can be refused
        assert [type(event) for event in talk.told] == [UnknownMessage]
        assert talk.wanted == [tuple(sample["key"])]
        return
    (event,) = talk.told
    assert isinstance(event, Rejected)
    assert (event.topic, *event.symbols) == tuple(part for part in sample["key"] if part)
    words = sample["refusal"].get("desc") or sample["refusal"].get("msg") or sample["refusal"]["ret_msg"]
    assert words in event.reason
    assert owner.told == [("refused", sample["symbol"], event.reason)]
    assert talk.wanted == []
    talk.reconnect()
    assert talk.sent == []


@each_row
def test_giving_up_sends_the_documented_text(sample: dict[str, Any]) -> None:
    talk, owner = opened(sample)
    talk.session.outbox.clear()
    talk.session.unsubscribe([tuple(sample["key"])], owner)
    assert talk.session.outbox == [compact(text) for text in sample["cancel"]]
    assert talk.hear(*([sample["cancelled"]] if "cancelled" in sample else [])) == []
    assert talk.hear(*sample["data"]) == []
    assert [event for event in talk.told if isinstance(event, UnknownMessage)] == []


@each_row
def test_raw_data_is_left_untouched(sample: dict[str, Any]) -> None:
    row = BY_STREAM[sample["stream"]]
    talk = Talk(DIALECTS[row.socket])
    talk.want(row.stream, sample["symbol"], value=sample.get("value"), merge=False)
    said = [message for _, message in talk.hear(*sample["data"])]
    assert said == (sample["data"] if row.socket is not PRIVATE else sample["data"][0])


# -- the life of a connection ----------------------------------------------------------------------------


def test_opened_then_authenticated_then_subscribed() -> None:
    talk = Talk(inverse, ready=False)
    talk.want("position")
    talk.session.connecting()
    talk.session.challenge("key", 1, "f" * 64)
    assert talk.sent == [{"op": "auth", "args": ["key", 1, "f" * 64]}]
    talk.hear({"success": False, "ret_msg": "error:request expired", "request": {"op": "auth"}})
    assert talk.session.auth_reply == (False, "error:request expired")
    talk.session.challenge("key", 2, "f" * 64)
    assert talk.session.auth_reply is None
    talk.hear({"success": True, "ret_msg": "", "request": {"op": "auth"}})
    assert talk.session.auth_reply.accepted
    talk.sent.clear()
    talk.session.ready()
    assert talk.sent == [{"op": "subscribe", "args": ["position"]}]


def test_a_new_connection_starts_without_an_answer_to_the_old_challenge() -> None:
    talk = Talk(spot_private, ready=False)
    talk.session.connecting()
    talk.session.challenge("key", 1, "sig")
    talk.hear({"auth": "success"})
    talk.session.lost()
    talk.session.connecting()
    assert talk.session.auth_reply is None


def test_all_that_is_wanted_is_asked_for_again_in_batches() -> None:
    talk = Talk(inverse)
    talk.want("trade", *(f"S{i}" for i in range(12)))
    talk.want("wallet")
    talk.sent.clear()
    talk.reconnect()
    assert [len(text["args"]) for text in talk.sent] == [10, 3]


def test_what_happens_while_the_socket_is_down_is_not_sent_and_not_forgotten() -> None:
    talk = Talk(spot_v1)
    owner = talk.want("trade_v1", "A", "B")
    talk.sent.clear()
    talk.session.lost()
    talk.session.unsubscribe([("trade", "A")], owner)
    talk.want("trade_v1", "C")
    assert talk.sent == []
    talk.session.connecting()
    talk.session.ready()
    assert [text["symbol"] for text in talk.sent] == ["B,C"]


def test_nothing_is_left_to_send_when_it_is_closed() -> None:
    talk = Talk(inverse)
    talk.want("trade", "*")
    talk.session.close()
    talk.session.close()
    assert talk.sent == []
    assert talk.session.state is State.CLOSED
    with pytest.raises(IllegalMove):
        talk.session.connecting()


def test_nothing_is_asked_by_the_clock_unless_ready() -> None:
    talk = Talk(spot_v1)
    talk.want("trade_v1", "A", "B")
    talk.hear({"code": "-100010", "desc": "Invalid Symbols!"})
    talk.session.state = State.AUTHENTICATING
    talk.sent.clear()
    talk.wait(SETTLE)
    assert talk.sent == []


# -- what the exchange says besides ----------------------------------------------------------------------


def test_pongs_are_passed_on_and_pings_answered() -> None:
    pongs: list[Pong] = []
    talk = Talk(spot_private, on_pong=pongs.append)
    talk.hear({"pong": 1535975085152}, {"ping": 1641489450001})
    assert pongs == [Pong(1535975085152)]
    assert talk.sent == [{"pong": 1641489450001}]
    Talk(spot_v1).hear({"pong": 1})


def test_what_is_not_understood_is_reported_once_per_kind_and_redacted() -> None:
    talk = Talk(inverse, redact=lambda text: text.replace("hush", "…"))
    assert talk.hear("hush", "{", 5, "null", {"topic": "hush.A", "data": 1}, {"topic": "hush.B", "data": 2}) == []
    assert [(event.kind, event.sample) for event in talk.told] == [
        ("not JSON", "…"),
        ("malformed int", "5"),
        ("malformed NoneType", "None"),
        ("topic …", "{'topic': '….A', 'data': 1}"),
    ]


def test_a_stream_of_nonsense_does_not_fill_the_memory() -> None:
    talk = Talk(inverse)
    talk.hear(*({"topic": f"t{i}.A", "data": "x" * 1000} for i in range(KINDS + 50)))
    assert len(talk.told) == KINDS
    talk.hear(b"\xff" * 1000)
    assert talk.told == []


@pytest.mark.parametrize("loads", [loads, json.loads], ids=["installed", "stdlib"])
@each_dialect
def test_deep_nesting_and_huge_numbers_are_survived(dialect: Dialect, loads: Any) -> None:
    talk = Talk(dialect, loads=loads)
    for depth in (10, 300, 980, 1020, 5000):
        deep = "[" * depth + "]" * depth
        for name in ("a", "code", "ping", "pong", "e", "auth", "topic", "success", "data"):
            assert talk.hear(f'{{"{name}":{deep}}}', deep) == []
            assert Talk(dialect, loads=loads).hear(f'{{"{name}":{deep}}}') == []
    for number in ("1e999", "-1e999", "NaN", "Infinity", "1" + "0" * 5000):
        talk.hear(f'{{"pong":{number}}}', f'{{"ping":{number}}}', number)
    assert talk.told


def test_a_huge_price_is_no_book() -> None:
    talk = Talk(spot_v1, loads=json.loads)
    talk.want("diff_depth_v1", "A")
    assert talk.hear(diff("A", first=True, bids=[[10**400, "1"]])) == []
    assert [type(event) for event in talk.told] == [Subscribed, BookOutOfSync]


# -- refusals --------------------------------------------------------------------------------------------

INVALID = {"code": "-100010", "desc": "Invalid Symbols!"}


def push(topic: str, symbol: str, **more: Any) -> dict[str, Any]:
    return {"symbol": symbol, "topic": topic, "params": {}, "data": [{"v": "1"}], "f": True, **more}


def test_the_guilty_of_a_batch_is_found_and_the_others_go_on() -> None:
    talk = Talk(spot_v1)
    owner = talk.want("realtimes_v1", "A", "NOPE", "QUIET")
    talk.hear(INVALID, push("realtimes", "A"))
    talk.want("realtimes_v1", "LATE")
    assert [text["symbol"] for text in talk.sent] == ["A,NOPE,QUIET"]
    talk.wait(SETTLE)
    assert [text["symbol"] for text in talk.sent] == ["LATE"]
    talk.hear(push("realtimes", "LATE"))
    talk.wait(0)
    assert [text["symbol"] for text in talk.sent] == ["NOPE"]
    talk.hear(INVALID)
    talk.wait(0)
    assert [text["symbol"] for text in talk.sent] == ["QUIET"]
    talk.wait(PATIENCE)
    assert talk.sent == []
    assert talk.told == [
        Subscribed("realtimes", ("A",)),
        Subscribed("realtimes", ("LATE",)),
        Rejected("realtimes", ("NOPE",), "Invalid Symbols! (code -100010)"),
    ]
    assert owner.told == [("refused", "NOPE", "Invalid Symbols! (code -100010)")]
    talk.hear(push("realtimes", "QUIET"))
    assert talk.told == [Subscribed("realtimes", ("QUIET",))]
    talk.want("realtimes_v1", "NEXT")
    assert [text["symbol"] for text in talk.sent] == ["NEXT"]


def test_a_refused_inverse_batch_is_asked_for_one_by_one() -> None:
    talk = Talk(inverse)
    owner = talk.want("trade", "A", "NOPE", "B")
    (request,) = talk.sent
    talk.session.unsubscribe([("trade", "B")], owner)
    talk.sent.clear()
    talk.hear({"success": False, "ret_msg": "error:unknown topic:trade.NOPE", "request": request})
    alone = talk.sent
    assert [text["args"] for text in alone] == [["trade.A"], ["trade.NOPE"]]
    talk.hear({"success": True, "ret_msg": "", "request": alone[0]})
    talk.hear({"success": False, "ret_msg": "error:unknown topic:trade.NOPE", "request": alone[1]})
    assert talk.told == [
        Subscribed("trade", ("A",)),
        Rejected("trade", ("NOPE",), "error:unknown topic:trade.NOPE"),
    ]
    assert talk.wanted == [("trade", "A")]


def test_a_refusal_of_what_nobody_asked_is_reported_as_unknown() -> None:
    talk = Talk(inverse)
    refusal = {"success": False, "ret_msg": "no", "request": {"op": "subscribe", "args": ["trade.A"]}}
    talk.hear(refusal)
    assert [type(event) for event in talk.told] == [UnknownMessage]
    owner = talk.want("trade", "B")
    talk.session.unsubscribe([("trade", "B")], owner)
    talk.hear({**refusal, "request": {"op": "subscribe", "args": ["trade.B"]}})
    assert talk.told == []


def test_a_refused_cancellation_refuses_no_subscription() -> None:
    for dialect, stream in ((spot_v1, "trade_v1"), (spot_v2, "trade_v2")):
        talk = Talk(dialect)
        talk.want(stream, "A")
        refused = {"topic": "trade", "symbol": "A", "event": "cancel", "params": {"symbol": "A"}, "code": "-10000"}
        talk.hear(refused)
        assert talk.wanted == [("trade", "A")]
        assert [type(event) for event in talk.told] == [UnknownMessage]


def test_reasons_are_redacted() -> None:
    talk = Talk(spot_v1, redact=lambda text: text.replace("hush", "…"))
    talk.want("trade_v1", "A")
    talk.hear({"code": "-1", "desc": "hush"})
    assert talk.told == [Rejected("trade", ("A",), "… (code -1)")]


# -- books -----------------------------------------------------------------------------------------------


def diff(
    symbol: str, *, first: bool = False, bids: Any = (), asks: Any = (), counter: int = 0
) -> dict[str, Any]:
    data = {"e": 301, "t": 1, "v": "1_18", "b": list(bids), "a": list(asks), "o": counter}
    return {"symbol": symbol, "topic": "diffDepth", "params": {}, "data": [data], "f": first, "sendTime": 2}


def test_a_book_out_of_step_is_withheld_and_subscribed_anew_with_growing_delays() -> None:
    talk = Talk(spot_v1)
    talk.want("diff_depth_v1", "A", "B")
    whole = [diff(symbol, first=True, bids=[["1", "1"]], asks=[["2", "1"]]) for symbol in "AB"]
    assert len(talk.hear(*whole)) == 2
    talk.told.clear(), talk.sent.clear()
    missing = diff("A", bids=[["0.5", "0"]])
    assert talk.hear(missing, diff("A", bids=[["1", "2"]]), missing) == []
    assert talk.told == [BookOutOfSync("diffDepth", "A", "a level to remove is not there: 0.5")]
    times = []
    for _ in range(80):
        talk.wait(0.5)
        times += [talk.now] * len(talk.sent)
    assert times == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert [key for key, _ in talk.hear(diff("B", bids=[["1", "2"]]))] == [("diffDepth", "B")]
    assert [key for key, _ in talk.hear(whole[0])] == [("diffDepth", "A")]
    assert talk.told == [BookRecovered("diffDepth", "A"), Subscribed("diffDepth", ("A",))][::-1]
    talk.wait(100)
    assert talk.sent == []


def test_a_book_may_stay_ill_for_days() -> None:
    talk = Talk(spot_v1)
    talk.want("diff_depth_v1", "A")
    talk.hear(diff("A"))
    for _ in range(3000):
        talk.wait(30)
    assert len(talk.sent) > 2900


def test_an_ill_book_that_is_refused_or_given_up_is_left_alone() -> None:
    talk = Talk(spot_v1)
    owner = talk.want("diff_depth_v1", "A")
    talk.hear(diff("A"))
    talk.wait(GRACE)
    talk.hear(INVALID)
    assert [type(event) for event in talk.told] == [Subscribed, BookOutOfSync, Rejected]
    owner = talk.want("diff_depth_v1", "B")
    talk.hear(diff("B"))
    talk.session.unsubscribe([("diffDepth", "B")], owner)
    talk.sent.clear()
    talk.wait(100)
    assert talk.sent == []


def test_an_ill_book_whose_new_owner_wants_it_raw_is_left_alone() -> None:
    talk = Talk(spot_v1)
    talk.want("diff_depth_v1", "A")
    talk.hear(diff("A"))
    talk.want("diff_depth_v1", "A", merge=False)
    talk.sent.clear()
    assert len(talk.hear(diff("A"))) == 1
    talk.wait(100)
    assert talk.sent == []


def test_no_book_outlives_its_connection() -> None:
    talk = Talk(spot_v1)
    talk.want("diff_depth_v1", "A")
    assert talk.hear(diff("A", first=True, bids=[["1", "1"]]))
    talk.reconnect()
    assert talk.hear(diff("A", bids=[["1", "2"]])) == []
    assert talk.hear(diff("A", first=True, bids=[["1", "3"]]))
    assert [type(event) for event in talk.told] == [Subscribed, Subscribed, Gap]


def test_a_change_left_over_from_an_earlier_subscription_is_no_news() -> None:
    talk = Talk(inverse)
    owner = talk.want("orderbook_25", "S")
    talk.session.unsubscribe([("orderBookL2_25", "S")], owner)
    talk.want("orderbook_25", "S")
    talk.sent.clear()
    early = {"topic": "orderBookL2_25.S", "type": "delta", "data": {"delete": [], "update": [], "insert": []}}
    assert talk.hear(early) == []
    talk.wait(GRACE / 2)
    assert len(talk.hear({"topic": "orderBookL2_25.S", "type": "snapshot", "data": []})) == 1
    talk.wait(GRACE)
    assert talk.sent == []
    assert not any(isinstance(event, BookOutOfSync) for event in talk.told)


def test_a_change_whose_snapshot_does_not_come_is_told_and_subscribed_anew() -> None:
    talk = Talk(spot_v1)
    talk.want("diff_depth_v1", "A")
    talk.sent.clear()
    assert talk.hear(diff("A")) == []
    talk.wait(GRACE)
    assert len(talk.sent) == 1
    assert talk.told[-1] == BookOutOfSync("diffDepth", "A", "a delta came before its snapshot")
    assert talk.hear(diff("A", first=True, bids=[["1", "3"]]))
    assert talk.told[-1] == BookRecovered("diffDepth", "A")


def test_a_malformed_book_message_is_out_of_step() -> None:
    talk = Talk(spot_v1)
    talk.want("diff_depth_v1", "A")
    assert talk.hear(push("diffDepth", "A", data=["x" * 5000])) == []
    _, event = talk.told
    assert isinstance(event, BookOutOfSync)
    assert event.reason.startswith("a malformed message")
    assert len(event.reason) <= 200


def record(symbol: str, kind: str, **values: Any) -> dict[str, Any]:
    data: Any = {"symbol": symbol, **values}
    if kind == "delta":
        data = {"delete": [], "update": [data], "insert": []}
    return {"topic": f"instrument_info.100ms.{symbol}", "type": kind, "data": data}


def test_a_record_that_a_wildcard_missed_changes_of_is_not_shown_as_current() -> None:
    talk = Talk(inverse)
    talk.want("instrument_info", "*")
    talk.hear(record("S", "snapshot", price=1, volume=1), record("T", "snapshot", price=1))
    exact = talk.want("instrument_info", "S")
    talk.hear(record("S", "snapshot", price=2, volume=2))
    talk.session.unsubscribe([("instrument_info.100ms", "S")], exact)
    talk.sent.clear()
    assert talk.hear(record("S", "delta", price=3)) == []  # volume=1 would be shown
    talk.wait(GRACE)
    assert [text["op"] for text in talk.sent] == ["unsubscribe", "subscribe"]
    ((key, message),) = talk.hear(record("S", "snapshot", price=3, volume=2))
    assert key == ("instrument_info.100ms", "*")
    assert message["data"] == {"symbol": "S", "price": 3, "volume": 2}
    assert talk.hear(record("T", "delta", price=2))


# -- trades ----------------------------------------------------------------------------------------------


def trades(*ids: int, first: Any = False) -> dict[str, Any]:
    return push("trade", "A", data=[{"v": str(one)} for one in ids], f=first)


def ids_of(delivered: list[tuple[Key, Any]]) -> list[int]:
    return [int(trade["v"]) for _, message in delivered for trade in message["data"]]


def test_replayed_trades_fill_the_hole_and_nothing_comes_twice() -> None:
    talk = Talk(spot_v1)
    talk.want("trade_v1", "A")
    assert ids_of(talk.hear(trades(1, 2, first=True), trades(3))) == [1, 2, 3]
    talk.reconnect()
    assert ids_of(talk.hear(trades(2, 3, 4, 5, first="True"), trades(6, first="False"))) == [4, 5, 6]
    talk.reconnect()
    assert talk.hear(trades(5, 6, first=True)) == []
    talk.reconnect()
    assert ids_of(talk.hear(trades(9, 10, first=True))) == [9, 10]
    assert [event for event in talk.told if isinstance(event, Gap)] == [
        Gap("trade", "A", "3", "4", repaired=True, how="replay"),
        Gap("trade", "A", "6", None, repaired=True, how="replay"),
        Gap("trade", "A", "6", "9"),
    ]


def test_without_a_flag_the_first_message_is_the_replay() -> None:
    talk = Talk(spot_v1)
    talk.want("trade_v1", "A")
    for message in (trades(1), trades(2)):
        del message["f"]
        assert talk.hear(message)
    talk.reconnect()
    message = trades(1, 2, 3)
    del message["f"]
    assert ids_of(talk.hear(message)) == [3]


def test_trades_left_over_from_an_earlier_subscription_do_not_come_before_the_replay() -> None:
    talk = Talk(spot_v1)
    owner = talk.want("trade_v1", "A")
    assert ids_of(talk.hear(trades(1, 2, first=True))) == [1, 2]
    talk.session.unsubscribe([("trade", "A")], owner)
    talk.want("trade_v1", "A")
    assert ids_of(talk.hear(trades(3), trades(4), trades(1, 2, 3, 4, first=True), trades(5))) == [1, 2, 3, 4, 5]


def test_where_no_replay_comes_trades_are_delivered_all_the_same() -> None:
    talk = Talk(spot_v1)
    assert ids_of((talk.want("trade_v1", "A"), talk.hear(trades(1)))[1]) == [1]
    for first in (2, 5):
        talk.session.unsubscribe([("trade", "A")], talk.session.registry.streams["trade", "A"].owner)
        talk.want("trade_v1", "A")
        assert talk.hear(trades(first)) == []
        talk.wait(1.0)
        assert ids_of(talk.hear(trades(first + 1), trades(first + 2))) == [first + 1, first + 2]
    talk.session.unsubscribe([("trade", "A")], talk.session.registry.streams["trade", "A"].owner)
    talk.want("trade_v1", "A")
    talk.reconnect()
    assert ids_of(talk.hear(trades(9))) == [9]


def test_a_trade_without_an_id_is_delivered_and_reported() -> None:
    talk = Talk(spot_v1)
    talk.want("trade_v1", "A")
    assert len(talk.hear(push("trade", "A", data=[{"p": "1"}]))) == 1
    assert [event.kind for event in talk.told if isinstance(event, UnknownMessage)] == ["malformed trade"]


# -- who gets what ---------------------------------------------------------------------------------------


def test_an_exact_subscription_takes_its_symbol_and_the_wildcard_gets_the_rest() -> None:
    talk = Talk(inverse)
    every, exact = talk.want("trade", "*"), talk.want("trade", "A")

    def keys() -> list[str]:
        return [key[1] for key, _ in talk.hear(*({"topic": f"trade.{symbol}", "data": []} for symbol in "AB"))]

    assert keys() == ["A", "*"]
    talk.session.unsubscribe([("trade", "A")], exact)
    assert keys() == ["*", "*"]
    talk.want("trade", "B")
    talk.session.unsubscribe([("trade", "*")], every)
    assert keys() == ["B"]


def test_the_same_pair_changes_hands_and_sends_nothing() -> None:
    talk = Talk(spot_v2)
    first = talk.want("kline_v2", "A", "B", value="1m")
    talk.sent.clear()
    second = talk.want("kline_v2", "A", value="1m")
    assert talk.sent == []
    assert first.told == [("released", "A")]
    talk.session.unsubscribe([("kline_1m", "A"), ("kline_1m", "B")], first)
    assert talk.wanted == [("kline_1m", "A")]
    assert [text["params"]["symbol"] for text in talk.sent] == ["B"]
    talk.want("kline_v2", "A", value="5m")
    assert talk.wanted == [("kline_1m", "A"), ("kline_5m", "A")]
    talk.session.unsubscribe([("kline_1m", "A")] * 2, second)
    assert talk.wanted == [("kline_5m", "A")]


# -- arbitrary conversations against a model -------------------------------------------------------------

OFFERS: dict[Any, list[tuple[str, Any, tuple[str, ...]]]] = {
    spot_v1: [
        ("trade_v1", None, ("A", "B", "C")),
        ("kline_v1", "1m", ("A", "B")),
        ("merged_depth_v1", 1, ("A", "B")),
        ("diff_depth_v1", None, ("A", "B", "C")),
    ],
    spot_v2: [
        ("kline_v2", "1m", ("A", "B")),
        ("kline_v2", "5m", ("A",)),
        ("trade_v2", None, ("A", "B", "C")),
    ],
    spot_private: [("execution_report", None, ("",)), ("ticket_info", None, ("",))],
    inverse: [
        ("orderbook_25", None, ("A", "B")),
        ("instrument_info", None, ("A", "B", "*")),
        ("trade", None, ("A", "B", "*")),
        ("position", None, ("",)),
    ],
}
"""Streams, their parameter, and the symbols to ask for."""


def asked_in(dialect: Any, text: str) -> tuple[bool, list[Key]]:
    """Tell whether a text asks or cancels, and what, as the exchange reads it."""
    said = json.loads(text)
    if dialect is inverse:
        splits = [arg.rpartition(".") for arg in said["args"]]
        return said["op"] == "subscribe", [(name, last) if dot else (last, "") for name, dot, last in splits]
    params, name = said["params"], said["topic"]
    for param in ("klineType", "dumpScale"):
        name += f"_{params[param]}" if param in params else ""
    symbols = said.get("symbol") or params["symbol"]
    return said["event"] == "sub", [(name, symbol) for symbol in symbols.split(",")]


class Conversation(RuleBasedStateMachine):
    """Whatever is wanted, lost, refused and said, in any order; the model is a dictionary."""

    dialect: Any

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk(self.dialect, ready=False)
        self.wanted: dict[Key, Owner] = {}
        self.merged: dict[Key, tuple[bool, bool]] = {}
        self.asked: set[Key] = set()
        self.open: set[Key] = set()
        self.synced: set[tuple[Key, str]] = set()
        self.ill: set[Key] = set()
        self.inquired = False
        self.clock = 0
        self.tape: dict[str, list[str]] = {}

    # What the user does.

    @rule(data=st.data())
    def subscribe(self, data: st.DataObject) -> None:
        stream, value, offered = data.draw(st.sampled_from(OFFERS[self.dialect]))
        symbols = data.draw(st.lists(st.sampled_from(offered), min_size=1, max_size=3))
        owner, flags = Owner(), data.draw(st.sampled_from([(True, True), (True, True), (False, True), (True, False)]))
        name = BY_STREAM[stream].topic(value).name
        self.talk.want(stream, *symbols, value=value, owner=owner, merge=flags[0], copy=flags[1])
        for key in dict.fromkeys((name, symbol) for symbol in symbols):
            former = self.wanted.get(key)
            if former is None or self.kind(stream, flags) != self.kind(stream, self.merged[key]):
                self.forget(key)
            if former is not None:
                assert ("released", key[1]) in former.told
            self.wanted[key], self.merged[key] = owner, flags
        self.hear_events()

    @rule(data=st.data(), own=st.booleans())
    def unsubscribe(self, data: st.DataObject, own: bool) -> None:
        keys = data.draw(st.lists(st.sampled_from([*self.wanted, ("trade", "NONE")]), max_size=3))
        owner = self.wanted.get(keys[0], Owner()) if keys and own else Owner()
        self.talk.session.unsubscribe(keys, owner)
        for key in keys:
            if self.wanted.get(key) is owner:
                del self.wanted[key]
                # A refusal that comes now may be the answer to what was given up.
                self.inquired = self.inquired or key in self.open
                self.open.discard(key)
                self.forget(key)
        self.hear_events()

    # What becomes of the connection.

    @precondition(lambda self: self.talk.session.state in (State.NEW, State.WAITING))
    @rule()
    def connect(self) -> None:
        self.talk.session.connecting()
        assert self.talk.sent == []

    @precondition(lambda self: self.talk.session.state is State.CONNECTING)
    @rule()
    def ready(self) -> None:
        self.talk.session.ready()
        self.hear_events()

    @precondition(lambda self: self.talk.session.state in (State.CONNECTING, State.READY))
    @rule()
    def lose(self) -> None:
        self.talk.session.lost()
        self.asked.clear(), self.open.clear(), self.synced.clear()
        self.inquired = False
        assert self.talk.sent == []
        self.hear_events()

    @rule(seconds=st.sampled_from([0.0, 0.1, SETTLE, PATIENCE, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.talk.wait(seconds)
        self.hear_events()

    # What the exchange says.

    @precondition(lambda self: self.talk.session.state is State.READY)
    @rule(data=st.data(), whole=st.booleans())
    def push(self, data: st.DataObject, whole: bool) -> None:
        stream, value, offered = data.draw(st.sampled_from(OFFERS[self.dialect]))
        symbol = data.draw(st.sampled_from([*(one for one in offered if one != "*"), *("Z" if offered[0] else "")]))
        key = (BY_STREAM[stream].topic(value).name, symbol)
        receivers = [one for one in (key, (key[0], "*")) if one in self.wanted][:1]
        delivered = self.talk.hear(self.message(stream, value, symbol, whole))
        assert [one for one, _ in delivered] in ([], receivers)
        merged = bool(receivers) and BY_STREAM[stream].merge is not None and self.merged[receivers[0]][0]
        if not merged:
            assert [one for one, _ in delivered] == receivers
        elif whole:
            assert delivered
            self.synced.add((receivers[0], symbol))
        else:
            assert bool(delivered) == ((receivers[0], symbol) in self.synced)
        events = self.hear_events()
        if whole and merged:
            assert key not in self.ill
        assert not [event for event in events if isinstance(event, Rejected)]

    @precondition(lambda self: self.asked and self.dialect in (inverse, spot_v2))
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        keys = data.draw(st.lists(st.sampled_from(sorted(self.asked)), min_size=1, max_size=3, unique=True))
        if self.dialect is spot_v2:
            keys = keys[:1]
        confirmed = [key for key in keys if key in self.open]
        assert self.talk.hear(self.reply(keys, "")) == []
        events = self.hear_events()
        assert [(event.topic, *event.symbols) for event in events if isinstance(event, Subscribed)] == [
            tuple(part for part in key if part) for key in confirmed
        ]

    @precondition(lambda self: self.talk.session.state is State.READY and self.dialect in (inverse, spot_v2))
    @rule(data=st.data())
    def refuse_by_name(self, data: st.DataObject) -> None:
        keys = data.draw(
            st.lists(st.sampled_from([*sorted(self.asked), ("trade", "Z")]), min_size=1, max_size=3, unique=True)
        )
        if self.dialect is spot_v2:
            keys = keys[:1]
        guilty = [key for key in keys if key in self.wanted] if len(keys) == 1 else []
        assert self.talk.hear(self.reply(keys, "error:unknown topic")) == []
        if len(keys) > 1:
            alone = [asked_in(self.dialect, text)[1] for text in self.talk.session.outbox]
            assert alone == [[key] for key in keys if key in self.wanted]
        assert self.rejected() == guilty

    @precondition(lambda self: self.talk.session.state is State.READY and self.dialect is not inverse)
    @rule(hint=st.booleans())
    def refuse_without_a_name(self, hint: bool) -> None:
        known = {key for key in self.open if not hint or key[0].startswith("trade")}
        clear = len(known) == 1 and not self.inquired
        self.talk.hear({"code": "-100010", "desc": "Invalid Symbols!", **({"topic": "trade"} if hint else {})})
        rejected = self.rejected()
        assert len(rejected) <= 1
        assert set(rejected) <= known
        assert not clear or set(rejected) == known
        self.inquired = self.inquired or self.talk.session.registry.inquiry.active

    @rule(text=st.sampled_from(["", "{", "[]", "null", "[1]", '{"topic":1}', '{"data":{}}', '{"event":"x","code":0}']))
    def nonsense(self, text: str) -> None:
        assert self.talk.hear(text) == []
        assert {type(event) for event in self.hear_events()} <= {UnknownMessage}

    # What holds always.

    @invariant()
    def exactly_what_is_wanted_is_wanted(self) -> None:
        streams = self.talk.session.registry.streams
        assert {key: stream.owner for key, stream in streams.items()} == self.wanted
        assert all(stream.wanted for stream in streams.values())

    @invariant()
    def the_wire_says_what_is_wanted(self) -> None:
        session = self.talk.session
        if session.state is not State.READY:
            assert self.asked == set()
        elif self.dialect is not spot_private:
            assert self.asked <= set(self.wanted)
            assert session.registry.inquiry.active or self.asked == set(self.wanted)

    # The model's own.

    def kind(self, stream: str, flags: tuple[bool, bool]) -> bool:
        """Return whether it is merged; whether what is shown is copied changes nothing of what is kept."""
        return BY_STREAM[stream].merge is not None and flags[0]

    def forget(self, key: Key) -> None:
        self.synced = {(owner, symbol) for owner, symbol in self.synced if key not in (owner, (owner[0], symbol))}

    def rejected(self) -> list[Key]:
        """Take note of what was refused, and return it."""
        owners = dict(self.wanted)
        events = self.hear_events()
        keys = [(event.topic, "".join(event.symbols)) for event in events if isinstance(event, Rejected)]
        assert all(owners[key].told[-1][:2] == ("refused", key[1]) for key in keys)
        return keys

    def hear_events(self) -> list[Event]:
        """Read what was sent and reported since, and check that both tell the same story."""
        events = self.talk.told
        texts, was_open = self.talk.session.outbox[:], set(self.open)
        self.talk.session.outbox.clear()
        for text in texts:
            asks, keys = asked_in(self.dialect, text)
            if asks:
                self.asked.update(keys)
                self.open.update(keys)
            else:
                self.asked.difference_update(keys)
        for event in events:
            key = (getattr(event, "topic", ""), "".join(getattr(event, "symbols", ())) or getattr(event, "symbol", ""))
            if isinstance(event, Subscribed):
                assert key in self.wanted
                assert key in was_open or self.dialect is spot_private
                self.open.discard(key)
            elif isinstance(event, Rejected):
                assert key in was_open or self.dialect is not spot_v1
                del self.wanted[key]
                self.asked.discard(key), self.open.discard(key)
                self.forget(key)
            elif isinstance(event, BookOutOfSync):
                self.ill.add(key)
                self.forget(key)
            elif isinstance(event, BookRecovered):
                assert key in self.ill
                self.ill.discard(key)
        return events

    def message(self, stream: str, value: Any, symbol: str, whole: bool) -> Any:
        self.clock += 1
        topic = BY_STREAM[stream].topic(value)
        if self.dialect is spot_private:
            return [{"e": topic.wire, "E": str(self.clock)}]
        if self.dialect is inverse:
            said: dict[str, Any] = {"topic": f"{topic.wire}.{symbol}".rstrip("."), "data": []}
            if BY_STREAM[stream].merge:
                said["type"] = "snapshot" if whole else "delta"
                rows: Any = [] if stream == "orderbook_25" else {"symbol": symbol}
                said["data"] = rows if whole else {"delete": [], "update": [], "insert": []}
            return said
        if self.dialect is spot_v2:
            params = {"symbol": symbol, "binary": "false", **{name: str(one) for name, one in topic.params}}
            return {"topic": topic.wire, "params": params, "data": {"v": str(self.clock)}}
        name, _, interval = topic.wire.partition("_")
        params = {"binary": "false", **({"klineType": interval} if interval else {})}
        params.update((param, str(one)) for param, one in topic.params)
        data = [{"v": str(self.clock), "b": [], "a": [], "o": 0}]
        if stream == "trade_v1":
            tape = self.tape.setdefault(symbol, [])
            tape.append(str(self.clock))
            data = [{"v": one} for one in (tape if whole else tape[-1:])]
        return {"symbol": symbol, "topic": name, "params": params, "data": data, "f": whole}

    def reply(self, keys: list[Key], words: str) -> Any:
        if self.dialect is inverse:
            args = [f"{name}.{symbol}".rstrip(".") for name, symbol in keys]
            return {"success": not words, "ret_msg": words, "request": {"op": "subscribe", "args": args}}
        ((name, symbol),) = keys
        topic, _, interval = name.partition("_")
        params = {"symbol": symbol, **({"klineType": interval} if interval else {})}
        return {"topic": topic, "event": "sub", "params": params, "code": "-1" if words else "0", "msg": words}


@each_dialect
def test_any_conversation_tells_the_same_story_as_the_model(dialect: Any) -> None:
    machine = type("Machine", (Conversation,), {"dialect": dialect})
    run_state_machine_as_test(machine, settings=settings(max_examples=16, stateful_step_count=40, deadline=None))


# -- anything at all -------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["trade", "sub", "cancel", "0", "snapshot", "delta", "True", "BTCUSD", 10**400])
)
WORDS = (
    "topic data params symbol symbolName event code desc f v o b a type e auth success ret_msg request op args "
    "ping pong klineType update side size"
)
NAMES = st.sampled_from(WORDS.split())
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=6),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A documented frame, one part of which is anything, or gone, or a text with a piece cut out."""
    sample = draw(st.sampled_from(DOCUMENTED))
    names = [name for name in ("ack", "refusal", "cancelled") if name in sample]
    frame = draw(st.sampled_from([*sample["data"], *(sample[name] for name in names)]))
    if draw(st.booleans()):
        text = compact(frame)
        start, size = draw(st.integers(0, len(text))), draw(st.integers(1, 8))
        return text[:start] + draw(st.text(max_size=2)) + text[start + size :]
    frame = json.loads(compact(frame))
    place, name = {"": frame}, ""
    while isinstance(place[name], (dict, list)) and place[name] and draw(st.integers(0, 3)):
        place = place[name]  # type: ignore[assignment]
        name = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))  # type: ignore[assignment]
    if draw(st.booleans()):
        place[name] = draw(ANYTHING)
    else:
        del place[name]
    return json.dumps(frame)


@pytest.mark.parametrize("loads", [loads, json.loads], ids=["installed", "stdlib"])
@each_dialect
@settings(deadline=None, max_examples=16)
@given(data=st.data())
def test_no_text_makes_it_raise(dialect: Any, loads: Any, data: st.DataObject) -> None:
    talk = Talk(dialect, loads=loads)
    for sample in DOCUMENTED:
        row = BY_STREAM[sample["stream"]]
        if DIALECTS[row.socket] is dialect:
            talk.want(row.stream, sample["symbol"], value=sample.get("value"))
    texts = st.one_of(mutated(), mutated(), ANYTHING.map(json.dumps), st.text(), st.binary())
    for text in data.draw(st.lists(texts, max_size=15)):
        for key, _ in talk.hear(text):
            assert key in talk.session.registry.streams
        talk.wait(0.5)
    assert all(isinstance(json.loads(text), dict) for text in talk.session.outbox)


def test_what_was_given_up_before_the_connection_stood_withholds_no_trade() -> None:
    talk = Talk(spot_v1, ready=False)
    talk.session.connecting()
    owner = talk.want("trade_v1", "A")
    talk.session.unsubscribe([("trade", "A")], owner)
    talk.session.ready()
    talk.want("trade_v1", "A")
    message = {"topic": "trade", "symbol": "A", "params": {}, "data": [{"v": "1"}], "f": False}
    assert [key for key, _ in talk.hear(message)] == [("trade", "A")]
