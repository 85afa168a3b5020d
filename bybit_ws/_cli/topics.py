"""``topics``: the documented streams, and how V5 serves them, as tables."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from textwrap import wrap
from typing import Any

from .._tables.table import table_of
from . import fidelity, markdown
from .fidelity import QUALITIES, Entry

_WIDEST, _NARROWEST = 120, 80
_LIST = """\
The method of a stream is its name and _stream: SpotWebSocket().trade_v1_stream(callback, 'BTCUSDT')
The figures count a stream's fields by how V5, today's protocol, serves them: exactly, approximately, by a constant,
or not at all. One stream field by field: bybit-ws topics trade_v1; all of them: bybit-ws topics --fidelity"""


def run(arguments: argparse.Namespace) -> int:
    """Print the streams, or the fields of one or all."""
    entries = [one for one in fidelity.entries() if arguments.stream in (None, one.row.stream)]
    detailed = arguments.fidelity or arguments.stream is not None
    if arguments.json:
        print(_as_json(entries, arguments.stream is not None, detailed))
    elif arguments.markdown:
        print(markdown.page(entries) if arguments.stream is None else markdown.section(entries[0]))
    elif detailed:
        width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
        print("\n\n\n".join(section(entry, width) for entry in entries))
        if arguments.stream is not None:
            print(f"\n{columns(arguments.stream, width)}")
    else:
        print(overview(entries))
    return 0


def _as_json(entries: Sequence[Entry], one: bool, detailed: bool) -> str:
    told = [{**entry.summary(), **(_details(entry) if detailed else {})} for entry in entries]
    return json.dumps(told[0] if one else told, indent=2)


def _details(entry: Entry) -> dict[str, Any]:
    return {"fields": entry.rows(), "columns": [column.row for column in table_of(entry.row.stream).columns]}


def overview(entries: Iterable[Entry]) -> str:
    """Return the list of streams."""
    rows = [["client", "stream", "topic", "takes", *(short for short, _ in QUALITIES.values()), "from V5's"]]
    for entry in entries:
        counts = [str(number or "-") for number in entry.counts().values()]
        rows.append([entry.client, entry.row.stream, entry.topic, entry.takes, *counts, entry.origin])
    return f"{_table(rows, right=range(4, 4 + len(QUALITIES)))}\n\n{_LIST}"


def section(entry: Entry, width: int) -> str:
    """Return what there is to know of one stream, in lines of a width."""
    head = [
        f"{entry.row.stream}: {entry.call}",
        "",
        f"  documented as   {entry.topic}, {entry.documentation}",
        f"  delivers        {entry.delivers}",
        f"  over V5         {entry.origin}",
    ]
    rows = [["field", "over V5", "from V5's; what to know"], *map(_in_brief, entry.rows())]
    notes = (wrap(note, width, initial_indent="- ", subsequent_indent="  ") for note in entry.notes)
    return "\n".join([*head, "", _table(rows, width), "", entry.tally, *(line for lines in notes for line in lines)])


def columns(stream: str, width: int) -> str:
    """Return what to_frame() makes of a stream's messages, in lines of a width."""
    table = table_of(stream)
    rows = [["column", "type", "what it is"]]
    for column in table.columns:
        unit = f" ({column.unit})" if column.unit else ""
        rows.append([column.name, column.dtype, f"{column.doc.rstrip('.')}{unit}; {column.source or 'counted'}"])
    return f"As a table (to_frame, export), a row is {table.one}:\n\n{_table(rows, width)}"


def _in_brief(row: Mapping[str, str]) -> list[str]:
    return [row["field"], row["quality"], "; ".join(filter(None, (row["source"], row["note"])))]


def _table(rows: Sequence[Sequence[str]], width: int = 0, right: Sequence[int] = ()) -> str:
    """Return rows in columns; the last one is wrapped where there is a width."""
    *widths, _ = (max(map(len, column)) for column in zip(*rows))
    lines = []
    for row in rows:
        cells = [cell.rjust(size) if at in right else cell.ljust(size) for at, cell, size in zip(count(), row, widths)]
        start = "  ".join(cells) + "  "
        room = width - len(start) if width else len(row[-1]) + 1
        first, *others = wrap(row[-1], room) or [""]
        lines += [(start + first).rstrip(), *(" " * len(start) + other for other in others)]
    return "\n".join(lines)
