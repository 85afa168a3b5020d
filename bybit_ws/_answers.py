"""What V5 answers to the requests of a session that is played. Pure."""

from __future__ import annotations

import json
from typing import Any


class Answers:
    """What V5 answers to the requests of a session, which are not those that were recorded.

    A topic counts as confirmed, or refused, once the recording says so.
    """

    def __init__(self) -> None:
        self._asked: dict[str, list[str]] = {}
        self._refused: dict[str, str] = {}
        self._open: dict[str, list[str]] = {}
        self.live: set[str] = set()

    def said(self, text: str) -> None:
        """The session made a request."""
        request = json.loads(text)
        if request.get("op") == "subscribe":
            self._open[request["req_id"]] = request["args"]

    def sent(self, request: dict[str, Any]) -> list[str]:
        """A request was recorded; return the topics that it asks for anew."""
        if request.get("op") != "subscribe":
            return []
        args = self._asked[str(request.get("req_id"))] = list(request["args"])
        return [arg for arg in args if arg in self.live]

    def heard(self, reply: dict[str, Any]) -> bool:
        """Take a recorded reply; return whether it was to a subscription, so that nobody else needs it."""
        args = self._asked.pop(str(reply.get("req_id")), None)
        if args is None:
            return reply.get("op") in ("subscribe", "unsubscribe")
        if reply.get("success") is True:
            self.live.update(args)
        elif len(args) == 1:
            self._refused[args[0]] = str(reply.get("ret_msg"))
        return True

    def pushed(self, topic: str) -> None:
        """Something came of a topic, so it is confirmed, whatever else is recorded."""
        self.live.add(topic)

    def due(self) -> list[bytes]:
        """Return the replies that can be given now."""
        replies = []
        for number, args in list(self._open.items()):
            if all(arg in self.live or arg in self._refused for arg in args):
                del self._open[number]
                words = next((self._refused[arg] for arg in args if arg not in self.live), "")
                reply = {"success": not words, "ret_msg": words, "req_id": number, "op": "subscribe"}
                replies.append(json.dumps(reply).encode())
        return replies

    @property
    def waiting(self) -> bool:
        """Whether a request has no answer yet."""
        return bool(self._open)
