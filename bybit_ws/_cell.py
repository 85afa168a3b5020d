"""Which cell of a notebook prints. Pure.

Jupyter shows what any thread prints below the cell that ran last, unless the thread carries the context of another
(ipykernel 7 keeps the cell in a context variable). What a callback prints belongs to the cell that subscribed it.
"""

from __future__ import annotations

import contextvars
import sys
from typing import Any, Callable, TypeVar, cast

F = TypeVar("F", bound="Callable[..., Any] | None")


def of_this_cell(function: F) -> F:
    """Return a function that prints to the cell that runs now, whichever thread calls it; outside Jupyter, itself."""
    if function is None or "ipykernel" not in sys.modules:
        return function
    context, call = contextvars.copy_context(), function

    def calling(*args: Any) -> Any:
        return context.copy().run(call, *args)  # a copy, as a context cannot be entered twice

    return cast(F, calling)
