"""The four wire protocols, one module each, all pure: texts out, parsed messages in.

A dialect is a module with these functions (``Dialect`` spells out their types):

- ``requests`` turns wanted keys into the texts that ask for them, each with the keys it asks for;
- ``cancels`` and ``renewals`` give the texts that end a subscription, and that restart one to get a snapshot;
- ``ping`` and ``auth`` give the texts of these;
- ``read`` tells what a message is: the ``Key`` of a push, or one of the control messages below;
- ``address`` takes from a push what names its stream, without a look at the rest; ``tells`` says whether that is
  enough to know the key.

``read`` and ``address`` may raise anything of ``MALFORMED`` for a message that has not the shape it claims to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional, Protocol, Union

from .._topics import Key, Topic
from .._v5.listing import Listing
from .._v5.translation import Deliveries, Task

BATCH = 10
"""Topics, or symbols of one topic, in a request."""

MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)
"""What reading a message of the wrong shape raises."""


class Ack(NamedTuple):
    """The exchange confirmed a subscription."""

    keys: tuple[Key, ...]


class Refusal(NamedTuple):
    """The exchange refused something.

    Attributes:
        keys: What it refused; None where the wire does not say, ``()`` where it is about no subscription.
        reason: Its own words.
        topic: A hint that some venues give, the topic as the wire spells it.
        final: Each of the keys is at fault, not one among them.
    """

    keys: tuple[Key, ...] | None
    reason: str
    topic: str | None = None
    final: bool = False


class AuthReply(NamedTuple):
    """The exchange's answer to an authentication."""

    accepted: bool
    reason: str


class Pong(NamedTuple):
    """The exchange's answer to a ping; ``server_ms`` is its clock where it tells."""

    server_ms: int | None


class Ping(NamedTuple):
    """The exchange wants to hear ``answer``."""

    answer: str


class Ignored(NamedTuple):
    """Understood, and nothing to do, e.g. the confirmation of an unsubscription."""


class Say(NamedTuple):
    """Something is to be said in turn."""

    texts: tuple[str, ...]


class Several(NamedTuple):
    """More than one of these at a time."""

    controls: tuple[Any, ...]


class Unknown(NamedTuple):
    """Not understood; ``kind`` names the sort."""

    kind: str


Control = Union[Ack, Refusal, AuthReply, Pong, Ping, Ignored, Say, Several, Unknown]
Wanted = tuple[Topic, str]
Request = tuple[Optional[str], tuple[Key, ...]]
"""A text, and the keys that it asks for: ``""`` where they are there already, None where they were asked for."""


class Dialect(Protocol):
    """What a protocol module offers."""

    UNASKED: frozenset[Key]
    """What this socket pushes without being asked for it."""

    def requests(self, wanted: Sequence[Wanted], binary: bool = False) -> list[Request]: ...

    def cancels(self, wanted: Sequence[Wanted], binary: bool = False) -> list[str]: ...

    def renewals(self, topic: Topic, symbol: str, binary: bool = False) -> list[str]: ...

    def ping(self, now_ms: int) -> str: ...

    def auth(self, api_key: str, expires: int, signature: str) -> str: ...

    def read(self, message: Any) -> Key | Control: ...

    def address(self, message: Any) -> object: ...

    def tells(self, address: object, key: Key) -> bool: ...

    def stamp(self, message: Any) -> float | None:
        """Return when the exchange sent a push, in milliseconds; None where it does not say."""


class Bridge(Dialect, Protocol):
    """A dialect whose pushes become messages of another one; it remembers what a connection was asked for."""

    listing: Listing
    """All symbols, as far as they were asked for."""

    @property
    def due(self) -> float:
        """When there is something to ``flush``, or to ``tick``."""

    def reset(self) -> None:
        """The connection was lost."""

    def translate(self, message: Any, now: float) -> Deliveries | None:
        """Return what follows from a push, by key; None where it is no push that was asked for."""

    def flush(self, now: float) -> Deliveries:
        """Return what was held back until now."""

    def tick(self, now: float) -> None:
        """Do what is due besides."""

    def tasks(self) -> list[Task]:
        """Return the questions to the REST interface that are to be asked now."""

    def about(self, task: Task) -> Key:
        """Return what a question is for."""

    def awaits(self, task: Task) -> bool:
        """Return whether the answer to a question still matters."""

    def builds(self, key: Key) -> bool:
        """Return whether a key's messages are made of what was told before, too."""

    def answered(self, task: Task, result: Any, now: float) -> tuple[Deliveries, Control]:
        """Take an answer, None where there is none."""


def key_of(topic: Topic, symbol: str) -> Key:
    """Return the key under which a wanted stream is kept."""
    return (topic.name, symbol)
