"""Spot V1's streams (wire-legacy sections 6 and 7)."""

from __future__ import annotations

import gzip
from collections.abc import Hashable, Iterable, MutableMapping
from typing import Any, NamedTuple

from . import spot_records as records
from .channels import Channel, StateChannel
from .instruments import LEVERAGED_UNDERLYING
from .listing import Listing
from .market import Market
from .wire import Frame, compact

CADENCE = 0.3
BACKLOG = 60
DEPTH = 200
MERGED = 40


class Stream(NamedTuple):
    """What was subscribed; everything that makes pushes differ."""

    topic: str
    symbol: str
    interval: str | None = None
    scale: int | None = None
    binary: bool = False


class Envelope:
    """Writes one stream's pushes around ready ``data``."""

    def __init__(self, stream: Stream, market: Market) -> None:
        params = {"realtimeInterval": "24h"}
        if stream.interval:
            params["klineType"] = stream.interval
        if stream.scale is not None:
            params["dumpScale"] = str(stream.scale)
        params["binary"] = "true" if stream.binary else "false"
        head = {"symbol": stream.symbol, "symbolName": stream.symbol, "topic": stream.topic, "params": params}
        self._head = compact(head)[:-1] + ',"data":['
        self._binary = stream.binary
        self._market = market

    def __call__(self, body: str, first: bool) -> Frame:
        flag = "true" if first else "false"
        text = f'{self._head}{body}],"f":{flag},"sendTime":{self._market.now}}}'
        return gzip.compress(text.encode(), 1) if self._binary else text


class V1Channel(StateChannel):
    """A V1 stream that sends its whole record each time."""

    def __init__(self, stream: Stream, listing: Listing, market: Market) -> None:
        super().__init__(CADENCE)
        self.stream = stream
        self.listing = listing
        self.frame = Envelope(stream, market)  # type: ignore[method-assign]

    def frame(self, body: str, first: bool) -> Frame:
        """Replaced by this stream's envelope."""
        raise NotImplementedError

    def version(self) -> Hashable:
        """Change with every trade."""
        return self.listing.tape.count

    def body(self) -> str:
        """Render the record."""
        return compact(self.record())

    def record(self) -> dict[str, Any]:
        """Give the record."""
        raise NotImplementedError


class Realtimes(V1Channel):
    """The 24 h ticker."""

    def record(self) -> dict[str, Any]:
        """Give the ticker."""
        return records.ticker_v1(self.listing)


class LeveragedToken(V1Channel):
    """The net asset value of a leveraged token."""

    def record(self) -> dict[str, Any]:
        """Give the token's record."""
        return records.leveraged_token(self.listing)


class Trades(V1Channel):
    """The last 60 trades at first, then new ones only."""

    def __init__(self, stream: Stream, listing: Listing, market: Market) -> None:
        super().__init__(stream, listing, market)
        self._cursor = listing.tape.count

    def first(self) -> Iterable[Frame]:
        """Give the backlog, oldest first."""
        return [self._write(self.listing.tape.last(BACKLOG, self._cursor), True)]

    def fresh(self) -> Iterable[Frame]:
        """Give the trades since the last push, in one message."""
        trades = self.listing.tape.since(self._cursor)
        self._cursor = self.listing.tape.count
        return [self._write(trades, False)] if trades else []

    def _write(self, trades: list[Any], first: bool) -> Frame:
        return self.frame(compact([records.trade(self.listing, trade) for trade in trades])[1:-1], first)


class Klines(V1Channel):
    """The current candle; a candle's last state is sent before its successor."""

    def __init__(self, stream: Stream, listing: Listing, market: Market) -> None:
        super().__init__(stream, listing, market)
        self._series = listing.candles.series[str(stream.interval)]
        self._closed = self._series.closed.count

    def version(self) -> Hashable:
        """Change with every trade and every new candle."""
        return self._series.version

    def record(self) -> dict[str, Any]:
        """Give the current candle."""
        return records.candle(self.listing, self._series.current)

    def fresh(self) -> Iterable[Frame]:
        """Give the candles closed since the last push and the current one."""
        closed = self._series.closed.since(self._closed)
        self._closed = self._series.closed.count
        last = [self.frame(compact(records.candle(self.listing, candle)), False) for candle in closed]
        return [*last, *super().fresh()]


class Depth(V1Channel):
    """The best 200 levels per side, whole each time."""

    def version(self) -> Hashable:
        """Change with the book."""
        return self.listing.book.seq

    def record(self) -> dict[str, Any]:
        """Give the book."""
        book = self.listing.book
        return self.write(book.bids.top(DEPTH), book.asks.top(DEPTH), 18)

    def write(self, bids: dict[int, int], asks: dict[int, int], scale: int) -> dict[str, Any]:
        """Write levels as a V1 book record."""
        book, pairs = self.listing.book, self.listing.pairs
        record: dict[str, Any] = {"e": 301, "s": self.listing.symbol, "t": book.changed_at}
        return record | {"v": f"{book.seq}_{scale}", "b": pairs(bids), "a": pairs(asks), "o": 0}


class MergedDepth(Depth):
    """40 merged levels per side."""

    def record(self) -> dict[str, Any]:
        """Give the merged book."""
        book, scale = self.listing.book, self.stream.scale or 0
        bucket = 10 ** (self.listing.instrument.scale - scale)
        bids = records.merged(book.bids.top(len(book.bids)), bucket, False, MERGED)
        asks = records.merged(book.asks.top(len(book.asks)), bucket, True, MERGED)
        return self.write(bids, asks, scale)


class DiffDepth(Depth):
    """The book at first, then the changes; what leaves the window of 200 is sent as zero.

    Attributes:
        deltas: The last number of each stream's deltas, where they are numbered.
    """

    deltas: MutableMapping[Hashable, int] | None = None

    def __init__(self, stream: Stream, listing: Listing, market: Market) -> None:
        super().__init__(stream, listing, market)
        self._take()

    def first(self) -> Iterable[Frame]:
        """Give the book as of the last push."""
        return [self.frame(self._whole, True)]

    def fresh(self) -> Iterable[Frame]:
        """Give what changed in the window."""
        if self.listing.book.seq == self._seq:
            return []
        bids, asks = self._bids, self._asks
        self._take()
        changes = self.write(_changes(bids, self._bids), _changes(asks, self._asks), 18)
        if not (changes["b"] or changes["a"]):
            return []
        if self.deltas is not None:
            changes["o"] = self.deltas[self.stream] = self.deltas.get(self.stream, 0) + 1
        return [self.frame(compact(changes), False)]

    def _take(self) -> None:
        book = self.listing.book
        self._bids, self._asks, self._seq = book.bids.top(DEPTH), book.asks.top(DEPTH), book.seq
        self._whole = compact(self.write(self._bids, self._asks, 18))


def _changes(old: dict[int, int], new: dict[int, int]) -> dict[int, int]:
    return dict.fromkeys(sorted(old.keys() - new.keys()), 0) | dict(sorted(new.items() - old.items()))


_CLASSES: dict[str, type[V1Channel]] = {
    "trade": Trades,
    "realtimes": Realtimes,
    "kline": Klines,
    "depth": Depth,
    "mergedDepth": MergedDepth,
    "diffDepth": DiffDepth,
    "lt": LeveragedToken,
}


def make(stream: Stream, market: Market, deltas: MutableMapping[Hashable, int] | None = None) -> Channel:
    """Make the channel of one stream; ``deltas`` counts those of books, where they are to be numbered."""
    symbol = LEVERAGED_UNDERLYING if stream.topic == "lt" else stream.symbol
    channel = _CLASSES[stream.topic](stream, market.listings[symbol], market)
    if isinstance(channel, DiffDepth):
        channel.deltas = deltas
    return channel
