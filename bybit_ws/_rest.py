"""The only module that uses requests: the exchange's clock, and what V5 tells by REST alone. No credentials.

https://bybit-exchange.github.io/docs/spot/#t-servertime
https://bybit-exchange.github.io/docs/inverse/#t-servertime
https://bybit-exchange.github.io/docs/v5/market/time
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any, Callable

import requests

from .exceptions import RestError

TIMEOUT = 5.0
"""Seconds to wait for an answer."""

YEAR_5138 = 1e11
"""What is later, in seconds, or no number at all, is no clock."""


def clock_offset(base_url: str, path: str, options: Mapping[str, Any]) -> float:
    """Return how many seconds the exchange's clock is ahead of this computer's.

    Args:
        base_url: Scheme and host, e.g. ``"https://api.bybit.com"``.
        path: ``/spot/v1/time``, ``/v2/public/time`` or ``/v5/market/time``.
        options: ``sslopt``, ``http_proxy_host`` and ``http_proxy_port``, as for the websocket.

    Raises:
        RestError: The clock could not be read.
    """

    def ask() -> float:
        before = time.time()
        body = _get(base_url + path, {}, options)
        return _server_time(body) - (before + time.time()) / 2

    answer: float = _in_time(ask, f"the exchange's clock at {base_url}{path} could not be read")
    return answer


def result(base_url: str, path: str, params: Mapping[str, str], options: Mapping[str, Any]) -> Any:
    """Return what V5's REST interface answers.

    Args:
        base_url: Scheme and host.
        path: E.g. ``/v5/market/recent-trade``.
        params: The query.
        options: As for ``clock_offset``.

    Raises:
        RestError: There was no answer, or none that says OK.
    """

    def ask() -> Any:
        body = _get(base_url + path, params, options)
        if body["retCode"] != 0:
            raise ValueError(f"{body.get('retMsg')} (retCode {body['retCode']})")
        return body["result"]

    return _in_time(ask, f"{base_url}{path} did not answer")


def _in_time(ask: Callable[[], Any], failed: str) -> Any:
    """Return what is answered; requests' timeout is for each read: a server that drips would have for ever."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # whatever an answer that is none makes of itself
            answers.append(error)

    asking = threading.Thread(target=run, name="bybit_ws rest", daemon=True)
    asking.start()
    asking.join(TIMEOUT)
    answer = answers[0] if answers else TimeoutError(f"no answer within {TIMEOUT:g} s")
    if isinstance(answer, Exception):
        raise RestError(f"{failed}: {answer}") from answer
    return answer


def _get(url: str, params: Mapping[str, str], options: Mapping[str, Any]) -> Any:
    reply = requests.get(
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
