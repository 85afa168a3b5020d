"""A home of its own for pybit 5, which has the same name as pybit 2."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..runner import progress

PYBIT = "pybit==5.17.0"


@contextlib.contextmanager
def pybit5(given: str | None) -> Iterator[str]:
    """Give a Python that has pybit 5: the one that is given, or one made for the block; "" where that fails."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "Scripts/python.exe" if os.name == "nt" else "bin/python")
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYBIT]
        progress(f"{PYBIT} is installed in an environment of its own")
        try:
            for command in ([sys.executable, "-m", "venv", folder], install):
                subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            progress(f"no {PYBIT}: {error}")
            yield ""
            return
        yield str(python)
