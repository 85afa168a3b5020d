from __future__ import annotations

import threading
import time

import pytest

from bybit_ws._waiting import wait_for


def test_what_is_reached_already_needs_no_wait() -> None:
    assert wait_for(threading.Condition(), lambda: True, 0)


def test_the_timeout_ends_it() -> None:
    began = time.monotonic()
    assert not wait_for(threading.Condition(), lambda: False, 0.05)
    assert 0.04 < time.monotonic() - began < 1


@pytest.mark.parametrize("timeout", [None, 5])
def test_a_change_is_heard_at_once(timeout: float | None) -> None:
    changed, reached, began = threading.Condition(), threading.Event(), time.monotonic()

    def reach() -> None:
        with changed:
            reached.set()
            changed.notify_all()

    threading.Timer(0.05, reach).start()
    assert wait_for(changed, reached.is_set, timeout)
    assert time.monotonic() - began < 0.9


def test_what_is_raised_ends_it() -> None:
    def broken() -> bool:
        raise LookupError

    with pytest.raises(LookupError):
        wait_for(threading.Condition(), broken, None)
