from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from support import library_threads, wait_until

from bybit_ws import _voice

# Dozens of tests start a Python of their own, and each worker reads every test module: where it is forbidden to keep
# what was compiled, most of the time would go into compiling it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Fail any test that leaves a thread of this package behind."""
    before = set(library_threads())
    yield
    _voice.forget()
    left = [thread for thread in library_threads() if thread not in before]
    assert wait_until(lambda: not any(thread.is_alive() for thread in left)), f"threads left: {left}"


LONG = (
    *("terminal", "benchmarks", "chaos", "examples", "lifecycle_model", "client_lifecycle", "fault_matrix_v5_spot"),
    *("client_recovery", "client_queue", "fault_matrix_spot", "fault_matrix_inverse", "beside_pybit", "fuzz"),
    *("client_v5", "client_streams", "client_survival", "simulator_inverse", "simulator_spot", "cli"),
    *("session", "recording", "data", "v5_beside_legacy", "simulator_wire_faults", "fault_matrix_tls", "books"),
)
"""The files that take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it while the others have nothing to do."""
    ranks = {f"test_{name}": rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(LONG)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the fault matrix, where it ran: protocols across, faults down."""
    outcomes = {"passed": "ok", "skipped": "skip", "failed": "FAILED", "error": "FAILED"}
    cells = {
        (tuple(value[:2]), tuple(value[2:])): word
        for outcome, word in outcomes.items()
        for report in terminalreporter.stats.get(outcome, [])
        for name, value in getattr(report, "user_properties", [])
        if name == "matrix"
    }
    if not cells:
        return
    protocols, faults = (sorted({cell[at] for cell in cells}) for at in (0, 1))
    rows = [[name for _, name in [(0, ""), *protocols]]]
    rows += [[fault[1], *(cells.get((protocol, fault), "-") for protocol in protocols)] for fault in faults]
    width = max(len(row[0]) for row in rows)
    terminalreporter.section("fault matrix")
    for first, *others in rows:
        terminalreporter.write_line(f"{first:{width}} " + " ".join(f"{word:>8}" for word in others))
    passed = sum(word == "ok" for word in cells.values())
    terminalreporter.write_line(f"passed {passed}/{sum(word != 'skip' for word in cells.values())}")
