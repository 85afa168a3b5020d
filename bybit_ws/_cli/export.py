"""``export``: a recording as tables, one file a stream."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .._tables.table import fits
from ..recording import Recording


def run(arguments: argparse.Namespace) -> int:
    """Write the tables of a recording, and say what was written."""
    from ..data import export

    skipped: Counter[str] = Counter()
    deliveries = Recording(arguments.file).deliveries(arguments.stream, arguments.symbol)
    files = export(_documented(deliveries, skipped), arguments.out, arguments.format)
    for one in files:
        print(f"{one.path}  {one.rows:,} rows, {one.path.stat().st_size:,} bytes")
    for topic, count in sorted(skipped.items()):
        print(f"left out: {count:,} messages of {topic}, which are in no documented shape and have no table")
    if not files:
        asked = " and ".join(filter(None, (", ".join(arguments.stream or ()), ", ".join(arguments.symbol or ()))))
        asked = f"{' of ' if asked else ''}{asked}{' that have a table' if skipped else ''}"
        print(f"bybit-ws: {arguments.file} holds no messages{asked}", file=sys.stderr)
    return 0 if files else 1


def _documented(deliveries: Iterable[Any], skipped: Counter[str]) -> Iterator[tuple[str, Any, float]]:
    """Give the messages that have a table, each with its stream and when it was read; count the others."""
    for one in deliveries:
        message = one.message
        if one.stream and fits(one.stream, str(message.get("topic", message.get("e")))):
            yield one.stream, message, one.at
        else:
            skipped[one.topic] += 1
