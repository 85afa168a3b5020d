"""A client's process in the survival benchmark: subscribe as a user would, keep what callbacks get, tell it when asked.

It reads orders from standard input, one JSON array a line, and answers each with one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Callable, NamedTuple

Calls = Sequence[Sequence[Any]]
"""Methods without ``_stream``, each with its symbols."""

TRADES = ("trade_v1", "trade")
BOOKS = ("diff_depth_v1", "orderbook_25")


class Job(NamedTuple):
    """What a client's process is to do.

    Attributes:
        client: ``"pybit"`` or ``"bybit_ws"``.
        market: ``"spot"`` or ``"inverse"``.
        url: The exchange, without a path.
        options: For the client's constructor.
        calls: What to subscribe.
    """

    client: str
    market: str
    url: str
    options: dict[str, Any]
    calls: Calls


class Diary:
    """What the callbacks got.

    Attributes:
        counts: Messages by stream and symbol.
        trades: The ids of trades by symbol, in order.
        books: The last book of each symbol, as JSON: some clients change it later.
        strays: Messages of a symbol that a callback was not for.
        trouble: What the next callback of a stream with symbols does.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.trades: dict[str, list[str]] = {}
        self.books: dict[str, str] = {}
        self.strays = 0
        self.trouble: list[Callable[[], object]] = []

    def callback(self, stream: str, symbols: Sequence[str]) -> Callable[[Any], None]:
        """Return a callback for one call."""

        def take(message: Any) -> None:
            symbol = symbol_of(message) if symbols else ""
            if symbols and symbol not in symbols:
                self.strays += 1
                return
            self.counts[f"{stream} {symbol}".strip()] += 1
            self._keep(stream, symbol, message["data"] if symbols else None)
            if symbols and self.trouble:
                self.trouble.pop()()

        return take

    def _keep(self, stream: str, symbol: str, data: Any) -> None:
        if stream in TRADES:
            self.trades.setdefault(symbol, []).extend(map(trade_id, data))
        elif stream in BOOKS:
            self.books[symbol] = json.dumps(data)


def symbol_of(message: Any) -> str:
    """Return the symbol of a push."""
    return str(message.get("symbol") or message["topic"].rpartition(".")[2])


def trade_id(trade: Any) -> str:
    """Return the id of a trade, as spot or inverse tells it."""
    return str(trade.get("v") or trade["trade_id"])


class Ours:
    """This package."""

    def __init__(self, job: Job) -> None:
        package = importlib.import_module("bybit_ws")
        make = package.SpotWebSocket if job.market == "spot" else package.InverseWebSocket
        self._gaps: list[list[Any]] = []
        self._gap = package.events.Gap
        self.client = make(endpoint=job.url, on_event=self._note, **job.options)

    def _note(self, event: Any) -> None:
        if isinstance(event, self._gap) and not event.repaired:
            self._gaps.append([event.topic, event.symbol, event.last_id, event.first_id])

    def status(self) -> dict[str, Any]:
        """Return whether it lives, and what it told."""
        error = ""
        try:
            self.client.join(0)
        except Exception as reason:
            error = repr(reason)
        gone = [name for name, one in self.client.health().items() if one["state"] == "closed"]
        return {"connected": self.client.is_connected(), "gone": gone, "error": error, "told": [*self._gaps]}


class Theirs:
    """pybit: whether its threads live is seen at the threads, it tells nothing."""

    def __init__(self, job: Job) -> None:
        spot: Any = importlib.import_module("pybit.spot")
        inverse: Any = importlib.import_module("pybit.inverse_perpetual")
        spot.PUBLIC_V1_WSS, spot.PRIVATE_WSS = f"{job.url}/spot/quote/ws/v1", f"{job.url}/spot/ws"
        inverse.WSS = f"{job.url}/realtime"
        self.client = (spot if job.market == "spot" else inverse).WebSocket(test=True, **job.options)

    def status(self) -> dict[str, Any]:
        """Return whether it lives."""
        gone = [name for name, one in self._sockets() if not one.wst.is_alive()]
        return {"connected": self.client.is_connected(), "gone": gone, "error": "", "told": []}

    def _sockets(self) -> Iterator[tuple[str, Any]]:
        if not hasattr(self.client, "ws_private"):
            yield "realtime", self.client
            return
        for name in ("public_v1", "private"):
            socket = getattr(self.client, f"ws_{name}")
            if socket:
                yield name, socket


class Survivor:
    """A client, the thread of the user who calls it, and the diary of the callbacks."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._diary = Diary()
        self._library: Any = None
        self._calls: list[threading.Thread] = []
        self._raised = ""
        self._idle = threading.Event()

    def subscribe(self, calls: Calls) -> None:
        """Make calls as a user's thread does: the first that raises ends it."""

        def call() -> None:
            try:
                self._library = self._library or (Theirs if self._job.client == "pybit" else Ours)(self._job)
                for stream, symbols in calls:
                    self._call(stream, symbols)
            except Exception as error:
                self._raised = repr(error)

        self._calls.append(threading.Thread(target=call, name="the user", daemon=True))
        self._calls[-1].start()

    def _call(self, stream: str, symbols: Sequence[str]) -> None:
        method = getattr(self._library.client, f"{stream}_stream")
        arguments = [symbols if len(symbols) > 1 else symbols[0]] if symbols else []
        method(self._diary.callback(stream, symbols), *arguments)

    def fail(self) -> None:
        """Let the next callback raise."""

        def fail() -> None:
            raise ValueError("a mistake in a callback")

        self._diary.trouble.append(fail)

    def block(self, seconds: float) -> None:
        """Let the next callback take long."""
        self._diary.trouble.append(lambda: self._idle.wait(seconds))

    def counts(self) -> dict[str, int]:
        """Return how many messages came."""
        return dict(self._diary.counts)

    def report(self) -> dict[str, Any]:
        """Return everything."""
        status = self._library.status() if self._library else {}
        calling = any(thread.is_alive() for thread in self._calls)
        diary = self._diary
        return {
            "connected": False, "gone": [], "error": "", "told": [], **status, "raised": self._raised,
            "calling": calling, "counts": dict(diary.counts), "strays": diary.strays, "trades": dict(diary.trades),
            "books": {symbol: json.loads(book) for symbol, book in dict(diary.books).items()},
        }  # fmt: skip


def main() -> None:
    """Do the job that the first argument describes, until standard input ends."""
    job = Job(**json.loads(sys.argv[1]))
    survivor = Survivor(job)
    survivor.subscribe(job.calls)
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(survivor, order)(*arguments)) + "\n")
        sys.stdout.flush()
    os._exit(0)  # pybit has no other end


if __name__ == "__main__":
    main()
