from __future__ import annotations

from typing import Any

import pytest

from bybit_ws._arguments import check_callback, symbols_of, topic_of
from bybit_ws._topics import BY_STREAM, INVERSE_INTERVALS, ROWS, SPOT_INTERVALS
from bybit_ws.exceptions import ConfigurationError

SPOT, INVERSE, BOOK = BY_STREAM["trade_v1"], BY_STREAM["trade"], BY_STREAM["orderbook_25"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("BTCUSDT", ("BTCUSDT",)),
        ("BTCUSDT,ETHUSDT", ("BTCUSDT", "ETHUSDT")),
        (["BTCUSDT", "ETHUSDT,XRPUSDT", "BTCUSDT"], ("BTCUSDT", "ETHUSDT", "XRPUSDT")),
        (("BTC-SWAP-USDT",), ("BTC-SWAP-USDT",)),
        ({"BTCUSDT": 1}, ("BTCUSDT",)),
        ((symbol for symbol in ["A", "B"]), ("A", "B")),
    ],
)
def test_spot_symbols_are_a_text_or_any_iterable_of_texts(given: Any, found: tuple[str, ...]) -> None:
    assert symbols_of(SPOT, given) == found


def test_inverse_symbols_are_joined_by_pipes() -> None:
    assert symbols_of(INVERSE, "BTCUSD|XRPUSD") == ("BTCUSD", "XRPUSD")
    assert symbols_of(BOOK, ["BTCUSD|XRPUSD", "EOSUSD"]) == ("BTCUSD", "XRPUSD", "EOSUSD")
    with pytest.raises(ConfigurationError, match="is no symbol"):
        symbols_of(INVERSE, "BTCUSD,XRPUSD")


def test_the_name_that_pybit_uses_is_taken_too() -> None:
    assert symbols_of(SPOT, None, "BTCUSDT") == ("BTCUSDT",)
    with pytest.raises(ConfigurationError, match="give one of them"):
        symbols_of(SPOT, "BTCUSDT", "BTCUSDT")


def test_nothing_means_all_symbols_where_all_can_be_had() -> None:
    assert symbols_of(INVERSE, None) == symbols_of(INVERSE, "*") == ("*",)
    assert symbols_of(INVERSE, ["*", "BTCUSD"]) == ("*", "BTCUSD")


@pytest.mark.parametrize(
    ("stream", "given", "words"),
    [
        ("trade_v1", None, "trade_v1_stream needs symbols, e.g. 'BTCUSDT'"),
        ("orderbook_200", None, "needs symbols, e.g. 'BTCUSD'"),
        ("trade_v1", [], "symbols is empty"),
        ("trade", (), "symbols is empty"),
        ("trade_v1", "", "a symbol is empty"),
        ("trade_v1", "BTCUSDT,", "a symbol is empty"),
        ("trade_v1", "BTCUSDT, ETHUSDT", "' ETHUSDT' is no symbol"),
        ("insurance", "B C", "e.g. 'BTC'"),
        ("depth_v2", "*", r"'\*' does not exist on spot"),
        ("orderbook_25", ["BTCUSD", "*"], r"'\*' does not exist on order books"),
        ("lt_v1", "BTC3LUSDT", "did you mean 'BTC3LUSDTNAV'"),
        ("lt_v1", "B C", "e.g. 'BTC3LUSDTNAV'"),
    ],
)
def test_wrong_symbols_are_named(stream: str, given: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        symbols_of(BY_STREAM[stream], given)


@pytest.mark.parametrize("given", [5, b"BTCUSDT", bytearray(b"A"), [b"BTCUSDT"], ["A", None], object()])
def test_symbols_of_a_wrong_type_are_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match="must be a"):
        symbols_of(SPOT, given)


def test_a_callback_must_be_callable() -> None:
    for callback in (print, [].append, lambda message: None):
        check_callback(callback)
    with pytest.raises(TypeError, match="must be callable"):
        check_callback("print")


def test_every_documented_interval_is_taken() -> None:
    for stream, intervals in (("kline_v1", SPOT_INTERVALS), ("kline_v2", SPOT_INTERVALS), ("kline", INVERSE_INTERVALS)):
        for interval in intervals:
            assert topic_of(BY_STREAM[stream], interval).name.endswith(interval)


def test_inverse_intervals_may_be_numbers() -> None:
    assert topic_of(BY_STREAM["kline"], 720).name == "klineV2.720"


@pytest.mark.parametrize(
    ("stream", "interval", "error"),
    [
        ("kline_v1", "2m", ConfigurationError),
        ("kline_v1", None, ConfigurationError),
        ("kline", "1m", ConfigurationError),
        ("kline", 2, ConfigurationError),
        ("kline", True, TypeError),
        ("kline_v2", 1, TypeError),
        ("kline_v2", ["1m"], TypeError),
    ],
)
def test_a_wrong_interval_is_answered_with_the_right_ones(stream: str, interval: Any, error: type) -> None:
    with pytest.raises(error, match="interval must be one of 1"):
        topic_of(BY_STREAM[stream], interval)


@pytest.mark.parametrize(("scale", "name"), [(0, "mergedDepth_0"), (2, "mergedDepth_2"), ("1", "mergedDepth_1")])
def test_a_dump_scale_is_a_whole_number(scale: Any, name: str) -> None:
    topic = topic_of(BY_STREAM["merged_depth_v1"], scale)
    assert (topic.name, topic.params) == (name, (("dumpScale", int(scale)),))


@pytest.mark.parametrize(
    ("error", "scale"),
    [*((ConfigurationError, one) for one in (-1, "-1")), *((TypeError, one) for one in (1.0, "x", "", None, True))],
)
def test_a_wrong_dump_scale_is_refused(error: type, scale: Any) -> None:
    with pytest.raises(error, match="dump_scale must be"):
        topic_of(BY_STREAM["merged_depth_v1"], scale)


def test_other_topics_take_no_parameter() -> None:
    for row in ROWS:
        if row.parameter is None:
            assert topic_of(row).name == row.wire
