"""What a chaos run watches: every message that a callback gets, as it comes, and what must have come by and by."""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from typing import Any, Callable

from chaos_streams import ALL, Kind, Message, Wrong

LATE = 2.0
"""Seconds after an unsubscription in which the one message that was on its way may still come."""

THOROUGH = 16
"""Each so many messages, every level of a book is looked at."""


class Deliberate(Exception):
    """What a callback raises to see what becomes of it."""


class Verdict:
    """What is wrong, and whether anything is.

    Attributes:
        refused: Topics that the exchange refuses for the time being.
        gone: Topics that today's exchange does not have, where it may be asked.
        unlisted: REST may be silent, without which nobody knows what all symbols are.
    """

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.gone: set[str] = set()
        self.unlisted = False
        self.wrong: list[str] = []
        self.found = threading.Event()

    def fail(self, what: str) -> None:
        """Note something wrong; from any thread."""
        self.wrong.append(what)
        self.found.set()


class Life:
    """One key of one client, from when it is wanted until it is no longer: its messages in order.

    Attributes:
        last: The last message, where it is a book.
        backs: How often something came that was older than what had come before.
        causes: How often that was to be expected, the client's reconnects aside.
        ids: The trades that came since the last look.
        anchor: The last trade before these.
        lossy: Pushes were lost on purpose where no one can see it.
        drops: A queue may leave some out.
        starved: It may leave all of them out, as the queue is too short for one message of each symbol.
        raw: What comes is V5's own.
        value: The interval or scale.
        base: What ``count`` was when the faults stopped.
        reconnects: How many there had been when it began.
    """

    __slots__ = (
        *("anchor", "backs", "base", "causes", "count", "drops", "ids", "key", "kind", "last", "lossy", "order"),
        *("raw", "reconnects", "starved", "top", "value"),
    )

    def __init__(self, kind: Kind, key: tuple[str, str], value: Any = None) -> None:
        self.kind, self.key, self.value = kind, key, value
        self.count = self.backs = self.causes = self.base = self.reconnects = 0
        self.order: Any = None
        self.last: Message = None
        self.ids: list[int] = []
        self.anchor: int | None = None
        self.top = -1
        self.lossy = self.drops = self.starved = self.raw = False

    def take(self, message: Message, order: Any) -> None:
        """Note a message and raise where it is out of order."""
        self.count += 1
        kind = self.kind
        if self.order is not None and order < self.order:
            if not (kind.cached or self.lossy):
                raise Wrong(f"{order} came after {self.order}")
            self.backs += 1
        self.order = order
        if kind.ids is not None:
            self._number(kind.ids(message))

    def _number(self, ids: list[int]) -> None:
        top = self.top
        for one in ids:
            if one <= top and not self.lossy:
                raise Wrong(f"trade {one} came after trade {top}")
            top = max(one, top)
        self.top = top
        self.ids.extend(ids)

    def cut(self) -> list[int]:
        """Return the trades that came since the last cut."""
        ids, self.ids = self.ids, []
        return ids

    def holes(self, ids: list[int], tape: list[int]) -> list[tuple[int, int]]:
        """Return the runs of trades that are missing, as the trades before and after.

        Args:
            ids: What ``cut`` gave.
            tape: All trades of the symbol in order, from before the cut to after it.
        """
        lossy, self.lossy = self.lossy, False
        if not ids:
            return []
        first = min(ids) if self.anchor is None else self.anchor
        self.anchor = max(ids)
        if lossy or self.drops:
            return []
        expected = tape[bisect_right(tape, first - 1) : bisect_right(tape, self.anchor)]
        came = {first, *ids}
        if not came.issubset(expected):
            raise Wrong(f"trades came that never were: {sorted(came.difference(expected))[:5]}")
        found, before, missing = [], first, False
        for one in expected:
            if one not in came:
                missing = True
                continue
            if missing:
                found.append((before, one))
            before, missing = one, False
        return found


class Claim:
    """One stream call: its callback, and what that may be called with.

    Attributes:
        lives: The keys that may be delivered.
        lost: Those that may be no longer: since when, and whether that was in a callback of the same socket, so that
            nothing can have been on its way.
    """

    def __init__(
        self, number: int, kind: Kind, value: Any, symbols: tuple[str, ...], options: dict[str, Any], verdict: Verdict
    ) -> None:
        self.number, self.kind, self.value, self.symbols, self.options = number, kind, value, symbols, options
        self.topic = kind.name(value)
        self.raw = "raw" in options
        self.merged = kind.merged and options.get("merge", True) and not self.raw
        self.direct = "queue" not in options
        self.subscription: Any = None
        self.cancelled = False
        self.closed = False
        self.count = self.forged = 0
        self.lives: dict[str, Life] = {}
        self.lost: dict[str, tuple[float, bool]] = {}
        self.late: Counter[str] = Counter()
        self.pranks: deque[str] = deque()
        self.errands: deque[Callable[[Claim | None], None]] = deque()
        self._verdict = verdict
        self._read, self._book = kind.read, kind.book if (self.merged or not kind.merged) and not self.raw else None
        self._inside = False

    def __str__(self) -> str:
        return f"#{self.number} {self.topic} {','.join(self.symbols)}"

    def __call__(self, message: Message) -> None:
        """Check a message, then do what the run has in mind for this callback."""
        if self._inside:
            self._verdict.fail(f"{self}: called while it was running")
        self._inside = True
        try:
            self._check(message)
        except Exception as error:
            self._verdict.fail(f"{self}: {error!r}: {str(message)[:600]}")
        try:
            if self.errands:
                self.run_errands(self)
            if self.pranks:
                self._play(self.pranks.popleft(), message)
        finally:
            self._inside = False

    def run_errands(self, inside: Claim | None) -> None:
        """Do what is to be done in this callback; the rest is done without it before a check."""
        with contextlib.suppress(IndexError):
            while True:
                errand = self.errands.popleft()
                errand(inside)

    def _check(self, message: Message) -> None:
        self.count += 1
        if self.closed:
            raise Wrong("delivered after close() had returned")
        if "chaos" in message:  # a forged one; where nothing is merged it is handed out as it came
            self.forged += 1
            if self._book is not None and self.merged:
                raise Wrong("a forged change was shown")
            return
        topic, symbol, order = self._read_raw(message) if self.raw else self._read(message)
        if topic != self.topic:
            raise Wrong(f"a message of {topic}")
        life = self.lives.get(symbol)
        if (life is None or symbol in self.lost) and ALL in self.symbols and topic in self._verdict.refused:
            return  # one that had it to itself was refused it, and the wildcard is given it again
        if life is None:
            raise Wrong(f"{symbol} was never asked for")
        if self.lost and symbol in self.lost:
            self._tolerate(symbol)
        if self.raw:
            life.count += 1
            return
        life.take(message, order)
        if self._book is not None and not life.lossy:
            self._book(message, self.kind, life.count % THOROUGH == 0)
        life.last = message if self._book is not None else None

    def _read_raw(self, message: Message) -> tuple[str, str, Any]:
        for symbol in self.kind.symbols:
            if message["topic"] in self.kind.v5_topics(self.value, (symbol,)) and "ts" in message:
                return self.topic, symbol, None
        raise Wrong("no message of V5's own")

    def _tolerate(self, symbol: str) -> None:
        since, strict = self.lost[symbol]
        self.late[symbol] += 1
        age = time.monotonic() - since
        if strict or self.late[symbol] > 1 or age > LATE:
            raise Wrong(f"{symbol} was given up {age:.3f} s ago; {self.late[symbol]} came since")

    def _play(self, prank: str, message: Message) -> None:
        if prank == "slow":
            threading.Event().wait(0.02)
        elif prank == "raise":
            raise Deliberate(str(self))
        elif prank == "spoil" and self.options.get("copy", True):
            self._spoil(message)

    def _spoil(self, message: Message) -> None:
        """Overwrite a message in depth: it is the caller's own, and no later one may show any of it."""
        for life in self.lives.values():
            if life.last is message:
                life.last = copy.deepcopy(message)
        _wreck(message)


def _wreck(value: Any) -> None:
    if isinstance(value, dict):
        inner = list(value.values())
        value.update(dict.fromkeys(value, "spoilt"))
    elif isinstance(value, list):
        inner = list(value)
        value[:] = ["spoilt"] * len(value)
    else:
        return
    for one in inner:
        _wreck(one)


class Tapes:
    """The exchange's trades, by symbol, as far back as they are still needed.

    Args:
        keep: How many of each symbol are kept.
    """

    def __init__(self, keep: int = 20_000) -> None:
        self._keep = keep
        self.seen: dict[str, int] = {}
        self.trades: dict[str, list[int]] = {}

    def add(self, trades: dict[str, tuple[int, list[int]]]) -> None:
        """Append what is new."""
        for symbol, (count, new) in trades.items():
            self.seen[symbol] = count
            self.trades.setdefault(symbol, []).extend(new)

    def trim(self) -> None:
        """Forget what everybody has been compared with."""
        for trades in self.trades.values():
            del trades[: -self._keep]

    def forget(self, symbol: str, before: int) -> None:
        """Forget the trades of a symbol before one."""
        trades = self.trades[symbol]
        del trades[: bisect_left(trades, before)]
