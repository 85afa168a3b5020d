"""A connection that is played from a recording: the session, the dispatch and the streams are those of a live one."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any, Callable, Protocol

from ._answers import Answers
from ._backlog import Queue
from ._connection import Connection
from ._json import loads
from ._registry import Registry
from ._rhythm import Watch
from ._session import Session
from ._streams import Stream
from ._topics import Key
from ._v5.translation import Task
from ._voice import V5
from .events import Connected, Disconnected, Reconnected
from .exceptions import BybitWebSocketError, InvalidState

TICK = 1.0
"""Seconds of silence after which a live reader looks whether something is due."""

LOST = "the recorded connection was lost"

_MARKS = (b'"success"', b'"op"')


class Calm(Watch):
    """Takes no stream for stalled: a live client that did has asked anew, and that is in the recording."""

    def passed(self, now: float, heard: float) -> float:
        """Return that no time counts."""
        super().passed(now, heard)
        return 0.0


class Wire:
    """Stands where a transport stands: what a session says goes to whoever knows the recorded answers."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self.send = said

    def close(self) -> None:
        """There is nothing to close."""

    abort = close


class Playing(Protocol):
    """Who plays."""

    def play(self, until: Callable[[], bool], timeout: float | None) -> bool:
        """Play until something is reached; return False where another thread does so."""


class PlayedConnection(Connection):
    """One socket of a client, fed from a recording by the thread that plays it. It has no thread.

    Attributes:
        heard: When it was last fed, in recorded time.
        up: Whether the recorded connection stands.
        player: Who plays.
    """

    player: Playing

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.up = False
        self.heard = 0.0
        self._answers = Answers()
        self._tasks: list[Task] = []
        self._guarded.run = self._tasks.append
        wire: Any = Wire(self._said)
        self._guarded.transport = wire
        self._session.registry.watch = Calm()
        self._session.overhears = True
        self._thread: threading.Thread | None = None
        self._over = self._following = False

    # -- what a live one does in another way -----------------------------------------------------------------

    def start(self) -> None:
        """Nothing to start: who plays feeds it."""

    def wait_ready(self) -> None:
        """Nothing to wait for."""

    @property
    def mine(self) -> bool:
        """Whether the calling thread feeds it at present: then it must not be waited for."""
        return threading.current_thread() is self._thread

    @property
    def threads(self) -> tuple[threading.Thread, ...]:
        """Those of queues."""
        return tuple(self._workers.threads)

    def ping(self, own: bool = False) -> None:
        """Nobody would answer."""

    def subscribe(self, streams: Sequence[Stream], queue: Queue | None = None) -> None:
        """Want these streams.

        Raises:
            InvalidState: One needs a snapshot that was played already.
        """
        if self.up:
            held = self._guarded.read(lambda session: set(session.registry.streams))
            for stream in streams:
                if stream.key not in held and not self._following and self._builds(stream):
                    raise InvalidState(
                        f"{' '.join(stream.key).strip()} begins with a snapshot, which was played already: subscribe "
                        "before the recording is played"
                    )
        super().subscribe(streams, queue)

    def _builds(self, stream: Stream) -> bool:
        """Return whether messages are made of what was told before, too."""
        if self.voice.api != V5:
            return stream.views is not None
        from ._v5.parts import part_of  # here, because its tables take a while to be read

        return part_of(stream.topic, stream.symbol).stateful

    def stop(self) -> None:
        """End it: at once, or where it is being fed, after that."""
        super().stop()
        if self._thread is None:
            self.end()

    def end(self, failure: BybitWebSocketError | None = None) -> None:
        """Nothing more comes."""
        if not self._over:
            self._over = True
            self._dispatch.failures.tell()
            self._end(failure)

    # -- what happens in the recording -----------------------------------------------------------------------

    def play(self, kind: str, load: Any, now: float) -> None:
        """Let something that was recorded happen.

        Args:
            kind: What it is, as in ``Line``.
            load: What it says.
            now: When it was.
        """
        self.heard = now
        self._thread = threading.current_thread()
        self._dispatch.interruptible = self._thread is threading.main_thread()
        try:
            getattr(self, f"_{kind}")(load)
        finally:
            self._thread = None
        if self._dispatch.stopped:
            self.end()

    def _in(self, frames: Sequence[bytes]) -> None:
        if self.voice.api == V5:
            frames = [frame for frame in frames if not self._replied(frame)]
            self._feed(frames)
            self._reply()
        else:
            self._feed(frames)

    def _feed(self, frames: Sequence[bytes] | None) -> None:
        self._dispatch.run((frames if frames is None else list(frames),))

    def _tick(self, load: None) -> None:
        self._feed(None)
        self._reply()

    def _out(self, text: str) -> None:
        """What was renewed then is renewed now, where the session did not do so by itself."""
        if self.voice.api != V5 or '"subscribe"' not in text:
            return
        again = self._answers.sent(json.loads(text))
        if again:
            self._guarded.change(lambda session: self._renew(session, frozenset(again)))
            self._reply()

    def _open(self, load: dict[str, Any]) -> None:
        if self.up and load.get("again"):
            return
        self._close(load)
        self.up = True
        if load["api"] == V5 and self._session.bridge is None:
            self.voice.api = V5
            self._translate()
        self._life.retry.attempts += 1
        self._answers = Answers()
        self._guarded.change(Session.connecting)
        self._heartbeat.opened(self.heard)
        self._heartbeat.compare(self.heard, self.heard)

    def _ready(self, load: dict[str, Any]) -> None:
        if self._session.state.value == "ready":
            return
        downtime, attempts = self._life.retry.ready(self.heard)
        news = Connected() if downtime is None else Reconnected(downtime, attempts)
        self._guarded.change(lambda session: session.ready(news))
        self._life.opened.set()
        self._reporter.drain()
        self._reply()

    def _close(self, load: dict[str, Any]) -> None:
        if not self.up:
            return
        self.up = False
        was_ready = self._session.state.value == "ready"
        self._guarded.change(lambda session: session.lost(self._heartbeat.spoken))
        self._tasks.clear()
        if was_ready:
            self._life.retry.lost(self.heard)
            self._dispatch.report(Disconnected(load.get("reason") or LOST))

    def _rest(self, load: dict[str, Any]) -> None:
        for task in self._tasks:
            if task.errand.path == load["path"] and dict(task.errand.params) == load["params"]:
                self._tasks.remove(task)
                self._dispatch.answers.append((task, load["answer"], load["reason"]))
                self._feed([])
                self._reply()
                return

    # -- V5: requests and their answers ----------------------------------------------------------------------

    def _said(self, text: str) -> None:
        if self.voice.api == V5:
            self._answers.said(text)

    def _replied(self, frame: bytes) -> bool:
        """Return whether a frame is a reply to a recorded request, which the session never made."""
        if _MARKS[0] in frame or _MARKS[1] in frame:
            message = loads(frame)
            if "topic" not in message:
                return self._answers.heard(message)
        if self._answers.waiting:
            self._answers.pushed(loads(frame).get("topic"))
            self._reply()
        return False

    def _reply(self) -> None:
        """Give the session the answers to what it asked."""
        while self._answers.waiting:
            replies = self._answers.due()
            if not replies:
                return
            self._feed(replies)

    def _renew(self, session: Session, args: frozenset[str]) -> None:
        registry: Registry = session.registry
        bridge: Any = session.bridge
        keys: dict[Key, None] = {}
        for arg in args:
            keys.update((key, None) for part in bridge.feeds.of(arg) for key in part.users)
        for key in keys:
            stream = registry.streams.get(key)
            if stream is not None and stream.confirmed is not None and bridge.builds(key):
                registry.renew(key)

    # -- what is wanted --------------------------------------------------------------------------------------

    def want(self, streams: Sequence[Stream]) -> None:
        """Want these and nothing else."""
        held = self._guarded.read(lambda session: dict(session.registry.streams))
        wanted = {stream.key: stream for stream in streams}
        for key, stream in held.items():
            if key not in wanted:
                self.unsubscribe([key], stream.owner)
        new = [stream for key, stream in wanted.items() if key not in held or held[key].topic != stream.topic]
        if new:
            self._following = True
            self.subscribe(new)
        if self.up and self._thread is None:
            self.play("tick", None, self.heard)
