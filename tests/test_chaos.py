"""The chaos run and the soak, each for a few seconds; and that they can fail."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import chaos_check
import pytest
from chaos import Chaos
from chaos_planner import Planner
from chaos_streams import BY_STREAM, INVERSE, V5_INVERSE
from chaos_watch import Life, Tapes, Wrong
from soak import Sample, allowed, slope, table
from support import hasten, run_script, wait_until

from bybit_ws import _gaps

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory and files are read from /proc")

thorough = pytest.mark.thorough

HERE = Path(__file__).resolve().parent
WITHIN = 240.0
"""Seconds; on an idle machine each takes ten at most."""

CHAOS = ("--seed", "1", "--seconds", "4", "--clients", "1", "--every", "60")
RETIRED = ("--api", "auto", "--seed", "20", *CHAOS[2:])
"""Both protocols: the documented endpoints are retired with the first step after the opening calls."""

MUTANT = """
    import chaos, chaos_check
    from bybit_ws import _books, _session

    chaos_check.PATIENCE = 5
    told = [0]

    {mutation}

    if __name__ == "__main__":
        raise SystemExit(chaos.main({arguments}))
"""

ONE_DELTA_IS_DROPPED = """
    def apply(self, message, whole=_books.LevelBook.apply):
        told[0] += message["type"] == "delta"
        if told[0] % 5 == 0 and message["type"] == "delta" and message["data"]["update"]:
            message["data"]["update"].pop()
        return whole(self, message)

    _books.LevelBook.apply = apply
"""

A_TRADE_COMES_TWICE = """
    def direct(self, message, find=_session.Session.direct):
        stream = find(self, message)
        if stream is not None and stream.log is not None:
            stream.callback(dict(message))
        return stream

    _session.Session.direct = direct
"""

A_TRADE_IS_LOST = """
    def direct(self, message, find=_session.Session.direct):
        stream = find(self, message)
        if stream is not None and stream.log is not None and len(message["data"]) > 1:
            del message["data"][0]
        return stream

    _session.Session.direct = direct
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(HERE / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)


@thorough
def test_chaos_ends_well_and_tells_what_it_did() -> None:
    done = run("chaos.py", *RETIRED)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "WRONG" not in done.stdout
    delivered = int(re.search(r"([\d,]+) messages delivered", done.stdout)[1].replace(",", ""))
    assert delivered > 100
    assert int(re.search(r"(\d+) checks against the exchange's truth", done.stdout)[1]) > 0
    assert re.search(r"steps: subscribe \d+", done.stdout)
    assert re.search(r"events: Subscribed [\d,]+", done.stdout)
    assert len(re.findall(r"retire 1\b", done.stdout)) == 1
    assert len(re.findall(r"\bRetired [1-9]", done.stdout)) == 1


@pytest.mark.parametrize(
    ("mutation", "words"),
    [
        pytest.param(
            ONE_DELTA_IS_DROPPED, "the book differs|crossed|reasons", id="a delta is dropped", marks=thorough
        ),
        pytest.param(A_TRADE_COMES_TWICE, r"trade \d+ came after trade \d+", id="a trade comes twice"),
        pytest.param(A_TRADE_IS_LOST, "never came", id="a trade is lost", marks=thorough),
    ],
)
def test_chaos_finds_what_is_wrong_and_says_how_to_see_it_again(mutation: str, words: str) -> None:
    script = MUTANT.format(mutation=mutation.strip(), arguments=list(CHAOS))
    done = run_script(script, timeout=WITHIN)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(words, done.stdout.partition("WRONG:")[2])
    assert "python tests/chaos.py --seed 1" in done.stdout
    assert re.search(r"^ +1 +[\d.]+ s  subscribe\(1, ", done.stdout, re.MULTILINE), "no history"


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chaos]:
    """A client of inverse that has all trades, which nothing fetches where they are lost."""
    hasten(monkeypatch)
    monkeypatch.setattr(_gaps, "GRACE", 0.3)
    monkeypatch.setattr(chaos_check, "check_end", lambda *args: None)  # other tests ran in this process, too
    chaos = Chaos(1, ("inverse",), 20.0, api="v5")
    chaos._subscribe(1, 0, "trade", None, ("*",), {})(None)
    lives = chaos.clients[0].lives
    assert wait_until(lambda: len(lives) == len(INVERSE) and all(life.count for life in lives.values()), WITHIN)
    yield chaos
    chaos._end()
    assert not chaos.verdict.wrong


def trades_happen(chaos: Chaos) -> None:
    seen = {symbol: count for symbol, (count, _) in chaos.exchange.moment({}).trades.items()}

    def moved() -> bool:
        return all(new for symbol, (_, new) in chaos.exchange.moment(seen).trades.items() if symbol in INVERSE)

    assert wait_until(moved, WITHIN)


def test_what_was_on_its_way_when_a_connection_was_cut_does_not_count_for_what_comes_after(
    watched: Chaos, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, free, wait = threading.Event(), threading.Event(), chaos_check._until_none
    watched.claims[1][1].errands.append(lambda inside: busy.set() or free.wait(WITHIN))
    assert busy.wait(WITHIN)
    trades_happen(watched)
    watched.exchange.call("drop", V5_INVERSE)
    trades_happen(watched)
    monkeypatch.setattr(chaos_check, "_until_none", lambda *args, **options: free.set() or wait(*args, **options))
    assert chaos_check.check(watched) == []
    assert watched.tally.events["Reconnected"] == 1


def test_trades_that_are_lost_as_the_market_stops_are_missed_unless_it_is_told(
    watched: Chaos, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, stops = watched.exchange.call, []

    def cut(name: str, *args: Any, **options: Any) -> Any:
        if name == "pause" and not stops:
            call("refuse_connections", 10**6)
            call("drop", V5_INVERSE)
            trades_happen(watched)
        done = call(name, *args, **options)
        if name == "pause":
            stops.append(call("refuse_connections", 0))
        return done

    monkeypatch.setattr(watched.exchange, "call", cut)
    assert chaos_check.check(watched) == []
    assert len(stops) == 2
    monkeypatch.setattr(_gaps.Gaps, "_report", lambda *args: None)
    monkeypatch.setattr(chaos_check, "PATIENCE", 2.0)
    stops.clear()
    found = chaos_check.check(watched)
    assert (len(stops), len(found)) == (1, len(INVERSE))
    assert all("the last trade is" in one for one in found)


def test_the_seed_alone_decides_what_is_done() -> None:
    def steps(seed: int, api: str = "legacy") -> list[str]:
        planner = Planner(seed, ("spot", "inverse"), api=api)
        return [f"{action} {action.delay}" for action in islice(planner, 2000)]

    assert steps(1) == steps(1)
    assert steps(1) != steps(2)
    assert steps(1, "auto") == steps(1, "auto")
    assert sum(step.startswith("retire(") for step in steps(20, "auto")) == 1


def test_a_hole_in_the_trades_is_found_wherever_it_is() -> None:
    life, tape = Life(BY_STREAM["trade_v1"], ("trade", "BTCUSDT")), [*range(10, 100, 2)]
    assert life.holes([], tape) == []
    assert life.holes([12, 14, 18, 24], tape) == [(14, 18), (18, 24)]
    assert life.holes([26, 30], tape) == [(26, 30)]
    assert life.holes([34], tape) == [(30, 34)]
    assert life.holes([36, 38], tape) == []
    with pytest.raises(Wrong, match="never were"):
        life.holes([41], tape)


def test_tapes_keep_what_is_needed_only() -> None:
    tapes = Tapes(keep=10)
    tapes.add({"BTCUSDT": (3, [1, 2, 3])})
    tapes.add({"BTCUSDT": (4, [4])})
    assert tapes.trades == {"BTCUSDT": [1, 2, 3, 4]}
    assert tapes.seen == {"BTCUSDT": 4}
    tapes.add({"BTCUSDT": (14, [*range(10)])})
    tapes.trim()
    assert tapes.trades["BTCUSDT"] == [*range(10)]
    tapes.forget("BTCUSDT", 7)
    assert tapes.trades["BTCUSDT"] == [7, 8, 9]


@thorough
def test_a_soak_ends_well_and_shows_what_it_measured() -> None:
    done = run("soak.py", "--seconds", "3", "--every", "0.4", "--speed", "5")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(r"[\d,]+ messages in 3 s, [1-9]\d* drops", done.stdout)
    assert "seconds      MB  threads" in done.stdout
    assert "memory after the warm-up" in done.stdout


@thorough
def test_a_soak_finds_a_thread_that_is_left() -> None:
    script = """
        import threading
        import soak
        from bybit_ws import _transport

        done = threading.Event()

        def release(self, whole=_transport.Transport.release):
            threading.Thread(target=done.wait, name="left", daemon=True).start()
            whole(self)

        _transport.Transport.release = release
        soak.PATIENCE = 3
        if __name__ == "__main__":
            raise SystemExit(soak.main(["--seconds", "4", "--every", "1", "--speed", "5"]))
    """
    done = run_script(script, timeout=WITHIN)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    assert "threads and files" in done.stdout.partition("WRONG:")[2]


def samples(*levels: float) -> list[Sample]:
    return [Sample(60.0 * at, level, 9, 14, 1000.0, 0.01, at) for at, level in enumerate(levels)]


def test_growth_is_told_from_a_level_that_is_reached() -> None:
    flat = samples(20, 30, *[40, 41] * 29)
    assert abs(slope(flat)) < 5
    growing = samples(*[40 + at for at in range(60)])
    assert slope(growing) == pytest.approx(60)
    assert allowed(growing, 5.0) < 60
    assert allowed(samples(40, 41), 5.0) > 100
    assert slope(samples(40)) == 0.0
    assert len(table(growing).splitlines()) == 21
