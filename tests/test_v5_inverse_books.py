"""V5's books cut to inverse's windows, against dictionaries that are kept by the plain rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._books import LevelBook, OutOfSync
from bybit_ws._topics import BY_STREAM
from bybit_ws._v5.inverse_books import WindowedBook
from tests.inverse_pushes import ASKS, BIDS, book, delta, one, row

TOPIC = BY_STREAM["orderbook_25"].topic()


def small(depth: int = 3, size: int = 2) -> WindowedBook:
    return WindowedBook(depth, size, TOPIC, "BTCUSD")


def test_a_snapshot_is_the_cut_book_by_rising_price() -> None:
    made = one(small(), book("snapshot", 5, BIDS, ASKS, seq=118127548607))
    assert list(made) == ["topic", "type", "data", "cross_seq", "timestamp_e6"]
    assert (made["topic"], made["type"]) == ("orderBookL2_25.BTCUSD", "snapshot")
    assert (made["cross_seq"], made["timestamp_e6"]) == (118127548607, 1654161517001000)
    assert made["data"] == [
        row("86614.70", "Buy", 63142),
        row("86617.90", "Buy", 5790),
        row("86618.00", "Sell", 30),
        row("86621.50", "Sell", 5),
    ]
    assert list(made["data"][0]) == ["price", "symbol", "id", "side", "size"]


@pytest.mark.parametrize(
    ("bids", "asks", "said"),
    [
        ([("86617.90", "0")], [], delta([row("86617.90", "Buy")], [], [row("86614.50", "Buy", 1)])),
        (
            [],
            [("86619.00", "4"), ("86618.00", "31")],
            delta([row("86621.50", "Sell")], [row("86618.00", "Sell", 31)], [row("86619.00", "Sell", 4)]),
        ),
        ([("86614.70", "0"), ("86614.60", "2")], [], delta([row("86614.70", "Buy")], [], [row("86614.60", "Buy", 2)])),
        ([("86614.70", "0"), ("86614.70", "9")], [], delta([], [row("86614.70", "Buy", 9)])),
        (
            [("86617.90", "0")],
            [("86617.90", "3")],
            delta(
                [row("86617.90", "Buy"), row("86621.50", "Sell")],
                [],
                [row("86614.50", "Buy", 1), row("86617.90", "Sell", 3)],
            ),
        ),
        ([("86614.50", "7")], [("86622.00", "0"), ("99999.00", "0")], None),
        ([("86617.90", "5790")], [], None),
        ([], [], None),
    ],
)
def test_a_delta_tells_how_the_window_changed(bids: Any, asks: Any, said: Any) -> None:
    translator, view = small(), LevelBook()
    view.apply(one(translator, book("snapshot", 5, BIDS, ASKS)))
    pushes = translator.translate(book("delta", 6, bids, asks, seq=9), 0.0)
    assert [made["data"] for _, made in pushes] == ([] if said is None else [said])
    for _, made in pushes:
        assert (made["type"], made["cross_seq"], list(made["data"])) == ("delta", 9, list(delta()))
        view.apply(made)


@pytest.mark.parametrize("message", [book("snapshot", 40, BIDS[:1], ASKS), book("delta", 1, BIDS[:1], ASKS)])
def test_whatever_replaces_the_book_is_a_new_snapshot(message: Any) -> None:
    translator = small()
    translator.translate(book("snapshot", 5, BIDS, ASKS), 0.0)
    made = one(translator, message)
    assert (made["type"], [level["price"] for level in made["data"]]) == (
        "snapshot",
        ["86617.90", "86618.00", "86621.50"],
    )
    ((_, gone),) = translator.translate(book("delta", message["data"]["u"] + 1, [("86617.90", "0")]), 0.0)
    assert gone["data"] == delta([row("86617.90", "Buy")])


@pytest.mark.parametrize("update", [4, 5, 7])
def test_a_gap_needs_a_new_snapshot(update: int) -> None:
    translator = small()
    assert translator.translate(book("delta", 4, BIDS), 0.0) == ()
    translator.translate(book("snapshot", 5, BIDS, ASKS), 0.0)
    with pytest.raises(OutOfSync):
        translator.translate(book("delta", update, [("86617.90", "1")]), 0.0)
    assert translator.translate(book("delta", 6, [("86617.90", "1")]), 0.0) == ()
    assert one(translator, book("snapshot", 9, BIDS, []))["type"] == "snapshot"


@pytest.mark.parametrize("lacking", ["ts", "seq"])
def test_a_change_that_cannot_be_told_needs_a_new_snapshot(lacking: str) -> None:
    translator = small()
    translator.translate(book("snapshot", 5, BIDS, ASKS), 0.0)
    message = book("delta", 6, [("86617.90", "1")])
    message.pop(lacking, None)
    message["data"].pop(lacking, None)
    with pytest.raises(OutOfSync):
        translator.translate(message, 0.0)
    assert translator.translate(book("delta", 7, [("86617.90", "2")]), 0.0) == ()


def test_a_level_that_fell_out_of_v5s_book_is_not_known_any_more() -> None:
    translator = small(2, 2)
    translator.translate(book("snapshot", 5, BIDS[:2], ASKS[:2]), 0.0)
    ((_, fell),) = translator.translate(book("delta", 6, [("86617.95", "1")]), 0.0)
    assert fell["data"] == delta([row("86614.70", "Buy")], [], [row("86617.95", "Buy", 1)])
    ((_, left),) = translator.translate(book("delta", 7, [("86617.95", "0")]), 0.0)
    assert left["data"] == delta([row("86617.95", "Buy")])


def test_what_was_told_is_not_what_is_kept() -> None:
    translator = small()
    made = one(translator, book("snapshot", 5, BIDS, ASKS))
    made["data"][1]["size"] = -1
    ((_, update),) = translator.translate(book("delta", 6, [("86617.90", "0"), ("86614.70", "4")]), 0.0)
    update["data"]["insert"][0].clear()
    ((_, update),) = translator.translate(book("delta", 7, [("86614.70", "0")]), 0.0)
    assert update["data"] == delta([row("86614.70", "Buy")])


class Oracle:
    """V5's book by the plain rules, cut."""

    def __init__(self, depth: int, size: int) -> None:
        self.depth, self.size = depth, size
        self.sides: tuple[dict[Decimal, int], dict[Decimal, int]] = ({}, {})

    def take(self, kind: str, bids: Any, asks: Any) -> list[tuple[str, Decimal, int]] | None:
        """Return the window by rising price, None where the book is crossed."""
        if kind == "snapshot":
            self.sides = ({}, {})
        for side, pairs, falling in zip(self.sides, (bids, asks), (True, False)):
            for price, size in pairs:
                side.pop(Decimal(price), None)
                if int(size):
                    side[Decimal(price)] = int(size)
            for price in sorted(side, reverse=falling)[self.depth :]:
                del side[price]
        held, offered = self.sides
        if held and offered and max(held) >= min(offered):
            return None
        low, high = sorted(held)[-self.size :], sorted(offered)[: self.size]
        return [("Buy", price, held[price]) for price in low] + [("Sell", price, offered[price]) for price in high]


def told(view: dict[str, Any]) -> list[tuple[str, Decimal, int]]:
    return [(level["side"], Decimal(level["price"]), level["size"]) for level in view["data"]]


def pairs(low: int, high: int) -> st.SearchStrategy[list[tuple[str, str]]]:
    price = st.integers(low, high).map(lambda whole: f"{whole / 2:.2f}")
    return st.lists(st.tuples(price, st.sampled_from(["0", "0", "1", "2"])), max_size=6)


@settings(max_examples=24, deadline=None)
@given(
    st.sampled_from([(5, 3), (4, 4), (3, 1)]),
    st.lists(st.tuples(st.sampled_from(["delta"] * 8 + ["snapshot"]), pairs(1, 17), pairs(16, 32)), max_size=25),
)
def test_deltas_add_up_to_the_cut_book(sizes: tuple[int, int], pushes: list[Any]) -> None:
    translator, view, oracle = small(*sizes), LevelBook(), Oracle(*sizes)
    shown: list[Any] = []
    begun = False
    for update, (kind, bids, asks) in enumerate([("snapshot", [], []), *pushes], start=5):
        kind = kind if begun else "snapshot"
        message, expected = book(kind, update, bids, asks, seq=update), oracle.take(kind, bids, asks)
        if expected is None:
            with pytest.raises(OutOfSync):
                translator.translate(message, 0.0)
            begun = False
            continue
        begun = True
        made = [push for _, push in translator.translate(message, 0.0)]
        assert len(made) == (kind == "snapshot" or expected != shown)
        for push in made:
            assert kind == push["type"]
            if kind == "delta":
                named = [level for name in ("delete", "update", "insert") for level in push["data"][name]]
                assert len({(level["side"], level["id"]) for level in named}) == len(named)
            view.apply(push)
            shown = told(push)
        assert shown == expected
