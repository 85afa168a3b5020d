"""The fault matrix: V5, inverse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from matrix import Fault
from matrix_faults import cells, survive
from matrix_protocols import Protocol


@cells("V5 inv", "V5 inv.p")
def test_fault(
    protocol: Protocol, fault: Fault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_property: Any
) -> None:
    survive(protocol, fault, monkeypatch, tmp_path, record_property)
