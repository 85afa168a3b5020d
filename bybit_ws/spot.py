"""The spot client. ``spot.WebSocket`` is pybit's name for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from ._arguments import check_callback
from ._backlog import AnyQueue
from ._client import Client
from ._dialects import _spot, spot_private, spot_v1, spot_v2
from ._party import Callback
from ._spot_private_streams import SpotPrivateStreams
from ._spot_v1_streams import SpotV1Streams
from ._spot_v2_streams import SpotV2Streams
from ._subscription import Subscription
from ._topics import PRIVATE, PUBLIC_V1, PUBLIC_V2, Socket, Topic, row_of
from .exceptions import ConfigurationError, WrongType

if TYPE_CHECKING:
    from ._orderbook import OrderBook

PUBLIC_V1_WSS = "wss://{SUBDOMAIN}.{DOMAIN}.com/spot/quote/ws/v1"
PUBLIC_V2_WSS = "wss://{SUBDOMAIN}.{DOMAIN}.com/spot/quote/ws/v2"
PRIVATE_WSS = "wss://{SUBDOMAIN}.{DOMAIN}.com/spot/ws"


class SpotWebSocket(SpotV1Streams, SpotV2Streams, SpotPrivateStreams, Client):
    """Bybit's spot streams: public V1, public V2 and private, each on a socket that is opened when first needed.

    All arguments are optional keywords. For example, until Ctrl-C:

        with SpotWebSocket(endpoint="ws://127.0.0.1:8765") as ws:
            ws.trade_v1_stream(print, ["BTCUSDT", "ETHUSDT"])
            ws.run_forever()
    """

    _SOCKETS: ClassVar[Mapping[Socket, Any]] = {PUBLIC_V1: spot_v1, PUBLIC_V2: spot_v2, PRIVATE: spot_private}

    def book(self, symbol: str, *, numbers: type[Any] = float) -> OrderBook:
        """Return the order book of a symbol, 200 levels a side, to be read at any time from any thread.

        Nothing is copied for each message, so a book costs next to nothing while nobody looks. It goes along with the
        stream's callbacks, whoever has them; the same call twice gives two books of the same stream.

        Args:
            symbol: Whose book, e.g. ``"BTCUSDT"``.
            numbers: What prices and quantities are: ``float``, or ``decimal.Decimal`` for the exchange's own figures
                exactly. What is computed of them (a spread, an average) is computed exactly and rounded once.

        Returns:
            An ``OrderBook``; ``.wait()`` waits for its first levels.

        Raises:
            ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
            ConnectionFailed: The socket could not be opened.
            InvalidState: The client is closed; or the same stream runs with ``merge=False`` or ``raw=True``, which
                keeps no book.
        """
        return self._book("diff_depth_v1", symbol, numbers)

    def custom_topic_stream(
        self, topic: Mapping[str, Any], callback: Callback | None, wss_url: str, *, queue: AnyQueue = None
    ) -> Subscription:
        """Subscribe with a request of your own, e.g. to a topic that only a sibling exchange has.

        Args:
            topic: The request; it goes out untouched. On the private socket, the name of an event.
            callback: Called with each message of that topic and those symbols.
            wss_url: ``PUBLIC_V1_WSS``, ``PUBLIC_V2_WSS`` or ``PRIVATE_WSS``; it only chooses the socket.
            queue: A queue and thread of its own, see ``Queue``.

        Raises:
            ConfigurationError: The request has no topic or symbol, or the URL is of no spot socket.
        """
        check_callback(callback)
        socket = _socket_of(wss_url)
        if socket is PRIVATE:
            name = topic if isinstance(topic, str) else _topic_of(topic)
            return self._subscribe(socket, Topic(name, name, (), row_of(socket, name)), ("",), callback, queue)
        name, symbols = _parts(topic)
        request = _text(topic)
        return self._subscribe(
            socket, Topic(name, topic["topic"], (), row_of(socket, topic["topic"]), request), symbols, callback, queue
        )


WebSocket = SpotWebSocket


def _socket_of(wss_url: str) -> Socket:
    path = urlsplit(wss_url).path if isinstance(wss_url, str) else None
    for socket in (PUBLIC_V1, PUBLIC_V2, PRIVATE):
        if path == socket.path:
            return socket
    raise ConfigurationError(f"wss_url must be one of bybit_ws.spot's *_WSS constants, not {wss_url!r}")


def _text(topic: Mapping[str, Any]) -> str:
    if topic.get("event", "sub") != "sub":
        raise ConfigurationError(f"the request does not subscribe: its event must be 'sub', not {topic['event']!r}")
    try:
        return json.dumps(topic)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the request is no JSON: {error}") from None


def _topic_of(topic: Any) -> str:
    if not isinstance(topic, Mapping):
        raise WrongType(f"topic must be a dict, the request as the exchange takes it, not {topic!r}")
    name = topic.get("topic")
    if not name or not isinstance(name, str):
        raise ConfigurationError(f"the request names no topic: {topic!r}")
    return name


def _parts(topic: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    name, params = _topic_of(topic), topic.get("params") or {}
    if not isinstance(params, Mapping):
        raise WrongType(f"the request's params must be a dict, not {params!r}")
    symbols = topic.get("symbol") or params.get("symbol")
    if not symbols or not isinstance(symbols, str):
        raise ConfigurationError(f"the request names no symbol: {topic!r}")
    return _spot.name_of(name, params), tuple(symbols.split(","))


def __getattr__(name: str) -> Any:
    if name == "HTTP":
        raise AttributeError("bybit_ws streams only and has no HTTP: for orders take pybit 5's (pybit.unified_trading)")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
