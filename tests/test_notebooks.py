"""The notebooks in ``examples`` run, and show what they promise; what is kept of them is what they show."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget", reason="live views need the extra notebook")
pytest.importorskip("nbclient", reason="notebooks need something to execute them")
pytest.importorskip("pandas", reason="tables need the extra data")

import nbformat
from notebooks import pixels

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"

NUMBER = r"[\d,]+(\.\d+)?"

SHOWN = {
    "five_minutes": [
        r"'symbol': 'BTCUSD'",
        rf"((BTC|ETH)USD  (Buy |Sell) +{NUMBER} at {NUMBER}\n){{5,}}$",
        r"(time +symbol +side +price +quantity)\n(.*USD.*\n?){5}$",
        r"trades +quantity +low +high\s*\nsymbol side +\nBTCUSD (Buy|Sell) +\d+",
        r"<OrderBook BTCUSD bid .* 25 \+ 25 levels>",
        rf"best bid {NUMBER}, spread {NUMBER}\n100,000 contracts cost {NUMBER} on average, {NUMBER} at worst\n",
        rf"mark price {NUMBER}\n",
        r"stale: None\nback:  Level\(price=",
        r"<InverseWebSocket realtime=ready \(legacy\)>",
    ],
    "live_views": [
        r"<live book BTCUSD: (waiting|live)>",
        r"<live candles BTCUSD: (waiting|live)>",
        r"<live trades BTCUSD: (waiting|live)>",
        r"<live health InverseWebSocket: (waiting|live|stale)>",
        r"\{'Buy': \d+, 'Sell': \d+\}",
    ],
    "record_and_analyse": [
        rf"<Recorder at work: \d+ s \| {NUMBER} frames, .*btc.jsonl.gz>\n",
        r"received +time +side",
        r"open +high +low +close +quantity",
        r"spread\ncount +\d+",
        r"'\d+ deals, [+-]\d+\.\d USD a coin'",
        r"^True$",
    ],
}
"""What each output says, in this order."""


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Execute them, and return where they are."""
    target = tmp_path_factory.mktemp("notebooks")
    command = [sys.executable, str(ROOT / "tests" / "notebooks.py"), "--no-pictures", "--to", str(target)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return target


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text(output: Any) -> str:
    found = output.text if output.output_type == "stream" else output.data["text/plain"]
    return "".join(found)


def check(notebook: Any, name: str) -> None:
    shown = outputs(notebook)
    assert [output.output_type for output in shown if output.output_type == "error"] == []
    assert [output.get("name") for output in shown if output.get("name") == "stderr"] == []
    for output, pattern in zip(shown, SHOWN[name]):
        assert re.search(pattern, text(output)), (pattern, text(output))
    assert len(shown) == len(SHOWN[name])


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_runs_from_top_to_bottom(executed: Path, name: str) -> None:
    check(read(executed / f"{name}.ipynb"), name)


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_kept_of_a_notebook_is_what_it_shows(name: str) -> None:
    path = EXAMPLES / f"{name}.ipynb"
    notebook = read(path)
    nbformat.validate(notebook)
    check(notebook, name)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    kept = json.dumps(json.loads(path.read_text("utf-8")))
    assert re.findall(r"/(?:tmp|root|home|Users|work)/", kept) == []
    assert "widgets" not in notebook.metadata


def test_live_views_are_kept_as_pictures() -> None:
    kept = [one for one in outputs(read(EXAMPLES / "live_views.ipynb")) if "image/png" in one.data]
    pictures = [output.data["image/png"] for output in kept]
    assert len(pictures) == 4
    scales = {output.metadata["image/png"]["width"] / pixels(output.data["image/png"]) for output in kept}
    assert max(scales) - min(scales) < 0.01, "letters are of one size in all of them"
    for picture in pictures:
        assert base64.b64decode(picture).startswith(b"\x89PNG")
        assert 10_000 < len(picture) < 200_000


def test_none_is_forgotten() -> None:
    assert {path.stem for path in EXAMPLES.rglob("*.ipynb")} == set(SHOWN)
    for name in SHOWN:
        code = [cell.source for cell in read(EXAMPLES / f"{name}.ipynb").cells if cell.cell_type == "code"]
        assert sum(len(source.splitlines()) for source in code) <= 80
