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
from .._v5.parts import expands, part_of
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
        self.listing = Listing()
        self._ledger = Ledger(MANY if many else FEW)
        self.reset()

    def reset(self) -> None:
        """Forget what the connection that is lost was asked for."""
        self.feeds.clear()
        self._topics: dict[Key, Topic] = {}
        self._ledger.clear()
        self.listing.lost()

    # -- what is said ------------------------------------------------------------------------------------

    def requests(self, wanted: Sequence[Wanted], binary: bool = False) -> list[Request]:
        """Return the requests for what is not subscribed yet, and what needs none."""
        if any(expands(topic, symbol) for topic, symbol in wanted):
            self.listing.want()
        texts = self._begin([part for topic, symbol in wanted for part in self._joined(topic, symbol)])
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
        self._topics[key] = topic  # it may have become raw, or be so no longer
        parts = [self._anew(part, topic) for part in self._used(key) if part.owner == key]
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
        tasks = [*self.feeds.tasks, *self.listing.tasks]
        self.feeds.tasks.clear()
        self.listing.tasks.clear()
        return tasks

    def about(self, task: Task) -> Key:
        """Return the topic and symbol that an errand is for."""
        return ("", ALL) if task.part is None else task.part.key

    def awaits(self, task: Task) -> bool:
        """Return whether the answer to an errand still matters: that of a subscription that is over does not."""
        return self.listing.awaits(task) if task.part is None else self.feeds.awaits(task)

    def builds(self, key: Key) -> bool:
        """Return whether a key's messages are made of what was told before, too."""
        return any(part.stateful or part.translator.errand is not None for part in self._used(key))

    def answered(self, task: Task, result: Any, now: float) -> tuple[Deliveries, Control]:
        """Take an errand's answer, None where there is none; return what follows."""
        if task.part is not None:
            return self.feeds.answered(task, result, now), Ignored()
        news = self.listing.answered(result, now)
        if news is None:
            return (), Ignored()
        return (), self._expand() if self.listing.symbols else self._stranded(news)

    def flush(self, now: float) -> Deliveries:
        """Return what was held back until now."""
        return self.feeds.flush(now)

    @property
    def due(self) -> float:
        """When there is something to do."""
        return min(self.feeds.due, self.listing.due)

    def tick(self, now: float) -> None:
        """See again which instruments are listed, as long as somebody wants them all."""
        if now >= self.listing.due and not self._expanding():
            self.listing.lost()
        self.listing.tick(now)

    # -- parts -------------------------------------------------------------------------------------------

    def _joined(self, topic: Topic, symbol: str) -> list[Part]:
        """Make a wanted key a user of all parts that it needs; return those that are new."""
        key = key_of(topic, symbol)
        self._topics[key] = topic
        symbols: Iterable[str] = (symbol,)
        if expands(topic, symbol):
            symbols = self.listing.symbols
        new = []
        for one in symbols:
            part = self.feeds.parts.get((topic.name, one))
            if part is None:
                part = part_of(topic, one)
                self.feeds.add(part)
                new.append(part)
            elif part.begins_anew(key, topic):
                part = self._anew(part, topic)
                new.append(part)
            part.users[key] = None
        return new

    def _begin(self, parts: Sequence[Part]) -> list[str]:
        """Return the texts that subscribe what new parts need and is not there."""
        ledger = self._ledger
        # What begins with a snapshot is asked for anew; those who share it are told anew, too.
        needed = {arg: None for part in parts for arg in part.args if part.stateful or arg not in ledger.subscribed}
        texts = ledger.subscribe(needed)
        for part in parts:
            self.feeds.ask(part, ledger.live)
        return texts

    def _anew(self, part: Part, topic: Topic) -> Part:
        """Put a part that knows nothing yet in the place of one, for the same users."""
        new = part_of(topic, part.key[1])
        new.users.update(part.users)
        self.feeds.replace(part, new)
        return new

    def _used(self, key: Key) -> list[Part]:
        """Return the parts that serve a key: one, or for all symbols those of each."""
        if key[1] == ALL:
            return [part for part in self.feeds.parts.values() if key in part.users]
        part = self.feeds.parts.get(key)
        return [] if part is None or key not in part.users else [part]

    def _expanding(self) -> list[Key]:
        return [key for key, topic in self._topics.items() if expands(topic, key[1])]

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
                elif key == part.key:  # all symbols have it back, and know nothing of it yet
                    part = self._anew(part, self._topics[part.owner])
                    again.update((arg, None) for arg in part.args if part.stateful)
        gone = [arg for arg in idle if arg in self._ledger.subscribed and arg not in self.feeds]
        return [*self._ledger.unsubscribe(gone), *self._ledger.subscribe(arg for arg in again if arg in self.feeds)]

    def _confirmed(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """Return those of which every part is live."""
        parts = {key: self._used(key) for key in keys}
        return tuple(
            key for key, used in parts.items() if used and all(self._ledger.live.issuperset(part.args) for part in used)
        )

    def _expand(self) -> Control:
        """Follow the listing: serve what is new in it, and end what is no longer."""
        texts: list[str] = []
        keys, listed = self._expanding(), set(self.listing.symbols)
        for key in keys:
            for part in self._used(key):
                if part.key[1] not in listed and part.users.keys() == {key}:
                    idle = self.feeds.remove(part)
                    texts += self._ledger.unsubscribe([arg for arg in idle if arg in self._ledger.subscribed])
            texts += self._begin(self._joined(self._topics[key], key[1]))
        return Several((Say(tuple(texts)), Ack(self._confirmed(keys))))

    def _stranded(self, reason: str) -> Control:
        """Without a listing nobody knows what all symbols are."""
        keys = tuple(self._expanding())
        self.listing.lost()
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
            if part.key in part.users:
                refused[part.key] = None
            else:
                self.feeds.remove(part)
            for key in part.users.keys() - {part.key}:
                del part.users[key]
                if not self._used(key):
                    refused[key] = None
        texts = self._release(refused)
        others = self._confirmed(self._topics)
        return Several((Refusal(tuple(refused), words, final=True), Say(tuple(texts)), Ack(others)))
