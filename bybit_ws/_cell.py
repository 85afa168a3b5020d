"""Which cell of a notebook prints. Pure.

Jupyter shows what any thread prints below the cell that ran last, unless the thread carries the context of another
(ipykernel 7 keeps the cell in a context variable). What a callback prints belongs to the cell that subscribed it.
"""

from __future__ import annotations

import contextlib
import contextvars
import sys
from typing import Any, Callable, TypeVar, cast

F = TypeVar("F", bound="Callable[..., Any] | None")

CELL = "_bybit_ws_cell"
"""Where an error says which cell it belongs to."""


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    return "ipykernel" in sys.modules


def of_this_cell(function: F) -> F:
    """Return a function that prints to the cell that runs now, whichever thread calls it; outside Jupyter, itself."""
    if function is None or not in_notebook():
        return function
    context, call = contextvars.copy_context(), function

    def calling(*args: Any) -> Any:
        try:
            return in_cell(context, call, *args)
        except BaseException as error:
            with contextlib.suppress(Exception):
                error.__dict__[CELL] = context
            raise

    return cast(F, calling)


def cell_of(error: BaseException) -> contextvars.Context | None:
    """Return where what raised this error prints to; None where that is not known."""
    cell: contextvars.Context | None = error.__dict__.get(CELL)
    return cell


def in_cell(cell: contextvars.Context | None, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Call something that prints to a cell."""
    if cell is None:
        return call(*args, **named)
    return cell.copy().run(call, *args, **named)  # a copy, as a context cannot be entered twice
