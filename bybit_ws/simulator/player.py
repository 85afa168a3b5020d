"""Plays a recording to one client: its commands are answered live, the frames it subscribed come as recorded."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from .connection import Connection
from .recording import PRIVATE, Answer, Key, Segment, matches, spot_key
from .wire import compact

# How long after its last subscription a client counts as having asked for all it wants.
SETTLED = 0.5
# The same before the first frame, where the order of frames of several topics matters.
GATHERED = 0.25
# How long a client may take to ask REST what the recorded one asked, and to be heard of after the answer.
PATIENCE = 2.0


class Stage(Protocol):
    """Where a recording is played."""

    @property
    def speed(self) -> float:
        """Times the recorded pace; 0 or infinity for as fast as possible."""

    @property
    def labelled(self) -> bool:
        """Whether the recording tells its sockets."""

    def begin(self) -> float:
        """Give the loop's time at which the recording began to be played."""

    def choose(self, player: Player) -> Segment:
        """Give what is to be played on a connection."""

    def ended(self, player: Player, played: bool) -> None:
        """A client was played to the end, or left before."""

    async def answer(self, answer: Answer, patience: float) -> bool:
        """Give the answer to whoever asks, once the question is there; return whether it was."""


class Player:
    """One client.

    Attributes:
        connection: Its connection.
        asked: What it asked for, as it spelt it.
        finished: It has had all of it.
    """

    def __init__(self, connection: Connection, stage: Stage) -> None:
        self.connection, self.asked, self.finished = connection, set[str](), False
        self._stage = stage
        self._segment: Segment | None = None if stage.labelled else stage.choose(self)
        self._cursors: dict[Key, int] = {}
        self._answered = 0
        self._commands: list[tuple[bool, Any]] = []
        self._wanted: set[Key] = set()
        self._changed, self._pinged = asyncio.Event(), asyncio.Event()
        self._conn_id = str(uuid.uuid4())
        self._v5 = connection.path.startswith("/v5/")
        self._task = asyncio.get_running_loop().create_task(self._play())

    def closed(self) -> None:
        """The client is gone."""
        self._task.cancel()
        if not self.finished:
            self._stage.ended(self, False)

    # -- commands --------------------------------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """Answer in the protocol the command is written in."""
        try:
            request = json.loads(message)
        except ValueError:
            return
        if not isinstance(request, dict):
            return
        if "op" in request:
            self._operate(request, request["op"], request.get("args"))
        elif "ping" in request:
            self._send({"pong": int(time.time() * 1000)})
        elif "event" in request:
            self._spot(request)

    def _operate(self, request: dict[str, Any], op: str, args: Any) -> None:
        if op == "auth" and self.connection.path.endswith("/spot/ws"):
            self._send({"auth": "success", "userId": 1})
            self._take(True, PRIVATE)
            return
        head = {"success": True, "ret_msg": "pong" if op == "ping" else "", "conn_id": self._conn_id}
        if self._v5:
            number = {"req_id": request["req_id"]} if "req_id" in request else {}
            self._send({**head, **number, "op": op})
        else:
            self._send(head | {"request": {"op": op, "args": args}})
        if op in ("subscribe", "unsubscribe"):
            self.asked.update(map(str, args or ()))
            self._take(op == "subscribe", *map(str, args or ()))
        elif op == "ping":
            self._pinged.set()

    def _spot(self, request: dict[str, Any]) -> None:
        params = request.get("params") or {}
        symbols = request.get("symbol") or params.get("symbol") or ""
        topic = str(request.get("topic"))
        if "symbol" not in request:  # V2, which acknowledges; V1 does not (wire-legacy 5.1, 5.2)
            echo = {**params, "binary": str(params.get("binary", False)).lower(), "symbolName": symbols}
            head = {"topic": topic, "event": request["event"], "params": echo}
            self._send({**head, "code": "0", "msg": "Success"})
        self._take(request["event"] == "sub", *(spot_key(topic, symbol, params) for symbol in str(symbols).split(",")))

    def _take(self, wanted: bool, *what: Key | str) -> None:
        self._commands += [(wanted, one) for one in what]
        self._changed.set()

    def _obey(self, segment: Segment) -> None:
        """Find out which frames the commands are about."""
        for wanted, what in self._commands:
            if isinstance(what, str):
                keys = {key for key in segment.by_key if matches(what, key)}
            else:
                keys = {what} & set(segment.by_key)
            self._wanted = self._wanted | keys if wanted else self._wanted - keys
        self._commands.clear()

    def _send(self, message: object) -> None:
        self.connection.push(compact(message))

    # -- frames ----------------------------------------------------------------------------------------------

    async def _play(self) -> None:
        await self._changed.wait()
        if self._segment is None:
            while await self._heard(GATHERED):
                pass
            self._segment = self._stage.choose(self)
        segment = self._segment
        began = self._stage.begin()
        try:
            while True:
                self._obey(segment)
                found, answer = self._next(segment), self._due(segment)
                if answer is not None and (found is None or answer.before <= found[0]):
                    if not await self._early(began, answer.time):
                        self._answered += 1
                        await self._tell(answer)
                elif found is None:
                    await self._settle(segment)
                elif not await self._early(began, segment.times[found[0]]):
                    self._cursors[found[1]] = self._cursors.get(found[1], 0) + 1
                    await self.connection.send(segment.texts[found[0]])
        except ConnectionClosed:
            pass

    def _next(self, segment: Segment) -> tuple[int, Key] | None:
        """Give the earliest frame not yet played of what is wanted."""
        lists, cursors = segment.by_key, self._cursors
        left = [(lists[key][at], key) for key in self._wanted for at in [cursors.get(key, 0)] if at < len(lists[key])]
        return min(left, default=None)

    def _due(self, segment: Segment) -> Answer | None:
        return segment.answers[self._answered] if self._answered < len(segment.answers) else None

    async def _tell(self, answer: Answer) -> None:
        """Let REST answer between the same two frames as it was recorded.

        A client reads in order: when it answers a ping it has had all before. Having REST's answer, it pings, too.
        """
        await self._barrier()
        self._pinged.clear()
        if await self._stage.answer(answer, PATIENCE):
            try:
                await asyncio.wait_for(self._pinged.wait(), PATIENCE)
            except asyncio.TimeoutError:
                return
            await self._barrier()

    async def _barrier(self) -> None:
        """Wait until the client has taken in what was sent."""
        waiter = await self.connection.ping()
        try:
            await asyncio.wait_for(waiter, PATIENCE)
        except asyncio.TimeoutError:
            return

    async def _early(self, began: float, at: float) -> bool:
        """Wait until a frame is due; True when something was asked for meanwhile."""
        speed = self._stage.speed
        if not 0 < speed < float("inf"):
            return False
        wait = began + at / speed - asyncio.get_running_loop().time()
        return wait > 0 and await self._heard(wait)

    async def _heard(self, timeout: float | None) -> bool:
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        return True

    async def _settle(self, segment: Segment) -> None:
        """All that was asked for is played: finish when all is played, or nothing more is asked."""
        complete = all(self._cursors.get(key, 0) == len(frames) for key, frames in segment.by_key.items())
        if not self.finished and (complete or not await self._heard(SETTLED)):
            self.finished = True
            self._stage.ended(self, True)
        elif self.finished:
            await self._heard(None)
