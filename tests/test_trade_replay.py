"""The repair of trades against an exchange that trades on while the client is away."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._replay import REMEMBERED, Hole, TradeLog

BACKLOG = 60


def message(ids: Any) -> dict[str, Any]:
    return {"data": [{"v": str(one)} for one in ids]}


def timed(*ids: int) -> dict[str, Any]:
    return {"data": [{"v": str(one), "t": one} for one in ids]}


def ids_in(told: dict[str, Any]) -> list[int]:
    return [int(trade["v"]) for trade in told["data"]]


@settings(deadline=None)
@given(
    st.integers(0, 100),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 90), st.integers(0, 5)), max_size=12),
    st.integers(1, 3),
)
def test_nothing_comes_twice_and_every_hole_is_told(
    before: int, connections: list[tuple[int, int, int]], stride: int
) -> None:
    log = TradeLog()
    happened = [one * stride for one in range(before)]  # the exchange's ids have holes of their own
    delivered: list[int] = []
    for live_messages, missed, burst in connections:
        replay = message(happened[-BACKLOG:])
        expected_hole = bool(delivered) and delivered[-1] not in happened[-BACKLOG:]
        oldest = replay["data"][0]["v"] if replay["data"] else None
        hole = log.replay(replay)
        assert hole == (Hole(str(delivered[-1]), oldest) if expected_hole else None)
        delivered += ids_in(replay)
        for _ in range(live_messages):
            news = [(len(happened) + i) * stride for i in range(burst)]
            happened += news
            live = message(news)
            log.deliver(live["data"])
            delivered += ids_in(live)
        happened += [(len(happened) + i) * stride for i in range(missed)]
        assert len(set(delivered)) == len(delivered)
        assert delivered == sorted(delivered)
    if not any(missed > BACKLOG for _, missed, _ in connections):
        assert delivered == [one for one in happened if delivered and delivered[0] <= one <= delivered[-1]]


def test_what_was_missed_and_told_does_not_come_after_newer_trades() -> None:
    log = TradeLog()
    log.deliver(timed(1, 2)["data"])
    unanswered = timed(6, 7)  # V5 without REST: a replay of what is live
    assert log.replay(unanswered) == Hole("2", "6")
    replay = timed(*range(1, 10))
    assert log.replay(replay) is None
    assert ids_in(replay) == [8, 9]


def test_trades_of_one_moment_may_come_in_any_order() -> None:
    log = TradeLog()
    log.deliver(timed(1, 2)["data"])
    replay = {"data": [{"v": str(one), "t": moment} for one, moment in ((0, 1), (3, 2), (2, 2), (4, 2))]}
    assert log.replay(replay) is None
    assert ids_in(replay) == [3, 4]


def test_the_first_replay_is_delivered_whole() -> None:
    log, replay = TradeLog(), message([1, 2, 3])
    assert log.replay(replay) is None
    assert ids_in(replay) == [1, 2, 3]


def test_a_replay_of_nothing_after_something_is_a_hole_without_an_end() -> None:
    log = TradeLog()
    log.deliver(message([1])["data"])
    assert log.replay(message([])) == Hole("1", None)
    assert TradeLog().replay(message([])) is None


def test_it_remembers_more_than_any_venue_replays() -> None:
    log = TradeLog()
    log.deliver(message(range(1000))["data"])
    replay = message(range(1000 - REMEMBERED, 1000))
    assert log.replay(replay) is None
    assert replay["data"] == []
