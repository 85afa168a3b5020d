"""A long run at full rate with a drop every few seconds: ``python tests/soak.py --seconds 3600 --plot soak.png``.

The exchange runs in a process of its own, so that what is measured here is the client's: memory, threads, files,
messages a second, and how late they are. After each reconnect there must be as many threads and files as before, the
memory must not grow once it is warm, no trade of spot V1 may be missing that was not reported as a ``Gap``, and at
the end every book must be the exchange's own. The exit code is 1 where any of that is not so.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]

from chaos import Complaints, Patch, descriptors, rss  # noqa: E402
from chaos_check import differing_book, unreported  # noqa: E402
from chaos_client import OPTIONS  # noqa: E402
from chaos_streams import KINDS, NAMES, PATHS, REALTIME, V1, Kind, Message  # noqa: E402
from chaos_watch import Life, Tapes, Verdict  # noqa: E402
from remote import Moment, RemoteExchange  # noqa: E402
from support import hasten, library_threads, wait_until  # noqa: E402

from bybit_ws import InverseWebSocket, SpotWebSocket  # noqa: E402
from bybit_ws.events import Event, Gap  # noqa: E402

PATIENCE = 60.0
WARM = 0.2
"""The part of the run that is left out where the growth of the memory is measured."""

NOISE = 8.0
"""MB by which the memory may differ in a short run, whatever the slope."""


class Sample(NamedTuple):
    """One second."""

    seconds: float
    rss: float
    threads: int
    files: int
    rate: float
    lag: float
    reconnects: int


class Stream:
    """The callback of one stream and symbol; one call at a time."""

    def __init__(self, kind: Kind, name: str, symbol: str, verdict: Verdict) -> None:
        self.key = (kind.path, name, symbol)
        self.life = Life(kind, (name, symbol))
        self.age: float | None = None
        self._verdict = verdict

    def __call__(self, message: Message) -> None:
        """Check and note a message."""
        life = self.life
        try:
            name, symbol, order = life.kind.read(message)
            if (name, symbol) != life.key:
                self._verdict.fail(f"{self.key} was given a message of {name} {symbol}")
            life.take(message, order)
            if life.kind.book is not None:
                life.kind.book(message, life.kind, life.count % 16 == 0)
                life.last = message
            if life.kind.stream == "trade_v2":
                self.age = time.time() - message["data"]["t"] / 1000
        except Exception as error:
            self._verdict.fail(f"{self.key}: {error!r}: {str(message)[:300]}")


class Soak:
    """One run.

    Args:
        seed: What decides the market and the drops.
        every: Seconds between two drops.
        speed: Market seconds that pass in a second; only at 1 does a trade's time tell how late it is.
    """

    def __init__(self, seed: int, every: float, speed: float) -> None:
        self.verdict, self.tapes = Verdict(), Tapes()
        self.exchange = RemoteExchange(seed=seed, speed=speed)
        self.samples: list[Sample] = []
        self.drops = 0
        self.reported = 0
        self.gaps: dict[tuple[str, str, str], list[Any]] = {}
        self._every, self._random, self._live = every, random.Random(f"soak {seed}"), speed == 1
        self._began = time.monotonic()
        endpoint = self.exchange.url
        self.spot: Any = SpotWebSocket(endpoint=endpoint, on_event=self._on_event, **OPTIONS)
        self.inverse: Any = InverseWebSocket(endpoint=endpoint, on_event=self._on_event, **OPTIONS)
        self.streams = [self._subscribe(kind, value, symbol) for kind, value, symbol in _everything()]

    def run(self, seconds: float) -> None:
        """Drop and sample until the time is up, then compare."""
        self._recovered()
        threads, files = self._counts()
        last, next_drop, next_sample = self._total(), self._every, 1.0
        while not self.verdict.wrong:
            now = time.monotonic() - self._began
            if now > seconds:
                break
            if now >= next_drop:
                self._drop(threads, files)
                self._compare()
                next_drop = time.monotonic() - self._began + self._every
            if now >= next_sample:
                total = self._total()
                self._sample(now, (total - last) / (1.0 + now - next_sample))
                last, next_sample = total, now + 1.0
            self.verdict.found.wait(max(0.0, min(next_drop, next_sample) - time.monotonic() + self._began))
        self._compare(still=True)

    def end(self) -> None:
        """Close everything; nothing may be left."""
        for client in (self.spot, self.inverse):
            client.close()
        if not wait_until(lambda: not library_threads()):
            self.verdict.fail(f"threads are left: {library_threads()}")
        self.exchange.end()

    def _subscribe(self, kind: Kind, value: Any, symbol: str) -> Stream:
        stream = Stream(kind, kind.name(value), symbol, self.verdict)
        client = self.inverse if kind.path == REALTIME else self.spot
        arguments = [symbol] * bool(symbol) + [value] * (value is not None)
        getattr(client, f"{kind.stream}_stream")(stream, *arguments)
        return stream

    def _drop(self, threads: int, files: int) -> None:
        """Drop some sockets, wait until all have delivered again, and count what there is."""
        path = self._random.choice((*PATHS, None))
        self.exchange.call("drop", path)
        self.drops += 1
        self._recovered()
        self._speaking(("insurance", "liquidation"))
        if not wait_until(lambda: self._counts() == (threads, files), PATIENCE):
            names = sorted(thread.name for thread in threading.enumerate())
            self.verdict.fail(f"{self._counts()} threads and files, {(threads, files)} at first: {names}")

    def _speaking(self, slow: tuple[str, ...] = ()) -> None:
        """Wait until all public streams have delivered, but for those that would take too long."""
        kinds = [kind for kind in KINDS if kind.symbols != ("",) and kind.stream not in slow]
        before = [(one, one.life.count) for one in self.streams if one.life.kind in kinds]
        if not wait_until(lambda: all(one.life.count > count for one, count in before), PATIENCE):
            silent = [one.key for one, count in before if one.life.count == count]
            self.verdict.fail(f"nothing comes after drop {self.drops}: {silent[:5]}")

    def _recovered(self) -> None:
        if not wait_until(lambda: self.spot.is_connected() and self.inverse.is_connected(), PATIENCE):
            self.verdict.fail(f"not connected: {self.spot.health()} {self.inverse.health()}")

    def _compare(self, still: bool = False) -> None:
        """Compare the trades with the exchange's, and with the market at a stand the books, too."""
        if still:
            self._speaking()
            self.exchange.call("pause")
            self._settle()
        cuts = [(one, one.life.cut()) for one in self.streams if one.life.kind.replays]
        moment = self.exchange.moment(self.tapes.seen)
        self.tapes.add(moment.trades)
        for stream, ids in cuts:
            holes = stream.life.holes(ids, self.tapes.trades[stream.key[2]])
            for hole in unreported(holes, self.gaps.get(stream.key, [])):
                self.verdict.fail(f"{stream.key}: trades between {hole} never came, and no Gap tells it")
        for stream in self.streams:  # of the others nothing is promised across a drop
            if stream.life.kind.ids is not None and not stream.life.kind.replays:
                stream.life.cut()
        for error in moment.errors:
            self.verdict.fail(f"the exchange: {error}")
        self._forget()

    def _forget(self) -> None:
        """Keep the trades only that something is still to be compared with: what is measured is the client."""
        compared = {one.key[2]: one.life.anchor for one in self.streams if one.life.kind.replays}
        for symbol, trades in self.tapes.trades.items():
            anchor = compared.get(symbol, trades[-1] if trades else None)
            if anchor is not None:
                self.tapes.forget(symbol, anchor)

    def _settle(self) -> None:
        """Wait until the last pushes have come and everything is equal."""
        moment = self.exchange.moment({})
        problems: list[str] = []

        def equal() -> bool:
            problems[:] = [f"{one.key}: {text}" for one in self.streams for text in self._differs(one, moment)]
            return not problems

        if not wait_until(equal, PATIENCE):
            self.verdict.fail("; ".join(problems[:3]))

    def _differs(self, stream: Stream, moment: Moment) -> list[str]:
        life, symbol = stream.life, stream.key[2]
        if life.kind.ids is not None and life.top != moment.trades[symbol][1][-1]:
            return [f"the last trade is {life.top}, not {moment.trades[symbol][1][-1]}"]
        return differing_book(life, moment.books[symbol]) if life.kind.depth else []

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, Gap):
            return
        self.reported += not event.repaired
        path = NAMES[event.socket]
        if path == V1 and event.topic == "trade" and not event.repaired:  # the only ones that are compared
            self.gaps.setdefault((path, event.topic, event.symbol), []).append(event)

    # -- what is measured --------------------------------------------------------------------------------

    def _total(self) -> int:
        return sum(stream.life.count for stream in self.streams)

    @staticmethod
    def _counts() -> tuple[int, int]:
        return threading.active_count(), descriptors()

    def _sample(self, now: float, rate: float) -> None:
        ages = [stream.age for stream in self.streams if stream.age is not None]
        health = {**self.spot.health(), **self.inverse.health()}
        lags = [one["lag"] for one in health.values() if one.get("lag") is not None]
        lag = max(lags) if lags else max(ages, default=0.0) if self._live else 0.0
        reconnects = sum(one["reconnects"] for one in health.values())
        self.samples.append(Sample(now, rss(), *self._counts(), rate, lag, reconnects))


def _everything() -> list[tuple[Kind, Any, str]]:
    return [(kind, value, symbol) for kind in KINDS for value in kind.values for symbol in kind.symbols]


def slope(samples: list[Sample]) -> float:
    """Return by how many MB an hour the memory grows: the least squares through what is beyond the warm-up."""
    warm = samples[int(len(samples) * WARM) :]
    if len(warm) < 2:
        return 0.0
    at = sum(one.seconds for one in warm) / len(warm)
    level = sum(one.rss for one in warm) / len(warm)
    spread = sum((one.seconds - at) ** 2 for one in warm)
    return 3600 * sum((one.seconds - at) * (one.rss - level) for one in warm) / spread if spread else 0.0


def allowed(samples: list[Sample], bound: float) -> float:
    """Return the slope in MB an hour that is taken for flat: in a short run a few MB more are no growth."""
    hours = (samples[-1].seconds - samples[0].seconds) * (1 - WARM) / 3600
    return max(bound, NOISE / hours) if hours else float("inf")


def table(samples: list[Sample], rows: int = 20) -> str:
    """Return some of the samples, evenly spread, as a table."""
    step = max(1, len(samples) // rows)
    lines = ["  seconds      MB  threads  files  messages/s   lag ms  reconnects"]
    lines += [
        f"{one.seconds:9.0f} {one.rss:7.1f} {one.threads:8} {one.files:6} {one.rate:11,.0f}"
        f" {1000 * one.lag:8.1f} {one.reconnects:11}"
        for one in samples[::step]
    ]
    return "\n".join(lines)


def draw(samples: list[Sample], path: str) -> bool:
    """Draw memory, rate, lag and threads over time; return False where matplotlib is absent."""
    try:
        import matplotlib as mpl
    except ImportError:
        return False
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    minutes = [one.seconds / 60 for one in samples]
    figure, axes = plt.subplots(4, 1, sharex=True, figsize=(9, 8), constrained_layout=True)
    series = (
        ("memory, MB", [one.rss for one in samples]),
        ("messages a second", [one.rate for one in samples]),
        ("lag, ms", [1000 * one.lag for one in samples]),
        ("threads", [one.threads for one in samples]),
    )
    for axis, (title, values) in zip(axes, series):
        axis.plot(minutes, values, color="#D55E00", linewidth=1)
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(axis="y", color="#E5E5E5")
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel(f"minutes; {samples[-1].reconnects} reconnects of single sockets")
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two drops")
    parser.add_argument("--seed", type=int, default=1, help="what decides the market and the drops")
    parser.add_argument("--speed", type=float, default=1.0, help="market seconds that pass in a second")
    parser.add_argument("--bound", type=float, default=5.0, help="MB an hour by which the memory may grow")
    parser.add_argument("--plot", metavar="FILE.png", help="draw the samples, where matplotlib is installed")
    chosen = parser.parse_args(arguments)
    patch = Patch()
    hasten(patch)
    try:
        return _run(chosen)
    finally:
        patch.undo()


def _run(chosen: argparse.Namespace) -> int:
    soak = Soak(chosen.seed, chosen.every, chosen.speed)
    logger, complaints = logging.getLogger("bybit_ws"), Complaints(soak.verdict)
    logger.addHandler(complaints)
    try:
        soak.run(chosen.seconds)
    finally:
        soak.end()
        logger.removeHandler(complaints)
    total = sum(stream.life.count for stream in soak.streams)
    print(f"seed {chosen.seed}: {total:,} messages in {chosen.seconds:.0f} s, {soak.drops} drops", flush=True)
    if soak.samples:
        grows, bound = slope(soak.samples), allowed(soak.samples, chosen.bound)
        print(table(soak.samples))
        print(f"memory after the warm-up: {grows:+.2f} MB an hour (at most {bound:.2f})", flush=True)
        if grows > bound:
            soak.verdict.fail(f"the memory grows by {grows:.2f} MB an hour, more than {bound:.2f}")
        if chosen.plot and not draw(soak.samples, chosen.plot):
            print("no plot: matplotlib is not installed")
    if soak.verdict.wrong:
        print("WRONG:", *soak.verdict.wrong[:10], sep="\n  ", flush=True)
        return 1
    print(f"{soak.reported} gaps were reported; all other trades of spot V1 came, and all books are the exchange's own")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
