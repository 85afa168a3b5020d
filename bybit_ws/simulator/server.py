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
from .rest import respond
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
        gone: Paths that are no longer served, and the HTTP status that says so.
        rest_delay: Seconds that every answer of REST takes.
    """

    def __init__(
        self,
        route: Callable[[str], Host | None],
        witness: Witness,
        ask: Callable[[str, Mapping[str, str]], str | Awaitable[str | None] | None],
        admit: Callable[[Connection, str, Mapping[str, str]], int | None] = lambda *_: None,
        idle_timeout: float = 300.0,
    ) -> None:
        self._route = route
        self._witness = witness
        self._ask = ask
        self._admit = admit
        self._idle_timeout = idle_timeout
        self._refusals = (0, 503, dict[str, str]())
        self._rest_refusals: tuple[float, int, str] = (0, 403, "")
        self._sessions: dict[Connection, Conversation] = {}
        self._accepted: WeakSet[Connection] = WeakSet()
        self.port = self.hangs = self.mutes = 0
        self.gone: dict[str, int] = {}
        self.rest_delay = 0.0

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

    def refuse_rest(self, count: float, status: int, text: str) -> None:
        """Answer the next ``count`` REST requests with this in place of what they ask for."""
        self._rest_refusals = (count, status, text)

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
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        answer = self._ask(url.path, query)
        if answer is not None and not isinstance(answer, str):
            self._witness.asked(request.path)
            return self._later(connection, answer)
        if answer is not None:
            self._witness.asked(request.path)
            return self._reply(connection, answer)
        if url.path in self.gone:
            return respond(connection, self.gone[url.path], "gone")
        if self._route(url.path) is None:
            return respond(connection, 404, "404 page not found")
        if self.hangs:
            self.hangs -= 1
            return self._hang(connection)
        left, status, headers = self._refusals
        if left > 0:
            self._refusals = (left - 1, status, headers)
            return respond(connection, status, "refused", headers)
        refused = self._admit(cast(Connection, connection), url.path, query)
        return respond(connection, refused, "refused") if refused else None

    def _reply(self, connection: ServerConnection, answer: str) -> Response | Awaitable[Response]:
        """Answer a REST request, now or after the delay."""
        left, status, text = self._rest_refusals
        if left > 0:
            self._rest_refusals = (left - 1, status, text)
            response = respond(connection, status, text)
        else:
            response = respond(connection, 200, answer, _JSON)
        return self._delay(connection, response) if self.rest_delay else response

    async def _later(self, connection: ServerConnection, answer: Awaitable[str | None]) -> Response:
        """Answer a REST request when the answer is there; None stands for a failure."""
        text = await answer
        return respond(connection, 503, "no answer") if text is None else respond(connection, 200, text, _JSON)

    async def _delay(self, connection: ServerConnection, response: Response) -> Response:
        """Answer late, or when nobody is there to read it any more."""
        await asyncio.wait([connection.connection_lost_waiter], timeout=self.rest_delay)
        return response

    async def _hang(self, connection: ServerConnection) -> Response:
        """Answer only when nobody is there to read it any more."""
        cast(Connection, connection).heard = float("inf")
        await asyncio.wait([connection.connection_lost_waiter])
        return respond(connection, 503, "gone")
