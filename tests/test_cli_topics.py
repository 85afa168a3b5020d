"""``topics``: what V5 gives, field by field, in a terminal, as JSON and as the page in ``docs``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bybit_ws import data
from bybit_ws.__main__ import main
from bybit_ws._topics import ROWS
from bybit_ws._v5.fields import Quality
from bybit_ws._v5.spot_tickers import UNAVAILABLE
from bybit_ws._v5.table import TRANSLATIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "fidelity.md"
STREAMS = [row.stream for row in ROWS]
ALL = {**TRANSLATIONS, **{one.stream: one for one in UNAVAILABLE}}


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["topics", *words]) == 0
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(said(capsys, *words, "--json"))


def fields(stream: str) -> list[tuple[str, str, str, str]]:
    return [(field.path, field.quality.value, field.source, field.note) for field in ALL[stream].fields]


def test_the_page_in_the_repository_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    words = "run: python -m bybit_ws topics --markdown > docs/fidelity.md"
    assert said(capsys, "--markdown") == PAGE.read_text("utf-8"), words


def test_the_page_has_every_field_of_every_stream() -> None:
    sections = PAGE.read_text("utf-8").split("\n### ")[1:]
    assert [section.partition("\n")[0] for section in sections] == STREAMS
    for section, stream in zip(sections, STREAMS):
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [re.split(r" \| ", row[2:])[:2] for row in rows] == [
            [f"`{path}`", quality] for path, quality, _, _ in fields(stream)
        ]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


def test_the_list_shows_each_streams_v5_topics_and_how_its_fields_fare(capsys: pytest.CaptureFixture[str]) -> None:
    head, *lines = said(capsys).splitlines()
    assert re.split(r"  +", head)[-5:] == ["exact", "approx.", "constant", "none", "from V5's"]
    lines = lines[: len(STREAMS)]
    assert [line.split()[1] for line in lines] == STREAMS
    by_stream = dict(zip(STREAMS, lines))
    assert by_stream["kline_v1"].endswith("  kline.{interval}.{symbol}")
    assert by_stream["trade_v1"].endswith("  publicTrade.{symbol}, REST /v5/market/recent-trade")
    assert by_stream["order"].endswith("  order.inverse, execution.inverse")
    assert by_stream["lt_v1"].endswith("  nothing: V5 has no such stream")
    for stream, line in by_stream.items():
        qualities = [quality for _, quality, _, _ in fields(stream)]
        counts = [str(qualities.count(quality.value) or "-") for quality in Quality]
        assert re.search(rf" {counts[0]} +{counts[1]} +{counts[2]} +{counts[3]}  ", line), line


@pytest.mark.parametrize("stream", ["trade_v1", "instrument_info", "position", "lt_v1"])
def test_a_stream_is_shown_field_by_field(
    stream: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = said(capsys, stream)
    below = shown.partition("\nfield ")[2]
    assert max(map(len, below.splitlines())) <= 80
    assert f".{stream}_stream(callback" in shown
    for note in ALL[stream].notes:
        assert note[1:].rstrip(".") in " ".join(shown.split())
    title, *table = f"field {below}".split("\n\n")[0].splitlines()
    starts = [title.index(name) for name in ("field", "over V5", "from V5's")]
    rows: list[list[str]] = []
    for line in table:
        cells = [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None])]
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells)]
    assert rows == [[path, quality, "; ".join(filter(None, words))] for path, quality, *words in fields(stream)]


def test_all_streams_are_shown_field_by_field(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "--fidelity")
    assert re.findall(r"^(\w+): \w+WebSocket\(", shown, re.M) == STREAMS
    assert shown.count("\nfield ") == len(STREAMS)


@pytest.mark.parametrize("stream", ["trade_v1", "instrument_info"])
def test_a_stream_is_shown_with_the_columns_of_its_table(stream: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, stream).partition("As a table")[2].splitlines()
    columns = data.columns(stream)
    assert [line.split()[0] for line in lines[3:] if line[:1].strip()] == [column.name for column in columns]
    assert told(capsys, stream)["columns"] == [column.row for column in columns]


def test_json_tells_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    every = told(capsys)
    assert [one["stream"] for one in every] == STREAMS
    assert all("fields" not in one for one in every)
    by_stream = {one["stream"]: one for one in told(capsys, "--fidelity")}
    for stream in STREAMS:
        assert [tuple(row.values()) for row in by_stream[stream]["fields"]] == fields(stream)
    one = told(capsys, "insurance")
    assert one == by_stream["insurance"]
    assert (one["v5"], one["rest"]) == (["insurance.inverse"], "/v5/market/insurance")
    assert by_stream["lt_v1"]["v5"] == []


def test_one_stream_as_markdown_is_a_part_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "kline_v2", "--markdown") in PAGE.read_text("utf-8")


def test_a_stream_that_is_not_documented_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["topics", "trades"])
    assert "'trades' is no documented stream" in capsys.readouterr().err
