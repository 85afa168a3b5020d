"""The two REST calls that tell the exchange's time, and HTTP answers in general."""

from __future__ import annotations

from collections.abc import Mapping

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Response

from .wire import compact


def time_answer(path: str, now: float) -> str | None:
    """Give the JSON of a time endpoint, or None for any other path."""
    if path == "/spot/v1/time":
        head = {"ret_code": 0, "ret_msg": "", "ext_code": None, "ext_info": None}
        return compact({**head, "result": {"serverTime": int(now * 1000)}})
    if path == "/v2/public/time":
        head = {"ret_code": 0, "ret_msg": "OK", "ext_code": "", "ext_info": ""}
        return compact({**head, "result": {}, "time_now": f"{now:.6f}"})
    return None


def respond(
    connection: ServerConnection, status: int, text: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer a request with a status in place of an upgrade."""
    response = connection.respond(status, text)
    for name, value in (headers or {}).items():
        if name in response.headers:
            del response.headers[name]
        response.headers[name] = value
    return response
