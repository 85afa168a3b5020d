"""The exchange's clock, read over REST."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import responses
import trustme
from support import connect_proxy, tcp_peer

from bybit_ws import _rest
from bybit_ws._rest import clock_offset
from bybit_ws.exceptions import BybitWebSocketError, RestError
from bybit_ws.simulator import Exchange

BASE = "https://api.bybit.com"
SPOT, INVERSE = "/spot/v1/time", "/v2/public/time"


def spot_body(ahead: float) -> dict[str, Any]:
    return {"ret_code": 0, "ret_msg": "", "result": {"serverTime": int((time.time() + ahead) * 1000)}}


def inverse_body(ahead: float) -> dict[str, Any]:
    return {"ret_code": 0, "ret_msg": "OK", "result": {}, "time_now": f"{time.time() + ahead:.6f}"}


@responses.activate
@pytest.mark.parametrize(("path", "body"), [(SPOT, spot_body), (INVERSE, inverse_body)])
@pytest.mark.parametrize("ahead", [0, 90, -90])
def test_the_offset_of_both_exchanges_clocks(path: str, body: Any, ahead: float) -> None:
    responses.get(BASE + path, json=body(ahead))
    assert clock_offset(BASE, path, {}) == pytest.approx(ahead, abs=1)


@responses.activate
def test_half_of_the_journey_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([100.0, 104.0])
    monkeypatch.setattr(_rest, "time", SimpleNamespace(time=lambda: next(moments)))
    responses.get(BASE + INVERSE, json={"time_now": "1002"})
    assert clock_offset(BASE, INVERSE, {}) == 900


@responses.activate
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"status": 503, "json": {"time_now": "1"}},
        {"body": "<html>"},
        {"body": ""},
        {"json": {}},
        {"json": []},
        {"json": 7},
        {"json": None},
        {"json": {"result": {"serverTime": "soon"}}},
        {"json": {"result": [1], "time_now": "never"}},
        {"json": {"result": "serverTime"}},
        {"json": {"time_now": None}},
        {"json": {"time_now": "inf"}},
        {"json": {"time_now": "nan"}},
        {"json": {"result": {"serverTime": 0}}},
        {"body": OSError("no such file of certificates")},
        {"body": requests.ConnectionError("refused")},
        {"body": requests.Timeout("late")},
        {"body": requests.TooManyRedirects("round and round")},
        {"body": requests.exceptions.SSLError("untrusted")},
    ],
    ids=repr,
)
def test_whatever_goes_wrong_is_a_rest_error_that_names_the_place(answer: dict[str, Any]) -> None:
    responses.get(BASE + SPOT, **answer)
    with pytest.raises(RestError, match=BASE + SPOT) as caught:
        clock_offset(BASE, SPOT, {})
    assert isinstance(caught.value, BybitWebSocketError)


def test_no_server_at_all_is_a_rest_error() -> None:
    with pytest.raises(RestError):
        clock_offset("http://127.0.0.1:9", SPOT, {})


def test_a_server_that_drips_its_answer_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rest, "TIMEOUT", 0.3)
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"X")

    began = time.monotonic()
    with tcp_peer(drip, hold=False) as url:
        with pytest.raises(RestError, match=r"no answer within 0\.3 s"):
            clock_offset(url.replace("ws:", "http:"), SPOT, {})
        assert time.monotonic() - began < 3
        stop.set()


@pytest.mark.parametrize("path", [SPOT, INVERSE])
def test_the_simulators_clock(path: str) -> None:
    with Exchange(clock_offset=50) as exchange:
        assert clock_offset(exchange.http_url, path, {}) == pytest.approx(50, abs=2)


def test_an_http_proxy_and_certificates_are_used_as_for_the_websocket() -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as path, Exchange(ssl_context=context) as exchange:
        with connect_proxy() as (proxy, targets):
            options = {"sslopt": {"ca_certs": path}, **proxy}
            assert clock_offset(exchange.http_url, SPOT, options) == pytest.approx(0, abs=2)
            assert targets == [exchange.http_url.partition("//")[2]]
        with pytest.raises(RestError):
            clock_offset(exchange.http_url, SPOT, {})
        with pytest.warns(Warning, match="Unverified HTTPS"):
            assert clock_offset(exchange.http_url, SPOT, {"sslopt": {"cert_reqs": ssl.CERT_NONE}}) < 2
