from __future__ import annotations

from typing import Any

import pytest

from bybit_ws._options import Options
from bybit_ws._topics import PRIVATE, PUBLIC_V1, PUBLIC_V2, REALTIME
from bybit_ws.exceptions import ConfigurationError

SPOT, INVERSE = (PUBLIC_V1, PUBLIC_V2, PRIVATE), (REALTIME,)

DEFAULTS: dict[str, Any] = {
    "test": False,
    "domain": "bybit",
    "api_key": None,
    "api_secret": None,
    "ping_interval": 20,
    "ping_timeout": 10,
    "retries": 10,
    "restart_on_error": True,
    "open_timeout": 10,
    "trace_logging": False,
    "endpoint": None,
    "on_event": None,
    "auth": "message",
    "binary": False,
    "http_proxy_host": None,
    "http_proxy_port": None,
    "sslopt": None,
}


def options(**given: Any) -> Options:
    return Options(**{**DEFAULTS, **given})


GOOD = [
    {},
    {"ping_timeout": None},
    {"ping_interval": 1, "ping_timeout": 60},
    {"retries": 0},
    {"domain": "bytick"},
    {"api_key": "", "api_secret": ""},
    {"api_key": "", "api_secret": None},
    {"api_key": "k", "api_secret": "s"},
    {"endpoint": "ws://127.0.0.1:8765"},
    {"endpoint": {"public_v1": "wss://wsapi.batonex.com/openapi/quote/ws/v1"}},
    {"on_event": print},
    {"sslopt": {"ca_certs": "ca.pem"}},
    {"http_proxy_host": "proxy", "http_proxy_port": 8080},
]
BAD = [
    ({"ping_interval": 0}, ConfigurationError, "ping_interval must be more than 0"),
    ({"ping_interval": -1}, ConfigurationError, "ping_interval"),
    ({"ping_interval": 1e10}, ConfigurationError, "at most 1,000,000 seconds"),
    ({"ping_interval": float("nan")}, ConfigurationError, "ping_interval"),
    ({"ping_interval": None}, TypeError, "ping_interval must be a number"),
    ({"ping_interval": True}, TypeError, "ping_interval must be a number"),
    ({"ping_timeout": 0}, ConfigurationError, "ping_timeout"),
    ({"ping_timeout": "10"}, TypeError, "ping_timeout"),
    ({"open_timeout": float("inf")}, ConfigurationError, "open_timeout"),
    ({"retries": -1}, ConfigurationError, "retries must be 0"),
    ({"retries": 1.5}, TypeError, "retries must be a whole number"),
    ({"retries": True}, TypeError, "retries"),
    ({"api_key": "k"}, ConfigurationError, "api_secret is missing"),
    ({"api_secret": "s"}, ConfigurationError, "api_key is missing"),
    ({"api_key": 5, "api_secret": "s"}, TypeError, "api_key must be a str"),
    ({"domain": ""}, ConfigurationError, "domain"),
    ({"domain": "evil.com/"}, ConfigurationError, "domain"),
    ({"domain": 5}, TypeError, "domain must be a str"),
    ({"auth": "cookie"}, ConfigurationError, "auth must be 'message' or 'url'"),
    ({"auth": "url"}, ConfigurationError, "inverse only"),
    ({"on_event": 5}, TypeError, "on_event must be callable"),
    ({"sslopt": 5}, TypeError, "sslopt must be a dict"),
    ({"http_proxy_port": 80}, ConfigurationError, "without http_proxy_host"),
    ({"endpoint": 5}, TypeError, "endpoint must be a URL"),
    ({"endpoint": ""}, ConfigurationError, "endpoint must be a URL"),
    ({"endpoint": "127.0.0.1:8765"}, ConfigurationError, "such as 'wss://host'"),
    ({"endpoint": "http://127.0.0.1"}, ConfigurationError, "such as 'wss://host'"),
    ({"endpoint": "ws://"}, ConfigurationError, "such as 'wss://host'"),
    ({"endpoint": "ws://[::1"}, ConfigurationError, "such as 'wss://host'"),
    ({"endpoint": "ws://host:port"}, ConfigurationError, "such as 'wss://host'"),
    ({"endpoint": "ws://host:99999"}, ConfigurationError, "such as 'wss://host'"),
    ({"endpoint": {"realtime": "ws://host"}}, ConfigurationError, "unknown socket 'realtime'"),
    ({"endpoint": {"private": 5}}, TypeError, r"endpoint\['private'\] must be a str"),
    ({"endpoint": {"private": "x"}}, ConfigurationError, r"endpoint\['private'\]"),
]


@pytest.mark.parametrize("given", GOOD, ids=str)
def test_what_is_right_is_taken(given: dict[str, Any]) -> None:
    assert options(**given).check(SPOT, url_auth=False) is None


@pytest.mark.parametrize(("given", "error", "words"), BAD, ids=str)
def test_what_is_wrong_is_named(given: dict[str, Any], error: type, words: str) -> None:
    with pytest.raises(error, match=words) as raised:
        options(**given).check(SPOT, url_auth=False)
    assert isinstance(raised.value, ConfigurationError)


def test_inverse_may_authenticate_by_url() -> None:
    assert options(auth="url").check(INVERSE, url_auth=True) is None


@pytest.mark.parametrize(
    ("given", "urls", "rest"),
    [
        ({}, "wss://stream.bybit.com", "https://api.bybit.com"),
        ({"test": True}, "wss://stream-testnet.bybit.com", "https://api-testnet.bybit.com"),
        ({"domain": "bytick"}, "wss://stream.bytick.com", "https://api.bytick.com"),
        ({"endpoint": "ws://127.0.0.1:8765"}, "ws://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ({"endpoint": "wss://host/"}, "wss://host", "https://host"),
    ],
)
def test_the_documented_paths_are_appended(given: dict[str, Any], urls: str, rest: str) -> None:
    chosen = options(**given)
    paths = ("/spot/quote/ws/v1", "/spot/quote/ws/v2", "/spot/ws", "/realtime")
    assert [chosen.url(socket) for socket in (*SPOT, *INVERSE)] == [urls + path for path in paths]
    assert chosen.rest_url(REALTIME) == rest


@pytest.mark.parametrize(
    ("domain", "stream", "rest"),
    [
        ("bybit-tr", "stream.bybit.tr", "api.bybit.tr"),
        ("bybit.kz", "stream.bybit.kz", "api.bybit.kz"),
        ("bybit-id", "stream.bybit.id", "api.bybit.id"),
        ("bybitgeorgia.ge", "stream.bybitgeorgia.ge", "api.bybitgeorgia.ge"),
        ("manepa.jp", "stream.manepa.jp", "api.manepa.jp"),
        ("bybit-nl", "stream.bybit.com", "api.bybit.nl"),
        ("bybit-ae", "stream.bybit.com", "api.bybit.ae"),
        ("bybit.eu", "stream.bybit.com", "api.bybit.eu"),
    ],
)
def test_regional_hosts(domain: str, stream: str, rest: str) -> None:
    chosen = options(domain=domain)
    assert chosen.url(REALTIME, "v5") == f"wss://{stream}/v5/public/inverse"
    assert chosen.rest_url(REALTIME, "v5") == f"https://{rest}"


@pytest.mark.parametrize("domain", ["bybit-tr", "bybit.kz", "bybit.eu"])
def test_regions_have_no_test_network_of_their_own(domain: str) -> None:
    chosen = options(domain=domain, test=True)
    assert chosen.url(REALTIME, "v5") == "wss://stream-testnet.bybit.com/v5/public/inverse"
    assert chosen.rest_url(REALTIME, "v5") == "https://api-testnet.bybit.com"


def test_a_mapping_gives_whole_urls() -> None:
    chosen = options(endpoint={"public_v1": "wss://stream.toobit.com/quote/ws/v1"})
    assert chosen.url(PUBLIC_V1) == "wss://stream.toobit.com/quote/ws/v1"
    assert chosen.rest_url(PUBLIC_V1) == "https://api.toobit.com"
    with pytest.raises(ConfigurationError, match="no URL for the socket 'private'"):
        chosen.url(PRIVATE)


def test_credentials_are_both_or_none() -> None:
    assert options().credentials is None
    assert options(api_key="", api_secret="").credentials is None
    assert options(api_key="k", api_secret="s").credentials == ("k", "s")


def test_the_network_options_are_those_that_were_given() -> None:
    assert options().network == {}
    given = {"sslopt": {"ca_certs": "x"}, "http_proxy_host": "p", "http_proxy_port": 1}
    assert options(**given).network == given


def test_neither_keys_nor_tls_options_are_shown() -> None:
    shown = repr(options(api_key="the key", api_secret="the secret", sslopt={"password": "the password"}))
    assert not any(word in shown for word in ("the key", "the secret", "the password"))
