"""An exchange in a process of its own, so that its threads, memory and work are not the client's."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import signal
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from bybit_ws.simulator import Exchange, pump

PATIENCE = 60.0
"""Seconds that a command may take on a loaded machine."""


class Moment(NamedTuple):
    """What is true at the exchange at one moment.

    Attributes:
        books: 200 levels a side of each symbol, as ``truth.book`` gives them.
        trades: For each symbol, how many trades there were ever, and the numbers of those since the last look.
        served: For each connection that lives its path and what it is subscribed to.
        errors: What the exchange logged or printed as an error since the start.
    """

    books: dict[str, Any]
    trades: dict[str, tuple[int, list[int]]]
    served: list[tuple[str, frozenset[Any]]]
    errors: list[str]


class RemoteExchange:
    """An ``Exchange`` somewhere else; its methods are called by name, as if it were here.

    Args:
        options: Those of ``Exchange``.
    """

    def __init__(self, **options: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._lock = threading.Lock()
        self._process = context.Process(target=_serve, args=(theirs, options), name="the exchange", daemon=True)
        self._process.start()
        theirs.close()
        self.url: str = self.call("url")

    def call(self, name: str, *args: Any, **options: Any) -> Any:
        """Call a method of the exchange, or one of those below; raise what it raises."""
        with self._lock:
            self._pipe.send((name, args, options))
            if not self._pipe.poll(PATIENCE):
                raise TimeoutError(f"the exchange did not answer {name}{args} within {PATIENCE:g} s")
            good, answer = self._pipe.recv()
        if not good:
            raise answer
        return answer

    def moment(self, seen: Mapping[str, int]) -> Moment:
        """Look at everything at once; ``seen`` tells how many trades of each symbol are known already."""
        return Moment(*self.call("moment", dict(seen)))

    def served(self) -> list[tuple[str, frozenset[Any]]]:
        """Return for each connection that lives what ``Moment.served`` has."""
        return list(self.call("served"))

    def end(self) -> None:
        """Stop the exchange and its process."""
        with contextlib.suppress(OSError, EOFError):
            self._pipe.close()
        self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(PATIENCE)
        self._process.close()


class _Errors(logging.Handler):
    """Keeps what is logged as an error, asyncio's complaints included."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(logging.Formatter().format(record)[-2000:])


class _Host:
    """The exchange and what can be asked of it, in its own process."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        pump.REST = 0.2  # nobody else works in this process
        self._errors = _Errors()
        logging.getLogger().addHandler(self._errors)
        threading.excepthook = lambda args: self._errors.texts.append(repr(args.exc_value))
        self.exchange = Exchange(**options)
        self.exchange.start()

    def answer(self, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if name == "url":
            return self.exchange.url
        if name == "moment":
            return self._moment(*args)
        if name == "served":
            return self.exchange._runner.call(self._served)
        result = getattr(self.exchange, name)(*args, **options)
        return None if result is self.exchange else result

    def _moment(self, seen: dict[str, int]) -> tuple[Any, ...]:
        exchange, market = self.exchange, self.exchange._market

        def look() -> tuple[Any, ...]:
            books = {symbol: exchange.truth.book(symbol, 200) for symbol in market.listings}
            trades = {symbol: self._trades(symbol, seen.get(symbol, 0)) for symbol in market.listings}
            return books, trades, self._served(), list(self._errors.texts)

        # What clients sent is kept for ever otherwise, which is much in an hour of faults.
        with exchange._witness._condition:
            exchange._witness._received.clear()
        return exchange._runner.call(look)

    def _trades(self, symbol: str, seen: int) -> tuple[int, list[int]]:
        """Number trades as the wire lets a client see them: spot by id, inverse by ``cross_seq``."""
        listing = self.exchange._market.listings[symbol]
        new = listing.tape.since(seen)
        return listing.tape.count, [trade.seq if listing.instrument.inverse else trade.id for trade in new]

    def _served(self) -> list[tuple[str, frozenset[Any]]]:
        sessions = self.exchange._server._sessions
        living = [one for one in sessions if not one.silent and one.unread is not None]
        return [(one.path, _slots(sessions[one])) for one in living]


def _slots(session: Any) -> frozenset[Any]:
    """Return what a session is subscribed to: (topic, symbol, interval, scale), topics on inverse."""
    found: set[Any] = set()
    for slot in session.slots:
        if slot == "private":
            found |= session._topics if hasattr(session, "_topics") else session._private
        elif isinstance(slot, str):
            found.add(slot)
        else:
            found.add((*slot, None, None)[:4])
    return frozenset(found)


def _serve(pipe: Connection, options: Mapping[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other process, which then ends this one
    host = _Host(options)
    try:
        while True:
            name, args, options = pipe.recv()
            try:
                answer = (True, host.answer(name, args, options))
            except Exception as error:
                answer = (False, error)
            pipe.send(answer)
    except EOFError:
        host.exchange.stop()
