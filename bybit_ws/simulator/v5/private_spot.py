"""The spot account as V5 tells it: ``order.spot`` and ``execution.spot`` (wire-v5 section 7)."""

from __future__ import annotations

from decimal import Decimal

from ..account_spot import FEE, USER_ID, SpotAccount, client_id, rounded
from ..listing import Listing, Trade
from ..orders import Order, Stop
from ..wire import fixed
from .private_story import Story
from .private_teller import Row, State, Teller, price_text, size_text
from .private_wallet import SPOT, Wallet, text

_SYMBOL_NUMBER = 19_999  # what the sample's 20000 is for the first symbol
_NO_TARGETS = (("takeProfit", 0), ("stopLoss", 0))


class SpotTeller(Teller):
    """Writes all decimals of prices and quantities, and ``0`` in full where there is nothing."""

    category = SPOT
    user = USER_ID
    first_seq = 1_253_141_306

    def __init__(self, story: Story, wallet: Wallet, account: SpotAccount) -> None:
        super().__init__(story, wallet)
        self._account = account

    def worth(self, order: Order, trade: Trade, maker: bool) -> tuple[Decimal, Decimal]:
        """Give value and fee; the fee is in the coin that is received."""
        return Decimal(trade.size * trade.price), rounded(self._account.fee(order, trade)[0])

    def cancelled_status(self, order: Order) -> str:
        """Tell partly filled orders from others."""
        return "PartiallyFilledCanceled" if order.filled else "Cancelled"

    def message_id(self, listing: Listing, seq: int) -> str:
        """Join user, symbol's number and sequence by dashes."""
        return f"{self.user}-{_SYMBOL_NUMBER + listing.instrument.number}-{seq}"

    def order_id(self, order: Order | Stop) -> str:
        """Give the number."""
        return str(order.id)

    def order_row(self, state: State) -> Row:
        """Write an order."""
        listing, first, order = state.listing, state.first, state.order
        row: Row = {"category": SPOT, "symbol": listing.symbol, "orderId": self.order_id(first)}
        row |= {"orderLinkId": client_id(first), "side": "Buy" if first.buy else "Sell"}
        ended = state.status in {"Cancelled", "PartiallyFilledCanceled", "Deactivated"}
        row |= {"orderStatus": state.status, "cancelType": "CancelByUser" if ended else "UNKNOWN"}
        row |= {"rejectReason": "EC_PerCancelRequest" if ended else "EC_NoError"}
        row |= {"timeInForce": "GTC" if state.limit else "IOC", "price": _price(order)}
        row |= {"qty": size_text(listing, state.size), "avgPrice": _average(state)}
        row |= {"leavesQty": size_text(listing, state.left), "cumExecQty": size_text(listing, state.filled)}
        row |= {"cumExecValue": _value(listing, state.value), "cumExecFee": text(state.fee)}
        row |= {"orderType": "Limit" if state.limit else "Market", "stopOrderType": "Stop" if state.stop else ""}
        trigger = state.stop.trigger if state.stop else 0
        row |= {name: price_text(listing, price) for name, price in (("triggerPrice", trigger), *_NO_TARGETS)}
        row |= {"lastPriceOnCreated": price_text(listing, first.market_price), "smpOrderId": ""}
        row |= {"createdTime": str(first.created), "updatedTime": str(_updated(state))}
        return row | {"feeCurrency": self._currency(state)}

    def execution_row(self, state: State, trade: Trade, value: Decimal, fee: Decimal, maker: bool, seq: int) -> Row:
        """Write an execution."""
        listing, first = state.listing, state.first
        row: Row = {"category": SPOT, "symbol": listing.symbol, "execFee": text(fee), "execId": str(trade.id)}
        row |= {"execPrice": price_text(listing, trade.price), "execQty": size_text(listing, trade.size)}
        row |= {"execType": "Trade", "execValue": _value(listing, value), "feeRate": str(FEE)}
        row |= {"leavesQty": size_text(listing, state.left), "orderId": self.order_id(first)}
        row |= {"orderLinkId": client_id(first), "orderPrice": _price(state.order)}
        row |= {"orderQty": size_text(listing, state.size), "orderType": "Limit" if state.limit else "Market"}
        row |= {"stopOrderType": "Stop" if state.stop else "", "side": "Buy" if first.buy else "Sell"}
        row |= {"execTime": str(trade.time), "isMaker": maker, "seq": seq}
        return row | {"feeCurrency": self._currency(state)}

    @staticmethod
    def _currency(state: State) -> str:
        instrument = state.listing.instrument
        if not state.filled:
            return ""
        return instrument.base if state.first.buy else instrument.quote


def _price(order: Order | None) -> str:
    return price_text(order.listing, order.price) if order and order.limit else "0"


def _value(listing: Listing, value: Decimal) -> str:
    return fixed(int(value), listing.instrument.scale + listing.instrument.lot_scale)


def _average(state: State) -> str:
    if not state.filled:
        return ""
    scale = state.listing.instrument.scale
    return text(round((state.value / state.filled).scaleb(-scale), scale))


def _updated(state: State) -> int:
    return state.listing.now if state.order or state.stop is None else state.stop.updated
