"""Records of a stream as a table: one row for each symbol, coin or order, and what changed in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from .._topics import Row
from .parts import entries, milliseconds, number

KEPT = 200
"""Rows that are kept; those that were silent for longest go first."""


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: Its name for people.
        field: Where a record has it.
        form: ``""`` for a text, ``"number"``, ``"percent"`` of a share of one, ``"e6"`` for one in millionths,
            ``"fine"`` for a small one of those, ``"e8"`` for coins in hundred-millionths, ``"time"``, ``"side"``.
    """

    title: str
    field: str
    form: str = ""


class Cell(NamedTuple):
    """A value of a table.

    Attributes:
        value: A number, a text, or None where the record has none.
        change: How it last changed: 1 up, -1 down, 0 none was seen; of texts any change is 1.
        changed: When, by the caller's clock.
    """

    value: Decimal | str | None
    change: int
    changed: float


def _columns(*told: str) -> tuple[Column, ...]:
    """Read columns from ``"title field form"``, blanks in a title written as ``_``."""
    parts = (one.split() for one in told)
    return tuple(Column(one[0].replace("_", " "), one[1], one[2] if len(one) > 2 else "") for one in parts)


_TICKER = ("last c number", "change m percent", "high h number", "low l number", "volume v number", "time t time")
_ORDER = ("qty qty number", "status order_status", "time timestamp time", "order order_id")
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "realtimes_v1": _columns("symbol s", *_TICKER),
    "realtimes_v2": _columns("symbol s", *_TICKER),
    "lt_v1": _columns("symbol s", "value nav number", "leverage l number", "basket b number", "time t time"),
    "outbound_account_info": _columns("coin a", "free f number", "locked l number"),
    "execution_report": _columns(
        *("symbol s", "side S side", "status X", "qty q number", "filled z number", "last L number"),
        *("time O time", "order i"),
    ),
    "stop_execution_report": _columns(
        "symbol s", "side S side", "status X", "qty q number", "trigger qp number", "time t time", "order i"
    ),
    "insurance": _columns("coin currency", "balance wallet_balance e8", "time timestamp time"),
    "instrument_info": _columns(
        *("symbol symbol", "last last_price number", "24_h price_24h_pcnt_e6 e6", "bid bid1_price number"),
        *("ask ask1_price number", "mark mark_price number", "index index_price number"),
        *("open_interest open_interest number", "funding funding_rate_e6 fine"),
    ),
    "position": _columns(
        *("symbol symbol", "side side side", "size size number", "entry entry_price number"),
        *("liq. liq_price number", "leverage leverage number", "realised realised_pnl number"),
    ),
    "order": _columns("symbol symbol", "side side side", "type order_type", "price price number", *_ORDER),
    "stop_order": _columns("symbol symbol", "side side side", "trigger trigger_price number", *_ORDER),
    "wallet": _columns("coin coin", "wallet wallet_balance number", "available available_balance number"),
}
"""What is shown of each stream; the first column and any named ``order`` tell the rows apart."""


class Records:
    """The newest record of each symbol, coin or order.

    Attributes:
        columns: What a row has.
        rows: By what tells them apart.
    """

    def __init__(self, row: Row) -> None:
        self.columns = COLUMNS[row.stream]
        self.rows: dict[tuple[str, ...], tuple[Cell, ...]] = {}
        keys = [self.columns[0].field, *(one.field for one in self.columns if one.title == "order")]
        self._newest_first = len(keys) > 1
        self._keys = [*keys, "position_idx"]

    def update(self, message: dict[str, Any], now: float) -> None:
        """Take a message of the stream."""
        for record in message.get("B") or entries(message):
            key = tuple(str(record.get(field, "")) for field in self._keys)
            before = self.rows.get(key)
            if before is not None and self._newest_first:
                del self.rows[key]
            values = [_value(record.get(one.field), one.form) for one in self.columns]
            self.rows[key] = tuple(
                _cell(None if before is None else before[at], value, now) for at, value in enumerate(values)
            )
        while len(self.rows) > KEPT:
            del self.rows[next(iter(self.rows))]

    def shown(self) -> list[tuple[Cell, ...]]:
        """Return the rows in the order that suits them: orders newest first, symbols and coins by name."""
        if self._newest_first:
            return [*self.rows.values()][::-1]
        return [self.rows[key] for key in sorted(self.rows)]


def _value(given: Any, form: str) -> Decimal | str | None:
    if given in (None, ""):
        return None
    if form == "time":
        moment = milliseconds(given)
        return None if moment is None else Decimal(moment)
    if form in ("", "side"):
        return str(given)
    found = number(given)
    if found is None:
        return str(given)
    return found.scaleb({"percent": 2, "e6": -4, "fine": -4, "e8": -8}.get(form, 0))


def _cell(before: Cell | None, value: Decimal | str | None, now: float) -> Cell:
    if before is None:
        return Cell(value, 0, now)
    if before.value == value:
        return before
    rising = not (isinstance(value, Decimal) and isinstance(before.value, Decimal)) or value > before.value
    return Cell(value, 1 if rising else -1, now)
