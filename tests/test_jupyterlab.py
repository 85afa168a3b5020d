"""Live views as their user sees them: a real JupyterLab in a headless Chromium, from the first cell to the restart.

Run as a script, it draws the pictures of the documentation::

    python tests/test_jupyterlab.py docs/pictures
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget", reason="live views need the extra notebook")
pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: it is part of the extra e2e")
pytest.importorskip("playwright", reason="playwright is not installed: it is part of the extra e2e")

from lab import Lab, Sheet, browser, chromium, notebook
from support import wait_until

from bybit_ws.simulator import Exchange

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no chromium")

PATIENCE = 60.0

CONNECT = """\
import os
from bybit_ws import InverseWebSocket
from bybit_ws.notebook import live_book, live_candles, live_health, live_trades
ws = InverseWebSocket(endpoint=os.environ["EXCHANGE"])"""
BOOK = 'live_book(ws, "BTCUSD")'
TYPO = 'live_book(ws, "btcusd")'
LOOP = 'for message in ws.trade_stream(None, "BTCUSD"):\n    trade = message["data"][0]'

LADDER = ".bybit-ws-book .row.bid .price"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=1, speed=2) as running:
        yield running


@pytest.fixture(scope="module")
def sheet(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sheet]:
    """The notebook, open in JupyterLab."""
    with Lab(tmp_path_factory.mktemp("lab"), EXCHANGE=exchange.url) as lab, browser() as chrome:
        lab.write("live.ipynb", notebook(CONNECT, BOOK, LOOP, BOOK + "\n# once more, below", TYPO))
        yield Sheet(chrome, lab, "live.ipynb")


def ladder(sheet: Sheet) -> list[str]:
    """Read the ladder of the one view."""
    rows: list[str] = sheet.page.locator(".bybit-ws-book .row").all_inner_texts()
    return rows


def moves(sheet: Sheet) -> bool:
    """Tell whether two readings of the ladder differ."""
    before = ladder(sheet)
    return sheet.until(lambda: ladder(sheet) != before)


def state(sheet: Sheet, number: int) -> Any:
    return sheet.cell(number).locator(".bybit-ws-book").get_attribute("data-state")


def subscriptions(exchange: Exchange) -> list[tuple[str, str]]:
    return sorted(pair for pairs in exchange.subscriptions.values() for pair in pairs)


def test_the_life_of_a_live_view(exchange: Exchange, sheet: Sheet, tmp_path: Path) -> None:
    """One test, as each step begins where the one before has ended."""
    book = sheet.page.locator(".bybit-ws-book")

    # Run all cells: the third goes on for ever, and the book moves meanwhile.
    sheet.command("notebook:run-all-cells")
    sheet.wait_run(2, "*")
    assert sheet.until(lambda: state(sheet, 1) == "live")
    assert moves(sheet)
    prices = [float(one.replace(",", "")) for one in sheet.page.locator(LADDER).all_inner_texts()]
    assert len(prices) == 10
    assert prices == sorted(prices, reverse=True)
    assert sheet.page.locator(".bybit-ws-book path.bid.line").get_attribute("d").count("V") > 10
    picture = Path(os.environ.get("SCREENSHOT") or tmp_path / "jupyterlab.png")
    sheet.page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000

    # Interrupt the cell: it is interrupted, and nothing else.
    sheet.command("notebook:interrupt-kernel")
    assert sheet.until(lambda: "KeyboardInterrupt" in sheet.cell(2).inner_text())
    assert moves(sheet)
    assert sheet.cell(1).locator(".jp-OutputArea-output").count() == 1  # nothing was printed into another cell

    # Run the cell again: one view, not two, and nothing is subscribed twice.
    before = subscriptions(exchange)
    sheet.run(1)
    assert sheet.until(lambda: state(sheet, 1) == "live" and book.count() == 1)
    assert moves(sheet)
    assert subscriptions(exchange) == before

    # Show it in another cell: the same view, so both move; its button stops it everywhere, and it can begin again.
    sheet.run(3)
    assert sheet.until(lambda: book.count() == 2 and state(sheet, 3) == "live")
    sheet.cell(3).locator(".stop").click()
    assert sheet.until(lambda: [state(sheet, at) for at in (1, 3)] == ["ended", "ended"])
    assert "stopped by the button" in sheet.cell(1).locator(".why").inner_text()
    assert wait_until(lambda: "orderBookL2_25" not in dict(subscriptions(exchange)), PATIENCE)
    sheet.run(1)
    assert sheet.until(lambda: state(sheet, 1) == "live")
    assert subscriptions(exchange) == before

    # Cut the line: a stale book looks stale, and recovers by itself.
    exchange.refuse_connections(1000)
    exchange.drop()
    assert sheet.until(lambda: state(sheet, 1) == "stale")
    exchange.refuse_connections(0)
    assert sheet.until(lambda: state(sheet, 1) == "live")

    # A view that is refused is a small box with the whole sentence, and no empty frame.
    sheet.run(4)
    assert sheet.until(lambda: state(sheet, 4) == "failed")
    refused = sheet.cell(4).locator(".bybit-ws-book")
    assert "orderBookL2_25.btcusd (did you mean 'BTCUSD'?)" in refused.locator(".never").inner_text()
    assert not refused.locator(".main").is_visible()
    assert refused.bounding_box()["height"] < 150
    assert sheet.cell(1).locator(".main").is_visible()
    assert not sheet.cell(1).locator(".never").is_visible()

    # Restart the kernel: nothing is left of it, and the view says so.
    sheet.command("notebook:restart-kernel")
    sheet.page.locator(".jp-Dialog button.jp-mod-accept").click()
    assert wait_until(lambda: exchange.connections == 0, PATIENCE)
    assert sheet.until(lambda: state(sheet, 1) == "ended")
    assert sheet.errors == []


# -- the pictures of the documentation ---------------------------------------------------------------------

START = """\
from bybit_ws import InverseWebSocket
from bybit_ws.notebook import live_book, live_candles, live_health, live_trades
from bybit_ws.simulator import Exchange

exchange = Exchange(seed=7, speed=30).start()
ws = InverseWebSocket(endpoint=exchange.url)"""

VIEWS = {
    "live-book": BOOK,
    "live-candles": 'live_candles(ws, "BTCUSD", height=300)',
    "live-trades": 'live_trades(ws, "BTCUSD", rows=12)',
    "live-health": "live_health(ws)",
}
"""Pictures, and the cells that they show."""

SETTLE = 100.0
"""Seconds until there are enough candles."""


def draw(target: Path, home: Path) -> None:
    """Draw each view, and a notebook in its window, in both themes."""
    target.mkdir(parents=True, exist_ok=True)
    with Lab(home) as lab, browser() as chrome:
        lab.write("live views.ipynb", notebook(START, *VIEWS.values()))
        sheet = Sheet(chrome, lab, "live views.ipynb", width=1000, height=1070, scale=1.5)
        sheet.command("application:toggle-left-area")
        sheet.run_all()
        sheet.wait_run(len(VIEWS), str(len(VIEWS) + 1))
        sheet.page.wait_for_timeout(SETTLE * 1000)
        for theme in ("Light", "Dark"):
            sheet.theme(f"JupyterLab {theme}")
            for at, name in enumerate(VIEWS, 1):
                one = sheet.cell(at).locator(".bybit-ws-live")
                one.scroll_into_view_if_needed()
                sheet.page.wait_for_timeout(1_000)
                one.screenshot(path=target / f"{name}-{theme.lower()}.png")
            sheet.cell(0).scroll_into_view_if_needed()
            sheet.page.wait_for_timeout(1_000)
            sheet.page.screenshot(path=target / f"jupyterlab-{theme.lower()}.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        draw(Path(sys.argv[1]), Path(place))
