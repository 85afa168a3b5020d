from __future__ import annotations

from bybit_ws._pace import BURST, RATE, REPEAT, Pace, Seldom


def test_a_burst_goes_out_at_once_and_then_so_many_a_second() -> None:
    pace = Pace()
    assert sum(pace.take(100.0) for _ in range(1000)) == BURST
    assert sum(pace.take(101.0) for _ in range(1000)) == RATE
    assert sum(pace.take(101.5) for _ in range(1000)) == RATE / 2
    assert not pace.take(101.5)


def test_a_rest_earns_one_burst_and_no_more() -> None:
    pace = Pace()
    for _ in range(BURST):
        pace.take(100.0)
    assert sum(pace.take(1_000_000.0) for _ in range(1000)) == BURST


def test_what_lasts_is_told_when_it_begins_and_then_once_in_a_while() -> None:
    seldom = Seldom()
    told = [moment for moment in range(int(3 * REPEAT)) if seldom.take(float(moment))]
    assert told == [0, REPEAT, 2 * REPEAT]
