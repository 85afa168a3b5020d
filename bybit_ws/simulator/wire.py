"""How values are written on the wire: compact JSON, plain decimals, timestamps."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from typing import Union

Frame = Union[str, bytes]


def compact(value: object) -> str:
    """Write JSON the way the exchange does, without blanks."""
    return json.dumps(value, separators=(",", ":"))


def fixed(units: int, scale: int) -> str:
    """Write ``units`` x 10^-scale with exactly ``scale`` decimals."""
    if not scale:
        return str(units)
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


@lru_cache(maxsize=65536)
def plain(units: int, scale: int) -> str:
    """Write ``units`` x 10^-scale without trailing zeros, as the spot engine does."""
    text = fixed(units, scale)
    return text.rstrip("0").rstrip(".") if scale else text


def number(units: int, scale: int) -> float | int:
    """Give the JSON number, an int where it is whole (wire-legacy section 10, trade)."""
    one = int(10**scale)
    return units / one if units % one else units // one


def iso_seconds(ms: int) -> str:
    """Write a time as ``2020-01-11T20:00:00Z``."""
    return datetime.fromtimestamp(ms // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(ms: int) -> str:
    """Write a time as ``2020-01-14T14:07:23.629Z``."""
    return f"{iso_seconds(ms)[:-1]}.{ms % 1000:03d}Z"
