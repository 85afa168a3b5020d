"""The only module that uses requests: the exchange's clock, and what V5 tells by REST alone. No credentials.

https://bybit-exchange.github.io/docs/spot/#t-servertime
https://bybit-exchange.github.io/docs/inverse/#t-servertime
https://bybit-exchange.github.io/docs/v5/market/time
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Callable

import requests
from requests.adapters import HTTPAdapter

from ._redact import anonymous
from .exceptions import RestError

TIMEOUT = 5.0
"""Seconds to wait for an answer."""

FAREWELL = 10
"""Times that a question which is given up is told to end, twenty times a second."""

YEAR_5138 = 1e11
"""What is later, in seconds, or no number at all, is no clock."""


class Call(HTTPAdapter):
    """One question, which any thread may give up: it knows the connections that are made for it."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()
        self.given_up = False
        self._lines: list[Any] = []

    def give_up(self) -> None:
        """Wait no longer."""
        self.given_up = True
        self.over.set()

    def cut(self) -> None:
        """Make whoever waits for an answer return; one that connects cannot be made to."""
        for line in list(self._lines):
            sock = getattr(line, "sock", None)
            if sock is not None:
                with suppress(OSError):
                    # Not the method of a TLS socket: that one would read on without decrypting.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def get_connection(self, *args: Any, **options: Any) -> Any:
        """Return a pool of connections; what requests before 2.32 calls."""
        return self._noting(super().get_connection(*args, **options))

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return a pool of connections."""
        return self._noting(super().get_connection_with_tls_context(*args, **options))

    def _noting(self, pool: Any) -> Any:
        make = pool.ConnectionCls

        def note(*args: Any, **options: Any) -> Any:
            line = make(*args, **options)
            self._lines.append(line)
            return line

        pool.ConnectionCls = note
        return pool


def clock_offset(base_url: str, path: str, options: Mapping[str, Any]) -> float:
    """Return how many seconds the exchange's clock is ahead of this computer's.

    Args:
        base_url: Scheme and host, e.g. ``"https://api.bybit.com"``.
        path: ``/spot/v1/time``, ``/v2/public/time`` or ``/v5/market/time``.
        options: ``sslopt``, ``http_proxy_host`` and ``http_proxy_port``, as for the websocket.

    Raises:
        RestError: The clock could not be read.
    """

    def ask(call: Call) -> float:
        before = time.time()
        body = _get(call, base_url + path, {}, options)
        return _server_time(body) - (before + time.time()) / 2

    answer: float = _in_time(Call(), ask, f"the exchange's clock at {base_url}{path} could not be read")
    return answer


def result(call: Call, base_url: str, path: str, params: Mapping[str, str], options: Mapping[str, Any]) -> Any:
    """Return what V5's REST interface answers.

    Args:
        call: What can be given up meanwhile.
        base_url: Scheme and host.
        path: E.g. ``/v5/market/recent-trade``.
        params: The query.
        options: As for ``clock_offset``.

    Raises:
        RestError: There was no answer, or none that says OK.
    """

    def ask(call: Call) -> Any:
        body = _get(call, base_url + path, params, options)
        if body["retCode"] != 0:
            raise ValueError(f"{body.get('retMsg')} (retCode {body['retCode']})")
        return body["result"]

    return _in_time(call, ask, f"{base_url}{path} did not answer")


def _in_time(call: Call, ask: Callable[[Call], Any], failed: str) -> Any:
    """Return what is answered; requests' timeout is for each read: a server that drips would have for ever."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(ask(call))
        except Exception as error:  # whatever an answer that is none makes of itself
            answers.append(error)
        call.over.set()

    asking = threading.Thread(target=run, name="bybit_ws rest", daemon=True)
    asking.start()
    call.over.wait(TIMEOUT)
    words = "it was given up" if call.given_up else f"no answer within {TIMEOUT:g} s"
    answer = answers[0] if answers else TimeoutError(words)
    for _ in range(FAREWELL):
        if not asking.is_alive():
            break
        call.cut()  # again and again: there may be no socket yet
        asking.join(0.05)
    if isinstance(answer, Exception):
        raise RestError(anonymous(f"{failed}: {answer}"))  # not from it: its text may show a password
    return answer


def _get(call: Call, url: str, params: Mapping[str, str], options: Mapping[str, Any]) -> Any:
    with requests.Session() as session:
        session.mount("http://", call)
        session.mount("https://", call)
        reply = session.get(
            url,
            params=params,
            timeout=TIMEOUT,
            proxies=_proxies(options),
            verify=_verify(options.get("sslopt") or {}),
        )
    reply.raise_for_status()
    return reply.json()


def _server_time(body: Mapping[str, Any]) -> float:
    result = body.get("result") or {}
    if "timeNano" in result:
        seconds = int(result["timeNano"]) / 1e9
    else:
        seconds = int(result["serverTime"]) / 1000 if "serverTime" in result else float(body["time_now"])
    if not 0 < seconds < YEAR_5138:
        raise ValueError(f"{seconds} is no time")
    return seconds


def _proxies(options: Mapping[str, Any]) -> dict[str, str] | None:
    if not options.get("http_proxy_host"):
        return None
    proxy = f"http://{options['http_proxy_host']}:{options.get('http_proxy_port') or 80}"
    return {"http": proxy, "https": proxy}


def _verify(sslopt: Mapping[str, Any]) -> bool | str:
    if sslopt.get("cert_reqs") == ssl.CERT_NONE:
        return False
    ca_certs: bool | str = sslopt.get("ca_certs") or sslopt.get("ca_cert_path") or True
    return ca_certs
