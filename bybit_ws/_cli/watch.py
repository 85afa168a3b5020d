"""``watch``: look at one stream, as a picture in a terminal, as lines elsewhere."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

from .._arguments import symbols_of, topic_of
from .._client import Client
from .._recorder import Recorder
from .._subscription import Subscription
from .._topics import BY_STREAM, Row
from ..exceptions import ConfigurationError
from .clients import CLIENTS, check_place, options_of
from .terminal import draws
from .usage import check_family, check_symbols, usage
from .watching import Watcher


def run(arguments: argparse.Namespace) -> int:
    """Show a stream until Ctrl-C, ``--count``, ``--seconds``, or the server's last word."""
    row = BY_STREAM[arguments.stream]
    with usage():
        check_family(row, arguments.family, "watch")
        parameters = _parameters(row, arguments)
        check_place(arguments, [row])
    watcher = _watcher(row, arguments, parameters)
    if arguments.raw:
        parameters["raw"] = True
    with _log(watcher), options_of(arguments) as options:
        with usage():
            client = CLIENTS[row.family](on_event=watcher.event, **options)
        try:
            with _recording(client, arguments.record) as watcher.recorder:
                until = None if arguments.seconds is None else time.monotonic() + arguments.seconds
                watcher.follow(client, _subscribe(client, row, watcher, parameters), until)
        finally:
            client.close()
            if watcher.drawing or not arguments.json or sys.stderr.isatty():
                watcher.summary()
    watcher.check()
    return 0


def _watcher(row: Row, arguments: argparse.Namespace, parameters: dict[str, Any]) -> Watcher:
    lines = arguments.json or arguments.raw
    if lines or arguments.plain or not draws():
        return Watcher(row, lines, arguments.count)
    from .draw.watching import DrawingWatcher  # here, because it needs an extra

    topic = topic_of(row, parameters.get(row.parameter or "")).name
    symbols = parameters.get("symbols", ())
    return DrawingWatcher(row, arguments.count, topic, symbols, arguments.interval or "")


def _subscribe(client: Client, row: Row, watcher: Watcher, parameters: dict[str, Any]) -> dict[str, Subscription]:
    method = getattr(client, row.method)
    if not watcher.apart:
        return {"": method(watcher.message, **parameters)}
    symbols = parameters["symbols"]
    return {one: method(watcher.message, **{**parameters, "symbols": one}) for one in symbols}


def _recording(client: Client, path: str | None) -> contextlib.AbstractContextManager[Recorder | None]:
    """Keep every frame in a file, where one is wanted."""
    return contextlib.nullcontext() if path is None else client.record(path)


@contextlib.contextmanager
def _log(watcher: Watcher) -> Iterator[None]:
    """Tell on standard error what happens to the connection; where there is a picture, only what keeps it away."""
    logger, handler = logging.getLogger("bybit_ws"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("# %(message)s"))
    # The exchange's own comings and goings are of no interest here.
    handler.addFilter(lambda record: record.name != "bybit_ws.simulator" or record.levelno >= logging.WARNING)
    handler.addFilter(lambda record: not watcher.on_screen)
    level = logger.level
    logger.setLevel(logging.WARNING if watcher.drawing else logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _parameters(row: Row, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the stream is called with, checked, so that a mistake is told before anything starts."""
    if not row.symbols:
        if arguments.symbols:
            raise ConfigurationError(f"{row.stream} is of your account and takes no symbols")
        return {}
    given = {"interval": arguments.interval, "dump_scale": arguments.dump_scale}
    parameters: dict[str, Any] = {"symbols": symbols_of(row, arguments.symbols or None)}
    check_symbols(parameters["symbols"])
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if name != row.parameter and value is not None:
            raise ConfigurationError(f"{row.stream} takes no {option}")
        if name == row.parameter:
            if value is None:
                raise ConfigurationError(f"{row.stream} needs {option}, e.g. {option} {_example(row)}")
            topic_of(row, value)
            parameters[name] = value
    return parameters


def _example(row: Row) -> str:
    return "1" if row.parameter != "interval" or row.family == "inverse" else "1m"
