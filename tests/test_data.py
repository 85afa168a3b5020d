"""Messages as tables: every stream's columns, types, times and numbers, from samples and from a live market."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet
from support import wait_until

from benchmarks import tables
from bybit_ws import ConfigurationError, InverseWebSocket, SpotWebSocket, data
from bybit_ws.__main__ import main
from bybit_ws._tables import files
from bybit_ws._tables.table import TABLES
from bybit_ws._topics import REALTIME, ROWS
from bybit_ws._v5.spot_tickers import UNAVAILABLE
from bybit_ws._v5.table import TRANSLATIONS
from bybit_ws.recording import Recording
from bybit_ws.simulator import Exchange

FRAMES = Path(__file__).parent / "frames"
STREAMS = [row.stream for row in ROWS]
SAMPLES: dict[str, list[Any]] = {
    sample["stream"]: sample.get("delivers", sample["data"])
    for path in sorted(FRAMES.glob("*.json"))
    for sample in json.loads(path.read_text("utf-8"))
}
FIELDS = {**TRANSLATIONS, **{one.stream: one for one in UNAVAILABLE}}
UNTOLD = {
    "topic", "action", "e", "symbolName", "data[].s", "data.s", "data[].sn", "data.sn", "data.symbol",
    "cross_seq", "params.binary", "params.realtimeInterval", "params.symbolName", "data[].o",
    "data[].timestamp", "data[].e", "data[].id", "data.id", "data[].symbol", "ti", "si",
    "data.delete", "data.update", "data.insert", "data.transactTimeE6", "data[].a", "data.a", "data[].b", "data.b",
    "data.delisting_status", "data.symbol_name", "data.symbol_year", "data.contract_type", "data.coin",
    "data.quote_symbol", "data.mode", "data.contract_status", "data[].Isolated",
}  # fmt: skip
"""Fields that say again what a column tells, nothing at all, or the levels of a book; and undocumented ones."""

EMPTY = {
    "instrument_info": {"settle_time"},
    "position": {"tp_trigger_by", "sl_trigger_by"},
    "execution": {"client_order_id"},
    "order": {"client_order_id"},
    "stop_order": {"client_order_id"},
}
"""What the local exchange leaves empty, as the real one did: dated futures, and ids that nobody gave."""


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def first(stream: str, count: int = 1) -> Any:
    return data.to_frame(stream, SAMPLES[stream][:count]).iloc[0]


@pytest.fixture(scope="module")
def live() -> dict[str, list[Any]]:
    """Messages of every stream, from the local exchange."""
    found: dict[str, list[Any]] = {stream: [] for stream in STREAMS}
    keys = {"api_key": "key", "api_secret": "secret"}
    with contextlib.ExitStack() as stack:
        exchange = stack.enter_context(Exchange(seed=1, speed=20))
        spot = stack.enter_context(SpotWebSocket(endpoint=exchange.url, **keys))
        inverse = stack.enter_context(InverseWebSocket(endpoint=exchange.url, **keys))
        for row in ROWS:
            client = inverse if row.socket is REALTIME else spot
            given: list[Any] = []
            if row.symbols:
                symbol = "BTCUSD" if client is inverse else "BTCUSDT"
                given.append({"lt_v1": "BTC3LUSDTNAV", "insurance": "BTC"}.get(row.stream, symbol))
            if row.parameter:
                given.append({"interval": "1" if client is inverse else "1m", "dump_scale": 1}[row.parameter])
            getattr(client, row.method)(found[row.stream].append, *given)

        def enough() -> bool:
            reports = {one["X"] for one in list(found["execution_report"])}
            stops = {one["X"] for one in list(found["stop_execution_report"])}
            closed = {one["cancel_type"] for message in list(found["order"]) for one in message["data"]}
            stopped = {one["cancel_type"] for message in list(found["stop_order"]) for one in message["data"]}
            told = reports & {"FILLED"} and stops & {"ORDER_FILLED"} and closed - {""} and stopped - {""}
            return all(found.values()) and bool(told)

        assert wait_until(enough, 60.0), {stream: len(messages) for stream, messages in found.items()}
    return {stream: list(messages) for stream, messages in found.items()}


@pytest.mark.parametrize("stream", STREAMS)
def test_columns_are_documented(stream: str) -> None:
    columns = data.columns(stream)
    assert len({column.name for column in columns}) == len(columns) >= 3
    for column in columns:
        assert column.name == column.name.lower()
        assert column.name.isidentifier()
        assert column.doc.endswith((".", ".)"))
        assert column.source or column.name == "level"
        assert set(column.row) == {"column", "dtype", "unit", "doc", "source"}


def test_a_name_means_one_type_in_all_tables() -> None:
    dtypes: dict[str, set[str]] = {}
    for stream in STREAMS:
        for column in data.columns(stream):
            dtypes.setdefault(column.name, set()).add(column.dtype)
    assert {name: found for name, found in dtypes.items() if len(found) > 1} == {}


@pytest.mark.parametrize("stream", STREAMS)
def test_every_documented_field_has_a_column_or_is_left_out_on_purpose(stream: str) -> None:
    columns = TABLES[stream].columns
    told = {place for one in columns for place in (*one.source.split(" and "), one.also)}
    known = {field.path for field in FIELDS[stream].fields}
    assert {path for path in known if path not in told and path not in UNTOLD} == set()
    sources = {one.source for one in columns} - {""}
    books = {
        "data[].b and data[].a",
        "data[].b[][0]",
        "data[].b[][1]",
        "data.b and data.a",
        "data.b[][0]",
        "data.b[][1]",
    }
    assert {source for source in sources if source not in known} - books == set()


@pytest.mark.parametrize("stream", STREAMS)
def test_a_documented_sample_is_a_row(stream: str) -> None:
    frame = data.to_frame(stream, SAMPLES[stream])
    empty = data.to_frame(stream, [])
    names = [(column.name, column.dtype) for column in data.columns(stream)]
    assert len(frame) > len(empty) == 0
    for one in (frame, empty):
        assert [(name, str(dtype)) for name, dtype in one.dtypes.items()] == names


@pytest.mark.parametrize("stream", STREAMS)
def test_a_live_market_fills_every_column(stream: str, live: dict[str, list[Any]]) -> None:
    messages = live[stream]
    frame = data.to_frame(stream, messages)
    rows = {
        "outbound_account_info": lambda one: len(one["B"]),
        **dict.fromkeys(("execution_report", "stop_execution_report", "ticket_info"), lambda _: 1),
    }
    where = TABLES[stream].rows
    if where == "pairs":
        expected = sum(
            len(one["b"]) + len(one["a"])
            for message in messages
            for one in (message["data"] if isinstance(message["data"], list) else [message["data"]])
        )
    else:
        count = rows.get(stream, lambda one: len(one["data"]) if isinstance(one["data"], list) else 1)
        expected = sum(map(count, messages))
    assert len(frame) == expected
    assert {name for name in frame if frame[name].isna().all()} == EMPTY.get(stream, set())
    for name in frame.select_dtypes("datetimetz"):
        times = frame[name].dropna()
        assert times.between(utc("2018-01-01"), utc("2100-01-01")).all(), name


def test_trades() -> None:
    spot, inverse = first("trade_v1"), first("trade")
    assert spot.to_dict() == {
        "time": utc("2022-09-27 12:55:42.503"), "symbol": "BTCUSDT", "side": "Buy", "price": 20191.69,
        "quantity": 0.000495, "trade_id": "2100000000002571479", "is_first": True,
        "sent_time": utc("2022-09-27 13:07:00.685"),
    }  # fmt: skip
    told = {
        "time": utc("2021-04-17 16:43:06.614"), "symbol": "BTCUSD", "side": "Sell", "price": 60621.5, "quantity": 4.0,
        "trade_id": "5ffb8b77-900c-507d-97a2-0922557ffe54", "tick_direction": "PlusTick", "cross_seq": 5938955347,
    }  # fmt: skip
    assert inverse.drop("is_block_trade").to_dict() == told
    assert inverse["is_block_trade"] is pd.NA


def test_several_trades_in_a_message_are_several_rows() -> None:
    (message,) = SAMPLES["trade_v1"]
    more = {
        **message,
        "symbol": "ETHUSDT",
        "data": [{**message["data"][0], "m": False, "v": str(at)} for at in range(3)],
    }
    frame = data.to_frame("trade_v1", iter([message, {**message, "data": []}, more]))
    assert frame["symbol"].tolist() == ["BTCUSDT", "ETHUSDT", "ETHUSDT", "ETHUSDT"]
    assert frame["trade_id"].tolist() == ["2100000000002571479", "0", "1", "2"]
    assert frame["side"].tolist() == ["Buy", "Sell", "Sell", "Sell"]


def test_times_of_every_spelling() -> None:
    candle = first("kline")
    assert candle["start_time"] == utc("2022-05-18 16:59")
    assert candle["end_time"] == utc("2022-05-18 17:00")
    assert candle["time"] == candle["sent_time"] == utc("2022-05-18 16:59:12.874413")
    assert (candle["symbol"], candle["interval"], candle["is_closed"]) == ("LTCUSD", "1", False)
    assert first("execution")["time"] == utc("2020-01-14 14:07:23.629")
    assert first("execution_report")["time"] == utc("2022-08-26 09:22:25.347")
    (message,) = SAMPLES["instrument_info"][:1]
    info = {**message["data"], "settle_time_e9": 1656057600123456789, "next_funding_time": "1970-01-01T00:00:00Z"}
    row = data.to_frame("instrument_info", [{**message, "data": info}]).iloc[0]
    assert row["settle_time"] == utc("2022-06-24 08:00:00.123456789")
    assert row["next_funding_time"] is pd.NaT
    assert row["created_time"] == utc("2021-11-04 13:32:53")


def test_whole_numbers_of_fractions_become_plain_numbers() -> None:
    info = first("instrument_info")
    assert (info["last_price"], info["funding_rate"], info["change_24h"]) == (1.908, 0.000548, -0.033434)
    assert info["total_turnover"] == 898930086.73429363
    assert info["funding_countdown"] == 6
    assert first("insurance")["wallet_balance"] == 987.86916569
    older = {key: value for key, value in SAMPLES["instrument_info"][0]["data"].items() if key != "last_price"}
    message = {**SAMPLES["instrument_info"][0], "data": older}
    assert data.to_frame("instrument_info", [message])["last_price"].tolist() == [1.908]


def test_prices_are_the_numbers_that_the_text_says() -> None:
    (message,) = SAMPLES["trade_v1"]
    pick = random.Random(1)
    prices = [f"{pick.randrange(10**9) / 10 ** pick.randrange(9):.{pick.randrange(1, 10)}f}" for _ in range(5000)]
    found = data.to_frame("trade_v1", [{**message, "data": [{**message["data"][0], "p": one} for one in prices]}])
    assert found["price"].tolist() == [float(one) for one in prices]


def test_a_book_has_a_row_for_each_level_the_best_first() -> None:
    spot = data.to_frame("depth_v1", SAMPLES["depth_v1"])
    assert spot[["side", "level", "price", "quantity"]].values.tolist() == [
        ["bid", 1, 11371.49, 0.0014], ["bid", 2, 11371.12, 0.2],
        ["ask", 1, 11375.41, 0.0053], ["ask", 2, 11375.42, 0.0043],
    ]  # fmt: skip
    sample = {**SAMPLES["orderbook_25"][0]}
    sample["data"] = [{**sample["data"][0], "price": "60590.50", "size": 7}, *sample["data"]]
    inverse = data.to_frame("orderbook_25", [sample, sample])
    assert inverse[["side", "level", "price"]].values.tolist() == 2 * [
        ["bid", 1, 60591.0], ["bid", 2, 60590.5], ["ask", 1, 60617.0],
    ]  # fmt: skip
    assert (inverse["time"] == utc("2021-04-17 16:43:05.377906")).all()
    assert inverse["symbol"].unique().tolist() == ["BTCUSD"]


def test_changes_of_a_book_have_no_level_and_what_is_gone_has_no_quantity() -> None:
    sample = next(
        one for one in json.loads((FRAMES / "inverse.json").read_text("utf-8")) if one["stream"] == "orderbook_25"
    )
    delta = sample["data"][1]
    assert delta["type"] == "delta"
    frame = data.to_frame("orderbook_25", [delta])
    assert len(frame) == sum(len(delta["data"][name]) for name in ("delete", "update", "insert"))
    assert frame["level"].isna().all()
    gone = {float(one["price"]) for one in delta["data"]["delete"]}
    assert set(frame[frame["quantity"] == 0]["price"]) == gone


@pytest.mark.parametrize(
    ("stream", "change", "column"),
    [
        ("realtimes_v1", {"xp": ""}, "index_price"),
        ("trade", {"tick_direction": None, "surprise": {"a": 1}}, "tick_direction"),
        ("order", {"take_profit": "", "order_link_id": ""}, "take_profit"),
        ("kline", {"cross_seq": None, "confirm": None}, "is_closed"),
        ("kline", {"timestamp": ""}, "time"),
    ],
)
def test_what_is_missing_is_missing_and_what_is_new_is_ignored(stream: str, change: Any, column: str) -> None:
    whole = SAMPLES[stream][0]
    changed = {**whole, "data": [{**whole["data"][0], **change}]}
    frame = data.to_frame(stream, [whole, changed])
    assert frame[column].isna().tolist() == [False, True]
    assert frame.dtypes.astype(str).tolist() == [one.dtype for one in data.columns(stream)]


@pytest.mark.parametrize(
    ("stream", "message", "words"),
    [
        ("trade_v1", {"topic": "publicTrade.BTCUSDT", "data": []}, "'publicTrade.BTCUSDT' is none of trade_v1"),
        ("trade_v1", {"topic": "trade", "symbol": "BTCUSDT"}, "of trade_v1 has no 'data'"),
        ("trade_v2", {"topic": "trade", "data": {"v": "1", "t": 1, "p": "1"}}, "trade_v2 has no params.symbol"),
        ("order", {"topic": "order", "data": [{"symbol": "BTCUSD", "orderId": "1"}]}, r"has no data\[\].order_id"),
        ("trade", {"topic": "trade", "data": [{"symbol": "X", "price": "?", "trade_id": "1"}]}, "trade is '\\?'"),
        ("trade", "pong", "trade is none of this stream: 'pong'"),
        ("depth_v1", {"topic": "depth", "symbol": "X", "data": [{"t": 1}]}, "of depth_v1 has no 'b'"),
        ("wallet", {"data": []}, "of wallet has no 'topic'"),
    ],
)  # fmt: skip
def test_a_message_that_does_not_fit_is_told_in_words(stream: str, message: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        data.to_frame(stream, [*SAMPLES[stream], message])


def test_an_unknown_stream_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'orderbook_25'"):
        data.columns("orderbook25")
    with pytest.raises(ConfigurationError, match="the streams are trade_v1"):
        data.to_frame("xyz", [])


def test_many_messages_are_one_frame_whatever_the_blocks(live: dict[str, list[Any]]) -> None:
    for stream in ("trade_v1", "depth_v2", "orderbook_25", "outbound_account_info"):
        messages = (live[stream] * 1040)[: 1040 if stream in ("trade_v1", "outbound_account_info") else 80]
        frame = data.to_frame(stream, messages)
        parts = [data.to_frame(stream, [one]) for one in messages[-20:]]
        tail = frame.iloc[len(frame) - sum(map(len, parts)) :].reset_index(drop=True)
        for name in frame:
            assert tail[name].tolist() == [value for part in parts for value in part[name].tolist()], name


def test_a_book_of_ones_own() -> None:
    frame = data.book_frame([(10.5, 1), ("10", "2")], [(11, 4)])
    assert frame.values.tolist() == [["bid", 1, 10.5, 1, 1], ["bid", 2, 10, 2, 3], ["ask", 1, 11, 4, 4]]
    assert data.book_frame([], []).dtypes.astype(str).to_dict() == {
        "side": "category", "level": "Int32", "price": "float64", "quantity": "float64",
        "cumulative_quantity": "float64",
    }  # fmt: skip


def test_parquet_gives_back_what_was_written(live: dict[str, list[Any]], tmp_path: Path) -> None:
    streams = ["trade_v1", "depth_v2", "execution_report", "orderbook_25", "trade", "instrument_info", "position"]
    timed = set(streams[::2])
    messages = [
        (stream, message, *((1656057600.25,) if stream in timed else ()))
        for stream in streams
        for message in live[stream][:70]
    ]
    random.Random(1).shuffle(messages)
    written = data.to_parquet(iter(messages), tmp_path / "tables")
    assert [one.stream for one in written] == sorted(streams)
    assert sorted((tmp_path / "tables").iterdir()) == [one.path for one in written]
    for one in written:
        frame = pd.read_parquet(one.path)
        expected = data.to_frame(one.stream, [message for stream, message, *_ in messages if stream == one.stream])
        if one.stream in timed:
            assert (frame.pop("received") == utc("2022-06-24 08:00:00.25")).all()
        for name in expected.select_dtypes("category"):  # a file keeps the names in an order of its own
            frame[name] = frame[name].cat.set_categories(expected[name].cat.categories)
        for name in expected.select_dtypes("string"):  # pandas 2 keeps texts in its own way again
            frame[name] = frame[name].astype(expected[name].dtype)
        pd.testing.assert_frame_equal(frame, expected)
        assert one.rows == len(frame)


def test_a_long_recording_is_written_a_piece_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PIECE", 500)
    (sample,) = SAMPLES["depth_v1"]
    books = [{**sample, "symbol": f"{'ABC'[at // 200]}USDT"} for at in range(600)]
    (one,) = data.to_parquet((("depth_v1", book) for book in books), tmp_path)
    assert parquet.ParquetFile(one.path).num_row_groups == 5
    frame = pd.read_parquet(one.path)
    assert one.rows == len(frame) == 2400
    assert frame["symbol"].tolist() == [symbol for symbol in ("AUSDT", "BUSDT", "CUSDT") for _ in range(800)]


def test_csv_has_the_same_rows(tmp_path: Path) -> None:
    messages = [("trade_v1", one) for one in SAMPLES["trade_v1"] * 3] + [("lt_v1", SAMPLES["lt_v1"][0])]
    written = data.export(messages, tmp_path, "csv")
    assert [(one.stream, one.path.name, one.rows) for one in written] == [
        ("lt_v1", "lt_v1.csv", 1),
        ("trade_v1", "trade_v1.csv", 3),
    ]
    frame = pd.read_csv(tmp_path / "trade_v1.csv", dtype={"trade_id": str}, parse_dates=["time"])
    assert frame["time"].tolist() == [utc("2022-09-27 12:55:42.503")] * 3
    assert frame["price"].tolist() == [20191.69] * 3


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    good = ("trade_v1", SAMPLES["trade_v1"][0])
    data.to_parquet([good], tmp_path)
    before = (tmp_path / "trade_v1.parquet").read_bytes()
    for bad in (("trade_v1", {"topic": "nonsense"}), ("nonsense", {}), ("trade_v1", good[1], 1.0)):
        with pytest.raises(ConfigurationError):
            data.to_parquet([good, good, bad], tmp_path)
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("trade_v1.parquet", before)]
    with pytest.raises(ConfigurationError, match="'xls' is no format"):
        data.export([good], tmp_path, "xls")


def test_a_subscription_is_a_table() -> None:
    with Exchange(seed=2, speed=20) as exchange, InverseWebSocket(endpoint=exchange.url) as client:
        trades = client.trade_stream(None, "BTCUSD")
        assert wait_until(lambda: len(trades.waiting) > 2, 20.0)
        waiting = len(trades.waiting)
        frame = trades.to_frame()
        assert len(frame) >= waiting
        assert len(trades.waiting) >= waiting
        taken = trades.collect(2)
        pd.testing.assert_frame_equal(trades.to_frame(taken), data.to_frame("trade", taken))


def test_what_has_no_table_says_so_and_is_left_out_of_an_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "raw.jsonl"
    with Exchange(seed=3, speed=20) as exchange, SpotWebSocket(endpoint=exchange.url, api="v5") as client:
        client.record(path)
        raw = client.trade_v2_stream(None, "BTCUSDT", raw=True)
        client.book_ticker_v2_stream(None, "BTCUSDT").wait(20.0)
        assert raw.wait(20.0)
        with pytest.raises(ConfigurationError, match="json_normalize"):
            raw.to_frame()
        with pytest.raises(ConfigurationError, match=r"none of trade_v2.*raw=True"):
            data.to_frame("trade_v2", raw.waiting)
    assert main(["export", str(path), "--out", str(tmp_path)]) == 0
    assert "messages of trade, which are in no documented shape" in capsys.readouterr().out
    assert {one.name for one in tmp_path.iterdir()} == {"raw.jsonl", "book_ticker_v2.parquet"}


@pytest.mark.thorough
def test_the_benchmark_of_tables_measures_what_it_says() -> None:
    for stream in tables.STREAMS:
        found = tables.measure(stream, 50, 1)
        assert 0 < found["CPU s"] < 60
        assert found["frame MB"] < 0.1
        assert len(data.to_frame(stream, tables.STREAMS[stream](50)).dropna()) == 50


def test_without_pandas_columns_are_told_and_tables_say_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from bybit_ws import data\n"
        "print(data.columns('trade')[0].name)\n"
        "try: data.to_frame('trade', [])\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "time"
    assert "pip install 'bybit-ws-client[data]'" in done.stdout


def test_names_and_places_are_small() -> None:
    frame = data.to_frame("depth_v1", SAMPLES["depth_v1"] * 1000)
    assert frame.memory_usage(index=False).sum() / len(frame) < 60
    assert np.issubdtype(frame["price"].dtype, np.floating)


def test_a_recording_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "btc.jsonl.gz", tmp_path / "tables"
    with Exchange(seed=3, speed=20) as exchange, InverseWebSocket(endpoint=exchange.url) as client:
        client.record(path)
        trades = client.trade_stream(None, ["BTCUSD", "ETHUSD"])
        client.orderbook_25_stream(None, "BTCUSD")
        assert trades.wait(20.0)
        assert wait_until(lambda: len(trades.waiting) > 3, 20.0)
    recording = Recording(path)
    frame = recording.to_frame("trade")
    assert frame.columns[0] == "received"
    assert ((frame["received"] - pd.Timestamp.now("UTC")).abs() < pd.Timedelta(hours=1)).all()
    pd.testing.assert_frame_equal(
        frame.drop(columns="received"), data.to_frame("trade", (one.message for one in recording.deliveries("trade")))
    )
    assert set(recording.to_frame("trade", "ETHUSD")["symbol"]) == {"ETHUSD"}

    assert main(["export", str(path), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert f"{out / 'trade.parquet'}  {len(frame):,} rows" in told
    assert {one.name for one in out.iterdir()} >= {"trade.parquet", "orderbook_25.parquet"}
    assert pd.read_parquet(out / "trade.parquet")["trade_id"].tolist() == frame["trade_id"].tolist()

    words = ["--stream", "trade", "--symbol", "BTCUSD", "--format", "csv"]
    assert main(["export", str(path), "--out", str(out / "csv"), *words]) == 0
    assert [one.name for one in (out / "csv").iterdir()] == ["trade.csv"]
    assert set(pd.read_csv(out / "csv" / "trade.csv")["symbol"]) == {"BTCUSD"}

    assert main(["export", str(path), "--out", str(out), "--stream", "kline"]) == 1
    assert "nothing of kline was recorded" in capsys.readouterr().err
