"""Tells what an interruption cost each stream: how long, between which ids, and whether it was repaired. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ._replay import Hole
from ._sequence import mark_of, read
from ._streams import Stream
from .events import Event, Gap

GRACE = 3.0
"""Seconds that a confirmed stream is given to tell where it goes on, before its gap is reported without that."""

REPLAY_GRACE = 12.0
"""The same where the last trades are fetched first (V5)."""


class Gaps:
    """Reports each interruption of a stream once, when it goes on.

    Args:
        events: Where reports go.
        epoch: Turns a moment of the session's clock into seconds since the epoch.
    """

    def __init__(self, events: list[Event], epoch: Callable[[float], float]) -> None:
        self._events, self._epoch = events, epoch

    def goes_on(self, stream: Stream, message: Any, now: float) -> None:
        """A message came: report what was missed before it."""
        if stream.interrupted is not None:
            row = stream.topic.row
            first = None if stream.shared or row is None else read(mark_of(row.sequence, first=True), message)
            same = first is not None and first == stream.last and row is not None and row.parameter == "interval"
            how = "snapshot" if stream.state or same else ""  # the same candle tells all of it again
            self._report(stream, now, stream.last, first, how)

    def replayed(self, stream: Stream, hole: Hole | None, last: Any, message: Any, now: float) -> None:
        """The last trades came again: report whether they filled the interruption."""
        if hole is not None:
            self._report(stream, now, last, hole.first_id, "")
        elif stream.interrupted is not None:
            data = message["data"]
            how = "" if last is None else "replay"  # with nothing before, nothing proves that it reaches back
            self._report(stream, now, last, data[0]["v"] if data else None, how)

    def overdue(self, streams: Iterable[Stream], now: float, translated: bool = False) -> None:
        """Report what was missed by those that are confirmed and silent since."""
        for stream in streams:
            grace = REPLAY_GRACE if translated and stream.log is not None else GRACE
            if stream.interrupted is not None and stream.confirmed is not None and now - stream.confirmed > grace:
                last = stream.last if stream.log is None else stream.log.last
                self._report(stream, stream.confirmed, last, None, "")

    def _report(self, stream: Stream, now: float, last: Any, first: Any, how: str) -> None:
        since = stream.heard if stream.interrupted is None else stream.interrupted
        stream.interrupted = None
        self._events.append(
            Gap(
                *stream.key,
                last_id=None if last is None else str(last),
                first_id=None if first is None else str(first),
                since=None if since is None else self._epoch(since),
                until=self._epoch(now),
                repaired=bool(how),
                how=how,
            )
        )
