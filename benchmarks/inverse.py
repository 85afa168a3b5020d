"""Inverse messages. https://bybit-exchange.github.io/docs/inverse/#t-publictopics ."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Any

from .book import SIDES, Book, Change
from .series import Message, message

NOW = 1_618_677_785_397_906
FIRST_SEQ = 5_938_954_546

Row = dict[str, Any]


def trades(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield one trade a message."""
    for seq, now in zip(count(FIRST_SEQ), count(NOW // 1000, 100)):
        units = 2 * 20_000 + rng.randint(-200, 200)
        trade = {
            "trade_time_ms": now,
            "timestamp": "2021-04-17T16:43:06.000Z",
            "symbol": symbols[0],
            "side": rng.choice(SIDES),
            "size": rng.randint(1, 100_000),
            "price": units / 2 if units % 2 else units // 2,  # a float or an integer, as it falls
            "tick_direction": rng.choice(["PlusTick", "ZeroPlusTick", "MinusTick", "ZeroMinusTick"]),
            "trade_id": str(uuid.UUID(int=rng.getrandbits(128), version=5)),
            "cross_seq": seq,
        }
        yield message({"topic": f"trade.{symbols[0]}", "data": [trade]})


def orderbook_25(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield a snapshot of 25 levels a side, then deltas 20 ms apart."""
    return _orderbook(rng, f"orderBookL2_25.{symbols[0]}", levels, 20_000, replaced=0.19, updated=2.14)


def orderbook_200(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield a snapshot of 200 levels a side, then deltas 100 ms apart."""
    return _orderbook(rng, f"orderBook_200.100ms.{symbols[0]}", levels, 100_000, replaced=1, updated=2.2)


def _orderbook(
    rng: Random, topic: str, levels: int, interval: int, replaced: float, updated: float
) -> Iterator[Message]:
    symbol = topic.rpartition(".")[2]
    book: Book[Row] = Book(rng, levels, lambda side, tick: _row(symbol, side, tick, rng.randint(1, 1_000_000)))

    def whole(seq: int, now: int) -> dict[str, Any]:
        return _envelope(topic, "snapshot", book.entries("Buy") + book.entries("Sell"), seq, now)

    yield message(whole(FIRST_SEQ, NOW))
    seq = FIRST_SEQ + 3  # always the same: a series starts again and again, and a number that falls is disorder
    for now, changes in zip(count(NOW + interval, interval), book.walk(replaced, updated)):
        yield message(_envelope(topic, "delta", _delta(changes), seq, now), whole(seq, now))


def _delta(changes: dict[str, Change[Row]]) -> dict[str, Any]:
    sides = changes.values()
    gone = [row for change in sides for row in change.deleted.values()]
    return {
        "delete": [{key: value for key, value in row.items() if key != "size"} for row in gone],
        "update": [row for change in sides for row in change.updated.values()],
        "insert": [row for change in sides for row in change.inserted.values()],
        "transactTimeE6": 0,
    }


def _row(symbol: str, side: str, tick: int, size: int) -> Row:
    return {"price": f"{tick / 2:.2f}", "symbol": symbol, "id": tick * 5_000, "side": side, "size": size}


def instrument_info(rng: Random, symbols: Sequence[str], levels: int) -> Iterator[Message]:
    """Yield the whole record, then what changes of it."""
    topic = f"instrument_info.100ms.{symbols[0]}"
    record = _record(symbols[0])
    yield message(_envelope(topic, "snapshot", record, FIRST_SEQ, NOW))
    always = ("id", "symbol", "cross_seq", "created_at", "updated_at")
    for seq, now in zip(count(FIRST_SEQ + 3, 3), count(NOW + 100_000, 100_000)):
        changes = {**rng.choice((_prices, _volumes, _ratios))(rng), "cross_seq": seq}
        record = {**record, **changes}
        update = {key: value for key, value in record.items() if key in always or key in changes}
        delta = {"delete": [], "update": [update], "insert": []}
        yield message(_envelope(topic, "delta", delta, seq, now), _envelope(topic, "snapshot", record, seq, now))


def _prices(rng: Random) -> Row:
    prices = {name: rng.randint(39_000, 41_000) * 5_000 for name in ("last", "bid1", "ask1", "mark", "index")}
    return {
        "last_tick_direction": rng.choice(["PlusTick", "MinusTick"]),
        **{f"{name}_price_e4": price for name, price in prices.items()},
        **{f"{name}_price": f"{price / 10_000:.2f}" for name, price in prices.items()},
    }


def _volumes(rng: Random) -> Row:
    names = ("total_turnover_e8", "turnover_24h_e8", "total_volume", "volume_24h", "open_interest")
    return {name: rng.randint(10**8, 10**15) for name in names}


def _ratios(rng: Random) -> Row:
    return {name: rng.randint(-60_000, 60_000) for name in ("price_24h_pcnt_e6", "price_1h_pcnt_e6")}


def _record(symbol: str) -> Row:
    rng = Random(symbol)  # noqa: S311 - a benchmark has no secrets
    past = ("prev_price_24h", "high_price_24h", "low_price_24h", "prev_price_1h")
    return {
        "id": 1,
        "symbol": symbol,
        **_prices(rng),
        **{f"{name}_e4": 200_000_000 for name in past},
        **dict.fromkeys(past, "20000.00"),
        **_ratios(rng),
        **_volumes(rng),
        "open_value_e8": 0,
        "funding_rate_e6": 548,
        "predicted_funding_rate_e6": 100,
        "cross_seq": FIRST_SEQ,
        "created_at": "2018-11-14T16:33:26Z",
        "updated_at": "2022-01-21T10:14:18Z",
        "next_funding_time": "2022-01-21T16:00:00Z",
        "countdown_hour": 6,
        "funding_rate_interval": 8,
    }


def _envelope(topic: str, kind: str, data: Any, seq: int, now: int) -> dict[str, Any]:
    return {"topic": topic, "type": kind, "data": data, "cross_seq": seq, "timestamp_e6": now}
