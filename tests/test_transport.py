"""The one module that talks to websocket-client, against real sockets."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
import trustme
import websocket
from support import Reading, connect_proxy, frame, tcp_peer, upgrade, wait_until, ws_peer

from bybit_ws import _transport
from bybit_ws._transport import Transport
from bybit_ws.exceptions import ConnectionFailed, ConnectionLost, ProtocolError


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a function that connects, and release what it connected."""
    transports: list[Reading] = []

    def connect(url: str, timeout: float = 5.0, **options: Any) -> Reading:
        transports.append(Reading(url, timeout, options))
        transports[-1].connect()
        return transports[-1]

    yield connect
    for transport in transports:
        transport.release()


def says(*frames: bytes) -> Any:
    """Return a peer that accepts the upgrade and sends these."""

    def handle(connection: socket.socket) -> None:
        upgrade(connection)
        for one in frames:
            connection.sendall(one)

    return tcp_peer(handle)


def test_messages_come_whole_whatever_their_frames(opened: Any) -> None:
    fragments = frame(1, b"ab", fin=False), frame(9, b"hi"), frame(0, b"cd", fin=False), frame(0, b"ef")
    with says(frame(1, b"text"), frame(2, b"\x00\xff"), *fragments, frame(10, b"unasked")) as url:
        transport = opened(url)
        assert list(islice(transport.payloads, 5)) == [b"text", b"\x00\xff", b"", b"abcdef", b""]


TEXT = b'{"topic":"depth","data":[]}' * 3000


@pytest.mark.parametrize(
    "frames",
    [
        [frame(2, gzip.compress(TEXT))],
        [frame(2, gzip.compress(TEXT)[:40], fin=False), frame(9), frame(0, gzip.compress(TEXT)[40:])],
        [frame(2, gzip.compress(TEXT, compresslevel=0))],
    ],
    ids=["in one frame", "in fragments", "in a long frame"],
)
def test_a_compressed_message_comes_inflated(opened: Any, frames: list[bytes]) -> None:
    with says(*frames, frame(1, b"plain")) as url:
        transport = opened(url)
        assert list(islice(filter(None, transport.payloads), 2)) == [TEXT, b"plain"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b and no gzip",
        b"\x1f",
        b"no magic",
        gzip.compress(TEXT)[1:],
        b"\x1f\x8b",
        gzip.compress(TEXT)[:-9],
    ],
    ids=["not deflated", "half the magic", "no magic", "beheaded", "the magic alone", "cut short"],
)
def test_a_binary_message_that_is_no_gzip_comes_as_it_is(opened: Any, data: bytes) -> None:
    with says(frame(2, data)) as url:
        assert next(opened(url).payloads) == data


def test_a_compressed_message_that_would_be_too_large_is_refused(opened: Any) -> None:
    bomb = gzip.compress(bytes((1 << 24) + 1))
    with says(frame(2, bomb)) as url, pytest.raises(ProtocolError, match="more than 16,777,216 bytes"):
        next(opened(url).payloads)


def test_a_message_cut_anywhere_by_the_network_comes_whole(opened: Any) -> None:
    payload = b"x" * 300
    whole = frame(1, payload)

    def drip(connection: socket.socket) -> None:
        upgrade(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(whole)):
            connection.sendall(whole[at : at + 1])

    with tcp_peer(drip) as url:
        assert next(opened(url).payloads) == payload


def test_a_protocol_ping_is_answered_and_is_a_sign_of_life(opened: Any) -> None:
    answers: list[bytes] = []

    def ping(connection: socket.socket) -> None:
        upgrade(connection)
        connection.sendall(frame(9, b"are you there"))
        answers.append(connection.recv(1000))

    with tcp_peer(ping) as url:
        assert next(opened(url).payloads) == b""
        assert wait_until(lambda: answers)
    assert answers[0][0] == 0x8A, "a pong"


def test_silence_is_none_after_a_tick(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_transport, "TICK", 0.05)
    with says() as url:
        assert next(opened(url).payloads) is None


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (struct.pack("!H", 1012) + b"maintenance", "code 1012, maintenance"),
        (struct.pack("!H", 1001), "code 1001"),
        (b"", "no code given"),
        (struct.pack("!H", 1008) + b"bad \xff", "code 1008, bad"),
    ],
)
def test_a_close_frame_ends_it_with_the_servers_words(opened: Any, payload: bytes, words: str) -> None:
    with says(frame(8, payload)) as url, pytest.raises(ConnectionLost, match=words):
        next(opened(url).payloads)


def test_an_end_without_a_close_frame_is_a_lost_connection(opened: Any) -> None:
    with tcp_peer(upgrade, hold=False) as url, pytest.raises(ConnectionLost):
        next(opened(url).payloads)


@pytest.mark.parametrize(
    "frames",
    [
        [frame(1, announced=1 << 40)],
        [frame(1, announced=(1 << 24) + 1)],
        [frame(1, b"x" * 1000, fin=False), frame(0, announced=(1 << 24) - 999)],
    ],
    ids=["a terabyte", "one byte too many", "in fragments"],
)
def test_an_announced_giant_is_refused_before_memory_is_spent(opened: Any, frames: list[bytes]) -> None:
    with says(*frames) as url, pytest.raises(ProtocolError, match="16,777,216 are allowed"):
        next(opened(url).payloads)


def test_the_largest_message_is_still_taken(opened: Any) -> None:
    with says(frame(1, b"x" * (1 << 24))) as url:
        assert len(next(opened(url).payloads)) == 1 << 24


def test_words_that_websocket_client_did_not_put_together_are(opened: Any) -> None:
    with says(frame(8, struct.pack("!H", 1006))) as url, pytest.raises(ConnectionLost) as caught:
        next(opened(url).payloads)
    assert "1006" in str(caught.value)
    assert "%" not in str(caught.value)
    assert _transport._words(ValueError("100 %", 5)) == "('100 %', 5)"


@pytest.mark.parametrize(
    "junk",
    [frame(0, b"no first fragment"), frame(3, b"no such opcode"), b"\xc1\x00", frame(8, b"\x00"), frame(9, b"x" * 126)],
    ids=["stray continuation", "opcode", "reserved bit", "one byte of close code", "long ping"],
)
def test_broken_frames_are_a_lost_connection(opened: Any, junk: bytes) -> None:
    with says(junk) as url, pytest.raises(ConnectionLost):
        next(opened(url).payloads)


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "check api_key"), (403, "blocked"), (404, "October 2023.*endpoint="), (410, "gone"), (421, "nothing of"),
     (429, "too many"), (500, "later"), (503, "later")],
)  # fmt: skip
def test_a_refused_upgrade_tells_the_status_and_what_to_do(status: int, words: str) -> None:
    def refuse(connection: Any, request: Any) -> Any:
        return connection.respond(status, "the secret body")

    expected = pytest.raises(ConnectionFailed, match=f"HTTP status {status}: .*{words}")
    with ws_peer(lambda connection: None, process_request=refuse) as url, expected as caught:
        Transport(url + "/realtime?signature=hidden", 5, {}).connect()
    assert caught.value.status == status
    assert caught.value.final is (status in (404, 410, 421))
    assert "hidden" not in str(caught.value)
    assert isinstance(caught.value, websocket.WebSocketTimeoutException)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Thu, 31 Dec 2099 23:59:59 GMT", pytest.approx(2.3e9, rel=0.05)),
        *((value, None) for value in ("", "-1", "soon", "Wed, 99 Oct 2015 07:28:00 GMT", "7.5", "\u00b2")),
    ],
)
def test_retry_after_is_understood_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    def refuse(connection: Any, request: Any) -> Any:
        response = connection.respond(429, "")
        response.headers["Retry-After"] = value
        return response

    with ws_peer(lambda connection: None, process_request=refuse) as url, pytest.raises(ConnectionFailed) as caught:
        Transport(url, 5, {}).connect()
    assert caught.value.retry_after == seconds


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_an_address_without_a_server_is_a_failed_connection(host: str) -> None:
    with pytest.raises(ConnectionFailed, match=f"cannot connect to ws://{host}") as caught:
        Transport(f"ws://{host}:{closed_port()}/realtime?api_key=hidden", 1, {}).connect()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x00\n\n"])
def test_a_server_that_is_no_websocket_is_a_failed_connection(answer: bytes) -> None:
    with tcp_peer(lambda connection: connection.sendall(answer), hold=False) as url, pytest.raises(ConnectionFailed):
        Transport(url, 1, {}).connect()


@pytest.mark.parametrize("location", ["", "Location: ftp://nowhere\r\n", "Location: nonsense\r\n"])
def test_a_redirect_to_nowhere_is_a_failed_connection(location: str) -> None:
    def redirect(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(f"HTTP/1.1 302 Found\r\n{location}Content-Length: 0\r\n\r\n".encode())

    with tcp_peer(redirect, hold=False) as url, pytest.raises(ConnectionFailed):
        Transport(url, 1, {}).connect()


def test_a_server_that_never_answers_the_upgrade_is_given_up_in_time() -> None:
    began = time.monotonic()
    with tcp_peer(lambda connection: None) as url, pytest.raises(ConnectionFailed):
        Transport(url, 0.2, {}).connect()
    assert time.monotonic() - began < 2


def test_a_server_that_drips_its_answer_is_given_up_in_time() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
        pause = threading.Event()
        while not pause.wait(0.05):
            connection.sendall(b"X-Header: more\r\n")

    began = time.monotonic()
    with tcp_peer(drip) as url, pytest.raises(ConnectionFailed, match=r"no answer within 0\.3 s"):
        Transport(url, 0.3, {}).connect()
    assert time.monotonic() - began < 2


def test_abort_ends_an_upgrade_under_way() -> None:
    asked = threading.Event()

    def silent(connection: socket.socket) -> None:
        connection.recv(4096)
        asked.set()

    with tcp_peer(silent) as url:
        transport = Transport(url, 30, {})
        helper = threading.Thread(target=lambda: asked.wait(5) and transport.abort())
        helper.start()
        began = time.monotonic()
        with pytest.raises(ConnectionFailed):
            transport.connect()
        assert time.monotonic() - began < 5
        helper.join()


def test_close_says_goodbye_and_ends_a_receive_under_way(opened: Any) -> None:
    goodbye: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        upgrade(connection)
        goodbye.append(connection.recv(1000))

    with tcp_peer(listen) as url:
        transport = opened(url)
        closer = threading.Timer(0.1, transport.close)
        closer.start()
        with pytest.raises(ConnectionLost):
            deque(transport.payloads, maxlen=0)
        closer.join()
        assert wait_until(lambda: goodbye)
    assert goodbye[0][0] == 0x88, "a close frame"


def test_sending_after_the_end_is_a_lost_connection(opened: Any) -> None:
    with says() as url:
        transport = opened(url)
        transport.close()
        transport.close()
        transport.release()
        with pytest.raises(ConnectionLost, match="while sending"):
            transport.send("hello")


def test_a_peer_that_reads_nothing_does_not_block_a_sender_for_ever(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_transport, "TICK", 0.1)
    release = threading.Event()

    def deaf(connection: socket.socket) -> None:
        upgrade(connection)
        release.wait(20)

    with tcp_peer(deaf) as url:
        transport = opened(url)
        try:
            with pytest.raises(ConnectionLost):
                deque(map(transport.send, ["x" * 100_000] * 1000), maxlen=0)
        finally:
            release.set()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure_url(authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ws_peer(lambda connection: connection.send("hello"), ssl=context) as url:
        yield url.replace("ws://127.0.0.1", "wss://localhost")


def test_tls_with_a_certificate_authority_of_ones_own(opened: Any, authority: trustme.CA, secure_url: str) -> None:
    with authority.cert_pem.tempfile() as path:
        assert next(opened(secure_url, sslopt={"ca_certs": path}).payloads) == b"hello"


def test_an_untrusted_certificate_is_refused_with_advice(secure_url: str) -> None:
    with pytest.raises(ConnectionFailed, match=r"certificate is not trusted .*sslopt=\{'ca_certs': path\}"):
        Transport(secure_url, 5, {}).connect()


def test_a_certificate_of_another_host_is_refused(authority: trustme.CA, secure_url: str) -> None:
    with authority.cert_pem.tempfile() as path, pytest.raises(ConnectionFailed, match="certificate"):
        Transport(secure_url.replace("localhost", "127.0.0.1"), 5, {"sslopt": {"ca_certs": path}}).connect()


def test_a_file_of_certificates_that_is_not_there_is_a_failed_connection(secure_url: str) -> None:
    with pytest.raises(ConnectionFailed):
        Transport(secure_url, 5, {"sslopt": {"ca_certs": "/no/such/file.pem"}}).connect()


def test_an_http_proxy_is_tunnelled_through(opened: Any) -> None:
    with says(frame(1, b"hello")) as url, connect_proxy() as (proxy, targets):
        far = url.replace("127.0.0.1", "exchange.test")
        assert next(opened(far, **proxy).payloads) == b"hello"
        assert targets == [far[5:]]


def test_a_proxy_that_refuses_is_a_failed_connection() -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    with tcp_peer(lambda connection: connection.sendall(refusal), hold=False) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(ConnectionFailed):
            Transport("ws://exchange.test:9/x", 1, {"http_proxy_host": "127.0.0.1", "http_proxy_port": port}).connect()
