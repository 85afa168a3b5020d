from __future__ import annotations

import json
from pathlib import Path

import pytest

from bybit_ws._sequence import mark_of, read
from bybit_ws._topics import ROWS, Row


def test_a_path_leads_into_a_message() -> None:
    message = {"data": [{"v": 1}, {"v": 2}], "E": 3, "deep": [[{"a": {"b": 4}}]]}
    assert read(mark_of("data.-1.v"), message) == 2
    assert read(mark_of("data.-1.v", first=True), message) == 1
    assert read(mark_of("data.1.v", first=True), message) == 2
    assert read(mark_of("E"), message) == 3
    assert read(mark_of("deep.0.0.a.b"), message) == 4


@pytest.mark.parametrize("message", [{}, {"data": []}, {"data": None}, {"data": [{}]}, [], None, 5, "text"])
def test_where_it_leads_nowhere_there_is_nothing(message: object) -> None:
    assert read(mark_of("data.-1.v"), message) is None


def test_without_a_path_there_is_nothing() -> None:
    assert mark_of(None) is None
    assert read(None, {}) is None


SAMPLES = {
    sample["stream"]: sample
    for path in (Path(__file__).parent / "frames").glob("*.json")
    for sample in json.loads(path.read_text())
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stream)
def test_every_documented_message_shows_where_it_stands(row: Row) -> None:
    sample = SAMPLES[row.stream]
    for message in sample.get("delivers", sample["data"]):
        found = read(mark_of(row.sequence), message)
        assert (found is None) == (row.sequence is None)
