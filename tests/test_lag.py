from __future__ import annotations

import pytest

from bybit_ws._lag import EVERY, Lag, ServerClock


def stamp(message: dict[str, float]) -> float | None:
    return message["sent"] if message["sent"] else None


def test_a_pong_tells_the_exchanges_clock_and_the_quickest_one_tells_it_best() -> None:
    clock = ServerClock()
    assert clock.offset is None
    clock.ponged(1_000_500, wall=990.5, round_trip=1.0)
    assert clock.offset == pytest.approx(10.5)
    clock.ponged(1_010_000, wall=1000.05, round_trip=0.1)
    assert clock.offset == pytest.approx(10.0)
    clock.ponged(1_099_000, wall=1030, round_trip=5.0)
    assert clock.offset == pytest.approx(10.0)
    for _ in range(8):
        clock.ponged(1_012_000, wall=1000.5, round_trip=1.0)
    assert clock.offset == pytest.approx(12.0), "clocks drift: old pongs are forgotten"
    clock.set()
    assert clock.offset is None


def test_a_message_is_as_old_as_the_exchanges_clock_says() -> None:
    clock = ServerClock()
    lag = Lag(clock, stamp)
    clock.ponged(1_010_000, wall=1000.0, round_trip=0.0)
    assert lag.seconds is None
    assert lag.read({"sent": 1_010_000}, now=5.0) == 1_010_000
    assert lag.due == 5.0 + EVERY
    lag.add(1_010_000, wall=1000.25)
    assert lag.seconds == pytest.approx(0.25)
    lag.add(1_020_000, wall=1000.25)
    assert lag.seconds == 0.0, "no message is older than nothing"


def test_where_the_clock_is_unknown_the_message_that_arrived_quickest_took_no_time() -> None:
    clock = ServerClock()
    reader, worker = Lag(clock, stamp), Lag(clock, stamp)
    worker.add(100_000, wall=3700.0)
    assert worker.seconds is None, "nothing to compare with yet"
    reader.add(100_000, wall=3700.5, held=0.5)
    assert reader.seconds == pytest.approx(0.5), "its callback counts"
    reader.add(101_000, wall=3702.0, held=0.0)
    assert reader.seconds == pytest.approx(1.0), "and so does the way"
    reader.add(102_000, wall=3701.5, held=0.0)
    assert reader.seconds == pytest.approx(0.0)
    worker.add(103_000, wall=3705.5)
    assert worker.seconds == pytest.approx(3.0)
    clock.set()
    worker.add(103_000, wall=3705.5)
    assert worker.seconds is None


@pytest.mark.parametrize("message", [{}, {"sent": None}, [], None])
def test_a_message_that_does_not_say_is_no_sample(message: object) -> None:
    lag = Lag(ServerClock(), stamp)
    assert lag.read(message, 1.0) is None
    assert lag.due == 1.0 + EVERY, "nor is it looked for in each message"
