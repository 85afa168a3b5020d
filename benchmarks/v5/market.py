"""The frames of both protocols, from one seeded market over the same time.

The simulator's market and sessions run here without a socket and as fast as they can, so that every push comes at
its documented cadence, whatever else the machine does, and that a minute of it takes seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from bybit_ws.simulator.exchange import Exchange
from bybit_ws.simulator.inverse_channels import keep_books
from bybit_ws.simulator.market import STEP
from bybit_ws.simulator.pump import Pump
from bybit_ws.simulator.session import FIRST_FRAME_DELAY

from .streams import SYMBOLS, Line

REST = {
    "/v5/market/recent-trade": ("category", "symbol", "limit"),
    "/v5/market/instruments-info": ("category",),
    "/v5/market/insurance": (),
}
"""What clients ask of V5's REST interface, and of what."""

SETTLE = 4.0
"""Seconds of market time after which everything that was pending is pushed."""


class Frames(NamedTuple):
    """What one connection got, without acknowledgements.

    Attributes:
        opening: What came at once.
        rest: What came then.
    """

    opening: list[str]
    rest: list[str]


Place = tuple[str, str, bool]
"""Stream, symbol, and whether it is V5's."""


class Recording(NamedTuple):
    """What a market said.

    Attributes:
        frames: Of each line and protocol.
        rest: REST's answers of the beginning, by category and path.
    """

    frames: dict[Place, Frames]
    rest: dict[str, dict[str, str]]


class Tap:
    """Stands where a client's connection does, and keeps what is sent."""

    number = 0
    authenticated = True

    def __init__(self) -> None:
        self.texts: list[str] = []

    def spared(self) -> bool:
        """Nothing is to be lost."""
        return True

    def push(self, frame: str) -> None:
        """Keep a message."""
        self.texts.append(frame)

    def push_packed(self, frames: Iterable[bytes]) -> None:
        """Keep messages that are framed already."""
        self.texts += map(_unframed, frames)


def _unframed(frame: bytes) -> str:
    size = frame[1]
    return frame[{126: 4, 127: 10}.get(size, 2) :].decode()


def record(lines: Iterable[Line], seconds: float, seed: str = "benchmark") -> Recording:
    """Let the market live so many seconds; return what these lines would have got."""
    return asyncio.run(_record([*lines], seconds, seed))


async def _record(lines: list[Line], seconds: float, seed: str) -> Recording:
    exchange: Any = Exchange(seed=seed)  # it is not started: nobody connects
    market, hub = exchange._market, exchange._venue.hub
    keep_books(hub, market)
    taps = {(line, v5): _tapped(exchange, line, v5) for line in lines for v5 in (False, True)}
    await asyncio.sleep(3 * FIRST_FRAME_DELAY)
    opened = {key: len(tap.texts) for key, tap in taps.items()}
    rest = {category: _asked(exchange, category) for category in SYMBOLS}
    pump = Pump(market, hub, 1.0, lambda now: None)
    _beat(pump, seconds)
    pump.paused = True
    _beat(pump, SETTLE)
    frames = {}
    for (line, v5), tap in taps.items():
        parts = tap.texts[: opened[line, v5]], tap.texts[opened[line, v5] :]
        frames[line.stream, line.symbol, v5] = Frames(*([*filter(_pushes(line), part)] for part in parts))
    return Recording(frames, rest)


def _beat(pump: Pump, seconds: float) -> None:
    for _ in range(round(seconds / STEP)):
        pump.beat(STEP)


def _tapped(exchange: Any, line: Line, v5: bool) -> Tap:
    tap = Tap()
    session = exchange._route(line.v5 if v5 else line.path)(tap)
    for text in line.requests(v5):
        session.receive(text)
    return tap


def _asked(exchange: Any, category: str) -> dict[str, str]:
    query = {"category": category, "symbol": SYMBOLS[category][0], "limit": "60"}
    return {path: exchange._ask(path, {name: query[name] for name in names}) for path, names in REST.items()}


def _pushes(line: Line) -> Callable[[str], bool]:
    """Return what tells pushes of a stream from acknowledgements, and from what else a private socket says."""

    def is_push(text: str) -> bool:
        if text.startswith("["):
            return bool(json.loads(text)[0]["e"] == line.wire)
        return '"data":' in text

    return is_push
