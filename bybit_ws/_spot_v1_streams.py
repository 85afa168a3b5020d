"""The seven public V1 streams of spot, as methods."""

from __future__ import annotations

from ._arguments import Symbols
from ._backlog import AnyQueue
from ._client import Client
from ._party import Callback
from ._subscription import Subscription


class SpotV1Streams(Client):
    """Public V1: every message is whole, ``f`` is true on the first one, ``sendTime`` in milliseconds.

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

    def trade_v1_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Trades: the last 60 first, then each new one, oldest first.

        After a reconnect, trades delivered before are removed; a hole is reported as a ``Gap`` event.

        Args:
            callback: Called with ``{"symbol", "topic": "trade", "params", "data": [{"v": id, "t": ms, "p": price,
                "q": quantity, "m": buyer is taker}], "f", "sendTime"}``.
            symbols: One or more symbols.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websockettrade
        """
        return self._stream("trade_v1", callback, symbols, symbol, queue=queue, raw=raw)

    def realtimes_v1_stream(
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
            callback: Called with ``{"symbol", "topic": "realtimes", "params", "data": [{"t": ms, "s", "c": last,
                "h", "l", "o", "v": volume, "qv": quote volume, "m": change, "xp": index}], "f", "sendTime"}``.
            symbols: One or more symbols.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketrealtimes
        """
        return self._stream("realtimes_v1", callback, symbols, symbol, queue=queue, raw=raw)

    def kline_v1_stream(
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
            callback: Called with ``{"symbol", "topic": "kline", "params": {"klineType"}, "data": [{"t": open ms,
                "s", "o", "h", "l", "c", "v"}], "f", "sendTime"}``.
            symbols: One or more symbols.
            interval: ``"1m"``, ``"3m"``, ``"5m"``, ``"15m"``, ``"30m"``, ``"1h"``, ``"2h"``, ``"4h"``, ``"6h"``,
                ``"12h"``, ``"1d"``, ``"1w"`` or ``"1M"``.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketkline
        """
        return self._stream("kline_v1", callback, symbols, symbol, interval, queue=queue, raw=raw)

    def depth_v1_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Order books of 200 levels a side, whole each time.

        Args:
            callback: Called with ``{"symbol", "topic": "depth", "params", "data": [{"t": ms, "s", "v": version,
                "b": [[price, quantity], ...], "a": [...]}], "f", "sendTime"}``; bids descending, asks ascending.
            symbols: One or more symbols.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketdepth
        """
        return self._stream("depth_v1", callback, symbols, symbol, queue=queue, raw=raw)

    def merged_depth_v1_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        dump_scale: int | str | None = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Order books of 40 merged levels a side, whole each time.

        Args:
            callback: Called with a message as of ``depth_v1_stream``, its topic ``"mergedDepth"``.
            symbols: One or more symbols.
            dump_scale: Decimals of a price level, 0 or more: 1 merges to 50000.5, 0 to 50000.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketmergeddepth
        """
        return self._stream("merged_depth_v1", callback, symbols, symbol, dump_scale, queue=queue, raw=raw)

    def diff_depth_v1_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        merge: bool = True,
        copy: bool = True,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Order books kept from changes: always the whole, sorted book.

        A book that cannot be trusted is withheld and subscribed anew (``BookOutOfSync``, ``BookRecovered``).

        Args:
            callback: Called with a message as of ``depth_v1_stream``, its topic ``"diffDepth"``.
            symbols: One or more symbols.
            merge: False delivers what the wire said: a snapshot (``f`` is true), then changes.
            copy: False hands the ``[price, quantity]`` entries out shared and read-only, for speed; the lists
                that hold them are still the caller's own.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketdiffdepth
        """
        return self._stream("diff_depth_v1", callback, symbols, symbol, merge=merge, copy=copy, queue=queue, raw=raw)

    def lt_v1_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Net asset values of leveraged tokens.

        Args:
            callback: Called with ``{"symbol", "topic": "lt", "params", "data": [{"t": ms, "s", "nav", "b": basket,
                "l": leverage, "loan", "ti": circulation, "n": position value}], "f", "sendTime"}``.
            symbols: One or more symbols that end in ``NAV``, e.g. ``"BTC3LUSDTNAV"``.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-websocketltnetvalue
        """
        return self._stream("lt_v1", callback, symbols, symbol, queue=queue, raw=raw)
