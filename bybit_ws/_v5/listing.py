"""What all symbols of inverse are, as the exchange's REST interface lists them. Pure.

https://bybit-exchange.github.io/docs/v5/market/instrument
"""

from __future__ import annotations

from typing import Any

from .translation import NEVER, Errand, Task

PATH = "/v5/market/instruments-info"

EVERY = 600.0
"""Seconds between two looks: new instruments are listed a few times a month."""

AGAIN = 10.0
"""Seconds until another look, where one failed."""

PAGES = 50
"""Pages of a listing at most: 500 instruments each."""

MOST = 5000
"""Instruments at most: there are a few dozen, but a mad server could invent more."""


class Listing:
    """The instruments that trade.

    Attributes:
        symbols: Their names, as of the last look.
        tasks: Errands that are to be run.
        due: When to look again.
    """

    def __init__(self) -> None:
        self.symbols: tuple[str, ...] = ()
        self.tasks: list[Task] = []
        self.lost()

    def lost(self) -> None:
        """The connection was lost: what is known is seen again with the next wish."""
        self.due = NEVER
        self.tasks.clear()
        self._looking = self._seen = False
        self._asked: Task | None = None
        self._found: list[str] = []
        self._pages = 0

    def want(self) -> None:
        """Have a look, the first time on a connection."""
        if not self._looking and not self._seen:
            self._look()

    def tick(self, now: float) -> None:
        """Look again when it is time."""
        if now >= self.due:
            self._look()

    def awaits(self, task: Task) -> bool:
        """Return whether an answer is for the present look, not for one before a loss."""
        return task is self._asked

    def answered(self, result: Any, now: float) -> str | None:
        """Take a page of the listing, None where there is none; return None where more is to come.

        Returns:
            ``""`` where ``symbols`` is up to date, else what is wrong.
        """
        try:
            self._found += [str(one["symbol"]) for one in result["list"]]
            cursor = str(result.get("nextPageCursor") or "")
        except (KeyError, TypeError, AttributeError):
            return self._done(now + AGAIN, "the list of all symbols could not be read: name the symbols instead")
        self._pages += 1
        if cursor and self._pages < PAGES and len(self._found) < MOST:
            self._ask(cursor)
            return None
        if not self._found:  # which is no reason to give up those that were known
            return self._done(now + AGAIN, "the exchange lists no symbol: name the symbols instead")
        self.symbols, self._seen = tuple(dict.fromkeys(self._found))[:MOST], True
        return self._done(now + EVERY, "")

    def _look(self) -> None:
        self._looking, self.due = True, NEVER
        self._found, self._pages = [], 0
        self._ask("")

    def _done(self, due: float, words: str) -> str:
        self._looking, self.due = False, due
        return words

    def _ask(self, cursor: str) -> None:
        params = [("category", "inverse"), ("limit", "1000"), *([("cursor", cursor)] if cursor else [])]
        self._asked = Task(None, None, Errand(PATH, tuple(params)))
        self.tasks.append(self._asked)
