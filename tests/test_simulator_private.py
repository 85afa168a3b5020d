"""Authentication on both private sockets, spot account events, REST, paths."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
import websocket
from test_simulator_raw import PRIVATE, REALTIME, Raw, auth, subscribe

from bybit_ws.simulator import Exchange

KEYS = {"key": "secret"}


@pytest.fixture
def exchange() -> Any:
    with Exchange(seed=3, speed=20, credentials=KEYS) as running:
        yield running


def test_spot_auth(exchange: Exchange) -> None:
    with Raw(exchange.url + PRIVATE) as raw:
        raw.send(auth())
        assert raw.receive() == {"auth": "success", "userId": 24068148}
    late = auth(expires=int(time.time() * 1000) - 1)
    for bad in (auth("other"), auth(secret="wrong"), late, {"op": "auth", "args": []}):
        with Raw(exchange.url + PRIVATE) as raw:
            raw.send(bad)
            answer = raw.receive()
            assert answer["auth"] == "fail"
            assert ("expired" in answer["msg"]) == (bad is late)
            raw.send({"ping": 1})
            assert "pong" in raw.receive(), "no events, and the socket is kept"


def test_inverse_auth(exchange: Exchange) -> None:
    late = auth(expires=int(time.time() * 1000) - 1)
    cases = ((auth(), ""), (auth("other"), "error:USVC1111"), (auth(secret="x"), "error:USVC1111"))
    for request, message in (*cases, (late, "error:request expired")):
        with Raw(exchange.url + REALTIME) as raw:
            raw.send(request)
            answer = raw.receive()
            assert [answer["success"], answer["ret_msg"]] == [not message, message]
            assert answer["request"] == {"op": "auth", "args": [str(arg) for arg in request["args"]]}
            raw.send(subscribe("wallet"))
            assert raw.receive()["success"] is (not message)


def test_query_auth(exchange: Exchange) -> None:
    def query(request: dict[str, Any]) -> str:
        names = ("api_key", "expires", "signature")
        return f"{exchange.url}{REALTIME}?{urlencode(dict(zip(names, request['args'])))}"

    with Raw(query(auth())) as raw:
        raw.send(subscribe("wallet"))
        assert raw.receive()["success"] is True
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Raw(query(auth(secret="wrong")))
    assert caught.value.status_code == 401


def test_any_key_is_good_without_credentials_but_never_an_expired_one() -> None:
    with Exchange(seed=1, clock_offset=60) as exchange:
        with Raw(exchange.url + PRIVATE) as raw:
            raw.send(auth("anything", "at all", int((time.time() + 120) * 1000)))
            assert raw.receive()["auth"] == "success"
        with Raw(exchange.url + PRIVATE) as raw:
            raw.send(auth())  # good by this machine's clock, a minute late by the exchange's
            assert raw.receive() == {"auth": "fail", "msg": "request expired"}


def test_spot_account_events(exchange: Exchange) -> None:
    with Raw(exchange.url + PRIVATE) as raw:
        raw.send(auth())
        seen, tickets, reports = set(), set(), set()

        def look(message: Any) -> bool:
            if isinstance(message, list):
                (event,) = message
                seen.add((event["e"], event.get("X")))
                assert all(isinstance(v, (str, bool)) for k, v in event.items() if k != "B")
                if event["e"] == "ticketInfo":
                    tickets.add(event["T"])
                elif event["e"] == "executionReport" and "t" in event:
                    reports.add(event["t"])
                elif event["e"] == "executionReport" and event["X"] == "NEW":
                    assert [event[k] for k in "MlzLnNZA"] == ["0", "0", "0", "0", "0", "", "0", "0"]
            wanted = {"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED"}
            stops = {"ORDER_NEW", "ORDER_FILLED", "ORDER_CANCELED"}
            return {x for e, x in seen if e == "executionReport"} >= wanted and {
                x for e, x in seen if e == "stop_executionReport"
            } >= stops

        raw.until(look, timeout=10)
        raw.until(lambda m: isinstance(m, list) and m[0]["e"] == "outboundAccountInfo")
        assert len(tickets ^ reports) <= 1, "one fill gives a ticketInfo and an executionReport"
        public = {t["v"] for s in ("BTCUSDT", "ETHUSDT") for t in exchange.truth.trades(s)}
        assert tickets <= public


def test_the_private_spot_socket_sends_json_pings() -> None:
    with Exchange(seed=1, speed=100, server_ping_interval=30) as exchange, Raw(exchange.url + PRIVATE) as raw:
        ping = raw.until(lambda m: "ping" in m)
        assert abs(ping["ping"] / 1000 - time.time()) < 5
        raw.send({"pong": 1})
        assert "ping" in raw.receive(), "a pong is taken without an answer"


def test_rest_times_and_unknown_paths() -> None:
    with Exchange(seed=1, clock_offset=-50) as exchange:

        def get(path: str) -> Any:
            with urllib.request.urlopen(exchange.http_url + path, timeout=5) as answer:  # noqa: S310
                assert answer.headers["Content-Type"] == "application/json"
                return json.load(answer)

        spot, inverse = get("/spot/v1/time"), get("/v2/public/time")
        assert list(spot) == ["ret_code", "ret_msg", "ext_code", "ext_info", "result"]
        assert abs(spot["result"]["serverTime"] / 1000 - time.time() + 50) < 5
        assert abs(float(inverse["time_now"]) - time.time() + 50) < 5
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            get("/realtime_private")
        caught.value.close()
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            Raw(exchange.url + "/realtime_public")
        assert refused.value.status_code == 404
