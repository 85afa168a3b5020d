"""Which of two documented streams tells of an order: that of orders, or that of stop orders. Pure.

The documented endpoints had two orders: the stop order that waits, and the one that it places when it is triggered.
V5 has one, with a ``stopOrderType``, which turns into an ordinary order.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from enum import Enum
from typing import Any

from .amounts import amount

ORDERS = 1_000
"""So many orders are remembered, those that were heard of last."""

ORDINARY = ("", "UNKNOWN")
"""The ``stopOrderType`` of orders that are no stop orders: most are, and need no ``stage``."""

_LIVE = ("New", "PartiallyFilled", "Filled", "PartiallyFilledCanceled")


class Stage(Enum):
    """What a push tells of: an order, a stop order, or the first news of the order that a stop order has placed."""

    ORDER = "order"
    STOP = "stop"
    PLACED = "placed"


class Conditional:
    """Remembers which stop orders have been triggered."""

    def __init__(self) -> None:
        self._triggered: OrderedDict[str, bool] = OrderedDict()  # whether the order that each placed was heard of

    def stage(self, it: Mapping[str, Any]) -> Stage:
        """Return what a push of V5's topic of orders tells of.

        A cancelled stop order is one that never was triggered; of one that was not heard of before, nothing was
        filled then.
        """
        if it.get("stopOrderType", "") in ORDINARY:
            return Stage.ORDER
        status, order = it["orderStatus"], it["orderId"]
        if status in _LIVE:
            heard = self._remember(order, True)
            return Stage.PLACED if status == "New" and not heard else Stage.ORDER
        if status == "Triggered":
            self._remember(order, False)
        elif status == "Cancelled" and (order in self._triggered or amount(it["cumExecQty"])):
            return Stage.ORDER
        return Stage.STOP

    def _remember(self, order: str, heard: bool) -> bool:
        """Note that an order was triggered; return whether the order it placed had been heard of."""
        before = self._triggered.pop(order, False)
        self._triggered[order] = heard or before
        if len(self._triggered) > ORDERS:
            self._triggered.popitem(last=False)
        return before
