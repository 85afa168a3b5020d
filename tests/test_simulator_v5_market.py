"""V5's public topics: their shapes, and that they tell of the same market as the legacy topics at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from test_simulator_raw import REALTIME, V1, V2, Raw, subscribe, v1, v2

from bybit_ws.simulator import Exchange

SPOT = "/v5/public/spot"
INVERSE = "/v5/public/inverse"
DEPTHS = (1, 50, 200, 1000)

BOOK = ["a", "b", "s", "seq", "u"]
KLINE = ["start", "end", "interval", "open", "close", "high", "low", "volume", "turnover", "confirm", "timestamp"]
TICKER = "symbol tickDirection price24hPcnt lastPrice prevPrice24h highPrice24h lowPrice24h prevPrice1h markPrice"
TICKER += " indexPrice openInterest openInterestValue turnover24h volume24h nextFundingTime fundingRate bid1Price"
TICKER += " bid1Size ask1Price ask1Size singleOpenInterest"
PERPETUAL = f"{TICKER} fundingIntervalHour fundingCap".split()
DATED = f"{TICKER} deliveryTime basisRate basis predictedDeliveryPrice".split()
SPOT_TICKER = "symbol lastPrice highPrice24h lowPrice24h prevPrice24h volume24h turnover24h price24hPcnt usdIndexPrice"
SHAPES = {
    "publicTrade.BTCUSDT": ["i", "T", "p", "v", "S", "seq", "s", "BT", "RPI"],
    "publicTrade.BTCUSD": ["T", "s", "S", "v", "p", "L", "i", "BT", "RPI", "seq"],
    **{f"orderbook.{depth}.{symbol}": BOOK for depth in DEPTHS for symbol in ("BTCUSDT", "BTCUSD")},
    "kline.1.BTCUSDT": KLINE,
    "kline.1.BTCUSD": KLINE,
    "tickers.BTCUSDT": SPOT_TICKER.split(),
    "tickers.BTCUSD": PERPETUAL,
    "tickers.BTCUSDZ26": DATED,
    "allLiquidation.BTCUSD": ["T", "s", "S", "v", "p"],
    "insurance.inverse": ["coin", "symbols", "balance", "updateTime"],
}
NUMBERS = {"T", "seq", "u", "ts", "cts", "cs", "start", "end", "timestamp"}
FLAGS = {"BT", "RPI", "confirm"}
ENOUGH = 12


class Series:
    """What each topic said, while the legacy and the V5 sockets were watched at the same time."""

    def __init__(self, exchange: Exchange) -> None:
        self.legacy: dict[str, list[Any]] = {}
        self.v5: dict[str, list[Any]] = {}
        self._sockets = [Raw(exchange.url + path) for path in (V1, V2, REALTIME, SPOT, INVERSE)]
        self._watch()
        exchange.pause()
        try:
            for client, ping in zip(self._sockets, [{"ping": 1}] * 2 + [{"op": "ping"}] * 3):
                client.send(ping)
                client.until(lambda m: "pong" in m or m.get("ret_msg") == "pong" or self._keep(m))
            self.pools = requests.get(f"{exchange.http_url}/v5/market/insurance", timeout=10).json()["result"]["list"]
        finally:
            exchange.resume()
            for client in self._sockets:
                client.ws.shutdown()

    def _watch(self) -> None:
        one, two, realtime, spot, inverse = self._sockets
        topics = [topic for topic in SHAPES if topic.endswith("USDT")]
        spot.send(subscribe(*topics))
        inverse.send(subscribe(*(topic for topic in SHAPES if topic not in topics)))
        spot.until(lambda m: self._keep(m) or m.get("topic") == "tickers.BTCUSDT")
        inverse.until(lambda m: self._keep(m) or "op" in m)
        one.send(*(v1(topic) for topic in ("trade", "realtimes", "kline_1m", "depth")), v1("mergedDepth", dumpScale=1))
        two.send(*(v2(topic) for topic in ("bookTicker", "depth", "trade")))
        topics = ["trade", "orderBookL2_25", "orderBook_200.100ms", "instrument_info.100ms", "klineV2.1", "liquidation"]
        realtime.send(subscribe(*(f"{topic}.BTCUSD" for topic in topics), "insurance.BTC"))
        self._until(realtime, {f"{topic}.BTCUSD": ENOUGH for topic in topics if topic != "liquidation"})
        self._until(realtime, {"liquidation.BTCUSD": 3, "insurance.BTC": 3})
        self._until(one, dict.fromkeys(("v1 realtimes", "v1 kline", "v1 depth", "v1 mergedDepth"), ENOUGH))
        self._until(two, dict.fromkeys(("v2 bookTicker", "v2 depth", "v2 trade"), ENOUGH))

    def _until(self, client: Raw, counts: dict[str, int]) -> None:
        """Read until the legacy topics have said enough; the other sockets' messages wait meanwhile."""
        client.until(lambda m: self._keep(m) or all(len(self.legacy.get(name, ())) >= n for name, n in counts.items()))

    def _keep(self, message: Any) -> None:
        """Put a push where it belongs."""
        if "data" not in message:
            return
        topic = message["topic"]
        if "ts" in message:
            self.v5.setdefault(topic, []).append(message)
            return
        params = message.get("params", {})
        name = f"v{1 if 'f' in message else 2} {topic}" if params else topic
        self.legacy.setdefault(name, []).append(message)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=7, speed=20) as running:
        yield running


@pytest.fixture(scope="module")
def series(exchange: Exchange) -> Series:
    return Series(exchange)


def rows(messages: list[Any]) -> list[Any]:
    """Give what the messages hold; V2's hold one row each."""
    held = (message["data"] for message in messages)
    return [row for data in held for row in (data if isinstance(data, list) else [data])]


def check_types(record: dict[str, Any]) -> None:
    for key, value in record.items():
        if key in {"a", "b"}:
            assert all(isinstance(text, str) for level in value for text in level)
        else:
            assert type(value) is (int if key in NUMBERS else bool if key in FLAGS else str), key


@pytest.mark.parametrize("topic", list(SHAPES))
def test_shapes(series: Series, topic: str) -> None:
    extra = {"orderbook": ["cts"], "tickers": ["cs"]}.get(topic.split(".")[0], [])
    whole = [message for message in series.v5[topic] if message["type"] == "snapshot"]
    assert whole
    for message in series.v5[topic]:
        assert sorted(message) == sorted(["topic", "type", "ts", "data", *extra])
        check_types({key: message[key] for key in ("ts", *extra)})
        for record in message["data"] if isinstance(message["data"], list) else [message["data"]]:
            check_types(record)
            if message in whole or topic.startswith(("orderbook", "insurance")):
                assert sorted(record) == sorted(SHAPES[topic])
            else:
                assert set(record) < set(SHAPES[topic])
                assert {"symbol", "bid1Price", "ask1Size"} <= set(record)
    if not topic.startswith(("orderbook.50", "orderbook.200", "orderbook.1000", "tickers.BTCUSD", "insurance")):
        assert whole == series.v5[topic]


class Book:
    """A book as a V5 client keeps it."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[str, str]] = {}
        self.u = self.seq = 0

    def take(self, message: Any) -> None:
        data = message["data"]
        assert data["seq"] > self.seq
        self.seq = data["seq"]
        if message["type"] == "snapshot":
            self.sides = {side: dict(data[side]) for side in ("b", "a")}
        else:
            assert data["u"] == self.u + 1
            assert data["b"] or data["a"]
        self.u = data["u"]
        for side in ("b", "a") if message["type"] == "delta" else ():
            for price, size in data[side]:
                if size == "0":
                    del self.sides[side][price]
                else:
                    self.sides[side][price] = size

    def top(self, depth: int) -> tuple[list[Any], list[Any]]:
        """Give the best levels, best first."""
        bids, asks = (sorted(self.sides[side].items(), key=lambda level: Decimal(level[0])) for side in ("b", "a"))
        return [list(level) for level in bids[::-1][:depth]], [list(level) for level in asks[:depth]]


def states(messages: list[Any], depth: int) -> dict[int, Any]:
    """Give the best levels at each ``seq``, checking that nothing is missing."""
    book, found = Book(), {}
    for message in messages:
        book.take(message)
        bids, asks = found[book.seq] = book.top(1000)
        assert max(len(bids), len(asks)) <= depth
        assert Decimal(bids[0][0]) < Decimal(asks[0][0])
    return found


def at(found: dict[int, Any], seq: int) -> Any:
    """Give the state as of ``seq``: that of the last message up to it, as only changes are sent."""
    return found[max(one for one in found if one <= seq)]


@pytest.mark.parametrize(("name", "depth", "cut"), [("v1 depth", 200, 200), ("v2 depth", 50, 40)])
def test_spot_books_are_the_legacy_ones(series: Series, name: str, depth: int, cut: int) -> None:
    found = states(series.v5[f"orderbook.{depth}.BTCUSDT"], depth)
    legacy = rows(series.legacy[name])
    assert len(legacy) > ENOUGH // 2
    for record in legacy:
        bids, asks = at(found, int(record["v"].split("_")[0]))
        assert (bids[:cut], asks[:cut]) == (record["b"], record["a"])
    times = {message["data"]["seq"]: message["ts"] for message in series.v5[f"orderbook.{depth}.BTCUSDT"]}
    shared = [record for record in legacy if int(record["v"].split("_")[0]) in times]
    assert len(shared) > 3
    assert all(times[int(record["v"].split("_")[0])] == record["t"] for record in shared)


def test_the_deepest_spot_book_adds_up_to_the_merged_one(series: Series) -> None:
    found = states(series.v5["orderbook.1000.BTCUSDT"], 1000)
    shared = [one for one in rows(series.legacy["v1 mergedDepth"]) if int(one["v"].split("_")[0]) in found]
    assert len(shared) > 3
    for record in shared:
        for side, levels in zip("ba", found[int(record["v"].split("_")[0])]):
            sums: dict[Decimal, Decimal] = {}
            for price, size in levels:
                rounding = "ROUND_UP" if side == "a" else "ROUND_DOWN"
                bucket = Decimal(price).quantize(Decimal("0.1"), rounding)
                sums[bucket] = sums.get(bucket, Decimal(0)) + Decimal(size)
            assert list(sums.items())[:40] == [(Decimal(price), Decimal(size)) for price, size in record[side]]


@pytest.mark.parametrize(("name", "depth", "cut"), [("orderBookL2_25", 50, 25), ("orderBook_200.100ms", 200, 200)])
def test_inverse_books_are_the_legacy_ones(series: Series, name: str, depth: int, cut: int) -> None:
    found = states(series.v5[f"orderbook.{depth}.BTCUSD"], depth)
    times = {message["data"]["seq"]: message["ts"] for message in series.v5[f"orderbook.{depth}.BTCUSD"]}
    book: dict[Any, int] = {}
    compared = 0
    for message in series.legacy[f"{name}.BTCUSD"]:
        data = message["data"]
        changes = {"insert": data} if message["type"] == "snapshot" else data
        for row in changes.get("delete", ()):
            del book[row["side"], row["price"]]
        for row in [*changes.get("update", ()), *changes["insert"]]:
            book[row["side"], row["price"]] = row["size"]
        if (seq := message["cross_seq"]) < min(found):
            continue
        bids, asks = at(found, seq)
        levels = [("Buy", level) for level in bids[:cut]] + [("Sell", level) for level in asks[:cut]]
        assert {(side, price): int(size) for side, (price, size) in levels} == book
        if seq in times and message["type"] == "delta":
            assert message["timestamp_e6"] == times[seq] * 1000
            compared += 1
    assert compared > ENOUGH // 2


def test_the_best_level_is_the_book_ticker(series: Series) -> None:
    best = {message["ts"]: message["data"] for message in series.v5["orderbook.1.BTCUSDT"]}
    legacy = rows(series.legacy["v2 bookTicker"])
    assert len(legacy) > ENOUGH // 2
    for record in legacy:
        known = best[max(time for time in best if time <= record["time"])]
        assert known["b"] == [[record["bidPrice"], record["bidQty"]]]
        assert known["a"] == [[record["askPrice"], record["askQty"]]]


@pytest.mark.parametrize("name", ["v1 trade", "v2 trade"])
def test_spot_trades_are_the_legacy_ones(series: Series, name: str) -> None:
    trades = rows(series.v5["publicTrade.BTCUSDT"])
    made = [{"v": t["i"], "t": t["T"], "p": t["p"], "q": t["v"], "m": t["S"] == "Buy"} for t in trades]
    shared = [row for row in rows(series.legacy[name]) if row["v"] >= trades[0]["i"]]
    assert len(shared) > ENOUGH // 2
    start = made.index({key: shared[0][key] for key in "vtpqm"})
    assert [{key: row[key] for key in "vtpqm"} for row in shared] == made[start : start + len(shared)]


def test_inverse_trades_are_the_legacy_ones(series: Series) -> None:
    made = {}
    for t in rows(series.v5["publicTrade.BTCUSD"]):
        made[t["i"]] = (t["T"], t["S"], int(t["v"]), float(t["p"]), t["L"], t["seq"])
    legacy = rows(series.legacy["trade.BTCUSD"])
    assert len(legacy) > ENOUGH // 2
    keys = ("trade_time_ms", "side", "size", "price", "tick_direction", "cross_seq")
    assert all(made[row["trade_id"]] == tuple(row[key] for key in keys) for row in legacy)


def test_spot_klines_are_the_legacy_ones(series: Series) -> None:
    legacy = {(row["t"], row["v"]): row for row in rows(series.legacy["v1 kline"])}
    first, *later = rows(series.v5["kline.1.BTCUSDT"])
    assert first["end"] - first["start"] == 59_999
    shared = [row for row in later if (row["start"], row["volume"]) in legacy]
    assert len(shared) > 3
    for row in shared:
        known = legacy[row["start"], row["volume"]]
        assert [row[k] for k in ("open", "high", "low", "close")] == [known[k] for k in "ohlc"]
        assert Decimal(row["low"]) * Decimal(row["volume"]) <= Decimal(row["turnover"])
        assert Decimal(row["turnover"]) <= Decimal(row["high"]) * Decimal(row["volume"])


def test_inverse_klines_are_the_legacy_ones(series: Series) -> None:
    numbers = ("open", "high", "low", "close", "volume", "turnover")

    def shape(row: Any, start: int, end: int, updated: int) -> Any:
        return (start, end, updated, row["confirm"], *(float(row[key]) for key in numbers))

    made = [
        shape(row, row["start"] // 1000, (row["end"] + 1) // 1000, row["timestamp"] * 1000)
        for row in rows(series.v5["kline.1.BTCUSD"])
    ]
    _, *legacy = rows(series.legacy["klineV2.1.BTCUSD"])
    assert len(legacy) > 3
    assert all(shape(row, row["start"], row["end"], int(row["timestamp"])) in made for row in legacy)


def test_spot_tickers_are_the_legacy_ones(series: Series) -> None:
    made = {record["data"]["volume24h"]: record["data"] for record in series.v5["tickers.BTCUSDT"]}
    names = {"c": "lastPrice", "h": "highPrice24h", "l": "lowPrice24h", "o": "prevPrice24h"}
    names |= {"qv": "turnover24h", "xp": "usdIndexPrice"}
    shared = [row for row in rows(series.legacy["v1 realtimes"]) if row["v"] in made]
    assert len(shared) > 3
    for row in shared:
        record = made[row["v"]]
        assert {key: record[name] for key, name in names.items()} == {key: row[key] for key in names}
        assert f"{float(record['price24hPcnt']):.4f}" == row["m"]


def test_inverse_tickers_are_the_legacy_ones(series: Series) -> None:
    made: dict[int, Any] = {}
    record: dict[str, Any] = {}
    for message in series.v5["tickers.BTCUSD"]:
        record = made[message["cs"]] = {**record, **message["data"], "ts": message["ts"]}
    names = {"last_price": "lastPrice", "bid1_price": "bid1Price", "ask1_price": "ask1Price", "mark_price": "markPrice"}
    names |= {"index_price": "indexPrice", "prev_price_24h": "prevPrice24h", "high_price_24h": "highPrice24h"}
    names |= {"low_price_24h": "lowPrice24h", "prev_price_1h": "prevPrice1h", "last_tick_direction": "tickDirection"}
    snapshot, *deltas = series.legacy["instrument_info.100ms.BTCUSD"]
    known = snapshot["data"]
    for message in deltas:
        known |= message["data"]["update"][0]
        row = made[message["cross_seq"]]
        assert {key: row[name] for key, name in names.items()} == {key: known[key] for key in names}
        assert round(float(row["price24hPcnt"]) * 10**6) == known["price_24h_pcnt_e6"]
        assert [int(row["openInterest"]), int(row["volume24h"])] == [known["open_interest"], known["volume_24h"]]
        assert Decimal(row["turnover24h"]) == Decimal(known["turnover_24h_e8"] // 10**4).scaleb(-4)
        assert message["timestamp_e6"] == row["ts"] * 1000
    assert len(deltas) > ENOUGH // 2


def test_liquidations_are_the_legacy_ones(series: Series) -> None:
    made = [(row["T"], row["S"], row["p"], row["v"]) for row in rows(series.v5["allLiquidation.BTCUSD"])]
    legacy = rows(series.legacy["liquidation.BTCUSD"])
    assert len(legacy) > 2
    for row in legacy[:-1]:  # the last may wait for the next 500 ms
        assert (row["time"], row["side"], row["price"], row["qty"]) in made


def test_insurance_adds_up_to_the_legacy_fund(series: Series) -> None:
    isolated, shared = (one for one in series.pools if one["coin"] == "BTC")
    assert (isolated["symbols"], "," in shared["symbols"]) == ("BTCUSD", True)
    made = {row["updateTime"]: row["balance"] for row in rows(series.v5["insurance.inverse"]) if row["coin"] == "BTC"}
    sums = [Decimal(balance) + Decimal(shared["balance"]) for balance in made.values()]
    balances = [Decimal(row["wallet_balance"]).scaleb(-8) for row in rows(series.legacy["insurance.BTC"])]
    assert len(balances) > 2
    assert set(balances[:-1]) <= set(sums)


def test_books_at_rest_equal_the_truth(exchange: Exchange) -> None:
    topics = [f"orderbook.{depth}.{symbol}" for depth in DEPTHS for symbol in ("EOSUSD", "XRPUSD")]
    books = {topic: Book() for topic in topics}
    with Raw(exchange.url + INVERSE) as raw:
        raw.send(subscribe(*topics))
        exchange.pause()
        try:
            truth = {topic: wanted(exchange, topic) for topic in topics}

            def equal(message: Any) -> bool:
                if "data" in message and message["data"]["u"] > books[message["topic"]].u:
                    books[message["topic"]].take(message)
                return all(book.sides and book.top(1000) == truth[topic] for topic, book in books.items())

            raw.until(equal)
        finally:
            exchange.resume()


def wanted(exchange: Exchange, topic: str) -> tuple[list[Any], list[Any]]:
    """Give what a book has to be, from the exchange's own."""
    _, depth, symbol = topic.split(".")
    levels = [(row["side"], [row["price"], str(row["size"])]) for row in exchange.truth.book(symbol, int(depth))]
    return [level for side, level in reversed(levels) if side == "Buy"], [
        level for side, level in levels if side == "Sell"
    ]
