"""Bad arguments raise before any I/O, naming the argument and what would be right."""

from __future__ import annotations

import re
from typing import Any

import pytest
from support import KEYS

from bybit_ws import InverseWebSocket, SpotWebSocket, spot
from bybit_ws.exceptions import BybitWebSocketError, ConfigurationError
from bybit_ws.simulator import Exchange

NOWHERE = "ws://127.0.0.1:9"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ping_interval": 0}, "ping_interval"),
        ({"ping_interval": -1}, "ping_interval"),
        ({"ping_interval": float("nan")}, "ping_interval"),
        ({"ping_timeout": 0}, "ping_timeout"),
        ({"open_timeout": 0}, "open_timeout"),
        ({"open_timeout": float("inf")}, "open_timeout"),
        ({"retries": -1}, "retries"),
        ({"domain": "by bit"}, "domain"),
        ({"domain": "evil.com/"}, "domain"),
        ({"auth": "cookie"}, "auth"),
        ({"auth": "url"}, "inverse only"),
        ({"endpoint": "http://127.0.0.1"}, "endpoint"),
        ({"endpoint": "127.0.0.1:80"}, "endpoint"),
        ({"endpoint": ""}, "endpoint"),
        ({"endpoint": {"realtime": NOWHERE}}, "unknown socket 'realtime'"),
        ({"endpoint": {"public_v1": "nonsense"}}, "public_v1"),
        ({"http_proxy_port": 80}, "http_proxy_host"),
        ({"api_key": "only"}, "api_secret"),
    ],
)
def test_a_wrong_option(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        SpotWebSocket(**options)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ping_interval": "20"}, "ping_interval"),
        ({"ping_timeout": True}, "ping_timeout"),
        ({"retries": 1.5}, "retries"),
        ({"api_key": 1, "api_secret": 2}, "api_key"),
        ({"endpoint": 8765}, "endpoint"),
        ({"endpoint": {"public_v1": 1}}, "public_v1"),
        ({"on_event": 1}, "on_event"),
        ({"sslopt": []}, "sslopt"),
        ({"no_such_option": 1}, "no_such_option"),
    ],
)
def test_an_option_of_the_wrong_type(options: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        SpotWebSocket(**options)


SPOT = [
    (lambda c: c.trade_v1_stream(print), "symbols"),
    (lambda c: c.trade_v1_stream(print, []), "symbols is empty"),
    (lambda c: c.trade_v1_stream(print, ()), "symbols is empty"),
    (lambda c: c.trade_v1_stream(print, ""), "symbol is empty"),
    (lambda c: c.trade_v1_stream(print, ["BTCUSDT", ""]), "symbol is empty"),
    (lambda c: c.trade_v1_stream(print, "BTC USDT"), "'BTC USDT' is no symbol"),
    (lambda c: c.trade_v1_stream(print, "BTCUSDT, ETHUSDT"), "' ETHUSDT' is no symbol"),
    (lambda c: c.trade_v1_stream(print, "BTCUSDT|ETHUSDT"), "is no symbol"),
    (lambda c: c.trade_v1_stream(print, "*"), "does not exist on spot"),
    (lambda c: c.depth_v2_stream(print, ["*"]), "does not exist on spot"),
    (lambda c: c.trade_v1_stream(print, "BTCUSDT", symbol="ETHUSDT"), "symbols and symbol"),
    (lambda c: c.lt_v1_stream(print, "BTC3LUSDT"), "BTC3LUSDTNAV"),
    (lambda c: c.kline_v1_stream(print, "BTCUSDT"), "interval must be one of 1m"),
    (lambda c: c.kline_v1_stream(print, "BTCUSDT", "1"), "interval must be one of 1m"),
    (lambda c: c.kline_v2_stream(print, "BTCUSDT", "1M "), "interval"),
    (lambda c: c.merged_depth_v1_stream(print, "BTCUSDT", -1), "dump_scale must be 0 or more"),
    (lambda c: c.merged_depth_v1_stream(print, "BTCUSDT", "-1"), "dump_scale must be 0 or more"),
    (lambda c: c.custom_topic_stream({}, print, spot.PUBLIC_V1_WSS), "names no topic"),
    (lambda c: c.custom_topic_stream({"topic": "trade"}, print, spot.PUBLIC_V1_WSS), "names no symbol"),
    (lambda c: c.custom_topic_stream({"topic": "trade", "symbol": "X"}, print, "wss://elsewhere/ws"), "wss_url"),
    (lambda c: c.custom_topic_stream({"topic": "trade", "symbol": "X"}, print, None), "wss_url"),
    (lambda c: c.ticket_info_stream(print), "private"),
]


@pytest.mark.parametrize("number", range(len(SPOT)))
def test_a_wrong_value_on_spot(number: int) -> None:
    call, words = SPOT[number]
    with SpotWebSocket(endpoint=NOWHERE) as client, pytest.raises(ConfigurationError, match=words):
        call(client)


INVERSE = [
    (lambda c: c.orderbook_25_stream(print), "orderbook_25_stream needs symbols"),
    (lambda c: c.orderbook_25_stream(print, "*"), "does not exist on order books"),
    (lambda c: c.orderbook_200_stream(print, ["*"]), "does not exist on order books"),
    (lambda c: c.trade_stream(print, []), "symbols is empty"),
    (lambda c: c.trade_stream(print, "BTC USD"), "is no symbol"),
    (lambda c: c.trade_stream(print, "BTCUSD|"), "symbol is empty"),
    (lambda c: c.kline_stream(print, "BTCUSD", 2), "interval must be one of 1, 3"),
    (lambda c: c.kline_stream(print, "BTCUSD", "1m"), "interval must be one of 1, 3"),
    (lambda c: c.custom_topic_stream("", print), "topic"),
    (lambda c: c.position_stream(print), "private"),
]


@pytest.mark.parametrize("number", range(len(INVERSE)))
def test_a_wrong_value_on_inverse(number: int) -> None:
    call, words = INVERSE[number]
    with InverseWebSocket(endpoint=NOWHERE) as client, pytest.raises(ConfigurationError, match=words):
        call(client)


TYPES = [
    (lambda c: c.trade_v1_stream(7, "BTCUSDT"), "callback"),
    (lambda c: c.trade_v1_stream("BTCUSDT", print), "callback"),
    (lambda c: c.trade_v1_stream(print, 7), "symbols"),
    (lambda c: c.trade_v1_stream(print, b"BTCUSDT"), "symbols"),
    (lambda c: c.trade_v1_stream(print, ["BTCUSDT", None]), "symbol"),
    (lambda c: c.kline_v1_stream(print, "BTCUSDT", 1), "interval"),
    (lambda c: c.merged_depth_v1_stream(print, "BTCUSDT"), "dump_scale"),
    (lambda c: c.merged_depth_v1_stream(print, "BTCUSDT", 1.5), "dump_scale"),
    (lambda c: c.merged_depth_v1_stream(print, "BTCUSDT", True), "dump_scale"),
    (lambda c: c.custom_topic_stream(["trade"], print, spot.PUBLIC_V1_WSS), "topic must be a dict"),
    (lambda c: c.custom_topic_stream({"topic": "trade", "symbol": "X"}, 7, spot.PUBLIC_V1_WSS), "callback"),
]


@pytest.mark.parametrize("number", range(len(TYPES)))
def test_a_wrong_type_is_a_type_error_of_our_tree(number: int) -> None:
    call, words = TYPES[number]
    with SpotWebSocket(endpoint=NOWHERE) as client, pytest.raises(TypeError, match=words) as caught:
        call(client)
    assert isinstance(caught.value, BybitWebSocketError)


def test_a_mapping_without_the_socket_that_is_needed_raises_at_once() -> None:
    with Exchange(seed=1) as exchange:
        urls = {"public_v1": f"{exchange.url}/spot/quote/ws/v1"}
        with SpotWebSocket(endpoint=urls, **KEYS) as client:
            assert client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
            for call in (lambda: client.depth_v2_stream(print, "BTCUSDT"), lambda: client.ticket_info_stream(print)):
                with pytest.raises(ConfigurationError, match="endpoint has no URL for the socket"):
                    call()
            assert client.is_connected()
            urls["public_v2"] = urls["public_v1"]
            with pytest.raises(ConfigurationError):  # what was passed is the user's own, and may change
                client.depth_v2_stream(print, "BTCUSDT")


def test_endpoints_are_mainnet_testnet_or_as_given() -> None:
    from bybit_ws._topics import PRIVATE, PUBLIC_V1, REALTIME

    assert SpotWebSocket()._options.url(PUBLIC_V1) == "wss://stream.bybit.com/spot/quote/ws/v1"
    assert SpotWebSocket(test=True)._options.url(PRIVATE) == "wss://stream-testnet.bybit.com/spot/ws"
    assert InverseWebSocket(domain="bytick")._options.url(REALTIME) == "wss://stream.bytick.com/realtime"
    assert InverseWebSocket(endpoint="ws://h:1/")._options.url(REALTIME) == "ws://h:1/realtime"


def test_unsubscribing_a_symbol_that_was_never_asked_for_raises() -> None:
    with Exchange(seed=1) as exchange, SpotWebSocket(endpoint=exchange.url) as client:
        subscription = client.depth_v1_stream(lambda message: None, "BTCUSDT")
        with pytest.raises(ConfigurationError, match="'ETHUSDT' is no symbol of this subscription to depth"):
            subscription.unsubscribe("ETHUSDT")
        assert repr(subscription) == "<Subscription depth BTCUSDT>"
        other = client.depth_v1_stream(None, "ETHUSDT")
        other.unsubscribe()
        assert repr(other) == "<Subscription depth: given up>"
    assert repr(subscription) == "<Subscription depth BTCUSDT: closed>"


@pytest.mark.parametrize("topic", ["", ".", "trade.", "trade.BTCUSD|", "tra de.BTCUSD", "trade.*|BTCUSD", None])
def test_a_custom_topic_must_be_spelt_like_one(topic: Any) -> None:
    with pytest.raises(ConfigurationError, match="topic must be"):
        InverseWebSocket(endpoint="ws://127.0.0.1:9").custom_topic_stream(topic, print)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"topic": "trade", "event": "cancel", "symbol": "A", "params": {}}, "must be 'sub'"),
        ({"topic": "trade", "event": "sub", "symbol": "A", "params": {"x": object()}}, "no JSON"),
        ({"event": "sub", "symbol": "A"}, "names no topic"),
        ({"topic": "trade", "event": "sub", "params": {}}, "names no symbol"),
        ({"topic": "trade", "event": "sub", "params": "BTCUSDT"}, "params must be a dict"),
    ],
)
def test_a_custom_request_must_subscribe(request_: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        SpotWebSocket(endpoint="ws://127.0.0.1:9").custom_topic_stream(request_, print, spot.PUBLIC_V1_WSS)


@pytest.mark.parametrize(
    ("client", "method", "told"),
    [
        (InverseWebSocket, "trade_v1_stream", "trade_v1_stream is a method of SpotWebSocket; inverse has trade_stream"),
        (SpotWebSocket, "trade_stream", "InverseWebSocket; spot has trade_v1_stream and trade_v2_stream"),
        (SpotWebSocket, "wallet_stream", "wallet_stream is a method of InverseWebSocket"),
        (SpotWebSocket, "nonsense_stream", "'SpotWebSocket' object has no attribute 'nonsense_stream'"),
        (InverseWebSocket, "nonsense", "'InverseWebSocket' object has no attribute 'nonsense'"),
    ],
)
def test_a_stream_of_the_other_client_is_said_to_be_there(client: Any, method: str, told: str) -> None:
    with client() as ws:
        assert not hasattr(ws, method)
        with pytest.raises(AttributeError, match=re.escape(told)):
            getattr(ws, method)
