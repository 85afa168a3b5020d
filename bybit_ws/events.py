"""What a connection reports besides data: pass ``on_event=`` to a client to receive these.

Every event carries ``socket`` (``"public_v1"``, ``"public_v2"``, ``"private"`` or ``"realtime"``) and
``at`` (seconds since the epoch, when it was reported).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """The base of all events."""

    socket: str = field(init=False, default="", compare=False)
    at: float = field(init=False, default=0.0, compare=False)

    def stamped(self, socket: str, at: float) -> Event:
        """Note where and when this happened, and return the event itself."""
        object.__setattr__(self, "socket", socket)
        object.__setattr__(self, "at", at)
        return self


@dataclass(frozen=True)
class Connected(Event):
    """A socket is ready for the first time: connected and, where it needs to be, authenticated."""


@dataclass(frozen=True)
class Disconnected(Event):
    """A ready socket was lost, or closed."""

    reason: str


@dataclass(frozen=True)
class Reconnected(Event):
    """A lost socket is ready again and everything wanted has been asked for again.

    Attributes:
        downtime: Seconds between the loss and now.
        attempts: Connections tried until one held.
    """

    downtime: float
    attempts: int


@dataclass(frozen=True)
class AuthenticationRefused(Event):
    """The exchange refused the credentials."""

    reason: str


@dataclass(frozen=True)
class Subscribed(Event):
    """The exchange confirmed a subscription, by its reply or by its first message."""

    topic: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Rejected(Event):
    """The exchange refused a subscription; it is set aside and not asked for again."""

    topic: str
    symbols: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class BookOutOfSync(Event):
    """A book or record cannot be trusted; it is withheld while it is subscribed anew."""

    topic: str
    symbol: str
    reason: str


@dataclass(frozen=True)
class BookRecovered(Event):
    """A withheld book or record is current again."""

    topic: str
    symbol: str


@dataclass(frozen=True)
class Gap(Event):
    """Messages were missed for good while a socket was down.

    Attributes:
        last_id: Id of the last trade delivered before the hole.
        first_id: Id of the first one after it.
    """

    topic: str
    symbol: str
    last_id: str | None = None
    first_id: str | None = None


@dataclass(frozen=True)
class CallbackFailed(Event):
    """A callback raised; the stream goes on."""

    topic: str
    symbol: str
    error: BaseException


@dataclass(frozen=True)
class UnknownMessage(Event):
    """The exchange said something that is not understood; reported once per kind.

    Attributes:
        kind: What sort of message it was.
        sample: The beginning of its text, secrets removed.
    """

    kind: str
    sample: str
