"""One socket at work, below the clients: its states, its two threads, its retries and its end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import KEYS, Events, Inbox, hasten, tcp_peer, upgrade, wait_until, ws_peer

from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws._connection import Connection
from bybit_ws._dialects import inverse
from bybit_ws._lifecycle import State
from bybit_ws._login import Login
from bybit_ws._reporter import Reporter
from bybit_ws._streams import Stream
from bybit_ws._topics import BY_STREAM, REALTIME
from bybit_ws.exceptions import AuthenticationError, ConnectionFailed, ConnectionLost, InvalidState
from bybit_ws.simulator import Exchange


class Owner:
    """Notes what became of a stream."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def delivered(self, symbol: str) -> None:
        self.told.append(("delivered", symbol))

    def refused(self, symbol: str, reason: str) -> None:
        self.told.append(("refused", symbol))

    def released(self, symbol: str) -> None:
        self.told.append(("released", symbol))

    def ended(self, reason: Any) -> None:
        self.told.append(("ended", type(reason)))


class Bench:
    """A connection and everything that it reports."""

    def __init__(self, url: str, **options: Any) -> None:
        self.events, self.pongs = Events(), Inbox()
        self.ended = threading.Event()
        settings = InverseWebSocket(endpoint={"realtime": url}, **options)._options
        login = Login(REALTIME, settings, required=True)
        reporter = Reporter(self.events)
        self.connection = Connection(
            REALTIME, inverse, settings, login, reporter, self.ended.set, lambda: self.pongs("pong"), print
        )

    def stream(self, callback: Any, symbol: str = "BTCUSD", owner: Any = None) -> Stream:
        return Stream(BY_STREAM["trade"].topic(), symbol, callback, owner or Owner(), True, True)

    def stop(self) -> None:
        self.connection.stop()
        self.connection.join(time.monotonic() + 5)


@pytest.fixture
def bench() -> Iterator[Any]:
    made: list[Bench] = []

    def make(url: str, **options: Any) -> Bench:
        made.append(Bench(url, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Exchange(seed=1, speed=20) as exchange:
        yield exchange.url + "/realtime"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def test_from_new_to_ready_to_closed(bench: Any, url: str) -> None:
    one = bench(url)
    connection = one.connection
    assert connection.state is State.NEW
    connection.start()
    connection.wait_ready()
    assert connection.state is State.READY
    assert not connection.mine
    assert connection.vitals.health()["state"] == "ready"
    one.stop()
    assert connection.state is State.CLOSED
    assert connection.failure is None
    assert one.ended.is_set()
    assert [type(event) for event in one.events] == [events.Connected, events.Disconnected]


def test_the_first_message_is_told_to_the_owner_after_its_callback(bench: Any, url: str) -> None:
    one, owner = bench(url), Owner()
    one.connection.start()
    one.connection.wait_ready()
    told: list[Any] = []
    one.connection.subscribe([one.stream(lambda message: told.append(list(owner.told)), owner=owner)])
    assert wait_until(lambda: len(told) > 2)
    assert told[0] == []
    assert owner.told == [("delivered", "BTCUSD")]
    one.stop()
    assert owner.told[-1] == ("ended", type(None))


def test_what_is_wanted_before_it_is_ready_is_asked_for_then(bench: Any, url: str) -> None:
    one, box = bench(url), Inbox()
    one.connection.subscribe([one.stream(box)])
    assert one.connection.wanted() == [("trade", "BTCUSD")]
    one.connection.start()
    box.wait()


def test_subscribing_after_the_end_raises(bench: Any, url: str) -> None:
    one = bench(url)
    one.connection.start()
    one.connection.wait_ready()
    one.stop()
    with pytest.raises(InvalidState):
        one.connection.subscribe([one.stream(print)])
    one.connection.unsubscribe([("trade", "BTCUSD")], object())


def test_stopping_before_it_is_ready_is_told_to_who_waits(bench: Any) -> None:
    asked = threading.Event()

    def silent(connection: Any) -> None:
        connection.recv(4096)
        asked.set()

    with tcp_peer(silent) as url:
        one = bench(url, open_timeout=30)
        one.connection.start()
        stopper = threading.Thread(target=lambda: asked.wait(5) and one.connection.stop())
        stopper.start()
        with pytest.raises(InvalidState, match="closed while it connected"):
            one.connection.wait_ready()
        stopper.join(5)
        one.stop()


def test_stopping_at_any_moment_of_a_storm_of_connections_ends(bench: Any, quick: None) -> None:
    with tcp_peer(upgrade, hold=False) as url:
        for number in range(30):
            one = bench(url)
            one.connection.start()
            pause = threading.Event()
            pause.wait(number * 0.001)
            began = time.monotonic()
            one.stop()
            assert time.monotonic() - began < 3
            assert one.connection.state is State.CLOSED


@pytest.mark.parametrize("retries", [1, 3])
def test_a_first_connection_is_tried_as_often_as_asked(bench: Any, quick: None, retries: int) -> None:
    calls = Inbox()
    with tcp_peer(calls, hold=False) as url:
        one = bench(url, retries=retries)
        one.connection.start()
        with pytest.raises(ConnectionFailed):
            one.connection.wait_ready()
    assert len(calls) == retries
    assert one.connection.state is State.CLOSED
    assert not one.events, "a connection that never was is not lost"


def test_refused_keys_at_the_first_connection_are_final(bench: Any, quick: None) -> None:
    with Exchange(seed=1, credentials={}) as exchange:
        one = bench(exchange.url + "/realtime", **KEYS)
        one.connection.start()
        with pytest.raises(AuthenticationError):
            one.connection.wait_ready()
        assert exchange.connections_made == 1
    assert [type(event) for event in one.events] == [events.AuthenticationRefused]


def test_a_loss_that_is_not_to_be_repaired_is_the_end(bench: Any) -> None:
    with tcp_peer(upgrade, hold=False) as url:
        one = bench(url, restart_on_error=False)
        one.connection.start()
        one.connection.wait_ready()
        assert one.ended.wait(5)
        assert isinstance(one.connection.failure, ConnectionLost)
        with pytest.raises(ConnectionLost):
            one.connection.subscribe([one.stream(print)])


def test_own_pings_are_told_from_the_timers(bench: Any, url: str) -> None:
    one = bench(url, ping_interval=0.02)
    one.connection.start()
    one.connection.wait_ready()
    for _ in range(3):
        one.connection.ping(own=True)
    one.pongs.wait(3)
    assert wait_until(lambda: one.connection.vitals.health()["ping_round_trip"] is not None)
    assert len(one.pongs) == 3


def test_pinging_while_it_is_down_does_nothing(bench: Any, url: str) -> None:
    bench(url).connection.ping(own=True)


def test_a_tick_drives_what_is_due_also_while_nothing_comes(quick: None) -> None:
    """A refusal that names nobody is settled by asking one by one, on a wire that is otherwise silent."""
    asked: list[Any] = []

    def peer(connection: Any) -> None:
        for text in connection:
            request = json.loads(text)
            if request.get("event") == "sub":
                asked.append(request["symbol"])
                if "BAD" in request["symbol"]:
                    connection.send('{"code":"-100010","desc":"Invalid Symbols!"}')

    seen = Events()
    with ws_peer(peer) as url, SpotWebSocket(endpoint=url, on_event=seen) as client:
        client.trade_v1_stream(print, ["GOOD", "BAD"])
        rejected = seen.first(events.Rejected, timeout=15)
        assert rejected.symbols == ("BAD",)
        assert client.subscriptions == [("trade", "GOOD")]
    assert asked[0] == "GOOD,BAD"
    assert "BAD" in asked[1:]


def test_an_on_event_that_subscribes_before_the_socket_is_ready_does_not_wait_for_itself(quick: None) -> None:
    box = Inbox()

    def on_event(event: Any) -> None:
        if isinstance(event, events.AuthenticationRefused):
            client.trade_stream(box, "ETHUSD")

    with Exchange(seed=1, speed=20) as exchange:
        client = InverseWebSocket(endpoint=exchange.url, on_event=on_event, **KEYS)
        with client:
            client.trade_stream(lambda message: None, "BTCUSD").wait(5)
            exchange.refuse_auth(1)
            exchange.drop()
            box.wait(2)


def test_a_refusal_whose_on_event_subscribes_still_raises() -> None:
    def on_event(event: Any) -> None:
        if isinstance(event, events.AuthenticationRefused):
            client.trade_stream(print, "ETHUSD")

    with Exchange(seed=1, credentials={}) as exchange:
        client = InverseWebSocket(endpoint=exchange.url, on_event=on_event, **KEYS)
        with client, pytest.raises(AuthenticationError):
            client.trade_stream(print, "BTCUSD")


def test_a_bug_of_ours_never_leaves_a_caller_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, failure: object) -> float:
        raise OverflowError("too long")

    monkeypatch.setattr("bybit_ws._retry.Retry.delay", broken)
    with SpotWebSocket(endpoint="ws://127.0.0.1:9") as client, pytest.raises(ConnectionLost, match="internal error"):
        client.depth_v1_stream(print, "BTCUSDT")
