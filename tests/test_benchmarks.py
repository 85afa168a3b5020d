"""The benchmark measures what it says: its messages are consistent, its check can fail, its table is readable."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import SHARED

from benchmarks import __main__, clients, report, runner, sections, streams
from benchmarks.book import STEPS
from benchmarks.check import fault
from benchmarks.goals import GOALS, judge
from benchmarks.meter import Plan
from benchmarks.recording import series_of_recording
from benchmarks.runner import Lane, Outcome, compare, run, serving
from benchmarks.series import Series
from benchmarks.streams import STREAMS

OURS, BARE = sections.OURS, sections.BARE

series_of = functools.lru_cache(None)(streams.series_of)

# == messages ==============================================================================================


def rows_of(messages: Any) -> Any:
    """Put an inverse book together in the simplest way, and yield it after each message."""
    rows: dict[Any, Any] = {}
    for message in messages:
        data = message.wire["data"]
        changes = {"delete": [], "update": [], "insert": data} if message.wire["type"] == "snapshot" else data
        for row in changes["delete"]:
            del rows[row["side"], row["price"]]
        for row in changes["update"]:
            assert (row["side"], row["price"]) in rows
            rows[row["side"], row["price"]] = row
        for row in changes["insert"]:
            assert (row["side"], row["price"]) not in rows
            rows[row["side"], row["price"]] = row
        yield message, sorted(rows.values(), key=lambda row: (row["side"], float(row["price"])))


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "levels"), [("orderbook_25", 25), ("orderbook_200", 200), ("orderbook_200", 50)])
def test_inverse_deltas_make_the_book_that_they_should(name: str, levels: int) -> None:
    changed = 0
    for message, rows in rows_of(series_of(name, levels=levels).messages):
        assert message.merged["data"] == rows
        assert [row["side"] for row in rows] == ["Buy"] * levels + ["Sell"] * levels
        assert float(rows[levels - 1]["price"]) < float(rows[levels]["price"])
        changed += message.wire["type"] == "delta"
    assert changed == 2 * STEPS


@pytest.mark.thorough
def test_spot_deltas_make_the_book_that_they_should() -> None:
    sides: dict[str, dict[str, str]] = {}
    for message in series_of("diff_depth_v1").messages:
        if message.wire["f"]:
            sides = {"b": {}, "a": {}}
        for side, levels in sides.items():
            for price, quantity in message.wire["data"][0][side]:
                if quantity == "0":
                    del levels[price]
                else:
                    levels[price] = quantity
        bids, asks = (sorted(([*one] for one in side.items()), key=lambda x: float(x[0])) for side in sides.values())
        assert message.merged["data"][0]["b"] == bids[::-1]
        assert message.merged["data"][0]["a"] == asks
        assert len(bids) == len(asks) == 200
        assert float(bids[-1][0]) < float(asks[0][0])


@pytest.mark.parametrize("name", clients.BOOKS)
def test_a_walk_ends_where_it_began_so_that_it_can_begin_again(name: str) -> None:
    series = series_of(name)
    first, last = series.at(0).merged["data"], series.at(2 * STEPS).merged["data"]
    assert [first] == [last] if isinstance(first[0], dict) and "side" in first[0] else first[0]["b"] == last[0]["b"]
    assert series.at(2 * STEPS + 1) == series.at(1)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["trade_v2", "orderbook_25", "instrument_info"])
def test_the_same_arguments_give_the_same_messages(name: str) -> None:
    assert streams.series_of(name) == series_of(name)


def test_each_symbol_has_its_turn_after_the_backlog_of_each() -> None:
    series = series_of("trade_v1", symbols=("AUSDT", "BUSDT"))
    wires = [message.wire for message in series.messages[:4]]
    assert [wire["symbol"] for wire in wires] == ["AUSDT", "BUSDT"] * 2
    assert [(wire["f"], len(wire["data"])) for wire in wires] == [(True, 60)] * 2 + [(False, 1)] * 2
    assert series.at(len(series.messages)) == series.at(2)


def test_a_recording_gives_the_books_that_its_readme_tells() -> None:
    path = SHARED / "recordings" / "inverse-2021-04-17.jsonl"
    if not path.exists():
        pytest.skip("the recordings are not here")
    series = series_of_recording(path)
    assert {call.method: call.symbols for call in series.calls} == {
        "orderbook_25": ("BTCUSD", "EOSUSD"),
        "trade": ("BTCUSD", "EOSUSD"),
    }
    last = {message.wire["topic"]: message.merged["data"] for message in series.messages}
    rows = [[row["side"], row["price"], row["size"]] for row in last["orderBookL2_25.BTCUSD"]]
    digest = hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()
    assert digest == "1dd57177a4cf6bbda2e5be60f0427d59bb92143f2577a9387565130d6a0bdaca"


# == the check =============================================================================================


def delivered(series: Series, count: int, merged: bool = True) -> list[str]:
    return [json.dumps(message.merged if merged else message.wire) for message in series.messages[:count]]


def test_the_check_takes_what_is_right() -> None:
    for name in STREAMS:
        series = series_of(name)
        assert not fault(series, delivered(series, 30), delivered(series, 40)[-1], 40, merges=True)
        assert not fault(series, delivered(series, 30, False), delivered(series, 40, False)[-1], 40)


@pytest.mark.parametrize("name", STREAMS)
def test_the_check_sees_a_message_that_is_missing(name: str) -> None:
    series = series_of(name)
    texts = delivered(series, 41)
    assert fault(series, texts[:10] + texts[11:31], texts[39], 40, merges=True).startswith("message 11 of 40 is")
    assert fault(series, texts[:30], texts[40], 40, merges=True).startswith("message 40 of 40 is")


@pytest.mark.parametrize("name", clients.BOOKS)
def test_the_check_excuses_the_order_of_levels_but_no_level(name: str) -> None:
    series = series_of(name)
    texts = delivered(series, 10)
    message = json.loads(texts[5])
    levels = message["data"][0]["b"] if name == "diff_depth_v1" else message["data"]
    levels.reverse()
    altered = [*texts[:5], json.dumps(message)]
    assert fault(series, altered, texts[9], 10, merges=True).startswith("message 6 of 10")
    assert not fault(series, altered, texts[9], 10, merges=True, sorts=False)
    del levels[7]
    altered = [*texts[:5], json.dumps(message)]
    assert fault(series, altered, texts[9], 10, merges=True, sorts=False).startswith("message 6 of 10")


def test_the_check_sees_a_delta_where_a_book_is_due() -> None:
    series = series_of("diff_depth_v1")
    texts = delivered(series, 10, merged=False)
    assert fault(series, texts, texts[9], 10, merges=True).startswith("message 2 of 10")


# == running ===============================================================================================


@pytest.mark.thorough
def test_clients_deliver_and_are_measured() -> None:
    with serving(series_of("trade_v1")) as server:
        plan = Plan(messages=400, warm=50, checked=50)
        outcomes = compare([Lane("row", server, (OURS, BARE), plan)], rounds=1)["row"]
    assert {client: outcome.problem for client, outcome in outcomes.items()} == {OURS: "", BARE: ""}
    assert all(outcome.us > 0 and outcome.rate > 0 for outcome in outcomes.values())
    assert outcomes[OURS].threads == 2


@pytest.mark.thorough
def test_a_client_that_delivers_something_else_is_wrong() -> None:
    series = series_of("orderbook_25")
    altered = [one._replace(merged={**one.merged, "cross_seq": 0}) for one in series.messages]
    with serving(series) as server:
        outcome = run(replace(server, series=replace(series, messages=altered)), OURS, Plan(60, 20, 20))
    assert outcome.wrong
    assert outcome.problem.startswith("message 1 of 60 is")


@pytest.mark.thorough
def test_latency_is_measured_from_the_servers_clock() -> None:
    with serving(series_of("trade_v1")) as server:
        outcome = run(server, OURS, Plan(messages=150, warm=50, checked=50, rate=1000))
    assert not outcome.problem
    assert 0 < outcome.p50 <= outcome.p99 < 5e6
    assert outcome.rate < 2000  # a busy machine catches up with the server's clock


@pytest.mark.thorough
def test_tls() -> None:
    pytest.importorskip("trustme")
    settings = sections.Settings(rounds=1, share=0.001)
    for outcomes in sections.tls(settings).values():
        assert {outcome.problem for outcome in outcomes.values()} == {""}


def test_what_is_not_installed_is_said_and_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(clients.CLIENTS, "picows", clients.CLIENTS["picows"]._replace(packages=("no_such_package",)))
    server = runner.Server(series_of("trade_v1"))
    outcome = compare([Lane("row", server, ("picows",), Plan(10, 1, 1))], rounds=2)["row"]["picows"]
    assert outcome.problem == "no_such_package is not installed; pip install '.[bench]'"
    assert not outcome.wrong


# == the report ============================================================================================

GRID = {
    "trade_v1": {
        "bybit_ws": Outcome(us=1.25, rate=750_000),
        "bybit_ws json": Outcome(us=3.5, rate=280_000),
        "picows": Outcome(problem="picows is not installed; pip install '.[bench]'"),
        "websocket-client": Outcome(us=5.5, rate=180_000),
        "websocket-client json": Outcome(us=7.754, rate=128_000),
        "websockets": Outcome(problem="message 2 of 9 is null, not {}", wrong=True),
        "pybit": Outcome(us=123.4, rate=8_000),
    }
}

TABLE = """\
                                                              websocket-  websocket-
                      bybit_ws  bybit_ws    bybit_ws  picows      client      client  websockets  pybit
stream                  orjson      json  copy=False  orjson      orjson        json      orjson   json
trade_v1  CPU µs          1.25      3.50           -  absent        5.50        7.75       wrong    123
          messages/s   750,000   280,000           -  absent     180,000     128,000       wrong  8,000
          × bybit_ws      1.00      2.80           -  absent        4.40        6.20       wrong   98.7"""


def test_the_table() -> None:
    text = report.text({}, {"table": GRID})
    assert TABLE in text
    assert "\npicows: picows is not installed; pip install '.[bench]'\n" in text
    assert "\ntable trade_v1, websockets is wrong: message 2 of 9 is null, not {}\n" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_goals() -> None:
    verdicts = {verdict.text: verdict for verdict in judge({"table": GRID})}
    met = verdicts["trade_v1: bybit_ws / websocket-client"]
    assert (met.figure, met.limit, met.met) == (1.25 / 5.5, 0.35, True)
    assert verdicts["trade_v1: bybit_ws / picows"].met is None
    assert len(verdicts) >= len(GOALS)


@pytest.mark.parametrize(("wrong", "code"), [(True, 1), (False, 0)])
def test_the_exit_code_tells_of_wrong_answers_and_of_nothing_else(
    wrong: bool, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = {"trade_v1": {OURS: Outcome(us=99.0, rate=1.0), "pybit": Outcome(problem="why", wrong=wrong)}}
    monkeypatch.setattr(sections, "table", lambda *args: grid)
    assert __main__.main(["--only", "trade_v1", "--output", str(tmp_path), "--json"]) == code
    saved = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert json.loads(capsys.readouterr().out) == saved
    assert saved["table"]["trade_v1"]["pybit"]["problem"] == "why"


def test_what_is_no_recording_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "recording.jsonl"
    for text, why in ((None, "No such file"), ("junk", "is no recording"), ("", "is no recording")):
        if text is not None:
            path.write_text(text, "utf-8")
        assert __main__.main(["--recording", str(path)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert why in said.err
        assert said.err.count("\n") == 1
