"""Spot's books: whole ones, changes of one, and the best prices. Pure.

https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .._dialects import MALFORMED
from .._side import OutOfSync
from .._topics import Key, Topic
from .book import Book, Updates
from .fields import Field, constant
from .nested import message_maker
from .spot_envelopes import FIRST, SUBSCRIBED, at, envelope_v1, envelope_v2
from .translation import Push, Translation, Translator

DEPTH_V2 = 40
"""Levels a side of V2's book; V5 has one of 50."""

TIME = Field("t", "ts", code="message['ts']")
_NUMBERS = "the numbers of the update and of the match, u and seq, "
_KEPT = "{}, the best {} of the kept book"
_REPLACES = f"{FIRST}; also where the exchange sends the whole book again"


def version(last: str, words: str) -> Field:
    """Return a book's ``v``, which is opaque and rises; ``last`` is the code of its last part."""
    return constant("v", _NUMBERS + words, f"f\"{{it['u']}}_{{it['seq']}}_{{{last}}}\"")


def sides(words: str) -> tuple[Field, Field]:
    """Return a whole book's sides."""
    return Field("b", words.format("b"), code="bids"), Field("a", words.format("a"), code="asks")


def book_v1(*sides: Field, scale: Field) -> tuple[Field, ...]:
    """Return the table of a V1 book's data."""
    return at(
        "data[].",
        (
            constant("e", "the exchange's number, always 301", "301"),
            constant("s", SUBSCRIBED, "symbol"),
            TIME,
            scale,
            *sides,
            constant("o", "always 0", "0"),
        ),
    )


_18 = version("18", "and 18")
DEPTH_V1_FIELDS = envelope_v1("depth", *book_v1(*sides(_KEPT.format("{}", 200)), scale=_18))
DIFF_DEPTH_V1_FIELDS = envelope_v1("diffDepth", *book_v1(Field("b", "b"), Field("a", "a"), scale=_18), first=_REPLACES)
DEPTH_V2_FIELDS = envelope_v2(
    "depth",
    *at(
        "data.",
        (
            constant("s", SUBSCRIBED, "symbol"),
            TIME,
            version("decimals", "and the decimals of the prices"),
            *sides(_KEPT.format("{}", DEPTH_V2)),
        ),
    ),
)
_EMPTY = "an empty text where that side of the book is empty"
BOOK_TICKER_V2_FIELDS = envelope_v2(
    "bookTicker",
    *at(
        "data.",
        (
            constant("symbol", SUBSCRIBED, "symbol"),
            Field("bidPrice", "price of the best b", note=_EMPTY, code="bid[0]"),
            Field("bidQty", "size of the best b", note=_EMPTY, code="bid[1]"),
            Field("askPrice", "price of the best a", note=_EMPTY, code="ask[0]"),
            Field("askQty", "size of the best a", note=_EMPTY, code="ask[1]"),
            Field("time", "ts", code="message['ts']"),
        ),
    ),
)

make_depth_v1 = message_maker(DEPTH_V1_FIELDS, "it, message, symbol, first, bids, asks")
make_diff_depth_v1 = message_maker(DIFF_DEPTH_V1_FIELDS, "it, message, symbol, first")
make_depth_v2 = message_maker(DEPTH_V2_FIELDS, "it, message, symbol, decimals, bids, asks")
make_book_ticker_v2 = message_maker(BOOK_TICKER_V2_FIELDS, "message, symbol, bid, ask")


class DepthV1(Translator):
    """Sends the whole book every time."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._symbol = symbol
        self._first = True
        self._book = Book(200)

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        book = self._book
        if book.apply(message) is None:
            return ()
        bids, asks = [*map(list.copy, book.bids.entries)], [*map(list.copy, book.asks.entries)]
        made = make_depth_v1(message["data"], message, self._symbol, self._first, bids, asks)
        self._first = False
        return ((self._key, made),)


class DiffDepthV1(Translator):
    """Passes the changes on; the book is kept behind."""

    lends = True

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._symbol = symbol
        self._updates = Updates()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        updates = self._updates
        try:
            replaces = updates.follow(message)
            if replaces is None:
                return ()
            return ((self._key, make_diff_depth_v1(message["data"], message, self._symbol, replaces)),)
        except MALFORMED as error:
            updates.last = None
            raise OutOfSync(f"an update of the book cannot be read: {error!r}") from None


class DepthV2(Translator):
    """Sends the best 40 levels every time."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._symbol = symbol
        self._book = Book(50)
        self._decimals = 0

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        book = self._book
        if book.apply(message) is None:
            return ()
        data = message["data"]
        self._decimals = _most_decimals(data["b"], _most_decimals(data["a"], self._decimals))
        bids = [*map(list.copy, book.bids.entries[:DEPTH_V2])]
        asks = [*map(list.copy, book.asks.entries[:DEPTH_V2])]
        return ((self._key, make_depth_v2(data, message, self._symbol, self._decimals, bids, asks)),)


def _most_decimals(pairs: Iterable[Any], most: int) -> int:
    """Return the decimals of the longest price, or ``most``; prices come without trailing zeros."""
    for pair in pairs:
        decimals = len(pair[0].partition(".")[2])
        if decimals > most:
            most = decimals
    return most


class BookTickerV2(Translator):
    """Sends the best prices every time. The exchange sends snapshots; deltas were seen in 2023."""

    def __init__(self, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._symbol = symbol
        self._snapshot: Any = None
        self._book: Book | None = None

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        if message["type"] == "snapshot":
            data = message["data"]
            bids, asks = data["b"], data["a"]
            self._snapshot, self._book = message, None
        else:
            book = self._kept()
            if book.apply(message) is None:
                return ()
            bids, asks = book.bids.entries, book.asks.entries
        bid, ask = bids[0] if bids else ("", ""), asks[0] if asks else ("", "")
        if bids and asks and float(bid[0]) >= float(ask[0]):
            raise OutOfSync(f"the book is crossed: bid {bid[0]}, ask {ask[0]}")
        return ((self._key, make_book_ticker_v2(message, self._symbol, bid, ask)),)

    def _kept(self) -> Book:
        if self._book is None:
            self._book = Book(1)
            if self._snapshot is not None:
                self._book.apply(self._snapshot)
        return self._book


def orderbook(depth: int) -> Any:
    """Return a translation's ``args`` for the V5 book of a depth."""

    def args(topic: Topic, symbol: str) -> tuple[str, ...]:
        return (f"orderbook.{depth}.{symbol}",)

    return args


RPI = "retail price improvement orders are not in it"

TRANSLATIONS: tuple[Translation, ...] = (
    Translation("depth_v1", orderbook(200), DEPTH_V1_FIELDS, DepthV1, (RPI,)),
    Translation("diff_depth_v1", orderbook(200), DIFF_DEPTH_V1_FIELDS, DiffDepthV1, (RPI,)),
    Translation("depth_v2", orderbook(50), DEPTH_V2_FIELDS, DepthV2, (RPI,)),
    Translation("book_ticker_v2", orderbook(1), BOOK_TICKER_V2_FIELDS, BookTickerV2, (RPI,)),
)
