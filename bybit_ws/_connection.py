"""One socket at work: a reader thread that owns the lifecycle, and a ping timer that only writes.

The reader alone decides that a connection is lost, and only after it looked and found nothing, so that a slow
callback is never mistaken for a dead peer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Callable

from ._backlog import Queue
from ._cell import of_this_cell
from ._dialects import Dialect, Pong
from ._dispatch import Dispatch
from ._errands import Errands
from ._guarded import Guarded
from ._heartbeat import Heartbeat
from ._lag import Lag, ServerClock
from ._life import Life
from ._lifecycle import State
from ._login import Login
from ._options import Options
from ._redact import Redactor
from ._reporter import Reporter
from ._session import Session
from ._streams import Stream
from ._topics import REALTIME, Key, Socket
from ._v5.translation import Task
from ._vitals import Vitals
from ._voice import V5
from ._worker import Post, Worker, Workers
from .exceptions import BybitWebSocketError, ConnectionLost, InvalidState

logger = logging.getLogger("bybit_ws")


class Connection:
    """One socket of a client.

    Args:
        socket: Which one.
        dialect: Its wire protocol.
        options: The client's options.
        login: How it authenticates, and what it speaks.
        reporter: Where events go.
        on_end: Called once when it is over.
        on_pong: Called for each answered ``ping(own=True)``.
        on_move: Called with streams that V5 serves on another socket, and whether they are newer than those there.
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
        on_move: Callable[[list[Stream], bool], None],
    ) -> None:
        self.socket, self.login, self.voice = socket, login, login.voice
        self.failure: BybitWebSocketError | None = None
        self._dialect, self._options, self._reporter = dialect, options, reporter
        self._on_end, self._on_pong, self._on_move = on_end, on_pong, on_move
        self._redact = Redactor(options.api_key, options.api_secret)
        self._heartbeat = Heartbeat(options.ping_interval, options.ping_timeout)
        self._session = Session(
            dialect, binary=options.binary, on_pong=self._ponged, redact=self._redact, epoch=self._heartbeat.epoch
        )
        tracing = self._redact if options.trace_logging else None
        self._guarded = Guarded(self._session, socket, reporter, tracing)
        self._errands = Errands(
            f"bybit_ws {socket.label} rest", self.voice, options.network, self._session.awaits, self._answered
        )
        self._guarded.run = self._errands.run
        self._clock = ServerClock()
        lag = Lag(self._clock, self._stamp)
        self._dispatch = Dispatch(self._session, self._guarded, socket, self._heartbeat, reporter, lag, self._slept)
        self.report = self._dispatch.report
        self._workers = Workers(self._worker)
        self._life = Life(
            socket, options, login, self._guarded, self._dispatch, self._heartbeat, self._clock, reporter, self._redact
        )
        self.vitals = Vitals(
            self._guarded, self._heartbeat, self._life.retry, self._clock, lag, self._workers, self.voice
        )
        self._threads = [
            threading.Thread(target=of_this_cell(target), name=f"bybit_ws {socket.label}{suffix}", daemon=True)
            for target, suffix in ((self._run, ""), (self._ping_timer, " ping"))
        ]
        self._life.turn = self._translate
        if self.voice.api == V5:
            self._translate()

    # -- for any thread ----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._guarded.state

    @property
    def mine(self) -> bool:
        """Whether the calling thread is this connection's own."""
        return threading.current_thread() in self.threads

    @property
    def alive(self) -> bool:
        """Whether one of its threads still runs."""
        return any(thread.is_alive() for thread in self.threads)

    @property
    def threads(self) -> tuple[threading.Thread, ...]:
        """All that are its own."""
        return (*self._threads, *self._workers.threads, *self._errands.threads)

    def persist(self) -> None:
        """Try to connect for ever, from the first time on."""
        self._life.retry.persist()

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
        while not self._life.opened.wait(1.0):
            pass
        if not self._life.retry.was_ready:
            raise self.failure or InvalidState("the client was closed while it connected")

    def subscribe(self, streams: Sequence[Stream], queue: Queue | None = None) -> None:
        """Want these streams, with a queue of their own or the client's; asked for when the socket is ready."""
        chosen = queue or self._options.queue
        called = [stream for stream in streams if stream.called]
        if chosen is not None and called:
            worker = self._workers.hire(chosen, queue is None, len(called))
            for stream in called:
                stream.pass_through(partial(Post, stream, worker))

        def subscribe(session: Session) -> list[Stream]:
            if session.state is State.CLOSED:
                raise self.failure or InvalidState("the client is closed: make a new one")
            elsewhere = self.socket is REALTIME and session.bridge is not None  # V5 serves apart what is private
            apart = [stream for stream in streams if elsewhere and stream.topic.private]
            session.subscribe([stream for stream in streams if stream not in apart])
            return apart

        try:
            self._hand_on(subscribe, newer=True)
        except BybitWebSocketError:
            for stream in streams:
                stream.give_up()
            raise

    def adopt(self, streams: Iterable[Stream], newer: bool) -> None:
        """Serve streams that another socket has served until now.

        Args:
            streams: Which ones.
            newer: They take over what is wanted already; else that is newer than they are.
        """

        def adopt(session: Session) -> list[Stream]:
            taken = {} if newer else session.registry.streams
            left = [stream for stream in streams if session.state is State.CLOSED or stream.key in taken]
            session.subscribe([stream for stream in streams if stream not in left])
            return left

        for stream in self._guarded.change(adopt):
            stream.give_up()
            if self.state is State.CLOSED:
                stream.owner.ended(self.failure)
            else:
                stream.owner.released(stream.symbol)
        self._reporter.drain()

    def unsubscribe(self, keys: Iterable[Key], owner: object) -> None:
        """Want these no longer."""
        self.change(lambda session: session.unsubscribe(keys, owner))

    def wanted(self) -> list[Key]:
        """Return what is wanted."""
        return self._guarded.read(lambda session: list(session.registry.streams))

    def ping(self, own: bool = False) -> None:
        """Send a heartbeat, if the socket is ready."""
        if self.state is State.READY:
            self._heartbeat.pinged(self._guarded.clock.monotonic(), own)
            self._guarded.send(self._dialect.ping(self.login.now_ms()))

    def stop(self) -> None:
        """Begin to end: no callback starts any more. Returns at once."""
        self._life.stop.set()
        self._dispatch.stopped = True
        transport = self._guarded.transport
        if transport is not None:
            transport.close()
        for owner in self._guarded.read(Session.owners):
            owner.ended(None)
        self._workers.stop()
        self._errands.stop()

    def join(self, end: float) -> None:
        """Wait for the threads to end, until ``end`` of the monotonic clock: a callback may not return."""
        for thread in self.threads:
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))

    # -- the reader thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            failure = self._life.lives()
        except Exception as error:  # whatever happens, those who wait are told
            logger.exception("%s: an internal error", self.socket.label)
            failure = ConnectionLost(f"an internal error: {error!r}")
        self._end(failure)

    def _translate(self) -> None:
        """Speak V5 from now on."""
        from ._dialects.v5 import V5 as Bridge  # here, because its tables take a while to be read
        from ._v5.parts import unavailable

        bridge = self._dialect = Bridge(self._dialect, many=self.socket is REALTIME)

        def speak(session: Session) -> list[Stream]:
            apart = session.registry.give_away_private() if self.socket is REALTIME else []
            session.speak(bridge, unavailable)
            return apart

        self._hand_on(speak, newer=False)

    def _hand_on(self, change: Callable[[Session], list[Stream]], newer: bool) -> None:
        """Let another socket serve what a change of the session leaves over."""
        apart = self._guarded.change(change)
        self._reporter.drain()
        if apart:
            self._on_move(apart, newer)

    def _end(self, failure: BybitWebSocketError | None) -> None:
        self.failure = failure
        self._life.stop.set()
        owners = self._guarded.change(Session.close)
        self._life.opened.set()
        self._workers.finish()
        self._reporter.drain()
        for owner in owners:
            owner.ended(failure)
        self._on_end()

    def change(self, change: Callable[[Session], None]) -> None:
        """Let something change the session."""
        self._guarded.change(change)
        self._reporter.drain()

    def _ponged(self, pong: Pong) -> None:
        own = self._heartbeat.ponged(self._guarded.clock.monotonic())
        self._clock.ponged(pong.server_ms, self._guarded.clock.time(), self._heartbeat.round_trip)
        if own:
            self._on_pong()

    def _answered(self, task: Task, answer: Any, reason: str) -> None:
        self._dispatch.answers.append((task, answer, reason))
        self.ping()  # its answer wakes the reader

    def _stamp(self, message: Any) -> float | None:
        return self._dialect.stamp(message)

    def _slept(self) -> None:
        self._clock.set()
        self.ping()

    def _worker(self, queue: Queue) -> Worker:
        name, lag = f"bybit_ws {self.socket.label} queue", Lag(self._clock, self._stamp)
        return Worker(name, queue, lag, self._dispatch.failed, self._dispatch.report)

    # -- the ping thread ---------------------------------------------------------------------------------

    def _ping_timer(self) -> None:
        while not self._life.stop.wait(self._options.ping_interval):
            self.ping()
