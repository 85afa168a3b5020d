"""The fidelity tables as a page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .fidelity import QUALITIES, Entry

_HEAD = """\
# What V5 gives, field by field

The streams of this package are those that the exchange documented until 2023. Their endpoints are gone; the same
messages are made of what today's protocol, V5, says: with `api="v5"`, or by itself where the old endpoint is found
gone. This page tells of every documented field what that means for it.

It is printed by `python -m bybit_ws topics --markdown` from the very tables that translate, so that the two cannot
differ. `python -m bybit_ws topics trade_v1` shows one stream in a terminal.
"""

_CLIENTS = {"spot": "Spot", "inverse": "Inverse"}
_PLAIN = re.compile(r"[\w.\[\]]+(, [\w.\[\]]+)*")


def page(entries: Sequence[Entry]) -> str:
    """Return the whole page."""
    legend = _table(["", "It means"], [[f"**{quality}**", words] for quality, (_, words) in QUALITIES.items()])
    parts = [_HEAD, legend, "\n## All streams\n", _overview(entries)]
    for client, title in _CLIENTS.items():
        parts.append(f"\n## {title}")
        parts += [f"\n{section(entry)}" for entry in entries if entry.client == client]
    return "\n".join(parts)


def section(entry: Entry) -> str:
    """Return what there is to know of one stream."""
    about = [
        f"`{entry.call}`, documented as [`{entry.topic}`]({entry.documentation}): {entry.delivers}.",
        f"Over V5 from {_code(entry.topics)}{f' and REST `{entry.path}`' if entry.path else ''}: {entry.tally}."
        if entry.topics
        else "V5 has no such stream.",
    ]
    rows = [[f"`{one['field']}`", one["quality"], _source(one["source"]), _cell(one["note"])] for one in entry.rows()]
    table = _table(["Field", "Over V5", "From V5's", "Note"], rows)
    notes = "".join(f"\n- {note}" for note in entry.notes)
    return "\n".join([f"### {entry.row.stream}\n", " ".join(about), *([notes] if notes else []), "", table])


def _overview(entries: Iterable[Entry]) -> str:
    rows = []
    for entry in entries:
        name = entry.row.stream
        origin = _code(entry.topics) + (f" and REST `{entry.path}`" if entry.path else "")
        rows.append([f"[{name}](#{name})", *(str(n or "") for n in entry.counts().values()), origin or "gone"])
    return _table(["Stream", *QUALITIES, "From V5's"], rows, right=range(1, 1 + len(QUALITIES)))


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _source(text: str) -> str:
    """Return a source with V5's own names as code, where it is nothing else."""
    return _code(text.split(", ")) if _PLAIN.fullmatch(text) else _cell(text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    rule = ["---:" if at in right else "---" for at in range(len(head))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))
