"""The picture of a tape: the newest print on top, the balance of buyers and sellers above."""

from __future__ import annotations

from rich.text import Text

from ..._views.ladder import Scale
from ..._views.tape import Print, Tape
from .paint import BUY, QUIET, SELL, Widths, balance, bar, clock, colour, counted, figure, framed

_BAR = 40


class TapePicture:
    """Draws a tape.

    Args:
        tape: What to draw.
        title: What to call it.
        note: What to say behind the title.
        symbols: Whether to name each print's symbol.
        alike: Whether quantities of several symbols can be added up.
        sides: What to call a buyer's print and a seller's.
        thing: What one of them is.
        aside: What to say behind the note, where there is room.
    """

    ideal = 2.2
    least = (36, 6)

    def __init__(
        self,
        tape: Tape,
        title: str,
        note: str = "",
        symbols: bool = False,
        alike: bool = True,
        sides: tuple[str, str] = ("buy", "sell"),
        thing: str = "trade",
        aside: str = "",
    ) -> None:
        self.tape, self._title, self._note, self._thing = tape, title, note, thing
        self._aside = aside
        self._symbols, self._alike, self._sides = symbols, alike, sides
        self._widths, self._scale = Widths(), Scale()

    @property
    def most(self) -> tuple[int, int]:
        """The width and height that it can make use of."""
        return 60 + _BAR + 12 * self._symbols, 1000

    def draw(self, width: int, height: int, now: float, state: str) -> list[Text]:
        """Return the picture, of that width and height."""
        room = max(1, height - 5)
        shown = list(self.tape.prints)[:room]
        lines = self._head(width - 4)
        lines += self._lines(shown, width - 4)
        lines += [Text("")] * (height - 2 - len(lines))
        return framed(lines, self._title, width, state, self._note, self._aside)

    def _head(self, width: int) -> list[Text]:
        tape = self.tape
        if self._alike or len(tape.price_decimals) < 2:
            bought, sold = (figure(one, tape.quantity_decimals) for one in (tape.bought, tape.sold))
            return [self._sums(bought, sold, width), balance(tape.share, width)]
        sells = tape.count - tape.buys
        return [self._sums(f"{tape.buys:,}", f"{sells:,}", width), balance(tape.buys / tape.count, width)]

    def _sums(self, bought: str, sold: str, width: int) -> Text:
        words = tuple(f"{side} " for side in self._sides)
        between = width - len(bought) - len(sold) - sum(map(len, words))
        middle = counted(self.tape.count, self._thing)
        middle = middle.center(between) if between > len(middle) + 1 else " " * max(1, between)
        return Text.assemble(
            (words[0], QUIET), (bought, f"bold {BUY}"), (middle, QUIET), (words[1], QUIET), (sold, f"bold {SELL}")
        )

    def _lines(self, shown: list[Print], width: int) -> list[Text]:
        tape, widths = self.tape, self._widths
        prices = [figure(one.price, tape.price_decimals[one.symbol]) for one in shown]
        price = widths.fit("price", ["price", *prices])
        quantity = widths.fit("quantity", ["qty", *(figure(one.quantity, tape.quantity_decimals) for one in shown)])
        symbol = widths.fit("symbol", [one.symbol for one in shown]) + 2 if self._symbols else 0
        side = max(map(len, self._sides))
        least = 8 + 2 + symbol + side + 2 + price + 2 + quantity
        exact = width >= least + 4
        room = width - least - 4 * exact - 1
        top = self._scale.fit(max((float(one.quantity) for one in shown), default=0.0))
        head = f"{'time':<{12 if exact else 8}}  {'symbol' if symbol else '':<{symbol}}{'side':<{side}}"
        lines = [Text(f"{head}  {'price':>{price}}  {'qty':>{quantity}}", QUIET)]
        for at, one in enumerate(shown):
            style, weight = colour(one.buy), "bold " if at == 0 else ""
            line = Text.assemble(
                (clock(one.time_ms, exact).ljust(12 if exact else 8), QUIET),
                "  ",
                one.symbol.ljust(symbol) if symbol else "",
                (self._sides[not one.buy].ljust(side), style),
                "  ",
                (prices[at].rjust(price), weight + style),
                "  ",
                (figure(one.quantity, tape.quantity_decimals).rjust(quantity), weight.strip()),
            )
            if room >= 4:
                line.append(" " + bar(float(one.quantity) / top, room), f"dim {style}")
            lines.append(line)
        return lines
