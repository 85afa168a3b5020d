"""What is said of an interruption."""

from __future__ import annotations

from typing import Any

import pytest
from talk import Owner, Talk

from bybit_ws import events
from bybit_ws._dialects import inverse, spot_private, spot_v1, spot_v2
from bybit_ws._gaps import GRACE
from bybit_ws._streams import Stream
from bybit_ws._topics import Topic


def push(symbol: str, number: int) -> dict[str, Any]:
    return {"topic": f"trade.{symbol}", "data": [{"trade_id": f"{number}a"}, {"trade_id": f"{number}b"}]}


def trades(*ids: int, first: bool = False) -> dict[str, Any]:
    data = [{"v": str(one)} for one in ids]
    return {"symbol": "A", "symbolName": "A", "topic": "trade", "params": {}, "data": data, "f": first}


def gaps(talk: Talk) -> list[events.Gap]:
    """Return what was said since it was asked for before."""
    return [event for event in talk.told if isinstance(event, events.Gap)]


def test_each_key_tells_once_where_it_stopped_and_where_it_goes_on() -> None:
    talk = Talk(inverse)
    talk.want("trade", "A")
    talk.want("trade", "B")
    talk.hear(push("A", 1), push("A", 2), push("B", 7))
    talk.session.lost(talk.now - 5)
    talk.session.connecting()
    talk.session.ready()
    assert not gaps(talk)
    talk.hear(push("A", 4), push("A", 5))
    (gap,) = gaps(talk)
    assert gap == events.Gap("trade", "A", "2b", "4a")
    assert (gap.since, gap.until) == (talk.now - 5, talk.now)
    talk.hear(push("B", 9))
    assert gaps(talk) == [events.Gap("trade", "B", "7b", "9a")]


def test_several_losses_in_a_row_are_one_interruption_since_the_first() -> None:
    talk = Talk(inverse)
    talk.want("trade", "A")
    talk.hear(push("A", 1))
    for heard in (10.0, 20.0, 30.0):
        talk.session.lost(heard)
        talk.session.connecting()
        talk.session.ready()
    talk.hear(push("A", 2))
    assert [gap.since for gap in gaps(talk)] == [10.0]


def test_a_state_is_right_again_with_its_newest_message() -> None:
    talk = Talk(spot_v2)
    talk.want("book_ticker_v2", "A")
    ticker = {"topic": "bookTicker", "params": {"symbol": "A"}, "data": {"symbol": "A", "time": 5}}
    talk.hear(dict(ticker))
    talk.reconnect()
    talk.hear({**ticker, "data": {"symbol": "A", "time": 9}})
    assert gaps(talk) == [events.Gap("bookTicker", "A", "5", "9", repaired=True, how="snapshot")]


def test_a_raw_book_is_changes_and_those_that_were_missed_are_missed() -> None:
    talk = Talk(inverse)
    talk.want("orderbook_25", "A", merge=False)
    snapshot = {"topic": "orderBookL2_25.A", "type": "snapshot", "data": [], "cross_seq": 3}
    talk.hear(dict(snapshot))
    talk.reconnect()
    talk.hear({**snapshot, "cross_seq": 8})
    assert gaps(talk) == [events.Gap("orderBookL2_25", "A", "3", "8")]


def test_a_confirmed_stream_that_stays_silent_is_told_of_after_a_while() -> None:
    talk = Talk(inverse)
    talk.want("liquidation", "A")
    acknowledgement = {"success": True, "ret_msg": "", "request": {"op": "subscribe", "args": ["liquidation.A"]}}
    talk.hear(acknowledgement)
    talk.reconnect()
    talk.wait(100)
    assert not gaps(talk), "it is not known yet that it goes on"
    talk.hear(acknowledgement)
    talk.wait(GRACE)
    assert not gaps(talk)
    talk.wait(1)
    assert gaps(talk) == [events.Gap("liquidation", "A")]
    talk.wait(100)
    assert not gaps(talk)


def test_private_events_that_may_have_been_missed_are_told_of_without_waiting_for_one() -> None:
    talk = Talk(spot_private)
    talk.want("execution_report", "")
    talk.reconnect()
    talk.wait(GRACE + 1)
    assert gaps(talk) == [events.Gap("executionReport", "")]


def test_what_was_delivered_and_asked_for_again_is_told_of_before_it_is_confirmed_again() -> None:
    talk = Talk(inverse)
    talk.want("trade", "A")
    every = talk.want("trade", "*")
    talk.hear(push("A", 1))
    talk.session.unsubscribe([("trade", "*")], every)
    assert {"op": "subscribe", "args": ["trade.A"]} in talk.sent
    talk.reconnect()
    talk.hear(push("A", 2))
    assert gaps(talk) == [events.Gap("trade", "A", "1b", "2a")]


def test_a_replay_with_nothing_before_it_proves_nothing() -> None:
    talk = Talk(spot_v1)
    talk.want("trade_v1", "A")
    talk.hear(trades(first=True))
    talk.reconnect()
    talk.hear(trades(7, 8, first=True))
    assert gaps(talk) == [events.Gap("trade", "A", None, "7")]


def test_a_custom_private_topic_that_nothing_can_renew_does_not_stall() -> None:
    talk = Talk(spot_private)
    topic = Topic("news", "news")
    talk.session.subscribe([Stream(topic, "", lambda message: None, Owner(), True, True)])
    for number in range(60):
        talk.hear({"e": "news", "E": number})
        talk.look()
    for _ in range(1000):
        talk.look()
    assert not [event for event in talk.told if isinstance(event, events.Stalled)]


def test_what_was_never_confirmed_and_what_was_given_up_has_no_gap() -> None:
    talk = Talk(inverse)
    talk.want("trade", "A")
    talk.reconnect()
    talk.hear(push("A", 1))
    owner = talk.want("trade", "B")
    talk.hear(push("B", 1))
    talk.session.lost(0.0)
    talk.session.unsubscribe([("trade", "B")], owner)
    talk.session.connecting()
    talk.session.ready()
    talk.wait(100)
    assert not gaps(talk)


def test_symbols_that_share_a_stream_share_its_gap_which_has_no_ids() -> None:
    talk = Talk(inverse)
    talk.want("trade", "*")
    talk.hear(push("A", 1), push("B", 1))
    talk.reconnect()
    talk.hear(push("B", 2), push("A", 2))
    assert gaps(talk) == [events.Gap("trade", "*")]


@pytest.mark.parametrize(
    ("replay", "gap"), [((2, 3), ("2", "3", True)), ((2,), ("2", None, True)), ((9,), ("2", "9", False))]
)
def test_a_replay_tells_whether_it_reached_back(replay: tuple[int, ...], gap: tuple[Any, ...]) -> None:
    talk = Talk(spot_v1)
    talk.want("trade_v1", "A")
    talk.hear(trades(1, 2, first=True))
    talk.reconnect()
    talk.hear(trades(*replay, first=True))
    last, first, repaired = gap
    assert gaps(talk) == [events.Gap("trade", "A", last, first, repaired=repaired, how="replay" if repaired else "")]


def test_a_stall_is_an_interruption_too() -> None:
    talk = Talk(inverse)
    talk.want("trade", "A")
    talk.want("trade", "B")
    for number in range(60):
        talk.hear(push("A", number), push("B", number))
        talk.look()
    assert len(talk.sent) == 2
    for number in range(60, 76):
        talk.hear(push("B", number))
        talk.look()
    assert [event for event in talk.told if isinstance(event, events.Stalled)] == [
        events.Stalled("trade", "A", silence=15.0, rhythm=1.0)
    ]
    assert talk.sent == [
        {"op": "unsubscribe", "args": ["trade.A"]},
        {"op": "subscribe", "args": ["trade.A"]},
    ]
    talk.hear(push("A", 99))
    assert gaps(talk) == [events.Gap("trade", "A", "59b", "99a")]
