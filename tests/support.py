"""What the tests share."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Callable

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Recordings of the real exchange; tests that use them skip where they are absent."""


def wait_until(condition: Callable[[], object], timeout: float = 5.0) -> bool:
    """Return True as soon as the condition holds, False at the timeout."""
    end = time.monotonic() + timeout
    tick = threading.Event()
    while not condition():
        if time.monotonic() > end:
            return False
        tick.wait(0.005)
    return True


def library_threads() -> list[threading.Thread]:
    """Return the living threads of this package."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("bybit_ws")]
