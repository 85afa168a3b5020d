"""Reads a websocket many frames at a time: all that is done for speed between the socket and a whole message.

websocket-client asks the socket two or three times for each frame and builds objects of what it gets. Here one
``recv_into`` fills a buffer, and whole text frames are cut out of it: FIN set, no extension bits, no mask,
shorter than 64 KiB. Whatever else comes next in the buffer (a fragment, a control or binary frame, a mask, a
longer frame, junk) is websocket-client's: it is asked for a message and gets the bytes of the buffer first.

This rests on what websocket-client does not promise: that it draws its bytes through ``frame_buffer.recv``, never
more of them than it needs, learns their number in ``frame_buffer.recv_length``, and keeps an unfinished message in
``cont_frame.cont_data``. ``rehearsed`` tries all that once; where it does not hold, messages are read through
websocket-client alone.
"""

from __future__ import annotations

import functools
import logging
import socket
import struct
from collections.abc import Generator
from typing import Any, Callable, Optional, Union

import websocket

from .exceptions import ProtocolError

logger = logging.getLogger("bybit_ws")

Batch = Optional[list[Union[bytes, bytearray]]]
"""Messages that were read together; empty for a sign of life without one, None for a tick of silence."""

READ = 1 << 15
"""Bytes that are read at a time, so that the first of many messages need not wait for the last to be cut out."""

LONGEST = 4 + 0xFFFF
"""Bytes of the longest frame that is cut here."""

SIZE = LONGEST + READ
"""Bytes of the buffer: a frame that is not whole yet, and one more read."""

SHORT, MEDIUM = 0x8100, 0x817E
"""The first two bytes of a text frame of 0 bytes, and of one that tells its length in the next two."""

_header = struct.Struct(">HH").unpack_from


class Bulk:
    """The buffer between a socket and websocket-client.

    Args:
        ws: The websocket, not yet connected; from now on it draws its bytes from here.
        limit: Bytes that a message may have; websocket-client itself would take any announced length.
    """

    def __init__(self, ws: websocket.WebSocket, limit: int) -> None:
        self._ws: Any = ws
        self._buffer = bytearray(SIZE + 4)  # a header may be looked for at the very end
        self._start = self._end = 0
        self._limit = limit
        self._broken: OSError | None = None
        frames: Any = self._ws.frame_buffer
        self._draw, frames.recv = frames.recv, self._give
        self._read_length, frames.recv_length = frames.recv_length, self._check_length

    def batches(self, plainly: Callable[[], Batch]) -> Generator[Batch, None, None]:
        """Yield what ``plainly`` would return call by call, several at a time.

        Args:
            plainly: Reads one message through websocket-client.

        Raises:
            Exception: What ``plainly`` raises.
        """
        buffer, view, receive_into = self._buffer, memoryview(self._buffer), self._ws.sock.recv_into
        start = end = 0
        cut: list[bytes | bytearray] = []
        while True:
            kind, size = _header(buffer, start)  # of stale bytes where few are left: then stop > end
            if kind == MEDIUM:
                stop = start + 4 + size
                if stop <= end:
                    cut.append(buffer[start + 4 : stop])
                    start = stop
                    continue
            elif SHORT <= kind < MEDIUM:
                stop = start + 2 + kind - SHORT
                if stop <= end:
                    cut.append(buffer[start + 2 : stop])
                    start = stop
                    continue
            if cut:
                yield cut
                cut = []
            if end - start < 2 or SHORT <= kind <= MEDIUM:
                view[: end - start] = view[start:end]
                start, end = 0, end - start
                try:
                    received = receive_into(view[end : end + READ])
                except socket.timeout:
                    yield None
                    continue
                except OSError as error:
                    self._broken = error
                    received = 0
                end += received
                if received:
                    continue
            # Not to be cut here; or the end, which websocket-client is to find.
            self._start, self._end = start, end
            yield from self._message(plainly)
            start, end = self._start, self._end

    def _message(self, plainly: Callable[[], Batch]) -> Generator[Batch, None, None]:
        """Let websocket-client read until it is between two messages again."""
        unfinished = True
        while unfinished:
            batch = plainly()
            yield batch
            unfinished = batch is None or bool(self._ws.cont_frame.cont_data)

    def _give(self, size: int) -> bytes:
        """Give websocket-client up to ``size`` bytes, those of the buffer first."""
        start, stop = self._start, min(self._start + size, self._end)
        if start == stop:
            if self._broken is not None:
                raise self._broken
            drawn: bytes = self._draw(size)
            return drawn
        self._start = stop
        return bytes(self._buffer[start:stop])

    def _check_length(self) -> None:
        """Refuse a message by the length it announces, fragments counted together, before memory is spent."""
        self._read_length()
        fragments = self._ws.cont_frame.cont_data
        size = self._ws.frame_buffer.length + (len(fragments[1]) if fragments else 0)
        if size > self._limit:
            raise ProtocolError(f"a message of {size:,} bytes was announced; {self._limit:,} are allowed")


def plain_batches(plainly: Callable[[], Batch]) -> Generator[Batch, None, None]:
    """Yield what ``plainly`` returns call by call, each read through websocket-client."""
    while True:
        yield plainly()


@functools.cache
def rehearsed() -> bool:
    """Return whether this websocket-client does what is relied on here."""
    try:
        if _rehearse():
            return True
    except Exception as error:
        logger.debug("the rehearsal raised %r", error)
    logger.warning(
        "websocket-client %s is built in a way that is not known here: messages are read one by one, which is slower, "
        "and of any size",
        websocket.__version__,
    )
    return False


def _rehearse() -> bool:
    """Let websocket-client read a message of two fragments with a pong between them, and one that is too large."""
    ws = websocket.WebSocket(skip_utf8_validation=True)
    bulk = Bulk(ws, limit=2)
    script = b"\x01\x01a" + b"\x8a\x01b" + b"\x80\x01c" + b"\x82\x03def"
    bulk._buffer[: len(script)], bulk._end = script, len(script)
    heard = []
    for _ in range(2):
        opcode, frame = ws.recv_data_frame(control_frame=True)
        heard.append((opcode, bytes(frame.data), bulk._start, bool(ws.cont_frame.cont_data)))
    try:
        ws.recv_data_frame(control_frame=True)
    except ProtocolError:
        return heard == [(10, b"b", 6, True), (1, b"ac", 9, False)]
    return False
