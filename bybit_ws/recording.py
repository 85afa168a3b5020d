"""``Recording``: what was received, played again through the code that runs live. No socket, no thread.

::

    for one in Recording("btc.jsonl.gz").deliveries("trade_v1", "BTCUSDT"):
        print(one.at, one.message["data"])
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Union

from ._parts import parts_of
from ._played_clients import PlayedInverse, PlayedSpot, owner
from ._player import Player
from ._recorded import DIALECTS, SOCKETS, Line, is_labelled, read, topic_of, with_marks
from ._streams import Stream
from ._topics import ALL, BY_STREAM, Key, Socket, Topic
from ._voice import V5
from .events import Event
from .exceptions import ConfigurationError, WrongType

if TYPE_CHECKING:
    import pandas

Names = Union[str, Iterable[str], None]


class Delivery(NamedTuple):
    """A message, as a callback got it.

    Attributes:
        at: When it was received, in seconds since the epoch.
        socket: The socket's name: ``"public_v1"``, ``"public_v2"``, ``"private"`` or ``"realtime"``.
        stream: The stream's name, e.g. ``"kline_v1"``; ``""`` where the documents have none.
        topic: The topic's name, e.g. ``"kline_1m"``.
        symbol: Its symbol; ``""`` for a private topic.
        message: The message in the documented shape.
    """

    at: float
    socket: str
    stream: str
    topic: str
    symbol: str
    message: Any


class Recording:
    """A recording that ``record`` or ``bybit-ws record`` made, all its files together.

    Messages are what the callbacks got: in the documented shape, books merged, trades repaired, whatever protocol was
    spoken. Iterating gives all of them, in order::

        for message in Recording("btc.jsonl.gz"):
            print(message["topic"])

    ``spot()`` and ``inverse()`` give clients for code that was written for live ones.

    Args:
        path: The file, plain or compressed. ``btc.2.jsonl.gz`` and so on are read with ``btc.jsonl.gz``; one that was
            cut short is read as far as it goes.

    Raises:
        ConfigurationError: There is no such file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._paths = parts_of(self.path)
        self._found: dict[Socket, dict[Key, Topic]] | None = None
        self._apis: dict[Socket, str] = {}

    def __iter__(self) -> Iterator[Any]:
        return (one.message for one in self.deliveries())

    def __repr__(self) -> str:
        return f"<Recording {self.path}>"

    @property
    def streams(self) -> list[tuple[str, str, str]]:
        """What was recorded, as (stream, topic, symbol)."""
        return [
            (topic.row.stream if topic.row else "", *key)
            for keys in self._wanted().values()
            for key, topic in keys.items()
        ]

    def deliveries(self, streams: Names = None, symbols: Names = None) -> Iterator[Delivery]:
        """Return an iterator over messages together with when they were received, and of what they are.

        Args:
            streams: Names such as ``"trade_v1"``, of which to give messages; None for all.
            symbols: The same of symbols; private topics, which have none, are left out then.

        Raises:
            ConfigurationError: Nothing of that was recorded.
        """
        names, chosen = _names("streams", streams), _names("symbols", symbols)
        for name in names or ():
            if name not in BY_STREAM:
                raise ConfigurationError(f"{name!r} is no documented stream: see bybit-ws topics")
        self._check(names, chosen)
        return self._deliver(names, chosen)

    def to_frame(self, stream: str, symbols: Names = None) -> pandas.DataFrame:
        """Return the messages of one stream as a data frame; ``bybit_ws.data`` tells more.

        Args:
            stream: The stream, e.g. ``"trade_v1"``.
            symbols: Of which symbols; None for all.

        Returns:
            A frame with the column ``received``, when each message was read, and those of
            ``bybit_ws.data.columns(stream)``.

        Raises:
            ConfigurationError: Nothing of that was recorded.
            ImportError: pandas or pyarrow is not installed.
        """
        deliveries = self.deliveries(stream, symbols)
        from ._tables.frames import received_frame

        return received_frame(stream, ((one.message, one.at) for one in deliveries))

    def spot(self, *, speed: float | None = None, **options: Any) -> PlayedSpot:
        """Return a spot client that is played from the recording, with the methods of ``SpotWebSocket``.

        It plays in the thread that calls ``run_forever()`` or ``join()``, up to the end, and as far as is needed in
        ``wait()``. Where the recorded connection was lost, so is this one. ``close()`` in a callback ends it.

        Args:
            speed: Times the recorded pace; None for as fast as it goes.
            **options: Those of ``SpotWebSocket``, of which all that are about the network mean nothing here.
        """
        return PlayedSpot(self._player(speed), self._check_recorded, options)

    def inverse(self, *, speed: float | None = None, **options: Any) -> PlayedInverse:
        """Return an inverse client that is played from the recording, as ``spot`` does.

        Args:
            speed: Times the recorded pace; None for as fast as it goes.
            **options: Those of ``InverseWebSocket``.
        """
        return PlayedInverse(self._player(speed), self._check_recorded, options)

    def clients(self, *, speed: float | None = None, **options: Any) -> tuple[PlayedSpot, PlayedInverse]:
        """Return both clients, played together: ``join()`` of one plays to both, in the recorded order.

        Args:
            speed: Times the recorded pace; None for as fast as it goes.
            **options: Those of both clients.
        """
        player = self._player(speed)
        return PlayedSpot(player, self._check_recorded, options), PlayedInverse(player, self._check_recorded, options)

    # -- how -------------------------------------------------------------------------------------------------

    def _lines(self, frames: bool = True) -> Iterator[Line]:
        told = [*map(is_labelled, self._paths), True].index(True)  # older files, of frames only, come first
        yield from with_marks(self._paths[:told])
        yield from read(self._paths[told:], frames)

    def _player(self, speed: float | None) -> Player:
        if speed is not None and (isinstance(speed, bool) or not isinstance(speed, (int, float)) or not speed > 0):
            raise ConfigurationError(f"speed must be a number above 0, or None, not {speed!r}")
        self._wanted()
        return Player(self._lines(), speed, self._apis)

    def _wanted(self) -> dict[Socket, dict[Key, Topic]]:
        """Return all that was ever wanted in the recording."""
        if self._found is None:
            self._found = {}
            for line in self._lines(frames=False):
                if line.kind == "open":
                    self._apis.setdefault(SOCKETS[line.socket], line.load["api"])
                elif line.kind == "want":
                    keys = self._found.setdefault(SOCKETS[line.socket], {})
                    for told in line.load["streams"]:
                        keys.setdefault((told["topic"], told["symbol"]), topic_of(told))
        return self._found

    def _check(self, names: frozenset[str] | None, symbols: frozenset[str] | None) -> None:
        found = self.streams
        if not any(_chosen(stream, symbol, names, symbols) for stream, _, symbol in found):
            asked = " ".join(sorted((names or frozenset()) | (symbols or frozenset())))
            raise ConfigurationError(f"{self.path}: nothing{asked and ' of '}{asked} was recorded; {self._held()}")

    def _held(self) -> str:
        held = [" ".join(filter(None, (stream or topic, symbol))) for stream, topic, symbol in self.streams]
        return f"it holds {', '.join(sorted(held)[:20])}{' ...' if len(held) > 20 else ''}" if held else "it is empty"

    def _check_recorded(self, topic: Topic, symbol: str) -> None:
        """Raise where nothing was recorded of what a played client is asked for."""
        wanted = self._wanted()
        every = [key for keys in wanted.values() for key in keys]
        if symbol == ALL and any(name == topic.name for name, _ in every):
            return
        if (topic.name, symbol) not in every and (topic.name, ALL) not in every and not self._serves(topic, symbol):
            asked = f"{topic.row.stream if topic.row else topic.name} {symbol}".strip()
            raise ConfigurationError(f"{self.path}: nothing of {asked} was recorded; {self._held()}")

    def _serves(self, topic: Topic, symbol: str) -> bool:
        """Return whether V5's topics that a stream is made of were recorded, though for another stream."""
        from ._v5.parts import args_of

        if V5 not in self._apis.values():
            return False
        row = topic.row
        needed = set() if row is None else set(args_of(topic, symbol))
        held = {
            arg
            for keys in self._wanted().values()
            for (_, of), one in keys.items()
            if one.row is not None and row is not None and one.row.family == row.family
            for arg in args_of(one, of)
        }
        return bool(needed) and needed <= held

    def _deliver(self, names: frozenset[str] | None, symbols: frozenset[str] | None) -> Iterator[Delivery]:
        found: deque[Delivery] = deque()
        player = self._player(None)
        clients: dict[bool, Any] = {}

        def make(told: Mapping[str, Any], socket: Socket) -> Stream | None:
            topic, symbol = topic_of(dict(told)), told["symbol"]
            stream = topic.row.stream if topic.row else ""
            if not _chosen(stream, symbol, names, symbols):
                return None
            keep = partial(_keep, player, found, socket, stream, (topic.name, symbol), symbols, topic.raw)
            return Stream(topic, symbol, keep, owner, True, True)

        def follow(line: Line) -> None:
            socket = SOCKETS[line.socket]
            spot = socket.category == "spot"
            if spot not in clients:
                kind: Callable[..., Any] = PlayedSpot if spot else PlayedInverse
                clients[spot] = kind(player, None, {"on_event": _unheard})
            connection = clients[spot].played(socket)
            if line.kind == "want":
                connection.want([stream for told in line.load["streams"] for stream in [make(told, socket)] if stream])

        player.follow = follow
        try:
            while player.step():
                while found:
                    yield found.popleft()
        finally:
            for client in clients.values():
                client.close()


def _unheard(event: Event) -> None:
    """Take an event: whoever iterates wants messages only."""


def _keep(
    player: Player,
    found: deque[Delivery],
    socket: Socket,
    stream: str,
    key: Key,
    symbols: frozenset[str] | None,
    raw: bool,
    message: Any,
) -> None:
    topic, symbol = key
    if symbol == ALL:
        symbol = message["topic"].rpartition(".")[2] if raw else DIALECTS[socket].read(message)[1]
        if symbols is not None and symbol not in symbols:
            return
    found.append(Delivery(player.clock.now, socket.name, stream, topic, symbol, message))


def _chosen(stream: str, symbol: str, names: frozenset[str] | None, symbols: frozenset[str] | None) -> bool:
    return (names is None or stream in names) and (symbols is None or symbol in symbols or symbol == ALL)


def _names(what: str, given: Names) -> frozenset[str] | None:
    if given is None:
        return None
    names = [given] if isinstance(given, str) else list(given)
    if not all(isinstance(name, str) for name in names):
        raise WrongType(f"{what} must be a str or an iterable of str, not {given!r}")
    return frozenset(names)
