"""Inverse's public streams made of V5's: values, whole messages, records and the tables themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._books import OutOfSync, Record
from bybit_ws._dialects import MALFORMED
from bybit_ws._topics import BY_STREAM
from bybit_ws._v5.fields import Quality
from bybit_ws._v5.inverse_values import change, hours_until, iso, number, scaled
from bybit_ws._v5.translation import NEVER, Errand, Translation
from tests.inverse_pushes import (
    ASKS,
    BIDS,
    CANDLES,
    DATED,
    FUNDS,
    LAUNCH,
    LIQUIDATIONS,
    POOLS,
    TICKER,
    TRADES,
    TRANSLATIONS,
    book,
    one,
    record,
    start,
    ticker,
)

# -- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        ("28566.94", 4, 285669400),
        ("28566.9", 4, 285669000),
        ("28566", 4, 285660000),
        ("0.023362", 6, 23362),
        ("-0.023362", 6, -23362),
        ("-0.0000392", 6, -39),
        ("-0.0000398", 6, -40),
        ("0.00000049", 6, 0),
        ("15747.08", 8, 1574708000000),
        ("89893008673.429363017", 8, 8989300867342936302),
        ("661543991.0000", 0, 661543991),
        ("661543991.6", 0, 661543992),
        ("", 6, 0),
        ("0", 4, 0),
        (".5", 1, 5),
        ("1e-3", 4, 10),
    ],
)
def test_a_decimal_text_is_scaled_without_a_loss(text: str, places: int, value: int) -> None:
    assert scaled(text, places) == value


@settings(max_examples=24, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**12), max_value=10**12))
def test_scaling_is_what_decimals_do(value: Decimal) -> None:
    for places in (0, 4, 6, 8):
        assert scaled(f"{value:f}", places) == round(value.scaleb(places))


@pytest.mark.parametrize("text", ["abc", "NaN", "Infinity", "1.2.3", "0x10"])
def test_what_is_no_number_is_malformed(text: str) -> None:
    for read in (lambda: scaled(text, 4), lambda: number(text)):
        with pytest.raises(MALFORMED):
            read()


def test_numbers_are_whole_where_they_can_be() -> None:
    assert [repr(number(text)) for text in ("8098.00", "8098.50", "0", "0.30", "10000000")] == [
        "8098",
        "8098.5",
        "0",
        "0.3",
        "10000000",
    ]


@pytest.mark.parametrize(
    ("now", "then", "millionths"),
    [
        ("1.908", "1.914", -3134),
        ("190.65", "191.50", -4438),
        ("29524.50", "29519.50", 169),
        ("29930.50", "29960.00", -984),
        ("29917.00", "29915.00", 66),
        ("5", "5", 0),
        ("5", "", 0),
        ("5", "0", 0),
    ],
)
def test_the_change_of_an_hour_is_cut_off_as_recordings_of_the_documented_endpoint_show(
    now: str, then: str, millionths: int
) -> None:
    assert change(now, then) == millionths


@pytest.mark.parametrize(
    ("moment", "now", "hours"),
    [("7200000", 0, 2), ("7200000", 1, 2), ("7200000", 3600000, 1), ("7200000", 7200000, 0), ("1", 9, 0), ("", 9, 0)],
)
def test_hours_are_rounded_up(moment: str, now: int, hours: int) -> None:
    assert hours_until(moment, now) == hours


def test_times_are_spelled_as_the_documents_do() -> None:
    assert (iso(1578853525), iso(0)) == ("2020-01-12T18:25:25", "1970-01-01T00:00:00")
    with pytest.raises(MALFORMED):
        iso(10**17)


# -- whole messages --------------------------------------------------------------------------------------


def test_a_push_of_trades_is_one_message_in_the_documented_order() -> None:
    made = one(start("trade"), TRADES)
    first, second = made["data"]
    assert list(made) == ["topic", "data"]
    assert list(first.items()) == [
        ("timestamp", "2023-01-18T17:26:23.000Z"),
        ("trade_time_ms", 1674062783255),
        ("symbol", "BTCUSD"),
        ("side", "Sell"),
        ("size", 4),
        ("price", 1544.7),
        ("tick_direction", "PlusTick"),
        ("trade_id", "db00bec3-6017-5406-a467-2868a37e9f18"),
        ("cross_seq", 12152196098),
        ("is_block_trade", "false"),
    ]
    assert (second["size"], repr(second["price"]), second["is_block_trade"]) == (10000000, "1545", "true")
    assert start("trade").translate({**TRADES, "data": []}, 0.0) == ()


def test_a_candle_has_seconds_numbers_and_microseconds() -> None:
    ((key, made),) = start("kline", parameter="5").translate(CANDLES, 0.0)
    assert key == ("klineV2.5", "BTCUSD")
    assert json.dumps(made, separators=(",", ":")) == (
        '{"topic":"klineV2.5.BTCUSD","data":[{"start":1660414200,"end":1660414500,"open":24555.5,"close":24554,'
        '"high":24555.5,"low":24548,"volume":61397,"turnover":2.50100659,"confirm":false,"cross_seq":0,'
        '"timestamp":1660414346404000}],"timestamp_e6":1660414346500000}'
    )


def test_each_liquidation_is_a_message() -> None:
    pushes = start("liquidation").translate(LIQUIDATIONS, 0.0)
    assert [key for key, _ in pushes] == [("liquidation", "BTCUSD")] * 2
    assert pushes[0][1] == {
        "topic": "liquidation.BTCUSD",
        "data": {"symbol": "BTCUSD", "side": "Sell", "price": "45171.00", "qty": "2329", "time": 1632123949005},
    }
    assert pushes[1][1]["data"]["side"] == "Buy"


@pytest.mark.parametrize(
    ("stream", "parameter", "args"),
    [
        ("orderbook_25", None, "orderbook.50.ETHUSD"),
        ("orderbook_200", None, "orderbook.200.ETHUSD"),
        ("trade", None, "publicTrade.ETHUSD"),
        ("instrument_info", None, "tickers.ETHUSD"),
        ("kline", "D", "kline.D.ETHUSD"),
        ("liquidation", None, "allLiquidation.ETHUSD"),
        ("insurance", None, "insurance.inverse"),
    ],
)
def test_every_stream_has_its_v5_topic(stream: str, parameter: Any, args: str) -> None:
    assert TRANSLATIONS[stream].args(BY_STREAM[stream].topic(parameter), "ETHUSD") == (args,)


# -- insurance -------------------------------------------------------------------------------------------


def fund(coin: str, timestamp: str, balance: int) -> tuple[tuple[str, str], dict[str, Any]]:
    row = {"currency": coin, "timestamp": timestamp, "wallet_balance": balance}
    return ("insurance", coin), {"topic": f"insurance.{coin}", "data": [row]}


def test_a_coins_fund_is_the_sum_of_its_pools_those_of_rest_and_those_pushed() -> None:
    translator = start("insurance", "BTC")
    assert translator.errand == Errand("/v5/market/insurance", (("coin", "BTC"),))
    assert translator.answered(FUNDS, 1.0) == [fund("BTC", "2025-05-20T00:00:00Z", 9_050_000_000)]
    assert translator.translate(POOLS, 2.0) == [fund("BTC", "2025-05-20T06:35:30Z", 10_062_345_678)]
    eth = {**POOLS, "data": POOLS["data"][1:]}
    assert list(translator.translate(eth, 3.0)) == []


def test_what_was_pushed_before_rest_answered_is_newer_than_the_answer() -> None:
    translator = start("insurance", "BTC")
    assert translator.translate(POOLS, 1.0) == ()
    assert translator.answered(FUNDS, 2.0) == [fund("BTC", "2025-05-20T06:35:30Z", 10_062_345_678)]
    assert translator.due == NEVER


@pytest.mark.parametrize("nothing", [None, {}, [], {"updatedTime": "x", "list": [{"coin": "BTC", "balance": "1"}]}])
def test_where_rest_is_silent_the_pushed_pools_are_told(nothing: Any) -> None:
    translator = start("insurance", "ETH")
    assert translator.translate(POOLS, 1.0) == ()
    assert translator.answered(nothing, 2.0) == [fund("ETH", "2025-05-20T06:35:30Z", 700_000_000)]


def test_rest_is_not_waited_for_for_ever_and_may_answer_later() -> None:
    translator = start("insurance", "BTC")
    assert (translator.due, translator.translate(POOLS, 1.0), translator.due) == (NEVER, (), 11.0)
    assert translator.translate(POOLS, 5.0) == translator.flush(10.0) == ()
    assert translator.flush(11.0) == [fund("BTC", "2025-05-20T06:35:30Z", 10_012_345_678)]
    assert translator.due == NEVER
    assert translator.answered(FUNDS, 12.0) == [fund("BTC", "2025-05-20T06:35:30Z", 10_062_345_678)]


def test_all_coins_are_those_of_inverse_contracts_a_message_each() -> None:
    translator = start("insurance", "*")
    assert translator.errand == Errand("/v5/market/insurance")
    assert translator.answered(FUNDS, 1.0) == [
        fund("BTC", "2025-05-20T00:00:00Z", 9_050_000_000),
        fund("XRP", "2025-05-20T00:00:00Z", 300_000_000),
    ]
    assert [key for key, _ in translator.translate(POOLS, 2.0)] == [("insurance", "BTC"), ("insurance", "ETH")]


# -- instrument_info -------------------------------------------------------------------------------------


def test_a_ticker_is_the_whole_record() -> None:
    translator = start("instrument_info")
    assert translator.errand == Errand(
        "/v5/market/instruments-info", (("category", "inverse"), ("symbol", "BTCUSD"))
    )
    assert translator.answered(LAUNCH, 0.0) == ()
    made = one(translator, ticker())
    assert [made[name] for name in ("topic", "type", "cross_seq", "timestamp_e6")] == [
        "instrument_info.100ms.BTCUSD",
        "snapshot",
        13458633487,
        1654161517001000,
    ]
    assert json.dumps(made["data"], separators=(",", ":")) == (
        '{"id":1,"symbol":"BTCUSD","last_price_e4":299305000,"last_price":"29930.50","bid1_price_e4":299305000,'
        '"bid1_price":"29930.50","ask1_price_e4":299310000,"ask1_price":"29931.00",'
        '"last_tick_direction":"ZeroMinusTick","prev_price_24h_e4":315895000,"prev_price_24h":"31589.50",'
        '"price_24h_pcnt_e6":-52517,"high_price_24h_e4":318740000,"high_price_24h":"31874.00",'
        '"low_price_24h_e4":292780000,"low_price_24h":"29278.00","prev_price_1h_e4":299600000,'
        '"prev_price_1h":"29960.00","price_1h_pcnt_e6":-984,"mark_price_e4":299463400,"mark_price":"29946.34",'
        '"index_price_e4":299461300,"index_price":"29946.13","open_interest":654525102,'
        '"open_value_e8":2185660000000,"turnover_24h_e8":5730317570000,"volume_24h":1745270625,'
        '"funding_rate_e6":-39,"cross_seq":13458633487,"created_at":"2018-11-14T16:33:26Z",'
        '"updated_at":"2022-06-02T09:18:37Z","next_funding_time":"2022-06-02T16:00:00Z","countdown_hour":7,'
        '"funding_rate_interval":8}'
    )


def test_a_delta_holds_what_changed_and_what_every_delta_repeats() -> None:
    translator = start("instrument_info")
    translator.answered(LAUNCH, 0.0)
    translator.translate(ticker(), 0.0)
    said = ticker("delta", 13458633510, 1654161518000, symbol="BTCUSD", lastPrice="29930.00", fundingRate="-0.0000392")
    said["data"] |= {"bid1Price": "29930.50", "bid1Size": "99", "markPrice": "29946.34", "price24hPcnt": "-0.052533"}
    made = one(translator, said)
    assert list(made) == ["topic", "type", "data", "cross_seq", "timestamp_e6"]
    assert (made["type"], made["cross_seq"], made["timestamp_e6"]) == ("delta", 13458633510, 1654161518000000)
    assert list(made["data"]) == ["delete", "update", "insert"]
    assert made["data"]["delete"] == made["data"]["insert"] == []
    assert list(made["data"]["update"][0].items()) == [
        ("id", 1),
        ("symbol", "BTCUSD"),
        ("last_price_e4", 299300000),
        ("last_price", "29930.00"),
        ("price_24h_pcnt_e6", -52533),
        ("price_1h_pcnt_e6", -1001),
        ("cross_seq", 13458633510),
        ("created_at", "2018-11-14T16:33:26Z"),
        ("updated_at", "2022-06-02T09:18:38Z"),
    ]


@pytest.mark.parametrize(
    "same",
    [
        {"bid1Price": "29930.50", "bid1Size": "1000"},
        {"fundingRate": "-0.0000391"},
        {"openInterest": "654525102", "singleOpenInterest": "5", "basis": ""},
        {},
    ],
)
def test_where_no_documented_field_changed_nothing_is_said(same: dict[str, Any]) -> None:
    translator = start("instrument_info")
    translator.translate(ticker(), 0.0)
    assert translator.translate(ticker("delta", 13458633999, 1654161519000, symbol="BTCUSD", **same), 0.0) == ()


def test_the_countdown_goes_on_though_no_key_changes() -> None:
    translator = start("instrument_info")
    translator.translate(ticker(), 0.0)
    at_ten = 1654164000000
    assert translator.translate(ticker("delta", 2, at_ten - 1, symbol="BTCUSD"), 0.0) == ()
    (update,) = record(translator, ticker("delta", 3, at_ten, symbol="BTCUSD"))["update"]
    assert update["countdown_hour"] == 6
    assert translator.translate(ticker("delta", 4, at_ten + 1, symbol="BTCUSD"), 0.0) == ()


def test_the_launch_is_told_as_soon_as_rest_tells_it() -> None:
    translator = start("instrument_info")
    view = Record()
    first = one(translator, ticker())
    assert "created_at" not in first["data"]
    view.apply(first)
    ((key, made),) = translator.answered(LAUNCH, 0.0)
    assert key == ("instrument_info.100ms", "BTCUSD")
    assert (made["type"], made["cross_seq"], made["timestamp_e6"]) == ("delta", 13458633487, 1654161517001000)
    assert made["data"]["update"] == [
        {"id": 1, "symbol": "BTCUSD", "cross_seq": 13458633487}
        | {"created_at": "2018-11-14T16:33:26Z", "updated_at": "2022-06-02T09:18:37Z"}
    ]
    view.apply(made)
    assert made["data"]["created_at"] == "2018-11-14T16:33:26Z"
    assert record(translator, ticker(ts=1654161599000))["created_at"] == "2018-11-14T16:33:26Z"


def test_what_was_told_of_a_ticker_is_not_what_is_kept() -> None:
    translator = start("instrument_info")
    record(translator, ticker()).update(last_price="1", bid1_price="29999.00")
    ((_, made),) = translator.translate(ticker("delta", symbol="BTCUSD", bid1Price="29999.00"), 0.0)
    (update,) = made["data"]["update"]
    assert update.keys() - {"id", "symbol", "cross_seq", "updated_at"} == {"bid1_price", "bid1_price_e4"}
    update["bid1_price"] = "2"
    assert translator.translate(ticker("delta", symbol="BTCUSD", bid1Price="29999.00"), 0.0) == ()


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        {"list": []},
        {"list": [{"symbol": "ETHUSD", "launchTime": "5000"}]},
        {"list": [{"symbol": "BTCUSD", "launchTime": "0"}]},
        {"list": [{"symbol": "BTCUSD", "launchTime": ""}]},
        {"list": [{"symbol": "BTCUSD"}]},
    ],
)
def test_a_launch_that_rest_does_not_tell_stays_away(nothing: Any) -> None:
    translator = start("instrument_info")
    translator.translate(ticker(), 0.0)
    assert translator.answered(nothing, 0.0) == ()
    (update,) = record(translator, ticker("delta", symbol="BTCUSD", lastPrice="1"))["update"]
    assert "created_at" not in update


def test_dated_futures_have_empty_values_and_lack_others() -> None:
    made = record(start("instrument_info", "BTCUSDM22"), ticker(**DATED))
    assert made["id"] == 0
    assert made["next_funding_time"] == "1970-01-01T00:00:00Z"
    assert made["funding_rate_e6"] == made["countdown_hour"] == 0
    assert "funding_rate_interval" not in made


def test_an_empty_side_is_zero_and_a_key_that_comes_late_is_told() -> None:
    translator = start("instrument_info")
    lacking = {key: value for key, value in TICKER.items() if key not in ("prevPrice1h", "indexPrice")}
    made = record(translator, ticker(**{**lacking, "bid1Price": ""}))
    assert (made["bid1_price_e4"], made["bid1_price"]) == (0, "0")
    assert not {"prev_price_1h", "price_1h_pcnt_e6", "index_price_e4"} & made.keys()
    (update,) = record(translator, ticker("delta", symbol="BTCUSD", prevPrice1h="29960.00", ask1Price=""))["update"]
    assert (update["price_1h_pcnt_e6"], update["prev_price_1h"], update["ask1_price"]) == (-984, "29960.00", "0")


def test_a_ticker_that_cannot_be_read_needs_a_new_snapshot() -> None:
    translator = start("instrument_info")
    assert translator.translate(ticker("delta", symbol="BTCUSD", lastPrice="1"), 0.0) == ()
    translator.translate(ticker(), 0.0)
    with pytest.raises(OutOfSync):
        translator.translate(ticker("delta", symbol="BTCUSD", lastPrice="nonsense"), 0.0)
    assert translator.translate(ticker("delta", symbol="BTCUSD", lastPrice="1"), 0.0) == ()
    assert one(translator, ticker())["type"] == "snapshot"


PRICES = st.sampled_from(["", "1", "29930.5", "29930.50", "29931.00", "0.00001"])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        **{key: PRICES for key in TICKER if "Price" in key},
        "fundingRate": st.sampled_from(["", "-0.0000392", "0.0001"]),
        "nextFundingTime": st.sampled_from(["", "1654185600000", "1654214400000"]),
        "fundingIntervalHour": st.sampled_from(["", "4", "8"]),
        "bid1Size": PRICES,
    },
)


@settings(max_examples=16, deadline=None)
@given(st.booleans(), st.lists(st.tuples(CHANGES, st.integers(0, 7_200_000)), max_size=8), st.integers(0, 8))
def test_deltas_add_up_to_the_record_of_the_whole_ticker(dated: bool, changes: list[Any], answer: int) -> None:
    kept = dict(DATED if dated else TICKER) | {"symbol": "BTCUSD"}
    translator, view, ts = start("instrument_info"), Record(), 1654161517001
    shown = one(translator, ticker(**kept))
    view.apply(shown)
    for at, (change_, later) in enumerate(changes):
        if at == answer:
            for _, made in translator.answered(LAUNCH, 0.0):
                view.apply(made)
                shown = made
        ts += later
        kept |= change_
        fresh = start("instrument_info")
        if at >= answer:
            fresh.answered(LAUNCH, 0.0)
        expected = one(fresh, ticker(ts=ts, **kept))["data"]
        pushes = translator.translate(ticker("delta", ts=ts, **{"symbol": "BTCUSD", **change_}), 0.0)
        stale = {**shown["data"], "updated_at": expected["updated_at"]} == expected
        assert len(pushes) == (0 if stale else 1)
        for _, made in pushes:
            view.apply(made)
            shown = made
        assert {**shown["data"], "updated_at": expected["updated_at"]} == expected


# -- the tables ------------------------------------------------------------------------------------------


def paths(value: Any, prefix: str = "") -> Iterator[str]:
    """Return the paths of a message's fields: ``data[].price``."""
    if isinstance(value, dict):
        for name, inner in value.items():
            deeper = [*paths(inner, f"{prefix}{name}.")]
            yield from deeper or [f"{prefix}{name}"]
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from paths(inner, f"{prefix[:-1]}[].")


def examples(stream: str) -> list[dict[str, Any]]:
    """Return messages that hold every field which a stream has."""
    if stream.startswith("orderbook"):
        translator = start(stream)
        said = [book("snapshot", 5, BIDS, ASKS), book("delta", 6, [("86617.90", "0"), ("86614.70", "9"), ("1", "1")])]
    elif stream == "instrument_info":
        translator = start(stream)
        translator.answered(LAUNCH, 0.0)
        said = [ticker(), ticker("delta", symbol="BTCUSD", lastPrice="5")]
    elif stream == "insurance":
        return [made for _, made in start(stream, "BTC").answered(FUNDS, 0.0)]
    else:
        translator = start(stream, parameter="5")
        said = [{"trade": TRADES, "kline": CANDLES, "liquidation": LIQUIDATIONS}[stream]]
    return [made for message in said for _, made in translator.translate(message, 0.0)]


def served(translation: Translation) -> list[str]:
    return [field.path for field in translation.fields if field.quality is not Quality.MISSING]


@pytest.mark.parametrize("stream", TRANSLATIONS)
def test_a_message_has_the_tables_fields_in_their_order_and_no_other(stream: str) -> None:
    rows = served(TRANSLATIONS[stream])
    changes = [path for path in rows if re.match(r"data\.(delete|update|insert|transactTimeE6)$", path)]
    whole = [path for path in rows if path not in changes]
    made = examples(stream)
    deltas = [message for message in made if message.get("type") == "delta"]
    for message in made:
        if message in deltas:
            assert [f"data.{name}" for name in message["data"]] == changes
            assert list(message) == list(made[0])
        else:
            assert list(dict.fromkeys(paths(message))) == whole
    assert len(deltas) == bool(changes) == bool(BY_STREAM[stream].merge)


def test_every_public_inverse_stream_has_its_table_once() -> None:
    public = {row.stream for row in BY_STREAM.values() if row.socket.name == "realtime" and not row.private}
    assert set(TRANSLATIONS) == public
    for translation in TRANSLATIONS.values():
        names = [field.path for field in translation.fields]
        assert len(names) == len(set(names))
        for field in translation.fields:
            assert field.note or field.quality is Quality.EXACT
            assert field.source or field.quality in (Quality.CONSTANT, Quality.MISSING)
