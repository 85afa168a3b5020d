"""What the README says is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_two_commands_stand_there_for_ci_to_run() -> None:
    commands = re.findall(r"^    python -m pip install .* && python -m .*$", README, re.MULTILINE)
    assert len(commands) == 2


def test_the_first_script_prints_what_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS[0]], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    shown = re.findall(r"^    (orderBookL2_25.*)$", README, re.MULTILINE)
    assert len(shown) == 2
    assert set(shown) <= set(done.stdout.splitlines())
