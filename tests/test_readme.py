"""What the README says is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bybit_ws import spot
from bybit_ws.simulator import Exchange

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


def test_the_pybit_script_runs_with_its_import_changed() -> None:
    script = BLOCKS[1].replace('"ws://127.0.0.1:8765"', "exchange.url").replace("print", "seen.append")
    script = script.partition("while True")[0]
    seen: list[dict[str, object]] = []
    with Exchange(speed=20) as exchange:
        names = {"exchange": exchange, "seen": seen}
        exec(script, names)  # noqa: S102 - the README's own code
        ws = names["ws"]
        assert isinstance(ws, spot.WebSocket)
        assert exchange.wait_for(lambda: {message["symbol"] for message in seen} == {"BTCUSDT", "ETHUSDT"}, 5)
        ws.close()

