"""The clients of ``watch`` and ``record``, and what they connect to."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from typing import Any

from .._client import Client
from .._topics import Row
from ..exceptions import ConfigurationError
from ..inverse import InverseWebSocket
from ..spot import SpotWebSocket

CLIENTS: dict[str, type[Client]] = {"spot": SpotWebSocket, "inverse": InverseWebSocket}

_KEY, _SECRET = "BYBIT_API_KEY", "BYBIT_API_SECRET"


@contextlib.contextmanager
def options_of(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Give the options of a client for the exchange that is meant, a local one where that is to be started."""
    if not arguments.simulate:
        place = {"endpoint": arguments.endpoint, "test": arguments.test, "domain": arguments.domain or "bybit"}
        yield {**place, "api": arguments.api, "api_key": os.environ.get(_KEY), "api_secret": os.environ.get(_SECRET)}
        return
    from ..simulator import Exchange  # here, because it needs an extra

    with Exchange() as exchange:
        yield {"endpoint": exchange.url, "api": arguments.api, "api_key": "any key", "api_secret": "any secret"}


def check_place(arguments: argparse.Namespace, rows: list[Row]) -> None:
    """Raise, before anything starts, where the streams cannot be had from the exchange that is meant."""
    if arguments.domain and (arguments.endpoint or arguments.simulate):
        raise ConfigurationError("--domain names one of the exchange's own hosts: leave --endpoint and --simulate out")
    private = [row.stream for row in rows if row.private]
    if private and not arguments.simulate and not os.environ.get(_KEY):
        raise ConfigurationError(f"{private[0]} is private: set {_KEY} and {_SECRET}")
