"""What a chaos run does, step by step: drawn from a seed alone, whatever comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Callable, NamedTuple

from chaos_streams import ALL, KINDS, PATHS, PRIVATE, REALTIME, V1, V2, Kind

MOST = 90
"""Stream calls that one client may have open; beyond that it gives some up."""

GARBAGE = (
    *("", " ", "{", "{}", "[]", "null", "true", "17", '"text"', "[[[]]]", "[1,null,{}]", "\u0000", "{broken", "NaN"),
    *('{"topic":"chaos","data":[]}', '{"topic":"chaos","symbol":"BTCUSDT","params":{},"data":[{}],"f":true}'),
    *('{"topic":17,"data":[]}', '{"topic":null}', '{"topic":"trade"}', '{"data":[]}', '{"success":true}'),
    *('{"success":null,"request":7}', '{"auth":"what"}', '{"pong":"x"}', '{"e":"chaos"}', '[{"e":"chaos"}]'),
    *('{"event":"sub"}', '{"event":"cancel","code":"0"}', "[" * 2000 + "]" * 2000),
    '{"params":' * 300 + "0" + "}" * 300,
    *(b"\x00\x01\x02", b"", b"\x1f\x8b\x08\x00broken", b"\xff\xfe{}"),
)
"""Messages that mean nothing, as texts and as binary frames."""

V5_GARBAGE = (
    *('{"op":"pong"}', '{"op":"auth","success":false,"ret_msg":"chaos"}', '{"success":true,"ret_msg":"pong"}'),
    *('{"success":true,"ret_msg":"","req_id":"1","op":"subscribe"}', '{"op":"subscribe","success":false}'),
    '{"success":false,"ret_msg":"error:handler not found,topic:chaos","req_id":"999999999","op":"subscribe"}',
    '{"success":false,"ret_msg":"Batch subscription partially succeeded:[chaos]","req_id":"999999998"}',
    '{"chaos":1,"topic":"chaos.BTCUSDT","type":"snapshot","ts":1,"data":{}}',
    '{"chaos":1,"topic":["publicTrade.BTCUSDT"],"data":[]}',
    *('{"chaos":1,"topic":"publicTrade.BTCUSDT","data":[{}]}', '{"chaos":1,"topic":"publicTrade.BTCUSD","data":7}'),
    *('{"chaos":1,"topic":"orderbook.200.BTCUSDT"}', '{"chaos":1,"topic":"orderbook.50.BTCUSD","data":null}'),
    *('{"chaos":1,"topic":"tickers.BTCUSDT","data":{}}', '{"chaos":1,"topic":"tickers.BTCUSD","data":{}}'),
    *('{"chaos":1,"topic":"kline.1.BTCUSDT","data":[{}]}', '{"chaos":1,"topic":"insurance.inverse","data":[{}]}'),
    *('{"chaos":1,"topic":"order.spot","data":[{}]}', '{"chaos":1,"topic":"wallet","data":[{"coin":[{}]}]}'),
    '{"chaos":1,"topic":"position.inverse","id":7,"creationTime":1,"data":[{}]}',
)
"""Messages that mean nothing in V5: replies to nothing, unknown topics, pushes of the wrong shape."""

V5_OWN = {kind.stream for kind in KINDS if len(kind.v5) == 1 and "{1}" in kind.v5[0]}
"""The streams of which V5's own messages may be wanted: those that show which symbol they are of."""

QUEUES = ("block", "drop_oldest", "latest")

CLOSE_CODES = (1000, 1001, 1011, 1012, 1013, 4000)


class Action(NamedTuple):
    """One step.

    Attributes:
        step: Its number.
        delay: Seconds to wait before it.
        what: The name of the method of ``Chaos`` that does it.
        args: What that is called with.
        by: Who does it: ``"main"``, ``"thread"``, or the number of the stream call in whose callback it is done.
    """

    step: int
    delay: float
    what: str
    args: tuple[Any, ...] = ()
    by: str | int = "main"

    def __str__(self) -> str:
        place = "" if self.by == "main" else f" [in {'a callback of #' if self.by != 'thread' else ''}{self.by}]"
        shown = ", ".join(repr(arg)[:90] for arg in self.args)
        return f"{self.what}({shown}){place}"


class Asked(NamedTuple):
    """A stream call that was planned."""

    client: int
    kind: Kind
    value: Any
    symbols: tuple[str, ...]


class Planner:
    """Draws the steps.

    Args:
        seed: The same seed gives the same steps.
        clients: The kinds of the clients, ``"spot"`` or ``"inverse"``.
        pace: Steps a second, on average.
        every: Steps between two checks.
        api: ``"legacy"``, ``"v5"``, or ``"auto"``: then the documented endpoints are retired by and by.
    """

    def __init__(
        self,
        seed: int,
        clients: tuple[str, ...],
        pace: float = 40.0,
        every: int = 100,
        api: str = "legacy",
    ) -> None:
        self._random = Random(f"chaos {seed}")
        self._clients = clients
        self._pace, self._every = pace, every
        self._asked: dict[int, Asked] = {}
        self._numbers = 0
        self._paused = self._step = 0
        self._api, self._v5 = api, api == "v5"
        self._weights = self._menu() if api == "legacy" else {**self._menu(), **self._today()}

    def __iter__(self) -> Iterator[Action]:
        step = 0
        for client in range(len(self._clients)):
            for _ in range(25):
                step += 1
                yield self._action(step, "subscribe", *self._subscribe(client))
        while True:
            self._step = step = step + 1
            if step % self._every == 0:
                self._paused = 0
                yield Action(step, 0.0, "check")
                continue
            if self._paused and step > self._paused:
                self._paused = 0
                yield self._action(step, "fault", "resume")
                continue
            (draw,) = self._random.choices(list(self._weights), list(self._weights.values()))
            drawn = draw()
            if drawn is not None:
                yield self._action(step, *drawn)

    def _action(self, step: int, what: str, *args: Any) -> Action:
        delay = self._random.expovariate(self._pace)
        by: str | int = "main"
        if what == "close":
            *args, by = args  # type: ignore[assignment]
        elif what in ("subscribe", "unsubscribe", "look"):
            draw = self._random.random()
            if draw < 0.25:
                by = "thread"
            elif draw < 0.35 and what == "unsubscribe":
                by = args[0]
            elif draw < 0.5:
                others = [number for number in self._asked if what == "look" or number != args[0]]
                by = self._random.choice(others) if others else by
        return Action(step, delay, what, tuple(args), by)

    def _menu(self) -> dict[Callable[[], Any], float]:
        return {
            self._ask: 30,
            self._take_over: 12,
            self._give_up: 22,
            self._give_up_some: 10,
            self._misbehave: 12,
            self._look: 6,
            self._close: 1.5,
            self._pause: 2,
            self._drop: 8,
            self._close_with: 4,
            self._garbage: 12,
            self._corrupt: 6,
            self._silence: 1.2,
            self._refuse_connections: 2,
            self._refuse_auth: 2,
            self._restart: 0.7,
            self._reset: 4,
            self._send_raw: 2,
            self._lose: 2,
            self._stall: 1,
            self._refuse_topics: 1.5,
            self._hang: 0.3,
            self._mute: 0.3,
        }

    def _today(self) -> dict[Callable[[], Any], float]:
        """Return what can only happen where V5 is spoken, or may be."""
        retires = {self._retire: 1.0} if self._api == "auto" else {}
        return {self._refuse_rest: 1, self._slow_rest: 2, self._number_anew: 2, self._nonsense: 8, **retires}

    # -- what users do -----------------------------------------------------------------------------------

    def _ask(self) -> Any:
        client = self._random.randrange(len(self._clients))
        if sum(asked.client == client for asked in self._asked.values()) >= MOST:
            return self._give_up()
        return "subscribe", *self._subscribe(client)

    def _subscribe(self, client: int) -> tuple[Any, ...]:
        ours = (REALTIME,) if self._clients[client] == "inverse" else (V1, V2, PRIVATE)
        path = self._random.choices(ours, [1] if len(ours) == 1 else [6, 5, 1])[0]
        kinds = [kind for kind in KINDS if kind.path == path]
        kind = self._random.choices(kinds, [kind.weight for kind in kinds])[0]
        return self._call(client, kind, self._random.choice(kind.values), self._symbols(kind))

    def _symbols(self, kind: Kind) -> tuple[str, ...]:
        if kind.wildcard and self._random.random() < 0.25:
            return (ALL,)
        return tuple(self._random.sample(kind.symbols, self._random.randint(1, len(kind.symbols))))

    def _call(self, client: int, kind: Kind, value: Any, symbols: tuple[str, ...]) -> tuple[Any, ...]:
        self._numbers += 1
        self._asked[self._numbers] = Asked(client, kind, value, symbols)
        options: dict[str, Any] = {}
        if kind.merged and self._random.random() < 0.15:
            options["merge"] = False
        if kind.merged and kind.depth and self._random.random() < 0.2:
            options["copy"] = False
        if self._random.random() < 0.15:
            options["queue"] = self._random.choice(QUEUES), self._random.choice((1, 5, 1000))
        if self._api != "legacy" and kind.stream in V5_OWN and self._random.random() < 0.06:
            options["raw"] = True
        return self._numbers, client, kind.stream, value, symbols, options

    def _take_over(self) -> Any:
        if not self._asked:
            return None
        asked = self._asked[self._random.choice(list(self._asked))]
        symbols = asked.symbols if self._random.random() < 0.5 else self._symbols(asked.kind)
        return "subscribe", *self._call(asked.client, asked.kind, asked.value, symbols)

    def _give_up(self) -> Any:
        if not self._asked:
            return None
        number = self._random.choice(list(self._asked))
        del self._asked[number]
        return "unsubscribe", number, ()

    def _give_up_some(self) -> Any:
        several = [number for number, asked in self._asked.items() if len(asked.symbols) > 1]
        if not several:
            return None
        number = self._random.choice(several)
        symbols = self._asked[number].symbols
        return "unsubscribe", number, tuple(self._random.sample(symbols, self._random.randint(1, len(symbols) - 1)))

    def _misbehave(self) -> Any:
        if not self._asked:
            return None
        how = self._random.choice(("slow", "raise", "spoil"))
        merged = [number for number, asked in self._asked.items() if asked.kind.merged and how == "spoil"]
        return "misbehave", self._random.choice(merged or list(self._asked)), how, self._random.randint(1, 10)

    def _look(self) -> Any:
        return "look", self._random.randrange(len(self._clients))

    def _close(self) -> Any:
        client = self._random.randrange(len(self._clients))
        hosts = [number for number, asked in self._asked.items() if asked.client == client]
        by = self._random.choice(("main", "thread", *(self._random.sample(hosts, 1) if hosts else ())))
        self._asked = {number: asked for number, asked in self._asked.items() if asked.client != client}
        return "close", client, by

    def _pause(self) -> Any:
        step = self._step
        if self._paused:
            return None
        self._paused = step + self._random.randint(1, 5)
        return "fault", "pause"

    # -- what the exchange does --------------------------------------------------------------------------

    def _path(self) -> str | None:
        return self._random.choice((*PATHS, None))

    def _drop(self) -> Any:
        return "fault", "drop", self._path()

    def _close_with(self) -> Any:
        return "fault", "close_with", self._random.choice(CLOSE_CODES), "chaos", self._path()

    def _garbage(self) -> Any:
        return "fault", "send", self._random.choice(GARBAGE), self._path()

    def _corrupt(self) -> Any:
        """A change of a book that cannot be applied: the book must be withheld and come back."""
        kinds = [kind for kind in KINDS if kind.merged and kind.depth]
        kind, random = self._random.choice(kinds), self._random
        symbol = random.choice(kind.symbols)
        if self._v5:
            return self._skip(kind, symbol)
        if kind.path == V1:
            record = {"t": 0, "v": "0_18", "b": [], "a": [["0.00001", random.choice(("0", "NaN", "x"))]], "o": 0}
            head = {"chaos": 1, "topic": "diffDepth", "symbol": symbol, "symbolName": symbol, "params": {}}
            return "fault", "send", json.dumps({**head, "data": [record], "f": False}), V1
        row = {"price": "0.00001", "symbol": symbol, "side": random.choice(("Buy", "Sell", "?")), "size": 1}
        changes: dict[str, Any] = {"delete": [], "update": [], "insert": []}
        changes[random.choice(("delete", "update"))] = [row]
        message = {"chaos": 1, "topic": f"{kind.topic}.{symbol}", "type": "delta", "data": changes}
        return "fault", "send", json.dumps({**message, "cross_seq": 0}), REALTIME

    def _silence(self) -> Any:
        return "fault", "go_silent", self._path()

    def _refuse_connections(self) -> Any:
        times, status = self._random.choice((1, 2, 3, 25)), self._random.choice((500, 502, 503))
        return "refuse_connections", times, status, self._path()

    def _refuse_auth(self) -> Any:
        return "refuse_auth", self._random.randint(1, 3), self._random.choice((PRIVATE, REALTIME))

    def _restart(self) -> Any:
        return "restart", self._random.uniform(0.0, 0.3)

    def _reset(self) -> Any:
        return "fault", "reset", self._path()

    def _send_raw(self) -> Any:
        return "fault", "send_raw", self._random.randbytes(self._random.randint(1, 40)), self._path()

    def _lose(self) -> Any:
        return "fault", "lose", self._random.randint(1, 20), self._random.choice(PATHS)

    def _stall(self) -> Any:
        kind = self._random.choice([kind for kind in KINDS if kind.symbols != ("",) and kind.stream != "insurance"])
        value = self._random.choice(kind.values)
        return "stall", kind.stream, value, self._random.choice(kind.symbols)

    def _refuse_topics(self) -> Any:
        kind = self._random.choice([kind for kind in KINDS if kind.symbols != ("",)])
        return "refuse_topics", kind.stream, self._random.choice(kind.values)

    def _hang(self) -> Any:
        return "fault", "hang_upgrades", 1

    def _mute(self) -> Any:
        return "fault", "mute_connections", 1

    # -- what only today's exchange does -----------------------------------------------------------------

    def _retire(self) -> Any:
        if self._v5:
            return None
        self._v5 = True
        return "retire", self._random.choice((404, 410))

    def _refuse_rest(self) -> Any:
        return "refuse_rest", self._random.choice((1, 2, 5, None)), self._random.choice((403, 429, 500))

    def _slow_rest(self) -> Any:
        return "slow_rest", self._random.choice((0.0, 0.0, 0.1, 0.5, 3.0))

    def _number_anew(self) -> Any:
        return "fault", "restart_books"

    def _nonsense(self) -> Any:
        return "fault", "send", self._random.choice(V5_GARBAGE), self._path()

    def _skip(self, kind: Kind, symbol: str) -> Any:
        """An update of a book that is not the next one."""
        (topic,) = kind.v5_topics(None, (symbol,))
        levels = [["0.00001", self._random.choice(("0", "1", "NaN", "x"))]]
        data = {"s": symbol, "b": [], "a": levels, "u": self._random.choice((7, 10**9)), "seq": 7}
        message = {"chaos": 1, "topic": topic, "type": "delta", "ts": 7, "data": data, "cts": 7}
        return "fault", "send", json.dumps(message), kind.path


