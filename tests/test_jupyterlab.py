"""Live views as their user sees them: a real JupyterLab in a headless Chromium, from the first cell to the restart.

Run as a script, it draws the pictures of the documentation::

    python tests/test_jupyterlab.py docs/pictures
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

for needed in ("anywidget", "jupyterlab", "playwright", "nbformat"):
    pytest.importorskip(needed, reason=f"{needed} is not installed: it is part of the extra e2e")

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
        lab.write("live.ipynb", notebook(CONNECT, BOOK, LOOP, BOOK + "\n# once more, below"))
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

    # Restart the kernel: nothing is left of it, and the view says so.
    sheet.command("notebook:restart-kernel")
    sheet.page.locator(".jp-Dialog button.jp-mod-accept").click()
    assert wait_until(lambda: exchange.connections == 0, PATIENCE)
    assert sheet.until(lambda: state(sheet, 1) == "ended")
    assert sheet.errors == []


# -- the pictures of the documentation ---------------------------------------------------------------------

SCENES = {
    "live-book": ['ws = InverseWebSocket(endpoint=exchange.url)\nlive_book(ws, "BTCUSD")'],
    "live-candles": ['live_candles(ws, "BTCUSD")'],
    "live-trades": ['live_trades(ws, "BTCUSD", rows=12)'],
    "live-health": ["live_health(ws)"],
}
"""Pictures, and the cells that they show."""


def draw(target: Path, home: Path) -> None:
    """Draw each view by itself, and a whole notebook, in both themes."""
    target.mkdir(parents=True, exist_ok=True)
    first = CONNECT.replace("import os\n", "").replace('os.environ["EXCHANGE"]', "endpoint")
    first = first.replace("ws = InverseWebSocket(endpoint=endpoint)", 'endpoint = __import__("os").environ["EXCHANGE"]')
    with Exchange(seed=7, speed=30) as exchange, Lab(home, EXCHANGE=exchange.url) as lab, browser() as chrome:
        lab.write("live.ipynb", notebook(first, *[cells[0].replace("exchange.url", "endpoint") for cells in SCENES.values()]))
        sheet = Sheet(chrome, lab, "live.ipynb", height=1900)
        sheet.command("application:toggle-left-area")
        sheet.run_all()
        sheet.wait_run(len(SCENES), str(len(SCENES) + 1))
        candles = sheet.page.locator(".bybit-ws-candles")
        sheet.page.wait_for_timeout(120_000)
        assert candles.count() == 1
        for theme in ("Light", "Dark"):
            sheet.theme(f"JupyterLab {theme}")
            sheet.page.wait_for_timeout(2_000)
            sheet.page.screenshot(path=target / f"notebook-{theme.lower()}.png")
            for at, name in enumerate(SCENES, 1):
                one = sheet.cell(at).locator(".bybit-ws-live")
                one.screenshot(path=target / f"{name}-{theme.lower()}.png")


if __name__ == "__main__":
    place = Path("build-pictures")
    try:
        draw(Path(sys.argv[1]), place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
