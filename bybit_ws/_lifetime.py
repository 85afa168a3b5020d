"""The life of a client as its user sees it: how it fares, and its end."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from ._cell import in_notebook
from ._lifecycle import State
from ._rates import Rates
from ._recordable import Recorded
from ._reporter import Reporter
from ._sockets import Sockets
from ._topics import ACCOUNT, Key, Socket
from ._vitals import UNOPENED

logger = logging.getLogger("bybit_ws")

Self = TypeVar("Self", bound="Lifetime")

CTRL_C = (
    "Ctrl-C ended run_forever() and closed this %s: make another one to go on. "
    "A notebook needs no run_forever(), its streams go on between cells; join(timeout) waits and closes nothing"
)


class Lifetime(Recorded):
    """What has sockets, tells how they fare and ends them.

    Args:
        reporter: Where its events go.
        sockets: Its sockets.
    """

    _SOCKETS: ClassVar[Mapping[Socket, Any]]

    def __init__(self, reporter: Reporter, sockets: Sockets) -> None:
        self._reporter, self._sockets = reporter, sockets
        self._rates = Rates()

    # -- the end -----------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close every socket; from any thread, from a callback, any number of times.

        When it returns, no callback starts any more and no thread is left; a callback that is still running
        is waited for, but not for more than 5 s. Called from a callback it returns at once, and the threads
        end when that callback does.
        """
        self._begin_to_close()
        waited = self._sockets.close()
        self._stop_recording()
        if waited:
            self._reporter.stop()

    def exit(self) -> None:
        """Close every socket: pybit's name for ``close``."""
        self.close()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end.

        Args:
            timeout: Seconds to wait; None waits as long as it takes.

        Returns:
            True once the client was closed, False at the timeout.

        Raises:
            BybitWebSocketError: What ended a socket for good, e.g. ``ConnectionLost`` where
                ``restart_on_error`` is False.
        """
        return self._sockets.join(timeout)

    def run_forever(self) -> None:
        """Wait for the end, and close on Ctrl-C.

        A notebook needs no such call: streams go on between cells. To interrupt this one closes the client there, too,
        which the log tells; to interrupt ``join()`` closes nothing.
        """
        try:
            self.join()
        except KeyboardInterrupt:
            self.close()
            logger.log(logging.WARNING if in_notebook() else logging.INFO, CTRL_C, type(self).__name__)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # -- what it knows of itself -------------------------------------------------------------------------

    def is_connected(self) -> bool:
        """Return True when every opened socket is ready, False when none was opened."""
        connections = self._sockets.opened()
        return bool(connections) and all(one.state is State.READY for one in connections.values())

    def health(self) -> dict[str, dict[str, Any]]:
        """Return how each socket fares.

        Returns:
            For each socket by name: ``api`` (``"legacy"`` or ``"v5"``), ``state`` (``"new"`` where it was never
            needed), ``since`` (seconds since the epoch), ``reconnects``, ``subscriptions``, ``messages`` (that went to
            callbacks or their queues), ``last_message_age`` (seconds since the last one of these was read from the
            network), ``ping_round_trip`` (seconds), ``clock_offset`` (seconds by which the exchange's clock is ahead,
            where its pongs tell), ``lag`` (seconds from the exchange's sending to the end of the callback, as of the
            last sample; where the clock offset is not known, in excess of the quickest message), ``queued`` and
            ``dropped`` (messages, see ``Queue``); None where there was none yet.
        """
        connections = self._sockets.opened()
        return {
            socket.name: connections[socket].vitals.health() if socket in connections else dict(UNOPENED)
            for socket in self._SOCKETS
            if socket is not ACCOUNT or socket in connections
        }

    @property
    def subscriptions(self) -> list[Key]:
        """What is wanted, as (topic, symbol); ``"*"`` means all symbols, ``""`` a topic without symbols."""
        return [key for connection in self._sockets.opened().values() for key in connection.wanted()]

    def _repr_html_(self) -> str:
        from ._html import client  # here, because scripts never show it

        health, event = self.health(), self._reporter.latest
        opened = "not ready" if self._sockets.opened() else "no socket open"
        state = "closed" if self._sockets.closed else "ready" if self.is_connected() else opened
        now, streams = time.time(), self.subscriptions
        rates = self._rates.look(health, time.monotonic(), now)
        return client(type(self).__name__, state, health, rates, now, streams, event)

    def __repr__(self) -> str:
        opened = self._sockets.opened().items()
        states = ", ".join(f"{socket.name}={one.state.value} ({one.voice.api})" for socket, one in opened)
        return f"<{type(self).__name__} {'closed' if self._sockets.closed else states or 'no socket open'}>"
