"""The server's end of one websocket, as small as it can be: it frames, reads requests and acknowledges them."""

from __future__ import annotations

import base64
import hashlib
import json
import select
import socket
import struct
from typing import Any


def frame(text: str) -> bytes:
    """Return a text as one unmasked websocket frame."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


def acknowledgement(request: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the exchange answers to a request; spot V1 answers nothing."""
    if request.get("op") == "subscribe":
        return {"success": True, "ret_msg": "", "conn_id": "95a3336b-365a-4fad-9540-ede1104f1260", "request": request}
    if request.get("event") == "sub" and "symbol" in request["params"]:
        params = {**request["params"], "binary": "false", "symbolName": request["params"]["symbol"]}
        return {**request, "params": params, "code": "0", "msg": "Success"}
    return None


class Peer:
    """A websocket that a client has just connected.

    Args:
        connection: The client's connection, TLS already negotiated where there is any.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()
        self._upgrade()

    @property
    def readable(self) -> bool:
        """Whether the client has sent something."""
        return bool(self._buffer or select.select([self._connection], [], [], 0)[0])

    def fileno(self) -> int:
        return self._connection.fileno()

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def answer(self) -> None:
        """Wait for one frame, and acknowledge it where the exchange would."""
        opcode, payload = self._frame()
        reply = acknowledgement(json.loads(payload)) if opcode == 1 else None
        if reply is not None:
            self.send(frame(json.dumps(reply)))

    def drain(self) -> None:
        """Read until the client is gone."""
        while self._connection.recv(1 << 16):
            pass

    def _upgrade(self) -> None:
        _, headers = self._head()
        self._accept(headers[b"sec-websocket-key"])

    def _head(self) -> tuple[str, dict[bytes, bytes]]:
        """Read the request: what is asked for, and the headers by their names in lower case."""
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        self._buffer[:] = rest
        request, *lines = head.split(b"\r\n")
        headers = (line.split(b": ", 1) for line in lines)
        return request.split()[1].decode(), {name.lower(): value for name, value in headers}

    def _accept(self, key: bytes) -> None:
        digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
        self.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )

    def _frame(self) -> tuple[int, bytes]:
        opcode, size = self._take(2)
        size &= 0x7F
        if size >= 126:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        mask, payload = self._take(4), self._take(size)
        return opcode & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _receive(self) -> None:
        received = self._connection.recv(1 << 16)
        if not received:
            raise ConnectionError("the client is gone")
        self._buffer += received
