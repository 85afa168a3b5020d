"""The life of one socket, as its reader thread lives it: connect, authenticate, read to the end, and again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import Callable

from . import _places
from ._bulk import Batch
from ._dialects import AuthReply
from ._dispatch import Dispatch
from ._guarded import Guarded
from ._heartbeat import Heartbeat
from ._lag import ServerClock
from ._lifecycle import State
from ._login import Login
from ._options import Options
from ._redact import Redactor, place
from ._reporter import BY_THE_USER, Reporter
from ._retry import Retry
from ._session import Session
from ._topics import Socket
from ._transport import Transport
from .events import AuthenticationRefused, Connected, Disconnected, Reconnected, Retired
from .exceptions import AuthenticationError, BybitWebSocketError, ConnectionFailed, ConnectionLost

logger = logging.getLogger("bybit_ws")


class Life:
    """Makes one connection after the other.

    Args:
        socket: Which socket.
        options: The client's options.
        login: How it authenticates, and what it speaks.
        guarded: Its session.
        dispatch: The way of its messages.
        heartbeat: Its signs of life.
        clock: What it knows of the exchange's clock.
        reporter: Where events go.
        redact: Removes secrets.

    Attributes:
        retry: Its attempts.
        stop: Set when it is to end.
        opened: Set when it was ready once, or never will be.
        turn: What makes the session speak V5.
    """

    def __init__(
        self,
        socket: Socket,
        options: Options,
        login: Login,
        guarded: Guarded,
        dispatch: Dispatch,
        heartbeat: Heartbeat,
        clock: ServerClock,
        reporter: Reporter,
        redact: Redactor,
    ) -> None:
        self._socket, self._options, self._login, self._guarded = socket, options, login, guarded
        self._dispatch, self._heartbeat, self._clock = dispatch, heartbeat, clock
        self._reporter, self._redact = reporter, redact
        self.retry = Retry(options.retries, options.restart_on_error)
        self.stop, self.opened = threading.Event(), threading.Event()
        self.turn: Callable[[], None] = lambda: None

    def lives(self) -> BybitWebSocketError | None:
        """Connect again and again; return why that is over, None where the user closed it."""
        known = self._login.voice.known
        if known is not None:
            self._tell_retirement(known, known=True)
        while True:
            failure = self._live()
            if self.stop.is_set():
                failure = ConnectionLost(BY_THE_USER)
            was_ready = self._guarded.state is State.READY
            self._guarded.change(lambda session: session.lost(self._heartbeat.spoken))
            status = self._login.voice.gone(failure)
            if status is not None:
                self._retire(status)
                continue
            self._note_loss(failure, was_ready)
            if self.stop.is_set() or not self.retry.worth(failure):
                break
            if self.stop.wait(self.retry.delay(failure)):
                break
        self._dispatch.failures.tell()
        return None if self.stop.is_set() else self.retry.verdict(failure, self._socket.label)

    def _live(self) -> BybitWebSocketError:
        """Make a connection and read it to its end; return why it ended."""
        self.retry.attempts += 1
        self._guarded.change(Session.connecting)
        self._reporter.drain()
        self.stop.wait(_places.pause(self._login.voice))
        transport = Transport(self._login.url(), self._options.open_timeout, self._options.network, self._redact)
        self._guarded.transport = transport
        batches = self._guarded.traced(transport.batches)
        try:
            if not self.stop.is_set():
                self._open(transport, batches)
            if not self.stop.is_set():
                self._dispatch.run(batches)
            return ConnectionLost("closed")
        except BybitWebSocketError as error:
            return self._login.translated(error)
        except Exception as error:  # a bug of ours must not leave a socket that looks alive and is deaf
            logger.exception("%s: an internal error; connecting anew", self._socket.label)
            return ConnectionLost(f"an internal error: {error!r}")
        finally:
            transport.release()

    def _open(self, transport: Transport, batches: Iterator[Batch]) -> None:
        deadline = time.monotonic() + self._options.open_timeout
        transport.connect()
        self._heartbeat.opened(time.monotonic())
        if self._heartbeat.compare(time.monotonic(), time.time()):
            self._clock.set()
        refusal = self._login.perform(lambda signed: self._challenge(batches, signed, deadline))
        if refusal is not None:
            self._dispatch.report(AuthenticationRefused(refusal))
        downtime, attempts = self.retry.ready(time.monotonic())
        news = Connected() if downtime is None else Reconnected(downtime, attempts)
        self._guarded.change(lambda session: session.ready(news))
        self.opened.set()
        self._reporter.drain()

    def _challenge(
        self, batches: Iterator[Batch], signed: tuple[str, int, str], deadline: float
    ) -> AuthReply:
        self._guarded.change(lambda session: session.challenge(*signed))
        self._reporter.drain()
        while True:
            reply = self._guarded.read(lambda session: session.auth_reply)
            if reply is not None:
                return reply
            if self.stop.is_set() or time.monotonic() > deadline:
                raise ConnectionFailed(f"{self._socket.label}: no answer to the authentication")
            self._dispatch.run(islice(batches, 1))  # events that were read with the reply are delivered with it

    def _retire(self, status: int) -> None:
        """The documented endpoint is gone: go on over V5."""
        self._login.voice.retire(status)
        self._tell_retirement(status)
        self.turn()

    def _tell_retirement(self, status: int, known: bool = False) -> None:
        """Say once to each client, and once in the log of the process, that the documented endpoint is gone."""
        voice = self._login.voice
        if self._reporter.first(voice.family):
            self._dispatch.report(Retired(place(voice.documented), status, known))

    def _note_loss(self, failure: BybitWebSocketError, was_ready: bool) -> None:
        if isinstance(failure, AuthenticationError):
            self._dispatch.report(AuthenticationRefused(str(failure)))
        elif was_ready:
            self.retry.lost(time.monotonic())
            self._dispatch.report(Disconnected(str(failure)))
        elif self.retry.was_ready:
            self._reporter.log(True, "%s: %s", self._socket.label, failure)
        elif not self.stop.is_set():
            logger.warning("%s: %s", self._socket.label, failure)
