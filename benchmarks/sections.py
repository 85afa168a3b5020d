"""The questions, one function each: they set up a series, let clients take turns, and keep the outcomes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Callable

from .clients import BOOKS, CLIENTS, FLOOR
from .meter import Plan
from .runner import ROOT, Grid, Lane, Outcome, compare, progress, serving
from .series import Series
from .streams import STREAMS, series_of

OURS, OURS_JSON, OURS_SHARED = "bybit_ws", "bybit_ws json", "bybit_ws copy=False"
BARE, BARE_JSON = "websocket-client", "websocket-client json"

IMPORTS = ("import websocket", "import bybit_ws", "from bybit_ws import SpotWebSocket")
"""What is timed; bybit_ws imports the rest of itself, and websocket-client, when it is used."""

CHECKED = 100
"""Messages at the beginning of every run that are compared one by one; they are not timed."""


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Attributes:
        rounds: How often the clients take turns.
        share: The part of each stream's usual number of messages.
        symbols: Symbols on one socket.
        levels: Levels a side.
        seconds: How long latency is measured.
        imports: How often each package is imported.
        memory: Messages over which the growth of the process is measured.
    """

    rounds: int = 5
    share: float = 1.0
    symbols: tuple[int, ...] = (1, 10, 100, 500)
    levels: tuple[int, ...] = (25, 50, 100, 200, 500, 1000)
    seconds: int = 10
    imports: int = 15
    memory: int = 2_000_000

    def plan(self, count: int, warm: int = CHECKED) -> Plan:
        """Return the plan to measure the usual number of messages, or this run's part of it."""
        return Plan(warm + int(count * self.share), warm, CHECKED)


QUICK = Settings(1, 0.2, (1, 500), (25, 1000), 3, 3, 200_000)


def table(settings: Settings, streams: Sequence[str], recording: Series | None = None) -> Grid:
    """Measure every client with every stream, and with a recording."""
    grid: Grid = {}
    for name in streams:
        clients = [client for client in CLIENTS if client != FLOOR and (client != OURS_SHARED or name in BOOKS)]
        with serving(series_of(name)) as server:
            plan = settings.plan(STREAMS[name].messages)
            grid |= compare([Lane(name, server, clients, plan)], settings.rounds)
    if recording is not None:
        with serving(recording) as server:
            clients = [client for client in CLIENTS if client != FLOOR]
            grid |= compare([Lane(recording.name, server, clients, settings.plan(50_000))], settings.rounds)
    return grid


def tls(settings: Settings) -> Grid:
    """Measure two streams over TLS."""
    streams = ("trade_v1", "depth_v1")
    try:
        trustme = import_module("trustme")
    except ImportError:
        absent = Outcome(problem="trustme is not installed; pip install '.[bench]'")
        return {name: {OURS: absent, BARE: absent} for name in streams}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        ca, certificate = Path(folder, "ca.pem"), Path(folder, "server.pem")
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(ca))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        lanes = []
        for name in streams:
            server = servers.enter_context(serving(series_of(name), str(certificate), str(ca)))
            lanes.append(Lane(name, server, (OURS, BARE), settings.plan(STREAMS[name].messages)))
        return compare(lanes, settings.rounds)


def symbols(settings: Settings) -> Grid:
    """Measure trades of ever more symbols on one socket."""
    with ExitStack() as servers:
        lanes = []
        for count in settings.symbols:
            names = [f"COIN{number}USDT" for number in range(count)]
            server = servers.enter_context(serving(series_of("trade_v1", names)))
            # Each symbol's first messages are its backlog and the one that shows that it goes on.
            plan = settings.plan(STREAMS["trade_v1"].messages, warm=CHECKED + 2 * count)
            lanes.append(Lane(str(count), server, (OURS,), plan))
        return compare(lanes, settings.rounds)


def levels(settings: Settings) -> Grid:
    """Measure the same deltas of ever larger books, and the least that handing out whole copies can cost."""
    with ExitStack() as servers:
        lanes = []
        for size in settings.levels:
            server = servers.enter_context(serving(series_of("orderbook_200", levels=size)))
            plan = settings.plan(min(STREAMS["orderbook_200"].messages, 4_000_000 // size))
            lanes.append(Lane(str(size), server, (OURS, OURS_SHARED, FLOOR), plan, size))
        return compare(lanes, settings.rounds)


def latency(settings: Settings) -> Grid:
    """Measure the time from the server's send to the callback, a thousand messages a second."""
    rate, warm = 1000, 200
    with serving(series_of("trade_v1")) as server:
        plan = Plan(warm + settings.seconds * rate, warm, CHECKED, rate)
        return compare([Lane("trade_v1", server, (OURS, BARE), plan)], min(settings.rounds, 3))


def imports(settings: Settings) -> Grid:
    """Measure what it takes to import the package, and to use it first, in fresh processes."""
    code = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
    taken: dict[str, list[float]] = {statement: [] for statement in IMPORTS}
    with tempfile.TemporaryDirectory() as folder:
        # All of it compiled beforehand, as in an installation.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        for turn in range(1 + settings.imports):
            for statement, seconds in taken.items():
                command = [sys.executable, "-c", code.format(statement)]
                done = subprocess.run(  # noqa: S603
                    command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
                )
                seconds += [float(done.stdout)] if turn else []
    progress("import: done")
    return {"import": {statement: Outcome(us=median(seconds) * 1e6) for statement, seconds in taken.items()}}


def memory(settings: Settings) -> Grid:
    """Measure threads, and how much the process grows over many messages."""
    with serving(series_of("trade_v1")) as server:
        plan = Plan(50_000 + settings.memory, 50_000, CHECKED)
        return compare([Lane(f"{settings.memory:,} messages", server, (OURS,), plan)], 1)


SECTIONS: dict[str, Callable[[Settings], Grid]] = {
    "tls": tls,
    "symbols": symbols,
    "levels": levels,
    "latency": latency,
    "import": imports,
    "memory": memory,
}
