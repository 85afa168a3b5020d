"""An order book that lives: the truth that clients are checked against.

It knows nothing of how clients keep books. Each side is a dict of what stands at each tick; a delta is what differs
between the dicts before and after a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Callable, Generic, TypeVar

E = TypeVar("E")

TOWARDS_MID = {"Buy": 1, "Sell": -1}
"""The sides, and which way their better prices lie."""

SIDES = tuple(TOWARDS_MID)

START = 40_000
"""The tick around which books begin."""

STEPS = 500
"""The length of a walk, one way."""


@dataclass(frozen=True)
class Change(Generic[E]):
    """What a step did to one side: the entries that went, those that took another's place, and the new ones."""

    deleted: dict[int, E]
    updated: dict[int, E]
    inserted: dict[int, E]


class Book(Generic[E]):
    """A book of always ``levels`` entries a side, never crossed.

    Args:
        rng: Decides everything.
        levels: Entries on each side.
        entry: Makes the entry of a side and a tick; an entry is replaced when it changes, never mutated.
    """

    def __init__(self, rng: Random, levels: int, entry: Callable[[str, int], E]) -> None:
        self._rng, self._levels, self._entry = rng, levels, entry
        self._sides: dict[str, dict[int, E]] = {side: {} for side in SIDES}
        for side in SIDES:
            tick = START
            for _ in range(levels):
                tick -= TOWARDS_MID[side] * rng.randint(1, 3)
                self._put(side, tick)

    def entries(self, side: str) -> list[E]:
        """Return one side by price ascending."""
        levels = self._sides[side]
        return [levels[tick] for tick in sorted(levels)]

    def walk(self, replaced: float, updated: float) -> Iterator[dict[str, Change[E]]]:
        """Change, and go all the way back, so that the walk can begin again without a new snapshot.

        Args:
            replaced: Levels that are deleted, and as many inserted, at each step on average.
            updated: Levels that only change.

        Yields:
            What has become of each side.
        """
        states = [self._copy()]
        for _ in range(STEPS):
            self._step(replaced, updated)
            states.append(self._copy())
            yield _between(*states[-2:])
        for index in range(STEPS, 0, -1):
            self._sides = states[index - 1]
            yield _between(states[index], states[index - 1])

    def _step(self, replaced: float, updated: float) -> None:
        before = self._copy()
        for _ in range(self._about(replaced)):
            self._rng.choice((self._appear, self._vanish))(self._rng.choice(SIDES))
        left = self._about(updated)
        while left:
            side = self._rng.choice(SIDES)
            tick = self._somewhere(side)
            if self._sides[side][tick] is before[side].get(tick):  # untouched, so that each change counts
                self._put(side, tick)
                left -= 1

    def _appear(self, side: str) -> None:
        """Insert a level; the worst one falls out of the book."""
        tick = self._free(side)
        del self._sides[side][self._best_first(side)[-1]]
        self._put(side, tick)

    def _vanish(self, side: str) -> None:
        """Delete a level; the next one beyond the worst comes into sight."""
        worst = self._best_first(side)[-1]
        del self._sides[side][self._somewhere(side)]
        self._put(side, worst - TOWARDS_MID[side] * self._rng.randint(1, 3))

    def _free(self, side: str) -> int:
        """Find a tick to insert at: inside the spread, or the next free one from some level downwards."""
        ticks, better = self._best_first(side), TOWARDS_MID[side]
        rank = self._rank()
        (other,) = {*SIDES} - {side}
        spread = abs(ticks[0] - self._best_first(other)[0])
        if rank == 0 and spread > 1:
            return ticks[0] + better * self._rng.randint(1, spread - 1)
        tick = ticks[rank]
        while tick in self._sides[side]:
            tick -= better
        return tick

    def _somewhere(self, side: str) -> int:
        return self._best_first(side)[self._rank()]

    def _rank(self) -> int:
        # In the recording every third change is at the best price, and two thirds are within the best fifth.
        return int(self._levels * self._rng.random() ** 3)

    def _about(self, mean: float) -> int:
        return int(mean) + (self._rng.random() < mean % 1)

    def _put(self, side: str, tick: int) -> None:
        self._sides[side][tick] = self._entry(side, tick)

    def _best_first(self, side: str) -> list[int]:
        return sorted(self._sides[side], reverse=side == "Buy")

    def _copy(self) -> dict[str, dict[int, E]]:
        return {side: dict(levels) for side, levels in self._sides.items()}


def _between(before: dict[str, dict[int, E]], after: dict[str, dict[int, E]]) -> dict[str, Change[E]]:
    return {side: _change(before[side], after[side]) for side in SIDES}


def _change(before: dict[int, E], after: dict[int, E]) -> Change[E]:
    kept = sorted(before.keys() & after.keys())
    return Change(
        {tick: before[tick] for tick in sorted(before.keys() - after.keys())},
        {tick: after[tick] for tick in kept if after[tick] is not before[tick]},
        {tick: after[tick] for tick in sorted(after.keys() - before.keys())},
    )
