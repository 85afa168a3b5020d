"""The inverse socket: commands (wire-legacy sections 3, 4 and 5.4)."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from typing import Any

from .account_inverse import PRIVATE_TOPICS
from .connection import Connection
from .instruments import INSURANCE_COINS, INVERSE, INVERSE_INTERVALS
from .inverse_channels import BOOKS, make, private
from .session import NotJson, Session, Venue, parse

_FILTERED = ("trade", "liquidation", "insurance", "instrument_info.100ms")


class Refused(Exception):
    """The whole request is refused; the text becomes ``ret_msg``."""


class Inverse(Session):
    """Public and private topics on one socket; every request is answered, books after their data."""

    def __init__(self, connection: Connection, venue: Venue, authenticated: bool = False) -> None:
        super().__init__(connection, venue)
        self.authenticated = authenticated
        self._conn_id = str(uuid.uuid4())
        self._private: frozenset[str] = frozenset()

    def receive(self, message: str | bytes) -> None:
        """Answer ping, auth, subscribe and unsubscribe; refuse everything else."""
        try:
            request = parse(message)
        except NotJson:
            request = None
        op = request.get("op") if isinstance(request, dict) else None
        if op == "ping":
            self._answer(True, "pong", {"op": "ping", "args": None})
        elif op == "auth":
            self._authenticate(request)
        elif op in ("subscribe", "unsubscribe"):
            self._command(op, request)
        else:
            self._answer(False, "error:invalid op", {"op": "", "args": None})

    def named(self, slot: Hashable) -> tuple[str, str]:
        """Give topic and symbol; a private topic has none."""
        topic, _, symbol = str(slot).rpartition(".")
        return (topic, symbol) if topic else (symbol, "")

    @property
    def subscriptions(self) -> list[tuple[str, str]]:
        """What the client subscribed; the private topics, which share one slot, each by its name."""
        return [pair for pair in super().subscriptions if pair[1]] + [(topic, "") for topic in sorted(self._private)]

    def _authenticate(self, request: dict[str, Any]) -> None:
        args = request.get("args")
        problem = self.venue.gate.check(args)
        self.authenticated = self.authenticated or problem is None
        echo = {"op": "auth", "args": [str(arg) for arg in args] if isinstance(args, list) else None}
        self._answer(problem is None, f"error:{problem}" if problem else "", echo)

    def _command(self, op: str, request: dict[str, Any]) -> None:
        args = request.get("args")
        echo = {"op": op, "args": args}
        try:
            topics = self._resolve_all(op, args)
        except Refused as refusal:
            self._answer(False, str(refusal), echo)
            return
        book = any(topic.startswith("orderBook") for topic in topics)
        if op == "unsubscribe":
            self._unsubscribe(topics)
        else:
            self._subscribe(topics)
        # A book's ack comes after its snapshot and a burst of deltas (wire-legacy 5.4).
        if op == "subscribe" and book:
            self.later(lambda: self._answer(True, "", echo))
        else:
            self._answer(True, "", echo)

    def _subscribe(self, topics: list[str]) -> None:
        for topic in topics:
            if topic not in PRIVATE_TOPICS:
                self._want(topic)
        self._serve_private(self._private.union(topics))

    def _unsubscribe(self, topics: list[str]) -> None:
        for topic in topics:
            self.drop(topic)
        self._serve_private(self._private.difference(topics))

    def _want(self, topic: str) -> None:
        self.want(topic, topic, lambda: make(topic, self.venue.market))

    def _serve_private(self, topics: frozenset[str]) -> None:
        topics = topics.intersection(PRIVATE_TOPICS)
        if topics != self._private:
            self._private = topics
            self.want("private", topics, lambda: private(topics, self.venue.market))

    def _resolve_all(self, op: str, args: object) -> list[str]:
        if not isinstance(args, list) or not args:
            raise Refused("error:invalid args")
        topics: list[str] = []
        for arg in args:
            found = resolve(str(arg), anything=op == "unsubscribe")
            if op == "subscribe" and any(self.venue.refuses(*self.named(topic)) for topic in found):
                raise Refused(f"error:unknown topic:{arg}")
            topics += found
        unseen = [topic for topic in topics if topic in PRIVATE_TOPICS and not self.authenticated]
        if unseen:
            raise Refused(f"error:topic:{unseen[0]} needs auth first")
        return list(dict.fromkeys(topics))

    def _answer(self, success: bool, ret_msg: str, request: dict[str, Any]) -> None:
        self.send({"success": success, "ret_msg": ret_msg, "conn_id": self._conn_id, "request": request})


def resolve(arg: str, anything: bool = False) -> list[str]:
    """Give the concrete topics an arg stands for: filters, pipes, ``*`` and bare names.

    Order books take no wildcard, except where ``anything`` goes: when unsubscribing.
    """
    if arg in PRIVATE_TOPICS:
        return [arg]
    stems = (*BOOKS, *_FILTERED, *(f"klineV2.{interval}" for interval in INVERSE_INTERVALS))
    for stem in stems:
        if arg == stem or arg.startswith(f"{stem}."):
            return _expand(arg, stem, anything or stem not in BOOKS)
    raise Refused(f"error:unknown topic:{arg}")


def _expand(arg: str, stem: str, wildcard: bool) -> list[str]:
    known = INSURANCE_COINS if stem == "insurance" else INVERSE
    wanted = arg[len(stem) + 1 :] if arg != stem else "*"
    names = known if wanted == "*" and wildcard else tuple(wanted.split("|"))
    if not set(names) <= set(known):
        raise Refused(f"error:unknown topic:{arg}")
    return [f"{stem}.{name}" for name in names]
