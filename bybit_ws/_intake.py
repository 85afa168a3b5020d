"""What is done with a push before its callback has it: merged, repaired, its gap reported. Pure."""

from __future__ import annotations

from typing import Any, Callable

from ._books import TooEarly, View, flagged
from ._dialects import MALFORMED
from ._gaps import Gaps
from ._registry import Registry
from ._replay import TradeLog
from ._sequence import read as read_mark
from ._side import OutOfSync
from ._streams import Stream
from ._topics import Key
from ._v5.translation import Broken
from .events import BookOutOfSync, BookRecovered, Event


class Intake:
    """Takes the pushes of one socket in.

    Args:
        registry: What is wanted.
        events: Where reports go.
        gaps: Reports interruptions.
        unknown: Reports what is not understood: a kind and a sample.
    """

    def __init__(
        self, registry: Registry, events: list[Event], gaps: Gaps, unknown: Callable[[str, Any], None]
    ) -> None:
        self._registry, self._events, self._gaps, self._unknown = registry, events, gaps, unknown

    def accept(
        self, stream: Stream, key: Key, message: dict[str, Any], now: float, translated: bool = False
    ) -> Stream | None:
        """Merge or repair a message in place; return the stream to deliver it to, None where it is withheld."""
        if translated and stream.views is None and self._registry.healing.healed(key, now):
            self._events.append(BookRecovered(*key))
        if not self._prepare(stream, key, message, now):
            return None
        if stream.log is None:
            self._gaps.goes_on(stream, message, now)
            last = read_mark(stream.mark, message)
            if last is not None:
                stream.last = last
            elif stream.last is None:  # not every venue numbers its messages: that must not bar the short way
                stream.mark = None
        if stream.views is None:
            self._registry.shorten(stream, key, message, translated)
        return stream

    def broken(self, stream: Stream, key: Key, broken: Broken, now: float) -> None:
        """A translator could not go on: nothing is delivered until it has a fresh snapshot."""
        if not broken.heals:
            self._unknown(f"malformed push of {key[0]}", broken.reason)
        elif self._registry.healing.fell_ill(key, stream.key, now):
            self._events.append(BookOutOfSync(*key, broken.reason))
            self._registry.doubt(stream)

    def _prepare(self, stream: Stream, key: Key, message: dict[str, Any], now: float) -> bool:
        """Merge or repair a message in place; return whether it is to be delivered."""
        fresh, stream.fresh = stream.fresh, False
        if fresh:
            self._registry.confirm((stream.key,), now)
        if stream.views is not None:
            view = stream.view(stream.views, key[1])
            if view is None:
                self._unknown(f"too many symbols of {key[0]}", message)
                return False
            return self._merge(stream, view, key, message, now)
        if stream.log is not None:
            return self._repair(stream, stream.log, message, fresh, now)
        return True

    def _merge(self, stream: Stream, view: View, key: Key, message: dict[str, Any], now: float) -> bool:
        healing = self._registry.healing
        try:
            snapshot = view.apply(message)
        except (OutOfSync, *MALFORMED) as error:
            view.reset()
            reason = (str(error) if isinstance(error, OutOfSync) else f"a malformed message: {error!r}")[:200]
            if healing.fell_ill(key, stream.key, now, reason if isinstance(error, TooEarly) else None):
                self._events.append(BookOutOfSync(*key, reason))
            return False
        if snapshot and healing.healed(key, now):
            self._events.append(BookRecovered(*key))
        return True

    def _repair(self, stream: Stream, log: TradeLog, message: dict[str, Any], fresh: bool, now: float) -> bool:
        try:
            if not flagged(message, fresh):
                if log.early(now):
                    stream.fresh = True
                    return False
                log.deliver(message["data"])
                return True
            last = log.last
            hole = log.replay(message)
        except MALFORMED:
            self._unknown("malformed trade", message)
            return True
        self._gaps.replayed(stream, hole, last, message, now)
        return bool(message["data"])
