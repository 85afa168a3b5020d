"""Where pictures stand on a screen: side by side or stacked, as many as have room."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.text import Text

from .paint import Picture, beside

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
) -> tuple[list[Text], int]:
    """Return the lines of the screen, and how many pictures have no room on it.

    Args:
        pictures: What there is to show, all of a kind.
        width: Of the screen.
        height: Of the screen.
        now: The moment.
        state: Tells whether a picture is current.
    """
    if not pictures:
        return [], 0
    columns, rows = arrange(len(pictures), pictures[0], width, height)
    shown = pictures[: columns * rows]
    cell = min(width // columns, max(one.most[0] for one in shown))
    margin = Text(" " * ((width - cell * columns) // 2))
    lines: list[Text] = []
    for at in range(0, len(shown), columns):
        blocks = [
            one.draw(cell, min(height // rows, one.most[1]), now, state(one)) for one in shown[at : at + columns]
        ]
        lines += [Text.assemble(margin, line) for line in beside(blocks, cell)]
    return lines, len(pictures) - len(shown)
