"""The five public V2 streams of spot, as methods."""

from __future__ import annotations

from ._arguments import Symbols
from ._backlog import AnyQueue
from ._client import Client
from ._party import Callback
from ._subscription import Subscription


class SpotV2Streams(Client):
    """Public V2: ``data`` is one object, the symbol stands in ``params``; a list of symbols is asked one by one.

    In every method ``callback`` is called with one message (a dict), or is None where messages are pulled from the
    ``Subscription`` instead; ``symbols`` is a str such as
    ``"BTCUSDT"``, several joined by commas, or any iterable of str, and ``symbol`` is pybit's name for the
    same. Every method opens the socket where that is needed and returns a ``Subscription``.

    Raises:
        ConfigurationError: An argument is wrong.
        ConnectionFailed: The socket could not be opened.
        InvalidState: The client is closed.
        NotAvailable: What is spoken has no such stream, or not with ``raw=True``, which needs V5.
    """

    def depth_v2_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Order books of 40 levels a side, whole each time.

        Args:
            callback: Called with ``{"topic": "depth", "params": {"symbol"}, "data": {"s", "t": ms, "v": version,
                "b": [[price, quantity], ...], "a": [...]}}``; bids descending, asks ascending.
            symbols: One or more symbols.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketv2depth
        """
        return self._stream("depth_v2", callback, symbols, symbol, queue=queue, raw=raw)

    def kline_v2_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        interval: str = "",
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Candles: the current one, each time it changes.

        Args:
            callback: Called with ``{"topic": "kline", "params": {"symbol", "klineType"}, "data": {"t": open ms,
                "s", "sn", "o", "h", "l", "c", "v"}}``.
            symbols: One or more symbols.
            interval: ``"1m"`` … ``"1M"``, as for ``kline_v1_stream``.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketv2kline
        """
        return self._stream("kline_v2", callback, symbols, symbol, interval, queue=queue, raw=raw)

    def trade_v2_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Trades, one per message, without those before the subscription.

        Args:
            callback: Called with ``{"topic": "trade", "params": {"symbol"}, "data": {"v": id, "t": ms, "p": price,
                "q": quantity, "m": buyer is taker, "type": "0"}}``; type ``"1"`` is a block trade.
            symbols: One or more symbols.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketv2trade
        """
        return self._stream("trade_v2", callback, symbols, symbol, queue=queue, raw=raw)

    def book_ticker_v2_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """The top of the book: best bid and best ask.

        Args:
            callback: Called with ``{"topic": "bookTicker", "params": {"symbol"}, "data": {"symbol", "bidPrice",
                "bidQty", "askPrice", "askQty", "time": ms}}``.
            symbols: One or more symbols.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketv2bookticker
        """
        return self._stream("book_ticker_v2", callback, symbols, symbol, queue=queue, raw=raw)

    def realtimes_v2_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Tickers of the last 24 hours.

        Args:
            callback: Called with ``{"topic": "realtimes", "params": {"symbol"}, "data": {"t": ms, "s", "c": last,
                "h", "l", "o", "v": volume, "qv": quote volume, "m": change, "xp": index}}``.
            symbols: One or more symbols.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketv2realtimes
        """
        return self._stream("realtimes_v2", callback, symbols, symbol, queue=queue, raw=raw)
