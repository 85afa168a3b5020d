"""The machinery of the fault matrix: what a fault is, and what must hold after every one."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Callable

import pytest
import trustme
from matrix_protocols import V5_PRIVATE, Protocol, Want
from support import (
    CREDENTIALS,
    KEYS,
    Events,
    Inbox,
    connect_proxy,
    hasten,
    library_threads,
    relaying,
    small_markets,
    wait_until,
)

from bybit_ws import _inquiry, events
from bybit_ws.simulator import Exchange

PATIENCE = 20.0
"""Seconds that anything may take on a busy machine."""

STORY = {
    **{events.Connected: "C", events.Disconnected: "D", events.Reconnected: "R"},
    **{events.AuthenticationRefused: "A", events.Retired: "T"},
}

RETIRED = "DTR"
"""What is told where the documented endpoint is gone after a loss."""

V5_RECORD = (
    *("id", "symbol", "last_price", "last_tick_direction", "prev_price_24h", "high_price_24h", "low_price_24h"),
    *("bid1_price", "ask1_price", "mark_price", "index_price", "volume_24h", "next_funding_time"),
)
"""What V5 tells of an instrument just as the documented endpoint did, and when it did."""


@dataclass(frozen=True)
class Fault:
    """A row of the matrix.

    Attributes:
        name: What it is called.
        play: Plays it; returns when it is over, and the client may have to recover from it.
        losses: How many connections are lost, each once reported and followed by a reconnect.
        reason: What each loss says, as a regular expression.
        story: What else is told between the first connect and the end, as a regular expression of letters (see
            ``STORY``); from ``losses`` where it is not given.
        renews: Streams are subscribed again or refused on one connection, so that requests repeat themselves.
        retires: The documented protocol is gone in the end, and V5 is spoken.
        rest: REST does not answer.
        blind: Changes of records are lost for good, and nothing can tell.
        among: Which protocols it is for.
        before: Called before anything starts, to make the client more hasty still.
        relay: A ``Relay`` stands between client and exchange.
        speed: Of the market; what suits the protocol where it is not given.
        options: Of the client.
    """

    name: str
    play: Callable[[Case], Any]
    losses: int = 1
    reason: str = "lost"
    story: str = ""
    renews: bool = False
    retires: bool = False
    rest: bool = False
    blind: bool = False
    among: Callable[[Protocol], bool] = lambda protocol: True
    before: Callable[[pytest.MonkeyPatch], Any] = lambda patch: None
    relay: bool = False
    speed: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)


class Box(Inbox):
    """The messages of one stream; ``trouble`` happens inside its callback."""

    trouble: Callable[[], Any] = staticmethod(lambda: None)

    def __call__(self, message: Any) -> None:
        super().__call__(message)
        self.trouble()


class Case:
    """One fault played to one protocol."""

    def __init__(self, protocol: Protocol, fault: Fault, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.protocol, self.fault, self.patch, self.folder = protocol, fault, patch, folder
        self.events = Events()
        self.boxes: dict[tuple[str, str], Box] = {}
        self.wants: dict[tuple[str, str], Want] = {}
        self.failures = Failures()
        self.context = fresh_context() if protocol.tls else None
        self.v5 = protocol.v5 or fault.retires
        small_markets(patch, protocol.symbols, protocol.keys)
        speed = fault.speed or (30.0 if protocol.keys else 10.0)
        self.exchange = Exchange(
            seed=6, speed=speed, credentials=CREDENTIALS, ssl_context=self.context, count_deltas=True
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Start everything, and see that all of it ends."""
        hasten(self.patch)
        self.patch.setattr(_inquiry, "PATIENCE", 3.0)  # nothing here is quiet for long: only a refusal is waited for
        self.fault.before(self.patch)
        before = open_files()
        with self.failures.noted():
            with contextlib.ExitStack() as stack:
                stack.enter_context(self.exchange)
                options, url = dict(self.fault.options), self.exchange.url
                if self.fault.relay:
                    url, self.relay = stack.enter_context(relaying(url))
                if self.protocol.proxy:
                    options.update(stack.enter_context(connect_proxy())[0])
                if self.protocol.tls:
                    authority().cert_pem.write_to_path(str(self.folder / "ca.pem"))
                    options["sslopt"] = {"ca_certs": str(self.folder / "ca.pem")}
                options.update(KEYS if self.protocol.keys else {})
                if self.protocol.v5:
                    options["api"] = "v5"
                self.client = self.protocol.client(endpoint=url, on_event=self.events, **options)
                with self.client:
                    yield
                simulators = [one for one in library_threads() if "simulator" in one.name]
                assert wait_until(lambda: library_threads() == simulators), library_threads()
            assert before is None or wait_until(lambda: (open_files() or 0) <= before), "descriptors are left open"

    def want(self, want: Want) -> list[Any]:
        """Subscribe one stream, each symbol with a box of its own."""
        made = []
        for symbol in want.symbols:
            key = (want.topic, symbol)
            self.boxes[key], self.wants[key] = box, _ = Box(), want
            symbols = (symbol,) if symbol else ()
            made.append(getattr(self.client, want.method)(box, *symbols, *want.arguments))
        return made

    def play(self) -> None:
        """Let everything live, play the fault, and wait until the client is back."""
        for subscription in [one for want in self.protocol.wants for one in self.want(want)]:
            assert subscription.wait(PATIENCE), subscription
        self.fault.play(self)
        if self.fault.losses:
            self.back(self.fault.losses)

    # -- for faults --------------------------------------------------------------------------------------

    def back(self, times: int = 1) -> events.Reconnected:
        """Wait for the ``times``-th reconnect."""
        return self.events.first(events.Reconnected, times, PATIENCE)

    def more(self, count: int = 1) -> None:
        """Wait until every stream has delivered anew."""
        had = {key: len(box) for key, box in self.boxes.items()}
        lagging = lambda: [key for key, box in self.boxes.items() if len(box) < had[key] + count]  # noqa: E731
        assert wait_until(lambda: not lagging(), PATIENCE), f"nothing new of {lagging()}; {self.events}"

    def tell(self, kind: type[Any], key: tuple[str, str]) -> Any:
        """Wait for an event about one stream, and return it."""

        def found() -> list[Any]:
            return [one for one in self.events.of(kind) if (one.topic, symbol_of(one)) == key]

        assert wait_until(found, PATIENCE), f"no {kind.__name__} of {key}: {self.events}"
        return found()[0]

    def set_aside(self, key: tuple[str, str]) -> None:
        """Expect a stream to be refused."""
        self.tell(events.Rejected, key)
        del self.boxes[key], self.wants[key]

    def has_retired(self, status: int) -> None:
        """Expect the client to find the documented endpoint gone, once, and to go on over V5."""
        self.back()
        told = self.events.of(events.Retired)
        assert [(one.url, one.status) for one in told] == [(self.exchange.url + self.protocol.path, status)]

    def tells_rest_failed(self, words: str) -> None:
        """Expect every question to REST to be told of, and the streams to go on, with what REST would have repaired."""
        for key in [key for key, want in self.wants.items() if want.rest]:
            assert re.search(words, self.tell(events.RestFailed, key).reason)
            assert self.tell(events.Gap, key).how != "replay"

    def books(self) -> list[tuple[tuple[str, str], Want]]:
        """Return the streams that are books, merged or whole."""
        return [(key, want) for key, want in self.wants.items() if want.levels]

    def requested(self, want: Want) -> str:
        """Return a stream's topic as a request has it, without its symbol."""
        return want.v5[0] if self.v5 else want.topic

    def pings(self) -> int:
        return sum("ping" in text for text in self.exchange.received)

    # -- what must hold in the end -----------------------------------------------------------------------

    def is_whole_again(self) -> None:
        self.more()
        assert wait_until(self.client.is_connected, PATIENCE)
        assert sorted(self.client.subscriptions) == sorted(self.boxes)
        self.is_served_exactly()
        self.exchange.pause()
        for key in self.wants:
            self.is_true(key)

    def wanted(self) -> dict[str, Counter[tuple[str, str]]]:
        """Return what the exchange must be subscribed to, by path."""
        path = self.protocol.path
        if not self.v5:
            return {path: Counter([] if path == "/spot/ws" else list(self.boxes))}
        found: dict[str, set[tuple[str, str]]] = {}
        for key, want in self.wants.items():
            place = self.protocol.v5_path if key[1] else V5_PRIVATE
            found.setdefault(place, set()).update(want.slots(key[1]))  # streams that share a topic ask for it once
        return {place: Counter(slots) for place, slots in found.items()}

    def is_served_exactly(self) -> None:
        """What is subscribed is what is wanted, and each was asked for once."""
        for path, wanted in self.wanted().items():
            self._is_served(path, wanted)

    def _is_served(self, path: str, wanted: Counter[tuple[str, str]]) -> None:
        last = max(text.connection for text in self.exchange.received if text.path == path)

        def served() -> Counter[tuple[str, str]]:
            return Counter(self.exchange.subscriptions.get(last, [("not", "there")]))

        assert wait_until(lambda: served() == wanted, PATIENCE), f"{served()} is served, {wanted} is wanted"
        sent = [json.loads(text) for text in self.exchange.received if text.connection == last]
        if not self.fault.renews:
            found = Counter(pair for one in sent for pair in asked(one, path))
            if self.v5 and not self.fault.losses:  # who begins to share a book has it begin anew
                found -= Counter(pair for one in sent for pair in asked(one, path, "unsubscribe"))
            assert found == wanted
            assert sum(one.get("op") == "auth" for one in sent) <= 1 + ("clock" in self.fault.name)
        keys = self.protocol.keys and path in (V5_PRIVATE, self.protocol.path)
        assert keys == any(one.get("op") == "auth" for one in sent)

    def is_true(self, key: tuple[str, str]) -> None:
        want, box, truth = self.wants[key], self.boxes[key], self.exchange.truth
        if want.levels:
            expected: Any = truth.book(key[1], want.levels)
        elif want.record and not self.fault.blind:
            expected = settled(truth.ticker(key[1]))
            if self.v5:
                expected = {name: expected[name] for name in V5_RECORD}
        else:
            return


        def ours() -> Any:
            told = shown(box[-1])
            return {name: told[name] for name in V5_RECORD} if want.record and self.v5 else told

        same = wait_until(lambda: ours() == expected, PATIENCE)
        assert same, f"{key} differs from the truth: {differences(ours(), expected)}"

    def told_in_order(self) -> None:
        """The events tell what happened: every loss once, its reason, and every return."""
        socket = self.events[0].socket
        *losses, end = self._tells(socket, self.fault.story or f"(DR){{{self.fault.losses}}}")
        assert end == "closed by the user"
        assert all(re.search(self.fault.reason, reason) for reason in losses), losses
        for other in {one.socket for one in self.events} - {socket}:  # the private one of inverse, apart over V5
            assert self._tells(other, "") == [end]
        odd = [] if self.fault.renews else [events.BookOutOfSync, events.Rejected, events.Stalled]
        assert not [one for kind in odd for one in self.events.of(kind)]
        assert self.events.of(events.RestFailed) or not self.fault.rest
        gaps = Counter((one.topic, one.symbol) for one in self.events.of(events.Gap))
        if self.fault.losses == 1 and self.fault.story in ("", RETIRED):
            assert gaps == Counter(list(self.boxes)), "each stream was interrupted once"

    def _tells(self, socket: str, wanted: str) -> list[str]:
        """Check what was told of a socket, and return the reasons of its losses."""
        ours = [one for one in self.events if one.socket == socket]
        story = "".join(STORY.get(type(one), "") for one in ours)
        assert re.fullmatch(f"C{wanted}D", story), f"{story} is told of {socket}, not {wanted}: {ours}"
        return [one.reason for one in ours if isinstance(one, events.Disconnected)]


class Failures(logging.Handler):
    """Counts the attempts to connect that failed, and keeps what was said of them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "cannot connect" in text or "refused the connection" in text:
            self.texts.append(text)

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        logger = logging.getLogger("bybit_ws")
        level = logger.level
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.removeHandler(self)
            logger.setLevel(level)

    def wait(self, count: int, words: str = "") -> None:
        assert wait_until(lambda: len(self.texts) >= count, PATIENCE), f"{len(self.texts)} attempts failed, not {count}"
        assert all(re.search(words, text) for text in self.texts), self.texts


def asked(request: dict[str, Any], path: str, op: str = "subscribe") -> list[tuple[str, str]]:
    """Return what a client's message subscribes to."""
    if request.get("op") == op and path == V5_PRIVATE:
        return [(arg, "") for arg in request["args"]]
    if request.get("op") == op:
        pairs = [arg.rpartition(".") for arg in request["args"]]
        return [(topic, symbol) if topic else (symbol, "") for topic, _, symbol in pairs]
    if request.get("event") == "sub":
        symbols = request.get("symbol") or request["params"]["symbol"]
        return [(request["topic"], symbol) for symbol in symbols.split(",")]
    return []


def shown(message: dict[str, Any]) -> Any:
    """Return what a message tells of a book or record, in the form in which the exchange tells its own."""
    data = message["data"]
    one = data[0] if isinstance(data, list) and data and "b" in data[0] else data
    if isinstance(data, dict) and "next_funding_time" in data:
        return settled(data)
    return {side: one[side] for side in "ba"} if "b" in one else data


def settled(record: dict[str, Any]) -> dict[str, Any]:
    """Return an instrument's record but for what is no reason to push it when it changes alone."""
    return {key: record[key] for key in record.keys() - {"updated_at", "open_interest", "countdown_hour", "cross_seq"}}


def differences(ours: Any, theirs: Any) -> Any:
    """Return what only one of two records has, or the two."""
    if not isinstance(theirs, dict):
        return ours, theirs
    return {name: (ours.get(name), theirs.get(name)) for name in theirs if ours.get(name) != theirs.get(name)}


def symbol_of(event: Any) -> str:
    return event.symbol if hasattr(event, "symbol") else "".join(event.symbols)


def open_files() -> int | None:
    """Return how many file descriptors this process has, None where that cannot be seen."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return None


@cache
def authority() -> trustme.CA:
    """Return the certificate authority that clients trust."""
    return trustme.CA()


@cache
def certificate(trusted: bool) -> trustme.LeafCert:
    """Return a certificate for this machine, of the authority that clients trust or of another."""
    return (authority() if trusted else trustme.CA()).issue_cert("127.0.0.1")


def fresh_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate(True).configure_cert(context)
    return context
