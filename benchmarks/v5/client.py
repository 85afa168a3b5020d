"""A client's process: subscribe as its users would, take what is played, print what was measured.

It runs in two environments: this one, and that of pybit 5, which has nothing else installed.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
from typing import Any, Callable, NamedTuple

PATIENCE = 120
MARK = "mark-"
"""What the id of a trade or an execution begins with that is a mark."""

KEYS = {"api_key": "key", "api_secret": "secret"}
Callback = Callable[[Any], None]


class Call(NamedTuple):
    """A subscription.

    Attributes:
        stream: The method's name without ``_stream``.
        arguments: What the method takes besides the callback, as pairs.
        topics: V5's topics.
    """

    stream: str
    arguments: list[tuple[str, Any]]
    topics: list[str]


class Job(NamedTuple):
    """What a client's process is to do.

    Attributes:
        client: ``"legacy"``, ``"v5"``, ``"raw"`` or ``"pybit"``.
        url: The server, without a path.
        control: The port that takes the orders.
        family: ``"spot"`` or ``"inverse"``.
        private: Whether keys are needed.
        measured: What is measured.
        marker: What marks the beginning and the end.
        passes: How often the frames are played.
        orjson: Whether bybit_ws may use it; pybit cannot.
    """

    client: str
    url: str
    control: int
    family: str
    private: bool
    measured: list[Any]
    marker: list[Any]
    passes: int
    orjson: bool = True


class Meter:
    """Orders the frames, counts the messages, and reads the clocks at the marks."""

    def __init__(self, control: int) -> None:
        self._control = socket.create_connection(("127.0.0.1", control))
        self._marked = threading.Event()
        self._marks: list[tuple[int, float, float]] = []
        self._wanted = 1
        self.seen = 0
        self.last: Any = None

    def take(self, message: Any) -> None:
        """The callback that is measured."""
        self.seen += 1
        self.last = message

    def take_both(self, message: Any) -> None:
        """The callback of a topic that has marks among what is measured."""
        self.take(message)
        self.mark_marked(message)

    def mark_marked(self, message: Any) -> None:
        """The callback of marks that are among others of their kind."""
        entry = message["data"][0]
        if entry.get("exec_id", entry.get("execId", "")).startswith(MARK):
            self.mark(message)

    def mark(self, message: Any) -> None:
        """The callback of the marks."""
        self._marks.append((self.seen, time.process_time(), time.perf_counter()))
        if len(self._marks) == self._wanted:  # nobody is to be woken in between
            self._marked.set()

    def open(self) -> None:
        """Let the streams begin, and wait until they have."""
        self._order(["open"])
        self._marked.wait()
        nap = threading.Event()
        while not self.seen:
            nap.wait(0.01)  # what is measured wakes nobody, as that would cost

    def play(self, part: str, passes: int) -> dict[str, Any]:
        """Let a part be played; return what it took."""
        self._marked.clear()
        self._wanted += 2
        self._order([part, passes])
        self._marked.wait()
        (seen, cpu, wall), (seen_then, cpu_then, wall_then) = self._marks[-2:]
        return {"seen": seen_then - seen, "cpu": cpu_then - cpu, "wall": wall_then - wall}

    def _order(self, order: list[Any]) -> None:
        self._control.sendall(json.dumps(order).encode() + b"\n")


def bybit_ws(job: Job, meter: Meter) -> object:
    """This package."""
    package = importlib.import_module("bybit_ws")
    make = package.SpotWebSocket if job.family == "spot" else package.InverseWebSocket
    raw = job.client == "raw"
    client = make(endpoint=job.url, api="v5" if raw else job.client, **(KEYS if job.private else {}))
    measured, marker = Call(*job.measured), Call(*job.marker)
    mark = meter.mark_marked if {*measured.topics} & {*marker.topics} else meter.mark
    options = {"raw": True} if raw else {}
    getattr(client, f"{measured.stream}_stream")(meter.take, **dict(measured.arguments), **options)
    getattr(client, f"{marker.stream}_stream")(mark, **dict(marker.arguments))
    return client


def pybit(job: Job, meter: Meter) -> object:
    """Pybit 5, on V5's own topics."""
    package = importlib.import_module("pybit.unified_trading")
    package.PUBLIC_WSS, package.PRIVATE_WSS = f"{job.url}/v5/public/{{CHANNEL_TYPE}}", f"{job.url}/v5/private"
    client = package.WebSocket("private" if job.private else job.family, testnet=True, **(KEYS if job.private else {}))
    measured, marks = Call(*job.measured).topics, Call(*job.marker).topics
    for topic in dict.fromkeys([*measured, *marks]):
        callback = meter.take if topic not in marks else meter.take_both if topic in measured else meter.mark
        client.subscribe(topic, callback, [""])
    return client


def main() -> None:
    """Do the job that the first argument describes."""
    job = Job(**json.loads(sys.argv[1]))
    if hasattr(signal, "alarm"):
        signal.alarm(PATIENCE + 10)  # whatever becomes of who started it, it ends
    if not job.orjson:
        sys.modules["orjson"] = None  # type: ignore[assignment] # as if it were not installed
    meter = Meter(job.control)
    client = (pybit if job.client == "pybit" else bybit_ws)(job, meter)
    meter.open()
    meter.play("warm", 1)
    report = meter.play("run", job.passes)
    sys.stdout.write(json.dumps({**report, "last": meter.last}))
    sys.stdout.flush()
    del client
    os._exit(0)  # some clients have no other end


if __name__ == "__main__":
    main()
