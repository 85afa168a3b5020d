"""One readable line for a message of any stream."""

from __future__ import annotations

from typing import Any, Callable

from .._topics import Row
from .._views.parts import symbol_of

__all__ = ["describe", "symbol_of"]

_TEMPLATES = {
    "realtimes_v1": "last {c}, 24 h {l} to {h}, volume {v}",
    "kline_v1": "open {o} high {h} low {l} close {c} volume {v}",
    "lt_v1": "net asset value {nav}, leverage {l}",
    "kline_v2": "open {o} high {h} low {l} close {c} volume {v}",
    "book_ticker_v2": "bid {bidPrice} × {bidQty}, ask {askPrice} × {askQty}",
    "realtimes_v2": "last {c}, 24 h {l} to {h}, volume {v}",
    "execution_report": "{S} {s} {X}, filled {z} of {q}",
    "stop_execution_report": "{S} {s} {X}, order {i}",
    "ticket_info": "{S} {q} {s} at {p}",
    "insurance": "{currency} {wallet_balance} e-8",
    "instrument_info": "last {last_price}, mark {mark_price}, index {index_price}, open interest {open_interest}",
    "kline": "open {open} high {high} low {low} close {close} volume {volume}",
    "liquidation": "{side} position of {qty} at {price}",
    "position": "{symbol} {side} {size} entered at {entry_price}",
    "execution": "{symbol} {side} {exec_qty} at {price}",
    "order": "{symbol} {side} {qty} {order_status}",
    "stop_order": "{symbol} {side} {qty} {order_status}, trigger {trigger_price}",
    "wallet": "{coin} {wallet_balance}, available {available_balance}",
}


def describe(row: Row, message: dict[str, Any]) -> str:
    """Return what a message says, in a line."""
    special = _SPECIAL.get(row.stream)
    if special is not None:
        return special(message)
    return _TEMPLATES[row.stream].format(**_record(message))


def _record(message: dict[str, Any]) -> dict[str, Any]:
    data = message.get("data", message)
    record: dict[str, Any] = data[-1] if isinstance(data, list) else data
    return record


def _pair_trades(message: dict[str, Any]) -> str:
    record, count = _record(message), len(message["data"]) if isinstance(message["data"], list) else 1
    more = f" (and {count - 1} before)" if count > 1 else ""
    return f"{'buy' if record['m'] else 'sell'} {record['q']} at {record['p']}{more}"


def _row_trades(message: dict[str, Any]) -> str:
    record, count = _record(message), len(message["data"])
    more = f" (and {count - 1} before)" if count > 1 else ""
    return f"{record['side'].lower()} {record['size']} at {record['price']}{more}"


def _pair_book(message: dict[str, Any]) -> str:
    record = _record(message)
    return _book([tuple(pair) for pair in record["b"]], [tuple(pair) for pair in record["a"]])


def _row_book(message: dict[str, Any]) -> str:
    rows = message["data"]
    bids = [(row["price"], row["size"]) for row in reversed(rows) if row["side"] == "Buy"]
    return _book(bids, [(row["price"], row["size"]) for row in rows if row["side"] == "Sell"])


def _book(bids: list[Any], asks: list[Any]) -> str:
    tops = [f"{name} {side[0][0]} × {side[0][1]}" for name, side in (("bid", bids), ("ask", asks)) if side]
    return f"{', '.join(tops) or 'empty'} ({len(bids)} + {len(asks)} levels)"


def _balances(message: dict[str, Any]) -> str:
    return ", ".join(f"{balance['a']} {balance['f']} (locked {balance['l']})" for balance in message["B"])


_SPECIAL: dict[str, Callable[[dict[str, Any]], str]] = {
    "trade_v1": _pair_trades,
    "trade_v2": _pair_trades,
    "trade": _row_trades,
    "depth_v1": _pair_book,
    "merged_depth_v1": _pair_book,
    "diff_depth_v1": _pair_book,
    "depth_v2": _pair_book,
    "orderbook_25": _row_book,
    "orderbook_200": _row_book,
    "outbound_account_info": _balances,
}
