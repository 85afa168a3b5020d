"""What a connection tells of itself, from any thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._books import LevelBook, Levels, PairBook
from ._guarded import Guarded
from ._heartbeat import Heartbeat
from ._lag import Lag, ServerClock
from ._lifecycle import State
from ._retry import Retry
from ._session import Session
from ._tape import Put, Tape
from ._topics import Key, Socket
from ._voice import Voice
from ._worker import Workers
from .exceptions import InvalidState

UNOPENED = {
    "api": None,
    "state": State.NEW.value,
    "since": None,
    "reconnects": 0,
    "subscriptions": 0,
    "messages": 0,
    "last_message_age": None,
    "ping_round_trip": None,
    "clock_offset": None,
    "lag": None,
    "queued": 0,
    "dropped": 0,
}
"""The health of a socket that was never needed."""


class Vitals:
    """The state of one connection as users see it.

    Args:
        guarded: Its session.
        heartbeat: Its signs of life.
        retry: Its attempts.
        clock: What it knows of the exchange's clock.
        lag: How late messages are on its own thread.
        workers: The threads that call back for it.
        voice: What it speaks.
    """

    def __init__(
        self,
        guarded: Guarded,
        heartbeat: Heartbeat,
        retry: Retry,
        clock: ServerClock,
        lag: Lag,
        workers: Workers,
        voice: Voice,
    ) -> None:
        self._voice = voice
        self._guarded, self._heartbeat, self._retry = guarded, heartbeat, retry
        self._clock, self._lag, self._workers = clock, lag, workers

    def record(self, socket: Socket, put: Put) -> None:
        """Have the connection recorded from now on."""
        if self._guarded.tape is None:
            self._guarded.record(Tape(socket, self._voice, put))

    def forget(self) -> None:
        """Have it recorded no longer."""
        self._guarded.tape = None

    def health(self) -> dict[str, Any]:
        """Return how it fares."""
        return self._guarded.read(self._health)

    def age(self, keys: Iterable[Key]) -> float | None:
        """Return the seconds since the last message of the quietest of these; None where one has had none."""

        def heard(session: Session) -> list[float | None]:
            streams = session.registry.streams
            return [streams[key].heard if key in streams else None for key in keys]

        moments, now = self._guarded.read(heard), self._guarded.clock.monotonic()
        known = [moment for moment in moments if moment is not None]
        return now - min(known) if known and len(known) == len(moments) else None

    def latest(self, keys: Iterable[Key]) -> dict[str, Any]:
        """Return the newest message of each symbol of these, as far as there is one."""

        def latest(session: Session) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for stream in filter(None, map(session.registry.streams.get, keys)):
                if stream.newest is not None:
                    found.update(stream.newest)
                elif stream.latest is not None:
                    found[stream.symbol] = stream.latest
            return found

        return self._guarded.read(latest)

    def current(self, keys: Iterable[Key]) -> bool:
        """Return whether what these last delivered still holds, as far as the exchange tells."""

        def current(session: Session) -> bool:
            streams = session.registry.streams
            return session.state is State.READY and all(key in streams and streams[key].current for key in keys)

        return self._guarded.read(current)

    def levels(self, key: Key, known: Levels | None = None) -> Levels | None:
        """Return the levels of a merged book; None while they may not hold.

        Args:
            key: Which one.
            known: What was returned before; it is returned again where nothing has changed since.

        Raises:
            InvalidState: The stream is not merged: it has no book.
        """
        return self._guarded.read(lambda session: self._levels(session, key, known))

    def _levels(self, session: Session, key: Key, known: Levels | None) -> Levels | None:
        stream = session.registry.streams.get(key)
        if stream is None:
            return None
        if stream.views is None:
            raise InvalidState(
                f"{key[0]} of {key[1]} runs with merge=False or raw=True, which keeps no book: "
                "subscribe to it without these, or ask another client for the book"
            )
        view = stream.views.get(key[1])
        if view is None or not view.synced or stream.confirmed is None or session.state is not State.READY:
            return None
        if not isinstance(view, (PairBook, LevelBook)):
            return None
        if known is not None and known.view is view and known.changes == view.changes:
            return known
        return Levels(view, view.changes, view.stamp, *view.best_first())

    def _health(self, session: Session) -> dict[str, Any]:
        messages, heard = session.registry.tally()
        lags = [*self._workers.lags, *([] if self._lag.seconds is None else [self._lag.seconds])]
        return {
            "api": self._voice.api,
            "state": session.state.value,
            "since": self._guarded.since,
            "reconnects": self._retry.reconnects,
            "subscriptions": len(session.registry.streams),
            "messages": messages,
            "last_message_age": None if heard is None else self._guarded.clock.monotonic() - heard,
            "ping_round_trip": self._heartbeat.round_trip,
            "clock_offset": self._clock.offset,
            "lag": max(lags, default=None),
            **self._workers.health(),
        }
