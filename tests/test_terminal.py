"""``watch`` and ``demo`` in a terminal: what stands on the screen, and that it is left clean."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from support import KEYS, Inbox

pytest.importorskip("termios", reason="there are no pseudo-terminals here")

from rich.console import Console
from terminal import ROOT, Terminal

from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws.__main__ import INTERRUPTED, main
from bybit_ws._cli.draw.board import Board
from bybit_ws._cli.draw.demo import DrawnBoard
from bybit_ws._cli.draw.status import Status
from bybit_ws._cli.terminal import draws
from bybit_ws._topics import BY_STREAM, ROWS, Row
from bybit_ws.simulator import Exchange

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
SIZES = [(80, 24), (40, 12), (30, 8), (220, 60)]
WIDE = {"orderbook_25", "trade", "kline", "instrument_info"}
"""One stream of each kind of picture."""

READY = {"realtime": {"state": "ready", "api": "v5", "reconnects": 0, "messages": 1, "lag": 0.002, "dropped": 0}}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=3, speed=20) as running:
        yield running


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for one in opened:
        one.close()


def wanted(row: Row) -> dict[str, Any]:
    """Return what a stream is called with."""
    parameters: dict[str, Any] = {}
    if row.symbols:
        symbols = {"lt_v1": ["BTC3LUSDTNAV"], "insurance": ["BTC"]}
        parameters["symbols"] = symbols.get(row.stream, ["BTCUSD"] if row.family == "inverse" else ["BTCUSDT"])
    if row.parameter is not None:
        parameters[row.parameter] = "1m" if row.parameter == "interval" and row.family == "spot" else "1"
    return parameters


@pytest.fixture(scope="module")
def heard(exchange: Exchange) -> dict[str, list[dict[str, Any]]]:
    """Two messages of every stream."""
    boxes = {row.stream: Inbox() for row in ROWS}
    options = {"endpoint": exchange.url, **KEYS}
    with SpotWebSocket(**options) as spot, InverseWebSocket(**options) as inverse:
        for row in ROWS:
            getattr(inverse if row.family == "inverse" else spot, row.method)(boxes[row.stream], **wanted(row))
        for box in boxes.values():
            box.wait(2, 20)
    return {stream: list(box) for stream, box in boxes.items()}


def text_of(drawn: Any, width: int, height: int) -> list[str]:
    """Return the lines of what is drawn on a screen of a size."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    console.print(drawn, end="")
    return console.file.getvalue().split("\n")


def board_of(row: Row, messages: list[dict[str, Any]]) -> Board:
    parameters = wanted(row)
    board = Board(row, row.wire, parameters.get("symbols", ()), parameters.get("interval", ""))
    for message in messages:
        board.message(message)
    return board


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stream)
def test_every_stream_has_a_picture_that_fits_every_screen(
    row: Row, heard: dict[str, list[dict[str, Any]]]
) -> None:
    board = board_of(row, heard[row.stream])
    for width, height in SIZES if row.stream in WIDE else SIZES[:2]:
        lines = text_of(board.draw(width, height, READY, {"": False}), width, height)
        assert len(lines) == height
        assert all(len(line) <= width for line in lines)
        assert lines[-2].startswith(" ● realtime v5 ready"[:width])
        assert lines[0].startswith("╭─ " if width < 100 else ("╭", " "))
        assert width < 80 or any(character.isdigit() for line in lines[1:-2] for character in line)


def test_a_stale_book_says_so_and_one_that_never_came_is_waited_for(heard: dict[str, list[dict[str, Any]]]) -> None:
    board = Board(BY_STREAM["orderbook_25"], "orderBookL2_25", ("BTCUSD", "ETHUSD"))
    board.message(heard["orderbook_25"][0])
    first, *_ = text_of(board.draw(80, 24, READY, {"BTCUSD": False, "ETHUSD": True}), 80, 24)
    assert "BTCUSD orderbook_25 ─" in first
    assert "ETHUSD orderbook_25 waiting" in first
    drawn = board.draw(80, 24, READY, {"BTCUSD": True, "ETHUSD": True})
    assert "BTCUSD orderbook_25 stale" in text_of(drawn, 80, 24)[0]
    wide = text_of(board.draw(120, 24, READY, {"BTCUSD": True}), 120, 24)
    assert "BTCUSD orderbook_25 orderBookL2_25 stale" in wide[0]
    console = Console(width=80, height=24, force_terminal=True, color_system="standard", file=io.StringIO())
    console.print(drawn)
    body = console.file.getvalue().split("\n")[2]
    assert "\x1b[31m" not in body, "what is stale has no colours"
    assert "\x1b[2m" in body


def test_symbols_without_room_are_told() -> None:
    symbols = [f"SYM{number}USDT" for number in range(30)]
    board = Board(BY_STREAM["diff_depth_v1"], "diffDepth", symbols)
    lines = text_of(board.draw(80, 24, READY, {}), 80, 24)
    shown = "\n".join(lines).count("diff_depth_v1")
    assert 2 <= shown < 30
    assert f"{30 - shown} more symbols: a larger window shows them" in lines[-1]


def test_the_status_tells_the_rate_the_lag_and_what_happened_last() -> None:
    status = Status()
    for at in range(20):
        status.count(3, at * 0.1)
    first, last = (line.plain for line in status.draw(120, 1.9, READY, recorded=1_500_000))
    for part in ("● realtime v5 ready", "31.6 msg/s", "lag 2 ms", "0 reconnects", "60 messages", "rec 1.5 MB"):
        assert part in first
    assert last.strip() == "Ctrl-C ends"
    status.event(events.Connected().stamped("realtime", 0))
    assert "connected" not in status.draw(80, 2.0, READY)[1].plain
    status.event(events.BookOutOfSync("orderBookL2_25", "BTCUSD", "a level is missing").stamped("realtime", 0))
    assert "BTCUSD is out of step and withheld: a level is missing" in status.draw(120, 2.0, READY)[1].plain
    assert all(len(line.plain) <= 40 for line in status.draw(40, 2.0, READY))


def test_a_ladder_moves_goes_stale_and_leaves_the_terminal_as_it_was(terminals: list[Terminal]) -> None:
    with Exchange(seed=3, speed=20) as exchange:
        words = ("watch", "inverse", "orderbook_25", "BTCUSD", "ETHUSD", "--endpoint", exchange.url)
        terminal = Terminal(*words)
        terminals.append(terminal)
        first = terminal.wait_for(lambda text: text.count("spread") == 2 and "● realtime legacy ready" in text)
        terminal.wait_for(lambda text: text.count("spread") == 2 and text != first)
        lines = terminal.shown()
        assert "BTCUSD orderbook_25" in lines[0]
        assert "ETHUSD orderbook_25" in lines[0]
        assert lines[21].count("╰") == 2, "both reach down to the status"
        exchange.refuse_connections(3)
        exchange.drop()
        terminal.wait_for(lambda text: text.count(" stale ") == 2 and "realtime: lost" in text)
        terminal.resize(130, 20)
        terminal.wait_for(lambda text: "1 reconnect " in text and " stale " not in text and "total" in text, 40)
        assert terminal.interrupt() == INTERRUPTED
    assert terminal.raw.count(ENTER) == terminal.raw.count(LEAVE) == 1
    assert terminal.raw.index(ENTER) < terminal.raw.index(HIDE) < terminal.raw.rindex(SHOW)
    left = terminal.raw[terminal.raw.rindex(LEAVE) :].decode()
    assert "messages in " in left
    assert left.rstrip().endswith("s, 1 reconnect")
    assert "Traceback" not in left


def test_a_tape_ends_by_itself_and_tells_where_the_recording_is(
    exchange: Exchange, terminals: list[Terminal], tmp_path: Any
) -> None:
    kept = tmp_path / "kept.jsonl"
    words = ("watch", "spot", "trade_v1", "BTCUSDT", "--endpoint", exchange.url)
    terminal = Terminal(*words, "--seconds", "1", "--record", str(kept), columns=200)
    terminals.append(terminal)
    terminal.wait_for(lambda text: "trades" in text and "sell" in text and "rec " in text)
    assert terminal.end() == 0
    assert terminal.raw.decode().rstrip().endswith(f"0 reconnects, recorded in {kept}")
    assert kept.stat().st_size > 1000


def test_a_terminated_watch_leaves_the_terminal_as_it_was(exchange: Exchange, terminals: list[Terminal]) -> None:
    terminal = Terminal("watch", "spot", "kline_v1", "BTCUSDT", "--interval", "1m", "--endpoint", exchange.url)
    terminals.append(terminal)
    terminal.wait_for(lambda text: "close" in text or " c 2" in text)
    terminal.process.terminate()
    assert terminal.end() == 128 + 15
    assert LEAVE in terminal.raw
    assert terminal.raw.rindex(SHOW) > terminal.raw.index(HIDE)


def test_lines_can_be_had_in_a_terminal(exchange: Exchange, terminals: list[Terminal]) -> None:
    words = ("watch", "spot", "trade_v2", "BTCUSDT", "--endpoint", exchange.url, "--count", "2", "--plain")
    terminal = Terminal(*words)
    terminals.append(terminal)
    assert terminal.end() == 0
    assert ENTER not in terminal.raw


def test_a_terminal_that_cannot_draw_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Tty())
    monkeypatch.setenv("TERM", "xterm-256color")
    assert draws()
    monkeypatch.setenv("TERM", "dumb")
    assert not draws()


def test_where_rich_is_missing_lines_come_and_one_says_how_to_get_the_picture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Tty())
    for name in [name for name in sys.modules if name.startswith(("bybit_ws._cli.draw", "rich"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert not draws()
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install 'bybit-ws-client[terminal]'" in line


class Tty(io.StringIO):
    """An output that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_the_demo_shows_its_streams_its_book_and_what_happened(heard: dict[str, list[dict[str, Any]]]) -> None:
    board = DrawnBoard()
    board.heading("all streams\n\nand more")
    for row in ROWS[:-1]:
        for message in heard[row.stream]:
            board.callback(row)(message)
    board.event(events.Disconnected("cut").stamped("realtime", 0))
    for width, height in SIZES:
        lines = text_of(board._drawn(width, height), width, height)
        assert len(lines) == height
        assert all(len(line) <= width for line in lines)
    text = "\n".join(text_of(board._drawn(80, 24), 80, 24))
    assert "all streams" in text
    assert "and more" not in text
    assert "27 of 28 streams" in text
    assert "spread" in text
    assert "realtime lost: cut" in text
    assert "orderbook_25 stale" in text
    board.callback(BY_STREAM["orderbook_25"])(heard["orderbook_25"][0])
    assert "stale" not in "\n".join(text_of(board._drawn(80, 24), 80, 24)[:3])
    assert all(row.stream in text for row in ROWS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(row.stream in script for row in ROWS)
    assert "seconds" in script


def test_bash_completes_commands_families_streams_and_options(tmp_path: Any) -> None:
    script = subprocess.run(
        [sys.executable, "-m", "bybit_ws", "completion", "bash"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    (tmp_path / "script").write_text(script)
    (tmp_path / "file.jsonl").touch()
    asked = ["wa", "watch in", "watch inverse orderb", "watch spot trade_v1 BTCUSDT --sec", "replay fi"]
    lines = ["source ./script", "name=$(complete -p bybit-ws | sed 's/.*-F \\([^ ]*\\).*/\\1/')"]
    for line in asked:
        lines += [
            f"COMP_WORDS=(bybit-ws {line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=()",
            '$name bybit-ws "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; echo "${COMPREPLY[*]}"',
        ]
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not here")
    done = subprocess.run([bash, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, check=True)
    answers = ["watch", "inverse", "orderbook_25 orderbook_200", "--seconds", "file.jsonl"]
    assert done.stdout.splitlines() == answers




def test_the_pictures_in_the_repository_are_what_the_command_draws(tmp_path: Any) -> None:
    command = [sys.executable, "docs/pictures.py", "--only", "stale", "--output", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    places = (tmp_path, ROOT / "docs" / "pictures")
    drawn, kept = (re.findall(r">([^<>]+)</text>", (place / "stale.svg").read_text("utf-8")) for place in places)
    assert drawn == kept
    assert "stale&#160;" in drawn
