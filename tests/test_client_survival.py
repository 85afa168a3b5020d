"""What a user is told of the state of things, and the limits that are kept for them."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import CREDENTIALS, KEYS, Events, Inbox, hasten, wait_until

from bybit_ws import ConnectionFailed, InverseWebSocket, SpotWebSocket, _places, events
from bybit_ws._topics import PRIVATE
from bybit_ws.simulator import Exchange


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=9, speed=20, credentials=CREDENTIALS) as exchange:
        yield exchange


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


STREAMS = [
    (SpotWebSocket, "trade_v1_stream", "BTCUSDT"),
    (SpotWebSocket, "diff_depth_v1_stream", "BTCUSDT"),
    (SpotWebSocket, "book_ticker_v2_stream", "BTCUSDT"),
    (InverseWebSocket, "orderbook_25_stream", "BTCUSD"),
    (InverseWebSocket, "trade_stream", "*"),
    (InverseWebSocket, "instrument_info_stream", "*"),
]


@pytest.mark.parametrize(("kind", "method", "symbol"), STREAMS)
def test_a_subscription_knows_whether_its_data_is_current(
    exchange: Exchange, quick: None, kind: Any, method: str, symbol: str
) -> None:
    with kind(endpoint=exchange.url) as client:
        subscription = getattr(client, method)(Inbox(), symbol)
        assert subscription.wait(10)
        assert wait_until(lambda: not subscription.is_stale)
        assert 0 <= subscription.age < 5
        exchange.refuse_connections(1_000_000)
        exchange.drop()
        assert wait_until(lambda: subscription.is_stale)
        age = subscription.age
        assert wait_until(lambda: subscription.age > age + 0.1), "it grows while nothing comes"
        exchange.refuse_connections(0)
        assert wait_until(lambda: not subscription.is_stale, 20)
        assert wait_until(lambda: subscription.age < 0.1, 20)
        subscription.unsubscribe()
        assert subscription.is_stale
        assert subscription.age is None
    assert subscription.is_stale


def test_what_has_not_delivered_has_no_age_and_one_of_two_makes_both_stale(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url, **KEYS) as client:
        private = client.order_stream(print)
        assert wait_until(lambda: not private.is_stale), "it is confirmed, and has nothing to say"
        both = client.orderbook_25_stream(print, ["BTCUSD", "NOSUCH"])
        assert wait_until(lambda: both.symbols == ("BTCUSD",))
        assert wait_until(lambda: not both.is_stale, 10)
        private.unsubscribe()


def test_nothing_is_current_any_more_when_a_loss_is_told(exchange: Exchange, quick: None) -> None:
    told: list[tuple[bool, bool]] = []

    def note(event: Any) -> None:
        if isinstance(event, events.Disconnected):
            told.append((subscription.is_stale, client.is_connected()))

    with InverseWebSocket(endpoint=exchange.url, on_event=note) as client:
        subscription = client.trade_stream(Inbox(), "*")
        assert subscription.wait(10)
        exchange.drop()
        assert wait_until(lambda: told)
    assert told[0] == (True, False)


def test_a_symbol_that_is_gone_after_an_outage_leaves_all_others_current(quick: None) -> None:
    info = {"type": "snapshot", "data": {"x": 1}, "cross_seq": 1}
    with Exchange(seed=9) as exchange, InverseWebSocket(endpoint=exchange.url) as client:
        box = Inbox()
        subscription = client.instrument_info_stream(box, "*")
        assert subscription.wait(10)
        exchange.send(json.dumps({"topic": "instrument_info.100ms.GONEUSD", **info}))
        assert wait_until(lambda: any("GONEUSD" in message["topic"] for message in list(box)))
        exchange.drop()
        assert wait_until(lambda: client.health()["realtime"]["reconnects"] == 1)
        assert wait_until(lambda: not subscription.is_stale, 10)


def test_a_withheld_book_is_stale_until_it_is_rebuilt(exchange: Exchange) -> None:
    seen = Events()
    stale: list[bool] = []

    def note(event: Any) -> None:
        seen(event)
        if isinstance(event, (events.BookOutOfSync, events.BookRecovered)):
            stale.append(subscription.is_stale)

    with InverseWebSocket(endpoint=exchange.url, on_event=note) as client:
        subscription = client.orderbook_25_stream(Inbox(), "BTCUSD")
        assert subscription.wait(10)
        exchange.send(
            '{"topic":"orderBookL2_25.BTCUSD","type":"delta","data":{"delete":[],"update":[],"insert":[]},"cross_seq":1}'
        )
        assert "sequence 1 came after" in seen.first(events.BookOutOfSync, timeout=10).reason
        seen.first(events.BookRecovered, timeout=10)
        assert stale == [True, False]


def test_the_exchanges_limit_of_private_connections_is_kept_with_a_clear_error(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _places.MOST[PRIVATE] == 50
    monkeypatch.setitem(_places.MOST, PRIVATE, 2)
    with Exchange() as other, SpotWebSocket(endpoint=other.url, **KEYS) as elsewhere:
        elsewhere.ticket_info_stream(print)
        clients = [SpotWebSocket(endpoint=exchange.url, **KEYS) for _ in range(4)]
        for client in clients[:2]:
            client.ticket_info_stream(print)
            client.trade_v1_stream(print, "BTCUSDT").unsubscribe()
        for _ in range(3):
            with pytest.raises(ConnectionFailed, match=r"2 spot private connections to 127.0.0.1:.* close a client"):
                clients[2].ticket_info_stream(print)
        clients[2].trade_v1_stream(print, "BTCUSDT").unsubscribe()
        clients[0].close()
        clients[2].ticket_info_stream(print)
        clients[0].close()
        with pytest.raises(ConnectionFailed):
            clients[3].ticket_info_stream(print)
        for client in clients:
            client.close()


def test_a_private_connection_that_never_came_to_be_gives_its_place_back(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_places.MOST, PRIVATE, 1)
    exchange.refuse_connections(1, 503)
    with SpotWebSocket(endpoint=exchange.url, retries=1, **KEYS) as client:
        with pytest.raises(ConnectionFailed, match="503"):
            client.ticket_info_stream(print)
        assert wait_until(lambda: _free(client)), "as soon as its thread has ended"


def _free(client: SpotWebSocket) -> bool:
    try:
        client.ticket_info_stream(print)
    except ConnectionFailed:
        return False
    return True


def test_many_clients_that_lose_the_same_server_do_not_come_back_at_once(exchange: Exchange) -> None:
    seen = Events()
    clients = [SpotWebSocket(endpoint=exchange.url, on_event=seen) for _ in range(12)]
    for client in clients:
        client.book_ticker_v2_stream(lambda message: None, "BTCUSDT")
    exchange.drop()
    seen.first(events.Reconnected, 12, timeout=20)
    moments = sorted(event.at for event in seen.of(events.Reconnected))
    for client in clients:
        client.close()
    assert moments[-1] - moments[0] > 0.05


def test_what_was_cancelled_is_not_called_any_more_whichever_thread_cancelled_it(exchange: Exchange) -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with InverseWebSocket(endpoint=exchange.url) as client:
            for _ in range(60):
                cancelled, late = threading.Event(), Inbox()

                def callback(message: Any, cancelled: threading.Event = cancelled, late: Inbox = late) -> None:
                    if cancelled.is_set():
                        late(message)

                subscription = client.trade_stream(callback, "*")
                subscription.wait(10)
                subscription.unsubscribe()
                cancelled.set()
                after = Inbox()
                client.trade_stream(after, "*").wait(10)
                after.more(2)
                assert len(late) <= 1, "the call that had begun already, and none after it"
    finally:
        sys.setswitchinterval(before)


def test_a_clock_that_jumps_costs_a_ping_and_nothing_else(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, box = Events(), Inbox()
    skew = 0.0
    now = time.time
    monkeypatch.setattr("bybit_ws._dispatch.time", lambda: now() + skew)
    with SpotWebSocket(endpoint=exchange.url, on_event=seen, ping_interval=1000, ping_timeout=5) as client:
        client.trade_v1_stream(box, "BTCUSDT").wait(10)
        assert not [text for text in exchange.received if "ping" in text]
        for number, skew in enumerate((3600.0, -7200.0), 1):  # noqa: B007
            assert wait_until(lambda number=number: len([t for t in exchange.received if "ping" in t]) >= number, 10)
            box.more(3)
        assert not seen.of(events.Disconnected)


def test_a_socket_that_died_while_the_machine_slept_is_left_within_the_time_of_a_ping(
    exchange: Exchange, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, box = Events(), Inbox()
    now, slept, looks = time.time, threading.Event(), Inbox()
    monkeypatch.setattr("bybit_ws._rhythm.LOOK", 0.05)
    monkeypatch.setattr("bybit_ws._dispatch.time", lambda: looks(0) or now() + (8 * 3600 if slept.is_set() else 0))
    with SpotWebSocket(endpoint=exchange.url, on_event=seen, ping_interval=1000, ping_timeout=0.5) as client:
        client.trade_v1_stream(box, "BTCUSDT").wait(10)
        looks.more(2)
        exchange.go_silent()
        slept.set()
        assert "said nothing" in seen.first(events.Disconnected, timeout=10).reason
        seen.first(events.Reconnected, timeout=10)
        box.more(3)
