"""What the tests share."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import os
import select
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, Callable, TypeVar, Union

from bybit_ws import _backoff, _inquiry, _transport
from bybit_ws._bulk import Batch
from bybit_ws.simulator.market import Market

E = TypeVar("E")

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Recordings of the real exchange; tests that use them skip where they are absent."""


def wait_until(condition: Callable[[], object], timeout: float = 5.0) -> bool:
    """Return True as soon as the condition holds, False at the timeout."""
    end = time.monotonic() + timeout
    tick = threading.Event()
    while not condition():
        if time.monotonic() > end:
            return False
        tick.wait(0.005)
    return True


def library_threads() -> list[threading.Thread]:
    """Return the living threads of this package."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("bybit_ws")]


KEY, SECRET = "key-of-these-tests", "the secret of these tests, never to be seen"
CREDENTIALS = {KEY: SECRET}
KEYS = {"api_key": KEY, "api_secret": SECRET}


class Inbox(list[Any]):
    """A callback that keeps its messages; ``wait`` until there are enough."""

    def __call__(self, message: Any) -> None:
        self.append(message)

    def wait(self, count: int = 1, timeout: float = 5.0) -> Inbox:
        assert wait_until(lambda: len(self) >= count, timeout), f"{len(self)} messages came, not {count}"
        return self

    def more(self, count: int = 1, timeout: float = 5.0) -> Inbox:
        """Wait for ``count`` messages beyond those that are here."""
        return self.wait(len(self) + count, timeout)


class Events(Inbox):
    """An ``on_event`` that keeps the events."""

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in list(self) if isinstance(event, kind)]

    def first(self, kind: type[E], count: int = 1, timeout: float = 5.0) -> E:
        """Return the ``count``-th event of a kind once it is there."""
        assert wait_until(lambda: len(self.of(kind)) >= count, timeout), f"no {kind.__name__}: {self}"
        return self.of(kind)[count - 1]


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    form: int | None = None,
    mask: bytes | None = None,
    announced: int | None = None,
) -> bytes:
    """Return a frame; its length takes ``form`` bits (7, 16 or 64), as few as will do where that is not told."""
    size = len(payload) if announced is None else announced
    if form is None:
        form = 7 if size < 126 else 16 if size < 65536 else 64
    masked = 0 if mask is None else 0x80
    head = bytes([opcode | (0x80 if fin else 0), masked | (size if form == 7 else 126 if form == 16 else 127)])
    length = {7: b"", 16: struct.pack("!H", size & 0xFFFF), 64: struct.pack("!Q", size)}[form]
    if mask is None:
        return head + length + payload
    return head + length + mask + bytes(byte ^ key for byte, key in zip(payload, itertools.cycle(mask)))


Payload = Union[bytes, bytearray, None]
"""A message; ``b""`` for a sign of life without one, None for a tick of silence."""


def one_by_one(batches: Iterator[Batch]) -> Iterator[Payload]:
    """Yield messages singly."""
    for batch in batches:
        if batch is None:
            yield None
        else:
            yield from batch or [b""]


class Reading(_transport.Transport):
    """A transport whose messages come one by one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.payloads = one_by_one(self.batches)


def commands(exchange: Any, path: str = "") -> list[dict[str, Any]]:
    """Return what clients sent but for heartbeats and authentications, parsed, in order."""
    sent = [json.loads(text) for text in exchange.received if text.path.endswith(path)]
    return [one for one in sent if "ping" not in one and one.get("op") not in ("ping", "auth")]


def hasten(patch: Any) -> None:
    """Let attempts follow each other, silence be noticed and refusals be looked into without the usual delays."""
    patch.setattr(_backoff, "FIRST", 0.01)
    patch.setattr(_backoff, "CAP", 0.05)
    patch.setattr(_transport, "TICK", 0.05)
    patch.setattr(_inquiry, "SETTLE", 0.3)
    patch.setattr(_inquiry, "PATIENCE", 0.3)


def small_markets(patch: Any, symbols: Container[str], accounts: bool) -> None:
    """Let exchanges begin with a market where little moves but these symbols, which is much less work.

    Args:
        patch: A ``MonkeyPatch``.
        symbols: What moves as ever.
        accounts: Whether the account of these symbols trades.
    """

    def small(seed: Any, now: int) -> Market:
        market = Market(seed, now)
        for flow in market._flows:
            flow._chance *= flow.listing.symbol in symbols
        market._traders = [one for one in market._traders if accounts and one._listings[0].symbol in symbols]
        return market

    patch.setattr("bybit_ws.simulator.exchange.Market", small)


@contextlib.contextmanager
def tcp_peer(handle: Callable[[socket.socket], Any], hold: bool = True) -> Iterator[str]:
    """Serve raw TCP and yield the ws:// URL of it; each connection is handled in a thread of its own.

    ``hold`` keeps a connection open after ``handle`` returned, until the other side closes it.
    """
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as open_sockets:

        def serve(connection: socket.socket) -> None:
            with contextlib.suppress(OSError, ValueError):  # select() calls a closed socket a wrong value
                handle(connection)
                while hold and connection.recv(65536):
                    pass
            connection.close()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    open_sockets.callback(connection.close)
                    open_sockets.callback(_shut, connection)
                    threading.Thread(target=serve, args=(connection,), name="a tcp peer", daemon=True).start()

        acceptor = threading.Thread(target=accept, name="the tcp peer", daemon=True)
        acceptor.start()
        try:
            yield f"ws://127.0.0.1:{server.getsockname()[1]}"
        finally:
            _shut(server)
            acceptor.join(5)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def upgrade(connection: socket.socket) -> str:
    """Read an upgrade request, accept it, and return the request."""
    request = read_head(connection)
    key = next(line[18:].strip() for line in request.splitlines() if line.lower().startswith("sec-websocket-key:"))
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False).digest()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    return request


def read_head(connection: socket.socket) -> str:
    """Read an HTTP head."""
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(4096)
        if not received:
            raise OSError("closed in mid-head")
        head += received
    return head.decode()


@contextlib.contextmanager
def ws_peer(handle: Callable[[Any], Any], **options: Any) -> Iterator[str]:
    """Serve websockets with ``websockets.sync``, for what the simulator does not do; yield the URL."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.server import serve

    def guarded(connection: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            handle(connection)

    server = serve(guarded, "127.0.0.1", 0, compression=None, close_timeout=1, **options)
    thread = threading.Thread(target=server.serve_forever, name="the websocket peer", daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join(5)


@contextlib.contextmanager
def connect_proxy() -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Serve as an HTTP proxy that knows CONNECT; yield a client's options for it, and where it was sent.

    Whatever the host, it goes to this computer: websocket-client before 1.9 would not ask it for 127.0.0.1.
    """
    targets: list[str] = []

    def tunnel(client: socket.socket) -> None:
        target = read_head(client).split()[1]
        targets.append(target)
        with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])), 5) as upstream:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while True:
                for ready in select.select([client, upstream], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    (upstream if ready is client else client).sendall(data)

    with tcp_peer(tunnel, hold=False) as url:
        yield {"http_proxy_host": "127.0.0.1", "http_proxy_port": int(url.rpartition(":")[2])}, targets


class Relay:
    """A TCP relay to a port: it can swallow everything on the connections open now, or forward byte by byte.

    Attributes:
        piece: Bytes that are forwarded at a time.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._swallowed = self._accepted = 0
        self.piece = 65536

    def swallow(self) -> None:
        """Forward nothing more on the connections open now, either way, and close none of them."""
        self._swallowed = self._accepted

    def __call__(self, client: socket.socket) -> None:
        self._accepted = number = self._accepted + 1
        with socket.create_connection(("127.0.0.1", self._port), 5) as upstream:
            for one in (client, upstream):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                for ready in select.select([client, upstream], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    if number > self._swallowed:
                        self._forward(data, upstream if ready is client else client)

    def _forward(self, data: bytes, target: socket.socket) -> None:
        at = 0
        while at < len(data):
            stop = at + self.piece
            target.sendall(data[at:stop])
            at = stop


@contextlib.contextmanager
def relaying(url: str) -> Iterator[tuple[str, Relay]]:
    """Serve a relay in front of a URL; yield the URL of the relay, and the relay."""
    scheme, _, place = url.partition("://")
    relay = Relay(int(place.rpartition(":")[2]))
    with tcp_peer(relay, hold=False) as through:
        yield f"{scheme}://{through.partition('://')[2]}", relay


def run_script(text: str, timeout: float = 20.0, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a Python program in a process of its own, this package on its path."""
    root = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((root, str(Path(__file__).parent)))}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
        **options,
    )
