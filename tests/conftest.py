from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import library_threads, wait_until


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Fail any test that leaves a thread of this package behind."""
    before = set(library_threads())
    yield
    left = [thread for thread in library_threads() if thread not in before]
    assert wait_until(lambda: not any(thread.is_alive() for thread in left)), f"threads left: {left}"
