"""What the reader thread does with what it reads: parse, find the stream, call back."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from time import monotonic, time
from typing import Any, Callable

from ._bulk import Batch
from ._guarded import Guarded
from ._heartbeat import Heartbeat
from ._json import NOT_JSON, loads
from ._reporter import Reporter
from ._session import Session
from ._streams import Stream
from ._topics import Socket
from .events import CallbackFailed
from .exceptions import ConnectionLost

logger = logging.getLogger("bybit_ws")


class Dispatch:
    """The way of one socket's messages from the transport to the callbacks.

    Args:
        session: The session.
        guarded: The same behind its lock.
        socket: Which socket it is.
        heartbeat: Told of every sign of life.
        reporter: Where events go.
        ping: Sends a heartbeat.

    Attributes:
        stopped: To be set when no callback may start any more.
    """

    def __init__(
        self,
        session: Session,
        guarded: Guarded,
        socket: Socket,
        heartbeat: Heartbeat,
        reporter: Reporter,
        ping: Callable[[], None] = lambda: None,
    ) -> None:
        self.stopped = False
        self._session, self._guarded, self._socket = session, guarded, socket
        self._heartbeat, self._reporter, self._ping = heartbeat, reporter, ping

    def run(self, batches: Iterable[Batch]) -> None:
        """Handle what comes, until it ends or is ``stopped``.

        Raises:
            ConnectionLost: Nothing was heard for too long.
            Exception: What ``batches`` raises.
        """
        heartbeat = self._heartbeat
        for batch in batches:
            now = monotonic()
            if batch:
                heartbeat.heard = heartbeat.spoken = now
                self._deliver(batch, now)
            else:
                if batch is not None:
                    heartbeat.heard = now
                self._check_life(now)
            if self.stopped:
                return
            if now >= self._session.due:
                self._tick(now)

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
                try:
                    stream.callback(message)
                except BaseException as error:
                    self._failed(stream, error)
            message = None  # a large one is to be gone before the next is parsed

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
        owner = stream.owner
        try:
            stream.callback(message)
        except BaseException as error:
            self._failed(stream, error)
        if owner is not stream.told:
            stream.told = owner
            owner.delivered(stream.symbol)

    def _failed(self, stream: Stream, error: BaseException) -> None:
        """Report what a callback raised, also a SystemExit: the stream goes on whatever a callback does."""
        logger.error("the callback of %s %s raised; the stream goes on", *stream.key, exc_info=error)
        self._reporter.add(self._socket.name, [CallbackFailed(*stream.key, error)])
        self._reporter.drain()

    def _not_json(self, payload: bytes | bytearray) -> None:
        text = payload.decode("utf-8", "replace")
        self._change(lambda session: session.not_json(text))

    def _tick(self, now: float) -> None:
        self._change(lambda session: session.tick(now, self._heartbeat.heard))
        if self._heartbeat.slept(now, time()):
            self._ping()

    def _check_life(self, now: float) -> None:
        death = self._heartbeat.verdict(now)
        if death is not None:
            raise ConnectionLost(death)

    def _change(self, change: Callable[[Session], None]) -> None:
        self._guarded.change(change)
        self._reporter.drain()
