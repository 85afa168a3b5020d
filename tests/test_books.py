"""Books and records against dictionaries that are kept by the plain rules of the documents."""

from __future__ import annotations

import contextlib
import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._books import CAPACITY, SPOT_WINDOW, VIEWS, LevelBook, PairBook, Record, flagged
from bybit_ws._dialects import MALFORMED
from bybit_ws._side import OutOfSync, Side

FAULTS = (OutOfSync, *MALFORMED)

# -- words of the wire -----------------------------------------------------------------------------------


def spelled(quarters: range) -> list[str]:
    """Numbers as some venue may spell them: 1.5, 1.50, 01.5, 1.500."""
    plain = [str(Decimal(number) / 4) for number in quarters]
    padded = [text + ("0" if "." in text else ".0") for text in plain]
    return [*plain, *padded, *(f"0{text}" for text in plain), *(f"{text}0" for text in padded)]


def pairs(prices: list[str], sizes: range) -> st.SearchStrategy[list[list[str]]]:
    pair = st.builds(lambda *parts: list(parts), st.sampled_from(prices), st.sampled_from(spelled(sizes)))
    return st.lists(pair, max_size=6)


BIDS, ASKS = spelled(range(1, 21)), spelled(range(21, 41))
MOSTLY_BIDS, MOSTLY_ASKS = 4 * BIDS + ASKS, 4 * ASKS + BIDS
PAIR_MESSAGES = st.tuples(
    st.sampled_from([True, True, "True", False, "False"]),
    pairs(MOSTLY_BIDS, range(9)),
    pairs(MOSTLY_ASKS, range(9)),
)
SET_BIDS, SET_ASKS = pairs(BIDS, range(1, 9)), pairs(ASKS, range(1, 9))
ZERO, END = st.sampled_from(["0", "0.0", "0.00"]), st.sampled_from(["", "00"])


def pair_message(flag: Any, bids: Any, asks: Any, counter: int = 0) -> dict[str, Any]:
    data = {"t": 1, "v": "1_18", "b": bids, "a": asks, "o": counter}
    return {"symbol": "A", "topic": "diffDepth", "data": [data], "f": flag}


def shown(message: dict[str, Any]) -> tuple[Any, Any]:
    return message["data"][0]["b"], message["data"][0]["a"]


class PairOracle:
    """A book by the plain rules: absolute sizes, zero removes, None where nothing may be shown."""

    def __init__(self) -> None:
        self.sides: tuple[dict[Decimal, Any], dict[Decimal, Any]] | None = None

    def take(self, flag: Any, bids: Any, asks: Any) -> tuple[Any, Any] | None:
        first = str(flag) == "True"
        if first:
            self.sides = ({}, {})
        if self.sides is None:
            return None
        for side, changes in zip(self.sides, (bids, asks)):
            for price, size in changes:
                if Decimal(size):
                    side[Decimal(price)] = [price, size]
                elif side.pop(Decimal(price), None) is None and not first:
                    self.sides = None
                    return None
        held, offered = self.sides
        if held and offered and max(held) >= min(offered):
            self.sides = None
            return None
        return [held[p] for p in sorted(held, reverse=True)], [offered[p] for p in sorted(offered)]


@st.composite
def next_changes(draw: st.DrawFn, oracle: PairOracle) -> tuple[Any, list[Any], list[Any]]:
    """A message, most often one that can be applied to what the oracle holds."""
    if oracle.sides is None or not draw(st.integers(0, 9)):
        return draw(PAIR_MESSAGES)
    removed: list[list[Any]] = [[], []]
    for side, pairs_gone in zip(oracle.sides, removed):
        there = draw(st.lists(st.sampled_from(sorted(side)), unique=True)) if side else []
        pairs_gone += [[f"{price:.2f}" + draw(END), draw(ZERO)] for price in there]
    return False, removed[0] + draw(SET_BIDS), removed[1] + draw(SET_ASKS)


@settings(deadline=None, max_examples=30)
@given(st.data(), st.booleans())
def test_a_pair_book_is_the_dictionary_or_nothing(data: st.DataObject, owned: bool) -> None:
    book, oracle = PairBook(copy=owned), PairOracle()
    given_out: list[tuple[Any, Any]] = []
    for _ in range(data.draw(st.integers(1, 10))):
        flag, bids, asks = data.draw(next_changes(oracle))
        message = pair_message(flag, copy.deepcopy(bids), copy.deepcopy(asks))
        expected = oracle.take(flag, bids, asks)
        try:
            first = book.apply(message)
        except OutOfSync:
            book.reset()
            assert expected is None
            continue
        assert shown(message) == expected
        assert first == (str(flag) == "True")
        given_out.append((message, copy.deepcopy(message)))
    assert all(message == as_it_was for message, as_it_was in given_out)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(SET_BIDS, SET_ASKS), min_size=1, max_size=6))
def test_what_the_caller_does_to_its_own_pairs_changes_nothing_here(messages: list[Any]) -> None:
    book, spoiled = PairBook(), PairBook()
    for at, (bids, asks) in enumerate(messages):
        one, other = (pair_message(at == 0, copy.deepcopy(bids), copy.deepcopy(asks)) for _ in range(2))
        book.apply(one)
        spoiled.apply(other)
        assert one == other
        for side in shown(other):
            for pair in side:
                pair[:] = ["spoiled"]
            side.clear()


@settings(deadline=None, max_examples=30)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3), st.lists))
def test_garbage_never_becomes_a_pair_book(garbage: Any) -> None:
    for bids in (garbage, [garbage], [[garbage]], [["1", garbage]], [[garbage, "1"]]):
        book = PairBook()
        book.apply(pair_message(True, [["1", "1"]], [["2", "1"]]))
        message = pair_message(False, copy.deepcopy(bids), [])
        with contextlib.suppress(*FAULTS):
            book.apply(message)
            for price, size in shown(message)[0]:
                assert 0 <= float(price) < 2
                assert 0 < float(size) < float("inf")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-1", "", "x", None, [], 10**400])
@pytest.mark.parametrize("place", [0, 1])
def test_what_is_no_number_is_no_level(number: Any, place: int) -> None:
    pair = ["1", "1"]
    pair[place] = number
    with pytest.raises(FAULTS):
        PairBook().apply(pair_message(True, [pair], []))


def test_a_price_can_move_to_the_other_side_in_one_message() -> None:
    book = PairBook()
    book.apply(pair_message(True, [["5", "1"], ["4", "1"]], [["6", "1"]]))
    message = pair_message(False, [["5.0", "0.0"]], [["5", "2"]])
    assert not book.apply(message)
    assert shown(message) == ([["4", "1"]], [["5", "2"], ["6", "1"]])


def test_an_empty_book_is_a_book() -> None:
    book = PairBook()
    message = pair_message(True, [["1", "0"]], [])
    assert book.apply(message)
    assert shown(message) == ([], [])


def test_a_delta_before_the_snapshot_is_out_of_step() -> None:
    with pytest.raises(OutOfSync, match="before its snapshot"):
        PairBook().apply(pair_message(False, [["1", "1"]], []))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 3), max_size=10))
def test_deltas_that_are_numbered_must_follow_each_other(counters: list[int]) -> None:
    book = PairBook()
    book.apply(pair_message(True, [["1", "1"]], [], counter=7))
    last = 0
    for counter in counters:
        if last and counter and counter != last + 1:
            with pytest.raises(OutOfSync, match=f"{counter} came after delta {last}"):
                book.apply(pair_message(False, [], [], counter))
            break
        book.apply(pair_message(False, [], [], counter))
        last = counter


def test_where_no_message_is_marked_the_first_one_without_a_number_is_the_snapshot() -> None:
    book = PairBook()
    sizes = {"1": 5, "2": 0, "3": 0, "4": 1}
    unmarked = [pair_message(None, [["1", size]], [], counter) for size, counter in sizes.items()]
    with pytest.raises(OutOfSync):
        book.apply(unmarked[0])
    del unmarked[1]["f"]
    assert [book.apply(message) for message in unmarked[1:]] == [True, False, False]
    assert shown(unmarked[3]) == ([["1", "4"]], [])


@pytest.mark.parametrize(
    ("flag", "first"), [(True, True), ("True", True), ("true", True), (False, False), ("False", False), (None, None)]
)
def test_the_mark_of_a_first_message_is_read_in_any_spelling(flag: Any, first: bool | None) -> None:
    for otherwise in (True, False):
        assert flagged({"f": flag}, otherwise) is (otherwise if first is None else first)
        assert flagged({}, otherwise) is otherwise


# -- the window ------------------------------------------------------------------------------------------


def ladder(count: int) -> tuple[Any, Any]:
    return [[str(1000 - i), "1"] for i in range(count)], [[str(1001 + i), "1"] for i in range(count)]


@pytest.mark.parametrize("size", [SPOT_WINDOW - 1, SPOT_WINDOW])
def test_a_book_never_outgrows_its_window(size: int) -> None:
    book = PairBook()
    book.apply(pair_message(True, *ladder(size)))
    message = pair_message(False, [["1000.1", "1"], ["1000.2", "1"]], [["1000.8", "1"], ["1000.9", "1"]])
    book.apply(message)
    bids, asks = shown(message)
    assert len(bids) == len(asks) == SPOT_WINDOW
    assert (bids[0][0], asks[0][0]) == ("1000.2", "1000.8")


def test_a_level_that_left_the_window_may_be_removed_and_one_inside_may_not() -> None:
    book = PairBook()
    book.apply(pair_message(True, *ladder(SPOT_WINDOW)))
    book.apply(pair_message(False, [["1000.5", "1"]], []))
    book.apply(pair_message(False, [["801", "0"], ["700", "0"]], [["1500", "0"]]))
    with pytest.raises(OutOfSync, match=r"not there: 900\.5"):
        book.apply(pair_message(False, [["900.5", "0"]], []))


def test_a_thin_book_knows_all_its_levels() -> None:
    book = PairBook()
    book.apply(pair_message(True, *ladder(3)))
    with pytest.raises(OutOfSync, match="not there: 900"):
        book.apply(pair_message(False, [["900", "0"]], []))


def test_a_drained_side_that_was_cut_knows_nothing_of_what_lies_beyond() -> None:
    book = PairBook()
    bids, asks = ladder(SPOT_WINDOW)
    book.apply(pair_message(True, bids, asks))
    message = pair_message(False, [[price, "0"] for price, _ in bids] + [["1", "0"]], [])
    book.apply(message)
    assert shown(message)[0] == []


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 3), st.lists(st.tuples(st.integers(1, 260), st.booleans()), max_size=60))
def test_a_windowed_book_is_the_top_of_the_whole_one(extra: int, changes: list[tuple[int, bool]]) -> None:
    """The exchange keeps a longer book and, as documented, tells of its first 200 levels only."""
    whole = dict.fromkeys(range(1, SPOT_WINDOW + extra), "1")
    book = PairBook()

    def top() -> dict[int, str]:
        return {price: whole[price] for price in sorted(whole)[:SPOT_WINDOW]}

    before = top()
    book.apply(pair_message(True, [], [[str(price), size] for price, size in before.items()]))
    for price, there in changes:
        if there:
            whole[price] = whole.get(price, "") + "1"
        else:
            whole.pop(price, None)
        after = top()
        left = [[str(price), "0"] for price in before if price not in after]
        came = [[str(price), size] for price, size in after.items() if before.get(price) != size]
        message = pair_message(False, [], left + came)
        book.apply(message)
        assert shown(message)[1] == [[str(price), size] for price, size in after.items()]
        before = after


def test_a_venue_without_a_window_keeps_its_whole_book_up_to_a_limit() -> None:
    book = PairBook()
    message = pair_message(True, *ladder(SPOT_WINDOW + 41))
    book.apply(message)
    assert len(shown(message)[0]) == SPOT_WINDOW + 41
    giant = pair_message(True, [], [[str(i + 1), "1"] for i in range(CAPACITY + 1)])
    book.apply(giant)
    assert len(shown(giant)[1]) == CAPACITY


def test_a_side_keeps_its_order() -> None:
    side = Side()
    assert [side.put(rank, str(rank)) for rank in (2, 1, 3, 2)] == [False, False, False, True]
    assert (side.ranks, side.entries) == ([1, 2, 3], ["1", "2", "3"])
    assert [side.remove(rank) for rank in (2, 2, 9)] == [True, False, False]
    assert not side.beyond(9)


# -- inverse books ---------------------------------------------------------------------------------------


def row(side: str, price: str, size: int | None = None) -> dict[str, Any]:
    sized = {} if size is None else {"size": size}
    return {"price": price, "symbol": "A", "id": int(float(price) * 10**4), "side": side, **sized}


def snapshot(rows: list[Any]) -> dict[str, Any]:
    return {"topic": "orderBookL2_25.A", "type": "snapshot", "data": rows, "cross_seq": 1}


def delta(delete: Any = (), update: Any = (), insert: Any = ()) -> dict[str, Any]:
    data = {"delete": list(delete), "update": list(update), "insert": list(insert), "transactTimeE6": 0}
    return {"topic": "orderBookL2_25.A", "type": "delta", "data": data, "cross_seq": 2}


LEVELS = st.builds(
    row, st.sampled_from(["Buy", "Sell"]), st.sampled_from(spelled(range(1, 13))), st.integers(0, 9)
)
UNCROSSED = st.lists(
    st.one_of(
        st.builds(row, st.just("Buy"), st.sampled_from(spelled(range(1, 7))), st.integers(1, 9)),
        st.builds(row, st.just("Sell"), st.sampled_from(spelled(range(7, 13))), st.integers(1, 9)),
    ),
    max_size=8,
    unique_by=lambda one: Decimal(one["price"]),
)


class LevelOracle:
    """A book by the plain rules: delete, update, insert, keyed by side and price."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, Decimal], Any] | None = None

    def take(self, message: dict[str, Any]) -> list[Any] | None:
        self.rows = self._after(message)
        return None if self.rows is None else [self.rows[key] for key in sorted(self.rows)]

    def _after(self, message: dict[str, Any]) -> dict[tuple[str, Decimal], Any] | None:
        if message["type"] == "snapshot":
            steps, rows = [("insert", one) for one in message["data"]], {}
        elif self.rows is None:
            return None
        else:
            steps = [(step, one) for step in ("delete", "update", "insert") for one in message["data"][step]]
            rows = self.rows
        for step, one in steps:
            key = (one["side"], Decimal(one["price"]))
            if (key in rows) == (step == "insert") or (step != "delete" and not one["size"]):
                return None
            if step == "delete":
                del rows[key]
            else:
                rows[key] = one
        bids = [price for side, price in rows if side == "Buy"]
        asks = [price for side, price in rows if side == "Sell"]
        return None if bids and asks and max(bids) >= min(asks) else rows


@settings(deadline=None, max_examples=30)
@given(st.data(), st.booleans())
def test_a_level_book_is_the_dictionary_or_nothing(data: st.DataObject, owned: bool) -> None:
    book, oracle = LevelBook(copy=owned), LevelOracle()
    given_out = []
    for _ in range(data.draw(st.integers(1, 10))):
        there = list((oracle.rows or {}).values())
        some = st.lists(st.sampled_from(there), max_size=2, unique_by=id) if there else st.just([])
        message = data.draw(
            st.one_of(
                st.builds(snapshot, UNCROSSED),
                st.builds(delta, some, some, st.lists(LEVELS, max_size=1)),
                st.builds(delta, some, some, UNCROSSED.map(lambda rows: rows[:2])),
                st.builds(delta, st.lists(LEVELS, max_size=1), some, st.just([])),
            )
        )
        expected = oracle.take(copy.deepcopy(message))
        message = copy.deepcopy(message)
        whole = message["type"] == "snapshot"
        try:
            assert book.apply(message) == whole
        except OutOfSync:
            book.reset()
            assert expected is None
            continue
        assert message["type"] == "snapshot"
        assert message["data"] == expected
        given_out.append((message, copy.deepcopy(message)))
        if owned:
            spoiled = message["data"][:]
            for one in spoiled:
                one["size"] = "spoiled"
            given_out[-1] = (message, copy.deepcopy(message))
    assert all(message == as_it_was for message, as_it_was in given_out)


GARBAGE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["side", "price", "size"]), inner),
    max_leaves=5,
)


@settings(deadline=None, max_examples=30)
@given(GARBAGE)
def test_garbage_never_becomes_a_level_book(garbage: Any) -> None:
    whole = [row("Buy", "1", 1), row("Sell", "3", 1)]
    odd = [garbage, [garbage], [{**row("Buy", "2", 1), "price": garbage}], [{**row("Buy", "2", 1), "size": garbage}]]
    odd += [[{**row("Buy", "2", 1), "side": garbage}], [row("Buy", "2")]]
    for rows in odd:
        for step in ("delete", "update", "insert"):
            book = LevelBook()
            book.apply(snapshot(copy.deepcopy(whole)))
            message = delta()
            message["data"][step] = copy.deepcopy(rows)
            try:
                book.apply(message)
            except FAULTS:
                continue
            for one in message["data"]:
                assert 0 <= float(one["price"]) <= 3
                assert 0 < float(one["size"]) < float("inf")
                assert one["side"] in ("Buy", "Sell")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (delta(delete=[row("Buy", "2")]), "to delete is not there: Buy 2"),
        (delta(update=[row("Sell", "1", 5)]), "to update is not there: Sell 1"),
        (delta(insert=[row("Buy", "1.0", 5)]), r"to insert is there already: Buy 1\.0"),
        (delta(update=[row("Buy", "1", 0)]), "without a size: Buy 1"),
        (delta(insert=[row("Buy", "3", 1)]), "crossed: bid 3, ask 3"),
        (snapshot([row("Buy", "1", 1), row("Buy", "1.00", 1)]), "there already"),
        (snapshot([row("Buy", "-1", 1)]), "is no price"),
    ],
)
def test_what_cannot_be_true_is_out_of_step(message: dict[str, Any], reason: str) -> None:
    book = LevelBook()
    book.apply(snapshot([row("Buy", "1", 1), row("Sell", "3", 1)]))
    with pytest.raises(OutOfSync, match=reason):
        book.apply(message)


def test_a_delta_before_its_snapshot_is_out_of_step() -> None:
    for view, message in ((LevelBook(), delta()), (Record(), {"type": "delta", "data": {"update": []}})):
        with pytest.raises(OutOfSync, match="before its snapshot"):
            view.apply(message)


def test_one_message_moves_a_price_to_the_other_side() -> None:
    book = LevelBook()
    book.apply(snapshot([row("Buy", "1", 1), row("Buy", "2", 1), row("Sell", "3", 1)]))
    message = delta(insert=[row("Sell", "2.0", 7)], delete=[row("Buy", "2", 0)])
    book.apply(message)
    assert [(one["side"], one["price"], one["size"]) for one in message["data"]] == [
        ("Buy", "1", 1),
        ("Sell", "2.0", 7),
        ("Sell", "3", 1),
    ]


def test_a_mad_stream_cannot_fill_the_memory() -> None:
    for side in ("Buy", "Sell"):
        with pytest.raises(OutOfSync, match="more than"):
            LevelBook().apply(snapshot([row(side, str(i + 1), 1) for i in range(CAPACITY + 1)]))


# -- records ---------------------------------------------------------------------------------------------

CHANGES = st.dictionaries(st.sampled_from("abcd"), st.integers(), max_size=3)


@settings(deadline=None, max_examples=30)
@given(CHANGES, st.lists(st.lists(CHANGES, max_size=2), max_size=8))
def test_a_record_is_the_dictionary(whole: dict[str, int], deltas: list[list[dict[str, int]]]) -> None:
    record, oracle = Record(), dict(whole)
    first = {"type": "snapshot", "data": dict(whole)}
    assert record.apply(first)
    given_out = [(first, dict(whole))]
    for changes in deltas:
        for change in changes:
            oracle.update(change)
        message = {"type": "delta", "data": {"delete": [], "update": copy.deepcopy(changes), "insert": []}}
        assert not record.apply(message)
        assert message == {"type": "snapshot", "data": oracle}
        given_out.append((message, dict(oracle)))
    assert all(message["data"] == as_it_was for message, as_it_was in given_out)
    given_out[-1][0]["data"].clear()
    again = {"type": "delta", "data": {"update": []}}
    record.apply(again)
    assert again["data"] == oracle


@pytest.mark.parametrize("kind", sorted(VIEWS))
def test_a_view_that_was_reset_shows_nothing_until_a_snapshot(kind: str) -> None:
    snapshots: dict[str, Any] = {
        "pairs": pair_message(True, [["1", "1"]], []),
        "levels": snapshot([row("Buy", "1", 1)]),
        "record": {"type": "snapshot", "data": {"a": 1}},
    }
    deltas: dict[str, Any] = {
        "pairs": pair_message(False, [], []),
        "levels": delta(),
        "record": {"type": "delta", "data": {"update": []}},
    }
    view = VIEWS[kind](True)
    assert not view.synced
    view.apply(snapshots[kind])
    assert view.synced
    view.reset()
    with pytest.raises(OutOfSync):
        view.apply(deltas[kind])
