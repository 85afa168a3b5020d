"""Where messages wait until they are pulled."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Callable

from ._backlog import Queue
from ._mailbox import Mailbox
from ._party import Callback, Owner
from ._streams import Stream
from ._topics import Key
from .events import SlowConsumer

PULLED = Queue("drop_oldest")
"""The queue of what is pulled, where the user chose none: nobody may ever come for it."""


class Inbox(Mailbox):
    """The messages of a subscription that wait to be pulled.

    What is dropped before anybody pulls is reported when the first one does: until then nobody missed it.

    Args:
        queue: How many wait, and what happens beyond.
        slow: Called when the queue is full.
    """

    def __init__(self, queue: Queue, slow: Callable[[SlowConsumer], None]) -> None:
        super().__init__(queue, slow)
        self._wanted = queue.policy == "block"
        self._slots: set[Callback] = set()

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self._over

    def slot(self, stream: Stream) -> Callback:
        """Return what takes the messages of a stream."""
        key, state, shared, put = stream.key, stream.state, stream.shared, self.put

        def take(message: Any) -> None:
            newest_of: Hashable = (key, message["topic"] if shared else None) if state else None
            put(key, newest_of, message)

        self._slots.add(take)
        return take

    def join(self, streams: Mapping[Key, Stream], keys: Iterable[Key], owner: Owner) -> None:
        """Take in what comes of these from now on, as far as the owner still has a part in them."""
        for stream in filter(None, map(streams.get, keys)):
            joined = any(guest.take in self._slots for guest in stream.guests)
            if owner in stream.owners and not joined:
                stream.invite(owner, self.slot(stream))

    def leave(self, streams: Mapping[Key, Stream], keys: Iterable[Key]) -> None:
        """Take nothing of these in any more."""
        for stream in filter(None, map(streams.get, keys)):
            stream.dismiss(self._slots)

    def pull(self, timeout: float | None) -> Any:
        """Return the message that waits longest; None at the timeout, and where nothing more comes."""
        if not self._wanted:
            self._wanted = True
            if self.dropped:
                self._report()
        return self.take(timeout)

    def waiting(self) -> list[Any]:
        """Return the messages that wait."""
        with self._changed:
            return self._backlog.waiting()

    def _report(self) -> None:
        if self._wanted:
            super()._report()
