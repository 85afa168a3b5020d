"""The inverse client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ._arguments import check_callback, check_depth
from ._backlog import AnyQueue
from ._client import Client
from ._dialects import inverse
from ._inverse_streams import InversePrivateStreams, InversePublicStreams
from ._party import Callback
from ._subscription import Subscription
from ._topics import ACCOUNT, ALL, REALTIME, Socket, Topic, row_of
from .exceptions import ConfigurationError, WrongType

if TYPE_CHECKING:
    from ._orderbook import OrderBook

_TOPIC = re.compile(r"[\w-]+(\.[\w-]+)*(\.(\*|[\w-]+(\|[\w-]+)+))?")

WSS = "wss://{SUBDOMAIN}.{DOMAIN}.com/realtime"


class InverseWebSocket(InversePublicStreams, InversePrivateStreams, Client):
    """Bybit's inverse streams, public and private, on one socket that is opened when first needed.

    All arguments are optional keywords. Keys, where given, are used when the socket
    connects, also for public streams. For example, until Ctrl-C:

        with InverseWebSocket(endpoint="ws://127.0.0.1:8765") as ws:
            ws.orderbook_25_stream(print, "BTCUSD")
            ws.run_forever()
    """

    _SOCKETS: ClassVar[Mapping[Socket, Any]] = {REALTIME: inverse, ACCOUNT: inverse}
    _URL_AUTH: ClassVar[bool] = True

    def custom_topic_stream(self, topic: str, callback: Callback | None, *, queue: AnyQueue = None) -> Subscription:
        """Subscribe to a topic as the wire spells it.

        Args:
            topic: E.g. ``"trade.BTCUSD|ETHUSD"``, ``"klineV2.1.*"`` or ``"position"``.
            callback: Called with each message of it, merged where its documented stream is merged.
            queue: A queue and thread of its own, see ``Queue``.

        Raises:
            ConfigurationError: It is not spelt like a topic.
        """
        return self._custom(topic, callback, queue)

    def book(self, symbol: str, depth: int = 25, *, numbers: type[Any] = float) -> OrderBook:
        """Return the order book of a symbol, to be read at any time from any thread.

        Nothing is copied for each message, so a book costs next to nothing while nobody looks. It goes along with the
        stream's callbacks, whoever has them; the same call twice gives two books of the same stream.

        Args:
            symbol: Whose book, e.g. ``"BTCUSD"``.
            depth: Levels a side: 25, or 200, which the exchange sends every 100 ms.
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
        check_depth(depth)
        return self._book(f"orderbook_{depth}", symbol, numbers)

    def _custom(
        self, topic: str, callback: Callback | None, queue: AnyQueue = None, merge: bool = True
    ) -> Subscription:
        check_callback(callback)
        if not isinstance(topic, str):
            raise WrongType(f"topic must be a str such as 'trade.BTCUSD', not {topic!r}")
        if not _TOPIC.fullmatch(topic):
            raise ConfigurationError(f"topic must be such as 'trade.BTCUSD|ETHUSD' or 'trade.*', not {topic!r}")
        row = row_of(REALTIME, topic)
        if row is not None and row.wildcard:  # the bare name of a public topic means all symbols
            topic = f"{topic}.{ALL}"
        name, symbols = inverse.split(topic)
        return self._subscribe(
            REALTIME, Topic(name, name, (), row_of(REALTIME, name)), tuple(symbols.split("|")), callback, queue, merge
        )


WebSocket = InverseWebSocket
