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
    """But for its numbers: the market moves on while the script starts."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS[0]], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    (shown,) = re.findall(re.escape(f"```python\n{BLOCKS[0]}```\n\n") + r"((?:    .*\n)+)", README)
    assert numberless(done.stdout) == numberless(shown)
    assert len(shown.splitlines()) == 4


def numberless(text: str) -> list[str]:
    return [re.sub(r"\d+(\.\d+)?", "0", line.strip()) for line in text.splitlines()]


def test_what_the_readme_points_to_is_there() -> None:
    paths = re.findall(r"\]\(([^)#:]+)[)#]", README)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_it_stays_short() -> None:
    """What is long has a page in docs."""
    assert len(README.partition("\n## Speed")[0].splitlines()) < 120
