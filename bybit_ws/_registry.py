"""What is wanted, and its projection onto the wire. Pure.

The registry is the truth: a subscription is wanted from the call until it is given up or refused, whatever the
connection does meanwhile. At every new connection all of it is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from ._dialects import MALFORMED, Dialect, Refusal
from ._healing import Healing
from ._inquiry import Inquiry
from ._rhythm import Watch, newest
from ._streams import UNLIKE, Stream
from ._topics import ALL, Key, hinted, named, takers
from .events import BookOutOfSync, Event, Rejected, Stalled, Subscribed

MEMORY = 10_000
"""Routes that are remembered: all symbols of a topic are many, but a mad server could invent more."""


class Registry:
    """The wanted streams of one socket.

    Args:
        dialect: The wire protocol.
        outbox: Where the texts to send go.
        events: Where what happened goes.
        binary: Ask for gzip frames (spot V1).

    Attributes:
        streams: What is wanted.
        addresses: The streams whose pushes go to the callback as they come, by address; forgotten whenever what is
            wanted changes or is asked for.
    """

    def __init__(self, dialect: Dialect, outbox: list[str], events: list[Event], binary: bool) -> None:
        self.streams: dict[Key, Stream] = {}
        self._routes: dict[Key, Stream] = {}
        self.addresses: dict[object, Stream] = {}
        self.inquiry = Inquiry()
        self.healing = Healing()
        self.watch = Watch()
        self._messages = 0
        self._heard: float | None = None
        self._dialect, self._binary = dialect, binary
        self._outbox, self._events = outbox, events
        self._cancelled: set[Key] = set()
        self._live = self._custom = False

    def speak(self, dialect: Dialect) -> None:
        """The exchange is asked in another language from the next connection on."""
        self._dialect = dialect

    def set_aside(self, key: Key, reason: str) -> None:
        """Give up a stream that cannot be had."""
        self._reject(key, reason, 0.0)

    def give_away_private(self) -> list[Stream]:
        """Let go of the private streams, which another socket is to serve, and return them."""
        given = [stream for stream in self.streams.values() if stream.topic.private]
        for stream in given:
            del self.streams[stream.key]
        return given

    def go_live(self) -> None:
        """The connection is ready: ask for everything."""
        self._live = True
        self._ask(self.streams.values())

    def lost(self, heard: float = 0.0) -> None:
        """The connection is gone, and with it what was asked and what was cancelled; it was last heard then."""
        self._live = False
        self._outbox.clear()
        self._cancelled.clear()
        self.inquiry.clear()
        self.healing.lost()
        self._forget_ways()
        for stream in self.streams.values():
            stream.lost(heard)

    def subscribe(self, wanted: Iterable[Stream]) -> None:
        """Want these; a key that is wanted already changes hands and sends nothing."""
        self._forget_ways()
        new, again = [], []
        for stream in wanted:
            stream.elsewhere = self._pass_on
            held = self.streams.setdefault(stream.key, stream)
            raw = held.topic.raw
            if held is stream:
                new.append(stream)
                if stream.log is not None:
                    stream.log.resumed = stream.key in self._cancelled
                self._withdraw(stream.key)
                self._custom = self._custom or stream.topic.request is not None
            elif held.take_over(stream):
                self.healing.forget(held.key)
                if held.topic.raw is not raw:
                    again.append(held)
                elif held.views is not None:
                    self.renew(held.key)
            if held.symbol == ALL and held.host is not None:
                self._part_unlike(held)
        self._cancelled.difference_update(stream.key for stream in new)
        if self._live:
            self._ask(new + again)  # in its other shape a stream goes on, unless it needs a snapshot

    def unsubscribe(self, keys: Iterable[Key], owner: object) -> None:
        """Want these no longer, as far as they still belong to this owner."""
        streams = [self.streams[key] for key in dict.fromkeys(keys) if key in self.streams]
        gone = [stream for stream in streams if owner in stream.owners and stream.leave(owner)]
        for stream in gone:
            self._drop(stream)
        if gone and self._live:
            self._outbox += self._dialect.cancels([(s.topic, s.symbol) for s in gone], self._binary)
            self._ask(self._overlapping(gone))

    def renew(self, key: Key) -> None:
        """Ask for a fresh snapshot of a stream."""
        stream = self.streams[key]
        self._renew(stream, self._renewals(stream) if self._live and not self.inquiry.active else [])

    def _renewals(self, stream: Stream) -> list[str]:
        """Return what renews a stream, to be sent: the dialect may take it for said."""
        self._forget_ways()
        return self._dialect.renewals(stream.topic, stream.symbol, self._binary)

    def _renew(self, stream: Stream, texts: list[str]) -> None:
        self._forget_ways()
        stream.asked()
        if self.inquiry.active:
            self.inquiry.hold((stream.key,))
        elif self._live:
            self.inquiry.sent((stream.key,))
            self._outbox += texts
            self._ask([other for other in self._overlapping([stream]) if other is not stream])

    def tally(self) -> tuple[int, float | None]:
        """Return how many messages went to callbacks, and when the last one was read."""
        streams = self.streams.values()
        heard = newest((self._heard, *(stream.heard for stream in streams)))
        return self._messages + sum(stream.messages for stream in streams), heard

    def route(self, key: Key) -> Stream | None:
        """Return the stream that a push belongs to: its own, else that of all symbols."""
        stream = self._routes.get(key)
        if stream is not None:
            return stream
        for wanted in takers(key):
            stream = self.streams.get(wanted)
            if stream is not None:
                if len(self._routes) < MEMORY:
                    self._routes[key] = stream
                return stream
        return None

    def shorten(self, stream: Stream, key: Key, message: Any, translated: bool = False) -> None:
        """Remember the address of a push that is not merged, if all like it can go to the callback as they come.

        The owner knows of the first delivery then, and no request of the user's own has parameters that the address
        does not tell. What was translated has its key for an address.
        """
        if stream.told is not stream.owner or (self._custom and not translated):
            return
        with suppress(*MALFORMED):
            address = key if translated else self._dialect.address(message)
            if self._dialect.tells(address, key) and len(self.addresses) < MEMORY:
                self.addresses[address] = stream

    def doubt(self, stream: Stream) -> None:
        """What it delivered last may not hold: no message goes the short way before it is confirmed anew."""
        self._forget_ways()
        stream.asked()

    def expected(self, key: Key) -> bool:
        """Return whether a push that nobody wants is no surprise."""
        return key in self._dialect.UNASKED or not self._cancelled.isdisjoint(takers(key))

    def confirm(self, keys: Iterable[Key], now: float) -> None:
        """The exchange confirmed these."""
        for key in keys:
            stream = self.streams.get(key)
            if stream is not None and stream.confirmed is None:
                stream.confirmed = now
            if self.inquiry.settled(key, now):
                self._events.append(Subscribed(key[0], named(key)))

    def refuse(self, refusal: Refusal, now: float) -> bool:
        """The exchange refused something; return whether it can be about a subscription at all."""
        if refusal.keys is None:
            guilty = self.inquiry.blame(now, refusal.topic)
            if guilty is not None:
                self._reject(guilty, refusal.reason, now)
            return guilty is not None or self.inquiry.active
        named = dict.fromkeys(refusal.keys)  # one that is named a thousand times is asked for once
        wanted = [key for key in named if key in self.streams]
        for key in wanted:
            if len(named) > 1 and not refusal.final:
                self._request([self.streams[key]])
            else:
                self._reject(key, refusal.reason, now)
        return bool(wanted) or not self._cancelled.isdisjoint(refusal.keys)

    def tick(self, now: float) -> None:
        """Do what is due: ask the next suspect alone, subscribe broken books anew."""
        key = self.inquiry.next(now)
        if key is not None:
            self._request([self.streams[key]])
        due = self.healing.take_due(now)
        self._events += [BookOutOfSync(*key, untold) for key, _, untold in due if untold is not None]
        for wanted in dict.fromkeys(wanted for _, wanted, _ in due):
            self.renew(wanted)

    def look(self, passed: float) -> None:
        """Subscribe anew what fell silent while the socket was heard, for which so many seconds count."""
        silent = [
            stream
            for stream in self.streams.values()
            if stream.rhythm.stalled(stream.messages, passed) and not stream.topic.private
        ]
        for stream in silent:
            texts = self._renewals(stream)
            if texts:  # else asking again could not end it
                self._events.append(Stalled(*stream.key, stream.rhythm.silence, stream.rhythm.longest))
                stream.interrupt(stream.heard)
                self._renew(stream, texts)

    def _ask(self, streams: Iterable[Stream]) -> None:
        if self.inquiry.active:
            self.inquiry.hold(stream.key for stream in streams)
        else:
            self._request(list(streams))

    def _request(self, streams: Sequence[Stream]) -> None:
        self._forget_ways()
        for stream in streams:
            stream.asked()
        wanted = [(stream.topic, stream.symbol) for stream in streams]
        for text, keys in self._dialect.requests(wanted, self._binary):
            self.inquiry.sent(keys)
            if text:
                self._outbox.append(text)
            elif text is not None:
                self.confirm(keys, 0.0)

    def _reject(self, key: Key, reason: str, now: float) -> None:
        stream = self.streams[key]
        self._drop(stream, now, answered=True)
        reason = hinted(reason, stream.symbol)
        self._events.append(Rejected(key[0], named(key), reason))
        stream.owner.refused(stream.symbol, reason)

    def _drop(self, stream: Stream, now: float = 0.0, answered: bool = False) -> None:
        self._forget_ways()
        stream.give_up()
        self._messages, self._heard = self._messages + stream.messages, newest((self._heard, stream.heard))
        del self.streams[stream.key]
        self._cancelled.update([stream.key] if self._live else [])  # before, nothing was asked
        self.inquiry.dropped(stream.key, now, answered)
        self.healing.forget(stream.key)

    def _forget_ways(self) -> None:
        """Let no push find its stream without a look; called first, as ``addresses`` is read without the lock."""
        self._routes.clear()
        self.addresses.clear()

    def _overlapping(self, gone: list[Stream]) -> list[Stream]:
        """Return what a cancellation may have taken along: all symbols hold each one, and the other way round."""
        every = {stream.topic.name for stream in gone if stream.symbol in (ALL, "")}
        names = {stream.topic.name for stream in gone}
        return [
            stream
            for stream in self.streams.values()
            if stream.topic.name in every or (stream.topic.name in names and stream.symbol in (ALL, ""))
        ]

    def _part_unlike(self, every: Stream) -> None:
        """End the guests of one symbol, which all symbols are to get in another shape from now on."""
        for stream in [one for one in self.streams.values() if one.topic.name == every.topic.name]:
            if stream.host is None and not stream.like(every):
                for owner in stream.owners:
                    owner.refused(stream.symbol, UNLIKE, by="this client")
                    self.unsubscribe([stream.key], owner)

    def _pass_on(self, stream: Stream, message: Any) -> None:
        """Give the stream of all symbols a message of a symbol whose own stream has no callback."""
        every = self.streams.get((stream.topic.name, ALL))
        if every is not None:
            every.take(message, stream.heard)

    def _withdraw(self, key: Key) -> None:
        """Drop what a stream of all symbols kept of this one: from now on it misses changes."""
        self.healing.forget(key)
        stream = self.streams.get((key[0], ALL))
        if stream is not None and stream.views is not None:
            stream.views.pop(key[1], None)
