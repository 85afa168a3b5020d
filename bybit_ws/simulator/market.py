"""The whole seeded market, moved in steps of 20 ms of market time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from random import Random

from .account_inverse import InverseAccount
from .account_spot import SpotAccount
from .flow import Flow
from .instruments import INSTRUMENTS, INSURANCE_COINS, INVERSE, Instrument
from .listing import Day, Listing
from .log import Log
from .orders import Audience, Trader
from .v5.private_inverse import InverseTeller
from .v5.private_spot import SpotTeller
from .v5.private_story import Story
from .v5.private_wallet import Wallet

STEP_MS = 20
STEP = STEP_MS / 1000
_HISTORY = 80
_LIQUIDATION_STEPS = 150
_INSURANCE_STEPS = 250


@dataclass(frozen=True)
class Liquidation:
    """A position taken over at its bankruptcy price; ``long`` is the position's side."""

    symbol: str
    long: bool
    price: int
    size: int
    time: int


@dataclass(frozen=True)
class Fund:
    """An insurance fund's balance in 1e-8 coin."""

    coin: str
    balance: int
    time: int


class Market:
    """Listings and their flow, liquidations, insurance funds and the simulated account.

    The sequence of steps depends on the seed alone, never on who is connected.
    """

    def __init__(self, seed: int | str | None, now: int) -> None:
        self.seed = secrets.randbits(32) if seed is None else seed
        self.now = now // STEP_MS * STEP_MS
        self.steps = 0
        self._random = Random(f"{self.seed}:market")
        self._ids = 2_290_000_000_000_000_000
        self.listings = {i.symbol: self._list(i) for i in INSTRUMENTS}
        listings = self.listings.values()
        self._flows = [Flow(listing, f"{self.seed}:{listing.symbol}", STEP) for listing in listings]
        self.liquidations: dict[str, Log[Liquidation]] = {symbol: Log() for symbol in INVERSE}
        self.insurance: dict[str, Log[Fund]] = {coin: Log() for coin in INSURANCE_COINS}
        for flow in self._flows:
            flow.open(self.now, _HISTORY)
        for index, coin in enumerate(INSURANCE_COINS):
            self.insurance[coin].append(Fund(coin, 98_786_916_569 * (index + 1), self.now))
        self.spot_account = SpotAccount(self.listings)
        self.inverse_account = InverseAccount(self.listings)
        self._story = Story(self.seed)
        self.v5_events = self._story.events
        self.v5_origins = self._story.origins
        self.v5_wallet: str | None = None
        self._traders = self._hire()

    def step(self) -> None:
        """Advance by one step of market time."""
        self.steps += 1
        self.now += STEP_MS
        for flow in self._flows:
            flow.listing.now = self.now
            flow.listing.candles.roll(self.now)
            flow.step()
        self._liquidate()
        self._insure()
        for trader in self._traders:
            trader.step()
        self._story.publish()

    def resume_at(self, now: int) -> None:
        """Jump to a later time without any event, after a pause."""
        self.now = max(self.now, now // STEP_MS * STEP_MS)

    def trade_id(self) -> int:
        """Give the next trade id: unique on the platform, so with holes per symbol."""
        self._ids += 1
        return self._ids

    def _list(self, instrument: Instrument) -> Listing:
        random = self._random
        opening = int(instrument.start * random.uniform(0.97, 1.03)) // instrument.tick * instrument.tick
        hour = int(instrument.start * random.uniform(0.995, 1.005)) // instrument.tick * instrument.tick
        day = Day(opening, hour, instrument.lot * random.randrange(50_000, 90_000))
        oldest = self.now - 150_000
        return Listing(instrument, oldest, self.trade_id, day)

    def _hire(self) -> list[Trader]:
        """Let both accounts trade, and V5 tell of each what the legacy endpoints tell."""
        wallet = Wallet(self._story, self.spot_account, self.inverse_account, self.listings)
        spot = SpotTeller(self._story, wallet, self.spot_account)
        inverse = InverseTeller(self._story, wallet, self.inverse_account, self.now)
        desks = (
            (Audience(self.spot_account, spot), ("BTCUSDT", "ETHUSDT")),
            (Audience(self.inverse_account, inverse), ("BTCUSD", "ETHUSD")),
        )
        return [Trader([self.listings[symbol] for symbol in symbols], account) for account, symbols in desks]

    def _liquidate(self) -> None:
        """Every 3 s one position of each contract is sold off at market."""
        for offset, symbol in enumerate(INVERSE):
            if (self.steps + offset * 29) % _LIQUIDATION_STEPS:
                continue
            listing, long = self.listings[symbol], self._random.random() < 0.5
            flow = next(flow for flow in self._flows if flow.listing is listing)
            price, size = listing.book.side(long).price(3), flow.size()
            listing.take(not long, size)
            flow.refill()
            self.liquidations[symbol].append(Liquidation(symbol, long, price, size, self.now))

    def _insure(self) -> None:
        """Daily on the wire; here every 5 s, so that the topic can be watched."""
        for offset, log in enumerate(self.insurance.values()):
            if (self.steps + offset * 50) % _INSURANCE_STEPS == 0:
                fund = log.last(1)[0]
                balance = fund.balance + self._random.randrange(-2_000_000, 3_000_000)
                log.append(Fund(fund.coin, balance, self.now))
