"""The ``wallet`` topic: a Unified account's coins, made of the two legacy accounts' balances (wire-v5 section 7)."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, NamedTuple

from .. import account_inverse, account_spot
from ..account_inverse import InverseAccount
from ..account_spot import SpotAccount
from ..listing import Listing
from .private_events import PrivateEvent
from .private_story import Story

SPOT, INVERSE, UNIFIED = "spot", "inverse", ""
_UNCHANGED = 0.25
_USERS = {SPOT: account_spot.USER_ID, INVERSE: account_inverse.USER_ID, UNIFIED: account_spot.USER_ID}
_ZERO = Decimal(0)


class Coin(NamedTuple):
    """What is owned of a coin; a wallet event comes when one of these changes."""

    balance: Decimal = _ZERO
    locked: Decimal = _ZERO
    order_margin: Decimal = _ZERO
    position_margin: Decimal = _ZERO

    def plus(self, other: Coin) -> Coin:
        """Add another account's."""
        return Coin(*(mine + its for mine, its in zip(self, other)))

    @property
    def available(self) -> Decimal:
        """What is not bound, as the documents work it out for isolated margin."""
        return self.balance - self.locked - self.order_margin - self.position_margin


_NOTHING = Coin()


def text(value: Decimal) -> str:
    """Write an amount without trailing zeros."""
    return format((value + 0).normalize(), "f")


def message_id(story: Story, user: int) -> str:
    """Make the ``id`` of a message that belongs to no match: the user's number and a UUID run together."""
    return f"{user}{uuid.UUID(int=story.random.getrandbits(128), version=4)}"


class Wallet:
    """Knows what each client has seen of the balances.

    The customer had a spot account and an inverse one; today's Unified account is both in one. A client that
    watches the topics of one category gets that account's balances alone, as it did from the legacy endpoint;
    every other gets the sum. The three are three series of events, told apart by their category.
    """

    def __init__(self, story: Story, spot: SpotAccount, inverse: InverseAccount, listings: dict[str, Listing]) -> None:
        self._story, self._spot, self._inverse = story, spot, inverse
        prices = {one.instrument.base: one for one in listings.values() if one.symbol[-1].isalpha()}
        self._prices = prices | {one.instrument.base: one for one in listings.values() if not one.instrument.inverse}
        self._coins = {SPOT: self._of_spot(), INVERSE: self._of_inverse()}

    def changes(self, category: str, now: int) -> list[PrivateEvent]:
        """Tell of an account's coins that changed since the last time, at times with others that did not."""
        coins, known = self._of_spot() if category == SPOT else self._of_inverse(), self._coins[category]
        changed = {name for name, coin in coins.items() if known[name] != coin}
        if not changed:
            return []
        self._coins[category] = coins
        return [self._event(category, coins, changed, now), self._event(UNIFIED, self._of_both(), changed, now)]

    def _of_spot(self) -> dict[str, Coin]:
        return {coin: Coin(free + locked, locked) for coin, (free, locked) in self._spot.balances().items()}

    def _of_inverse(self) -> dict[str, Coin]:
        return {
            coin: Coin(balance, _ZERO, order_margin, balance - order_margin - available)
            for coin, (balance, available, order_margin) in self._inverse.balances().items()
        }

    def _of_both(self) -> dict[str, Coin]:
        spot, inverse = self._coins.values()
        return {coin: spot.get(coin, _NOTHING).plus(inverse.get(coin, _NOTHING)) for coin in {**spot, **inverse}}

    def _event(self, category: str, coins: dict[str, Coin], changed: set[str], now: int) -> PrivateEvent:
        random = self._story.random
        shown = [name for name in sorted(coins) if name in changed or random.random() < _UNCHANGED]
        rows = [self._row(name, coins[name], category) for name in shown]
        total = sum((coin.available * self._usd(name) for name, coin in coins.items()), _ZERO)
        data = {"accountType": "UNIFIED", "totalAvailableBalance": text(round(total, 8)), "coin": rows}
        return PrivateEvent("wallet", category, message_id(self._story, _USERS[category]), now, [data])

    def _row(self, name: str, coin: Coin, category: str) -> dict[str, Any]:
        unrealised = _ZERO if category == SPOT else self._inverse.unrealised(name)
        row = {"coin": name, "equity": text(coin.balance + unrealised), "walletBalance": text(coin.balance)}
        row |= {"locked": text(coin.locked), "totalOrderIM": text(coin.order_margin)}
        row |= {"totalPositionIM": text(coin.position_margin), "unrealisedPnl": text(unrealised)}
        return row | {"bonus": "0", "spotBorrow": "0"}

    def _usd(self, name: str) -> Decimal:
        listing = self._prices.get(name)
        return Decimal(listing.last).scaleb(-listing.instrument.scale) if listing else Decimal(1)
