"""One socket under examination: its address probed, its streams subscribed, their first messages looked at."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Callable

from .. import events
from .._client import Client
from .._dialects import MALFORMED
from .._topics import REALTIME, ROWS, Row, Socket
from .._voice import GONE
from ..exceptions import BybitWebSocketError, NotAvailable
from ..inverse import InverseWebSocket
from ..spot import SpotWebSocket
from .describe import describe
from .probe import Probe, probe
from .shapes import differences, folly

OPENING = 8.0
"""Seconds that a connection, and a probe, may take."""

PING = 1.0
"""Seconds between pings; the exchange asks for less, but not for this short a while."""

SPARSE = ("kline_v1", "kline_v2", "trade_v2", "lt_v1", "trade", "insurance", "kline", "liquidation")
"""Streams that speak only when something happens: their silence proves nothing."""

_EXPECTED = (events.Retired, events.Subscribed, events.SlowConsumer)
"""Events that say nothing against the exchange."""

MOST = 10
"""Complaints of one socket that are told."""


@dataclass
class Finding:
    """What one stream did.

    Attributes:
        row: The stream.
        status: ``"ok"``, ``"differs"``, ``"refused"``, ``"gone"``; ``""`` while nothing is known.
        after: Seconds from its subscription to its first message.
        remarks: What is to be said of it.
        grave: Whether that spoils the verdict.
    """

    row: Row
    status: str = ""
    after: float | None = None
    remarks: list[str] = field(default_factory=list)
    grave: bool = False

    def heard(self, message: Any, after: float) -> None:
        """Look at its first message."""
        self.after = after
        try:
            found = differences(self.row, message)
            wrong = folly(self.row, message)
            self.remarks += found.words + [wrong] * bool(wrong)
            self.grave = found.grave or bool(wrong)
            if not self.grave:
                self.remarks.append(describe(self.row, message))
        except MALFORMED as error:
            self.remarks.append(f"cannot be read: {error!r}")
            self.grave = True
        self.status = "differs" if self.grave else "ok"

    def gone(self, why: str) -> None:
        """Today's exchange has no such stream: that is known, and no fault."""
        self.status = "gone"
        self.remarks.append(why)

    def silent(self, patience: float) -> None:
        """It said nothing for so long."""
        if not self.status:
            self.grave = self.row.stream not in SPARSE
            self.status = "silent" if self.grave else "quiet"
            self.remarks.append(f"nothing within {patience:g} s")


class Checkup:
    """Examines one socket, on threads of its own.

    Args:
        socket: Which one.
        options: The client's options.

    Attributes:
        client: The client that is connected.
        findings: What its streams did, by stream.
        complaints: What went wrong besides.
        failure: Why it could not be opened; None where it could, or that is not known yet.
        opened: Seconds until it was ready; None where it is not yet.
        probes: What was found at its addresses.
    """

    def __init__(self, socket: Socket, options: dict[str, Any]) -> None:
        self.socket = socket
        client_type: type[Client] = InverseWebSocket if socket is REALTIME else SpotWebSocket
        self.client = client_type(on_event=self._event, retries=1, ping_interval=PING, open_timeout=OPENING, **options)
        self.findings = {row.stream: Finding(row) for row in ROWS if row.socket is socket and not row.private}
        self.complaints: list[str] = []
        self.failure: BybitWebSocketError | None = None
        self.opened: float | None = None
        self.probes: list[Probe] = []
        self._started = time.monotonic()
        self._ready = 0.0
        self._asked = False
        self._over = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=target, name=f"bybit_ws doctor {socket.label}", daemon=True)
            for target in (self._open, self._probe)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wait(self, patience: float, end: float) -> None:
        """Wait until all is known, for so many seconds after it was opened, and until ``end`` at most."""
        with self._changed:
            while not self._complete() and time.monotonic() < min(end, self._until(patience)):
                self._changed.wait(0.1)

    def conclude(self, patience: float) -> None:
        """No more is waited for."""
        with self._changed:
            self._over = True
            for finding in self.findings.values():
                finding.silent(patience)

    def close(self) -> None:
        """End it; what is not known by then stays unknown."""
        with self._changed:
            self._over = True
        self.client.close()

    def join(self, end: float) -> None:
        """Wait for its threads, until then at most: one that asks a name server is not to be stopped."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))

    @property
    def api(self) -> str:
        """What the socket speaks; what it was told to speak where it could not be opened."""
        return str(self.health["api"] or self.client._options.api)

    @property
    def health(self) -> dict[str, Any]:
        """How the socket fares."""
        return self.client.health()[self.socket.name]

    # -- its own threads ---------------------------------------------------------------------------------

    def _open(self) -> None:
        for finding in self.findings.values():
            row, asked = finding.row, time.monotonic()
            try:
                getattr(self.client, row.method)(self._callback(finding), **_parameters(row))
            except NotAvailable as error:
                self._note(finding.gone, str(error))
            except BybitWebSocketError as error:
                self._learn(failure=error)
                return
            else:
                if self.opened is None:
                    self._learn(opened=time.monotonic() - asked)
        self._learn(_asked=True)

    def _probe(self) -> None:
        options = self.client._options
        first = "v5" if options.api == "v5" else "legacy"
        self.probes.append(probe(options.url(self.socket, first), OPENING))
        if options.api == "auto" and self.probes[0].status in GONE:
            self.probes.append(probe(options.url(self.socket, "v5"), OPENING))

    def _callback(self, finding: Finding) -> Callable[[Any], None]:
        asked = time.monotonic()

        def callback(message: Any) -> None:
            if not finding.status:
                self._note(finding.heard, message, time.monotonic() - max(asked, self._ready))

        return callback

    def _event(self, event: events.Event) -> None:
        if isinstance(event, events.Connected):
            self._learn(_ready=time.monotonic())
        elif isinstance(event, events.Rejected):
            self._note(self._refused, event)
        elif not isinstance(event, _EXPECTED):
            self._note(self._complain, event)

    def _refused(self, event: events.Rejected) -> None:
        for finding in self.findings.values():
            if _topic(finding.row) == event.topic:
                finding.status, finding.grave = "refused", finding.row.stream != "lt_v1"
                finding.remarks.append(event.reason)

    def _complain(self, event: events.Event) -> None:
        self.complaints = [*self.complaints, _words(event)][:MOST]

    def _note(self, note: Callable[..., Any], *facts: Any) -> None:
        """Let something be noted, unless it is too late."""
        with self._changed:
            if not self._over:
                note(*facts)
                self._changed.notify_all()

    def _learn(self, **facts: Any) -> None:
        self._note(vars(self).update, facts)

    # -- what is known -----------------------------------------------------------------------------------

    def _until(self, patience: float) -> float:
        return float("inf") if self.opened is None else self._started + self.opened + patience

    def _complete(self) -> bool:
        if self.failure is not None:
            return not self._threads[1].is_alive()
        if not self._asked or self._threads[1].is_alive():
            return False
        return all(one.status for one in self.findings.values()) and self.health["ping_round_trip"] is not None


def _parameters(row: Row) -> dict[str, Any]:
    """Return what a stream is called with: what is most alive."""
    inverse = row.socket is REALTIME
    symbols = {"lt_v1": "BTC3LUSDTNAV", "insurance": "BTC"}
    parameters: dict[str, Any] = {"symbols": symbols.get(row.stream, "BTCUSD" if inverse else "BTCUSDT")}
    if row.parameter == "interval":
        parameters["interval"] = "1" if inverse else "1m"
    if row.parameter == "dump_scale":
        parameters["dump_scale"] = 1
    return parameters


def _topic(row: Row) -> str:
    parameters = _parameters(row)
    return row.topic(next((value for name, value in parameters.items() if name != "symbols"), None)).name


def _words(event: events.Event) -> str:
    """Return what is to be told of an event."""
    if isinstance(event, events.UnknownMessage):
        return f"not understood: {event.kind}: {event.sample}"
    if isinstance(event, events.Disconnected):
        return f"lost: {event.reason}"
    if isinstance(event, events.RestFailed):
        return f"REST did not answer {event.topic} {event.symbol}: {event.reason}"
    if isinstance(event, events.BookOutOfSync):
        return f"out of sync: {event.topic} {event.symbol}: {event.reason}"
    return repr(event)
