from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._backoff import CAP, FIRST, Backoff


def longest(low: float, high: float) -> float:
    return high


def test_the_longest_delays_double_up_to_the_cap() -> None:
    backoff = Backoff(longest)
    assert [backoff.next() for _ in range(10)] == [FIRST, 0.5, 1, 2, 4, 8, 16, CAP, CAP, CAP]


@settings(deadline=None)
@given(st.integers(1, 2000))
def test_every_delay_lies_between_nothing_and_the_cap(count: int) -> None:
    backoff, ceiling = Backoff(), FIRST
    for _ in range(count):
        assert 0 <= backoff.next() <= ceiling
        ceiling = min(2 * ceiling, CAP)


def test_delays_differ_between_clients() -> None:
    one, other = Backoff(), Backoff()
    assert [one.next() for _ in range(20)] != [other.next() for _ in range(20)]


def test_failures_are_forgotten_once_it_held_longer_than_the_last_delay() -> None:
    backoff = Backoff(longest)
    for _ in range(4):
        backoff.next()
    backoff.held(2.0)
    assert backoff.next() == 4
    backoff.held(4.1)
    assert backoff.last == 0
    assert backoff.next() == FIRST
