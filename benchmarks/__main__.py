"""The command: run the sections, print the report, say by the exit code whether everything delivered was right."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from . import machine, report, sections
from .goals import Results, judge
from .recording import series_of_recording
from .runner import progress
from .sections import QUICK, SECTIONS, Settings
from .streams import STREAMS

EVERYTHING = [*STREAMS, *SECTIONS]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what a message costs: bybit_ws beside other clients. Run it from the root of a clone.",
        epilog="It ends with 1 if a client delivered something wrong; a goal that is not met is no error.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="a look in about a minute; its figures are rough")
    names = f"only these streams and sections: {', '.join(EVERYTHING)}"
    add("--only", nargs="+", metavar="NAME", choices=EVERYTHING, default=EVERYTHING, help=names)
    add("--rounds", type=_positive, metavar="N", help="how often the clients take turns")
    add("--recording", type=Path, metavar="FILE", help="add real input: a recording of inverse streams")
    output = Path("benchmark-results")
    add("--output", type=Path, metavar="DIR", default=output, help="for results.json and the plots (%(default)s)")
    add("--json", action="store_true", help="print results.json instead of the tables")
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number of rounds")
    return int(text)


def measure(options: argparse.Namespace) -> Results:
    """Run what was asked for."""
    settings = QUICK if options.quick else Settings()
    if options.rounds:
        settings = replace(settings, rounds=options.rounds)
    recording = series_of_recording(options.recording) if options.recording else None
    streams = [name for name in STREAMS if name in options.only]
    results: Results = {}
    if streams or recording:
        results["table"] = sections.table(settings, streams, recording)
    for name in SECTIONS:
        if name in options.only:
            progress(f"{name}:")
            results[name] = SECTIONS[name](settings)
    return results


def publish(results: Results, options: argparse.Namespace) -> None:
    """Write the files, print the report."""
    described = machine.describe()
    grids = {
        section: {row: {client: asdict(one) for client, one in outcomes.items()} for row, outcomes in grid.items()}
        for section, grid in results.items()
    }
    goals = [{**verdict._asdict(), "met": verdict.met} for verdict in judge(results)]
    whole = json.dumps({"machine": described, **grids, "goals": goals}, indent=1)
    (options.output / "results.json").write_text(whole + "\n", "utf-8")
    sys.stdout.write((whole if options.json else report.text(described, results, options.quick)) + "\n")
    try:
        from . import plots
    except ImportError:
        progress("no plots, as matplotlib is not installed: pip install '.[bench]'")
    else:
        plots.draw(results, options.output)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return 1 where a client delivered something wrong."""
    options = arguments(argv)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        results = measure(options)
        publish(results, options)
    except KeyboardInterrupt:
        progress("interrupted")
        return 130
    except (OSError, ValueError) as error:
        progress(f"error: {error}")
        return 2
    outcomes = (outcome for grid in results.values() for row in grid.values() for outcome in row.values())
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
