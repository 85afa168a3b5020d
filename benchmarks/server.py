"""A server process: it sends one series of messages, framed beforehand, to whoever subscribes.

Its client says on a second, plain connection when it has subscribed and what it wants to get, an ``Order``. So no
message comes before the client is ready for it, and nobody has to guess how long that takes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from itertools import chain, cycle, islice
from typing import NamedTuple

from .peer import Peer, frame

CLOCK = 10**18
"""What a paced message adds to its send time, in nanoseconds, so that it has 19 digits on every machine."""


class Order(NamedTuple):
    """What a client wants: so many messages, at once, or that many a second, each with its ``sendTime``."""

    messages: int
    rate: int = 0


class Feed:
    """The frames of a series: those that come once, then those that come again and again."""

    def __init__(self, texts: Sequence[str], loop: int) -> None:
        self._texts, self._loop = texts, loop
        frames = [frame(text) for text in texts]
        self._once, self._again = frames[:loop], frames[loop:]

    def send(self, peer: Peer, order: Order) -> None:
        """Send what was ordered as fast as the client reads."""
        whole = b"".join(self._again)
        rounds, rest = divmod(max(order.messages - self._loop, 0), len(self._again))
        peer.send(b"".join(self._once[: order.messages]))
        for _ in range(rounds):
            peer.send(whole)
        peer.send(b"".join(self._again[:rest]))

    def pace(self, peer: Peer, order: Order) -> None:
        """Send what was ordered one by one, each message with its send time."""
        stamped = [_around_stamp(text) for text in self._texts]
        once, again = stamped[: self._loop], stamped[self._loop :]
        start = time.monotonic()
        for index, (before, after) in enumerate(islice(chain(once, cycle(again)), order.messages)):
            while (early := start + index / order.rate - time.monotonic()) > 0:
                time.sleep(early)
            peer.send(b"%b%d%b" % (before, CLOCK + time.monotonic_ns(), after))


def _around_stamp(text: str) -> tuple[bytes, bytes]:
    """Return what a frame has before and after its send time."""
    framed = frame(re.sub(r'(?<="sendTime":)\d+', str(CLOCK), text))
    before, _, after = framed.partition(str(CLOCK).encode())
    return before, after


def serve(feed: Feed, listener: socket.socket, control: socket.socket, tls: ssl.SSLContext | None) -> None:
    """Serve one client after the other, for ever."""
    while True:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            ordering = stack.enter_context(control.accept()[0])
            if listener not in select.select([listener, ordering], [], [])[0]:
                continue  # it was gone before it had connected
            connection = stack.enter_context(listener.accept()[0])
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
            peer = Peer(connection)
            order = _order(peer, ordering)
            (feed.pace if order.rate else feed.send)(peer, order)
            peer.drain()


def _order(peer: Peer, ordering: socket.socket) -> Order:
    """Answer subscriptions until the client says that it has sent them all, and what it wants."""
    peer.answer()  # it may say so while its thread is still sending the first one
    while ordering.fileno() not in select.select([ordering.fileno(), peer.fileno()], [], [])[0]:
        peer.answer()
    while peer.readable:
        peer.answer()
    return Order(*json.loads(ordering.makefile().readline()))


def main() -> None:
    """Read a series from standard input, print the two ports, serve until standard input ends."""
    options = json.loads(sys.stdin.readline())
    feed = Feed([line.rstrip("\n") for line in islice(sys.stdin, options["messages"])], options["loop"])
    tls = None
    if options["certificate"]:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options["certificate"])
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as control:
        sys.stdout.write(f"{listener.getsockname()[1]} {control.getsockname()[1]}\n")
        sys.stdout.flush()
        threading.Thread(target=serve, args=(feed, listener, control, tls), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.read()
    os._exit(0)  # a thread that waits for a client does not end otherwise


if __name__ == "__main__":
    main()
