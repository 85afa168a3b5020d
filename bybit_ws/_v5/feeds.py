"""Which translators a push goes through: the data side of one V5 connection. Pure.

``translate`` is called by the thread that reads the socket, without a lock; what others change meanwhile is
replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Callable

from .._dialects import MALFORMED
from .._side import OutOfSync
from .._topics import ALL, Key, Topic
from .translation import NEVER, Broken, Deliveries, Task, Translator

STATEFUL = ("orderbook.", "tickers.")
"""Topics that begin with a snapshot."""


class Part:
    """One topic and symbol that is translated.

    Attributes:
        key: Topic and symbol.
        topic: The topic.
        args: The V5 topics that it is made of.
        every: It serves all symbols at once.
        translator: Its present translator; a new one at every subscription.
        users: The wanted keys that it serves: its own, and that of all symbols.
    """

    __slots__ = ("_start", "args", "asked", "every", "key", "stateful", "topic", "translator", "users")

    def __init__(self, topic: Topic, symbol: str, args: tuple[str, ...], start: Callable[[], Translator]) -> None:
        self.key: Key = (topic.name, symbol)
        self.topic, self.args, self._start = topic, args, start
        self.every = symbol == ALL
        self.stateful = any(arg.startswith(STATEFUL) for arg in args)
        self.users: dict[Key, None] = {}
        self.restart()

    @property
    def owner(self) -> Key:
        """Whose it is, where all symbols use it too: that of its own symbol."""
        return self.key if self.key in self.users else next(iter(self.users))

    def begins_anew(self, key: Key, topic: Topic) -> bool:
        """Return whether it cannot serve a key as it is: raw in place of documented, or the other way round.

        Nor where it begins with a snapshot, and all symbols brought along what is the key's own from now on.
        """
        comes, other = self.key == key and key not in self.users, self.topic.raw is not topic.raw
        return (comes and self.stateful) or (other and (comes or self.owner == key))

    def restart(self) -> None:
        """Forget everything, as a subscription begins anew."""
        self.translator = self._start()
        self.asked = False

    def translate(self, message: Any, now: float, lent: bool = False) -> Deliveries:
        """Return what follows from a push, of which others hold parts where it was ``lent``."""
        try:
            if lent:
                message = deepcopy(message)
            return self.translator.translate(message, now)
        except OutOfSync as error:
            return self.broken(str(error))
        except (*MALFORMED, ArithmeticError) as error:
            return self.broken(f"a malformed message: {error!r}")

    def broken(self, reason: str) -> Deliveries:
        """Trust nothing that was kept."""
        if self.stateful:
            self.restart()
        return [(self.key, Broken(reason[:200], self.stateful))]


class Feeds:
    """The parts of one connection.

    Attributes:
        tasks: Errands that are to be run.
    """

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.clear()

    def clear(self) -> None:
        """Forget everything, as after a loss."""
        self.parts: dict[Key, Part] = {}
        self._by_arg: dict[str, tuple[Part, ...]] = {}
        self._patient: tuple[Part, ...] = ()
        self.tasks.clear()

    def __contains__(self, arg: object) -> bool:
        return arg in self._by_arg

    def of(self, arg: str) -> tuple[Part, ...]:
        """Return the parts that a V5 topic serves."""
        return self._by_arg.get(arg, ())

    def add(self, part: Part) -> None:
        """Translate one more."""
        self.parts[part.key] = part
        for arg in part.args:
            self._by_arg[arg] = (*self.of(arg), part)
        if _waits(part):
            self._patient = (*self._patient, part)

    def replace(self, old: Part, new: Part) -> None:
        """Translate with another part of the same key from now on: no push falls between the two."""
        self.parts[new.key] = new
        for arg in new.args:
            self._by_arg[arg] = tuple(new if one is old else one for one in self.of(arg))
        self._patient = (*(one for one in self._patient if one is not old), *([new] if _waits(new) else ()))

    def remove(self, part: Part) -> list[str]:
        """Translate one less; return the V5 topics that serve nobody any more."""
        del self.parts[part.key]
        self._patient = tuple(one for one in self._patient if one is not part)
        idle = []
        for arg in part.args:
            left = tuple(one for one in self.of(arg) if one is not part)
            if left:
                self._by_arg[arg] = left
            else:
                del self._by_arg[arg]
                idle.append(arg)
        return idle

    def translate(self, message: Any, now: float) -> Deliveries | None:
        """Return what follows from a message; None where it is no push of these."""
        try:
            parts = self._by_arg.get(message["topic"])
        except MALFORMED:
            return None
        if parts is None:
            return None
        if len(parts) == 1:
            part = parts[0]
            pushes = part.translate(message, now)
            return self._unclaimed(part, pushes) if part.every else pushes
        found: list[tuple[Key, Any]] = []
        in_turn = sorted(parts, key=_lends)  # first those that keep and pass on nothing of it
        for part in in_turn:
            lent = _lends(part) and part is not in_turn[-1]
            found += self._unclaimed(part, part.translate(message, now, lent))
        return found

    def confirmed(self, args: Iterable[str], live: frozenset[str] | set[str]) -> None:
        """These V5 topics were confirmed: now is the time to ask what has to be asked."""
        for part in {id(part): part for arg in args for part in self.of(arg)}.values():
            self.ask(part, live)

    def ask(self, part: Part, live: frozenset[str] | set[str]) -> None:
        """Run a part's errand, once it is wholly subscribed."""
        errand = part.translator.errand
        if errand is not None and not part.asked and live.issuperset(part.args):
            part.asked = True
            self.tasks.append(Task(part, part.translator, errand))

    def awaits(self, task: Task) -> bool:
        """Return whether an answer is for a subscription that goes on."""
        part: Part = task.part
        return self.parts.get(part.key) is part and part.translator is task.translator

    def answered(self, task: Task, result: Any, now: float) -> Deliveries:
        """Take an answer; that of a subscription that is over is of no use."""
        part: Part = task.part
        translator = part.translator
        if not self.awaits(task):
            return ()
        try:
            return self._unclaimed(part, translator.answered(result, now))
        except (*MALFORMED, ArithmeticError):
            return () if result is None else self.answered(task, None, now)

    @property
    def due(self) -> float:
        """When there is something to ``flush``."""
        patient = self._patient
        return min([part.translator.due for part in patient]) if patient else NEVER

    def flush(self, now: float) -> Deliveries:
        """Return what was held back until now."""
        return [
            push
            for part in self._patient
            if part.translator.due <= now
            for push in self._unclaimed(part, part.translator.flush(now))
        ]

    def _unclaimed(self, part: Part, pushes: Deliveries) -> Deliveries:
        """Leave to a symbol's own part what the part of all symbols says of it, too."""
        if not part.every:
            return pushes
        return [push for push in pushes if push[0] == part.key or push[0] not in self.parts]


def _waits(part: Part) -> bool:
    return type(part.translator).flush is not Translator.flush


def _lends(part: Part) -> bool:
    return part.translator.lends
