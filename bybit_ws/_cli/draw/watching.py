"""``watch`` in a terminal: the stream as a picture that moves."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ... import events
from ..._client import Client
from ..._subscription import Subscription
from ..._topics import Row
from ..watching import Watcher
from .board import Board
from .paint import counted
from .screen import FRAME, screen

IDLE = 0.5
"""Seconds between two frames where no message comes."""


class DrawingWatcher(Watcher):
    """Draws what it is called with, until there was enough of it.

    Args:
        row: The stream.
        count: How many messages are enough; None for any number.
        topic: What the wire calls it.
        symbols: Those wanted, ``()`` for a private stream.
        interval: Of candles.
    """

    drawing = True

    def __init__(self, row: Row, count: int | None, topic: str, symbols: Sequence[str], interval: str) -> None:
        super().__init__(row, False, count)
        self._board = Board(row, topic, symbols, interval)
        self.apart = self._board.apart
        self._began = time.monotonic()
        self._reconnects = 0

    def take(self, message: dict[str, Any]) -> None:
        """Draw a message in the next frame."""
        self._board.message(message)

    def event(self, event: events.Event) -> None:
        """Show what happened (the client's ``on_event``)."""
        self._board.event(event)
        super().event(event)

    def follow(self, client: Client, subscriptions: Mapping[str, Subscription], until: float | None) -> None:
        """Draw frame after frame until the end."""
        with screen() as shown:
            drawn, size, self.on_screen = 0.0, (0, 0), True
            while not self.ended(until):
                for one in subscriptions.values():
                    one.wait(0)
                health, now = client.health(), time.monotonic()
                self._reconnects = sum(told["reconnects"] for told in health.values())
                if self._board.changed or now > drawn + IDLE or shown.size != size:
                    drawn, size = now, shown.size
                    stale = {symbol: one.is_stale for symbol, one in subscriptions.items()}
                    kept = None if self.recorder is None else self.recorder.size
                    shown.show(self._board.draw(*size, health, stale, kept))
                self.done.wait(FRAME)

    def summary(self) -> None:
        """Leave a line that tells what there was."""
        seconds = time.monotonic() - self._began
        kept = "" if self.recorder is None else f", recorded in {self.recorder.path}"
        print(f"{counted(self.seen, 'message')} in {seconds:.1f} s, {counted(self._reconnects, 'reconnect')}{kept}")
