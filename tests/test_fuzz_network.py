"""Arbitrary bytes and texts to all that holds a socket; the same examples in every run."""

from __future__ import annotations

import itertools
import json
import random
import socket
import struct
import threading
import time
from typing import Any, NamedTuple

import pytest
from fuzzing import NAMED, places, removed, replaced
from hypothesis import given
from hypothesis import strategies as st
from support import frame, read_head, tcp_peer, upgrade
from talk import BY_STREAM, DIALECTS, DOCUMENTED
from test_fuzz import ANYTHING, fuzz
from test_simulator_raw import PRIVATE, REALTIME, V1, V2, Raw, auth

from bybit_ws._transport import Transport
from bybit_ws.exceptions import ConnectionFailed, ConnectionLost, ProtocolError
from bybit_ws.simulator import Exchange

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

# -- frames ----------------------------------------------------------------------------------------------


class Decoded(NamedTuple):
    """What a stream of frames says, by RFC 6455 alone."""

    messages: list[bytes]
    controls: list[tuple[int, bytes]]
    ends_well: bool
    """It ends between two frames, and none of them is against the rules."""


def decoded(stream: bytes) -> Decoded:
    """Decode what a server sends, up to the first fault; a mask is tolerated."""
    messages: list[bytes] = []
    controls: list[tuple[int, bytes]] = []
    fragments: bytes | None = None
    at = 0
    while at < len(stream):
        if len(stream) - at < 2:
            return Decoded(messages, controls, False)
        fin, opcode, size = stream[at] >> 7, stream[at] & 15, stream[at + 1] & 127
        masked, start = stream[at + 1] >> 7, at + 2
        if size > 125:
            width = 2 if size == 126 else 8
            if len(stream) < start + width:
                return Decoded(messages, controls, False)
            size, start = int.from_bytes(stream[start : start + width], "big"), start + width
        payload = stream[start + 4 * masked : start + 4 * masked + size]
        if stream[at] & 0x70 or opcode not in (CONTINUED, TEXT, BINARY, PING, PONG) or len(payload) < size:
            return Decoded(messages, controls, False)
        mask, at = stream[start : start + 4] if masked else bytes(4), start + 4 * masked + size
        payload = bytes(byte ^ key for byte, key in zip(payload, itertools.cycle(mask))) if any(mask) else payload
        if opcode in (PING, PONG):
            if not fin or size > 125:
                return Decoded(messages, controls, False)
            controls.append((opcode, payload))
        elif (opcode == CONTINUED) == (fragments is None):
            return Decoded(messages, controls, False)
        else:
            fragments = (fragments or b"") + payload
            if fin:
                messages.append(fragments)
                fragments = None
    return Decoded(messages, controls, fragments is None)


def heard(pieces: list[bytes], answered: list[bytes]) -> tuple[list[bytes], Exception]:
    """Read a stream that a real server sends in these pieces; return the messages, and how it ends."""

    served = threading.Event()

    def serve(connection: socket.socket) -> None:
        try:
            upgrade(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            answered.append(b"".join(iter(lambda: connection.recv(65536), b"")))
        finally:
            served.set()

    messages: list[bytes] = []
    with tcp_peer(serve, hold=False) as url:
        transport = Transport(url, 5, {})
        transport.connect()
        deadline = time.monotonic() + 20
        try:
            while time.monotonic() < deadline:
                messages += map(bytes, next(transport.batches) or ())
        except (ConnectionLost, ProtocolError) as error:
            return messages, error
        finally:
            transport.release()
            assert served.wait(20)
        raise AssertionError("it does not end")


PAYLOADS = st.binary(max_size=40) | st.integers(0, 70_000).map(lambda size: random.Random(size).randbytes(size))
MASKS = st.sampled_from([None] * 5 + [b"mask"])
DATA = st.builds(
    lambda opcode, payload, form, mask: [
        frame(opcode, payload, form=form if len(payload) < 126 or (form == 64) else None, mask=mask)
    ],
    st.sampled_from([TEXT, TEXT, BINARY]),
    PAYLOADS,
    st.sampled_from([None, None, 16, 64]),
    MASKS,
)
CONTROL = st.builds(frame, st.sampled_from([PING, PONG]), st.binary(max_size=125), mask=MASKS)
FRAGMENTS = st.builds(
    lambda opcode, payloads, controls: [
        one
        for number, payload in enumerate(payloads)
        for one in (frame(CONTINUED if number else opcode, payload, fin=number == len(payloads) - 1), *controls)
    ][: -len(controls) or None],
    st.sampled_from([TEXT, BINARY]),
    st.lists(PAYLOADS, min_size=2, max_size=4),
    st.lists(CONTROL, max_size=1),
)
STREAMS = st.lists(DATA | DATA | FRAGMENTS | CONTROL.map(lambda one: [one]), max_size=8).map(
    lambda groups: b"".join(one for group in groups for one in group)
)
JUNK = st.binary(min_size=1, max_size=60) | st.builds(frame, st.integers(0, 15), st.binary(max_size=200))
SEEDS = st.integers(0, 2**32)


def cut(stream: bytes, seed: int) -> list[bytes]:
    """Cut a stream in up to eight places."""
    places = sorted(random.Random(seed).choices(range(len(stream) + 1), k=seed % 8))
    return [stream[start:stop] for start, stop in zip([0, *places], [*places, len(stream)])]


@fuzz(max_examples=24)
@given(STREAMS, SEEDS)
def test_any_good_stream_of_frames_says_what_the_standard_says(stream: bytes, seed: int) -> None:
    expected = decoded(stream)
    assert expected.ends_well
    answered: list[bytes] = []
    messages, end = heard(cut(stream, seed), answered)
    assert messages == expected.messages
    assert isinstance(end, ConnectionLost)
    pings = [payload for opcode, payload in expected.controls if opcode == PING]
    assert decoded(answered[0]).controls == [(PONG, payload) for payload in pings]


@fuzz(max_examples=24)
@given(STREAMS, JUNK, STREAMS, SEEDS)
def test_any_stream_is_read_up_to_its_fault_and_ends(before: bytes, junk: bytes, after: bytes, seed: int) -> None:
    stream = before + junk + after
    expected = decoded(stream)
    messages, end = heard(cut(stream, seed), [])
    assert messages[: len(expected.messages)] == expected.messages
    assert messages == expected.messages or not expected.ends_well
    assert isinstance(end, (ConnectionLost, ProtocolError))


# -- the answer to the upgrade ---------------------------------------------------------------------------

LINES = ["Upgrade", "Connection", "Sec-WebSocket-Accept", "Content-Length", "Retry-After", "Set-Cookie", "Location"]
HEADERS = st.builds(
    "{}: {}".format,
    st.sampled_from(LINES),
    st.sampled_from(["websocket", "Upgrade", "0", "-1", "7", "9" * 30, "²", "", "nonsense", "://", "ws://127.0.0.1:1"]),
)
ANSWERS = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda status, headers, end: "\r\n".join([status, *headers, end]).encode(),
        st.sampled_from(
            ["HTTP/1.1 101 Yes", "HTTP/1.1 302 There", "HTTP/1.1 429 No", "HTTP/1.1 200", "HTTP/1.1 x", "HTTP/1.1"]
        ),
        st.lists(HEADERS, max_size=5),
        st.sampled_from(["", "\r\n", "\r\nbody", "\x00", ": \r\n\r\n"]),
    ),
)


@pytest.mark.parametrize(("hold", "examples"), [(False, 100), (True, 8)], ids=["then closes", "then waits"])
def test_any_answer_to_the_upgrade_is_a_failed_connection_in_time(hold: bool, examples: int) -> None:
    @fuzz(max_examples=examples)
    @given(ANSWERS)
    def check(answer: bytes) -> None:
        def serve(connection: socket.socket) -> None:
            read_head(connection)
            connection.sendall(answer)

        began = time.monotonic()
        with tcp_peer(serve, hold=hold) as url, pytest.raises(ConnectionFailed):
            Transport(url, 0.1 if hold else 5, {}).connect()
        assert time.monotonic() - began < 4

    check()


# -- the simulator ---------------------------------------------------------------------------------------

PATHS = {"spot_v1": V1, "spot_v2": V2, "spot_private": PRIVATE, "inverse": REALTIME}
ONE_AND_ALL = ["inverse", *(pytest.param(name, marks=pytest.mark.thorough) for name in PATHS if name != "inverse")]
PINGS: dict[str, Any] = {name: {"op": "ping"} if name == "inverse" else {"ping": 1} for name in PATHS}
DEEP = [
    "[" * 5000,
    *(f'{{"op":"subscribe","args":{"[" * depth}{"]" * depth}}}' for depth in range(940, 1000, 3)),
    *(f'{{"ping":{"[" * depth}{"]" * depth}}}' for depth in (500, 990)),
]
ODD = [10**400, -(10**30), 1e308, float("nan"), float("inf"), "\ud800", "9" * 5000, "²", True, None, [], {}, [[]]]


def requests_of(name: str) -> list[Any]:
    """Return every request that is documented of a dialect."""
    own = [one for one in DOCUMENTED if DIALECTS[BY_STREAM[one["stream"]].socket] is NAMED[name]]
    return [text for one in own for text in (*one["subscribe"], *one["cancel"])] + [auth(), PINGS[name]]


def odd_authentications() -> list[str]:
    good = auth()
    return [json.dumps(replaced(good, ("args", place), odd)) for place in range(3) for odd in ODD]


@st.composite
def mutated(draw: st.DrawFn, name: str) -> str:
    """A documented request, parts of which are odd or gone."""
    request = draw(st.sampled_from(requests_of(name)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(request)))
        odd = draw(ANYTHING | st.sampled_from(ODD))
        request = removed(request, path) if draw(st.integers(0, 3)) == 0 else replaced(request, path, odd)
    return json.dumps(request)


def answers(exchange: Exchange, raw: Raw, name: str, sent: int) -> None:
    """Check that all of this was heard on one connection, and that a ping after it is answered."""
    raw.send(PINGS[name])
    assert exchange.wait_for(lambda: len(exchange.received) == sent + 1 or exchange.connections == 0)
    assert (len(exchange.received), exchange.connections_made, exchange.connections) == (sent + 1, 1, 1)
    raw.until(lambda m: isinstance(m, dict) and ("pong" in m or m.get("ret_msg") == "pong"))


@pytest.mark.parametrize("name", ONE_AND_ALL)
def test_the_exchange_survives_whatever_a_client_says(name: str) -> None:
    options: Any = {"credentials": {"key": "secret"}, "ack_v1": True}
    with Exchange(seed=1, **options) as exchange, Raw(exchange.url + PATHS[name]) as raw:

        @fuzz(max_examples=10)
        @given(st.lists(mutated(name) | ANYTHING.map(json.dumps) | st.text(max_size=20), min_size=5, max_size=15))
        def check(texts: list[str]) -> None:
            before = len(exchange.received)
            for text in texts:
                raw.ws.send(text.encode("utf-8", "replace").decode())
            raw.ws.send_binary(struct.pack("!q", hash(texts[0])))
            answers(exchange, raw, name, before + len(texts) + 1)

        check()
        before = len(exchange.received)
        texts = DEEP + odd_authentications()
        raw.send(*texts)
        answers(exchange, raw, name, before + len(texts))


@pytest.mark.parametrize("name", ONE_AND_ALL)
def test_the_exchange_survives_whatever_bytes_a_client_sends(name: str) -> None:
    upgrade = (
        f"GET {PATHS[name]} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with Exchange(seed=1) as exchange, Raw(exchange.url + PATHS[name]) as raw:
        host, _, port = exchange.url.rpartition("/")[2].partition(":")

        @fuzz(max_examples=10)
        @given(st.binary(max_size=60), st.booleans())
        def check(data: bytes, upgraded: bool) -> None:
            with socket.create_connection((host, int(port)), 5) as client:
                if upgraded:
                    client.sendall(upgrade.encode())
                    read_head(client)
                client.sendall(data)

        check()
        assert exchange.wait_for(lambda: exchange.connections == 1)
        raw.send(PINGS[name])
        raw.until(lambda m: isinstance(m, dict) and ("pong" in m or m.get("ret_msg") == "pong"))
