"""The seeded market: determinism, books that never cross, records that agree with trades."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from test_simulator_raw import REALTIME, V1, V2, Raw, is_push, subscribe, v1, v2

from bybit_ws.simulator import Exchange
from bybit_ws.simulator.candles import minutes_of, period
from bybit_ws.simulator.instruments import INSTRUMENTS, INVERSE_INTERVALS, SPOT_INTERVALS
from bybit_ws.simulator.market import Market

NOW = 1_600_000_000_000


def moved(seed: int, steps: int = 1500, now: int = NOW) -> Market:
    market = Market(seed, now)
    for _ in range(steps):
        market.step()
    return market


def flow(market: Market, start: int) -> Any:
    return {
        symbol: [(t.time - start, t.price, t.size, t.buy, t.id) for t in listing.tape.since(0)]
        for symbol, listing in market.listings.items()
    }


def test_the_same_seed_gives_the_same_flow_and_another_seed_another() -> None:
    first = flow(moved(5), NOW)
    assert first == flow(moved(5, now=NOW + 1_000_000), NOW + 1_000_000)
    assert first != flow(moved(6), NOW)
    assert all(len(trades) > 60 for trades in first.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_books_never_cross_and_stay_deep(seed: int) -> None:
    market = Market(seed, NOW)
    for _ in range(2500):
        market.step()
        for listing in market.listings.values():
            assert 0 < listing.book.best_bid < listing.book.best_ask
            assert min(len(listing.book.bids), len(listing.book.asks)) >= 200
            assert all(size > 0 for size in listing.book.bids.top(5).values())


def test_a_book_that_is_refilled_for_hours_never_reaches_zero() -> None:
    market = Market(1, 1_700_000_000_000)
    for flow in market._flows:
        bids = flow.listing.book.bids
        for _ in range(1500):
            bids.set(bids.price(20), 0)
            flow.refill()
        assert len(bids) >= 240
        assert bids.price(-1) > 0, flow.listing.symbol


def test_candles_are_the_sum_of_their_trades() -> None:
    market = moved(3, 3500)
    for listing in market.listings.values():
        trades = listing.tape.since(0)
        for series in listing.candles.series.values():
            for candle in [*series.closed.since(0), series.current]:
                inside = [t for t in trades if candle.start <= t.time < candle.end]
                assert candle.volume == sum(t.size for t in inside)
                if inside:
                    assert candle.close == inside[-1].price
                    assert candle.high == max(candle.open, *(t.price for t in inside))
                    assert candle.low == min(candle.open, *(t.price for t in inside))


def test_the_ticker_is_the_last_trade() -> None:
    market = moved(4)
    for listing in market.listings.values():
        last = listing.tape.last(1)[0]
        assert listing.last == last.price
        assert listing.day.low <= last.price <= listing.day.high


def test_trade_ids_and_sequences_rise_with_holes() -> None:
    for listing in moved(4).listings.values():
        trades = listing.tape.since(0)
        ids = [t.id for t in trades]
        assert ids == sorted(set(ids))
        assert ids[-1] - ids[0] > len(ids)
        assert [t.seq for t in trades] == sorted(t.seq for t in trades)


def test_prices_keep_to_the_tick() -> None:
    market = moved(4)
    for instrument in INSTRUMENTS:
        book = market.listings[instrument.symbol].book
        prices = [*book.bids.sizes, *book.asks.sizes]
        assert all(price % instrument.tick == 0 for price in prices)


def test_candle_periods() -> None:
    monday, month = 1_599_436_800_000, 1_598_918_400_000
    assert period(minutes_of("1w"), NOW) == (monday, monday + 7 * 86_400_000)
    assert period(minutes_of("W"), NOW)[0] == monday
    assert period(minutes_of("1M"), NOW) == (month, month + 30 * 86_400_000)
    assert [minutes_of(name) for name in SPOT_INTERVALS] == [minutes_of(name) for name in INVERSE_INTERVALS]


def test_at_rest_everything_agrees() -> None:
    with Exchange(seed=9, speed=20) as exchange:
        truth = exchange.truth
        with Raw(exchange.url + V1) as raw:
            raw.send(v1("trade"))
            raw.topic("trade", 4)
        exchange.pause()
        book, trades = truth.book("BTCUSDT"), truth.trades("BTCUSDT")
        assert isinstance(book, dict)
        with Raw(exchange.url + V2) as raw:
            raw.send(v2("depth"), v2("bookTicker"), v2("realtimes"), v2("kline", klineType="1d"))
            depth = raw.topic("depth")[0]["data"]
            best = raw.topic("bookTicker")[0]["data"]
            ticker = raw.topic("realtimes")[0]["data"]
            candle = raw.topic("kline")[0]["data"]
        assert {"b": depth["b"], "a": depth["a"]} == truth.book("BTCUSDT", 40)
        assert [best["bidPrice"], best["bidQty"]] == book["b"][0]
        assert [best["askPrice"], best["askQty"]] == book["a"][0]
        assert ticker["c"] == candle["c"] == trades[-1]["p"] == truth.ticker("BTCUSDT")["c"]
        assert candle == truth.candle("BTCUSDT", "1d")
        of_the_day = [trade for trade in trades if trade["t"] >= candle["t"]]
        assert Decimal(candle["v"]) == sum(Decimal(trade["q"]) for trade in of_the_day)
        with Raw(exchange.url + V1) as raw:
            raw.send(v1("depth"), v1("trade"), v1("mergedDepth", dumpScale=2))
            whole = raw.topic("depth")[0]["data"][0]
            assert {"b": whole["b"], "a": whole["a"]} == book
            assert whole["v"] == f"{truth.version('BTCUSDT')}_18"
            assert raw.topic("trade")[0]["data"] == trades[-60:]
            merged = raw.topic("mergedDepth")[0]["data"][0]
            assert {"b": merged["b"], "a": merged["a"]} == truth.book("BTCUSDT", 40)


def test_pause_stops_and_resume_goes_on_from_the_present() -> None:
    with Exchange(seed=9, speed=5) as exchange:
        exchange.pause()
        version = exchange.truth.version("BTCUSD")
        with Raw(exchange.url + REALTIME) as raw:
            raw.send(subscribe("trade.BTCUSD"), {"op": "ping"}, {"op": "ping"})
            assert [raw.receive()["ret_msg"] for _ in range(3)] == ["", "pong", "pong"]
            assert exchange.truth.version("BTCUSD") == version
            exchange.resume()
            (message,) = raw.topic("trade.BTCUSD")
            assert message["data"][0]["trade_time_ms"] >= (time.time() - 5) * 1000


def test_every_public_topic_speaks_at_speed_one() -> None:
    """Within 10 s is what is promised; this looks at the slow ones only, at a tenth of the time."""
    wanted = {f"insurance.{coin}" for coin in ("BTC", "ETH", "EOS", "XRP")}
    wanted |= {f"liquidation.{symbol}" for symbol in ("BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD")}
    with Exchange(seed=9, speed=10) as exchange, Raw(exchange.url + REALTIME) as raw:
        raw.send(subscribe("insurance", "liquidation"))
        start, count = time.monotonic(), dict.fromkeys(wanted, 0)

        def all_twice(message: Any) -> bool:
            if message.get("topic") in count:
                count[message["topic"]] += 1
            return min(count.values()) >= 2

        raw.until(all_twice)
        assert time.monotonic() - start < 3


def test_the_leveraged_token_adds_up() -> None:
    with Exchange(seed=9, speed=20) as exchange, Raw(exchange.url + V1) as raw:
        raw.send(v1("lt", "BTC3LUSDTNAV"))
        first, second = (message["data"][0] for message in raw.collect(lambda m: is_push(m, "lt"), 2))
        assert first["nav"] != second["nav"]
        value = {key: Decimal(text) for key, text in second.items() if key not in "ts"}
        assert abs(value["b"] * value["ti"] - value["n"]) < Decimal("1e-12")
        assert value["loan"] < 0 < value["nav"]
