"""What the pictures share: figures, bars, frames, and colours: the terminal's own, which suit its background."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.panel import Panel
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

    def draw(self, width: int, height: int, now: float, state: str) -> RenderableType:
        """Return the picture, of that width and of that height at most."""


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


def framed(lines: Sequence[Text], title: str, width: int, state: str, note: str = "") -> Panel:
    """Return lines in a frame; what is not current is greyed and says so."""
    if state != LIVE:
        lines = [Text(line.plain, QUIET) for line in lines]
    for line in lines:
        line.no_wrap, line.overflow = True, "crop"
    head = Text.assemble((title, "bold not dim"), f" {note}".rstrip())
    if state == STALE:
        head.append(" stale", "bold not dim red")
    elif state == WAITING:
        head.append(" waiting")
    border = "dim red" if state == STALE else QUIET
    return Panel(
        Group(*lines), box=ROUNDED, title=head, title_align="left", border_style=border, width=width, padding=(0, 1)
    )
