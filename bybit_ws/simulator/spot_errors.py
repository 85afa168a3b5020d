"""The spot sockets' refusals (wire-legacy section 5.3)."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that is answered with ``{"code","desc"}``."""

    def __init__(self, code: str, desc: str) -> None:
        super().__init__(desc)
        self.answer = {"code": code, "desc": desc}


class NamedRefusal(Refusal):
    """A request that is answered in the shape of an acknowledgement, as one exchange of the family does."""

    def __init__(self, request: dict[str, Any], code: str, msg: str) -> None:
        super().__init__(code, msg)
        head = {key: request[key] for key in ("topic", "event", "params")}
        self.answer = {**head, "code": code, "msg": msg}


INVALID_REQUEST = ("-10000", "Invalid request!")
INVALID_JSON = ("-10001", "Invalid JSON!")
INVALID_EVENT = ("-10002", "Invalid event!")
EVENT_REQUIRED = ("-10003", "Event required!")
INVALID_TOPIC = ("-10004", "Invalid topic!")
TOPIC_REQUIRED = ("-10005", "Topic required!")
PARAMS_REQUIRED = ("-10007", "Params required!")
PERIOD_REQUIRED = ("-10008", "Period required!")
INVALID_PERIOD = ("-10009", "Invalid period!")
INVALID_SYMBOLS = ("-100010", "Invalid Symbols!")
PARAMETER_ERROR = ("-100011", "Parameter error!")
DUMP_SCALE_ERROR = ("-100009", "DumpScale error.")
DUMP_SCALE_REQUIRED = ("-100013", "DumpScale required!")


def check_shape(request: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Give topic, event and params of a request that has them, or refuse it."""
    topic, event, params = request.get("topic"), request.get("event"), request.get("params")
    if not topic:
        raise Refusal(*TOPIC_REQUIRED)
    if not event:
        raise Refusal(*EVENT_REQUIRED)
    if event not in ("sub", "cancel"):
        raise Refusal(*INVALID_EVENT)
    if not isinstance(topic, str):
        raise Refusal(*INVALID_TOPIC)
    if not isinstance(params, dict):
        raise Refusal(*PARAMS_REQUIRED)
    return topic, event, params


def is_true(value: object) -> bool:
    """Read a flag that may be a boolean or a string (wire-legacy 5.1)."""
    return value is True or str(value).lower() == "true"
