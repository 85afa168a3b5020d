"""In which order a V5 client hears what happened to the account: each topic in its own, the topics in any."""

from __future__ import annotations

from random import Random

from ..log import Log
from .private_events import PrivateEvent

_TOGETHER = 0.2
_MOST_SKIPPED = 40


class Story:
    """Collects what happens in a step of the market, then shuffles the topics into each other.

    No document promises an order between the topics of one match, so that there is none here: the execution may
    come before or after the order, with position and wallet between them; sometimes two matches are mixed.

    Attributes:
        events: What was published, in the order of arrival.
        origins: V5's ids of the orders that stops placed, by those the legacy endpoints gave them.
        random: Seeded, apart from the market's own, which moves as it would without V5.
    """

    def __init__(self, seed: int | str) -> None:
        self.events: Log[PrivateEvent] = Log()
        self.origins: dict[str, str] = {}
        self.random = Random(f"{seed}:v5 private")
        self._happenings: list[list[PrivateEvent]] = []
        self._seqs: dict[str, int] = {}

    def next_seq(self, symbol: str, first: int) -> int:
        """Give a symbol's next cross sequence: it rises, with holes."""
        seq = self._seqs.get(symbol, first) + self.random.randint(1, _MOST_SKIPPED)
        self._seqs[symbol] = seq
        return seq

    def tell(self, pushes: list[PrivateEvent]) -> None:
        """Note what one match, or one change of an order, makes the topics say."""
        if self._happenings and self.random.random() < _TOGETHER:
            self._happenings[-1] += pushes
        else:
            self._happenings.append(pushes)

    def publish(self) -> None:
        """Let everything be heard that was noted since the last time."""
        for pushes in self._happenings:
            for event in self._shuffled(pushes):
                self.events.append(event)
        self._happenings.clear()

    def _shuffled(self, pushes: list[PrivateEvent]) -> list[PrivateEvent]:
        """Draw which topic speaks next; what it says keeps its order."""
        topics: dict[tuple[str, str], list[PrivateEvent]] = {}
        for push in reversed(pushes):
            topics.setdefault((push.stem, push.category), []).append(push)
        turns = [(push.stem, push.category) for push in pushes]
        self.random.shuffle(turns)
        return [topics[turn].pop() for turn in turns]
