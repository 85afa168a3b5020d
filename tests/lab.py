"""A JupyterLab of its own on loopback, and a headless Chromium that looks at it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable
from urllib.parse import quote

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]

PATIENCE = 60.0
"""Seconds for anything that a loaded machine may be slow at."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--font-render-hinting=none"]

SETTINGS = {
    "ServerApp": {
        "ip": "127.0.0.1",
        "open_browser": False,
        "allow_root": True,
        "terminals_enabled": False,
        "jpserver_extensions": {"jupyterlab": True, "jupyter_lsp": False, "jupyter_server_terminals": False},
    },
    "IdentityProvider": {"token": ""},
    "LabApp": {
        "expose_app_in_browser": True,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "extension_manager": "readonly",
    },
}

PLACES = [f"JUPYTER_{name}_DIR" for name in ("CONFIG", "DATA", "RUNTIME")]
PLACES += ["JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR"]
"""Variables that say where Jupyter keeps its files."""

NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}

WIDGET_READY = """name => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    const kernel = panel && panel.context && panel.sessionContext.session && panel.sessionContext.session.kernel;
    return kernel && panel.context.path === name && panel.context.isReady && kernel.status === "idle";
}"""


def chromium() -> str | None:
    """Return where a Chromium is."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def notebook(*cells: str) -> Any:
    """Return a notebook of these cells; one that begins with ``#`` and a blank is text."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for cell in cells:
        make = nbformat.v4.new_markdown_cell if cell.startswith("# ") else nbformat.v4.new_code_cell
        made.cells.append(make(cell))
    return made


class Lab:
    """A server in a process of its own, whose settings, kernels and files are in one directory.

    Args:
        home: That directory.
        **environment: Variables for its kernels.
    """

    def __init__(self, home: Path, **environment: str) -> None:
        self.files, self._home = home / "notebooks", home
        places = {name: str(home / name.lower()) for name in PLACES}
        self._environment = {**os.environ, **places, "PYTHONPATH": str(ROOT), **environment}
        self.url = ""

    def __enter__(self) -> Lab:
        for place in (self.files, self._home / "jupyter_config_dir"):
            place.mkdir(parents=True, exist_ok=True)
        settings = json.loads(json.dumps(SETTINGS))
        settings["ServerApp"] |= {"port": _free_port(), "port_retries": 0, "root_dir": str(self.files)}
        (self._home / "jupyter_config_dir" / "jupyter_lab_config.json").write_text(json.dumps(settings))
        news = self._home / "jupyterlab_settings_dir" / "@jupyterlab" / "apputils-extension"
        news.mkdir(parents=True, exist_ok=True)
        (news / "notification.jupyterlab-settings").write_text(json.dumps(NO_NEWS))
        self.url = f"http://127.0.0.1:{settings['ServerApp']['port']}"
        self._log = (self._home / "server.log").open("w")
        command = [sys.executable, "-m", "jupyterlab"]
        self._process = subprocess.Popen(command, env=self._environment, stdout=self._log, stderr=self._log)
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def wait_up(self) -> None:
        """Wait until it answers."""
        end, pause = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/api", timeout=5):  # noqa: S310
                return
            if self._process.poll() is not None:
                break
            pause.wait(0.1)
        raise RuntimeError("JupyterLab does not come up:\n" + (self._home / "server.log").read_text()[-2000:])

    def write(self, name: str, content: Any) -> None:
        """Put a notebook there."""
        nbformat.write(content, self.files / name)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Run a headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield running
        finally:
            running.close()


class Sheet:
    """A notebook that is open in JupyterLab, as its user sees it.

    Args:
        browser: What shows it.
        lab: Who serves it.
        name: Its file.
        width: Of the window, in pixels.
        height: The same.
        scale: Pixels of a picture for each of the page's.

    Attributes:
        errors: What scripts of the page raised.
    """

    def __init__(
        self, browser: Browser, lab: Lab, name: str, width: int = 1280, height: int = 1000, scale: float = 2
    ) -> None:
        size = {"width": width, "height": height}
        self.page: Page = browser.new_page(viewport=size, device_scale_factor=scale)
        self.page.set_default_timeout(PATIENCE * 1000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        lab.wait_up()  # only now, as it starts beside the browser
        self.page.goto(f"{lab.url}/lab/tree/{quote(name)}?reset")
        self.page.wait_for_function(WIDGET_READY, arg=name)

    def command(self, name: str, **arguments: Any) -> None:
        """Give one of JupyterLab's commands, and do not wait for its end."""
        script = "([name, args]) => { window.jupyterapp.commands.execute(name, args); }"
        self.page.evaluate(script, [name, arguments])

    def run_all(self) -> None:
        """Run all cells."""
        self.command("notebook:run-all-cells")

    def run(self, number: int) -> None:
        """Run a cell."""
        script = "number => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = number; }"
        self.page.evaluate(script, number)
        self.command("notebook:run-cell")

    def cell(self, number: int) -> Any:
        """Return a cell, to look at."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def wait_run(self, number: int, times: str) -> None:
        """Wait until a cell has the number of an execution, ``"*"`` where it is to be running."""
        self.page.wait_for_function(
            "([at, times]) => { const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[at];"
            " return cell && cell.querySelector('.jp-InputPrompt').textContent === `[${times}]:`; }",
            arg=[number, times],
        )

    def until(self, condition: Callable[[], object]) -> bool:
        """Return True as soon as something is to be seen, False where it does not come."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                return False
            self.page.wait_for_timeout(50)
        return True

    def theme(self, name: str) -> None:
        """Change the theme of JupyterLab, ``"JupyterLab Dark"`` or ``"JupyterLab Light"``."""
        self.command("apputils:change-theme", theme=name)
        light = "true" if name.endswith("Light") else "false"
        self.page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
