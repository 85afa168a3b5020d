"""Finds out what was refused when the exchange does not say. Pure.

A spot refusal names neither topic nor symbol. While one key alone is unconfirmed, it is the one. Otherwise the
good ones are given a moment to show themselves by their first message, and those left are asked again one by
one: each is confirmed, or refused, or passed over as innocent but quiet. What is wanted meanwhile waits its
turn, so that every refusal can be told.
"""

from __future__ import annotations

from collections.abc import Iterable

from ._topics import Key

SETTLE = 1.0
"""Seconds to wait for more refusals and first messages before asking one by one; they take 0.1 to 0.3 s."""

PATIENCE = 3.0
"""Seconds that one key alone is waited for."""

NEVER = float("inf")


class Inquiry:
    """What was asked for and is neither confirmed nor refused."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything, as after a loss."""
        self.due = NEVER
        self._pending: dict[Key, None] = {}
        self._held: dict[Key, None] = {}
        self._suspects: dict[Key, None] = {}
        self._passed: set[Key] = set()
        self._probe: Key | None = None
        self._doubt = False

    @property
    def active(self) -> bool:
        """Whether something was refused and it is not known yet what."""
        return self.due != NEVER

    def hold(self, keys: Iterable[Key]) -> None:
        """Ask for these when their turn comes."""
        self._held.update(dict.fromkeys(keys))

    def sent(self, keys: Iterable[Key]) -> None:
        """Note what was asked for."""
        self._pending.update((key, None) for key in keys if key != self._probe)
        self._passed.difference_update(keys)

    def settled(self, key: Key, now: float) -> bool:
        """Note that a key was confirmed; return whether it was open."""
        was_open = key == self._probe or any(key in keys for keys in (self._pending, self._suspects, self._passed))
        self._pending.pop(key, None)
        self._suspects.pop(key, None)
        self._passed.discard(key)
        if key == self._probe:
            self._probe = None
            self.due = now
        return was_open

    def dropped(self, key: Key, now: float, answered: bool = False) -> None:
        """Note that a key was refused, or given up with its answer perhaps still to come."""
        due = self.due
        self._held.pop(key, None)
        if self.settled(key, now) and not answered:
            self._doubt, self.due = True, due  # a refusal on its way must find no other to blame

    def blame(self, now: float, topic: str | None = None) -> Key | None:
        """Return what a refusal without a name was about, or None where that must be found out first."""
        open_ones = self._pending if self._probe is None else (self._probe,)
        suspects = [key for key in open_ones if topic is None or key[0].startswith(topic)]
        if len(suspects) == 1 and (self._probe is not None or not (self.active or self._doubt)):
            return suspects[0]
        if suspects:
            self.due = now + SETTLE
        elif self._probe is None:
            self._reconsider(now, topic)
        return None

    def _reconsider(self, now: float, topic: str | None) -> None:
        """Ask once more for what was passed over: its answer may have come after all, later than it was waited for."""
        late = [key for key in self._passed if topic is None or key[0].startswith(topic)]
        if late:
            self._passed.difference_update(late)
            self._suspects.update(dict.fromkeys(late))
            self.due = min(self.due, now + SETTLE)

    def next(self, now: float) -> Key | None:
        """Return the key to ask for alone now; None where none is left, or none is due."""
        if now < self.due:
            return None
        self._doubt = False
        if self._probe is not None:
            self._passed.add(self._probe)
        self._suspects.update(self._pending)
        self._pending.clear()
        self._probe, self.due = next(iter(self._held or self._suspects), None), NEVER
        if self._probe is not None:
            self._held.pop(self._probe, None)
            self._suspects.pop(self._probe, None)
            self.due = now + PATIENCE
        return self._probe
