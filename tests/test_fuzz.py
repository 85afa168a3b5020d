"""Arbitrary input to all that is pure and reads the wire; the same examples in every run.

``fuzz_wire.py`` goes further, guided by coverage and for as long as one likes; what it found is in
``test_fuzz_findings.py``.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import math
import sys
import tracemalloc
from decimal import Decimal
from functools import partial
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
import responses
import websocket
from fuzzing import NAMED, NAMES, NUMBERS, WORDS, Everything, frames, part, places, removed, renamed, replaced
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bybit_ws._json
from bybit_ws import _books
from bybit_ws._books import OutOfSync, PairBook
from bybit_ws._json import NOT_JSON, inflate
from bybit_ws._rest import YEAR_5138, clock_offset
from bybit_ws._retry import LONGEST, Retry
from bybit_ws._transport import Transport
from bybit_ws.exceptions import ProtocolError, RestError

fuzz = partial(
    settings,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def without_orjson() -> ModuleType:
    """Return the module as it is where orjson is not installed."""
    with patch.dict(sys.modules, {"orjson": None}):
        spec = importlib.util.spec_from_file_location("bybit_ws._json_of_the_library", bybit_ws._json.__file__)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        module.__package__ = "bybit_ws"
        spec.loader.exec_module(module)
    return module


PARSERS = {"installed": bybit_ws._json.loads, "stdlib": without_orjson().loads}
each_parser = pytest.mark.parametrize("loads", PARSERS.values(), ids=PARSERS)

# -- conversations ---------------------------------------------------------------------------------------

KEYS, TEXTS = st.sampled_from(NAMES), st.sampled_from(WORDS)
SCALARS = st.none() | st.booleans() | st.sampled_from(NUMBERS) | TEXTS | TEXTS | st.text(max_size=5)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=5),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[Any]) -> Any:
    """A documented message, up to three parts of which are gone, renamed, swapped, nested or something else."""
    message = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(message)))
        kind = draw(st.integers(0, 6))
        if kind == 0:
            message = removed(message, path)
        elif kind == 1:
            message = renamed(message, path, draw(KEYS))
        elif kind == 2:
            other = draw(st.sampled_from([message, draw(st.sampled_from(seeds))]))
            message = replaced(message, path, part(other, draw(st.sampled_from(places(other)))))
        elif kind == 3:
            message = replaced(message, path, draw(st.sampled_from([[], {}, [part(message, path)], {"data": 1}])))
        else:
            message = replaced(message, path, draw(ANYTHING))
    return message


def deeds(seeds: list[Any]) -> st.SearchStrategy[Any]:
    """What may happen to a conversation."""
    said = st.one_of(
        *[mutated(seeds).map(json.dumps)] * 4,
        st.lists(mutated(seeds), max_size=3).map(json.dumps),
        ANYTHING.map(json.dumps),
        st.binary(max_size=30),
        st.text(max_size=30),
    )
    happens = st.sampled_from([("wait", 0.0), ("wait", 1.0), ("wait", 40.0), ("lose", None), ("want", None)])
    return st.tuples(st.just("hear"), said) | st.tuples(st.just("hear"), said) | happens


@each_parser
@pytest.mark.parametrize("name", NAMED)
@fuzz(max_examples=12)
@given(data=st.data())
def test_whatever_is_said_little_comes_of_it_and_good_messages_put_it_right(
    name: str, loads: Any, data: st.DataObject
) -> None:
    flags = {flag: data.draw(st.booleans()) for flag in ("merge", "copy", "custom", "binary")}
    everything = Everything(NAMED[name], loads=loads, **flags)
    seeds = frames(NAMED[name])
    for deed, what in data.draw(st.lists(deeds(seeds), min_size=3, max_size=15)):
        if deed == "hear":
            everything.hear(what)
        elif deed == "wait":
            everything.wait(what)
        elif deed == "want":
            everything.want_all()
        else:
            everything.reconnect()
    everything.recover()


# -- parsing and inflating -------------------------------------------------------------------------------


def plain(value: Any) -> bool:
    """Return whether every parser reads it alike: no number that one has no room for, no half of a pair."""
    if isinstance(value, (list, dict)):
        return all(map(plain, [*value, *value.values()] if isinstance(value, dict) else value))
    if isinstance(value, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in value)
    return not isinstance(value, (int, float)) or (math.isfinite(value) and abs(value) < 2**63)


def spliced(text: bytes, at: int, size: int, inset: bytes) -> bytes:
    at %= len(text) + 1
    return text[:at] + inset + text[at + size :]


JSON_BYTES = st.builds(
    spliced,
    st.builds(json.dumps, ANYTHING, ensure_ascii=st.booleans()).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.integers(0, 1000),
    st.integers(0, 4),
    st.sampled_from([b"", b"", b"\\ud800", b"\xff", b"\xed\xa0\x80", b"9" * 5000, b"[" * 2000, b"e999", b"\x00", b" "])
    | st.binary(max_size=3),
)


def read(loads: Any, text: bytes) -> tuple[str, Any]:
    try:
        return "read", loads(text)
    except NOT_JSON:
        return "not JSON", None


@fuzz(max_examples=24)
@given(JSON_BYTES | st.binary(max_size=50))
def test_any_bytes_are_json_or_not_json_by_every_parser(text: bytes) -> None:
    by_standard = read(lambda text: json.loads(text.decode("utf-8")), text)
    by_library = read(PARSERS["stdlib"], text)
    assert by_library[0] == by_standard[0]
    assert repr(by_library[1]) == repr(by_standard[1])  # repr, because NaN is not itself
    by_installed = read(PARSERS["installed"], text)
    if by_installed[0] == by_standard[0] == "read" and plain(by_standard[1]):
        assert by_installed == by_standard


@each_parser
@pytest.mark.parametrize("bracket", [b"[", b'{"a":', b'[{"a":'])
def test_brackets_of_any_depth_are_no_danger(bracket: bytes, loads: Any) -> None:
    for depth in (1, 500, 990, 1000, 1024, 1025, 5000, 200_000):
        assert read(loads, bracket * depth)[0] == "not JSON"


GZIPPED = st.lists(st.binary(max_size=300), min_size=1, max_size=3)


def inflated(data: bytes, limit: int) -> int:
    """Return the size of what it holds; 0 where it is no gzip, or one that is too large."""
    try:
        return len(inflate(data, limit))
    except ProtocolError as error:
        assert f"{limit:,} bytes" in str(error)  # noqa: PT017
    except ValueError:
        pass
    return 0


@fuzz(max_examples=24)
@given(GZIPPED, st.integers(0, 2000), st.integers(0, 9), st.binary(max_size=5))
def test_any_gzip_is_inflated_or_no_json_or_too_large(texts: list[bytes], at: int, size: int, inset: bytes) -> None:
    whole = b"".join(map(gzip.compress, texts))
    assert inflate(whole, 300) == texts[0]  # a frame holds one member
    broken = spliced(whole, at, size, inset)
    assert all(inflated(broken, limit) <= limit for limit in (1, 100, 1 << 16))
    cut = gzip.compress(texts[0])
    with pytest.raises(NOT_JSON):
        PARSERS["stdlib"](inflate(cut[: at % len(cut)], 1 << 16))


def test_a_bomb_takes_no_more_memory_than_its_limit() -> None:
    bomb = gzip.compress(bytes(1 << 27))
    tracemalloc.start()
    try:
        for data in (bomb, bomb * 3, bomb[:-9]):
            with pytest.raises(ProtocolError):
                inflate(data, 1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()


# -- what comes over HTTP --------------------------------------------------------------------------------

HEADER_VALUES = st.one_of(
    st.text(max_size=8),
    st.text(st.characters(whitelist_categories=["Nd", "No", "Nl"]), min_size=1, max_size=4),
    st.integers().map(str),
    st.floats().map(str),
    st.integers(1, 500).map(lambda digits: "9" * digits),
)


@fuzz(max_examples=24)
@given(HEADER_VALUES, st.sampled_from([401, 403, 404, 429, 503, 0, -1]))
def test_any_retry_after_is_a_time_to_wait_or_none(value: str, status: int) -> None:
    refusal = websocket.WebSocketBadStatusException("refused", status, None, {"retry-after": value})
    failure = Transport("ws://127.0.0.1/realtime", 1, {})._refused(refusal)
    assert failure.retry_after is None or failure.retry_after >= 0
    assert failure.retry_after is None or value.isdecimal()
    assert 0 <= Retry(0, True).delay(failure) <= LONGEST


CLOCK_NAMES = st.sampled_from(["result", "serverTime", "time_now", "ret_code"])
CLOCK_TIMES = st.sampled_from(["1.5", "0", "-1", "nan", "inf", "1e400", "9" * 5000, "9" * 400, 10**400, "1_0", "²", ""])
CLOCKS = st.one_of(
    ANYTHING.map(json.dumps),
    st.dictionaries(CLOCK_NAMES, CLOCK_TIMES | SCALARS | st.dictionaries(CLOCK_NAMES, CLOCK_TIMES | SCALARS)).map(
        json.dumps
    ),
    st.binary(max_size=20),
    st.sampled_from(["[" * 100_000, '{"result":{"serverTime":1e999}}', '{"time_now":' + "9" * 400 + "}"]),
)


@fuzz(max_examples=24)
@given(CLOCKS, st.sampled_from([200, 200, 200, 204, 301, 404, 500]))
def test_any_answer_is_a_clock_or_a_rest_error(body: str | bytes, status: int) -> None:
    with responses.RequestsMock() as exchange:
        exchange.get("https://api.bybit.com/spot/v1/time", body=body, status=status)
        try:
            assert abs(clock_offset("https://api.bybit.com", "/spot/v1/time", {})) < 2 * YEAR_5138
        except RestError as error:
            assert "https://api.bybit.com/spot/v1/time" in str(error)  # noqa: PT017


# -- a book beside the exchange's own --------------------------------------------------------------------

WINDOW = 4


class Venue:
    """A venue's book and what it says of it: the best levels of each side, numbered changes, all valid."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[int, int]] = {"b": {}, "a": {}}
        self.counter = 0

    def top(self, side: str) -> dict[int, int]:
        prices = sorted(self.sides[side], reverse=side == "b")[:WINDOW]
        return {price: self.sides[side][price] for price in prices}

    def said(self, whole: bool, changes: dict[str, list[list[str]]], **odd: Any) -> dict[str, Any]:
        self.counter = 0 if whole else self.counter + 1
        return {"f": whole, "data": [{"o": self.counter, **changes, **odd}]}

    def snapshot(self) -> dict[str, Any]:
        return self.said(True, {side: spelled(self.top(side)) for side in "ba"})

    def change(self, side: str, price: int, size: int) -> dict[str, Any]:
        """Change one level; say what that changes of what is shown, and what became visible or left."""
        before = {one: self.top(one) for one in "ba"}
        if size:
            self.sides[side][price] = size
        else:
            self.sides[side].pop(price, None)
        changes = {}
        for one in "ba":
            after = self.top(one)
            gone = dict.fromkeys(before[one].keys() - after.keys(), 0)
            changes[one] = spelled({**gone, **dict(after.items() - before[one].items())})
        return self.said(False, changes)


def spelled(levels: dict[int, int]) -> list[list[str]]:
    """Return levels as the wire spells them, in any order."""
    return [[f"{price}.{'0' * (price % 3)}1", f"{size}.0" if size else "0.00"] for price, size in levels.items()]


def numbers(pairs: list[list[str]]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(price), Decimal(size)) for price, size in pairs]


FAULTS: dict[str, Any] = {
    "a number is skipped": lambda venue: venue.said(False, {"b": [], "a": []}, o=venue.counter + 3),
    "a number comes twice": lambda venue: venue.said(False, {"b": [], "a": []}, o=venue.counter - 1),
    "a level that was never there goes": lambda venue: venue.said(False, {"b": [["10000", "0"]], "a": []}),
    "it is crossed": lambda venue: venue.said(False, {"b": [["200", "1"]], "a": [["100", "1"]]}),
    "a size is none": lambda venue: venue.said(False, {"b": [["1", "-1"]], "a": []}),
    "a side is missing": lambda venue: {"f": False, "data": [{"b": []}]},
}
CHANGE = st.tuples(st.sampled_from("ba"), st.integers(0, 9), st.integers(0, 3))


@pytest.mark.parametrize("owned", [True, False])
@fuzz(max_examples=24)
@given(script=st.lists(CHANGE | CHANGE | st.sampled_from(["again", "lost", *FAULTS]), min_size=5, max_size=40))
def test_a_book_shows_what_the_venue_shows_or_nothing(script: list[Any], owned: bool) -> None:
    with patch.object(_books, "SPOT_WINDOW", WINDOW):
        venue, book, synced, numbered = Venue(), PairBook(copy=owned), False, False
        for step in ["again", *script]:
            if step == "lost":
                book.reset()
                synced = False
                continue
            if step == "again":
                message, synced, numbered = venue.snapshot(), True, False
            elif step in FAULTS:
                # Numbers can only be compared once there is one.
                if "number" in step and not (numbered and venue.counter > 1):
                    continue
                # Nothing is known of a side that was cut off and then emptied.
                if "never there" in step and not venue.top("b"):
                    continue
                message, synced = FAULTS[step](venue), False
            else:
                side, price, size = step  # bids below 50, asks from there on: never crossed
                message = venue.change(side, price + 50 * (side == "a"), size)
            try:
                book.apply(message)
            except (OutOfSync, KeyError):
                assert not synced
                book.reset()
                continue
            assert synced
            numbered = numbered or step != "again"
            shown = message["data"][0]
            assert numbers(shown["b"]) == numbers(sorted(spelled(venue.top("b")), key=by_price, reverse=True))
            assert numbers(shown["a"]) == numbers(sorted(spelled(venue.top("a")), key=by_price))


def by_price(pair: list[str]) -> Decimal:
    return Decimal(pair[0])


@fuzz(max_examples=12)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=12, unique=True), st.lists(st.integers(1, 12), max_size=8))
def test_a_removal_is_believed_only_where_nothing_is_known(levels: list[int], removals: list[int]) -> None:
    with patch.object(_books, "SPOT_WINDOW", WINDOW):
        book = PairBook()
        message = {"f": True, "data": [{"b": [], "a": [[str(price), "1"] for price in sorted(levels)[:WINDOW]]}]}
        book.apply(message)
        known, cut = set(sorted(levels)[:WINDOW]), len(levels) >= WINDOW
        for price in removals:
            message = {"f": False, "data": [{"b": [], "a": [[str(price), "0"]]}]}
            if price not in known and not (cut and price > max(known, default=-1)):
                with pytest.raises(OutOfSync, match="not there"):
                    book.apply(message)
                return
            book.apply(message)
            known.discard(price)
            assert [int(pair[0]) for pair in message["data"][0]["a"]] == sorted(known)
