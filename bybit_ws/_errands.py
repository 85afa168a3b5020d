"""Asks the exchange's REST interface on a thread of its own, so that no stream waits for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Callable

from ._v5.translation import Task
from ._voice import Voice
from .exceptions import RestError


class Errands:
    """The errands of one connection, one after the other; the thread ends when there are no more.

    Args:
        name: Of the thread.
        voice: Knows where the REST interface is.
        options: What it needs to know of the network.
        awaits: Tells whether the answer to a task still matters: after a loss, those that wait do not.
        done: Called with the task, the answer, None where there is none, and then why.
    """

    def __init__(
        self,
        name: str,
        voice: Voice,
        options: Mapping[str, Any],
        awaits: Callable[[Task], bool],
        done: Callable[[Task, Any, str], None],
    ) -> None:
        self._name, self._voice, self._options, self._awaits, self._done = name, voice, options, awaits, done
        self._waiting: deque[Task] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._call: Any = None
        self._stopped = False

    @property
    def threads(self) -> tuple[threading.Thread, ...]:
        """Its thread, where there is one."""
        thread = self._thread
        return () if thread is None else (thread,)

    def run(self, task: Task) -> None:
        """Run an errand when its turn comes."""
        with self._lock:
            self._waiting.append(task)
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ask nothing any more."""
        with self._lock:
            self._stopped = True
            self._waiting.clear()
            if self._call is not None:
                self._call.give_up()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                task = self._waiting.popleft()
            if not self._awaits(task):
                continue
            answer, reason = self._ask(task)
            if not self._stopped:
                self._done(task, answer, reason)

    def _ask(self, task: Task) -> tuple[Any, str]:
        from . import _rest  # here, because requests is slow to import and rarely needed

        with self._lock:
            call = self._call = _rest.Call()
            if self._stopped:
                call.give_up()
        path, params = task.errand
        try:
            return _rest.result(call, self._voice.rest_url, path, dict(params), self._options), ""
        except RestError as error:
            return None, str(error)
