"""What is asked of a book at one moment, against plain arithmetic with fractions."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._books import LevelBook, Levels, PairBook
from bybit_ws._levels import Depth
from bybit_ws._snapshot import BookSnapshot
from bybit_ws.exceptions import ConfigurationError

MIDDLE = 500
"""Ticks below which there are bids, from which on there are asks."""


class Book:
    """A book as the wire spells it, and as fractions."""

    def __init__(self, inverse: bool, ticks: dict[int, int], places: int) -> None:
        self.inverse, unit = inverse, Decimal(1).scaleb(-places)
        sides = sorted((tick for tick in ticks if tick < MIDDLE), reverse=True), sorted(t for t in ticks if t >= MIDDLE)
        self.texts = [[(str(tick * unit), ticks[tick] if inverse else str(ticks[tick] * unit)) for tick in side]
                      for side in sides]  # fmt: skip
        self.plain = [[(Fraction(price), Fraction(size)) for price, size in side] for side in self.texts]

    def levels(self) -> Levels:
        """Return it as the client keeps it."""
        bids, asks = self.texts
        if not self.inverse:
            view: Any = PairBook()
            pairs = [[[price, size] for price, size in side] for side in (bids, asks)]
            view.apply({"f": True, "data": [{"v": "1", "t": 1_700_000_000_250, "b": pairs[0], "a": pairs[1]}]})
        else:
            view = LevelBook()
            rows = [
                {"price": price, "size": size, "side": side}
                for side, levels in (("Buy", bids), ("Sell", asks))
                for price, size in levels
            ]
            view.apply({"type": "snapshot", "timestamp_e6": 1_700_000_000_250_000, "cross_seq": 1, "data": rows})
        return Levels(view, view.changes, view.stamp, *view.best_first())

    def snapshot(self, numbers: type = Decimal) -> BookSnapshot:
        return BookSnapshot("BTCUSD", self.levels(), numbers, self.inverse)

    def depth(self, taken: list[tuple[Fraction, Fraction]], complete: bool) -> tuple[Any, ...]:
        """Return what a ``Depth`` is to tell, exactly."""
        quantity = sum((size for _, size in taken), Fraction(0))
        value = sum((size / price if self.inverse else size * price for price, size in taken), Fraction(0))
        average = None if not taken else quantity / value if self.inverse else value / quantity
        return quantity, taken[-1][0] if taken else None, average, value, len(taken), complete


books = st.builds(
    Book, st.booleans(), st.dictionaries(st.integers(1, 999), st.integers(1, 10**6), max_size=30), st.integers(0, 8)
)


def same(depth: Depth, expected: tuple[Any, ...]) -> bool:
    """Return whether they agree up to the 28th digit."""
    return all(
        one is other or (one is not None and other is not None and abs(Fraction(one) - other) <= abs(other) / 10**26)
        for one, other in zip(depth, expected)
    )


@settings(deadline=None, max_examples=40)
@given(books)
def test_the_levels_are_those_of_the_wire_best_first(book: Book) -> None:
    snapshot = book.snapshot()
    assert [[tuple(map(Fraction, level)) for level in side] for side in (snapshot.bids, snapshot.asks)] == book.plain
    assert snapshot.levels(3) == (snapshot.bids[:3], snapshot.asks[:3])
    assert snapshot.best_bid == next(iter(snapshot.bids), None)
    assert snapshot.best_ask == next(iter(snapshot.asks), None)
    assert not snapshot.is_stale
    assert snapshot.timestamp == 1_700_000_000.25
    bids, asks = book.plain
    if bids and asks:
        assert snapshot.spread == asks[0][0] - bids[0][0]
        assert snapshot.mid == (asks[0][0] + bids[0][0]) / 2
    else:
        assert (snapshot.spread, snapshot.mid) == (None, None)


@settings(deadline=None, max_examples=40)
@given(books, st.booleans(), st.integers(1, 999))
def test_the_depth_to_a_price(book: Book, ask: bool, tick: int) -> None:
    side = book.plain[ask]
    limit = side[tick % len(side)][0] if side and tick % 2 else Fraction(tick, 100)
    taken = [(price, size) for price, size in side if (price <= limit if ask else price >= limit)]
    known = bool(side) and (limit <= side[-1][0] if ask else limit >= side[-1][0])
    depth = book.snapshot().depth_to_price("ask" if ask else "bid", Decimal(limit.numerator) / limit.denominator)
    assert same(depth, book.depth(taken, known)), depth


@settings(deadline=None, max_examples=40)
@given(books, st.booleans(), st.decimals("0.001", 10**7, places=3))
def test_the_depth_to_a_quantity(book: Book, ask: bool, quantity: Decimal) -> None:
    left, taken = Fraction(quantity), []
    for price, size in book.plain[ask]:
        if left:
            taken.append((price, min(left, size)))
            left -= taken[-1][1]
    depth = book.snapshot().depth_to_quantity("ask" if ask else "bid", quantity)
    assert same(depth, book.depth(taken, not left)), depth


@settings(deadline=None, max_examples=40)
@given(books, st.one_of(st.none(), st.integers(1, 40)))
def test_the_imbalance_is_between_minus_one_and_one(book: Book, count: int | None) -> None:
    bids, asks = (sum((size for _, size in side[:count]), Fraction(0)) for side in book.plain)
    found = book.snapshot().imbalance(count)
    if found is None:
        assert not bids + asks
    else:
        assert -1 <= found <= 1
        assert abs(Fraction(found) - (bids - asks) / (bids + asks)) < Fraction(1, 10**26)


def answers(snapshot: BookSnapshot, price: Decimal, quantity: Decimal) -> Iterator[Any]:
    yield from (snapshot.best_bid, snapshot.best_ask, snapshot.spread, snapshot.mid, snapshot.imbalance())
    yield from (*snapshot.bids, *snapshot.asks)
    for side in ("bid", "ask"):
        yield snapshot.depth_to_price(side, price)
        yield snapshot.depth_to_quantity(side, quantity)


@settings(deadline=None, max_examples=40)
@given(books, st.decimals("0.001", 1000, places=3), st.decimals("0.001", 10**7, places=3))
def test_a_float_is_the_decimal_rounded_once(book: Book, price: Decimal, quantity: Decimal) -> None:
    with localcontext() as context:
        context.prec = 3  # the caller's own affairs
        exact = list(answers(book.snapshot(Decimal), price, quantity))
        rounded = list(answers(book.snapshot(float), price, quantity))
    for one, other in zip(exact, rounded):
        ours, theirs = (tuple(each) if isinstance(each, tuple) else (each,) for each in (one, other))
        assert tuple(float(part) if isinstance(part, Decimal) else part for part in ours) == theirs
        assert not any(isinstance(part, Decimal) for part in theirs)


BTC = Book(False, {498: 30, 499: 10, 501: 20, 502: 40}, 1)


def test_what_a_float_says_is_what_a_person_would_say() -> None:
    snapshot = Book(True, {499: 7, 500: 9}, 2).snapshot(float)
    assert (snapshot.spread, snapshot.mid) == (0.01, 4.995)
    assert 5.00 - 4.99 != 0.01, "floats alone would say 0.009999999999999787"
    assert BTC.snapshot(float).depth_to_quantity("ask", 3.5) == Depth(3.5, 50.2, 50.1 + 3 / 70, 175.5, 2, True)


def test_an_empty_and_a_stale_book_say_nothing() -> None:
    empty = Book(False, {}, 0).snapshot(float)
    stale = BookSnapshot("BTCUSDT", None)
    for snapshot in (empty, stale):
        assert (snapshot.best_bid, snapshot.best_ask, snapshot.spread, snapshot.mid) == (None, None, None, None)
        assert (snapshot.bids, snapshot.asks, snapshot.levels(5), snapshot.imbalance()) == ((), (), ((), ()), None)
        assert snapshot.depth_to_price("bid", 1) == snapshot.depth_to_quantity("ask", 1) == (0, None, None, 0, 0, False)
    assert (empty.is_stale, stale.is_stale, stale.timestamp) == (False, True, None)
    assert repr(stale) == "<BookSnapshot BTCUSDT stale>"
    assert repr(BTC.snapshot()) == "<BookSnapshot BTCUSD bid 49.9 x 1.0, ask 50.1 x 2.0, 2 + 2 levels>"


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda book: book.depth_to_price("Buy", 1), "side must be 'bid' or 'ask', not 'Buy': a seller takes from"),
        (lambda book: book.depth_to_quantity("ask", 0), "quantity must be more than 0, not 0"),
        (lambda book: book.depth_to_quantity("ask", "a few"), "quantity must be a number, not 'a few'"),
        (lambda book: book.depth_to_price("ask", float("nan")), "price must be more than 0, not nan"),
        (lambda book: book.depth_to_price("ask", None), "price must be a number, not None"),
        (lambda book: book.depth_to_price("ask", True), "price must be a number, not True"),
        (lambda book: book.levels(0), "count must be 1 or more, not 0"),
        (lambda book: book.levels(1.5), "count must be a whole number of levels, not 1.5"),
        (lambda book: book.imbalance(0), "count must be 1 or more, not 0"),
    ],
)
def test_what_cannot_be_asked(ask: Any, error: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ask(BTC.snapshot())
    assert str(caught.value).startswith(error)


def test_a_price_alone_makes_no_number_of_the_other_levels() -> None:
    levels = BTC.levels()
    levels.bids[1] = levels.asks[1] = ["never", "read"]
    snapshot = BookSnapshot("BTCUSDT", levels, float)
    assert snapshot.best_bid == (49.9, 1.0)
    assert (snapshot.spread, snapshot.levels(1)[1]) == (0.2, ((50.1, 2.0),))
    with pytest.raises(ValueError, match="never"):
        _ = snapshot.bids


def test_it_cannot_be_changed_and_goes_to_another_process_whole() -> None:
    snapshot = BTC.snapshot()
    for name in ("mid", "bids", "best_ask"):
        with pytest.raises(AttributeError):
            setattr(snapshot, name, 1)
    with pytest.raises(AttributeError):
        snapshot.note = "mine"  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(snapshot)).asks == snapshot.asks  # noqa: S301


def test_its_table_has_the_running_total() -> None:
    frame = BTC.snapshot(float).to_frame()
    assert frame.values.tolist() == [
        ["bid", 1, 49.9, 1.0, 1.0],
        ["bid", 2, 49.8, 3.0, 4.0],
        ["ask", 1, 50.1, 2.0, 2.0],
        ["ask", 2, 50.2, 4.0, 6.0],
    ]
    assert list(frame.columns) == ["side", "level", "price", "quantity", "cumulative_quantity"]
    assert str(frame["price"].dtype) == "float64"
    assert len(BookSnapshot("BTCUSDT", None).to_frame()) == 0
