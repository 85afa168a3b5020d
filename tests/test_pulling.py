"""Messages that are pulled: waiting, looping and collecting, beside callbacks and without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from support import wait_until as until

from bybit_ws import ConfigurationError, InvalidState, InverseWebSocket, Queue, SpotWebSocket, Subscription
from bybit_ws import exceptions as errors
from bybit_ws.events import Event, SlowConsumer
from bybit_ws.simulator import Exchange

WAIT = 20.0


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=6, speed=20) as exchange:
        yield exchange


@pytest.fixture
def inverse(exchange: Exchange) -> Iterator[InverseWebSocket]:
    with InverseWebSocket(endpoint=exchange.url, api_key="key", api_secret="secret") as client:
        yield client


@pytest.fixture
def spot(exchange: Exchange) -> Iterator[SpotWebSocket]:
    with SpotWebSocket(endpoint=exchange.url) as client:
        yield client


def wait_until(condition: Callable[[], object]) -> None:
    assert until(condition, WAIT)


def ids(messages: list[Any]) -> list[str]:
    return [trade["trade_id"] for message in messages for trade in message["data"]]


def drain(subscription: Subscription) -> None:
    """Pull until nothing more comes."""
    while subscription.get(WAIT):
        pass


def in_thread(job: Any) -> tuple[threading.Thread, list[Any]]:
    """Run a job beside the test; return its thread, and where its result or error comes."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(job())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


# -- without a callback ----------------------------------------------------------------------------------------


def test_get_takes_one_message_after_the_other(spot: SpotWebSocket) -> None:
    trades = spot.trade_v1_stream(None, "BTCUSDT")
    first = trades.get(WAIT)
    assert first is not None
    assert first["f"] is True
    assert len(first["data"]) == 60
    known = {trade["v"] for trade in first["data"]}
    second = trades.get(WAIT)
    assert second is not None
    assert known.isdisjoint(trade["v"] for trade in second["data"])
    assert trades.wait(0)


def test_get_is_none_at_the_timeout(inverse: InverseWebSocket) -> None:
    assert inverse.order_stream(None).get(0) is None


def test_collect_counts(inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, ["BTCUSD", "ETHUSD"])
    messages = trades.collect(10)
    assert len(messages) == 10
    assert {message["topic"] for message in messages} <= {"trade.BTCUSD", "trade.ETHUSD"}
    assert len(set(ids(messages))) == len(ids(messages))


def test_collect_takes_what_comes_within_seconds(inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, "BTCUSD")
    assert trades.wait(WAIT)
    assert trades.collect(seconds=0)
    assert trades.collect(1_000_000, seconds=0.2)


def test_collect_ends_in_a_flood(inverse: InverseWebSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    trades = inverse.trade_stream(None, "BTCUSD")
    message, inbox = trades.get(WAIT), trades._inbox
    assert inbox is not None
    pull = inbox.pull

    def pull_of_many(timeout: float | None) -> Any:
        inbox.put(("trade", "BTCUSD"), None, message)
        return pull(timeout)

    monkeypatch.setattr(inbox, "pull", pull_of_many)
    assert 0 < len(trades.collect(20_000, seconds=0)) < 20_000


@pytest.mark.parametrize("arguments", [{}, {"count": 0}, {"count": 1.5}, {"seconds": -1}, {"seconds": "3"}])
def test_collect_says_what_it_needs(inverse: InverseWebSocket, arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"count|seconds"):
        inverse.trade_stream(None, "BTCUSD").collect(**arguments)


def test_what_waits_is_shown_and_goes_on_waiting(inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, "BTCUSD")
    wait_until(lambda: len(trades.waiting) >= 3)
    shown = trades.waiting[:3]
    assert trades.collect(3) == shown


def test_a_loop_has_every_message_once_and_in_order(inverse: InverseWebSocket) -> None:
    trades, numbers = inverse.trade_stream(None, "BTCUSD"), []
    for message in trades:
        numbers.append(message["data"][-1]["cross_seq"])
        if len(numbers) == 20:
            break
    assert numbers == sorted(numbers)
    rest = next(iter(trades))["data"][-1]["cross_seq"]  # another loop goes on where the first one stopped
    assert rest >= numbers[-1]
    assert inverse.subscriptions == [("trade", "BTCUSD")]


def test_two_loops_at_the_same_time_both_have_everything(inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, "BTCUSD")
    one, other = iter(trades), iter(trades)
    first = next(one)
    seen = [next(other) for _ in range(5)]
    mine = [first]
    while mine[-1] != seen[-1]:
        mine.append(next(one))
    assert all(message in mine for message in seen)
    assert all(given is not kept for given in seen for kept in mine)


def test_loops_of_two_clients_do_not_disturb_each_other(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url) as one, InverseWebSocket(endpoint=exchange.url) as other:
        loops = [in_thread(lambda client=c: client.trade_stream(None, "BTCUSD").collect(20)) for c in (one, other)]
        for thread, _ in loops:
            thread.join(WAIT)
        (mine,), (theirs,) = (results for _, results in loops)
    common = [name for name in ids(mine) if name in set(ids(theirs))]
    assert len(ids(mine)) >= 20
    assert common == [name for name in ids(theirs) if name in set(common)]


# -- the end ---------------------------------------------------------------------------------------------------


def test_close_ends_a_loop_that_has_what_came_before(inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, "BTCUSD")
    wait_until(lambda: len(trades.waiting) >= 5)
    thread, results = in_thread(lambda: list(trades))
    inverse.close()
    thread.join(WAIT)
    assert len(results[0]) >= 5
    with pytest.raises(InvalidState, match="the client was closed"):
        trades.get()
    with pytest.raises(InvalidState):
        trades.collect(1)


def test_a_loop_that_waits_ends_with_the_client(inverse: InverseWebSocket) -> None:
    thread, results = in_thread(lambda: list(inverse.order_stream(None)))
    wait_until(lambda: bool(inverse.subscriptions))
    inverse.close()
    thread.join(WAIT)
    assert results == [[]]


def test_giving_up_ends_a_loop(inverse: InverseWebSocket) -> None:
    orders = inverse.order_stream(None)
    thread, results = in_thread(lambda: list(orders))
    orders.unsubscribe()
    thread.join(WAIT)
    assert results == [[]]
    with pytest.raises(InvalidState, match="given up"):
        orders.get()


def test_a_newer_call_ends_the_loop_of_the_older_one(inverse: InverseWebSocket) -> None:
    older = inverse.trade_stream(None, "BTCUSD")
    thread, results = in_thread(lambda: list(older))
    newer = inverse.trade_stream(None, "BTCUSD")
    thread.join(WAIT)
    assert isinstance(results[0], list)
    assert newer.get(WAIT) is not None
    assert older.symbols == ()


def test_a_refusal_is_raised(inverse: InverseWebSocket) -> None:
    refused = inverse.trade_stream(None, "NOSUCH")
    with pytest.raises(errors.SubscriptionError, match="NOSUCH"):
        refused.get(WAIT)
    with pytest.raises(errors.SubscriptionError, match="NOSUCH"):
        next(iter(refused))
    assert repr(refused) == "<Subscription trade: refused>"


def test_what_waits_can_be_pulled_after_the_end_which_shows(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url) as client:
        trades = client.trade_stream(None, "BTCUSD")
        assert trades.wait(WAIT)
    assert repr(trades) == "<Subscription trade BTCUSD: closed>"
    assert trades.get()["topic"] == "trade.BTCUSD"
    while trades.waiting:
        trades.get()
    with pytest.raises(InvalidState, match="<Subscription trade BTCUSD: closed>: the client was closed"):
        trades.get()


def test_a_lost_socket_is_raised(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url, restart_on_error=False) as client:
        trades = client.trade_stream(None, "BTCUSD")
        assert trades.wait(WAIT)
        exchange.drop()
        with pytest.raises(errors.ConnectionLost):
            for _ in trades:
                pass
        assert repr(trades) == "<Subscription trade BTCUSD: ended>"


def test_a_loop_goes_on_after_a_drop(exchange: Exchange, inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, "BTCUSD")
    assert trades.wait(WAIT)
    reconnects = inverse.health()["realtime"]["reconnects"]
    exchange.drop()
    wait_until(lambda: inverse.health()["realtime"]["reconnects"] > reconnects and not trades.is_stale)
    trades.collect(seconds=0)
    assert trades.get(WAIT) is not None


def test_a_callback_of_the_same_socket_must_not_wait(inverse: InverseWebSocket) -> None:
    orders, raised = inverse.order_stream(None), []

    def pull(message: Any) -> None:
        with pytest.raises(InvalidState, match="let it return first") as caught:
            orders.get()
        assert orders.get(0) is None
        raised.append(caught.value)

    inverse.orderbook_25_stream(pull, "BTCUSD")
    wait_until(lambda: bool(raised))


# -- beside a callback -----------------------------------------------------------------------------------------


def test_messages_can_be_pulled_beside_a_callback_from_the_first_pull_on(inverse: InverseWebSocket) -> None:
    called: list[Any] = []
    trades = inverse.trade_stream(called.append, "BTCUSD")
    assert trades.wait(WAIT)
    first = trades.get(WAIT)
    more = [first, *trades.collect(5)]
    wait_until(lambda: len(called) >= len(more))
    assert [message for message in called if message in more] == more
    assert all(message is not other for message in called for other in more)


def test_what_a_callback_changes_is_not_changed_for_those_who_pull(inverse: InverseWebSocket) -> None:
    books = inverse.orderbook_25_stream(lambda message: message["data"].clear(), "BTCUSD", copy=False)
    assert all(len(message["data"]) == 50 for message in (books.get(WAIT), *books.collect(3)))


def test_a_failing_callback_keeps_nothing_from_those_who_pull(inverse: InverseWebSocket) -> None:
    def fail(message: Any) -> None:
        raise RuntimeError("on purpose")

    trades = inverse.trade_stream(fail, "BTCUSD")
    assert len(trades.collect(3)) == 3


def test_a_callback_behind_a_queue_and_a_loop(inverse: InverseWebSocket) -> None:
    called: list[Any] = []
    trades = inverse.trade_stream(called.append, "BTCUSD", queue="block")
    assert trades.wait(WAIT)
    pulled = trades.collect(3)
    wait_until(lambda: all(message in called for message in pulled))


# -- the newest ------------------------------------------------------------------------------------------------


def test_latest_is_the_newest_of_each_symbol(inverse: InverseWebSocket) -> None:
    seen: dict[str, Any] = {}

    def note(message: Any) -> None:
        seen[message["data"][0]["symbol"]] = message

    books = inverse.orderbook_25_stream(note, ["BTCUSD", "ETHUSD"])
    assert books.wait(WAIT)
    assert set(books.latest) == {"BTCUSD", "ETHUSD"}
    inverse.close()
    assert books.latest == seen
    assert books.latest["BTCUSD"] is seen["BTCUSD"]


def test_latest_of_all_symbols(inverse: InverseWebSocket) -> None:
    infos = inverse.instrument_info_stream(None)
    wait_until(lambda: {"BTCUSD", "ETHUSD"} <= set(infos.latest))
    assert all(message["data"]["symbol"] == symbol for symbol, message in infos.latest.items())


def test_latest_over_v5(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url, api="v5") as client:
        books, trades = client.orderbook_25_stream(None, "BTCUSD"), client.trade_stream(None)
        assert books.get(WAIT) is not None
        assert len(books.latest["BTCUSD"]["data"]) == 50
        assert trades.get(WAIT) is not None
        assert all(symbol in message["topic"] for symbol, message in trades.latest.items())


def test_latest_of_an_account(inverse: InverseWebSocket) -> None:
    wallet = inverse.wallet_stream(None)
    assert wallet.wait(WAIT)
    assert set(wallet.latest) == {""}
    assert wallet.latest[""]["topic"] == "wallet"


def test_nothing_is_the_latest_before_the_first_message_and_after_giving_up(inverse: InverseWebSocket) -> None:
    orders = inverse.stop_order_stream(None)
    assert orders.latest == {}
    trades = inverse.trade_stream(None, "BTCUSD")
    assert trades.wait(WAIT)
    trades.unsubscribe()
    assert trades.latest == {}


# -- bounds ----------------------------------------------------------------------------------------------------


def test_the_oldest_is_dropped_and_the_first_pull_tells(exchange: Exchange) -> None:
    told: list[Event] = []
    with InverseWebSocket(endpoint=exchange.url, on_event=told.append) as client:
        trades = client.trade_stream(None, "BTCUSD", queue=Queue("drop_oldest", 3))
        wait_until(lambda: trades.dropped > 2)
        assert not [event for event in told if isinstance(event, SlowConsumer)]
        assert trades.get(WAIT) is not None
        (slow,) = [event for event in told if isinstance(event, SlowConsumer)]
        assert slow.dropped > 2


def test_only_the_newest_book_of_each_symbol_waits(inverse: InverseWebSocket) -> None:
    books = inverse.orderbook_25_stream(None, ["BTCUSD", "ETHUSD"], queue="latest")
    wait_until(lambda: books.dropped > 5)
    waiting = books.waiting
    assert len(waiting) == 2
    assert {message["topic"] for message in waiting} == {"orderBookL2_25.BTCUSD", "orderBookL2_25.ETHUSD"}


def test_blocking_pushes_back_and_close_lets_go(inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, "BTCUSD", queue=Queue("block", 2))
    wait_until(lambda: len(trades.waiting) == 2)
    assert len(trades.collect(10)) == 10
    assert trades.dropped == 0
    wait_until(lambda: len(trades.waiting) == 2)
    inverse.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("bybit_ws inverse")] == []


def test_raising_ends_the_socket(inverse: InverseWebSocket) -> None:
    trades = inverse.trade_stream(None, "BTCUSD", queue=Queue("raise", 2))
    with pytest.raises(errors.QueueFull):
        inverse.join(WAIT)
    assert len(trades.collect(2)) == 2
    with pytest.raises(errors.QueueFull):
        trades.get()


# -- guests ----------------------------------------------------------------------------------------------------


def both(client: InverseWebSocket) -> tuple[Subscription, Subscription, list[Any]]:
    called: list[Any] = []
    return client.trade_stream(called.append, "BTCUSD"), client._beside("trade", "BTCUSD"), called


def test_a_guest_takes_no_callback(inverse: InverseWebSocket) -> None:
    host, guest, called = both(inverse)
    assert guest.get(WAIT) is not None
    assert host.wait(WAIT)
    assert inverse.subscriptions == [("trade", "BTCUSD")]
    host.unsubscribe()
    seen = len(called)
    assert len(guest.collect(5)) == 5
    assert len(called) == seen
    guest.unsubscribe()
    assert inverse.subscriptions == []


def test_a_guest_stays_when_the_callback_changes_hands(inverse: InverseWebSocket) -> None:
    host, guest, called = both(inverse)
    newer: list[Any] = []
    inverse.trade_stream(newer.append, "BTCUSD")
    assert host.symbols == ()
    assert guest.symbols == ("BTCUSD",)
    seen = len(called)
    guest.collect(seconds=0)
    assert len(guest.collect(5)) == 5
    wait_until(lambda: len(newer) >= 5)
    assert len(called) <= seen + 1


def test_a_guest_leaves_the_callback_alone(inverse: InverseWebSocket) -> None:
    host, guest, called = both(inverse)
    assert guest.get(WAIT) is not None
    guest.unsubscribe()
    seen = len(called)
    wait_until(lambda: len(called) > seen + 3)
    assert not host.is_stale


def test_a_callback_after_the_guest(inverse: InverseWebSocket) -> None:
    guest = inverse._beside("orderbook_25", "BTCUSD", pull=False)
    assert guest.wait(WAIT)
    books = inverse.orderbook_25_stream(None, "BTCUSD")
    assert len((books.get(WAIT) or {"data": ()})["data"]) == 50
    assert guest.symbols == ("BTCUSD",)


@pytest.mark.parametrize("api", ["legacy", "v5"])
def test_all_symbols_keep_the_one_that_a_guest_asks_for(exchange: Exchange, api: str) -> None:
    with InverseWebSocket(endpoint=exchange.url, api=api) as client:
        check_all_symbols(client)


def check_all_symbols(inverse: InverseWebSocket) -> None:
    called: list[Any] = []
    every = inverse.trade_stream(called.append)
    guest = inverse._beside("trade", "BTCUSD")
    messages = guest.collect(5)
    wait_until(lambda: all(message in called for message in messages))
    assert ids(every.collect(5))
    assert "BTCUSD" in every.latest
    guest.unsubscribe()
    del called[:]
    wait_until(lambda: any(message["topic"] == "trade.BTCUSD" for message in called))


def test_a_guest_of_all_symbols_is_told_once(inverse: InverseWebSocket) -> None:
    host, guest = inverse.trade_stream(None), inverse._beside("trade")
    assert host.get(WAIT) is not None
    host.unsubscribe()
    guest.collect(seconds=0)
    found = ids(guest.collect(10))
    assert len(set(found)) == len(found)


def test_a_guest_hears_what_becomes_of_the_stream(inverse: InverseWebSocket) -> None:
    guest = inverse._beside("trade", "NOSUCH")
    with pytest.raises(errors.SubscriptionError, match="NOSUCH"):
        guest.wait(WAIT)
    _, guest, _ = both(inverse)
    inverse.close()
    with pytest.raises(InvalidState):
        drain(guest)


def test_a_guest_cannot_share_what_is_not_merged(inverse: InverseWebSocket) -> None:
    inverse.orderbook_25_stream(None, "BTCUSD", merge=False)
    inverse.instrument_info_stream(None, merge=False)
    for stream in ("orderbook_25", "instrument_info"):
        with pytest.raises(InvalidState, match="merge=False"):
            inverse._beside(stream, "BTCUSD")
    guest = inverse._beside("orderbook_25", "ETHUSD")
    inverse.orderbook_25_stream(None, "ETHUSD", merge=False)
    with pytest.raises(errors.SubscriptionError, match=r"this client refused.*merge="):
        drain(guest)


def test_guests_after_a_drop(exchange: Exchange, inverse: InverseWebSocket) -> None:
    _, guest, called = both(inverse)
    assert guest.get(WAIT) is not None
    exchange.drop()
    wait_until(lambda: inverse.health()["realtime"]["reconnects"] > 0 and not guest.is_stale)
    guest.collect(seconds=0)
    messages = guest.collect(3)
    wait_until(lambda: all(message in called for message in messages))


def test_a_first_pull_while_another_socket_takes_over() -> None:
    with Exchange(seed=6, speed=20) as exchange:
        keys = {"api_key": "key", "api_secret": "secret"}
        with InverseWebSocket(endpoint=exchange.url, on_event=lambda event: None, **keys) as client:
            called: list[Any] = []
            positions = client.position_stream(called.append)
            assert positions.wait(WAIT)
            positions._inbox = positions._new_inbox()  # as a pull does, just before it looks for the streams
            exchange.retire()
            exchange.drop()
            message = positions.get(WAIT)
            assert message is not None
            wait_until(lambda: message in called)
            messages = positions.collect(2)
            assert messages[0] != messages[1]


def test_all_symbols_in_another_shape_end_the_guest_of_one(inverse: InverseWebSocket) -> None:
    guest = inverse._beside("instrument_info", "BTCUSD")
    assert guest.get(WAIT) is not None
    every = inverse.instrument_info_stream(None, merge=False)
    with pytest.raises(errors.SubscriptionError, match="this client refused"):
        drain(guest)
    assert inverse.subscriptions == [("instrument_info.100ms", "*")]
    wait_until(lambda: any(message["topic"].endswith("BTCUSD") for message in every.waiting))
