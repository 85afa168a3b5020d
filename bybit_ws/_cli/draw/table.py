"""The picture of a table of records."""

from __future__ import annotations

from decimal import Decimal

from rich.text import Text

from ..._views.records import Cell, Column, Records
from .paint import QUIET, Widths, clock, colour, framed, fresh, plain


class RecordsPicture:
    """Draws records.

    Args:
        records: What to draw.
        title: What to call them.
        note: What to say behind the title.
        aside: What to say behind that, where there is room.
    """

    ideal = 4.0
    least = (36, 4)

    def __init__(self, records: Records, title: str, note: str = "", aside: str = "") -> None:
        self.records, self._title, self._note, self._aside = records, title, note, aside
        self._widths = Widths()

    @property
    def most(self) -> tuple[int, int]:
        """The width and height that it can make use of."""
        return 160, 3 + max(1, len(self.records.rows))

    def draw(self, width: int, height: int, now: float, state: str) -> list[Text]:
        """Return the picture, of that width and of that height at most."""
        rows = self.records.shown()
        room = max(1, height - 3)
        note = self._note if len(rows) <= room else f"{self._note}, {room} of {len(rows)} rows".lstrip(", ")
        rows = rows[:room]
        texts = [[_text(cell, column) for cell, column in zip(row, self.records.columns)] for row in rows]
        widths = [
            self._widths.fit(column.title, [column.title, *(line[at] for line in texts)])
            for at, column in enumerate(self.records.columns)
        ]
        count = _fitting(widths, width - 4)
        lines = [self._titles(widths[:count])]
        for row, line in zip(rows, texts):
            lines.append(self._line(row, line, widths[:count], now))
        return framed(lines, self._title, width, state, note, self._aside)

    def _titles(self, widths: list[int]) -> Text:
        columns = zip(self.records.columns, widths)
        return Text("  ".join(_placed(one.title, one, width) for one, width in columns), QUIET)

    def _line(self, row: tuple[Cell, ...], texts: list[str], widths: list[int], now: float) -> Text:
        line = Text()
        for at, (cell, text, column, width) in enumerate(zip(row, texts, self.records.columns, widths)):
            line.append("  " if at else "")
            line.append(_placed(text, column, width), _style(cell, column, at, now))
        return line


def _fitting(widths: list[int], room: int) -> int:
    """Return how many columns have room, one at least."""
    used = -2
    for count, width in enumerate(widths):
        used += width + 2
        if used > room:
            return max(1, count)
    return len(widths)


def _placed(text: str, column: Column, width: int) -> str:
    return text.ljust(width) if column.form in ("", "side", "time") else text.rjust(width)


def _text(cell: Cell, column: Column) -> str:
    if cell.value is None:
        return "-"
    if isinstance(cell.value, str):
        return cell.value
    if column.form == "time":
        return clock(int(cell.value), False)
    if column.form in ("percent", "e6"):
        return f"{cell.value:+.2f} %"
    if column.form == "fine":
        return f"{cell.value:+.4f} %"
    return plain(cell.value)


def _style(cell: Cell, column: Column, at: int, now: float) -> str:
    if column.form == "side" and isinstance(cell.value, str):
        return colour(cell.value.lower() == "buy") if cell.value.lower() in ("buy", "sell") else QUIET
    if column.form == "time":
        return QUIET
    if cell.change and fresh(cell.changed, now):
        return colour(cell.change > 0) if isinstance(cell.value, Decimal) else "bold"
    return "bold" if at == 0 else ""
