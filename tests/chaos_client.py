"""One client of a chaos run, beside what is known of it: what it wants, and what it must therefore be given."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from chaos_streams import ALL, NAMES, PRIVATE, REALTIME, V1, V5_PATHS, V5_PRIVATE
from chaos_watch import Claim, Deliberate, Life, Verdict
from support import KEYS

from bybit_ws import InverseWebSocket, Queue, SpotWebSocket
from bybit_ws.events import Event
from bybit_ws.exceptions import BybitWebSocketError, InvalidState

Key = tuple[str, str, str]
"""Path, topic, symbol."""

OPTIONS: dict[str, Any] = {**KEYS, "ping_interval": 1, "ping_timeout": 2, "open_timeout": 3, "retries": 50}


PLENTY = 100
"""Messages that must have a place in a queue, if the last one of each symbol is not to be dropped for another's."""


class Tally:
    """What all clients count together.

    Attributes:
        events: Events by kind.
        delivered: Messages that came to stream calls that are over.
        errors: What stream calls raised, by kind.
        lossy: Paths on which pushes are lost where the wire does not show it.
    """

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.delivered = self.forged = self.late = 0
        self.lossy: set[str] = set()


class Client:
    """A ``SpotWebSocket`` or ``InverseWebSocket`` and the model of it.

    A call and its place in the model are guarded by a lock for each topic, so that calls for different topics run at
    the same time, and it is known for the others which was first.
    """

    def __init__(self, family: str, name: str, url: str, verdict: Verdict, tally: Tally, api: str = "legacy") -> None:
        self.family, self.name, self._api = family, name, api
        self._verdict, self._tally = verdict, tally
        self.claims: list[Claim] = []
        self.owners: dict[Key, Claim] = {}
        self.lives: dict[Key, Life] = {}
        self.over: list[Life] = []
        self.gaps: defaultdict[Key, list[Any]] = defaultdict(list)
        self.rejected: set[Key] = set()
        self.reconnects: Counter[str] = Counter()
        self.troubles: Counter[Key] = Counter()
        self.closing = self.closed = False
        self.looked = 0.0
        self._locks: defaultdict[tuple[str, str], threading.RLock] = defaultdict(threading.RLock)
        self._own = threading.Lock()
        kind = SpotWebSocket if family == "spot" else InverseWebSocket
        self.ws: Any = kind(endpoint=url, on_event=self._on_event, api=api, **OPTIONS)

    # -- calls -------------------------------------------------------------------------------------------

    def subscribe(self, claim: Claim) -> str | None:
        """Make a stream call; return what it raised where that is no surprise."""
        with self._changing(claim) as plan:
            if claim.cancelled or self.closing:
                return "not made"
            plan.update({self._key(claim, symbol): claim for symbol in claim.symbols})
            self._prepare(claim, plan)
            try:
                claim.subscription = self._call(claim)
            except BybitWebSocketError as error:
                self._tally.errors[type(error).__name__] += 1
                if isinstance(error, InvalidState) and not self.closing:
                    self._verdict.fail(f"{self.name}: {claim}: {error!r}")
                claim.cancelled = True
                plan.clear()
                plan.update(self._of(claim))
                return type(error).__name__
        return None

    def unsubscribe(self, claim: Claim, symbols: tuple[str, ...], inside: Claim | None = None) -> None:
        """Give up some symbols of a stream call, or all; ``inside`` is the one in whose callback this is done."""
        with self._changing(claim, inside) as plan:
            if claim.subscription is None:
                claim.cancelled = claim.cancelled or not symbols
                claim.symbols = tuple(symbol for symbol in claim.symbols if symbol not in symbols)
                claim.cancelled = claim.cancelled or not claim.symbols
                return
            if symbols and not set(symbols) & set(claim.symbols):
                return
            symbols = tuple(symbol for symbol in symbols if symbol in claim.symbols)
            for symbol in symbols or claim.symbols:
                if plan.get(self._key(claim, symbol)) is claim:
                    del plan[self._key(claim, symbol)]
            self._prepare(claim, plan)
            claim.subscription.unsubscribe(*symbols)

    def look(self) -> None:
        """Ask everything that can be asked at any time."""
        health = self.ws.health()
        states = {"new", "connecting", "authenticating", "ready", "waiting", "closed"}
        if any(one["state"] not in states for one in health.values()):
            self._verdict.fail(f"{self.name}: {health}")
        self.ws.is_connected(), self.ws.subscriptions, repr(self.ws)

    def close(self, inside: bool) -> None:
        """Close it; after that nothing may come, unless this is one of its own callbacks."""
        self.closing = True
        self.ws.close()
        if not inside:
            self._after_close()

    def reap(self) -> bool:
        """Return whether a client that was closed in a callback is at its end."""
        if not self.closed and all(one["state"] in ("new", "closed") for one in self.ws.health().values()):
            self._after_close()
        return self.closed

    def _after_close(self) -> None:
        self.closed = True
        for claim in self.claims:
            claim.closed = True

    def _call(self, claim: Claim) -> Any:
        method, options = getattr(self.ws, f"{claim.kind.stream}_stream"), dict(claim.options)
        if "queue" in options:
            options["queue"] = Queue(*options["queue"])
        if claim.kind.symbols == ("",):
            return method(claim, **options)
        value = () if claim.value is None else (claim.value,)
        symbols: Any = list(claim.symbols)
        if claim.number % 3 == 0:
            symbols = ("|" if self.family == "inverse" else ",").join(symbols)
        return method(claim, symbols, *value, **options)

    # -- the model ---------------------------------------------------------------------------------------

    @staticmethod
    def _key(claim: Claim, symbol: str) -> Key:
        return (claim.kind.path, claim.topic, symbol)

    @contextlib.contextmanager
    def _changing(self, claim: Claim, inside: Claim | None = None) -> Iterator[dict[Key, Claim]]:
        """Let a call change who owns the keys of its topic: yield the owners, and take over what became of them."""
        path, topic = claim.kind.path, claim.topic
        with self._locks[path, topic]:
            plan = self._of(claim)
            yield plan
            self._settle(claim, plan, inside)

    def _of(self, claim: Claim) -> dict[Key, Claim]:
        with self._own:
            return {key: owner for key, owner in self.owners.items() if key[:2] == (claim.kind.path, claim.topic)}

    def _assigned(self, claim: Claim, owners: dict[Key, Claim]) -> dict[str, Claim]:
        """Return who is to be given each symbol of a topic."""
        every = owners.get(self._key(claim, ALL))
        found = {symbol: owners.get(self._key(claim, symbol), every) for symbol in claim.kind.symbols}
        return {symbol: owner for symbol, owner in found.items() if owner is not None}

    def _prepare(self, claim: Claim, plan: dict[Key, Claim]) -> None:
        """Before a call: allow what it may bring."""
        touched = claim.kind.symbols if claim.kind.wildcard else claim.symbols
        for symbol, owner in self._assigned(claim, plan).items():
            key = self._key(claim, symbol)
            life = self.lives.get(key)
            if life is None:
                life = self.lives[key] = Life(claim.kind, key[1:], claim.value)
                life.reconnects = self.reconnects[key[0]]
            life.causes += symbol in touched
            # What was refused, and is asked for again, begins anew.
            unlisted = self._verdict.unlisted and claim.kind.wildcard
            life.lossy = life.lossy or key[0] in self._tally.lossy or self._refused(key[1]) or unlisted
            policy, size = owner.options.get("queue", ("block", 0))
            life.raw = owner.raw
            life.drops = life.drops or policy != "block" or owner.raw
            life.starved = policy != "block" and size < PLENTY
            owner.lives[symbol] = life
            owner.lost.pop(symbol, None)
            owner.late.pop(symbol, None)

    def _settle(self, claim: Claim, plan: dict[Key, Claim], inside: Claim | None) -> None:
        """After a call: what it took away may come no more."""
        path = claim.kind.path
        strict = inside is not None and inside.kind.path == path and inside.direct and inside in self.claims
        now = time.monotonic()
        assigned = self._assigned(claim, plan)
        with self._own:
            for key in [key for key in self.owners if key[:2] == (path, claim.topic)]:
                del self.owners[key]
            self.owners.update(plan)
        for holder in list(self.claims):
            if (holder.kind.path, holder.topic) != (path, claim.topic):
                continue
            for symbol in holder.lives:
                if assigned.get(symbol) is not holder and symbol not in holder.lost:
                    holder.lost[symbol] = (now, strict and holder.direct)
        for symbol in claim.kind.symbols:
            if symbol not in assigned and self._key(claim, symbol) in self.lives:
                self.over.append(self.lives.pop(self._key(claim, symbol)))

    def reconcile(self) -> None:
        """Want no longer what was refused; only while nothing else happens."""
        for path, topic, symbol in self.rejected:
            owner = self.owners.get((path, topic, symbol))
            if owner is not None and symbol not in owner.subscription.symbols:
                with self._changing(owner) as plan:
                    del plan[path, topic, symbol]
                    self._prepare(owner, plan)
        self.rejected.clear()

    def wanted(self) -> Counter[tuple[str, str]]:
        """Return what ``subscriptions`` must show."""
        return Counter((topic, symbol) for _, topic, symbol in self.owners)

    def served(self, v5: bool = False) -> list[tuple[str, frozenset[Any]]]:
        """Return what each of its connections must be subscribed to, in the words of ``remote.Moment``."""
        names = [name for name, one in self.ws.health().items() if one["state"] != "new"]
        return self._served_v5(names) if v5 else self._served([NAMES[name] for name in names])

    def _served(self, opened: list[str]) -> list[tuple[str, frozenset[Any]]]:
        found: dict[str, set[Any]] = {path: {"events"} if path == PRIVATE else set() for path in opened}
        for path, topic, symbol in self.lives:
            if path in found and path != PRIVATE:
                found[path].add(_slot(path, topic, symbol))
        return [(path, frozenset(slots)) for path, slots in found.items()]

    def _served_v5(self, opened: list[str]) -> list[tuple[str, frozenset[Any]]]:
        found: dict[str, set[str]] = {name: set() for name in opened}
        sockets = {path: name for name, path in NAMES.items()}
        for (path, _, symbol), life in self.lives.items():
            name = "private" if life.kind.v5_path == V5_PRIVATE else sockets[path]
            found.setdefault(name, set()).update(life.kind.v5_topics(life.value, (symbol,)))
        return [(V5_PATHS[NAMES[name]], frozenset(topics)) for name, topics in found.items()]

    def told(self, key: Key) -> bool:
        """Return whether a gap of a key was told since the last look, one that was not repaired."""
        gaps = [gap for symbol in (key[2], ALL) for gap in list(self.gaps.get((*key[:2], symbol), ()))]
        return any(gap.at >= self.looked and not gap.repaired for gap in gaps)

    def causes(self, life: Life, path: str) -> int:
        """Return how often a key may have begun anew."""
        return life.causes + self.reconnects[path] - life.reconnects + 3 * self.troubles[(path, *life.key)]

    # -- events ------------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        kind = type(event).__name__
        self._tally.events[kind] += 1
        path = NAMES[event.socket]
        topic, symbol = getattr(event, "topic", ""), getattr(event, "symbol", "")
        if self.family == "inverse" and path == PRIVATE:  # apart over V5 only
            path = REALTIME
        elif kind == "Reconnected":
            self.reconnects[path] += 1
        if kind == "Gap":
            self.gaps[path, topic, symbol].append(event)
        elif kind == "RestFailed" and "no answer within" in event.reason:  # a busy machine is as good as a fault
            self._verdict.unlisted = True
        elif kind in ("BookOutOfSync", "Stalled"):
            self._trouble(path, topic, symbol)
        elif kind == "CallbackFailed" and not isinstance(event.error, Deliberate):
            self._verdict.fail(f"{self.name}: {event!r}")
        elif kind == "Rejected":
            self.rejected.update((path, topic, one) for one in event.symbols or ("",))
            if not self._refused(topic) and not (self._verdict.unlisted and event.symbols == (ALL,)):
                self._verdict.fail(f"{self.name}: refused without a reason: {event!r}")
        elif kind == "UnknownMessage" and self._is_a_push(event):
            self._verdict.fail(f"{self.name}: a push that nobody asked for: {event!r}")

    def _is_a_push(self, event: Any) -> bool:
        """Return whether what was not understood is no forged message; V5's topics have a dot or are the wallet."""
        shape = r"topic .*" if self._api == "legacy" else r"topic (.*\..*|wallet)"
        return bool(re.fullmatch(shape, event.kind)) and "chaos" not in event.kind + event.sample

    def _refused(self, topic: str) -> bool:
        refused = self._verdict.refused | self._verdict.gone
        return any(topic == one or topic.startswith(f"{one}_") for one in refused)

    def _trouble(self, path: str, topic: str, symbol: str) -> None:
        symbols = [key[2] for key in list(self.lives) if key[:2] == (path, topic)] if symbol == ALL else [symbol]
        for one in symbols:
            self.troubles[path, topic, one] += 1


def _slot(path: str, topic: str, symbol: str) -> Any:
    """Write a key as the exchange keeps it."""
    if path == REALTIME:
        return f"{topic}.{symbol}" if symbol else topic
    name, _, parameter = topic.partition("_")
    if path == V1:
        return (name, symbol, parameter if name == "kline" else None, int(parameter) if name == "mergedDepth" else None)
    return (name, symbol, parameter or None, None)


