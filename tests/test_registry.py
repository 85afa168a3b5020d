from __future__ import annotations

import json
from typing import Any

import pytest
from talk import Owner, ignore

from bybit_ws._dialects import Refusal, inverse, spot_private, spot_v1
from bybit_ws._inquiry import SETTLE
from bybit_ws._registry import Registry
from bybit_ws._streams import Stream
from bybit_ws._topics import BY_STREAM, Key
from bybit_ws.events import Event, Rejected, Subscribed

NO = Refusal(None, "no")


class Desk:
    """A registry and what comes out of it."""

    def __init__(self, dialect: Any = inverse, live: bool = True) -> None:
        self.outbox: list[str] = []
        self.events: list[Event] = []
        self.registry = Registry(dialect, self.outbox, self.events, False)
        if live:
            self.registry.go_live()

    def want(self, name: str, *symbols: str, **flags: Any) -> Owner:
        owner, flags = Owner(), {"merge": True, "copy": True, **flags}
        topic = BY_STREAM[name].topic()
        self.registry.subscribe([Stream(topic, symbol, ignore, owner, **flags) for symbol in symbols])
        return owner

    @property
    def sent(self) -> list[tuple[str, Any]]:
        texts = [json.loads(text) for text in self.outbox]
        self.outbox.clear()
        return [(text.get("op") or text["event"], text.get("args") or text["symbol"]) for text in texts]


def test_what_is_wanted_before_the_connection_is_asked_for_when_it_stands() -> None:
    desk = Desk(live=False)
    desk.want("trade", "A", "B")
    assert desk.sent == []
    desk.registry.go_live()
    assert desk.sent == [("subscribe", ["trade.A", "trade.B"])]


def test_a_topic_that_starts_by_itself_is_confirmed_at_once() -> None:
    desk = Desk(spot_private)
    desk.want("ticket_info", "")
    assert (desk.sent, desk.events) == ([], [Subscribed("ticketInfo", ())])


def test_a_pair_given_up_twice_in_one_call_is_given_up_once() -> None:
    desk = Desk()
    owner = desk.want("trade", "A")
    desk.registry.unsubscribe([("trade", "A"), ("trade", "A"), ("trade", "B")], owner)
    assert desk.sent == [("subscribe", ["trade.A"]), ("unsubscribe", ["trade.A"])]


def test_nothing_that_belongs_to_a_newer_call_is_given_up() -> None:
    desk = Desk()
    older = desk.want("trade", "A", "B")
    desk.want("trade", "A")
    desk.sent.clear()
    desk.registry.unsubscribe([("trade", "A"), ("trade", "B")], older)
    assert list(desk.registry.streams) == [("trade", "A")]
    desk.registry.unsubscribe([("trade", "A")], older)
    assert desk.sent == [("unsubscribe", ["trade.B"])]


def test_what_a_cancellation_may_take_along_is_asked_for_again() -> None:
    desk = Desk()
    every, exact = desk.want("trade", "*"), desk.want("trade", "A")
    desk.want("liquidation", "A")
    desk.sent.clear()
    desk.registry.unsubscribe([("trade", "A")], exact)
    assert desk.sent == [("unsubscribe", ["trade.A"]), ("subscribe", ["trade.*"])]
    desk.want("trade", "B")
    desk.sent.clear()
    desk.registry.unsubscribe([("trade", "*")], every)
    assert desk.sent == [("unsubscribe", ["trade.*"]), ("subscribe", ["trade.B"])]


@pytest.mark.parametrize(
    ("before", "after", "texts"),
    [
        ({}, {}, []),
        ({"copy": False}, {"copy": False}, []),
        ({}, {"merge": False}, []),
        ({"merge": False}, {"merge": False, "copy": False}, []),
        ({"merge": False}, {}, ["unsubscribe", "subscribe"]),
        ({"copy": False}, {}, []),
    ],
)
def test_a_pair_that_changes_hands_needs_a_snapshot_only_where_it_is_merged_anew(
    before: dict[str, bool], after: dict[str, bool], texts: list[str]
) -> None:
    desk = Desk()
    desk.want("orderbook_25", "A", **before)
    desk.sent.clear()
    desk.want("orderbook_25", "A", **after)
    assert [op for op, _ in desk.sent] == texts


def test_a_snapshot_needed_while_the_socket_is_down_comes_with_the_next_connection() -> None:
    desk = Desk(live=False)
    desk.want("orderbook_25", "A")
    desk.want("orderbook_25", "A", copy=False)
    assert desk.sent == []
    desk.registry.go_live()
    assert desk.sent == [("subscribe", ["orderBookL2_25.A"])]


def test_a_refused_renewal_sets_aside_the_book_and_not_an_innocent() -> None:
    desk = Desk(spot_v1)
    desk.want("diff_depth_v1", "A")
    desk.registry.confirm([("diffDepth", "A")], 0)
    desk.registry.renew(("diffDepth", "A"))
    assert desk.registry.refuse(NO, 0)
    assert desk.events == [Subscribed("diffDepth", ("A",)), Rejected("diffDepth", ("A",), "no")]


def test_a_renewal_waits_while_a_refusal_is_looked_into() -> None:
    desk = Desk(spot_v1)
    desk.want("diff_depth_v1", "A")
    desk.registry.confirm([("diffDepth", "A")], 0)
    desk.want("trade_v1", "B", "C")
    assert desk.registry.refuse(NO, 0)
    desk.sent.clear()
    desk.registry.renew(("diffDepth", "A"))
    assert desk.sent == []
    desk.registry.tick(SETTLE)
    assert desk.sent == [("sub", "A")]


def test_a_refusal_that_cannot_be_about_a_subscription_is_not_ours() -> None:
    desk = Desk(spot_v1)
    assert not desk.registry.refuse(NO, 0)
    assert not desk.registry.refuse(Refusal((("trade", "A"),), "no"), 0)


def test_a_refusal_of_what_was_given_up_meanwhile_is_no_news() -> None:
    desk = Desk()
    owner = desk.want("trade", "A")
    desk.registry.unsubscribe([("trade", "A")], owner)
    assert desk.registry.refuse(Refusal((("trade", "A"),), "no"), 0)
    assert desk.events == []


@pytest.mark.parametrize(
    ("wanted", "winner"),
    [(["", "*", "A"], "A"), (["", "*"], "*"), ([""], ""), (["B"], None)],
)
def test_the_exact_one_wins_then_all_symbols_then_the_bare_topic(wanted: list[str], winner: str | None) -> None:
    desk = Desk()
    desk.want("trade", *wanted)
    for _ in range(2):  # found, then remembered
        stream = desk.registry.route(("trade", "A"))
        assert (stream.symbol if stream else None) == winner


def test_a_push_of_what_was_given_up_is_no_surprise_until_the_next_connection() -> None:
    desk = Desk()
    owner = desk.want("trade", "*")
    key: Key = ("trade", "A")
    assert not desk.registry.expected(("trade", "A"))
    desk.registry.unsubscribe([("trade", "*")], owner)
    assert desk.registry.expected(key)
    desk.registry.lost()
    assert not desk.registry.expected(key)


def test_a_loss_makes_everything_fresh_and_is_no_reason_to_ask() -> None:
    desk = Desk(spot_v1)
    desk.want("diff_depth_v1", "A")
    desk.registry.healing.fell_ill(("diffDepth", "A"), ("diffDepth", "A"), 0)
    stream = desk.registry.streams["diffDepth", "A"]
    stream.fresh = False
    desk.registry.lost()
    desk.registry.tick(100)
    assert (stream.fresh, desk.sent) == (True, [])


def test_what_is_ill_is_renewed_when_it_is_due() -> None:
    desk = Desk(spot_v1)
    desk.want("diff_depth_v1", "A")
    desk.sent.clear()
    desk.registry.healing.fell_ill(("diffDepth", "A"), ("diffDepth", "A"), 5)
    desk.registry.tick(4)
    assert desk.sent == []
    desk.registry.tick(5)
    assert desk.sent == [("sub", "A")]


def test_several_named_at_once_are_asked_for_alone_and_one_is_set_aside() -> None:
    desk = Desk()
    owner = desk.want("trade", "A", "B")
    desk.sent.clear()
    assert desk.registry.refuse(Refusal((("trade", "A"), ("trade", "B"), ("trade", "C")), "no"), 0)
    assert desk.sent == [("subscribe", ["trade.A"]), ("subscribe", ["trade.B"])]
    assert desk.registry.refuse(Refusal((("trade", "B"),), "no"), 0)
    assert owner.told == [("refused", "B", "no")]
    assert list(desk.registry.streams) == [("trade", "A")]


def test_a_late_push_of_what_was_not_asked_for_yet_does_not_make_it_vanish() -> None:
    desk = Desk(spot_v1)
    desk.want("trade_v1", "B", "C")
    assert desk.registry.refuse(NO, 0)
    desk.want("diff_depth_v1", "A")
    desk.sent.clear()
    desk.registry.confirm([("diffDepth", "A")], 0)
    desk.registry.tick(SETTLE)
    assert desk.sent == [("sub", "A")]
    assert desk.events == []


def test_a_wildcard_keeps_nothing_of_a_symbol_that_is_taken_from_it() -> None:
    desk = Desk()
    desk.want("instrument_info", "*")
    every = desk.registry.streams["instrument_info.100ms", "*"]
    every.view(every.views, "A")
    every.view(every.views, "B")
    desk.want("instrument_info", "A")
    assert list(every.views) == ["B"]
