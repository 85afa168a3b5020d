"""The streams as a chaos run knows them: how a message tells what it is, when it is, and whether it is in order.

Written from the documents, and from nothing that the client itself reads messages with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable, NamedTuple, Union

Message = Any
Order = Union[int, str]

V1, V2, PRIVATE, REALTIME = "/spot/quote/ws/v1", "/spot/quote/ws/v2", "/spot/ws", "/realtime"
PATHS = (V1, V2, PRIVATE, REALTIME)
V5_SPOT, V5_INVERSE, V5_PRIVATE = "/v5/public/spot", "/v5/public/inverse", "/v5/private"
V5_PATHS = {V1: V5_SPOT, V2: V5_SPOT, PRIVATE: V5_PRIVATE, REALTIME: V5_INVERSE}
"""Where V5 serves what is public on a path, or all of it; the private streams of inverse are at ``V5_PRIVATE``."""

NAMES = {"public_v1": V1, "public_v2": V2, "private": PRIVATE, "realtime": REALTIME}
"""The path of each socket that ``health`` and events name."""

SPOT = ("BTCUSDT", "ETHUSDT", "LTCUSDT", "XRPUSDT")
INVERSE = ("BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD", "BTCUSDZ26")
COINS = ("BTC", "ETH", "EOS", "XRP")
SPOT_INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1M")
V5_INTERVALS = dict(zip(SPOT_INTERVALS, ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")))
INVERSE_INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
ALL = "*"


class Kind(NamedTuple):
    """One documented stream.

    Attributes:
        stream: The method's name without ``_stream``.
        path: Where it lives.
        topic: Its name; ``{}`` stands for the interval or scale.
        symbols: All there are; ``("",)`` where there are none.
        read: Takes from a message the topic with its parameter, the symbol, and what never falls within a subscription.
        values: Intervals or scales.
        wildcard: Whether ``"*"`` may be asked for.
        merged: Whether deltas are merged, so that ``merge=`` is taken.
        cached: Whether a subscription may begin with something older than what came last.
        ids: Takes the numbers of trades from a message; they rise and never come twice.
        replays: Whether a subscription begins with the last trades again.
        book: Checks a whole book.
        depth: Levels a side, where there are always so many.
        v5: The V5 topics that it is made of; ``{0}`` stands for V5's interval, ``{1}`` for the symbol. None over V5
            where it is empty.
    """

    stream: str
    path: str
    topic: str
    symbols: tuple[str, ...]
    read: Callable[[Message], tuple[str, str, Order]]
    values: tuple[Any, ...] = (None,)
    wildcard: bool = False
    merged: bool = False
    cached: bool = False
    ids: Callable[[Message], list[int]] | None = None
    replays: bool = False
    book: Callable[[Message, Kind, bool], None] | None = None
    depth: int = 0
    v5: tuple[str, ...] = ()

    @property
    def v5_path(self) -> str:
        """Return where V5 serves it."""
        return V5_PRIVATE if self.symbols == ("",) else V5_PATHS[self.path]

    def v5_topics(self, value: Any, symbols: Iterable[str] = ()) -> list[str]:
        """Return the V5 topics of some symbols, or all."""
        interval = V5_INTERVALS.get(value, value)
        return [topic.format(interval, symbol) for symbol in symbols or self.symbols for topic in self.v5]

    @property
    def weight(self) -> float:
        """Return how often it is asked for: large books are much work, and account topics come slowly."""
        if self.symbols == ("",):
            return 1
        return 1.5 if self.path == V1 and self.book else 6 if self.values != (None,) else 3

    def name(self, value: Any) -> str:
        """Return the topic's name with its parameter, as ``Subscription.topic`` has it."""
        return self.topic.format(value)


class Wrong(AssertionError):
    """A message that must not have been delivered."""


def _v1(time: str = "t") -> Callable[[Message], tuple[str, str, Order]]:
    def read(message: Message) -> tuple[str, str, Order]:
        topic, params = message["topic"], message["params"]
        if topic == "kline":
            topic = f"kline_{params['klineType']}"
        elif topic == "mergedDepth":
            topic = f"mergedDepth_{params['dumpScale']}"
        record = message["data"][-1]
        return topic, message["symbol"], record["t"] if time == "t" else _version(record["v"])

    return read


def _v2(message: Message) -> tuple[str, str, Order]:
    topic, params, record = message["topic"], message["params"], message["data"]
    if topic == "kline":
        topic = f"kline_{params['klineType']}"
    if topic == "depth":
        return topic, params["symbol"], _version(record["v"])
    return topic, params["symbol"], record["time"] if topic == "bookTicker" else record["t"]


def _account(message: Message) -> tuple[str, str, Order]:
    return message["e"], "", int(message["E"])


def _realtime(order: Callable[[Message], Order]) -> Callable[[Message], tuple[str, str, Order]]:
    def read(message: Message) -> tuple[str, str, Order]:
        topic, _, symbol = message["topic"].rpartition(".")
        return topic, symbol, order(message)

    return read


def _bare(message: Message) -> tuple[str, str, Order]:
    if not message["data"]:
        raise Wrong("no data")
    return message["topic"], "", 0


def _version(text: str) -> int:
    """Return the number of a book's state, the same in both protocols; made of V5's, ``u`` precedes it."""
    return int(text.split("_")[-2])


def _spot_ids(message: Message) -> list[int]:
    data = message["data"]
    return [int(trade["v"]) for trade in data] if type(data) is list else [int(data["v"])]


def _inverse_ids(message: Message) -> list[int]:
    return [trade["cross_seq"] for trade in message["data"]]


def spot_book(message: Message, kind: Kind, whole: bool) -> None:
    """Raise unless a spot book is sorted, not crossed and of the right size; ``whole`` looks at every level."""
    data = message["data"]
    record = data[0] if type(data) is list else data
    bids, asks = record["b"], record["a"]
    if kind.depth and not len(bids) == len(asks) == kind.depth:
        raise Wrong(f"{len(bids)} bids and {len(asks)} asks, not {kind.depth}")
    if not kind.depth and not (0 < len(bids) <= 40 and 0 < len(asks) <= 40):
        raise Wrong(f"{len(bids)} bids and {len(asks)} asks")
    best_bid, best_ask = float(bids[0][0]), float(asks[0][0])
    if best_bid >= best_ask:
        raise Wrong(f"crossed: {bids[0]}, {asks[0]}")
    if whole:
        _ascending([-float(price) for price, _ in bids])
        _ascending([float(price) for price, _ in asks])
        _sizes(size for _, size in (*bids, *asks))


def inverse_book(message: Message, kind: Kind, whole: bool) -> None:
    """Raise unless an inverse book is sorted, not crossed and of the right size."""
    rows, depth = message["data"], kind.depth
    if message["type"] != "snapshot" or len(rows) != 2 * depth:
        raise Wrong(f"a {message['type']} of {len(rows)} rows")
    bid, ask = rows[depth - 1], rows[depth]
    if bid["side"] != "Buy" or ask["side"] != "Sell" or float(bid["price"]) >= float(ask["price"]):
        raise Wrong(f"crossed: {bid}, {ask}")
    if whole:
        _ascending([float(row["price"]) for row in rows])
        _sizes(row["size"] for row in rows)
        if [row["side"] for row in rows] != ["Buy"] * depth + ["Sell"] * depth:
            raise Wrong("the sides are mixed")


def _record(message: Message, kind: Kind, whole: bool) -> None:
    if message["type"] != "snapshot" or "mark_price" not in message["data"] or "update" in message["data"]:
        raise Wrong("not the whole record")


def _ascending(prices: list[float]) -> None:
    if any(low >= high for low, high in zip(prices, prices[1:])):
        raise Wrong("not sorted")


def _sizes(sizes: Iterable[Any]) -> None:
    if any(float(size) <= 0 for size in sizes):
        raise Wrong("a level without a size")


_NAV = ("BTC3LUSDTNAV",)
_BY_VERSION = _v1("v")
_BY_SEQUENCE = _realtime(lambda message: message["cross_seq"])

_TRADES, _KLINES, _TICKERS = ("publicTrade.{1}",), ("kline.{0}.{1}",), ("tickers.{1}",)
_V5 = {
    **{"trade_v1": _TRADES, "realtimes_v1": _TICKERS, "kline_v1": _KLINES, "depth_v1": ("orderbook.200.{1}",)},
    **{"merged_depth_v1": ("orderbook.1000.{1}",), "diff_depth_v1": ("orderbook.200.{1}",)},
    **{"depth_v2": ("orderbook.50.{1}",), "kline_v2": _KLINES, "trade_v2": _TRADES, "realtimes_v2": _TICKERS},
    **{"book_ticker_v2": ("orderbook.1.{1}",), "orderbook_25": ("orderbook.50.{1}",)},
    **{"orderbook_200": ("orderbook.200.{1}",), "trade": _TRADES, "insurance": ("insurance.inverse",)},
    **{"instrument_info": _TICKERS, "kline": _KLINES, "liquidation": ("allLiquidation.{1}",)},
    **{"outbound_account_info": ("wallet",), "execution_report": ("order.spot", "execution.spot")},
    **{"stop_execution_report": ("order.spot",), "ticket_info": ("execution.spot",)},
    **{"position": ("position.inverse", "wallet", "order.inverse", "execution.inverse"), "wallet": ("wallet",)},
    **{"order": ("order.inverse", "execution.inverse"), "execution": ("execution.inverse",)},
    "stop_order": ("order.inverse",),
}

_KINDS = (
    Kind("trade_v1", V1, "trade", SPOT, _v1(), ids=_spot_ids, replays=True),
    Kind("realtimes_v1", V1, "realtimes", SPOT, _v1()),
    Kind("kline_v1", V1, "kline_{}", SPOT, _v1(), SPOT_INTERVALS),
    Kind("depth_v1", V1, "depth", SPOT, _BY_VERSION, book=spot_book, depth=200),
    Kind("merged_depth_v1", V1, "mergedDepth_{}", SPOT, _BY_VERSION, (0, 1, 2), book=spot_book),
    Kind("diff_depth_v1", V1, "diffDepth", SPOT, _BY_VERSION, merged=True, book=spot_book, depth=200),
    Kind("lt_v1", V1, "lt", _NAV, _v1()),
    Kind("depth_v2", V2, "depth", SPOT, _v2, book=spot_book, depth=40),
    Kind("kline_v2", V2, "kline_{}", SPOT, _v2, SPOT_INTERVALS),
    Kind("trade_v2", V2, "trade", SPOT, _v2, ids=_spot_ids),
    Kind("book_ticker_v2", V2, "bookTicker", SPOT, _v2),
    Kind("realtimes_v2", V2, "realtimes", SPOT, _v2),
    *(
        Kind(stream, PRIVATE, topic, ("",), _account)
        for stream, topic in (
            ("outbound_account_info", "outboundAccountInfo"),
            ("execution_report", "executionReport"),
            ("stop_execution_report", "stop_executionReport"),
            ("ticket_info", "ticketInfo"),
        )
    ),
    *(
        Kind(stream, REALTIME, topic, INVERSE, _BY_SEQUENCE, merged=True, cached=True, book=inverse_book, depth=depth)
        for stream, topic, depth in (
            ("orderbook_25", "orderBookL2_25", 25),
            ("orderbook_200", "orderBook_200.100ms", 200),
        )
    ),
    Kind(
        "trade",
        REALTIME,
        "trade",
        INVERSE,
        _realtime(lambda message: message["data"][-1]["cross_seq"]),
        wildcard=True,
        ids=_inverse_ids,
    ),
    Kind(
        "insurance",
        REALTIME,
        "insurance",
        COINS,
        _realtime(lambda message: message["data"][0]["timestamp"]),
        wildcard=True,
    ),
    Kind(
        "instrument_info",
        REALTIME,
        "instrument_info.100ms",
        INVERSE,
        _BY_SEQUENCE,
        wildcard=True,
        merged=True,
        book=_record,
    ),
    Kind(
        "kline",
        REALTIME,
        "klineV2.{}",
        INVERSE,
        _realtime(lambda message: message["data"][0]["start"]),
        INVERSE_INTERVALS,
        wildcard=True,
    ),
    Kind(
        "liquidation",
        REALTIME,
        "liquidation",
        INVERSE,
        _realtime(lambda message: message["data"]["time"]),
        wildcard=True,
    ),
    *(
        Kind(topic, REALTIME, topic, ("",), _bare)
        for topic in ("position", "execution", "order", "stop_order", "wallet")
    ),
)

KINDS = tuple(kind._replace(v5=_V5.get(kind.stream, ())) for kind in _KINDS)

BY_STREAM = {kind.stream: kind for kind in KINDS}
