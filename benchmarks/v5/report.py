"""The outcomes as a table, in text or in Markdown, and what they say of the goals."""

from __future__ import annotations

from collections.abc import Sequence

from ..report import columns, number
from .runner import LEGACY, PYBIT, RAW, V5, Row

COST = 2.0
"""What a message over V5 may cost, compared with the legacy endpoint."""

HEADINGS = (
    ("", "legacy", "V5", "ratio", "read", "V5", "V5", "pybit 5", "ratio", ""),
    ("stream", "µs/message", "µs/message", "≤ 2", "alone", "messages/frame", "µs/frame", "µs/frame", "< 1", "met"),
)
"""``read alone`` is the first ratio if nothing were translated: V5's frames are larger than the legacy endpoints'."""


def rows(grid: dict[str, Row]) -> list[Sequence[str]]:
    """Return the table's cells, without headings."""
    return [_row(stream, row) for stream, row in grid.items()]


def _row(stream: str, row: Row) -> Sequence[str]:
    legacy, v5, raw, pybit = (row[client] for client in (LEGACY, V5, RAW, PYBIT))
    cost, beside = ratios(row)
    alone = raw.frame / v5.delivered / legacy.message if raw.frame and v5.delivered and legacy.message else None
    figures = (legacy.message, v5.message, cost, alone, v5.delivered, v5.frame, pybit.frame, beside)
    return stream, *map(_shown, figures), {True: "yes", False: "NO", None: "-"}[met(row)]


def _shown(figure: float | None) -> str:
    return number(figure) if figure else "-"


def ratios(row: Row) -> tuple[float | None, float | None]:
    """Return the cost of a message compared with the legacy endpoint, and of a frame compared with pybit 5."""
    legacy, v5, pybit = (row[client] for client in (LEGACY, V5, PYBIT))
    cost = v5.message / legacy.message if v5.message and legacy.message else None
    return cost, v5.frame / pybit.frame if v5.frame and pybit.frame else None


def met(row: Row) -> bool | None:
    """Return whether a stream meets both goals; None where one could not be measured."""
    cost, beside = ratios(row)
    if (cost is not None and cost > COST) or (beside is not None and beside >= 1):
        return False
    return None if cost is None or beside is None else True


def problems(grid: dict[str, Row]) -> list[str]:
    """Return a line for whatever has no figures."""
    found = {
        f"{stream + ', ' if outcome.wrong else ''}{client}: {outcome.problem}": None
        for stream, row in grid.items()
        for client, outcome in row.items()
        if outcome.problem
    }
    return [*found]


def text(machine: dict[str, str], grid: dict[str, Row], markdown: bool = False) -> str:
    """Return the whole report."""
    cells = rows(grid)
    judged = [met(row) for row in grid.values()]
    said = f"{judged.count(True)} of {len(judged)} streams meet both goals"
    if markdown:
        parts = ["\n".join(f"- {name}: {value}" for name, value in machine.items()), _markdown(cells)]
    else:
        parts = [columns([*machine.items()], left=2), columns([*HEADINGS, *cells])]
    return "\n\n".join([*parts, *filter(None, ["\n".join(problems(grid))]), said])


def _markdown(cells: list[Sequence[str]]) -> str:
    heading = [" ".join(filter(None, pair)) for pair in zip(*HEADINGS)]
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
