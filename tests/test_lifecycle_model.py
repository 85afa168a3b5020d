"""The life of a connection: every state and move, any history beside a model, and threads at their worst."""

from __future__ import annotations

import contextlib
import json
import random
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from fuzzing import frames, places, removed, replaced
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support import Events, hasten, library_threads, wait_until
from test_session import OFFERS, Conversation, Owner, Talk, asked_in, each_dialect

from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws._dialects import Dialect, inverse, spot_private, spot_v1, spot_v2
from bybit_ws._inquiry import PATIENCE, SETTLE
from bybit_ws._lifecycle import TABLE, IllegalMove, Move, State, after
from bybit_ws._session import Session
from bybit_ws._topics import ALL, BY_STREAM, Key
from bybit_ws.events import Rejected, Subscribed
from bybit_ws.exceptions import InvalidState
from bybit_ws.simulator import Exchange

# -- every state and every move --------------------------------------------------------------------------

MOVES: dict[Move, Callable[[Session], object]] = {
    Move.CONNECT: Session.connecting,
    Move.CHALLENGE: lambda session: session.challenge("key", 1, "signature"),
    Move.READY: Session.ready,
    Move.LOSE: Session.lost,
    Move.CLOSE: Session.close,
}
"""How a session is told of each."""


def reached() -> dict[State, tuple[Move, ...]]:
    """Return every state that can be reached from the first one, with a shortest way there."""
    ways: dict[State, tuple[Move, ...]] = {State.NEW: ()}
    ahead = deque([State.NEW])
    while ahead:
        state = ahead.popleft()
        for move in Move:
            then = TABLE.get((state, move))
            if then is not None and then not in ways:
                ways[then] = (*ways[state], move)
                ahead.append(then)
    return ways


def test_every_state_is_reached_and_all_but_the_last_can_be_left() -> None:
    assert set(reached()) == set(State)
    leads_to = {state: {then for (start, _), then in TABLE.items() if start is state} - {state} for state in State}
    assert {state for state, others in leads_to.items() if not others} == {State.CLOSED}
    # Whatever there is can be lost, and whatever has happened, it can still become ready.
    for state in (State.CONNECTING, State.AUTHENTICATING, State.READY):
        assert after(state, Move.LOSE) is State.WAITING
    for state in set(State) - {State.CLOSED}:
        assert reaches(state, State.READY)


def reaches(start: State, goal: State) -> bool:
    known, ahead = {start}, [start]
    while ahead:
        state = ahead.pop()
        found = {TABLE[state, move] for move in Move if (state, move) in TABLE} - known
        known |= found
        ahead += found
    return goal in known


def everything_of(session: Session) -> tuple[Any, ...]:
    """Return all that a move could change and a caller could see."""
    streams = {key: (stream.owner, stream.fresh) for key, stream in session.registry.streams.items()}
    return session.state, session.outbox[:], session.events[:], session.auth_reply, streams, session.due


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_a_session_makes_each_move_of_the_table_and_no_other(state: State, move: Move) -> None:
    talk = Talk(inverse, ready=False)
    talk.want("orderbook_25", "A")
    for step in reached()[state]:
        MOVES[step](talk.session)
    assert talk.session.state is state
    before = everything_of(talk.session)
    if (state, move) in TABLE:
        MOVES[move](talk.session)
        assert talk.session.state is after(state, move)
    elif (state, move) == (State.AUTHENTICATING, Move.CHALLENGE):  # once more, with a clock put right
        MOVES[move](talk.session)
        assert talk.session.state is state
    else:
        with pytest.raises(IllegalMove, match=f"cannot {move.value} when {state.value}"):
            MOVES[move](talk.session)
        assert everything_of(talk.session) == before


# -- every history beside a model ------------------------------------------------------------------------

PLAIN = (True, True)
"""Merged, and the caller's own."""

FLAGS = [PLAIN, PLAIN, (True, False), (False, True)]
MOVES_TO_TRY = [Move.CHALLENGE, Move.LOSE, *6 * [Move.CONNECT, Move.READY], Move.CLOSE]
ODD = [None, True, -1, 1e308, "", "x", [], {}, [[]], {"data": 1}]
UNIVERSE = ("A", "B", "C", "Z")


class Dice:
    """Chooses as hypothesis will have it."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def one(self, choices: Any) -> Any:
        return self._data.draw(st.sampled_from(choices))

    def some(self, choices: Any, least: int = 0) -> list[Any]:
        return self._data.draw(st.lists(st.sampled_from(choices), min_size=least, max_size=3, unique=True))


class Random(Dice):
    """Chooses by a seed: without hypothesis histories can be a hundred times as long."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def one(self, choices: Any) -> Any:
        return self._random.choice(choices)

    def some(self, choices: Any, least: int = 0) -> list[Any]:
        return self._random.sample(choices, self._random.randint(least, min(3, len(choices))))


DICE = st.builds(Dice, st.data())


def alive(life: Life) -> bool:
    return life.state is not State.CLOSED


def ready(life: Life) -> bool:
    return life.state is State.READY


def connected(life: Life) -> bool:
    return life.state in (State.AUTHENTICATING, State.READY)


def wanting(life: Life) -> bool:
    return bool(life.wanted)


def answered(life: Life) -> bool:
    return bool(life.asked) and life.dialect in (inverse, spot_v2)


def nameless(life: Life) -> bool:
    return connected(life) and life.dialect in (spot_v1, spot_v2)


def settled(life: Life) -> bool:
    return ready(life) and wanting(life)


class Life(RuleBasedStateMachine):
    """Anything may happen to a session at any time; the model knows the table, and what is wanted by whom.

    Two kinds of exchange are kept in step: one that remembers what was asked for word by word (``asked``), and one
    that resolves all symbols into each one, so that to cancel one is to cancel a part of the other (``served``).
    """

    dialect: Any
    message, reply = Conversation.message, Conversation.reply
    kind, forget = Conversation.kind, Conversation.forget

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk(self.dialect, ready=False)
        self.session = self.talk.session
        self.state = State.NEW
        self.offers = OFFERS[self.dialect]
        self.wanted: dict[Key, Owner] = {}
        self.merged: dict[Key, tuple[bool, bool]] = {}
        self.asked: set[Key] = set()
        self.served: set[Key] = set()
        self.synced: set[tuple[Key, str]] = set()
        self.clock = 0
        self.tape: dict[str, list[str]] = {}

    # What becomes of the connection, also what cannot.

    @initialize(dice=DICE)
    def begin(self, dice: Dice) -> None:
        """Most begin with a connection and with something wanted, of a stream or two that they are about."""
        self.offers = dice.some(self.offers, least=1)[:2]
        for stream, value, offered in self.offers:
            self.want(stream, value, dice.some(offered), PLAIN)
        for move in dice.one([(Move.CONNECT, Move.READY), (Move.CONNECT, Move.READY), ()]):
            self.make(move)

    @rule(dice=DICE)
    def move(self, dice: Dice) -> None:
        self.make(dice.one(MOVES_TO_TRY))

    def make(self, move: Move) -> None:
        if move is Move.CHALLENGE and self.dialect in (spot_v1, spot_v2):
            return
        legal = (self.state, move) in TABLE or (self.state, move) == (State.AUTHENTICATING, Move.CHALLENGE)
        if not legal:
            before = everything_of(self.session)
            with pytest.raises(IllegalMove):
                MOVES[move](self.session)
            assert everything_of(self.session) == before
            return
        if move is Move.LOSE and self.state is State.READY:
            self.session.outbox.append("what could not be sent")
        told = MOVES[move](self.session)
        self.state = TABLE.get((self.state, move), self.state)
        if move is Move.CHALLENGE:
            assert json.loads(self.session.outbox.pop())["op"] == "auth"
            assert self.session.auth_reply is None
        elif move is Move.READY:
            self.read()
            assert self.dialect is spot_private or self.asked == set(self.wanted)
        elif move in (Move.LOSE, Move.CLOSE):
            self.asked.clear(), self.served.clear(), self.synced.clear()
            assert self.session.outbox == []
        if move is Move.CLOSE:
            assert told == set(self.wanted.values())

    @precondition(ready)
    @rule(dice=DICE)
    def reconnect(self, dice: Dice) -> None:
        for move in dice.one([1, 1, 2]) * [Move.LOSE, Move.CONNECT, Move.READY]:
            self.make(move)

    # What the user does.

    @precondition(alive)
    @rule(dice=DICE)
    def subscribe(self, dice: Dice) -> None:
        stream, value, offered = dice.one(self.offers)
        self.want(stream, value, dice.some(offered, least=1), dice.one(FLAGS))

    def want(self, stream: str, value: Any, symbols: list[str], flags: tuple[bool, bool]) -> None:
        owner, name = Owner(), BY_STREAM[stream].topic(value).name
        if symbols:
            self.talk.want(stream, *symbols, value=value, owner=owner, merge=flags[0], copy=flags[1])
        for key in ((name, symbol) for symbol in symbols):
            former = self.wanted.get(key)
            if former is None or self.kind(stream, flags) != self.kind(stream, self.merged[key]):
                self.forget(key)
            assert former is None or ("released", key[1]) in former.told
            self.wanted[key], self.merged[key] = owner, flags
        self.read()

    @precondition(wanting)
    @rule(dice=DICE)
    def unsubscribe(self, dice: Dice) -> None:
        key, stranger = dice.one(sorted(self.wanted)), dice.one([False, False, True])
        owner = Owner() if stranger else self.wanted[key]
        self.session.unsubscribe([key, ("none", "such")], owner)
        if not stranger:
            del self.wanted[key]
            self.forget(key)
        self.read()

    @rule(dice=DICE)
    def time_passes(self, dice: Dice) -> None:
        self.talk.wait(dice.one([0.0, SETTLE, PATIENCE, 40.0]))
        self.read()

    # What the exchange says.

    @precondition(connected)
    @rule(dice=DICE)
    def push(self, dice: Dice) -> None:
        stream, value, offered = dice.one(self.offers)
        named = [one for one in offered if one != ALL]
        symbol = dice.one([*named, *named, "Z"] if offered[0] else named)
        self.say(stream, value, symbol, dice.one([False, False, True]))

    def say(self, stream: str, value: Any, symbol: str, whole: bool) -> None:
        """Push a snapshot or a delta; it goes to the one who wants it, unless the book is not known."""
        name = BY_STREAM[stream].topic(value).name
        receivers = [one for one in ((name, symbol), (name, ALL)) if one in self.wanted][:1]
        merged = bool(receivers) and bool(BY_STREAM[stream].merge) and self.merged[receivers[0]][0]
        shown = not merged or whole or (receivers[0], symbol) in self.synced
        log = self.session.registry.streams[receivers[0]].log if receivers else None
        resumed = log is not None and log.resumed and not whole
        delivered = [key for key, _ in self.talk.hear(self.message(stream, value, symbol, whole))]
        # Trades that may be left over from a subscription that was given up have to wait for the replay for a while.
        assert delivered == (receivers if shown else []) or (resumed and not delivered)
        if merged and whole:
            self.synced.add((receivers[0], symbol))
        self.read()

    @precondition(answered)
    @rule(dice=DICE)
    def acknowledge(self, dice: Dice) -> None:
        key = dice.one(sorted(self.asked))
        assert self.talk.hear(self.reply([key], "")) == []
        self.read()

    @precondition(answered)
    @rule(dice=DICE)
    def refuse(self, dice: Dice) -> None:
        key = dice.one(sorted(self.asked))
        owner = self.wanted.get(key)
        assert self.talk.hear(self.reply([key], "error:unknown topic")) == []
        assert self.read() == ([key] if owner else [])
        assert owner is None or owner.told[-1][0] == "refused"

    @precondition(nameless)
    @rule(dice=DICE)
    def refuse_something(self, dice: Dice) -> None:
        asked = set(self.asked)
        self.talk.hear({"code": "-100010", "desc": "Invalid Symbols!"})
        refused = self.read()
        assert len(refused) <= 1
        assert asked.issuperset(refused)

    @precondition(connected)
    @rule(dice=DICE)
    def garbage(self, dice: Dice) -> None:
        """Say what has no meaning, is no answer, and is of symbols that nobody asked for by name."""
        message = dice.one([one for one in frames(self.dialect) if unanswering(one)])
        part = dice.one(places(message))
        spoiled = removed(message, part) if dice.one([True, False]) else replaced(message, part, dice.one(ODD))
        delivered = self.talk.hear(json.dumps(spoiled))
        assert {key for key, _ in delivered} <= set(self.wanted)
        self.session.outbox[:] = [text for text in self.session.outbox if "pong" not in json.loads(text)]
        self.read()

    # What holds in the end, and always.

    @property
    def nothing_is_due(self) -> bool:
        """Whether nothing is open but the next look at the streams' rhythm, which never ends."""
        registry = self.session.registry
        return min(registry.inquiry.due, registry.healing.due) == float("inf")

    @precondition(settled)
    @rule(dice=DICE)
    def all_is_confirmed(self, dice: Dice) -> None:
        """A while of an exchange in order: what is asked for is what is wanted, and nothing is left to do."""
        for _ in range(60):
            for stream, value, offered in self.offers:
                for symbol in (*UNIVERSE, "BTCUSD") if offered[0] else ("",):
                    self.say(stream, value, symbol, True)
                self.acknowledge_all(BY_STREAM[stream].topic(value).name)
            if self.nothing_is_due:
                break
            self.talk.wait(40.0)
            self.read()
        assert self.nothing_is_due
        if self.dialect is not spot_private:
            assert self.asked == set(self.wanted)
            assert self.served == {one for key in self.wanted for one in resolved(key)}

    def acknowledge_all(self, name: str) -> None:
        for key in sorted(key for key in self.asked if key[0] == name):
            if self.dialect in (inverse, spot_v2):
                self.talk.hear(self.reply([key], ""))
        self.read()

    @invariant()
    def the_state_is_that_of_the_table(self) -> None:
        assert self.session.state is self.state

    @invariant()
    def nothing_is_to_be_sent(self) -> None:
        assert self.session.outbox == []

    @invariant()
    def exactly_what_is_wanted_is_wanted(self) -> None:
        assert {key: stream.owner for key, stream in self.session.registry.streams.items()} == self.wanted

    def read(self) -> list[Key]:
        """Do what the exchange does with what is sent; return what was refused."""
        assert self.session.outbox == [] or self.state is State.READY
        for text in self.session.outbox:
            asks, keys = asked_in(self.dialect, text)
            for key in keys:
                assert key in self.wanted or not asks
                (self.asked.add if asks else self.asked.discard)(key)
                (self.served.update if asks else self.served.difference_update)(resolved(key))
        self.session.outbox.clear()
        told = self.talk.told
        confirmed, refused = (
            [(event.topic, "".join(event.symbols)) for event in told if isinstance(event, kind)]
            for kind in (Subscribed, Rejected)
        )
        assert set(confirmed) <= set(self.wanted)
        for key in refused:
            del self.wanted[key]
            self.asked.discard(key), self.served.difference_update(resolved(key))
            self.served.update(*map(resolved, self.asked))  # to refuse all symbols takes none of them along
            self.forget(key)
        return refused


def resolved(key: Key) -> set[Key]:
    return {(key[0], symbol) for symbol in UNIVERSE} if key[1] == ALL else {key}


def unanswering(value: Any) -> bool:
    """Return whether this is no answer to a request."""
    return not isinstance(value, dict) or not {"code", "event", "success", "ret_msg", "request"} & set(value)


@each_dialect
def test_any_life_of_a_session_is_that_of_the_model(dialect: Dialect) -> None:
    machine = type("Machine", (Life,), {"dialect": dialect})
    options: dict[str, Any] = {"max_examples": 9, "derandomize": True, "database": None}
    run_state_machine_as_test(machine, settings=settings(deadline=None, stateful_step_count=30, **options))


DEEDS: list[tuple[Callable[[Life], bool], Callable[[Life, Dice], None]]] = [
    (alive, Life.move),
    (ready, Life.reconnect),
    (alive, Life.subscribe),
    (wanting, Life.unsubscribe),
    (alive, Life.time_passes),
    *3 * [(connected, Life.push)],
    (answered, Life.acknowledge),
    (answered, Life.refuse),
    (nameless, Life.refuse_something),
    (connected, Life.garbage),
    (settled, Life.all_is_confirmed),
]


@pytest.mark.parametrize("seeds", [range(25), pytest.param(range(25, 80), marks=pytest.mark.thorough)], ids=str)
@each_dialect
def test_any_long_life_of_a_session_is_that_of_the_model(dialect: Dialect, seeds: range) -> None:
    machine = type("Machine", (Life,), {"dialect": dialect})
    for seed in seeds:
        life, dice = machine(), Random(seed)
        life.begin(dice)
        for step in range(150):
            if life.state is State.CLOSED and dice.one([False, False, True]):
                break
            deed = dice.one([deed for possible, deed in DEEDS if possible(life)] or [Life.move])
            try:
                deed(life, dice)
                life.the_state_is_that_of_the_table()
                life.nothing_is_to_be_sent()
                life.exactly_what_is_wanted_is_wanted()
            except AssertionError as error:
                raise AssertionError(f"{deed.__name__}, step {step} of seed {seed}: {error}") from error


# -- threads that take turns at every instruction --------------------------------------------------------

SECONDS = 1.5


@contextlib.contextmanager
def taking_turns() -> Iterator[None]:
    """Let Python switch between threads as often as it can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def stacks() -> str:
    """Return where every thread is."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"{names.get(ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()
    )


class Counter(dict[str, int]):
    """Counts the messages that each name was given."""

    def at(self, name: str) -> Callable[[Any], None]:
        def count(message: Any) -> None:
            self[name] = self.get(name, 0) + 1

        return count


class Crowd:
    """Threads that do something again and again until they are told to end; what they raise is kept."""

    def __init__(self) -> None:
        self.raised: list[BaseException] = []
        self._end = threading.Event()
        self._threads: list[threading.Thread] = []

    def does(self, deed: Callable[[], object], pause: float = 0.0) -> None:
        def work() -> None:
            try:
                while not self._end.wait(pause):
                    deed()
            except BaseException as error:
                self.raised.append(error)

        self._threads.append(threading.Thread(target=work, name=f"one of a crowd {len(self._threads)}"))

    def run(self, seconds: float) -> None:
        for thread in self._threads:
            thread.start()
        self._end.wait(seconds)
        self._end.set()
        deadline = time.monotonic() + 30
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        assert not any(thread.is_alive() for thread in self._threads), f"a deadlock:\n{stacks()}"
        assert self.raised == []


def subscribed(exchange: Exchange, dialect: Any, path: str) -> set[Key]:
    """Return what the newest connection on a path has asked for and not cancelled."""
    sent = [text for text in exchange.received if text.path == path]
    keys: set[Key] = set()
    for text in sent:
        said = json.loads(text)
        if text.connection == sent[-1].connection and "ping" not in said and said.get("op") != "ping":
            asks, named = asked_in(dialect, text)
            (keys.update if asks else keys.difference_update)(named)
    return keys


def wanted_once(keys: list[Key]) -> None:
    assert len(keys) == len(set(keys))


class Kind:
    """A client, two of its streams that many threads share, and where to look for them at the exchange."""

    def __init__(self, client: Any, methods: tuple[str, str], symbols: tuple[str, ...], sockets: list[tuple[Any, str]]):
        self.client, self.methods, self.symbols, self.sockets = client, methods, symbols, sockets


KINDS = {
    "spot": Kind(
        SpotWebSocket,
        ("trade_v1_stream", "depth_v2_stream"),
        ("BTCUSDT", "ETHUSDT", "LTCUSDT", "XRPUSDT"),
        [(spot_v1, "/spot/quote/ws/v1"), (spot_v2, "/spot/quote/ws/v2")],
    ),
    "inverse": Kind(
        InverseWebSocket,
        ("orderbook_25_stream", "trade_stream"),
        ("BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD"),
        [(inverse, "/realtime")],
    ),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_threads_at_every_switch_leave_what_is_wanted_subscribed(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)
    seen, came, crowd = Events(), Counter(), Crowd()
    with contextlib.ExitStack() as stack:
        exchange = stack.enter_context(Exchange(seed=1, speed=10))
        stack.enter_context(taking_turns())
        client = stack.enter_context(kind.client(endpoint=exchange.url, on_event=seen, ping_interval=0.05))
        first, second, third, fourth = kind.symbols
        streams = [getattr(client, method) for method in kind.methods]
        held = [stream(came.at("first"), first) for stream in streams]
        for number, stream in enumerate(streams):
            crowd.does(lambda stream=stream: stream(came.at("taken over"), first), 0.001)
            crowd.does(lambda stream=stream: stream(came.at("more"), [second, third]), 0.07)
            crowd.does(lambda stream=stream: stream(came.at("gone"), [third, fourth]).unsubscribe(fourth), 0.08)
            crowd.does(held[number].unsubscribe, 0.05)  # it was taken over: nothing goes
        crowd.does(lambda: [client.health(), client.is_connected(), repr(client)])
        crowd.does(lambda: wanted_once(client.subscriptions), 0.001)
        crowd.does(exchange.drop, SECONDS / 4)
        crowd.run(SECONDS)
        last = [stream(came.at("last"), [first, second, third]) for stream in streams]

        def agreed() -> bool:
            at_exchange = [key for dialect, path in kind.sockets for key in subscribed(exchange, dialect, path)]
            return client.is_connected() and sorted(at_exchange) == sorted(client.subscriptions)

        assert wait_until(agreed, 30), f"{client.subscriptions} are wanted\n{stacks()}"
        assert {key[1] for key in client.subscriptions} == {first, second, third}
        assert all(subscription.wait(30) for subscription in last), stacks()
        closer = threading.Thread(target=client.close, name="the one that closes")
        closer.start()
        closer.join(15)
        assert not closer.is_alive(), f"close() does not return:\n{stacks()}"
        count = came["last"]
        assert not [thread for thread in library_threads() if "simulator" not in thread.name]
        assert came["last"] == count > 0
    assert len(seen.of(events.Reconnected)) >= 1
    assert not seen.of(events.CallbackFailed) + seen.of(events.Rejected)
    with pytest.raises(InvalidState):
        streams[0](came.at("too late"), kind.symbols[0])
