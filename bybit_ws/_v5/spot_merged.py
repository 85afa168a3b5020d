"""Spot's merged book (``mergedDepth``): V5's deepest one, added up to coarser prices as it changes. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, InvalidOperation, getcontext, setcontext
from functools import partial
from typing import Any

from .._side import INFINITY, OutOfSync
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


_NOWHERE = -INFINITY
"""Less than every rank."""

PRICES = 20_000
"""Prices whose bucket is remembered: those near the middle come and go all the time."""


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
        row: Its price and size as shown, kept up to date as far as rows are shown.
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
        self._rows: list[list[str]] = []
        """Of each rank: the row of its bucket."""
        self._last = _NOWHERE
        """The last rank that was shown: up to it, rows are up to date."""
        self._buckets: dict[int, Bucket] = {}
        self._levels: dict[float, tuple[Decimal, Bucket]] = {}
        """Of each price: its size, and where it is added up."""
        self._remembered: dict[str, int] = {}
        """Of each price, as text: the rank of its bucket."""

    def clear(self) -> None:
        """Forget everything."""
        self.ranks.clear()
        self._rows.clear()
        self._last = _NOWHERE
        self._buckets.clear()
        self._levels.clear()

    def change(self, pairs: Iterable[Any]) -> None:
        """Take in new sizes; zero deletes, as ``Levels`` explains."""
        touched = self._change(pairs)
        while len(self._levels) > self._depth:
            touched[self._trim()] = None
        for bucket in touched:
            if not bucket.total:
                self._drop(bucket)
            elif bucket.rank <= self._last:
                self._write(bucket)

    def _change(self, pairs: Iterable[Any]) -> dict[Bucket, None]:
        """Change levels; return the buckets that are to be shown anew."""
        levels = self._levels
        touched: dict[Bucket, None] = {}
        for text, size in pairs:
            price, amount = float(text), ZERO if size == "0" else Decimal(size)
            there = levels.get(price)
            if there is not None:
                before, bucket = there
                bucket.total -= before
            elif amount:
                bucket = self._bucket(price, text)
            else:
                continue
            if ZERO < amount < INFINITE:
                levels[price] = (amount, bucket)
                bucket.total += amount
            elif amount:
                raise OutOfSync(f"{size!r} is no size")
            else:
                del levels[price]
            touched[bucket] = None
        return touched

    def shown(self) -> list[list[str]]:
        """Return the best of them, as lists of the caller's own.

        Where the exchange's window ends within a bucket, that one is left out, unless it is the only one.
        """
        ranks = self.ranks
        count = min(SHOWN, max(len(ranks) - (len(self._levels) >= self._depth), 1))
        if ranks:
            shown, self._last = self._last, ranks[:count][-1]
            if shown < self._last:
                for rank in ranks[bisect_right(ranks, shown) : count]:
                    self._write(self._buckets[rank])
        return [*map(list.copy, self._rows[:count])]

    def _write(self, bucket: Bucket) -> None:
        row = bucket.row
        row[:] = row[0] or self._price(bucket.rank), plain(bucket.total)

    def _price(self, rank: int) -> str:
        digits = str(abs(rank))
        scale = self._scale
        if not scale:
            return digits
        digits = digits.zfill(scale + 1)
        return f"{digits[:-scale]}.{digits[-scale:]}".rstrip("0").rstrip(".")

    def _bucket(self, price: float, text: str) -> Bucket:
        """Return the bucket of a price, a new one where there is none."""
        rank = self._remembered.get(text)
        if rank is None:
            rank = self._rank(price, text)
        return self._buckets.get(rank) or self._new(rank)

    def _rank(self, price: float, text: str) -> int:
        if not 0 < price < INFINITY:
            raise OutOfSync(f"{text!r} is no price")
        whole, _, fraction = text.partition(".")
        scale = self._scale
        number = int(whole + fraction[:scale].ljust(scale, "0"))
        if self._sign > 0 and fraction[scale:].strip("0"):
            number += 1
        if len(self._remembered) >= PRICES:
            self._remembered.clear()
        self._remembered[text] = number * self._sign
        return number * self._sign

    def _new(self, rank: int) -> Bucket:
        bucket = self._buckets[rank] = Bucket(rank)
        at = bisect_left(self.ranks, rank)
        self.ranks.insert(at, rank)
        self._rows.insert(at, bucket.row)
        return bucket

    def _drop(self, bucket: Bucket) -> None:
        at = bisect_left(self.ranks, bucket.rank)
        del self.ranks[at], self._rows[at], self._buckets[bucket.rank]

    def _trim(self) -> Bucket:
        """Forget the worst level: it is beyond the exchange's window, so that nothing is known of it."""
        levels = self._levels
        amount, bucket = levels.pop(max(levels) if self._sign > 0 else min(levels))
        bucket.total -= amount
        return bucket


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
        if self._applied(message) is None:
            return ()
        bids, asks = self._book.bids.shown(), self._book.asks.shown()
        made = make(message["data"], message, self._symbol, self._scale, self._first, bids, asks)
        self._first = False
        return ((self._key, made),)

    def _applied(self, message: Any) -> bool | None:
        """Apply a message to the book, with exact sums."""
        context = getcontext()
        setcontext(EXACT)
        try:
            return self._book.apply(message)
        except InvalidOperation:
            raise OutOfSync("a size is no number") from None
        finally:
            setcontext(context)


TRANSLATIONS: tuple[Translation, ...] = (
    Translation("merged_depth_v1", orderbook(DEPTH), FIELDS, MergedDepthV1, (RPI,)),
)
