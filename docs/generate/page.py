"""The page of a stream, in Markdown, from the tables that the code itself works by."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bybit_ws import data, inverse, spot
from bybit_ws._cli.fidelity import Entry
from bybit_ws._topics import INVERSE_INTERVALS, PRIVATE, SPOT_INTERVALS, Row

from . import messages
from .glossary import meaning

SHOWN = {
    "trade_v1": "[0]['p']",
    "realtimes_v1": "[0]['c']",
    "kline_v1": "[0]['c']",
    "depth_v1": "[0]['b'][0]",
    "merged_depth_v1": "[0]['b'][0]",
    "diff_depth_v1": "[0]['b'][0]",
    "lt_v1": "[0]['nav']",
    "depth_v2": "['b'][0]",
    "kline_v2": "['c']",
    "trade_v2": "['p']",
    "book_ticker_v2": "['bidPrice']",
    "realtimes_v2": "['c']",
    "outbound_account_info": "['B']",
    "execution_report": "['X']",
    "stop_execution_report": "['X']",
    "ticket_info": "['p']",
    "orderbook_25": "[25]",
    "orderbook_200": "[200]",
    "trade": "[0]['price']",
    "insurance": "[0]['wallet_balance']",
    "instrument_info": "['mark_price']",
    "kline": "[0]['close']",
    "liquidation": "['price']",
    "position": "[0]['size']",
    "execution": "[0]['price']",
    "order": "[0]['order_status']",
    "stop_order": "[0]['trigger_price']",
    "wallet": "[0]['wallet_balance']",
}
"""Where the examples look for something to print, in the message's data or, on spot's private socket, in itself."""

_UNDOCUMENTED = "without documentation"
_TYPES = {str: "text", int: "integer", float: "number", bool: "true or false", list: "list", dict: "object"}
_WIDTH = 96


def page(entry: Entry) -> str:
    """Return a stream's page."""
    row = entry.row
    parts = [
        f"# {row.stream}\n\n{_summary(row)}",
        _facts(entry),
        f"## Run it\n\n```python\n{_example(row)}\n```\n\n{_EXAMPLE}",
        f"## A message\n\n```json\n{_json(messages.kept()[row.stream])}\n```\n\n{_about(row)}",
        f"## Its fields\n\n{_fields(entry)}",
        f"## Over V5\n\n{_over_v5(entry)}",
        f"## As a table\n\n{_columns(row)}",
    ]
    return "\n\n".join(parts) + "\n"


def index(entries: Sequence[Entry]) -> str:
    """Return the page that leads to all of them."""
    sockets: dict[str, list[list[str]]] = {}
    for entry in entries:
        row = entry.row
        socket = f"{_CLIENTS[entry.client]}, {'private' if row.private else _SOCKETS[row.socket.name]}"
        link = f"[{row.stream}]({row.stream}.md)"
        sockets.setdefault(socket, []).append([link, _cell(_summary(row)), f"`{entry.topic}`"])
    tables = [f"## {name}\n\n{_table(['Stream', 'What it is', 'Topic'], rows)}" for name, rows in sockets.items()]
    return "\n\n".join([_INDEX, *tables]) + "\n"


_CLIENTS = {"spot": "Spot", "inverse": "Inverse"}
_SOCKETS = {"public_v1": "V1", "public_v2": "V2", "realtime": "public"}

_INDEX = f"""\
# The {len(SHOWN)} streams

One page for each: a message, every field of it, and what becomes of it over V5, today's protocol. The method of a
stream is its name and `_stream`. In a terminal, `python -m bybit_ws topics` lists them; `python -m bybit_ws topics
trade_v1` shows one field by field."""

_EXAMPLE = """\
It runs as it stands, without the internet; without `endpoint=` it asks the real exchange. In the place of `None` goes a
callback, if you would rather be called than pull: `print` shows all there is."""


def _summary(row: Row) -> str:
    doc = inspect.getdoc(getattr(_client(row), row.method)) or ""
    return doc.partition("\n")[0].replace("``", "`")


def _client(row: Row) -> type:
    return spot.SpotWebSocket if row.socket.category == "spot" else inverse.InverseWebSocket


def _facts(entry: Entry) -> str:
    row = entry.row
    client = _client(row).__name__
    rows = [
        ["Call", f"[`{client}.{row.method}`](../reference/clients.md#bybit_ws.{client}.{row.method})"],
        ["Symbols", _symbols(row)],
        *([["Also takes", _parameter(entry)]] if row.parameter else []),
        *([["Needs", "`api_key=` and `api_secret=` of the client"]] if row.private else []),
        ["Delivers", entry.delivers],
        ["Topic", f"`{entry.topic}`, as [documented]({entry.documentation}) until 2023"],
        ["Socket", f"`{row.socket.name}`: `{row.socket.path}`, over V5 `{_v5_path(row)}`"],
        ['`queue="latest"`', _NEWEST if row.state else _EVERY],
    ]
    return _table(["", ""], rows)


_NEWEST = "keeps the newest message of each symbol, as it tells the whole state"
_EVERY = "keeps all messages that fit, as each one counts"


def _v5_path(row: Row) -> str:
    return PRIVATE.v5 if row.private else row.socket.v5


def _symbols(row: Row) -> str:
    if not row.symbols:
        return "none: it is about your account"
    several = f'`"{messages.symbol(row)}"`, or a list of several'
    return f'{several}; `"*"` or nothing for all' if row.wildcard else several


def _parameter(entry: Entry) -> str:
    if entry.row.parameter == "dump_scale":
        return "`dump_scale`: decimals of a price level, 0 or more"
    known = SPOT_INTERVALS if entry.client == "spot" else INVERSE_INTERVALS
    return f"`interval`: {', '.join(f'`{one}`' for one in known)}"


# -- the example ---------------------------------------------------------------------------------------------


def _example(row: Row) -> str:
    client = _client(row).__name__
    keys = "".join(f', {name}="{value}"' for name, value in messages.KEYS.items()) if row.private else ""
    given = ", ".join(["None", *map(json.dumps, messages.arguments(row))])
    found = "message" if row.socket is PRIVATE else 'message["data"]'
    lines = [
        f"from bybit_ws import {client}",
        "from bybit_ws.simulator import Exchange",
        "",
        f"with Exchange(seed=1) as exchange, {client}(endpoint=exchange.url{keys}) as ws:",
        f"    {row.stream} = ws.{row.method}({given})",
        f"    message = {row.stream}.get(timeout=20)",
        "    print(" + found + SHOWN[row.stream].replace("'", '"') + ")",
    ]
    return "\n".join(lines)


# -- the message ---------------------------------------------------------------------------------------------


def _json(value: Any, indent: int = 0) -> str:
    """Return JSON that breaks its lines only where they are long."""
    short = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, (dict, list)) or (indent and len(short) + indent <= _WIDTH):
        return short
    within = indent + 2
    if isinstance(value, dict):
        inner = [f"{json.dumps(key)}: {_json(one, within)}" for key, one in value.items()]
        return "{\n" + ",\n".join(" " * within + line for line in inner) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(" " * within + _json(one, within) for one in value) + "\n" + " " * indent + "]"


def _about(row: Row) -> str:
    cut = {
        "levels": "the best two levels of each side are shown of {} rows, price ascending, bids then asks",
        "pairs": "two of {} levels a side are shown",
    }
    many = {"orderbook_25": 50, "orderbook_200": 400, "diff_depth_v1": 200, "depth_v1": 200, "depth_v2": 40}
    if row.stream == "merged_depth_v1":
        return f"From the local exchange; {cut['pairs'].format(40)}."
    if row.stream in many:
        return f"From the local exchange; {cut[row.merge or 'pairs'].format(many[row.stream])}."
    if row.replays:
        return "From the local exchange; two trades of 60 are shown."
    return "From the local exchange."


# -- the fields ----------------------------------------------------------------------------------------------


def _fields(entry: Entry) -> str:
    stream = entry.row.stream
    types = dict(_walk("", messages.kept()[stream]))
    known = [one for one in entry.rows() if _UNDOCUMENTED not in one["note"]]
    rows = [
        [f"`{one['field']}`", types.get(one["field"], ""), meaning(stream, one["field"]), _served(one)]
        for one in known
    ]
    table = _table(["Field", "Type", "Meaning", "Over V5"], rows)
    others = [one["field"] for one in entry.rows() if _UNDOCUMENTED in one["note"]]
    if not others:
        return table
    return f"{table}\n\nSeen at times, never documented, and not there over V5: {', '.join(f'`{o}`' for o in others)}."


def _served(one: Mapping[str, str]) -> str:
    told = "; ".join(filter(None, (_code(one["source"]), _cell(one["note"]))))
    return f"**{one['quality']}**{': ' if told else ''}{told}"


def _code(source: str) -> str:
    plain = re.fullmatch(r"[\w.\[\]]+(, [\w.\[\]]+)*", source)
    return ", ".join(f"`{name}`" for name in source.split(", ")) if plain and source else source


def _walk(path: str, value: Any) -> Iterable[tuple[str, str]]:
    """Give the type of each field of a message; lists of objects are walked through."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for one in value:
            yield from _walk(f"{path}[]", one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _walk(f"{path}.{name}" if path else name, one)
    else:
        yield path, _TYPES[type(value)]


def _over_v5(entry: Entry) -> str:
    if not entry.topics:
        notes = " ".join(entry.notes)
        return f"V5 has no such stream: the call raises `NotAvailable`. {notes}".rstrip()
    topics = ", ".join(f"`{topic}`" for topic in entry.topics)
    rest = f" and REST `{entry.path}`" if entry.path else ""
    made = f"The messages are made of {topics}{rest}: {entry.tally}."
    notes = "".join(f"\n- {note}" for note in entry.notes)
    return f"{made}{notes and chr(10) + notes}\n\n{_LEGEND}"


_LEGEND = "What *exact*, *approximate*, *constant* and *not available* mean is said [there](../fidelity.md)."


# -- the table -------------------------------------------------------------------------------------------------


def _columns(row: Row) -> str:
    rows = [
        [f"`{one.name}`", f"`{one.dtype}`", _cell(one.doc), one.unit, f"`{one.source}`" if one.source else ""]
        for one in data.columns(row.stream)
    ]
    return f"{_TABLE.format(row.stream)}\n\n{_table(['Column', 'Type', 'What it is', 'Unit', 'From'], rows)}"


_TABLE = """\
`{0}.to_frame()` makes [a table](../guides/tables.md) of messages; so do recordings. It has these columns:"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))
