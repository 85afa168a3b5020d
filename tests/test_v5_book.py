"""V5's books against dictionaries that are kept by the plain rules of the documents."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._books import OutOfSync
from bybit_ws._v5.book import Book, Updates

DEPTH = 4


def push(kind: str, update: Any, bids: Any = (), asks: Any = ()) -> dict[str, Any]:
    data = {"s": "BTCUSDT", "b": [*map(list, bids)], "a": [*map(list, asks)], "u": update, "seq": 7}
    return {"topic": "orderbook.50.BTCUSDT", "type": kind, "ts": 1, "data": data, "cts": 1}


class Oracle:
    """The same by the plain rules; None where there is no book."""

    def __init__(self) -> None:
        self.sides: tuple[dict[Decimal, str], dict[Decimal, str]] | None = None
        self.last = 0

    def take(self, message: dict[str, Any]) -> bool | None:
        data = message["data"]
        if message["type"] == "snapshot" or data["u"] == 1:
            self.sides = ({}, {})
            replaced = True
        elif self.sides is None:
            return None
        elif data["u"] != self.last + 1:
            self.sides = None
            raise OutOfSync
        else:
            replaced = False
        self.last = data["u"]
        self._change(data)
        return replaced

    def _change(self, data: dict[str, Any]) -> None:
        assert self.sides is not None
        for side, pairs, falling in zip(self.sides, (data["b"], data["a"]), (True, False)):
            for price, size in pairs:
                side.pop(Decimal(price), None)
                if Decimal(size):
                    side[Decimal(price)] = size
            for price in sorted(side, reverse=falling)[DEPTH:]:
                del side[price]
        held, offered = self.sides
        if held and offered and max(held) >= min(offered):
            self.sides = None
            raise OutOfSync

    def shown(self) -> list[list[tuple[Decimal, str]]]:
        assert self.sides is not None
        held, offered = self.sides
        return [[(p, held[p]) for p in sorted(held, reverse=True)], [(p, offered[p]) for p in sorted(offered)]]


def shown(book: Book) -> list[list[tuple[Decimal, str]]]:
    return [[(Decimal(price), size) for price, size in side.entries] for side in (book.bids, book.asks)]


def pairs(low: int, high: int) -> st.SearchStrategy[list[tuple[str, str]]]:
    price = st.integers(low, high).map(lambda number: str(Decimal(number) / 2))
    return st.lists(st.tuples(price, st.sampled_from(["0", "0", "1", "2.5", "0.0"])), max_size=5)


PUSHES = st.tuples(
    st.sampled_from(["delta"] * 8 + ["snapshot"]), st.sampled_from([1] * 12 + [0, 2]), pairs(1, 13), pairs(12, 24)
)


@settings(max_examples=24, deadline=None)
@given(st.lists(PUSHES, max_size=25))
def test_a_book_is_what_the_plain_rules_make_of_the_same_messages(pushes: list[Any]) -> None:
    book, oracle, update = Book(DEPTH), Oracle(), 5
    for kind, step, bids, asks in [("snapshot", 1, [], []), *pushes]:
        update += step
        message = push(kind, update, bids, asks)
        try:
            expected = oracle.take(copy.deepcopy(message))
        except OutOfSync:
            with pytest.raises(OutOfSync):
                book.apply(message)
            continue
        assert book.apply(message) is expected
        if expected is not None:
            assert shown(book) == oracle.shown()


def test_deltas_before_the_snapshot_are_passed_over() -> None:
    book = Book(DEPTH)
    assert book.apply(push("delta", 4, [("1", "1")])) is None
    assert book.apply(push("snapshot", 6, [("1", "2")])) is True
    assert book.apply(push("delta", 7, [], [("3", "1")])) is False
    assert shown(book) == [[(Decimal(1), "2")], [(Decimal(3), "1")]]


@pytest.mark.parametrize("update", [3, 4, 5, 7])
def test_a_number_that_does_not_follow_is_said_in_plain_words_and_waits_for_a_snapshot(update: int) -> None:
    book = Book(DEPTH)
    book.apply(push("snapshot", 5, [("1", "1")]))
    with pytest.raises(OutOfSync, match=f"update {update} came after update 5"):
        book.apply(push("delta", update))
    assert book.apply(push("delta", 6)) is None
    assert book.apply(push("snapshot", 3, [("2", "1")])) is True
    assert shown(book)[0] == [(Decimal(2), "1")]


def test_update_one_replaces_the_book_whatever_it_is_called() -> None:
    book = Book(DEPTH)
    book.apply(push("snapshot", 500, [("1", "1")]))
    assert book.apply(push("delta", 1, [("2", "1")])) is True
    assert shown(book)[0] == [(Decimal(2), "1")]
    assert book.apply(push("delta", 2, [("1", "1")])) is False


def test_a_level_to_delete_that_is_not_there_changes_nothing() -> None:
    book = Book(DEPTH)
    book.apply(push("snapshot", 5, [("1", "1")], [("3", "1")]))
    assert book.apply(push("delta", 6, [("2", "0")], [("4", "0.0")])) is False
    assert shown(book) == [[(Decimal(1), "1")], [(Decimal(3), "1")]]


@pytest.mark.parametrize(
    ("bids", "asks", "words"),
    [
        ([("5", "1")], [("5.0", "1")], "the book is crossed: bid 5, ask 5"),
        ([("nan", "1")], [], "'nan' is no price"),
        ([("1", "-1")], [], "'-1' is no size"),
        ([("1", "inf")], [], "'inf' is no size"),
        ([("0", "1")], [], "'0' is no price"),
        ([], [("inf", "1")], "'inf' is no price"),
        ([], [("7", "nan")], "'nan' is no size"),
        ([("x", "1")], [], "cannot be read"),
        ([("1",)], [], "cannot be read"),
        ([(None, "1")], [], "cannot be read"),
    ],
)
def test_nonsense_takes_the_book_away(bids: Any, asks: Any, words: str) -> None:
    book = Book(DEPTH)
    book.apply(push("snapshot", 5, [("2", "1")], [("6", "1")]))
    with pytest.raises(OutOfSync, match=words):
        book.apply(push("delta", 6, bids, asks))
    assert book.apply(push("delta", 7)) is None


@pytest.mark.parametrize("message", [{}, [], None, {"data": {}}, {"type": "delta", "data": {"u": None}}])
def test_what_is_no_message_of_a_book_is_out_of_sync(message: Any) -> None:
    book = Book(DEPTH)
    book.apply(push("snapshot", 5))
    with pytest.raises(OutOfSync, match=r"cannot be read|came after"):
        book.apply(message)
    assert book.apply(push("delta", 6)) is None


def test_a_book_keeps_no_list_of_its_messages() -> None:
    book, message = Book(DEPTH), push("snapshot", 5, [("2", "1")])
    book.apply(message)
    message["data"]["b"][0][1] = "99"
    assert shown(book)[0] == [(Decimal(2), "1")]


def test_numbers_can_be_followed_without_a_book() -> None:
    updates = Updates()
    assert [updates.follow(push(*one)) for one in (("delta", 3), ("snapshot", 5), ("delta", 6))] == [None, True, False]
    with pytest.raises(OutOfSync, match="update 8 came after update 6"):
        updates.follow(push("delta", 8))
    assert updates.follow(push("delta", 9)) is None
