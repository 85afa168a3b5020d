"""``simulate`` and ``replay``: a local server to connect to."""

from __future__ import annotations

import argparse
import contextlib
import errno
import threading
from collections.abc import Iterator


def simulate(arguments: argparse.Namespace) -> int:
    """Run the local exchange until Ctrl-C."""
    from ..simulator import Exchange  # here, because it needs an extra

    options = {"seed": arguments.seed, "speed": arguments.speed, "retired": arguments.retired}
    with _port(arguments.port), Exchange(port=arguments.port, **options) as exchange:
        print(f"The exchange is at {exchange.url}, with any keys; Ctrl-C ends it. In another terminal:", flush=True)
        print(f"  python -m bybit_ws watch inverse orderbook_25 BTCUSD --endpoint {exchange.url}", flush=True)
        print(f"V5, today's protocol: {exchange.url}/v5/public/spot, .../v5/public/inverse, .../v5/private", flush=True)
        print(f"  and its REST: {exchange.http_url}/v5/market/time", flush=True)
        forever = threading.Event()
        while not forever.wait(1.0):
            pass
    return 0


def replay(arguments: argparse.Namespace) -> int:
    """Serve a recording until everyone who connected has had all of it."""
    from ..simulator import Replay

    replay = Replay(arguments.file, port=arguments.port, speed=arguments.speed, hold=False)
    with _port(arguments.port), replay as recording:
        print(f"{recording.frames} frames to replay at {recording.url}; waiting for a client", flush=True)
        while not recording.wait(1.0):
            pass
    print("All frames were replayed.")
    return 0


@contextlib.contextmanager
def _port(port: int) -> Iterator[None]:
    """Say what to do where a port cannot be had."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(f"port {port} is in use: choose another by --port, or a free one by --port 0") from error
        if error.errno == errno.EACCES:
            raise OSError(f"port {port} needs more rights than you have: choose one above 1023 by --port") from error
        raise
