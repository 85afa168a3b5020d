"""A bounded queue between the thread that reads a socket and another one."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from typing import Any, Callable

from ._backlog import Backlog, Queue
from ._pace import Seldom
from ._topics import Key
from ._waiting import wait_for
from .events import SlowConsumer
from .exceptions import QueueFull


class Mailbox:
    """Messages that wait to be taken.

    Args:
        queue: How many wait, and what happens beyond.
        slow: Called when the queue is full.
    """

    def __init__(self, queue: Queue, slow: Callable[[SlowConsumer], None]) -> None:
        self._queue, self._slow = queue, slow
        self._backlog = Backlog(queue)
        self._changed = threading.Condition()
        self._over = False
        self._seldom = Seldom()

    @property
    def queued(self) -> int:
        """How many messages wait."""
        return len(self._backlog)

    @property
    def dropped(self) -> int:
        """How many were dropped."""
        return self._backlog.dropped

    def put(self, key: Key, newest_of: Hashable, item: Any) -> None:
        """Queue an item, by the queue's policy.

        Args:
            key: The stream it is of.
            newest_of: What it is the newest of; None where each counts.
            item: What ``take`` is to return.

        Raises:
            QueueFull: The policy is to raise.
        """
        if self._backlog.full:  # it only becomes fuller on this thread
            self._overflow(key)
        with self._changed:
            while self._backlog.full and not self._over:
                self._changed.wait()
            dropped = not self._over and self._backlog.put(newest_of, item)
            self._changed.notify_all()
        if dropped:
            self._report()

    def take(self, timeout: float | None = None) -> Any:
        """Wait for the item that waits longest and remove it; None at the timeout, and when there will be no more."""
        with self._changed:
            if not self._backlog:
                wait_for(self._changed, lambda: bool(self._backlog) or self._over, timeout)
            if not self._backlog:
                return None
            item = self._backlog.take()
            self._changed.notify_all()
            return item

    def finish(self) -> None:
        """Take nothing in any more; what waits can still be taken."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Take nothing in any more, and forget what waits."""
        with self._changed:
            self._over = True
            self._backlog.clear()
            self._changed.notify_all()

    def _overflow(self, key: Key) -> None:
        if self._queue.policy == "raise":
            raise QueueFull(
                f"{self.queued:,} messages waited for the callbacks when one more of {key[0]} {key[1]} came: "
                "make the callbacks faster, the queue longer, or choose a policy that drops"
            )
        self._report()

    def _report(self) -> None:
        if self._seldom.take(time.monotonic()):
            self._slow(SlowConsumer(self._queue.policy, self.queued, self.dropped, 0.0))
