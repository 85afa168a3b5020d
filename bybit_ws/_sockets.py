"""The sockets of one client: opened when first needed, forgotten where they never came to be, ended together."""

from __future__ import annotations

import threading
import time
from typing import Callable

from ._connection import Connection
from ._topics import Socket
from ._waiting import wait_for
from .exceptions import InvalidState

CLOSE_WAIT = 5.0
"""Seconds that ``close`` waits for running callbacks, all sockets together."""


class Sockets:
    """The connections of a client, from any thread.

    Args:
        make: Constructs the connection of a socket; the second argument is to be called when it is over.

    Attributes:
        closed: The client was closed.
    """

    def __init__(self, make: Callable[[Socket, Callable[[], None]], Connection]) -> None:
        self.closed = False
        self._make = make
        self._connections: dict[Socket, Connection] = {}
        self._ending: list[Connection] = []
        self._changed = threading.Condition()

    def opened(self) -> dict[Socket, Connection]:
        """Return those that were needed so far."""
        with self._changed:
            return dict(self._connections)

    def connection(self, socket: Socket) -> Connection:
        """Return a socket's connection, ready once; the first call opens it.

        Raises:
            BybitWebSocketError: It could not be opened, or is over for good.
        """
        with self._changed:
            self._check_open()
            connection = self._connections.get(socket)
            if connection is not None and connection.failure is not None:
                raise connection.failure
            if connection is None:
                connection = self._connections[socket] = self._make(socket, self._ended)
                connection.start()
        try:
            connection.wait_ready()
        except BaseException:
            self._forget(connection)
            raise
        return connection

    def begin(self, socket: Socket) -> Connection:
        """Return a socket's connection without waiting for it; one that is new tries for ever.

        Raises:
            InvalidState: The client is closed.
        """
        with self._changed:
            self._check_open()
            connection = self._connections.get(socket)
            if connection is None or connection.failure is not None:
                connection = self._connections[socket] = self._make(socket, self._ended)
                connection.persist()
                connection.start()
        return connection

    def close(self) -> bool:
        """End them all; return False where a callback of theirs asked for it, which is not waited for."""
        with self._changed:
            self.closed = True
            connections = [*self._connections.values(), *self._ending]
            self._changed.notify_all()
        for connection in connections:
            connection.stop()
        if any(connection.mine for connection in connections):
            return False
        end = time.monotonic() + CLOSE_WAIT
        for connection in connections:
            connection.join(end)
        return True

    def join(self, timeout: float | None) -> bool:
        """Wait until the client is closed, or raise what ended a socket for good; False at the timeout."""
        return wait_for(self._changed, self._over, timeout)

    def _over(self) -> bool:
        for connection in self._connections.values():
            if connection.failure is not None:
                raise connection.failure
        return self.closed

    def _check_open(self) -> None:
        if self.closed:
            raise InvalidState("the client is closed: make a new one")

    def _forget(self, connection: Connection) -> None:
        """Drop a connection that never came to be, so that the next call tries anew."""
        connection.stop()
        with self._changed:
            if self._connections.get(connection.socket) is connection:
                del self._connections[connection.socket]
                self._ending = [one for one in self._ending if one.alive] + [connection]

    def _ended(self) -> None:
        with self._changed:
            self._changed.notify_all()
