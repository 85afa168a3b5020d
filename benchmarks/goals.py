"""What the figures should be. To miss a goal fails nothing: a busy machine proves little."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .clients import FLOOR
from .runner import Grid
from .sections import BARE, BARE_JSON, IMPORTS, OURS, OURS_JSON, OURS_SHARED

Results = dict[str, Grid]
"""The grids by section; the main table is the section ``table``."""

Place = tuple[str, str]
"""Row and column."""


class Goal(NamedTuple):
    """A ratio of two figures of a section, and what it should not exceed."""

    section: str
    ours: Place
    theirs: Place
    limit: float
    metric: str = "us"

    @property
    def text(self) -> str:
        """What is compared with what."""
        (row, client), (other_row, other) = self.ours, self.theirs
        if row != other_row:
            return f"{client}, {row} / {other_row} {self.section}"
        where = row if self.section == "table" else f"{self.section} {row}"
        metric = {"us": "", "load": ", CPU"}.get(self.metric, f", {self.metric}")
        return f"{where}{metric}: {client} / {other}"


class Verdict(NamedTuple):
    """A goal with what was measured, if it was."""

    text: str
    figure: float | None
    limit: float
    unit: str = "×"

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, None where nothing was measured."""
        return None if self.figure is None else self.figure <= self.limit


TRADES = ("trade_v1", "trade_v2", "trade")

GOALS = (
    *(Goal("table", (name, OURS), (name, "picows"), 1.5) for name in (*TRADES, "depth_v1")),
    *(Goal("table", (name, OURS), (name, BARE), 0.35) for name in TRADES),
    Goal("table", ("depth_v1", OURS), ("depth_v1", BARE), 1.0),
    *(Goal("table", (name, OURS_JSON), (name, BARE_JSON), 1.0) for name in (*TRADES, "depth_v1")),
    Goal("table", ("diff_depth_v1", OURS), ("diff_depth_v1", "pybit"), 0.25),
    Goal("table", ("orderbook_25", OURS), ("orderbook_25", "pybit"), 0.23),
    Goal("table", ("orderbook_200", OURS), ("orderbook_200", "pybit"), 0.48),
    Goal("table", ("diff_depth_v1", OURS_SHARED), ("diff_depth_v1", "pybit"), 0.10),
    Goal("table", ("orderbook_25", OURS_SHARED), ("orderbook_25", "pybit"), 0.17),
    Goal("table", ("orderbook_200", OURS_SHARED), ("orderbook_200", "pybit"), 0.17),
    Goal("tls", ("trade_v1", OURS), ("trade_v1", BARE), 0.4),
    Goal("tls", ("depth_v1", OURS), ("depth_v1", BARE), 1.0),
    Goal("symbols", ("500", OURS), ("1", OURS), 1.3),
    Goal("levels", ("1000", OURS_SHARED), ("25", OURS_SHARED), 2.5),
    *(Goal("levels", (size, OURS), (size, FLOOR), 1.9) for size in ("25", "50", "100", "200", "500", "1000")),
    Goal("latency", ("trade_v1", OURS), ("trade_v1", BARE), 1.0, "p50"),
    Goal("latency", ("trade_v1", OURS), ("trade_v1", BARE), 1.1, "p99"),
    Goal("latency", ("trade_v1", OURS), ("trade_v1", BARE), 1.5, "load"),
)


def judge(results: Results) -> list[Verdict]:
    """Return all goals with what was measured."""
    return [*(_ratio(results, goal) for goal in GOALS), *_footprint(results)]


def _ratio(results: Results, goal: Goal) -> Verdict:
    ours, theirs = (_figure(results, goal.section, place, goal.metric) for place in (goal.ours, goal.theirs))
    return Verdict(goal.text, ours / theirs if ours and theirs else None, goal.limit)


def _footprint(results: Results) -> Iterator[Verdict]:
    ours, theirs = (_figure(results, "import", ("import", name), "us") for name in (IMPORTS[1], IMPORTS[0]))
    more = (ours - theirs) / 1000 if ours and theirs else None
    yield Verdict("import bybit_ws, more than import websocket", more, 15, "ms")
    for row in results.get("memory", {"memory": {}}):
        yield Verdict("threads of a socket", _figure(results, "memory", (row, OURS), "threads"), 2, "")
        grown = _figure(results, "memory", (row, OURS), "memory")
        yield Verdict(f"memory, growth over {row}", None if grown is None else grown / 1e6, 3, "MB")


def _figure(results: Results, section: str, place: Place, metric: str) -> float | None:
    outcome = results.get(section, {}).get(place[0], {}).get(place[1])
    return None if outcome is None or outcome.problem else float(getattr(outcome, metric))
