"""The listening side: routes upgrades to sessions, answers REST, closes what is idle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol, cast
from urllib.parse import parse_qs, urlsplit
from weakref import WeakSet

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from .connection import Connection
from .rest import respond, time_answer
from .witness import Witness

logger = logging.getLogger("bybit_ws.simulator")
logger.addHandler(logging.NullHandler())


class Conversation(Protocol):
    """What answers one client; made when the client is there."""

    def receive(self, message: str | bytes) -> None:
        """Answer one message of the client."""

    def closed(self) -> None:
        """The client is gone."""


Host = Callable[[Connection], Conversation]
_FAREWELL = 0.5
_MOST_UNREAD = 64 * 2**20
_JSON = {"Content-Type": "application/json"}


class Server:
    """Accepts connections and keeps the open ones; everything here runs on the loop's thread.

    Attributes:
        port: Where it listens.
        hangs: How many of the upgrades to come are left without an answer.
        mutes: How many of the connections to come are silent from the beginning.
    """

    def __init__(
        self,
        route: Callable[[str], Host | None],
        witness: Witness,
        clock: Callable[[], float],
        admit: Callable[[Connection, str, Mapping[str, str]], int | None] = lambda *_: None,
        idle_timeout: float = 300.0,
    ) -> None:
        self._route = route
        self._witness = witness
        self._clock = clock
        self._admit = admit
        self._idle_timeout = idle_timeout
        self._refusals = (0, 503, dict[str, str]())
        self._sessions: dict[Connection, Conversation] = {}
        self._accepted: WeakSet[Connection] = WeakSet()
        self.port = self.hangs = self.mutes = 0

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int, context: ssl.SSLContext | None) -> AsyncIterator[None]:
        """Listen while the block runs, then say good-bye to every client."""
        options: dict[str, Any] = {"ssl": context, "compression": None, "ping_interval": None}
        options |= {"close_timeout": _FAREWELL, "create_connection": self._accept, "logger": logger}
        options["open_timeout"] = None  # an upgrade may hang for ever on purpose; others are cut as idle
        server = await serve(self._serve, host, port, process_request=self._receive_request, **options)
        self.port = next(iter(server.sockets)).getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for connection in list(self._accepted):
                if connection.silent or connection.protocol.state is State.CONNECTING:
                    connection.abort()
            await server.wait_closed()

    def open(self, path: str | None = None) -> list[Connection]:
        """Give the open connections, or those on one path."""
        return [c for c in self._sessions if path is None or c.path == path]

    def session(self, connection: Connection) -> Conversation | None:
        """Give the conversation on one connection."""
        return self._sessions.get(connection)

    def sessions(self) -> list[Conversation]:
        """Give the open conversations."""
        return list(self._sessions.values())

    def refuse(self, count: int, status: int, headers: Mapping[str, str] | None) -> None:
        """Refuse the next ``count`` upgrades."""
        self._refusals = (count, status, dict(headers or {}))

    def close_idle(self, now: float) -> None:
        """Cut whoever sent nothing, or read nothing, for too long: no close frame (section 3)."""
        for connection in list(self._accepted):
            if now - connection.heard > self._idle_timeout or (connection.unread or 0) > _MOST_UNREAD:
                connection.abort()

    def _accept(self, *args: Any, **kwargs: Any) -> Connection:
        connection = Connection(*args, **kwargs)
        self._accepted.add(connection)
        return connection

    async def _serve(self, accepted: ServerConnection) -> None:
        connection = cast(Connection, accepted)
        host = self._route(connection.path)
        if host is None:
            return
        session = self._sessions[connection] = host(connection)
        if self.mutes:
            self.mutes -= 1
            connection.silent = True
        connection.number = self._witness.connected()
        try:
            async for message in connection:
                self._witness.heard(message, connection.path, connection.number)
                session.receive(message)
        except ConnectionClosed:
            pass
        finally:
            del self._sessions[connection]
            session.closed()
            self._witness.disconnected()

    def _receive_request(
        self, connection: ServerConnection, request: Request
    ) -> Response | Awaitable[Response] | None:
        """Answer REST, unknown paths and what is to be refused; None lets the upgrade happen."""
        url = urlsplit(request.path)
        answer = time_answer(url.path, self._clock())
        if answer is not None:
            return respond(connection, 200, answer, _JSON)
        if self._route(url.path) is None:
            return respond(connection, 404, "404 page not found")
        if self.hangs:
            self.hangs -= 1
            return self._hang(connection)
        left, status, headers = self._refusals
        if left > 0:
            self._refusals = (left - 1, status, headers)
            return respond(connection, status, "refused", headers)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        refused = self._admit(cast(Connection, connection), url.path, query)
        return respond(connection, refused, "refused") if refused else None

    async def _hang(self, connection: ServerConnection) -> Response:
        """Answer only when nobody is there to read it any more."""
        cast(Connection, connection).heard = float("inf")
        await asyncio.wait([connection.connection_lost_waiter])
        return respond(connection, 503, "gone")
