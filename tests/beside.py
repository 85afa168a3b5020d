"""One market watched over the legacy protocol and over V5: which messages belong together, and what may differ.

A message finds its counterpart by what it tells of: a trade by its id, a book by its sequence, a candle by its start
and volume, an order by its id and status. Then the two are compared value for value; what is not equal has to be a
field whose row in the fidelity table says so, and has to be what that row says (``CLAIMS``).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Callable, NamedTuple

from bybit_ws._topics import BY_STREAM, REALTIME
from bybit_ws._v5.fields import Field, Quality
from bybit_ws._v5.table import TRANSLATIONS

ABSENT = "(absent)"
APIS = ("legacy", "v5")
SPLIT = dict.fromkeys(("trade_v1", "trade", "kline", "position", "execution", "order", "stop_order", "wallet"), "data")
SPLIT |= {"outbound_account_info": "B"}
"""What a message may hold several of, and the protocols batch differently."""


@dataclass(frozen=True)
class Watch:
    """What is watched over both protocols.

    Attributes:
        stream: The stream.
        symbols: Its symbols.
        options: The method's other arguments.
    """

    stream: str
    symbols: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def unmerged(self) -> bool:
        """Whether it tells changes."""
        return not dict(self.options).get("merge", True)

    @property
    def name(self) -> str:
        """The stream, and whether its changes are merged."""
        return f"{self.stream} unmerged" if self.unmerged else self.stream

    def subscribe(self, clients: dict[str, Any], callback: Callable[[Any], None]) -> None:
        """Watch it."""
        row = BY_STREAM[self.stream]
        client = clients["inverse" if row.socket is REALTIME else "spot"]
        given = {"symbols": self.symbols} if self.symbols else {}
        getattr(client, row.method)(callback, **given, **dict(self.options))


UNMERGED = (("merge", False),)
WATCHES = (
    Watch("trade_v1", ("BTCUSDT",)),
    Watch("realtimes_v1", ("BTCUSDT",)),
    Watch("kline_v1", ("BTCUSDT",), (("interval", "1m"),)),
    Watch("depth_v1", ("BTCUSDT",)),
    Watch("merged_depth_v1", ("BTCUSDT",), (("dump_scale", 0),)),
    Watch("diff_depth_v1", ("BTCUSDT",)),
    Watch("diff_depth_v1", ("ETHUSDT",), UNMERGED),
    Watch("depth_v2", ("BTCUSDT",)),
    Watch("kline_v2", ("BTCUSDT",), (("interval", "1m"),)),
    Watch("trade_v2", ("BTCUSDT",)),
    Watch("book_ticker_v2", ("BTCUSDT",)),
    Watch("realtimes_v2", ("BTCUSDT",)),
    Watch("outbound_account_info"),
    Watch("execution_report"),
    Watch("stop_execution_report"),
    Watch("ticket_info"),
    Watch("orderbook_25", ("BTCUSD",)),
    Watch("orderbook_25", ("ETHUSD",), UNMERGED),
    Watch("orderbook_200", ("BTCUSD",)),
    Watch("orderbook_200", ("ETHUSD",), UNMERGED),
    Watch("trade", ("BTCUSD",)),
    Watch("insurance", ("*",)),
    Watch("instrument_info", ("BTCUSD", "BTCUSDZ26", "EOSUSD", "XRPUSD")),
    Watch("instrument_info", ("ETHUSD",), UNMERGED),
    Watch("kline", ("BTCUSD",), (("interval", "1"),)),
    Watch("liquidation", ("*",)),
    Watch("position"),
    Watch("execution"),
    Watch("order"),
    Watch("stop_order"),
    Watch("wallet"),
)


# -- which messages belong together ----------------------------------------------------------------------


class Unit(NamedTuple):
    """A message, or the part of one that tells of one thing; ``at`` is the message's number in its series."""

    key: Hashable
    message: dict[str, Any]
    at: int


def datum(message: dict[str, Any]) -> Any:
    """Return what a message tells of, where that is one thing; of a delta, what changed."""
    data = message["data"]
    if isinstance(data, dict):
        data = data.get("update", data)
    return data[0] if isinstance(data, list) and data else data


def version(message: dict[str, Any]) -> int:
    """Return the book's sequence in ``v``: ``<seq>_18``, and over V5 ``<u>_<seq>_18``."""
    return int(datum(message)["v"].split("_")[-2])


def of(*names: str) -> Callable[[dict[str, Any]], Hashable]:
    """Return a key made of these fields of the data."""
    return lambda message: tuple(datum(message)[name] for name in names)


def sequence(message: dict[str, Any]) -> Hashable:
    """Return symbol and sequence of an inverse book or record."""
    return message["topic"].rpartition(".")[2], message["cross_seq"]


KEYS: dict[str, Callable[[dict[str, Any]], Hashable]] = {
    "trade_v1": of("v"),
    "trade_v2": of("v"),
    "realtimes_v1": of("v"),
    "realtimes_v2": of("v"),
    "kline_v1": of("t", "v"),
    "kline_v2": of("t", "v"),
    "depth_v1": version,
    "merged_depth_v1": version,
    "diff_depth_v1": version,
    "depth_v2": version,
    "book_ticker_v2": of("time"),
    "outbound_account_info": lambda event: (*event["B"][0].values(), event["E"]),
    "execution_report": lambda event: (event["i"], event["X"], event["z"]),
    "stop_execution_report": lambda event: (event["i"], event["X"]),
    "ticket_info": lambda event: (event["T"], event["S"]),
    "orderbook_25": sequence,
    "orderbook_200": sequence,
    "trade": of("trade_id"),
    "insurance": of("currency", "wallet_balance"),
    "instrument_info": sequence,
    "kline": of("start", "confirm", "volume"),
    "liquidation": of("symbol", "time"),
    "position": of("symbol", "size", "cum_realised_pnl"),
    "execution": of("exec_id", "side"),
    "order": of("order_id", "order_status", "cum_exec_qty"),
    "stop_order": of("order_id", "order_status"),
    "wallet": of("coin", "wallet_balance"),
}
MARKS = {"id", "symbol", "cross_seq", "created_at", "updated_at"}
"""What every delta of an instrument tells."""

ORDERS = ("execution_report", "order")
"""Whose keys begin with an order's id: over V5, an order that a stop order placed has another."""


def units_of(watch: Watch, messages: list[dict[str, Any]], ids: Callable[[str], str] = str) -> list[Unit]:
    """Return what a series tells, one by one.

    Args:
        watch: What was watched.
        messages: The series.
        ids: Returns V5's id of an order.
    """
    key_of, split = KEYS[watch.stream], SPLIT.get(watch.stream)
    changes = watch.unmerged
    if changes and watch.stream == "diff_depth_v1":  # the two add up more or fewer of them
        messages, changes = [*whole_books(messages)], False
    units = []
    before = None
    for at, message in enumerate(messages):
        if changes and watch.stream == "instrument_info" and datum(message).keys() <= MARKS:
            continue  # what REST told of an instrument, when it came
        for part in [{**message, split: [one]} for one in message[split]] if split else [message]:
            key: Any = key_of(part)
            if watch.stream in ORDERS:
                key = (ids(key[0]), *key[1:])
            # Changes are the same where they lead from the same state to the same.
            units.append(Unit((key, before) if changes else key, part, at))
            before = key
    return units


# -- changes, added up by the rules of the documents ------------------------------------------------------


def whole_books(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the books that a series of changes leads to (``diffDepth``)."""
    sides: dict[str, dict[str, str]] = {"b": {}, "a": {}}
    for message in messages:
        for name, side in sides.items():
            if message["f"]:
                side.clear()
            for price, size in datum(message)[name]:
                side[price] = size
                if not float(size):
                    del side[price]
        whole = {
            name: sorted(map(list, side.items()), key=lambda pair: float(pair[0]), reverse=name == "b")
            for name, side in sides.items()
        }
        yield {**message, "data": [{**datum(message), **whole}]}


def whole_levels(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the books that a snapshot and its deltas lead to (``orderBookL2_25``, ``orderBook_200``)."""
    levels: dict[Any, dict[str, Any]] = {}
    for message in messages:
        data = message["data"]
        if message["type"] == "snapshot":
            levels = {(row["side"], row["price"]): row for row in data}
        else:
            for row in data["delete"]:
                del levels[row["side"], row["price"]]
            for row in data["update"]:
                levels[row["side"], row["price"]] = {**levels[row["side"], row["price"]], **row}
            for row in data["insert"]:
                assert levels.setdefault((row["side"], row["price"]), row) is row
        rows = sorted(levels.values(), key=lambda row: (row["side"], float(row["price"])))
        yield {**message, "type": "snapshot", "data": rows}


def whole_records(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the records that a snapshot and its deltas lead to (``instrument_info``)."""
    record: dict[str, Any] = {}
    for message in messages:
        changes = [message["data"]] if message["type"] == "snapshot" else message["data"]["update"]
        for one in changes:
            record = {**record, **one}
        yield {**message, "type": "snapshot", "data": record}


WHOLE = {
    "diff_depth_v1": whole_books,
    "orderbook_25": whole_levels,
    "orderbook_200": whole_levels,
    "instrument_info": whole_records,
}


# -- value for value -------------------------------------------------------------------------------------

CHANGES = ("data.delete[]", "data.update[]", "data.insert[]")


def row_of(path: str, whole: str) -> str:
    """Return the path in the fidelity table: the rows of a delta have the fields of a whole message's."""
    for prefix in CHANGES:
        if path.startswith(prefix):
            return whole + path[len(prefix) :]
    return path


def leaves(legacy: Any, v5: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Give every value of two messages: its path, the legacy one, V5's."""
    if isinstance(legacy, dict) and isinstance(v5, dict):
        for name in dict.fromkeys([*legacy, *v5]):
            yield from leaves(legacy.get(name, ABSENT), v5.get(name, ABSENT), f"{path}.{name}" if path else name)
    elif _rows(legacy) and _rows(v5) and len(legacy) == len(v5):
        for at, pair in enumerate(zip(legacy, v5)):
            if not at or _differ(*pair):  # a book has hundreds of levels
                yield from leaves(*pair, f"{path}[]")
    else:
        yield path, legacy, v5


def _differ(legacy: dict[str, Any], v5: dict[str, Any]) -> bool:
    return legacy != v5 or [*map(type, legacy.values())] != [*map(type, v5.values())]


def _rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def orders(legacy: Any, v5: Any, path: str = "") -> Iterator[tuple[str, list[str], list[str]]]:
    """Give the dicts of two messages whose common keys do not stand in the same order."""
    if isinstance(legacy, dict) and isinstance(v5, dict):
        ours, theirs = [name for name in v5 if name in legacy], [name for name in legacy if name in v5]
        if ours != theirs:
            yield path, theirs, ours
        for name in theirs:
            yield from orders(legacy[name], v5[name], f"{path}.{name}" if path else name)
    elif _rows(legacy) and _rows(v5):
        for pair in zip(legacy, v5):
            yield from orders(*pair, f"{path}[]")


@dataclass
class Comparison:
    """Two series of one stream.

    Attributes:
        watch: What was watched.
        legacy: What came over the legacy protocol, by its key; the first one where a state was told several times.
        v5: What came over V5, in order.
        fields: The stream's rows of the fidelity table, by path.
        told: What the claims of one stream need to know of others, by name.
    """

    watch: Watch
    legacy: dict[Hashable, Unit]
    v5: list[Unit]
    told: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fields: dict[str, Field] = {one.path: one for one in TRANSLATIONS[self.watch.stream].fields}
        self._whole = "data[]" if any(path.startswith("data[].") for path in self.fields) else "data"

    def pairs(self) -> Iterator[tuple[Unit, Unit]]:
        """Give what was told over both protocols."""
        for unit in self.v5:
            if unit.key in self.legacy:
                yield self.legacy[unit.key], unit

    @cached_property
    def places(self) -> dict[str, tuple[Unit, str, Any]]:
        """A message of V5 with each field of the table, the path of a value of it there, and the value.

        Where both protocols tell the field, it is one in which both do, and always the last one.
        """
        there: dict[str, tuple[Unit, str, Any]] = {}
        alone: dict[str, tuple[Unit, str, Any]] = {}
        for legacy, unit in self.pairs():
            for path, old, value in leaves(legacy.message, unit.message):
                if value not in ([], ABSENT):
                    (alone if old is ABSENT else there)[self.path(path)] = (unit, path, value)
        return {**alone, **there}

    def path(self, path: str) -> str:
        """Return the path under which the fidelity table has a value."""
        return row_of(path, self._whole)

    def complaints(self, legacy: Unit, v5: Unit) -> list[str]:
        """Return what differs and should not, in words."""
        found = [
            words
            for path, old, new in leaves(sorted_rows(legacy.message), sorted_rows(v5.message))
            for words in self._judge(path, old, new, v5)
        ]
        for path, theirs, ours in orders(legacy.message, v5.message):
            if not self._free(path):
                found.append(f"{path or 'the message'} has its keys in another order: {theirs}, over V5 {ours}")
        return found

    def _judge(self, path: str, legacy: Any, v5: Any, unit: Unit) -> Iterator[str]:
        row = self.fields.get(self.path(path))
        words = f"{path}: {str(legacy)[:80]}, over V5 {str(v5)[:80]}"
        if row is None:
            yield f"{words}; the table has no such field"
        elif row.quality is Quality.EXACT:
            if legacy != v5 or type(legacy) is not type(v5):
                yield f"{words}; the table calls it exact"
        elif row.quality is Quality.MISSING:
            if v5 is not ABSENT:
                yield f"{words}; the table says that there is none"
        elif type(legacy) is not type(v5) and ABSENT not in (legacy, v5) and (self.watch.stream, path) not in RETYPED:
            yield f"{words}; the type is another"
        elif not fulfilled(claim_of(self.watch.stream, row), legacy, v5, Seen(unit, self)):
            yield f"{words}; the table says: {row.quality.value}, {row.note}"

    def _free(self, path: str) -> bool:
        """Return whether a stream's notes say that its keys have an order of their own, or come late."""
        return path in REORDERED.get(self.watch.stream, ())


def sorted_rows(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message whose changes have an order: that of a book's sides and prices."""
    data = message.get("data")
    if message.get("type") != "delta" or not isinstance(data, dict):
        return message
    rank = lambda row: (row.get("side"), float(row.get("price", 0)))  # noqa: E731
    return {**message, "data": {k: sorted(v, key=rank) if isinstance(v, list) else v for k, v in data.items()}}


RETYPED = {("kline", "data[].timestamp")}
"""A number in the documents and, at most times, on the wire; the simulator shows the time when it was a text."""

REORDERED = {
    # As in the documents' samples; the endpoint's own order, known from captures, was another one.
    "trade_v2": ("", "params"),
    "realtimes_v2": ("", "params"),
    "trade": ("data[]",),
    "kline": ("data[]",),
    # created_at comes when REST has told it, which is after the others.
    "instrument_info": ("data",),
}


# -- what the fidelity table claims ----------------------------------------------------------------------


class Seen(NamedTuple):
    """Where a value was seen: its message, and the comparison this is part of."""

    unit: Unit
    comparison: Comparison

    def get(self, name: str) -> Any:
        """Return a neighbour of the value."""
        return datum(self.unit.message).get(name)


Claim = Callable[[Any, Any, Seen], bool]


def fulfilled(claim: Claim, legacy: Any, v5: Any, seen: Seen) -> bool:
    """Return whether a value is what is claimed of it, also where it is nothing of the kind."""
    try:
        return claim(legacy, v5, seen)
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError):
        return False


def same(legacy: Any, v5: Any, seen: Seen) -> bool:
    return legacy == v5


def always(value: Any) -> Claim:
    return lambda legacy, v5, seen: v5 == value


def near(most: int) -> Claim:
    return lambda legacy, v5, seen: abs(v5 - legacy) <= most


def either(*claims: Claim) -> Claim:
    return lambda legacy, v5, seen: any(claim(legacy, v5, seen) for claim in claims)


def absent(legacy: Any, v5: Any, seen: Seen) -> bool:
    return v5 is ABSENT


def seconds(text: str) -> float:
    return datetime.strptime(text.replace(".000Z", "Z"), "%Y-%m-%dT%H:%M:%SZ").timestamp()


def iso_near(most: float) -> Claim:
    return lambda legacy, v5, seen: abs(seconds(v5) - seconds(legacy)) <= most


def first_only(legacy: Any, v5: Any, seen: Seen) -> bool:
    """``f``: the first message of a subscription."""
    return v5 is (seen.unit.at == 0)


def first_and_again(legacy: Any, v5: Any, seen: Seen) -> bool:
    """``f`` of streams that share a V5 topic: where a second one is subscribed, it begins anew for both."""
    return first_only(legacy, v5, seen) or (v5 is True and seen.unit.at < 3)


def numbered(legacy: str, v5: str, seen: Seen) -> bool:
    """``v`` of a book: V5's number of the update before the legacy parts."""
    update, _, rest = v5.partition("_")
    return update.isdecimal() and rest == legacy


def sent(most: int) -> Claim:
    """``sendTime``: about the same, and not before what is told happened."""

    def claim(legacy: int, v5: int, seen: Seen) -> bool:
        return near(most)(legacy, v5, seen) and v5 >= seen.get("t")

    return claim


def ratio_of_interest(legacy: int, v5: int, seen: Seen) -> bool:
    """``open_value_e8``: interest by mark price, to two decimals; the legacy endpoint said 0 of many."""
    interest, price = seen.get("open_interest"), seen.get("mark_price")
    if type(v5) is not int or interest is None or price is None:  # a delta without them
        return type(v5) is int and v5 > 0
    return v5 % 10**6 == 0 and abs(v5 - interest / float(price) * 10**8) <= 10**6


def four_decimals(legacy: int, v5: int, seen: Seen) -> bool:
    return v5 == legacy // 10**4 * 10**4


def launched(legacy: str, v5: str, seen: Seen) -> bool:
    """``created_at``: absent at first, then minutes away; the simulator's legacy side knows no other day."""
    return v5 is ABSENT or abs(seconds(v5) - seconds(legacy)) < 86_400 or seen.get("symbol")[-1].isdigit()


def known_number(legacy: int, v5: int, seen: Seen) -> bool:
    return v5 == legacy if seen.get("symbol") in ("BTCUSD", "ETHUSD", "EOSUSD") else v5 == 0


def microseconds(legacy: str, v5: int, seen: Seen) -> bool:
    return type(v5) is int and v5 == int(legacy)


def since_opened(legacy: str, v5: str, seen: Seen) -> bool:
    """``realised_pnl``: of this position; what was realised before it was opened is not in it."""
    before = Decimal(seen.get("cum_realised_pnl")) - Decimal(v5)
    satoshi = Decimal("1e-8")
    return any(abs(before - one) <= satoshi for one in seen.comparison.told["closed"][seen.get("symbol")])


def of_last_wallet(name: str) -> Claim:
    """A balance of a position: one that the stream of the wallet told."""
    return lambda legacy, v5, seen: v5 in seen.comparison.told["wallet"][name][seen.get("symbol")[:3]]


def a_little_less(legacy: str, v5: str, seen: Seen) -> bool:
    """``available_balance``: less open losses; orders change it without the balance by which states are found."""
    told = seen.comparison.told["available"][seen.get("coin"), seen.get("wallet_balance")]
    return any(0.99 * one <= float(v5) <= one for one in told)


def of_the_stop(legacy: str, v5: str, seen: Seen) -> bool:
    """An id: the same, but that of the stop order where one placed it."""
    return v5 == seen.comparison.told["ids"](legacy)


def placed(seen: Seen) -> bool:
    message = seen.unit.message
    stops = seen.comparison.told["stops"]
    return (message["i"] if "i" in message else message["o"] if "o" in message else seen.get("order_id")) in stops


def earlier_if_placed(legacy: str, v5: str, seen: Seen) -> bool:
    """A time or a client's id, which is one: the same, but that of the stop order where one placed it."""
    return v5 < legacy and len(v5) == len(legacy) if placed(seen) else v5 == legacy


def immediate(legacy: str, v5: str, seen: Seen) -> bool:
    return v5 == ("IOC" if seen.unit.message["o"].startswith("MARKET") else legacy)


def rising(legacy: int, v5: int, seen: Seen) -> bool:
    return v5 > 0


BEAT = 3_000
"""Milliseconds that two pushes of the same state may be apart: seconds of a market that is twenty times as fast."""

CLAIMS: dict[str, dict[str, Claim]] = {
    "*": {
        "f": first_only,
        "sendTime": sent(BEAT),
        "timestamp_e6": lambda legacy, v5, seen: near(BEAT * 1000)(legacy, v5, seen) and v5 % 1000 == 0,
    },
    # Of the 60 trades that open, the legacy series has told the older ones long ago.
    "trade_v1": {"sendTime": sent(60_000)},
    "realtimes_v1": {"data[].t": near(BEAT)},
    "realtimes_v2": {"data.t": near(BEAT)},
    "depth_v1": {"data[].v": numbered, "f": first_and_again},
    "merged_depth_v1": {"data[].v": numbered, "data[].b": same, "data[].a": same},
    "diff_depth_v1": {"data[].v": numbered, "f": first_and_again},
    "depth_v2": {"data.v": numbered},
    "instrument_info": {
        "data.id": known_number,
        "data.price_1h_pcnt_e6": same,
        "data.open_interest": same,
        "data.open_value_e8": ratio_of_interest,
        "data.turnover_24h_e8": four_decimals,
        "data.funding_rate_e6": same,
        "data.created_at": launched,
        "data.updated_at": iso_near(BEAT / 1000),
    },
    # At first, when REST was last told of any coin.
    "insurance": {"data[].timestamp": iso_near(10), "data[].wallet_balance": same},
    "kline": {"data[].cross_seq": always(0), "data[].timestamp": microseconds},
    "position": {
        "action": always("update"),
        "data[].user_id": either(same, always(0)),
        "data[].position_margin": same,
        "data[].available_balance": either(absent, of_last_wallet("available_balance")),
        "data[].realised_pnl": since_opened,
        "data[].wallet_balance": either(absent, of_last_wallet("wallet_balance")),
        "data[].position_seq": rising,
    },
    "execution": {"data[].order_id": of_the_stop},
    "order": {
        "data[].order_id": of_the_stop,
        "data[].create_type": same,
        "data[].cancel_type": same,
        "data[].timestamp": earlier_if_placed,
        "data[].last_exec_price": same,
    },
    "stop_order": {
        "data[].user_id": same,
        "data[].create_type": same,
        "data[].cancel_type": same,
        "data[].order_status": same,
        "data[].stop_order_type": same,
        "data[].timestamp": same,
    },
    "wallet": {"data[].user_id": always(0), "data[].available_balance": a_little_less},
    "outbound_account_info": {"B[].f": same},
    "execution_report": {
        "c": earlier_if_placed,
        "f": immediate,
        "i": of_the_stop,
        "M": always("0"),
        "A": always("0"),
        "O": earlier_if_placed,
        **dict.fromkeys(["l", "L", "n", "N", "u", "m", "t"], same),
    },
    "stop_execution_report": {
        "f": immediate,
        "X": same,
        "t": same,
        "eo": lambda legacy, v5, seen: v5 == seen.unit.message["i"],
        "ti": always(""),
        "si": always(""),
    },
    "ticket_info": {
        **dict.fromkeys(["O", "a", "A"], always("0")),
        "o": of_the_stop,
        "c": earlier_if_placed,
    },
}


def claim_of(stream: str, row: Field) -> Claim:
    """Return how to check what a row of the table says; of a constant, where nothing is said, that it is the same.

    Raises:
        KeyError: An approximate field has no check yet.
    """
    for name in (stream, "*"):
        claim = CLAIMS.get(name, {}).get(row.path)
        if claim is not None:
            return claim
    if row.quality is Quality.CONSTANT:
        return same
    raise KeyError(f"{stream}: how can {row.path} be checked?")
