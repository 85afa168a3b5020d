"""The picture of an order book: asks above, bids below, quantities to the left and what they add up to to the right."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ..._views.ladder import Ladder, Rung, Scale
from .paint import QUIET, Widths, bar, bar_to_left, colour, figure, framed, fresh

_BAR = 30
"""Columns of the longest bar: longer ones tell no more."""

_ROOM = 16
"""Columns that bars on both sides need."""

_FEWEST = 3
"""Levels of a side that a ladder has to have room for."""


class LadderPicture:
    """Draws a ladder.

    Args:
        ladder: What to draw.
        note: What to say behind the symbol.
        aside: What to say behind that, where there is room.
    """

    ideal = 2.4

    def __init__(self, ladder: Ladder, note: str = "", aside: str = "") -> None:
        self.ladder, self._note, self._aside = ladder, note, aside
        self._widths = Widths()
        self._quantities, self._totals = Scale(), Scale()

    @property
    def least(self) -> tuple[int, int]:
        """The width and height that it needs at least."""
        return 36, 4 + 2 * min(_FEWEST, self.ladder.depth or 1)

    @property
    def most(self) -> tuple[int, int]:
        """The width and height that it can make use of."""
        return 48 + 2 * _BAR, 4 + 2 * max(self.ladder.depth, 1)

    def draw(self, width: int, height: int, now: float, state: str) -> list[Text]:
        """Return the picture, of that width and of that height at most."""
        levels = max(1, min((height - 4) // 2, self.ladder.depth))
        asks, bids = self.ladder.asks[:levels], self.ladder.bids[:levels]
        columns = _Columns(self.ladder, asks, bids, self._widths, width - 4)
        columns.scale(self._quantities, self._totals, (*asks, *bids))
        blank = [Text("")]
        lines = [columns.titles(), *blank * (levels - len(asks))]
        lines += [columns.line(rung, False, now) for rung in reversed(asks)]
        lines.append(columns.middle(self.ladder, levels))
        lines += [columns.line(rung, True, now) for rung in bids]
        lines += blank * (levels - len(bids))
        return framed(lines, self.ladder.symbol, width, state, self._note, self._aside)


class _Columns:
    """Where everything stands in a line: ``bar quantity mark price total bar``, the bars as there is room."""

    def __init__(
        self, ladder: Ladder, asks: Sequence[Rung], bids: Sequence[Rung], widths: Widths, width: int
    ) -> None:
        self._price_decimals, self._decimals = ladder.price_decimals, ladder.quantity_decimals
        rungs = (*asks, *bids)
        self._price = widths.fit("price", ["price", *(figure(one.price, self._price_decimals) for one in rungs)])
        self._quantity = widths.fit("quantity", ["quantity", *(figure(one.quantity, self._decimals) for one in rungs)])
        total = widths.fit("total", ["total", *(figure(one.total, self._decimals) for one in rungs)])
        bare = self._quantity + 2 + self._price + 1
        room = width - bare - total - 2
        self._total = total if room >= _ROOM else 0
        self._right = room // 2 if self._total else max(0, width - bare - 1)
        self._left = room - self._right if self._total else 0
        self._width = width
        self._top = self._sum = 1.0

    def scale(self, quantities: Scale, totals: Scale, rungs: Sequence[Rung]) -> None:
        """Let the bars have room for all."""
        self._top = quantities.fit(max((float(one.quantity) for one in rungs), default=0.0))
        self._sum = totals.fit(max((float(one.total) for one in rungs), default=0.0))

    def titles(self) -> Text:
        """Return the line that names the columns."""
        line = f"{'':{self._left}}{'quantity':>{self._quantity}}  {'price':>{self._price}}"
        return Text(line + (f"  {'total':>{self._total}}" if self._total else ""), QUIET)

    def line(self, rung: Rung, buy: bool, now: float) -> Text:
        """Return the line of a level."""
        style, new = colour(buy), rung.change != 0 and fresh(rung.changed, now)
        share, sum_ = float(rung.quantity) / self._top, float(rung.total) / self._sum
        mark = ("▲" if rung.change > 0 else "▼") if new else " "
        best = rung.total == rung.quantity
        line = Text.assemble(
            (bar_to_left(share, self._left - 1) + " " if self._left else "", style),
            (figure(rung.quantity, self._decimals).rjust(self._quantity), "bold" if new else ""),
            (mark, colour(rung.change > 0)),
            " ",
            (figure(rung.price, self._price_decimals).rjust(self._price), f"bold {style}" if best else style),
            "  ",
        )
        if self._total:
            line.append(figure(rung.total, self._decimals).rjust(self._total) + " ", QUIET)
            line.append(bar(sum_, self._right - 1), f"dim {style}")
        else:
            line.append(bar(share, self._right - 1), style)
        return line

    def middle(self, ladder: Ladder, levels: int) -> Text:
        """Return the line between asks and bids: spread, mid, and how the quantities divide."""
        if ladder.mid is None or ladder.spread is None:
            return Text("one side is empty" if ladder.depth else "", QUIET)
        spread = f"spread {figure(ladder.spread, self._price_decimals)} "
        mid = figure(ladder.mid, self._price_decimals + 1)
        end = self._left + self._quantity + 2 + self._price
        line = Text(f"{spread}{mid:>{max(0, end + 1 - len(spread))}}", "bold")
        share = ladder.share(levels)
        told = "" if share is None else f"bids {share:.0%}"
        if self._width - len(line.plain) > len(told) + 2:
            line.append(told.rjust(self._width - len(line.plain)), QUIET)
        return line
