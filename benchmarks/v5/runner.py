"""Runs the clients, each in a process of its own, one after the other, again and again."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple, cast

from ..runner import ROOT, progress
from .check import books_differ
from .client import PATIENCE, Call, Job
from .market import Recording
from .program import Program, program
from .streams import Line, Pair

LEGACY, V5, RAW, PYBIT = "legacy", "v5", "raw", "pybit"
CLIENTS = (LEGACY, V5, RAW, PYBIT)
"""bybit_ws on the legacy endpoint, on V5, on V5 with ``raw=True``, which translates nothing; and pybit 5."""


class Settings(NamedTuple):
    """How much is measured.

    Attributes:
        rounds: How often the clients take turns.
        frames: How many frames bybit_ws gets.
        share: The part of them that pybit gets, which takes longer.
        seconds: How much of the market's time public streams are taken from.
        account: The same of private ones, which say less.
        orjson: Whether bybit_ws may use it; pybit cannot.
    """

    rounds: int = 3
    frames: int = 10_000
    share: float = 0.2
    seconds: float = 60
    account: float = 600
    orjson: bool = True


QUICK = Settings(rounds=1, frames=4_000, share=0.2, seconds=20, account=200)


@dataclass(frozen=True)
class Outcome:
    """What one client showed with one stream: the least of all rounds, as others use this machine, too.

    Attributes:
        message: Microseconds of CPU a delivered message, all threads together.
        frame: The same for a frame.
        rate: Frames a second on the clock.
        delivered: Messages a frame.
        problem: Why there are no figures.
        wrong: Whether that is the client's fault.
    """

    message: float = 0.0
    frame: float = 0.0
    rate: float = 0.0
    delivered: float = 0.0
    problem: str = ""
    wrong: bool = False


Row = dict[str, Outcome]
"""Outcomes by client."""


class Server(NamedTuple):
    """A server process, and what it plays."""

    program: Program
    url: str
    control: int


def compare(pair: Pair, recordings: tuple[Recording, Recording], settings: Settings, python: str) -> Row:
    """Let the clients take turns with one stream.

    Args:
        pair: The stream.
        recordings: Of public streams, and of private ones.
        settings: How much is measured.
        python: A Python that has pybit 5; "" for none.
    """
    recording = recordings[pair.measured.private]
    taken: dict[str, list[tuple[Outcome, Any]]] = {client: [] for client in CLIENTS}
    with contextlib.ExitStack() as stack:
        played = {v5: program(recording, pair, v5, settings.frames) for v5 in (False, True)}
        servers = {v5: stack.enter_context(serving(one)) for v5, one in played.items()}
        for turn in range(settings.rounds):
            for client in CLIENTS:
                if any(outcome.problem for outcome, _ in taken[client]):
                    continue
                taken[client].append(_run(servers[client != LEGACY], client, pair, settings, python))
                outcome = taken[client][-1][0]
                shown = outcome.problem or f"{outcome.message:.1f} µs a message, {outcome.frame:.1f} µs a frame"
                progress(f"{pair.measured.stream}, round {turn + 1} of {settings.rounds}, {client}: {shown}")
    row = {client: _least([outcome for outcome, _ in outcomes]) for client, outcomes in taken.items()}
    last = {client: outcomes[-1][1] for client, outcomes in taken.items()}
    for client in {V5, PYBIT} & row.keys():
        if not row[client].problem and books_differ(last.get(LEGACY), last[client]):
            row[client] = Outcome(problem="its last book is not the exchange's", wrong=True)
    return row


@contextlib.contextmanager
def serving(played: Program) -> Iterator[Server]:
    """Start a server; it ends with the block."""
    command = [sys.executable, "-m", "benchmarks.v5.server"]
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
            stdin.writelines(f"{line}\n" for line in played.lines())
            stdin.flush()
            ports = stdout.readline().split()
            if not ports:
                raise OSError("the server process did not start; what it said is above")
            yield Server(played, f"ws://127.0.0.1:{ports[0]}", int(ports[1]))
        finally:
            process.kill()


def _run(server: Server, client: str, pair: Pair, settings: Settings, python: str) -> tuple[Outcome, Any]:
    """Let one client do one job in a fresh process; return what it showed, and its last message."""
    if client == PYBIT and not python:
        return Outcome(problem="pybit 5.17 is not installed"), None
    passes = server.program.passes(int(settings.frames * (settings.share if client == PYBIT else 1)))
    job = Job(
        client=client,
        url=server.url,
        control=server.control,
        family="inverse" if pair.measured.path == "/realtime" else "spot",
        private=pair.measured.private,
        measured=_call(pair.measured),
        marker=_call(pair.marker),
        passes=passes,
        orjson=settings.orjson,
    )
    interpreter = python if client == PYBIT else sys.executable
    command = [interpreter, "-W", "ignore", "-m", "benchmarks.v5.client", json.dumps(job._asdict())]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired as expired:
        said = expired.stderr.decode() if expired.stderr else ""
        return Outcome(problem=f"it did not deliver all in {PATIENCE} s: {_last_line(said)}", wrong=True), None
    if done.returncode:
        return Outcome(problem=_last_line(done.stderr) or f"it ended with {done.returncode}", wrong=True), None
    report = json.loads(done.stdout)
    frames = len(server.program.run) * passes
    # A mark among raw messages counts as one of them.
    if not report["seen"] or (client in (LEGACY, RAW) and report["seen"] - frames not in {0, 1}):
        return Outcome(problem=f"{report['seen']} messages of {frames} frames", wrong=True), None
    cpu, seen = report["cpu"] * 1e6, report["seen"]
    return Outcome(cpu / seen, cpu / frames, frames / report["wall"], seen / frames), report["last"]


def _call(line: Line) -> list[Any]:
    return [*Call(line.stream, [*line.arguments], [*line.topics])]


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


def _least(outcomes: list[Outcome]) -> Outcome:
    failed = next((outcome for outcome in outcomes if outcome.problem), None)
    return failed or min(outcomes, key=lambda outcome: outcome.frame)
