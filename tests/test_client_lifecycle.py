"""Opening, closing, joining and asking how it is, from anywhere and at any moment."""

from __future__ import annotations

import gc
import logging
import signal
import ssl
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
from support import (
    KEYS,
    Events,
    Inbox,
    commands,
    connect_proxy,
    library_threads,
    run_script,
    tcp_peer,
    upgrade,
    wait_until,
)

from bybit_ws import InverseWebSocket, SpotWebSocket, _sockets, events
from bybit_ws.exceptions import ConnectionFailed, ConnectionLost, InvalidState
from bybit_ws.simulator import Exchange


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=1, speed=20) as running:
        yield running


def ours() -> list[threading.Thread]:
    return [thread for thread in library_threads() if "simulator" not in thread.name]


def opened(client: Any, callback: Any = lambda message: None) -> Any:
    """Open all sockets of a client."""
    if isinstance(client, InverseWebSocket):
        client.orderbook_25_stream(callback, "BTCUSD").wait(5)
    else:
        client.depth_v1_stream(callback, "BTCUSDT").wait(5)
        client.depth_v2_stream(callback, "BTCUSDT").wait(5)
    return client


# -- close -----------------------------------------------------------------------------------------------


def test_close_leaves_no_thread_and_no_connection() -> None:
    with Exchange(seed=1, speed=20) as exchange:
        client = opened(SpotWebSocket(endpoint=exchange.url))
        assert len(ours()) == 4
        began = time.monotonic()
        client.close()
        assert not ours()
        assert time.monotonic() - began < 1
        assert exchange.wait_for(lambda: exchange.connections == 0)


def test_close_and_exit_can_be_called_any_number_of_times(exchange: Exchange) -> None:
    client = opened(SpotWebSocket(endpoint=exchange.url))
    client.close()
    client.exit()
    client.close()
    assert not client.is_connected()
    never_opened = InverseWebSocket(endpoint=exchange.url)
    never_opened.exit()
    never_opened.close()


def test_close_from_another_thread_ends_join(exchange: Exchange) -> None:
    client = opened(SpotWebSocket(endpoint=exchange.url))
    closer = threading.Thread(target=client.close)
    closer.start()
    assert client.join(5) is True
    closer.join(5)
    assert not ours()


def test_close_from_a_callback(exchange: Exchange) -> None:
    calls = Inbox()
    with_both = SpotWebSocket(endpoint=exchange.url)

    def once(message: Any) -> None:
        calls(message)
        with_both.close()
        with_both.exit()

    with_both.depth_v2_stream(lambda message: None, "BTCUSDT").wait(5)
    with_both.depth_v1_stream(once, "BTCUSDT")
    assert with_both.join(5) is True
    assert wait_until(lambda: not ours())
    assert len(calls) == 1


def test_close_from_on_event(exchange: Exchange) -> None:
    def on_event(event: Any) -> None:
        if isinstance(event, events.Subscribed):
            client.close()

    client = SpotWebSocket(endpoint=exchange.url, on_event=on_event)
    client.depth_v1_stream(lambda message: None, "BTCUSDT")
    assert client.join(5) is True
    assert wait_until(lambda: not ours())


def test_close_from_the_callbacks_of_two_sockets_at_once(exchange: Exchange) -> None:
    together = threading.Barrier(2)
    client = SpotWebSocket(endpoint=exchange.url)

    def close(message: Any) -> None:
        together.wait(5)
        client.close()

    client.depth_v1_stream(close, "BTCUSDT")
    client.depth_v2_stream(close, "BTCUSDT")
    assert client.join(5) is True
    assert wait_until(lambda: not ours())


def test_close_waits_for_a_running_callback(exchange: Exchange) -> None:
    running, finish, done = threading.Event(), threading.Event(), []
    client = SpotWebSocket(endpoint=exchange.url)

    def callback(message: Any) -> None:
        running.set()
        finish.wait(5)
        done.append(message)

    client.depth_v1_stream(callback, "BTCUSDT")
    assert running.wait(5)
    threading.Timer(0.2, finish.set).start()
    client.close()
    assert len(done) == 1
    assert not ours()


def test_close_waits_at_most_five_seconds_for_a_callback(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _sockets.CLOSE_WAIT == 5
    monkeypatch.setattr(_sockets, "CLOSE_WAIT", 0.3)
    finish, calls = threading.Event(), Inbox()
    client = SpotWebSocket(endpoint=exchange.url)
    for stream in (client.depth_v1_stream, client.depth_v2_stream):
        stream(lambda message: (calls(message), finish.wait(20)), "BTCUSDT")
    calls.wait(2)
    began = time.monotonic()
    client.close()
    assert time.monotonic() - began < 0.5, "once for all sockets together"
    finish.set()
    assert wait_until(lambda: not ours())
    assert len(calls) == 2, "no callback starts after close"


def test_close_while_the_upgrade_is_not_answered() -> None:
    failures: list[BaseException] = []
    asked = threading.Event()

    def silent(connection: Any) -> None:
        connection.recv(4096)
        asked.set()

    with tcp_peer(silent) as url:
        client = SpotWebSocket(endpoint=url, open_timeout=30)

        def call() -> None:
            try:
                client.depth_v1_stream(print, "BTCUSDT")
            except InvalidState as error:
                failures.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        assert asked.wait(5)
        began = time.monotonic()
        client.close()
        caller.join(5)
        assert time.monotonic() - began < 2
        assert not ours()
    assert "closed while it connected" in str(failures[0])


def test_close_while_waiting_to_reconnect() -> None:
    seen = Events()
    with Exchange(seed=1) as exchange:
        client = opened(SpotWebSocket(endpoint=exchange.url, on_event=seen))
        exchange.refuse_connections(1000, 503, {"Retry-After": "60"})
        exchange.drop()
        assert wait_until(lambda: {one["state"] for one in client.health().values()} == {"waiting", "new"})
        client.close()
        assert not ours()


def test_close_while_nobody_authenticates() -> None:
    asked = threading.Event()

    def mute(connection: Any) -> None:
        upgrade(connection)
        connection.recv(4096)
        asked.set()

    with tcp_peer(mute) as url:
        client = InverseWebSocket(endpoint=url, open_timeout=30, **KEYS)
        closer = threading.Thread(target=lambda: asked.wait(5) and client.close())
        closer.start()
        with pytest.raises(InvalidState):
            client.position_stream(print)
        closer.join(5)
    assert wait_until(lambda: not ours())


def test_a_block_closes_at_its_end_also_when_it_raises(exchange: Exchange) -> None:
    client = SpotWebSocket(endpoint=exchange.url)

    def work() -> None:
        with client as entered:
            assert entered is client
            opened(client)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert not ours()
    assert client.join(0) is True


def test_after_the_end_streams_raise_and_questions_are_answered(exchange: Exchange) -> None:
    client = opened(SpotWebSocket(endpoint=exchange.url))
    subscription = client.depth_v1_stream(print, "ETHUSDT")
    client.close()
    for call in (client.depth_v1_stream, client.lt_v1_stream, client.trade_v2_stream):
        with pytest.raises(InvalidState, match="closed"):
            call(print, "BTC3LUSDTNAV")
    with pytest.raises(InvalidState):
        client.custom_topic_stream({"topic": "trade", "symbol": "BTCUSDT"}, print, "/spot/quote/ws/v1")
    subscription.unsubscribe()
    assert client.health()["public_v1"]["state"] == "closed"
    assert not client.is_connected()
    assert repr(client) == "<SpotWebSocket closed>"
    assert client.join() is True
    client.run_forever()


def test_waiting_in_a_callback_of_the_same_socket_raises_instead_of_blocking_it(exchange: Exchange) -> None:
    raised: list[InvalidState] = []
    prices = Inbox()

    def wait(message: Any) -> None:
        subscription = client.trade_stream(prices, "BTCUSD")
        if not raised:
            with pytest.raises(InvalidState, match="let the callback return first") as caught:
                subscription.wait()
            raised.append(caught.value)

    with InverseWebSocket(endpoint=exchange.url) as client:
        client.orderbook_25_stream(wait, "BTCUSD").wait(5)
        prices.wait()
    assert raised


def test_waiting_for_a_subscription_ends_with_the_client(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url) as client:
        exchange.pause()
        quiet = client.liquidation_stream(print, "XRPUSD")
        threading.Timer(0.1, client.close).start()
        with pytest.raises(InvalidState):
            quiet.wait(5)
        exchange.resume()


def test_tls_connections_close_at_once() -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as path, Exchange(seed=1, speed=5, ssl_context=context) as exchange:
        assert exchange.url.startswith("wss://")
        client = opened(SpotWebSocket(endpoint=exchange.url, sslopt={"ca_certs": path}))
        inverse = opened(InverseWebSocket(endpoint=exchange.url, sslopt={"ca_certs": path}, **KEYS))
        assert inverse.wallet_stream(lambda message: None).wait(10)
        exchange.go_silent()
        began = time.monotonic()
        client.close()
        inverse.close()
        assert time.monotonic() - began < 1
        assert not ours()
        with pytest.raises(ConnectionFailed, match="ca_certs"):
            InverseWebSocket(endpoint=exchange.url, retries=1).trade_stream(print)


def test_everything_goes_through_an_http_proxy(exchange: Exchange) -> None:
    far = exchange.url.replace("127.0.0.1", "exchange.test")
    with connect_proxy() as (proxy, targets), SpotWebSocket(endpoint=far, **proxy) as client:
        opened(client)
        assert targets == [far[5:]] * 2


# -- join, run_forever, Ctrl-C ---------------------------------------------------------------------------


def test_join_is_false_at_the_timeout(exchange: Exchange) -> None:
    with opened(SpotWebSocket(endpoint=exchange.url)) as client:
        assert client.join(0.05) is False
        assert client.join(timeout=0) is False


def test_join_raises_what_ended_a_socket_for_good() -> None:
    with Exchange(seed=1) as exchange, SpotWebSocket(endpoint=exchange.url, restart_on_error=False) as client:
        client.lt_v1_stream(lambda message: None, "BTC3LUSDTNAV").wait(5)
        threading.Timer(0.1, exchange.drop).start()
        with pytest.raises(ConnectionLost):
            client.join(5)
        with pytest.raises(ConnectionLost):
            client.run_forever()
        assert wait_until(lambda: not ours())


def test_run_forever_ends_with_close(exchange: Exchange) -> None:
    client = opened(SpotWebSocket(endpoint=exchange.url))
    threading.Timer(0.1, client.close).start()
    client.run_forever()
    assert wait_until(lambda: not ours())


SCRIPT = """
import os, signal, threading
from time import sleep
from bybit_ws import SpotWebSocket, InverseWebSocket
from bybit_ws.simulator import Exchange
exchange = Exchange(seed=1, speed=20).start()
client, inverse = SpotWebSocket(endpoint=exchange.url), InverseWebSocket(endpoint=exchange.url)
for stream in (client.depth_v1_stream, client.trade_v2_stream):
    stream(print, ["BTCUSDT", "ETHUSDT"]).wait(5)
inverse.orderbook_200_stream(print, "BTCUSD").wait(5)
"""

INTERRUPT = "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_run_forever_without_a_traceback() -> None:
    script = SCRIPT + INTERRUPT + "client.run_forever()\nprint('the end')"
    began = time.monotonic()
    done = run_script(script)
    assert done.returncode == 0, done.stderr
    assert "the end" in done.stdout
    assert not done.stderr
    assert time.monotonic() - began < 15


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_script_that_sleeps_for_ever() -> None:
    script = SCRIPT + INTERRUPT + "while True:\n    sleep(1)"
    done = run_script(script)
    assert done.returncode in (-signal.SIGINT, 1)
    assert done.stderr.count("Traceback") == 1, done.stderr
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("attempt", [0, *(pytest.param(at, marks=pytest.mark.thorough) for at in (1, 2))])
def test_the_end_of_the_main_thread_ends_the_process_while_callbacks_print(attempt: int) -> None:
    done = run_script(SCRIPT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_callback_that_never_returns_keeps_no_process_alive() -> None:
    script = SCRIPT + "client.depth_v2_stream(lambda message: threading.Event().wait(), 'BTCUSDT').wait(0.2)"
    began = time.monotonic()
    done = run_script(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 15


# -- what it knows of itself -----------------------------------------------------------------------------


def test_a_new_client_has_done_nothing(exchange: Exchange) -> None:
    before = exchange.connections_made
    client = SpotWebSocket(endpoint=exchange.url)
    assert client.is_connected() is False
    assert client.subscriptions == []
    assert set(client.health()) == {"public_v1", "public_v2", "private"}
    assert {one["state"] for one in client.health().values()} == {"new"}
    assert repr(client) == "<SpotWebSocket no socket open>"
    assert client.join(0) is False
    assert exchange.connections_made == before
    assert not ours()


def test_health_tells_of_every_socket() -> None:
    with Exchange(seed=1, speed=20) as exchange:
        client = SpotWebSocket(endpoint=exchange.url, ping_interval=0.1)
        with client:
            began = time.time()
            opened(client)
            client.depth_v1_stream(print, "ETHUSDT").unsubscribe()
            assert client.is_connected()
            assert wait_until(lambda: client.health()["public_v1"]["ping_round_trip"])
            health = client.health()
            assert health["private"]["state"] == "new"
            one = health["public_v1"]
            assert set(one) == {
                "state", "since", "reconnects", "subscriptions", "messages", "last_message_age", "ping_round_trip",
                "clock_offset", "lag", "queued", "dropped", "api",
            }  # fmt: skip
            assert (one["state"], one["reconnects"], one["subscriptions"]) == ("ready", 0, 1)
            assert began - 1 <= one["since"] <= time.time()
            assert one["messages"] > 0
            assert 0 <= one["last_message_age"] < 5
            assert 0 < one["ping_round_trip"] < 5
            assert -1 < one["clock_offset"] < 1
            assert (one["queued"], one["dropped"]) == (0, 0)
            assert repr(client) == "<SpotWebSocket public_v1=ready (legacy), public_v2=ready (legacy)>"
            exchange.drop("/spot/quote/ws/v1")
            assert wait_until(lambda: client.health()["public_v1"]["reconnects"] == 1)
            assert client.health()["public_v2"]["reconnects"] == 0


def test_is_connected_only_while_every_opened_socket_is_ready() -> None:
    with Exchange(seed=1) as exchange, opened(SpotWebSocket(endpoint=exchange.url)) as client:
        assert client.is_connected()
        exchange.refuse_connections(1000)
        exchange.drop("/spot/quote/ws/v2")
        assert wait_until(lambda: not client.is_connected())
        exchange.refuse_connections(0)
        assert wait_until(client.is_connected)


def test_a_socket_opens_when_it_is_first_needed() -> None:
    with Exchange(seed=1) as exchange, SpotWebSocket(endpoint=exchange.url, **KEYS) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT")
        assert client.trade_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        assert exchange.connections_made == 1
        assert client.depth_v2_stream(lambda message: None, "BTCUSDT").wait(5)
        client.ticket_info_stream(print)
        assert exchange.wait_for(lambda: exchange.connections_made == 3)


def test_first_calls_from_many_threads_open_one_connection() -> None:
    with Exchange(seed=1) as exchange, SpotWebSocket(endpoint=exchange.url) as client:
        together = threading.Barrier(8)

        def call(number: int) -> None:
            together.wait(20)
            client.depth_v1_stream(lambda message: None, ["BTCUSDT", "ETHUSDT", "XRPUSDT", "LTCUSDT"][number % 4])

        threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(client.subscriptions) == 4
        assert exchange.wait_for(lambda: exchange.connections_made > 0)
        assert exchange.connections_made == 1


def test_a_client_that_nothing_refers_to_goes_on(exchange: Exchange) -> None:
    box = Inbox()
    closers = []

    def start() -> None:
        client = SpotWebSocket(endpoint=exchange.url)
        client.depth_v1_stream(box, "BTCUSDT")
        closers.append(weakref.ref(client))

    start()
    gc.collect()
    box.more(5)
    client = closers[0]()
    assert client is not None
    client.close()


# -- callbacks -------------------------------------------------------------------------------------------


def test_callbacks_run_one_at_a_time_on_the_sockets_own_thread(exchange: Exchange) -> None:
    names: set[str] = set()
    busy = threading.Lock()
    overlaps = Inbox()

    def callback(message: Any) -> None:
        if not busy.acquire(blocking=False):
            overlaps(message)
            return
        names.add(threading.current_thread().name)
        busy.release()

    box = Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client:
        for symbol in ("BTCUSDT", "ETHUSDT", "XRPUSDT"):
            client.depth_v1_stream(lambda message: (callback(message), box(message)), symbol)
        box.wait(20)
    assert names == {"bybit_ws spot v1"}
    assert not overlaps


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_a_raising_callback_is_logged_and_the_stream_goes_on(
    exchange: Exchange, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    seen, calls = Events(), Inbox()

    def callback(message: Any) -> None:
        calls(message)
        raise error

    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v1_stream(callback, "BTCUSDT")
        calls.wait(3)
        failed = seen.first(events.CallbackFailed)
    assert (failed.topic, failed.symbol, failed.error) == ("depth", "BTCUSDT", error)
    record = next(one for one in caplog.records if one.exc_info)
    assert record.levelno == logging.ERROR
    assert record.exc_info[1] is error


def test_an_on_event_that_raises_is_logged_and_the_next_event_comes(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Events()

    def on_event(event: Any) -> None:
        seen(event)
        raise SystemExit(1)

    with SpotWebSocket(endpoint=exchange.url, on_event=on_event) as client:
        opened(client)
        seen.first(events.Subscribed, 2)
    assert "on_event raised" in caplog.text


def test_callbacks_may_subscribe_and_unsubscribe(exchange: Exchange) -> None:
    chained, other, third = Inbox(), Inbox(), Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client:

        def first(message: Any) -> None:
            chained(message)
            subscription.unsubscribe()
            client.trade_v1_stream(other, "ETHUSDT")
            client.depth_v2_stream(third, "ETHUSDT")

        ready = threading.Event()
        subscription: Any = None

        def start(message: Any) -> None:
            ready.wait(5)
            first(message)

        subscription = client.depth_v1_stream(start, "BTCUSDT")
        ready.set()
        other.wait(2)
        third.wait(2)
        assert len(chained) == 1
        assert set(client.subscriptions) == {("trade", "ETHUSDT"), ("depth", "ETHUSDT")}


def test_on_event_may_subscribe_as_soon_as_the_socket_is_ready(exchange: Exchange) -> None:
    box = Inbox()

    def on_event(event: Any) -> None:
        if isinstance(event, events.Connected) and event.socket == "public_v1":
            client.trade_v1_stream(box, "ETHUSDT")
            client.trade_v2_stream(box, "ETHUSDT")

    client = SpotWebSocket(endpoint=exchange.url, on_event=on_event)
    with client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT")
        assert wait_until(lambda: {"sendTime" in message for message in list(box)} == {True, False})


def test_events_come_in_order_and_one_at_a_time() -> None:
    seen, busy, overlaps = Events(), threading.Lock(), Inbox()

    def on_event(event: Any) -> None:
        if not busy.acquire(blocking=False):
            overlaps(event)
        seen(event)
        busy.release()

    with Exchange(seed=1, speed=5) as exchange:
        before = time.time()
        with SpotWebSocket(endpoint=exchange.url, on_event=on_event) as client:
            opened(client)
            exchange.drop()
            seen.first(events.Reconnected, 2)
    assert not overlaps
    for socket in ("public_v1", "public_v2"):
        kinds = [type(event) for event in seen if event.socket == socket]
        assert kinds[:2] == [events.Connected, events.Subscribed]
        assert kinds.index(events.Disconnected) < kinds.index(events.Reconnected)
        assert kinds[-1] is events.Disconnected
    assert [event.at for event in seen] == sorted(event.at for event in seen)
    assert before <= seen[0].at <= time.time()
    reconnected = seen.first(events.Reconnected)
    assert 0 <= reconnected.downtime < 5
    assert reconnected.attempts == 1
    assert seen.of(events.Disconnected)[-1].reason == "closed by the user"


def test_unsubscribed_means_no_more_calls_even_of_messages_that_have_arrived(exchange: Exchange) -> None:
    calls, gate = Inbox(), threading.Event()
    other = Inbox()
    with SpotWebSocket(endpoint=exchange.url) as client:
        subscription = client.depth_v1_stream(lambda message: (calls(message), gate.wait(5)), "BTCUSDT")
        calls.wait()
        subscription.unsubscribe()
        gate.set()
        client.depth_v1_stream(other, "ETHUSDT")
        other.wait(3)
        assert len(calls) == 1


def test_a_callback_slower_than_the_timeouts_is_not_a_dead_peer() -> None:
    seen, calls, gate = Events(), Inbox(), threading.Event()
    with Exchange(seed=1, speed=20) as exchange:
        options: dict[str, Any] = {"ping_interval": 0.1, "ping_timeout": 0.1, "on_event": seen}
        with SpotWebSocket(endpoint=exchange.url, **options) as client:
            client.lt_v1_stream(lambda message: (calls(message), gate.wait(5)), "BTC3LUSDTNAV")
            calls.wait()
            exchange.pause()
            pings = len(exchange.received)
            assert exchange.wait_for(lambda: len(exchange.received) >= pings + 8), "pings keep going out"
            gate.set()
            exchange.resume()
            calls.wait(5)
            assert client.is_connected()
        assert exchange.connections_made == 1
    assert len(seen.of(events.Disconnected)) == 1, "only that of close()"


def test_many_threads_at_once_end_clean() -> None:
    seen, counts = Events(), Inbox()
    symbols = ["BTCUSDT", "ETHUSDT", "LTCUSDT", "XRPUSDT"]
    with Exchange(seed=1, speed=20) as exchange:
        client = SpotWebSocket(endpoint=exchange.url, on_event=seen, ping_interval=0.05)
        unexpected: list[BaseException] = []
        end, pause = time.monotonic() + 1.5, threading.Event()

        def hammer(number: int) -> None:
            try:
                while time.monotonic() < end:
                    stream = [client.diff_depth_v1_stream, client.trade_v1_stream, client.depth_v2_stream][number % 3]
                    subscription = stream(counts, symbols[number % 4 :])
                    client.health()
                    client.is_connected()
                    repr(client)
                    wanted = client.subscriptions
                    assert len(wanted) == len(set(wanted))
                    if number % 2:
                        subscription.unsubscribe()
                    if number == 7:
                        pause.wait(0.4)
                        exchange.drop()
                client.close()
            except InvalidState:
                pass
            except BaseException as error:
                unexpected.append(error)

        threads = [threading.Thread(target=hammer, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not unexpected
        assert not any(thread.is_alive() for thread in threads)
        assert wait_until(lambda: not ours())
    assert counts
    assert not seen.of(events.CallbackFailed)
    assert not seen.of(events.Rejected)


def test_subscriptions_from_many_threads_are_all_there() -> None:
    boxes: dict[tuple[str, str], Inbox] = {}
    with Exchange(seed=1, speed=20) as exchange, SpotWebSocket(endpoint=exchange.url) as client:
        intervals = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h")

        def subscribe(interval: str) -> None:
            for symbol in ("BTCUSDT", "ETHUSDT"):
                boxes[interval, symbol] = Inbox()
                client.kline_v1_stream(boxes[interval, symbol], symbol, interval)

        threads = [threading.Thread(target=subscribe, args=(interval,)) for interval in intervals]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        for box in boxes.values():
            box.wait()
        assert len(client.subscriptions) == 16
        assert len(commands(exchange)) == 16
