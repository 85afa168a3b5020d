"""``demo`` in a terminal: a book, a tape, and all streams lighting up in each part."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.text import Text

from ... import events
from ..._topics import ROWS, Row
from ..._views.ladder import Ladder, Pairs, sides
from ..._views.tape import Tape, prints
from ..demo import BOOK, PARTS, Board
from .ladder import LadderPicture
from .paint import BUY, LIVE, QUIET, SELL, STALE, Sheet, beside
from .screen import FRAME, Screen, screen
from .tape import TapePicture

SYMBOL = "BTCUSD"
TOLD = 4
"""Lines of what happened."""


class DrawnBoard(Board):
    """Draws what the streams deliver while it counts it."""

    least = 2.5

    def __init__(self) -> None:
        super().__init__()
        self._ladder = LadderPicture(Ladder(SYMBOL), "orderbook_25", "orderBookL2_25")
        self._tape = TapePicture(Tape(), SYMBOL, "trade")
        self._sides: tuple[Pairs, Pairs] = ((), ())
        self._told: deque[str] = deque(maxlen=TOLD)
        self._heading = ""
        self._state = LIVE
        self._lock = threading.Lock()
        self._screen: Screen | None = None
        self._pause = threading.Event()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Take the terminal."""
        with screen() as self._screen:
            yield

    def heading(self, text: str) -> None:
        """Say what comes now."""
        self._heading = text.strip().partition("\n")[0]

    def saw(self, row: Row, message: dict[str, Any]) -> None:
        """Take a message, to draw it."""
        if row.stream == BOOK:
            self._sides, self._state = sides(row, message), LIVE
        elif row.stream == "trade" and message["topic"].endswith(f".{SYMBOL}"):
            with self._lock:
                self._tape.tape.add(prints(row, message, SYMBOL))

    def event(self, event: events.Event) -> None:
        """Show what happens to the connections."""
        if isinstance(event, events.Disconnected) and event.socket == "realtime":
            self._state = STALE
        super().event(event)

    def say(self, text: str) -> None:
        """Tell what happened; what came is drawn."""
        if not any(f"{family:<8}" in text[:8] for family in ("spot", "inverse")):
            self._told.append(f"{time.monotonic() - self.started:6.2f} s  {' '.join(text.split())}")

    def show(self) -> None:
        """Draw a frame, and wait a moment."""
        if self._screen is not None:
            self._screen.show(self._drawn(*self._screen.size))
        self._pause.wait(FRAME)

    def conclude(self, part: int) -> None:
        """Everything is on the screen."""

    def _drawn(self, width: int, height: int) -> Sheet:
        now = time.monotonic()
        streams = self._streams(width)
        room = max(6, height - 4 - len(streams) - TOLD)
        self._ladder.ladder.update(*self._sides, now)
        half = width // 2 if width >= 2 * self._tape.least[0] else width
        with self._lock:
            tape = self._tape.draw(width - half, room, now, LIVE) if half < width else []
        ladder = self._ladder.draw(half, room, now, self._state)
        books = beside([ladder, tape], width - half) if tape else ladder
        told = [_event(line, width) for line in [*self._told]]
        head = [Text(f" {self._heading}", "bold"), self._progress()]
        lines = [*head, *Sheet(books, room).lines, *streams, Text(""), *told]
        for line in lines:
            line.truncate(width)
        return Sheet(lines[:height], height)

    def _progress(self) -> Text:
        done = len(ROWS) - len(self.missing(self.part))
        return Text(f" part {self.part + 1} of {len(PARTS)}, {PARTS[self.part]}: {done} of {len(ROWS)} streams", QUIET)

    def _streams(self, width: int) -> list[Text]:
        lines = [Text(" ")]
        for row in ROWS:
            if lines[-1].cell_len + len(row.stream) + 1 > width:
                lines.append(Text(" "))
            gone = self.part == 2 and row.wire in self.gone
            style = f"{QUIET} strike" if gone else BUY if self.counts[row.stream][self.part] else QUIET
            lines[-1].append(row.stream, style).append(" ")
        return lines


def _event(text: str, width: int) -> Text:
    line = Text(f" {text}", SELL if "lost:" in text else BUY if "back after" in text else "")
    line.truncate(width, overflow="ellipsis")
    return line
