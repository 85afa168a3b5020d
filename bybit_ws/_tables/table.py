"""All tables, and how their streams are found."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

from .._topics import BY_STREAM, ROWS
from ..exceptions import ConfigurationError
from . import inverse, inverse_private, spot, spot_private
from .columns import Table

_ALL = (*spot.TABLES, *spot_private.TABLES, *inverse.TABLES, *inverse_private.TABLES)

TABLES = {row.stream: next(table for table in _ALL if table.stream == row.stream) for row in ROWS}
"""The table of each documented stream, in the documented order."""


def table_of(stream: str) -> Table:
    """Return the table of a stream.

    Raises:
        ConfigurationError: It is no documented stream.
    """
    if stream in TABLES:
        return TABLES[stream]
    near = get_close_matches(str(stream).replace("_stream", ""), TABLES, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"the streams are {', '.join(TABLES)}"
    raise ConfigurationError(
        f"{stream!r} is no documented stream and has no table: {hint} "
        "(of other messages, pandas.json_normalize(messages) makes a table)"
    )


@lru_cache(maxsize=1024)
def fits(stream: str, topic: str) -> bool:
    """Return whether a message with such a topic (on spot's private socket, such an event) is of a stream."""
    base = re.sub(r"[._]\{\}", "", BY_STREAM[stream].wire)
    return topic == base or topic.startswith(f"{base}.")
