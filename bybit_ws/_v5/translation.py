"""What every translation offers, and what a translator of one topic and symbol does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

from .._topics import Key, Topic
from .fields import Field

NEVER = float("inf")

AS_DOCUMENTED = "Keys stand in the order of the documents' sample, which the endpoint itself did not always keep."
"""A note on streams of which captures show another order."""

Push = tuple[Key, dict[str, Any]]
"""A documented message, and the topic and symbol it is of."""


class Broken(NamedTuple):
    """Stands in the place of a message: what a translator kept cannot be trusted, or a push has the wrong shape.

    Attributes:
        reason: What is wrong.
        heals: Whether subscribing anew puts it right, because a snapshot follows.
    """

    reason: str
    heals: bool


Deliveries = Sequence[tuple[Key, Any]]
"""Documented messages, or what stands in their place, each with its topic and symbol."""


class Errand(NamedTuple):
    """A question to the exchange's REST interface, without credentials."""

    path: str
    params: tuple[tuple[str, str], ...] = ()


class Task(NamedTuple):
    """An errand to be run.

    Attributes:
        part: What it is for; None for one of the connection itself.
        translator: Its translator when it was asked.
        errand: The question.
    """

    part: Any
    translator: Translator | None
    errand: Errand


class Translator:
    """Turns what V5 pushes into the documented messages of one topic and symbol.

    A new one is made at every subscription; it is only ever used by the thread that reads the socket.

    Attributes:
        errand: What to ask REST for as soon as the subscription is confirmed; None for nothing.
        due: When ``flush`` wants to be called; ``NEVER`` where nothing is held back.
        lends: Whether lists or dicts of the push itself are in what it returns.
    """

    errand: Errand | None = None
    due: float = NEVER
    lends: bool = False

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        """Return the documented messages that follow from a push, in order; often one, or none.

        Args:
            message: The push, parsed; it may be used up.
            now: Seconds of a steady clock.

        Raises:
            OutOfSync: What is kept can no longer be trusted: a fresh snapshot is needed.
            KeyError, TypeError, ...: One of ``MALFORMED``, for a message of the wrong shape.
        """
        raise NotImplementedError

    def answered(self, result: Any, now: float) -> Sequence[Push]:
        """Take the errand's answer, the reply's ``result``, None where there was none; return what follows."""
        return ()

    def flush(self, now: float) -> Sequence[Push]:
        """Return what was held back until now."""
        return ()


@dataclass(frozen=True)
class Translation:
    """How one documented stream is served.

    Attributes:
        stream: The row's name, as in ``_topics``.
        args: Returns the V5 topics that are subscribed for a topic and symbol.
        fields: Every documented field, in the documented order, with its quality.
        start: Makes a translator for a topic and symbol.
        notes: What users should know of the stream as a whole.
    """

    stream: str
    args: Callable[[Topic, str], tuple[str, ...]]
    fields: tuple[Field, ...]
    start: Callable[[Topic, str], Translator]
    notes: tuple[str, ...] = ()
