"""The command line, as a person at a terminal uses it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import SHARED

from bybit_ws.__main__ import INTERRUPTED, main
from bybit_ws._topics import ROWS
from bybit_ws.simulator import Exchange, Replay

ROOT = Path(__file__).resolve().parents[1]
RECORDING = SHARED / "recordings" / "inverse-2021-04-17.jsonl"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=3, speed=20) as running:
        yield running


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bybit_ws", *words],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_demo_shows_every_stream_before_and_after_a_drop_and_over_v5(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    for row in ROWS:
        assert shown.count(row.stream) >= 2, row.stream
    assert "lost:" in shown
    assert "back after" in shown
    assert shown.count("from here on over V5") == 2, "once for each client"
    assert len(re.findall(r"lt_v1 +\d+ +\d+ +\d+   not available since 2025-07-04\n", shown)) == 1
    assert "equals the exchange's own" in shown


def test_topics_lists_all_28(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics"]) == 0
    assert [row.stream for row in ROWS if row.stream in capsys.readouterr().out.split()] != []
    assert main(["topics", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["stream"] for entry in entries] == [row.stream for row in ROWS]
    assert all(entry["documentation"].startswith("https://") for entry in entries)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stream)
def test_watch_shows_every_stream(
    row: object, exchange: Exchange, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "a key for the test")
    monkeypatch.setenv("BYBIT_API_SECRET", "a secret for the test")
    inverse = row.socket.name == "realtime"
    words = ["watch", "inverse" if inverse else "spot", row.stream]
    if row.symbols and not row.wildcard:
        words.append("BTC3LUSDTNAV" if row.stream == "lt_v1" else "BTCUSD" if inverse else "BTCUSDT")
    if row.parameter == "interval":
        words += ["--interval", "1" if inverse else "1m"]
    if row.parameter == "dump_scale":
        words += ["--dump-scale", "1"]
    assert main([*words, "--endpoint", exchange.url, "--count", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(len(line.split()) > 2 for line in lines)


def test_watch_prints_whole_messages_as_json(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["watch", "spot", "trade_v1", "BTCUSDT", "--endpoint", exchange.url, "--count", "1", "--json"]
    assert main(words) == 0
    message = json.loads(capsys.readouterr().out)
    assert (message["topic"], message["symbol"], len(message["data"])) == ("trade", "BTCUSDT", 60)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["watch", "inverse", "trade_v1", "BTCUSDT"], "watch spot trade_v1"),
        (["watch", "spot", "trade_v1"], "needs symbols"),
        (["watch", "spot", "kline_v1", "BTCUSDT"], "needs --interval"),
        (["watch", "spot", "trade_v1", "BTCUSDT", "--interval", "1m"], "takes no --interval"),
        (["watch", "spot", "kline_v1", "BTCUSDT"], "--interval 1m"),
        (["watch", "spot", "kline_v1", "BTCUSDT", "--interval", "D"], "interval must be one of 1m, 3m"),
        (["watch", "spot", "trade", "BTCUSDT"], "watch inverse trade (spot has trade_v1 and trade_v2)"),
        (["watch", "spot", "trade_v1", "btcusdt"], "did you mean 'BTCUSDT'?"),
        (["watch", "spot", "trade_v1", "BTCUSDT", "--simulate", "--domain", "bytick"], "leave --endpoint and --sim"),
        (["record", "inverse", "trade", "--out", "a.jsonl", "--simulate", "--domain", "bytick"], "leave --endpoint"),
        (["watch", "spot", "trade_v1", "BTCUSDT", "--domain", "no domain"], "domain must be a name such as 'bybit'"),
        (["watch", "spot", "ticket_info", "BTCUSDT"], "takes no symbols"),
        (["watch", "spot", "ticket_info"], "BYBIT_API_KEY and BYBIT_API_SECRET"),
        (["watch", "spot", "trade_v1", "BTCUSDT", "--endpoint", "http://host"], "endpoint must be a URL"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    words: list[str], hint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BYBIT_API_KEY", raising=False)
    assert main(words) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("#")]
    assert line.startswith("bybit-ws: ")
    assert hint in line


def test_a_refused_symbol_ends_the_watch(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "spot", "trade_v1", "NOPE", "--endpoint", exchange.url]) == 1
    assert "Invalid Symbols!" in capsys.readouterr().err


def test_ctrl_c_ends_simulate_and_watch_without_a_traceback() -> None:
    exchange = start("simulate", "--port", "0")
    url = exchange.stdout.readline().split()[4].rstrip(",")
    watch = start("watch", "inverse", "orderbook_25", "BTCUSD", "--endpoint", url)
    assert "BTCUSD" in watch.stdout.readline()
    for process in (watch, exchange):
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert process.returncode == INTERRUPTED
        assert "Traceback" not in errors


def test_a_reader_that_has_seen_enough_ends_the_watch(exchange: Exchange) -> None:
    watch = start("watch", "inverse", "orderbook_25", "BTCUSD", "--endpoint", exchange.url)
    watch.stdout.readline()
    watch.stdout.close()
    assert watch.wait(timeout=10) == 0
    assert "Traceback" not in watch.stderr.read()
    watch.stderr.close()


def test_a_server_shows_its_address(exchange: Exchange, tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    path.write_text('{"t": 1, "dir": "in", "text": "{}"}')
    assert repr(exchange) == f"<Exchange {exchange.url}>"
    assert repr(Exchange()) == "<Exchange not started>"
    with Replay(path) as replay:
        assert repr(replay) == f"<Replay {replay.url}>"


def test_a_used_port_is_said(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    port = exchange.url.rpartition(":")[2]
    assert main(["simulate", "--port", port]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"bybit-ws: port {port} is in use: choose another by --port, or a free one by --port 0"


@pytest.mark.skipif(not RECORDING.exists(), reason="the recordings are not here")
def test_a_replay_ends_with_the_recordings_final_books(capsys: pytest.CaptureFixture[str]) -> None:
    with Replay(RECORDING, speed=0, hold=False) as replay:
        assert main(["watch", "inverse", "orderbook_25", "BTCUSD", "EOSUSD", "--endpoint", replay.url, "--json"]) == 0
        assert replay.wait(5)
    last = {}
    for line in capsys.readouterr().out.splitlines():
        message = json.loads(line)
        last[message["topic"]] = message["data"]
    hashes = {}
    for topic, rows in last.items():
        rows = sorted(([r["side"], r["price"], r["size"]] for r in rows), key=lambda r: (r[0], float(r[1])))
        text = json.dumps(rows, separators=(",", ":"))
        hashes[topic.rpartition(".")[2]] = hashlib.sha256(text.encode()).hexdigest()
    assert hashes == {
        "BTCUSD": "1dd57177a4cf6bbda2e5be60f0427d59bb92143f2577a9387565130d6a0bdaca",
        "EOSUSD": "d28a744a1016ac645b3500bee155fe540fa557ed69f6c88ef4d6ad8af9a9da13",
    }


def test_replay_ends_when_everyone_has_had_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "recording.jsonl"
    trades = [{"symbol": "BTCUSD", "side": "Buy", "size": size, "price": 1} for size in (1, 2)]
    frames = [{"topic": "trade.BTCUSD", "data": [trade]} for trade in trades]
    lines = [{"t": n / 10, "dir": "in", "text": json.dumps(frame)} for n, frame in enumerate(frames)]
    recording.write_text("\n".join(map(json.dumps, lines)))
    replay = start("replay", str(recording), "--port", "0")
    url = replay.stdout.readline().split()[5].rstrip(";")
    codes: list[int] = []
    watching = threading.Thread(
        target=lambda: codes.append(main(["watch", "inverse", "trade", "BTCUSD", "--endpoint", url]))
    )
    watching.start()
    watching.join(10)
    assert codes == [0]
    assert "All frames were replayed." in replay.communicate(timeout=10)[0]
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()] == ["1", "2"]


@pytest.mark.parametrize("words", [["--help"], ["watch", "--help"], ["--version"]])
def test_help_and_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert "bybit-ws" in capsys.readouterr().out


COMMANDS = ["demo", "topics", "watch", "record", "replay", "export", "simulate", "doctor", "completion"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert f"examples:\n  bybit-ws {command}" in capsys.readouterr().out


def test_watch_ends_after_seconds_and_keeps_the_frames(
    exchange: Exchange, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.jsonl"
    words = ["watch", "inverse", "trade", "BTCUSD", "--endpoint", exchange.url, "--seconds", "0.5"]
    assert main([*words, "--record", str(kept)]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) > 1
    assert f"messages, recorded in {kept}" in shown.err
    assert "trade.BTCUSD" in kept.read_text()


def test_symbols_may_stand_behind_an_option(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["watch", "spot", "trade_v1", "--endpoint", exchange.url, "BTCUSDT", "--count", "2", "ETHUSDT"]
    assert main(words) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"BTCUSDT", "ETHUSDT"}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["simulate", "--port", "99999"], "invalid port value: '99999'"),
        (["replay", "file", "--port", "-1"], "invalid port value: '-1'"),
        (["simulate", "--colour"], "unrecognized arguments: --colour; see bybit-ws simulate --help"),
        (["demo", "BTCUSDT"], "unrecognized arguments: BTCUSDT"),
        (["topics", "BTCUSDT"], "'BTCUSDT' is no documented stream: see bybit-ws topics"),
        (["watch", "linear", "trade", "BTCUSDT"], "'linear' is no family of streams: there are spot and inverse only"),
        (["watch", "spot", "trade1"], "'trade1' is no documented stream: did you mean trade"),
        (["watch", "spot", "trade_v1", "--count", "many"], "'many' is no whole number"),
        (["watch", "spot", "trade_v1", "--seconds", "nan"], "'nan' is no number of seconds"),
        (["simulate", "--seed", "x"], "'x' is no whole number"),
        (["watch", "spot", "trade_v1", "--count", "0"], "--count: must be 1 or more, not 0"),
        (["watch", "spot", "trade_v1", "--seconds", "0"], "--seconds: must be more than 0, not 0"),
        (["record", "inverse", "trade", "--out", "x", "--seconds", "-1"], "--seconds: must be more than 0, not -1"),
        (["record", "inverse", "trade", "--out", "x", "--rotate-mb", "0"], "--rotate-mb: must be more than 0, not 0"),
        (["doctor", "--seconds", "0"], "--seconds: must be more than 0, not 0"),
        (["simulate", "--speed", "0"], "--speed: must be more than 0, not 0"),
        (["simulate", "--speed", "-1"], "--speed: must be more than 0, not -1"),
        (["replay", "file", "--speed", "-1"], "--speed: must be 0 or more, not -1"),
        (["simulate", "--speed", "fast"], "'fast' is no number of times the usual pace"),
        (["completion", "tcsh"], "invalid choice: 'tcsh'"),
        ([], "COMMAND"),
    ],
)
def test_wrong_usage_is_told(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("bybit-ws: ")
    assert hint in line


def test_watch_shows_v5s_own_messages_and_says_where_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["watch", "spot", "trade_v1", "BTCUSDT", "--simulate", "--raw", "--count", "1"]
    assert main([*words, "--api", "v5"]) == 0
    assert json.loads(capsys.readouterr().out)["topic"] == "publicTrade.BTCUSDT"
    assert main(words) == 1
    assert "raw=True gives V5's own messages" in capsys.readouterr().err


def test_files_that_are_not_what_they_should_be_are_told_in_sentences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, recording = tmp_path / "empty.jsonl", tmp_path / "recording.jsonl"
    empty.touch()
    recording.write_text('{"t": 1, "dir": "in", "text": "{\\"topic\\":\\"trade.BTCUSD\\",\\"data\\":[]}"}\n')
    for words, told in (
        (["replay", str(tmp_path / "none")], f"{tmp_path / 'none'}: there is no such recording; bybit-ws record"),
        (["replay", str(tmp_path / "no" / "ne")], f"{tmp_path / 'no' / 'ne'}: there is no such recording; bybit-ws"),
        (["replay", str(tmp_path)], f"{tmp_path} is a directory: name the file of a recording"),
        (["replay", str(empty)], f"{empty} holds no frame that was received: there is nothing to replay"),
        (["replay", str(ROOT / "README.md")], f"{ROOT / 'README.md'}, line 1: a recording has lines"),
        (["export", str(recording), "--out", str(empty)], f"{empty} cannot be a directory, there is a file"),
    ):
        assert main(words) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"bybit-ws: {told}")
