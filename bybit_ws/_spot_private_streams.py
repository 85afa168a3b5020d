"""The four private streams of spot, as methods."""

from __future__ import annotations

from ._backlog import AnyQueue
from ._client import Client
from ._party import Callback
from ._subscription import Subscription


class SpotPrivateStreams(Client):
    """Private: events of your account, one dict per call; numbers and times are strings, flags are booleans.

    Raises:
        ConfigurationError: The client has no keys, or the callback cannot be called.
        ConnectionFailed: The socket could not be opened.
        AuthenticationError: The exchange refused the keys.
        InvalidState: The client is closed.
        NotAvailable: What is spoken has no such stream, or not with ``raw=True``, which needs V5.
    """

    def outbound_account_info_stream(
        self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False
    ) -> Subscription:
        """Balances, each time one changes.

        Args:
            callback: Called with ``{"e": "outboundAccountInfo", "E": ms, "T": may trade, "W": may withdraw,
                "D": may deposit, "B": [{"a": coin, "f": available, "l": locked}]}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-outboundaccountinfo
        """
        return self._stream("outbound_account_info", callback, queue=queue, raw=raw)

    def execution_report_stream(
        self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False
    ) -> Subscription:
        """Orders, each time one changes.

        Args:
            callback: Called with ``{"e": "executionReport", "E": ms, "s": symbol, "c": client id, "S": side,
                "o": type, "q": quantity, "p": price, "X": status, "i": order id, "l": last quantity,
                "L": last price, "z": filled, "n": fee, "N": fee coin, ...}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-executionreport
        """
        return self._stream("execution_report", callback, queue=queue, raw=raw)

    def stop_execution_report_stream(
        self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False
    ) -> Subscription:
        """Stop orders, each time one changes; pybit 2 never had this stream.

        Args:
            callback: Called with ``{"e": "stop_executionReport", "E": ms, "s": symbol, "i": stop order id,
                "X": status, "qp": market price, "eo": order id after the trigger, ...}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-stop_executionreport
        """
        return self._stream("stop_execution_report", callback, queue=queue, raw=raw)

    def ticket_info_stream(
        self, callback: Callback | None, *, queue: AnyQueue = None, raw: bool = False
    ) -> Subscription:
        """Fills; each also brings an ``executionReport``.

        Args:
            callback: Called with ``{"e": "ticketInfo", "E": ms, "s": symbol, "q": quantity, "p": price, "t": ms,
                "T": trade id, "o": order id, "c": client id, "m": is maker, "S": side, ...}``.
            queue: A queue and thread of its own, see ``Queue``.
            raw: Deliver V5's own message, untranslated.

        https://bybit-exchange.github.io/docs/spot/#t-ticketinfo
        """
        return self._stream("ticket_info", callback, queue=queue, raw=raw)
