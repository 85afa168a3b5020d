from __future__ import annotations

import pytest
from talk import Owner, ignore

from bybit_ws._books import LevelBook, PairBook, Record
from bybit_ws._streams import Stream
from bybit_ws._topics import ALL, BY_STREAM, Topic


def stream(name: str, symbol: str = "A", owner: Owner | None = None, merge: bool = True, copy: bool = True) -> Stream:
    return Stream(BY_STREAM[name].topic("1m"), symbol, ignore, owner or Owner(), merge, copy)


@pytest.mark.parametrize(
    ("name", "view"), [("diff_depth_v1", PairBook), ("orderbook_25", LevelBook), ("instrument_info", Record)]
)
def test_a_merged_stream_keeps_one_view_per_symbol(name: str, view: type) -> None:
    wanted = stream(name, ALL)
    assert wanted.views == {}
    one = wanted.view(wanted.views, "A")
    assert isinstance(one, view)
    assert wanted.view(wanted.views, "A") is one
    assert wanted.view(wanted.views, "B") is not one


@pytest.mark.parametrize("wanted", [stream("diff_depth_v1", merge=False), stream("depth_v1"), stream("trade_v2")])
def test_a_whole_or_raw_stream_keeps_nothing(wanted: Stream) -> None:
    assert wanted.views is None
    assert wanted.log is None
    wanted.lost()
    assert wanted.fresh


def test_only_spot_v1_trades_are_remembered() -> None:
    assert [name for name in BY_STREAM if stream(name).log is not None] == ["trade_v1"]


def test_a_topic_that_only_the_user_knows_is_raw() -> None:
    wanted = Stream(Topic("diffMergedDepth_1", "diffMergedDepth"), "A", ignore, Owner(), True, True)
    assert wanted.key == ("diffMergedDepth_1", "A")
    assert (wanted.views, wanted.log, wanted.symbol) == (None, None, "A")


def test_a_newer_call_takes_the_callback_and_tells_the_older_one() -> None:
    old, new = Owner(), Owner()
    held = stream("trade_v1", owner=old)
    held.told = old
    assert not held.take_over(stream("trade_v1", owner=new))
    assert (old.told, held.owner, held.told) == ([("released", "A")], new, old)
    assert not held.take_over(stream("trade_v1", owner=new))
    assert new.told == []


def test_a_call_that_merges_alike_goes_on_with_the_same_book() -> None:
    held = stream("diff_depth_v1")
    book = held.view(held.views, "A")
    assert not held.take_over(stream("diff_depth_v1"))
    assert held.view(held.views, "A") is book


def test_a_call_that_merges_otherwise_begins_anew() -> None:
    held = stream("diff_depth_v1")
    held.view(held.views, "A")
    assert held.take_over(stream("diff_depth_v1", merge=False))
    assert held.views is None
    assert held.take_over(stream("diff_depth_v1"))
    assert held.views == {}


def test_a_call_that_shares_the_entries_keeps_the_book() -> None:
    held = stream("diff_depth_v1")
    book = held.view(held.views, "A")
    assert not held.take_over(stream("diff_depth_v1", copy=False))
    assert held.view(held.views, "A") is book
    assert not book.copy
    assert not held.view(held.views, "B").copy


def test_no_view_outlives_its_connection() -> None:
    held = stream("diff_depth_v1")
    book = held.view(held.views, "A")
    book.synced, held.fresh = True, False
    held.lost()
    assert held.fresh
    assert not held.view(held.views, "A").synced
