"""Plays one fault to one client, and finds by measurement what became of it."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import IO, Any, Callable, NamedTuple, cast

from bybit_ws.simulator import Exchange

from .ordeals import Ordeal, Stage, keys
from .runner import ROOT
from .survivor import Job, trade_id

SPEED = 3
"""The market's, so that private streams speak every few seconds too."""

KEYS = {"api_key": "key", "api_secret": "secret"}
CREDENTIALS = {KEYS["api_key"]: KEYS["api_secret"]}
START = 30.0
"""Seconds that a client is given until everything has been delivered once."""

SETTLE = 0.5
"""Seconds after which what was under way when a fault happened has arrived."""

LEGEND = {
    "ok": "every stream delivers again, the books are the exchange's, no trade came twice, what is missing was told",
    "deaf": "a stream delivers nothing more, while its thread is alive and is_connected() is true",
    "away": "a stream delivers nothing more, and is_connected() is false",
    "dead": "its thread ended; no call raised, no traceback was printed",
    "raises": "a call raised, or its thread ended with a traceback",
    "wrong book": "the last book delivered is not the exchange's (the order of levels is excused)",
    "twice": "a trade was delivered twice",
    "untold loss": "trades are missing and no event tells of it",
    "no start": "not every stream delivered before the fault",
}


class Outcome(NamedTuple):
    """A cell of the table.

    Attributes:
        verdicts: What became of the client, words of ``LEGEND``.
        why: What that was seen at.
        seconds: How long all streams took to deliver again, None where they did not.
    """

    verdicts: tuple[str, ...]
    why: str = ""
    seconds: float | None = None


class Silent(Exception):
    """The client's process does not answer."""


class Client:
    """A client's process."""

    def __init__(self, process: subprocess.Popen[str], said: IO[str]) -> None:
        self._process, self._said = process, said
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="answers", daemon=True)
        self._reader.start()

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._reader.join(10)
        with contextlib.suppress(OSError):
            cast("IO[str]", self._process.stdin).close()

    def _read(self) -> None:
        for line in cast("IO[str]", self._process.stdout):
            self._answers.put(line)

    def tell(self, *order: Any) -> Any:
        """Give an order and return the answer."""
        stdin = cast("IO[str]", self._process.stdin)
        try:
            stdin.write(json.dumps(order) + "\n")
            stdin.flush()
            return json.loads(self._answers.get(timeout=15))
        except (OSError, queue.Empty) as error:
            raise Silent(f"its process does not answer: {self._process.poll()}") from error

    def said(self) -> str:
        """Return what it printed for people to read."""
        self._said.seek(0)
        return self._said.read()


@contextlib.contextmanager
def living(job: Job) -> Iterator[Client]:
    """Start a client's process; it ends with the block."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.survivor", json.dumps(job._asdict())]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stderr=said, **pipes
    ) as process:
        client = Client(process, said)
        try:
            yield client
        finally:
            client.end()


def examine(ordeal: Ordeal, client: str, market: str, hurry: bool = False, turn: int = 0) -> Outcome:
    """Play a fault to a client, and return what became of it.

    Args:
        ordeal: The fault.
        client: ``"pybit"`` or ``"bybit_ws"``.
        market: ``"spot"`` or ``"inverse"``.
        hurry: Wait less long for what will not come.
        turn: Which of the rounds it is: each has its own market.
    """
    patience = min(ordeal.patience, 4) if hurry else ordeal.patience
    with contextlib.ExitStack() as stack:
        options = {"seed": f"{ordeal.name} {turn}", "speed": SPEED, "credentials": CREDENTIALS, **ordeal.exchange}
        exchange = stack.enter_context(Exchange(**options))
        job = Job(client, market, exchange.url, {**KEYS, **ordeal.options}, ordeal.calls(market))
        process = stack.enter_context(living(job))
        try:
            return _examine(ordeal, Stage(exchange, market, process.tell), process, patience)
        except Silent as error:
            return Outcome(("dead",), str(error))


def _examine(ordeal: Ordeal, stage: Stage, process: Client, patience: float) -> Outcome:
    wanted = keys(ordeal.calls(stage.market))
    if missing := _delivered(stage, wanted, {}, START):
        report = process.tell("report")
        return Outcome(("no start",), f"{missing}, {report['raised']}, {process.said()[-300:]}")
    stage.pause(ordeal.history)
    ordeal.play(stage)
    began = time.monotonic()
    stage.pause(SETTLE)
    before = {key: stage.tell("counts").get(key, 0) for key in wanted}
    missing = _delivered(stage, wanted + stage.more, before, patience)
    seconds = time.monotonic() - began
    if missing:
        return _lost(missing, process.tell("report"), process.said())
    return _compared(stage)._replace(seconds=seconds)


def _delivered(stage: Stage, wanted: list[str], before: dict[str, int], patience: float) -> list[str]:
    """Wait until all streams have delivered more than before; return those that have not."""
    end = time.monotonic() + patience
    while True:
        counts = stage.tell("counts")
        missing = [key for key in wanted if counts.get(key, 0) <= before.get(key, 0)]
        if not missing or time.monotonic() > end:
            return missing
        stage.pause(0.1)


def _lost(missing: list[str], report: dict[str, Any], said: str) -> Outcome:
    error = report["raised"] or report["error"] or _traceback(said)
    state = f"nothing from {', '.join(missing)}; threads gone: {report['gone']}; connected: {report['connected']}"
    state += f"; strays: {report['strays']}" if report["strays"] else ""
    if report["raised"] or (report["gone"] and error):
        return Outcome(("raises",), f"{error}; {state}")
    if report["gone"]:
        return Outcome(("dead",), state)
    return Outcome(("deaf" if report["connected"] else "away",), state)


def _traceback(said: str) -> str:
    """Return the last line of a traceback that a thread ended with, if any."""
    _, found, rest = said.rpartition("Exception in thread")
    return rest.strip().splitlines()[-1] if found else ""


def _compared(stage: Stage) -> Outcome:
    """Stop the market and compare what was delivered with the exchange's truth."""
    exchange = stage.exchange
    exchange.pause()
    end = time.monotonic() + 5
    while True:
        stage.pause(0.3)
        report = stage.tell("report")
        wrong = [symbol for symbol, book in report["books"].items() if not _is_true(exchange, symbol, book)]
        if not wrong or time.monotonic() > end:
            break
    found = {"wrong book": ", ".join(wrong)} if wrong else {}
    for symbol, ids in report["trades"].items():
        found.update(_trades(exchange, symbol, ids, report["told"]))
    if report["raised"]:
        found["raises"] = report["raised"]
    reasons = [*found.values()] if len(found) < 2 else [f"{verdict}: {why}" for verdict, why in found.items()]
    return Outcome(tuple(found) or ("ok",), "; ".join(reasons))


def _is_true(exchange: Any, symbol: str, data: Any) -> bool:
    """Return whether a delivered book is the exchange's, in whatever order its levels are."""
    if isinstance(data[0], dict) and "b" in data[0]:
        truth = exchange.truth.book(symbol)
        return all(sorted(data[0][side]) == sorted(truth[side]) for side in "ba")
    order: Callable[[Any], Any] = lambda row: (row["side"], row["price"])  # noqa: E731
    return bool(sorted(data, key=order) == sorted(exchange.truth.book(symbol, 25), key=order))


def _trades(exchange: Any, symbol: str, ids: list[str], told: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the trades between the first and the last one delivered."""
    if len(set(ids)) < len(ids):
        yield "twice", f"{len(ids) - len(set(ids))} trades of {symbol}"
    truth = [trade_id(trade) for trade in exchange.truth.trades(symbol)]
    place = {one: at for at, one in enumerate(truth)}
    places = sorted({place[one] for one in ids})
    gaps = {(last, first) for topic, of, last, first in told if topic == "trade" and of == symbol}
    for one, other in zip(places, places[1:]):
        last, first = truth[one], truth[other]
        if other > one + 1 and not {(last, first), (last, None)} & gaps:
            yield "untold loss", f"{other - one - 1} trades of {symbol} after {last}"
