"""Every example runs as a user would run it, and the samples are the documents' own text."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

import pytest
from support import SHARED

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
AT_ONCE = 8
PATIENCE = 100.0
"""Seconds for all of them together."""


class Run(NamedTuple):
    """What a user saw."""

    printed: str
    errors: str
    code: int


def _spot(topic: str, symbol: str, **params: str) -> Callable[[dict], bool]:
    def check(message: dict) -> bool:
        sent = {key: message["params"][key] for key in params}
        where = message.get("symbol") or message["params"]["symbol"]
        return (message["topic"], where, sent) == (topic, symbol, params) and bool(message["data"])

    return check


def _private(event: str) -> Callable[[dict], bool]:
    return lambda message: message["e"] == event


def _row(*keys: str, **values: str) -> Callable[[list], bool]:
    return lambda rows: set(keys) <= rows[0].keys() and all(rows[0][key] == value for key, value in values.items())


def _state(check: Callable) -> Callable:
    """Accept a change too: ``get_data`` gives the newest first, and that may be one already."""
    return lambda data: {"delete", "update", "insert"} <= data.keys() if "update" in data else check(data)


SAMPLES: dict[str, Callable] = {
    "spot/trade_v1": _spot("trade", "BTCUSDT"),
    "spot/realtimes_v1": _spot("realtimes", "BTCUSDT"),
    "spot/kline_v1": _spot("kline", "BTCUSDT", klineType="1h"),
    "spot/depth_v1": _spot("depth", "ETHUSDT"),
    "spot/merged_depth_v1": _spot("mergedDepth", "ETHUSDT", dumpScale="1"),
    "spot/diff_depth_v1": _spot("diffDepth", "ETHUSDT"),
    "spot/lt_v1": _spot("lt", "BTC3LUSDTNAV"),
    "spot/depth_v2": _spot("depth", "ETHUSDT"),
    "spot/kline_v2": _spot("kline", "ETHUSDT", klineType="1h"),
    "spot/trade_v2": _spot("trade", "ETHUSDT"),
    "spot/book_ticker_v2": _spot("bookTicker", "ETHUSDT"),
    "spot/realtimes_v2": _spot("realtimes", "ETHUSDT"),
    "spot/outbound_account_info": _private("outboundAccountInfo"),
    "spot/execution_report": _private("executionReport"),
    "spot/stop_execution_report": _private("stop_executionReport"),
    "spot/ticket_info": _private("ticketInfo"),
    "inverse_pull/orderBookL2": _state(_row("price", "id", "side", "size", symbol="BTCUSD")),
    "inverse_pull/trade": _row("trade_id", "price", "side", symbol="BTCUSD"),
    "inverse_pull/insurance": _row("wallet_balance", currency="BTC"),
    "inverse_pull/instrument_info": _state(lambda data: data["symbol"] == "BTCUSD" and "mark_price" in data),
    "inverse_pull/position": _row("symbol", "entry_price", "liq_price"),
    "inverse_pull/execution": _row("symbol", "exec_id", "exec_qty"),
    "inverse_pull/order": _row("symbol", "order_id", "order_status"),
}
"""What the first message that is printed must be."""

AUTHENTICATIONS = {
    "spot/authentication": ['{"auth":"success"', '[{"e":"'],
    "inverse_pull/authentication_by_message": ['{"success":true,"ret_msg":"",'],
    "inverse_pull/authentication_by_url": ['{"success":true', '{"topic":"position"'],
}
"""What the samples that sign by hand print, as the wire spells it."""

STORIES = {
    "order_book": [r"(50 levels \| bid \d+\.\d\d x [\d,]+ \| ask \d+\.\d\d x [\d,]+ \| spread \d+\.\d USD\n){10}$"],
    "a_book": [
        r"bid \d+\.\d+ ask \d+\.\d+ spread \d+\.\d+ mid \d+\.\d+\n",
        r"0\.5 BTC cost \d+\.\d\d USDT, \d+\.\d\d on average, the last of it \d+\.\d+\n",
        r"\d+\.\d+ BTC can be sold within 0\.1 % of the mid price, on \d+ levels\n",
        r"spread \d+\.\d+, imbalance of the best ten levels [+-]0\.\d\d\n",
        r"while the socket is down: None None \(\)\nback again: True 200 bids\n$",
    ],
    "private_orders": [
        r"^-- SpotWebSocket\.execution_report_stream",
        r"\w+USDT +(BUY|SELL) .* FILLED\n",
        r"-- InverseWebSocket\.order_stream",
        r"\w+USD +(Buy|Sell) .* Filled\n",
    ],
    "surviving_a_drop": [
        r"^event: public_v1: connected\n",
        r"60 trades of ETHUSDT",
        r"-- the exchange drops every connection",
        r"event: public_v1: lost: .*\n",
        r"event: public_v1: back after .*\(3 attempts\)",
        r"\d+ trades of ",
        r"-- back, .*\('trade', 'BTCUSDT'\), \('trade', 'ETHUSDT'\)\]",
    ],
    "slow_consumer": [
        r"((event: SlowConsumer, .*\n)?slow: .* ready, \d+ messages, 0 reconnects\n){4}",
        r"fast: .* ready, \d+ messages, 0 reconnects\n-- late, but in order: True\n$",
    ],
    "overload": [
        r"^(\d+ books seen \| \d wait, \d+ left out, \d\.\d s late \| stale: False, age \d\.\d s\n){3}",
        r"-- in order: True\n$",
    ],
    "record_and_replay": [
        r"^recorded: \['orderBookL2_25', 'trade'\] [\d,]+ bytes\n",
        r"(above [\d.]+ times the best offer: \d+ trades\n){3}$",
    ],
    "notebook": [
        r"the first run collects prices: \['\d+\.?\d*'",
        r"the second run collects changes: \['-?0\.\d+'",
        r"subscriptions: \[\('realtimes', 'BTCUSDT'\)\]\nrequests sent: 1\n$",
    ],
}
"""What our own examples print, in this order; they end by themselves."""


STILL_THERE = ("spot/trade_v1", "spot/lt_v1", "spot/outbound_account_info", "inverse_pull/position")
"""Samples that run at an exchange whose documented endpoints are up; all the others where they are retired."""

STARTER = """
import functools, os, runpy, sys
import bybit_ws._dialects.v5, bybit_ws._v5.parts, bybit_ws.inverse, bybit_ws.pull, bybit_ws.spot
import bybit_ws.simulator as simulator

for line in sys.stdin:
    word, *rest = line.rstrip("\\n").split("\\t")
    if word == "wait":
        print(os.waitpid(int(rest[0]), 0)[1], flush=True)
        continue
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    retired, script, *pipes = rest
    if retired:
        simulator.Exchange = functools.partial(simulator.Exchange, retired=True)
    for number, pipe in enumerate(pipes, 1):
        os.dup2(os.open(pipe, os.O_WRONLY), number)
    os.close(0)
    runpy.run_path(script, run_name="__main__")
    break
"""
"""Runs each script, unchanged, in a process of its own, which need not read all modules again."""


# -- running them ------------------------------------------------------------------------------------------


class Starter:
    """Starts scripts; from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-W", "error", "-c", STARTER]
        self._process = subprocess.Popen(command, env=environment, cwd=str(EXAMPLES), **pipes)

    def start(self, name: str, retired: bool) -> tuple[int, list[Path]]:
        """Start an example; return its process, and the pipes that it prints to."""
        pipes = [self._folder / f"{name.replace('/', ' ')} {kind}" for kind in ("out", "err")]
        for pipe in pipes:
            os.mkfifo(pipe)
        script = EXAMPLES / f"{name}.py"
        return int(self._ask("start", "retired" if retired else "", script, *pipes)), pipes

    def wait(self, process: int) -> int:
        """Return the exit code of a process that has closed its pipes, minus the signal that ended it."""
        status = int(self._ask("wait", process))
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def end(self) -> None:
        self._process.communicate(timeout=PATIENCE)

    def _ask(self, *words: object) -> str:
        with self._lock:
            self._process.stdin.write("\t".join(map(str, words)) + "\n")
            self._process.stdin.flush()
            return self._process.stdout.readline()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """Run all of them, several at a time, slow starters first."""
    # Where pytest was started in the background of a shell, children would inherit that Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    end = time.monotonic() + PATIENCE
    private = [name for name in [*SAMPLES, *AUTHENTICATIONS] if "api_key" in _text(name)]
    names = sorted([*SAMPLES, *AUTHENTICATIONS, *STORIES], key=lambda name: name not in private)
    starter = Starter(tmp_path_factory.mktemp("pipes"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(_run, starter, name, end) for name in names}
        pool.shutdown(cancel_futures=True)
    starter.end()
    signal.signal(signal.SIGINT, before)


def _run(starter: Starter, name: str, end: float) -> Run:
    """Run one; samples never end by themselves, so they are interrupted once they have printed enough."""
    retired = name in SAMPLES and name not in STILL_THERE
    process, pipes = starter.start(name, retired)
    timer = threading.Timer(max(0.0, end - time.monotonic()), os.kill, (process, signal.SIGKILL))
    timer.start()
    try:
        with pipes[0].open() as out, pipes[1].open() as complaints:
            enough = len(AUTHENTICATIONS.get(name, "x"))
            seen = [] if name in STORIES else [out.readline() for _ in range(enough)]
            if seen:
                os.kill(process, signal.SIGINT)
            printed, errors = out.read(), complaints.read()
        code = starter.wait(process)
    finally:
        timer.cancel()
    if retired:  # which is told in one line, once
        told, _, errors = errors.partition("\n")
        assert "is gone (HTTP 404); the same streams come over V5" in told
        assert "is gone" not in errors
    lines = errors.splitlines(keepends=True)  # a busy machine may hold callbacks up, and that is told
    return Run("".join(seen) + printed, "".join(one for one in lines if "held the socket up" not in one), code)


def _text(name: str) -> str:
    return (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")


def _ended_as_python_does(run: Run) -> bool:
    """Tell whether Ctrl-C is all that happened; websocket-client's ``run_forever`` returns on it."""
    if run.errors == "":
        return run.code == 0
    interrupted = run.errors.startswith("Traceback ") and run.errors.count("Traceback ") == 1
    return interrupted and run.errors.endswith("KeyboardInterrupt\n") and run.code in (-signal.SIGINT, 130)


posix = pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")


@posix
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_prints_real_messages_until_ctrl_c(runs: dict[str, Future[Run]], name: str) -> None:
    run = runs[name].result()
    lines = run.printed.splitlines()
    assert lines, run.errors
    assert SAMPLES[name](ast.literal_eval(lines[0])), lines[0]
    assert _ended_as_python_does(run), run.errors


@posix
@pytest.mark.parametrize("name", AUTHENTICATIONS)
def test_a_sample_that_signs_by_hand_is_let_in(runs: dict[str, Future[Run]], name: str) -> None:
    run = runs[name].result()
    for line, part in zip(run.printed.splitlines(), AUTHENTICATIONS[name]):
        assert part in line, run
    assert len(run.printed.splitlines()) >= len(AUTHENTICATIONS[name]), run
    assert "KeyboardInterrupt" in run.errors or run.errors == "", run.errors


@posix
@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_by_itself_and_prints_what_it_promises(runs: dict[str, Future[Run]], name: str) -> None:
    run = runs[name].result()
    assert (run.code, run.errors) == (0, ""), run.printed
    place = 0
    for pattern in STORIES[name]:
        found = re.compile(pattern).search(run.printed, place)
        assert found, f"no {pattern!r} in {run.printed[place:]!r}"
        place = found.end()


# -- their text --------------------------------------------------------------------------------------------


def _samples() -> dict[str, str]:
    """Find the Python samples of the documents by the example that shows them."""
    found = {}
    for document, folder in (("spot", "spot"), ("inverse", "inverse_pull")):
        text = (SHARED / "seeds" / f"{document}-websocket.txt").read_text(encoding="utf-8")
        for block in re.findall(r"^```python(?:--pybit)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            named = re.search(r"ws_spot\.(\w+)_stream\(|ws\.subscribe_(\w+)\(", block)
            if named:
                found[f"{folder}/{named[1] or named[2]}"] = block
    return found


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


IMPORTS = {
    "from pybit import spot": "from bybit_ws import spot",
    "from BybitWebsocket import BybitWebsocket": "from bybit_ws import BybitWebsocket",
}
ADDED = (
    "from bybit_ws.simulator import Exchange",
    "exchange = Exchange().start()",
    "    endpoint=exchange.url,",
    'api_key = "your api key"',
    'api_secret = "your api secret"',
)


@pytest.mark.skipif(not SHARED.exists(), reason="the documents are not here")
def test_every_sample_of_the_documents_is_here_changed_in_nothing_but_import_endpoint_and_keys() -> None:
    samples = _samples()
    assert samples.keys() == SAMPLES.keys() - {"spot/lt_v1", "spot/stop_execution_report"}
    for name, text in samples.items():
        expected = [
            IMPORTS.get(line, line).replace('"wss://stream-testnet.bybit.com/realtime"', 'exchange.url + "/realtime"')
            for line in _lines(text)
        ]
        assert [line for line in _lines(_text(name)) if line not in ADDED] == expected, name


def test_each_is_one_story_of_forty_lines_at_most_and_none_is_forgotten() -> None:
    here = {str(path.relative_to(EXAMPLES).with_suffix("")).replace("\\", "/") for path in EXAMPLES.rglob("*.py")}
    assert here == {*SAMPLES, *AUTHENTICATIONS, *STORIES}
    assert [name for name in here if len(_text(name).splitlines()) > 40] == []
