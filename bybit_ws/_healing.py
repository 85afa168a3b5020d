"""When to subscribe a book anew that fell out of step: at once, then with growing delays. Pure."""

from __future__ import annotations

from ._topics import Key

CAP = 30.0
DOUBLINGS = 5
"""After so many the cap is reached; a book may stay ill for days."""

GRACE = 1.0
"""Seconds that a first snapshot may take: changes that were on their way when it was asked for come before it."""

NEVER = float("inf")


class _Patient:
    __slots__ = ("attempts", "due", "healed_at", "untold", "wanted")

    def __init__(self, wanted: Key) -> None:
        self.wanted = wanted
        self.untold: str | None = None
        self.attempts = 0
        self.due = NEVER
        self.healed_at = NEVER

    def delay(self) -> float:
        return 0.0 if self.attempts == 0 else min(2.0 ** min(self.attempts - 1, DOUBLINGS), CAP)


class Healing:
    """The keys that are out of step, and those that were so a moment ago."""

    def __init__(self) -> None:
        self._patients: dict[Key, _Patient] = {}
        self.due = NEVER

    def fell_ill(self, key: Key, wanted: Key, now: float, untold: str | None = None) -> bool:
        """Note a key that cannot be trusted.

        Args:
            key: The key.
            wanted: The subscription it is kept under.
            now: The time.
            untold: What is wrong, where it may be nothing: its first snapshot is given a while to come, and
                only then is it told, by ``take_due``.

        Returns:
            Whether to report it: False where it is known already, or may heal by itself.
        """
        patient = self._patients.get(key)
        if patient is not None and patient.healed_at == NEVER and patient.due != NEVER:
            patient.wanted = wanted
            return False
        # One that stayed well for longer than its last delay starts again without a delay.
        if patient is None or now - patient.healed_at > patient.delay():
            patient = self._patients[key] = _Patient(wanted)
        patient.healed_at = NEVER
        patient.untold = untold
        patient.due = now + (patient.delay() if untold is None else GRACE)
        self._reschedule()
        return untold is None

    def healed(self, key: Key, now: float) -> bool:
        """Note a snapshot; return whether the key was ill and that was reported."""
        patient = self._patients.get(key)
        if patient is None or patient.healed_at != NEVER:
            return False
        patient.healed_at, patient.due = now, NEVER
        if patient.untold is not None:
            del self._patients[key]
        self._reschedule()
        return patient.untold is None

    def take_due(self, now: float) -> list[tuple[Key, Key, str | None]]:
        """Return what to renew now; each comes again, later and later, until it is healed.

        Returns:
            For each its key, its subscription, and what is wrong where that was not told yet.
        """
        due = []
        for key, patient in self._patients.items():
            if patient.due <= now:
                due.append((key, patient.wanted, patient.untold))
                patient.untold = None
                patient.attempts += 1
                patient.due = now + patient.delay()
        self._reschedule()
        return due

    def forget(self, wanted: Key) -> None:
        """Drop what is kept under a subscription, and its own key where all symbols kept it."""
        self._patients = {key: one for key, one in self._patients.items() if wanted not in (key, one.wanted)}
        self._reschedule()

    def lost(self) -> None:
        """The connection was lost: everything is subscribed anew anyway, the ill stay ill until a snapshot."""
        self._patients = {key: one for key, one in self._patients.items() if one.untold is None}
        for patient in self._patients.values():
            patient.attempts, patient.due = 0, NEVER
        self.due = NEVER

    def _reschedule(self) -> None:
        self.due = min((patient.due for patient in self._patients.values()), default=NEVER)
