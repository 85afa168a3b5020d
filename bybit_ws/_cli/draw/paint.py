"""What the pictures share: figures, bars, frames, and colours: the terminal's own, which suit its background."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Protocol

from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.text import Text

LIVE, STALE, WAITING = "", "stale", "waiting"
"""What a picture can be: current, not to be trusted any more, or not there yet."""

BUY, SELL, QUIET = "green", "red", "dim"
FRESH = 0.6
"""Seconds for which a change is highlighted."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


class Picture(Protocol):
    """Something that can be drawn."""

    @property
    def least(self) -> tuple[int, int]:
        """The width and height that it needs at least."""

    @property
    def most(self) -> tuple[int, int]:
        """The width and height that it can make use of."""

    @property
    def ideal(self) -> float:
        """Its best width for each line of height."""

    def draw(self, width: int, height: int, now: float, state: str) -> list[Text]:
        """Return the picture: lines of that width, so many at most."""


class Widths:
    """Widths of columns, which only grow, so that nothing jumps."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def fit(self, name: str, texts: Sequence[str]) -> int:
        """Return the width of a column that has room for these texts and all before."""
        self._known[name] = max(self._known.get(name, 0), *map(len, texts or [""]), 0)
        return self._known[name]


def figure(value: Decimal | float | None, decimals: int = 0) -> str:
    """Return a number with separators, ``-`` for None."""
    return "-" if value is None else f"{value:,.{decimals}f}"


def plain(value: Decimal) -> str:
    """Return a number with the decimals that it has."""
    return f"{value:,f}"


def compact(value: float) -> str:
    """Return a number in a few characters."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g} {name}"
    return f"{value:g}"


def counted(count: int, thing: str) -> str:
    """Return a number of things in words."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def clock(time_ms: int | None, milliseconds: bool = True) -> str:
    """Return the time of day of this computer's zone."""
    if time_ms is None:
        return ""
    told = time.strftime("%H:%M:%S", time.localtime(time_ms / 1000))
    return f"{told}.{time_ms % 1000:03d}" if milliseconds else told


def bar(share: float, width: int) -> str:
    """Return a bar that grows to the right, in eighths of a column."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()).ljust(width)[:width]


def bar_to_left(share: float, width: int) -> str:
    """Return a bar that grows to the left, in halves of a column: there are no finer blocks on that side."""
    halves = round(min(max(share, 0.0), 1.0) * width * 2)
    if share > 0:
        halves = max(1, halves)
    return ("▐" * (halves % 2) + "█" * (halves // 2)).rjust(width)


def balance(share: float | None, width: int) -> Text:
    """Return a line that buyers and sellers divide."""
    if share is None:
        return Text("─" * width, QUIET)
    buyers = round(share * width)
    return Text.assemble(("━" * buyers, BUY), ("━" * (width - buyers), SELL))


def colour(buy: bool) -> str:
    """Return the colour of a side."""
    return BUY if buy else SELL


def fresh(changed: float, now: float) -> bool:
    """Return whether a change is to be highlighted."""
    return now - changed < FRESH


def framed(
    lines: Sequence[Text], title: str, width: int, state: str, note: str = "", aside: str = ""
) -> list[Text]:
    """Return lines in a frame, each as wide as it; what is not current is greyed and says so."""
    if state != LIVE:
        lines = [Text(line.plain, QUIET) for line in lines]
    border = f"{QUIET} red" if state == STALE else QUIET
    told = {STALE: ("stale ", "bold red"), WAITING: ("waiting ", QUIET), LIVE: ("", "")}[state]
    wide = f"{note} {aside}".strip()
    if aside and len(f"╭─ {title} {wide} waiting ") <= width - 2:  # also while it is live, so that nothing jumps
        note = wide
    head = Text.assemble(("╭─ ", border), (title, "bold"), (f" {note}".rstrip() + " ", QUIET), told)
    head.truncate(width - 2)
    head.append("─" * (width - 1 - head.cell_len) + "╮", border)
    framed = [head]
    for line in lines:
        inner = line.copy()
        inner.truncate(width - 4, pad=True)
        framed.append(Text.assemble(("│ ", border), inner, (" │", border)))
    return [*framed, Text("╰" + "─" * (width - 2) + "╯", border)]


class Sheet:
    """Lines for the screen. They fit already: rich need not wrap and measure them once more.

    Args:
        lines: From top to bottom.
        height: How many lines there are to be; the rest is blank.
    """

    def __init__(self, lines: Iterable[Text], height: int = 0) -> None:
        self.lines = [*lines]
        self.lines += [Text("")] * (height - len(self.lines))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Give the lines to rich."""
        for number, line in enumerate(self.lines):
            if number:
                yield Segment.line()
            yield from Text.assemble(line, end="").render(console)


def beside(blocks: Sequence[Sequence[Text]], width: int) -> list[Text]:
    """Return blocks of lines side by side, each of that width."""
    height = max(map(len, blocks))
    blank = Text(" " * width)
    columns = [[*block, *[blank] * (height - len(block))] for block in blocks]
    return [Text.assemble(*line) for line in zip(*columns)]
