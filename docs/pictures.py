"""Draw the pictures in ``docs/pictures``: what ``bybit-ws watch`` shows, of the local exchange's market.

    python docs/pictures.py

The market is seeded and moved by hand, so the same pictures come out each time. Needs the extras ``simulator`` and
``terminal``. ``--light`` draws them on a light background, ``--only NAME`` one of them, ``--output DIRECTORY``
elsewhere.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from bybit_ws._cli.draw.candles import CandlesPicture
from bybit_ws._cli.draw.ladder import LadderPicture
from bybit_ws._cli.draw.paint import LIVE, STALE, Sheet
from bybit_ws._cli.draw.status import Status
from bybit_ws._cli.draw.table import RecordsPicture
from bybit_ws._cli.draw.tape import TapePicture
from bybit_ws._topics import BY_STREAM
from bybit_ws._views.candles import Candles, candles
from bybit_ws._views.ladder import Ladder, sides
from bybit_ws._views.records import Records
from bybit_ws._views.tape import Tape, prints
from bybit_ws.events import Disconnected
from bybit_ws.simulator.market import Market
from bybit_ws.simulator.truth import Truth

HERE = Path(__file__).resolve().parent
START_MS = 1_667_557_800_000
SEED = 7
STEP = 0.02

_NORMAL = [(0, 0, 0), (224, 92, 100), (63, 185, 120), (210, 153, 34), (88, 166, 255), (188, 140, 255), (57, 197, 207)]
DARK = TerminalTheme((13, 17, 23), (201, 209, 217), [*_NORMAL, (201, 209, 217)], [*_NORMAL, (255, 255, 255)])
LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [(0, 0, 0), (196, 42, 52), (22, 128, 66), (150, 100, 0), (9, 105, 218), (130, 80, 223), (27, 124, 131), (9, 9, 9)],
)

_CLIPPED = re.compile(r' clip-path="url\(#[\w-]+-line-\d+\)"')
"""rich crops each line of text, which leaves seams between blocks one above the other."""

_FORM = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 22px;
line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""As rich has it, without the fonts that it would have fetched from elsewhere, and with no seams between blocks."""


class Stage:
    """A market that is moved by hand."""

    def __init__(self) -> None:
        self.market = Market(SEED, START_MS)
        self.truth = Truth(self.market, lambda question: question())
        self.now = 0.0

    def pass_time(self, seconds: float) -> Iterator[float]:
        """Move it step by step."""
        for _ in range(round(seconds / STEP)):
            self.market.step()
            self.now += STEP
            yield self.now


def ladder(stage: Stage, row_name: str, symbol: str, seconds: float) -> LadderPicture:
    """Return the ladder of a book after so many seconds."""
    picture, row = LadderPicture(Ladder(symbol), row_name, BY_STREAM[row_name].wire), BY_STREAM[row_name]
    for number, now in enumerate(stage.pass_time(seconds)):
        if number % 10 == 0:
            book = stage.truth.book(symbol, 25)
            message = {"data": book if isinstance(book, list) else [book]}
            picture.ladder.update(*sides(row, message), now)
    return picture


def tape(stage: Stage, symbol: str, seconds: float) -> TapePicture:
    """Return the tape of so many seconds."""
    picture = TapePicture(Tape(), symbol, "trade", thing="trade")
    for _ in stage.pass_time(seconds):
        pass
    row = BY_STREAM["trade" if symbol.endswith("USD") else "trade_v1"]
    picture.tape.add(prints(row, {"data": stage.truth.trades(symbol)}, symbol))
    return picture


def candle_chart(stage: Stage, symbol: str, minutes: float) -> CandlesPicture:
    """Return the candles of so many minutes."""
    picture, row = CandlesPicture(Candles(symbol, "1"), "kline 1", "klineV2.1"), BY_STREAM["kline"]
    for number, _ in enumerate(stage.pass_time(minutes * 60)):
        if number % 50 == 0:
            picture.candles.add(candles(row, {"data": [stage.truth.candle(symbol, "1")]}))
    return picture


def tickers(stage: Stage, seconds: float) -> RecordsPicture:
    """Return the table of all contracts."""
    picture = RecordsPicture(Records(BY_STREAM["instrument_info"]), "instrument_info", "", "instrument_info.100ms")
    for number, now in enumerate(stage.pass_time(seconds)):
        if number % 5 == 0:
            for symbol in ("BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD"):
                picture.records.update({"data": stage.truth.ticker(symbol)}, now)
    return picture


def health(**told: Any) -> dict[str, dict[str, Any]]:
    """Return a socket's health as a client tells it."""
    usual = {"state": "ready", "api": "v5", "reconnects": 0, "messages": 4210, "lag": 0.003, "dropped": 0}
    return {"realtime": {**usual, **told}}


def screen(width: int, height: int) -> Sheet:
    """Return what the whole terminal shows."""
    stage, status = Stage(), Status()
    picture = ladder(stage, "orderbook_25", "BTCUSD", 20)
    for at in range(40):
        status.count(1, at * 0.05)
    return Sheet([*picture.draw(width, height - 2, stage.now, LIVE), *status.draw(width, 2.0, health())])


def stale(width: int, height: int) -> Sheet:
    """Return the same a moment after the connection was lost."""
    stage, status = Stage(), Status()
    picture = ladder(stage, "orderbook_25", "BTCUSD", 20)
    event = Disconnected("the connection was reset by the exchange")
    status.event(event.stamped("realtime", START_MS / 1000))
    told = health(state="connecting", lag=None)
    return Sheet([*picture.draw(width, height - 2, stage.now, STALE), *status.draw(width, 2.0, told)])


def alone(make: Callable[[Stage], Any]) -> Callable[[int, int], Sheet]:
    """Return what draws one picture, of a market of its own."""

    def draw(width: int, height: int) -> Sheet:
        stage = Stage()
        picture = make(stage)
        return Sheet(picture.draw(width, height, stage.now, LIVE))

    return draw


PICTURES: dict[str, tuple[Callable[[int, int], Sheet], int, int]] = {
    "ladder": (screen, 96, 26),
    "stale": (stale, 80, 16),
    "ladder-narrow": (alone(lambda stage: ladder(stage, "diff_depth_v1", "BTCUSDT", 8)), 40, 22),
    "tape": (alone(lambda stage: tape(stage, "BTCUSD", 30)), 84, 20),
    "candles": (alone(lambda stage: candle_chart(stage, "BTCUSD", 45)), 100, 26),
    "tickers": (alone(lambda stage: tickers(stage, 10)), 106, 8),
}
"""What draws each picture, and its width and height."""


def main() -> None:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(description="Draw the pictures in docs/pictures.")
    parser.add_argument("--output", type=Path, default=HERE / "pictures")
    parser.add_argument("--only", choices=PICTURES)
    parser.add_argument("--light", action="store_true")
    arguments = parser.parse_args()
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, (draw, width, height) in PICTURES.items():
        if arguments.only not in (None, name):
            continue
        console = Console(
            record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor"
        )
        console.print(draw(width, height))
        path = arguments.output / f"{name}.svg"
        theme = LIGHT if arguments.light else DARK
        text = console.export_svg(title="bybit-ws watch", theme=theme, code_format=_FORM, unique_id=name)
        path.write_text(_CLIPPED.sub("", text), "utf-8")
        print(path)


if __name__ == "__main__":
    main()
