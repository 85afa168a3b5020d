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
from functools import partial
from typing import Any, NamedTuple

from .._topics import Key
from .amounts import ZERO, amount, minus, plus
from .conditional import ORDERS, ORDINARY, Conditional, Stage
from .identity import match_of
from .translation import NEVER, Push, Translator

HOLD = 1.0
"""Seconds that an order waits for its executions."""

FILLS = 10_000
"""So many executions are remembered, to wait for their order and to know them when they come twice."""

EXECUTIONS = ("execution.inverse", "execution.spot")

_CANCELLED = ("Cancelled", "PartiallyFilledCanceled")


class Fill(NamedTuple):
    """One execution.

    Attributes:
        id: The trade's id; empty where there is none.
        seq: The number of the match; 0 where it is not told.
        qty: Its quantity.
        total: What was filled of the order up to and with it; None where it does not tell, or nobody wants to know.
        load: What is to be told of it.
    """

    id: str = ""
    seq: int = 0
    qty: Decimal = ZERO
    total: Decimal | None = None
    load: Any = None


def _total(it: Mapping[str, Any]) -> Decimal | None:
    """Return an order's total after an execution, as ``orderQty`` and ``leavesQty`` give it.

    They are zero where a market order was placed by its value.
    """
    ordered = amount(it.get("orderQty", ""))
    return minus(ordered, amount(it.get("leavesQty", ""))) if ordered else None


def stale(it: Mapping[str, Any]) -> bool:
    """Return whether an order that was cancelled is older than its executions can be late.

    Where nothing was known of such an order before, its executions were told before this subscription began: to wait
    for them would only delay the others.
    """
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


Joined = tuple[Change, "list[Fill]"]
"""News of an order with the executions that brought it about: all of them, or the last one of those that came."""

# This takes half as long as a call of the class.
_fill = partial(tuple.__new__, Fill)


class _Order:
    """What is known of an order: the total that was told last, and the executions it does not yet contain."""

    __slots__ = ("fills", "given_up", "total")

    def __init__(self) -> None:
        self.total: Decimal | None = None
        self.given_up = -1  # the last match whose executions were not waited for any longer
        self.fills: dict[str, Fill] = {}

    def reaching(self, total: Decimal, seq: int) -> list[Fill] | None:
        """Return the executions that lead to a total, in order; None while some of them are missing."""
        known = self.total
        if not total or (known is not None and total <= known):
            return []  # placed, amended, cancelled: no fill brought this about
        fills = list(self.fills.values())
        if known is None:
            # Older fills may be part of the total. An execution that tells the total itself is the last one of the
            # push; where none does (a market order placed by its value) the order has lived through one match only.
            for count, fill in enumerate(fills, 1):
                if fill.total == total:
                    return fills[:count]
        reached = known
        for count, fill in enumerate(fills, 1):
            reached = plus(reached, fill.qty) if reached else fill.qty
            if reached == total and (known is not None or not seq or fill.seq == seq):
                return fills[:count]
        return None

    def tell(self, total: Decimal, fills: Iterable[Fill]) -> None:
        """A total was told, with the executions that led to it."""
        for fill in fills:
            self.fills.pop(fill.id, None)
        if self.total is None or total > self.total:
            self.total = total

    def give_up(self, seq: int) -> list[Fill]:
        """Return the last execution of a match, if any came; what comes later belongs to what has been told."""
        found = [fill for fill in self.fills.values() if not seq or fill.seq == seq]
        if seq:
            self.given_up = max(self.given_up, seq)
        self.fills = {name: fill for name, fill in self.fills.items() if 0 < seq < fill.seq}
        return found[-1:]


class Joiner:
    """Brings the pushes of an account's orders and executions together.

    Attributes:
        held: The pushes of orders that wait, with the time until which they do.
    """

    def __init__(self) -> None:
        self._orders: OrderedDict[str, _Order] = OrderedDict()
        # By order too: both orders of a trade with oneself may have executions of the same id.
        self._fills: OrderedDict[tuple[str, str], _Order] = OrderedDict()
        self.held: deque[tuple[float, Change, _Order]] = deque()

    @property
    def due(self) -> float:
        """When the first push that waits is to go out as it is."""
        return self.held[0][0] if self.held else NEVER

    def heard(self, order: str) -> bool:
        """Return whether an order's total was told already."""
        known = self._orders.get(order)
        return known is not None and known.total is not None

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

    def at_once(self, order: str, total: Decimal, message: Mapping[str, Any]) -> list[Fill] | None:
        """Return the executions of a push while none waits, None where it has to wait: then it is no ``change`` yet."""
        known = self._order(order)
        fills = known.reaching(total, match_of(message) if total and known.total is None else 0)
        if fills is not None:
            known.tell(total, fills)
        return fills

    def change(self, change: Change, now: float) -> None:
        """A push of an order came."""
        self.held.append((now + HOLD, change, self._order(change.order)))

    def release(self, now: float) -> Iterator[Joined]:
        """Give the pushes that need to wait no longer."""
        held = self.held
        while held:
            until, change, order = held[0]
            fills = order.reaching(change.total, change.seq)
            if fills is None:
                lost = change.stale and order.total is None
                if not lost and now < until and len(held) <= ORDERS:
                    return
                fills = order.give_up(change.seq)
            order.tell(change.total, fills)
            held.popleft()
            yield change, fills

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
        joiner = self._joiner
        if message["topic"] in EXECUTIONS:
            for order, fill in [(it["orderId"], self._fill(it)) for it in message["data"]]:
                joiner.fill(order, fill)
            return self.flush(now) if joiner.held else ()
        orders = []
        for it in message["data"]:
            ordinary = it.get("stopOrderType", "") in ORDINARY
            if ordinary or self._conditional.stage(it) is not Stage.STOP:
                orders.append(it)
        if len(orders) != 1 or joiner.held:
            changes = [self._change(it, message, self.load(it, message), it is orders[-1]) for it in orders]
        else:
            it = orders[0]
            load, total = self.load(it, message), amount(it["cumExecQty"])
            fills = joiner.at_once(it["orderId"], total, message)
            if fills is not None:
                return self.pushes(load, total, fills, True)
            changes = [self._change(it, message, load, True)]
        for change in changes:
            joiner.change(change, now)
        return self.flush(now) if joiner.held else ()

    def flush(self, now: float) -> Sequence[Push]:
        """Return what need not wait any longer."""
        found: list[Push] = []
        for change, fills in self._joiner.release(now):
            found += self.pushes(change.load, change.total, fills, change.last)
        self.due = self._joiner.due
        return found

    def _fill(self, it: Mapping[str, Any]) -> Fill:
        order, seq = it["orderId"], it.get("seq") or 0
        total = None if self._joiner.heard(order) else _total(it)
        return _fill((it["execId"], int(seq), amount(it["execQty"]), total, self.deal(it)))

    def _change(self, it: Mapping[str, Any], message: Mapping[str, Any], load: Any, last: bool) -> Change:
        late = it["orderStatus"] in _CANCELLED and stale(it)
        return Change(it["orderId"], amount(it["cumExecQty"]), match_of(message), late, last, load)

    def deal(self, it: Mapping[str, Any]) -> Any:
        """Return what is to be told of an execution."""
        raise NotImplementedError

    def load(self, it: Mapping[str, Any], message: Mapping[str, Any]) -> Any:
        """Return what is to be kept of an order until its executions are there."""
        raise NotImplementedError

    def pushes(self, load: Any, total: Decimal, fills: Sequence[Fill], last: bool) -> Sequence[Push]:
        """Return the documented messages of an order and its executions.

        Args:
            load: What was kept of the order.
            total: What was filled of it.
            fills: The executions that brought that about.
            last: Whether the order is the last one of its push.
        """
        raise NotImplementedError
