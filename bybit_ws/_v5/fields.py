"""A table of fields that is both the translation and its description. Pure.

``maker`` compiles the rows of a table to one function, as fast as if it were written by hand; the fidelity table
that users see is printed from the same rows, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Callable, NamedTuple


class Quality(Enum):
    """How a documented field is served."""

    EXACT = "exact"
    APPROXIMATE = "approximate"
    CONSTANT = "constant"
    MISSING = "not available"


class Field(NamedTuple):
    """One documented field.

    Attributes:
        path: Where it is in the documented message: ``"sendTime"``, ``"data[].v"``.
        source: Where V5 says it: a key of ``it``, the item that is translated, or words. Shown to users.
        quality: How well that serves.
        note: What users should know: how it is approximated, what the constant is, since when it is gone.
        code: The Python expression that makes it, of ``it`` and the maker's own names; ``it[source]`` by default.
            A missing field has none and is left out.
    """

    path: str
    source: str
    quality: Quality = Quality.EXACT
    note: str = ""
    code: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def expression(self) -> str:
        """The Python expression that makes the field."""
        return self.code or f"it[{self.source!r}]"


def approximate(path: str, source: str, note: str, code: str = "") -> Field:
    """A field that stands for nearly the same."""
    return Field(path, source, Quality.APPROXIMATE, note, code)


def constant(path: str, note: str, code: str) -> Field:
    """A field that is always the same, or follows from the subscription alone."""
    return Field(path, "", Quality.CONSTANT, note, code)


def missing(path: str, note: str) -> Field:
    """A field that cannot be known: it is left out."""
    return Field(path, "", Quality.MISSING, note)


def below(prefix: str, fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return the fields directly below a path: ``below("data[].", fields)``; ``""`` for the message's own."""
    return tuple(
        one for one in fields if one.path.startswith(prefix) and "." not in one.path[len(prefix) :].rstrip("[]")
    )


def maker(
    fields: Iterable[Field], parameters: str = "it", names: Mapping[str, Any] | None = None
) -> Callable[..., dict[str, Any]]:
    """Compile fields to a function that makes a dict of them.

    Args:
        fields: In the order of the documented message; those that are missing are left out.
        parameters: The function's parameters, e.g. ``"it, message"``.
        names: What else the expressions use, e.g. functions.
    """
    entries = ", ".join(f"{one.name!r}: {one.expression}" for one in fields if one.quality is not Quality.MISSING)
    made: Callable[..., dict[str, Any]] = eval(f"lambda {parameters}: {{{entries}}}", {**(names or {})})  # noqa: S307
    return made


def sources(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the keys of ``it`` that fields are made of."""
    return tuple(dict.fromkeys(name for one in fields for name in one.source.split(", ") if name))
