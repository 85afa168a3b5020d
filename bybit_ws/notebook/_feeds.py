"""What live views show: read from a client at each frame, written so that a browser can draw it."""

from __future__ import annotations

import time
from collections import deque
from decimal import Decimal
from typing import Any

from .._client import Client
from .._subscription import Subscription
from .._topics import REALTIME, Row
from .._views.candles import Candles, candles
from .._views.parts import decimals
from .._views.tape import Tape, prints

Traits = dict[str, Any]
"""What a view shows from now on, by the names of its traits; what is missing stays."""

LIVE, STALE, WAITING = "live", "stale", "waiting"

CANDLES = 400
"""Candles that are shown."""

AT_ONCE = 10_000
"""Messages that are taken for one frame at most: as many as wait."""

EVENTS = 6
"""Events that are shown."""

HEALTH_INTERVAL = 0.5
"""Seconds between two looks at a client's health."""

RATES = 90
"""Looks at the rate that are drawn."""


def is_inverse(client: Client) -> bool:
    """Return whether a client is for inverse contracts."""
    return REALTIME in client._SOCKETS


class BookFeed:
    """The best levels of an order book, at which nothing is read while it stays the same."""

    def __init__(self, client: Any, symbol: str, depth: int) -> None:
        options = {"depth": 200 if depth > 25 else 25} if is_inverse(client) else {}
        self._book = client.book(symbol, numbers=Decimal, **options)
        self._depth, self._known, self._seen = depth, None, False
        self._price = self._quantity = 0

    def look(self) -> Traits:
        """Return what is new."""
        book = self._book.snapshot()
        if book is self._known:
            return {}
        self._known = book
        if book.is_stale:
            self._known = None
            self._book._feed.wait(0)  # raises where the exchange refused the symbol
            return {"state": STALE if self._seen else WAITING}
        self._seen = True
        bids, asks = book.levels(self._depth)
        for level in (*bids, *asks):
            self._price = max(self._price, decimals(level.price))
            self._quantity = max(self._quantity, decimals(level.quantity))
        spread = "" if book.spread is None else f"{book.spread:.{self._price}f}"
        return {"state": LIVE, "frame": {"bids": self._told(bids), "asks": self._told(asks), "spread": spread}}

    def _told(self, levels: Any) -> list[list[str]]:
        return [[f"{one.price:.{self._price}f}", f"{one.quantity:.{self._quantity}f}"] for one in levels]

    def close(self) -> None:
        """Read no more."""
        self._book.close()


class StreamFeed:
    """Messages of one stream, pulled at each frame beside whoever else has them."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._seen = False

    def look(self) -> Traits:
        """Return what is new."""
        new = False
        for _ in range(AT_ONCE):
            message = self._subscription.get(0)
            if message is None:
                break
            self._seen = True
            self.take(message)
            new = True
        state = WAITING if not self._seen else STALE if self._subscription.is_stale else LIVE
        return {"state": state, **(self.told if new else {})}

    def take(self, message: dict[str, Any]) -> None:
        """Take a message."""
        raise NotImplementedError

    @property
    def told(self) -> Traits:
        """What to show of all that came."""
        raise NotImplementedError

    def close(self) -> None:
        """Pull no more."""
        self._subscription.unsubscribe()


class CandleFeed(StreamFeed):
    """Candles as ``[start, open, high, low, close, volume]``, the open one apart."""

    def __init__(self, subscription: Subscription, row: Row, symbol: str) -> None:
        super().__init__(subscription)
        self._row, self._candles = row, Candles(symbol)

    def take(self, message: dict[str, Any]) -> None:
        """Take candles as they are now."""
        self._candles.add(candles(self._row, message))

    @property
    def told(self) -> Traits:
        """The candles: those that are over change rarely, the last one often."""
        if not self._candles:
            return {}
        *history, last = ([int(one.start), *map(float, one[1:])] for one in self._candles.last(CANDLES))
        return {"history": history, "frame": {"candle": last, "decimals": self._candles.price_decimals}}


class TradeFeed(StreamFeed):
    """The newest trades, as ``[number, time_ms, bought, price, quantity]``, newest first."""

    def __init__(self, subscription: Subscription, row: Row, symbol: str, rows: int) -> None:
        super().__init__(subscription)
        self._row, self._symbol, self._rows, self._tape = row, symbol, rows, Tape()

    def take(self, message: dict[str, Any]) -> None:
        """Take trades, oldest first."""
        self._tape.add(prints(self._row, message, self._symbol))

    @property
    def told(self) -> Traits:
        """The trades."""
        tape, quantity = self._tape, self._tape.quantity_decimals
        price = tape.price_decimals.get(self._symbol, 0)
        rows = [
            [number, one.time_ms, one.buy, f"{one.price:.{price}f}", f"{one.quantity:.{quantity}f}"]
            for number, one in zip(range(tape.count, tape.count - self._rows, -1), tape.prints)
        ]
        return {"frame": {"trades": rows}}


class HealthFeed:
    """How each socket of a client fares, and what happened last."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._last: tuple[float, dict[str, int]] | None = None
        self._rates: deque[float] = deque(maxlen=RATES)

    def look(self) -> Traits:
        """Return what is new, twice a second."""
        now = time.monotonic()
        if self._last is not None and now - self._last[0] < HEALTH_INTERVAL:
            return {}
        health = {name: one for name, one in self._client.health().items() if one["state"] != "new"}
        before = self._last
        self._last = now, {name: one["messages"] for name, one in health.items()}
        for name, one in health.items():
            one["rate"] = None if before is None else _rate(before, now, name, one["messages"])
            one["up"] = None if one["since"] is None else max(0, round(time.time() - one["since"]))
            for field, places in (("last_message_age", 1), ("lag", 4), ("ping_round_trip", 4), ("rate", 1)):
                one[field] = one[field] and round(one[field], places)
        if before is not None:
            self._rates.append(round(sum(one["rate"] for one in health.values()), 1))
        return {"state": self._state(health), "frame": {"sockets": health, **self._told()}}

    def _state(self, health: dict[str, Any]) -> str:
        if not health:
            return WAITING
        return LIVE if self._client.is_connected() else STALE

    def _told(self) -> Traits:
        events = []
        for event in [*self._client._reporter.recent][: -EVENTS - 1 : -1]:
            words = str(event).removeprefix(f"{event.socket}: ")
            events.append([event.at, type(event).__name__, event.socket, words])
        return {"rates": [*self._rates], "events": events}

    def close(self) -> None:
        """Nothing is held."""


def _rate(before: tuple[float, dict[str, int]], now: float, name: str, messages: int) -> float:
    at, counts = before
    return max(0, messages - counts.get(name, 0)) / (now - at)
