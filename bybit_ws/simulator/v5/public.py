"""The public V5 sockets: ``/v5/public/spot`` and ``/v5/public/inverse`` (wire-v5 section 5)."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from typing import ClassVar

from ..connection import Connection
from ..session import Venue
from .channels import make
from .socket import Answer, Refused, V5Session
from .topics import Category

MOST_CHARACTERS = 21_000
MOST_SPOT_ARGS = 10


class V5Public(V5Session):
    """One category's public topics; a bad one among several refuses the whole request."""

    category: Category

    def __init__(self, connection: Connection, venue: Venue) -> None:
        super().__init__(connection, venue)
        self.conn_id = str(uuid.uuid4())

    def subscribe(self, request: Answer, topics: list[str]) -> None:
        """Subscribe to all topics, or to none."""
        if sum(map(len, topics)) > MOST_CHARACTERS:
            raise Refused(f"args characters >{MOST_CHARACTERS}")
        for topic in topics:
            if self.venue.refuses(topic) or self.venue.refuses(*self.named(topic)):
                self.refuse(topic)
            if not self.category.serves(topic):
                self.refuse(topic)
        for index, topic in enumerate(topics):
            if topic in self.slots or topic in topics[:index]:
                raise Refused(f"error:already subscribed,topic:{topic}")
        self.begin(request, topics)

    def unsubscribe(self, topics: list[str]) -> None:
        """Leave the channels."""
        for topic in topics:
            self.drop(topic)

    def named(self, slot: Hashable) -> tuple[str, str]:
        """Give topic and symbol: what is before and after the last dot."""
        topic, _, symbol = str(slot).rpartition(".")
        return topic, symbol

    def begin(self, request: Answer, topics: list[str]) -> None:
        """Acknowledge as the topics begin: whoever then asks REST for what was before misses nothing."""
        self.later(lambda: self.acknowledge(request))
        self.want_all(topics)

    def want_all(self, topics: list[str]) -> None:
        """Join the topics' channels."""
        for topic in topics:
            key = ("v5", self.category.name, topic)
            self.want(topic, key, lambda topic=topic: make(topic, self.category, self.venue))  # type: ignore[misc]

    def refuse(self, topic: str) -> None:
        """Refuse a request in the words of this socket."""
        raise Refused(f"error:handler not found,topic:{topic}")


class V5Spot(V5Public):
    """Spot: at most ten args in a request."""

    category = Category("spot")
    acknowledgements: ClassVar[dict[str, str]] = {"subscribe": "subscribe", "unsubscribe": "unsubscribe"}

    def subscribe(self, request: Answer, topics: list[str]) -> None:
        """Count the args first."""
        if len(topics) > MOST_SPOT_ARGS:
            raise Refused(f"args size >{MOST_SPOT_ARGS}")
        super().subscribe(request, topics)

    def refuse(self, topic: str) -> None:
        """Name an unknown symbol in brackets; what else is wrong has the words of inverse."""
        if self.category.knows(self.named(topic)[0]):
            raise Refused(f"Invalid symbol :[{topic}]")
        super().refuse(topic)


class V5Inverse(V5Public):
    """Inverse: acknowledges a few ms after the first data."""

    category = Category("inverse")
    always_req_id = True

    def begin(self, request: Answer, topics: list[str]) -> None:
        """Send what the topics have to say, then acknowledge: clients must bear both orders."""
        self.want_all(topics)
        self.later(lambda: self.acknowledge(request))
