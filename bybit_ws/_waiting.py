"""Waits for a condition with a deadline, and hears Ctrl-C meanwhile on every platform."""

from __future__ import annotations

import threading
import time
from typing import Callable

SLICE = 1.0
"""Seconds of one wait: on some platforms a signal is only heard between two of them."""


def wait_for(changed: threading.Condition, reached: Callable[[], bool], timeout: float | None) -> bool:
    """Wait until something is reached.

    Args:
        changed: Notified whenever it may have been; ``reached`` is called with it held.
        reached: Tells whether it is; what it raises ends the waiting.
        timeout: Seconds to wait; None waits as long as it takes.

    Returns:
        True once it is reached, False at the timeout.
    """
    end = None if timeout is None else time.monotonic() + timeout
    with changed:
        while not reached():
            left = SLICE if end is None else min(SLICE, end - time.monotonic())
            if left <= 0:
                return False
            changed.wait(left)
    return True
