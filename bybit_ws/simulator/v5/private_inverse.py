"""The inverse account as V5 tells it: ``order.inverse``, ``execution.inverse``, ``position.inverse`` (section 7)."""

from __future__ import annotations

from decimal import Decimal

from ..account_inverse import LEVERAGE, REASONS, USER_ID, InverseAccount, coins, exec_id, mark, order_id
from ..listing import Listing, Trade
from ..orders import Order, Stop
from .private_events import PrivateEvent
from .private_story import Story
from .private_teller import Row, State, Teller, price_text
from .private_wallet import INVERSE, Wallet, message_id

_NEVER_TRADED = -1
_RISK_LIMIT = "150"
_MAINTENANCE = Decimal("0.005")


class InverseTeller(Teller):
    """Writes prices with all decimals, and nothing at all where there is none."""

    category = INVERSE
    user = USER_ID
    first_seq = 140_667_095_077_548

    def __init__(self, story: Story, wallet: Wallet, account: InverseAccount, now: int) -> None:
        super().__init__(story, wallet)
        self._account = account
        self._began = now
        self._matched: dict[str, int] = {}
        self._seen: dict[str, tuple[int, Decimal]] = {}
        self._earlier: dict[str, Decimal] = {}

    def worth(self, order: Order, trade: Trade, maker: bool) -> tuple[Decimal, Decimal]:
        """Give value and fee, in coin."""
        return self._account.worth(order.listing, trade, maker)

    def cancelled_status(self, order: Order) -> str:
        """Give the one status there is."""
        return "Cancelled"

    def message_id(self, listing: Listing, seq: int) -> str:
        """Join user, symbol and sequence by underscores."""
        return f"{self.user}_{listing.symbol}_{seq}"

    def order_id(self, order: Order | Stop) -> str:
        """Give the UUID."""
        return order_id(order)

    def order_row(self, state: State) -> Row:
        """Write an order."""
        listing, first, stop = state.listing, state.first, state.stop
        row: Row = {"category": INVERSE, "symbol": listing.symbol, "orderId": self.order_id(first), "orderLinkId": ""}
        row |= {"side": "Buy" if first.buy else "Sell", "positionIdx": 0, "orderStatus": state.status}
        ended = state.status in {"Cancelled", "Deactivated"}
        row |= {"createType": _create_type(state), "cancelType": "CancelByUser" if ended else "UNKNOWN"}
        row |= {"rejectReason": "EC_PerCancelRequest" if ended else "EC_NoError"}
        row |= {"timeInForce": "GTC" if state.limit else "IOC", "price": _price(state.order)}
        row |= {"qty": str(state.size), "avgPrice": _average(state), "leavesQty": str(state.left)}
        row |= {"cumExecQty": str(state.filled), "cumExecValue": coins(state.value)}
        row |= {"cumExecFee": coins(state.fee), "orderType": "Limit" if state.limit else "Market"}
        row |= {"stopOrderType": "Stop" if stop else ""}
        row |= {"triggerPrice": price_text(listing, stop.trigger) if stop else "", "takeProfit": "", "stopLoss": ""}
        row |= {"triggerBy": "LastPrice" if stop else ""}
        row |= {"reduceOnly": bool(state.order and state.order.reason == "close"), "closeOnTrigger": False}
        row |= {"lastPriceOnCreated": price_text(listing, first.market_price), "createdTime": str(first.created)}
        return row | {"updatedTime": str(listing.now if state.order or not stop else stop.updated)}

    def execution_row(self, state: State, trade: Trade, value: Decimal, fee: Decimal, maker: bool, seq: int) -> Row:
        """Write an execution."""
        listing, first = state.listing, state.first
        row: Row = {"category": INVERSE, "symbol": listing.symbol, "execFee": coins(fee), "execId": exec_id(trade)}
        row |= {"execPrice": price_text(listing, trade.price), "execQty": str(trade.size), "execType": "Trade"}
        row |= {"execValue": coins(value), "leavesQty": str(state.left), "orderId": self.order_id(first)}
        row |= {"orderLinkId": "", "orderQty": str(state.size), "orderType": "Limit" if state.limit else "Market"}
        row |= {"stopOrderType": "Stop" if state.stop else "UNKNOWN", "side": "Buy" if first.buy else "Sell"}
        row |= {"execTime": str(trade.time), "isMaker": maker, "createType": _create_type(state)}
        return row | {"feeCurrency": "", "seq": seq}

    def standing(self, state: State, seq: int, matched: bool) -> list[PrivateEvent]:
        """Tell of the position at every change of an order; but for matches with the last match's number."""
        listing, symbol = state.listing, state.listing.symbol
        if state.status == "Triggered":
            return []
        if matched:
            self._matched[symbol] = seq
        self._watch(symbol)
        row = self._position_row(listing) | {"seq": self._matched.get(symbol, _NEVER_TRADED)}
        row |= {"createdTime": str(self._began), "updatedTime": str(listing.now)}
        return [PrivateEvent("position", INVERSE, message_id(self.story, self.user), listing.now, [row])]

    def _watch(self, symbol: str) -> None:
        """Remember what was realised before the position was opened that is held now."""
        position = self._account.position(symbol)
        size, realised = self._seen.get(symbol, (0, Decimal(0)))
        if position.size and not size:
            self._earlier[symbol] = realised
        self._seen[symbol] = (position.size, position.realised)

    def _position_row(self, listing: Listing) -> Row:
        symbol, at = listing.symbol, self._account.position(listing.symbol)
        row: Row = {"category": INVERSE, "positionIdx": 0, "tradeMode": 1, "riskId": 1, "riskLimitValue": _RISK_LIMIT}
        row |= {"symbol": symbol, "side": "Buy" if at.size else "", "size": str(at.size)}
        row |= {"entryPrice": coins(at.entry), "leverage": str(LEVERAGE), "positionValue": coins(at.value)}
        row |= {"positionBalance": coins(at.margin + at.closing_fee), "markPrice": price_text(listing, mark(listing))}
        row |= {"positionIM": coins(at.margin), "positionMM": coins(at.value * _MAINTENANCE)}
        row |= {"takeProfit": "0", "stopLoss": "0", "trailingStop": "0"}
        row |= {"unrealisedPnl": coins(self._account.gain(symbol))}
        row |= {"curRealisedPnl": coins(at.realised - self._earlier.get(symbol, Decimal(0)))}
        row |= {"cumRealisedPnl": coins(at.realised)}
        row |= {"liqPrice": price_text(listing, self._account.liquidation(symbol)) if at.size else "", "bustPrice": ""}
        return row | {"positionStatus": "Normal", "adlRankIndicator": 2 if at.size else 0, "autoAddMargin": 1}


def _create_type(state: State) -> str:
    return REASONS["stop" if state.stop or state.order is None else state.order.reason]


def _price(order: Order | None) -> str:
    return price_text(order.listing, order.price or order.market_price) if order else "0"


def _average(state: State) -> str:
    """Give contracts by coin, rounded to the tick's decimals."""
    if not state.filled:
        return ""
    return format(round(state.filled / state.value, state.listing.instrument.scale), "f")
