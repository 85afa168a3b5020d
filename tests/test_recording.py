"""What a client was sent is kept, and ``Recording`` delivers it again as the callbacks had it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from replayed import clients
from support import KEY, SECRET, SHARED, Events, Inbox, run_script, small_markets, wait_until

from bybit_ws import InverseWebSocket, Recording, SpotWebSocket, _recorder, recording
from bybit_ws._recorder import Recorder
from bybit_ws.events import BookOutOfSync, CallbackFailed, Connected, Disconnected, Gap, Reconnected
from bybit_ws.exceptions import ConfigurationError, InvalidState
from bybit_ws.simulator import Exchange

APIS = ("legacy", "v5")
SYMBOLS = ("BTCUSDT", "BTCUSD")


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with pytest.MonkeyPatch.context() as patch:
        small_markets(patch, SYMBOLS, accounts=True)
        with Exchange(seed=6, speed=30) as running:
            yield running


def ignore(message: Any) -> None:
    """Take a message."""


class Live:
    """What callbacks got, by stream and symbol."""

    def __init__(self, spot: SpotWebSocket, inverse: InverseWebSocket) -> None:
        self.got: dict[tuple[str, str], Inbox] = {}
        keep = self.keep
        spot.trade_v1_stream(keep("trade_v1", "BTCUSDT"), "BTCUSDT")
        spot.diff_depth_v1_stream(keep("diff_depth_v1", "BTCUSDT"), "BTCUSDT")
        spot.merged_depth_v1_stream(keep("merged_depth_v1", "BTCUSDT"), "BTCUSDT", 1)
        spot.book_ticker_v2_stream(keep("book_ticker_v2", "BTCUSDT"), "BTCUSDT")
        spot.execution_report_stream(keep("execution_report", ""))
        inverse.orderbook_25_stream(keep("orderbook_25", "BTCUSD"), "BTCUSD")
        inverse.insurance_stream(keep("insurance", "BTC"), "BTC")
        inverse.trade_stream(keep("trade", "*"))
        inverse.position_stream(keep("position", ""))

    def keep(self, stream: str, symbol: str) -> Inbox:
        self.got[stream, symbol] = Inbox()
        return self.got[stream, symbol]

    def wait(self, more: int = 1) -> None:
        """Wait for something of all of them, and then for more of those that speak often."""
        for inbox in self.got.values():
            inbox.wait(1, 30)
        for stream in (("diff_depth_v1", "BTCUSDT"), ("orderbook_25", "BTCUSD"), ("trade_v1", "BTCUSDT")):
            self.got[stream].more(more, 30)


def read(path: Path) -> list[Any]:
    """Return the messages of a recording that is being made; none while there are none."""
    try:
        return list(Recording(path))
    except ConfigurationError:
        return []


def topics(path: Path) -> set[str]:
    """Return the topics of three streams of which something can be delivered yet."""
    streams = ("trade_v1", "diff_depth_v1", "orderbook_25")
    return {one.topic for one in Recording(path).deliveries(streams)} if read(path) else set()


def delivered(path: Path) -> dict[tuple[str, str], list[Any]]:
    """Return what ``Recording`` delivers, a wildcard's symbols together."""
    found: dict[tuple[str, str], list[Any]] = {}
    for one in Recording(path).deliveries():
        found.setdefault((one.stream, "*" if one.stream == "trade" else one.symbol), []).append(one.message)
    return found


@pytest.mark.parametrize("api", APIS)
def test_it_delivers_what_the_callbacks_had_over_a_drop_too(exchange: Exchange, tmp_path: Path, api: str) -> None:
    path = tmp_path / "both.jsonl.gz"
    with clients(exchange.url, api) as (spot, inverse):
        recorder = spot.record(path)
        assert inverse.record(recorder) is recorder
        live = Live(spot, inverse)
        live.wait()
        exchange.drop()
        assert wait_until(lambda: all(one["reconnects"] for one in spot.health().values()), 20)
        live.wait(2)
    assert recorder.stopped
    assert recorder.failure is None
    assert recorder.path == path
    assert recorder.size == path.stat().st_size
    found = delivered(path)
    for key, messages in live.got.items():
        # What had been received when the client was closed is kept, though no callback had it.
        assert found[key][: len(messages)] == messages, key
    assert KEY.encode() not in gzip.decompress(path.read_bytes())
    assert SECRET.encode() not in gzip.decompress(path.read_bytes())
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert not any(line["dir"] == "out" and '"auth"' in line["text"] for line in lines)
    times = [line["t"] for line in lines if line["dir"] == "in"]
    assert recorder.frames == len(times)
    assert max(times) - min(times) <= recorder.seconds


@pytest.mark.parametrize("api", APIS)
def test_one_that_begins_late_asks_anew_for_what_begins_with_a_snapshot(
    exchange: Exchange, tmp_path: Path, api: str
) -> None:
    path = tmp_path / "late.jsonl"
    events = Events()
    with clients(exchange.url, api, on_event=events) as (spot, inverse):
        live = Live(spot, inverse)
        live.wait()
        with spot.record(path) as recorder:
            inverse.record(recorder)
            live.wait(3)
            assert wait_until(lambda: {"trade", "diffDepth", "orderBookL2_25"} <= topics(path), 30)
        frames = recorder.frames
        live.wait()
        assert recorder.frames == frames
    found = delivered(path)
    for key, messages in live.got.items():
        opening = 1 if key[0] == "trade_v1" else 0  # which holds the last 60 trades, as after any subscription
        if key[1]:  # V5's news of an account build on what was told before, which is not told again
            assert all(message in messages for message in found.get(key, [])[opening:]), key
    assert events.of(BookOutOfSync) == []


def test_a_played_client_has_the_streams_events_and_losses_of_a_live_one(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "inverse.jsonl"
    with InverseWebSocket(endpoint=exchange.url) as ws:
        ws.record(path)
        trades, books = Inbox(), Inbox()
        ws.trade_stream(trades, "BTCUSD")
        ws.orderbook_25_stream(books, "BTCUSD").wait(10)
        trades.more(3)
        exchange.drop("/realtime")
        books.more(3)
        trades.more(3)
    events, again, stale = Events(), Inbox(), []
    with Recording(path).inverse(on_event=events, api_key="as live", api_secret="as live") as played:

        def seen(message: Any) -> None:
            again.append(message)
            stale.append(book.is_stale)

        assert not played.is_connected()
        trade = played.trade_stream(seen, "BTCUSD")
        book = played.orderbook_25_stream(None, "BTCUSD")
        assert book.wait(5)
        assert book.age is not None
        assert played.is_connected()
        assert trade.wait()
        assert not book.is_stale
        assert played.run_forever() is None
        assert again[: len(trades)] == trades
        assert book.collect(len(books)) == books
        assert book.latest == {"BTCUSD": [books[-1], *book.waiting][-1]}
    assert [type(one) for one in events if isinstance(one, (Connected, Disconnected, Reconnected, Gap))][:3] == [
        Connected,
        Disconnected,
        Reconnected,
    ]
    assert events.of(Gap)
    assert 0 < events.of(Disconnected)[0].at - events.of(Connected)[0].at < 60
    assert stale[0] in (True, False)


def test_a_strategy_may_close_raise_and_subscribe_in_a_callback(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "spot.jsonl.gz"
    with SpotWebSocket(endpoint=exchange.url) as ws:
        ws.record(path)
        more = Inbox()
        ws.trade_v2_stream(ignore, "BTCUSDT")
        ws.book_ticker_v2_stream(ignore, "BTCUSDT")
        ws.diff_depth_v1_stream(more, "BTCUSDT")
        ws.trade_v1_stream(more, "BTCUSDT").wait(10)
        more.more(20)
    events, tickers, seen, closed_at = Events(), Inbox(), Inbox(), []
    played = Recording(path).spot(on_event=events)

    def strategy(message: Any) -> None:
        seen(message)
        if len(seen) == 1:
            played.book_ticker_v2_stream(tickers, "BTCUSDT")
            with pytest.raises(InvalidState, match="a callback"):
                played.join()
            raise ValueError("a mistake of the strategy")
        if len(seen) == 2:
            with pytest.raises(InvalidState, match="snapshot, which was played already"):
                played.diff_depth_v1_stream(ignore, "BTCUSDT")
        if len(seen) >= 3 and tickers:
            played.close()
            closed_at.append(len(seen))

    played.trade_v1_stream(ignore, "BTCUSDT")
    played.trade_v2_stream(strategy, "BTCUSDT")
    assert played.join()
    assert closed_at == [len(seen)]
    assert isinstance(events.of(CallbackFailed)[0].error, ValueError)
    with pytest.raises(InvalidState):
        played.trade_v2_stream(strategy, "BTCUSDT")


def test_pulling_plays_as_far_as_is_needed(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "pull.jsonl.gz"
    with SpotWebSocket(endpoint=exchange.url) as ws:
        ws.record(path)
        tickers = Inbox()
        ws.book_ticker_v2_stream(tickers, "BTCUSDT")
        tickers.wait(12)
    with Recording(path).spot() as played:
        stream = played.book_ticker_v2_stream(None, "BTCUSDT")
        assert stream.get() == tickers[0]
        assert played.is_connected()
        assert stream.collect(3) == tickers[1:4]
        few = stream.collect(seconds=0.2)
        rest = [*few, *stream]
        assert rest[: len(tickers) - 4] == tickers[4:]  # what was received during close() is there, too
        assert not played.is_connected()
    assert list(Recording(path)) == [*tickers[:4], *rest]


def test_who_is_to_play_goes_on_where_another_thread_has_left_off(tmp_path: Path) -> None:
    path = tmp_path / "shared.jsonl"
    trade = json.dumps({"topic": "trade.BTCUSD", "data": [{"trade_id": "1"}]})
    path.write_text("".join(json.dumps({"t": t / 10, "dir": "in", "text": trade}) + "\n" for t in range(8)))
    got = Inbox()
    with Recording(path).inverse(speed=2) as played:
        trades = played.trade_stream(got, "BTCUSD")
        assert not trades.wait(0)  # who only looks does not play
        assert got == []
        other = threading.Thread(target=lambda: trades.collect(3))
        other.start()
        got.wait(1)
        assert played.join()
        other.join(10)
    assert len(got) == 8


def test_the_pace_is_the_recorded_one_times_the_speed(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    trade = json.dumps({"topic": "trade.BTCUSD", "data": [{"trade_id": "1"}]})
    path.write_text("".join(json.dumps({"t": t, "dir": "in", "text": trade}) + "\n" for t in (5.0, 5.2, 6.0)))
    at: list[float] = []
    with Recording(path).inverse(speed=4) as played:
        played.trade_stream(lambda message: at.append(time.monotonic()), "BTCUSD")
        began = time.monotonic()
        played.join()
    assert 0.25 <= at[2] - began < 5  # the first may come late on a busy machine, the last never early
    assert [one.at for one in Recording(path).deliveries("trade", "BTCUSD")] == [5.0, 5.2, 6.0]


def test_ctrl_c_in_a_callback_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    trade = json.dumps({"topic": "trade.BTCUSD", "data": [{"trade_id": "1"}]})
    path.write_text("".join(json.dumps({"t": t, "dir": "in", "text": trade}) + "\n" for t in (1, 2, 3)))
    seen = Inbox()

    def interrupted(message: Any) -> None:
        seen(message)
        raise KeyboardInterrupt

    with Recording(path).inverse() as played:
        played.trade_stream(interrupted, "BTCUSD")
        with pytest.raises(KeyboardInterrupt):
            played.join()
        played.run_forever()
    assert len(seen) == 2


# -- files -------------------------------------------------------------------------------------------------


def test_a_file_is_never_replaced_and_all_of_them_are_read_as_one(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "btc.jsonl.gz"
    tickers = Inbox()
    with SpotWebSocket(endpoint=exchange.url) as ws:
        recorder = ws.record(path, rotate_minutes=0.3 / 60)
        with pytest.raises(InvalidState, match="is being recorded"):
            ws.record(tmp_path / "other.jsonl")
        assert ws.record(str(path)) is recorder  # a cell that is run twice
        ws.book_ticker_v2_stream(tickers, "BTCUSDT")
        assert wait_until(lambda: recorder.path.name == "btc.3.jsonl.gz", 10)
        tickers.more(3)
        recorder.stop()
        first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        count = recorder.frames
        with ws.record(path, rotate_mb=100) as second:
            assert second.path.name == f"btc.{len(first) + 1}.jsonl.gz"
            tickers.more(3)
    with pytest.raises(InvalidState, match="closed"):
        ws.record(path)
    assert {name: (tmp_path / name).read_bytes() for name in first} == first
    frames = [line for file in tmp_path.iterdir() for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert sum(b'"dir":"in"' in line for line in frames) == count + second.frames
    again = list(Recording(path))
    assert all(message in tickers for message in again)
    assert len(again) > len(list(Recording(tmp_path / "btc.3.jsonl.gz"))) > 0


def test_what_was_received_is_readable_after_a_kill(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "killed.jsonl.gz"
    script = f"""
        from bybit_ws import SpotWebSocket
        ws = SpotWebSocket(endpoint={exchange.url!r})
        ws.record({str(path)!r})
        ws.book_ticker_v2_stream(lambda message: print(message["data"]["time"], flush=True), "BTCUSDT")
        ws.join()
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            seen = [int(process.stdout.readline()) for _ in range(3)]
            assert wait_until(lambda: len(read(path)) >= 3, 20)
        finally:
            process.kill()
            process.communicate()
    found = [message["data"]["time"] for message in Recording(path)]
    assert found[:3] == seen
    path.write_bytes(path.read_bytes()[:-7])
    assert [message["data"]["time"] for message in Recording(path)] == found[: len(list(Recording(path)))]


@pytest.mark.skipif(os.name == "nt", reason="files have no limit there")
def test_where_the_disk_is_full_that_is_told_and_the_streams_go_on(exchange: Exchange, tmp_path: Path) -> None:
    done = run_script(
        f"""
        import resource
        from support import Events, Inbox
        from bybit_ws import Recording, SpotWebSocket
        from bybit_ws.events import RecordingFailed
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        events, depth = Events(), Inbox()
        with SpotWebSocket(endpoint={exchange.url!r}, on_event=events) as ws:
            recorder = ws.record({str(tmp_path / "full.jsonl")!r})
            ws.depth_v2_stream(depth, "BTCUSDT")
            failed = events.first(RecordingFailed, timeout=10)
            print(failed)
            print(recorder.failure)
            depth.more(3)
            print(ws.is_connected(), recorder.stopped)
        print(len(list(Recording({str(tmp_path / "full.jsonl")!r}))) > 0)
        """
    )
    assert done.stderr == ""
    told, failure, *rest = done.stdout.splitlines()
    assert "full.jsonl ends here, the streams go on: File too large" in told
    assert "File too large" in failure
    assert rest == ["True True", "True"]


def test_where_the_disk_is_slow_the_reader_waits_and_nothing_is_lost(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, gate = tmp_path / "slow.jsonl", threading.Event()
    monkeypatch.setattr(_recorder, "LIMIT", 3000)
    monkeypatch.setattr(_recorder, "HASTE", 1000)
    write = _recorder.Part.write

    def slowly(part: Any, data: bytes) -> None:
        assert gate.is_set() or b'"start"' in data or gate.wait(10)
        write(part, data)

    monkeypatch.setattr(_recorder.Part, "write", slowly)
    with SpotWebSocket(endpoint=exchange.url) as ws:
        recorder = ws.record(path)
        depth = Inbox()
        ws.depth_v2_stream(depth, "BTCUSDT")
        assert wait_until(lambda: recorder._waiting > 3000, 10)
        held = len(depth)
        ws.book_ticker_v2_stream(None, "BTCUSDT")  # who does not read the socket does not wait
        assert ws.health()["public_v2"]["subscriptions"] == 2
        gate.set()
        depth.wait(held + 5)
    assert [one.message for one in Recording(path).deliveries("depth_v2")][: len(depth)] == depth


def test_a_flood_goes_on_in_the_next_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_recorder, "TURN", 0.05)
    monkeypatch.setattr(_recorder, "HASTE", 1 << 12)
    monkeypatch.setattr(_recorder, "LIMIT", 1 << 16)
    enough = threading.Event()
    with Recorder(tmp_path / "flood.jsonl", rotate_mb=0.01) as recorder:
        put = recorder.way(SpotWebSocket())

        def flood() -> None:
            while not enough.is_set():
                put(None, "in", "spot v1", [b"{}"] * 100)

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            assert wait_until(lambda: len(os.listdir(tmp_path)) > 2, 10)
        finally:
            enough.set()
            thread.join()


def test_mistakes_are_told_in_words(tmp_path: Path) -> None:
    with SpotWebSocket(endpoint="ws://127.0.0.1:1") as ws:
        with pytest.raises(ConfigurationError, match=r"no/such/file\.jsonl cannot be written: No such file"):
            ws.record(tmp_path / "no" / "such" / "file.jsonl")
        with pytest.raises(ConfigurationError, match="rotate_mb must be a number above 0"):
            ws.record(tmp_path / "a.jsonl", rotate_mb=0)
        with pytest.raises(ConfigurationError, match=r"is a directory: name a file"):
            ws.record(tmp_path)
    assert list(tmp_path.parent.glob(f"{tmp_path.name}.*")) == []
    recorder = Recorder(tmp_path / "empty.jsonl")
    with SpotWebSocket() as one, SpotWebSocket() as other:
        one.record(recorder)
        with pytest.raises(InvalidState, match="one client of each kind"):
            other.record(recorder)
    with pytest.raises(InvalidState, match="is over"):
        SpotWebSocket().record(recorder)
    with pytest.raises(ConfigurationError, match="there is no such recording"):
        Recording(tmp_path / "none.jsonl")
    with pytest.raises(ConfigurationError, match="nothing was recorded; it is empty"):
        Recording(tmp_path / "empty.jsonl").deliveries()
    trade = json.dumps({"topic": "trade.BTCUSD", "data": []})
    (tmp_path / "old.jsonl").write_text(json.dumps({"t": 1, "dir": "in", "text": trade}) + "\n")
    old = Recording(tmp_path / "old.jsonl")
    assert old.streams == [("trade", "trade", "BTCUSD")]
    with pytest.raises(ConfigurationError, match="nothing of trade_v1 was recorded; it holds trade BTCUSD"):
        old.deliveries("trade_v1")
    with pytest.raises(ConfigurationError, match="'nonsense' is no documented stream"):
        old.deliveries("nonsense")
    with pytest.raises(ConfigurationError, match="speed must be a number above 0"):
        old.spot(speed=0)
    with old.inverse() as played, pytest.raises(ConfigurationError, match="nothing of orderbook_25 BTCUSD was"):
        played.orderbook_25_stream(ignore, "BTCUSD")
    (tmp_path / "bad.jsonl").write_text('{"t": 1, "dir": "in", "text": "{}"}\nnonsense\n')
    with pytest.raises(ConfigurationError, match=r"bad\.jsonl, line 2: a recording has lines"):
        list(Recording(tmp_path / "bad.jsonl"))


@pytest.mark.skipif(not (SHARED / "recordings").exists(), reason="the recordings are not here")
def test_a_recording_that_tells_no_sockets_is_understood() -> None:
    counts: dict[tuple[str, str], int] = {}
    for one in Recording(SHARED / "recordings" / "inverse-2021-04-17.jsonl").deliveries():
        counts[one.stream, one.symbol] = counts.get((one.stream, one.symbol), 0) + 1
        assert one.socket == "realtime"
    assert counts == {
        ("orderbook_25", "BTCUSD"): 507,
        ("orderbook_25", "EOSUSD"): 511,
        ("trade", "BTCUSD"): 63,
        ("trade", "EOSUSD"): 13,
    }


def test_sockets_that_are_not_told_are_found_out_by_their_frames(tmp_path: Path) -> None:
    head = {"symbol": "BTCUSDT", "params": {"klineType": "1m", "binary": "false"}}
    frames = [
        {"topic": "depth", "event": "sub", "params": {"symbol": "ETHUSDT"}, "code": "0", "msg": "Success"},
        {**head, "topic": "kline", "data": [{"t": 1}], "f": True},
        {"topic": "depth", "params": {"symbol": "ETHUSDT"}, "data": {"v": "1"}},
        [{"e": "ticketInfo", "T": 1}],
        {"topic": "klineV2.1.BTCUSD", "data": [{"start": 1}]},
    ]
    lines = [{"t": at, "dir": "in", "text": json.dumps(frame)} for at, frame in enumerate(frames)]
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = [(one.socket, one.stream, one.topic, one.symbol) for one in Recording(tmp_path / "old.jsonl").deliveries()]
    assert found == [
        ("public_v1", "kline_v1", "kline_1m", "BTCUSDT"),
        ("public_v2", "depth_v2", "depth", "ETHUSDT"),
        ("private", "ticket_info", "ticketInfo", ""),
        ("realtime", "kline", "klineV2.1", "BTCUSD"),
    ]


def test_one_that_goes_on_where_another_tells_no_sockets(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    old = {"topic": "klineV2.1.BTCUSD", "data": [{"start": 1}]}
    path.write_text(json.dumps({"t": 1, "dir": "in", "text": json.dumps(old)}) + "\n")
    with InverseWebSocket(endpoint=exchange.url) as ws, ws.record(path):
        messages = ws.trade_stream(None, "BTCUSD").collect(3)
    first, *rest = Recording(path)
    assert first == old
    assert rest[:3] == messages


def test_ctrl_c_leaves_a_recording_that_is_whole(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "cli.jsonl.gz"
    words = ["record", "spot", "book_ticker_v2", "BTCUSDT", "+", "inverse", "kline=1", "BTCUSD", "--out", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    command = [sys.executable, "-m", "bybit_ws", *words, "--endpoint", exchange.url]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert wait_until(lambda: len({one["topic"] for one in read(path)}) == 2, 20)
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=20)[1]
        finally:
            process.kill()
    signal.signal(signal.SIGINT, before)
    assert process.returncode == 130, errors
    assert errors.count("\n") == 1
    assert "frames" in errors
    assert errors.endswith("cli.jsonl.gz\n")
    gzip.decompress(path.read_bytes())


def test_one_that_is_only_just_begun_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "begun.jsonl"
    path.write_text("")
    looked = recording.is_labelled

    def look(first: Path) -> bool:
        found: bool = looked(first)
        path.write_text('{"t":1.0,"dir":"start","version":1}\n')
        return found

    monkeypatch.setattr(recording, "is_labelled", look)
    with pytest.raises(ConfigurationError, match="it is empty"):
        list(Recording(path))
