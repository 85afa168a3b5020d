"""A server process: it plays the frames of one stream, of either protocol, and answers V5's REST calls.

Its client says on a second, plain connection what it wants to get, one JSON line each: ``["open"]`` is what the
exchange sends at first, ``["warm", 1]`` and ``["run", 9]`` are the frames between two marks, so many times.
Subscriptions are confirmed with the opening, when all are there.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import socket
import sys
import threading
from itertools import islice
from typing import Any, NamedTuple

from ..peer import Peer, acknowledgement, frame

CONNECT = 30.0
"""Seconds a client has for its websocket once it has said that it is there."""


class Program(NamedTuple):
    """What is played, framed.

    Attributes:
        opening: What the exchange sends at first.
        parts: What ``warm`` and ``run`` send.
        marks: What comes before and after each; no client may take one for a repetition.
        rest: REST's answers by path.
    """

    opening: bytes
    parts: dict[str, bytes]
    marks: dict[str, tuple[bytes, bytes]]
    rest: dict[str, str]


class Visitor(Peer):
    """Whoever connects: a websocket, or a REST call, which is answered at once."""

    def __init__(self, connection: socket.socket, rest: dict[str, str]) -> None:
        self._rest = rest
        self.websocket = self._v5 = False
        self._held: list[bytes] = []
        super().__init__(connection)

    def take(self) -> None:
        """Read a request; a subscription is confirmed later."""
        opcode, payload = self._frame()
        request = json.loads(payload) if opcode == 1 else {}
        reply = self._reply(request)
        if reply is None:
            return
        data = frame(json.dumps(reply))
        if "sub" in str(request.get("op") or request.get("event")):
            self._held.append(data)
        else:
            self.send(data)

    def confirm(self) -> None:
        """Confirm the subscriptions."""
        self.send(b"".join(self._held))
        self._held.clear()

    def _reply(self, request: dict[str, Any]) -> dict[str, Any] | None:
        op = request.get("op")
        if self._v5:
            said = {"req_id": request["req_id"]} if "req_id" in request else {}
            return {"success": True, "ret_msg": "pong" if op == "ping" else "", "conn_id": "1", **said, "op": op}
        if op == "auth":
            answer = {"success": True, "ret_msg": "", "conn_id": "1", "request": request}
            return {"auth": "success", "userId": "1"} if self._spot else answer
        return acknowledgement(request)

    def _upgrade(self) -> None:
        target, headers = self._head()
        self._v5, self._spot = target.startswith("/v5/"), target.startswith("/spot/")
        self.websocket = b"sec-websocket-key" in headers
        if self.websocket:
            self._accept(headers[b"sec-websocket-key"])
            return
        body = self._rest.get(target.partition("?")[0], '{"retCode":10001,"retMsg":"not here","result":{}}').encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.send(head.encode() + b"Connection: close\r\n\r\n" + body)


class Theatre:
    """Lets clients in, one after the other, and plays to each."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._inside: queue.Queue[Visitor] = queue.Queue()

    def doors(self, listener: socket.socket) -> None:
        """Let in whoever comes, for ever: a client asks REST while it listens."""
        while True:
            connection = listener.accept()[0]
            threading.Thread(target=self._let_in, args=(connection,), daemon=True).start()

    def _let_in(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            visitor = Visitor(connection, self._program.rest)
            if visitor.websocket:
                self._inside.put(visitor)
            else:
                connection.close()

    def play(self, control: socket.socket) -> None:
        """Serve one client after the other, for ever."""
        while True:
            with contextlib.suppress(OSError, queue.Empty), control.accept()[0] as ordering:
                self._serve(ordering, self._inside.get(timeout=CONNECT))

    def _serve(self, ordering: socket.socket, visitor: Visitor) -> None:
        orders = ordering.makefile()
        while True:
            if not visitor.readable:
                select.select([ordering, visitor], [], [])
            while visitor.readable:
                visitor.take()
            if not select.select([ordering], [], [], 0)[0]:
                continue
            order = orders.readline()
            if not order:
                return
            self._perform(visitor, *json.loads(order))

    def _perform(self, visitor: Visitor, part: str, passes: int = 1) -> None:
        program = self._program
        if part == "open":
            visitor.confirm()
            visitor.send(program.opening)
            return
        before, after = program.marks[part]
        visitor.send(before)
        for _ in range(passes):
            visitor.send(program.parts[part])
        visitor.send(after)


def read_program() -> Program:
    """Read a program from standard input: a line of JSON that tells how many frames follow, then the frames."""
    told = json.loads(sys.stdin.readline())
    pieces = [
        b"".join(frame(line.rstrip("\n")) for line in islice(sys.stdin, count))
        for count in (told["opening"], told["warm"], told["run"], 1, 1, 1, 1)
    ]
    opening, warm, run, *marks = pieces
    return Program(
        opening, {"warm": warm, "run": run}, {"warm": (marks[0], marks[1]), "run": (marks[2], marks[3])}, told["rest"]
    )


def main() -> None:
    """Print the two ports, serve until standard input ends."""
    theatre = Theatre(read_program())
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as control:
        sys.stdout.write(f"{listener.getsockname()[1]} {control.getsockname()[1]}\n")
        sys.stdout.flush()
        threading.Thread(target=theatre.doors, args=(listener,), daemon=True).start()
        threading.Thread(target=theatre.play, args=(control,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.read()
    os._exit(0)  # a thread that waits for a client does not end otherwise


if __name__ == "__main__":
    main()
