"""The picture of candles: blocks for bodies, lines for wicks, half a line fine, with a price axis and volumes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.text import Text

from ..._views.candles import Candle, Candles, seconds
from ..._views.ladder import Scale
from .paint import QUIET, Widths, colour, compact, figure, framed

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
_BETWEEN = 5
"""Lines from one label to the next, where there is room."""


class Axis:
    """Prices along the height: a line is worth a round amount, and the axis moves as late as may be.

    Attributes:
        bottom: The price at the lower end.
        top: The price at the upper end.
        step: Between two labels.
    """

    def __init__(self) -> None:
        self.bottom = self.top = self.step = 0.0
        self._line, self._rows = 1.0, 0

    def fit(self, low: float, high: float, rows: int, least: float) -> None:
        """Make room for these prices.

        Args:
            low: The lowest.
            high: The highest.
            rows: Lines of the axis.
            least: The smallest step there is between two prices.
        """
        between = _BETWEEN if rows > 2 * _BETWEEN else 2
        line = _round((high - low) / (rows - 1), least, between)
        here = self.bottom <= low and high < self.top and rows == self._rows
        if here and line > 0.6 * self._line:
            return
        self._line, self._rows, self.step = line, rows, line * between
        self.bottom = ((low + high) / 2 - rows * line / 2 + line / 2) // line * line
        self.top = self.bottom + rows * line

    def half(self, price: float) -> int:
        """Return how many halves of a line a price is above the bottom."""
        halves = int((price - self.bottom) / self._line * 2 + 1e-3)
        return min(max(halves, 0), 2 * self._rows - 1)

    def labels(self) -> dict[int, float]:
        """Return the prices to name, by their lines."""
        first = round(self.bottom / self.step)
        prices = (number * self.step for number in range(first, first + self._rows + 1))
        placed = {round((price - self.bottom) / self._line): price for price in prices}
        return {row: price for row, price in placed.items() if 0 <= row < self._rows}


def _round(value: float, least: float, between: int) -> float:
    """Return the smallest round amount not below a value of which so many are a price that can be written."""
    power = least
    while power * 10 < value:
        power *= 10
    for step in (*_STEPS, *(10 * step for step in _STEPS)):
        written = step * power * between / least
        if step * power >= value and abs(written - round(written)) < 1e-6:
            return step * power
    return power * 100


class CandlesPicture:
    """Draws candles.

    Args:
        candles: What to draw.
        note: What to say behind the symbol.
        aside: What to say behind that, where there is room.
    """

    ideal = 3.6
    least = (36, 10)
    most = (1000, 1000)

    def __init__(self, candles: Candles, note: str = "", aside: str = "") -> None:
        self.candles, self._note, self._aside = candles, note, aside
        self._axis, self._widths, self._volumes = Axis(), Widths(), Scale()

    def draw(self, width: int, height: int, now: float, state: str) -> list[Text]:
        """Return the picture, of that width and height."""
        decimals = self.candles.price_decimals
        newest = self.candles.last(1)
        if not newest:
            return framed([Text("")] * (height - 2), self.candles.symbol, width, state, self._note, self._aside)
        inner = width - 4
        label = self._widths.fit("price", [figure(newest[0].high, decimals), "vol 100 M"]) + 2
        pitch = 4 if len(self.candles) * 4 <= inner - label else 2
        shown = self.candles.last((inner - label) // pitch)
        volume_rows = 3 if height >= 20 else 2 if height >= 14 else 0
        rows = max(3, height - 2 - 2 - volume_rows)
        low, high = float(min(one.low for one in shown)), float(max(one.high for one in shown))
        self._axis.fit(low, high, rows, 10.0**-decimals)
        room = inner - label
        lines = [_summary(newest[0], decimals, inner)]
        lines += self._chart(shown, rows, pitch, room, decimals)
        lines += self._volume_lines(shown, volume_rows, pitch, room)
        lines.append(_times(shown, pitch, room, self.candles.interval))
        return framed(lines, self.candles.symbol, width, state, self._note, self._aside)

    def _chart(self, shown: Sequence[Candle], rows: int, pitch: int, room: int, decimals: int) -> list[Text]:
        columns = [_column(one, self._axis, rows, pitch) for one in shown]
        live = shown[-1]
        last, labels = self._axis.half(float(live.close)) // 2, self._axis.labels()
        gap = " " * (room - len(shown) * pitch)
        lines = []
        for row in reversed(range(rows)):
            line = Text(gap)
            for one, column in zip(shown, columns):
                line.append(column[row], colour(one.close >= one.open))
            if row == last:
                line.append(f"▶{figure(live.close, decimals)} ", f"bold reverse {colour(live.close >= live.open)}")
            elif row in labels:
                line.append(f"┤{figure(labels[row], decimals)}", QUIET)
            else:
                line.append("│", QUIET)
            lines.append(line)
        return lines

    def _volume_lines(self, shown: Sequence[Candle], rows: int, pitch: int, room: int) -> list[Text]:
        if not rows:
            return []
        top = self._volumes.fit(float(max(one.volume for one in shown)))
        lines = []
        for row in reversed(range(rows)):
            line = Text(" " * (room - len(shown) * pitch))
            for one in shown:
                eighths = round(float(one.volume) / top * rows * 8) - row * 8
                block = _EIGHTHS[min(max(eighths, 0), 8)]
                line.append((block * max(1, pitch - 1)).ljust(pitch), f"dim {colour(one.close >= one.open)}")
            lines.append(line.append("│", QUIET))
        lines[0].append(f" vol {compact(top)}", QUIET)
        return lines


def _column(one: Candle, axis: Axis, rows: int, pitch: int) -> list[str]:
    """Return what a candle looks like in each line, the lowest first."""
    low, high, first, last = (axis.half(float(price)) for price in (one.low, one.high, one.open, one.close))
    bottom, top = min(first, last), max(first, last)
    return [_piece(2 * row, bottom, top, low, high, pitch) for row in range(rows)]


def _piece(half: int, bottom: int, top: int, low: int, high: int, pitch: int) -> str:
    wide = max(1, pitch - 1)
    body = (bottom <= half <= top, bottom <= half + 1 <= top)
    if any(body):
        if bottom == top:
            return ("┿" if low < half and half + 1 < high else "━").center(wide, "━").ljust(pitch)
        beyond = low <= half if body[1] else half < high  # a wick where the body leaves half of the line
        block = "█" if all(body) or beyond else "▄" if body[0] else "▀"
        return (block * wide).ljust(pitch)
    wick = {(True, True): "│", (True, False): "╷", (False, True): "╵"}.get(
        (low <= half <= high, low <= half + 1 <= high), " "
    )
    return wick.center(wide).ljust(pitch)


def _summary(one: Candle, decimals: int, width: int) -> Text:
    style = colour(one.close >= one.open)
    change = float(one.close / one.open - 1) if one.open else 0.0
    line = Text()
    for name, price in (("open", one.open), ("high", one.high), ("low", one.low), ("close", one.close)):
        line.append(f"{name if width > 66 else name[0]} ", QUIET)
        line.append(f"{figure(price, decimals)}  ", f"bold {style}" if name == "close" else "")
    line.append(f"{change:+.2%}", style)
    return line


def _times(shown: Sequence[Candle], pitch: int, room: int, interval: str) -> Text:
    """Return the line of the time axis: the time of day, or the day where candles are that long."""
    length = seconds(interval)
    form, every = "%H:%M" if length < 86400 else "%d %b", 20 // pitch
    marked = [at for at, one in enumerate(shown) if int(one.start) // length % every == 0] or [0]
    line = ""
    for at in marked:
        told = time.strftime(form, time.localtime(shown[at].start))
        place = room - (len(shown) - at) * pitch
        line = line.ljust(min(place, room - len(told))) + told
    return Text(line.ljust(room)[:room] + "┘", QUIET)
