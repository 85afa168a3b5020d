"""What the orders of both accounts have in common when V5 tells of them (wire-v5 section 7)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from ..listing import Listing, Trade
from ..orders import Order, Stop
from ..wire import fixed
from .private_events import PrivateEvent
from .private_story import Story
from .private_wallet import Wallet

Row = dict[str, Any]
OPEN = {"New", "PartiallyFilled", "Untriggered", "Triggered"}
_STOP_STATUS = {"new": "Untriggered", "triggered": "Triggered", "cancelled": "Deactivated"}


@dataclass
class State:
    """An order as it is to be reported, whether it waits for its trigger or came out of it.

    V5 keeps one id from ``Untriggered`` to the end, where the legacy endpoints had one for the stop order and
    another for what it placed: id, client's id, creation and price at creation are those of the stop order.
    """

    order: Order | None
    stop: Stop | None
    status: str = ""
    value: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)

    @property
    def first(self) -> Order | Stop:
        """What the customer placed."""
        first = self.stop or self.order
        assert first is not None  # noqa: S101
        return first

    @property
    def listing(self) -> Listing:
        """What it trades."""
        return self.first.listing

    @property
    def limit(self) -> bool:
        """Whether it has a limit; stop orders are at market."""
        return bool(self.order and self.order.limit)

    @property
    def size(self) -> int:
        """Its whole quantity."""
        return (self.order or self.first).size

    @property
    def filled(self) -> int:
        """What was executed."""
        return self.order.filled if self.order else 0

    @property
    def left(self) -> int:
        """What is still open: nothing of an order that has ended."""
        return self.size - self.filled if self.status in OPEN else 0


def price_text(listing: Listing, price: int) -> str:
    """Write a price with all decimals of its tick."""
    return fixed(price, listing.instrument.scale)


def size_text(listing: Listing, size: int) -> str:
    """Write a quantity with all decimals of its lot."""
    return fixed(size, listing.instrument.lot_scale)


class Teller(ABC):
    """Hears of everything that happens to an account's orders, after the legacy account has booked it.

    Attributes:
        category: The account's category.
        user: The account's number.
        first_seq: Where the cross sequences start.
    """

    category: ClassVar[str]
    user: ClassVar[int]
    first_seq: ClassVar[int]

    def __init__(self, story: Story, wallet: Wallet) -> None:
        self.story = story
        self._wallet = wallet
        self._states: dict[int, State] = {}
        self._triggered: dict[int, Stop] = {}

    def placed(self, order: Order) -> None:
        """Tell of a new order; one that a stop placed goes on as that."""
        state = self._states[order.id] = State(order, self._triggered.pop(order.id, None))
        if state.stop:
            self.story.origins[self.order_id(order)] = self.order_id(state.stop)
        self._tell(state, "New")

    def filled(self, order: Order, trade: Trade, maker: bool) -> None:
        """Tell of one fill by execution and order, with the same sequence number."""
        state = self._states[order.id]
        value, fee = self.worth(order, trade, maker)
        state.value += value
        state.fee += fee
        self._tell(state, "PartiallyFilled" if order.left else "Filled", (trade, value, fee, maker))
        if not order.left:
            del self._states[order.id]

    def cancelled(self, order: Order) -> None:
        """Tell of a cancelled order."""
        self._tell(self._states.pop(order.id), self.cancelled_status(order))

    def stop_changed(self, stop: Stop, status: str) -> None:
        """Tell of a stop order's new status."""
        if status == "triggered":
            self._triggered[stop.order_id] = stop
        self._tell(State(None, stop), _STOP_STATUS[status])

    @abstractmethod
    def worth(self, order: Order, trade: Trade, maker: bool) -> tuple[Decimal, Decimal]:
        """Give a fill's value and fee."""

    @abstractmethod
    def cancelled_status(self, order: Order) -> str:
        """Give the status of an order that was cancelled."""

    @abstractmethod
    def message_id(self, listing: Listing, seq: int) -> str:
        """Give the ``id`` of order and execution messages."""

    @abstractmethod
    def order_id(self, order: Order | Stop) -> str:
        """Give an id as the legacy endpoints have it."""

    @abstractmethod
    def order_row(self, state: State) -> Row:
        """Write an order."""

    @abstractmethod
    def execution_row(self, state: State, trade: Trade, value: Decimal, fee: Decimal, maker: bool, seq: int) -> Row:
        """Write an execution."""

    def standing(self, state: State, seq: int, matched: bool) -> list[PrivateEvent]:
        """Tell of the position, where there is one."""
        return []

    def _tell(self, state: State, status: str, fill: tuple[Trade, Decimal, Decimal, bool] | None = None) -> None:
        listing, now = state.listing, state.listing.now
        state.status = status
        seq = self.story.next_seq(listing.symbol, self.first_seq)
        name = self.message_id(listing, seq)
        events = [PrivateEvent("order", self.category, name, now, [self.order_row(state)])]
        if fill:
            row = self.execution_row(state, *fill, seq)
            events.append(PrivateEvent("execution", self.category, name, now, [row]))
        events += self.standing(state, seq, fill is not None)
        self.story.tell(events + self._wallet.changes(self.category, now))
