"""The embedded exchange: what a program or a test holds in its hands."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TypeVar

from .auth import Gate
from .channels import Hub
from .connection import Connection
from .faults import Faults
from .inverse import Inverse
from .inverse_channels import keep_books
from .market import Market
from .paths import REALTIME, SPOT_PRIVATE, SPOT_V1, SPOT_V2, V5_INVERSE, V5_PRIVATE, V5_SPOT
from .pump import Pump
from .rest import time_answer
from .runner import Runner
from .server import Host, Server
from .session import Session, Venue
from .spot_private import SpotPrivate
from .spot_v1 import SpotV1
from .spot_v2 import SpotV2
from .truth import Truth
from .v5.private import V5Private
from .v5.public import V5Inverse, V5Spot
from .v5.rest import Rest
from .witness import Received, Witness

T = TypeVar("T")


class Exchange(Faults):
    """A local exchange that speaks the legacy spot and inverse protocols, and V5, all of one market.

    Use it as a context manager, or call :meth:`start` and :meth:`stop`. All methods are
    thread-safe; after the end no thread and no socket is left.

    Args:
        port: Port to listen on; 0 takes a free one, and keeps it over a restart.
        seed: The same seed gives the same order flow; None gives a new one each time.
        speed: How many market seconds pass in a second.
        credentials: ``{key: secret}`` to check signatures against; None takes any key pair.
        host: Address to listen on.
        ssl_context: Serve wss:// and https:// with it.
        ack_v1: Acknowledge spot V1 commands, as documented but never seen on the wire.
        idle_timeout: Seconds without a client's frame after which a connection is cut.
        clock_offset: Seconds by which the exchange's clock differs from this machine's.
        server_ping_interval: Market seconds between the JSON pings of the spot private socket.
        count_deltas: Number the deltas of spot V1's diffDepth in ``o``, as exchanges do that run the same engine:
            one more each per symbol, over re-subscriptions too; 0 on snapshots. Bybit itself always said 0.
        v5_wallet: Whose balances V5's ``wallet`` shows: ``"spot"``, ``"inverse"``, or ``""`` for the sum, as a Unified
            account has it. None: of the category whose private topics a client subscribed, the sum with both or none.
        retired: Begin as after :meth:`retire`: V5 only.
    """

    def __init__(
        self,
        port: int = 0,
        seed: int | str | None = None,
        speed: float = 1.0,
        credentials: Mapping[str, str] | None = None,
        *,
        host: str = "127.0.0.1",
        ssl_context: ssl.SSLContext | None = None,
        ack_v1: bool = False,
        idle_timeout: float = 300.0,
        clock_offset: float = 0.0,
        server_ping_interval: float = 30.0,
        count_deltas: bool = False,
        v5_wallet: str | None = None,
        retired: bool = False,
    ) -> None:
        super().__init__()
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed!r}")
        self.clock_offset = clock_offset
        self._host, self._port, self._ssl = host, port, ssl_context
        self._speed = speed
        self._ping_every = server_ping_interval / speed
        self._market = Market(seed, int(time.time() * 1000))
        self._market.v5_wallet = v5_wallet
        self._gate = Gate(credentials, self._clock)
        self._venue = Venue(self._market, Hub(), self._gate, self._clock, ack_v1)
        self._venue.deltas = {} if count_deltas else None
        self._witness = Witness()
        self._rest = Rest(self._market, self._clock)
        self._server = Server(self._route, self._witness, self._ask, self._admit, idle_timeout)
        self._runner = Runner("bybit_ws simulator")
        self._pump = self._make_pump()
        self.truth = Truth(self._market, self._runner.call)
        if retired:
            self.retire()

    def start(self) -> Exchange:
        """Listen, and let the market move; an OSError tells that the port cannot be had."""
        if self._runner.running:
            raise RuntimeError("the exchange is running already")
        self._market.resume_at(int(time.time() * 1000))
        self._venue.hub = Hub()
        self._pump = self._make_pump()
        self._runner.start(self._main)
        return self

    def stop(self) -> None:
        """Close every connection and end the thread; safe to call twice."""
        self._runner.stop()

    def __repr__(self) -> str:
        return f"<Exchange {self.url if self._port else 'not started'}>"

    def __enter__(self) -> Exchange:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base address for websockets, without a path."""
        if not self._port:
            raise RuntimeError("the exchange has no address yet: use it in a with statement, or call start() first")
        return f"{'wss' if self._ssl else 'ws'}://{self._host}:{self._port}"

    @property
    def http_url(self) -> str:
        """The base address for REST."""
        return f"{'https' if self._ssl else 'http'}://{self._host}:{self._port}"

    @property
    def received(self) -> list[Received]:
        """What clients sent, in order, pings and authentications included."""
        return self._witness.received

    @property
    def requests(self) -> list[str]:
        """What clients asked REST for, in order: paths with their queries, also of what was refused."""
        return self._witness.requests

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._witness.open

    @property
    def connections_made(self) -> int:
        """How many upgrades were accepted in total."""
        return self._witness.made

    @property
    def subscriptions(self) -> dict[int, list[tuple[str, str]]]:
        """What is subscribed, by the number of the connection: pairs of topic and symbol, as the wire has them.

        V5's public topics are parted at the last dot, ``("orderbook.50", "BTCUSD")`` or ``("insurance", "inverse")``;
        its private ones are whole and without a symbol, ``("order.spot", "")``.
        """

        def ask() -> dict[int, list[tuple[str, str]]]:
            sessions = [one for one in self._server.sessions() if isinstance(one, Session)]
            return {session.connection.number: session.subscriptions for session in sessions}

        return self._runner.call(ask)

    def wait_for(self, predicate: Callable[[], bool], timeout: float = 5.0) -> bool:
        """Wait until ``predicate()`` is true; False at the timeout."""
        return self._witness.wait_for(predicate, timeout)

    def pause(self) -> None:
        """Stop the market; what is pending is still pushed."""
        self._runner.call(lambda: setattr(self._pump, "paused", True))

    def resume(self) -> None:
        """Let the market move on, from the present time."""

        def resume() -> None:
            self._market.resume_at(int(time.time() * 1000))
            self._pump.paused = False

        self._runner.call(resume)

    def _clock(self) -> float:
        return time.time() + self.clock_offset

    def _make_pump(self) -> Pump:
        return Pump(self._market, self._venue.hub, self._speed, self._keep_house)

    async def _main(self, stopping: asyncio.Event) -> None:
        keep_books(self._venue.hub, self._market)
        async with self._server.listening(self._host, self._port, self._ssl):
            self._port = self._server.port
            pump = asyncio.create_task(self._pump.run())
            self._runner.ready()
            waiting = asyncio.create_task(stopping.wait())
            await asyncio.wait({pump, waiting}, return_when=asyncio.FIRST_COMPLETED)
            for task in (pump, waiting):
                task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pump

    def _keep_house(self, now: float) -> None:
        self._server.close_idle(now)
        for session in self._server.sessions():
            if isinstance(session, SpotPrivate):
                session.remind(now, self._ping_every)

    def _route(self, path: str) -> Host | None:
        venue = self._venue
        routes: dict[str, Host] = {
            SPOT_V1: lambda connection: SpotV1(connection, venue),
            SPOT_V2: lambda connection: SpotV2(connection, venue),
            SPOT_PRIVATE: lambda connection: SpotPrivate(connection, venue),
            REALTIME: lambda connection: Inverse(connection, venue, connection.authenticated),
            V5_SPOT: lambda connection: V5Spot(connection, venue),
            V5_INVERSE: lambda connection: V5Inverse(connection, venue),
            V5_PRIVATE: lambda connection: V5Private(connection, venue),
        }
        return routes.get(path)

    def _ask(self, path: str, query: Mapping[str, str]) -> str | None:
        return time_answer(path, self._clock()) or self._rest.answer(path, query)

    def _admit(self, connection: Connection, path: str, query: Mapping[str, str]) -> int | None:
        """Check credentials in the query: inverse only, 401 when bad (wire-legacy section 4)."""
        if path != REALTIME or "api_key" not in query:
            return None
        args = [query["api_key"], query.get("expires"), query.get("signature")]
        connection.authenticated = self._gate.check(args) is None
        return None if connection.authenticated else 401
