"""The clients on today's exchange: which protocol they choose, and that the streams are what they always were."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import CREDENTIALS, KEYS, Events, Inbox, commands, hasten, library_threads, tcp_peer, wait_until

from bybit_ws import BybitWebsocket, InverseWebSocket, SpotWebSocket, _rest, events
from bybit_ws._streams import Stream
from bybit_ws._subscription import Subscription
from bybit_ws._topics import ACCOUNT, BY_STREAM, REALTIME
from bybit_ws.exceptions import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    InvalidState,
    NotAvailable,
    SubscriptionError,
)
from bybit_ws.simulator import Exchange


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=7, speed=20, credentials=CREDENTIALS) as running:
        yield running


@pytest.fixture
def retired() -> Iterator[Exchange]:
    with Exchange(seed=7, speed=20, credentials=CREDENTIALS, retired=True) as running:
        yield running


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def ids(box: Inbox) -> list[str]:
    return [trade["v"] for message in list(box) for trade in message["data"]]


# -- the choice ------------------------------------------------------------------------------------------


def test_where_the_documented_endpoints_are_up_auto_stays_with_them(exchange: Exchange) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.trade_v1_stream(box, "BTCUSDT").wait(5)
        assert client.health()["public_v1"]["api"] == "legacy"
        assert client.health()["public_v2"]["api"] is None
        assert "public_v1=ready (legacy)" in repr(client)
    assert not seen.of(events.Retired)
    assert not any("/v5/" in path for path in exchange.requests)


def test_where_they_are_gone_it_goes_on_over_v5_and_says_so_once(retired: Exchange, quick: None) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=retired.url, on_event=seen) as client:
        assert client.trade_v1_stream(box, "BTCUSDT").wait(5)
        assert client.depth_v2_stream(box, "BTCUSDT").wait(5)
        assert client.health()["public_v1"]["api"] == "v5"
        assert "public_v2=ready (v5)" in repr(client)
    (told,) = seen.of(events.Retired)
    assert (told.socket, told.url, told.status) == ("public_v1", f"{retired.url}/spot/quote/ws/v1", 404)
    other = Events()
    with SpotWebSocket(endpoint=retired.url, on_event=other) as client:
        client.realtimes_v1_stream(box, "BTCUSDT").wait(5)
        assert client.health()["public_v1"]["api"] == "v5"
    assert [event.known for event in other.of(events.Retired)] == [True], "the process knew"


def test_410_is_gone_as_well(exchange: Exchange) -> None:
    exchange.retire(status=410)
    with InverseWebSocket(endpoint=exchange.url) as client:
        assert client.trade_stream(print, "BTCUSD").wait(20)
        assert client.health()["realtime"]["api"] == "v5"


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_whatever_else_goes_wrong_is_an_ordinary_failure(exchange: Exchange, status: int, quick: None) -> None:
    exchange.refuse_connections(1, status, {"Retry-After": "0"})
    seen = Events()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v1_stream(print, "BTCUSDT").wait(10)
        assert client.health()["public_v1"]["api"] == "legacy"
    assert not seen.of(events.Retired)


def test_legacy_asks_for_nothing_else_and_v5_asks_for_nothing_before(retired: Exchange, exchange: Exchange) -> None:
    client = SpotWebSocket(endpoint=retired.url, api="legacy")
    with client, pytest.raises(ConnectionFailed, match="api='auto'"):
        client.trade_v1_stream(print, "BTCUSDT")
    with SpotWebSocket(endpoint=exchange.url, api="v5") as client:
        assert client.trade_v1_stream(print, "BTCUSDT").wait(5)
        assert client.health()["public_v1"]["api"] == "v5"
    with pytest.raises(ConfigurationError, match="api must be"):
        SpotWebSocket(api="v4")


def test_whole_urls_are_taken_as_they_are_and_lead_to_v5_on_their_host(retired: Exchange) -> None:
    with SpotWebSocket(endpoint={"public_v1": f"{retired.url}/v5/public/spot"}, api="v5") as client:
        assert client.trade_v1_stream(print, "BTCUSDT").wait(5)
        with pytest.raises(ConfigurationError, match="public_v2"):
            client.trade_v2_stream(print, "BTCUSDT")
    with InverseWebSocket(endpoint={"realtime": f"{retired.url}/realtime"}, **KEYS) as client:
        assert client.trade_stream(print, "BTCUSD").wait(5)
        assert client.position_stream(print).wait(10)
        assert client.health()["private"]["api"] == "v5"


def test_a_v5_endpoint_that_is_gone_too_is_a_failure(exchange: Exchange) -> None:
    client = SpotWebSocket(endpoint={"public_v1": f"{exchange.url}/nothing"}, api="v5")
    with client, pytest.raises(ConnectionFailed, match="404"):
        client.trade_v1_stream(print, "BTCUSDT")


# -- the exchange retires while everything runs ----------------------------------------------------------


def test_streams_that_run_go_on_over_v5(exchange: Exchange, quick: None) -> None:
    seen, spot_box, account_box = Events(), Inbox(), Inbox()
    trades = Inbox()
    with (
        SpotWebSocket(endpoint=exchange.url, on_event=seen, **KEYS) as spot,
        InverseWebSocket(endpoint=exchange.url, on_event=seen, **KEYS) as inverse,
    ):
        spot.trade_v1_stream(trades, "BTCUSDT").wait(5)
        lt = spot.lt_v1_stream(print, "BTC3LUSDTNAV")
        spot.execution_report_stream(spot_box).wait(10)
        book = Inbox()
        inverse.orderbook_25_stream(book, "BTCUSD").wait(5)
        orders = inverse.order_stream(account_box)
        assert orders.wait(10)
        exchange.pause()  # on a slow computer more than the last 60 trades would happen meanwhile
        exchange.retire()
        for socket in ("public_v1", "private"):
            assert wait_until(lambda socket=socket: spot.health()[socket]["api"] == "v5", 10)
        assert wait_until(lambda: inverse.health().get("private", {}).get("api") == "v5", 10)
        exchange.resume()
        for box in (trades, spot_box, account_box, book):
            box.more(3, timeout=15)
        assert set(inverse.subscriptions) == {("orderBookL2_25", "BTCUSD"), ("order", "")}
        assert wait_until(lambda: not orders.is_stale)
        (rejected,) = seen.of(events.Rejected)
        assert (rejected.topic, rejected.symbols) == ("lt", ("BTC3LUSDTNAV",))
        with pytest.raises(SubscriptionError, match="2025-07-04"):
            lt.wait(1)
        orders.unsubscribe()
        assert inverse.subscriptions == [("orderBookL2_25", "BTCUSD")]
        exchange.pause()
        truth = exchange.truth.trades("BTCUSDT")
        assert wait_until(lambda: ids(trades)[-1] == truth[-1]["v"])
    delivered = ids(trades)
    everything = [trade["v"] for trade in truth]
    assert delivered == everything[everything.index(delivered[0]) :], "the last trades of V5 fill the gap"
    assert [one.how for one in seen.of(events.Gap) if one.topic == "trade"] == ["replay"]
    assert len(seen.of(events.Retired)) == 2, "once for each client"


def test_v5_trades_are_neither_twice_nor_missing_over_drops(quick: None) -> None:
    seen, box = Events(), Inbox()
    with Exchange(seed=4, speed=1) as exchange, SpotWebSocket(endpoint=exchange.url, on_event=seen, api="v5") as client:
        client.trade_v1_stream(box, "BTCUSDT").wait(5)
        assert len(box[0]["data"]) == 60
        assert box[0]["f"] is True
        for drops in range(1, 4):
            exchange.drop()
            assert wait_until(lambda: len(seen.of(events.Gap)) == drops, 10)  # noqa: B023
        exchange.pause()
        truth = exchange.truth.trades("BTCUSDT")
        assert wait_until(lambda: ids(box)[-1] == truth[-1]["v"])
    delivered = ids(box)
    everything = [trade["v"] for trade in truth]
    assert delivered == everything[everything.index(delivered[0]) :]
    assert all(gap.repaired for gap in seen.of(events.Gap))


# -- streams that move to another socket ---------------------------------------------------------------


def test_what_another_socket_serves_is_not_asked_for_here(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url, api="v5", **KEYS) as client:
        assert client.trade_stream(print, "BTCUSD").wait(5)
        connection = client._sockets.opened()[REALTIME]
        subscription, box = private(client)
        connection.subscribe([Stream(BY_STREAM["order"].topic(), "", box, subscription, True, True)])
        box.more(1, timeout=10)
        assert connection.wanted() == [("trade", "BTCUSD")]
        assert not subscription.is_stale
        newer = Inbox()
        client.order_stream(newer)
        client._move([Stream(BY_STREAM["order"].topic(), "", box, subscription, True, True)], newer=False)
        count = len(box)
        newer.more(2, timeout=10)
        assert len(box) <= count + 1, "an older call does not take over a newer one"
        assert subscription.is_stale


def test_what_is_given_up_while_it_moves_is_given_up(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url, api="v5", **KEYS) as client:
        assert client.trade_stream(print, "BTCUSD").wait(5)
        subscription, box = private(client)
        subscription.unsubscribe()
        client._move([Stream(BY_STREAM["order"].topic(), "", box, subscription, True, True)], newer=False)
        assert client.subscriptions == [("trade", "BTCUSD")]


@pytest.mark.parametrize("opened", [True, False])
def test_what_moves_when_the_client_is_closed_ends_with_it(exchange: Exchange, opened: bool) -> None:
    with InverseWebSocket(endpoint=exchange.url, api="v5", **KEYS) as client:
        assert client.trade_stream(print, "BTCUSD").wait(5)
        subscription, box = private(client)
        account = client._sockets.begin(ACCOUNT) if opened else None
    stream = Stream(BY_STREAM["order"].topic(), "", box, subscription, True, True)
    if account is None:
        client._move([stream], newer=False)
    else:
        account.adopt([stream], newer=False)
    with pytest.raises(InvalidState):
        subscription.wait(5)


def private(client: InverseWebSocket) -> tuple[Subscription, Inbox]:
    """Return a subscription to orders that no connection knows of yet."""
    return Subscription(BY_STREAM["order"].topic(), ("",), client._sockets.opened()[REALTIME]), Inbox()


# -- what needs REST -------------------------------------------------------------------------------------


def test_without_rest_trades_begin_with_the_first_live_ones_and_that_is_told(exchange: Exchange) -> None:
    exchange.refuse_rest()
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen, api="v5") as client:
        assert client.trade_v1_stream(box, "BTCUSDT").wait(10)
        told = seen.first(events.RestFailed)
        assert (told.topic, told.symbol, told.path) == ("trade", "BTCUSDT", "/v5/market/recent-trade")
        box.more(3)
    assert [message["f"] for message in box[:3]] == [True, False, False]


def test_without_rest_all_symbols_are_refused_and_named_ones_are_not(exchange: Exchange) -> None:
    exchange.refuse_rest()
    with InverseWebSocket(endpoint=exchange.url, api="v5") as client:
        with pytest.raises(SubscriptionError, match="name the symbols"):
            client.trade_stream(print).wait(10)
        assert client.trade_stream(print, "BTCUSD").wait(5)


def test_all_symbols_are_listed_and_an_exact_one_takes_its_own(exchange: Exchange) -> None:
    everything, one = Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url, api="v5") as client:
        assert client.trade_stream(everything).wait(10)
        assert wait_until(lambda: len({message["topic"] for message in list(everything)}) >= 4)
        assert client.trade_stream(one, "BTCUSD").wait(5)
        count = len(everything)
        everything.more(20)
    assert {message["topic"] for message in one} == {"trade.BTCUSD"}
    assert "trade.BTCUSD" not in {message["topic"] for message in everything[count + 1 :]}


def test_close_waits_for_no_answer_that_does_not_come(monkeypatch: pytest.MonkeyPatch, exchange: Exchange) -> None:
    monkeypatch.setattr(_rest, "TIMEOUT", 1.0)
    exchange.slow_rest(30)
    client = SpotWebSocket(endpoint=exchange.url, api="v5")
    client.trade_v1_stream(print, "BTCUSDT")
    assert wait_until(lambda: any("recent-trade" in path for path in exchange.requests))
    began = time.monotonic()
    client.close()
    assert time.monotonic() - began < 5
    assert not [thread for thread in library_threads() if "spot v1" in thread.name]


# -- what cannot be had ----------------------------------------------------------------------------------


def test_leveraged_tokens_are_not_available_and_the_words_help(exchange: Exchange) -> None:
    with SpotWebSocket(endpoint=exchange.url, api="v5") as client:
        with pytest.raises(NotAvailable, match=r"2025-07-04.*instead"):
            client.lt_v1_stream(print, "BTC3LUSDTNAV")
        assert client.health()["public_v1"]["state"] == "new", "nothing was opened for it"


def test_a_request_of_ones_own_has_no_translation(exchange: Exchange) -> None:
    topic = {"topic": "slowTrade", "symbol": "BTCUSDT", "params": {}, "event": "sub"}
    with SpotWebSocket(endpoint=exchange.url, api="v5") as client, pytest.raises(NotAvailable, match="api='legacy'"):
        client.custom_topic_stream(topic, print, "wss://stream.bybit.com/spot/quote/ws/v1")


def test_raw_gives_v5s_own_messages_and_a_later_call_the_documented_ones(exchange: Exchange) -> None:
    raw, documented = Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url, api="v5") as client:
        assert client.orderbook_25_stream(raw, "BTCUSD", raw=True).wait(5)
        raw.more(3)
        assert client.orderbook_25_stream(documented, "BTCUSD").wait(5)
        count = len(raw)
        documented.more(3)
        assert len(raw) <= count + 1
        assert client.trade_stream(raw, raw=True).wait(5)
    assert raw[0]["topic"] == "orderbook.50.BTCUSD"
    assert [message["type"] for message in raw[:3]] == ["snapshot", "delta", "delta"]
    assert documented[0]["topic"] == "orderBookL2_25.BTCUSD"
    assert len(documented[0]["data"]) == 50
    assert raw[-1]["topic"].startswith("publicTrade.")


@pytest.mark.parametrize("symbols", ["BTCUSD", "*"])
def test_trades_that_are_wanted_in_the_other_shape_go_on_without_a_hole(exchange: Exchange, symbols: str) -> None:
    raw, documented = Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url, api="v5") as client:
        for _ in range(3):
            client.trade_stream(raw, symbols, raw=True)
            raw.more(3, 20)
            assert not client.trade_stream(documented, symbols).is_stale
            documented.more(3, 20)
        exchange.pause()
        told = [(trade["T"], trade["i"]) for message in list(raw) for trade in message["data"]]
        told += [(one["trade_time_ms"], one["trade_id"]) for message in list(documented) for one in message["data"]]
    assert [one for one in commands(exchange) if one["op"] == "unsubscribe"] == []
    known = [trade["trade_id"] for trade in exchange.truth.trades("BTCUSD")]
    ours = [known.index(identity) for _, identity in sorted(told) if identity in known]
    assert sorted(ours) == [*range(min(ours), max(ours) + 1)]


def test_raw_needs_v5(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url) as client, pytest.raises(NotAvailable, match="raw=True"):
        client.trade_stream(print, raw=True)


def test_a_topic_of_v5s_own_can_be_had_by_its_name(exchange: Exchange) -> None:
    box = Inbox()
    with InverseWebSocket(endpoint=exchange.url, api="v5") as client:
        assert client.custom_topic_stream("orderbook.1.BTCUSD", box).wait(5)
        assert client.custom_topic_stream("trade.BTCUSD", box).wait(5)
    assert {message["topic"] for message in box} == {"orderbook.1.BTCUSD", "trade.BTCUSD"}


# -- keys ------------------------------------------------------------------------------------------------


def test_keys_are_used_on_the_private_socket_and_a_refusal_raises(exchange: Exchange) -> None:
    wrong = {**KEYS, "api_secret": "not the secret of these tests"}
    with InverseWebSocket(endpoint=exchange.url, api="v5", **wrong) as client:
        assert client.trade_stream(print, "BTCUSD").wait(5)
        with pytest.raises(AuthenticationError, match="Params Error"):
            client.position_stream(print)


def test_a_wrong_clock_is_put_right(quick: None) -> None:
    box = Inbox()
    exchange = Exchange(seed=1, speed=30, credentials=CREDENTIALS, clock_offset=60.0)
    with exchange, SpotWebSocket(endpoint=exchange.url, api="v5", **KEYS) as client:
        assert client.ticket_info_stream(box).wait(10)


def test_the_class_from_which_data_is_pulled_pulls_from_v5(retired: Exchange) -> None:
    client = BybitWebsocket(f"{retired.url}/realtime", KEYS["api_key"], KEYS["api_secret"])
    try:
        client.subscribe_trade()
        client.subscribe_order()
        assert wait_until(lambda: client.get_data("trade.BTCUSD"), 10)
        assert wait_until(lambda: client.get_data("order"), 10)
        client.ping()
        assert wait_until(lambda: client.get_data("pong"))
    finally:
        client.exit()


# -- many threads, queues, malice ------------------------------------------------------------------------


def test_queues_and_threads_are_what_they_were(exchange: Exchange) -> None:
    box, failures = Inbox(), []

    def churn(client: SpotWebSocket, symbol: str) -> None:
        try:
            for _ in range(10):
                one = client.depth_v1_stream(lambda message: None, symbol)
                two = client.diff_depth_v1_stream(lambda message: None, symbol)
                one.unsubscribe()
                two.unsubscribe()
        except Exception as error:
            failures.append(error)

    with SpotWebSocket(endpoint=exchange.url, api="v5", queue="latest") as client:
        assert client.diff_depth_v1_stream(box, "BTCUSDT").wait(5)
        symbols = ("ETHUSDT", "LTCUSDT", "XRPUSDT")
        threads = [threading.Thread(target=churn, args=(client, symbol)) for symbol in symbols]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert failures == []
        box.more(5)
        exchange.pause()
        whole = lambda: {side: box[-1]["data"][0][side] for side in "ba"}  # noqa: E731
        assert wait_until(lambda: whole() == exchange.truth.book("BTCUSDT", 200))
        assert client.subscriptions == [("diffDepth", "BTCUSDT")]
        assert wait_until(lambda: len(exchange.subscriptions) == 1), exchange.subscriptions


def test_nonsense_on_a_v5_socket_is_reported_and_nothing_ends(exchange: Exchange) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, api="v5", on_event=seen) as client:
        client.depth_v1_stream(box, "BTCUSDT").wait(5)
        for nonsense in ("[]", "1", "{", '{"topic":5}', '{"topic":"orderbook.200.BTCUSDT"}', '{"topic":"x","data":[]}'):
            exchange.send(nonsense)
        seen.first(events.BookRecovered)
        box.more(3)
        assert exchange.connections_made == 1
    assert seen.of(events.UnknownMessage)


def test_a_host_that_drops_every_upgrade_is_no_retirement(quick: None) -> None:
    with tcp_peer(lambda peer: peer.close()) as url:
        client = SpotWebSocket(endpoint=url, retries=2)
        with pytest.raises(ConnectionFailed):
            client.trade_v1_stream(print, "BTCUSDT")
        client.close()


def test_the_documented_names_of_domains_and_the_regional_ones() -> None:
    def url(**options: Any) -> str:
        return SpotWebSocket(**options)._options.url(next(iter(SpotWebSocket._SOCKETS)), "v5")

    assert url() == "wss://stream.bybit.com/v5/public/spot"
    assert url(test=True) == "wss://stream-testnet.bybit.com/v5/public/spot"
    assert url(domain="bytick") == "wss://stream.bytick.com/v5/public/spot"
    assert url(domain="bybit-tr") == "wss://stream.bybit.tr/v5/public/spot"
    assert url(domain="bybit.kz") == "wss://stream.bybit.kz/v5/public/spot"
    assert url(domain="manepa.jp") == "wss://stream.manepa.jp/v5/public/spot"


def test_after_close_nothing_more_is_delivered_of_a_push_with_many_messages(exchange: Exchange) -> None:
    heard: list[Any] = []
    client = SpotWebSocket(endpoint=exchange.url, api="v5")

    def callback(message: Any) -> None:
        heard.append(message)
        if message["data"]["v"] == "first":
            client.close()

    client.trade_v2_stream(callback, "BTCUSDT").wait(5)
    one = {"T": 1, "p": "1", "v": "1", "S": "Buy", "s": "BTCUSDT", "BT": False}
    trades = [{**one, "i": name} for name in ("first", "second")]
    exchange.send(json.dumps({"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 1, "data": trades}))
    assert client.join(10)
    client.close()
    assert [message["data"]["v"] for message in heard][-1] == "first"
