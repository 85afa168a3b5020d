"""What was asked of the exchange on one V5 connection, by number. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

MEMORY = 10_000
"""V5 topics that are remembered as given up: what was on its way from them is no surprise."""


class Ledger:
    """The V5 topics of one connection, and the requests that are not answered yet.

    Args:
        size: How many topics a request may hold.

    Attributes:
        subscribed: Those that were asked for.
        live: Those of them that were confirmed.
        ended: Those that were given up.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers = count(1)
        self.clear()

    def clear(self) -> None:
        """Forget everything, as after a loss."""
        self.subscribed: set[str] = set()
        self.live: set[str] = set()
        self.ended: set[str] = set()
        self._asked: dict[str, tuple[str, tuple[str, ...]]] = {}

    def subscribe(self, args: Iterable[str]) -> list[str]:
        """Return the texts that subscribe; a topic that is subscribed already is given up first."""
        wanted = list(args)
        texts = self.unsubscribe([arg for arg in wanted if arg in self.subscribed])
        self.subscribed.update(wanted)
        self.ended.difference_update(wanted)
        return texts + self.ask(wanted)

    def unsubscribe(self, args: Sequence[str]) -> list[str]:
        """Return the texts that give up topics."""
        self.subscribed.difference_update(args)
        self.live.difference_update(args)
        if len(self.ended) < MEMORY:
            self.ended.update(args)
        return self._batched("unsubscribe", args)

    def ask(self, args: Sequence[str]) -> list[str]:
        """Return the texts that ask for topics."""
        return self._batched("subscribe", args)

    def text(self, op: str, args: Sequence[Any] = ()) -> str:
        """Return a request with a number of its own."""
        number = str(next(self._numbers))
        message: dict[str, Any] = {"req_id": number, "op": op}
        if args:
            message["args"] = list(args)
        if op in ("subscribe", "unsubscribe"):
            self._asked[number] = (op, tuple(args))
        return json.dumps(message, separators=(",", ":"))

    def answered(self, number: object) -> tuple[str, tuple[str, ...]] | None:
        """Return what a reply is to, once; None where it is to nothing that was asked."""
        return self._asked.pop(str(number), None)

    def _batched(self, op: str, args: Sequence[str]) -> list[str]:
        return [self.text(op, args[start : start + self._size]) for start in range(0, len(args), self._size)]
