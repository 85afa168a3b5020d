"""The buffer before websocket-client: however a stream is cut, it is what websocket-client alone makes of it.

All of this holds for each release of websocket-client that the package may be installed with.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import logging
import random
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import trustme
import websocket
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Payload, Reading, connect_proxy, frame, one_by_one, tcp_peer, upgrade, ws_peer
from websocket import _core

from bybit_ws import _transport
from bybit_ws._bulk import READ, SIZE, Batch, Bulk, plain_batches, rehearsed
from bybit_ws._transport import LIMIT
from bybit_ws.exceptions import ConnectionLost, ProtocolError

TEXT, BINARY, PING, PONG = 1, 2, 9, 10
ZEROS = bytes(4)
"""The mask of what these tests let a client send, so that it can be compared."""


class Wire:
    """Stands where a socket stands: gives these pieces, a tick of silence after each, and then the end."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = deque(pieces)
        self.sent = b""
        self.looks = 0

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        if not piece:
            raise socket.timeout("timed out")
        self._pieces.appendleft(piece[size:])
        return piece[:size]

    def recv_into(self, view: memoryview) -> int:
        self.looks += 1
        piece = self.recv(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def gettimeout(self) -> float:
        return 1.0

    def close(self) -> None:
        """Nothing is held."""


class Heard(NamedTuple):
    """What was read of a stream, how that ended, and what was answered."""

    messages: list[bytes]
    end: tuple[type[Exception], str]
    sent: bytes
    silences: int


class Reader:
    """Reads a socket, in bulk or through websocket-client alone; counts how often that one is asked."""

    def __init__(self, sock: Any, bulk: bool) -> None:
        self.ws: Any = websocket.WebSocket(skip_utf8_validation=True)
        self.ws.set_mask_key(bytes)
        self.asked = 0
        batches = Bulk(self.ws, 1 << 64).batches(self.plainly) if bulk else plain_batches(self.plainly)
        self.payloads = one_by_one(batches)
        self.ws.sock = sock

    def plainly(self) -> Batch:
        self.asked += 1
        try:
            opcode, message = self.ws.recv_data_frame(control_frame=True)
        except websocket.WebSocketTimeoutException:
            return None
        data: bytes = message.data
        return [data] if opcode in (TEXT, BINARY) else []


def hear(*pieces: bytes, bulk: bool = True) -> Heard:
    """Read a stream that comes in these pieces to its end."""
    wire, heard = Wire(*pieces), []
    reader = Reader(wire, bulk)
    try:
        while True:
            heard.append(next(reader.payloads))
    except Exception as error:
        end = (type(error), str(error))
    messages = [bytes(payload) for payload in heard if payload is not None]
    return Heard(messages, end, wire.sent, heard.count(None))


def hear_plainly(*pieces: bytes) -> Heard:
    """Read a stream through websocket-client alone: the oracle."""
    return hear(*pieces, bulk=False)


SCRIPT = {
    "short text": (frame(TEXT, b"short"), [b"short"]),
    "empty text": (frame(TEXT), [b""]),
    "longest short text": (frame(TEXT, b"x" * 125), [b"x" * 125]),
    "shortest medium text": (frame(TEXT, b"y" * 126), [b"y" * 126]),
    "medium form for a short text": (frame(TEXT, b"odd", form=16), [b"odd"]),
    "medium form for no text": (frame(TEXT, form=16), [b""]),
    "long form for a short text": (frame(TEXT, b"odder", form=64), [b"odder"]),
    "binary": (frame(BINARY, b"\x00\xff"), [b"\x00\xff"]),
    "ping": (frame(PING), [b""]),
    "ping with a payload": (frame(PING, b"are you there"), [b""]),
    "pong": (frame(PONG), [b""]),
    "pong with a payload": (frame(PONG, b"unasked"), [b""]),
    "two fragments": (frame(TEXT, b"ab", fin=False) + frame(0, b"cd"), [b"abcd"]),
    "a ping between fragments": (
        frame(TEXT, b"ef", fin=False) + frame(PING, b"between") + frame(0, fin=False) + frame(0, b"gh"),
        [b"", b"efgh"],
    ),
    "a first fragment without a byte": (frame(BINARY, fin=False) + frame(PONG) + frame(0, b"ij"), [b"", b"ij"]),
    "masked text": (frame(TEXT, b"masked", mask=b"mask"), [b"masked"]),
    "masked text of medium form": (frame(TEXT, b"Masked", mask=b"MASK", form=16), [b"Masked"]),
    "text that is no UTF-8": (frame(TEXT, b"\xff\xfe\x81\x7e"), [b"\xff\xfe\x81\x7e"]),
    "text that looks like frames": (frame(TEXT, frame(TEXT, b"inner") * 2), [frame(TEXT, b"inner") * 2]),
    "last": (frame(TEXT, b"last"), [b"last"]),
}
STREAM = b"".join(stream for stream, _ in SCRIPT.values())
each_of_the_script = pytest.mark.parametrize(("stream", "messages"), SCRIPT.values(), ids=SCRIPT)


# -- the same as websocket-client alone, however it is cut ------------------------------------------------


@each_of_the_script
def test_each_kind_of_frame_is_read_as_websocket_client_reads_it(stream: bytes, messages: list[bytes]) -> None:
    expected = hear_plainly(stream)
    assert expected.messages == messages
    assert hear(stream) == expected


@each_of_the_script
def test_each_kind_of_frame_is_read_between_text_frames(stream: bytes, messages: list[bytes]) -> None:
    stream = frame(TEXT, b"before") + stream + frame(TEXT, b"after")
    expected = hear_plainly(stream)
    assert expected.messages == [b"before", *messages, b"after"]
    assert hear(stream) == expected
    assert hear(stream * 100) == hear_plainly(stream * 100)


def test_a_stream_cut_at_any_offset_by_a_silence_is_read_the_same() -> None:
    expected = hear_plainly(STREAM)
    assert expected.messages == [message for _, messages in SCRIPT.values() for message in messages]
    assert expected.end[0] is websocket.WebSocketConnectionClosedException
    for at in range(len(STREAM) + 1):
        assert hear_over_a_socket(STREAM[:at], STREAM[at:]) == expected._replace(silences=2), f"cut at {at}"


def hear_over_a_socket(*pieces: bytes) -> Heard:
    """Read a stream in bulk from a real socket; each piece is sent only after a silence."""
    near, far = socket.socketpair()
    with near, far:
        reader, heard = Reader(near, bulk=True), []
        reader.ws.settimeout(0.001)
        for piece in pieces:
            far.sendall(piece)
            heard += iter(reader.payloads.__next__, None)
        far.shutdown(socket.SHUT_WR)
        with pytest.raises(websocket.WebSocketConnectionClosedException) as caught:
            heard.append(next(reader.payloads))
        sent = far.recv(65536)
    return Heard([bytes(payload) for payload in heard], (caught.type, str(caught.value)), sent, len(pieces))


def test_a_stream_that_comes_byte_by_byte_is_read_the_same() -> None:
    pieces = [STREAM[at : at + 1] for at in range(len(STREAM))]
    expected = hear_plainly(*pieces)
    assert expected.messages == hear_plainly(STREAM).messages
    assert expected.silences == len(STREAM)
    assert hear(*pieces) == expected
    assert hear_over_a_socket(*pieces) == expected


LARGE = [
    frame(TEXT, b"a" * 65535),
    frame(TEXT, b"b" * 65536),
    frame(TEXT, b"c"),
    frame(TEXT, b"d" * (SIZE - 1)),
    frame(BINARY, b"e" * 70_000),
    frame(TEXT, b"f" * 70_000, fin=False) + frame(PING, b"?") + frame(0, b"g" * 70_000),
    frame(TEXT, b"h" * 40_000, mask=ZEROS),
    frame(TEXT, b"i" * 40_000),
]


def test_large_frames_cut_anywhere_near_their_edges_are_read_the_same() -> None:
    stream = b"".join(LARGE)
    expected = hear_plainly(stream)
    edges = [0, *itertools.accumulate(map(len, LARGE))]
    offsets = {edge + near for edge in edges for near in (-2, -1, 0, 1, 2, 3, 4, 5, 9, 10, 11, 14)}
    for at in sorted(offset for offset in offsets if 0 < offset < len(stream)):
        assert hear(stream[:at], stream[at:]) == expected._replace(silences=2), f"cut at {at}"


@pytest.mark.parametrize("size", [1449, READ - 1, READ, READ + 1, SIZE - 1, SIZE, SIZE + 1, 10 * SIZE])
def test_frames_that_straddle_the_end_of_a_read_are_read_the_same(size: int) -> None:
    sizes = random.Random(7).choices([0, 1, 100, 125, 126, 127, 999, 10_007, 65_535, 65_536], k=100)
    stream = b"".join(frame(TEXT, bytes([65 + number % 26]) * one) for number, one in enumerate(sizes))
    assert len(stream) > 5 * SIZE
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert hear(*pieces) == hear_plainly(*pieces)


@pytest.mark.parametrize("left", range(8))
def test_the_longest_frame_that_is_cut_may_begin_at_the_very_end_of_a_read(left: int) -> None:
    filler = frame(TEXT, b"x" * (READ - 4 - left))
    assert len(filler) == READ - left
    stream = filler + frame(TEXT, b"z" * 65_535) + frame(TEXT, b"last")
    assert hear(stream) == hear_plainly(stream)


def test_a_frame_as_long_as_the_buffer_is_read_the_same() -> None:
    for size in range(SIZE - 16, SIZE + 16):
        stream = frame(TEXT, b"x" * size) + frame(TEXT, b"last")
        assert hear(stream) == hear_plainly(stream)


@pytest.mark.parametrize(
    ("stream", "asked"),
    [
        (frame(TEXT, b"x"), 0),
        (frame(TEXT, b"x" * 125), 0),
        (frame(TEXT, b"x" * 126), 0),
        (frame(TEXT, b"x" * 65_535), 0),
        (frame(TEXT, b"x" * 65_536), 1),
        (frame(TEXT, b"x", form=64), 1),
        (frame(TEXT, b"x", mask=ZEROS), 1),
        (frame(TEXT, b"x", fin=False) + frame(0, b"x"), 1),
        (frame(TEXT, b"x", fin=False) + frame(PING) + frame(0, b"x"), 2),
        (frame(BINARY, b"x"), 1),
        (frame(PING), 1),
    ],
)
def test_websocket_client_is_asked_only_for_what_is_not_cut_here(stream: bytes, asked: int) -> None:
    text = frame(TEXT, b"text") * 10
    reader = Reader(Wire((text + stream) * 3 + text), bulk=True)
    assert list(itertools.takewhile(lambda payload: payload is not None, reader.payloads))
    assert reader.asked == 3 * asked


def test_many_frames_come_with_one_look_at_the_socket() -> None:
    wire = Wire(frame(TEXT, b"x" * 98) * (10 * SIZE // 100))
    texts = list(itertools.takewhile(lambda payload: payload is not None, Reader(wire, bulk=True).payloads))
    assert texts == [b"x" * 98] * (10 * SIZE // 100)
    assert wire.looks <= 10 * SIZE // READ + 2


@each_of_the_script
def test_a_message_comes_as_soon_as_its_last_byte_is_here(stream: bytes, messages: list[bytes]) -> None:
    reader = Reader(Wire(stream, stream), bulk=True)
    for _ in range(2):
        assert list(itertools.takewhile(lambda payload: payload is not None, reader.payloads)) == messages


def test_one_byte_of_a_header_is_kept_until_there_is_another() -> None:
    text = frame(TEXT, b"text")
    reader = Reader(Wire(frame(TEXT, b"longer", mask=ZEROS), text[:1], text[1:]), bulk=True)
    assert list(itertools.islice(reader.payloads, 4)) == [b"longer", None, None, b"text"]
    assert reader.asked == 1, "for the masked one"


def test_a_message_is_its_readers_own() -> None:
    reader = Reader(Wire(frame(TEXT, b"first") + frame(TEXT, b"other")), bulk=True)
    first = next(reader.payloads)
    assert isinstance(first, bytearray)
    first[:] = b"mine, and longer than it was"
    assert next(reader.payloads) == b"other"


# -- the same for arbitrary streams -----------------------------------------------------------------------

PIECE = st.binary(max_size=140)
CONTROL = st.builds(frame, st.sampled_from([PING, PONG]), st.binary(max_size=125))
FORMS = st.sampled_from([None, None, 16, 64])
MASKS = st.sampled_from([None, None, None, b"mask"])


def fragmented(opcode: int, pieces: list[bytes], controls: list[bytes], mask: bytes | None) -> bytes:
    """Return a message in fragments, with control frames between them."""
    frames = [
        frame(opcode if number == 0 else 0, piece, fin=number == len(pieces) - 1, mask=mask)
        for number, piece in enumerate(pieces)
    ]
    return b"".join(itertools.chain(*itertools.zip_longest(frames, controls[: len(pieces) - 1], fillvalue=b"")))


TEXTS = st.builds(frame, st.just(TEXT), PIECE, form=st.sampled_from([None, None, 16]))
OTHERS = st.builds(
    lambda opcode, piece, form, mask: frame(opcode, piece, form=form if len(piece) < 126 else None, mask=mask),
    st.sampled_from([TEXT, BINARY]), PIECE, FORMS, MASKS,
)  # fmt: skip
FRAGMENTED = st.builds(
    fragmented, st.sampled_from([TEXT, BINARY]), st.lists(PIECE, min_size=2, max_size=4), st.lists(CONTROL), MASKS
)
JUNK = st.binary(max_size=30) | st.builds(frame, st.integers(0, 15), PIECE, fin=st.booleans())
FRAMES = st.lists(TEXTS | TEXTS | OTHERS | CONTROL | FRAGMENTED, max_size=12).map(b"".join)


@settings(deadline=None, max_examples=35)
@given(st.data(), FRAMES, st.just(b"") | JUNK, FRAMES)
def test_any_stream_cut_anywhere_is_read_the_same(
    data: st.DataObject, before: bytes, junk: bytes, after: bytes
) -> None:
    stream = before + junk + after
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8, unique=True))), len(stream)]
    pieces = [stream[start:stop] for start, stop in zip(cuts, cuts[1:])]
    assert hear(*pieces) == hear_plainly(*pieces)


@settings(deadline=None, max_examples=16)
@given(st.data(), FRAMES, JUNK)
def test_any_stream_at_the_end_of_a_read_is_read_the_same(data: st.DataObject, frames: bytes, junk: bytes) -> None:
    room = data.draw(st.integers(0, min(len(frames), READ // 2)))
    filler = frame(TEXT, b"x" * (READ - 4 - room))
    assert hear(filler + frames + junk) == hear_plainly(filler + frames + junk)


# -- junk, and the end ------------------------------------------------------------------------------------


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that makes a transport which is connected to a socket, and gives both."""
    with contextlib.ExitStack() as stack:

        def link(bulk: bool = True, tick: float = 0.001) -> tuple[Reading, socket.socket]:
            monkeypatch.setattr(_transport, "rehearsed", lambda: bulk)
            near, far = map(stack.enter_context, socket.socketpair())
            transport = Reading("ws://peer.test", 5, {})
            stack.callback(transport.release)
            ws: Any = transport._ws
            ws.sock, ws.connected = near, True
            ws.set_mask_key(bytes)
            ws.settimeout(tick)
            return transport, far

        yield link


def read(payloads: Iterator[Payload], heard: list[Payload]) -> None:
    """Note what comes, and give up after many silences."""
    while heard.count(None) < 50:
        heard.append(next(payloads))


def to_the_end(payloads: Iterator[Payload], error: type[Exception], words: str | None = None) -> tuple[list[Any], str]:
    """Return what comes before the error, silences left out, and its words; nothing comes after it."""
    heard: list[Payload] = []
    with pytest.raises(error, match=words) as caught:
        read(payloads, heard)
    with pytest.raises(StopIteration):
        next(payloads)
    return [payload for payload in heard if payload is not None], str(caught.value)


BROKEN = {
    "first reserved bit": b"\xc1\x04text",
    "second reserved bit": b"\xa1\x04text",
    "third reserved bit": b"\x91\x04text",
    "reserved bit and medium form": b"\xc1\x7e\x00\x04text",
    "unknown opcode": frame(3, b"text"),
    "unknown control opcode": frame(11, b"text"),
    "long ping": frame(PING, b"x" * 126),
    "ping in fragments": frame(PING, b"x", fin=False),
    "long pong": frame(PONG, b"x" * 126),
    "continuation without a start": frame(0, b"text"),
    "second continuation": frame(TEXT, b"a", fin=False) + frame(0, b"b") + frame(0, b"c"),
    "text amid fragments": frame(TEXT, b"a", fin=False) + frame(TEXT, b"text") + frame(0, b"b"),
    "binary amid fragments": frame(TEXT, b"a", fin=False) + frame(BINARY, b"text") + frame(0, b"b"),
    "text amid fragments after a ping": frame(TEXT, b"a", fin=False) + frame(PING) + frame(TEXT, b"text"),
    "close of one byte": frame(8, b"\x00"),
    "close with a forbidden code": frame(8, b"\x03\xed"),
    "close": frame(8, b"\x03\xe8bye"),
    "noise": b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
}


@pytest.mark.parametrize("junk", BROKEN.values(), ids=BROKEN)
def test_broken_frames_end_it_as_they_do_in_websocket_client(junk: bytes, linked: Any) -> None:
    stream = frame(TEXT, b"good") * 2 + junk + frame(TEXT, b"too late")
    assert hear(stream) == hear_plainly(stream)
    ends = []
    for bulk in (False, True):
        transport, far = linked(bulk)
        far.sendall(stream)
        far.shutdown(socket.SHUT_WR)
        ends.append(to_the_end(transport.payloads, ConnectionLost))
    assert ends[0] == ends[1]
    assert ends[0][0][:2] == [b"good"] * 2


@pytest.mark.parametrize("junk", BROKEN.values(), ids=BROKEN)
def test_broken_frames_cut_anywhere_end_it_the_same(junk: bytes) -> None:
    stream = frame(TEXT, b"good") + junk
    expected = hear_plainly(stream)
    for at in range(1, len(stream)):
        heard = hear(stream[:at], stream[at:])
        assert heard[:3] == expected[:3]


UNFINISHED = frame(TEXT, b"x" * 200)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, len(UNFINISHED) - 1])
def test_an_end_anywhere_is_a_lost_connection(linked: Any, size: int) -> None:
    transport, far = linked()
    far.sendall(frame(TEXT, b"good") + UNFINISHED[:size])
    far.close()
    assert to_the_end(transport.payloads, ConnectionLost, "the connection was lost")[0] == [b"good"]


@pytest.mark.parametrize("unfinished", [frame(BINARY, b"xx"), frame(TEXT, b"x", fin=False) + frame(0, b"y")])
def test_an_end_in_what_is_websocket_clients_is_a_lost_connection(linked: Any, unfinished: bytes) -> None:
    for size in range(len(unfinished)):
        transport, far = linked()
        far.sendall(frame(TEXT, b"good") + unfinished[:size])
        far.close()
        assert to_the_end(transport.payloads, ConnectionLost, "the connection was lost")[0] == [b"good"]


@pytest.mark.parametrize("unfinished", [b"", b"\x81", UNFINISHED[:100], frame(BINARY, b"xx")[:3]])
def test_a_reset_keeps_its_words(unfinished: bytes) -> None:
    read = threading.Event()

    def reset(connection: socket.socket) -> None:
        upgrade(connection)
        connection.sendall(frame(TEXT, b"good") + unfinished)
        read.wait(5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with tcp_peer(reset, hold=False) as url:
        transport = Reading(url, 5, {})
        try:
            transport.connect()
            assert next(transport.payloads) == b"good"
            read.set()
            assert to_the_end(transport.payloads, ConnectionLost, "reset")[0] == []
        finally:
            read.set()
            transport.release()


def test_after_its_release_there_is_nothing_to_read(linked: Any) -> None:
    transport, far = linked()
    far.sendall(frame(TEXT, b"good") * 2)
    assert next(transport.payloads) == b"good"
    transport.release()
    assert list(transport.batches) == []


GIANT = frame(TEXT, announced=LIMIT + 1)
GIANTS = {
    "one byte too many": GIANT,
    "as much as can be announced": frame(BINARY, announced=(1 << 64) - 1),
    "masked": frame(TEXT, announced=LIMIT + 1, mask=b"mask"),
    "in two fragments": frame(TEXT, b"x" * 20, fin=False) + frame(0, announced=LIMIT - 19),
    "in three fragments": frame(BINARY, b"x", fin=False) + frame(0, b"y", fin=False) + frame(0, announced=LIMIT),
    "after a ping": frame(TEXT, b"x" * 20, fin=False) + frame(PING) + frame(0, announced=LIMIT - 19),
}


def sent_slowly(transport: Reading, far: socket.socket, *pieces: bytes) -> Iterator[Payload]:
    """Yield what comes, each piece being sent only after a silence."""
    for piece in pieces:
        far.sendall(piece)
        yield from iter(transport.payloads.__next__, None)


@pytest.mark.parametrize("giant", GIANTS.values(), ids=GIANTS)
def test_an_announced_giant_is_refused_wherever_its_header_is_cut(linked: Any, giant: bytes) -> None:
    for at in range(len(giant)):
        transport, far = linked()
        payloads = sent_slowly(transport, far, frame(TEXT, b"good") + giant[:at], giant[at:])
        messages, _ = to_the_end(payloads, ProtocolError, "16,777,216 are allowed")
        assert list(filter(None, messages)) == [b"good"]
        assert list(transport.payloads) == []


def test_a_message_that_reaches_the_limit_in_fragments_is_taken_and_the_next_one_is_counted_anew() -> None:
    ws = websocket.WebSocket(skip_utf8_validation=True)
    payloads = one_by_one(Bulk(ws, 4).batches(lambda: [ws.recv_data_frame(control_frame=True)[1].data]))
    fragments = frame(TEXT, b"ab", fin=False) + frame(0, b"c", fin=False) + frame(0, b"d")
    sock: Any = Wire(fragments * 3 + frame(BINARY, b"abcd") + frame(BINARY, b"abcde"))
    ws.sock = sock
    assert to_the_end(payloads, ProtocolError, "a message of 5 bytes was announced; 4 are allowed")[0] == [b"abcd"] * 4


# -- pongs ------------------------------------------------------------------------------------------------


def test_pings_amid_text_frames_are_answered_in_order(linked: Any) -> None:
    transport, far = linked()
    names = [b"%d" % number for number in range(50)]
    far.sendall(b"".join(frame(TEXT, name) * 3 + frame(PING, name) for name in names))
    heard = list(iter(transport.payloads.__next__, None))
    assert heard == [payload for name in names for payload in (name, name, name, b"")]
    assert far.recv(65536) == b"".join(frame(PONG, name, mask=ZEROS) for name in names)


def test_a_ping_amid_fragments_is_answered_before_the_message_is_whole(linked: Any) -> None:
    transport, far = linked()
    far.sendall(frame(TEXT, b"a", fin=False) + frame(PING, b"now"))
    assert next(transport.payloads) == b""
    assert far.recv(65536) == frame(PONG, b"now", mask=ZEROS)
    assert next(transport.payloads) is None
    far.sendall(frame(0, b"b") + frame(TEXT, b"next"))
    assert list(iter(transport.payloads.__next__, None)) == [b"ab", b"next"]


# -- another websocket-client than those that are known ----------------------------------------------------


@pytest.fixture
def rehearse_anew() -> Iterator[None]:
    rehearsed.cache_clear()
    yield
    rehearsed.cache_clear()


def rewritten(name: str, *changes: tuple[str, str]) -> type:
    """Return a class of websocket-client as if it had been written otherwise."""
    base = getattr(_core, name)
    source = inspect.getsource(base)
    for pattern, replacement in changes:
        source, count = re.subn(pattern, replacement, source)
        assert count, f"{pattern} is not in websocket-client {websocket.__version__}"
    namespace = dict(vars(sys.modules[base.__module__]))
    exec(source, namespace)  # noqa: S102
    written: type = namespace[name]
    return written


STRANGE = {
    "recv is not there": ("frame_buffer", (r"self\.recv\b", "self.draw")),
    "recv is not used": ("frame_buffer", (r"self\.recv =", "self.recv = self.draw ="), (r"self\.recv\(", "self.draw(")),
    "more is drawn than needed": ("frame_buffer", (r"min\(16384, shortage\)", "16384")),
    "recv_length is not there": ("frame_buffer", ("recv_length", "read_length")),
    "recv_length is not used": ("frame_buffer", (r"self\.recv_length\(", "frame_buffer.recv_length(self")),
    "length is not there": ("frame_buffer", (r"self\.length", "self.size")),
    "cont_data is not there": ("continuous_frame", (r"self\.cont_data", "self.pieces")),
    "cont_data is not used": (
        "continuous_frame",
        (r"self\.cont_data", "self.pieces"),
        ("def validate", "cont_data = None\n\n    def validate"),
    ),
    "frame_buffer is not there": ("WebSocket", (r"self\.frame_buffer", "self.frames")),
}


@pytest.mark.usefixtures("rehearse_anew")
def test_the_installed_websocket_client_is_known(caplog: pytest.LogCaptureFixture) -> None:
    assert rehearsed()
    assert not caplog.records


@pytest.mark.usefixtures("rehearse_anew")
@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
def test_a_websocket_client_of_another_build_is_read_plainly(
    change: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name, *changes = change
    module = websocket if name == "WebSocket" else _core
    monkeypatch.setattr(module, name, rewritten(name, *changes))
    caplog.set_level(logging.INFO, "bybit_ws")

    def say(connection: socket.socket) -> None:
        upgrade(connection)
        connection.sendall(STREAM)

    expected = [message for _, messages in SCRIPT.values() for message in messages]
    with tcp_peer(say) as url:
        for _ in range(2):
            transport = Reading(url, 5, {})
            try:
                transport.connect()
                assert list(itertools.islice(transport.payloads, len(expected))) == expected
            finally:
                transport.release()
    assert not rehearsed()
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("bybit_ws", logging.WARNING)
    assert f"websocket-client {websocket.__version__} " in record.getMessage()
    assert "one by one" in record.getMessage()


# -- TLS, proxies, and an end from another thread ----------------------------------------------------------

MANY = ["x" * size for size in random.Random(3).choices([0, 1, 100, 125, 126, 700, 5_000, 17_000, 66_000], k=1500)]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA) -> Iterator[dict[str, Any]]:
    with authority.cert_pem.tempfile() as path:
        yield {"sslopt": {"ca_certs": path}}


@contextlib.contextmanager
def secure_peer(authority: trustme.CA, handle: Any) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ws_peer(handle, ssl=context) as url:
        yield url.replace("ws://127.0.0.1", "wss://localhost")


def says_many(connection: Any) -> None:
    for text in MANY:
        connection.send(text)
    connection.recv()


def check_many(url: str, **options: Any) -> None:
    transport = Reading(url, 5, options)
    try:
        transport.connect()
        heard = itertools.islice((payload for payload in transport.payloads if payload is not None), len(MANY))
        assert [*map(len, heard)] == [*map(len, MANY)]
    finally:
        transport.release()


def test_many_messages_come_whole_through_tls(authority: trustme.CA, trust: dict[str, Any]) -> None:
    with secure_peer(authority, says_many) as url:
        check_many(url, **trust)


def test_many_messages_come_whole_through_a_proxy() -> None:
    with ws_peer(says_many) as url, connect_proxy() as (proxy, targets):
        check_many(url.replace("127.0.0.1", "exchange.test"), **proxy)
        assert targets


def test_many_messages_come_whole_through_tls_and_a_proxy(authority: trustme.CA, trust: dict[str, Any]) -> None:
    with secure_peer(authority, says_many) as url, connect_proxy() as (proxy, targets):
        context = {"sslopt": {**trust["sslopt"], "server_hostname": "localhost"}}
        check_many(url.replace("localhost", "exchange.test"), **context, **proxy)
        assert targets


def says_one(connection: Any) -> None:
    connection.send("one")
    connection.recv()


def never_stops(connection: Any) -> None:
    while True:
        connection.send("x" * 500)


def check_abort(url: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    monkeypatch.setattr(_transport, "TICK", 60.0)
    transport = Reading(url, 5, options)
    aborter = threading.Timer(0.1, transport.abort)
    try:
        transport.connect()
        assert next(transport.payloads)
        began = time.monotonic()
        aborter.start()
        with pytest.raises(ConnectionLost):
            deque(transport.payloads, maxlen=0)
        assert time.monotonic() - began < 5
        aborter.join(5)
    finally:
        transport.release()


@pytest.mark.parametrize("handle", [says_one, never_stops])
def test_an_abort_ends_the_reading_at_once(handle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with ws_peer(handle) as url:
        check_abort(url, monkeypatch)


@pytest.mark.parametrize("handle", [says_one, never_stops])
def test_an_abort_ends_the_reading_of_tls_at_once(
    handle: Any, authority: trustme.CA, trust: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with secure_peer(authority, handle) as url:
        check_abort(url, monkeypatch, **trust)
