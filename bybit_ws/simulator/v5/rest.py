"""The public REST calls of V5 that a stream needs (wire-v5 section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ..listing import Listing, Trade
from ..market import Market
from ..wire import compact
from .instruments import describe, listed
from .insurance import isolated_pool, shared_pool
from .trades import size_text, trade_id

PREFIX = "/v5/market/"
Query = Mapping[str, str]

_BAD_PARAMETER = 10001
_MOST_TRADES = {"spot": (60, 60), "inverse": (1000, 500)}
_MOST_INSTRUMENTS = (1000, 500)


class Refused(Exception):
    """A question that is answered with a ``retCode`` other than 0, and HTTP 200."""


class Rest:
    """Answers from the market as it is at that moment.

    Args:
        market: The market.
        clock: The exchange's clock, in seconds.
    """

    def __init__(self, market: Market, clock: Callable[[], float]) -> None:
        self._market = market
        self._clock = clock
        self._calls: dict[str, Callable[[Query], dict[str, Any]]] = {
            "time": self._time,
            "recent-trade": self._recent_trade,
            "instruments-info": self._instruments_info,
            "insurance": self._insurance,
        }

    def answer(self, path: str, query: Query) -> str | None:
        """Give the JSON of one of these calls; None for any other path."""
        call = self._calls.get(path[len(PREFIX) :]) if path.startswith(PREFIX) else None
        if call is None:
            return None
        code, text, result = 0, "OK", {}
        try:
            result = call(query)
        except Refused as refusal:
            code, text = _BAD_PARAMETER, str(refusal)
        now = int(self._clock() * 1000)
        return compact({"retCode": code, "retMsg": text, "result": result, "retExtInfo": {}, "time": now})

    def _time(self, query: Query) -> dict[str, Any]:
        now = self._clock()
        return {"timeSecond": str(int(now)), "timeNano": str(int(now * 10**9))}

    def _recent_trade(self, query: Query) -> dict[str, Any]:
        """Give the last trades, newest first."""
        category = _category(query)
        listing = self._listing(category, query.get("symbol", ""))
        limit = _limit(query, *_MOST_TRADES[category])
        trades = listing.tape.last(limit)
        return {"category": category, "list": [_trade(listing, trade) for trade in reversed(trades)]}

    def _listing(self, category: str, symbol: str) -> Listing:
        if all(one.symbol != symbol for one in listed(category)):
            raise Refused("Not supported symbols")
        return self._market.listings[symbol]

    def _instruments_info(self, query: Query) -> dict[str, Any]:
        """Give what is listed, inverse a page at a time; the cursor is the first symbol of the next page."""
        category = _category(query)
        found = listed(category)
        if "symbol" in query:
            found = [self._listing(category, query["symbol"]).instrument]
        found = [one for one in found if query.get("baseCoin") in (None, one.base)]
        if query.get("status", "Trading") != "Trading":
            found = []
        if category == "spot":
            return {"category": category, "list": [describe(one) for one in found]}
        start = _page(query.get("cursor", ""), [one.symbol for one in found])
        end = start + _limit(query, *_MOST_INSTRUMENTS)
        following = found[end].symbol if end < len(found) else ""
        return {"category": category, "list": [describe(one) for one in found[start:end]], "nextPageCursor": following}

    def _insurance(self, query: Query) -> dict[str, Any]:
        """Give all pools, those that several contracts share too."""
        market, wanted = self._market, query.get("coin")
        funds = [log.last(1)[0] for coin, log in market.insurance.items() if wanted in (None, coin)]
        pools: list[dict[str, str]] = []
        for fund in funds:
            listing = market.listings[f"{fund.coin}USD"]
            for pool in (isolated_pool(fund), shared_pool(fund.coin)):
                value = float(pool["balance"]) * listing.index / 10**listing.instrument.scale
                pools.append({**pool, "value": f"{value:.2f}"})
        return {"updatedTime": str(max((fund.time for fund in funds), default=market.now)), "list": pools}


def _category(query: Query) -> str:
    category = query.get("category", "")
    if category not in _MOST_TRADES:
        raise Refused("params error: Category is invalid")
    return category


def _limit(query: Query, most: int, default: int) -> int:
    text = query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise Refused("params error: limit invalid")
    return int(text)


def _page(cursor: str, symbols: list[str]) -> int:
    if not cursor:
        return 0
    if cursor not in symbols:
        raise Refused("params error: cursor invalid")
    return symbols.index(cursor)


def _trade(listing: Listing, trade: Trade) -> dict[str, Any]:
    row: dict[str, Any] = {"execId": trade_id(listing, trade), "symbol": listing.symbol}
    row |= {"price": listing.price_text(trade.price), "size": size_text(listing, trade.size)}
    row |= {"side": "Buy" if trade.buy else "Sell", "time": str(trade.time)}
    return row | {"isBlockTrade": False, "isRPITrade": False, "seq": str(trade.seq)}
