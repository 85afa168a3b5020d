from __future__ import annotations

import pytest

from bybit_ws._heartbeat import MEMORY, Heartbeat


def test_silence_is_too_long_beyond_interval_and_timeout() -> None:
    heart = Heartbeat(20, 10)
    heart.opened(100)
    assert heart.verdict(130) is None
    assert heart.verdict(131) == "the server said nothing for 31 s"
    heart.heard = 130
    assert heart.verdict(131) is None


def test_without_a_timeout_silence_is_never_too_long() -> None:
    heart = Heartbeat(20, None)
    assert heart.verdict(1e9) is None
    assert not heart.compare(0, 0)
    assert heart.compare(1, 100)
    assert heart.verdict(1e9) is None


def test_a_timeout_may_exceed_the_interval() -> None:
    assert Heartbeat(1, 60).verdict(60) is None


def test_a_server_whose_pongs_stop_is_dead_where_only_its_protocol_pings_go_on() -> None:
    heart = Heartbeat(20, 10)
    heart.opened(0)
    heart.pinged(20, own=False)
    heart.ponged(21)
    heart.spoken = 21
    heart.pinged(40, own=False)
    heart.heard = 70
    assert heart.verdict(70) is None
    heart.heard = 71
    assert heart.verdict(71) == "the server answered no ping and sent no message for 50 s"
    heart.spoken = 60
    assert heart.verdict(71) is None, "messages come: it lives, whatever it makes of pings"


def test_a_server_that_never_answered_a_ping_owes_no_pong() -> None:
    heart = Heartbeat(20, 10)
    heart.opened(0)
    heart.pinged(20, own=False)
    heart.heard = 100
    assert heart.verdict(100) is None


def test_a_machine_that_slept_gives_its_socket_as_long_as_a_ping_may_take() -> None:
    heart = Heartbeat(20, 10)
    heart.opened(100)
    assert not heart.compare(101, 5001)
    assert not heart.compare(102, 5002.5)
    assert heart.compare(103, 9000)
    assert not heart.compare(104, 9001)
    assert heart.verdict(113) is None
    assert heart.verdict(113.5) is not None
    heart.heard = 113
    assert heart.verdict(113.5) is None


@pytest.mark.parametrize("step", [-3600, 3600])
def test_a_clock_that_is_set_costs_a_socket_that_answers_nothing(step: float) -> None:
    heart = Heartbeat(20, 10)
    heart.opened(100)
    heart.compare(100, 5000)
    assert heart.compare(101, 5001 + step)
    assert heart.verdict(110) is None


def test_pongs_answer_pings_in_order() -> None:
    heart = Heartbeat(20, 10)
    assert heart.round_trip is None
    heart.pinged(1.0, own=True)
    heart.pinged(2.0, own=False)
    assert heart.ponged(1.5)
    assert heart.round_trip == 0.5
    assert not heart.ponged(2.25)
    assert heart.round_trip == 0.25


def test_a_pong_that_nobody_asked_for_answers_nothing() -> None:
    heart = Heartbeat(20, 10)
    assert not heart.ponged(1)
    assert heart.round_trip is None


def test_pings_of_an_earlier_connection_are_not_answered_on_a_new_one() -> None:
    heart = Heartbeat(20, 10)
    heart.pinged(1, own=True)
    heart.opened(5)
    assert not heart.ponged(6)
    assert heart.heard == 5


def test_unanswered_pings_do_not_fill_the_memory() -> None:
    heart = Heartbeat(20, 10)
    for at in range(MEMORY + 10):
        heart.pinged(at, own=True)
    assert sum(heart.ponged(0) for _ in range(MEMORY + 10)) == MEMORY


def test_moments_before_a_sleep_are_told_by_the_time_of_day_before_it() -> None:
    heart = Heartbeat(20, 10)
    heart.compare(100, 5000)
    assert heart.epoch(99) == 4999
    heart.compare(102, 9000)
    assert heart.epoch(101) == 5001
    assert heart.epoch(102) == 9000
