"""Threads that call back, each behind a bounded queue, so that a slow callback holds up no socket."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

from ._backlog import Queue
from ._lag import Lag
from ._mailbox import Mailbox
from ._party import Callback, Owner
from ._streams import Stream
from ._topics import Key
from .events import SlowConsumer


class Post:
    """Stands where a callback stands: puts messages into a queue, from which the callback gets them.

    Args:
        stream: Whose messages these are.
        worker: Whose queue it is.
        callback: Gets them.
        owner: Whose callback it is.
    """

    def __init__(self, stream: Stream, worker: Worker, callback: Callback, owner: Owner) -> None:
        self.key = stream.key
        self._callback, self.owner, self._worker = callback, owner, worker
        self._state, self._shared = stream.state, stream.shared
        self._told = False
        self._live = True

    def __call__(self, message: Any) -> None:
        """Put a message into the queue; on the socket's own thread."""
        if not self._live:
            return
        newest_of = (self.key, message["topic"] if self._shared else None) if self._state else None
        self._worker.put(self.key, newest_of, (self, message))

    def retire(self) -> None:
        """Call back no more, also for what waits."""
        self._live = False
        self._worker.retired()

    def deliver(self, message: Any) -> BaseException | None:
        """Call back; on the worker's thread. Return what the callback raised."""
        if not self._live:
            return None
        raised = None
        try:
            self._callback(message)
        except BaseException as error:
            raised = error
        if not self._told:
            self._told = True
            self.owner.delivered(self.key[1])
        return raised


class Worker(Mailbox):
    """A thread that takes messages out of a queue and calls back.

    Args:
        name: Of the thread.
        queue: How many messages wait, and what happens beyond.
        lag: Takes samples of how late messages are.
        failed: Called when a callback raised, with the key, the error and whose callback it is.
        slow: Called when the queue is full.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        lag: Lag,
        failed: Callable[[Key, BaseException, Owner], None],
        slow: Callable[[SlowConsumer], None],
    ) -> None:
        super().__init__(queue, slow)
        self.lag = lag
        self._failed = failed
        self._posts = 0
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def hire(self) -> bool:
        """Take another post; return False where the thread has ended, or is about to."""
        with self._changed:
            if self._over:
                return False
            self._posts += 1
            if self.thread.ident is None:
                self.thread.start()
            return True

    def retired(self) -> None:
        """A post is given up; with the last of them the thread ends."""
        with self._changed:
            self._posts -= 1
            if self._posts <= 0:
                self.stop()

    def _run(self) -> None:
        while True:
            item = self.take()
            if item is None:
                return
            post, message = item
            now = time.monotonic()
            stamp = self.lag.read(message, now) if now >= self.lag.due else None
            error = post.deliver(message)
            if error is not None:
                self._failed(post.key, error, post.owner)
            if stamp is not None:
                self.lag.add(stamp, time.time())
            item = post = message = error = None


class Workers:
    """The workers of one socket: one for the queue of the client, one for each stream call with its own.

    Args:
        make: Makes a worker for a queue.
    """

    def __init__(self, make: Callable[[Queue], Worker]) -> None:
        self._make = make
        self._workers: list[Worker] = []
        self._common: Worker | None = None
        self._dropped = 0
        self._over = False
        self._lock = threading.Lock()

    def hire(self, queue: Queue, common: bool, posts: int) -> Worker:
        """Return a worker that takes so many more posts.

        Args:
            queue: Its queue.
            common: Whether it is the client's, which serves all streams that have none of their own.
            posts: How many.
        """
        with self._lock:
            worker = self._common if common else None
            if worker is None or not worker.hire():
                worker = self._make(queue)
                worker.hire()
                self._dropped += sum(one.dropped for one in self._workers if not one.thread.is_alive())
                self._workers = [one for one in self._workers if one.thread.is_alive()] + [worker]
                if common:
                    self._common = worker
            for _ in range(posts - 1):
                worker.hire()
            if self._over:
                worker.stop()
            return worker

    @property
    def threads(self) -> list[threading.Thread]:
        """Their threads."""
        return [worker.thread for worker in self._workers]

    def health(self) -> dict[str, int]:
        """Return how many messages wait, and how many were dropped."""
        workers = self._workers
        return {
            "queued": sum(worker.queued for worker in workers),
            "dropped": self._dropped + sum(worker.dropped for worker in workers),
        }

    @property
    def lags(self) -> list[float]:
        """How late messages were when their callbacks had had them."""
        living = [worker.lag.seconds for worker in self._workers if worker.thread.is_alive()]
        return [seconds for seconds in living if seconds is not None]

    def finish(self) -> None:
        """Deliver what waits, then end the threads."""
        with self._lock:
            self._over = True
            for worker in self._workers:
                worker.finish()

    def stop(self) -> None:
        """Deliver nothing any more and end the threads."""
        with self._lock:
            self._over = True
            for worker in self._workers:
                worker.stop()
