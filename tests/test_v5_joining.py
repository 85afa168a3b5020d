"""Orders joined with their executions, in any order of arrival."""

from __future__ import annotations

import itertools
from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from v5_pushes import INVERSE_FILL, INVERSE_ORDER, SEQ, SPOT_FILL, SPOT_ORDER, hear, make, push, spot_order, start

from bybit_ws._v5 import joining
from bybit_ws._v5.translation import NEVER


def filled(order: str, total: str, *, seq: int = SEQ, worth: str = "0", **more: Any) -> dict[str, Any]:
    status = {"orderStatus": "PartiallyFilled", "cumExecQty": total, "cumExecValue": worth}
    return push("order.spot", {**SPOT_ORDER, "orderId": order, **status, **more}, seq=seq)


def trades(order: str, *quantities: str, seq: int = SEQ, **more: Any) -> dict[str, Any]:
    """Return executions that do not tell the order's total, as those of market orders by value."""
    items = [
        {**SPOT_FILL, "orderId": order, "execId": f"{order}/{seq}/{number}", "seq": seq, "execQty": quantity}
        | {"orderQty": "0.000", "leavesQty": "0.000", "execValue": str(2 * Decimal(quantity))}
        | more
        for number, quantity in enumerate(quantities)
    ]
    return push("execution.spot", *items, seq=seq)


def told(events: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(event["i"], event["X"], event["z"], event["l"]) for event in events]


OLD = {"createdTime": "1699764590000", "updatedTime": "1699764599841"}


class TestWaiting:
    def test_an_order_waits_for_its_execution(self) -> None:
        translator = start("execution_report")
        assert hear(translator, filled("a", "0.5")) == []
        assert translator.due == joining.HOLD
        assert told(hear(translator, trades("a", "0.5"))) == [("a", "PARTIALLY_FILLED", "0.5", "0.5")]
        assert translator.due == NEVER

    def test_a_second_and_no_longer_and_what_comes_too_late_is_not_told_twice(self) -> None:
        translator = start("execution_report")
        assert hear(translator, filled("a", "0.5"), now=7.0) == []
        assert list(translator.flush(7.999)) == []
        ((_, event),) = translator.flush(translator.due)
        assert (event["z"], event["l"], event["L"], event["n"], event["N"]) == ("0.5", "0", "0", "0", "")
        assert "t" not in event
        assert hear(translator, trades("a", "0.5"), now=8.5) == []
        later = [trades("a", "0.25", seq=SEQ + 1), filled("a", "0.75", seq=SEQ + 1)]
        assert told(hear(translator, *later, now=9.0)) == [("a", "PARTIALLY_FILLED", "0.75", "0.25")]

    def test_the_next_push_too_shows_that_time_is_up(self) -> None:
        translator = start("execution_report")
        assert hear(translator, filled("a", "0.5")) == []
        events = hear(translator, spot_order(orderId="b"), now=1.5)
        assert told(events) == [("a", "PARTIALLY_FILLED", "0.5", "0"), ("b", "NEW", "0", "0")]

    def test_where_some_executions_came_in_time_the_last_of_them_is_told(self) -> None:
        translator = start("execution_report")
        hear(translator, filled("a", "1"), trades("a", "0.5", "0.3"))
        events = [event for _, event in translator.flush(1.0)]
        assert told(events) == [("a", "PARTIALLY_FILLED", "1", "0.3")]
        (event,) = hear(translator, filled("a", "1.5", seq=SEQ + 1), trades("a", "0.5", seq=SEQ + 1))
        assert (event["z"], event["t"]) == ("1.5", f"a/{SEQ + 1}/0")

    def test_those_behind_wait_too(self) -> None:
        translator = start("execution_report")
        assert hear(translator, filled("a", "0.5"), spot_order(orderId="b"), filled("c", "1")) == []
        assert told(hear(translator, trades("c", "1"))) == []
        assert [event["i"] for event in hear(translator, trades("a", "0.5"))] == ["a", "b", "c"]

    def test_an_event_for_each_fill(self) -> None:
        translator = start("execution_report")
        hear(translator, trades("a", "0.5", "0.3"), trades("a", "0.2"), trades("a", "1"))
        more = {"orderStatus": "Filled", "feeCurrency": "ETH"}
        fills = trades("a", "0.5", "0.3", "0.2", feeCurrency="")
        events = make("execution_report", fills, filled("a", "1", worth="2.00", **more))
        assert told(events) == [
            ("a", "PARTIALLY_FILLED", "0.5", "0.5"),
            ("a", "PARTIALLY_FILLED", "0.8", "0.3"),
            ("a", "FILLED", "1", "0.2"),
        ]
        assert [(event["Z"], event["N"], event["t"][-1]) for event in events] == [
            ("1", "ETH", "0"),
            ("1.6", "ETH", "1"),
            ("2", "ETH", "2"),
        ]

    def test_a_push_of_each_fill_of_one_match_takes_its_own(self) -> None:
        fills = [trades("a", "0.5", "0.3", "0.2"), filled("a", "0.5"), filled("a", "0.8"), filled("a", "1")]
        expected = [("a", "PARTIALLY_FILLED", "0.5", "0.5"), ("a", "PARTIALLY_FILLED", "0.8", "0.3")]
        assert told(make("execution_report", *fills)) == [*expected, ("a", "PARTIALLY_FILLED", "1", "0.2")]

    def test_the_last_filled_of_a_cancel_that_came_too_late_has_no_fill(self) -> None:
        orders = [filled("a", "0.5", orderStatus="Filled"), filled("a", "0.5", orderStatus="Filled", seq=SEQ + 1)]
        events = make("execution_report", trades("a", "0.5"), *orders)
        assert told(events) == [("a", "FILLED", "0.5", "0.5"), ("a", "FILLED", "0.5", "0")]

    def test_a_push_that_tells_less_than_the_one_before_goes_out_as_it_is(self) -> None:
        orders = [filled("a", "0.5"), filled("a", "0.3"), filled("a", "0.5")]
        events = make("execution_report", trades("a", "0.5"), *orders)
        assert [(event["z"], event["l"]) for event in events] == [("0.5", "0.5"), ("0.3", "0"), ("0.5", "0")]

    def test_an_order_from_before_is_told_when_an_execution_tells_its_total(self) -> None:
        translator = start("execution_report")
        assert hear(translator, filled("a", "2", **OLD)) == []
        fill = trades("a", "0.5", orderQty="2.5", leavesQty="0.5")
        assert told(hear(translator, fill)) == [("a", "PARTIALLY_FILLED", "2", "0.5")]

    def test_an_order_from_before_that_is_cancelled_has_nothing_to_wait_for(self) -> None:
        cancelled = filled("a", "0.5", orderStatus="PartiallyFilledCanceled", **OLD)
        assert told(make("execution_report", cancelled)) == [("a", "CANCELED", "0.5", "0")]

    def test_an_order_cancelled_by_its_own_match_waits_however_old_it_is(self) -> None:
        cancelled = filled("a", "0.5", orderStatus="PartiallyFilledCanceled", **OLD)
        translator = start("execution_report")
        assert told(hear(translator, spot_order(orderId="a"), cancelled)) == [("a", "NEW", "0", "0")]
        assert told(hear(translator, trades("a", "0.5"))) == [("a", "CANCELED", "0.5", "0.5")]

    def test_an_execution_of_another_match_is_not_taken_for_that_of_an_order_from_before(self) -> None:
        translator = start("execution_report")
        hear(translator, filled("a", "0.5"), trades("a", "0.5", seq=SEQ + 1), filled("a", "1", seq=SEQ + 1))
        events = [event for _, event in translator.flush(1.0)]
        assert told(events) == [("a", "PARTIALLY_FILLED", "0.5", "0"), ("a", "PARTIALLY_FILLED", "1", "0.5")]

    def test_ids_of_another_kind_are_joined_by_quantity(self) -> None:
        other = {"id": "592324d2bce751-ad38-48eb-8f42-4671d1fb4d4e"}
        translator = start("execution_report")
        orders = [filled("a", "0.5") | other, filled("a", "0.9") | other]
        assert hear(translator, *orders) == []
        assert len(hear(translator, trades("a", "0.5") | other)) == 1
        assert told(hear(translator, trades("a", "0.4", seq=SEQ + 1))) == [("a", "PARTIALLY_FILLED", "0.9", "0.4")]

    def test_after_a_wait_in_vain_ids_of_another_kind_are_joined_again(self) -> None:
        other = {"id": "592324d2bce751-ad38-48eb-8f42-4671d1fb4d4e"}
        translator = start("execution_report")
        hear(translator, filled("a", "0.5") | other)
        assert len(translator.flush(1.0)) == 1
        hear(translator, filled("a", "0.9") | other, trades("a", "0.4"))
        assert told(hear(translator, filled("a", "1") | other, trades("a", "0.1", seq=SEQ + 1))) == [
            ("a", "PARTIALLY_FILLED", "1", "0.1")
        ]

    def test_an_execution_that_comes_twice_counts_once(self) -> None:
        messages = [trades("a", "0.5"), trades("a", "0.5"), filled("a", "0.5"), trades("a", "0.5")]
        translator = start("execution_report")
        assert told(hear(translator, *messages)) == [("a", "PARTIALLY_FILLED", "0.5", "0.5")]
        assert hear(translator, filled("a", "1", seq=SEQ + 1)) == []
        assert len(hear(translator, trades("a", "0.5", seq=SEQ + 1))) == 1

    def test_both_orders_of_a_trade_with_oneself(self) -> None:
        fills = [trades(order, "0.5", execId="same") for order in "ab"]
        events = make("execution_report", *fills, filled("a", "0.5"), filled("b", "0.5"))
        assert [(event["i"], event["t"]) for event in events] == [("a", "same"), ("b", "same")]

    def test_only_so_much_is_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(joining, "ORDERS", 5)
        monkeypatch.setattr(joining, "FILLS", 8)
        joiner = joining.Joiner()
        fill = joining.Fill(qty=Decimal(1))
        for number in range(100):
            joiner.fill(f"never told {number}", fill._replace(id=str(number)))
        assert (len(joiner._orders), len(joiner._fills)) == (5, 8)
        for number in range(100):
            joiner.fill("one order", fill._replace(id=f"its {number}"))
        assert len(joiner._orders["one order"].fills) == len(joiner._fills) == 8
        for number in range(100):
            joiner.change(joining.Change(f"{number}", Decimal(1), SEQ, False, True, number), 0.0)
        assert [change.load for change, _ in joiner.release(0.0)] == list(range(95))
        assert len(joiner.held) == len(joiner._orders) == 5


class Story(NamedTuple):
    """What happened to an account, as the two topics tell it."""

    orders: list[dict[str, Any]]
    executions: list[dict[str, Any]]


QUANTITIES = st.integers(1, 5).map(lambda units: Decimal(units) / 10)


class Teller:
    """Makes up what becomes of one order, match by match."""

    def __init__(self, draw: st.DrawFn, name: str) -> None:
        self._draw = draw
        self._name = name
        self._by_value = draw(st.booleans())
        self.matches = draw(st.lists(st.lists(QUANTITIES, min_size=1, max_size=3), max_size=1 if self._by_value else 3))
        self._cancelled = draw(st.booleans())
        self._left = sum(itertools.chain(*self.matches), Decimal(0))
        self._done = Decimal(0)
        self.untold = not self._by_value

    def news(self, seq: int) -> Story:
        """Return what the next match brings."""
        if self.untold or not self.matches:
            self.untold = False
            return Story([self._order(seq, "New")], [])
        match = self.matches.pop(0)
        orders, fills = [], []
        split = self._draw(st.booleans())
        for number, quantity in enumerate(match):
            self._done += quantity
            self._left -= quantity
            fills.append(self._fill(seq, number, quantity))
            if split or number == len(match) - 1:
                orders.append(self._order(seq, "PartiallyFilled" if self._left else self._end()))
        together = self._draw(st.booleans())
        pushes = [push("execution.spot", *fills, seq=seq)] if together else [push("execution.spot", f) for f in fills]
        return Story(orders, pushes)

    def _end(self) -> str:
        return "PartiallyFilledCanceled" if self._cancelled else "Filled"

    def _order(self, seq: int, status: str) -> dict[str, Any]:
        return filled(self._name, str(self._done), seq=seq, worth=str(2 * self._done), orderStatus=status)

    def _fill(self, seq: int, number: int, quantity: Decimal) -> dict[str, Any]:
        told = {} if self._by_value else {"orderQty": str(self._done + self._left), "leavesQty": str(self._left)}
        return trades(self._name, str(quantity), seq=seq, execId=f"{self._name}/{seq}/{number}", **told)["data"][0]


@st.composite
def stories(draw: st.DrawFn) -> tuple[Story, Story]:
    """Return what two topics tell of up to three orders, whole and without what came before a reconnect."""
    tellers = [Teller(draw, name) for name in "abc"[: draw(st.integers(1, 3))]]
    steps: list[Story] = []
    while any(teller.matches or teller.untold for teller in tellers):
        teller = draw(st.sampled_from([one for one in tellers if one.matches or one.untold]))
        steps.append(teller.news(SEQ + 10 * len(steps)))
    whole, later = (
        Story(*(list(itertools.chain(*topic)) for topic in zip(*some))) if some else Story([], [])
        for some in (steps, steps[draw(st.integers(0, len(steps))) :])
    )
    return whole, later


def series(stream: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all that becomes of messages that come at once."""
    translator = start(stream)
    said = hear(translator, *messages)
    return said + [message for _, message in translator.flush(joining.HOLD)]


@st.composite
def shuffles(draw: st.DrawFn) -> tuple[Story, list[dict[str, Any]], bool]:
    whole, later = draw(stories())
    story = draw(st.sampled_from([whole, later]))
    turns = draw(st.permutations([0] * len(story.orders) + [1] * len(story.executions)))
    topics = [iter(story.orders), iter(story.executions)]
    return story, [next(topics[turn]) for turn in turns], story is whole


@settings(max_examples=35, deadline=None)
@given(shuffles())
def test_the_series_is_the_same_whichever_topic_comes_first(case: tuple[Story, list[dict[str, Any]], bool]) -> None:
    story, mixed, whole = case
    expected = series("execution_report", [*story.executions, *story.orders])
    assert series("execution_report", mixed) == expected
    assert series("order", list(map(inverted, mixed))) == series(
        "order", list(map(inverted, [*story.executions, *story.orders]))
    )
    if whole:
        check_whole(story, expected)


def inverted(message: dict[str, Any]) -> dict[str, Any]:
    """Return a push of spot as one of inverse."""
    sample = INVERSE_ORDER if message["topic"] == "order.spot" else INVERSE_FILL
    data = [{**sample, **{name: item[name] for name in sample if name in item}} for item in message["data"]]
    return {**message, "topic": message["topic"].replace("spot", "inverse"), "data": data}


def check_whole(story: Story, events: list[dict[str, Any]]) -> None:
    """What was heard from the beginning is told fill by fill, each with the totals of its time."""
    fills = [fill for message in story.executions for fill in message["data"]]
    assert sorted(event["t"] for event in events if "t" in event) == sorted(fill["execId"] for fill in fills)
    done: dict[str, Decimal] = defaultdict(Decimal)
    for event in events:
        done[event["i"]] += Decimal(event["l"])
        assert Decimal(event["z"]) == done[event["i"]]
        assert Decimal(event["Z"]) == 2 * done[event["i"]]
    last = {item["orderId"]: item for message in story.orders for item in message["data"]}
    final = {event["i"]: event for event in events}
    assert {name: Decimal(item["cumExecQty"]) for name, item in last.items()} == {
        name: Decimal(event["z"]) for name, event in final.items()
    }
