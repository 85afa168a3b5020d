"""What measures inside a client's process: the callback that counts, and the clocks around it."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple

from .server import CLOCK

PATIENCE = 120
"""Seconds after which a client that has not got all its messages never will."""

Callback = Callable[[Any], None]


class Plan(NamedTuple):
    """What to measure.

    Attributes:
        messages: How many in all.
        warm: How many come before the measurement begins.
        checked: How many, the first ones, are kept to be checked; they are among the warm ones.
        rate: How many a second, to measure latency; 0 is as fast as they can be read.
    """

    messages: int
    warm: int
    checked: int
    rate: int = 0


class Meter:
    """Orders a client's messages, counts them, and measures.

    Args:
        plan: What to measure.
        control: The port that takes the order.
    """

    def __init__(self, plan: Plan, control: int) -> None:
        self._plan = plan
        self._control = socket.create_connection(("127.0.0.1", control)) if control else None
        self._done = threading.Event()
        self._delivered: list[str] = []
        self._latencies: list[int] = []
        self._begin = self._end = _now()
        self._last, self._threads = "", 0
        self.finished: Callable[[], object] = self._done.set
        """Called with the last message, on the client's thread."""

    def order(self) -> None:
        """Let the messages come."""
        if self._control is not None:
            self._control.sendall(json.dumps([self._plan.messages, self._plan.rate]).encode() + b"\n")

    def wait(self) -> None:
        """Wait for the last message."""
        self._done.wait()

    def callback(self, skip: int = 0) -> Callback:
        """Return the callback.

        Args:
            skip: Messages to ignore at first: the acknowledgements, where a client sorts nothing out.
        """
        seen, warm, count = -skip, self._plan.warm, self._plan.messages

        def take(message: Any) -> None:
            nonlocal seen
            seen += 1
            if not warm < seen < count:
                self._take(seen, message)

        return self._timed(take) if self._plan.rate else take

    def _timed(self, take: Callback) -> Callback:
        append, clock = self._latencies.append, time.monotonic_ns

        def take_timed(message: Any) -> None:
            append(clock() + CLOCK - message["sendTime"])
            take(message)

        return take_timed

    def _take(self, seen: int, message: Any) -> None:
        if 0 < seen <= self._plan.checked:
            self._delivered.append(json.dumps(message))  # now: some clients change it later
        if seen == self._plan.messages:
            self._end = _now()
            self._last, self._threads = json.dumps(message), _threads()
            self.finished()
        if seen == self._plan.warm:
            self._begin = _now()

    def report(self) -> dict[str, Any]:
        """Return what was measured."""
        measured = self._plan.messages - self._plan.warm
        begin, end = self._begin, self._end
        return {
            "cpu": (end.cpu - begin.cpu) / measured,
            "wall": (end.wall - begin.wall) / measured,
            "memory": None if begin.memory is None or end.memory is None else end.memory - begin.memory,
            "threads": self._threads,
            "latencies": self._latencies[self._plan.warm :],
            "delivered": self._delivered,
            "last": self._last,
        }


class Moment(NamedTuple):
    """The clocks, and the resident memory in bytes where the system tells."""

    cpu: float
    wall: float
    memory: int | None


def _now() -> Moment:
    return Moment(time.process_time(), time.perf_counter(), _memory())


def _memory() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _threads() -> int:
    """Return the threads besides the main one."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("Threads:")[2].split()[0]) - 1
    except OSError:
        return threading.active_count() - 1
