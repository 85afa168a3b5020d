from __future__ import annotations

import re

import pytest
from talk import DOCUMENTED

from bybit_ws._books import VIEWS
from bybit_ws._topics import BY_STREAM, INVERSE_INTERVALS, PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME, ROWS, hinted, row_of

BY_SOCKET = {
    PUBLIC_V1: "trade_v1 realtimes_v1 kline_v1 depth_v1 merged_depth_v1 diff_depth_v1 lt_v1",
    PUBLIC_V2: "depth_v2 kline_v2 trade_v2 book_ticker_v2 realtimes_v2",
    PRIVATE: "outbound_account_info execution_report stop_execution_report ticket_info",
    REALTIME: "orderbook_25 orderbook_200 trade insurance instrument_info kline liquidation "
    "position execution order stop_order wallet",
}


@pytest.mark.parametrize("socket", BY_SOCKET, ids=lambda socket: socket.name)
def test_every_stream_of_the_contract_has_its_row(socket: object) -> None:
    assert [row.stream for row in ROWS if row.socket is socket] == BY_SOCKET[socket].split()


def test_there_are_28_streams_and_no_two_share_a_topic() -> None:
    assert len(ROWS) == len(BY_STREAM) == 28
    assert len({(row.socket, row.wire) for row in ROWS}) == 28


def test_the_names_of_methods_end_in_stream() -> None:
    assert [row.method for row in ROWS[:2]] == ["trade_v1_stream", "realtimes_v1_stream"]


@pytest.mark.parametrize("sample", DOCUMENTED, ids=lambda sample: sample["stream"])
def test_a_topic_has_the_documented_name(sample: dict[str, object]) -> None:
    assert BY_STREAM[sample["stream"]].topic(sample.get("value")).name == sample["key"][0]


def test_a_refused_symbol_in_small_letters_is_told_how_to_be_written() -> None:
    assert hinted("no such topic", "btcUSD") == "no such topic (did you mean 'BTCUSD'?)"
    assert {hinted("no such topic", symbol) for symbol in ("BTCUSD", "*", "")} == {"no such topic"}


def test_two_parameters_make_two_topics() -> None:
    for stream, one, other in (("kline_v1", "1m", "5m"), ("kline_v2", "1m", "5m"), ("merged_depth_v1", 0, 1)):
        row = BY_STREAM[stream]
        assert row.topic(one).name != row.topic(other).name
        assert row.topic(one) == row.topic(one)


def test_only_what_the_exchange_merges_is_merged() -> None:
    merged = {row.stream: row.merge for row in ROWS if row.merge}
    assert merged == {
        "diff_depth_v1": "pairs",
        "orderbook_25": "levels",
        "orderbook_200": "levels",
        "instrument_info": "record",
    }
    assert set(merged.values()) == set(VIEWS)


def test_all_symbols_can_be_had_of_five_inverse_topics() -> None:
    assert [row.stream for row in ROWS if row.wildcard] == [
        "trade",
        "insurance",
        "instrument_info",
        "kline",
        "liquidation",
    ]


def test_private_topics_have_no_symbols() -> None:
    assert [row.stream for row in ROWS if row.private] == [row.stream for row in ROWS if not row.symbols]
    assert sum(row.private for row in ROWS) == 9


def test_every_row_names_its_place_in_the_documents() -> None:
    assert all(re.fullmatch(r"(spot|inverse)/#t-[a-z0-9_]+", row.anchor) for row in ROWS)


def test_a_row_is_found_by_what_the_wire_calls_it() -> None:
    for row in ROWS:
        assert row_of(row.socket, row.wire.format("1m")) is row
    assert row_of(REALTIME, "klineV2.1") is BY_STREAM["kline"]
    assert row_of(REALTIME, "klineV2.1.BTCUSD") is None
    assert row_of(PUBLIC_V1, "diffMergedDepth") is None
    assert row_of(PUBLIC_V2, "mergedDepth") is None


def test_inverse_knows_the_interval_that_came_last() -> None:
    assert "720" in INVERSE_INTERVALS
