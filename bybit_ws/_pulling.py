"""Messages that are pulled instead of, or besides, being called with them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ._arguments import check_seconds
from ._backlog import Queue
from ._inbox import PULLED, Inbox
from ._party import Callback, Owner
from ._streams import Stream
from ._topics import Key
from .exceptions import BybitWebSocketError, ConfigurationError, InvalidState

if TYPE_CHECKING:
    from ._connection import Connection
    from ._session import Session

Message = Any


class Pulling:
    """The half of a subscription that messages are pulled from.

    Args:
        connection: What serves it.
        queue: How many messages wait, and what happens beyond.
    """

    def __init__(self, connection: Connection, queue: Queue | None) -> None:
        self._connection = connection
        self._queue = queue or PULLED
        self._inbox: Inbox | None = None
        self._extra: list[Inbox] = []
        self._looping = False
        self._changed = threading.Condition()

    # -- for the user ------------------------------------------------------------------------------------

    @property
    def latest(self) -> dict[str, Message]:
        """The newest message of each symbol that has delivered, the very one that the callback gets.

        The key is ``""`` for a private topic. What is old may be stale: see ``is_stale`` and ``age``.
        """
        return self._connection.vitals.latest(self._keys())

    @property
    def waiting(self) -> list[Message]:
        """The messages that wait to be pulled, oldest first; they go on waiting.

        Where there is a callback, they are kept from the first pull on.
        """
        return self._pulled().waiting()

    @property
    def dropped(self) -> int:
        """How many messages were dropped because nobody pulled them in time, as the queue's policy has it."""
        return 0 if self._inbox is None else self._inbox.dropped

    def get(self, timeout: float | None = None) -> Message | None:
        """Take the message that waits longest.

        What waits can still be pulled after the end: once the client was closed, or the symbols were given up.
        Without a callback, messages wait from the stream call on; with one, from the first pull on, and what is
        pulled is a copy. ``queue=`` of the stream call or the client says how many wait; the default is
        ``Queue("drop_oldest")``.

        Args:
            timeout: Seconds to wait for one; None waits as long as it takes.

        Returns:
            The message; None at the timeout.

        Raises:
            SubscriptionError: The exchange refused the last symbol.
            InvalidState: Nothing waits and nothing will come: the client was closed, or the symbols were given up or
                taken over. Or this is a callback of the same socket, which would wait for itself.
            BybitWebSocketError: What ended the socket for good.
        """
        check_seconds("timeout", timeout)
        inbox = self._pulled()
        message = self._next(inbox, timeout)
        if message is None and inbox.over and not inbox.queued:
            raise self._failure() or InvalidState(f"nothing more comes of {self!r}: {self._why()}")
        return message

    def __iter__(self) -> Iterator[Message]:
        """Pull messages until the client is closed or no symbol is left.

        The first loop begins with what waits; each further one that runs at the same time gets every message from
        its beginning on.

        Raises:
            SubscriptionError: The exchange refused the last symbol.
            BybitWebSocketError: What ended the socket for good.
        """
        with self._changed:
            first, self._looping = not self._looping, True
        inbox = self._pulled() if first else self._listen()
        try:
            while True:
                message = self._next(inbox, None)
                if message is None:
                    failure = self._failure()
                    if failure is not None:
                        raise failure
                    return
                yield message
                message = None
        finally:
            if first:
                self._looping = False
            else:
                keys = self._keys()
                self._connection.change(lambda session: inbox.leave(session.registry.streams, keys))
                self._extra.remove(inbox)

    def collect(self, count: int | None = None, *, seconds: float | None = None) -> list[Message]:
        """Pull several messages.

        Args:
            count: So many.
            seconds: What waits and what comes within so many seconds; with ``count``, whichever is reached first.

        Returns:
            The messages; fewer than ``count`` where the client is closed or no symbol is left meanwhile.

        Raises:
            ConfigurationError: Neither is given, or one is wrong.
            BybitWebSocketError: As with ``get``, where there is no message at all.
        """
        _check_collect(count, seconds)
        end = None if seconds is None else time.monotonic() + seconds
        messages: list[Message] = []
        most, inbox = float("inf") if count is None else count, self._pulled()
        while len(messages) < most:
            left = None if end is None else max(0.0, end - time.monotonic())
            if left == 0:
                most = min(most, len(messages) + inbox.queued)  # of a flood there would always be one more
            try:
                message = self.get(left)
            except BybitWebSocketError:
                if messages:
                    break
                raise
            if message is None:
                break
            messages.append(message)
        return messages

    # -- for the client ----------------------------------------------------------------------------------

    def _slot(self, stream: Stream) -> Callback:
        """Return what lets the messages of a stream wait to be pulled."""
        if self._inbox is None:
            self._inbox = self._new_inbox()
        return self._inbox.slot(stream)

    def _finish(self) -> None:
        """Nothing more comes."""
        for inbox in (self._inbox, *self._extra):
            if inbox is not None:
                inbox.finish()

    def _pulled(self) -> Inbox:
        """Return where messages wait; they do from now on, if not before."""
        with self._changed:
            inbox = self._inbox
            if inbox is not None:
                return inbox
            inbox = self._inbox = self._new_inbox()
        self._attach(inbox)
        return inbox

    def _listen(self) -> Inbox:
        """Return another place where messages wait from now on."""
        inbox = self._new_inbox()
        self._extra.append(inbox)
        self._attach(inbox)
        return inbox

    def _attach(self, *inboxes: Inbox | None) -> None:
        """Let messages wait there, too."""
        keys = self._keys()
        for inbox in filter(None, inboxes):
            self._connection.change(partial(self._join, inbox, keys))
            if self._done():
                inbox.finish()

    def _join(self, inbox: Inbox, keys: list[Key], session: Session) -> None:
        inbox.join(session.registry.streams, keys, self._owner)

    def _new_inbox(self) -> Inbox:
        return Inbox(self._queue, self._connection.report)

    def _next(self, inbox: Inbox, timeout: float | None) -> Message | None:
        if timeout != 0 and not inbox.queued and not inbox.over and self._connection.mine:
            raise InvalidState("a callback that pulls would wait for itself: let it return first")
        return inbox.pull(timeout)

    # -- what the other half knows -----------------------------------------------------------------------

    @property
    def _owner(self) -> Owner:
        raise NotImplementedError

    def _keys(self) -> list[Key]:
        raise NotImplementedError

    def _done(self) -> bool:
        """Return whether nothing more comes."""
        raise NotImplementedError

    def _failure(self) -> BybitWebSocketError | None:
        """Return what went wrong, where it is over and something did."""
        raise NotImplementedError

    def _why(self) -> str:
        """Return why nothing more comes, where nothing went wrong."""
        raise NotImplementedError


def _check_collect(count: int | None, seconds: float | None) -> None:
    if count is None and seconds is None:
        raise ConfigurationError("collect() needs a count of messages, or seconds=, or both")
    check_seconds("seconds", seconds)
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise ConfigurationError(f"count must be a whole number of messages, 1 or more, not {count!r}")
