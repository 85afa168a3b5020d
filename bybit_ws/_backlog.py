"""What waits for slow callbacks: a bounded queue and the policies of a full one. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Union

from .exceptions import ConfigurationError, WrongType

POLICIES = ("block", "drop_oldest", "latest", "raise")

SIZE = 10_000
"""Messages that wait at most, where the user names a policy only."""


@dataclass(frozen=True)
class Queue:
    """Lets callbacks run on a thread of their own, behind a bounded queue.

    Whatever the policy, the messages of a topic and symbol come in order, and merged books are right: they are put
    together before they are queued.

    Attributes:
        policy: What happens when the queue is full. ``"block"``: the socket is not read until there is room, and TCP
            pushes back. ``"drop_oldest"``: the message that waits longest is dropped. ``"latest"``: of books and
            tickers only the newest of each symbol waits, at the place of the one before; other messages as with
            ``"drop_oldest"``. ``"raise"``: the socket ends with ``QueueFull``, which ``join()`` and the next stream
            call raise.
        size: Messages that wait at most.

    Raises:
        ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
    """

    policy: str
    size: int = SIZE

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise ConfigurationError(f"a queue's policy must be one of {', '.join(POLICIES)}, not {self.policy!r}")
        if not isinstance(self.size, int) or isinstance(self.size, bool):
            raise WrongType(f"a queue's size must be a whole number of messages, not {self.size!r}")
        if self.size < 1:
            raise ConfigurationError(f"a queue's size must be 1 or more, not {self.size}")


AnyQueue = Union[Queue, str, None]


def queue_of(given: Any) -> Queue | None:
    """Return what a user gave as ``queue=``: a ``Queue``, the name of a policy, or None."""
    if given is None or isinstance(given, Queue):
        return given
    if not isinstance(given, str):
        raise WrongType(f"queue must be one of {', '.join(POLICIES)}, or a Queue, not {given!r}")
    return Queue(given)


class Backlog:
    """The messages that wait, in order.

    Args:
        queue: How many, and what happens beyond.

    Attributes:
        dropped: How many were dropped.
    """

    def __init__(self, queue: Queue) -> None:
        self._size, self._conflates = queue.size, queue.policy == "latest"
        self._drops = queue.policy in ("drop_oldest", "latest")
        self._waiting: deque[tuple[Hashable, Any]] = deque()
        self._newest: dict[Hashable, Any] = {}
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether the next one must wait, or has no place."""
        return len(self._waiting) >= self._size and not self._drops

    def put(self, key: Hashable, item: Any) -> bool:
        """Add a message; the older one goes that has to make room.

        Args:
            key: What it is the newest of; None where each message counts.
            item: The message.

        Returns:
            Whether one was dropped because there are too many.
        """
        if not self._conflates:
            key = None
        elif key is not None:
            conflated = key in self._newest
            self._newest[key] = item
            if conflated:
                self.dropped += 1
                return False
        self._waiting.append((key, item))
        if len(self._waiting) <= self._size:
            return False
        self.take()
        self.dropped += 1
        return True

    def take(self) -> Any:
        """Remove the message that waits longest and return it."""
        key, item = self._waiting.popleft()
        return item if key is None else self._newest.pop(key)

    def waiting(self) -> list[Any]:
        """Return what waits, in order."""
        return [item if key is None else self._newest[key] for key, item in self._waiting]

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._newest.clear()
