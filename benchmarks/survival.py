"""Plays the same faults to pybit and to bybit_ws, and prints a table of who survives what.

Every cell is measured: a client in a process of its own in front of an exchange of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from .ordeals import NOTHING, ORDEALS, Ordeal
from .report import columns
from .runner import missing, progress
from .verdict import LEGEND, Outcome, examine

COLUMNS = (("pybit", "spot"), ("pybit", "inverse"), ("bybit_ws", "spot"), ("bybit_ws", "inverse"))
QUICK = (NOTHING, "books of two symbols", "TCP connection cut", "callback raises")
NAMES = tuple(ordeal.name for ordeal in ORDEALS)

Column = tuple[str, str]
"""Client and market."""

Table = dict[str, dict[Column, Outcome]]
"""Outcomes by fault and column."""


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.survival",
        description="Play faults to pybit and to bybit_ws and see who survives. Run it from the root of a clone.",
        epilog="Whoever does not survive something is no error.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="a few faults, and less patience")
    add("--only", nargs="+", metavar="NAME", choices=NAMES, help=f"only these: {'; '.join(NAMES)}")
    add("--jobs", type=int, default=6, metavar="N", help="clients at the same time (%(default)s)")
    add("--markdown", action="store_true", help="print the table for a README")
    return parser.parse_args(argv)


def measure(ordeals: Sequence[Ordeal], jobs: int, hurry: bool = False) -> Table:
    """Fill the table; what takes longest begins first."""
    turns = [
        (ordeal, column, turn)
        for ordeal in sorted(ordeals, key=lambda ordeal: -ordeal.history)
        for turn in range(ordeal.rounds)
        for column in COLUMNS
        if column[1] in ordeal.markets
    ]
    table: dict[str, dict[Column, list[Outcome]]] = {ordeal.name: {} for ordeal in ordeals}

    def take(ordeal: Ordeal, column: Column, turn: int) -> Outcome:
        outcome = examine(ordeal, *column, hurry, turn)
        progress(f"{ordeal.name}, {' '.join(column)}: {_described(outcome)}")
        return outcome

    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        for (ordeal, column, _), outcome in zip(turns, pool.map(lambda turn: take(*turn), turns)):
            table[ordeal.name].setdefault(column, []).append(outcome)
    return {name: {column: together(rounds) for column, rounds in row.items()} for name, row in table.items()}


def together(rounds: Sequence[Outcome]) -> Outcome:
    """Return the outcome of all rounds; where they differ it tells how often each verdict was found."""
    if len({one.verdicts for one in rounds}) == 1:
        return rounds[0]
    counted = Counter(verdict for one in rounds for verdict in one.verdicts)
    reasons = dict.fromkeys(one.why for one in rounds if one.why)
    return Outcome(tuple(f"{verdict} {n}/{len(rounds)}" for verdict, n in counted.most_common()), "; ".join(reasons))


def _described(outcome: Outcome) -> str:
    parts = [outcome.why] if len(outcome.verdicts) > 1 else [*outcome.verdicts, outcome.why]
    if outcome.seconds is not None:
        parts.append(f"all streams delivered within {outcome.seconds:.1f} s")
    return "; ".join(filter(None, parts))


def rows(table: Table) -> list[list[str]]:
    """Return the table as text."""
    cells = ([_cell(row.get(column)) for column in COLUMNS] for row in table.values())
    return [["", *map(" ".join, COLUMNS)], *([name, *found] for name, found in zip(table, cells))]


def _cell(outcome: Outcome | None) -> str:
    return ", ".join(outcome.verdicts) if outcome else "-"


def legend(table: Table) -> list[str]:
    """Return the meaning of every word in the table."""
    found = " ".join(_cell(outcome) for row in table.values() for outcome in row.values())
    more = ["n/m: in so many of m rounds, each with another market"] if "/" in found else []
    return [f"{word}: {meaning}" for word, meaning in LEGEND.items() if word in found] + more


def markdown(table: Table) -> str:
    """Return the table as Markdown."""
    first, *others = rows(table)
    return "\n".join(f"| {' | '.join(row)} |" for row in (first, ["---"] * len(first), *others))


def text(table: Table) -> str:
    """Return the table, its legend, and what the verdicts were seen at."""
    reasons = [
        f"{name}, {' '.join(column)}: {_described(outcome)}"
        for name, outcomes in table.items()
        for column, outcome in outcomes.items()
        if outcome.why
    ]
    parts = [columns(rows(table), left=5), "\n".join(legend(table)), "\n".join(reasons)]
    return "\n\n".join(filter(None, [f"pybit {version('pybit')} and bybit_ws", *parts]))


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    options = arguments(argv)
    if absent := missing("pybit"):
        progress(f"error: {absent} is not installed; pip install '.[bench]'")
        return 2
    names = options.only or (QUICK if options.quick else NAMES)
    try:
        table = measure([ordeal for ordeal in ORDEALS if ordeal.name in names], options.jobs, options.quick)
    except KeyboardInterrupt:
        progress("interrupted")
        return 130
    sys.stdout.write((markdown if options.markdown else text)(table) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
