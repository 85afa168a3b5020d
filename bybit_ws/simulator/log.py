"""An append-only list that forgets its oldest entries, read by cursor."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Log(Generic[T]):
    """Entries numbered from 0; ``count`` is the number of the next one."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._entries: list[T] = []
        self._forgotten = 0

    @property
    def count(self) -> int:
        """How many entries were ever appended."""
        return self._forgotten + len(self._entries)

    def append(self, entry: T) -> None:
        """Add one entry, forgetting a tenth when the limit is passed."""
        self._entries.append(entry)
        if len(self._entries) > self._limit:
            dropped = max(1, self._limit // 10)
            del self._entries[:dropped]
            self._forgotten += dropped

    def since(self, cursor: int) -> list[T]:
        """Give the entries from number ``cursor`` on."""
        return self._entries[max(0, cursor - self._forgotten) :]

    def last(self, count: int, before: int | None = None) -> list[T]:
        """Give the last ``count`` entries before number ``before``, oldest first."""
        end = len(self._entries) if before is None else before - self._forgotten
        return self._entries[max(0, end - count) : max(0, end)]
