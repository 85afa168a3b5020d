"""The V5 benchmark measures what it says: the same market over both protocols, played whole, judged rightly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.v5 import __main__, report, runner
from benchmarks.v5.check import books_differ
from benchmarks.v5.client import MARK
from benchmarks.v5.market import Recording, record
from benchmarks.v5.program import program
from benchmarks.v5.runner import LEGACY, PYBIT, RAW, V5, Outcome, Settings, compare
from benchmarks.v5.streams import pairs
from bybit_ws._v5.table import TRANSLATIONS

pytestmark = pytest.mark.thorough

PAIRS = pairs()
SETTINGS = Settings(rounds=1, frames=40)


@pytest.fixture(scope="module")
def recordings() -> tuple[Recording, Recording]:
    lines = {line for pair in PAIRS.values() for line in pair}
    return record((line for line in lines if not line.private), 3), record((line for line in lines if line.private), 8)


def test_every_stream_that_is_translated_is_measured() -> None:
    assert PAIRS.keys() == TRANSLATIONS.keys()
    for measured, marker in PAIRS.values():
        assert measured.v5 == marker.v5
        assert measured.path == marker.path
        assert measured != marker


def test_both_protocols_tell_of_the_same_trades(recordings: tuple[Recording, Recording]) -> None:
    frames = recordings[0].frames
    legacy = [json.loads(text)["data"]["v"] for text in frames["trade_v2", "BTCUSDT", False].rest]
    v5 = [trade["i"] for text in frames["trade_v2", "BTCUSDT", True].rest for trade in json.loads(text)["data"]]
    assert legacy == v5
    assert legacy


@pytest.mark.parametrize("v5", [False, True])
@pytest.mark.parametrize("name", PAIRS)
def test_what_is_played_can_be_played_again(name: str, v5: bool, recordings: tuple[Recording, Recording]) -> None:
    pair = PAIRS[name]
    played = program(recordings[pair.measured.private], pair, v5, 40)
    assert played.opening
    assert played.run
    assert played.passes(40) * len(played.run) >= 20
    kinds = [json.loads(text).get("type") for text in played.run] if v5 else []
    if v5 and pair.measured.stateful:
        assert kinds[0] == "snapshot"
    if pair.measured.private:
        ids = [_ids(text) for text in (*played.opening[:-1], *played.warm, *played.run)]
        first, rest = ids[: len(played.warm)], ids[len(played.warm) :]
        assert not set().union(*first) & set().union(*rest)
    if name == "position":  # its marks come as executions, which are among its frames
        assert all(MARK in text for text in played.marks)
        assert not any(MARK in text for text in (*played.warm, *played.run))
        assert len({*played.marks}) == 4


def _ids(text: str) -> set[str]:
    message = json.loads(text)
    entries = message if isinstance(message, list) else message["data"]
    return {str(entry[name]) for entry in entries for name in ("orderId", "order_id", "oi") if name in entry}


def test_clients_deliver_and_are_measured(recordings: tuple[Recording, Recording]) -> None:
    row = compare(PAIRS["diff_depth_v1"], recordings, SETTINGS, "")
    assert {client: outcome.problem for client, outcome in row.items()} == {
        LEGACY: "",
        V5: "",
        RAW: "",
        PYBIT: "pybit 5.17 is not installed",
    }
    for client in (LEGACY, V5, RAW):
        assert row[client].message > 0
        assert row[client].frame > 0
        assert row[client].delivered == 1


@pytest.mark.parametrize("name", ["trade_v1", "position"])
def test_what_takes_rest_or_several_topics_is_played_too(
    name: str, recordings: tuple[Recording, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CLIENTS", (V5,))
    row = compare(PAIRS[name], recordings, SETTINGS, "")
    assert [outcome.problem for outcome in row.values()] == [""]


PAIRS_OF_LEVELS: dict[str, Any] = {"b": [["2", "1"], ["1", "3"]], "a": [["4", "1"], ["3", "2"]]}
ROWS = [
    {"price": price, "id": 1, "side": side, "size": size}
    for side, price, size in (("Buy", "1", 3), ("Buy", "2", 1), ("Sell", "3", 2), ("Sell", "4", 1))
]


def test_books_are_compared_whatever_their_form() -> None:
    assert not books_differ({"data": ROWS}, {"data": PAIRS_OF_LEVELS})
    assert not books_differ({"data": [PAIRS_OF_LEVELS]}, {"data": PAIRS_OF_LEVELS})
    deeper = {"b": [["2", "1"], ["1", "3"], ["0.5", "9"]], "a": PAIRS_OF_LEVELS["a"]}
    assert not books_differ({"data": ROWS}, {"data": deeper})
    for wrong in ({**PAIRS_OF_LEVELS, "b": [["2", "1"]]}, {**PAIRS_OF_LEVELS, "a": [["4", "1"], ["3", "7"]]}):
        assert books_differ({"data": ROWS}, {"data": wrong})
    assert not books_differ({"data": [{"v": "1"}]}, {"data": [{"i": "1"}]})


ROW = {
    LEGACY: Outcome(10, 10, 1, 1),
    V5: Outcome(19, 9.5, 1, 0.5),
    RAW: Outcome(4, 4, 1, 1),
    PYBIT: Outcome(100, 100, 1, 1),
}
GRID = {
    "trade_v1": ROW,
    "trade_v2": {**ROW, V5: Outcome(21, 21, 1, 1)},
    "kline": {**ROW, PYBIT: Outcome(problem="pybit 5.17 is not installed")},
    "trade": {**ROW, V5: Outcome(problem="0 messages of 9 frames", wrong=True)},
}


def test_the_table() -> None:
    text = report.text({"python": "3"}, GRID)
    assert "trade_v1        10.0        19.0   1.90   0.80            0.50      9.50       100   0.10  yes" in text
    assert [line.split()[-1] for line in text.splitlines() if line.startswith(("trade", "kline"))][:4] == [
        "yes",
        "NO",
        "-",
        "-",
    ]
    assert "trade, v5: 0 messages of 9 frames\n" in text
    assert text.endswith("1 of 4 streams meet both goals")
    assert "| trade_v1 | 10.0 | 19.0 | 1.90 | 0.80 | 0.50 | 9.50 | 100 | 0.10 | yes |" in report.text({}, GRID, True)


@pytest.mark.parametrize(("streams", "code"), [(["trade_v1", "trade_v2", "kline"], 0), (["trade"], 1)])
def test_the_exit_code_tells_of_wrong_answers_and_of_nothing_else(
    streams: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(__main__, "measure", lambda options: {name: GRID[name] for name in streams})
    assert __main__.main(["--output", str(tmp_path)]) == code
    assert json.loads((tmp_path / "v5.json").read_text("utf-8"))["v5"].keys() == {*streams}
    assert streams[0] in capsys.readouterr().out
