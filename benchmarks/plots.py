"""Two plots: throughput by stream and client, and cost against symbols and levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.patches import Patch

from .clients import CLIENTS, FLOOR
from .goals import Results
from .runner import Grid
from .sections import OURS, OURS_JSON, OURS_SHARED

COLOURS = {
    OURS: "#D55E00",
    OURS_JSON: "#E69F00",
    OURS_SHARED: "#F5D34B",
    "picows": "#0072B2",
    "websocket-client": "#56B4E9",
    "websocket-client json": "#A6D8F0",
    "websockets": "#009E73",
    "pybit": "#8C8C8C",
}
"""After Okabe and Ito, told apart by the colour-blind too: ours are warm and outlined, the others cold."""

STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "grid.color": "#E5E5E5",
    "legend.frameon": False,
    "figure.dpi": 150,
}


def draw(results: Results, folder: Path) -> None:
    """Write the plots of what was measured."""
    with plt.rc_context(STYLE):
        if results.get("table"):
            _save(_throughput(results["table"]), folder / "throughput.png")
        if results.get("symbols") or results.get("levels"):
            _save(_scaling(results.get("symbols", {}), results.get("levels", {})), folder / "scaling.png")


def _throughput(grid: Grid) -> Any:
    figure, axes = plt.subplots(figsize=(max(7.0, 1.6 * len(grid)), 5))
    width = 0.88 / len(COLOURS)
    for row, outcomes in enumerate(grid.values()):
        shown = [client for client in COLOURS if client in outcomes and outcomes[client].us]
        for at, client in enumerate(shown):
            middle = row + (at - (len(shown) - 1) / 2) * width
            axes.bar(middle, 1e6 / outcomes[client].us, width * 0.9, **_bar(client))
    axes.set(yscale="log", ylim=(100, None), xlim=(-0.5, len(grid) - 0.5), title="Throughput: more is better")
    axes.set_ylabel("messages a second of CPU time, log scale")
    axes.set_xticks(range(len(grid)), [*grid])
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    handles = [Patch(**_bar(client), label=_label(client)) for client in COLOURS]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=4)
    return figure


def _bar(client: str) -> dict[str, Any]:
    ours = client.startswith(OURS)
    return {"facecolor": COLOURS[client], "edgecolor": "black" if ours else COLOURS[client], "linewidth": 0.8}


def _label(client: str) -> str:
    return client if " " in client else f"{client} {CLIENTS[client].parser}"


def _scaling(symbols: Grid, levels: Grid) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    _line(left, symbols, OURS, color=COLOURS[OURS])
    left.set(xscale="log", title="Symbols on one socket, trade_v1", xlabel="symbols", ylabel="CPU µs a message")
    left.set_xticks([int(row) for row in symbols], [*symbols])
    left.minorticks_off()
    _line(right, levels, OURS, color=COLOURS[OURS], label=OURS)
    _line(right, levels, FLOOR, color="#4D4D4D", linestyle="--", label="parse the delta + one copy of the book")
    _line(right, levels, OURS_SHARED, color="#C99700", label=OURS_SHARED)
    right.set(title="Levels of a book, orderbook_200", xlabel="levels a side", ylabel="CPU µs a delta")
    if levels:
        right.legend(loc="upper left")
    for axes in (left, right):
        if axes.lines:
            axes.set_ylim(0, 1.25 * axes.dataLim.ymax)
    figure.tight_layout(w_pad=3)
    return figure


def _line(axes: Any, grid: Grid, client: str, **style: Any) -> None:
    points = {int(row): one[client].us for row, one in grid.items() if client in one and one[client].us}
    if points:
        axes.plot([*points], [*points.values()], marker="o", linewidth=2, **style)


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, bbox_inches="tight")
    plt.close(figure)
