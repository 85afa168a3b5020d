"""``watch``: print one stream."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from .. import events
from .._arguments import symbols_of, topic_of
from .._client import Client
from .._topics import BY_STREAM, Row
from ..exceptions import ConfigurationError
from ..inverse import InverseWebSocket
from ..spot import SpotWebSocket
from .describe import describe, symbol_of
from .topics import family


class Watcher:
    """Prints what it is called with, until there was enough of it.

    Args:
        row: The stream.
        as_json: Print whole messages.
        count: How many messages are enough; None for any number.
    """

    def __init__(self, row: Row, as_json: bool, count: int | None) -> None:
        self._row, self._as_json, self._count = row, as_json, count
        self._latest: dict[str, dict[str, Any]] = {}
        self._seen = 0
        self.failure: BaseException | None = None
        self.done = threading.Event()

    def message(self, message: dict[str, Any]) -> None:
        """Print a message (the stream's callback)."""
        if self.done.is_set():
            return
        try:
            self._print(message)
        except OSError as error:  # the pipe is gone; this thread cannot end the program, the main one can
            self.failure = error
            self.done.set()
        if self._seen == self._count:
            self.done.set()

    def event(self, event: events.Event) -> None:
        """End where there is nothing more to come (the client's ``on_event``)."""
        if isinstance(event, events.CallbackFailed):
            self.failure = event.error
            self.done.set()
        # A normal closure is how a server says that there is nothing more to come.
        if isinstance(event, events.Disconnected) and "code 1000" in event.reason:
            self.done.set()

    def summary(self) -> None:
        """Tell on standard error what was seen last."""
        print(f"# {self._seen} messages", file=sys.stderr)
        if self._row.merge is not None:
            for symbol, message in sorted(self._latest.items()):
                print(f"# final {symbol}: {describe(self._row, message)}", file=sys.stderr)

    def _print(self, message: dict[str, Any]) -> None:
        symbol = symbol_of(self._row, message)
        line = json.dumps(message) if self._as_json else f"{symbol:<10} {describe(self._row, message)}".strip()
        print(line, flush=True)
        self._seen += 1
        self._latest[symbol] = message


def run(arguments: argparse.Namespace) -> int:
    """Print a stream until Ctrl-C, ``--count``, or the server's last word."""
    row = BY_STREAM[arguments.stream]
    if family(row) != arguments.family:
        raise ConfigurationError(f"{row.stream} is a stream of {family(row)}: watch {family(row)} {row.stream}")
    if arguments.count is not None and arguments.count < 1:
        raise ConfigurationError(f"--count must be 1 or more, not {arguments.count}")
    parameters = _parameters(row, arguments)
    if arguments.raw:
        parameters["raw"] = True
    watcher = Watcher(row, arguments.json or arguments.raw, arguments.count)
    with _log(), _exchange(arguments) as where, _client(arguments, where, watcher) as client:
        try:
            subscription = getattr(client, row.method)(watcher.message, **parameters)
            while not watcher.done.wait(0.2):
                subscription.wait(0)
        finally:
            client.close()
            if not arguments.json or sys.stderr.isatty():
                watcher.summary()
    if watcher.failure is not None:
        raise watcher.failure
    return 0


@contextlib.contextmanager
def _log() -> Iterator[None]:
    """Tell on standard error what happens to the connection."""
    logger, handler = logging.getLogger("bybit_ws"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("# %(message)s"))
    # The exchange's own comings and goings are of no interest here.
    handler.addFilter(lambda record: record.name != "bybit_ws.simulator" or record.levelno >= logging.WARNING)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextlib.contextmanager
def _exchange(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    keys = {"api_key": os.environ.get("BYBIT_API_KEY"), "api_secret": os.environ.get("BYBIT_API_SECRET")}
    if not arguments.simulate:
        yield {"endpoint": arguments.endpoint, "test": arguments.test, "api": arguments.api, **keys}
        return
    from ..simulator import Exchange  # here, because it needs an extra

    with Exchange() as exchange:
        yield {"endpoint": exchange.url, "api": arguments.api, "api_key": "any key", "api_secret": "any secret"}


def _client(arguments: argparse.Namespace, where: dict[str, Any], watcher: Watcher) -> Client:
    client_type = InverseWebSocket if arguments.family == "inverse" else SpotWebSocket
    return client_type(on_event=watcher.event, **where)


def _parameters(row: Row, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the stream is called with, checked, so that a mistake is told before anything starts."""
    if not row.symbols:
        if arguments.symbols:
            raise ConfigurationError(f"{row.stream} is of your account and takes no symbols")
        if not arguments.simulate and not os.environ.get("BYBIT_API_KEY"):
            raise ConfigurationError(f"{row.stream} is private: set BYBIT_API_KEY and BYBIT_API_SECRET")
        return {}
    given = {"interval": arguments.interval, "dump_scale": arguments.dump_scale}
    parameters: dict[str, Any] = {"symbols": symbols_of(row, arguments.symbols or None)}
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if name != row.parameter and value is not None:
            raise ConfigurationError(f"{row.stream} takes no {option}")
        if name == row.parameter:
            if value is None:
                raise ConfigurationError(f"{row.stream} needs {option}")
            topic_of(row, value)
            parameters[name] = value
    return parameters
