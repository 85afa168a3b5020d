"""The pictures of one stream: which there are, and what its messages change in them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ... import events
from ..._topics import ALL, Row
from ..._views.candles import Candles, candles
from ..._views.ladder import Ladder, Pairs, sides
from ..._views.parts import CANDLES, LADDER, RECORDS, TAPE, kind_of, symbol_of
from ..._views.records import Records
from ..._views.tape import Tape, prints
from .candles import CandlesPicture
from .ladder import LadderPicture
from .layout import place
from .paint import LIVE, STALE, WAITING, Picture, Sheet
from .status import Status
from .table import RecordsPicture
from .tape import TapePicture

MOST = 100
"""Pictures that are kept for a wildcard."""

_THINGS = {"execution": "execution", "ticket_info": "execution", "liquidation": "liquidation"}


class Board:
    """Draws a stream; messages and events may come from any thread.

    Args:
        row: The stream.
        topic: What the wire calls it.
        symbols: Those wanted; ``("*",)`` for all, ``()`` for a private stream.
        interval: Of candles.
    """

    def __init__(self, row: Row, topic: str, symbols: Sequence[str], interval: str = "") -> None:
        self._row, self._interval = row, interval
        self._name = f"{row.stream} {interval}".rstrip()
        self._wire = topic if topic != row.stream else ""
        self._kind = kind_of(row)
        self.apart = self._kind != RECORDS and bool(symbols) and (ALL not in symbols or self._kind == CANDLES)
        """Whether each symbol has a picture of its own."""
        self._pictures: dict[str, Any] = {}
        self._books: dict[str, tuple[Pairs, Pairs]] = {}
        self._heard: set[str] = set()
        self._lock = threading.Lock()
        self._status, self._new = Status(), 0
        for symbol in symbols if self.apart and ALL not in symbols else () if self.apart else ("",):
            self._pictures[symbol] = self._picture(symbol)

    def message(self, message: dict[str, Any]) -> None:
        """Take a message of the stream."""
        row, now = self._row, time.monotonic()
        symbol = symbol_of(row, message)
        key = symbol if self.apart else ""
        book = sides(row, message) if self._kind == LADDER else None
        with self._lock:
            self._new += 1
            if key not in self._pictures:
                if len(self._pictures) >= MOST:
                    return
                self._pictures[key] = self._picture(key)
            self._heard.add(key)
            picture = self._pictures[key]
            if book is not None:
                self._books[key] = book  # the newest is all there is to draw
            elif self._kind == TAPE:
                picture.tape.add(prints(row, message, symbol))
            elif self._kind == CANDLES:
                picture.candles.add(candles(row, message))
            else:
                picture.records.update(message, now)

    def event(self, event: events.Event) -> None:
        """Take what happened to the connection."""
        with self._lock:
            self._status.event(event)

    def draw(
        self,
        width: int,
        height: int,
        health: Mapping[str, Mapping[str, Any]],
        stale: Mapping[str, bool],
        recorded: int | None = None,
    ) -> Sheet:
        """Return the whole screen.

        Args:
            width: Of the screen.
            height: Of the screen.
            health: What the client's ``health()`` says.
            stale: Whether what is known of a symbol may not hold any more; of those not named, whether any may not.
            recorded: Bytes that a recording has; None where there is none.
        """
        now = time.monotonic()
        with self._lock:
            for symbol, (bids, asks) in self._books.items():
                self._pictures[symbol].ladder.update(bids, asks, now)
            self._books.clear()
            self._status.count(self._new, now)
            self._new = 0
            whole = any(stale.values())
            names = {id(picture): symbol for symbol, picture in self._pictures.items()}

            def state(picture: Picture) -> str:
                symbol = names[id(picture)]
                if symbol not in self._heard:
                    return WAITING
                return STALE if stale.get(symbol, whole) else LIVE

            shown, hidden = place([*self._pictures.values()], width, height - 2, now, state)
            note = f"{hidden} more symbols: a larger window shows them" if hidden else ""
            status = self._status.draw(width, now, health, note, recorded)
            return Sheet([*Sheet(shown, height - 2).lines[: height - 2], *status])

    @property
    def changed(self) -> bool:
        """Whether messages came since the last picture."""
        return self._new > 0

    def _picture(self, symbol: str) -> Any:
        name, wire, several = self._name, self._wire, not self.apart
        if self._kind == LADDER:
            return LadderPicture(Ladder(symbol), name, wire)
        if self._kind == CANDLES:
            return CandlesPicture(Candles(symbol, self._interval), name, wire)
        if self._kind == TAPE:
            sides = ("short", "long") if self._row.stream == "liquidation" else ("buy", "sell")
            thing = _THINGS.get(self._row.stream, "trade")
            title, note = (name, "") if several else (symbol, name)
            return TapePicture(Tape(), title, note, several, self._row.family == "inverse", sides, thing, wire)
        return RecordsPicture(Records(self._row), name, "", wire)
