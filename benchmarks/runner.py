"""Runs clients against a server, each in a process of its own, one after the other, again and again."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import IO, Any, NamedTuple, cast

from .check import fault
from .clients import CLIENTS, FLOOR, Job
from .meter import PATIENCE, Plan
from .series import Series

ROOT = Path(__file__).resolve().parents[1]
"""Where the processes run, so that they import this package and its bybit_ws."""


@dataclass(frozen=True)
class Outcome:
    """What one client showed; medians over the rounds.

    Attributes:
        us: Microseconds of CPU a message, all threads together.
        rate: Messages a second on the clock.
        load: CPU used, as a share of one core.
        p50: Median latency in microseconds, where it was measured.
        p99: That of the slowest hundredth.
        threads: Threads besides the main one.
        memory: Bytes by which the process grew, where the system tells.
        problem: Why there are no figures.
        wrong: Whether that is the client's fault.
    """

    us: float = 0.0
    rate: float = 0.0
    load: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    threads: float = 0
    memory: float | None = None
    problem: str = ""
    wrong: bool = False


MEASURED = ("us", "rate", "load", "p50", "p99", "threads", "memory")


@dataclass(frozen=True)
class Server:
    """A server process.

    Attributes:
        series: What it sends.
        url: Where, without a path.
        control: The port that takes orders.
        ca: The file of the certificate authority, where there is TLS.
    """

    series: Series
    url: str = ""
    control: int = 0
    ca: str = ""


class Lane(NamedTuple):
    """A row of figures to get: these clients, each with this server and this plan.

    Attributes:
        row: Its name.
        server: What they connect to.
        clients: Their names in ``CLIENTS``.
        plan: What to measure.
        levels: Levels a side, if not the usual ones.
    """

    row: str
    server: Server
    clients: Sequence[str]
    plan: Plan
    levels: int = 0


Grid = dict[str, dict[str, Outcome]]
"""Outcomes by row and client."""


@contextlib.contextmanager
def serving(series: Series, certificate: str = "", ca: str = "") -> Iterator[Server]:
    """Start a server for a series; it ends with the block."""
    command = [sys.executable, "-m", "benchmarks.server"]
    options = {"messages": len(series.messages), "loop": series.loop, "certificate": certificate}
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
            stdin.writelines(f"{line}\n" for line in (json.dumps(options), *(one.text for one in series.messages)))
            stdin.flush()
            ports = stdout.readline().split()
            if not ports:
                raise OSError("the server process did not start; what it said is above")
            port, control = map(int, ports)
            yield Server(series, f"ws{'s' if ca else ''}://127.0.0.1:{port}", control, ca)
        finally:
            process.kill()


def progress(text: str) -> None:
    """Say what goes on; standard output is for the report."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def missing(client: str) -> str:
    """Return the package that has to be installed first, if any."""
    return next((name for name in CLIENTS[client].packages if importlib.util.find_spec(name) is None), "")


def compare(lanes: Sequence[Lane], rounds: int) -> Grid:
    """Let all clients of all lanes take turns; who does not deliver what was sent is out."""
    turns = [(lane, client) for lane in lanes for client in lane.clients]
    taken: dict[tuple[str, str], list[Outcome]] = {(lane.row, client): [] for lane, client in turns}
    for turn in range(rounds):
        for lane, client in turns:
            outcomes = taken[lane.row, client]
            if not any(outcome.problem for outcome in outcomes):
                outcomes.append(run(lane.server, client, lane.plan, lane.levels))
                shown = outcomes[-1].problem or f"{outcomes[-1].us:.2f} µs"
                progress(f"{lane.row}, round {turn + 1} of {rounds}, {client}: {shown}")
    return {lane.row: {client: _median(taken[lane.row, client]) for client in lane.clients} for lane in lanes}


def run(server: Server, client: str, plan: Plan, levels: int = 0) -> Outcome:
    """Let one client do one job in a fresh process."""
    if missing(client):
        return Outcome(problem=f"{missing(client)} is not installed; pip install '.[bench]'")
    share = 1.0 if plan.rate else CLIENTS[client].share
    plan = plan._replace(messages=plan.warm + max(int((plan.messages - plan.warm) * share), 1))
    series = server.series
    job = Job(
        client=client,
        url=server.url,
        control=0 if client == FLOOR else server.control,
        path=series.path,
        calls=[(method, list(symbols)) for method, symbols in series.calls],
        requests=list(series.requests),
        acks=len(series.requests) * series.acknowledged,
        ca=server.ca,
        plan=list(plan),
        levels=levels,
    )
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.client", json.dumps(job._asdict())]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Outcome(problem=f"it did not deliver {plan.messages} messages in {PATIENCE} s", wrong=True)
    if done.returncode:
        return Outcome(problem=(done.stderr.strip().splitlines() or ["it ended"])[-1], wrong=True)
    return _outcome(series, client, plan, json.loads(done.stdout))


def _outcome(series: Series, client: str, plan: Plan, report: dict[str, Any]) -> Outcome:
    if client != FLOOR:
        kind = {"merges": CLIENTS[client].merges, "sorts": CLIENTS[client].sorts, "stamped": plan.rate > 0}
        problem = fault(series, report["delivered"], report["last"], plan.messages, **kind)
        if problem:
            return Outcome(problem=problem, wrong=True)
    cpu, wall, latencies = report["cpu"], report["wall"], report["latencies"]
    return Outcome(
        us=cpu * 1e6,
        rate=1 / wall,
        load=cpu / wall,
        p50=median(latencies) / 1000 if latencies else 0,
        p99=quantiles(latencies, n=100)[98] / 1000 if latencies else 0,
        threads=report["threads"],
        memory=report["memory"],
    )


def _median(outcomes: Sequence[Outcome]) -> Outcome:
    failed = next((outcome for outcome in outcomes if outcome.problem), None)
    return failed or Outcome(**{name: _middle([getattr(one, name) for one in outcomes]) for name in MEASURED})


def _middle(values: Sequence[float | None]) -> Any:
    return None if None in values else median(values)  # type: ignore[type-var]
