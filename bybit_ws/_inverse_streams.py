"""The twelve inverse streams, as methods."""

from __future__ import annotations

from ._arguments import Symbols
from ._backlog import AnyQueue
from ._client import Client
from ._party import Callback
from ._subscription import Subscription


class InversePublicStreams(Client):
    """Public: quantities are contracts of 1 USD, ``timestamp_e6`` is in microseconds.

    In every method ``callback`` is called with one message (a dict), or is None where messages are pulled from the
    ``Subscription`` instead; ``symbols`` is a str such as
    ``"BTCUSD"``, several joined by ``|``, or any iterable of str, and ``symbol`` is pybit's name for the same.
    ``"*"`` or nothing means all symbols, except for order books. Every method opens the socket where that is
    needed and returns a ``Subscription``.

    Raises:
        ConfigurationError: An argument is wrong.
        ConnectionFailed: The socket could not be opened.
        AuthenticationError: The client has keys and the exchange refused them.
        InvalidState: The client is closed.
        NotAvailable: What is spoken has no such stream, or not with ``raw=True``, which needs V5.
    """

    def orderbook_25_stream(
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
        """Order books of 25 levels a side, kept from changes: always the whole, sorted book.

        A book that cannot be trusted is withheld and subscribed anew (``BookOutOfSync``, ``BookRecovered``).

        Args:
            callback: Called with ``{"topic": "orderBookL2_25.BTCUSD", "type": "snapshot", "data": [{"price",
                "symbol", "id", "side": "Buy" or "Sell", "size": contracts}, ...], "cross_seq", "timestamp_e6"}``;
                price ascending, bids then asks.
            symbols: One or more symbols.
            merge: False delivers what the wire said: a snapshot, then deltas.
            copy: False hands the rows out shared and read-only, for speed; the list that holds them is still
                the caller's own.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketorderbook25
        """
        return self._stream("orderbook_25", callback, symbols, symbol, merge=merge, copy=copy, queue=queue, raw=raw)

    def orderbook_200_stream(
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
        """Order books of 200 levels a side, every 100 ms; else as ``orderbook_25_stream``.

        Args:
            callback: Called as by ``orderbook_25_stream``, with topic ``"orderBook_200.100ms.BTCUSD"``.
            symbols: One or more symbols.
            merge: False delivers what the wire said.
            copy: False hands the rows out shared and read-only.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketorderbook200
        """
        return self._stream("orderbook_200", callback, symbols, symbol, merge=merge, copy=copy, queue=queue, raw=raw)

    def trade_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Trades, without those before the subscription.

        Args:
            callback: Called with ``{"topic": "trade.BTCUSD", "data": [{"trade_time_ms", "timestamp", "symbol",
                "side": of the taker, "size", "price", "tick_direction", "trade_id", "cross_seq"}]}``.
            symbols: One or more symbols; all of them by default.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websockettrade
        """
        return self._stream("trade", callback, symbols, symbol, queue=queue, raw=raw)

    def insurance_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """The insurance fund, once a day.

        Args:
            callback: Called with ``{"topic": "insurance.BTC", "data": [{"currency", "timestamp",
                "wallet_balance": in 1e-8 coin}]}``.
            symbols: One or more coins, e.g. ``"BTC"``; all of them by default.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketinsurance
        """
        return self._stream("insurance", callback, symbols, symbol, queue=queue, raw=raw)

    def instrument_info_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        merge: bool = True,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Everything known of an instrument, kept from changes: always the whole record.

        Args:
            callback: Called with ``{"topic": "instrument_info.100ms.BTCUSD", "type": "snapshot", "data": {"symbol",
                "last_price", "mark_price", "index_price", "open_interest", "funding_rate_e6", ...}, "cross_seq",
                "timestamp_e6"}``; a name ending in ``_eN`` holds an integer times 10 to the N.
            symbols: One or more symbols; all of them by default.
            merge: False delivers what the wire said: a snapshot, then deltas.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketinstrumentinfo
        """
        return self._stream("instrument_info", callback, symbols, symbol, merge=merge, queue=queue, raw=raw)

    def kline_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        interval: str | int = "",
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Candles: the current one, each time it changes.

        Args:
            callback: Called with ``{"topic": "klineV2.1.BTCUSD", "data": [{"start": s, "end": s, "open", "close",
                "high", "low", "volume", "turnover", "confirm": closed, "cross_seq", "timestamp": µs}],
                "timestamp_e6"}``.
            symbols: One or more symbols; all of them by default.
            interval: Minutes, 1, 3, 5, 15, 30, 60, 120, 240, 360 or 720, or ``"D"``, ``"W"``, ``"M"``.
            symbol: The same as ``symbols`` by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketklinev2
        """
        return self._stream("kline", callback, symbols, symbol, interval, queue=queue, raw=raw)

    def liquidation_stream(
        self,
        callback: Callback | None,
        symbols: Symbols = None,
        *,
        symbol: Symbols = None,
        queue: AnyQueue = None,
        raw: bool = False,
    ) -> Subscription:
        """Liquidations, one per message.

        Args:
            callback: Called with ``{"topic": "liquidation.BTCUSD", "data": {"symbol", "side": of the position,
                "price": of the bankruptcy, "qty", "time": ms}}``.
            symbols: One or more symbols; all of them by default.
            symbol: The same by pybit's name.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketliquidation
        """
        return self._stream("liquidation", callback, symbols, symbol, queue=queue, raw=raw)


class InversePrivateStreams(Client):
    """Private: changes of your account, from the first one after the subscription; no snapshot comes before.

    Raises:
        ConfigurationError: The client has no keys, or the callback is none.
        ConnectionFailed: The socket could not be opened.
        AuthenticationError: The exchange refused the keys.
        InvalidState: The client is closed.
        NotAvailable: What is spoken has no such stream, or not with ``raw=True``, which needs V5.
    """

    def position_stream(self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False) -> Subscription:
        """Positions.

        Args:
            callback: Called with ``{"topic": "position", "data": [{"symbol", "size", "side", "entry_price",
                "liq_price", "leverage", "wallet_balance", "realised_pnl", ...}]}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketposition
        """
        return self._stream("position", callback, queue=queue, raw=raw)

    def execution_stream(self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False) -> Subscription:
        """Fills.

        Args:
            callback: Called with ``{"topic": "execution", "data": [{"symbol", "side", "order_id", "exec_id", "price",
                "exec_type", "exec_qty", "exec_fee", "leaves_qty", "is_maker", "trade_time", ...}]}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketexecution
        """
        return self._stream("execution", callback, queue=queue, raw=raw)

    def order_stream(self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False) -> Subscription:
        """Orders.

        Args:
            callback: Called with ``{"topic": "order", "data": [{"order_id", "symbol", "side", "order_type", "price",
                "qty", "order_status", "leaves_qty", "cum_exec_qty", "timestamp", ...}]}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketorder
        """
        return self._stream("order", callback, queue=queue, raw=raw)

    def stop_order_stream(
        self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False
    ) -> Subscription:
        """Conditional orders.

        Args:
            callback: Called with ``{"topic": "stop_order", "data": [{"order_id", "symbol", "side", "order_status",
                "stop_order_type", "trigger_by", "trigger_price", "timestamp", ...}]}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketstoporder
        """
        return self._stream("stop_order", callback, queue=queue, raw=raw)

    def wallet_stream(self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False) -> Subscription:
        """Balances.

        Args:
            callback: Called with ``{"topic": "wallet", "data": [{"coin", "wallet_balance", "available_balance"}]}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/inverse/#t-websocketwallet
        """
        return self._stream("wallet", callback, queue=queue, raw=raw)
