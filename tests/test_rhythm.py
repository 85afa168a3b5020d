from __future__ import annotations

import pytest

from bybit_ws._rhythm import FACTOR, GROWTH, KNOWN, LOOK, SHORTEST, Rhythm, Watch


def taught(every: int = 1, looks: int = KNOWN) -> tuple[Rhythm, int]:
    """Return a rhythm that was heard at every so many looks, and the number of messages."""
    rhythm = Rhythm()
    for number in range(1, looks + 1):
        for _ in range(every - 1):
            assert not rhythm.stalled(number - 1, 1.0)
        assert not rhythm.stalled(number, 1.0)
    return rhythm, looks


def seconds_until_stalled(rhythm: Rhythm, messages: int, most: int = 100_000) -> int | None:
    return next((second for second in range(1, most) if rhythm.stalled(messages, 1.0)), None)


def test_a_stream_that_speaks_every_second_is_missed_after_the_shortest_silence() -> None:
    rhythm, messages = taught()
    assert seconds_until_stalled(rhythm, messages) == SHORTEST


def test_a_stream_that_speaks_rarely_is_given_many_times_its_longest_pause() -> None:
    rhythm, messages = taught(every=20)
    assert rhythm.longest == pytest.approx(19, rel=0.1)
    assert seconds_until_stalled(rhythm, messages) == pytest.approx(190, rel=0.1)


def test_a_stream_that_is_not_known_yet_is_never_missed() -> None:
    rhythm, messages = taught(looks=KNOWN - 1)
    assert seconds_until_stalled(rhythm, messages) is None


def test_asked_again_a_silence_must_last_twice_as_long() -> None:
    rhythm, messages = taught()
    assert [seconds_until_stalled(rhythm, messages) for _ in range(4)] == [15, 15, 30, 60]


def test_a_stall_teaches_little_and_is_forgotten() -> None:
    rhythm, messages = taught()
    for _ in range(1000):
        rhythm.stalled(messages, 1.0)
    rhythm.stalled(messages + 1, 1.0)
    assert rhythm.longest == GROWTH
    assert seconds_until_stalled(rhythm, messages + 1) == FACTOR * GROWTH
    for number in range(3000):
        rhythm.stalled(messages + 2 + number, 1.0)
    assert rhythm.longest == LOOK


def test_a_loss_is_no_silence() -> None:
    rhythm, messages = taught()
    for _ in range(10):
        rhythm.stalled(messages, 1.0)
    rhythm.rest()
    assert seconds_until_stalled(rhythm, messages) == SHORTEST


def test_time_counts_only_while_the_socket_is_heard() -> None:
    watch = Watch()
    watch.passed(100, heard=100)
    assert watch.due == 100 + LOOK
    assert watch.passed(101, heard=101) == 1
    assert watch.passed(102, heard=101) == 0
    assert watch.passed(103, heard=101) == 0
    assert watch.passed(104, heard=104) == 3, "what was heard last counts for all the time before"


def test_time_in_which_nobody_looked_counts_for_nothing() -> None:
    watch = Watch()
    watch.passed(100, heard=100)
    assert watch.passed(160, heard=160) == 0
    assert watch.passed(161, heard=161) == 1
