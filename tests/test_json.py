from __future__ import annotations

import gzip
import importlib.util
import sys
import zlib
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bybit_ws._json
from bybit_ws._json import GZIP, NOT_JSON, inflate
from bybit_ws.exceptions import ProtocolError


@pytest.fixture
def without_orjson(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is where orjson is not installed."""
    monkeypatch.setitem(sys.modules, "orjson", None)
    spec = importlib.util.spec_from_file_location("bybit_ws._json_of_the_library", bybit_ws._json.__file__)
    module = importlib.util.module_from_spec(spec)
    module.__package__ = "bybit_ws"
    spec.loader.exec_module(module)
    return module


def test_the_standard_library_serves_where_orjson_is_missing(without_orjson: ModuleType) -> None:
    assert bybit_ws._json.loads(b'{"a": [1.5]}') == without_orjson.loads(b'{"a": [1.5]}') == {"a": [1.5]}


@pytest.mark.parametrize("text", [b"", b"{", b"nul", b"\xff", b"\x1f\x8b", b"[" * 100_000])
def test_what_is_not_json_raises_what_is_known(text: bytes, without_orjson: ModuleType) -> None:
    for loads in (bybit_ws._json.loads, without_orjson.loads):
        with pytest.raises(NOT_JSON):
            loads(text)


@settings(deadline=None)
@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_a_gzip_member_is_inflated_up_to_a_limit(data: bytes, limit: int) -> None:
    packed = gzip.compress(data)
    assert packed[:2] == GZIP
    if len(data) <= max(limit, 1):
        assert inflate(packed, max(limit, 1)) == data
    else:
        with pytest.raises(ProtocolError, match="more than"):
            inflate(packed, max(limit, 1))


def test_a_bomb_does_not_go_off() -> None:
    with pytest.raises(ProtocolError, match="more than 1,000 bytes"):
        inflate(gzip.compress(bytes(10_000_000)), 1000)


@pytest.mark.parametrize("data", [b"\x1f\x8b", b"\x1f\x8bnonsense", zlib.compress(b"{}")])
def test_what_is_no_gzip_is_no_json_either(data: bytes) -> None:
    with pytest.raises(NOT_JSON):
        bybit_ws._json.loads(inflate(data, 1000))
