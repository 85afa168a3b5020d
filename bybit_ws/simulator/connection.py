"""One accepted socket: counts life signs, can fall silent, sends without waiting."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, broadcast

from .wire import Frame

_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Connection(ServerConnection):
    """A server connection that a test can silence or cut."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = 0
        self.silent = False
        self.losing = 0
        self.authenticated = False
        self.heard = asyncio.get_running_loop().time()

    @property
    def path(self) -> str:
        """The path asked for, without the query."""
        return urlsplit(self.request.path).path if self.request else ""

    @property
    def unread(self) -> int | None:
        """Bytes that the client has not taken yet; None once it is gone."""
        try:
            return None if self.transport.is_closing() else self.transport.get_write_buffer_size()
        except AttributeError:  # Python 3.9 forgets the TLS transport of a client that has just gone
            return None

    def push(self, frame: Frame) -> None:
        """Send one frame now; a closing connection gets nothing."""
        broadcast([self], frame)

    def push_raw(self, data: bytes) -> None:
        """Send bytes without a frame around them."""
        if not self.silent and self.unread is not None:
            self.transport.write(data)

    def spared(self) -> bool:
        """Count one push; return whether it is not to be lost."""
        self.losing, spared = max(0, self.losing - 1), not self.losing
        return spared

    def reset(self) -> None:
        """Cut TCP with a reset."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self.abort()

    def abort(self) -> None:
        """Cut TCP without a close frame."""
        if hasattr(self, "transport"):  # not before TLS stands
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take any bytes, control frames too, as a sign of life."""
        self.heard = asyncio.get_running_loop().time()
        super().data_received(data)

    def send_data(self) -> None:
        """Write what is pending, or lose it while silent: whole frames, so speaking can resume."""
        if not self.silent and self.unread is not None:
            super().send_data()
            return
        for _ in self.protocol.data_to_send():
            pass
