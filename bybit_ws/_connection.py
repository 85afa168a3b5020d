"""One socket at work: a reader thread that owns the lifecycle, and a ping timer that only writes.

The reader alone decides that a connection is lost, and only after it looked and found nothing, so that a slow
callback is never mistaken for a dead peer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Callable

from ._backlog import Queue
from ._bulk import Batch
from ._dialects import AuthReply, Dialect, Pong
from ._dispatch import Dispatch
from ._guarded import Guarded
from ._heartbeat import Heartbeat
from ._lag import Lag, ServerClock
from ._lifecycle import State
from ._login import Login
from ._options import Options
from ._redact import Redactor
from ._reporter import BY_THE_USER, Reporter
from ._retry import Retry
from ._session import Session
from ._streams import Stream
from ._topics import Key, Socket
from ._transport import Transport
from ._vitals import Vitals
from ._worker import Post, Worker, Workers
from .events import AuthenticationRefused, Connected, Disconnected, Reconnected
from .exceptions import AuthenticationError, BybitWebSocketError, ConnectionFailed, ConnectionLost, InvalidState

logger = logging.getLogger("bybit_ws")


class Connection:
    """One socket of a client.

    Args:
        socket: Which one.
        dialect: Its wire protocol.
        options: The client's options.
        login: How it authenticates.
        reporter: Where events go.
        on_end: Called once when it is over.
        on_pong: Called for each answered ``ping(own=True)``.
    """

    def __init__(
        self,
        socket: Socket,
        dialect: Dialect,
        options: Options,
        login: Login,
        reporter: Reporter,
        on_end: Callable[[], None],
        on_pong: Callable[[], None],
    ) -> None:
        self.socket, self.login = socket, login
        self.failure: BybitWebSocketError | None = None
        self._dialect, self._options, self._reporter = dialect, options, reporter
        self._on_end, self._on_pong = on_end, on_pong
        self._redact = Redactor(options.api_key, options.api_secret)
        self._heartbeat = Heartbeat(options.ping_interval, options.ping_timeout)
        self._session = Session(
            dialect, binary=options.binary, on_pong=self._ponged, redact=self._redact, epoch=self._heartbeat.epoch
        )
        tracing = self._redact if options.trace_logging else None
        self._guarded = Guarded(self._session, socket, reporter, tracing)
        self._retry = Retry(options.retries, options.restart_on_error)
        self._stop = threading.Event()
        self._opened = threading.Event()
        self._clock = ServerClock()
        lag = Lag(self._clock, dialect.stamp)
        self._dispatch = Dispatch(self._session, self._guarded, socket, self._heartbeat, reporter, lag, self._slept)
        self._workers = Workers(self._worker)
        self.vitals = Vitals(self._guarded, self._heartbeat, self._retry, self._clock, lag, self._workers)
        self._threads = [
            threading.Thread(target=target, name=f"bybit_ws {socket.label}{suffix}", daemon=True)
            for target, suffix in ((self._run, ""), (self._ping_timer, " ping"))
        ]

    # -- for any thread ----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._guarded.state

    @property
    def mine(self) -> bool:
        """Whether the calling thread is this connection's own."""
        return threading.current_thread() in (*self._threads, *self._workers.threads)

    @property
    def alive(self) -> bool:
        """Whether one of its threads still runs."""
        return any(thread.is_alive() for thread in (*self._threads, *self._workers.threads))

    def start(self) -> None:
        """Begin to connect; ``wait_ready`` tells how it went."""
        for thread in self._threads:
            thread.start()

    def wait_ready(self) -> None:
        """Wait until it was ready once.

        Raises:
            ConnectionFailed: It could not be opened.
            AuthenticationError: The exchange refused the credentials.
            InvalidState: It was closed meanwhile.
        """
        if self.mine:  # an on_event that subscribes while this very thread connects: sent when ready
            return
        while not self._opened.wait(1.0):
            pass
        if not self._retry.was_ready:
            raise self.failure or InvalidState("the client was closed while it connected")

    def subscribe(self, streams: Sequence[Stream], queue: Queue | None = None) -> None:
        """Want these streams; asked for now, or when the socket is ready again.

        Args:
            streams: Which ones.
            queue: Theirs; the client's where they have none of their own.
        """
        chosen = queue or self._options.queue
        if chosen is not None:
            worker = self._workers.hire(chosen, queue is None, len(streams))
            for stream in streams:
                stream.pass_through(Post(stream, worker, self._dialect.address))

        def subscribe(session: Session) -> None:
            if session.state is State.CLOSED:
                raise self.failure or InvalidState("the client is closed: make a new one")
            session.subscribe(streams)

        self._change(subscribe)

    def unsubscribe(self, keys: Iterable[Key], owner: object) -> None:
        """Want these no longer."""
        self._change(lambda session: session.unsubscribe(keys, owner))

    def wanted(self) -> list[Key]:
        """Return what is wanted."""
        return self._guarded.read(lambda session: list(session.registry.streams))

    def ping(self, own: bool = False) -> None:
        """Send a heartbeat, if the socket is ready."""
        if self.state is State.READY:
            self._heartbeat.pinged(time.monotonic(), own)
            self._guarded.send(self._dialect.ping(self.login.now_ms()))

    def stop(self) -> None:
        """Begin to end: no callback starts any more. Returns at once."""
        self._stop.set()
        self._dispatch.stopped = True
        transport = self._guarded.transport
        if transport is not None:
            transport.close()
        self._workers.stop()

    def join(self, end: float) -> None:
        """Wait for the threads to end, until ``end`` of the monotonic clock: a callback may not return."""
        for thread in (*self._threads, *self._workers.threads):
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))

    # -- the reader thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            failure = self._lives()
        except Exception as error:  # whatever happens, those who wait are told
            logger.exception("%s: an internal error", self.socket.label)
            failure = ConnectionLost(f"an internal error: {error!r}")
        self._end(failure)

    def _lives(self) -> BybitWebSocketError | None:
        """Connect again and again; return why that is over, None where the user closed it."""
        while True:
            failure = self._live()
            if self._stop.is_set():
                failure = ConnectionLost(BY_THE_USER)
            was_ready = self.state is State.READY
            self._guarded.change(lambda session: session.lost(self._heartbeat.spoken))
            self._note_loss(failure, was_ready)
            if self._stop.is_set() or not self._retry.worth(failure):
                break
            if self._stop.wait(self._retry.delay(failure)):
                break
        return None if self._stop.is_set() else self._retry.verdict(failure, self.socket.label)

    def _live(self) -> BybitWebSocketError:
        """Make a connection and read it to its end; return why it ended."""
        self._retry.attempts += 1
        self._change(Session.connecting)
        transport = Transport(self.login.url(), self._options.open_timeout, self._options.network, self._redact)
        self._guarded.transport = transport
        batches = self._guarded.traced(transport.batches)
        try:
            if not self._stop.is_set():
                self._open(transport, batches)
            if not self._stop.is_set():
                self._dispatch.run(batches)
            return ConnectionLost("closed")
        except BybitWebSocketError as error:
            return self.login.translated(error)
        except Exception as error:  # a bug of ours must not leave a socket that looks alive and is deaf
            logger.exception("%s: an internal error; connecting anew", self.socket.label)
            return ConnectionLost(f"an internal error: {error!r}")
        finally:
            transport.release()

    def _open(self, transport: Transport, batches: Iterator[Batch]) -> None:
        deadline = time.monotonic() + self._options.open_timeout
        transport.connect()
        self._heartbeat.opened(time.monotonic())
        if self._heartbeat.compare(time.monotonic(), time.time()):
            self._clock.set()
        refusal = self.login.perform(lambda signed: self._challenge(batches, signed, deadline))
        if refusal is not None:
            self._dispatch.report(AuthenticationRefused(refusal))
        downtime, attempts = self._retry.ready(time.monotonic())
        news = Connected() if downtime is None else Reconnected(downtime, attempts)
        self._guarded.change(lambda session: session.ready(news))
        self._opened.set()
        self._reporter.drain()

    def _challenge(
        self, batches: Iterator[Batch], signed: tuple[str, int, str], deadline: float
    ) -> AuthReply:
        self._change(lambda session: session.challenge(*signed))
        while self._session.auth_reply is None:
            if self._stop.is_set() or time.monotonic() > deadline:
                raise ConnectionFailed(f"{self.socket.label}: no answer to the authentication")
            self._dispatch.run(islice(batches, 1))  # events that were read with the reply are delivered with it
        return self._session.auth_reply

    def _note_loss(self, failure: BybitWebSocketError, was_ready: bool) -> None:
        if isinstance(failure, AuthenticationError):
            self._dispatch.report(AuthenticationRefused(str(failure)))
        elif was_ready:
            self._retry.lost(time.monotonic())
            self._dispatch.report(Disconnected(str(failure)))
        elif self._retry.was_ready:
            self._reporter.log(True, "%s: %s", self.socket.label, failure)
        elif not self._stop.is_set():
            logger.warning("%s: %s", self.socket.label, failure)

    def _end(self, failure: BybitWebSocketError | None) -> None:
        self.failure = failure
        self._stop.set()
        owners = self._guarded.change(Session.close)
        self._opened.set()
        self._workers.finish()
        self._reporter.drain()
        for owner in owners:
            owner.ended(failure)
        self._on_end()

    def _change(self, change: Callable[[Session], None]) -> None:
        self._guarded.change(change)
        self._reporter.drain()

    def _ponged(self, pong: Pong) -> None:
        own = self._heartbeat.ponged(time.monotonic())
        self._clock.ponged(pong.server_ms, time.time(), self._heartbeat.round_trip)
        if own:
            self._on_pong()

    def _slept(self) -> None:
        self._clock.set()
        self.ping()

    def _worker(self, queue: Queue) -> Worker:
        name, lag = f"bybit_ws {self.socket.label} queue", Lag(self._clock, self._dialect.stamp)
        return Worker(name, queue, lag, self._dispatch.failed, self._dispatch.report)

    # -- the ping thread ---------------------------------------------------------------------------------

    def _ping_timer(self) -> None:
        while not self._stop.wait(self._options.ping_interval):
            self.ping()
