"""What is said over V5 and what replies mean; which parts serve which keys. No socket."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from talk import Line, Owner, compact, ignore, reply

from bybit_ws import events
from bybit_ws._dialects import (
    Ack,
    AuthReply,
    Ignored,
    Pong,
    Refusal,
    Say,
    Several,
    Unknown,
    inverse,
    spot_private,
    spot_v1,
)
from bybit_ws._dialects.v5 import V5
from bybit_ws._lifecycle import State
from bybit_ws._streams import Stream
from bybit_ws._topics import BY_STREAM, Topic
from bybit_ws._v5.listing import AGAIN, EVERY
from bybit_ws._v5.parts import unavailable
from bybit_ws.exceptions import NotAvailable


def wanted(stream: str, *symbols: str, value: Any = None) -> list[tuple[Topic, str]]:
    return [(BY_STREAM[stream].topic(value), symbol) for symbol in symbols or ("",)]


def asked(texts: Sequence[Any]) -> list[tuple[str, list[str]]]:
    """Return op and args of requests, and check that each has a number of its own."""
    messages = [json.loads(text[0] if isinstance(text, tuple) else text) for text in texts]
    assert len({one["req_id"] for one in messages}) == len(messages)
    return [(one["op"], one.get("args", [])) for one in messages]


def book(symbol: str, kind: str = "snapshot", u: int = 5, depth: int = 200, **sides: Any) -> dict[str, Any]:
    data = {"s": symbol, "b": [["10", "1"]], "a": [["11", "2"]], **sides, "u": u, "seq": u * 10}
    return {"topic": f"orderbook.{depth}.{symbol}", "type": kind, "ts": u, "data": data, "cts": u}


# -- what is said ----------------------------------------------------------------------------------------


def test_spot_asks_for_ten_topics_a_request_and_inverse_for_more() -> None:
    spot, other = V5(spot_v1), V5(inverse, many=True)
    symbols = [f"S{number}USDT" for number in range(23)]
    requests = spot.requests(wanted("trade_v1", *symbols))
    assert [len(args) for _, args in asked(requests)] == [10, 10, 3]
    assert {key for _, keys in requests for key in keys} == {("trade", symbol) for symbol in symbols}
    assert [len(args) for _, args in asked(other.requests(wanted("trade", *symbols)))] == [23]


@pytest.mark.parametrize(
    ("stream", "value", "args"),
    [
        ("trade_v1", None, ["publicTrade.X"]),
        ("kline_v1", "12h", ["kline.720.X"]),
        ("kline_v1", "1M", ["kline.M.X"]),
        ("kline_v2", "1d", ["kline.D.X"]),
        ("depth_v1", None, ["orderbook.200.X"]),
        ("merged_depth_v1", 1, ["orderbook.1000.X"]),
        ("depth_v2", None, ["orderbook.50.X"]),
        ("book_ticker_v2", None, ["orderbook.1.X"]),
        ("realtimes_v2", None, ["tickers.X"]),
        ("orderbook_25", None, ["orderbook.50.X"]),
        ("orderbook_200", None, ["orderbook.200.X"]),
        ("instrument_info", None, ["tickers.X"]),
        ("kline", "60", ["kline.60.X"]),
        ("liquidation", None, ["allLiquidation.X"]),
        ("insurance", None, ["insurance.inverse"]),
    ],
)
def test_each_stream_has_its_v5_topic(stream: str, value: Any, args: list[str]) -> None:
    assert asked(V5(spot_v1).requests(wanted(stream, "X", value=value))) == [("subscribe", args)]


def test_private_streams_are_made_of_several_topics() -> None:
    (((_, args)),) = asked(V5(spot_private).requests(wanted("execution_report")))
    assert sorted(args) == ["execution.spot", "order.spot"]


def test_two_streams_of_one_topic_share_it_and_the_last_one_ends_it() -> None:
    v5 = V5(spot_v1)
    both = [*wanted("depth_v1", "X"), *wanted("diff_depth_v1", "X")]
    assert asked(v5.requests(both)) == [("subscribe", ["orderbook.200.X"])]
    assert v5.cancels(wanted("depth_v1", "X")) == []
    assert asked(v5.cancels(wanted("diff_depth_v1", "X"))) == [("unsubscribe", ["orderbook.200.X"])]


def test_one_that_comes_later_needs_a_snapshot_of_its_own() -> None:
    line = Line(spot_v1)
    line.talk.want("depth_v1", "X")
    assert line.accept() == [("subscribe", ["orderbook.200.X"])]
    assert [key for key, _ in line.hear(book("X"))] == [("depth", "X")]
    line.talk.want("diff_depth_v1", "X")
    assert line.accept() == [("unsubscribe", ["orderbook.200.X"]), ("subscribe", ["orderbook.200.X"])]
    late = book("X", "delta", 6, b=[["10", "3"]], a=[])
    assert [key for key, _ in line.hear(late)] == [("depth", "X")], "a change from before the snapshot"
    delivered = line.hear(book("X", u=9))
    assert sorted(key for key, _ in delivered) == [("depth", "X"), ("diffDepth", "X")]
    assert delivered[1][1]["f"] is True


def test_a_stream_without_a_state_joins_what_all_symbols_brought_and_is_confirmed_at_once() -> None:
    line = Line(inverse, many=True)
    line.talk.want("trade", "*")
    line.answer(LISTED)
    line.accept()
    line.talk.told  # noqa: B018
    line.talk.want("trade", "BTCUSD")
    assert line.sent() == []
    assert events.Subscribed("trade", ("BTCUSD",)) in line.talk.told


def test_what_two_streams_get_of_one_push_is_not_shared() -> None:
    line = Line(spot_v1)
    line.talk.want("depth_v1", "X", merge=False)
    line.talk.want("diff_depth_v1", "X", merge=False)
    line.accept()
    one, two = (made["data"][0]["b"] for _, made in line.hear(book("X")))
    assert one == two
    assert one is not two
    assert one[0] is not two[0]


def test_ping_and_auth() -> None:
    v5 = V5(spot_private)
    assert json.loads(v5.ping(0)) == {"req_id": "1", "op": "ping"}
    assert json.loads(v5.auth("k", 5, "s")) == {"req_id": "2", "op": "auth", "args": ["k", 5, "s"]}


# -- what is heard ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ({"success": True, "ret_msg": "pong", "conn_id": "x", "op": "ping"}, Pong(None)),
        ({"success": True, "ret_msg": "pong", "conn_id": "x", "req_id": "", "op": "ping"}, Pong(None)),
        ({"req_id": "t", "op": "pong", "args": ["1675418560633"], "conn_id": "x"}, Pong(1675418560633)),
        ({"success": True, "ret_msg": "", "op": "auth", "conn_id": "x"}, AuthReply(True, "refused")),
        ({"success": False, "ret_msg": "Params Error", "op": "auth", "conn_id": "x"}, AuthReply(False, "Params Error")),
        ({"success": False, "ret_msg": "error:invalid op", "conn_id": "x"}, Refusal((), "error:invalid op")),
        ({"success": True, "ret_msg": "", "op": "subscribe"}, Unknown("acknowledgement")),
        ({"topic": "tickers.X", "data": {}}, Unknown("topic tickers.X")),
        ({}, Unknown("message")),
    ],
)
def test_replies(message: dict[str, Any], meaning: Any) -> None:
    assert V5(spot_v1).read(message) == meaning


def test_a_reply_confirms_the_keys_of_its_request() -> None:
    v5 = V5(spot_v1)
    ((text, keys),) = v5.requests(wanted("depth_v1", "X", "Y"))
    assert v5.read(reply(text or "")) == Ack(keys)
    assert v5.read(reply(text or "")) == Unknown("acknowledgement"), "it is answered once"


def test_a_key_of_two_topics_is_confirmed_with_the_second() -> None:
    v5 = V5(spot_private)
    v5._ledger._size = 1
    requests = v5.requests(wanted("execution_report"))
    first, second = (text or "" for text, _ in requests)
    assert v5.read(reply(first)) == Ack(())
    assert v5.read(reply(second)) == Ack((("executionReport", ""),))


def test_one_bad_topic_among_many_is_found_by_asking_for_each() -> None:
    line = Line(inverse, many=True)
    good, bad = line.talk.want("trade", "BTCUSD", "ETHUSD"), line.talk.want("trade", "NOPE")
    line.session.lost(0.0)
    line.sent()
    line.session.connecting()
    line.session.ready()
    (text,) = line.sent()
    words = "error:handler not found,topic:publicTrade.NOPE"
    line.hear(reply(text, False, words))
    texts = line.sent()
    assert [args for _, args in asked(texts)] == [["publicTrade.BTCUSD"], ["publicTrade.ETHUSD"], ["publicTrade.NOPE"]]
    for one in texts:
        nope = "NOPE" in one
        line.hear(reply(one, not nope, words if nope else ""))
    assert bad.told == [("refused", "NOPE", words)]
    assert ("refused", "BTCUSD") not in good.told
    assert line.talk.wanted == [("trade", "BTCUSD"), ("trade", "ETHUSD")]
    assert [(one.topic, one.symbols) for one in line.talk.told if isinstance(one, events.Rejected)] == [
        ("trade", ("NOPE",))
    ]


def test_two_streams_of_one_bad_topic_are_both_refused_and_asked_for_no_more() -> None:
    line = Line(spot_v1)
    owners = [line.talk.want(one, "NOPE") for one in ("depth_v1", "diff_depth_v1")]
    line.session.lost(0.0)
    line.sent()
    line.session.connecting()
    line.session.ready()
    (text,) = line.sent()
    line.hear(reply(text, False, "Invalid symbol :[orderbook.200.NOPE]"))
    assert [one.told[0][0] for one in owners] == ["refused", "refused"]
    assert line.sent() == []
    assert line.talk.wanted == []


def test_already_subscribed_is_as_good_as_a_yes() -> None:
    v5 = V5(inverse)
    ((text, keys),) = v5.requests(wanted("trade", "X"))
    assert v5.read(reply(text or "", False, "error:already subscribed,topic:publicTrade.X")) == Ack(keys)
    other = V5(inverse)
    ((text, keys),) = other.requests(wanted("trade", "X", "Y"))
    said = other.read(reply(text or "", False, "error:already subscribed,topic:publicTrade.X"))
    assert isinstance(said, Say)
    assert asked(said.texts) == [("subscribe", ["publicTrade.X"]), ("subscribe", ["publicTrade.Y"])]


@pytest.mark.parametrize("lists", ["[wallet] …:[order.spot execution.spot]", "[wallet] …:[order.spot,execution.spot]"])
def test_a_private_batch_can_succeed_in_part(lists: str) -> None:
    v5 = V5(spot_private)
    ((text, _),) = v5.requests([*wanted("outbound_account_info"), *wanted("execution_report")])
    words = f"Batch subscription partially succeeded and partially failed.Successful subscriptions … follows:{lists}."
    said = v5.read(reply(text or "", False, words))
    assert isinstance(said, Several)
    assert said.controls[0] == Ack((("outboundAccountInfo", ""),))
    refused = [one for several in said.controls[1:] for one in several.controls if isinstance(one, Refusal)]
    assert refused[0].keys == (("executionReport", ""),)
    assert refused[0].final


def test_what_was_on_its_way_when_it_was_given_up_is_no_surprise() -> None:
    v5 = V5(inverse)
    v5.requests(wanted("trade", "X"))
    v5.cancels(wanted("trade", "X"))
    push = {"topic": "publicTrade.X", "type": "snapshot", "ts": 1, "data": []}
    assert v5.translate(push, 0.0) is None
    assert v5.read(push) == Ignored()


def test_nonsense_is_no_push() -> None:
    v5 = V5(inverse)
    for nonsense in (1, None, "x", [], [{}], {"topic": []}, {"topic": None}):
        assert v5.translate(nonsense, 0.0) is None


# -- books that break ------------------------------------------------------------------------------------


def test_a_gap_in_the_numbers_withholds_the_book_and_subscribes_it_anew() -> None:
    line = Line(spot_v1)
    line.talk.want("depth_v1", "X")
    line.talk.want("diff_depth_v1", "X")
    line.accept()
    line.hear(book("X"))
    line.talk.told  # noqa: B018
    assert line.hear(book("X", "delta", 7, b=[["10", "3"]], a=[])) == []
    told = line.talk.told
    assert {(type(one), one.topic) for one in told} == {
        (events.BookOutOfSync, "depth"), (events.BookOutOfSync, "diffDepth")
    }  # fmt: skip
    assert not line.session.registry.streams[("depth", "X")].current
    line.session.tick(line.talk.now)
    texts = asked(line.sent())
    assert ("unsubscribe", ["orderbook.200.X"]) in texts
    assert texts[-1] == ("subscribe", ["orderbook.200.X"])
    assert line.hear(book("X", "delta", 8, b=[["10", "3"]], a=[])) == []
    assert len(line.hear(book("X", u=20))) == 2
    assert {type(one) for one in line.talk.told if "Book" in type(one).__name__} == {events.BookRecovered}
    assert line.session.registry.streams[("depth", "X")].current


def test_a_malformed_trade_is_reported_and_the_stream_goes_on() -> None:
    line = Line(inverse)
    line.talk.want("trade", "X")
    line.accept()
    assert line.hear({"topic": "publicTrade.X", "ts": 1, "data": [{"T": 1}]}) == []
    assert [type(one) for one in line.talk.told if isinstance(one, events.UnknownMessage)] == [events.UnknownMessage]


# -- all symbols -----------------------------------------------------------------------------------------

LISTED = {"list": [{"symbol": "BTCUSD"}, {"symbol": "ETHUSD"}], "nextPageCursor": ""}
TRADE = {"T": 1700000000000, "S": "Buy", "v": "1", "p": "10.50", "L": "PlusTick", "i": "a", "BT": False, "seq": 3}


def trade(symbol: str) -> dict[str, Any]:
    return {"topic": f"publicTrade.{symbol}", "type": "snapshot", "ts": 1, "data": [{**TRADE, "s": symbol}]}


def test_all_symbols_are_those_that_are_listed() -> None:
    line = Line(inverse, many=True)
    line.talk.want("trade", "*")
    assert line.sent() == []
    line.answer(LISTED)
    assert line.accept() == [("subscribe", ["publicTrade.BTCUSD", "publicTrade.ETHUSD"])]
    assert events.Subscribed("trade", ("*",)) in line.talk.told
    assert [key for key, _ in line.hear(trade("ETHUSD"))] == [("trade", "ETHUSD")]


def test_a_listing_has_pages() -> None:
    line = Line(inverse, many=True)
    line.talk.want("trade", "*")
    (task,) = line.v5.tasks()
    line.session.answered(task, {"list": [{"symbol": "BTCUSD"}], "nextPageCursor": "c"}, "", 0.0)
    (task,) = line.v5.tasks()
    assert ("cursor", "c") in task.errand.params
    line.session.answered(task, {"list": [{"symbol": "ETHUSD"}], "nextPageCursor": ""}, "", 0.0)
    assert line.accept() == [("subscribe", ["publicTrade.BTCUSD", "publicTrade.ETHUSD"])]


def test_new_listings_are_followed_and_old_ones_left() -> None:
    line = Line(inverse, many=True)
    line.talk.want("trade", "*")
    line.answer(LISTED)
    line.accept()
    line.talk.wait(EVERY)
    line.answer({"list": [{"symbol": "ETHUSD"}, {"symbol": "NEWUSD"}]})
    assert line.accept() == [("unsubscribe", ["publicTrade.BTCUSD"]), ("subscribe", ["publicTrade.NEWUSD"])]


def test_without_a_listing_all_symbols_are_refused_in_words_that_help() -> None:
    line = Line(inverse, many=True)
    owner = line.talk.want("trade", "*")
    line.answer(None, "blocked")
    assert owner.told[0][:2] == ("refused", "*")
    assert "name the symbols" in owner.told[0][2]
    assert [type(one) for one in line.talk.told] == [events.RestFailed, events.Rejected]
    assert line.v5.due == float("inf")


def test_a_listing_that_is_known_outlives_a_failure_after_a_reconnect() -> None:
    line = Line(inverse, many=True)
    line.talk.want("trade", "*")
    line.answer(LISTED)
    line.accept()
    line.session.lost(0.0)
    line.session.connecting()
    line.session.ready()
    assert line.accept() == [("subscribe", ["publicTrade.BTCUSD", "publicTrade.ETHUSD"])]
    line.answer(None, "blocked")
    assert line.session.state is State.READY
    assert line.talk.wanted == [("trade", "*")]
    assert 0 < line.v5.due <= line.talk.now + AGAIN


def test_one_listed_symbol_that_is_refused_does_not_cost_the_others() -> None:
    line = Line(inverse, many=True)
    owner = line.talk.want("trade", "*")
    line.answer(LISTED)
    (text,) = line.sent()
    words = "error:handler not found,topic:publicTrade.ETHUSD"
    line.hear(reply(text, False, words))
    for one in line.sent():
        line.hear(reply(one, "ETHUSD" not in one, words))
    assert owner.told == []
    assert events.Subscribed("trade", ("*",)) in line.talk.told
    assert line.talk.wanted == [("trade", "*")]


def test_an_exact_symbol_takes_its_messages_from_all_and_gives_them_back() -> None:
    line = Line(inverse, many=True)
    line.talk.want("instrument_info", "*")
    line.answer(LISTED)
    line.accept()
    line.v5.tasks()
    owner = line.talk.want("instrument_info", "BTCUSD")
    assert line.accept() == [("unsubscribe", ["tickers.BTCUSD"]), ("subscribe", ["tickers.BTCUSD"])]
    registry = line.session.registry
    assert registry.route(("instrument_info.100ms", "BTCUSD")) is registry.streams[("instrument_info.100ms", "BTCUSD")]
    line.session.unsubscribe([("instrument_info.100ms", "BTCUSD")], owner)
    assert ("subscribe", ["tickers.BTCUSD"]) in line.accept(), "all symbols need a snapshot of it"
    assert registry.route(("instrument_info.100ms", "BTCUSD")) is registry.streams[("instrument_info.100ms", "*")]


def test_one_coin_of_the_insurance_and_all_of_them_do_not_double() -> None:
    line = Line(inverse, many=True)
    line.talk.want("insurance", "*")
    line.talk.want("insurance", "BTC")
    assert line.accept() == [("subscribe", ["insurance.inverse"])]
    line.answer(None, "blocked")
    pool = {"balance": "2", "updateTime": "1747722930000"}
    pools = [{"coin": coin, "symbols": f"{coin}USD", **pool} for coin in ("BTC", "ETH")]
    push = {"topic": "insurance.inverse", "type": "delta", "ts": 1747722930000, "data": pools}
    assert sorted(made["topic"] for _, made in line.hear(push)) == ["insurance.BTC", "insurance.ETH"]


# -- V5's own messages -----------------------------------------------------------------------------------


def test_raw_gives_the_push_itself() -> None:
    line = Line(inverse, many=True)
    topic = Topic("trade", "trade", (), BY_STREAM["trade"], raw=True)
    line.session.subscribe([Stream(topic, "BTCUSD", ignore, line.talk.want("trade", "BTCUSD"), True, True)])
    line.accept()
    push = trade("BTCUSD")
    assert line.hear(dict(push)) == [(("trade", "BTCUSD"), push)]


def test_a_topic_of_v5s_own_passes_through() -> None:
    line = Line(inverse, many=True)
    topic = Topic("priceLimit", "priceLimit")
    line.session.subscribe([Stream(topic, "BTCUSD", ignore, line.talk.want("trade", "ETHUSD"), True, True)])
    assert ("subscribe", ["priceLimit.BTCUSD"]) in line.accept()
    push = {"topic": "priceLimit.BTCUSD", "ts": 1, "data": {}}
    assert line.hear(push) == [(("priceLimit", "BTCUSD"), push)]


def test_what_v5_has_not_says_what_to_use_instead() -> None:
    assert "2025-07-04" in (unavailable(BY_STREAM["lt_v1"].topic()) or "")
    assert "legacy" in (unavailable(Topic("x", "x", request=compact({"topic": "x"}))) or "")
    assert unavailable(BY_STREAM["trade_v1"].topic()) is None


def test_what_cannot_be_had_is_not_wanted_even_where_it_is_asked_for_in_the_moment_of_the_change() -> None:
    line = Line(spot_v1)
    stream = Stream(BY_STREAM["lt_v1"].topic(), "BTC3LUSDTNAV", ignore, line.talk.want("trade_v1", "X"), True, True)
    with pytest.raises(NotAvailable, match="2025-07-04"):
        line.session.subscribe([stream])
    assert line.talk.wanted == [("trade", "X")]


# -- who gets what, and how often ------------------------------------------------------------------------


def raw_of(stream: str) -> Topic:
    return Topic(BY_STREAM[stream].wire, BY_STREAM[stream].wire, (), BY_STREAM[stream], raw=True)


def want(line: Line, topic: Topic, symbol: str) -> Owner:
    """Want a symbol, and return its owner."""
    owner = Owner()
    line.session.subscribe([Stream(topic, symbol, ignore, owner, True, True)])
    return owner


def all_trades(topic: Topic) -> Line:
    line = Line(inverse, many=True)
    want(line, topic, "*")
    line.answer(LISTED)
    line.accept()
    return line


def topics(line: Line, symbol: str) -> list[str]:
    return [made["topic"] for _, made in line.hear(trade(symbol))]


def test_one_symbol_is_translated_though_all_are_raw_and_raw_again_afterwards() -> None:
    line = all_trades(raw_of("trade"))
    owner = want(line, BY_STREAM["trade"].topic(), "BTCUSD")
    assert topics(line, "BTCUSD") == ["trade.BTCUSD"]
    assert topics(line, "ETHUSD") == ["publicTrade.ETHUSD"]
    line.session.unsubscribe([("trade", "BTCUSD")], owner)
    assert topics(line, "BTCUSD") == ["publicTrade.BTCUSD"]


def test_one_symbol_is_raw_though_all_are_translated_and_translated_again_afterwards() -> None:
    line = all_trades(BY_STREAM["trade"].topic())
    owner = want(line, raw_of("trade"), "BTCUSD")
    assert topics(line, "BTCUSD") == ["publicTrade.BTCUSD"]
    line.session.unsubscribe([("trade", "BTCUSD")], owner)
    assert topics(line, "BTCUSD") == ["trade.BTCUSD"]


def test_all_symbols_become_raw_where_a_newer_call_wants_them_so() -> None:
    line = all_trades(BY_STREAM["trade"].topic())
    want(line, BY_STREAM["trade"].topic(), "BTCUSD")
    want(line, raw_of("trade"), "*")
    line.accept()
    assert topics(line, "BTCUSD") == ["trade.BTCUSD"], "its own is another subscription"
    assert topics(line, "ETHUSD") == ["publicTrade.ETHUSD"]
    line.talk.wait(EVERY)
    line.answer({"list": [{"symbol": "ETHUSD"}, {"symbol": "NEWUSD"}]})
    line.accept()
    assert topics(line, "NEWUSD") == ["publicTrade.NEWUSD"]


def test_a_coin_of_its_own_is_told_once_also_where_rest_stays_silent() -> None:
    line = Line(inverse, many=True)
    line.talk.want("insurance", "*", "BTC")
    line.accept()
    pool = {"balance": "2", "updateTime": "1747722930000", "coin": "BTC", "symbols": "BTCUSD"}
    assert line.hear({"topic": "insurance.inverse", "type": "delta", "ts": 1747722930000, "data": [pool]}) == []
    line.talk.now += 60
    assert [made["topic"] for _, made in line.deliver(line.v5.flush(line.talk.now))] == ["insurance.BTC"]


def test_one_symbol_and_all_of_them_given_up_together_are_not_asked_for_again() -> None:
    line = Line(inverse, many=True)
    owner = line.talk.want("instrument_info", "BTCUSD", "*")
    line.answer(LISTED)
    line.accept()
    line.session.unsubscribe([("instrument_info.100ms", symbol) for symbol in ("BTCUSD", "*")], owner)
    assert sorted(arg for op, args in line.accept() for arg in args if op == "unsubscribe") == [
        "tickers.BTCUSD",
        "tickers.ETHUSD",
    ]
    assert line.v5._ledger.subscribed == set()


def test_giving_up_all_symbols_leaves_the_exact_one_alone() -> None:
    line = Line(inverse, many=True)
    line.talk.want("instrument_info", "BTCUSD")
    owner = line.talk.want("instrument_info", "*")
    line.answer(LISTED)
    line.accept()
    line.session.unsubscribe([("instrument_info.100ms", "*")], owner)
    assert line.accept() == [("unsubscribe", ["tickers.ETHUSD"])]


def test_all_symbols_that_are_there_already_are_confirmed() -> None:
    line = Line(inverse, many=True)
    line.talk.want("trade", "BTCUSD", "ETHUSD")
    line.accept()
    line.talk.want("trade", "*")
    line.answer(LISTED)
    assert line.sent() == []
    assert events.Subscribed("trade", ("*",)) in line.talk.told


def test_what_another_stream_has_already_is_not_interrupted_by_all_symbols() -> None:
    line = Line(inverse, many=True)
    want(line, Topic("publicTrade", "publicTrade"), "BTCUSD")
    line.accept()
    line.talk.want("trade", "*")
    line.answer(LISTED)
    assert line.accept() == [("subscribe", ["publicTrade.ETHUSD"])]
    assert topics(line, "BTCUSD") == ["trade.BTCUSD", "publicTrade.BTCUSD"]


def test_all_symbols_of_a_topic_that_has_none_are_refused() -> None:
    line = Line(inverse, many=True)
    owner = want(line, Topic("nonsense", "nonsense"), "*")
    line.answer(LISTED)
    for _ in range(2):
        for text in line.sent():
            line.hear(reply(text, False, "error:handler not found"))
    assert owner.told == [("refused", "*", "error:handler not found")]
    assert ("nonsense", "*") not in line.talk.wanted


def test_a_refused_symbol_costs_all_symbols_only_this_one() -> None:
    line = Line(inverse, many=True)
    line.talk.want("instrument_info", "*")
    line.answer(LISTED)
    line.accept()
    owner = line.talk.want("instrument_info", "ETHUSD")
    for text in line.sent():
        line.hear(reply(text, '"op":"unsubscribe"' in text, "error:handler not found"))
    assert owner.told[0][:2] == ("refused", "ETHUSD")
    assert line.sent() == [], "it is not asked for again"
    everything = line.session.registry.streams[("instrument_info.100ms", "*")]
    assert everything.confirmed is not None


def test_an_empty_listing_takes_nothing_away() -> None:
    line = all_trades(BY_STREAM["trade"].topic())
    line.talk.wait(EVERY)
    line.answer({"list": []})
    assert ("trade", "*") in line.talk.wanted
    assert topics(line, "BTCUSD") == ["trade.BTCUSD"]


def test_nobody_looks_at_the_listing_when_nobody_wants_all_symbols() -> None:
    line = Line(inverse, many=True)
    owner = line.talk.want("trade", "*")
    line.answer(LISTED)
    line.accept()
    line.session.unsubscribe([("trade", "*")], owner)
    line.talk.wait(EVERY)
    assert line.v5.tasks() == []
    assert line.v5.due == float("inf")


def test_a_push_that_is_nested_too_deeply_ends_nothing() -> None:
    line = Line(spot_v1)
    want(line, raw_of("depth_v1"), "X")
    line.talk.want("diff_depth_v1", "X", merge=False)
    line.accept()
    deep: list[Any] = []
    for _ in range(sys.getrecursionlimit()):
        deep = [deep]
    line.hear(book("X", b=deep))
    assert ("BookOutOfSync", "depth") in [(type(one).__name__, getattr(one, "topic", "")) for one in line.talk.told]


def test_a_stream_that_stalls_is_asked_for_again_once() -> None:
    line = Line(inverse, many=True)
    line.talk.want("trade", "BTCUSD")
    line.accept()
    for _ in range(60):
        line.hear(trade("BTCUSD"))
        line.talk.look()
    while not any(isinstance(one, events.Stalled) for one in line.talk.told):
        assert line.talk.now < 1000
        line.talk.look()
    texts = line.sent()
    assert asked(texts) == [("unsubscribe", ["publicTrade.BTCUSD"]), ("subscribe", ["publicTrade.BTCUSD"])]
    assert sorted(line.v5._ledger._asked) == [json.loads(text)["req_id"] for text in texts], "nothing unsaid is awaited"
