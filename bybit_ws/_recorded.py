"""What is in a recording: its lines, read one after the other; of one that tells no sockets, they are found out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ._dialects import MALFORMED, inverse, spot_private, spot_v1, spot_v2
from ._json import NOT_JSON, loads
from ._parts import raw_lines
from ._topics import ACCOUNT, BY_STREAM, PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME, Key, Socket, Topic, row_of
from .exceptions import ConfigurationError

SOCKETS = {socket.label: socket for socket in (PUBLIC_V1, PUBLIC_V2, PRIVATE, REALTIME, ACCOUNT)}
DIALECTS: dict[Socket, Any] = {
    PUBLIC_V1: spot_v1,
    PUBLIC_V2: spot_v2,
    PRIVATE: spot_private,
    REALTIME: inverse,
    ACCOUNT: inverse,
}
KINDS = ("in", "out", "open", "ready", "close", "want", "rest", "start")
_EXPECTED = 'a recording has lines {"t": seconds, "dir": "in" or "out", "text": "the exact frame"}'
_FRAME = b'"dir":"in"'


class Line(NamedTuple):
    """A line, or several that hold frames which were read together.

    Attributes:
        at: When it was, in seconds since the epoch.
        kind: ``"in"`` and ``"out"`` for frames; ``"open"``, ``"ready"`` and ``"close"`` of a connection, ``"want"`` for
            all that is wanted of it from then on, ``"rest"`` for an answer of REST, ``"start"`` of a recording.
        socket: The socket's label.
        load: The frames read, the text sent, or a record.
    """

    at: float
    kind: str
    socket: str
    load: Any


TOGETHER = 1000
"""Frames that are delivered together at most, though a recording gives all of them one time."""


def read(paths: Iterable[Path], frames: bool = True) -> Iterator[Line]:
    """Yield the lines of files.

    Args:
        paths: The files, in order.
        frames: False to leave out frames that were received.

    Raises:
        ConfigurationError: A line is none of a recording.
    """
    together: Line | None = None
    for line in _lines(paths, frames):
        if together is not None:
            alike = line.kind == "in" and line.at == together.at and line.socket == together.socket
            if alike and len(together.load) < TOGETHER:
                together.load.extend(line.load)
                continue
            yield together
        together = line
    if together is not None:
        yield together


def _lines(paths: Iterable[Path], frames: bool) -> Iterator[Line]:
    labelled = False
    for path in paths:
        for number, (raw, whole) in enumerate(raw_lines(path), 1):
            if (labelled and not frames and _FRAME in raw[:60]) or not raw.strip():
                continue
            try:
                line = _line(loads(raw))
            except (*MALFORMED, *NOT_JSON) as error:
                if not whole and raw.startswith(b"{"):  # the process was killed while it wrote
                    continue
                raise ConfigurationError(f"{path}, line {number}: {_EXPECTED}; this one is none ({error!r})") from None
            if line is not None:
                labelled = labelled or line.kind == "start"
                yield line


def _line(it: Any) -> Line | None:
    at, kind = it["t"], it["dir"]
    if isinstance(at, bool) or not isinstance(at, (int, float)):
        raise TypeError(f"t is {at!r}")
    if kind not in KINDS:
        raise ValueError(f"dir is {kind!r}")
    if kind == "start":
        return Line(at, kind, "", it)
    text = it.get("text")
    if kind in ("in", "out") and not isinstance(text, str):
        raise TypeError("text is no string")
    label = it["socket"] if "socket" in it else socket_of(text)
    if label not in SOCKETS:
        return None
    return Line(at, kind, label, [text.encode()] if kind == "in" else text if kind == "out" else it)


def socket_of(text: str) -> str:
    """Return the label of the socket that a frame of the documented protocols belongs to; "" where nothing tells."""
    try:
        message = loads(text.encode())
    except NOT_JSON:
        return ""
    if isinstance(message, list):
        return PRIVATE.label
    if not isinstance(message, dict):
        return ""
    if "op" in message or "success" in message or ("topic" in message and "params" not in message):
        return REALTIME.label
    params = message.get("params")
    if "auth" in message or not isinstance(params, dict):
        return PRIVATE.label if "auth" in message else ""
    return PUBLIC_V2.label if "symbol" in params and "symbol" not in message else PUBLIC_V1.label


def topic_of(told: dict[str, Any]) -> Topic:
    """Return the topic of what was wanted."""
    row = BY_STREAM.get(told.get("stream", ""))
    params = tuple((told.get("params") or {}).items())
    return Topic(told["topic"], told["wire"], params, row, told.get("request"), bool(told.get("raw")))


def with_marks(paths: list[Path]) -> Iterator[Line]:
    """Yield the lines of a recording that has frames only, with what is missing: that it was connected and wanted."""
    wanted: dict[str, dict[Key, dict[str, Any]]] = {}
    began = 0.0
    for line in read(paths):
        began = began or line.at
        if line.kind == "in":  # a recorder may have begun to write meanwhile
            keys = wanted.setdefault(line.socket, {})
            for payload in line.load:
                for key in _keys(SOCKETS[line.socket], payload):
                    keys.setdefault(key, told(SOCKETS[line.socket], key))
    for label, keys in wanted.items():
        socket = SOCKETS[label]
        yield Line(began, "open", label, {"name": socket.name, "path": socket.path, "api": "legacy"})
        yield Line(began, "want", label, {"streams": list(keys.values())})
        yield Line(began, "ready", label, {})
    yield from read(paths)


def told(socket: Socket, key: Key) -> dict[str, Any]:
    """Return how a recording tells that a topic and symbol are wanted."""
    name, symbol = key
    it: dict[str, Any] = {"topic": name, "symbol": symbol, "wire": name}
    row = row_of(socket, name)
    if row is None:
        wire, _, value = name.rpartition("_")  # the parameter that the wire carries outside the topic
        row = row_of(socket, wire) if wire else None
        if row is not None and row.param is not None:
            it.update(wire=wire, params={row.param: value})
    if row is not None:
        it["stream"] = row.stream
    return it


def _keys(socket: Socket, payload: bytes) -> Iterator[Key]:
    try:
        message = loads(payload)
    except NOT_JSON:
        return
    for one in message if isinstance(message, list) else (message,):
        try:
            found = DIALECTS[socket].read(one)
        except MALFORMED:
            continue
        if type(found) is tuple:
            yield found


def is_labelled(path: Path) -> bool:
    """Return whether a recording tells its sockets."""
    for raw, _ in raw_lines(path):
        if raw.strip():
            try:
                return bool(json.loads(raw).get("dir") == "start")
            except (ValueError, AttributeError):
                return False
    return False
