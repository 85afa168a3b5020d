"""Streams: one channel per (topic, symbol, ...) renders each push once for all its members."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from .connection import Connection, packed
from .log import Log
from .wire import Frame

T = TypeVar("T")


class Channel(ABC):
    """One stream. ``period`` is the documented cadence, in seconds of market time; ``clock`` the pump's at a push."""

    def __init__(self, period: float) -> None:
        self.period = period
        self.due = self.clock = 0.0
        self.members: set[Connection] = set()

    def elapse(self, clock: float) -> None:
        """Take note of the time, and be due again at the next multiple of the period."""
        self.clock = clock
        self.due = (clock // self.period + 1) * self.period

    def first(self) -> Iterable[Frame]:
        """Give what a new member gets: the state as of the last push."""
        return ()

    @abstractmethod
    def fresh(self) -> Iterable[Frame]:
        """Give what is new since the last push; nothing when nothing changed."""


class StateChannel(Channel):
    """Pushes its whole state whenever ``version`` has changed."""

    def __init__(self, period: float) -> None:
        super().__init__(period)
        self._version: Hashable = None
        self._body = ""

    @abstractmethod
    def version(self) -> Hashable:
        """Give something that differs whenever the state does."""

    @abstractmethod
    def body(self) -> str:
        """Render the state."""

    @abstractmethod
    def frame(self, body: str, first: bool) -> Frame:
        """Put a rendered state into its envelope."""

    def first(self) -> Iterable[Frame]:
        """Give the last pushed state."""
        if self._version is None:
            self._version, self._body = self.version(), self.body()
        return [self.frame(self._body, True)]

    def fresh(self) -> Iterable[Frame]:
        """Give the state if it changed."""
        version = self.version()
        if version == self._version:
            return []
        self._version, self._body = version, self.body()
        return [self.frame(self._body, False)]


class LogChannel(Channel, Generic[T]):
    """Pushes new entries of a log, each rendered by ``render`` (None = not to be shown)."""

    def __init__(
        self, period: float, log: Log[T], render: Callable[[T], Frame | None], backlog: int = 0
    ) -> None:
        super().__init__(period)
        self._log = log
        self._render = render
        self._cursor = log.count
        self._backlog = backlog

    def first(self) -> Iterable[Frame]:
        """Give the last ``backlog`` entries."""
        return self._frames(self._log.last(self._backlog, self._cursor))

    def fresh(self) -> Iterable[Frame]:
        """Give each new entry, one message each."""
        entries = self._log.since(self._cursor)
        self._cursor = self._log.count
        return self._frames(entries)

    def _frames(self, entries: list[T]) -> list[Frame]:
        return [frame for frame in map(self._render, entries) if frame is not None]


class Hub:
    """All channels somebody listens to, and the permanent ones.

    They push at the multiples of their periods, so that two of the same thing see the same states.
    """

    def __init__(self) -> None:
        self._clock = 0.0
        self._channels: dict[Hashable, Channel] = {}
        self._permanent: set[Hashable] = set()

    def keep(self, key: Hashable, channel: Channel) -> None:
        """Add a channel that runs whether or not somebody listens."""
        self._channels[key] = channel
        self._permanent.add(key)

    def channels(self) -> list[Channel]:
        """Give the channels that run."""
        return list(self._channels.values())

    def join(self, key: Hashable, make: Callable[[], Channel], member: Connection) -> None:
        """Send the first frames and make ``member`` one of those who get the following."""
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = make()
            channel.elapse(self._clock)
        for frame in channel.first():
            if member.spared():
                member.push(frame)
        channel.members.add(member)

    def leave(self, key: Hashable, member: Connection) -> None:
        """Send ``member`` no more of this channel."""
        channel = self._channels.get(key)
        if channel is None:
            return
        channel.members.discard(member)
        if not channel.members and key not in self._permanent:
            del self._channels[key]

    def pulse(self, clock: float) -> None:
        """Push what is new on every channel that is due at ``clock`` (market seconds); one write for each member."""
        self._clock = clock
        pushed: dict[Connection, list[bytes]] = {}
        for channel in list(self._channels.values()):
            if clock < channel.due:
                continue
            channel.elapse(clock)
            for frame in channel.fresh():
                data = packed(frame) if channel.members else b""
                for member in channel.members:
                    if member.spared():
                        pushed.setdefault(member, []).append(data)
        for member, frames in pushed.items():
            member.push_packed(frames)

