"""What the fuzzers share: a session that wants all there is, and what must hold whatever it is told."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

from talk import DIALECTS, DOCUMENTED, Owner, Talk, compact, ignore

from bybit_ws._dialects import Dialect
from bybit_ws._lifecycle import State
from bybit_ws._streams import Stream
from bybit_ws._topics import ALL, BY_STREAM, Key, Topic
from bybit_ws.events import Event

Path = tuple[Any, ...]

_NAMES = """
topic data params symbol symbolName event code desc msg f v o b a type e auth success ret_msg request op args ping pong
klineType dumpScale delete update insert side size price id
"""
_WORDS = """
trade trade.BTCUSD trade.NEW instrument_info.100ms.NEW kline own snapshot delta sub cancel subscribe unsubscribe auth
pong success True false 0 1 -1 2.5 1e400 nan inf BTCUSD BTCUSDT ETHUSDT A B Buy Sell * . , | error:unknown expired
"""
NAMES, WORDS = _NAMES.split(), ["", "\ud800", "²", *_WORDS.split()]
"""The keys of messages, and texts that mean something, or nothing, to those who read them."""

NUMBERS = [0, 1, -1, 2, 0.5, 10**18, 2**63, -(10**30), 10**400, 1e308, 5e-324, math.nan, math.inf, -math.inf]

CUSTOM = {
    "spot_v1": Topic("own", "own", (), None, '{"topic":"own","event":"sub","symbol":"A,B","params":{"own":1}}'),
    "spot_v2": Topic("own", "own", (), None, '{"topic":"own","event":"sub","params":{"symbol":"A"}}'),
    "spot_private": Topic("own", "own"),
    "inverse": Topic("own", "own"),
}
NAMED = {dialect.__name__.rpartition(".")[2]: dialect for dialect in DIALECTS.values()}


def samples(dialect: Dialect) -> list[dict[str, Any]]:
    """Return what is documented of a dialect."""
    return [one for one in DOCUMENTED if DIALECTS[BY_STREAM[one["stream"]].socket] is dialect]


def frames(dialect: Dialect) -> list[Any]:
    """Return every message that is documented of a dialect."""
    replies = ("ack", "refusal", "cancelled")
    found = [message for one in samples(dialect) for message in (*one["data"], *(one[r] for r in replies if r in one))]
    others = {
        "spot_private": [{"auth": "success", "userId": 1}, {"auth": "fail"}, {"ping": 1641489450001}],
        "inverse": [
            {"success": True, "ret_msg": "pong", "request": {"op": "ping", "args": None}},
            {"success": False, "ret_msg": "error:request expired", "request": {"op": "auth", "args": ["KEY", 1, "S"]}},
        ],
    }
    return [*found, {"pong": 1535975085152}, *others.get(dialect.__name__.rpartition(".")[2], [])]


class Everything:
    """A ready session that wants every stream of its dialect, all symbols and a request of the user's own.

    Whatever it hears, ``hear`` checks what must hold after each message.
    """

    def __init__(self, dialect: Any, custom: bool = False, **options: Any) -> None:
        self.dialect, self.name = dialect, dialect.__name__.rpartition(".")[2]
        flags = {"merge": options.pop("merge", True), "copy": options.pop("copy", True)}
        self.talk = Talk(dialect, **options)
        self.session = self.talk.session
        self.flags, self.custom = flags, custom
        self.owners: dict[Key, Owner] = {}
        self.want_all()

    def want_all(self) -> None:
        """Want what is not wanted (any more)."""
        for sample in samples(self.dialect):
            row = BY_STREAM[sample["stream"]]
            self.want(row.topic(sample.get("value")), sample["symbol"])
            if row.wildcard:
                self.want(row.topic(sample.get("value")), ALL)
        if self.custom:
            for symbol in ("A", "B") if self.name == "spot_v1" else ("A" if self.name == "spot_v2" else "",):
                self.want(CUSTOM[self.name], symbol)
        self.check()

    def want(self, topic: Topic, symbol: str) -> None:
        key = (topic.name, symbol)
        if key not in self.session.registry.streams:
            owner = self.owners[key] = Owner()
            self.session.subscribe([Stream(topic, symbol, ignore, owner, **self.flags)])

    def hear(self, message: Any) -> list[tuple[Key, Any]]:
        """Let the exchange say this; check that no more comes of it than may."""
        parts = len(message) if isinstance(message, list) else 1
        delivered = self.talk.hear(message)
        streams = self.session.registry.streams
        assert all(key in streams for key, _ in delivered)
        self.check(max(1, parts))
        return delivered

    def wait(self, seconds: float) -> None:
        self.talk.wait(seconds)
        self.check()

    def reconnect(self) -> None:
        self.talk.reconnect()
        self.check()

    def check(self, parts: int = 1) -> None:
        """What a message, or a tick, may bring about is bounded by what is wanted; what is sent is JSON."""
        session, allowed = self.session, parts * (2 * len(self.owners) + 4)
        assert len(session.outbox) <= allowed, f"{len(session.outbox)} texts to send"
        assert len(session.events) <= allowed, f"{len(session.events)} events"
        assert all(isinstance(json.loads(text), dict) for text in session.outbox)
        assert all(isinstance(event, Event) for event in session.events)
        assert session.state is State.READY or not session.outbox
        session.outbox.clear(), session.events.clear()

    def recover(self) -> None:
        """A new connection and good messages: everything is as documented again."""
        self.reconnect()
        self.want_all()
        for sample in samples(self.dialect):
            key, row = tuple(sample["key"]), BY_STREAM[sample["stream"]]
            if row.replays:  # what is known already is not delivered again
                continue
            merged = row.merge and self.flags["merge"]
            expected = sample.get("delivers", sample["data"]) if merged or row.private else sample["data"]
            found = self.talk.hear(*copy.deepcopy(sample["data"]))
            assert found == [(key, message) for message in expected], key
            assert not any(event for event in self.session.events if type(event).__name__ == "BookOutOfSync")
            self.session.events.clear()


def places(message: Any, path: Path = ()) -> list[Path]:
    """Return the way to every part of a message."""
    inner = message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    return [path, *(place for name, part in inner for place in places(part, (*path, name)))]


def replaced(message: Any, path: Path, part: Any) -> Any:
    """Return the message with another part in that place."""
    return changed(message, path, lambda place, name: place.__setitem__(name, part))


def removed(message: Any, path: Path) -> Any:
    """Return the message without that part."""
    return changed(message, path, lambda place, name: place.__delitem__(name))


def renamed(message: Any, path: Path, name: str) -> Any:
    """Return the message with a part under another name."""
    return changed(message, path, lambda place, old: isinstance(place, dict) and place.update({name: place.pop(old)}))


def changed(message: Any, path: Path, change: Any) -> Any:
    """Return a changed copy."""
    holder = {"": json.loads(compact(message))}
    place: Any = holder
    name: Any = ""
    for step in path:
        place, name = place[name], step
    change(place, name)
    return holder.get("", {})


def part(message: Any, path: Path) -> Any:
    """Return what is in that place."""
    for step in path:
        message = message[step]
    return message
