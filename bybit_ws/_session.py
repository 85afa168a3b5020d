"""The protocol of one socket, without the socket: messages in, streams to deliver them to and texts out. Pure.

A session has no thread, no clock and no I/O. Whoever drives it holds a lock, but for ``direct`` and ``due``, tells
it the time in seconds of any steady clock, sends what is in ``outbox`` and reports what is in ``events``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable, cast

from ._dialects import MALFORMED, Ack, AuthReply, Bridge, Control, Dialect, Ping, Pong, Refusal, Say, Several, Unknown
from ._gaps import Gaps
from ._intake import Intake
from ._lifecycle import Move, State, after
from ._party import Owner
from ._registry import Registry
from ._streams import Stream
from ._topics import ALL, Key, Topic
from ._v5.translation import Broken, Deliveries, Task
from .events import Event, RestFailed, UnknownMessage
from .exceptions import InvalidState, NotAvailable

KINDS = 100
"""Kinds of unknown messages that are reported; a stream of nonsense must not fill the memory."""

WORDS = 500
"""Characters of the exchange's own words that are passed on."""


class Answer(str):
    """A text that goes out at once, whatever the pace."""


class Session:
    """One socket's subscriptions and what the exchange says of them.

    Args:
        dialect: The wire protocol.
        binary: Ask for gzip frames (spot V1).
        on_pong: Called when the exchange answers a ping.
        redact: Removes secrets from a text that is shown.
        epoch: Turns a moment of the clock that the session is told into seconds since the epoch.

    Attributes:
        overhears: Whether it also hears what others have asked for, which is then no surprise.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        binary: bool = False,
        on_pong: Callable[[Pong], None] = lambda pong: None,
        redact: Callable[[str], str] = str,
        epoch: Callable[[float], float] = float,
    ) -> None:
        self.state = State.NEW
        self.outbox: list[str] = []
        self.events: list[Event] = []
        self.auth_reply: AuthReply | None = None
        self.registry = Registry(dialect, self.outbox, self.events, binary)
        self._gaps = Gaps(self.events, epoch)
        self._intake = Intake(self.registry, self.events, self._gaps, self._unknown)
        self._dialect = dialect
        self.bridge: Bridge | None = None
        self.overhears = False
        self._addresses, self._address = self.registry.addresses, dialect.address
        self._on_pong = on_pong
        self._redact = redact
        self._kinds: set[str] = set()
        self._unavailable: Callable[[Topic], str | None] = lambda topic: None

    def speak(self, bridge: Bridge, unavailable: Callable[[Topic], str | None]) -> None:
        """Go on in V5 from the next connection on.

        Args:
            bridge: The dialect.
            unavailable: Tells why a topic cannot be had there; None where it can.
        """
        self._dialect = self.bridge = bridge
        self._unavailable = unavailable
        self.registry.speak(bridge)
        for stream in list(self.registry.streams.values()):
            reason = unavailable(stream.topic)
            if reason is not None:
                self.registry.set_aside(stream.key, reason)

    def connecting(self) -> None:
        """A connection is being made."""
        self._move(Move.CONNECT)
        self.auth_reply = None

    def challenge(self, api_key: str, expires: int, signature: str) -> None:
        """The connection stands; ask to be authenticated, a second time where the first was refused."""
        if self.state is not State.AUTHENTICATING:
            self._move(Move.CHALLENGE)
        self.auth_reply = None
        self.outbox.append(self._dialect.auth(api_key, expires, signature))

    def ready(self, *news: Event) -> None:
        """The connection stands, authenticated where it needs to be: report that, ask for everything wanted."""
        self._move(Move.READY)
        self.events += news
        self.registry.go_live()

    def lost(self, heard: float = 0.0) -> None:
        """The connection is gone, and was last heard then; everything wanted stays wanted, no book is current."""
        self._move(Move.LOSE)
        self.registry.lost(heard)
        if self.bridge is not None:
            self.bridge.reset()

    def close(self) -> set[Owner]:
        """The end; return who waits for something that will not come."""
        self._move(Move.CLOSE)
        self.registry.lost(0.0)
        return self.owners()

    def owners(self) -> set[Owner]:
        """Return all who have a part in its streams."""
        return {owner for stream in self.registry.streams.values() for owner in stream.owners}

    def subscribe(self, wanted: Iterable[Stream]) -> None:
        """Want these; a key that is wanted already changes hands and sends nothing.

        Raises:
            NotAvailable: One of them cannot be had; then none of them is wanted.
            InvalidState: A guest wants other messages than the callback gets; then neither.
        """
        streams, known = list(wanted), self.registry.streams
        for stream in streams:
            reason = self._unavailable(stream.topic)
            if reason is not None:
                raise NotAvailable(f"{stream.topic.name}: {reason}")
            held = known.get(stream.key) or known.get((stream.topic.name, ALL))  # which gets what a guest of one gets
            if held is not None and stream.host is None and not held.like(stream):
                raise InvalidState(f"{' '.join(stream.key)} is wanted with merge=False or raw=True: give that up first")
        self.registry.subscribe(streams)

    def unsubscribe(self, keys: Iterable[Key], owner: object) -> None:
        """Want these no longer, as far as they still belong to this owner."""
        self.registry.unsubscribe(keys, owner)

    @property
    def due(self) -> float:
        """When there is something to do: to ``tick``, or to send what may not go out all at once."""
        if self.outbox:
            return 0.0
        registry, bridge = self.registry, self.bridge
        due = min(registry.inquiry.due, registry.healing.due, registry.watch.due)
        return due if bridge is None else min(due, bridge.due)

    def tick(self, now: float, heard: float = 0.0) -> None:
        """Do what is due.

        Args:
            now: The time.
            heard: When the connection was last heard.
        """
        registry = self.registry
        passed = registry.watch.passed(now, heard) if now >= registry.watch.due else None
        if self.state is not State.READY:
            return
        if self.bridge is not None:
            self.bridge.tick(now)
        registry.tick(now)
        if passed is not None:
            registry.look(passed)
            self._gaps.overdue(registry.streams.values(), now, self.bridge is not None)

    def direct(self, message: Any) -> Stream | None:
        """Return the stream that a message goes to as it is; None where ``take`` has to look at it.

        The short way of most messages. The thread that calls ``take`` may go it without the lock: ``addresses`` is
        all that other threads change of what is read here, and the log of trades is its own.
        """
        try:
            stream = self._addresses.get(self._address(message))
            if stream is None or "data" not in message:
                return None
            log = stream.log
            if log is not None:
                if message.get("f"):
                    return None
                for trade in message["data"]:  # as its deliver does, without a call for each message
                    log.note(trade["v"])
            elif stream.mark is not None:
                stream.last = stream.mark(message)
        except MALFORMED:
            return None
        return stream

    def through(self, key: Key, message: Any) -> Stream | None:
        """Return the stream that a translated message goes to as it is, as ``direct`` does."""
        stream = self._addresses.get(key)
        if stream is None or type(message) is Broken:
            return None
        try:
            if stream.log is not None:
                if message.get("f"):
                    return None
                stream.log.deliver(message["data"])
            elif stream.mark is not None:
                stream.last = stream.mark(message)
        except MALFORMED:
            return None
        return stream

    def take(self, message: Any, now: float) -> Stream | None:
        """Take a message in, merged or repaired in place; return the stream to deliver it to, if any."""
        try:
            found = self._dialect.read(message)
            key = cast(Key, found) if type(found) is tuple else None  # control messages are named tuples
            stream = None if key is None else self.registry.route(key)
        except MALFORMED:
            self._unknown(f"malformed {type(message).__name__}", message)
            return None
        if key is None:
            self._control(cast(Control, found), message, now)
        elif stream is None:
            if not self.registry.expected(key):
                self._unknown(f"topic {key[0]}", message)
        else:
            return self._intake.accept(stream, key, message, now)
        return None

    def push(self, key: Key, message: Any, now: float) -> Stream | None:
        """Take a translated message in, as ``take`` does with one that came as it is."""
        stream = self.registry.route(key)
        if stream is None:
            return None
        if type(message) is Broken:
            self._intake.broken(stream, key, message, now)
            return None
        return self._intake.accept(stream, key, message, now, translated=True)

    def refresh(self) -> None:
        """Ask anew for all that is made of what was told before: a recording that begins now needs it, too."""
        if self.state is State.READY:
            for stream in list(self.registry.streams.values()):
                if stream.views is not None if self.bridge is None else self.bridge.builds(stream.key):
                    self.registry.renew(stream.key)

    def awaits(self, task: Task) -> bool:
        """Return whether the answer to an errand still matters; may be asked without the lock."""
        return self.bridge is not None and self.bridge.awaits(task)

    def answered(self, task: Task, result: Any, reason: str, now: float) -> Deliveries:
        """Take the answer to an errand, None and the reason where there is none; return what follows."""
        bridge = self.bridge
        if bridge is None or self.state is not State.READY or not self.awaits(task):
            return ()
        if result is None:
            self.events.append(RestFailed(*bridge.about(task), task.errand.path, self._redact(reason)[:WORDS]))
        deliveries, control = bridge.answered(task, result, now)
        self._control(control, None, now)
        return deliveries

    def not_json(self, text: str) -> None:
        """A text came that is no JSON."""
        self._unknown("not JSON", text)

    def _control(self, said: Control, message: Any, now: float) -> None:
        if isinstance(said, Ack):
            self.registry.confirm(said.keys, now)
        elif isinstance(said, Refusal):
            if not self.registry.refuse(said._replace(reason=self._redact(said.reason)[:WORDS]), now):
                self._unknown(f"refusal: {said.reason}", message)
        elif isinstance(said, Pong):
            self._on_pong(said)
        elif isinstance(said, Say):
            self.outbox += said.texts
        elif isinstance(said, Several):
            for one in said.controls:
                self._control(one, message, now)
        elif isinstance(said, Ping):
            self.outbox.insert(0, Answer(said.answer))
        elif isinstance(said, AuthReply):
            self.auth_reply = said._replace(reason=self._redact(said.reason)[:WORDS])
        elif isinstance(said, Unknown):
            self._unknown(said.kind, message)

    def _unknown(self, kind: str, message: Any) -> None:
        if self.overhears and kind.startswith("topic "):
            return
        kind = self._redact(kind)[:100]
        if kind not in self._kinds and len(self._kinds) < KINDS:
            self._kinds.add(kind)
            self.events.append(UnknownMessage(kind, self._redact(_shown(message))[:200]))

    def _move(self, move: Move) -> None:
        self.state = after(self.state, move)


def _shown(message: Any) -> str:
    try:
        return message if isinstance(message, str) else repr(message)
    except RecursionError:
        return "nested too deeply to be shown"
