"""Spot's merged book (``mergedDepth``): V5's deepest one, added up to coarser prices as it changes. Pure.

Sums are exact: sizes are counted as whole numbers of 10^-18.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
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
PLACES = 18
UNIT = 10**PLACES


def units(size: str) -> int:
    """Return a size as a whole number of 10^-18."""
    whole, _, fraction = size.partition(".")
    if len(fraction) > PLACES:
        raise OutOfSync(f"{size!r} has more than {PLACES} decimals")
    return int(whole + fraction.ljust(PLACES, "0"))


def plain(number: int, places: int) -> str:
    """Write a whole number of 10^-places without trailing zeros."""
    if not places:
        return str(number)
    whole, fraction = divmod(number, 10**places)
    return f"{whole}.{fraction:0{places}d}".rstrip("0").rstrip(".") if fraction else str(whole)


class Buckets:
    """One side of a book, whose levels are added up: bids under the price below, asks under the one above.

    Args:
        sign: 1 for asks, -1 for bids.
        depth: Levels that the exchange keeps in it.
        scale: Decimals of the prices that levels are added up to.

    Attributes:
        ranks: The levels' prices, times ``sign``.
    """

    def __init__(self, sign: int, depth: int, scale: int) -> None:
        self._sign, self._depth, self._scale = sign, depth, scale
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.ranks: list[float] = []
        self._levels: list[tuple[int, int]] = []
        """Of each: its size, and the bucket it is in."""
        self._buckets: list[int] = []
        """Their prices, times ``sign`` and 10^scale, best first."""
        self._totals: dict[int, int] = {}
        self._rows: dict[int, list[str]] = {}
        """As they were shown last, until they change."""

    def change(self, pairs: Iterable[Any]) -> None:
        """Take in new sizes, as ``Levels`` does."""
        ranks, levels, sign = self.ranks, self._levels, self._sign
        for price, size in pairs:
            rank, amount = sign * float(price), units(size)
            at = bisect_left(ranks, rank)
            if at < len(ranks) and ranks[at] == rank:
                before, bucket = levels[at]
                if amount:
                    levels[at] = (amount, bucket)
                else:
                    del ranks[at], levels[at]
                self._add(bucket, amount - before)
            elif amount:
                bucket = self._bucket(price)
                ranks.insert(at, rank)
                levels.insert(at, (amount, bucket))
                self._add(bucket, amount)
            if amount < 0 or not 0 <= sign * rank < INFINITY:
                raise OutOfSync(f"no level: price {price!r}, size {size!r}")
        while len(ranks) > self._depth:
            ranks.pop()
            amount, bucket = levels.pop()
            self._add(bucket, -amount)

    def shown(self) -> list[list[str]]:
        """Return the best of them, as lists of the caller's own.

        Where the exchange's window ends within a bucket, that one is left out, unless it is the only one.
        """
        buckets, rows = self._buckets, self._rows
        whole = len(buckets) - 1 if len(self.ranks) >= self._depth else len(buckets)
        shown = buckets[: min(SHOWN, max(whole, 1))]
        for bucket in shown:
            if bucket not in rows:
                rows[bucket] = [plain(abs(bucket), self._scale), plain(self._totals[bucket], PLACES)]
        return [rows[bucket][:] for bucket in shown]

    def _bucket(self, price: str) -> int:
        whole, _, fraction = price.partition(".")
        scale = self._scale
        bucket = int(whole + fraction[:scale].ljust(scale, "0"))
        if self._sign < 0:
            return -bucket
        return bucket + 1 if fraction[scale:].strip("0") else bucket

    def _add(self, bucket: int, change: int) -> None:
        totals = self._totals
        total = totals.get(bucket)
        self._rows.pop(bucket, None)
        if total is None:
            insort(self._buckets, bucket)
            totals[bucket] = change
        elif total + change:
            totals[bucket] = total + change
        else:
            del totals[bucket], self._buckets[bisect_left(self._buckets, bucket)]


_HOW = "{}, {} to prices of dumpScale decimals; 40 levels a side, fewer where V5's 1,000 do not reach so far"
FIELDS = envelope_v1(
    "mergedDepth",
    *book_v1(
        approximate("b", "b", _HOW.format("added up", "down"), "bids"),
        approximate("a", "a", _HOW.format("added up", "up"), "asks"),
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
