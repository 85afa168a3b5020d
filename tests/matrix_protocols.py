"""The columns of the fault matrix: what is listened to, over which protocol, and how the exchange names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bybit_ws import InverseWebSocket, SpotWebSocket

V5_PRIVATE = "/v5/private"


@dataclass(frozen=True)
class Want:
    """One stream and how it is to be compared with the exchange's own state, where it tells a state.

    Attributes:
        v5: The V5 topics that it is made of, without a symbol.
        rest: REST is asked at every subscription over V5.
    """

    method: str
    topic: str
    v5: tuple[str, ...]
    symbols: tuple[str, ...] = ("",)
    arguments: tuple[Any, ...] = ()
    levels: int = 0
    record: bool = False
    rest: bool = False

    def slots(self, symbol: str) -> set[tuple[str, str]]:
        """Return what the exchange is subscribed to over V5 for one of the symbols."""
        return {(topic, symbol) for topic in self.v5}


@dataclass(frozen=True)
class Protocol:
    """A column of the matrix.

    Attributes:
        path: Where the documented protocol is spoken.
        rows: The only faults that are played; all that make sense where there are none.
    """

    name: str
    path: str
    client: Any
    wants: tuple[Want, ...]
    extra: Want | None
    keys: bool = False
    tls: bool = False
    proxy: bool = False
    v5: bool = False
    rows: frozenset[str] = frozenset()

    @property
    def v5_path(self) -> str:
        """Return where V5's public topics are."""
        return f"/v5/public/{'inverse' if self.client is InverseWebSocket else 'spot'}"

    @property
    def symbols(self) -> tuple[str, ...]:
        """Return all symbols that matter to any of its streams."""
        return (_MORE if self.client is InverseWebSocket else _MORE_V1).symbols


def _spot(method: str, topic: str, v5: str, *arguments: Any, **more: Any) -> Want:
    return Want(method, topic, (v5,), ("BTCUSDT", "ETHUSDT"), arguments, **more)


def _inverse(method: str, topic: str, v5: str, **more: Any) -> Want:
    return Want(method, topic, (v5,), ("BTCUSD", "ETHUSD"), **more)


_V1 = (
    _spot("diff_depth_v1_stream", "diffDepth", "orderbook.200", levels=200),
    _spot("depth_v1_stream", "depth", "orderbook.200", levels=200),
    _spot("trade_v1_stream", "trade", "publicTrade", rest=True),
    _spot("kline_v1_stream", "kline_1m", "kline.1", "1m"),
)
_V2 = (
    _spot("depth_v2_stream", "depth", "orderbook.50", levels=40),
    _spot("trade_v2_stream", "trade", "publicTrade"),
    _spot("book_ticker_v2_stream", "bookTicker", "orderbook.1"),
)
_ACCOUNT = (
    Want("outbound_account_info_stream", "outboundAccountInfo", ("wallet",)),
    Want("execution_report_stream", "executionReport", ("order.spot", "execution.spot")),
    Want("stop_execution_report_stream", "stop_executionReport", ("order.spot",)),
    Want("ticket_info_stream", "ticketInfo", ("execution.spot",)),
)
_PUBLIC = (
    _inverse("orderbook_25_stream", "orderBookL2_25", "orderbook.50", levels=25),
    _inverse("orderbook_200_stream", "orderBook_200.100ms", "orderbook.200", levels=200),
    _inverse("instrument_info_stream", "instrument_info.100ms", "tickers", record=True, rest=True),
    _inverse("trade_stream", "trade", "publicTrade"),
)
_PRIVATE = (
    Want("position_stream", "position", ("position.inverse", "wallet", "order.inverse", "execution.inverse")),
    Want("execution_stream", "execution", ("execution.inverse",)),
    Want("order_stream", "order", ("order.inverse", "execution.inverse")),
    Want("stop_order_stream", "stop_order", ("order.inverse",)),
    Want("wallet_stream", "wallet", ("wallet",)),
)
_BOTH = (_PUBLIC[0], *_PRIVATE)
_MORE_V1 = Want("realtimes_v1_stream", "realtimes", ("tickers",), ("BTCUSDT", "ETHUSDT", "LTCUSDT"))
_MORE_V2 = Want("realtimes_v2_stream", "realtimes", ("tickers",), ("BTCUSDT", "ETHUSDT", "LTCUSDT"))
_MORE = Want("kline_stream", "klineV2.1", ("kline.1",), ("BTCUSD", "ETHUSD", "EOSUSD"), ("1",))

# Of what is the same for every protocol one column tells enough; these others are for what differs.
_STREAMS = {"drop", "one refused among good", "refused at resubscribe", "deltas are lost", "a stream stalls"}
_STREAMS |= {"an update is skipped", "books are numbered anew", "REST refused", "REST hangs", "all symbols, unlisted"}
_CALLS = {"flaps", "exchange is away", "nonsense messages", "callback raises"}
_LOGINS = {"drop", "auth refused once", "auth refused for a while", "deltas are lost", "clock jumps back"}
_LOGINS |= {"mute after reconnect", "flaps", "exchange restarts"}
_MORE_INVERSE = {"TCP reset", "half-open", "byte by byte", "HTTP 403", "clock jumps ahead", "slow callback"}
_MORE_LOGINS = {"nonsense messages", "byte by byte", "HTTP 503", "clock jumps ahead", "slow callback"}
_MORE_LOGINS |= {"callback raises"}
_LINES = {"drop", "TLS certificate changes", "REST refused", "REST hangs", "exchange restarts", "black hole"}

_V1_PATH, _V2_PATH = "/spot/quote/ws/v1", "/spot/quote/ws/v2"

_V5_ACCOUNT = Protocol(
    "V5 acct", "/spot/ws", SpotWebSocket, _ACCOUNT, None, keys=True, v5=True, rows=frozenset(_LOGINS | _MORE_LOGINS)
)
_V5_INVERSE = Protocol(
    "V5 inv", "/realtime", InverseWebSocket, _PUBLIC, _MORE, v5=True, rows=frozenset(_STREAMS | _CALLS | _MORE_INVERSE)
)
_V5_INVERSE_PRIVATE = Protocol(
    "V5 inv.p", "/realtime", InverseWebSocket, _PRIVATE, None, keys=True, v5=True, rows=frozenset(_LOGINS)
)

PROTOCOLS = [
    Protocol("v1", _V1_PATH, SpotWebSocket, _V1, _MORE_V1),
    Protocol("v2", _V2_PATH, SpotWebSocket, _V2, _MORE_V2),
    Protocol("account", "/spot/ws", SpotWebSocket, _ACCOUNT, None, keys=True),
    Protocol("inverse", "/realtime", InverseWebSocket, _PUBLIC, _MORE),
    Protocol("inv+keys", "/realtime", InverseWebSocket, _BOTH, _MORE, keys=True),
    Protocol("v1 TLS", _V1_PATH, SpotWebSocket, _V1, _MORE_V1, tls=True),
    Protocol("inv TLS", "/realtime", InverseWebSocket, _BOTH, _MORE, keys=True, tls=True),
    Protocol("v2 prx", _V2_PATH, SpotWebSocket, _V2, _MORE_V2, proxy=True),
    Protocol("inv prx", "/realtime", InverseWebSocket, _PUBLIC, _MORE, proxy=True),
    Protocol("V5 v1", _V1_PATH, SpotWebSocket, _V1, _MORE_V1, v5=True),
    Protocol("V5 v2", _V2_PATH, SpotWebSocket, _V2, _MORE_V2, v5=True, rows=frozenset(_STREAMS)),
    _V5_ACCOUNT,
    _V5_INVERSE,
    _V5_INVERSE_PRIVATE,
    Protocol("V5 TLS", _V1_PATH, SpotWebSocket, _V1, _MORE_V1, tls=True, proxy=True, v5=True, rows=frozenset(_LINES)),
]
