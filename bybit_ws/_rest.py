"""The only module that uses requests: reads the exchange's clock, for a computer whose own is wrong.

https://bybit-exchange.github.io/docs/spot/#t-servertime
https://bybit-exchange.github.io/docs/inverse/#t-servertime
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests

from .exceptions import RestError

TIMEOUT = 5.0
"""Seconds to wait for the clock."""

YEAR_5138 = 1e11
"""What is later, in seconds, or no number at all, is no clock."""


def clock_offset(base_url: str, path: str, options: Mapping[str, Any]) -> float:
    """Return how many seconds the exchange's clock is ahead of this computer's.

    Args:
        base_url: Scheme and host, e.g. ``"https://api.bybit.com"``.
        path: ``/spot/v1/time`` or ``/v2/public/time``.
        options: ``sslopt``, ``http_proxy_host`` and ``http_proxy_port``, as for the websocket.

    Raises:
        RestError: The clock could not be read.
    """
    answers: list[float | Exception] = []

    def ask() -> None:
        try:
            answers.append(_ask(base_url + path, options))
        except Exception as error:  # whatever an answer that is none makes of itself
            answers.append(error)

    # requests' timeout is for each read: a server that drips its answer would have for ever.
    asking = threading.Thread(target=ask, name="bybit_ws clock", daemon=True)
    asking.start()
    asking.join(TIMEOUT)
    answer = answers[0] if answers else TimeoutError(f"no answer within {TIMEOUT:g} s")
    if isinstance(answer, Exception):
        raise RestError(f"the exchange's clock at {base_url}{path} could not be read: {answer}") from answer
    return answer


def _ask(url: str, options: Mapping[str, Any]) -> float:
    before = time.time()
    reply = requests.get(
        url, timeout=TIMEOUT, proxies=_proxies(options), verify=_verify(options.get("sslopt") or {})
    )
    reply.raise_for_status()
    return _server_time(reply.json()) - (before + time.time()) / 2


def _server_time(body: Mapping[str, Any]) -> float:
    result = body.get("result") or {}
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
