"""A long run of random faults and random use, checked all the time: ``python tests/chaos.py --seed 1 --seconds 60``.

The seed decides every step: what users of some clients do, from which thread, and what their exchange does to them.
Each message is checked as it comes. After each so many steps the faults stop, everything wanted must deliver, the
market is stopped, and what the clients hold is compared with what the exchange knows. At the first thing that is
wrong the seed and the steps so far are printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import resource
import sys
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]

import chaos_check  # noqa: E402
from chaos_client import Client, Tally  # noqa: E402
from chaos_planner import Action, Planner  # noqa: E402
from chaos_streams import BY_STREAM, PATHS, V5_PATHS, Kind  # noqa: E402
from chaos_watch import Claim, Deliberate, Tapes, Verdict  # noqa: E402
from remote import RemoteExchange  # noqa: E402
from support import hasten, library_threads, wait_until  # noqa: E402

from bybit_ws import _places, _rest  # noqa: E402

FAMILIES = ("spot", "inverse")
APIS = ("legacy", "v5", "auto")
ON_A_PATH = ("drop", "close_with", "send", "go_silent", "reset", "send_raw", "lose")
"""Faults whose last argument is the path that they happen to."""

WORKERS = 3
PATIENCE = 60.0
"""Seconds that anything may take which must happen, on a loaded machine."""


class Chaos:
    """One run.

    Args:
        seed: What decides every step.
        families: The kinds of the clients.
        speed: Market seconds that pass in a second.
        pace: Steps a second, on average.
        every: Steps between two checks.
        say: Where progress is told.
        api: What the clients are told to speak.

    Attributes:
        v5: V5 is spoken, by all.
    """

    def __init__(
        self,
        seed: int,
        families: tuple[str, ...],
        speed: float = 30.0,
        pace: float = 40.0,
        every: int = 100,
        say: Callable[[str], Any] = print,
        api: str = "legacy",
    ) -> None:
        self.seed, self.say, self.api, self.v5 = seed, say, api, api == "v5"
        self.verdict, self.tally, self.tapes = Verdict(), Tally(), Tapes()
        self.began = time.monotonic()
        self.history: list[tuple[float, Action]] = []
        self.done: Counter[str] = Counter()
        self.checks = 0
        self.exchange = RemoteExchange(seed=seed, speed=speed, count_deltas=bool(seed % 2))
        self._files = descriptors()
        self._names: Counter[str] = Counter()
        self.clients = [self._client(family) for family in families]
        self.retired: list[Client] = []
        self.claims: dict[int, tuple[Client, Claim]] = {}
        if api != "legacy":
            self.verdict.gone.add("lt")
        self._planner = Planner(seed, families, pace, every, api)
        self._tasks: queue.Queue[Callable[[], Any] | None] = queue.Queue()
        self._workers = [threading.Thread(target=self._work, name=f"chaos {n}", daemon=True) for n in range(WORKERS)]
        for worker in self._workers:
            worker.start()

    def run(self, seconds: float | None, messages: int | None) -> bool:
        """Go on until enough time has passed or enough was delivered, then close; return whether all was well."""
        try:
            for action in self._planner:
                if self.verdict.found.wait(action.delay):
                    break
                self.history.append((time.monotonic() - self.began, action))
                self._do(action)
                over = seconds is not None and time.monotonic() - self.began > seconds
                enough = messages is not None and self.delivered >= messages
                if (over or enough) and action.what == "check":
                    break
        except Exception as error:
            logging.getLogger("chaos").exception("the run failed")
            self.verdict.fail(f"the run failed: {error!r}")
        self._end()
        return not self.verdict.wrong

    @property
    def delivered(self) -> int:
        """How many messages came to callbacks."""
        return self.tally.delivered + sum(claim.count for _, claim in list(self.claims.values()))

    # -- steps -------------------------------------------------------------------------------------------

    def _do(self, action: Action) -> None:
        self.done[action.what if action.what != "fault" else str(action.args[0])] += 1
        errand = partial(getattr(self, f"_{action.what}"), *action.args)
        if action.what in ("subscribe", "close"):
            errand = errand()  # what is known of the planned is known at once, whoever does it
        elif action.by == "main":
            errand()
            return
        if action.by == "main":
            errand(None)
        elif action.by == "thread":
            self._tasks.put(lambda: errand(None))
        elif action.by in self.claims:
            self.claims[int(action.by)][1].errands.append(errand)
        else:
            errand(None)

    def _subscribe(
        self, number: int, client: int, stream: str, value: Any, symbols: tuple[str, ...], options: dict[str, Any]
    ) -> Callable[[Claim | None], Any]:
        claim = Claim(number, BY_STREAM[stream], value, symbols, options, self.verdict)
        ours = self.clients[client]
        ours.claims.append(claim)
        self.claims[number] = (ours, claim)
        return lambda inside: ours.subscribe(claim)

    def _unsubscribe(self, number: int, symbols: tuple[str, ...], inside: Claim | None = None) -> None:
        if number in self.claims:
            client, claim = self.claims[number]
            client.unsubscribe(claim, symbols, inside)

    def _look(self, client: int, inside: Claim | None = None) -> None:
        self.clients[client].look()

    def _close(self, client: int) -> Callable[[Claim | None], Any]:
        old = self.clients[client]
        self.retired.append(old)
        self.clients[client] = self._client(old.family)
        return lambda inside: old.close(inside is not None)

    def _misbehave(self, number: int, how: str, times: int) -> None:
        if number in self.claims:
            self.claims[number][1].pranks.extend([how] * times)

    def _fault(self, name: str, *args: Any) -> None:
        if name in ("lose", "send_raw"):
            self._expect_losses(args[-1])
        if name in ON_A_PATH:
            args = (*args[:-1], self._place(args[-1]))
        self.exchange.call(name, *args)

    def _place(self, path: str | None) -> str | None:
        """Return the path on which the exchange serves today what it served on a documented one."""
        return V5_PATHS[path] if self.v5 and path is not None else path

    def _topics(self, kind: Kind, value: Any, symbols: tuple[str, ...] = ()) -> list[str]:
        """Return topics as requests spell them: the interval is a part of it, the scale is not."""
        if self.v5:
            return kind.v5_topics(value, symbols)
        return ["mergedDepth" if kind.stream == "merged_depth_v1" else kind.name(value)]

    def _stall(self, stream: str, value: Any, symbol: str) -> None:
        kind = BY_STREAM[stream]
        self._expect_losses(kind.path)
        for topic in self._topics(kind, value, (symbol,)):
            self.exchange.call("stall", topic.rpartition(".")[0] if self.v5 else topic, symbol, self._place(kind.path))

    def _refuse_connections(self, times: int, status: int, path: str | None) -> None:
        self.exchange.call("refuse_connections", times, status)
        self._fault("drop", path)

    def _refuse_auth(self, times: int, path: str) -> None:
        self.exchange.call("refuse_auth", times)
        self._fault("drop", path)

    def _refuse_topics(self, stream: str, value: Any) -> None:
        kind = BY_STREAM[stream]
        topics = self._topics(kind, value)
        self.verdict.refused.update(self._named_by(kind, topics))
        if self.v5:
            self.tally.lossy.add(kind.path)  # a symbol that is refused is left out of all symbols until a reconnect
        self.exchange.call("refuse_topics", *topics)
        self._fault("drop", kind.path)

    def _named_by(self, kind: Kind, topics: list[str]) -> set[str]:
        """Return the documented topics that are refused with these."""
        if not self.v5:
            return set(topics)
        others = [one for one in BY_STREAM.values() if one.v5_path == kind.v5_path]
        found = ((one, value) for one in others for value in one.values)
        return {one.name(value) for one, value in found if not set(topics).isdisjoint(one.v5_topics(value))}

    def _restart(self, downtime: float) -> None:
        self.verdict.unlisted = self.api != "legacy"
        self.exchange.call("stop")
        self.verdict.found.wait(downtime)
        self.exchange.call("start")

    def _retire(self, status: int) -> None:
        self.exchange.call("retire", status=status)
        self.v5 = True

    def _refuse_rest(self, times: int | None, status: int) -> None:
        self.verdict.unlisted = True
        self.exchange.call("refuse_rest", times, status)

    def _slow_rest(self, seconds: float) -> None:
        self.verdict.unlisted = self.verdict.unlisted or seconds > _rest.TIMEOUT / 2
        self.exchange.call("slow_rest", seconds)

    def _expect_losses(self, path: str | None) -> None:
        """Pushes will be lost where the wire does not show it: such a path is dropped before the next check."""
        paths = [one for one in PATHS if path is None or self._place(one) == self._place(path)]
        self.tally.lossy.update(paths)
        for client in self.clients:
            for key, life in list(client.lives.items()):
                life.lossy = life.lossy or key[0] in paths

    def _check(self) -> None:
        self._calm()
        problems = chaos_check.check(self)
        for problem in problems:
            self.verdict.fail(problem)
        self.checks += not problems
        self._report()

    def _calm(self) -> None:
        """End all faults, and do what still waits to be done."""
        self.exchange.call("resume")
        self.exchange.call("accept_auth")
        self.exchange.call("refuse_connections", 0)
        self.exchange.call("accept_topics")
        self.exchange.call("hang_upgrades", 0)
        self.exchange.call("mute_connections", 0)
        self.exchange.call("refuse_rest", 0)
        self.exchange.call("slow_rest", 0)
        for path in self.tally.lossy:
            self._fault("drop", path)
        if not wait_until(lambda: not self._tasks.unfinished_tasks, PATIENCE):
            self.verdict.fail("a call did not return")
        for _, claim in list(self.claims.values()):
            claim.run_errands(None)

    # -- the machinery -----------------------------------------------------------------------------------

    def _client(self, family: str) -> Client:
        self._names[family] += 1
        name = f"{family}{self._names[family]}"
        return Client(family, name, self.exchange.url, self.verdict, self.tally, self.api)

    def _work(self) -> None:
        for task in iter(self._tasks.get, None):
            self._attempt(task)
            self._tasks.task_done()

    def _attempt(self, task: Callable[[], Any]) -> None:
        try:
            task()
        except Exception as error:
            logging.getLogger("chaos").exception("a call failed")
            self.verdict.fail(f"a call failed: {error!r}")

    def _end(self) -> None:
        while self.clients or self.retired:
            (self.clients or self.retired).pop().close(False)
        for _ in self._workers:
            self._tasks.put(None)
        for worker in self._workers:
            worker.join(PATIENCE)
        self.tally.delivered = self.delivered
        chaos_check.check_end(self, self._files, library_threads, descriptors)
        self.exchange.end()

    def _report(self) -> None:
        seconds = time.monotonic() - self.began
        self.say(
            f"{seconds:7.1f} s  {len(self.history):7} steps  {self.checks:5} checks  {self.delivered:10,} messages"
            f"  {self.delivered / seconds:7,.0f}/s  {rss():5.0f} MB"
        )


class Patch:
    """Changes attributes until it is undone, as pytest's monkeypatch does."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, str, Any]] = []

    def setattr(self, target: Any, name: str, value: Any) -> None:
        """Set an attribute."""
        self._kept.append((target, name, getattr(target, name)))
        setattr(target, name, value)

    def undo(self) -> None:
        """Put everything back."""
        while self._kept:
            setattr(*self._kept.pop())


class Complaints(logging.Handler):
    """Takes every error that the client logs for a failure, but for what callbacks raise on purpose."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(logging.ERROR)
        self._verdict = verdict

    def emit(self, record: logging.LogRecord) -> None:
        """Judge one record."""
        error = record.exc_info[1] if record.exc_info else None
        counted = f", last {Deliberate.__module__}.{Deliberate.__qualname__}: " in record.getMessage()
        if not (isinstance(error, Deliberate) or counted):
            self._verdict.fail(f"logged: {logging.Formatter().format(record)}")


def rss() -> float:
    """Return how many MB this process uses."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20


def descriptors() -> int:
    """Return how many files are open."""
    return len(os.listdir("/proc/self/fd"))


def main(arguments: list[str] | None = None) -> int:
    """Run, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="what decides every step")
    parser.add_argument("--seconds", type=float, help="end after the first check beyond so many")
    parser.add_argument("--messages", type=int, help="end after the first check with so many delivered")
    parser.add_argument("--family", choices=("all", *FAMILIES), default="all", help="which clients take part")
    parser.add_argument("--api", choices=APIS, default="legacy", help="what they speak; auto: it is retired meanwhile")
    parser.add_argument("--clients", type=int, default=3, help="clients of each kind")
    parser.add_argument("--speed", type=float, default=30.0, help="market seconds that pass in a second")
    parser.add_argument("--pace", type=float, default=40.0, help="steps a second")
    parser.add_argument("--every", type=int, default=100, help="steps between two checks")
    chosen = parser.parse_args(arguments)
    if chosen.seconds is None and chosen.messages is None:
        chosen.seconds = 60.0
    families = (FAMILIES if chosen.family == "all" else (chosen.family,)) * chosen.clients
    patch = Patch()
    hasten(patch)
    patch.setattr(_places, "CONNECTIONS", 10**9)  # so many a minute nobody makes who is not tested
    patch.setattr(_rest, "TIMEOUT", 2.0)
    try:
        return _run(chosen, families)
    finally:
        patch.undo()


def _run(chosen: argparse.Namespace, families: tuple[str, ...]) -> int:
    chaos = Chaos(chosen.seed, families, chosen.speed, chosen.pace, chosen.every, api=chosen.api)
    logger, complaints = logging.getLogger("bybit_ws"), Complaints(chaos.verdict)
    hook, threading.excepthook = threading.excepthook, lambda args: chaos.verdict.fail(repr(args.exc_value))
    logger.addHandler(complaints)
    propagate, logger.propagate = logger.propagate, False
    print(f"seed {chosen.seed}: {len(families)} clients at {chaos.exchange.url}", flush=True)
    try:
        chaos.run(chosen.seconds, chosen.messages)
    finally:
        logger.removeHandler(complaints)
        logger.propagate, threading.excepthook = propagate, hook
    _summary(chaos)
    if not chaos.verdict.wrong:
        return 0
    names = ("seed", "family", "api", "clients", "speed", "pace", "every")
    command = " ".join(["python tests/chaos.py", *(f"--{name} {getattr(chosen, name)}" for name in names)])
    command += f" --seconds {time.monotonic() - chaos.began:.0f}"
    print(f"\nwhat was done (seed {chosen.seed}):")
    for at, action in chaos.history:
        print(f"{action.step:6} {at:9.3f} s  {action}")
    print("\nWRONG:", *chaos.verdict.wrong[:10], sep="\n  ")
    print(f"\nto see it again (times differ): {command}", flush=True)
    return 1


def _summary(chaos: Chaos) -> None:
    seconds = time.monotonic() - chaos.began
    delivered = chaos.tally.delivered
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nseed {chaos.seed}: {seconds:.1f} s, {delivered:,} messages delivered ({delivered / seconds:,.0f}/s)")
    print(f"  {chaos.checks} checks against the exchange's truth, {chaos.tally.forged} forged messages handed out")
    print(f"  {chaos.tally.late} messages were on their way when their subscription ended")
    for title, counter in (("steps", chaos.done), ("events", chaos.tally.events), ("raised", chaos.tally.errors)):
        print(f"  {title}: " + ", ".join(f"{name} {count:,}" for name, count in counter.most_common()))
    print(f"  {rss():.0f} MB at the end, {peak:.0f} MB at most", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
