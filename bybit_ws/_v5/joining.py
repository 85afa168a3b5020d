"""Orders and their executions, which V5 pushes by two topics, brought together again. Pure.

The documented endpoints told the last fill with the order. V5 tells an order's totals by one topic and its fills by
another, and promises no order of arrival between the two. So an order whose total has grown waits until its fills are
there, for a second at most, and everything behind it waits with it: what comes out is in the order of the topic of
orders, whichever way the two were mixed.

Which fills belong to a push is told by quantity: those that lead from the last total to the new one. That holds for
several pushes of one match and for several matches in one push, where the number of the match alone would not do.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from .._topics import Key
from .amounts import ZERO, amount, minus, plain, plus, times
from .conditional import ORDERS, Conditional, Stage
from .translation import NEVER, Push, Translator

HOLD = 1.0
"""Seconds that an order waits for its executions."""

FILLS = 10_000
"""So many executions are remembered, to wait for their order and to know them when they come twice."""

_CANCELLED = ("Cancelled", "PartiallyFilledCanceled")


class Fill(NamedTuple):
    """One execution.

    Attributes:
        id: The trade's id; empty where there is none.
        seq: The number of the match; 0 where it is not told.
        qty: Its quantity.
        value: Its value.
        total: What was filled of the order up to and with it; None where it does not tell.
        price: Its price, as text.
        fee: Its fee, as text.
        coin: The fee's coin, where it is told.
    """

    id: str = ""
    seq: int = 0
    qty: Decimal = ZERO
    value: Decimal = ZERO
    total: Decimal | None = None
    price: str = "0"
    fee: str = "0"
    coin: str = ""


NOTHING = Fill()


def fill_of(it: Mapping[str, Any]) -> Fill:
    """Return the execution that an item of the topic tells.

    ``orderQty`` and ``leavesQty`` give the order's total after it. They are zero where a market order was placed by
    its value.
    """
    price, qty, ordered = plain(it["execPrice"]), amount(it["execQty"]), amount(it.get("orderQty", ""))
    value = amount(it["execValue"]) if it.get("execValue") else times(amount(price), qty)
    total = minus(ordered, amount(it.get("leavesQty", ""))) if ordered else None
    seq, coin = int(it.get("seq") or 0), it.get("feeCurrency", "")
    return Fill(it["execId"], seq, qty, value, total, price, plain(it.get("execFee", "")), coin)


def identity(message: Mapping[str, Any]) -> tuple[int, int]:
    """Return the user's number and that of the match, as the id of an order's or execution's push tells; else zeros.

    It is ``<user>_<symbol>_<match>``, on spot with ``-``. The documents call it an id and no more; other ids that occur
    have five parts of hexadecimal digits.
    """
    parts = str(message.get("id", "")).replace("_", "-").split("-")
    if len(parts) == 3 and parts[0].isdecimal() and parts[2].isdecimal():
        return int(parts[0]), int(parts[2])
    return 0, 0


def stale(it: Mapping[str, Any]) -> bool:
    """Return whether a push tells the end of an order that is older than its executions can be late.

    Where nothing was known of such an order before, its executions were told before this subscription began: to wait
    for them would only delay the others.
    """
    if it["orderStatus"] not in _CANCELLED:
        return False
    return int(it["updatedTime"]) - int(it["createdTime"]) > HOLD * 1000


class Change(NamedTuple):
    """News of an order.

    Attributes:
        order: Its id.
        total: What was filled of it.
        seq: The number of the match, or of whatever brought this about; 0 where it is not told.
        stale: Whether its executions are not worth waiting for if nothing is known of it.
        last: Whether it is the last one of its push.
        load: What is to come out again together with the fills.
    """

    order: str
    total: Decimal
    seq: int
    stale: bool
    last: bool
    load: Any


class Joined(NamedTuple):
    """News of an order with the executions that brought it about: all of them, or the last one of those that came."""

    change: Change
    fills: Sequence[Fill]


class _Order:
    """What is known of an order: the total that was told last, and the executions it does not yet contain."""

    __slots__ = ("fills", "given_up", "total")

    def __init__(self) -> None:
        self.total: Decimal | None = None
        self.given_up = -1  # the last match whose executions were not waited for any longer
        self.fills: dict[str, Fill] = {}

    def reaching(self, change: Change) -> list[Fill] | None:
        """Return the executions that lead to a total, in order; None while some of them are missing."""
        known, total = self.total, change.total
        if not total or (known is not None and total <= known):
            return []  # placed, amended, cancelled: no fill brought this about
        fills = list(self.fills.values())
        if known is None:
            # Older fills may be part of the total. An execution that tells the total itself is the last one of the
            # push; where none does (a market order placed by its value) the order has lived through one match only.
            for count, fill in enumerate(fills, 1):
                if fill.total == total:
                    return fills[:count]
        reached = known or ZERO
        for count, fill in enumerate(fills, 1):
            reached = plus(reached, fill.qty)
            if reached == total and (known is not None or not change.seq or fill.seq == change.seq):
                return fills[:count]
        return None

    def give_up(self, change: Change) -> list[Fill]:
        """Return the last execution of the match, if any came; what comes later belongs to what has been told."""
        found = [fill for fill in self.fills.values() if not change.seq or fill.seq == change.seq]
        if change.seq:
            self.given_up = max(self.given_up, change.seq)
        self.fills = {name: fill for name, fill in self.fills.items() if 0 < change.seq < fill.seq}
        return found[-1:]


class Joiner:
    """Brings the pushes of an account's orders and executions together."""

    def __init__(self) -> None:
        self._orders: OrderedDict[str, _Order] = OrderedDict()
        # By order too: both orders of a trade with oneself may have executions of the same id.
        self._fills: OrderedDict[tuple[str, str], _Order] = OrderedDict()
        self._held: deque[tuple[float, Change, _Order]] = deque()

    @property
    def due(self) -> float:
        """When the first push that waits is to go out as it is."""
        return self._held[0][0] if self._held else NEVER

    def fill(self, order: str, fill: Fill) -> None:
        """An execution came."""
        name = (order, fill.id)
        if name in self._fills:
            return
        known = self._fills[name] = self._order(order)
        if fill.seq > known.given_up:
            known.fills[fill.id] = fill
        if len(self._fills) > FILLS:
            (_, oldest), its_order = self._fills.popitem(last=False)
            its_order.fills.pop(oldest, None)

    def change(self, change: Change, now: float) -> None:
        """A push of an order came."""
        self._held.append((now + HOLD, change, self._order(change.order)))

    def release(self, now: float) -> Iterator[Joined]:
        """Give the pushes that need to wait no longer."""
        while self._held:
            until, change, order = self._held[0]
            fills = order.reaching(change)
            if fills is None:
                lost = change.stale and order.total is None
                if not lost and now < until and len(self._held) <= ORDERS:
                    return
                fills = order.give_up(change)
            for fill in fills:
                order.fills.pop(fill.id, None)
            order.total = max(order.total or ZERO, change.total)
            self._held.popleft()
            yield Joined(change, fills)

    def _order(self, order: str) -> _Order:
        """Return what is known of an order, which is the last one to be forgotten now."""
        known = self._orders.get(order)
        if known is not None:
            self._orders.move_to_end(order)
            return known
        known = self._orders[order] = _Order()
        if len(self._orders) > ORDERS:
            self._orders.popitem(last=False)
        return known


class JoiningTranslator(Translator):
    """Turns news of orders into messages when their executions are there."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._joiner = Joiner()
        self._conditional = Conditional()

    def translate(self, message: Any, now: float) -> Sequence[Push]:
        """Return what follows from a push of orders or executions; see ``Translator``.

        Everything is read before an order is kept: a malformed one must not come up again with every push.
        """
        if message["topic"].startswith("execution"):
            for order, fill in [(it["orderId"], fill_of(it)) for it in message["data"]]:
                self._joiner.fill(order, fill)
        else:
            orders = [it for it in message["data"] if self._conditional.stage(it) is not Stage.STOP]
            seq = identity(message)[1]
            for change in [self._change(it, message, seq, it is orders[-1]) for it in orders]:
                self._joiner.change(change, now)
        return self.flush(now)

    def flush(self, now: float) -> Sequence[Push]:
        """Return what need not wait any longer."""
        key = self._key
        pushes = [(key, message) for joined in self._joiner.release(now) for message in self.messages(joined)]
        self.due = self._joiner.due
        return pushes

    def _change(self, it: Mapping[str, Any], message: Mapping[str, Any], seq: int, last: bool) -> Change:
        return Change(it["orderId"], amount(it["cumExecQty"]), seq, stale(it), last, self.load(it, message))

    def load(self, it: Mapping[str, Any], message: Mapping[str, Any]) -> Any:
        """Return what is to be kept of an order until its executions are there."""
        raise NotImplementedError

    def messages(self, joined: Joined) -> Iterable[dict[str, Any]]:
        """Return the documented messages of an order and its executions."""
        raise NotImplementedError
