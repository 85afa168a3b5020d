"""The survival benchmark measures what it says: its faults happen, and its verdicts can be bad."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import survival, verdict
from benchmarks.ordeals import ORDEALS, usual
from benchmarks.verdict import LEGEND, Outcome, examine

pytest.importorskip("pybit.spot")

CUT, RAISES, LATER = "TCP connection cut", "callback raises", "a second symbol later"

CELLS = {
    (CUT, "pybit", "spot"): "deaf",
    (CUT, "pybit", "inverse"): "untold loss",
    (CUT, "bybit_ws", "spot"): "ok",
    (CUT, "bybit_ws", "inverse"): "ok",
    (RAISES, "pybit", "inverse"): "dead",
    (RAISES, "bybit_ws", "spot"): "ok",
    (LATER, "pybit", "spot"): "raises",
}
NEVER = ("deaf", "dead", "raises")
"""What is found when nothing came for as long as it is waited for: that need not be long here."""


@pytest.mark.thorough
def test_verdicts_of_real_faults() -> None:
    ordeals = {ordeal.name: ordeal for ordeal in ORDEALS}

    def play(cell: tuple[str, str, str]) -> Outcome:
        name, client, market = cell
        return examine(ordeals[name], client, market, hurry=CELLS[cell] in NEVER)

    with ThreadPoolExecutor(len(CELLS)) as pool:
        outcomes = dict(zip(CELLS, pool.map(play, CELLS)))
    assert {cell: outcome.verdicts for cell, outcome in outcomes.items()} == {
        cell: (word,) for cell, word in CELLS.items()
    }, outcomes
    assert all(outcome.why for outcome in outcomes.values() if outcome.verdicts != ("ok",))
    assert outcomes[CUT, "bybit_ws", "spot"].seconds


class Truth:
    """An exchange's truth: five trades, and one book."""

    def __init__(self) -> None:
        self.now = {"b": [["2", "1"], ["1", "1"]], "a": [["3", "1"]]}

    def trades(self, symbol: str) -> Any:
        return [{"v": name} for name in "abcde"]

    def book(self, symbol: str, levels: int = 200) -> Any:
        return self.now


EXCHANGE = SimpleNamespace(truth=Truth())


@pytest.mark.parametrize(
    ("ids", "told", "found"),
    [
        ("abcde", [], []),
        ("bcd", [], []),
        ("abde", [], ["untold loss"]),
        ("abde", [["trade", "X", "b", "d"]], []),
        ("abde", [["trade", "X", "b", None]], []),
        ("abde", [["trade", "Y", "b", "d"]], ["untold loss"]),
        ("ade", [["trade", "X", "c", "d"]], ["untold loss"]),
        ("abbcd", [], ["twice"]),
        ("abbd", [], ["twice", "untold loss"]),
    ],
)
def test_trades_that_are_missing_or_came_twice_are_seen(ids: str, told: list[Any], found: list[str]) -> None:
    assert [word for word, _ in verdict._trades(EXCHANGE, "X", [*ids], told)] == found


def test_the_order_of_levels_is_excused_and_no_level() -> None:
    assert verdict._is_true(EXCHANGE, "X", [{"b": [["1", "1"], ["2", "1"]], "a": [["3", "1"]]}])
    assert not verdict._is_true(EXCHANGE, "X", [{"b": [["1", "1"]], "a": [["3", "1"]]}])


@pytest.mark.parametrize(
    ("report", "said", "word"),
    [
        ({"connected": True}, "", "deaf"),
        ({"connected": False}, "", "away"),
        ({"gone": ["realtime"]}, "pybit: encountered error", "dead"),
        ({"gone": ["realtime"]}, "Exception in thread x:\nTraceback\nValueError: why", "raises"),
        ({"gone": ["realtime"], "error": "ConnectionLost()"}, "", "raises"),
        ({"raised": "Exception()", "connected": True}, "", "raises"),
    ],
)
def test_how_a_client_was_lost(report: dict[str, Any], said: str, word: str) -> None:
    whole = {"connected": False, "gone": [], "error": "", "raised": "", "strays": 0, **report}
    assert verdict._lost(["trade BTCUSD"], whole, said).verdicts == (word,)


def test_the_table_and_its_legend() -> None:
    spot, inverse = survival.COLUMNS[:2]
    rounds = [Outcome(("dead",), "why"), Outcome(("ok",)), Outcome(("dead",), "why")]
    table = {"cut": {spot: survival.together(rounds), inverse: survival.together(rounds[1:2] * 6)}}
    assert survival.rows(table)[1] == ["cut", "dead 2/3, ok 1/3", "ok", "-", "-"]
    assert survival.markdown(table).splitlines()[1:] == [
        "| --- | --- | --- | --- | --- |",
        "| cut | dead 2/3, ok 1/3 | ok | - | - |",
    ]
    assert f"\ndead: {LEGEND['dead']}\n" in survival.text(table)
    assert "deaf: " not in survival.text(table)


def test_every_fault_has_a_name_of_its_own_and_streams_to_watch() -> None:
    assert len({ordeal.name for ordeal in ORDEALS}) == len(ORDEALS)
    assert set(survival.QUICK) <= set(survival.NAMES)
    assert [stream for stream, _ in usual("spot")] == ["trade_v1", "diff_depth_v1", "execution_report"]
