"""Clients and live views in a real kernel: cells run twice, are interrupted, print where they should."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

pytest.importorskip("anywidget", reason="live views need the extra notebook")
pytest.importorskip("ipykernel", reason="a kernel is needed to try them in")

import ipykernel
from kernel import Kernel
from support import wait_until

from bybit_ws.simulator import Exchange

PATIENCE = 60.0

SETUP = """
import os, threading
from bybit_ws import InverseWebSocket
from bybit_ws.notebook import live_book, live_health, live_trades, stop_all
ws = InverseWebSocket(endpoint=os.environ["EXCHANGE"])
"""


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=2) as running:
        yield running


@pytest.fixture(scope="module")
def kernel(exchange: Exchange) -> Iterator[Kernel]:
    running = Kernel(EXCHANGE=exchange.url)
    try:
        done = running.run(SETUP)
        assert (done.error, done.text) == ("", "")
        yield running
    finally:
        running.close()


def subscribed(exchange: Exchange) -> list[tuple[str, str]]:
    return sorted(pair for pairs in exchange.subscriptions.values() for pair in pairs)


def test_a_cell_that_is_run_twice_replaces_and_never_doubles(exchange: Exchange, kernel: Kernel) -> None:
    code = "sub = ws.trade_stream(None, 'BTCUSD')\nlive_book(ws, 'BTCUSD')"
    first = kernel.run(code)
    assert (first.error, len(first.views)) == ("", 1)
    before, opened = subscribed(exchange), list(kernel.opened)
    threads = "print(sorted(one.name for one in threading.enumerate() if one.name.startswith('bybit_ws')))"
    running = kernel.run(threads).text
    again = kernel.run(code)
    assert again.views == first.views
    assert kernel.opened == opened
    assert subscribed(exchange) == before
    assert kernel.run(threads).text == running
    assert running.count("bybit_ws views") == 1


def test_a_view_moves_while_cells_run_and_after_they_have_ended(kernel: Kernel) -> None:
    (view,) = kernel.run("live_book(ws, 'BTCUSD')").views
    busy = kernel.start("print('busy')\nwhile not ended.wait(0.01) if 'ended' in globals() else True: pass")
    kernel.wait(lambda: busy.text, "it does not begin")
    before = kernel.frames.get(view, 0)
    kernel.wait(lambda: kernel.frames.get(view, 0) > before + 3, "nothing is drawn while a cell runs")
    assert not busy.done.is_set()
    kernel.manager.interrupt_kernel()
    assert busy.done.wait(PATIENCE)
    after = kernel.frames[view]
    kernel.wait(lambda: kernel.frames[view] > after + 3, "nothing is drawn after it")
    assert (busy.error, busy.text, busy.results) == ("KeyboardInterrupt", "busy\n", [])


@pytest.mark.parametrize(
    "blocking",
    [
        "while True: sub.get()",
        "for message in sub: pass",
        "sub.collect(10**9)",
        "while True: ws.liquidation_stream(None, 'EOSUSD').wait()",
        "ws.join()",
        "while True: ws.book('BTCUSD').wait()",
    ],
)
def test_interrupting_a_cell_interrupts_it_and_nothing_else(
    exchange: Exchange, kernel: Kernel, blocking: str
) -> None:
    (view,) = kernel.run("sub = ws.trade_stream(None, 'BTCUSD')\nlive_book(ws, 'BTCUSD')").views
    connections = exchange.connections_made
    cell = kernel.interrupt(f"print('go')\n{blocking}")
    assert (cell.error, cell.text) == ("KeyboardInterrupt", "go\n")
    assert "trade" in kernel.run("print(sub.get(30)['topic'])").text
    before = kernel.frames.get(view, 0)
    kernel.wait(lambda: kernel.frames.get(view, 0) > before, "the view has ended")
    assert exchange.connections_made == connections


@pytest.mark.skipif(ipykernel.version_info[0] < 7, reason="older kernels show what threads print in the first cell")
def test_what_a_callback_prints_belongs_to_the_cell_that_subscribed_it(kernel: Kernel) -> None:
    talking = kernel.start("talk = ws.trade_stream(lambda message: print('talks'), 'ETHUSD')\ntalk.wait()")
    assert talking.done.wait(PATIENCE)
    said = len(talking.text)
    other = kernel.run("print('other')\nlive_trades(ws, 'BTCUSD')\nthreading.Event().wait(1)")
    ours = kernel.run("ws.instrument_info_stream(lambda message: print('info'), 'BTCUSD').wait()")
    quiet = kernel.run("threading.Event().wait(0.5)\nprint('quiet')")
    kernel.wait(lambda: len(talking.text) > said, "the callback is silent")
    kernel.run("talk.unsubscribe()\nws.instrument_info_stream(None, 'BTCUSD').unsubscribe()")
    assert set(talking.text.split()) == {"talks"}
    assert set(ours.text.split()) == {"info"}
    assert (other.text, quiet.text) == ("other\n", "quiet\n")
    assert kernel.stray == []


@pytest.mark.skipif(ipykernel.version_info[0] < 7, reason="older kernels show what threads print in the first cell")
@pytest.mark.parametrize("queue", ["", ", queue='block'"])
def test_what_a_callback_raises_is_told_once_in_the_cell_that_subscribed_it(kernel: Kernel, queue: str) -> None:
    kernel.run("calls = threading.Semaphore(0)\ndef fail(message):\n    calls.release()\n    1 / 0")
    failing = kernel.run(f"bad = ws.trade_stream(fail, 'ETHUSD'{queue})")
    other = kernel.run("for _ in range(4): calls.acquire()\nprint('other')")
    kernel.run("for _ in range(4): calls.acquire()")
    kernel.run("bad.unsubscribe()")
    kernel.wait(lambda: "ZeroDivisionError" in failing.text, "it is not told")
    assert failing.text.count("the callback of trade ETHUSD raised; the stream goes on") == 1
    assert failing.text.count("Traceback") == 1
    assert other.text == "other\n"
    assert kernel.stray == []


def test_run_forever_ends_with_an_interrupt_and_views_with_the_client(exchange: Exchange, kernel: Kernel) -> None:
    kernel.run("other = InverseWebSocket(endpoint=os.environ['EXCHANGE'])\nview = live_book(other, 'ETHUSD')")
    connections = exchange.connections
    cell = kernel.interrupt("print('go')\nother.run_forever()")
    went, told = cell.text.splitlines()
    assert (cell.error, went) == ("", "go")
    assert told.startswith("Ctrl-C ended run_forever() and closed this InverseWebSocket: make another one to go on.")
    assert exchange.wait_for(lambda: exchange.connections == connections - 1, PATIENCE)
    kernel.wait(lambda: "ended" in kernel.run("print(view)").text, "the view goes on")
    assert re.match(r"the client was closed, \d\d:\d\d:\d\d UTC$", kernel.run("print(view.reason)").text)


def test_restarting_the_kernel_leaves_nothing_behind(exchange: Exchange, kernel: Kernel) -> None:
    kernel.run("live_book(ws, 'BTCUSD')\nlive_health(ws)")
    assert exchange.connections == 1
    kernel.restart()
    assert exchange.wait_for(lambda: exchange.connections == 0, PATIENCE)
    again = kernel.run(SETUP + "print(ws.subscriptions)\nlive_book(ws, 'BTCUSD')")
    assert (again.error, again.text, len(again.views)) == ("", "[]\n", 1)
    assert wait_until(lambda: subscribed(exchange) == [("orderBookL2_25", "BTCUSD")], PATIENCE)
