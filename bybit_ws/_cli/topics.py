"""``topics``: the documented streams as a table."""

from __future__ import annotations

import argparse
import json
from typing import Any

from .._topics import REALTIME, ROWS, Row

DOCS = "https://bybit-exchange.github.io/docs/"


def family(row: Row) -> str:
    """Return which client has a stream."""
    return "inverse" if row.socket is REALTIME else "spot"


def run(arguments: argparse.Namespace) -> int:
    """Print the table."""
    entries = [_entry(row) for row in ROWS]
    if arguments.json:
        print(json.dumps(entries, indent=2))
        return 0
    print(f"{'client':<9}{'stream':<24}{'topic':<24}{'takes':<24}{'delivers'}")
    for entry in entries:
        print(
            f"{entry['client']:<9}{entry['stream']:<24}{entry['topic']:<24}{entry['takes']:<24}{entry['delivers']}"
        )
    print("\nThe method of a stream is its name and _stream: SpotWebSocket().trade_v1_stream(callback, 'BTCUSDT')")
    return 0


def _entry(row: Row) -> dict[str, Any]:
    takes = ["symbols" if not row.wildcard else "symbols or *"] if row.symbols else []
    takes += [row.parameter] if row.parameter else []
    return {
        "client": family(row),
        "stream": row.stream,
        "socket": row.socket.name,
        "topic": row.wire,
        "takes": ", ".join(takes) or "keys",
        "delivers": _delivers(row),
        "documentation": DOCS + row.anchor,
    }


def _delivers(row: Row) -> str:
    if row.private:
        return "events of your account"
    if row.merge == "record":
        return "the whole record, kept from changes"
    if row.merge:
        return "the whole sorted book, kept from changes"
    return "messages as the exchange sends them"
