from __future__ import annotations

from bybit_ws._heartbeat import MEMORY, Heartbeat


def test_silence_is_too_long_beyond_interval_and_timeout() -> None:
    heart = Heartbeat(20, 10)
    heart.opened(100)
    assert heart.silent(130) is None
    assert heart.silent(130.5) == 30.5
    heart.heard = 130
    assert heart.silent(130.5) is None


def test_without_a_timeout_silence_is_never_too_long() -> None:
    assert Heartbeat(20, None).silent(1e9) is None


def test_a_timeout_may_exceed_the_interval() -> None:
    assert Heartbeat(1, 60).silent(60) is None


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


def test_the_age_of_a_message_is_not_that_of_a_pong() -> None:
    heart = Heartbeat(20, 10)
    assert heart.age(5) is None
    heart.message_at = 5
    heart.pinged(8, own=False)
    heart.ponged(9)
    heart.heard = 9
    assert heart.age(10) == 5
