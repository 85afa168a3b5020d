"""A command in a pseudo-terminal, and the screen that it draws."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Callable

import pyte
from support import wait_until

ROOT = Path(__file__).resolve().parents[1]


class Terminal:
    """Runs ``python -m bybit_ws`` in a terminal of its own.

    Args:
        words: The command.
        columns: The terminal's width.
        lines: Its height.
        environment: Variables on top of the usual ones.
    """

    def __init__(self, *words: str, columns: int = 80, lines: int = 24, **environment: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.screen = pyte.Screen(columns, lines)
        self.raw = b""
        self._stream = pyte.ByteStream(self.screen)
        self._resize = lambda columns, lines: fcntl.ioctl(
            self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0)
        )
        self._ours, theirs = pty.openpty()
        self._resize(columns, lines)
        plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bybit_ws", *words],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**plain, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment},
        )
        os.close(theirs)
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="the terminal", daemon=True)
        self._reader.start()

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size."""
        with self._lock:
            self.screen.resize(lines, columns)
            self._resize(columns, lines)

    def shown(self) -> list[str]:
        """Return the lines on the screen."""
        with self._lock:
            return list(self.screen.display)

    def wait_for(self, condition: Callable[[str], object], timeout: float = 20.0) -> str:
        """Wait until the screen fulfils a condition, and return it as a text."""
        found: list[str] = []

        def there() -> bool:
            found[:] = ["\n".join(self.shown())]
            return bool(condition(found[0]))

        assert wait_until(there, timeout), found[0]
        return found[0]

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self, timeout: float = 20.0) -> int:
        """Wait for the end, and return the exit code."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.end()
        os.close(self._ours)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # nobody has the other side open any more
                return
            if not data:
                return
            with self._lock:
                self.raw += data
                self._stream.feed(data)
