"""A recording is the same by ``Recording`` and at the server that ``replay`` is: ``tests/replayed.py`` in short."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from replayed import by_recording, by_replay, clients, compare, ignore, served, subscribe
from support import Events, small_markets, wait_until

from bybit_ws import Recording, SpotWebSocket
from bybit_ws.__main__ import main
from bybit_ws._topics import REALTIME
from bybit_ws.events import Disconnected, Reconnected
from bybit_ws.simulator import Exchange, Replay

STREAMS = {
    *("trade_v1", "realtimes_v1", "diff_depth_v1", "book_ticker_v2", "trade_v2", "execution_report"),
    *("orderbook_25", "trade", "insurance", "instrument_info", "position"),
}


@pytest.mark.parametrize("api", ["legacy", "v5"])
def test_both_ways_deliver_the_same_in_the_same_order_over_a_loss_too(tmp_path: Path, api: str) -> None:
    path = tmp_path / "both.jsonl.gz"
    with pytest.MonkeyPatch.context() as patch:
        small_markets(patch, ("BTCUSDT", "BTCUSD"), accounts=True)
        with Exchange(seed=3, speed=30) as exchange, clients(exchange.url, api) as (spot, inverse):
            inverse.record(spot.record(path, rotate_minutes=0.01))
            for row in served(api):
                if row.stream in STREAMS:
                    subscribe(inverse if row.socket is REALTIME else spot, row, ignore)
            assert wait_until(lambda: all(sub["messages"] > 20 for sub in spot.health().values()), 20)
            exchange.drop()
            healths = [*spot.health().values(), *inverse.health().values()]
            assert wait_until(
                lambda: all(
                    one["reconnects"] and one["messages"] > before["messages"] + 10
                    for one, before in zip([*spot.health().values(), *inverse.health().values()], healths)
                )
                and len(list(tmp_path.iterdir())) > 1,
                30,
            )
    direct = by_recording(path)
    assert {key[0] for key in direct} == STREAMS
    assert len(list(tmp_path.iterdir())) > 1
    replayed = by_replay(path, api, 50, direct, 60)
    assert compare(direct, replayed) == []


def test_a_client_at_the_replay_loses_its_connection_where_the_recorded_one_did(tmp_path: Path) -> None:
    path = tmp_path / "spot.jsonl"
    with Exchange(seed=3, speed=20) as exchange, SpotWebSocket(endpoint=exchange.url) as ws:
        ws.record(path)
        got: list[Any] = []
        ws.book_ticker_v2_stream(got.append, "BTCUSDT")
        assert wait_until(lambda: len(got) > 3, 10)
        exchange.drop()
        assert wait_until(lambda: ws.health()["public_v2"]["reconnects"] and ws.is_connected(), 10)
        before = len(got)
        assert wait_until(lambda: len(got) > before, 10)
    events, again = Events(), []
    with Replay(path, speed=0) as replay, SpotWebSocket(endpoint=replay.url, on_event=events) as ws:
        assert replay.paths == ["/spot/quote/ws/v2"]
        ws.book_ticker_v2_stream(again.append, "BTCUSDT")
        events.first(Reconnected, timeout=10)
        assert wait_until(lambda: len(again) == len(list(Recording(path))), 10)
        assert "as it was recorded" in events.of(Disconnected)[0].reason
        assert replay.wait(5)
    assert again == list(Recording(path))
    assert again[: len(got)] == got


def test_the_command_records_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cli.jsonl.gz"
    words = ["spot", "trade_v1", "BTCUSDT", "+", "kline_v1=1m", "BTCUSDT", "+", "inverse", "trade", "BTCUSD"]
    assert main(["record", *words, "--out", str(path), "--simulate", "--seconds", "0.5"]) == 0
    assert "frames" in capsys.readouterr().err
    found = {(stream, symbol) for stream, _, symbol in Recording(path).streams}
    assert found == {("trade_v1", "BTCUSDT"), ("kline_v1", "BTCUSDT"), ("trade", "BTCUSD")}
    assert next(Recording(path).deliveries("trade_v1", "BTCUSDT")).message["f"] is True


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("trade_v1 BTCUSDT", "name spot or inverse, a stream and its symbols"),
        ("spot trade_v1 BTCUSDT +", "name spot or inverse, a stream and its symbols"),
        ("spot nonsense BTCUSDT", "'nonsense' is no documented stream"),
        ("linear trade BTCUSDT", "there are spot and inverse only, no linear"),
        ("spot trade_1 BTCUSDT", "did you mean trade"),
        ("spot trade BTCUSD", "trade is a stream of inverse: record inverse trade (spot has trade_v1 and trade_v2)"),
        ("spot trade_v1 btcusdt", "did you mean 'BTCUSDT'?"),
        ("spot kline_v1 BTCUSDT", "kline_v1 needs its interval: write it as kline_v1=1m"),
        ("spot trade_v1=1m BTCUSDT", "trade_v1 takes no '1m'"),
        ("spot trade_v1", "trade_v1_stream needs symbols"),
        ("spot ticket_info BTCUSDT", "is of your account and takes no symbols"),
        ("inverse position", "position is private: set BYBIT_API_KEY"),
    ],
)
def test_mistakes_are_told_before_anything_starts(
    words: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BYBIT_API_KEY", raising=False)
    assert main(["record", *words.split(), "--out", str(tmp_path / "x.jsonl")]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_record_ends_where_all_is_refused_and_warns_where_some_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_markets(monkeypatch, ("BTCUSD", "BTCUSDT"), accounts=False)
    with Exchange(seed=3, speed=20) as exchange:
        place = ["--endpoint", exchange.url, "--api", "legacy", "--seconds"]
        words = ["record", "spot", "trade_v1", "NOPE", "--out", str(tmp_path / "none.jsonl"), *place, "20"]
        assert main(words) == 1
        assert "bybit-ws: the exchange refused trade NOPE: " in capsys.readouterr().err
        words = ["record", "inverse", "trade", "NOPE", "+", "trade", "BTCUSD", "--out", str(tmp_path / "some.jsonl")]
        assert main([*words, *place, "0.5"]) == 0
        assert "NOPE was refused: " in capsys.readouterr().err
    assert main(["export", str(tmp_path / "none.jsonl"), "--out", str(tmp_path), "--stream", "trade_v1"]) == 1
    assert capsys.readouterr().err == f"bybit-ws: {tmp_path / 'none.jsonl'} holds no messages of trade_v1\n"


def test_watching_what_was_not_recorded_is_an_error_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_markets(monkeypatch, ("BTCUSD", "BTCUSDT"), accounts=False)
    path = tmp_path / "trades.jsonl"
    place = ["--simulate", "--seconds", "0.4"]
    assert main(["record", "inverse", "trade", "BTCUSD", "--api", "legacy", "--out", str(path), *place]) == 0
    capsys.readouterr()
    with Replay(path, speed=0, hold=False) as replay:
        assert main(["watch", "spot", "trade_v1", "BTCUSDT", "--endpoint", replay.url]) == 1
        error = capsys.readouterr().err
        assert "/spot/quote/ws/v1 refused the connection with HTTP status 421: it has nothing of this stream" in error
        assert "October" not in error
        assert main(["watch", "inverse", "trade", "ETHUSD", "--endpoint", replay.url]) == 1
        told = "bybit-ws: there was nothing of trade before the server closed the connection"
        assert told in capsys.readouterr().err.splitlines()
        assert main(["watch", "inverse", "trade", "BTCUSD", "--endpoint", replay.url]) == 0
    path = tmp_path / "v5.jsonl"
    assert main(["record", "inverse", "trade", "BTCUSD", "--api", "v5", "--out", str(path), *place]) == 0
    with Replay(path, speed=0, hold=False) as replay:
        assert main(["watch", "spot", "trade_v1", "BTCUSDT", "--endpoint", replay.url]) == 1
        assert "/v5/public/spot refused the connection with HTTP status 421" in capsys.readouterr().err
        assert main(["watch", "inverse", "trade", "BTCUSD", "--endpoint", replay.url]) == 0
