"""The spot public V2 socket: one symbol per message, always acknowledged (sections 5.2 and 8)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, cast

from . import spot_errors as errors
from . import spot_records as records
from .channels import Channel, LogChannel, StateChannel
from .instruments import SPOT, SPOT_INTERVALS
from .listing import Listing, Trade
from .spot_public import SpotPublic
from .wire import Frame, compact

_TOPICS = ("depth", "kline", "trade", "bookTicker", "realtimes")
_DEPTH = 40
_CADENCE = 0.1
_NEAR_REAL_TIME = 0.02


class SpotV2(SpotPublic):
    """Acknowledges, then sends the current state."""

    def command(self, request: dict[str, Any]) -> None:
        """Subscribe or cancel."""
        topic, event, params = errors.check_shape(request)
        echo = _echo(topic, params)
        if event == "sub":
            self._check_refusals(topic, echo["symbol"], request)
        self.send({"topic": topic, "event": event, "params": echo, "code": "0", "msg": "Success"})
        slot = (topic, echo["symbol"], echo.get("klineType"))
        if event == "cancel":
            self.drop(slot)
            return
        listing = self.venue.market.listings[echo["symbol"]]
        self.want(slot, ("v2", topic, *echo.values()), lambda: _make(topic, echo, listing))

    def named(self, slot: Hashable) -> tuple[str, str]:
        """Give topic and symbol; a topic's intervals are one."""
        topic, symbol, _ = cast("tuple[str, str, str]", slot)
        return topic, symbol

    def _check_refusals(self, topic: str, symbol: str, request: dict[str, Any]) -> None:
        if self.venue.refuses(topic):
            raise errors.Refusal(*errors.INVALID_TOPIC)
        if self.venue.refuses(topic, symbol):
            raise errors.NamedRefusal(request, *errors.PARAMETER_ERROR)


def _echo(topic: str, params: dict[str, Any]) -> dict[str, str]:
    """Check the params and give them as acks and pushes echo them: strings, with symbolName."""
    if topic not in _TOPICS:
        raise errors.Refusal(*errors.INVALID_TOPIC)
    interval = params.get("klineType")
    if topic == "kline" and not interval:
        raise errors.Refusal(*errors.PERIOD_REQUIRED)
    if topic == "kline" and interval not in SPOT_INTERVALS:
        raise errors.Refusal(*errors.INVALID_PERIOD)
    symbol = params.get("symbol")
    if symbol not in SPOT:
        raise errors.Refusal(*errors.INVALID_SYMBOLS)
    binary = "true" if errors.is_true(params.get("binary")) else "false"
    kline = {"klineType": str(interval)} if topic == "kline" else {}
    return {"symbol": str(symbol), "binary": binary, **kline, "symbolName": str(symbol)}


class V2Channel(StateChannel):
    """A V2 stream that sends its whole record each time."""

    def __init__(self, period: float, topic: str, params: dict[str, str], listing: Listing) -> None:
        super().__init__(period)
        self.listing = listing
        self._head = compact({"topic": topic, "params": params})[:-1] + ',"data":'

    def frame(self, body: str, first: bool) -> Frame:
        """Write the push; V2 has no first flag."""
        return f"{self._head}{body}}}"

    def version(self) -> Hashable:
        """Change with every trade."""
        return self.listing.tape.count

    def body(self) -> str:
        """Render the ticker."""
        return compact(records.ticker_v2(self.listing))


class _Depth(V2Channel):
    def version(self) -> Hashable:
        return self.listing.book.seq

    def body(self) -> str:
        listing, book = self.listing, self.listing.book
        record: dict[str, Any] = {"s": listing.symbol, "t": book.changed_at}
        record["v"] = f"{book.seq}_{listing.instrument.scale}"
        bids, asks = listing.pairs(book.bids.top(_DEPTH)), listing.pairs(book.asks.top(_DEPTH))
        return compact(record | {"b": bids, "a": asks})


class _BookTicker(V2Channel):
    def version(self) -> Hashable:
        book = self.listing.book
        bid, ask = book.best_bid, book.best_ask
        return bid, book.bids.sizes[bid], ask, book.asks.sizes[ask]

    def body(self) -> str:
        listing, book = self.listing, self.listing.book
        bid, ask = listing.pairs(book.bids.top(1))[0], listing.pairs(book.asks.top(1))[0]
        record: dict[str, Any] = {"symbol": listing.symbol, "bidPrice": bid[0], "bidQty": bid[1]}
        return compact(record | {"askPrice": ask[0], "askQty": ask[1], "time": book.changed_at})


class _Kline(V2Channel):
    def __init__(self, period: float, topic: str, params: dict[str, str], listing: Listing) -> None:
        super().__init__(period, topic, params, listing)
        self._series = listing.candles.series[params["klineType"]]
        self._closed = self._series.closed.count

    def version(self) -> Hashable:
        return self._series.version

    def body(self) -> str:
        return compact(records.candle(self.listing, self._series.current))

    def fresh(self) -> Iterable[Frame]:
        closed = self._series.closed.since(self._closed)
        self._closed = self._series.closed.count
        last = [self.frame(compact(records.candle(self.listing, candle)), False) for candle in closed]
        return [*last, *super().fresh()]


def _trades(params: dict[str, str], listing: Listing) -> Channel:
    head = compact({"topic": "trade", "params": params})[:-1] + ',"data":'

    def render(trade: Trade) -> Frame:
        return f"{head}{compact(records.trade(listing, trade) | {'type': '0'})}}}"

    return LogChannel(_NEAR_REAL_TIME, listing.tape, render)


def _make(topic: str, params: dict[str, str], listing: Listing) -> Channel:
    if topic == "trade":
        return _trades(params, listing)
    kinds: dict[str, tuple[type[V2Channel], float]] = {
        "depth": (_Depth, _CADENCE),
        "bookTicker": (_BookTicker, _CADENCE),
        "kline": (_Kline, _CADENCE),
        "realtimes": (V2Channel, _CADENCE),
    }
    kind, period = kinds[topic]
    return kind(period, topic, params, listing)
