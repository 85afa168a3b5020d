"""The private V5 socket, for all categories: authenticate, then subscribe (wire-v5 sections 4, 5 and 7)."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from typing import ClassVar

from ..connection import Connection
from ..session import Venue
from .private_channels import TOPICS, make
from .socket import PARAMS_ERROR, Answer, Refused, V5Session

_SLOT = "private"
_UNAUTHORISED = "Request not authorized"
_PARTIAL = (
    "Batch subscription partially succeeded and partially failed.Successful subscriptions are as follows:[{}]. "
    "Subscription to the following topics failed because the topic does not exist or there is a subscription "
    "conflict:[{}]."
)


class V5Private(V5Session):
    """Sends account events to whoever authenticated and asked for them.

    All topics share one channel, so that their common order is kept.
    """

    acknowledgements: ClassVar[dict[str, str]] = {"subscribe": "", "unsubscribe": "unsubscribe"}

    def __init__(self, connection: Connection, venue: Venue) -> None:
        super().__init__(connection, venue)
        token = uuid.uuid4().hex
        self.conn_id = f"{token[:20]}-{token[20:24]}"
        self.authenticated = False
        self._topics: frozenset[str] = frozenset()
        self._commands["auth"] = self._authenticate

    @property
    def subscriptions(self) -> list[tuple[str, str]]:
        """What the client subscribed, each topic whole, without a symbol."""
        return [(topic, "") for topic in sorted(self._topics)]

    def ping(self, request: Answer) -> None:
        """Answer in the form of this socket alone."""
        args = [str(int(self.venue.clock() * 1000))]
        self.send({**self.req_id(request), "op": "pong", "args": args, "conn_id": self.conn_id})

    def subscribe(self, request: Answer, topics: list[str]) -> None:
        """Subscribe to what exists and does not conflict; name both lists when something failed."""
        if not self.authenticated:
            raise Refused(_UNAUTHORISED)
        wanted = set(self._topics)
        good: list[str] = []
        for topic in topics:
            if topic in TOPICS and not self.venue.refuses(topic) and not _conflicts(topic, wanted):
                good.append(topic)
                wanted.add(topic)
        self._serve(frozenset(wanted))
        bad = [topic for topic in topics if topic not in good]
        if bad:
            raise Refused(_PARTIAL.format(" ".join(good), " ".join(bad)))
        self.acknowledge(request)

    def unsubscribe(self, topics: list[str]) -> None:
        """Send no more of these."""
        self._serve(self._topics.difference(topics))

    def stall(self, topic: str, symbol: str | None) -> None:
        """Send no more of a topic until any is subscribed or unsubscribed."""
        if topic in self._topics:
            self._want(self._topics - {topic})

    def named(self, slot: Hashable) -> tuple[str, str]:
        """Give nothing: the topics are not slots of their own."""
        return "", ""

    def _serve(self, topics: frozenset[str]) -> None:
        if topics != self._topics:
            self._topics = topics
            self._want(topics)

    def _want(self, topics: frozenset[str]) -> None:
        self.want(_SLOT, ("v5", _SLOT, topics), lambda: make(topics, self.venue.market))

    def _authenticate(self, request: Answer) -> None:
        """Check the credentials; a refusal never names its cause."""
        if self.venue.gate.check(request.get("args")):
            raise Refused(PARAMS_ERROR)
        self.authenticated = True
        self.answer(request, True, "")


def _conflicts(topic: str, wanted: set[str]) -> bool:
    """Tell whether a topic is subscribed already, or of all categories beside one of a single category."""
    stem, _, category = topic.partition(".")
    others = {one for one in wanted if one.partition(".")[0] == stem}
    return topic in wanted or any(not category or one == stem for one in others)
