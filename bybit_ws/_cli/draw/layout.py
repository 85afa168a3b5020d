"""Where pictures stand on a screen: side by side or stacked, as many as have room."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.align import Align
from rich.console import Group, RenderableType
from rich.table import Table

from .paint import Picture

State = Callable[[Picture], str]


def arrange(count: int, picture: Picture, width: int, height: int) -> tuple[int, int]:
    """Return how many columns and rows of pictures suit a screen, at least one.

    Args:
        count: How many pictures there are.
        picture: One of them: they are all of a kind.
        width: Of the screen.
        height: Of the screen.
    """
    widest, highest = (max(1, room // least) for room, least in zip((width, height), picture.least))
    best, found = math.inf, (1, 1)
    for columns in range(1, min(count, widest) + 1):
        rows = min(math.ceil(count / columns), highest)
        shape = (width / columns) / (height / rows)
        hidden = count - min(count, columns * rows)
        score = abs(math.log(shape / picture.ideal)) + 10 * hidden
        if score < best:
            best, found = score, (columns, rows)
    return found


def place(
    pictures: Sequence[Picture], width: int, height: int, now: float, state: State
) -> tuple[RenderableType, int]:
    """Return what the screen shows, and how many pictures have no room on it.

    Args:
        pictures: What there is to show, all of a kind.
        width: Of the screen.
        height: Of the screen.
        now: The moment.
        state: Tells whether a picture is current.
    """
    if not pictures:
        return Group(), 0
    columns, rows = arrange(len(pictures), pictures[0], width, height)
    shown = pictures[: columns * rows]
    cell = min(width // columns, max(one.most[0] for one in shown))
    grid = Table.grid(padding=0)
    for at in range(0, len(shown), columns):
        line = shown[at : at + columns]
        grid.add_row(*(one.draw(cell, min(height // rows, one.most[1]), now, state(one)) for one in line))
    placed = Align.center(grid) if cell * columns < width - 1 else grid
    return placed, len(pictures) - len(shown)
