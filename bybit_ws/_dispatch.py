"""What the reader thread does with what it reads: parse, find the stream, call back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic, time
from typing import Any, Callable, cast

from ._bulk import Batch
from ._dialects import Bridge
from ._failures import Failures
from ._guarded import Guarded
from ._heartbeat import Heartbeat
from ._json import NOT_JSON, loads
from ._lag import Lag
from ._pace import Seldom
from ._party import Owner
from ._reporter import Reporter
from ._session import Session
from ._streams import Stream
from ._topics import Key, Socket
from ._v5.translation import Deliveries, Task
from .events import CallbackFailed, Event, SlowConsumer
from .exceptions import ConnectionLost, QueueFull

SLOW = 1.0
"""Seconds that the callbacks of messages that were read together may take before they count as slow."""


Answered = tuple[Task, Any, str]
"""An errand, the answer, and where there is none, why."""


class Dispatch:
    """The way of one socket's messages from the transport to the callbacks.

    Args:
        session: The session.
        guarded: The same behind its lock.
        socket: Which socket it is.
        heartbeat: Told of every sign of life.
        reporter: Where events go.
        lag: Takes samples of how late messages are.
        slept: Called when this machine slept, or its clock was set.

    Attributes:
        stopped: To be set when no callback may start any more.
        answers: Where what errands brought back waits for the reader.
        failures: What callbacks raised.
        interruptible: Whether a KeyboardInterrupt in a callback is a real Ctrl-C: on the main thread it is.
    """

    def __init__(
        self,
        session: Session,
        guarded: Guarded,
        socket: Socket,
        heartbeat: Heartbeat,
        reporter: Reporter,
        lag: Lag,
        slept: Callable[[], None],
    ) -> None:
        self.stopped = self.interruptible = False
        self._session, self._guarded, self._socket = session, guarded, socket
        self._heartbeat, self._reporter = heartbeat, reporter
        self._lag, self._slept = lag, slept
        clock = reporter.clock
        self._monotonic, self._time = (monotonic, time) if clock is None else (clock.monotonic, clock.time)
        self._seldom, self.failures = Seldom(), Failures()
        self.answers: deque[Answered] = deque()

    def run(self, batches: Iterable[Batch]) -> None:
        """Handle what comes, until it ends or is ``stopped``.

        Raises:
            ConnectionLost: Nothing was heard for too long.
            Exception: What ``batches`` raises.
        """
        heartbeat, guarded, monotonic = self._heartbeat, self._guarded, self._monotonic
        deliver = self._deliver if self._session.bridge is None else self._deliver_translated
        for batch in batches:
            now = monotonic()
            if batch:
                if guarded.tape is not None:
                    guarded.tape.heard(batch, now)
                heartbeat.heard = heartbeat.spoken = now
                deliver(batch, now)
                after = monotonic()
                if after - now >= SLOW:
                    self._slow(after - now)
                if after >= self._lag.due:
                    self._sample(batch[-1], now, after)
            else:
                if batch is not None:
                    heartbeat.heard = now
                self._check_life(now)
            if self.stopped:
                return
            if now >= self._session.due:
                self._tick(now)
            if now >= self.failures.due:
                self.failures.tell(now)
            while self.answers:
                self._answer(*self.answers.popleft(), now)

    def _deliver(self, payloads: list[bytes | bytearray], now: float) -> None:
        """Handle messages that were read at a time. Every instruction of this loop is paid for each of them."""
        direct = self._session.direct
        for payload in payloads:
            if self.stopped:
                return
            try:
                message = loads(payload)
            except NOT_JSON:
                self._not_json(payload)
                continue
            stream = direct(message)
            if stream is None:
                self._take(message, now)
            else:  # as _call does, whose call would cost more than all of this
                stream.messages += 1
                stream.heard = now
                stream.latest = message
                try:
                    stream.callback(message)
                except BaseException as error:
                    self._failed(stream, error)
            message = None  # a large one is to be gone before the next is parsed

    def _deliver_translated(self, payloads: list[bytes | bytearray], now: float) -> None:
        """Handle V5 messages that were read at a time, as ``_deliver`` does."""
        translate, through = cast(Bridge, self._session.bridge).translate, self._session.through
        for payload in payloads:
            try:
                message = loads(payload)
            except NOT_JSON:
                self._not_json(payload)
                continue
            deliveries = translate(message, now)
            if deliveries is None:
                self._take(message, now)
                continue
            for key, message in deliveries:
                if self.stopped:  # here, because one push may become many messages
                    return
                stream = through(key, message)
                if stream is None:
                    self._push(key, message, now)
                else:
                    stream.messages += 1
                    stream.heard = now
                    stream.latest = message
                    try:
                        stream.callback(message)
                    except BaseException as error:
                        self._failed(stream, error)
            message = deliveries = None

    def _answer(self, task: Task, answer: Any, reason: str, now: float) -> None:
        """Deliver what follows from an errand's answer."""
        if self._guarded.tape is not None:
            self._guarded.tape.answered(task, answer, reason)
        self._hand_over(self._guarded.change(lambda session: session.answered(task, answer, reason, now)), now)

    def _hand_over(self, deliveries: Deliveries, now: float) -> None:
        """Deliver what did not come from the wire just now: an answer, or what was held back."""
        self._reporter.drain()
        for key, message in deliveries:
            self._push(key, message, now)

    def _push(self, key: Key, message: Any, now: float) -> None:
        """Let the session look at what was translated."""
        if self.stopped:
            return
        stream = self._guarded.push(key, message, now)
        self._reporter.drain()
        if stream is not None and stream.wanted:
            self._call(stream, message, now)

    def _take(self, message: Any, now: float) -> None:
        """Let the session look at what does not take the short way."""
        for one in message if type(message) is list else (message,):
            stream = self._guarded.take(one, now)
            self._reporter.drain()
            if stream is not None and stream.wanted and not self.stopped:
                self._call(stream, one, now)

    def _call(self, stream: Stream, message: Any, now: float) -> None:
        stream.messages += 1
        stream.heard = now
        stream.latest = message
        owner = stream.owner
        try:
            stream.callback(message)
        except BaseException as error:
            self._failed(stream, error)
        if owner is not stream.told and owner is stream.owner:
            stream.deliver_first()

    def _failed(self, stream: Stream, error: BaseException) -> None:
        if isinstance(error, QueueFull) and stream.queued:
            raise error
        if self.interruptible and isinstance(error, KeyboardInterrupt):
            raise error
        self.failed(stream.key, error, stream.host or stream.owner)

    def failed(self, key: Key, error: BaseException, owner: Owner) -> None:
        """Report what a callback raised, also a SystemExit: the stream goes on whatever a callback does."""
        self.failures.add(key, error, owner, self._monotonic())
        self.report(CallbackFailed(*key, error))

    def report(self, event: Event) -> None:
        """Tell the user of an event."""
        self._reporter.add(self._socket.name, [event])
        self._reporter.drain()

    def _slow(self, seconds: float) -> None:
        """Report that callbacks held this thread up; not for each batch of a flood."""
        if self._seldom.take(self._monotonic()):
            self.report(SlowConsumer("", 0, 0, seconds))

    def _sample(self, payload: bytes | bytearray, came: float, now: float) -> None:
        """See how late the last message of a batch was, once its callback has had it."""
        with suppress(*NOT_JSON):
            stamp = self._lag.read(loads(payload), now)
            if stamp is not None:
                self._lag.add(stamp, self._time(), now - came)

    def _not_json(self, payload: bytes | bytearray) -> None:
        text = payload.decode("utf-8", "replace")
        self._change(lambda session: session.not_json(text))

    def _tick(self, now: float) -> None:
        self._change(lambda session: session.tick(now, self._heartbeat.spoken))
        if self._session.bridge is not None:
            self._hand_over(self._session.bridge.flush(now), now)
        if self._heartbeat.compare(self._monotonic(), self._time()):
            self._slept()

    def _check_life(self, now: float) -> None:
        death = self._heartbeat.verdict(now)
        if death is not None:
            raise ConnectionLost(death)

    def _change(self, change: Callable[[Session], None]) -> None:
        self._guarded.change(change)
        self._reporter.drain()
