"""``demo``: every documented stream of a local exchange, which cuts all connections and then retires its endpoints."""

from __future__ import annotations

import argparse
import queue
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Callable

from .. import events
from .._client import Client
from .._topics import ROWS, Row
from .._version import __version__
from ..inverse import InverseWebSocket
from ..spot import SpotWebSocket
from .describe import describe, symbol_of
from .terminal import draws

if TYPE_CHECKING:
    from ..simulator import Exchange

SPEED = 5
SHOW = 1.5
"""Seconds that each part lasts at least."""

PARTS = ("documented", "after a drop", "over V5")
ENDS = (5.5, 9.0, 12.5)
"""Seconds from the start by which every stream has to have delivered in each part."""

LIVE = {"trade_v2": 8, "trade": 8, "ticket_info": 4}
"""Streams of which more than the first message is shown, and how many."""

BOOK = "orderbook_25"
LEVELS = 5


TITLE = (
    f"bybit_ws {__version__}: all {len(ROWS)} streams of a local exchange at {SPEED} times the usual pace.\n\n"
    "The first message of each, and some trades more:"
)


class Board:
    """Counts what every stream delivers in each part, and prints the first messages.

    Attributes:
        least: Seconds that each part lasts at least.
        part: Which one it is.
        gone: Topics that are not there any more, and why.
    """

    least = SHOW

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.counts = {row.stream: [0] * len(PARTS) for row in ROWS}
        self.gaps: list[events.Gap] = []
        self.gone: dict[str, str] = {}
        self.book: list[dict[str, Any]] = []
        self.part = 0
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def callback(self, row: Row) -> Callable[[dict[str, Any]], None]:
        """Return the callback of a stream."""
        counts = self.counts[row.stream]

        def callback(message: dict[str, Any]) -> None:
            counts[self.part] += 1
            if row.stream == BOOK:
                self.book = message["data"]
            self.saw(row, message)
            if counts[self.part] <= (LIVE.get(row.stream, 1) if self.part == 0 else 0):
                self.say(f"{row.family:<8}{row.stream:<22}{symbol_of(row, message):<13}{describe(row, message)}")

        return callback

    def event(self, event: events.Event) -> None:
        """Print what happens to the connections."""
        if isinstance(event, events.Disconnected):
            self.say(f"{event.socket:<30}lost: {event.reason}")
        elif isinstance(event, events.Reconnected):
            self.say(f"{event.socket:<30}back after {event.downtime:.2f} s, everything subscribed again")
        elif isinstance(event, events.Retired):
            self.say(f"{event.socket:<30}HTTP {event.status}, gone for good: from here on over V5")
        elif isinstance(event, events.Rejected):
            self.gone[event.topic] = event.reason
        elif isinstance(event, events.Gap):
            self.gaps.append(event)
        elif not isinstance(event, (events.Subscribed, events.Connected)):
            self.say(repr(event))

    def next_part(self) -> None:
        """Count from here on as of the next part."""
        self.part += 1
        self.gaps.clear()

    def missing(self, part: int) -> list[str]:
        """Return the streams that have delivered nothing in a part and that are there in it."""
        return [
            row.stream for row in ROWS if not self.counts[row.stream][part] and (part < 2 or row.wire not in self.gone)
        ]

    def wait(self) -> bool:
        """Print what comes until every stream has delivered in this part; False where one did not."""
        start = time.monotonic()
        while time.monotonic() < self.started + ENDS[self.part]:
            self.show()
            if not self.missing(self.part) and time.monotonic() > start + self.least:
                return True
        return False

    def shown(self) -> AbstractContextManager[object]:
        """Take the terminal, where it is needed."""
        return nullcontext()

    def heading(self, text: str) -> None:
        """Say what comes now."""
        print(text)

    def saw(self, row: Row, message: dict[str, Any]) -> None:
        """Take a message, to draw it."""

    def say(self, text: str) -> None:
        """Tell what came or happened."""
        self._lines.put(f"{time.monotonic() - self.started:6.2f} s  {text}")

    def show(self) -> None:
        """Show what is new, or wait a moment for it."""
        with suppress(queue.Empty):
            print(self._lines.get(timeout=0.05), flush=True)

    def conclude(self, part: int) -> None:
        """Show what a part has brought."""
        if part == 0:
            _print_ladder(self.book)
        else:
            _print_gaps(self)


def run(arguments: argparse.Namespace) -> int:
    """Show both clients at work; 0 only if every stream delivered in every part."""
    from ..simulator import Exchange  # here, because it needs an extra

    with Exchange(speed=SPEED) as exchange:
        board = _board()
        with board.shown():
            board.heading(TITLE)
            with _clients(exchange, board):
                complete = board.wait()
                board.conclude(0)
                board.heading("\nNow the exchange cuts every connection:")
                board.next_part()
                exchange.drop()
                complete = board.wait() and complete
                board.conclude(1)
                board.heading("\nNow it switches the documented endpoints off, as Bybit did in October 2023:")
                board.next_part()
                exchange.retire()
                complete = board.wait() and complete
                board.conclude(2)
                same = _same_book(exchange, board)
        _print_summary(board)
    print(f"\nAt rest the book kept here, now from V5, {'equals' if same else 'DIFFERS FROM'} the exchange's own.")
    print("Every stream that there is delivered in every part." if complete else "Some streams delivered nothing.")
    return 0 if complete and same else 1


def _board() -> Board:
    if not draws():
        return Board()
    from .draw.demo import DrawnBoard  # here, because it needs an extra

    return DrawnBoard()


@contextmanager
def _clients(exchange: Exchange, board: Board) -> Iterator[None]:
    options: dict[str, Any] = {
        "endpoint": exchange.url,
        "api_key": "demo key",
        "api_secret": "demo secret",
        "on_event": board.event,
    }
    with SpotWebSocket(**options) as spot, InverseWebSocket(**options) as inverse:
        for row in ROWS:
            client: Client = inverse if row.family == "inverse" else spot
            getattr(client, row.method)(board.callback(row), **_parameters(row))
        yield


def _parameters(row: Row) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    if row.symbols:
        symbols = {"lt_v1": "BTC3LUSDTNAV", "insurance": "BTC"}
        parameters["symbols"] = symbols.get(row.stream, "BTCUSD" if row.family == "inverse" else "BTCUSDT")
    if row.wildcard:
        parameters["symbols"] = "*"
    if row.parameter == "interval":
        parameters["interval"] = "1" if row.family == "inverse" else "1m"
    if row.parameter == "dump_scale":
        parameters["dump_scale"] = 1
    return parameters


def _same_book(exchange: Exchange, board: Board) -> bool:
    """Stop the market and let the book here catch up with the exchange's own."""
    exchange.pause()
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        if board.book == exchange.truth.book("BTCUSD", 25):
            return True
    return False


def _print_ladder(rows: list[dict[str, Any]]) -> None:
    bids = [row for row in rows if row["side"] == "Buy"][-LEVELS:]
    asks = [row for row in rows if row["side"] == "Sell"][:LEVELS]
    print("\nThe BTCUSD book, kept from changes:")
    for row in reversed(asks):
        print(f"{'':>14} {row['price']:>10} {row['size']:>12}")
    for row in reversed(bids):
        print(f"{row['size']:>14} {row['price']:>10}")


def _print_gaps(board: Board) -> None:
    gaps = list(board.gaps)
    replayed, renewed = (sum(gap.how == how for gap in gaps) for how in ("replay", "snapshot"))
    print(
        f"{len(gaps)} gaps were reported: {replayed} filled from the last trades, {renewed} made good by a fresh "
        f"state, {len(gaps) - replayed - renewed} not repaired."
    )


def _print_summary(board: Board) -> None:
    print(f"\nMessages{'':<24}" + "".join(f"{part:>14}" for part in PARTS))
    for row in ROWS:
        counts = "".join(f"{count:>14}" for count in board.counts[row.stream])
        silent = any(row.stream in board.missing(part) for part in range(len(PARTS)))
        note = "nothing!" if silent else board.gone.get(row.wire, "").partition(",")[0]
        print(f"{row.family:<8}{row.stream:<24}{counts}   {note}".rstrip())
