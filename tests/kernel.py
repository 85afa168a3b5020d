"""A real IPython kernel, driven as a notebook drives it, that notes what every cell shows."""

from __future__ import annotations

import os
import queue
import threading
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel
from jupyter_core.utils import ensure_event_loop

ROOT = Path(__file__).resolve().parents[1]

PATIENCE = 60.0


class Cell:
    """What came of running a cell.

    Attributes:
        text: What it printed.
        results: What it showed, as the texts of its results.
        views: The widgets it showed, by their model's number.
        error: The name of the exception that ended it, ``""`` where none did.
        done: Set once it has ended.
    """

    def __init__(self) -> None:
        self.text = self.error = ""
        self.results: list[str] = []
        self.views: list[str] = []
        self.done = threading.Event()

    def take(self, kind: str, content: dict[str, Any]) -> None:
        """Take one of the kernel's messages."""
        if kind == "stream":
            self.text += content["text"]
        elif kind in ("execute_result", "display_data"):
            data = content["data"]
            self.results.append(data["text/plain"])
            view = data.get("application/vnd.jupyter.widget-view+json")
            if view:
                self.views.append(view["model_id"])
        elif kind == "error":
            self.error = content["ename"]
        elif kind == "status" and content["execution_state"] == "idle":
            self.done.set()


class Kernel:
    """A kernel, and a thread that listens to it.

    Args:
        **environment: Variables for it.

    Attributes:
        frames: How many updates each widget sent, by its model's number.
        opened: The models that were made.
        stray: What belongs to no cell.
    """

    def __init__(self, **environment: str) -> None:
        variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.manager, self.client = start_new_kernel(startup_timeout=PATIENCE, env=variables)
        self.frames: dict[str, int] = {}
        self.opened: list[str] = []
        self.stray: list[str] = []
        self._cells: dict[str, Cell] = {}
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._ended.set()
        self._thread.join(PATIENCE)
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        ensure_event_loop().close()

    def restart(self) -> None:
        """Restart it, as the menu does."""
        self.manager.restart_kernel()

    def start(self, code: str) -> Cell:
        """Run a cell, and do not wait for it."""
        with self._lock:
            cell = self._cells[self.client.execute(code)] = Cell()
        return cell

    def run(self, code: str) -> Cell:
        """Run a cell to its end."""
        cell = self.start(code)
        assert cell.done.wait(PATIENCE), f"it does not end: {code}"
        return cell

    def interrupt(self, code: str) -> Cell:
        """Run a cell that blocks, and interrupt it once it has printed something."""
        cell = self.start(code)
        self.wait(lambda: cell.text or cell.done.is_set(), f"{code} prints nothing")
        self.manager.interrupt_kernel()
        assert cell.done.wait(PATIENCE), f"it goes on: {code}"
        return cell

    def wait(self, condition: Any, failing: str = "") -> None:
        """Wait until a condition holds."""
        end, tick = time.monotonic() + PATIENCE, threading.Event()
        while not condition():
            assert time.monotonic() < end, failing
            tick.wait(0.01)

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                message = self.client.get_iopub_msg(timeout=0.1)
            except queue.Empty:
                continue
            self._take(message["msg_type"], message["content"], message["parent_header"].get("msg_id", ""))
        ensure_event_loop().close()  # jupyter_client leaves one behind for each thread

    def _take(self, kind: str, content: dict[str, Any], parent: str) -> None:
        if kind == "comm_open":
            self.opened.append(content["comm_id"])
        elif kind == "comm_msg":
            model = content["comm_id"]
            if "frame" in content["data"].get("state", {}):
                self.frames[model] = self.frames.get(model, 0) + 1
        with self._lock:
            cell = self._cells.get(parent)
        if cell is not None:
            cell.take(kind, content)
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self.stray.append(f"{kind}: {content}")
