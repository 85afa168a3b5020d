"""Keys: used at connect, by message or URL, signed truly; refusals in the exchange's own words; a wrong clock."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support import (
    CREDENTIALS,
    KEY,
    KEYS,
    SECRET,
    Events,
    Inbox,
    hasten,
    library_threads,
    tcp_peer,
    upgrade,
    wait_until,
    ws_peer,
)

from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws.exceptions import AuthenticationError, ConfigurationError, ConnectionFailed
from bybit_ws.simulator import Exchange

WRONG = {"api_key": KEY, "api_secret": "another secret"}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=1, speed=30, credentials=CREDENTIALS) as running:
        yield running


def signature(expires: Any) -> str:
    return hmac.new(SECRET.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()


def test_a_private_spot_stream_authenticates_and_delivers(exchange: Exchange) -> None:
    box = Inbox()
    with SpotWebSocket(endpoint=exchange.url, **KEYS) as client:
        assert client.outbound_account_info_stream(box).wait(10)
        assert box[0]["e"] == "outboundAccountInfo"


@pytest.mark.parametrize("auth", ["message", "url"])
def test_a_private_inverse_stream_authenticates_either_way(exchange: Exchange, auth: str) -> None:
    box = Inbox()
    with InverseWebSocket(endpoint=exchange.url, auth=auth, **KEYS) as client:
        assert client.wallet_stream(box).wait(10)
        assert client.trade_stream(lambda message: None, "BTCUSD").wait(5)


def test_the_message_is_signed_as_documented() -> None:
    with Exchange(seed=1) as exchange, SpotWebSocket(endpoint=exchange.url, **KEYS) as client:
        client.ticket_info_stream(print)
        (sent,) = [json.loads(text) for text in exchange.received]
    assert sent["op"] == "auth"
    key, expires, signed = sent["args"]
    assert key == KEY
    assert expires - time.time() * 1000 > 5000, "at least 5 s ahead"
    assert signed == signature(expires)


def test_the_url_is_signed_as_documented() -> None:
    paths = Inbox()

    def peer(connection: Any) -> None:
        paths(connection.request.path)
        connection.recv()

    with ws_peer(peer) as url, InverseWebSocket(endpoint=url, auth="url", **KEYS) as client:
        client.position_stream(print)
        parts = urlsplit(paths.wait()[0])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert parts.path == "/realtime"
    assert query == {"api_key": KEY, "expires": query["expires"], "signature": signature(query["expires"])}


def test_keys_are_used_when_inverse_connects_also_for_public_streams(exchange: Exchange) -> None:
    with pytest.raises(AuthenticationError), InverseWebSocket(endpoint=exchange.url, **WRONG) as client:
        client.trade_stream(print)


def test_keys_are_not_used_on_public_spot_sockets(exchange: Exchange) -> None:
    with SpotWebSocket(endpoint=exchange.url, **WRONG) as client:
        assert client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        assert client.depth_v2_stream(lambda message: None, "BTCUSDT").wait(5)


@pytest.mark.parametrize(
    ("kind", "auth", "words"),
    [
        (SpotWebSocket, "message", "invalid api key or signature"),
        (InverseWebSocket, "message", "USVC1111"),
        (InverseWebSocket, "url", "401"),
    ],
)
def test_a_refusal_raises_in_the_exchanges_words_and_the_next_call_tries_anew(
    exchange: Exchange, kind: Any, auth: str, words: str
) -> None:
    seen = Events()
    with kind(endpoint=exchange.url, auth=auth, on_event=seen, **WRONG) as client:
        stream = client.ticket_info_stream if kind is SpotWebSocket else client.position_stream
        for attempt in range(2):
            made = exchange.connections_made
            with pytest.raises(AuthenticationError, match=words):
                stream(print)
            assert exchange.connections_made - made == (auth == "message"), "not tried again by itself"
            assert len(seen.of(events.AuthenticationRefused)) == attempt + 1
        assert wait_until(lambda: all("simulator" in thread.name for thread in library_threads()))
        assert client.subscriptions == []


def test_a_refusal_that_ends_works_at_the_next_call() -> None:
    with Exchange(seed=1, speed=30) as exchange, InverseWebSocket(endpoint=exchange.url, **KEYS) as client:
        exchange.refuse_auth()
        with pytest.raises(AuthenticationError):
            client.order_stream(print)
        exchange.accept_auth()
        assert client.order_stream(lambda message: None).wait(10)


@pytest.mark.parametrize("kind", [SpotWebSocket, InverseWebSocket])
@pytest.mark.parametrize("offset", [3600.0, -3600.0])
def test_a_wrong_clock_is_put_right_from_the_exchanges(kind: Any, offset: float) -> None:
    exchange = Exchange(seed=1, speed=30, credentials=CREDENTIALS, clock_offset=offset)
    with exchange, kind(endpoint=exchange.url, **KEYS) as client:
        stream = client.ticket_info_stream if kind is SpotWebSocket else client.execution_stream
        assert stream(lambda message: None).wait(10)
        logins = [json.loads(text)["args"] for text in exchange.received if '"auth"' in text]
        assert len(logins) == (2 if offset > 0 else 1)
        if offset > 0:
            assert abs(logins[1][1] / 1000 - time.time() - offset) < 30
            exchange.drop()
            assert exchange.wait_for(lambda: len([one for one in exchange.received if '"auth"' in one]) == 3)
            last = [json.loads(text)["args"] for text in exchange.received if '"auth"' in text][-1]
            assert last[1] != logins[1][1], "signed afresh, with the clock put right"


def test_a_clock_that_cannot_be_read_leaves_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    from bybit_ws import _rest

    monkeypatch.setattr(_rest, "TIMEOUT", 0.2)

    def peer(connection: Any) -> None:
        connection.recv()
        connection.send('{"auth":"fail","msg":"request expired"}')
        connection.recv()

    expected = pytest.raises(AuthenticationError, match="request expired")
    with ws_peer(peer) as url, SpotWebSocket(endpoint=url, **KEYS) as client, expected:
        client.ticket_info_stream(print)


def test_an_authentication_that_is_never_answered_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)
    began = time.monotonic()
    expected = pytest.raises(ConnectionFailed, match=r"no answer to the authentication.*2 attempts")
    options: dict[str, Any] = {"retries": 2, "open_timeout": 0.2, **KEYS}
    with tcp_peer(upgrade) as url, SpotWebSocket(endpoint=url, **options) as client, expected:
        client.ticket_info_stream(print)
    assert time.monotonic() - began < 4


def test_an_exchange_that_hangs_up_on_authentication_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)

    def hang_up(connection: Any) -> None:
        upgrade(connection)
        connection.recv(4096)

    expected = pytest.raises(ConnectionFailed, match="2 attempts")
    with tcp_peer(hang_up, hold=False) as url, InverseWebSocket(endpoint=url, retries=2, **KEYS) as client, expected:
        client.position_stream(print)


def test_private_streams_without_keys_raise_before_any_connection(exchange: Exchange) -> None:
    made = exchange.connections_made
    keyless: dict[str, Any] = {"endpoint": exchange.url, "api_key": "", "api_secret": ""}
    with SpotWebSocket(**keyless) as client, InverseWebSocket(**keyless) as inverse:
        for call in (
            lambda: client.ticket_info_stream(print),
            lambda: client.custom_topic_stream({"topic": "ticketInfo"}, print, "wss://stream.bybit.com/spot/ws"),
            lambda: client.custom_topic_stream({"topic": "somethingNew"}, print, "wss://stream.bybit.com/spot/ws"),
            lambda: inverse.position_stream(print),
            lambda: inverse.custom_topic_stream("wallet", print),
        ):
            with pytest.raises(ConfigurationError, match="api_key and api_secret"):
                call()
        assert inverse.trade_stream(lambda message: None).wait(5)
    assert exchange.connections_made == made + 1


@pytest.mark.parametrize("kind", [SpotWebSocket, InverseWebSocket])
def test_one_key_without_the_other_raises_when_constructed(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match="api_secret is missing"):
        kind(api_key=KEY)
    with pytest.raises(ConfigurationError, match="api_key is missing"):
        kind(api_key="", api_secret=SECRET)


def test_private_messages_are_the_callers_own(exchange: Exchange) -> None:
    first, calls = Inbox(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, **KEYS) as client:
        client.execution_report_stream(lambda message: (calls(dict(message)), message.clear()))
        client.ticket_info_stream(first)
        calls.wait(3)
        first.wait()
    assert all(len(message) > 20 for message in calls)


def test_an_array_of_many_events_is_one_call_each_in_order() -> None:
    both = Inbox()
    with Exchange(seed=1, speed=1) as exchange, SpotWebSocket(endpoint=exchange.url, **KEYS) as client:
        client.ticket_info_stream(both)
        client.execution_report_stream(both)
        exchange.pause()
        exchange.send('[{"e":"ticketInfo","T":"1"},{"e":"executionReport","t":"2"},{"e":"ticketInfo","T":"3"}]')
        exchange.send('{"e":"executionReport","t":"4"}')
        assert wait_until(lambda: [one.get("T", one.get("t")) for one in list(both)][-4:] == ["1", "2", "3", "4"])
