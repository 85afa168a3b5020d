"""Whether there is a terminal to draw on."""

from __future__ import annotations

import sys


def draws() -> bool:
    """Return whether pictures can be shown; where only the package for it is missing, say once how to get them."""
    if not sys.stdout.isatty():
        return False
    try:
        from .draw.screen import able
    except ImportError as error:
        print(f"bybit-ws: plain lines: {error}", file=sys.stderr)
        return False
    return able()
