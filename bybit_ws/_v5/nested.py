"""Compiles a whole table, nested paths and all, to one function that makes the message. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Callable

from .fields import Field, Quality, maker


def message_maker(
    fields: Iterable[Field], parameters: str, each: str = "", names: Mapping[str, Any] | None = None
) -> Callable[..., dict[str, Any]]:
    """Compile the whole table of a message: ``params.binary`` goes into a dict, ``data[].v`` into those of a list.

    Args:
        fields: In the order of the documented message; the parts of a dict or list stand together.
        parameters: The function's parameters, e.g. ``"it, message"``.
        each: What a list is made of, e.g. ``"for it in message['data']"``; without it, lists have one entry.
        names: What else the expressions use.
    """
    return maker(_gathered(fields, each), parameters, names)


def _gathered(fields: Iterable[Field], each: str) -> list[Field]:
    """Return a table without nested paths: those that begin alike become the code of one field."""
    gathered = []
    there = (one for one in fields if one.quality is not Quality.MISSING)
    for head, group in groupby(there, lambda one: one.path.partition(".")[0]):
        parts = [*group]
        if "." not in parts[0].path:
            gathered += parts
            continue
        inner = _gathered([one._replace(path=one.path.partition(".")[2]) for one in parts], each)
        code = "{" + ", ".join(f"{one.name!r}: {one.expression}" for one in inner) + "}"
        gathered.append(Field(head.replace("[]", ""), "", code=f"[{code} {each}]" if head.endswith("[]") else code))
    return gathered
