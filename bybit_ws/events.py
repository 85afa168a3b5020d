"""What a connection reports besides data: pass ``on_event=`` to a client to receive these.

Every event carries ``socket`` (``"public_v1"``, ``"public_v2"``, ``"private"`` or ``"realtime"``) and
``at`` (seconds since the epoch, when it was reported). ``str(event)`` tells it in a sentence.
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

    def __str__(self) -> str:
        return f"{self.socket}: connected"


@dataclass(frozen=True)
class Disconnected(Event):
    """A ready socket was lost, or closed."""

    reason: str

    def __str__(self) -> str:
        return f"{self.socket}: lost: {self.reason}"


@dataclass(frozen=True)
class Reconnected(Event):
    """A lost socket is ready again and everything wanted has been asked for again.

    Attributes:
        downtime: Seconds between the loss and now.
        attempts: Connections tried until one held.
    """

    downtime: float
    attempts: int

    def __str__(self) -> str:
        tries = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.socket}: back after {self.downtime:.1f} s{tries}, everything wanted is asked for again"


@dataclass(frozen=True)
class Retired(Event):
    """The documented endpoint is gone: the client goes on over V5, in the documented shape (``api="auto"``).

    Attributes:
        url: The endpoint that is gone, without a user, password or query in it.
        status: The HTTP status that it answered with.
        known: The process knew it already, from another client: it was not asked again.
    """

    url: str
    status: int
    known: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"{self.socket}: {self.url} is gone (HTTP {self.status}); the same streams come over V5 from now on"


@dataclass(frozen=True)
class RestFailed(Event):
    """A question to the exchange's REST interface was not answered; the stream goes on without (V5 only).

    Without the list of all symbols, though, nobody knows what ``"*"`` is: it is refused (``Rejected``), unless the list
    was known before.

    Attributes:
        topic: The stream it was for; ``""`` for the list of all symbols.
        symbol: Its symbol; ``"*"`` for the list of all symbols.
        path: What was asked for.
        reason: Why there is no answer.
    """

    topic: str
    symbol: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{_about(self, self.topic, self.symbol)}: REST did not answer {self.path}: {self.reason}"


@dataclass(frozen=True)
class RecordingFailed(Event):
    """A recording cannot be written any more, e.g. because the disk is full; the streams go on.

    Attributes:
        path: The file.
        reason: What is wrong with it.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"the recording {self.path} ends here, the streams go on: {self.reason}"


@dataclass(frozen=True)
class AuthenticationRefused(Event):
    """The exchange refused the credentials."""

    reason: str

    def __str__(self) -> str:
        return f"{self.socket}: {self.reason}"


@dataclass(frozen=True)
class Subscribed(Event):
    """The exchange confirmed a subscription, by its reply or by its first message."""

    topic: str
    symbols: tuple[str, ...]

    def __str__(self) -> str:
        return f"{_about(self, self.topic, *self.symbols)} is confirmed"


@dataclass(frozen=True)
class Rejected(Event):
    """The exchange refused a subscription; it is set aside and not asked for again."""

    topic: str
    symbols: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{_about(self, self.topic, *self.symbols)} was refused: {self.reason}"


@dataclass(frozen=True)
class BookOutOfSync(Event):
    """A book or record cannot be trusted; it is withheld while it is subscribed anew."""

    topic: str
    symbol: str
    reason: str

    def __str__(self) -> str:
        return f"{_about(self, self.topic, self.symbol)} is out of step and withheld: {self.reason}"


@dataclass(frozen=True)
class BookRecovered(Event):
    """A withheld book or record is current again."""

    topic: str
    symbol: str

    def __str__(self) -> str:
        return f"{_about(self, self.topic, self.symbol)} is current again"


@dataclass(frozen=True)
class Gap(Event):
    """A stream was interrupted; reported once for each topic and symbol, when it goes on.

    Attributes:
        last_id: What identifies the last message, or trade, delivered before: its id, version, sequence number or
            time, whichever its topic has; None where there was none, and where all symbols share the stream.
        first_id: The same of the first one after it; None where none has come since, too.
        since: When the socket, or the stalled stream, last said something before, in seconds since the epoch.
        until: When the stream went on, or was confirmed anew.
        repaired: Whether nothing that matters was missed.
        how: ``"replay"`` where the exchange sent again what was missed (spot V1 trades), ``"snapshot"`` where the
            newest message tells the whole state, though not what it was in between, ``""`` where neither is so.
    """

    topic: str
    symbol: str
    last_id: str | None = None
    first_id: str | None = None
    since: float | None = field(default=None, compare=False)
    until: float | None = field(default=None, compare=False)
    repaired: bool = False
    how: str = ""

    def __str__(self) -> str:
        pause = "" if self.since is None or self.until is None else f" for {self.until - self.since:.1f} s"
        cost = f"made good by a {self.how}" if self.repaired else "what came meanwhile is missing"
        return f"{_about(self, self.topic, self.symbol)} was interrupted{pause}: {cost}"


@dataclass(frozen=True)
class Stalled(Event):
    """A stream fell silent far beyond its own rhythm while its socket lives; it is subscribed anew.

    It may just have had nothing to say, and then nothing was missed, although a ``Gap`` follows.

    Attributes:
        silence: Seconds without a message.
        rhythm: Seconds of the longest pause before, as it is remembered.
    """

    topic: str
    symbol: str
    silence: float
    rhythm: float

    def __str__(self) -> str:
        about = _about(self, self.topic, self.symbol)
        return f"{about} has been silent for {self.silence:.0f} s and is asked for again"


@dataclass(frozen=True)
class SlowConsumer(Event):
    """Messages come faster than callbacks take them; reported when it begins, not for each message.

    Attributes:
        policy: Of the queue that is full, see ``Queue``; ``""`` where the socket's own thread was held up.
        queued: Messages that wait in that queue.
        dropped: Messages that this queue has dropped.
        seconds: For how long callbacks, or a full queue, held the socket's own thread up.
    """

    policy: str
    queued: int
    dropped: int
    seconds: float

    def __str__(self) -> str:
        if not self.policy:
            return f"{self.socket}: callbacks held the socket up for {self.seconds:.1f} s"
        waiting = f"{self.queued:,} wait" + (f", {self.dropped:,} were dropped" if self.dropped else "")
        return f"{self.socket}: messages come faster than they are taken: {waiting} (queue {self.policy!r})"


@dataclass(frozen=True)
class CallbackFailed(Event):
    """A callback raised; the stream goes on."""

    topic: str
    symbol: str
    error: BaseException

    def __str__(self) -> str:
        raised = f"{type(self.error).__name__}: {self.error}"
        return f"{_about(self, self.topic, self.symbol)} goes on after its callback raised {raised}"


@dataclass(frozen=True)
class UnknownMessage(Event):
    """The exchange said something that is not understood; reported once per kind.

    Attributes:
        kind: What sort of message it was.
        sample: The beginning of its text, secrets removed.
    """

    kind: str
    sample: str

    def __str__(self) -> str:
        return f"{self.socket}: not understood: {self.kind}: {self.sample}"


def _about(event: Event, *what: str) -> str:
    return f"{event.socket}: {' '.join(what)}".rstrip()
