"""Spot's merged book (``mergedDepth``): V5's deepest one, added up to coarser prices as it changes. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, InvalidOperation, getcontext, setcontext
from functools import partial
from typing import Any

from .._books import INFINITY, OutOfSync
from .._topics import Key, Topic
from .book import Book
from .fields import approximate, constant
from .nested import message_maker
from .spot_books import RPI, book_v1, orderbook, version
from .spot_envelopes import SUBSCRIBED, envelope_v1, parameter_of
from .translation import Push, Translation, Translator

DEPTH = 1000
SHOWN = 40
ZERO, INFINITE = Decimal(0), Decimal("inf")
EXACT = Context(prec=100, traps=[InvalidOperation])
"""Sums are exact, whatever precision the user, whose callbacks run on the same thread, has chosen."""


def plain(number: Decimal) -> str:
    """Write a number without exponent and trailing zeros."""
    text = str(number)
    if "E" in text:
        text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Bucket:
    """The levels that are shown as one.

    Attributes:
        rank: Its place among the others.
        total: Their sizes.
        row: Its price and size as shown, empty until they are needed.
    """

    __slots__ = ("rank", "row", "total")

    def __init__(self, rank: int) -> None:
        self.rank, self.total, self.row = rank, ZERO, ["", ""]


class Buckets:
    """One side of a book, whose levels are added up: bids under the price below, asks under the one above.

    Args:
        sign: 1 for asks, -1 for bids.
        depth: Levels that the exchange keeps in it.
        scale: Decimals of the prices that levels are added up to.

    Attributes:
        ranks: The prices that are added up to, as whole numbers of 10^-scale times ``sign``, best first.
    """

    def __init__(self, sign: int, depth: int, scale: int) -> None:
        self._sign, self._depth, self._scale = sign, depth, scale
        self.ranks: list[int] = []
        self._buckets: list[Bucket] = []
        self._levels: dict[float, tuple[Decimal, Bucket]] = {}
        """Of each price: its size, and where it is added up."""

    def clear(self) -> None:
        """Forget everything."""
        self.ranks.clear()
        self._buckets.clear()
        self._levels.clear()

    def change(self, pairs: Iterable[Any]) -> None:
        """Take in new sizes; zero deletes, as ``Levels`` explains."""
        context = getcontext()
        setcontext(EXACT)
        try:
            self._change(pairs)
            while len(self._levels) > self._depth:
                self._trim()
        except InvalidOperation:
            raise OutOfSync("a size is no number") from None
        finally:
            setcontext(context)

    def _change(self, pairs: Iterable[Any]) -> None:
        levels = self._levels
        for text, size in pairs:
            price, amount = float(text), ZERO if size == "0" else Decimal(size)
            there = levels.get(price)
            if there is not None:
                before, bucket = there
            elif amount:
                before, bucket = ZERO, self._bucket(price, text)
            else:
                continue
            if ZERO < amount < INFINITE:
                levels[price] = (amount, bucket)
            elif amount:
                raise OutOfSync(f"{size!r} is no size")
            else:
                del levels[price]
            bucket.total += amount - before
            bucket.row[1] = ""
            if not bucket.total:
                self._drop(bucket)

    def shown(self) -> list[list[str]]:
        """Return the best of them, as lists of the caller's own.

        Where the exchange's window ends within a bucket, that one is left out, unless it is the only one.
        """
        count = len(self.ranks) - (len(self._levels) >= self._depth)
        rows = []
        for bucket in self._buckets[: min(SHOWN, max(count, 1))]:
            row = bucket.row
            if not row[1]:
                row[:] = row[0] or self._price(bucket), plain(bucket.total)
            rows.append(row[:])
        return rows

    def _price(self, bucket: Bucket) -> str:
        return plain(Decimal(abs(bucket.rank)).scaleb(-self._scale, EXACT))

    def _bucket(self, price: float, text: str) -> Bucket:
        if not 0 < price < INFINITY:
            raise OutOfSync(f"{text!r} is no price")
        whole, _, fraction = text.partition(".")
        scale = self._scale
        number = int(whole + fraction[:scale].ljust(scale, "0"))
        if self._sign > 0 and fraction[scale:].strip("0"):
            number += 1
        rank = number * self._sign
        at = bisect_left(self.ranks, rank)
        if at == len(self.ranks) or self.ranks[at] != rank:
            self.ranks.insert(at, rank)
            self._buckets.insert(at, Bucket(rank))
        return self._buckets[at]

    def _drop(self, bucket: Bucket) -> None:
        at = bisect_left(self.ranks, bucket.rank)
        del self.ranks[at], self._buckets[at]

    def _trim(self) -> None:
        """Forget the worst level: it is beyond the exchange's window, so that nothing is known of it."""
        levels = self._levels
        worst = max(levels) if self._sign > 0 else min(levels)
        amount, bucket = levels.pop(worst)
        bucket.total -= amount
        bucket.row[1] = ""
        if not bucket.total:
            self._drop(bucket)


_HOW = "added up at prices of dumpScale decimals, rounded {}; 40 a side, fewer where V5's 1,000 levels end before"
FIELDS = envelope_v1(
    "mergedDepth",
    *book_v1(
        approximate("b", "b", _HOW.format("down"), "bids"),
        approximate("a", "a", _HOW.format("up"), "asks"),
        scale=version("parameter", "and dumpScale"),
    ),
    params=(constant("params.dumpScale", SUBSCRIBED, "parameter"),),
)
make = message_maker(FIELDS, "it, message, symbol, parameter, first, bids, asks")


class MergedDepthV1(Translator):
    """Sends the whole merged book every time."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._symbol, self._scale = symbol, parameter_of(topic)
        self._first = True
        self._book = Book(DEPTH, partial(Buckets, scale=int(self._scale)))

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        book = self._book
        if book.apply(message) is None:
            return ()
        bids, asks = book.bids.shown(), book.asks.shown()
        made = make(message["data"], message, self._symbol, self._scale, self._first, bids, asks)
        self._first = False
        return ((self._key, made),)


TRANSLATIONS: tuple[Translation, ...] = (
    Translation("merged_depth_v1", orderbook(DEPTH), FIELDS, MergedDepthV1, (RPI,)),
)
