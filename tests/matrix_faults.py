"""The rows of the fault matrix: whatever happens, what is wanted comes back whole, and nothing else does."""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any, Callable

import pytest
from matrix import PATIENCE, RETIRED, Box, Case, Fault, certificate
from matrix_protocols import PROTOCOLS, Protocol
from support import frame, wait_until

from bybit_ws import _rest, _retry, events
from bybit_ws._transport import LIMIT
from bybit_ws.exceptions import SubscriptionError

FAULTS: list[Fault] = []
SILENCE = {"ping_interval": 0.2, "ping_timeout": 0.5}
"""Options with which silence is soon noticed."""

SAID_NOTHING = "the server said nothing"
ANY = "(DA*R)+"
"""A busy machine may need one more loss than was played where silence is judged by tenths of a second."""


def fault(name: str, **told: Any) -> Callable[[Callable[[Case], Any]], Callable[[Case], Any]]:
    """Make a function that plays a fault a row of the matrix."""

    def add(play: Callable[[Case], Any]) -> Callable[[Case], Any]:
        FAULTS.append(Fault(name, play, **told))
        return play

    return add


def anywhere(protocol: Protocol) -> bool:
    return True


def bare(protocol: Protocol) -> bool:
    """Whether there is neither TLS nor a proxy, which make no difference to what the client has read already."""
    return not protocol.tls and not protocol.proxy


def documented(protocol: Protocol) -> bool:
    """Whether the documented protocol is spoken, until it may be gone."""
    return bare(protocol) and not protocol.v5


def has_keys(protocol: Protocol) -> bool:
    return protocol.keys


def has_topics(protocol: Protocol) -> bool:
    return protocol.extra is not None


def has_bare_topics(protocol: Protocol) -> bool:
    return bare(protocol) and has_topics(protocol)


# -- the connection ends -----------------------------------------------------------------------------------


@fault("drop")
def drop(case: Case) -> None:
    case.exchange.drop()


@fault("TCP reset")
def reset(case: Case) -> None:
    case.exchange.reset()


def closing(*codes: int) -> Callable[[Case], None]:
    def play(case: Case) -> None:
        wanted = [(code, words) for code in codes for words in ("", "so it goes")]
        for times, (code, words) in enumerate(wanted, 1):
            case.exchange.close_with(code, words)
            case.back(times)
        ends = [one.reason.partition(": ")[2] for one in case.events.of(events.Disconnected)]
        assert ends == [f"code {code}" + (f", {words}" if words else "") for code, words in wanted]

    return play


CLOSED = {"reason": "the server closed the connection"}
fault("close 1000", losses=2, **CLOSED)(closing(1000))
fault("close 1001 1011 1012 4000", losses=8, among=bare, **CLOSED)(closing(1001, 1011, 1012, 4000))


@fault("close 1006, forged", reason="1006")
def close_1006(case: Case) -> None:
    case.exchange.send_raw(frame(8, struct.pack("!H", 1006)))


@fault("close, invalid payload", losses=3, reason="closed|lost")
def close_invalid(case: Case) -> None:
    for times, payload in enumerate((b"\x03", b"\x03\xe8\xff\xfe", struct.pack("!H", 7) + b"no such code"), 1):
        case.exchange.send_raw(frame(8, payload))
        case.back(times)


@fault("drop in mid-frame")
def drop_in_mid_frame(case: Case) -> None:
    case.exchange.send_raw(frame(1, b'{"topic":"trade","symbol":"BTC', announced=1 << 20))
    case.exchange.drop()


@fault("drop in mid-header", reason="lost|allowed")  # a push may follow and make it a giant
def drop_in_mid_header(case: Case) -> None:
    case.exchange.send_raw(frame(1, announced=1 << 20)[:5])
    case.exchange.drop()


@fault("exchange restarts", reason="code 1001")
def restart(case: Case) -> None:
    case.exchange.stop()
    start(case)


@fault("exchange is away", reason="code 1001")
def away(case: Case) -> None:
    case.exchange.stop()
    case.failures.wait(3)
    start(case)
    assert case.back().attempts >= 3


def start(case: Case) -> None:
    """Start the exchange at the port it had, which another program may hold for a moment."""

    def started() -> bool:
        try:
            case.exchange.start()
        except OSError:
            return False
        return True

    assert wait_until(started, PATIENCE)


@fault("flaps", losses=8)
def flaps(case: Case) -> None:
    for times in range(1, 9):
        case.exchange.drop()
        case.back(times)


# -- what comes is nonsense --------------------------------------------------------------------------------


@fault("garbage on TCP")
def garbage(case: Case) -> None:
    case.exchange.send_raw(b"\xf3\x05HTTP/1.1 400 Bad Request\r\n\r\n" * 20)


@fault("giant frame announced", reason="were? announced|allowed")
def giant(case: Case) -> None:
    case.exchange.send_raw(frame(1, b"[", form=64, announced=1 << 40))


@fault("gzip bomb", reason="a compressed message holds more")
def bomb(case: Case) -> None:
    case.exchange.send(BOMB)


BOMB = gzip.compress(b" " * (LIMIT + 1), 1)


@fault("nonsense messages", losses=0, among=bare)
def nonsense(case: Case) -> None:
    case.exchange.send_raw(frame(1, b'{"topic":"\xff\xfe"}') + frame(1, b"\xc3") + frame(2, b"\x00\xff"))
    for text in ("{broken", "", "null", "17", '"text"', "[]", "[[1]]", "{}", "[" * 5000, '{"topic":"new","data":[]}'):
        case.exchange.send(text)
    case.more(2)
    assert wait_until(lambda: case.events.of(events.UnknownMessage), PATIENCE)


# -- nothing comes -----------------------------------------------------------------------------------------


@fault("half-open", reason=SAID_NOTHING, story=ANY, options=SILENCE)
def half_open(case: Case) -> None:
    case.exchange.go_silent()


@fault("black hole", reason=SAID_NOTHING, story=ANY, options=SILENCE, relay=True)
def black_hole(case: Case) -> None:
    case.relay.swallow()


@fault("mute after reconnect", reason=f"lost|{SAID_NOTHING}", story=ANY, options={**SILENCE, "open_timeout": 1})
def mute(case: Case) -> None:
    case.exchange.mute_connections(1)
    case.exchange.drop()
    if not case.protocol.keys:
        assert case.exchange.wait_for(lambda: case.exchange.connections_made >= 3, PATIENCE)
    assert case.back(1 if case.protocol.keys else 2).attempts >= (2 if case.protocol.keys else 1)


@fault("upgrade never answered", options={"open_timeout": 0.5})
def hang(case: Case) -> None:
    case.exchange.hang_upgrades(1)
    case.exchange.drop()
    case.failures.wait(1, "(within 0.5 s|timed out)")


@fault("byte by byte", relay=True, speed=10)
def byte_by_byte(case: Case) -> None:
    case.relay.piece = 1
    case.exchange.drop()
    case.back()
    case.more()
    case.relay.piece = 65536


# -- the way back is barred --------------------------------------------------------------------------------


def refusing(*statuses: int, wait: float = 0.0, **headers: str) -> Callable[[Case], None]:
    def play(case: Case) -> None:
        case.patch.setattr(_retry, "SLOW_DOWN", 0.3)
        for times, status in enumerate(statuses, 1):
            case.exchange.refuse_connections(1, status, headers)
            case.exchange.drop()
            case.failures.wait(times)
            assert f"HTTP status {status}" in case.failures.texts[-1]
            back = case.back(times)
            assert back.attempts == 2
            assert back.downtime > wait

    return play


fault("HTTP 403")(refusing(403, wait=0.3))
fault("HTTP 429", among=bare)(refusing(429, wait=1.0, **{"Retry-After": "1"}))
fault("HTTP 500 502", losses=2, among=bare)(refusing(500, 502))
fault("HTTP 503")(refusing(503))


@fault("DNS fails")
def dns(case: Case) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", fail)
        case.exchange.drop()
        case.failures.wait(2, "name resolution")


@fault("TLS certificate changes", among=lambda protocol: protocol.tls)
def tls(case: Case) -> None:
    certificate(False).configure_cert(case.context)
    case.exchange.drop()
    case.failures.wait(2, "the certificate is not trusted")
    certificate(True).configure_cert(case.context)


@fault("auth refused once", story="DA+R", among=has_keys)
def auth_refused(case: Case) -> None:
    case.exchange.refuse_auth(1)
    case.exchange.drop()
    assert "refused the credentials" in case.events.first(events.AuthenticationRefused, timeout=PATIENCE).reason


@fault("auth refused for a while", story="DA{3,}R", among=has_keys)
def auth_refused_often(case: Case) -> None:
    case.exchange.refuse_auth()
    case.exchange.drop()
    case.events.first(events.AuthenticationRefused, 3, PATIENCE)
    case.exchange.accept_auth()


# -- streams -----------------------------------------------------------------------------------------------


@fault("one refused among good", losses=0, among=has_bare_topics, renews=True)
def refused_among_good(case: Case) -> None:
    extra = case.protocol.extra
    assert extra is not None
    case.exchange.refuse_topics(f"{case.requested(extra)}.{extra.symbols[1]}")
    case.want(extra)
    case.set_aside((extra.topic, extra.symbols[1]))


@fault("refused at resubscribe", among=has_topics, renews=True)
def refused_at_resubscribe(case: Case) -> None:
    last = case.protocol.wants[-1]
    case.exchange.refuse_topics(".".join(filter(None, (case.requested(last), last.symbols[-1]))))
    case.exchange.drop()
    case.back()
    case.set_aside((last.topic, last.symbols[-1]))


@fault("deltas are lost", losses=0, among=bare, renews=True, blind=True)
def lose(case: Case) -> None:
    case.exchange.lose(80)
    case.more()
    for key, want in case.wants.items():
        if want.levels and (case.v5 or want.topic != "depth"):
            case.tell(events.BookOutOfSync, key)
            case.tell(events.BookRecovered, key)


def quick_rhythm(patch: pytest.MonkeyPatch) -> None:
    if hasattr(events, "Stalled"):
        for name, value in {"LOOK": 0.05, "KNOWN": 5, "SHORTEST": 0.5}.items():
            patch.setattr(f"bybit_ws._rhythm.{name}", value)


@fault("a stream stalls", losses=0, renews=True, among=has_bare_topics, before=quick_rhythm)
def stall(case: Case) -> None:
    stalled = getattr(events, "Stalled", None)
    if stalled is None:
        pytest.skip("the client has no event Stalled yet")
    want = case.protocol.wants[0]
    case.more(10)
    case.exchange.stall(case.requested(want), want.symbols[0])
    case.tell(stalled, (want.topic, want.symbols[0]))


# -- V5, and the way to it ----------------------------------------------------------------------------------


@fault("retires", reason="lost", story=RETIRED, retires=True, among=documented)
def retire(case: Case) -> None:
    case.exchange.retire()
    case.has_retired(404)


@fault("retires while away", reason="code 1001", story=RETIRED, retires=True, among=documented)
def retire_while_away(case: Case) -> None:
    case.exchange.stop()
    case.exchange.retire(status=410)
    case.failures.wait(2)
    start(case)
    case.has_retired(410)


def asks_rest(protocol: Protocol) -> bool:
    return protocol.v5 and not protocol.keys and not protocol.name.endswith("v2")


@fault("REST refused", rest=True, among=asks_rest)
def rest_refused(case: Case) -> None:
    case.exchange.refuse_rest()
    case.exchange.drop()
    case.back()
    case.tells_rest_failed("access too frequent|403")


@fault("REST hangs", rest=True, among=asks_rest, before=lambda patch: patch.setattr(_rest, "TIMEOUT", 0.4))
def rest_hangs(case: Case) -> None:
    case.exchange.slow_rest(60)
    case.exchange.drop()
    case.back()
    case.tells_rest_failed("no answer within|timed out")


@fault("all symbols, unlisted", losses=0, rest=True, renews=True, among=lambda protocol: protocol.name == "V5 inv")
def unlisted(case: Case) -> None:
    case.exchange.refuse_rest()
    subscription = case.client.kline_stream(Box(), "*", "1")
    with pytest.raises(SubscriptionError, match="name the symbols"):
        subscription.wait(PATIENCE)
    case.tell(events.Rejected, ("klineV2.1", "*"))


def has_books(protocol: Protocol) -> bool:
    return protocol.v5 and not protocol.keys and bare(protocol)


@fault("an update is skipped", losses=0, renews=True, among=has_books)
def skip(case: Case) -> None:
    for topic, symbol in dict.fromkeys((want.v5[0], key[1]) for key, want in case.books()):  # some share theirs
        data = {"s": symbol, "b": [], "a": [], "u": 7, "seq": 7}
        case.exchange.send(json.dumps({"topic": f"{topic}.{symbol}", "type": "delta", "ts": 7, "data": data, "cts": 7}))
    for key, _ in case.books():
        case.tell(events.BookOutOfSync, key)
        case.tell(events.BookRecovered, key)


@fault("books are numbered anew", losses=0, among=has_books)
def number_anew(case: Case) -> None:
    case.exchange.restart_books()
    case.more(3)


# -- the machine and the user ------------------------------------------------------------------------------


def jumping(seconds: float) -> Callable[[Case], None]:
    def play(case: Case) -> None:
        assert _rest, "imported when needed first, it would have the right clock"
        now = time.time
        clock = types.SimpleNamespace(**{**vars(time), "time": lambda: now() + seconds})
        for name, module in list(sys.modules.items()):
            ours = name.startswith("bybit_ws.") and not name.startswith("bybit_ws.simulator")
            if ours and getattr(module, "time", None) is time:
                case.patch.setattr(module, "time", clock)
        case.more(2)
        assert not case.events.of(events.Disconnected)
        case.exchange.drop()

    return play


fault("clock jumps ahead", among=bare)(jumping(7200))
fault("clock jumps back", among=bare)(jumping(-7200))


@fault("slow callback", losses=0, options=SILENCE)
def slow_callback(case: Case) -> None:
    box, go_on, blocked = next(iter(case.boxes.values())), threading.Event(), threading.Event()

    def block() -> None:
        blocked.set()
        assert go_on.wait(PATIENCE)

    box.trouble = block
    assert blocked.wait(PATIENCE)
    box.trouble, pings = (lambda: None), case.pings()
    began = time.monotonic()
    limit = sum(SILENCE.values())
    arrived = case.exchange.wait_for(
        lambda: case.pings() >= pings + 4 and time.monotonic() - began > 1.2 * limit, PATIENCE
    )
    go_on.set()
    assert arrived, "pings go out while a callback runs"


@fault("callback raises", losses=0, among=bare)
def raising_callback(case: Case) -> None:
    for box in case.boxes.values():
        box.trouble = lambda: 1 / 0
    case.more()
    for key, box in case.boxes.items():
        assert isinstance(case.tell(events.CallbackFailed, key).error, ZeroDivisionError)
        del box.trouble


def cells(*names: str) -> pytest.MarkDecorator:
    """Run a test with every fault on the protocols of these names; what is left out by default is ``thorough``."""
    chosen = [
        pytest.param(
            protocol,
            fault,
            id=re.sub(r"\W+", "_", f"{fault.name} {protocol.name}"),
            marks=[] if by_default(protocol, fault) else pytest.mark.thorough,
        )
        for fault in FAULTS
        for protocol in played(fault)
        if protocol.name in names
    ]
    return pytest.mark.parametrize(("protocol", "fault"), chosen)


def played(fault: Fault) -> list[Protocol]:
    """Return the protocols on which a fault is played."""
    return [one for one in PROTOCOLS if fault.among(one) and fault.name in (one.rows or (fault.name,))]


def by_default(protocol: Protocol, fault: Fault) -> bool:
    """Whether a cell is in every run: each fault once over each family's protocol, and over V5, in turn.

    A plain loss is played everywhere.
    """
    family = [one for one in played(fault) if kin(one) == kin(protocol)]
    return fault.name == "drop" or family[FAULTS.index(fault) % len(family)] is protocol


def kin(protocol: Protocol) -> tuple[bool, Any]:
    """Return what protocols have in common of which one stands for the others."""
    return protocol.v5, not protocol.v5 and protocol.client


def survive(
    protocol: Protocol, fault: Fault, patch: pytest.MonkeyPatch, folder: Path, record_property: Callable[..., None]
) -> None:
    """Fill one cell of the matrix."""
    record_property("matrix", [PROTOCOLS.index(protocol), protocol.name, FAULTS.index(fault), fault.name])
    case = Case(protocol, fault, patch, folder)
    with case.running():
        case.play()
        case.is_whole_again()
    case.told_in_order()
