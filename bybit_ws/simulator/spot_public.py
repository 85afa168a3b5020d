"""What the two public spot sockets share: pings, and refusals by code."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from . import spot_errors as errors
from .session import NotJson, Session, parse


class SpotPublic(Session):
    """Answers pings itself and hands commands on."""

    def receive(self, message: str | bytes) -> None:
        """Answer a ping, a subscription or its cancellation."""
        try:
            self._dispatch(parse(message))
        except NotJson:
            self.send(errors.Refusal(*errors.INVALID_JSON).answer)
        except errors.Refusal as refusal:
            self.send(refusal.answer)

    @abstractmethod
    def command(self, request: dict[str, Any]) -> None:
        """Obey a subscription or cancellation, or raise a Refusal."""

    def _dispatch(self, request: object) -> None:
        if not isinstance(request, dict):
            raise errors.Refusal(*errors.INVALID_REQUEST)
        if "ping" in request:
            self.pong()
        else:
            self.command(request)
