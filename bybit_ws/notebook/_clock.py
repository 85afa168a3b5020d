"""One thread that draws all live views of the process, ten times a second at most."""

from __future__ import annotations

import threading
import time
from typing import Protocol

INTERVAL = 0.1
"""Seconds between frames, at least."""


class Drawn(Protocol):
    """What is drawn again and again."""

    def draw(self) -> None:
        """Show what is new; it never raises."""


class Clock:
    """Draws what was added until it is removed; its thread lives only as long as there is something to draw."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._views: list[Drawn] = []
        self._thread: threading.Thread | None = None
        self._pause = threading.Event()

    def add(self, view: Drawn) -> None:
        """Draw it from now on."""
        with self._lock:
            self._views = [*self._views, view]
            if self._thread is None:
                self._pause.clear()
                self._thread = threading.Thread(target=self._run, name="bybit_ws views", daemon=True)
                self._thread.start()

    def remove(self, view: Drawn) -> None:
        """Draw it no more."""
        with self._lock:
            self._views = [one for one in self._views if one is not view]
            if not self._views:
                self._pause.set()

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            for view in self._views:
                view.draw()
            self._pause.wait(max(0.0, began + self._interval - time.monotonic()))
            with self._lock:
                if not self._views:
                    self._thread = None
                    return
                self._pause.clear()


CLOCK = Clock()
"""The one of this process."""
