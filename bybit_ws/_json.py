"""JSON by orjson where it is installed (extra ``fast``), by the standard library otherwise. Pure."""

from __future__ import annotations

import contextlib
import json
import zlib
from typing import Any, Callable

from .exceptions import ProtocolError

loads: Callable[[str | bytes], Any] = json.loads
with contextlib.suppress(ImportError):
    import orjson

    loads = orjson.loads

NOT_JSON = (ValueError, RecursionError)
"""What parsing a text that is not JSON raises."""

GZIP = b"\x1f\x8b"


def inflate(data: bytes, limit: int) -> bytes:
    """Return what a gzip frame holds (spot V1 with ``binary``).

    Raises:
        ProtocolError: It would be larger than ``limit`` bytes.
        ValueError: It is no gzip.
    """
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(data, limit)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if inflater.unconsumed_tail:
        raise ProtocolError(f"a compressed message holds more than {limit:,} bytes")
    return text
