"""``record``: keep streams in a file."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from typing import Any, NamedTuple

from .. import events
from .._arguments import symbols_of, topic_of
from .._client import Client
from .._recorder import Recorder
from .._reporter import BY_THE_USER
from .._subscription import Subscription
from .._topics import BY_STREAM, Row
from .._vitals import UNOPENED
from ..exceptions import ConfigurationError, ConnectionLost, SubscriptionError
from .clients import CLIENTS, check_place, options_of
from .usage import check_family, check_symbols, no_family, no_stream, usage

EVERY = 0.5
"""Seconds between two looks, and two progress lines."""

NEXT = ("+", ",")
"""What parts the streams of one command."""


class Wish(NamedTuple):
    """A stream that is to be recorded."""

    family: str
    row: Row
    arguments: dict[str, Any]


def run(arguments: argparse.Namespace) -> int:
    """Record until Ctrl-C, ``--seconds``, or an error."""
    with usage():
        wishes = read_wishes(arguments.what)
        check_place(arguments, [wish.row for wish in wishes])
    with options_of(arguments) as options, contextlib.ExitStack() as stack:
        recorder = Recorder(arguments.out, rotate_mb=arguments.rotate_mb, rotate_minutes=arguments.rotate_minutes)
        stack.callback(_tell, recorder)
        stack.callback(recorder.stop)
        clients: dict[str, Client] = {}
        asked: list[Subscription] = []
        for wish in wishes:
            if wish.family not in clients:
                with usage():
                    client = CLIENTS[wish.family](on_event=_show, **options)
                clients[wish.family] = stack.enter_context(client)
                client.record(recorder)
            asked.append(getattr(clients[wish.family], wish.row.method)(None, **wish.arguments))
        _attend(recorder, list(clients.values()), asked, arguments.seconds)
    return 0


def read_wishes(words: list[str]) -> list[Wish]:
    """Return what the words of a command ask for: ``spot trade_v1 BTCUSDT + kline_v1=1m BTCUSDT + inverse trade``.

    Raises:
        ConfigurationError: They make no sense; the message says what would.
    """
    groups: list[list[str]] = [[]]
    for word in words:
        if word in NEXT:
            groups.append([])
        else:
            groups[-1].append(word)
    wishes: list[Wish] = []
    kind = ""
    for group in groups:
        if group and group[0] in CLIENTS:
            kind, *group = group
        if not kind and len(group) > 1 and group[0].partition("=")[0] not in BY_STREAM:
            raise ConfigurationError(no_family(group[0]))
        if not kind or not group:
            raise ConfigurationError(
                f"{' '.join(words)}: name spot or inverse, a stream and its symbols, after a + the next stream, e.g. "
                "spot trade_v1 BTCUSDT + diff_depth_v1 BTCUSDT + inverse trade BTCUSD"
            )
        wishes.append(_wish(kind, group[0], group[1:]))
    return wishes


def _wish(kind: str, name: str, symbols: list[str]) -> Wish:
    name, _, value = name.partition("=")
    row = BY_STREAM.get(name)
    if row is None:
        raise ConfigurationError(no_stream(name))
    check_family(row, kind, "record")
    if row.parameter is None and value:
        raise ConfigurationError(f"{name} takes no {value!r}: write {name} alone")
    if row.parameter is not None and not value:
        example = "1" if kind == "inverse" or row.parameter == "dump_scale" else "1m"
        raise ConfigurationError(f"{name} needs its {row.parameter}: write it as {name}={example}")
    topic_of(row, value or None)
    if not row.symbols:
        if symbols:
            raise ConfigurationError(f"{name} is of your account and takes no symbols")
        return Wish(kind, row, {})
    given: dict[str, Any] = {"symbols": symbols_of(row, symbols or None)}
    check_symbols(given["symbols"])
    if row.parameter is not None:
        given[row.parameter] = value
    return Wish(kind, row, given)


def _attend(recorder: Recorder, clients: list[Client], asked: list[Subscription], seconds: float | None) -> None:
    """Show how it goes until it is over.

    Raises:
        SubscriptionError: The exchange refused everything.
        ConnectionLost: Every socket is closed for good.
        OSError: The file cannot be written.
    """
    pause, end = threading.Event(), None if seconds is None else time.monotonic() + seconds
    shown = sys.stderr.isatty()
    while end is None or time.monotonic() < end:
        pause.wait(EVERY if end is None else max(0.0, min(EVERY, end - time.monotonic())))
        if recorder.failure is not None:
            reason = getattr(recorder.failure, "strerror", None) or recorder.failure
            raise OSError(f"{recorder.path} could not be written any more: {reason}; make room, or record elsewhere")
        if all(map(_is_refused, asked)):
            asked[0].wait(0)  # it raises what the exchange said
        if shown:
            print(f"\r\x1b[K{recorder.progress}", end="", file=sys.stderr, flush=True)
        states = {one["state"] for client in clients for one in client.health().values()} - {UNOPENED["state"]}
        if states == {"closed"}:
            raise ConnectionLost("every connection is closed for good")


def _is_refused(one: Subscription) -> bool:
    """Return whether the exchange refused all that was asked for; what it refused of several, an event tells."""
    return one._done() and isinstance(one._failure(), SubscriptionError)


def _tell(recorder: Recorder) -> None:
    """Say at the end what there is."""
    begin = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{begin}{recorder.progress}", file=sys.stderr, flush=True)


def _show(event: events.Event) -> None:
    """Tell what happens to the connections and streams, but for what is as it should be."""
    usual = (events.Connected, events.Subscribed, events.BookRecovered, events.RecordingFailed)
    closed = isinstance(event, events.Disconnected) and event.reason == BY_THE_USER
    if not isinstance(event, usual) and not closed:
        print(f"{chr(13) if sys.stderr.isatty() else ''}# {event}", file=sys.stderr, flush=True)
