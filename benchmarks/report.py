"""The outcomes as text, at most 120 columns wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from .clients import CLIENTS, FLOOR
from .goals import Results, judge
from .runner import Grid, Outcome
from .sections import BARE, OURS, OURS_SHARED

Rows = list[Sequence[str]]

METRICS: dict[str, Callable[[Outcome, Outcome], str]] = {
    "CPU µs": lambda outcome, ours: number(outcome.us),
    "messages/s": lambda outcome, ours: f"{outcome.rate:,.0f}",
    "× bybit_ws": lambda outcome, ours: _ratio(outcome.us, ours.us),
}
"""The three lines of a stream: CPU a message, messages a second, and CPU compared with ours."""


def text(machine: dict[str, str], results: Results, rough: bool = False) -> str:
    """Return the whole report; a rough one says so."""
    parts = [columns([*machine.items()], left=2)]
    for name, grid in results.items():
        title, show = SHOWN[name]
        parts.append(f"{title}\n\n{columns(show(grid), left=2 if name == 'table' else 1)}")
    parts += ["\n".join(lines) for lines in (problems(results),) if lines]
    judged = "Goals, judged on one short round: a full run may say otherwise" if rough else "Goals"
    parts.append(f"{judged}\n\n{columns(verdicts(results))}")
    return "\n\n".join(parts)


def columns(rows: Rows, left: int = 1) -> str:
    """Return rows in columns, the first few to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:left], widths)]
        cells += [cell.rjust(width) for cell, width in zip(row[left:], widths[left:])]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def number(value: float) -> str:
    """Return a number with three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def problems(results: Results) -> list[str]:
    """Return a line for whatever has no figures."""
    found: dict[str, None] = {}
    for section, grid in results.items():
        for row, outcomes in grid.items():
            for client, outcome in outcomes.items():
                if outcome.problem:
                    where = f"{section} {row}, {client} is wrong" if outcome.wrong else client
                    found[f"{where}: {outcome.problem}"] = None
    return [*found]


def verdicts(results: Results) -> Rows:
    """Return the goals that were measured, and whether they are met."""
    rows: Rows = [("goal", "at most", "is", "met")]
    for verdict in judge(results):
        if verdict.figure is not None:
            shown = f"{number(verdict.figure)} {verdict.unit}" if verdict.unit else f"{verdict.figure:g}"
            limit = f"{verdict.limit:g} {verdict.unit}".rstrip()
            rows.append((verdict.text, limit, shown, "yes" if verdict.met else "NO"))
    return rows


def _table(grid: Grid) -> Rows:
    clients = [client for client in CLIENTS if client != FLOOR]
    rows: Rows = [*zip(("", "", "stream"), ("", "", ""), *map(_heading, clients))]
    for stream, outcomes in grid.items():
        for at, (metric, show) in enumerate(METRICS.items()):
            shown = [_cell(outcomes.get(client), show, outcomes[OURS]) for client in clients]
            rows.append(("" if at else stream, metric, *shown))
    return rows


def _heading(client: str) -> tuple[str, str, str]:
    name, _, variant = client.partition(" ")
    first, dash, second = name.rpartition("-")
    return first + dash, second, variant or CLIENTS[client].parser


def _cell(outcome: Outcome | None, show: Callable[[Outcome, Outcome], str], ours: Outcome) -> str:
    if outcome is None:
        return "-"
    if outcome.problem:
        return "wrong" if outcome.wrong else "absent"
    return show(outcome, ours)


def _us(outcome: Outcome | None) -> str:
    return _cell(outcome, METRICS["CPU µs"], Outcome())


def _ratio(one: float, other: float) -> str:
    return number(one / other) if one and other else "-"


def _compared(row: str, grid: Grid, *clients: str) -> Sequence[str]:
    """Return the costs of clients, and how the first one compares with the last one."""
    found = [grid[row].get(client, Outcome(problem="absent")) for client in clients]
    return row, *map(_us, found), _ratio(found[0].us, found[-1].us)


def _tls(grid: Grid) -> Rows:
    return [("stream", OURS, BARE, "ratio"), *(_compared(row, grid, OURS, BARE) for row in grid)]


def _symbols(grid: Grid) -> Rows:
    first = next(iter(grid.values()))[OURS].us
    rows = [(row, _us(outcomes[OURS]), _ratio(outcomes[OURS].us, first)) for row, outcomes in grid.items()]
    return [("symbols", OURS, "ratio"), *rows]


def _levels(grid: Grid) -> Rows:
    header = ("levels a side", OURS_SHARED, OURS, FLOOR, "ratio")
    return [header, *((row, _us(grid[row].get(OURS_SHARED)), *_compared(row, grid, OURS, FLOOR)[1:]) for row in grid)]


def _latency(grid: Grid) -> Rows:
    outcomes = grid["trade_v1"]
    rows: Rows = [("client", "p50 µs", "p99 µs", "CPU %")]
    shows = (lambda one, _: number(one.p50), lambda one, _: number(one.p99), lambda one, _: number(one.load * 100))
    for client, outcome in outcomes.items():
        rows.append((client, *(_cell(outcome, show, outcome) for show in shows)))
    ours, bare = outcomes[OURS], outcomes[BARE]
    ratios = [_ratio(getattr(ours, metric), getattr(bare, metric)) for metric in ("p50", "p99", "load")]
    return [*rows, ("ratio", *ratios)]


def _imports(grid: Grid) -> Rows:
    (outcomes,) = grid.values()
    return [("statement", "ms"), *((statement, number(one.us / 1000)) for statement, one in outcomes.items())]


def _memory(grid: Grid) -> Rows:
    rows: Rows = [("over", "threads of a socket", "growth")]
    for row, outcomes in grid.items():
        outcome = outcomes[OURS]
        grown = "not available" if outcome.memory is None else f"{outcome.memory / 1e6:.1f} MB"
        rows.append((row, f"{outcome.threads:g}", grown))
    return rows


SHOWN: dict[str, tuple[str, Callable[[Grid], Rows]]] = {
    "table": ("Cost of a message", _table),
    "tls": ("Over TLS, CPU µs a message", _tls),
    "symbols": ("Symbols on one socket, trade_v1, CPU µs a message", _symbols),
    "levels": ("Levels of a book, deltas of orderbook_200, CPU µs a delta", _levels),
    "latency": ("Latency of trade_v1 at 1,000 messages a second, from the server's send to the callback", _latency),
    "import": ("Import, in a fresh process", _imports),
    "memory": ("Threads and memory, trade_v1", _memory),
}
"""The sections in their order: title, and what makes rows of a grid."""
