"""JSON by orjson where it is installed (extra ``fast``), by the standard library otherwise. Pure."""

from __future__ import annotations

import contextlib
import json
import zlib
from typing import Any, Callable

from .exceptions import ProtocolError

_decode = json.JSONDecoder().raw_decode


def _loads(payload: bytes | bytearray) -> Any:
    """Do what ``json.loads`` does, without the search for other encodings and for white space around."""
    text = str(payload, "utf-8")
    with contextlib.suppress(ValueError):
        value, end = _decode(text)
        if end == len(text):
            return value
    return json.loads(text)


loads: Callable[[bytes | bytearray], Any] = _loads
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
        text = inflater.decompress(data, limit + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(text) > limit:
        raise ProtocolError(f"a compressed message holds more than {limit:,} bytes")
    if not inflater.eof:
        raise ValueError("the gzip member is cut short")
    return text
