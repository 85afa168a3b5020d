"""Serves a recorded connection again, at its own pace or faster."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed

from .connection import Connection
from .recording import PRIVATE, Key, Recording, matches, read, spot_key
from .rest import time_answer
from .runner import Runner
from .server import Server
from .wire import compact
from .witness import Received, Witness

# How long after its last subscription a client counts as having asked for all it wants.
_SETTLED = 0.5


class _Player:
    """One client: answers commands live, plays what it subscribed."""

    def __init__(
        self, connection: Connection, recording: Recording, speed: float, ended: Callable[[bool], None]
    ) -> None:
        self._connection = connection
        self._recording = recording
        self._speed = speed
        self._ended = ended
        self._wanted: set[Key] = set()
        self._cursors = dict.fromkeys(recording.by_key, 0)
        self._asked = asyncio.Event()
        self._conn_id = str(uuid.uuid4())
        self.finished = False
        self._task = asyncio.get_running_loop().create_task(self._play())

    def closed(self) -> None:
        self._task.cancel()
        if not self.finished:
            self._ended(False)

    def receive(self, message: str | bytes) -> None:
        """Answer in the protocol the command is written in."""
        try:
            request = json.loads(message)
        except ValueError:
            return
        if not isinstance(request, dict):
            return
        if "op" in request:
            self._inverse(request["op"], request.get("args"))
        elif "ping" in request:
            self._send({"pong": int(time.time() * 1000)})
        elif "event" in request:
            self._spot(request)

    def _inverse(self, op: str, args: Any) -> None:
        if op == "auth" and self._connection.path.endswith("/spot/ws"):
            self._send({"auth": "success", "userId": 1})
            self._take({PRIVATE}, True)
            return
        echo = {"success": True, "ret_msg": "pong" if op == "ping" else "", "conn_id": self._conn_id}
        self._send(echo | {"request": {"op": op, "args": args}})
        if op in ("subscribe", "unsubscribe"):
            keys = {key for key in self._cursors for arg in args or () if matches(str(arg), key)}
            self._take(keys, op == "subscribe")

    def _spot(self, request: dict[str, Any]) -> None:
        params = request.get("params") or {}
        symbols = request.get("symbol") or params.get("symbol") or ""
        topic = str(request.get("topic"))
        if "symbol" not in request:  # V2, which acknowledges; V1 does not (wire-legacy 5.1, 5.2)
            echo = {**params, "binary": str(params.get("binary", False)).lower(), "symbolName": symbols}
            head = {"topic": topic, "event": request["event"], "params": echo}
            self._send({**head, "code": "0", "msg": "Success"})
        keys = {spot_key(topic, symbol, params) for symbol in str(symbols).split(",")}
        self._take(keys & set(self._cursors), request["event"] == "sub")

    def _take(self, keys: set[Key], wanted: bool) -> None:
        if wanted:
            self._wanted |= keys
            self._asked.set()
        else:
            self._wanted -= keys

    def _send(self, message: object) -> None:
        self._connection.push(compact(message))

    def _next(self) -> tuple[int, Key] | None:
        """Give the earliest frame not yet played of what is wanted."""
        lists, cursors = self._recording.by_key, self._cursors
        left = [(lists[key][cursors[key]], key) for key in self._wanted if cursors[key] < len(lists[key])]
        return min(left, default=None)

    async def _play(self) -> None:
        await self._asked.wait()
        began = asyncio.get_running_loop().time()
        try:
            while True:
                found = self._next()
                if found is None:
                    await self._settle()
                elif not await self._early(began, found[0]):
                    self._cursors[found[1]] += 1
                    await self._connection.send(self._recording.texts[found[0]])
        except ConnectionClosed:
            pass

    async def _early(self, began: float, index: int) -> bool:
        """Wait until a frame is due; True when something was asked for meanwhile."""
        if not 0 < self._speed < float("inf"):
            return False
        due = began + self._recording.times[index] / self._speed
        wait = due - asyncio.get_running_loop().time()
        return wait > 0 and await self._heard(wait)

    async def _heard(self, timeout: float | None) -> bool:
        self._asked.clear()
        try:
            await asyncio.wait_for(self._asked.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        return True

    async def _settle(self) -> None:
        """All that was asked for is played: finish when all is played, or nothing more is asked."""
        lists = self._recording.by_key
        complete = all(self._cursors[key] == len(lists[key]) for key in lists)
        if not self.finished and (complete or not await self._heard(_SETTLED)):
            self.finished = True
            self._ended(True)
        elif self.finished:
            await self._heard(None)


class Replay:
    """A server that plays one recording to every client, from the client's first subscription on.

    Args:
        path: A file of ``{"t","dir","text"}`` lines.
        port: Port to listen on; 0 takes a free one.
        speed: Pace relative to the recording; 0 or infinity plays as fast as possible.
        host: Address to listen on.
        hold: Keep the connection open and quiet after the last frame, or close it with 1000.

    Raises:
        ValueError: The file is no recording.
    """

    def __init__(
        self,
        path: str | Path,
        port: int = 0,
        speed: float = 1.0,
        *,
        host: str = "127.0.0.1",
        hold: bool = True,
    ) -> None:
        self._recording = read(path)
        self._speed, self._hold = speed, hold
        self._host, self._port = host, port
        self._witness = Witness()
        self._server = Server(lambda _: self._player, self._witness, lambda path, _: time_answer(path, time.time()))
        self._runner = Runner("bybit_ws replay")
        self._condition = threading.Condition()
        self._playing = 0
        self._finished = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The base address; any path will do."""
        return f"ws://{self._host}:{self._port}"

    @property
    def frames(self) -> int:
        """How many frames the recording received, acks and pongs included."""
        return self._recording.frames

    @property
    def received(self) -> list[Received]:
        """What clients sent, in order."""
        return self._witness.received

    def start(self) -> Replay:
        """Listen; an OSError tells that the port cannot be had."""
        self._runner.start(self._main)
        return self

    def stop(self) -> None:
        """Close every connection and end the thread; safe to call twice."""
        self._runner.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until at least one client was played to the end and none is being played."""
        with self._condition:
            return self._condition.wait_for(self._done, timeout)

    def __enter__(self) -> Replay:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _done(self) -> bool:
        return self._finished and not self._playing

    def _player(self, connection: Connection) -> _Player:
        self._playing += 1
        return _Player(connection, self._recording, self._speed, lambda end: self._ended(connection, end))

    def _ended(self, connection: Connection, played: bool) -> None:
        """Take note that a client was played to the end, or left before."""
        with self._condition:
            self._playing -= 1
            self._finished = self._finished or played
            self._condition.notify_all()
        if played and not self._hold:
            task = asyncio.get_running_loop().create_task(connection.close(1000, "end of recording"))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _main(self, stopping: asyncio.Event) -> None:
        async with self._server.listening(self._host, self._port, None):
            self._port = self._server.port
            self._runner.ready()
            await stopping.wait()
