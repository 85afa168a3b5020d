"""Events reach the user in order, one at a time, with no lock held."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from support import Events, wait_until

from bybit_ws import events
from bybit_ws._reporter import Reporter
from bybit_ws.events import Connected, Disconnected, Event, Gap, Rejected, Subscribed, UnknownMessage


def test_events_are_stamped_and_come_in_order() -> None:
    seen = Events()
    reporter = Reporter(seen)
    reporter.add("public_v1", [Connected(), Subscribed("trade", ("BTCUSDT",))])
    assert not seen, "adding delivers nothing"
    reporter.drain()
    assert seen == [Connected(), Subscribed("trade", ("BTCUSDT",))]
    assert [event.socket for event in seen] == ["public_v1"] * 2
    assert all(event.at > 1_600_000_000 for event in seen)


def test_events_that_an_event_brings_about_come_after_it() -> None:
    order: list[Any] = []

    def on_event(event: Event) -> None:
        order.append(("begin", type(event)))
        if isinstance(event, Connected):
            reporter.add("realtime", [Disconnected("by on_event")])
            reporter.drain()
        order.append(("end", type(event)))

    reporter = Reporter(on_event)
    reporter.add("realtime", [Connected()])
    reporter.drain()
    assert order == [("begin", Connected), ("end", Connected), ("begin", Disconnected), ("end", Disconnected)]


def test_one_that_raises_does_not_keep_the_next_one_back(caplog: pytest.LogCaptureFixture) -> None:
    seen = Events()

    def on_event(event: Event) -> None:
        seen(event)
        raise SystemExit(1)

    reporter = Reporter(on_event)
    reporter.add("realtime", [Connected(), Disconnected("x")])
    reporter.drain()
    assert len(seen) == 2
    assert caplog.text.count("on_event raised") == 2


def test_ctrl_c_in_the_main_thread_is_not_swallowed() -> None:
    def on_event(event: Event) -> None:
        if isinstance(event, Connected):
            raise KeyboardInterrupt
        seen(event)

    seen = Events()
    reporter = Reporter(on_event)
    reporter.add("realtime", [Connected(), Disconnected("x")])
    with pytest.raises(KeyboardInterrupt):
        reporter.drain()
    reporter.drain()
    assert seen == [Disconnected("x")]


def test_many_threads_lose_nothing_and_never_overlap() -> None:
    seen, busy, overlaps = Events(), threading.Lock(), Events()

    def on_event(event: Event) -> None:
        if not busy.acquire(blocking=False):
            overlaps(event)
            return
        seen(event)
        busy.release()

    reporter = Reporter(on_event)

    def report(number: int) -> None:
        for at in range(500):
            reporter.add(str(number), [Disconnected(str(at))])
            reporter.drain()

    threads = [threading.Thread(target=report, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wait_until(lambda: len(seen) == 4000)
    assert not overlaps
    for number in range(8):
        assert [event.reason for event in seen if event.socket == str(number)] == [str(at) for at in range(500)]


def test_a_blocking_on_event_does_not_block_other_threads() -> None:
    gate, entered = threading.Event(), threading.Event()
    reporter = Reporter(lambda event: (entered.set(), gate.wait(5)))
    reporter.add("public_v1", [Connected()])
    slow = threading.Thread(target=reporter.drain)
    slow.start()
    assert entered.wait(5)
    reporter.add("public_v2", [Connected()])
    reporter.drain()
    gate.set()
    slow.join(5)
    assert not slow.is_alive()


def test_after_the_stop_nothing_is_delivered_but_still_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bybit_ws")
    seen = Events()
    reporter = Reporter(seen)
    reporter.stop()
    reporter.add("realtime", [Connected()])
    reporter.drain()
    assert not seen
    assert "connected" in caplog.text


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (Connected(), logging.INFO),
        (Subscribed("trade", ()), logging.INFO),
        (Disconnected("x"), logging.WARNING),
        (Rejected("trade", ("X",), "x"), logging.WARNING),
        (Gap("trade", "X"), logging.WARNING),
        (Gap("trade", "X", repaired=True, how="replay"), logging.INFO),
        (events.Stalled("trade", "X", 15.0, 1.0), logging.WARNING),
        (events.SlowConsumer("block", 5, 0, 0.0), logging.WARNING),
        (UnknownMessage("x", "y"), logging.WARNING),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_user_should_know_is_a_warning(event: Event, level: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bybit_ws")
    reporter = Reporter(None)
    reporter.add("realtime", [event])
    reporter.drain()
    assert [record.levelno for record in caplog.records] == [level]
