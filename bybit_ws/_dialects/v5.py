"""V5, today's protocol: what is said to the exchange and what it answers; pushes become documented messages.

Unlike the other dialects this one remembers: a reply names its request by a number, several documented streams may
share a V5 topic, and all symbols of a stream are so many V5 topics. There is one for each connection.

https://bybit-exchange.github.io/docs/v5/ws/connect
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .._topics import ALL, Key, Topic
from .._v5.feeds import Feeds, Part
from .._v5.ledger import Ledger
from .._v5.listing import Listing
from .._v5.parts import args_of, part_of
from .._v5.translation import Deliveries, Task
from . import Ack, AuthReply, Control, Dialect, Ignored, Pong, Refusal, Request, Say, Several, Unknown, Wanted, key_of

FEW, MANY = 10, 100
"""Topics in a request: spot allows ten; elsewhere only the characters are limited, to 21,000 in all."""

_QUOTED = re.compile(r"\[([^\]]*)\]")
_ALREADY = re.compile(r"already subscribed,topic:(\S+)")


class V5:
    """What one connection says and hears.

    Args:
        documented: The dialect whose messages come out.
        many: Whether a request may hold more than ten topics.
    """

    UNASKED: frozenset[Key] = frozenset()

    def __init__(self, documented: Dialect, many: bool = False) -> None:
        self.feeds = Feeds()
        self.translate = self.feeds.translate
        self._documented = documented
        self._listing = Listing()
        self._ledger = Ledger(MANY if many else FEW)
        self.reset()

    def reset(self) -> None:
        """Forget what the connection that is lost was asked for."""
        self.feeds.clear()
        self._topics: dict[Key, Topic] = {}
        self._ledger.clear()
        self._listing.lost()

    # -- what is said ------------------------------------------------------------------------------------

    def requests(self, wanted: Sequence[Wanted], binary: bool = False) -> list[Request]:
        """Return the requests for what is not subscribed yet, and what needs none."""
        if any(_expands(topic, symbol) for topic, symbol in wanted):
            self._listing.want()
        before = set(self._ledger.subscribed)
        needed: dict[str, None] = {}
        for topic, symbol in wanted:
            for part in self._joined(topic, symbol):
                # What begins with a snapshot is asked for anew; those who share it are told anew, too.
                needed.update((arg, None) for arg in part.args if part.stateful or arg not in before)
        texts = self._ledger.subscribe(needed)
        for topic, symbol in wanted:
            for part in self._used(key_of(topic, symbol)):
                self.feeds.ask(part, self._ledger.live)
        keys = tuple(key_of(topic, symbol) for topic, symbol in wanted)
        there = self._confirmed(keys)
        waiting = tuple(key for key in keys if key not in there)
        # Which request asks for which of them does not matter: a reply is matched by its number.
        requests: list[Request] = [("", there)] if there else []
        if waiting:
            requests += [(text, waiting) for text in texts] or [(None, waiting)]
        return requests

    def cancels(self, wanted: Sequence[Wanted], binary: bool = False) -> list[str]:
        """Return the texts that end what nobody needs any more."""
        return self._release([key_of(topic, symbol) for topic, symbol in wanted])

    def renewals(self, topic: Topic, symbol: str, binary: bool = False) -> list[str]:
        """A live topic sends its snapshot again only after it was given up."""
        key = key_of(topic, symbol)
        old = self.feeds.parts.get(key)
        if old is not None and old.topic.raw is not topic.raw:
            self._replaced(old, part_of(topic, symbol))
        parts = self._used(key)
        for part in parts:
            part.restart()
        return self._ledger.subscribe(dict.fromkeys(arg for part in parts for arg in part.args))

    def ping(self, now_ms: int) -> str:
        """Return a heartbeat."""
        return self._ledger.text("ping")

    def auth(self, api_key: str, expires: int, signature: str) -> str:
        """Return the request that authenticates."""
        return self._ledger.text("auth", [api_key, expires, signature])

    # -- what is heard -----------------------------------------------------------------------------------

    def read(self, message: Any) -> Key | Control:
        """Tell what a message is that is no push."""
        if "topic" in message:
            return Ignored() if message["topic"] in self._ledger.ended else Unknown(f"topic {message['topic']}")
        op, words = message.get("op"), str(message.get("ret_msg") or "")
        if op == "pong" or words == "pong":
            args = message.get("args")
            return Pong(int(args[0]) if args else None)
        if op == "auth":
            return AuthReply(message["success"] is True, words or "refused")
        if "success" not in message:
            return Unknown("message")
        asked = self._ledger.answered(message.get("req_id"))
        if asked is None:
            return Unknown("acknowledgement") if message["success"] else Refusal((), words)
        return self._replied(*asked, message["success"] is True, words)

    def address(self, message: Any) -> object:
        """Return what tells messages of several symbols apart, of a documented message or one of V5's own."""
        return message["topic"] if "ts" in message else self._documented.address(message)

    def tells(self, address: object, key: Key) -> bool:
        """What comes from a translator has its key."""
        return True

    def stamp(self, message: Any) -> float | None:
        """Return when the exchange sent a push, in milliseconds; also of one that is translated already."""
        for name in ("ts", "creationTime"):
            if name in message:
                return float(message[name])
        return self._documented.stamp(message)

    # -- errands -----------------------------------------------------------------------------------------

    def tasks(self) -> list[Task]:
        """Return the errands to be run now."""
        tasks = [*self.feeds.tasks, *self._listing.tasks]
        self.feeds.tasks.clear()
        self._listing.tasks.clear()
        return tasks

    def about(self, task: Task) -> Key:
        """Return the topic and symbol that an errand is for."""
        return ("", ALL) if task.part is None else task.part.key

    def awaits(self, task: Task) -> bool:
        """Return whether the answer to an errand still matters: that of a subscription that is over does not."""
        return self._listing.awaits(task) if task.part is None else self.feeds.awaits(task)

    def answered(self, task: Task, result: Any, now: float) -> tuple[Deliveries, Control]:
        """Take an errand's answer, None where there is none; return what follows."""
        if task.part is not None:
            return self.feeds.answered(task, result, now), Ignored()
        news = self._listing.answered(result, now)
        if news is None:
            return (), Ignored()
        return (), self._expand() if self._listing.symbols else self._stranded(news)

    def flush(self, now: float) -> Deliveries:
        """Return what was held back until now."""
        return self.feeds.flush(now)

    @property
    def due(self) -> float:
        """When there is something to do."""
        return min(self.feeds.due, self._listing.due)

    def tick(self, now: float) -> None:
        """See again which instruments are listed."""
        self._listing.tick(now)

    # -- parts -------------------------------------------------------------------------------------------

    def _joined(self, topic: Topic, symbol: str) -> list[Part]:
        """Make a wanted key a user of all parts that it needs; return those that are new."""
        key = key_of(topic, symbol)
        self._topics[key] = topic
        symbols: Iterable[str] = (symbol,)
        if _expands(topic, symbol):
            symbols = self._listing.symbols
        new = []
        for one in symbols:
            part = self.feeds.parts.get((topic.name, one))
            # A symbol that all symbols brought along already belongs to the exact key from now on.
            if part is None or (one == symbol and key not in part.users and (part.stateful or topic.raw)):
                part = self._replaced(part, part_of(topic, one))
                new.append(part)
            part.users[key] = None
        return new

    def _replaced(self, old: Part | None, new: Part) -> Part:
        if old is not None:
            self.feeds.remove(old)
            new.users.update(old.users)
        self.feeds.add(new)
        return new

    def _used(self, key: Key) -> list[Part]:
        return [part for part in self.feeds.parts.values() if key in part.users]

    def _release(self, keys: Iterable[Key]) -> list[str]:
        """Let go of keys; return the texts that end what nobody needs any more."""
        idle: dict[str, None] = {}
        again: dict[str, None] = {}
        for key in keys:
            self._topics.pop(key, None)
            for part in self._used(key):
                del part.users[key]
                if not part.users:
                    idle.update(dict.fromkeys(self.feeds.remove(part)))
                elif part.stateful:  # all symbols have it back, and know nothing of it yet
                    part.restart()
                    again.update(dict.fromkeys(part.args))
        gone = [arg for arg in idle if arg in self._ledger.subscribed and arg not in self.feeds]
        return [*self._ledger.unsubscribe(gone), *self._ledger.subscribe(again)]

    def _confirmed(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """Return those of which every part is live."""
        parts = {key: self._used(key) for key in keys}
        return tuple(
            key for key, used in parts.items() if used and all(self._ledger.live.issuperset(part.args) for part in used)
        )

    def _expand(self) -> Control:
        """Follow the listing: serve what is new in it, and end what is no longer."""
        texts: list[str] = []
        keys = [key for key, topic in self._topics.items() if _expands(topic, key[1])]
        for key in keys:
            listed = set(self._listing.symbols)
            for part in self._used(key):
                if part.key[1] not in listed and part.users.keys() == {key}:
                    idle = self.feeds.remove(part)
                    texts += self._ledger.unsubscribe([arg for arg in idle if arg in self._ledger.subscribed])
            new = self._joined(self._topics[key], key[1])
            texts += self._ledger.subscribe(dict.fromkeys(arg for part in new for arg in part.args))
        # Where each symbol is wanted by itself as well, nothing is left to be asked for, nor to be confirmed.
        return Several((Say(tuple(texts)), Ack(self._confirmed(keys))))

    def _stranded(self, reason: str) -> Control:
        """Without a listing nobody knows what all symbols are."""
        keys = tuple(key for key, topic in self._topics.items() if _expands(topic, key[1]))
        self._listing.lost()
        self._release(keys)
        return Refusal(keys, reason, final=True) if keys else Ignored()

    # -- replies -----------------------------------------------------------------------------------------

    def _replied(self, op: str, args: tuple[str, ...], accepted: bool, words: str) -> Control:
        if op == "unsubscribe":
            return Ignored()
        already = _ALREADY.search(words)
        if accepted or (already and args == (already[1],)):
            return self._went_live(args)
        lists = _QUOTED.findall(words) if words.startswith("Batch subscription") else []
        if len(lists) == 2:
            good, bad = (one.replace(",", " ").split() for one in lists)
            return Several((self._went_live(good), *(self._refused(arg, words) for arg in bad)))
        if len(args) > 1:  # nobody got anything: each is asked for alone
            wanted = [arg for arg in args if arg in self._ledger.subscribed]
            return Say(tuple(text for arg in wanted for text in self._ledger.ask([arg])))
        return self._refused(args[0], words)

    def _went_live(self, args: Iterable[str]) -> Control:
        self._ledger.live.update(arg for arg in args if arg in self._ledger.subscribed)
        self.feeds.confirmed(args, self._ledger.live)
        users = dict.fromkeys(key for arg in args for part in self.feeds.of(arg) for key in part.users)
        return Ack(self._confirmed(users))

    def _refused(self, arg: str, words: str) -> Control:
        """One V5 topic was refused: so are the keys that need it, but for those of all symbols, who go without."""
        self._ledger.subscribed.discard(arg)
        refused: dict[Key, None] = {}
        for part in self.feeds.of(arg):
            exact = [key for key in part.users if key[1] == part.key[1]]
            refused.update(dict.fromkeys(exact))
            if not exact:
                self.feeds.remove(part)
        texts = self._release(refused)
        others = self._confirmed(self._topics)
        return Several((Refusal(tuple(refused), words, final=True), Say(tuple(texts)), Ack(others)))


def _expands(topic: Topic, symbol: str) -> bool:
    """Return whether a key stands for a V5 topic of each symbol."""
    return symbol == ALL and any(ALL in arg for arg in args_of(topic, symbol))
