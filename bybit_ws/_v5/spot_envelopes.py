"""What surrounds spot's records: the envelopes of both versions, and the simplest translators. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Callable

from .._topics import INVERSE_INTERVALS, SPOT_INTERVALS, Key, Topic
from .fields import Field, approximate, constant
from .translation import Push, Translator

PARAMETERS = "it, message, symbol, parameter, first"
"""What makes a message: the record, the push it is in, the symbol, the stream's interval or scale, V1's ``f``."""

SUBSCRIBED = "as subscribed"
FIRST = "true on the first message after each subscription, else false"
INTERVALS = dict(zip(SPOT_INTERVALS, INVERSE_INTERVALS))
"""V5's name of each interval."""

SYMBOL = constant("symbol", SUBSCRIBED, "symbol")
BINARY = constant("params.binary", "always false: V5 has no gzip frames", "'false'")
KLINE_TYPE = constant("params.klineType", SUBSCRIBED, "parameter")


SENT = "when V5 made the message"


def at(prefix: str, fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return fields with their paths below another one."""
    return tuple(one._replace(path=prefix + one.path) for one in fields)


def envelope_v1(
    topic: str, *data: Field, params: tuple[Field, ...] = (), first: str = FIRST, sent: str = SENT
) -> tuple[Field, ...]:
    """Return the table of a V1 message around the rows of its data."""
    return (
        SYMBOL,
        SYMBOL._replace(path="symbolName"),
        constant("topic", f"always {topic}", repr(topic)),
        constant("params.realtimeInterval", "always 24h", "'24h'"),
        *params,
        BINARY,
        *data,
        constant("f", first, "first"),
        approximate("sendTime", "ts", sent, "message['ts']"),
    )


def envelope_v2(topic: str, *data: Field, params: tuple[Field, ...] = ()) -> tuple[Field, ...]:
    """Return the table of a V2 message around the rows of its data."""
    return (constant("topic", f"always {topic}", repr(topic)), *params_v2(*params), *data)


def envelope_v2_params_first(topic: str, *data: Field) -> tuple[Field, ...]:
    """Return the same in the order in which some V2 messages are documented."""
    symbol, binary, name = params_v2()
    return (binary, symbol, name, constant("topic", f"always {topic}", repr(topic)), *data)


def params_v2(*more: Field) -> tuple[Field, ...]:
    """Return the rows of V2's ``params``."""
    return (
        SYMBOL._replace(path="params.symbol"),
        BINARY,
        *more,
        SYMBOL._replace(path="params.symbolName"),
    )


def parameter_of(topic: Topic) -> str:
    """Return a topic's interval or scale: ``1m`` of ``kline_1m``; ``""`` where it has none."""
    return topic.name.partition("_")[2]


Make = Callable[..., "dict[str, Any]"]


class Record(Translator):
    """Makes one message of each push, whose data is one record.

    Args:
        make: Makes a message of ``PARAMETERS``.
        topic: The documented topic.
        symbol: The symbol.
    """

    def __init__(self, make: Make, topic: Topic, symbol: str) -> None:
        self._key: Key = (topic.name, symbol)
        self._make, self._symbol, self._parameter = make, symbol, parameter_of(topic)
        self._first = True

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        made = self._make(message["data"], message, self._symbol, self._parameter, self._first)
        self._first = False
        return ((self._key, made),)


class Records(Record):
    """Makes one message of each of a push's records; nearly always, it has but one."""

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        made = []
        for it in message["data"]:
            made.append((self._key, self._make(it, message, self._symbol, self._parameter, self._first)))
            self._first = False
        return made
