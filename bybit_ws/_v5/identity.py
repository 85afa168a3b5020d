"""Whose an order's or execution's push is, and which match it tells of, by the push's id. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _identity(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return the user's number and that of the match, as the id of an order's or execution's push tells; else zeros.

    It is ``<user>_<symbol>_<match>``, on spot with ``-``. The documents call it an id and no more; other ids that occur
    have five parts of hexadecimal digits.
    """
    parts = str(message.get("id", "")).replace("_", "-").split("-")
    if len(parts) == 3 and parts[0].isdecimal() and parts[2].isdecimal():
        return parts[0], parts[2]
    return "0", "0"


def user_of(message: Mapping[str, Any]) -> int:
    """Return the user's number; 0 where a push does not tell it."""
    return int(_identity(message)[0])


def match_of(message: Mapping[str, Any]) -> int:
    """Return the number of the match; 0 where a push does not tell it."""
    return int(_identity(message)[1])
