"""One wanted stream: whom it serves, and what is kept of it between messages. Pure."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any, Callable, Protocol

from ._books import VIEWS, View
from ._party import Callback, Guest, Owner, Party, duplicate, fan, nobody
from ._replay import TradeLog
from ._rhythm import Rhythm
from ._sequence import Mark, mark_of
from ._topics import ALL, Key, Topic

SYMBOLS = 5000
"""Symbols of which a wildcard keeps a view: the exchange has a few hundred, but a mad server could invent more."""


UNLIKE = "a newer call has it with another merge= or raw="


class Taker(Protocol):
    """What takes messages in the place of a callback."""

    def __call__(self, message: Any) -> None:
        """Take a message."""

    def retire(self) -> None:
        """The stream is given up, or belongs to a newer call: take no message any more."""


class Stream:
    """A topic and symbol that somebody wants.

    Args:
        topic: The topic.
        symbol: The symbol, ``"*"`` or ``""``.
        callback: Whom to call; None for nobody.
        owner: Who asks for it.
        merge: Deliver merged messages.
        copy: Deliver copies of what is kept.
        beside: The owner is a guest, who leaves the callback to whoever has it, or will have it.

    Attributes:
        callback: Takes a message for everyone.
        confirmed: When the exchange confirmed it on this connection; None before.
        elsewhere: Called with a message where it has no callback of its own.
        fresh: It was asked for, and nothing has come yet.
        heard: When its last message was read.
        host: Whose callback it has; None where there are only guests.
        interrupted: Since when it may have missed something; None where it has not.
        last: What identifies its last message.
        latest: Its last message.
        mark: Reads that from a message; None where a log of trades does, or symbols share the stream.
        messages: How many went to the callback, or into its queue.
        newest: The last message of each symbol, where all symbols share the stream.
        owner: All who have a part in it; another object whenever one comes or goes.
        post: What takes them in the callback's place.
        told: The owner that knows of its first delivery.
        wanted: It was not given up.
    """

    __slots__ = (
        *("_base", "_copy", "_view", "callback", "confirmed", "elsewhere", "fresh", "guests", "heard", "host"),
        *("interrupted", "key", "last", "latest", "log", "mark", "messages", "newest", "owner", "post", "rhythm"),
        *("told", "topic", "views", "wanted"),
    )

    def __init__(
        self,
        topic: Topic,
        symbol: str,
        callback: Callback | None,
        owner: Owner,
        merge: bool,
        copy: bool,
        beside: bool = False,
    ) -> None:
        self.topic = topic
        self.key: Key = (topic.name, symbol)
        self.host: Owner | None = None if beside else owner
        self.guests: tuple[Guest, ...] = (Guest(owner, None),) if beside else ()
        self.elsewhere: Callable[[Stream, Any], None] = _nowhere
        self.post: Taker | None = None
        self.newest: dict[str, Any] | None = {} if symbol == ALL else None
        self._base = callback
        self.callback: Callback
        self._compose()
        self.told: Owner | None = None
        self.wanted = True
        self.fresh = True
        self.confirmed: float | None = None
        self.interrupted: float | None = None
        self.heard: float | None = None
        self.latest: Any = None
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

    # -- whom it serves ----------------------------------------------------------------------------------

    @property
    def owners(self) -> tuple[Owner, ...]:
        """All who have a part in it."""
        host = () if self.host is None else (self.host,)
        return tuple(dict.fromkeys((*host, *(guest.owner for guest in self.guests))))

    @property
    def called(self) -> bool:
        """Whether it has a callback."""
        return self._base is not None

    @property
    def queued(self) -> bool:
        """Whether a queue takes its messages."""
        return self.post is not None or bool(self.guests)

    def pass_through(self, make: Callable[[Callback, Owner], Taker]) -> None:
        """Let something else take the messages for the callback, if there is one."""
        if self._base is not None and self.host is not None:
            self._base = self.post = make(self._base, self.host)
            self._compose()

    def deliver_first(self) -> None:
        """Its first message went to everyone: tell those who are not told by a queue's thread."""
        self.told = self.owner
        for owner in self.owners:
            if self.post is None or owner is not self.host:
                owner.delivered(self.symbol)

    def take(self, message: Any, heard: float | None) -> None:
        """Take a message from the stream of one symbol, which has no callback of its own."""
        self.messages += 1
        self.heard = heard
        self.latest = message
        self.callback(message)

    def invite(self, owner: Owner, take: Callback) -> None:
        """Give each message to one more, beside the callback."""
        self.guests += (Guest(owner, take),)
        self._compose()

    def dismiss(self, takes: Collection[Callback]) -> None:
        """Give no message to these any more, who took them beside the callback."""
        self.guests = tuple(guest for guest in self.guests if guest.take not in takes)
        self._compose()

    def leave(self, owner: object) -> bool:
        """Serve an owner no longer; return whether nobody is left."""
        if self.host is owner:
            self.host = self._base = None
            if self.post is not None:
                self.post.retire()
                self.post = None
        self.guests = tuple(guest for guest in self.guests if guest.owner is not owner)
        self._share(self._copy or self._base is None)
        self._compose()
        return self.host is None and not self.guests

    def give_up(self) -> None:
        """It is wanted no longer: nothing goes to its callback any more."""
        self.wanted = False
        self.callback = nobody
        if self.post is not None:
            self.post.retire()

    def like(self, other: Stream) -> bool:
        """Return whether the other one's messages are made as these are."""
        return self._view is other._view and self.topic.raw is other.topic.raw

    def take_over(self, newer: Stream) -> bool:
        """Serve a newer call for the same key; return whether it is merged in another way than before."""
        if newer.host is None:
            self.guests += newer.guests
            self._share(self._copy or (newer._copy and self._base is None))
            self._compose()
            return False
        alike, former = self.like(newer), self.host
        guests = tuple(guest for guest in self.guests if guest.owner is not former)
        if former is not None and former is not newer.host:
            former.released(self.symbol)
        if not alike:
            for guest in guests:
                guest.owner.refused(self.symbol, UNLIKE, by="this client")
            guests = ()
        if self.post is not None:
            self.post.retire()
        self.post, self._base = newer.post, newer._base
        self.host, self.guests = newer.host, guests + newer.guests
        self._share(newer._copy)
        self._compose()
        if alike:
            return False
        self.topic, self.log, self.mark = newer.topic, newer.log, newer.mark
        self._view, self.views = newer._view, newer.views
        return True

    def _share(self, copy: bool) -> None:
        """Deliver copies of what is kept from now on, or not."""
        if copy and not self._copy:
            self.latest = duplicate(self.latest)
        self._copy = copy
        for view in (self.views or {}).values():
            view.copy = copy

    def _compose(self) -> None:
        owners = self.owners
        self.owner: Owner = owners[0] if len(owners) == 1 else Party(owners)
        base = self._base
        if self.host is None and self.symbol != ALL and self.topic.row is not None and self.topic.row.wildcard:
            base = self._pass_on
        everyone = fan([guest.take for guest in self.guests if guest.take is not None], base)
        self.callback = everyone if self.newest is None else self._keeping(self.newest, everyone)

    def _pass_on(self, message: Any) -> None:
        self.elsewhere(self, message)

    def _keeping(self, newest: dict[str, Any], callback: Callback) -> Callback:
        """Return what keeps the last message of each symbol on its way to a callback."""

        def keep(message: Any) -> None:
            with suppress(KeyError, AttributeError, TypeError):
                symbol = message["topic"].rpartition(".")[2]
                if symbol in newest or len(newest) < SYMBOLS:
                    newest[symbol] = message
            callback(message)

        return keep

    # -- what is kept of it ------------------------------------------------------------------------------

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


def _nowhere(stream: Stream, message: Any) -> None:
    """Take a message that no other stream wants."""
