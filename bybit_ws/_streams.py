"""One wanted stream: its callback, and what is kept of it between messages. Pure."""

from __future__ import annotations

from typing import Any, Callable, Protocol

from ._books import VIEWS, View
from ._replay import TradeLog
from ._rhythm import Rhythm
from ._sequence import Mark, mark_of
from ._topics import ALL, Key, Topic
from .exceptions import BybitWebSocketError

Callback = Callable[[Any], Any]

SYMBOLS = 5000
"""Symbols of which a wildcard keeps a view: the exchange has a few hundred, but a mad server could invent more."""


class Owner(Protocol):
    """Who asked for a stream, and wants to know what became of it."""

    def delivered(self, symbol: str) -> None:
        """The first message went to the callback."""

    def refused(self, symbol: str, reason: str) -> None:
        """The exchange refused it."""

    def released(self, symbol: str) -> None:
        """It belongs to a newer call now."""

    def ended(self, reason: BybitWebSocketError | None) -> None:
        """Nothing will be delivered any more."""


class Taker(Protocol):
    """What takes messages in the place of a callback."""

    def __call__(self, message: Any) -> None:
        """Take a message."""

    def retire(self) -> None:
        """The stream is given up, or belongs to a newer call: take no message any more."""


class Stream:
    """A topic and symbol that somebody wants.

    Attributes:
        confirmed: When the exchange confirmed it on this connection; None before.
        fresh: It was asked for, and nothing has come yet.
        heard: When its last message was read.
        interrupted: Since when it may have missed something; None where it has not.
        last: What identifies its last message.
        mark: Reads that from a message; None where a log of trades does, or symbols share the stream.
        messages: How many went to the callback, or into its queue.
        post: What takes them in its place.
        told: The owner that knows of its first delivery.
        wanted: It was not given up.
    """

    __slots__ = (
        *("_copy", "_view", "callback", "confirmed", "fresh", "heard", "interrupted", "key", "last", "log"),
        *("mark", "messages", "owner", "post", "rhythm", "told", "topic", "views", "wanted"),
    )

    def __init__(
        self, topic: Topic, symbol: str, callback: Callback, owner: Owner, merge: bool, copy: bool
    ) -> None:
        self.topic = topic
        self.key: Key = (topic.name, symbol)
        self.callback = callback
        self.owner = owner
        self.post: Taker | None = None
        self.told: Owner | None = None
        self.wanted = True
        self.fresh = True
        self.confirmed: float | None = None
        self.interrupted: float | None = None
        self.heard: float | None = None
        self.messages = 0
        self.rhythm = Rhythm()
        row = topic.row
        documented = None if topic.raw else row  # what V5 says itself is neither merged nor repaired
        self.log = TradeLog() if documented is not None and documented.replays else None
        self.mark: Mark | None = None if self.log or self.shared else mark_of(documented and documented.sequence)
        self.last: Any = None
        merged = documented.merge if documented is not None and merge else None
        self._view = None if merged is None else VIEWS[merged]
        self._copy = copy
        self.views: dict[str, View] | None = None if self._view is None else {}

    @property
    def symbol(self) -> str:
        """The wanted symbol, ``"*"`` or ``""``."""
        return self.key[1]

    @property
    def shared(self) -> bool:
        """Whether several symbols share it."""
        row = self.topic.row
        return self.symbol == ALL or (self.symbol == "" and (row is None or row.symbols))

    @property
    def state(self) -> bool:
        """Whether its newest message is all one needs to know."""
        row = self.topic.row
        if row is None or self.topic.raw:
            return False
        return row.state and (row.merge is None or self.views is not None)

    @property
    def current(self) -> bool:
        """Whether what it last delivered still holds, as far as the exchange tells."""
        if self.confirmed is None:
            return False
        views = self.views
        return views is None or (bool(views or self.shared) and all(view.synced for view in [*views.values()]))

    def pass_through(self, post: Taker) -> None:
        """Let something else take the messages for the callback."""
        self.post = self.callback = post

    def give_up(self) -> None:
        """It is wanted no longer: nothing goes to its callback any more."""
        self.wanted, self.callback = False, _unwanted
        if self.post is not None:
            self.post.retire()

    def take_over(self, newer: Stream) -> bool:
        """Serve a newer call for the same key; return whether it is merged in another way than before."""
        if self.owner is not newer.owner:
            self.owner.released(self.symbol)
        if self.post is not None:
            self.post.retire()
        self.post = newer.post
        self.callback, self.owner, self._copy = newer.callback, newer.owner, newer._copy
        for view in (self.views or {}).values():
            view.copy = newer._copy
        if self._view is newer._view and self.topic.raw is newer.topic.raw:
            return False
        self.topic, self.log, self.mark = newer.topic, newer.log, newer.mark
        self._view, self.views = newer._view, newer.views
        return True

    def view(self, views: dict[str, View], symbol: str) -> View | None:
        """Return what is kept for a symbol; a wildcard keeps one view for each, of so many symbols at most."""
        view = views.get(symbol)
        if view is None and self._view is not None and len(views) < SYMBOLS:
            view = views[symbol] = self._view(self._copy)
        return view

    def asked(self) -> None:
        """It was asked for, and the exchange has not answered yet."""
        self.fresh, self.confirmed = True, None

    def interrupt(self, since: float | None) -> None:
        """From then on it may have missed something; a state that was never told is not missed."""
        if self.interrupted is None and (self.messages or (self.confirmed is not None and not self.state)):
            self.interrupted = since

    def lost(self, heard: float = 0.0) -> None:
        """The connection was lost, and was last heard then: nothing kept is current any more."""
        self.interrupt(heard)
        self.asked()
        self.rhythm.rest()
        if self.log is not None:
            self.log.resumed = False
        if self.views is not None:
            self.views.clear()


def _unwanted(message: Any) -> None:
    """Take a message that was on its way to a callback when its stream was given up."""
