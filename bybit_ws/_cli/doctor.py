"""``doctor``: whether everything works on the real exchange, for everybody to see."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

from .._topics import PUBLIC_V1, PUBLIC_V2, REALTIME, Socket
from ..exceptions import RestError
from . import report
from .checkup import OPENING, Checkup
from .usage import WrongUsage, usage

SOCKETS = {socket.name: socket for socket in (PUBLIC_V1, PUBLIC_V2, REALTIME)}
LONGEST = 30.0
"""Seconds of patience at most, so that all is over within a minute."""

FAREWELL = 0.5
"""Seconds that threads are waited for at the end."""

SPEED = 5
"""Market seconds a second of the embedded exchange."""


def run(arguments: argparse.Namespace) -> int:
    """Examine the public sockets and print what was found; 0 only if all is well."""
    if arguments.seconds > LONGEST:
        raise WrongUsage(f"--seconds must be at most {LONGEST:g}, not {arguments.seconds:g}")
    with _silent_log(), _where(arguments) as (wanted, shown):
        found = _examine(wanted, shown, arguments.seconds)
    print(json.dumps(found, indent=2) if arguments.json else report.text(found), flush=True)
    return 0 if found["verdict"] == "OK" else 1


def _examine(wanted: dict[Socket, dict[str, Any]], shown: dict[str, Any], patience: float) -> dict[str, Any]:
    with usage():
        checkups = [Checkup(socket, options) for socket, options in wanted.items()]
    try:
        for one in checkups:
            one.start()
        end = time.monotonic() + 2 * OPENING + patience  # both protocols may have to be tried
        for one in checkups:
            one.wait(patience, end)
        for one in checkups:
            one.conclude(patience)
        return report.build(checkups, _rest(checkups), shown)
    finally:
        for one in checkups:
            one.close()
        end = time.monotonic() + FAREWELL
        for one in checkups:
            one.join(end)


@contextlib.contextmanager
def _where(arguments: argparse.Namespace) -> Iterator[tuple[dict[Socket, dict[str, Any]], dict[str, Any]]]:
    """Give the options of each socket that is to be examined, and what is said of them in the report."""
    shown = {"at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "api": arguments.api}
    patience = {"patience": f"{arguments.seconds:g} s"}
    if arguments.simulate:
        from ..simulator import Exchange  # here, because it needs an extra

        with Exchange(speed=SPEED) as exchange:
            options = {"api": arguments.api, "endpoint": exchange.url}
            yield dict.fromkeys(SOCKETS.values(), options), {**shown, "endpoint": "the embedded exchange", **patience}
        return
    options = {"api": arguments.api, "test": arguments.test, "domain": arguments.domain}
    endpoints = _endpoints(arguments.endpoint or [])
    if not endpoints:
        place = {"domain": arguments.domain, "network": "test" if arguments.test else "main"}
        yield dict.fromkeys(SOCKETS.values(), options), {**shown, **place, **patience}
        return
    wanted = {SOCKETS[name]: {**options, "endpoint": given} for name, given in endpoints.items()}
    yield wanted, {**shown, "endpoint": "as given", **patience}


def _endpoints(given: list[str]) -> dict[str, Any]:
    """Return ``endpoint=`` for each socket: one URL is for all of them, ``NAME=URL`` for one."""
    named = [text.partition("=")[::2] for text in given if text.partition("=")[0] in SOCKETS]
    if len(named) == len(given):
        return {name: {name: url} for name, url in named}
    if len(given) > 1:
        raise WrongUsage(f"--endpoint is one URL, or NAME=URL for each of {', '.join(SOCKETS)}")
    return dict.fromkeys(SOCKETS, given[0])


def _rest(checkups: list[Checkup]) -> dict[str, Any] | None:
    """Ask REST for the time and for the symbols, where V5 is spoken: it needs both."""
    users = [one for one in checkups if one.api == "v5"]
    if not users:
        return None
    from .. import _rest as rest  # here, because requests is slow to import

    base = users[0].client._options.rest_url(users[0].socket, "v5")
    found: dict[str, Any] = {"url": report.place(base), "error": None}
    started = time.monotonic()
    try:
        found["clock_offset"] = rest.clock_offset(base, "/v5/market/time", {})
        found["round_trip"] = time.monotonic() - started
        query = {"category": "inverse", "limit": "1000"}
        listed = rest.result(rest.Call(), base, "/v5/market/instruments-info", query, {})
        found["inverse_symbols"] = len(listed["list"])
    except (RestError, KeyError, TypeError) as error:
        found["error"] = report.clean(error)
    return found


@contextlib.contextmanager
def _silent_log() -> Iterator[None]:
    """Keep the log off the screen: the report tells it all."""
    logger, handler = logging.getLogger("bybit_ws"), logging.NullHandler()
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
