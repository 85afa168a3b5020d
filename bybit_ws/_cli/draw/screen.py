"""The terminal while a picture is on it: the alternate screen, no echo, and everything as before at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from rich.console import Console, RenderableType
from rich.live import Live

FRAME = 0.1
"""Seconds between two frames, at least."""


def able() -> bool:
    """Return whether the standard output can show pictures."""
    console = Console()
    known = console.is_terminal and not console.is_dumb_terminal
    return known and console.encoding.startswith("utf") and os.environ.get("TERM") != "dumb"


class Screen:
    """A screen that pictures are put on, from one thread."""

    def __init__(self, live: Live) -> None:
        self._live = live

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height at present."""
        return self._live.console.size

    def show(self, picture: RenderableType) -> None:
        """Put a picture on it."""
        self._live.update(picture, refresh=True)


@contextlib.contextmanager
def screen() -> Iterator[Screen]:
    """Take the terminal for pictures, and give it back as it was, however this ends."""
    console = Console(highlight=False)
    with _no_echo(), _terminable(), Live(console=console, screen=True, auto_refresh=False) as live:
        yield Screen(live)


@contextlib.contextmanager
def _no_echo() -> Iterator[None]:
    """Keep what is typed, such as the ^C, off the picture."""
    try:
        import termios

        source = sys.stdin.fileno()
        before = termios.tcgetattr(source)
    except (ImportError, OSError, ValueError, AttributeError):  # Windows; or the input is no terminal
        yield
        return
    except termios.error:
        yield
        return
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(source, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Give the terminal back also where the process is told to end, as by closing the window."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    try:
        before = [(number, signal.signal(number, _end)) for number in numbers]
    except ValueError:  # not the main thread: signals are somebody else's
        before = []
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
