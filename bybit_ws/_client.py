"""What the two clients share: options, sockets opened when first needed, and streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, ClassVar

from . import _places
from ._arguments import Symbols, check_callback, check_numbers, elsewhere, one_symbol_of, symbols_of, topic_of
from ._backlog import AnyQueue, queue_of
from ._cell import of_this_cell
from ._connection import Connection
from ._guarded import show_trace
from ._lifetime import Lifetime
from ._login import Login
from ._options import Endpoint, Options
from ._party import Callback
from ._reporter import Reporter
from ._sockets import Sockets
from ._streams import Stream
from ._subscription import Subscription
from ._topics import ACCOUNT, BY_STREAM, PRIVATE, REALTIME, Socket, Topic
from ._voice import V5, Voice, check_served
from .events import Event
from .exceptions import ConfigurationError, InvalidState

if TYPE_CHECKING:
    from ._orderbook import OrderBook


class Client(Lifetime):
    """The base of ``SpotWebSocket`` and ``InverseWebSocket``."""

    _URL_AUTH: ClassVar[bool] = False
    _SUBSCRIPTION: ClassVar[type[Subscription]] = Subscription

    def __init__(
        self,
        *,
        test: bool = False,
        domain: str = "bybit",
        api_key: str | None = None,
        api_secret: str | None = None,
        ping_interval: float = 20,
        ping_timeout: float | None = 10,
        retries: int = 10,
        restart_on_error: bool = True,
        open_timeout: float = 10,
        trace_logging: bool = False,
        endpoint: Endpoint = None,
        on_event: Callable[[Event], Any] | None = None,
        auth: str = "message",
        binary: bool = False,
        http_proxy_host: str | None = None,
        http_proxy_port: int | str | None = None,
        sslopt: Mapping[str, Any] | None = None,
        queue: AnyQueue = None,
        api: str = "auto",
    ) -> None:
        """Construct a client; no I/O is done.

        Args:
            test: Use the exchange's test network.
            domain: The exchange's domain, ``"bybit"`` or ``"bytick"``, or a regional one such as ``"bybit-tr"`` or
                ``"bybit.kz"``.
            api_key: Your key; needed for private streams only.
            api_secret: Its secret. It is never shown.
            ping_interval: Seconds between heartbeats.
            ping_timeout: Seconds of silence beyond ``ping_interval`` that mean a dead socket; None for never.
            retries: Attempts to make a socket's first connection before the call raises; 0 for ever. A socket
                that has been up is reconnected for ever, with growing, random delays of 30 s at most.
            restart_on_error: False to never reconnect.
            open_timeout: Seconds for one attempt to connect and authenticate.
            trace_logging: Log every frame of this client, secrets removed, to the logger ``bybit_ws.trace``.
            endpoint: Where to connect instead: a URL such as ``"ws://127.0.0.1:8765"`` replaces scheme and host;
                a mapping from socket to whole URL replaces the paths as well.
            on_event: Called with what happens besides data, see ``bybit_ws.events``.
            auth: How to authenticate: ``"message"``, or on inverse also ``"url"``.
            binary: Ask for compressed frames (spot V1 only).
            http_proxy_host: An HTTP proxy to connect through.
            http_proxy_port: Its port.
            sslopt: TLS options as websocket-client takes them, e.g. ``{"ca_certs": "ca.pem"}``.
            queue: None to run callbacks on the thread that reads the socket; or a ``Queue``, or the name of its
                policy (``"block"``, ``"drop_oldest"``, ``"latest"``, ``"raise"``), to run those of a socket on
                another thread. Every stream call takes ``queue=`` too, for a queue and thread of its own.
            api: ``"legacy"`` speaks the documented protocol, ``"v5"`` today's, whose messages are translated to the
                documented shape; ``"auto"`` asks the documented endpoint first, and where that is gone goes on over
                V5 on the same host (``Retired``), as does the rest of this process then.

        Raises:
            ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
        """
        self._options = Options(
            test=test,
            domain=domain or "bybit",
            api_key=api_key,
            api_secret=api_secret,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            retries=retries,
            restart_on_error=restart_on_error,
            open_timeout=open_timeout,
            trace_logging=trace_logging,
            endpoint=dict(endpoint) if isinstance(endpoint, Mapping) else endpoint,
            on_event=on_event,
            auth=auth,
            binary=binary,
            http_proxy_host=http_proxy_host,
            http_proxy_port=http_proxy_port,
            sslopt=sslopt,
            queue=queue_of(queue),
            api=api,
        )
        self._options.check(tuple(self._SOCKETS), self._URL_AUTH)
        super().__init__(Reporter(of_this_cell(on_event)), Sockets(self._make))
        if trace_logging:
            show_trace()

    if not TYPE_CHECKING:  # else every name would pass for an attribute

        def __getattr__(self, name: str) -> Any:
            if name.endswith("_stream"):
                told = elsewhere(name, "inverse" if REALTIME in self._SOCKETS else "spot")
                if told:
                    raise AttributeError(told)
            return object.__getattribute__(self, name)  # raises as ever

    # -- streams -----------------------------------------------------------------------------------------

    def _stream(
        self,
        stream: str,
        callback: Callback | None,
        symbols: Symbols = None,
        symbol: Symbols = None,
        value: Any = None,
        merge: bool = True,
        copy: bool = True,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Subscribe to one of the documented streams."""
        row = BY_STREAM[stream]
        check_callback(callback)
        wanted = symbols_of(row, symbols, symbol) if row.symbols else ("",)
        topic = topic_of(row, value)
        if raw:
            topic = replace(topic, raw=True)
        return self._subscribe(row.socket, topic, wanted, callback, queue, merge, copy)

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
        own = queue_of(queue)
        connection = self._serving(socket, topic)
        subscription = self._SUBSCRIPTION(topic, symbols, connection, own or self._options.queue)
        called = of_this_cell(callback)
        streams = [Stream(topic, symbol, called, subscription, merge, copy) for symbol in symbols]
        if callback is None:
            for stream in streams:
                subscription.pulled(stream)
        connection.subscribe(streams, own)
        return subscription

    def _beside(
        self, stream: str, symbols: Symbols = None, value: Any = None, queue: AnyQueue = None, pull: bool = True
    ) -> Subscription:
        """Have a part in a stream without taking its callback from anybody, before or after.

        Args:
            stream: A documented stream.
            symbols: As the stream's method takes them.
            value: Its interval or scale.
            queue: How many messages wait to be pulled, and what happens beyond.
            pull: Let messages wait; False where it is enough that the stream runs.

        Raises:
            InvalidState: The stream runs with ``merge=False`` or ``raw=True``.
        """
        row = BY_STREAM[stream]
        wanted = symbols_of(row, symbols) if row.symbols else ("",)
        topic = topic_of(row, value)
        connection = self._serving(row.socket, topic)
        subscription = self._SUBSCRIPTION(topic, wanted, connection, queue_of(queue))
        streams = [Stream(topic, symbol, None, subscription, True, pull, beside=True) for symbol in wanted]
        if pull:
            for one in streams:
                subscription.pulled(one)
        connection.subscribe(streams)
        return subscription

    def _book(self, stream: str, symbol: str, numbers: type[Any]) -> OrderBook:
        """Return the book that a merged stream keeps."""
        from ._orderbook import OrderBook  # here, because most scripts do without, and it loads decimals

        row = BY_STREAM[stream]
        wanted = one_symbol_of(row, symbol)

        def join(pull: bool = True) -> Subscription:
            return self._beside(stream, wanted, pull=pull)

        check_numbers(numbers)
        feed = join(pull=False)
        vitals, key = self._connection(row.socket).vitals, (feed.topic, wanted)
        return OrderBook(
            wanted, lambda known: vitals.levels(key, known), feed, join, numbers=numbers, inverse=row.merge == "levels"
        )

    def _serving(self, socket: Socket, topic: Topic) -> Connection:
        """Return the connection that serves a topic, ready once."""
        self._check_private(socket, topic)
        if self._options.api != "auto":
            check_served(topic, self._options.api)
        connection = self._connection(socket, topic.private)
        check_served(topic, connection.voice.api)
        return connection

    def _check_private(self, socket: Socket, topic: Topic) -> None:
        row = topic.row
        if (socket is PRIVATE or topic.private) and self._options.credentials is None:
            name = row.method if row else topic.name
            raise ConfigurationError(f"{name} is private: construct the client with api_key and api_secret")

    def _connection(self, socket: Socket, private: bool = False) -> Connection:
        """Return a socket's connection, ready once; the first call opens it."""
        apart = private and socket is REALTIME
        opened = self._sockets.opened().get(socket)
        voice = Voice(self._options, socket) if opened is None else opened.voice
        if apart and voice.api == V5:
            return self._sockets.connection(ACCOUNT)
        connection = self._sockets.connection(socket)
        return self._sockets.connection(ACCOUNT) if apart and connection.voice.api == V5 else connection

    def _move(self, streams: list[Stream], newer: bool) -> None:
        """Let another socket serve private streams: V5 has one of its own for them."""
        owners = dict.fromkeys(owner for stream in streams for owner in stream.owners)
        try:
            connection = self._sockets.begin(ACCOUNT)
        except InvalidState:  # closed meanwhile
            for owner in owners:
                owner.ended(None)
            return
        connection.adopt(streams, newer)
        for owner in owners:
            if isinstance(owner, Subscription):
                owner.moved(connection)

    def _make(self, socket: Socket, on_end: Callable[[], None]) -> Connection:
        login = self._login(socket)
        give_back = _places.take(socket, login.voice.url)  # raises where there is none, before any I/O

        def end() -> None:
            give_back()
            on_end()

        connection = Connection(
            socket, self._SOCKETS[socket], self._options, login, self._reporter, end, self._on_pong, self._move
        )
        self._attach(socket, connection)
        return connection

    def _login(self, socket: Socket) -> Login:
        return Login(socket, self._options, required=True)

    def _on_pong(self) -> None:
        """A ping that the user asked for was answered."""
