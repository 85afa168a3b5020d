"""An asyncio server in one daemon thread, started and stopped from ordinary code."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
_PATIENCE = 10.0


class Runner:
    """Runs ``main(stopping)`` on its own loop; ``main`` calls ``ready()`` when it serves."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping: asyncio.Event | None = None
        self._started: Future[None] = Future()

    @property
    def running(self) -> bool:
        """Whether the thread is there."""
        return self._thread is not None

    def start(self, main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        """Start the thread and wait until ``main`` is ready, or raise what it raised."""
        self._started = Future()
        self._thread = threading.Thread(target=self._run, args=(main,), name=self._name, daemon=True)
        self._thread.start()
        try:
            self._started.result(_PATIENCE)
        except BaseException:
            self.stop()
            raise

    def ready(self) -> None:
        """Let :meth:`start` return."""
        self._started.set_result(None)

    def stop(self) -> None:
        """End ``main`` and wait for the thread; safe to call twice."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: main has ended by itself
                loop.call_soon_threadsafe(stopping.set)
        if thread is not threading.current_thread():
            thread.join(_PATIENCE)

    def call(self, action: Callable[[], T]) -> T:
        """Run ``action`` on the loop's thread and give its result; directly when not running."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or thread is threading.current_thread():
            return action()
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(action())
            except BaseException as error:
                done.set_exception(error)

        loop.call_soon_threadsafe(run)
        return done.result(_PATIENCE)

    def _run(self, main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        try:
            asyncio.run(self._supervise(main))
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)
        finally:
            self._loop = self._stopping = None

    async def _supervise(self, main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await main(self._stopping)
