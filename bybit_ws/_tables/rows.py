"""Where the rows of messages are, and the values in them. Plain lists, no pandas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Callable, NamedTuple

from .columns import BALANCES, DATA, MESSAGE

Message = dict[str, Any]


class Rows(NamedTuple):
    """The rows of some messages.

    Attributes:
        messages: The message of each row.
        records: What holds the row's own values, one for each row.
        counts: How many rows each message has; None where every one has one.
    """

    messages: Sequence[Message]
    records: Sequence[Message]
    counts: list[int] | None = None


def rows_of(where: str, messages: Sequence[Message]) -> Rows:
    """Return the rows of messages.

    Raises:
        KeyError: A message has none.
        TypeError: A message is none.
    """
    return _WAYS[where](messages)


def _itself(messages: Sequence[Message]) -> Rows:
    return Rows(messages, messages)


def _data(messages: Sequence[Message]) -> Rows:
    data = [message["data"] for message in messages]
    if set(map(type, data)) != {list}:
        data = [one if isinstance(one, list) else one.get("update", [one]) for one in data]
    return _flat(messages, data)


def _balances(messages: Sequence[Message]) -> Rows:
    return _flat(messages, [message["B"] for message in messages])


def _flat(messages: Sequence[Message], lists: Sequence[list[Message]]) -> Rows:
    records = list(chain.from_iterable(lists))
    if len(records) == len(lists) and all(lists):
        return Rows(messages, records)
    owners = [message for message, found in zip(messages, lists) for _ in found]
    return Rows(owners, records, list(map(len, lists)))


_WAYS: dict[str, Callable[[Sequence[Message]], Rows]] = {DATA: _data, BALANCES: _balances, MESSAGE: _itself}


def values(source: str, rows: Rows) -> list[Any]:
    """Return what stands at a place of each row, None where there is nothing."""
    root, _, field = source.rpartition(".")
    if root in ("data", "data[]", "B[]"):
        return pick(rows.records, field)
    return pick(pick(rows.messages, root) if root else rows.messages, field)


def pick(items: Sequence[Any], key: str) -> list[Any]:
    """Return one value of each item, None where it is missing."""
    try:
        return [item[key] for item in items]
    except (KeyError, TypeError):
        return [item.get(key) if isinstance(item, dict) else None for item in items]


class Levels(NamedTuple):
    """The levels of some books, one book after the other, bids before asks, the best first.

    Attributes:
        counts: How many levels each side has: of the first book the bids, then the asks, then those of the second.
        prices: The price of each level.
        quantities: The quantity of each level.
        ranked: Whether each book is a whole one, so that its levels have a rank.
    """

    counts: list[int]
    prices: list[Any]
    quantities: list[Any]
    ranked: list[bool]


def pairs(records: Sequence[Message]) -> Levels:
    """Return the levels of spot's books."""
    sides = [side for record in records for side in (record["b"], record["a"])]
    found = list(chain.from_iterable(sides))
    return Levels(
        list(map(len, sides)), [pair[0] for pair in found], [pair[1] for pair in found], [True] * len(records)
    )


def levels(messages: Sequence[Message]) -> Levels:
    """Return the levels of inverse books and of their changes."""
    sides: list[list[Message]] = []
    ranked = []
    for message in messages:
        data = message["data"]
        ranked.append(isinstance(data, list))
        if not ranked[-1]:
            data = [*({**one, "size": 0} for one in data["delete"]), *data["update"], *data["insert"]]
        bids = [one for one in data if one["side"] == "Buy"]
        bids.reverse()
        sides += (bids, [one for one in data if one["side"] != "Buy"])
    found = list(chain.from_iterable(sides))
    return Levels(list(map(len, sides)), pick(found, "price"), pick(found, "size"), ranked)
