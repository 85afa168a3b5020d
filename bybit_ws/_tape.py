"""Notes what one connection hears, says and wants, so that it can be played again. Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable, Union

from ._lifecycle import State
from ._session import Session
from ._streams import Stream
from ._topics import Socket
from ._v5.listing import PATH as LISTING
from ._v5.translation import Task
from ._voice import V5, Voice

Load = Union[Sequence[Union[bytes, bytearray]], str, dict[str, Any]]
"""What is told of an entry: frames that were read together, a frame that was sent, or a record."""

Put = Callable[[Union[float, None], str, str, Load], None]
"""Takes when it was (a moment of the steady clock; None for now), the kind of entry, the socket and the load."""

STANDING = (State.AUTHENTICATING, State.READY)


class Tape:
    """What is kept of one connection.

    Args:
        socket: Which socket.
        voice: What it speaks.
        put: Takes the entries, in order, from any thread.
    """

    def __init__(self, socket: Socket, voice: Voice, put: Put) -> None:
        self._socket, self._voice, self._put = socket, voice, put
        self._state = State.NEW
        self._wanted: list[tuple[Any, ...]] = []

    def begin(self, session: Session) -> None:
        """Note how things stand; what was told before and is still needed is asked for anew."""
        self.look(session)
        bridge = session.bridge
        if bridge is not None and bridge.listing.symbols:
            listed = {"list": [{"symbol": symbol} for symbol in bridge.listing.symbols]}
            self._rest(LISTING, {"category": "inverse", "limit": "1000"}, listed, "")
        session.refresh()

    def heard(self, frames: Sequence[bytes | bytearray], now: float) -> None:
        """Note frames that were read together."""
        self._put(now, "in", self._socket.label, frames)

    def sent(self, text: str) -> None:
        """Note a frame that goes out; a request to be authenticated is nobody's business."""
        if self._state is State.READY:
            self._put(None, "out", self._socket.label, text)

    def answered(self, task: Task, answer: Any, reason: str) -> None:
        """Note REST's answer when it is taken in, None and the reason where there is none."""
        self._rest(task.errand.path, dict(task.errand.params), answer, reason)

    def look(self, session: Session) -> None:
        """Note what has changed since the last look: whether the connection stands, and what is wanted of it."""
        state, before = session.state, self._state
        if state is not before:
            self._state = state
            self._moved(before in STANDING, state in STANDING, state is State.READY)
        streams = session.registry.streams.values()
        wanted = [(stream.key, stream.topic.raw) for stream in streams]
        if wanted != self._wanted:
            self._wanted = wanted
            self._mark("want", {"streams": [_told(stream) for stream in streams]})

    def _moved(self, stood: bool, stands: bool, ready: bool) -> None:
        if stood and not stands:
            self._mark("close", {})
        if stands and not stood:
            v5 = self._voice.api == V5
            path = self._socket.v5 if v5 else self._socket.path
            self._mark("open", {"name": self._socket.name, "path": path, "api": self._voice.api})
        if ready:
            self._mark("ready", {})

    def _rest(self, path: str, params: dict[str, str], answer: Any, reason: str) -> None:
        self._mark("rest", {"path": path, "params": params, "answer": answer, "reason": reason})

    def _mark(self, kind: str, load: dict[str, Any]) -> None:
        self._put(None, kind, self._socket.label, load)


def _told(stream: Stream) -> dict[str, Any]:
    """Return what makes the same stream again."""
    topic = stream.topic
    told: dict[str, Any] = {"topic": topic.name, "symbol": stream.symbol, "wire": topic.wire}
    if topic.row is not None:
        told["stream"] = topic.row.stream
    if topic.params:
        told["params"] = dict(topic.params)
    if topic.request is not None:
        told["request"] = topic.request
    if topic.raw:
        told["raw"] = True
    return told
