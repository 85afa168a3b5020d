"""Callbacks behind a queue: on a thread of their own, with a bound, by the policy the user names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from support import Events, Inbox, library_threads, wait_until

from bybit_ws import InverseWebSocket, Queue, QueueFull, SpotWebSocket, events
from bybit_ws.exceptions import ConfigurationError
from bybit_ws.simulator import Exchange

POLICIES = ["block", "drop_oldest", "latest", "raise"]


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=8, speed=20) as exchange:
        yield exchange


class Gate(Inbox):
    """A callback that lets no message through before it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.entered = threading.Event()

    def __call__(self, message: Any) -> None:
        self.entered.set()
        self.open.wait(20)
        self.append(message)


def client_threads() -> list[threading.Thread]:
    return [thread for thread in library_threads() if thread.name != "bybit_ws simulator"]


def queue_threads() -> list[threading.Thread]:
    return [thread for thread in client_threads() if thread.name.endswith(" queue")]


def clients(exchange: Exchange, **options: Any) -> Iterator[tuple[Any, Callable[..., Any], str]]:
    """Yield a client of each kind, a stream of books of it, and a symbol."""
    with SpotWebSocket(endpoint=exchange.url, **options) as spot:
        yield spot, spot.diff_depth_v1_stream, "BTCUSDT"
    with InverseWebSocket(endpoint=exchange.url, **options) as inverse:
        yield inverse, inverse.orderbook_25_stream, "BTCUSD"


@pytest.mark.parametrize("policy", POLICIES)
def test_callbacks_run_in_order_on_a_thread_of_their_own(exchange: Exchange, policy: str) -> None:
    for client, stream, symbol in clients(exchange, queue=policy):
        box = Inbox()
        assert stream(lambda message, box=box: box((threading.current_thread().name, message)), symbol).wait(10)
        names = {name for name, _ in box.wait(5, 20)}
        assert len(names) == 1
        assert names.pop().endswith(" queue")
        numbers = [message.get("cross_seq") or message["data"][0]["t"] for _, message in list(box)]
        assert numbers == sorted(numbers)
        assert len(queue_threads()) == 1
        client.close()
        assert not queue_threads()


def test_streams_of_one_socket_share_the_clients_queue_and_one_with_its_own_does_not(exchange: Exchange) -> None:
    with SpotWebSocket(endpoint=exchange.url, queue="block") as client:
        slow, quick, direct = Gate(), Inbox(), Inbox()
        own = client.trade_v1_stream(slow, "BTCUSDT", queue=Queue("drop_oldest", 5))
        client.depth_v1_stream(quick, "BTCUSDT")
        client.realtimes_v1_stream(direct, "ETHUSDT")
        assert len(queue_threads()) == 2
        assert slow.entered.wait(10)
        quick.wait(3, 20)
        direct.wait(1, 20)
        assert not slow
        own.unsubscribe()
        assert wait_until(lambda: len(queue_threads()) == 2)
        slow.open.set()
        assert wait_until(lambda: len(queue_threads()) == 1), "its thread ends with its last stream"


def test_a_blocked_queue_pushes_back_and_loses_nothing(exchange: Exchange) -> None:
    seen, gate = Events(), Gate()
    with SpotWebSocket(
        endpoint=exchange.url, on_event=seen, queue=Queue("block", 3), ping_interval=0.2, ping_timeout=0.3
    ) as client:
        client.trade_v1_stream(gate, "BTCUSDT")
        slow = seen.first(events.SlowConsumer, timeout=20)
        assert (slow.policy, slow.dropped) == ("block", 0)
        assert client.health()["public_v1"]["queued"] == 3
        pings = len([text for text in exchange.received if "ping" in text])
        assert exchange.wait_for(lambda: len([text for text in exchange.received if "ping" in text]) > pings + 4)
        assert not seen.of(events.Disconnected), "a callback that is stuck is no dead socket"
        gate.open.set()
        gate.wait(20, 20)
        exchange.pause()
        truth = exchange.truth.trades("BTCUSDT")
        assert wait_until(lambda: gate[-1]["data"][-1]["v"] == truth[-1]["v"], 20)
        ids = [trade["v"] for message in gate for trade in message["data"]]
        everything = [trade["v"] for trade in truth]
        assert ids == everything[everything.index(ids[0]) :]
        assert client.health()["public_v1"]["dropped"] == 0
        assert [one.policy for one in seen.of(events.SlowConsumer)].count("block") == 1


def test_the_oldest_go_and_books_stay_right(exchange: Exchange) -> None:
    for policy in ("drop_oldest", "latest"):
        seen = Events()
        for client, stream, symbol in clients(exchange, queue=Queue(policy, 4), on_event=seen):
            gate = Gate()
            stream(gate, symbol)
            socket = next(iter(name for name, one in client.health().items() if one["state"] == "ready"))
            assert wait_until(lambda one=client, name=socket: one.health()[name]["dropped"] > 20, 20)
            if policy == "drop_oldest":
                assert seen.first(events.SlowConsumer).policy == policy
                assert client.health()[socket]["queued"] == 4
            else:
                assert client.health()[socket]["queued"] == 1, "of a book only the newest waits"
            exchange.pause()
            gate.open.set()

            def right(gate: Gate = gate, symbol: str = symbol) -> bool:
                truth = exchange.truth.book(symbol, 25 if symbol == "BTCUSD" else 200)
                data = gate[-1]["data"] if gate else None
                return data == truth if symbol == "BTCUSD" else bool(data) and {k: data[0][k] for k in "ba"} == truth

            assert wait_until(right, 20)
            assert client.health()[socket]["queued"] == 0
            exchange.resume()


def test_trades_are_never_conflated(exchange: Exchange) -> None:
    gate = Gate()
    with InverseWebSocket(endpoint=exchange.url, queue="latest") as client:
        client.trade_stream(gate, "*")
        assert wait_until(lambda: client.health()["realtime"]["queued"] > 20, 20)
        assert client.health()["realtime"]["dropped"] == 0
        gate.open.set()
        gate.wait(20, 20)


def test_symbols_of_all_are_conflated_each_for_itself(exchange: Exchange) -> None:
    gate = Gate()
    with InverseWebSocket(endpoint=exchange.url, queue="latest") as client:
        client.instrument_info_stream(gate, "*")
        assert wait_until(lambda: client.health()["realtime"]["dropped"] > 30, 20)
        symbols = client.health()["realtime"]["queued"]
        gate.open.set()
        gate.wait(1 + symbols, 20)
        topics = [message["topic"] for message in list(gate)[1:]]
        assert len(set(topics[:symbols])) == symbols
        assert set(topics) == set(topics[:symbols])


def test_raise_ends_the_socket_with_a_typed_error(exchange: Exchange) -> None:
    seen, gate = Events(), Gate()
    with InverseWebSocket(endpoint=exchange.url, queue=Queue("raise", 3), on_event=seen) as client:
        client.trade_stream(gate, "BTCUSD")
        seen.first(events.Disconnected, timeout=20)
        assert "3 messages waited for the callbacks" in seen.of(events.Disconnected)[0].reason
        with pytest.raises(QueueFull, match="make the callbacks faster"):
            client.join(10)
        with pytest.raises(QueueFull):
            client.trade_stream(gate, "ETHUSD")
        gate.open.set()
        gate.wait(4, 10)
        assert wait_until(lambda: not client_threads()), "what waited is delivered, then the thread ends"
        assert len(gate) == 4
        assert not client.is_connected()


@pytest.mark.parametrize("policy", POLICIES)
def test_a_callback_behind_a_queue_may_do_anything(exchange: Exchange, policy: str) -> None:
    seen, box, done = Events(), Inbox(), threading.Event()
    client = SpotWebSocket(endpoint=exchange.url, queue=policy, on_event=seen)

    def adventurous(message: Any) -> None:
        if not box:
            box(message)
            client.depth_v1_stream(box, "ETHUSDT")
            client.health()
            raise ValueError("boom")
        subscription.unsubscribe()
        client.close()
        done.set()

    subscription = client.trade_v1_stream(adventurous, "BTCUSDT")
    assert done.wait(20)
    failed = seen.first(events.CallbackFailed)
    assert (failed.topic, failed.symbol, str(failed.error)) == ("trade", "BTCUSDT", "boom")
    assert wait_until(lambda: not client_threads(), 20)


def test_what_is_given_up_is_not_called_also_for_what_waits(exchange: Exchange) -> None:
    gate = Gate()
    with SpotWebSocket(endpoint=exchange.url, queue="drop_oldest") as client:
        subscription = client.trade_v1_stream(gate, "BTCUSDT")
        assert wait_until(lambda: client.health()["public_v1"]["queued"] > 5, 20)
        subscription.unsubscribe()
        other = Inbox()
        client.trade_v1_stream(other, "ETHUSDT")
        gate.open.set()
        other.wait(2, 20)
        assert len(gate) == 1, "the one that was being delivered"


def test_what_waits_goes_with_its_last_stream(exchange: Exchange) -> None:
    gate = Gate()
    with SpotWebSocket(endpoint=exchange.url) as client:
        subscription = client.trade_v1_stream(gate, "BTCUSDT", queue="raise")
        client.trade_v1_stream(print, "LTCUSDT").unsubscribe()
        assert wait_until(lambda: client.health()["public_v1"]["queued"] > 5, 20)
        subscription.unsubscribe()
        assert client.health()["public_v1"]["queued"] == 0
        gate.open.set()


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(3)], ids=repr)
def test_a_callback_that_moves_behind_a_queue_and_raises_harms_nothing(
    exchange: Exchange, error: BaseException
) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:

        def restless(message: Any) -> None:
            client.trade_v1_stream(box, "BTCUSDT", queue="block")
            raise error

        client.trade_v1_stream(restless, "BTCUSDT")
        box.wait(3, 20)
        assert [failed.error for failed in seen.of(events.CallbackFailed)] == [error]
        assert not seen.of(events.Disconnected)


def test_a_newer_callback_takes_over_and_the_older_hears_no_more(exchange: Exchange) -> None:
    gate, newer = Gate(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, queue="block") as client:
        older = client.trade_v1_stream(gate, "BTCUSDT")
        assert gate.entered.wait(10)
        subscription = client.trade_v1_stream(newer, "BTCUSDT")
        assert older.symbols == ()
        assert not subscription.wait(0.1)
        gate.open.set()
        assert subscription.wait(10)
        newer.wait(3, 20)
        assert len(gate) == 1
        client.trade_v1_stream(newer, "BTCUSDT", queue="latest").wait(10)


def test_close_ends_a_queue_whose_callback_is_stuck_no_later_than_any_other(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bybit_ws._sockets.CLOSE_WAIT", 0.3)
    gate = Gate()
    client = SpotWebSocket(endpoint=exchange.url, queue=Queue("block", 2))
    client.trade_v1_stream(gate, "BTCUSDT")
    assert wait_until(lambda: client.health()["public_v1"]["queued"] == 2, 20)
    client.close()
    gate.open.set()
    assert wait_until(lambda: not client_threads(), 20)
    assert len(gate) == 1


def test_wait_in_a_queued_callback_of_the_same_socket_raises(exchange: Exchange) -> None:
    raised = Inbox()
    with SpotWebSocket(endpoint=exchange.url, queue="block") as client:

        def impatient(message: Any) -> None:
            try:
                client.trade_v1_stream(print, "ETHUSDT").wait()
            except Exception as error:
                raised(error)

        client.trade_v1_stream(impatient, "BTCUSDT")
        assert "would wait for itself" in str(raised.wait(1, 20)[0])


@pytest.mark.parametrize("queue", ["drop", 5, ("block",)])
def test_a_wrong_queue_raises_before_any_io(queue: Any) -> None:
    with pytest.raises(ConfigurationError, match="queue"):
        SpotWebSocket(queue=queue)
    with InverseWebSocket(endpoint="ws://127.0.0.1:1") as client, pytest.raises(ConfigurationError):
        client.trade_stream(print, queue=queue)


@pytest.mark.parametrize("queue", [None, "block"])
def test_lag_is_measured_to_the_end_of_the_callback(queue: Any) -> None:
    with Exchange(seed=8) as exchange, SpotWebSocket(
        endpoint=exchange.url, queue=queue, ping_interval=0.1
    ) as client:
        def lag() -> Any:
            return client.health()["public_v1"]["lag"]

        client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(10)
        assert wait_until(lambda: client.health()["public_v1"]["clock_offset"] is not None)
        assert client.health()["public_v1"]["clock_offset"] == pytest.approx(0, abs=1)
        assert wait_until(lambda: lag() is not None, 20)
        quick = threading.Event()
        client.depth_v1_stream(lambda message: quick.wait(1.2), "BTCUSDT")
        assert wait_until(lambda: lag() > 1, 20)
        quick.set()


def test_slow_callbacks_on_the_sockets_own_thread_are_reported(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bybit_ws._dispatch.SLOW", 0.1)
    seen, hold = Events(), threading.Event()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.trade_v1_stream(lambda message: hold.wait(0.15), "BTCUSDT")
        slow = seen.first(events.SlowConsumer, timeout=20)
        assert (slow.policy, slow.queued, slow.dropped) == ("", 0, 0)
        assert slow.seconds >= 0.15
