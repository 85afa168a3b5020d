"""What must be true in a chaos run once the faults have stopped, and at the end."""

from __future__ import annotations

import gc
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Callable

from chaos_client import Client
from chaos_streams import Wrong
from chaos_watch import Claim, Life
from remote import Moment
from support import wait_until

from bybit_ws._session import Session

if TYPE_CHECKING:
    from chaos import Chaos

PATIENCE = 60.0
"""Seconds for everything wanted to deliver, and for the last pushes to arrive."""

ROUNDS = 5
"""How often the market is stopped anew, where a client lost its connection just then, and told so."""


def check(chaos: Chaos) -> list[str]:
    """Let everything wanted deliver, stop the market, and compare; return what is wrong.

    Before that each client must be on a connection that lives: what it had not read yet when its last one was cut or
    fell silent would else be taken for what comes after the faults.
    """
    found = _until_none(chaos, lambda: _unserved(chaos), reconcile=True)
    for _ in range(ROUNDS):
        found, cut = (found, []) if found else _compare(chaos)
        if not cut:
            break
        chaos.exchange.call("resume")
    else:
        found = [f"{one}, {ROUNDS} times in a row" for one in cut]
    found = found or ([] if chaos.verdict.found.is_set() else _losses(chaos))
    _forget(chaos)
    chaos.exchange.call("resume")
    return found


def _compare(chaos: Chaos) -> tuple[list[str], list[str]]:
    """Stop the market once all have delivered; return what is wrong, and what is missing and was told to be lost."""
    for client in chaos.clients:
        client.looked = time.time()
        for life in list(client.lives.values()):
            life.base = life.count
    found = _until_none(chaos, lambda: _silent(chaos), reconcile=True)
    if found:
        return found, []
    chaos.exchange.call("pause")
    moment = chaos.exchange.moment(chaos.tapes.seen)
    chaos.tapes.add(moment.trades)
    return _until_none(chaos, lambda: _differences(chaos, moment)), _cut_short(chaos)


def _until_none(chaos: Chaos, problems: Callable[[], list[str]], reconcile: bool = False) -> list[str]:
    """Wait until there are no problems; return those that are left at the deadline, or with the first failure."""
    found: list[str] = []

    def none() -> bool:
        if reconcile:
            for client in chaos.clients:
                client.reconcile()
        found[:] = problems()
        return not found or chaos.verdict.found.is_set()

    wait_until(none, PATIENCE)
    return [] if chaos.verdict.found.is_set() else found[:10]


def _unserved(chaos: Chaos) -> list[str]:
    """Return where what the exchange serves on connections that live is not what is wanted, and who has not ended."""
    found = [f"{client.name} was closed and does not end" for client in chaos.retired if not client.reap()]
    served = Counter(chaos.exchange.served())
    wanted = Counter(one for client in chaos.clients for one in client.served(chaos.v5))
    for path, slots in (served - wanted) + (wanted - served):
        where = "the exchange serves" if (path, slots) in served else "a client wants"
        found.append(f"{where} {sorted(map(str, slots))} on {path}, and the other side does not know")
    return found


def _silent(chaos: Chaos) -> list[str]:
    """Return what has not delivered since the faults stopped."""
    found = []
    for client in chaos.clients:
        silent = [key for key, life in list(client.lives.items()) if life.count == life.base and not life.starved]
        health = client.ws.health() if silent else {}
        found += [f"{client.name}: {key} has delivered nothing since the faults stopped: {health}" for key in silent]
    return found


# -- against the exchange --------------------------------------------------------------------------------


def _differences(chaos: Chaos, moment: Moment) -> list[str]:
    found = [f"the exchange: {error}" for error in moment.errors] + _unserved(chaos)
    for client in chaos.clients:
        found += _health(client)
        for key, life in list(client.lives.items()):
            missing = [] if client.told(key) else _cut(life, key, chaos)
            problems = [*missing, *_life(life, key, moment)]
            found += [f"{client.name}: {key}: {problem}" for problem in problems]
    return found


def _cut_short(chaos: Chaos) -> list[str]:
    """Return where the last trades are missing."""
    lives = [(client, key, life) for client in chaos.clients for key, life in list(client.lives.items())]
    return [f"{client.name}: {key}: {what}" for client, key, life in lives for what in _cut(life, key, chaos)]


def _health(client: Client) -> list[str]:
    found = []
    known = Counter(client.ws.subscriptions)
    if known != client.wanted():
        missing, more = client.wanted() - known, known - client.wanted()
        found.append(f"{client.name}: subscriptions lack {dict(missing)} and have {dict(more)}")
    for name, one in client.ws.health().items():
        if one["state"] not in ("new", "ready"):
            found.append(f"{client.name}: {name} is {one['state']}")
        if one["state"] == "ready" and one["messages"] and not 0 <= one["last_message_age"] < 2 * PATIENCE:
            found.append(f"{client.name}: {name}: {one}")
    stale = [claim for claim in set(client.owners.values()) if claim.subscription.is_stale]
    return found + [f"{client.name}: {claim} is stale: {_doubts(claim)}" for claim in stale]


def _doubts(claim: Claim) -> dict[str, Any]:
    """Return what the client does not hold for current of a stream call: symbols not confirmed, or out of step."""
    streams = claim.subscription._connection._session.registry.streams
    ours = [streams.get((claim.topic, symbol)) for symbol in claim.symbols]
    doubted = [one for one in ours if one is not None and not one.current]
    books = {one.symbol: [symbol for symbol, view in (one.views or {}).items() if not view.synced] for one in doubted}
    return {symbol: out if streams[claim.topic, symbol].confirmed else "unconfirmed" for symbol, out in books.items()}


def _cut(life: Life, key: tuple[str, str, str], chaos: Chaos) -> list[str]:
    if life.kind.ids is None or life.starved or life.raw or life.top == chaos.tapes.trades[key[2]][-1]:
        return []
    return [f"the last trade is {life.top}, not {chaos.tapes.trades[key[2]][-1]}"]


def _life(life: Life, key: tuple[str, str, str], moment: Moment) -> list[str]:
    if life.starved or life.raw:
        return []
    return differing_book(life, moment.books[key[2]]) if life.kind.depth and life.last is not None else []


def differing_book(life: Life, truth: Any) -> list[str]:
    """Return where the last book that came differs from the exchange's own."""
    ours, theirs = _book(life, truth)
    return [] if ours == theirs else [f"the book differs: {_first_difference(ours, theirs)}"]


def _book(life: Life, truth: Any) -> tuple[Any, Any]:
    """Return a book that was delivered and the true one, in the same form."""
    data, depth = life.last["data"], life.kind.depth
    if isinstance(truth, list):
        middle = len(truth) // 2
        return data, truth[middle - depth : middle + depth]
    record = data[0] if isinstance(data, list) else data
    return [record["b"], record["a"]], [truth["b"][:depth], truth["a"][:depth]]


def _first_difference(ours: Any, truth: Any) -> str:
    flat = [[*one[0], *one[1]] if one and isinstance(one[0], list) else one for one in (ours, truth)]
    for at, (mine, theirs) in enumerate(zip(*flat)):
        if mine != theirs:
            return f"at {at}: {mine}, not {theirs}"
    return f"{len(flat[0])} levels, not {len(flat[1])}"


# -- what was lost ---------------------------------------------------------------------------------------


def _losses(chaos: Chaos) -> list[str]:
    """Compare the trades that came, and how often something began anew, with what is known of both."""
    found = []
    for client in [*chaos.clients, *chaos.retired]:
        for life in (*client.lives.values(), *client.over):
            key = (life.kind.path, *life.key)
            found += [f"{client.name}: {key}: {problem}" for problem in _missing(client, key, life, chaos)]
    return found[:10]


def _missing(client: Client, key: tuple[str, str, str], life: Life, chaos: Chaos) -> list[str]:
    try:
        return _unexplained(client, key, life, chaos)
    except Wrong as wrong:
        return [str(wrong)]


def _unexplained(client: Client, key: tuple[str, str, str], life: Life, chaos: Chaos) -> list[str]:
    lossy, life.lossy = life.lossy, False
    if life.kind.ids is not None:
        life.lossy = lossy
        holes = life.holes(life.cut(), chaos.tapes.trades[key[2]])
        if life.kind.replays:
            return [f"trades between {hole} never came" for hole in unreported(holes, client.gaps[key])]
        life.backs += len(holes)
    if life.backs > client.causes(life, key[0]) and not lossy:
        return [f"it began anew, or has holes, {life.backs} times with {client.causes(life, key[0])} reasons"]
    return []


def unreported(holes: list[tuple[int, int]], gaps: list[Any]) -> list[tuple[int, int]]:
    """Return the holes that no ``Gap`` tells of."""
    return [hole for hole in holes if not any(_covers(gap, *hole) for gap in gaps)]


def _covers(gap: Any, before: int, after: int) -> bool:
    if gap.last_id is None or gap.repaired:
        return False
    return int(gap.last_id) <= before and (gap.first_id is None or after <= int(gap.first_id))


def _forget(chaos: Chaos) -> None:
    """Let go of what was compared, of clients that are closed and of stream calls that are over."""
    for client in [*chaos.clients, *chaos.retired]:
        client.gaps.clear()
        client.over.clear()
        for life in list(client.lives.values()):
            life.lossy = False
    chaos.tally.lossy.clear()
    chaos.verdict.refused.clear()
    chaos.verdict.unlisted = False
    ours = {id(owner) for client in chaos.clients for owner in client.owners.values()}
    for number, (client, claim) in list(chaos.claims.items()):
        if id(claim) not in ours:
            _retire(chaos, client, claim)
            del chaos.claims[number]
    chaos.retired.clear()
    chaos.tapes.trim()


def _retire(chaos: Chaos, client: Client, claim: Claim) -> None:
    chaos.tally.delivered += claim.count
    chaos.tally.late += sum(claim.late.values())
    chaos.tally.forged += claim.forged
    client.claims.remove(claim)
    claim.count = 0


def check_end(
    chaos: Chaos, files: int, threads: Callable[[], list[Any]], descriptors: Callable[[], int]
) -> None:
    """Everything is closed: nothing may be left of it."""
    if not wait_until(lambda: not threads()):
        chaos.verdict.fail(f"threads are left: {threads()}")
    if not wait_until(lambda: descriptors() <= files):
        chaos.verdict.fail(f"{descriptors()} files are open, {files} were at first")
    chaos.claims.clear()
    gc.collect()
    left = sum(isinstance(one, Session) for one in gc.get_objects())
    if left:
        chaos.verdict.fail(f"{left} sessions are still in memory")
    gc.collect()


