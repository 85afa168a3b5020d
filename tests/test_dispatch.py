"""From a payload to a callback: the short way, the way through the lock, and when which one is taken."""

from __future__ import annotations

import json
import logging
import weakref
from collections import deque
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Events, Inbox

from bybit_ws import _dispatch
from bybit_ws._bulk import Batch
from bybit_ws._dialects import inverse, spot_private, spot_v1, spot_v2
from bybit_ws._dispatch import Dispatch
from bybit_ws._failures import KINDS
from bybit_ws._guarded import Guarded
from bybit_ws._heartbeat import Heartbeat
from bybit_ws._inquiry import SETTLE
from bybit_ws._lag import Lag, ServerClock
from bybit_ws._pace import REPEAT
from bybit_ws._reporter import Reporter
from bybit_ws._session import Session
from bybit_ws._streams import Stream
from bybit_ws._topics import BY_STREAM, PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME, Socket, Topic
from bybit_ws.events import BookOutOfSync, CallbackFailed, Event, Gap, Subscribed, UnknownMessage
from bybit_ws.exceptions import ConnectionLost

DIALECTS: dict[Socket, Any] = {PUBLIC_V1: spot_v1, PUBLIC_V2: spot_v2, PRIVATE: spot_private, REALTIME: inverse}
FRAMES = Path(__file__).parent / "frames"
DOCUMENTED = [row for path in sorted(FRAMES.glob("*.json")) for row in json.loads(path.read_text())]


class Clock:
    """Stands where ``time.monotonic`` stands, and goes on only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> Callable[[], None]:
        """Return what lets this time pass."""

        def pass_() -> None:
            self.now += seconds

        return pass_


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(_dispatch, "monotonic", clock)
    monkeypatch.setattr(_dispatch, "time", clock)
    return clock


class Owner:
    """Who asked for a stream; notes in ``story`` what became of it."""

    def __init__(self, story: list[Any] | None = None) -> None:
        self.story: list[Any] = [] if story is None else story

    def delivered(self, symbol: str) -> None:
        self.story.append(("delivered", symbol))

    def refused(self, symbol: str, reason: str) -> None:
        self.story.append(("refused", symbol))

    def released(self, symbol: str) -> None:
        self.story.append(("released", symbol))

    def ended(self, reason: object) -> None:
        self.story.append(("ended",))


class Wire:
    """Stands where a transport stands."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, text: str) -> None:
        self.sent.append(json.loads(text))


class Watched(Guarded):
    """Notes the messages that are taken in behind the lock."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.taken: list[Any] = []

    def take(self, message: Any, now: float) -> Stream | None:
        self.taken.append(message)
        return super().take(message, now)


class Looked(Session):
    """Counts how often it is looked for what is due."""

    looks = 0

    @property
    def due(self) -> float:
        self.looks += 1
        return super().due


class Bench:
    """A dispatch with all that is behind it, on a socket that is ready."""

    def __init__(self, socket: Socket) -> None:
        self.events = Events()
        self.reporter = Reporter(self.events)
        self.session = Looked(DIALECTS[socket])
        self.guarded = Watched(self.session, socket, self.reporter, None)
        self.wire = Wire()
        wire: Any = self.wire
        self.guarded.transport = wire
        self.heartbeat = Heartbeat(20, 10)
        self.heartbeat.opened(1000.0)
        self.lag = Lag(ServerClock(), DIALECTS[socket].stamp)
        self.lag.due = float("inf")
        self.slept = 0
        self.dispatch = Dispatch(
            self.session, self.guarded, socket, self.heartbeat, self.reporter, self.lag, self.sleep
        )
        self.guarded.change(Session.connecting)
        self.guarded.change(Session.ready)

    def sleep(self) -> None:
        self.slept += 1

    def want(
        self,
        stream: str | Topic,
        *symbols: str,
        callback: Callable[[Any], Any] | None = None,
        owner: Owner | None = None,
        value: Any = None,
        merge: bool = True,
    ) -> Any:
        """Subscribe; return the callback, an inbox where none is given."""
        topic = stream if isinstance(stream, Topic) else BY_STREAM[stream].topic(value)
        callback, owner = Inbox() if callback is None else callback, owner or Owner()
        streams = [Stream(topic, symbol, callback, owner, merge, True) for symbol in symbols or ("",)]
        self.guarded.change(lambda session: session.subscribe(streams))
        return callback

    def give_up(self, topic: str, symbol: str = "") -> None:
        owner = self.session.registry.streams[topic, symbol].owner
        self.guarded.change(lambda session: session.unsubscribe([(topic, symbol)], owner))

    def reconnect(self) -> None:
        for change in (Session.lost, Session.connecting, Session.ready):
            self.guarded.change(change)

    def run(self, *items: Any) -> None:
        """Let these come: messages and payloads; what can be called is called on the way."""
        self.dispatch.run(self._batches(items))

    def _batches(self, items: tuple[Any, ...]) -> Iterator[Batch]:
        for item in items:
            if callable(item):
                item()
            elif item is None:
                yield None
            elif isinstance(item, tuple):  # read together
                yield [json.dumps(message).encode() for message in item]
            else:
                payload = item if isinstance(item, (bytes, bytearray)) else json.dumps(item).encode()
                yield [payload] if payload else []

    @property
    def taken(self) -> list[Any]:
        """Take out what was taken in behind the lock."""
        taken = self.guarded.taken[:]
        self.guarded.taken.clear()
        return taken

    @property
    def addresses(self) -> dict[object, Stream]:
        return self.session.registry.addresses


@pytest.fixture
def v1() -> Bench:
    return Bench(PUBLIC_V1)


@pytest.fixture
def realtime() -> Bench:
    return Bench(REALTIME)


def trade(*ids: str, symbol: str = "BTCUSDT", f: Any = False) -> dict[str, Any]:
    """Return a push of spot V1 trades."""
    return push("trade", symbol, data=[{"v": one, "p": "20191.69"} for one in ids], f=f)


def push(topic: str, symbol: str = "BTCUSDT", **rest: Any) -> dict[str, Any]:
    """Return a push of spot V1."""
    return {"symbol": symbol, "symbolName": symbol, "topic": topic, "params": {}, "data": [], "f": False, **rest}


def tick(topic: str, number: int = 0) -> dict[str, Any]:
    """Return a push of inverse."""
    return {"topic": topic, "data": [{"number": number}]}


def warm(bench: Bench) -> Any:
    """Let a stream of V1 trades take the short way; return its inbox."""
    box = bench.want("trade_v1", "BTCUSDT")
    bench.run(trade("1", f=True), trade("2"), trade("3"))
    assert list(bench.addresses) == [("trade", "BTCUSDT")]
    assert bench.taken == [trade("1", f=True), trade("2")]
    assert box == [trade("1", f=True), trade("2"), trade("3")]
    box.clear()
    return box


def ids(box: Any) -> list[list[str]]:
    return [[one["v"] for one in message["data"]] for message in box]


# -- which way a message takes ------------------------------------------------------------------------------

LOCKED = {
    "kline_v1", "kline_v2", "merged_depth_v1",
    "diff_depth_v1", "orderbook_25", "orderbook_200", "instrument_info",
    "outbound_account_info", "execution_report", "stop_execution_report", "ticket_info",
}  # fmt: skip
"""Streams that have a parameter, are merged, or come in arrays."""


@pytest.mark.parametrize("sample", DOCUMENTED, ids=lambda sample: sample["stream"])
def test_each_stream_takes_its_way_from_the_third_message_on(sample: dict[str, Any]) -> None:
    row = BY_STREAM[sample["stream"]]
    bench = Bench(row.socket)
    box = bench.want(row.stream, sample["symbol"], value=sample.get("value"))
    message = {**sample["data"][0], "f": False} if row.replays else sample["data"][0]
    bench.run(*[message] * 6)
    assert len(box) == 6
    assert len(bench.taken) == (6 if row.stream in LOCKED else 2)
    assert bool(bench.addresses) is (row.stream not in LOCKED)


@pytest.mark.parametrize("stream", ["diff_depth_v1", "orderbook_25", "orderbook_200", "instrument_info"])
def test_what_is_not_to_be_merged_takes_the_short_way(stream: str) -> None:
    (sample,) = (one for one in DOCUMENTED if one["stream"] == stream)
    bench = Bench(BY_STREAM[stream].socket)
    box = bench.want(stream, sample["symbol"], merge=False)
    bench.run(*sample["data"] * 5)
    assert box == sample["data"] * 5
    assert len(bench.taken) == 2


def test_the_first_message_is_told_to_the_owner_after_its_callback(v1: Bench) -> None:
    story: list[Any] = []
    v1.want("trade_v1", "BTCUSDT", callback=lambda message: story.append("called"), owner=Owner(story))
    v1.run(*[trade("1")] * 4)
    assert story == ["called", ("delivered", "BTCUSDT"), "called", "called", "called"]


def test_what_was_delivered_is_counted_on_both_ways(v1: Bench, clock: Clock) -> None:
    v1.want("trade_v1", "BTCUSDT")
    for number in range(1, 5):
        v1.run(clock.wait(1), trade("1"), {"pong": 1})
        assert v1.session.registry.tally() == (number, 1000.0 + number)
    assert v1.heartbeat.heard == clock.now


# -- the short way is left when something is to be told ------------------------------------------------------


def test_a_new_owner_is_told_after_its_first_delivery_and_has_the_callback_at_once(v1: Bench) -> None:
    first, story = Owner(), []
    old = v1.want("trade_v1", "BTCUSDT", owner=first)

    def take_over() -> None:
        v1.want("trade_v1", "BTCUSDT", callback=lambda message: story.append(ids([message])), owner=Owner(story))

    v1.run(trade("1"), trade("2"), trade("3"), take_over, trade("4"), trade("5"), trade("6"), trade("7"))
    assert ids(old) == [["1"], ["2"], ["3"]]
    assert first.story == [("delivered", "BTCUSDT"), ("released", "BTCUSDT")]
    assert story == [[["4"]], ("delivered", "BTCUSDT"), [["5"]], [["6"]], [["7"]]]
    assert ids(v1.taken) == [["1"], ["2"], ["4"], ["5"]]


def test_an_owner_that_changes_its_callback_has_it_at_once(v1: Bench) -> None:
    owner, new = Owner(), Inbox()
    old = v1.want("trade_v1", "BTCUSDT", owner=owner)
    change = [trade("4"), trade("5"), lambda: v1.want("trade_v1", "BTCUSDT", callback=new, owner=owner)]
    v1.run(trade("1"), trade("2"), trade("3"), *change, trade("6"), trade("7"))
    assert ids(old) == [["1"], ["2"], ["3"], ["4"], ["5"]]
    assert ids(new) == [["6"], ["7"]]
    assert owner.story == [("delivered", "BTCUSDT")]


def test_a_callback_may_hand_its_stream_to_another_on_either_way(v1: Bench) -> None:
    heard: list[str] = []
    story: list[Any] = []

    def pass_on(message: Any) -> None:
        heard.append(message["data"][0]["v"])
        v1.want("trade_v1", "BTCUSDT", callback=lambda message: heard.append("new"), owner=Owner(story))

    v1.want("trade_v1", "BTCUSDT", callback=pass_on)
    v1.run(trade("1"), trade("2"))
    assert heard == ["1", "new"]
    assert story == [("delivered", "BTCUSDT")]


@pytest.mark.parametrize("before", [1, 2, 3, 4])
def test_what_is_given_up_is_not_delivered_though_it_has_come(v1: Bench, before: int) -> None:
    heard: list[Any] = []

    def give_up(message: Any) -> None:
        heard.append(message)
        if len(heard) == before:
            v1.give_up("trade", "BTCUSDT")

    v1.want("trade_v1", "BTCUSDT", callback=give_up)
    v1.run(*[trade("1")] * 8)
    assert len(heard) == before
    assert not v1.addresses
    assert not v1.events.of(UnknownMessage)


def test_what_is_given_up_between_two_messages_is_not_delivered(v1: Bench) -> None:
    box = warm(v1)
    v1.run(trade("4"), lambda: v1.give_up("trade", "BTCUSDT"), trade("5"), trade("6"))
    assert ids(box) == [["4"]]


def test_one_symbol_that_is_given_up_leaves_the_others_on_their_way(v1: Bench) -> None:
    box = v1.want("trade_v1", "BTCUSDT", "ETHUSDT")
    both = [trade("1"), trade("1", symbol="ETHUSDT")]
    v1.run(*both * 3, lambda: v1.give_up("trade", "BTCUSDT"), *both * 3)
    assert [message["symbol"] for message in box] == ["BTCUSDT", "ETHUSDT"] * 3 + ["ETHUSDT"] * 3
    assert len(v1.taken) == 4 + 3 + 1


def test_what_is_asked_for_anew_is_looked_at_and_confirmed_again(v1: Bench) -> None:
    box = warm(v1)
    confirmed = len(v1.events.of(Subscribed))
    v1.run(lambda: v1.guarded.change(lambda session: session.registry.renew(("trade", "BTCUSDT"))))
    v1.run(trade("4"), trade("5"))
    assert ids(box) == [["4"], ["5"]]
    assert ids(v1.taken) == [["4"]]
    assert len(v1.events.of(Subscribed)) == confirmed + 1


def test_another_subscription_sends_each_stream_through_the_lock_once(v1: Bench) -> None:
    box = warm(v1)
    v1.run(lambda: v1.want("depth_v1", "BTCUSDT"), trade("4"), trade("5"), trade("6"))
    assert ids(box) == [["4"], ["5"], ["6"]]
    assert ids(v1.taken) == [["4"]]


def test_a_lost_connection_takes_the_short_way_with_it(v1: Bench) -> None:
    warm(v1)
    v1.run(lambda: v1.guarded.change(Session.lost), trade("4"))
    assert ids(v1.taken) == [["4"]]


def inquire(bench: Bench) -> None:
    """Let something be refused of which it is to be found out what it was: nothing is asked for meanwhile."""
    bench.want("trade_v1", "ABC", "XYZ")
    bench.run({"code": "-100010", "desc": "Invalid Symbols!"}, trade("8"), trade("9"))
    assert bench.session.registry.inquiry.active
    assert bench.addresses
    bench.taken.clear()


def test_a_new_owner_is_told_also_while_nothing_can_be_asked_for(v1: Bench) -> None:
    old, owner = warm(v1), Owner()
    inquire(v1)
    new = v1.want("trade_v1", "BTCUSDT", owner=owner)
    v1.run(trade("10"))
    assert owner.story == [("delivered", "BTCUSDT")]
    assert ids(old) == [["8"], ["9"]]
    assert ids(new) == [["10"]]


def test_what_is_given_up_is_not_delivered_also_while_nothing_can_be_asked_for(v1: Bench) -> None:
    box = warm(v1)
    inquire(v1)
    v1.run(lambda: v1.give_up("trade", "BTCUSDT"), trade("10"), trade("11"))
    assert ids(box) == [["8"], ["9"]]


def refusal(*args: str) -> dict[str, Any]:
    return {"success": False, "ret_msg": "no", "request": {"op": "subscribe", "args": args}}


def test_what_is_refused_though_it_came_is_not_delivered_any_more(realtime: Bench) -> None:
    owner = Owner()
    box = realtime.want("trade", "BTCUSD", owner=owner)
    realtime.run(*[tick("trade.BTCUSD")] * 3, refusal("trade.BTCUSD"), tick("trade.BTCUSD"))
    assert len(box) == 3
    assert owner.story == [("delivered", "BTCUSD"), ("refused", "BTCUSD")]


def test_what_is_asked_for_alone_because_another_was_refused_is_confirmed_again(realtime: Bench) -> None:
    box = realtime.want("trade", "BTCUSD", "BAD")
    come = tick("trade.BTCUSD")
    realtime.run(*[come] * 3, refusal("trade.BTCUSD", "trade.BAD"), *[come] * 3, refusal("trade.BAD"))
    assert box == [come] * 6
    assert realtime.taken.count(come) == 3
    assert realtime.events.of(Subscribed) == [Subscribed("trade", ("BTCUSD",))] * 2


def test_a_replay_after_a_loss_brings_only_what_is_new(v1: Bench) -> None:
    box = warm(v1)
    v1.run(trade("4"), v1.reconnect, trade("3", "4", "5", f=True), trade("6"), trade("7"))
    assert ids(box) == [["4"], ["5"], ["6"], ["7"]]
    assert len(v1.taken) == 1
    assert v1.events.of(Gap) == [Gap("trade", "BTCUSDT", "4", "5", repaired=True, how="replay")]


def test_a_replay_that_is_not_marked_is_known_by_being_the_first(v1: Bench) -> None:
    box = warm(v1)
    again = trade("2", "3", "4")
    del again["f"]
    v1.run(v1.reconnect, again, trade("5"))
    assert ids(box) == [["4"], ["5"]]


@pytest.mark.parametrize("mark", [True, "true", "True"])
def test_a_replay_comes_through_the_lock_also_where_nothing_was_asked(v1: Bench, mark: Any) -> None:
    box = warm(v1)
    v1.run(trade("2", "3", "4", f=mark), trade("3", "4", f=mark), trade("5"))
    assert ids(box) == [["4"], ["5"]]
    assert len(v1.taken) == 2


def test_a_hole_after_the_short_way_is_told(v1: Bench) -> None:
    warm(v1)
    v1.run(trade("4"), trade("5"), v1.reconnect, trade("50", "51", f=True))
    assert v1.events.of(Gap) == [Gap("trade", "BTCUSDT", "5", "50")]


@pytest.mark.parametrize("wrong", [{"data": 5}, {"data": None}, {"data": [{"p": "1"}]}, {"data": [["5"]]}])
def test_trades_of_a_wrong_shape_are_delivered_and_reported(v1: Bench, wrong: dict[str, Any]) -> None:
    box = warm(v1)
    v1.run({**trade(), **wrong}, {**trade(), **wrong}, trade("4"))
    assert box == [{**trade(), **wrong}] * 2 + [trade("4")]
    assert [event.kind for event in v1.events.of(UnknownMessage)] == ["malformed trade"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"topic": "trade", "symbol": "BTCUSDT"}, "message"),
        ({"topic": "trade", "symbol": "BTCUSDT", "event": "what"}, "acknowledgement"),
        ({"topic": ["trade"], "symbol": "BTCUSDT", "data": [], "params": {}}, "topic ['trade']"),
        ({"topic": "trade", "symbol": ["BTCUSDT"], "data": [], "params": {}}, "malformed dict"),
        ({"topic": {}, "symbol": {}}, "message"),
        ({"data": []}, "malformed dict"),
        ({}, "message"),
        ("trade", "message"),
        (b"null", "malformed NoneType"),
        (7, "malformed int"),
        ([7], "malformed int"),
        ([[trade("1")]], "message"),
    ],
)
def test_what_has_no_shape_is_reported_and_the_stream_goes_on(v1: Bench, message: Any, kind: str) -> None:
    box = warm(v1)
    v1.run(message, trade("4"))
    assert ids(box) == [["4"]]
    assert [event.kind for event in v1.events.of(UnknownMessage)] == [kind]


def test_an_acknowledgement_with_topic_and_symbol_is_not_delivered(v1: Bench) -> None:
    box = warm(v1)
    ack = {"topic": "trade", "event": "sub", "symbol": "BTCUSDT", "params": {"binary": "false"}, "code": "0"}
    cancelled = {**ack, "event": "cancel"}
    v1.run(ack, trade("4"), cancelled, trade("5"))
    assert ids(box) == [["4"], ["5"]]
    assert not v1.events.of(UnknownMessage)


def test_an_acknowledgement_of_v2_is_not_delivered() -> None:
    bench = Bench(PUBLIC_V2)
    box = bench.want("trade_v2", "BTCUSDT")
    params = {"symbol": "BTCUSDT", "binary": "false"}
    message = {"topic": "trade", "params": params, "data": {"v": "1"}}
    bench.run(*[message] * 3, {"topic": "trade", "event": "sub", "params": params, "code": "0"}, message)
    assert box == [message] * 4
    assert len(bench.taken) == 3


@pytest.mark.parametrize(
    ("stream", "socket"), [("kline_v1", PUBLIC_V1), ("kline_v2", PUBLIC_V2)], ids=["spot v1", "spot v2"]
)
def test_candles_of_two_intervals_of_a_symbol_never_cross(stream: str, socket: Socket) -> None:
    bench = Bench(socket)
    boxes = {interval: bench.want(stream, "BTCUSDT", value=interval) for interval in ("1m", "5m")}
    messages = {
        interval: push("kline", params={"klineType": interval, "symbol": "BTCUSDT"}, data=[{"c": interval}])
        for interval in boxes
    }
    bench.run(*[messages["1m"], messages["5m"], messages["5m"]] * 5)
    assert boxes["1m"] == [messages["1m"]] * 5
    assert boxes["5m"] == [messages["5m"]] * 10


def test_all_symbols_and_one_of_them_each_have_their_own(realtime: Bench) -> None:
    every = realtime.want("trade", "*")
    both = [tick("trade.BTCUSD"), tick("trade.ETHUSD")]
    realtime.run(*both * 3)
    assert every == both * 3
    assert set(realtime.addresses) == {"trade.BTCUSD", "trade.ETHUSD"}
    one = realtime.want("trade", "BTCUSD")
    realtime.run(*both * 4)
    assert one == [both[0]] * 4
    assert every == both * 3 + [both[1]] * 4
    realtime.give_up("trade", "BTCUSD")
    realtime.run(*both * 4)
    assert one == [both[0]] * 4
    assert every == both * 3 + [both[1]] * 4 + both * 4
    assert {stream.symbol for stream in realtime.addresses.values()} == {"*"}


def test_an_unnamed_symbol_is_told_from_another_by_its_other_name(v1: Bench) -> None:
    boxes = {symbol: v1.want("depth_v1", symbol) for symbol in ("BTCUSDT", "ETHUSDT")}
    unnamed = [push("depth", symbolName=symbol) | {"symbol": None} for symbol in boxes]
    v1.run(*unnamed * 4)
    assert [len(box) for box in boxes.values()] == [4, 4]


def test_a_request_of_ones_own_with_a_parameter_never_crosses_the_plain_topic(v1: Bench) -> None:
    request = '{"topic":"depth","event":"sub","symbol":"BTCUSDT","params":{"binary":false,"dumpScale":1}}'
    plain = v1.want("depth_v1", "BTCUSDT")
    scaled = v1.want(Topic("depth_1", "depth", (), BY_STREAM["depth_v1"], request), "BTCUSDT")
    v1.run(*[push("depth"), push("depth", params={"dumpScale": "1"})] * 4)
    assert [message["params"] for message in plain] == [{}] * 4
    assert [message["params"] for message in scaled] == [{"dumpScale": "1"}] * 4


def test_while_a_stream_changes_hands_no_push_takes_the_short_way(
    v1: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    v1.want("diff_depth_v1", "BTCUSDT", merge=False)
    v1.run(*[push("diffDepth", f=first, data=[{"b": [], "a": []}]) for first in (True, False, False)])
    assert v1.addresses
    ways, forget = [], v1.session.registry.healing.forget

    def amid(key: Any) -> None:  # what the reader may do, as it does not wait for the lock
        ways.append(v1.session.direct(push("diffDepth", data=[{"b": [], "a": []}])))
        forget(key)

    monkeypatch.setattr(v1.session.registry.healing, "forget", amid)
    v1.want("diff_depth_v1", "BTCUSDT")
    assert ways == [None]


# -- both ways come to the same ------------------------------------------------------------------------------

KEYS = [("trade", "BTCUSDT"), ("trade", "ETHUSDT"), ("depth", "BTCUSDT"), ("depth", "ETHUSDT"), ("kline_1m", "BTCUSDT")]
SYMBOLS = st.sampled_from(["BTCUSDT", "ETHUSDT"])
MARKS = st.sampled_from([False] * 6 + [True, None, "true"])
WRONG = st.sampled_from([{"data": data} for data in (None, 7, [{}], {})])
PUSHES = st.one_of(
    st.builds(
        lambda symbol, first, size, f: trade(*map(str, range(first, first + size)), symbol=symbol, f=f),
        SYMBOLS, st.integers(0, 30), st.integers(0, 4), MARKS,
    ),
    st.builds(push, st.just("depth"), SYMBOLS),
    st.builds(lambda interval: push("kline", params={"klineType": interval}), st.sampled_from(["1m", "5m"])),
    st.builds(lambda symbol, wrong: {**trade(symbol=symbol), **wrong}, SYMBOLS, WRONG),
)  # fmt: skip
BURSTS = st.builds(lambda push, count: [push] * count, PUSHES, st.integers(1, 8))
REPLIES = st.builds(
    lambda topic, symbol, event, code: {"topic": topic, "symbol": symbol, "event": event, "code": code, "params": {}},
    st.sampled_from(["trade", "depth"]), SYMBOLS, st.sampled_from(["sub", "cancel"]), st.sampled_from(["0", "0", "-1"]),
)  # fmt: skip
REFUSAL = {"code": "-100010", "desc": "Invalid Symbols!"}
OTHERS = REPLIES | st.sampled_from([REFUSAL, {"pong": 1}, b"", b"nonsense", [trade("1")], {}])
DEEDS = st.one_of(
    st.tuples(st.just("want"), st.sampled_from(KEYS)),
    st.tuples(st.just("give up"), st.sampled_from(KEYS)),
    st.tuples(st.just("renew"), st.sampled_from(KEYS)),
    st.tuples(st.just("reconnect"), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 0.2, 1.0])),
)


class Play:
    """What happens on a bench, and all that becomes of it."""

    def __init__(self, direct: bool) -> None:
        self.bench = Bench(PUBLIC_V1)
        self.clock: Any = _dispatch.monotonic
        self.clock.now = 1000.0
        self.story: list[Any] = []
        self.wanted = 0
        if not direct:
            session: Any = self.bench.session
            session.direct = lambda message: None
        for key in KEYS[:3]:
            self.want(key)

    def want(self, key: tuple[str, str]) -> None:
        self.wanted += 1
        number, stream = self.wanted, key[0].partition("_")[0] + "_v1"

        def note(message: Any) -> None:
            self.story.append((number, message))

        self.bench.want(stream, key[1], value="1m", owner=Owner(self.story), callback=note)

    def deed(self, kind: str, what: Any) -> Callable[[], None]:
        registry = self.bench.session.registry

        def do() -> None:
            if kind == "want":
                self.want(what)
            elif kind == "reconnect":
                self.bench.reconnect()
            elif kind == "wait":
                self.clock.now += what
            elif what in registry.streams and kind == "renew":
                self.bench.guarded.change(lambda session: session.registry.renew(what))
            elif what in registry.streams:
                self.bench.give_up(*what)

        return do

    def run(self, script: list[Any]) -> tuple[Any, ...]:
        self.bench.run(*(self.deed(*one) if isinstance(one, tuple) else one for one in script))
        return self.story, self.bench.events, self.bench.wire.sent, self.bench.session.registry.tally()[0]


@settings(deadline=None, max_examples=60)
@given(st.lists(BURSTS | BURSTS | BURSTS | st.lists(OTHERS | DEEDS, max_size=1), min_size=10, max_size=60))
def test_whatever_happens_the_short_way_comes_to_the_same_as_the_other(bursts: list[list[Any]]) -> None:
    script = list(chain.from_iterable(bursts))
    assert Play(direct=True).run(script) == Play(direct=False).run(script)


# -- callbacks that raise, or end it --------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), KeyboardInterrupt()])
def test_a_callback_that_raises_is_reported_and_the_next_message_comes(
    v1: Bench, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []
    owner = Owner()

    def fail(message: Any) -> None:
        heard.append(message)
        raise error

    v1.want("trade_v1", "BTCUSDT", callback=fail, owner=owner)
    v1.run(*(trade(str(number)) for number in range(5)))
    assert ids(heard) == [["0"], ["1"], ["2"], ["3"], ["4"]]
    assert len(v1.taken) == 2
    assert owner.story == [("delivered", "BTCUSDT")]
    assert v1.events.of(CallbackFailed) == [CallbackFailed("trade", "BTCUSDT", error)] * 5
    assert {event.socket for event in v1.events.of(CallbackFailed)} == {"public_v1"}
    (failure,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert failure.getMessage() == "the callback of trade BTCUSDT raised; the stream goes on"
    assert failure.exc_info is not None
    assert failure.exc_info[1] is error


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, type[BaseException] | None]]:
    """Take out what was logged as an error, and the types of the tracebacks."""
    records = [one for one in caplog.records if one.levelno == logging.ERROR]
    caplog.clear()
    return [(one.getMessage(), one.exc_info[0] if one.exc_info else None) for one in records]


def test_a_callback_that_raises_each_time_is_logged_once_and_then_counted(
    v1: Bench, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    first = ("the callback of trade BTCUSDT raised; the stream goes on", ZeroDivisionError)

    def fail(message: Any) -> None:
        number = int(message["data"][0]["v"])
        assert number != 1000, "another place"
        1 // 0  # noqa: B018

    def trades(*numbers: int) -> list[Any]:
        return [trade(str(number)) for number in numbers]

    v1.want("trade_v1", "BTCUSDT", callback=fail)
    v1.run(*trades(*range(1, 117)), clock.wait(REPEAT - 1), *trades(117))
    assert told(caplog) == [first]
    v1.run(*trades(1000, 1001))
    assert told(caplog) == [("the callback of trade BTCUSDT raised; the stream goes on", AssertionError)]
    v1.run(clock.wait(1), b"")
    zero = "last ZeroDivisionError: integer division or modulo by zero"
    assert told(caplog) == [(f"the callback of trade BTCUSDT raised 117 more times, {zero}", None)]
    v1.run(*trades(1002), clock.wait(REPEAT), b"", clock.wait(REPEAT), b"")
    assert told(caplog) == [(f"the callback of trade BTCUSDT raised once more, {zero}", None)]
    v1.run(*trades(1003))
    v1.want("trade_v1", "BTCUSDT", callback=fail)
    v1.run(*trades(1004, 1005))
    once_more, again = told(caplog)
    assert (once_more[1], again) == (None, first)
    v1.dispatch.failures.tell()
    assert len(told(caplog)) == 1
    assert len(v1.events.of(CallbackFailed)) == 123


def test_errors_of_ever_new_kinds_are_not_logged_without_end(v1: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail(message: Any) -> None:
        raise type("Odd" + message["data"][0]["v"], (Exception,), {})

    v1.want("trade_v1", "BTCUSDT", callback=fail)
    v1.run(*(trade(str(number)) for number in range(1, 101)))
    assert len(told(caplog)) == KINDS
    v1.dispatch.failures.tell()
    ((line, _),) = told(caplog)
    assert line.startswith(f"the callback of trade BTCUSDT raised {100 - KINDS} more times, last ")
    assert line.endswith("Odd100")


@pytest.mark.parametrize("last", [1, 2, 3, 5])
def test_a_callback_that_ends_it_is_the_last_one_though_more_has_come(v1: Bench, last: int) -> None:
    heard: list[Any] = []

    def end(message: Any) -> None:
        heard.append(message)
        v1.dispatch.stopped = len(heard) == last

    v1.want("trade_v1", "BTCUSDT", callback=end)
    v1.run(*[trade("1")] * 9)
    assert len(heard) == last


def test_nothing_is_delivered_once_it_was_ended(v1: Bench) -> None:
    box = warm(v1)
    v1.dispatch.stopped = True
    v1.run(trade("4"), None, b"", b"nonsense")
    assert not box
    assert not v1.events.of(UnknownMessage)


def test_an_on_event_that_ends_it_is_heard_before_the_callback(v1: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(event: Event) -> None:
        v1.dispatch.stopped = True

    monkeypatch.setattr(v1.reporter, "_on_event", end)
    box = v1.want("trade_v1", "BTCUSDT")
    v1.run(trade("1"))
    assert not box


def test_an_on_event_that_gives_a_stream_up_is_heard_before_its_callback(
    v1: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(v1.reporter, "_on_event", lambda event: v1.give_up("trade", "BTCUSDT"))
    box = v1.want("trade_v1", "BTCUSDT")
    v1.run(trade("1"))
    assert not box


# -- arrays ---------------------------------------------------------------------------------------------------


def event(kind: str, number: int) -> dict[str, Any]:
    return {"e": kind, "E": number}


def test_the_events_of_an_array_come_one_by_one() -> None:
    bench = Bench(PRIVATE)
    box = bench.want("ticket_info")
    other = bench.want("execution_report")
    bench.run([event("ticketInfo", 1), event("executionReport", 2), event("ticketInfo", 3)], [], [event("x", 4)])
    assert box == [event("ticketInfo", 1), event("ticketInfo", 3)]
    assert other == [event("executionReport", 2)]
    assert bench.session.registry.tally()[0] == 3


def test_an_end_amid_an_array_leaves_the_rest_undelivered() -> None:
    bench, heard = Bench(PRIVATE), []

    def end(message: Any) -> None:
        heard.append(message["E"])
        bench.dispatch.stopped = message["E"] == 2

    bench.want("ticket_info", callback=end)
    bench.run([event("ticketInfo", number) for number in range(1, 6)], [event("ticketInfo", 6)])
    assert heard == [1, 2]


def test_a_callback_that_raises_amid_an_array_does_not_cost_the_rest() -> None:
    bench, heard = Bench(PRIVATE), []

    def fail(message: Any) -> None:
        heard.append(message["E"])
        raise SystemExit

    bench.want("ticket_info", callback=fail)
    bench.run([event("ticketInfo", number) for number in (1, 2, 3)])
    assert heard == [1, 2, 3]


def test_what_is_given_up_amid_an_array_is_not_delivered_from_there_on() -> None:
    bench, heard = Bench(PRIVATE), []

    def give_up(message: Any) -> None:
        heard.append(message["E"])
        bench.give_up("ticketInfo")

    bench.want("ticket_info", callback=give_up)
    bench.run([event("ticketInfo", number) for number in (1, 2, 3)])
    assert heard == [1]


# -- signs of life, silence, and what is no message ------------------------------------------------------------


def test_every_payload_but_silence_is_a_sign_of_life(v1: Bench, clock: Clock) -> None:
    warm(v1)
    for payload in (b"", bytearray(), b"nonsense", {"pong": 1}, trade("4")):
        v1.run(clock.wait(29), payload)
        assert v1.heartbeat.heard == clock.now
        v1.run(clock.wait(29), None)
        assert v1.heartbeat.heard == clock.now - 29


def test_a_silence_that_lasts_too_long_is_a_lost_connection(v1: Bench, clock: Clock) -> None:
    v1.run(clock.wait(30), None)
    with pytest.raises(ConnectionLost, match="the server said nothing for 31 s"):
        v1.run(clock.wait(1), None, b"")


def test_a_callback_that_takes_long_is_no_silence_where_something_came_meanwhile(v1: Bench, clock: Clock) -> None:
    box = warm(v1)
    v1.want("depth_v1", "BTCUSDT", callback=lambda message: clock.wait(100)())
    v1.run(push("depth"), trade("4"), None)
    assert ids(box) == [["4"]]


def test_what_payloads_raise_is_raised(v1: Bench) -> None:
    def lose() -> None:
        raise ConnectionLost("gone")

    box = warm(v1)
    with pytest.raises(ConnectionLost, match="gone"):
        v1.run(trade("4"), lose, trade("5"))
    assert ids(box) == [["4"]]


def test_what_is_no_json_is_reported_once(v1: Bench) -> None:
    box = warm(v1)
    nonsense = [b"nonsense", bytearray(b"{"), b"\xff\xfe", b"[" * 100_000, b"{}{}", b" "]
    v1.run(*nonsense, trade("4"), *nonsense)
    assert ids(box) == [["4"]]
    assert [(event.kind, event.sample) for event in v1.events.of(UnknownMessage)] == [("not JSON", "nonsense")]


# -- what is due -----------------------------------------------------------------------------------------------


def book(*bids: list[str], f: bool = False) -> dict[str, Any]:
    return push("diffDepth", data=[{"b": list(bids), "a": [["200", "1"]], "o": 0}], f=f)


def test_a_book_that_fell_out_of_step_is_asked_for_anew_before_the_next_message(v1: Bench) -> None:
    box = v1.want("diff_depth_v1", "BTCUSDT")
    (asked,) = v1.wire.sent
    sent: list[int] = []
    look = [lambda: sent.append(len(v1.wire.sent))]
    v1.run(book(["100", "1"], f=True), *look, book(["99", "0"]), *look, book(["100", "2"], f=True))
    assert sent == [1, 2]
    assert v1.wire.sent == [asked, asked]
    assert len(box) == 2
    assert len(v1.events.of(BookOutOfSync)) == 1


def test_what_is_due_is_done_also_while_all_messages_take_the_short_way(v1: Bench, clock: Clock) -> None:
    box = warm(v1)
    v1.want("trade_v1", "ABC", "XYZ")
    v1.run({"code": "-100010", "desc": "Invalid Symbols!"}, trade("4"))
    due, v1.wire.sent[:], v1.taken[:] = clock.now + SETTLE, [], []
    asked_at = None
    while asked_at is None and clock.now < due + 1:
        v1.run(clock.wait(0.005), trade("5"))
        asked_at = clock.now if v1.wire.sent else None
    assert asked_at is not None
    assert due <= asked_at <= due + 0.01
    assert [request["symbol"] for request in v1.wire.sent] == ["ABC"]
    assert len(box) > 200


def test_what_is_due_is_done_also_in_silence(v1: Bench, clock: Clock) -> None:
    v1.want("trade_v1", "ABC", "XYZ")
    v1.run({"code": "-100010", "desc": "Invalid Symbols!"})
    v1.wire.sent.clear()
    v1.run(clock.wait(SETTLE - 0.1), None, lambda: v1.wire.sent.append("now"), clock.wait(0.1), None)
    assert [request if request == "now" else request["symbol"] for request in v1.wire.sent] == ["now", "ABC"]


def test_what_is_due_is_done_also_while_only_nonsense_comes(v1: Bench, clock: Clock) -> None:
    v1.want("trade_v1", "ABC", "XYZ")
    v1.run({"code": "-100010", "desc": "Invalid Symbols!"})
    v1.wire.sent.clear()
    v1.run(*[item for _ in range(30) for item in (clock.wait(SETTLE / 20), b"nonsense")])
    assert [request["symbol"] for request in v1.wire.sent] == ["ABC"]


def test_it_is_looked_for_what_is_due_once_for_all_that_was_read_together(v1: Bench) -> None:
    box = warm(v1)
    v1.session.looks = 0
    v1.run(tuple(trade(str(number)) for number in range(100)))
    assert len(box) >= 100
    assert v1.session.looks == 1
    assert not v1.taken


def test_an_end_amid_messages_that_were_read_together_is_the_end(v1: Bench) -> None:
    box = Inbox()

    def ends(message: Any) -> None:
        box(message)
        v1.dispatch.stopped = len(box) == 5

    v1.want("depth_v1", "BTCUSDT", callback=ends)
    v1.run(tuple(push("depth") for _ in range(9)), push("depth"))
    assert len(box) == 5


# -- memory ----------------------------------------------------------------------------------------------------


class Message(dict[str, Any]):
    """A dict that can be referred to weakly."""


@pytest.mark.parametrize("merge", [True, False], ids=["through the lock", "the short way"])
def test_no_message_but_the_newest_is_kept(
    realtime: Bench, merge: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Message]] = []
    alive: list[int] = []

    def make(message: dict[str, Any]) -> Message:
        made.append(weakref.ref(new := Message(message)))
        return new

    def loads(payload: bytes) -> Any:
        alive.append(sum(one() is not None for one in made))
        return json.loads(payload, object_hook=make)

    monkeypatch.setattr(_dispatch, "loads", loads)
    monkeypatch.setattr(realtime.guarded, "taken", deque(maxlen=0))
    heard: list[None] = []
    realtime.want("instrument_info", "BTCUSD", callback=lambda message: heard.append(None), merge=merge)
    message = {"topic": "instrument_info.100ms.BTCUSD", "type": "snapshot", "data": {"price": 1}}
    realtime.run(*[message] * 6, [message], message, [message, message], message)
    assert len(heard) == 11
    assert len(made) > 20
    assert alive[0] == 0
    assert max(alive) <= 2  # a message is two dicts
