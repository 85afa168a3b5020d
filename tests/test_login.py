"""Authentication decided without a socket: what is signed, when a second try is made, what a refusal becomes."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from support import KEY, KEYS

from bybit_ws import InverseWebSocket, SpotWebSocket
from bybit_ws._auth import Credentials
from bybit_ws._dialects import AuthReply
from bybit_ws._login import Login
from bybit_ws._topics import PRIVATE, PUBLIC_V1, REALTIME, Socket
from bybit_ws.exceptions import AuthenticationError, ConnectionFailed, ConnectionLost

TIMES = {REALTIME: "https://api.bybit.com/v2/public/time", PRIVATE: "https://api.bybit.com/spot/v1/time"}
ACCEPTED, REFUSED, EXPIRED = AuthReply(True, ""), AuthReply(False, "no such key"), AuthReply(False, "request expired")


def login(socket: Socket = REALTIME, required: bool = True, **options: Any) -> Login:
    client: Any = (InverseWebSocket if socket is REALTIME else SpotWebSocket)(**{**KEYS, **options})
    return Login(socket, client._options, required=required)


class Exchange:
    """Answers one challenge after the other."""

    def __init__(self, *replies: AuthReply) -> None:
        self.replies = list(replies)
        self.signed: list[tuple[str, int, str]] = []

    def __call__(self, signed: tuple[str, int, str]) -> AuthReply:
        self.signed.append(signed)
        return self.replies.pop(0)


def test_an_accepted_key() -> None:
    exchange, one = Exchange(ACCEPTED), login()
    assert one.perform(exchange) is None
    assert one.accepted
    key, expires, signature = exchange.signed[0]
    assert key == KEY
    assert len(signature) == 64
    assert expires - time.time() * 1000 > 5000


def test_every_login_is_signed_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([1000.0, 2000.0])
    monkeypatch.setattr(time, "time", lambda: next(moments))
    exchange, one = Exchange(ACCEPTED, ACCEPTED), login()
    one.perform(exchange)
    one.perform(exchange)
    assert exchange.signed[0][1:] != exchange.signed[1][1:]


def test_a_refused_key_raises_where_it_is_required() -> None:
    one = login()
    with pytest.raises(AuthenticationError, match=r"no such key.*api_key and api_secret.*clock"):
        one.perform(Exchange(REFUSED))
    assert not one.accepted


def test_a_refused_key_is_told_where_it_is_not_required() -> None:
    one = login(required=False)
    assert one.perform(Exchange(REFUSED)) == "no such key"
    assert not one.accepted


@pytest.mark.parametrize("options", [{"api_key": None, "api_secret": None}, {"socket": PUBLIC_V1}])
def test_without_keys_nobody_is_asked(options: dict[str, Any]) -> None:
    one = login(**options)
    assert one.perform(Exchange()) is None
    assert not one.accepted
    assert "?" not in one.url()


@responses.activate
@pytest.mark.parametrize("socket", [REALTIME, PRIVATE])
def test_an_expired_request_asks_the_exchanges_clock_and_tries_once_more(socket: Socket) -> None:
    now = time.time() + 500
    responses.get(TIMES[socket], json={"time_now": str(now), "result": {"serverTime": int(now * 1000)}})
    exchange, one = Exchange(EXPIRED, ACCEPTED), login(socket)
    one.perform(exchange)
    assert exchange.signed[1][1] - exchange.signed[0][1] == pytest.approx(500_000, abs=5_000)
    assert one.now_ms() == pytest.approx(now * 1000, abs=5_000)
    assert len(responses.calls) == 1


@responses.activate
def test_only_once_more() -> None:
    responses.get(TIMES[REALTIME], json={"time_now": str(time.time() + 500)})
    with pytest.raises(AuthenticationError, match="request expired"):
        login().perform(Exchange(EXPIRED, EXPIRED))


@responses.activate
def test_a_clock_out_of_reach_leaves_the_refusal(caplog: pytest.LogCaptureFixture) -> None:
    responses.get(TIMES[REALTIME], status=503)
    with pytest.raises(AuthenticationError, match="request expired"):
        login().perform(Exchange(EXPIRED))
    assert "could not be read" in caplog.text


def test_by_url_the_query_is_signed_and_nothing_is_asked() -> None:
    one = login(auth="url", endpoint={"realtime": "wss://sibling/realtime?x=1"})
    query = {name: values[0] for name, values in parse_qs(urlsplit(one.url()).query).items()}
    assert set(query) == {"x", "api_key", "expires", "signature"}
    assert query["signature"] == Credentials(**KEYS).signed(int(query["expires"]) - 10_000)[2]
    assert one.perform(Exchange()) is None
    assert one.accepted


def test_by_url_a_refused_upgrade_is_a_refused_key() -> None:
    refused = ConnectionFailed("401", status=401)
    assert isinstance(login(auth="url").translated(refused), AuthenticationError)
    for failure in (ConnectionFailed("503", status=503), ConnectionLost("gone")):
        assert login(auth="url").translated(failure) is failure
    assert login().translated(refused) is refused
