"""Make the pages of the streams: ``python -m docs.generate``; ``--messages`` takes new messages first."""

from __future__ import annotations

import sys
from pathlib import Path

from bybit_ws._cli import fidelity

from . import messages, page

FOLDER = Path(__file__).resolve().parents[1] / "streams"


def pages() -> dict[str, str]:
    """Return the pages by their names."""
    entries = list(fidelity.entries())
    return {"index.md": page.index(entries), **{f"{one.row.stream}.md": page.page(one) for one in entries}}


if __name__ == "__main__":
    if "--messages" in sys.argv[1:]:
        messages.refresh()
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
