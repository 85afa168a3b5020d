"""One wanted stream: its callback, and what is kept of it between messages. Pure."""

from __future__ import annotations

from typing import Any, Callable, Protocol, cast

from ._books import VIEWS, View
from ._replay import TradeLog
from ._topics import Key, Topic
from .exceptions import BybitWebSocketError

Callback = Callable[[Any], Any]


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


class Stream:
    """A topic and symbol that somebody wants.

    Attributes:
        fresh: It was asked for, and nothing has come yet.
        told: The owner that knows of its first delivery.
        wanted: It was not given up.
    """

    __slots__ = ("_copy", "_view", "callback", "fresh", "key", "log", "owner", "told", "topic", "views", "wanted")

    def __init__(
        self, topic: Topic, symbol: str, callback: Callback, owner: Owner, merge: bool, copy: bool
    ) -> None:
        self.topic = topic
        self.key: Key = (topic.name, symbol)
        self.callback = callback
        self.owner = owner
        self.told: Owner | None = None
        self.wanted = True
        self.fresh = True
        row = topic.row
        self.log = TradeLog() if row is not None and row.replays else None
        self._view = VIEWS[row.merge] if row is not None and row.merge and merge else None
        self._copy = copy
        self.views: dict[str, View] | None = None if self._view is None else {}

    @property
    def symbol(self) -> str:
        """The wanted symbol, ``"*"`` or ``""``."""
        return self.key[1]

    def take_over(self, newer: Stream) -> bool:
        """Serve a newer call for the same key; return whether it is merged in another way than before."""
        if self.owner is not newer.owner:
            self.owner.released(self.symbol)
        self.callback, self.owner, self._copy = newer.callback, newer.owner, newer._copy
        for view in (self.views or {}).values():
            view.copy = newer._copy
        if self._view is newer._view:
            return False
        self._view, self.views = newer._view, newer.views
        return True

    def view(self, views: dict[str, View], symbol: str) -> View:
        """Return what is kept for a symbol; a wildcard keeps one view for each."""
        view = views.get(symbol)
        if view is None and self._view is not None:
            view = views[symbol] = self._view(self._copy)
        return cast(View, view)

    def lost(self) -> None:
        """The connection was lost: nothing kept is current any more."""
        self.fresh = True
        if self.log is not None:
            self.log.resumed = False
        for view in (self.views or {}).values():
            view.reset()
