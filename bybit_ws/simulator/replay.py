"""Serves a recording again, at its own pace or faster."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Mapping
from pathlib import Path
from types import TracebackType

from .connection import Connection
from .paths import LEGACY, V5
from .player import Player
from .recording import Answer, Segment, Track, question_of, read
from .rest import time_answer
from .runner import Runner
from .server import Host, Server
from .wire import compact
from .witness import Received, Witness

_ELSEWHERE = 421
"""The HTTP status that means: not here, but nothing was switched off."""

_PATIENCE = 4.0
_RETURN = 30.0
"""Seconds in which a client that was cut, as it was recorded, may come back."""

Question = tuple[str, "frozenset[tuple[str, str]]"]


class Replay:
    """A server that plays one recording to every client, from the client's first subscription on.

    Where the recording tells its sockets, each is served at its own path, the documented one or V5's, REST gives the
    recorded answers, and a connection that was lost is cut at the same frame.

    Args:
        path: A file of ``{"t","dir","text"}`` lines, also compressed; those that go on with it are read, too.
        port: Port to listen on; 0 takes a free one.
        speed: Pace relative to the recording; 0 or infinity plays as fast as possible.
        host: Address to listen on.
        hold: Keep the connection open and quiet after the last frame, or close it with 1000.

    Raises:
        FileNotFoundError: There is no such file.
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
        self._server = Server(self._route, self._witness, self._ask)
        if self.labelled:
            self._server.gone = _missing(self._recording.paths)
        self._runner = Runner("bybit_ws replay")
        self._condition = threading.Condition()
        self._playing = 0
        self._finished = False
        self._began: float | None = None
        self._served: dict[Player, tuple[Track, int]] = {}
        self._taken: list[Track] = []
        self._away: list[tuple[Track, int, str, float]] = []
        self._questions: dict[Question, deque[asyncio.Future[object]]] = {}
        self._asked: asyncio.Event
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The base address; any path will do where the recording tells none."""
        return f"ws://{self._host}:{self._port}"

    @property
    def frames(self) -> int:
        """How many frames the recording received, acks and pongs included."""
        return self._recording.frames

    @property
    def paths(self) -> list[str]:
        """Where the recorded sockets are served; none where the recording does not tell."""
        return sorted(path for path in self._recording.paths if path is not None)

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

    def __repr__(self) -> str:
        return f"<Replay {self.url if self._port else 'not started'}>"

    def __enter__(self) -> Replay:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _done(self) -> bool:
        expected = any(time.monotonic() < until for *_, until in self._away)
        return self._finished and not self._playing and not expected

    # -- what players need -----------------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """The pace."""
        return self._speed

    @property
    def labelled(self) -> bool:
        """Whether the recording tells its sockets."""
        return None not in self._recording.paths

    def begin(self) -> float:
        """Give the time at which the recording began to be played to the clients that are here."""
        if self._began is None:
            self._began = asyncio.get_running_loop().time()
        return self._began

    def choose(self, player: Player) -> Segment:
        """Give what a connection plays: where its client was cut it goes on, else the socket that fits best."""
        if not self.labelled:
            return next(iter(self._recording.tracks.values())).last
        path = player.connection.path
        tracks = [track for track in self._recording.tracks.values() if track.path == path and track.segments]
        away = [(one[0], one[1]) for one in self._away if one[2] == path]
        free = [(track, 0) for track in tracks if not any(track is one for one in self._taken)]
        choice = away + free or [(track, 0) for track in tracks]
        track, number = max(choice, key=lambda one: len(player.asked & one[0].segments[one[1]].asked))
        if number:
            self._away = [one for one in self._away if one[0] is not track]
        else:
            self._taken.append(track)
        self._served[player] = (track, number)
        return track.segments[number]

    def ended(self, player: Player, played: bool) -> None:
        """Take note that a client was played to the end of a connection, or left before."""
        track, number = self._served.pop(player, (Track(), 0))
        cut = played and number + 1 < len(track.segments)
        with self._condition:
            self._playing -= 1
            if cut:
                self._away.append((track, number + 1, player.connection.path, time.monotonic() + _RETURN))
            else:
                self._finished = self._finished or played
                self._taken = [one for one in self._taken if one is not track]
            if not self._playing and not self._away:
                self._began = None
            self._condition.notify_all()
        if cut or (played and not self._hold):
            code, words = (1001, "lost, as it was recorded") if cut else (1000, "end of recording")
            task = asyncio.get_running_loop().create_task(player.connection.close(code, words))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def answer(self, answer: Answer, patience: float) -> bool:
        """Give an answer to whoever asks for it, now or within so many seconds."""
        end = asyncio.get_running_loop().time() + patience
        while True:
            waiting = self._questions.get(answer.question)
            while waiting:
                question = waiting.popleft()
                if not question.done():
                    question.set_result(answer.result)
                    return True
            self._asked.clear()
            try:
                await asyncio.wait_for(self._asked.wait(), end - asyncio.get_running_loop().time())
            except asyncio.TimeoutError:
                return False

    # -- the server ------------------------------------------------------------------------------------------

    def _route(self, path: str) -> Host | None:
        return self._player if not self.labelled or path in self._recording.paths else None

    def _player(self, connection: Connection) -> Player:
        self._playing += 1
        return Player(connection, self)

    def _ask(self, path: str, query: Mapping[str, str]) -> str | Awaitable[str | None] | None:
        now = time.time()
        if path == "/v5/market/time":
            return _reply({"timeSecond": str(int(now)), "timeNano": str(int(now * 1e9))})
        if path.startswith("/v5/market/"):
            return self._hold_back(question_of(path, dict(query)))
        return time_answer(path, now)

    async def _hold_back(self, question: Question) -> str | None:
        """Answer when the recording has come to the answer; one that it does not have is a failure at once."""
        known = [
            answer.result
            for track in self._recording.tracks.values()
            for segment in track.segments
            for answer in segment.answers
            if answer.question == question
        ]
        if not known:
            return None
        waiting: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._questions.setdefault(question, deque()).append(waiting)
        self._asked.set()
        try:
            result = await asyncio.wait_for(waiting, _PATIENCE)
        except asyncio.TimeoutError:
            result = known[-1]
        return None if result is None else _reply(result)

    async def _main(self, stopping: asyncio.Event) -> None:
        self._asked = asyncio.Event()
        async with self._server.listening(self._host, self._port, None):
            self._port = self._server.port
            self._runner.ready()
            await stopping.wait()


def _missing(recorded: set[str | None]) -> dict[str, int]:
    """Give the status of each socket that was not recorded: where V5 was, the legacy ones are gone, as they were."""
    legacy = 404 if not recorded.isdisjoint(V5) else _ELSEWHERE
    statuses = {**dict.fromkeys(LEGACY, legacy), **dict.fromkeys(V5, _ELSEWHERE)}
    return {path: status for path, status in statuses.items() if path not in recorded}


def _reply(result: object) -> str:
    head = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}}
    return compact({**head, "time": int(time.time() * 1000)})
