"""The two clients, played from a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Callable, ClassVar

from ._backlog import AnyQueue
from ._client import Client
from ._inbox import Inbox
from ._login import Login
from ._party import Callback
from ._played import PlayedConnection
from ._player import Player
from ._reporter import Reporter
from ._subscription import Subscription
from ._topics import Socket, Topic
from ._voice import LEGACY
from .exceptions import BybitWebSocketError
from .inverse import InverseWebSocket
from .spot import SpotWebSocket

Check = Callable[[Topic, str], None]

ELSEWHERE = "ws://recording.invalid"
"""Where a client that is played would connect: nowhere."""


LOOK = 0.1
"""Seconds between two looks of who is to play whether another thread still does."""


class Nobody:
    """Owns streams whose messages are taken one by one."""

    def delivered(self, symbol: str) -> None:
        """Nobody waits for it."""

    def refused(self, symbol: str, reason: str, by: str = "the exchange") -> None:
        """It was refused when it was recorded, too."""

    def released(self, symbol: str) -> None:
        """There is no newer call."""

    def ended(self, reason: BybitWebSocketError | None) -> None:
        """The end of the recording."""


owner = Nobody()


class PlayedSubscription(Subscription):
    """A subscription of a played client: whoever waits plays the recording meanwhile."""

    def wait(self, timeout: float | None = None) -> bool:
        """Play until every symbol has delivered.

        Args:
            timeout: Seconds of recorded time; None plays to the end, if need be.

        Returns:
            True once every symbol has delivered, False at the timeout.

        Raises:
            SubscriptionError: The exchange refused a symbol.
            InvalidState: The recording ended before; or this is a callback.
        """
        connection = self._connection
        plays = timeout != 0  # who only looks does not
        if plays and isinstance(connection, PlayedConnection) and connection.player.play(self._complete, timeout):
            return super().wait(0)
        return super().wait(timeout)

    def collect(self, count: int | None = None, *, seconds: float | None = None) -> list[Any]:
        """Pull several messages, playing meanwhile; the seconds are recorded ones."""
        connection, inbox = self._connection, self._pulled()
        if seconds is not None and isinstance(connection, PlayedConnection):
            enough = float("inf") if count is None else count
            if connection.player.play(lambda: inbox.queued >= enough, seconds):
                seconds = 0
        return super().collect(count, seconds=seconds)

    def _next(self, inbox: Inbox, timeout: float | None) -> Any:
        if timeout != 0 and not inbox.queued and not self._connection.mine and self._played(inbox, timeout):
            timeout = 0
        return super()._next(inbox, timeout)

    def _played(self, inbox: Inbox, timeout: float | None) -> bool:
        connection = self._connection
        return isinstance(connection, PlayedConnection) and connection.player.play(
            lambda: bool(inbox.queued or inbox.over), timeout
        )


class Played(Client):
    """What both played clients share.

    Args:
        player: Plays the recording.
        check: Raises where nothing was recorded of a topic and symbol.
        options: Those of the client.
    """

    _SUBSCRIPTION: ClassVar[type[Subscription]] = PlayedSubscription

    def __init__(self, player: Player, check: Check | None, options: Mapping[str, Any]) -> None:
        mine = {name: value for name, value in options.items() if name not in ("api_key", "api_secret", "api")}
        super().__init__(**{**mine, "endpoint": ELSEWHERE})
        self._reporter = Reporter(mine.get("on_event"), player.clock)
        self._player, self._check = player, check
        player.clients += 1
        self._counted = True

    def played(self, socket: Socket) -> PlayedConnection:
        """Return a socket's connection."""
        connection = self._sockets.connection(socket)
        if not isinstance(connection, PlayedConnection):
            raise TypeError(f"{connection!r} is not played")
        return connection

    def join(self, timeout: float | None = None) -> bool:
        """Play the recording in this thread.

        Args:
            timeout: Seconds of recorded time to play; None plays to the end.

        Returns:
            True at the end, False at the timeout.
        """
        while not self._player.play(lambda: self._sockets.closed, timeout):  # another thread plays, who knows how long
            if super().join(LOOK if timeout is None else timeout) or timeout is not None:
                return self._sockets.closed
        if self._player.over:
            self.close()
        return self._sockets.closed

    def close(self) -> None:
        """End it: nothing more is played to it. From any thread, from a callback, any number of times."""
        counted, self._counted = self._counted, False
        if counted:
            self._player.clients -= 1
        if not self._player.clients:
            self._player.stop()
        super().close()

    def _check_private(self, socket: Socket, topic: Topic) -> None:
        """What was recorded needs no keys."""

    def _subscribe(
        self,
        socket: Socket,
        topic: Topic,
        symbols: tuple[str, ...],
        callback: Callback | None,
        queue: AnyQueue = None,
        merge: bool = True,
        copy: bool = True,
    ) -> Subscription:
        if self._check is not None:
            for symbol in symbols:
                self._check(topic, symbol)
        return super()._subscribe(socket, topic, symbols, callback, queue, merge, copy)

    def _make(self, socket: Socket, on_end: Callable[[], None]) -> PlayedConnection:
        options = replace(self._options, api=self._player.apis.get(socket, LEGACY), ping_timeout=None)
        connection = PlayedConnection(
            socket,
            self._SOCKETS[socket],
            options,
            Login(socket, options, required=False),
            self._reporter,
            on_end,
            self._on_pong,
            self._move,
        )
        connection.player = self._player
        self._player.connections[socket] = connection
        return connection


class PlayedSpot(Played, SpotWebSocket):
    """A spot client that is played from a recording; see ``Recording.spot``."""


class PlayedInverse(Played, InverseWebSocket):
    """An inverse client that is played from a recording; see ``Recording.inverse``."""
