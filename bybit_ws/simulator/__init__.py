"""A local exchange to run against: Bybit's legacy spot and inverse websockets and today's V5, simulated.

``Exchange`` is one seeded market behind all sockets; ``Replay`` plays a recording.
Nothing here shares code with the client, so that a shared mistake cannot prove itself.
"""

from __future__ import annotations

try:
    import websockets.asyncio.server  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the simulator needs the package websockets: pip install 'bybit-ws-client[simulator]', "
        "or in a checkout pip install '.[simulator]'"
    ) from error

from .exchange import Exchange
from .replay import Replay

__all__ = ["Exchange", "Replay"]
