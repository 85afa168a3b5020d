"""The command: ``python -m benchmarks.v5``; see the package."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from .. import machine
from ..runner import progress
from . import report
from .environment import PYBIT, pybit5
from .market import record
from .runner import QUICK, Row, Settings, compare
from .streams import pairs


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.v5",
        description="Measure what the documented messages cost over V5. Run it from the root of a clone.",
        epilog="It ends with 1 if a client delivered something wrong; a goal that is not met is no error.",
    )
    add, streams = parser.add_argument, [*pairs()]
    add("--quick", action="store_true", help="a look in a few minutes; its figures are rough")
    names = f"only these streams: {', '.join(streams)}"
    add("--only", nargs="+", metavar="NAME", choices=streams, default=streams, help=names)
    add("--rounds", type=int, metavar="N", help="how often the clients take turns")
    add("--pybit5", metavar="PYTHON", help=f"a Python that has {PYBIT}; without it one is made and thrown away")
    add("--without-orjson", action="store_true", help="bybit_ws parses with the standard library, as pybit does")
    output = Path("benchmark-results")
    add("--output", type=Path, metavar="DIR", default=output, help="for v5.json (%(default)s)")
    add("--markdown", action="store_true", help="print Markdown")
    return parser.parse_args(argv)


def measure(options: argparse.Namespace) -> dict[str, Row]:
    """Run what was asked for."""
    settings: Settings = QUICK if options.quick else Settings()
    if options.rounds:
        settings = settings._replace(rounds=options.rounds)
    settings = settings._replace(orjson=not options.without_orjson)
    wanted = {stream: pair for stream, pair in pairs().items() if stream in options.only}
    progress("the market lives")
    lines = [*dict.fromkeys(line for pair in wanted.values() for line in pair)]
    recordings = (
        record((line for line in lines if not line.private), settings.seconds),
        record((line for line in lines if line.private), settings.account),
    )
    with pybit5(options.pybit5) as python:
        return {stream: compare(pair, recordings, settings, python) for stream, pair in wanted.items()}


def main(argv: list[str] | None = None) -> int:
    """Run the command; return 1 where a client delivered something wrong."""
    options = arguments(argv)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        grid = measure(options)
    except KeyboardInterrupt:
        progress("interrupted")
        return 130
    except OSError as error:
        progress(f"error: {error}")
        return 2
    described = {**machine.describe(), "pybit": PYBIT.partition("==")[2]}
    if options.without_orjson:
        described["orjson"] = "not used"
    shown = {stream: {client: asdict(one) for client, one in row.items()} for stream, row in grid.items()}
    whole = json.dumps({"machine": described, "v5": shown}, indent=1)
    (options.output / "v5.json").write_text(whole + "\n", "utf-8")
    sys.stdout.write(report.text(described, grid, options.markdown) + "\n")
    return int(any(outcome.wrong for row in grid.values() for outcome in row.values()))


if __name__ == "__main__":
    sys.exit(main())
