"""``BybitWebsocket``: the class of the exchange's own first client, from which data is pulled.

https://bybit-exchange.github.io/docs/inverse/#t-websocket
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from ._login import Login
from ._topics import REALTIME, ROWS, Socket
from ._voice import V5
from .inverse import InverseWebSocket

logger = logging.getLogger("bybit_ws")

CAPACITY = 200
"""Payloads kept of a topic; where one more comes, the oldest half goes."""

PRIVATE = frozenset(row.wire for row in ROWS if row.private and row.socket is REALTIME)


class BybitWebsocket:
    """Collects what it is subscribed to, until ``get_data`` takes it. Unlike the original it survives drops.

    Connects when constructed. Keys that the exchange refuses leave the public topics working.

    Args:
        wsURL: The whole URL, e.g. ``"ws://127.0.0.1:8765/realtime"``.
        api_key: Your key; None for public topics.
        api_secret: Its secret.

    Raises:
        ConfigurationError: The URL is none, or one of key and secret is missing.
        ConnectionFailed: The connection could not be made.
    """

    def __init__(
        self, wsURL: str, api_key: str | None = None, api_secret: str | None = None
    ) -> None:
        self._data: dict[str, list[Any]] = {}
        self._lock = threading.Lock()
        self._client = _PullClient(
            self, endpoint={"realtime": wsURL}, api_key=api_key, api_secret=api_secret, retries=5
        )
        self._client.open()

    def subscribe_trade(self) -> None:
        """Collect the trades of all symbols: ``get_data("trade.BTCUSD")``."""
        self._subscribe("trade.*")

    def subscribe_insurance(self) -> None:
        """Collect the insurance funds of all coins: ``get_data("insurance.BTC")``."""
        self._subscribe("insurance.*")

    def subscribe_orderBookL2(self, symbol: str) -> None:
        """Collect one order book as it comes, a snapshot and then deltas: ``get_data("orderBookL2_25.BTCUSD")``."""
        self._subscribe(f"orderBookL2_25.{symbol}")

    def subscribe_instrument_info(self, symbol: str) -> None:
        """Collect one instrument's record and its changes: ``get_data("instrument_info.100ms.BTCUSD")``."""
        self._subscribe(f"instrument_info.100ms.{symbol}")

    def subscribe_kline(self, symbol: str, interval: str) -> None:
        """Collect candles: ``get_data("klineV2.1.BTCUSD")``."""
        self._subscribe(f"klineV2.{interval}.{symbol}")

    def subscribe_position(self) -> None:
        """Collect positions: ``get_data("position")``."""
        self._subscribe("position")

    def subscribe_execution(self) -> None:
        """Collect fills: ``get_data("execution")``."""
        self._subscribe("execution")

    def subscribe_order(self) -> None:
        """Collect orders: ``get_data("order")``."""
        self._subscribe("order")

    def get_data(self, topic: str) -> Any:
        """Take the newest payload of a topic.

        Args:
            topic: E.g. ``"trade.BTCUSD"``, ``"position"`` or ``"pong"``.

        Returns:
            The message's ``data``, unmerged; ``[]`` where there is none, the topic is unknown, or it is private
            and the exchange has not accepted the keys.
        """
        if topic in PRIVATE and not self._client.authenticated:
            return []
        with self._lock:
            kept = self._data.get(topic)
            return kept.pop() if kept else []

    def ping(self) -> None:
        """Ask the exchange for a sign of life: its answer is one entry of ``get_data("pong")``."""
        self._client.ping()

    def exit(self) -> None:
        """Close the connection; what was collected can still be taken."""
        self._client.close()

    def collect(self, topic: str, payload: Any) -> None:
        """Keep a payload (called by the connection)."""
        with self._lock:
            kept = self._data.setdefault(topic, [])
            kept.append(payload)
            if len(kept) > CAPACITY:
                del kept[: CAPACITY // 2]

    def _subscribe(self, topic: str) -> None:
        if topic in PRIVATE and not self._client.authenticated:
            logger.warning("%s is private, and the exchange has not accepted any keys", topic)
            return
        self._client.collect(topic)


class _PullClient(InverseWebSocket):
    def __init__(self, owner: BybitWebsocket, **options: Any) -> None:
        super().__init__(**options)
        self._owner = owner

    @property
    def authenticated(self) -> bool:
        return self._last_login.accepted

    def open(self) -> None:
        connection = self._connection(REALTIME)
        if connection.voice.api == V5 and self._options.credentials is not None:
            self._connection(REALTIME, private=True)

    def collect(self, topic: str) -> None:
        self._custom(topic, lambda message: self._owner.collect(message["topic"], message["data"]), merge=False)

    def ping(self) -> None:
        self._connection(REALTIME).ping(own=True)

    def _login(self, socket: Socket) -> Login:
        self._last_login = Login(socket, self._options, required=False)
        return self._last_login

    def _on_pong(self) -> None:
        self._owner.collect("pong", "PING success")
