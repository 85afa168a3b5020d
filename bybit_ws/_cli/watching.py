"""What takes the messages of ``watch``: here it prints them line by line."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from .. import events
from .._client import Client
from .._recorder import Recorder
from .._subscription import Subscription
from .._topics import Row
from ..exceptions import ConnectionLost
from .describe import describe, symbol_of


class Watcher:
    """Prints what it is called with, until there was enough of it.

    Args:
        row: The stream.
        as_json: Print whole messages.
        count: How many messages are enough; None for any number.

    Attributes:
        seen: How many messages there were.
        failure: What ended it, where that was an error.
        recorder: What keeps the frames in a file; None where nothing does.
        done: There was enough.
    """

    drawing = False
    """Whether it takes the whole screen."""

    on_screen = False
    """Whether its picture is on the screen at present."""

    apart = False
    """Whether each symbol is to be asked for by a call of its own, so that each can be stale by itself."""

    def __init__(self, row: Row, as_json: bool, count: int | None) -> None:
        self._row, self._as_json, self._count = row, as_json, count
        self._latest: dict[str, dict[str, Any]] = {}
        self.seen = 0
        self.failure: BaseException | None = None
        self.recorder: Recorder | None = None
        self.done = threading.Event()
        self._farewell = False

    def message(self, message: dict[str, Any]) -> None:
        """Take a message (the stream's callback)."""
        if self.done.is_set():
            return
        try:
            self.take(message)
            self.seen += 1
        except OSError as error:  # the pipe is gone; this thread cannot end the program, the main one can
            self.failure = error
            self.done.set()
        if self.seen == self._count:
            self.done.set()

    def take(self, message: dict[str, Any]) -> None:
        """Print a message."""
        symbol = symbol_of(self._row, message)
        line = json.dumps(message) if self._as_json else f"{symbol:<10} {describe(self._row, message)}".strip()
        print(line, flush=True)
        self._latest[symbol] = message

    def event(self, event: events.Event) -> None:
        """End where there is nothing more to come (the client's ``on_event``)."""
        if isinstance(event, events.CallbackFailed):
            self.failure = event.error
            self.done.set()
        # A normal closure is how a server says that there is nothing more to come.
        if isinstance(event, events.Disconnected) and "code 1000" in event.reason:
            self._farewell = True
            self.done.set()

    def follow(self, client: Client, subscriptions: Mapping[str, Subscription], until: float | None) -> None:
        """Wait for the end; raise what the exchange refused."""
        while not self.ended(until):
            for one in subscriptions.values():
                one.wait(0)
            self.done.wait(0.2 if until is None else min(0.2, max(0.0, until - time.monotonic())))

    def check(self) -> None:
        """Raise what ended it, where that was an error, or nothing ever came."""
        if self.failure is not None:
            raise self.failure
        if self._farewell and not self.seen:
            raise ConnectionLost(f"there was nothing of {self._row.stream} before the server closed the connection")

    def ended(self, until: float | None) -> bool:
        """Return whether there was enough, or the time is over."""
        if until is not None and time.monotonic() >= until:
            self.done.set()
        return self.done.is_set()

    def summary(self) -> None:
        """Tell on standard error what was seen last."""
        kept = "" if self.recorder is None else f", recorded in {self.recorder.path}"
        print(f"# {self.seen} messages{kept}", file=sys.stderr)
        if self._row.merge is not None:
            for symbol, message in sorted(self._latest.items()):
                print(f"# final {symbol}: {describe(self._row, message)}", file=sys.stderr)
