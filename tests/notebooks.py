"""Executes the notebooks in ``examples`` and keeps their outputs.

::

    python tests/notebooks.py                  # all of them, where they are
    python tests/notebooks.py --to build       # elsewhere; the tests do that
    python tests/notebooks.py live_views       # one

Live views are kept as pictures, taken in a JupyterLab of its own by a headless Chromium (extra ``e2e``), because a page
such as GitHub's shows no widgets; with ``--no-pictures`` those of before stay.
"""

from __future__ import annotations

import argparse
import base64
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"

VIEW = "application/vnd.jupyter.widget-view+json"

PATIENCE = 120
"""Seconds for a cell."""

SETTLE = 45.0
"""Seconds that live views run before their picture is taken, so that candles have come."""


def names() -> list[str]:
    """Return which notebooks there are."""
    return sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))


def execute(name: str) -> Any:
    """Run a notebook in a kernel of its own, in an empty directory, and return it with its outputs."""
    notebook = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as place:
        resources = {"metadata": {"path": place}}
        NotebookClient(notebook, timeout=PATIENCE, resources=resources, store_widget_state=False).execute()
    return notebook


def views(notebook: Any) -> list[Any]:
    """Return the outputs that are live views."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output for output in outputs if VIEW in output.get("data", {}) or "image/png" in output.get("data", {})]


def joined(outputs: list[Any]) -> list[Any]:
    """Return outputs with what was printed in one piece, however many messages brought it."""
    made: list[Any] = []
    for output in outputs:
        if made and output.output_type == made[-1].output_type == "stream" and output.name == made[-1].name:
            made[-1]["text"] += output["text"]
        else:
            made.append(output)
    return made


def tidy(notebook: Any, pictures: list[str]) -> Any:
    """Leave out what changes with every run and tells nothing; put pictures in the place of views."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell["id"], cell["metadata"] = f"cell-{number}", {}
        if cell.cell_type == "code":
            cell["outputs"] = joined(cell["outputs"])
    widest = max(map(pixels, pictures), default=0) or 1
    for output, picture in zip(views(notebook), pictures):
        output["data"] = {"image/png": picture, "text/plain": output["data"]["text/plain"]}
        output["metadata"] = {"image/png": {"width": round(WIDTH * pixels(picture) / widest)}}
    return notebook


WIDTH = 760
"""Of the widest picture, in pixels of a page; all are of one scale."""


def pixels(picture: str) -> int:
    """Return how wide a PNG file is, which it says after its first 16 bytes."""
    return int.from_bytes(base64.b64decode(picture)[16:20], "big")


def photograph(name: str, home: Path) -> list[str]:
    """Run a notebook in JupyterLab and return a picture of each live view, as a notebook keeps it."""
    from lab import Lab, Sheet, browser

    notebook = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["outputs"] = []
    with Lab(home) as lab, browser() as chrome:
        lab.write(f"{name}.ipynb", notebook)
        sheet = Sheet(chrome, lab, f"{name}.ipynb", width=1000, height=3200, scale=1.25)
        sheet.command("application:toggle-left-area")
        sheet.command("notebook:run-all-cells")
        shown = sheet.page.locator(".bybit-ws-live")
        shown.first.wait_for()
        sheet.page.wait_for_timeout(SETTLE * 1000)
        return [base64.b64encode(one.screenshot()).decode() for one in shown.all()]


def save(name: str, target: Path, pictures: bool) -> None:
    """Execute a notebook and write it."""
    kept = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    shown = [output["data"].get("image/png", "") for output in views(kept)]
    notebook = execute(name)
    if pictures and views(notebook):
        with tempfile.TemporaryDirectory() as home:
            shown = photograph(name, Path(home))
    nbformat.write(tidy(notebook, shown), target / f"{name}.ipynb")


def main() -> None:
    """Execute what is asked for."""
    parser = argparse.ArgumentParser(description="Execute the notebooks in examples and keep their outputs.")
    parser.add_argument("names", nargs="*", default=names(), metavar="NAME", help="which ones; all by default")
    parser.add_argument("--to", type=Path, default=EXAMPLES, metavar="FOLDER", help="where to write them")
    parser.add_argument("--no-pictures", action="store_true", help="keep the pictures of live views that there are")
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2 if given.no_pictures else 1) as pool:
        list(pool.map(lambda name: save(name, given.to, not given.no_pictures), given.names))


if __name__ == "__main__":
    main()
