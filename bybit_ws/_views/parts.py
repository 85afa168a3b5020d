"""What the views read from messages of any stream. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .._topics import Row

LADDER, TAPE, CANDLES, RECORDS = "ladder", "tape", "candles", "records"

_LADDERS = {"depth_v1", "merged_depth_v1", "diff_depth_v1", "depth_v2", "book_ticker_v2", "orderbook_25"}
_TAPES = {"trade_v1", "trade_v2", "trade", "ticket_info", "execution", "liquidation"}
KINDS = {
    **dict.fromkeys((*_LADDERS, "orderbook_200"), LADDER),
    **dict.fromkeys(_TAPES, TAPE),
    **dict.fromkeys(("kline_v1", "kline_v2", "kline"), CANDLES),
}
"""How a stream is best seen, where it is not as a table."""


def kind_of(row: Row) -> str:
    """Return how a stream is best seen."""
    return KINDS.get(row.stream, RECORDS)


def symbol_of(row: Row, message: dict[str, Any]) -> str:
    """Return the symbol that a message is about, ``""`` for those of an account."""
    if row.private:
        return ""
    params = message.get("params", {})
    symbol = message.get("symbol") or params.get("symbol") or message["topic"].rpartition(".")[2]
    return str(symbol)


def entries(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a message, oldest first, whether it has a list of them, one, or is one itself."""
    data = message.get("data", message)
    return data if isinstance(data, list) else [data]


def number(value: Any) -> Decimal | None:
    """Return a number as the exchange wrote it, None where it is none."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def exact(value: Any) -> Decimal:
    """Return a number as the exchange wrote it; a ValueError tells that it is none."""
    found = number(value)
    if found is None:
        raise ValueError(f"no number: {value!r}")
    return found


def decimals(value: Decimal) -> int:
    """Return how many decimals a number has, those at the end that say nothing not counted."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def milliseconds(value: Any) -> int | None:
    """Return a moment in milliseconds since the epoch, from milliseconds or a time in UTC such as inverse has."""
    text = str(value)
    if text.isdigit():
        return int(text)
    try:
        return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        return None
