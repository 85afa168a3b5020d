"""The spot private socket: authenticate, and all four topics start by themselves (sections 4 and 9)."""

from __future__ import annotations

from typing import Any

from . import spot_errors as errors
from .account_spot import USER_ID
from .channels import LogChannel
from .session import NotJson, Session, parse

_REAL_TIME = 0.02
_REASONS = {"request expired": "request expired", "USVC1111": "invalid api key or signature"}


class SpotPrivate(Session):
    """Sends account events to whoever authenticated."""

    _reminded = 0.0

    def receive(self, message: str | bytes) -> None:
        """Answer a ping or an authentication; pongs are taken without a word."""
        try:
            request = parse(message)
        except NotJson:
            self.send(errors.Refusal(*errors.INVALID_JSON).answer)
            return
        if isinstance(request, dict) and "ping" in request:
            self.pong()
        elif isinstance(request, dict) and request.get("op") == "auth":
            self._authenticate(request)
        elif not (isinstance(request, dict) and "pong" in request):
            self.send(errors.Refusal(*errors.INVALID_REQUEST).answer)

    def remind(self, now: float, every: float) -> None:
        """Send the JSON ping when due; only this socket has it (wire-legacy section 3)."""
        if not self._reminded:
            self._reminded = now
        elif now - self._reminded >= every:
            self._reminded = now
            self.send({"ping": int(self.venue.clock() * 1000)})

    def _authenticate(self, request: dict[str, Any]) -> None:
        problem = self.venue.gate.check(request.get("args"))
        if problem:
            self.send({"auth": "fail", "msg": _REASONS[problem]})
            return
        self.send({"auth": "success", "userId": USER_ID})
        events = self.venue.market.spot_account.events
        self.want("events", "spot private", lambda: LogChannel(_REAL_TIME, events, str))
