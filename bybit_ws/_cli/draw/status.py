"""The two lines at the bottom: how the connection fares, and what happened to it last."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from rich.text import Text

from ... import events
from .paint import BUY, QUIET, SELL, counted

WINDOW = 3.0
"""Seconds over which messages are counted for the rate."""

_QUIET_EVENTS = (events.Connected, events.Subscribed, events.UnknownMessage)
_GOOD = (events.Reconnected, events.BookRecovered)


class Status:
    """What there is to tell of a client's sockets.

    Attributes:
        messages: How many came.
    """

    def __init__(self) -> None:
        self.messages = 0
        self._counts: deque[tuple[float, int]] = deque()
        self._began: float | None = None
        self._last: tuple[float, str, str] | None = None

    def count(self, messages: int, now: float) -> None:
        """Count messages that came until now."""
        self.messages += messages
        self._began = now if self._began is None else self._began
        self._counts.append((now, messages))
        while self._counts[0][0] < now - WINDOW:
            self._counts.popleft()

    def rate(self, now: float) -> float:
        """Return the messages a second of late."""
        if self._began is None:
            return 0.0
        recent = sum(count for at, count in self._counts if at > now - WINDOW)
        return recent / min(WINDOW, max(now - self._began, 0.5))

    def event(self, event: events.Event) -> None:
        """Take what happened."""
        if not isinstance(event, _QUIET_EVENTS):
            good = isinstance(event, _GOOD) or (isinstance(event, events.Gap) and event.repaired)
            self.say(str(event), BUY if good else SELL, event.at)

    def say(self, text: str, style: str, at: float) -> None:
        """Take what is to be told, and when it was, in seconds since the epoch."""
        self._last = (at, text, style)

    def draw(
        self,
        width: int,
        now: float,
        health: Mapping[str, Mapping[str, Any]],
        note: str = "",
        recorded: int | None = None,
    ) -> list[Text]:
        """Return the lines.

        Args:
            width: Of the screen.
            now: The moment, by the clock of ``count``.
            health: What the client's ``health()`` says.
            note: What else to tell, e.g. of symbols that have no room.
            recorded: Bytes that a recording has; None where there is none.
        """
        sockets = [_socket(name, told) for name, told in health.items() if told["state"] != "new"]
        line = Text(" ")
        for at, one in enumerate(sockets):
            line.append("   " if at else "")
            line.append_text(one)
        kept = [] if recorded is None else [f"rec {size(recorded)}"]
        for part in [*kept, *self._figures(now, health)]:
            if line.cell_len + 3 + len(part) <= width - 1:
                line.append(f" │ {part}", QUIET if part.startswith("0 ") else "")
        return [_cut(line, width), self._event_line(width, note)]

    def _figures(self, now: float, health: Mapping[str, Mapping[str, Any]]) -> list[str]:
        lags = [told["lag"] for told in health.values() if told.get("lag") is not None]
        reconnects = sum(told.get("reconnects", 0) for told in health.values())
        dropped = sum(told.get("dropped", 0) for told in health.values())
        parts = [
            f"{self.rate(now):,.1f} msg/s".ljust(10),
            (f"lag {max(lags) * 1000:,.0f} ms" if lags else "lag -").ljust(8),
            counted(reconnects, "reconnect"),
            f"{self.messages:,} messages",
        ]
        return [*parts, f"{dropped:,} dropped"] if dropped else parts

    def _event_line(self, width: int, note: str) -> Text:
        hint = "Ctrl-C ends"
        line = Text(" ")
        if self._last is not None:
            at, text, style = self._last
            line.append(time.strftime("%H:%M:%S ", time.localtime(at)), QUIET)
            line.append(text, style)
        elif note:
            line.append(note, QUIET)
        room = width - len(hint) - 3
        line.truncate(room, overflow="ellipsis", pad=True)
        return line.append(f"  {hint}", QUIET)


def size(count: int) -> str:
    """Return a number of bytes in a few characters, of the same length while it grows."""
    return f"{count / 1e6:,.1f} MB" if count >= 999_500 else f"{count / 1e3:3,.0f} kB"


def _socket(name: str, told: Mapping[str, Any]) -> Text:
    style = BUY if told["state"] == "ready" else SELL
    api = f" {told['api']} " if told["api"] else " "
    return Text.assemble(("● ", style), (name, "bold"), api, (told["state"], style))


def _cut(line: Text, width: int) -> Text:
    line.no_wrap = True
    line.truncate(width, overflow="ellipsis")
    return line
