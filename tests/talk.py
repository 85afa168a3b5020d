"""Conversations with a session, for the tests of what is pure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bybit_ws._dialects import Dialect, inverse, spot_private, spot_v1, spot_v2
from bybit_ws._dialects.v5 import V5
from bybit_ws._json import NOT_JSON, loads
from bybit_ws._session import Session
from bybit_ws._streams import Stream
from bybit_ws._topics import BY_STREAM, PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME, Key
from bybit_ws._v5.parts import unavailable
from bybit_ws.events import Event

DIALECTS: dict[Any, Any] = {
    PUBLIC_V1: spot_v1,
    PUBLIC_V2: spot_v2,
    PRIVATE: spot_private,
    REALTIME: inverse,
}
FRAMES = Path(__file__).parent / "frames"
DOCUMENTED = [row for path in sorted(FRAMES.glob("*.json")) for row in json.loads(path.read_text())]


def compact(message: object) -> str:
    return json.dumps(message, separators=(",", ":"))


def ignore(message: object) -> None:
    """A callback."""


class Owner:
    """Somebody who asked for a stream, and remembers what became of it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def delivered(self, symbol: str) -> None:
        self.told.append(("delivered", symbol))

    def refused(self, symbol: str, reason: str) -> None:
        self.told.append(("refused", symbol, reason))

    def released(self, symbol: str) -> None:
        self.told.append(("released", symbol))

    def ended(self, reason: object) -> None:
        self.told.append(("ended",))


class Talk:
    """A conversation with a session: what is said to it, and what it says."""

    def __init__(self, dialect: Dialect, ready: bool = True, loads: Any = loads, **options: Any) -> None:
        self.session = Session(dialect, **options)
        self._loads = loads
        self.now = 0.0
        if ready:
            self.session.connecting()
            self.session.ready()

    def want(self, stream: str, *symbols: str, value: Any = None, **flags: Any) -> Owner:
        owner = flags.pop("owner", None) or Owner()
        flags = {"merge": True, "copy": True, **flags}
        topic = BY_STREAM[stream].topic(value)
        self.session.subscribe([Stream(topic, symbol, ignore, owner, **flags) for symbol in symbols or ("",)])
        return owner

    def hear(self, *messages: Any) -> list[tuple[Key, Any]]:
        """Let the exchange say these; return what is delivered."""
        texts = [message if isinstance(message, (str, bytes)) else compact(message) for message in messages]
        return [delivery for text in texts for delivery in self._hear(text)]

    def _hear(self, text: str | bytes) -> list[tuple[Key, Any]]:
        """Do what the reader thread does."""
        try:
            message = self._loads(text.encode() if isinstance(text, str) else text)
        except NOT_JSON:
            self.session.not_json(str(text))
            return []
        found = []
        for one in message if isinstance(message, list) else [message]:
            stream = self.session.direct(one) or self.session.take(one, self.now)
            if stream is not None:
                stream.told = stream.owner
                stream.messages += 1
                stream.heard = self.now
                found.append((stream.key, one))
        return found

    def wait(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.session.due:
            self.session.tick(self.now)

    def look(self) -> None:
        """Let a second pass on a connection that is heard."""
        self.now += 1.0
        self.session.tick(self.now, self.now)

    def reconnect(self) -> None:
        self.session.lost(self.now)
        self.session.connecting()
        self.session.ready()

    @property
    def sent(self) -> list[Any]:
        texts = [json.loads(text) for text in self.session.outbox]
        self.session.outbox.clear()
        return texts

    @property
    def told(self) -> list[Event]:
        events = self.session.events[:]
        self.session.events.clear()
        return events

    @property
    def wanted(self) -> list[Key]:
        return list(self.session.registry.streams)


def reply(text: str, success: bool = True, words: str = "") -> dict[str, Any]:
    """Return V5's answer to a request."""
    request = json.loads(text)
    return {"success": success, "ret_msg": words, "conn_id": "x", "req_id": request["req_id"], "op": request["op"]}


class Line:
    """A V5 session, and the exchange at its other end."""

    def __init__(self, documented: Any, many: bool = False) -> None:
        self.v5 = V5(documented, many)
        self.talk = Talk(documented, ready=False)
        self.session = self.talk.session
        self.session.speak(self.v5, unavailable)
        self.session.connecting()
        self.session.ready()

    def sent(self) -> list[str]:
        texts = list(self.session.outbox)
        self.session.outbox.clear()
        return texts

    def hear(self, message: Any) -> list[tuple[Any, Any]]:
        """Do what the reader thread does."""
        deliveries = self.v5.translate(message, self.talk.now)
        if deliveries is None:
            self.session.take(message, self.talk.now)
            return []
        return self.deliver(deliveries)

    def deliver(self, deliveries: Any) -> list[tuple[Any, Any]]:
        found = []
        for key, made in deliveries:
            stream = self.session.through(key, made) or self.session.push(key, made, self.talk.now)
            if stream is not None:
                stream.told = stream.owner
                stream.messages += 1
                stream.heard = self.talk.now
                found.append((key, made))
        return found

    def accept(self) -> list[tuple[str, list[str]]]:
        """Confirm all that was asked; return what that was."""
        texts = self.sent()
        for text in texts:
            self.hear(reply(text))
        return [(one["op"], one.get("args", [])) for one in map(json.loads, texts)]

    def answer(self, result: Any, reason: str = "") -> list[tuple[Any, Any]]:
        """Answer the errands."""
        tasks = self.v5.tasks()
        assert tasks
        now = self.talk.now
        return self.deliver([one for task in tasks for one in self.session.answered(task, result, reason, now)])
