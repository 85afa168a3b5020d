"""No secret, no signature and no whole key in anything that a person may read, whatever happens."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from support import CREDENTIALS, KEY, KEYS, SECRET, Events, Inbox, tcp_peer, wait_until, ws_peer

from bybit_ws import BybitWebsocket, InverseWebSocket, SpotWebSocket, events
from bybit_ws.exceptions import BybitWebSocketError
from bybit_ws.simulator import Exchange

SIGNATURE = re.compile(r"[0-9a-f]{64}")


class Eavesdropper(logging.Handler):
    """Keeps every record of the process, arguments and tracebacks included."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.texts.append(f"{record.name}: {record.getMessage()} {record.args!r} {trace}")


@pytest.fixture
def overheard() -> Iterator[list[str]]:
    """Turn every logger of the process on and check at the end that nothing leaked."""
    root, ear = logging.getLogger(), Eavesdropper()
    names = [None, "bybit_ws", "bybit_ws.trace", "websocket", "urllib3", "requests"]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(1)
    root.addHandler(ear)
    yield ear.texts
    root.removeHandler(ear)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    # The simulator's own log shows what was received, and is not the client's.
    check([text for text in ear.texts if not text.startswith(("bybit_ws.simulator", "websockets"))])


def check(texts: list[str]) -> None:
    for text in texts:
        assert SECRET not in text, text
        assert "another secret" not in text, text
        assert KEY not in text, text
        assert not SIGNATURE.search(text), text


def shown(error: BaseException) -> list[str]:
    return [str(error), repr(error), "".join(traceback.format_exception(type(error), error, error.__traceback__))]


def everything(client: Any, seen: Events) -> list[str]:
    """Return all that a client shows of itself."""
    known = [repr(client), str(client), repr(client.health()), repr(client.subscriptions), repr(client._options)]
    return [*known, *map(repr, seen), *map(repr, client._sockets.opened().values())]


@pytest.mark.parametrize("queue", [None, "latest"])
@pytest.mark.parametrize("auth", ["message", "url"])
def test_success_and_drops_show_nothing(overheard: list[str], auth: str, queue: Any) -> None:
    seen, box = Events(), Inbox()
    with Exchange(seed=1, speed=20, credentials=CREDENTIALS) as exchange:
        options: dict[str, Any] = {"endpoint": exchange.url, "on_event": seen, "trace_logging": True, **KEYS}
        with InverseWebSocket(auth=auth, queue=queue, **options) as client:
            subscription = client.wallet_stream(box)
            box.wait(timeout=10)
            exchange.drop()
            seen.first(events.Reconnected)
            box.more(timeout=10)
            seen.first(events.Gap)
            check([*everything(client, seen), repr(subscription), repr(vars(subscription))])
    if auth == "message":
        traced = [text for text in overheard if text.startswith("bybit_ws.trace") and '"auth"' in text]
        assert any("<signature>" in text and KEY[:4] in text for text in traced), "traced, but redacted"


def test_spot_shows_nothing(overheard: list[str]) -> None:
    seen, box = Events(), Inbox()
    with Exchange(seed=1, speed=20, credentials=CREDENTIALS) as exchange:
        options: dict[str, Any] = {"endpoint": exchange.url, "on_event": seen, "trace_logging": True, **KEYS}
        with SpotWebSocket(**options) as client:
            client.outbound_account_info_stream(box)
            box.wait(timeout=10)
            exchange.drop()
            seen.first(events.Reconnected)
            check(everything(client, seen))


@pytest.mark.parametrize(("kind", "auth"), [(SpotWebSocket, "message"), (InverseWebSocket, "message"),
                                             (InverseWebSocket, "url")])  # fmt: skip
@pytest.mark.parametrize("offset", [0.0, 3600.0])
def test_a_refusal_shows_nothing(overheard: list[str], kind: Any, auth: str, offset: float) -> None:
    seen = Events()
    with Exchange(seed=1, credentials=CREDENTIALS, clock_offset=offset) as exchange:
        options: dict[str, Any] = {"endpoint": exchange.url, "on_event": seen, "trace_logging": True, "auth": auth}
        with kind(api_key=KEY, api_secret="another secret", **options) as client:
            with pytest.raises(BybitWebSocketError) as caught:
                (client.ticket_info_stream if kind is SpotWebSocket else client.position_stream)(print)
            check([*everything(client, seen), *shown(caught.value)])
    assert seen.of(events.AuthenticationRefused)


def test_an_exchange_that_repeats_what_it_was_told_shows_nothing(overheard: list[str]) -> None:
    """In a refusal, in a close reason, in an unknown message: its words are shown, secrets are not."""

    def echo(connection: Any) -> None:
        request = connection.recv()
        connection.send(request)
        connection.send('{"unheard":' + request + "}")
        connection.send(f'{{"code":"-1","desc":"bad key {KEY} and {SECRET}"}}')
        connection.send(f'{{"auth":"success","msg":"welcome {KEY}"}}')
        connection.recv()
        connection.close(1008, f"bad key {KEY}")

    seen = Events()
    options: dict[str, Any] = {"on_event": seen, "trace_logging": True, "ping_interval": 0.2, "retries": 1}
    with ws_peer(echo) as url, SpotWebSocket(endpoint=url, **options, **KEYS) as client:
        client.ticket_info_stream(print)
        assert "code 1008" in seen.first(events.Disconnected).reason
        check(everything(client, seen))


def test_a_refusal_that_repeats_the_key_shows_nothing(overheard: list[str]) -> None:
    def refuse(connection: Any) -> None:
        request = connection.recv()
        connection.send(f'{{"success":false,"ret_msg":"error: no key {KEY}","request":{request}}}')
        connection.recv()

    seen = Events()
    with ws_peer(refuse) as url, InverseWebSocket(endpoint=url, on_event=seen, trace_logging=True, **KEYS) as client:
        with pytest.raises(BybitWebSocketError, match="error: no key") as caught:
            client.position_stream(print)
        check([*everything(client, seen), *shown(caught.value)])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 404 Not Found\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
        b"HTTP/1.1 500 Error\r\nX: y\r\n\r\n",
        b"junk\r\n\r\n",
    ],
)
def test_a_signed_url_is_never_shown(overheard: list[str], answer: bytes) -> None:
    requests = Inbox()

    def serve(connection: Any) -> None:
        requests(connection.recv(4096).decode())
        connection.sendall(answer)

    options: dict[str, Any] = {"auth": "url", "retries": 1, "trace_logging": True, **KEYS}
    with tcp_peer(serve, hold=False) as url, InverseWebSocket(endpoint=url, **options) as client:
        with pytest.raises(BybitWebSocketError) as caught:
            client.position_stream(print)
        check([*shown(caught.value), repr(client)])
    assert "signature=" in requests[0]


def test_the_pull_class_shows_nothing(overheard: list[str]) -> None:
    with Exchange(seed=1, speed=20, credentials=CREDENTIALS) as exchange:
        client = BybitWebsocket(exchange.url + "/realtime", KEY, SECRET)
        client.subscribe_order()
        assert wait_until(lambda: client.get_data("order"), 10)
        check([repr(client), repr(vars(client))])
        client.exit()


def test_wrong_arguments_show_nothing() -> None:
    for options in ({"api_key": KEY}, {"api_secret": SECRET}, {**KEYS, "ping_interval": 0}, {**KEYS, "auth": "x"}):
        with pytest.raises(BybitWebSocketError) as caught:
            InverseWebSocket(**options)
        check([str(caught.value), repr(caught.value)])


def test_a_password_in_the_endpoint_is_not_shown_when_the_exchange_retires_or_rest_fails(overheard: list[str]) -> None:
    seen = Events()
    with Exchange(seed=1, speed=20, retired=True) as exchange:
        exchange.refuse_rest()
        url = exchange.url.replace("//", "//somebody:another%20secret@")
        with SpotWebSocket(endpoint=url, on_event=seen) as client:
            client.trade_v1_stream(Inbox(), "BTCUSDT")
            told = [repr(seen.first(events.Retired)), repr(seen.first(events.RestFailed))]
    for text in [*told, *overheard]:
        if not text.startswith(("bybit_ws.simulator", "websockets", "urllib3")):
            assert "another%20secret" not in text, text
    assert exchange.url.partition("//")[2] in told[0]
