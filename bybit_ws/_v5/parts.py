"""Makes the parts that serve a wanted topic and symbol. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from .._topics import ALL, Key, Topic
from .feeds import Part
from .table import TRANSLATIONS, UNAVAILABLE
from .translation import Push, Translator


class Raw(Translator):
    """Lets what V5 says through as it is.

    Args:
        key: The topic and symbol that it is wanted under.
    """

    lends = True

    def __init__(self, key: Key) -> None:
        self._key = key

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        """Return the push itself."""
        return ((self._key, message),)


def unavailable(topic: Topic) -> str | None:
    """Return why V5 cannot serve a topic, in words for the user; None where it can."""
    if topic.row is not None:
        return UNAVAILABLE.get(topic.row.stream)
    if topic.request is not None:
        return "over V5 only the documented topics have a translation: use their methods, or api='legacy'"
    return None


def args_of(topic: Topic, symbol: str) -> tuple[str, ...]:
    """Return the V5 topics that a topic and symbol are made of; one that is not documented is V5's own."""
    if topic.row is None:
        return (f"{topic.wire}.{symbol}" if symbol else topic.wire,)
    return TRANSLATIONS[topic.row.stream].args(topic, symbol)


def expands(topic: Topic, symbol: str) -> bool:
    """Return whether a key stands for a V5 topic of each symbol."""
    return symbol == ALL and any(ALL in arg for arg in args_of(topic, symbol))


def part_of(topic: Topic, symbol: str) -> Part:
    """Return a part for a topic and symbol."""
    args = args_of(topic, symbol)
    if topic.raw or topic.row is None:
        return Part(topic, symbol, args, partial(Raw, (topic.name, symbol)))
    return Part(topic, symbol, args, partial(TRANSLATIONS[topic.row.stream].start, topic, symbol))
