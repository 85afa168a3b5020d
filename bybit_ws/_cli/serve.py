"""``simulate`` and ``replay``: a local server to connect to."""

from __future__ import annotations

import argparse
import threading


def simulate(arguments: argparse.Namespace) -> int:
    """Run the local exchange until Ctrl-C."""
    from ..simulator import Exchange  # here, because it needs an extra

    options = {"seed": arguments.seed, "speed": arguments.speed, "retired": arguments.retired}
    with Exchange(port=arguments.port, **options) as exchange:
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

    with Replay(arguments.file, port=arguments.port, speed=arguments.speed, hold=False) as recording:
        print(f"{recording.frames} frames to replay at {recording.url}; waiting for a client", flush=True)
        while not recording.wait(1.0):
            pass
    print("All frames were replayed.")
    return 0
