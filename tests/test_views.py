"""What the pictures are made of: models that take messages and know neither clock nor screen."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bybit_ws._topics import BY_STREAM, ROWS
from bybit_ws._views.candles import Candles, candles, seconds
from bybit_ws._views.ladder import Ladder, Scale, nice, sides
from bybit_ws._views.parts import LADDER, decimals, exact, kind_of, milliseconds, number
from bybit_ws._views.records import COLUMNS, KEPT, Records
from bybit_ws._views.tape import Tape, prints


def pairs(*levels: tuple[str, str]) -> list[tuple[D, D]]:
    return [(D(price), D(quantity)) for price, quantity in levels]


def test_a_ladder_adds_up_and_knows_its_middle() -> None:
    ladder = Ladder("BTCUSDT")
    ladder.update(pairs(("99.5", "1"), ("99", "2.25")), pairs(("100", "3")), 0.0)
    assert [rung.total for rung in ladder.bids] == [D(1), D("3.25")]
    assert (ladder.spread, ladder.mid) == (D("0.5"), D("99.75"))
    assert (ladder.depth, ladder.price_decimals, ladder.quantity_decimals) == (2, 1, 2)
    assert ladder.share(1) == 0.25
    assert ladder.share(5) == 3.25 / 6.25
    ladder.update([], pairs(("100", "3")), 1.0)
    assert (ladder.spread, ladder.mid, ladder.depth) == (None, None, 2)


def test_a_ladder_tells_what_changed_and_what_only_came_into_view() -> None:
    ladder = Ladder("BTCUSDT")
    ladder.update(pairs(("99", "1"), ("98", "1")), pairs(("100", "1"), ("101", "1")), 1.0)
    assert {rung.change for rung in (*ladder.bids, *ladder.asks)} == {0}
    ladder.update(pairs(("99.5", "1"), ("99", "2")), pairs(("100", "0.5"), ("102", "1")), 2.0)
    assert [(rung.change, rung.changed) for rung in ladder.bids] == [(1, 2.0), (1, 2.0)]
    assert [rung.change for rung in ladder.asks] == [-1, 0], "102 lies beyond the worst ask that was known"
    ladder.update(pairs(("99.5", "1"), ("99", "2")), pairs(("100", "0.5"), ("102", "1")), 3.0)
    assert ladder.asks[0].changed == 2.0, "nothing changed since"


def test_a_scale_grows_at_once_and_shrinks_late() -> None:
    scale = Scale()
    assert scale.fit(120.0) == 150.0
    assert scale.fit(149.0) == 150.0
    assert scale.fit(60.0) == 150.0
    assert scale.fit(151.0) == 200.0
    assert scale.fit(10.0) == 10.0


@pytest.mark.parametrize("value", [0.0003, 0.02, 0.99, 1, 1.2, 7.5, 99, 100, 123456])
def test_nice_is_near_and_not_below(value: float) -> None:
    assert value <= nice(value) <= 2 * value


def test_books_are_read_best_first_whatever_their_shape() -> None:
    rows = [
        {"price": "98", "size": 1, "side": "Buy"},
        {"price": "99", "size": 2, "side": "Buy"},
        {"price": "100", "size": 3, "side": "Sell"},
    ]
    best = ([(D(99), D(2)), (D(98), D(1))], [(D(100), D(3))])
    assert sides(BY_STREAM["orderbook_25"], {"data": rows}) == best
    book = {"b": [["99", "2"], ["98", "1"]], "a": [["100", "3"]]}
    assert sides(BY_STREAM["depth_v2"], {"data": book}) == best
    assert sides(BY_STREAM["diff_depth_v1"], {"data": [book]}) == best
    ticker = {"bidPrice": "99", "bidQty": "2", "askPrice": "100", "askQty": "3"}
    assert sides(BY_STREAM["book_ticker_v2"], {"data": ticker}) == (best[0][:1], best[1])


def test_a_tape_has_the_newest_on_top_and_counts_all() -> None:
    tape, row = Tape(), BY_STREAM["trade_v1"]
    data = [{"v": str(n), "t": 1000 + n, "p": "20000.5", "q": "0.25", "m": n % 3 == 0} for n in range(600)]
    tape.add(prints(row, {"data": data[:1]}, "BTCUSDT"))
    assert tape.share == 1.0
    tape.add(prints(row, {"data": data[1:]}, "BTCUSDT"))
    assert (tape.prints[0].time_ms, len(tape.prints), tape.count, tape.buys) == (1599, 500, 600, 200)
    assert (tape.bought, tape.sold) == (D(50), D(100))
    assert tape.price_decimals == {"BTCUSDT": 1}
    assert Tape().share is None


def test_a_liquidated_short_position_is_bought_back() -> None:
    data = {"symbol": "BTCUSD", "side": "Sell", "price": "20195.50", "qty": "16349", "time": 1795342730900}
    (one,) = prints(BY_STREAM["liquidation"], {"data": data}, "")
    assert (one.buy, one.price, one.quantity, one.symbol) == (True, D("20195.50"), D(16349), "BTCUSD")


def test_the_open_candle_is_replaced_and_the_oldest_go() -> None:
    kept, row = Candles("BTCUSD", "1"), BY_STREAM["kline"]
    for start in [*range(0, 60 * 600, 60), 60 * 599]:
        record = {"start": start, "open": 1, "high": 3, "low": 0.5, "close": 2.25, "volume": start}
        kept.add(candles(row, {"data": [record]}))
    assert len(kept) == 500
    assert [one.start for one in kept.last(2)] == [60 * 598, 60 * 599]
    assert kept.price_decimals == 2
    assert kept.last(0) == []
    (short,) = candles(BY_STREAM["kline_v2"], {"data": {"t": 60_000, "o": "1", "h": "2", "l": "1", "c": "2", "v": "5"}})
    assert short == (60.0, D(1), D(2), D(1), D(2), D(5))


@pytest.mark.parametrize(("interval", "length"), [("1", 60), ("720", 43200), ("1m", 60), ("12h", 43200), ("D", 86400)])
def test_intervals_have_lengths(interval: str, length: int) -> None:
    assert seconds(interval) == length


def test_records_show_which_values_moved_and_how() -> None:
    records = Records(BY_STREAM["instrument_info"])
    told = {"symbol": "BTCUSD", "last_price": "20187.50", "mark_price": "20193.76", "price_24h_pcnt_e6": -2174}
    records.update({"data": told}, 1.0)
    records.update({"data": {**told, "last_price": "20187.00", "mark_price": "20194.00"}}, 2.0)
    (row,) = records.shown()
    cells = {column.title: cell for column, cell in zip(records.columns, row)}
    assert (cells["last"].change, cells["last"].changed) == (-1, 2.0)
    assert cells["mark"].change == 1
    assert (cells["24 h"].value, cells["24 h"].change) == (D("-0.2174"), 0)
    assert cells["funding"].value is None


def test_orders_are_rows_of_their_own_newest_first_and_the_oldest_go() -> None:
    records = Records(BY_STREAM["order"])
    for number_ in range(KEPT + 1):
        records.update({"data": [{"symbol": "BTCUSD", "order_id": f"{number_}", "order_status": "New"}]}, 1.0)
    records.update({"data": [{"symbol": "BTCUSD", "order_id": "5", "order_status": "Filled"}]}, 2.0)
    status = [column.title for column in records.columns].index("status")
    assert len(records.rows) == KEPT
    assert [row[-1].value for row in records.shown()[:2]] == ["5", str(KEPT)]
    assert (records.shown()[0][status].value, records.shown()[0][status].change) == ("Filled", 1)


def test_balances_are_rows_too() -> None:
    records = Records(BY_STREAM["outbound_account_info"])
    records.update({"B": [{"a": "USDT", "f": "10.5", "l": "0"}, {"a": "BTC", "f": "1", "l": "0"}]}, 1.0)
    assert [row[0].value for row in records.shown()] == ["BTC", "USDT"]


def test_every_stream_without_a_shape_of_its_own_has_columns() -> None:
    assert {row.stream for row in ROWS if kind_of(row) == "records"} == set(COLUMNS)
    assert kind_of(BY_STREAM["orderbook_200"]) == LADDER


def test_numbers_and_moments_are_read_as_the_exchange_writes_them() -> None:
    assert [number(value) for value in ("1.50", 2, True, "", None, "NaN", "text")] == [D("1.50"), D(2), *[None] * 5]
    with pytest.raises(ValueError, match="no number: 'text'"):
        exact("text")
    assert [decimals(D(text)) for text in ("1.50", "100", "1E+3", "0.001")] == [1, 0, 0, 3]
    assert milliseconds("2026-11-22T10:18:50.020Z") == milliseconds(1795342730020) == 1795342730020
    assert milliseconds("soon") is None
