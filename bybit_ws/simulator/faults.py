"""What a test can do to clients: cut, close, silence, lose, refuse, and send what no exchange would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from .auth import Gate
from .connection import Connection
from .paths import LEGACY
from .runner import Runner
from .server import Server
from .session import Session, Venue
from .v5.books import BookChannel


class Faults:
    """The faults of an exchange, played on demand; every method may be called from any thread.

    Where a method takes ``path``, it means the connections open now on that path, or all of them.
    """

    _runner: Runner
    _server: Server
    _gate: Gate
    _venue: Venue

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    # -- the end of connections --------------------------------------------------------------------------

    def drop(self, path: str | None = None) -> None:
        """Cut TCP of all connections, or those on one path, without a close frame."""
        self._each(path, Connection.abort)

    def reset(self, path: str | None = None) -> None:
        """Cut TCP with a reset (RST), as a crashed machine or a firewall does; what was under way is lost.

        Args:
            path: The connections to cut; None for all.
        """
        self._each(path, Connection.reset)

    def close_with(self, code: int, reason: str = "", path: str | None = None) -> None:
        """Close connections with a close frame."""
        self._each(path, lambda connection: self._close(connection, code, reason))

    # -- what clients read -------------------------------------------------------------------------------

    def send(self, message: str | bytes, path: str | None = None) -> None:
        """Send any text (or bytes, as a binary frame) to clients."""
        self._each(path, lambda connection: connection.push(message))

    def send_raw(self, data: bytes, path: str | None = None) -> None:
        """Send bytes as they are, without a frame around them: cut frames, forged frames, garbage.

        Args:
            data: What goes out on TCP, or into TLS where the exchange serves that.
            path: The connections to send it on; None for all.
        """
        self._each(path, lambda connection: connection.push_raw(data))

    def go_silent(self, path: str | None = None) -> None:
        """Send nothing more on the connections open now, pongs neither, but keep TCP up."""
        self._each(path, lambda connection: setattr(connection, "silent", True))

    def speak(self, path: str | None = None) -> None:
        """End :meth:`go_silent`; what was lost stays lost."""
        self._each(path, lambda connection: setattr(connection, "silent", False))

    def lose(self, n: int, path: str | None = None) -> None:
        """Swallow the next ``n`` pushes of each connection, of whichever topics: the client sees a hole.

        Answers, pongs among them, are no pushes.

        Args:
            n: How many pushes; 0 ends an earlier loss.
            path: The connections that lose them; None for all.
        """
        self._each(path, lambda connection: setattr(connection, "losing", n))

    def stall(self, topic: str, symbol: str | None = None, path: str | None = None) -> None:
        """Swallow the pushes of one public stream, on each connection until its client subscribes to it again.

        Args:
            topic: The topic as it is subscribed: ``depth``, ``kline_1m``, ``orderBookL2_25``, ``klineV2.1``; on V5
                without its symbol, ``orderbook.50``, whose client has to unsubscribe first.
            symbol: Its symbol; None for all.
            path: The connections that lose them; None for all.
        """

        def stall(connection: Connection) -> None:
            session = self._server.session(connection)
            if isinstance(session, Session):
                session.stall(topic, symbol)

        self._each(path, stall)

    def restart_books(self) -> None:
        """Number the updates of every V5 order book from 1 again, as after a restart of the service."""

        def restart() -> None:
            for channel in self._venue.hub.channels():
                if isinstance(channel, BookChannel):
                    channel.restart()

        self._runner.call(restart)

    # -- what clients are refused ------------------------------------------------------------------------

    def refuse_connections(self, n: int, status: int = 503, headers: Mapping[str, str] | None = None) -> None:
        """Answer the next ``n`` upgrades with an HTTP status."""
        self._runner.call(lambda: self._server.refuse(n, status, headers))

    def hang_upgrades(self, n: int) -> None:
        """Leave the next ``n`` upgrade requests without an answer; TCP stays up until :meth:`stop`, or the client goes.

        Args:
            n: How many; 0 answers all from now on, not those that hang already.
        """
        self._runner.call(lambda: setattr(self._server, "hangs", n))

    def mute_connections(self, n: int) -> None:
        """Accept the next ``n`` connections and send nothing on them, as after :meth:`go_silent`.

        Args:
            n: How many; 0 ends it for those to come.
        """
        self._runner.call(lambda: setattr(self._server, "mutes", n))

    def refuse_auth(self, times: int | None = None) -> None:
        """Refuse the next ``times`` authentications, or all until :meth:`accept_auth`."""
        self._runner.call(lambda: self._gate.refuse(times))

    def accept_auth(self) -> None:
        """End :meth:`refuse_auth`."""
        self._runner.call(self._gate.accept)

    def refuse_topics(self, *topics: str) -> None:
        """Refuse subscriptions to these from now on, in the words of their socket; what is served goes on.

        Spot V1 sends an error that names nothing, V2 that or (where a symbol is named here) a reply with an error
        code, inverse and V5's public sockets refuse the whole request and name the one arg, V5's private socket
        names all args, those that it took and those that it refused.

        Args:
            *topics: Topics as they are subscribed, each alone (``kline_1m``, ``position``) for all its symbols, or
                with one (``depth.BTCUSDT``, ``orderBookL2_25.BTCUSD``, ``publicTrade.BTCUSDT``).
        """
        self._runner.call(lambda: self._venue.refused.update(topics))

    def accept_topics(self) -> None:
        """End :meth:`refuse_topics`."""
        self._runner.call(self._venue.refused.clear)

    # -- the legacy endpoints, and REST -------------------------------------------------------------------

    def retire(self, retired: bool = True, *, status: int = 404, drop: bool = True) -> None:
        """Switch the legacy sockets off, as in October 2023: only V5 goes on. Their REST clocks still answer.

        Args:
            retired: False brings them back.
            status: What their upgrades are answered with.
            drop: Cut the connections that are open on them; else they go on until they end.
        """

        def retire() -> None:
            self._server.gone = dict.fromkeys(LEGACY, status) if retired else {}
            for path in LEGACY if retired and drop else ():
                self.drop(path)

        self._runner.call(retire)

    def refuse_rest(self, n: int | None = None, status: int = 403, text: str = "access too frequent") -> None:
        """Answer the next ``n`` REST requests with something else than what they ask for.

        Args:
            n: How many; None for all, until this is called with 0.
            status: The HTTP status: 403 is how Bybit blocks an address. With 200, ``text`` is taken for the answer.
            text: The body.
        """
        self._runner.call(lambda: self._server.refuse_rest(float("inf") if n is None else n, status, text))

    def slow_rest(self, seconds: float) -> None:
        """Let every REST request wait for its answer, in real seconds; 0 ends it."""
        self._runner.call(lambda: setattr(self._server, "rest_delay", seconds))

    def _close(self, connection: Connection, code: int, reason: str) -> None:
        connection.silent = False
        task = asyncio.get_running_loop().create_task(connection.close(code, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _each(self, path: str | None, action: Callable[[Connection], None]) -> None:
        def act() -> None:
            for connection in self._server.open(path):
                action(connection)

        self._runner.call(act)
