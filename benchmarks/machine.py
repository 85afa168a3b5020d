"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib import import_module, metadata
from pathlib import Path

PACKAGES = ("orjson", "websocket-client", "picows", "websockets", "pybit")


def describe() -> dict[str, str]:
    """Return the processor, the system, Python and the packages."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": platform.platform(terse=True),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "bybit_ws": str(import_module("bybit_ws._version").__version__),
        **{package: _version(package) for package in PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()
