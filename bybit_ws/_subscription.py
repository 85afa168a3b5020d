"""What a stream call returns."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._backlog import Queue
from ._party import Owner
from ._pulling import Pulling
from ._streams import Stream
from ._topics import Key, Topic
from ._waiting import wait_for
from .exceptions import BybitWebSocketError, ConfigurationError, InvalidState, SubscriptionError

if TYPE_CHECKING:
    import pandas

    from ._connection import Connection


class Subscription(Pulling):
    """A topic and some symbols that a stream call asked for.

    Attributes:
        topic: The topic's name, e.g. ``"kline_1m"`` or ``"orderBookL2_25"``.
        row: The documented stream; None for a topic that only you know, and with ``raw=True``.
    """

    def __init__(
        self, topic: Topic, symbols: tuple[str, ...], connection: Connection, queue: Queue | None = None
    ) -> None:
        super().__init__(connection, queue)
        self.topic = topic.name
        self.row = None if topic.raw else topic.row
        self._asked = frozenset(symbols)
        self._symbols = dict.fromkeys(symbols)
        self._waiting = set(symbols)
        self._refusal: str | None = None
        self._ended: BybitWebSocketError | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that still belong to this subscription; ``()`` for a private topic."""
        return tuple(symbol for symbol in tuple(self._symbols) if symbol)

    @property
    def is_stale(self) -> bool:
        """Whether what was last delivered may not hold any more.

        True while the socket is down, until the exchange has confirmed every symbol anew, while a book is withheld,
        while a stalled stream is asked for again, and after the end; also once no symbol is left.
        """
        keys = self._keys()
        return not keys or not self._connection.vitals.current(keys)

    @property
    def age(self) -> float | None:
        """Seconds since the last message was read, of the symbol that has been quiet for longest.

        None until each has delivered once, to this call or one before. What is old is not stale: a quiet market
        has little to say.
        """
        return self._connection.vitals.age(self._keys())

    def _keys(self) -> list[Key]:
        return [(self.topic, symbol) for symbol in tuple(self._symbols)]

    def unsubscribe(self, *symbols: str) -> None:
        """Give up some symbols, or all of them where none is named.

        Symbols that a newer call has taken over are left alone. Giving up twice does nothing.

        Args:
            *symbols: Which ones.

        Raises:
            ConfigurationError: A symbol never was part of this subscription.
        """
        for symbol in symbols:
            if symbol not in self._asked:
                raise ConfigurationError(f"{symbol!r} is no symbol of this subscription to {self.topic}")
        with self._changed:  # first, so that ``moved`` sees it, should another connection be about to serve them
            chosen, connection = symbols or tuple(self._symbols), self._connection
            for symbol in chosen:
                self._settle(symbol, gone=True)
        connection.unsubscribe([(self.topic, symbol) for symbol in chosen], self)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every symbol has delivered to its callback.

        Args:
            timeout: Seconds to wait; None waits as long as it takes.

        Returns:
            True once every symbol has delivered, False at the timeout.

        Raises:
            SubscriptionError: The exchange refused a symbol.
            InvalidState: The client was closed meanwhile; or this is a callback of the same socket, which delivers
                nothing before the callback returns.
        """
        return wait_for(self._changed, self._complete, timeout)

    def to_frame(self, messages: Iterable[Any] | None = None) -> pandas.DataFrame:
        """Return messages as a data frame, one row a trade, candle, order and so on; ``bybit_ws.data`` tells more.

        Args:
            messages: Messages of this subscription, e.g. what ``collect()`` returned; None takes those that wait to be
                pulled, which go on waiting.

        Returns:
            A frame with the columns of ``bybit_ws.data.columns(stream)``.

        Raises:
            ConfigurationError: The topic is none of the documented streams, or ``raw=True``: it has no table.
            ImportError: pandas or pyarrow is not installed.
        """
        if self.row is None:
            raise ConfigurationError(
                f"{self.topic} has no table, only the documented streams have, in their documented shape; "
                "pandas.json_normalize(subscription.waiting) makes one of any messages"
            )
        from . import data

        return data.to_frame(self.row.stream, self.waiting if messages is None else messages)

    def _complete(self) -> bool:
        if self._refusal is not None:
            raise SubscriptionError(self._refusal)
        if self._waiting and self._ended is not None:
            raise self._ended
        if self._waiting and self._connection.mine:
            raise InvalidState("wait() in a callback would wait for itself: let the callback return first")
        return not self._waiting

    def moved(self, connection: Connection) -> None:
        """Note that another connection serves it from now on (called by the client)."""
        with self._changed:
            self._connection = connection
            gone = self._asked.difference(self._symbols)
        connection.unsubscribe([(self.topic, symbol) for symbol in gone], self)
        self._attach(self._inbox, *self._extra)  # one that was made meanwhile has looked for its streams in vain

    def delivered(self, symbol: str) -> None:
        """Note the first message of a symbol (called by the connection)."""
        with self._changed:
            self._settle(symbol)

    def refused(self, symbol: str, reason: str, by: str = "the exchange") -> None:
        """Note that a symbol will not be served (called by the connection)."""
        with self._changed:
            self._refusal = f"{by} refused {self.topic} {symbol}".rstrip() + f": {reason}"
            self._settle(symbol, gone=True)

    def released(self, symbol: str) -> None:
        """Note that a newer call owns a symbol (called by the connection)."""
        with self._changed:
            self._settle(symbol, gone=True)

    def ended(self, reason: BybitWebSocketError | None) -> None:
        """Note that nothing will be delivered any more (called by the connection)."""
        with self._changed:
            self._ended = self._ended or reason or InvalidState("the client was closed")
            self._changed.notify_all()
        self._finish()

    def _settle(self, symbol: str, gone: bool = False) -> None:
        self._waiting.discard(symbol)
        if gone:
            self._symbols.pop(symbol, None)
            if not self._symbols:
                self._finish()
        self._changed.notify_all()

    def pulled(self, stream: Stream) -> None:
        """Let the messages of a stream, which is not subscribed yet, wait to be pulled (called by the client)."""
        stream.invite(self, self._slot(stream))

    @property
    def _owner(self) -> Owner:
        return self

    def _done(self) -> bool:
        return self._ended is not None or not self._symbols

    def _failure(self) -> BybitWebSocketError | None:
        if not self._symbols and self._refusal is not None:
            return SubscriptionError(self._refusal)
        return None if isinstance(self._ended, InvalidState) else self._ended

    def _why(self) -> str:
        return "the client was closed" if self._symbols else "its symbols were given up, or a newer call has them"

    def _repr_html_(self) -> str:
        from ._html import subscription  # here, because scripts never show it

        waiting = 0 if self._inbox is None else self._inbox.queued
        return subscription(self.topic, self.symbols, self._state(), self.age, waiting, self.latest, time.time())

    @property
    def _over(self) -> str:
        """Why nothing more comes, in a word; empty while something may."""
        if self._ended is not None:
            return "closed" if isinstance(self._ended, InvalidState) else "ended"
        if not self._symbols:
            return "refused" if self._refusal is not None else "given up"
        return ""

    def _state(self) -> str:
        if self._over:
            return self._over
        return "waiting" if self._waiting else "stale" if self.is_stale else "live"

    def __repr__(self) -> str:
        name = f"{self.topic} {','.join(self.symbols)}".rstrip()
        return f"<Subscription {name}{self._over and ': '}{self._over}>"
