"""Spot messages. https://bybit-exchange.github.io/docs/spot/#t-publictopics ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Any

from .book import Book, Change
from .series import Message, message

NOW = 1_664_284_020_000
VERSION = "112801745_18"
"""Always the same: a series starts again and again, and a version that falls is disorder."""

BACKLOG = 60
"""Trades that a subscription to V1 ``trade`` begins with."""

Pair = list[str]
Sides = tuple[list[Pair], list[Pair]]


def trades_v1(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield one trade a message, the symbols in turn, after the last trades of each."""
    numbers = count(2_100_000_000_002_571_479)
    for symbol in symbols:
        backlog = [_trade(rng, next(numbers)) for _ in range(BACKLOG)]
        yield message(_envelope("trade", symbol, backlog, NOW, first=True))
    for now in count(NOW, 300):
        for symbol in symbols:
            yield message(_envelope("trade", symbol, [_trade(rng, next(numbers), now)], now))


def trades_v2(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield one trade a message."""
    for number, now in zip(count(2_290_000_000_033_122_060), count(NOW, 40)):
        params = {"symbol": symbols[0], "binary": "false", "symbolName": symbols[0]}
        yield message({"topic": "trade", "params": params, "data": {**_trade(rng, number, now), "type": "0"}})


def depth(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield the whole book each time."""
    for whole, _, now in _books(rng, levels):
        yield message(_envelope("depth", symbols[0], [_book(symbols[0], now, whole)], now, first=now == NOW))


def diff_depth(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield the whole book, then what changes of it."""
    for whole, changed, now in _books(rng, levels):
        said, merged = (
            _envelope("diffDepth", symbols[0], [_book(symbols[0], now, sides)], now, first=now == NOW)
            for sides in (changed, whole)
        )
        yield message(said, merged)


def _books(rng: Random, levels: int) -> Iterator[tuple[Sides, Sides, int]]:
    """Yield the whole book (bids, asks), what has changed of it (at first all), and the time."""
    book: Book[Pair] = Book(rng, levels, lambda side, tick: [_price(tick), _quantity(rng)])
    whole = _whole(book)
    yield whole, whole, NOW
    for now, changes in zip(count(NOW + 300, 300), book.walk(replaced=0.75, updated=6.3)):
        yield _whole(book), (_pairs(changes["Buy"])[::-1], _pairs(changes["Sell"])), now


def _whole(book: Book[Pair]) -> Sides:
    return book.entries("Buy")[::-1], book.entries("Sell")


def _pairs(change: Change[Pair]) -> list[Pair]:
    gone = {tick: [price, "0"] for tick, (price, _) in change.deleted.items()}
    pairs = {**gone, **change.updated, **change.inserted}
    return [pairs[tick] for tick in sorted(pairs)]


def _envelope(topic: str, symbol: str, data: Any, now: int, first: bool = False) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "symbolName": symbol,
        "topic": topic,
        "params": {"realtimeInterval": "24h", "binary": "false"},
        "data": data,
        "f": first,
        "sendTime": now + 20,
    }


def _trade(rng: Random, number: int, now: int = NOW) -> dict[str, Any]:
    price = _price(rng.randint(39_900, 40_100))
    return {"v": str(number), "t": now - rng.randint(0, 300), "p": price, "q": _quantity(rng), "m": rng.random() < 0.5}


def _book(symbol: str, now: int, sides: Sides) -> dict[str, Any]:
    bids, asks = sides
    return {"e": 301, "s": symbol, "t": now, "v": VERSION, "b": bids, "a": asks, "o": 0}


def _price(tick: int) -> str:
    return _decimal(2_000_000 + tick, 2)


def _quantity(rng: Random) -> str:
    return _decimal(rng.randint(1, 400_000), 6)


def _decimal(units: int, places: int) -> str:
    return f"{units / 10**places:.{places}f}".rstrip("0").rstrip(".")
