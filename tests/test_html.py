"""What notebooks show, as data in and HTML out, and of a client at work."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Events, Inbox

from bybit_ws import InverseWebSocket, SpotWebSocket, _html
from bybit_ws._books import Levels
from bybit_ws._rates import Rates
from bybit_ws._snapshot import BookSnapshot
from bybit_ws._vitals import UNOPENED
from bybit_ws.events import Reconnected, Subscribed
from bybit_ws.simulator import Exchange

NASTY = "<script>alert('&\"')</script>"


class Page(HTMLParser):
    """Checks that tags are closed in order, and keeps the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style", "title", "colspan"}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def __contains__(self, words: str) -> bool:
        return words in " ".join(self.words)


def ladder(bids: list[Any], asks: list[Any], stamp: Any = 1_700_000_000_250) -> BookSnapshot:
    return BookSnapshot("BTCUSDT", Levels(None, 1, stamp, bids, asks))


def test_a_ladder_has_the_asks_above_the_bids_with_the_decimals_aligned() -> None:
    page = Page(_html.book(ladder([["20199.9", "1.5"], ["20199.85", "2"]], [["20201", "0.25"], ["20202", "4"]])))
    order = [word for word in page.words if re.fullmatch(r"[\d,.]+", word)]
    assert order == [
        "20,202.00", "4.00", "4.25", "20,201.00", "0.25", "0.25", "20,199.90", "1.50", "1.50",
        "20,199.85", "2.00", "3.50",
    ]  # fmt: skip
    for words in ("BTCUSDT", "● live", "spread 1.10, mid 20,200.45", "2 + 2 levels · 22:13:20.250 UTC"):
        assert words in page


def test_a_ladder_shows_the_best_levels_only_and_stays_small() -> None:
    bids, asks = ([[str(1000 + sign * at), "1"] for at in range(1, 201)] for sign in (-1, 1))
    text = _html.book(ladder(bids, asks))
    page = Page(text)
    assert text.count("linear-gradient") == 2 * 2 * _html.LEVELS
    assert "200 + 200 levels" in page
    assert len(text) < 12_000


@pytest.mark.parametrize("asks", [[], [["1", "2"]]])
def test_a_ladder_of_half_a_book(asks: list[Any]) -> None:
    page = Page(_html.book(ladder([], asks, stamp=1e300)))
    assert "one side is empty" in page
    assert "no time" in page


def test_a_stale_book_shows_no_level() -> None:
    page = Page(_html.book(BookSnapshot("BTCUSD", None)))
    assert "● stale" in page
    assert "until the exchange has sent the whole book again" in page
    assert "table" not in page.tags
    assert "as of" not in page
    closed = Page(_html.book(BookSnapshot("BTCUSD", None), "closed", 1_700_000_000.9))
    assert "● closed" in closed
    assert "as of 22:13:20 UTC" in closed


def test_nothing_from_outside_becomes_a_tag() -> None:
    health = {NASTY: {**UNOPENED, "api": NASTY, "state": NASTY}}
    pages = [
        Page(_html.book(BookSnapshot(NASTY, None), NASTY)),
        Page(_html.client(NASTY, NASTY, health, {}, 0.0, [(NASTY, NASTY)], Subscribed(NASTY, (NASTY,)))),
        Page(_html.subscription(NASTY, [NASTY], NASTY, 1.0, 1, {NASTY: {NASTY: NASTY}}, 0.0)),
    ]
    for page in pages:
        assert NASTY in page
        assert not page.tags & {"script", "style"}


def test_a_client_shows_its_sockets_streams_and_newest_event() -> None:
    up = {**UNOPENED, "api": "v5", "state": "ready", "since": 1000.0, "messages": 12345, "lag": 0.012, "reconnects": 2}
    event = Reconnected(1.5, 3).stamped("realtime", 1070.0)
    streams = [("orderBookL2_25", f"COIN{number}USD") for number in range(20)]
    page = Page(
        _html.client("Client", "ready", {"realtime": up, "private": UNOPENED}, {"realtime": (9.96, 5.0)}, 1090.0,
                     streams, event)
    )  # fmt: skip
    for words in ("● ready", "as of 00:18:10 UTC", "1 min 30 s", "v5", "12,345", "10.0/s", "12 ms", "● new",
                  "COIN11USD and 8 more", "Reconnected", "20 s ago",
                  "realtime: back after 1.5 s (3 attempts)"):  # fmt: skip
        assert words in page, words


def test_a_subscription_shows_the_beginning_of_its_newest_messages() -> None:
    book = {"topic": "orderBook_200", "data": [{"price": "1", "size": number} for number in range(400)]}
    page = Page(_html.subscription("orderBook_200", ["BTCUSD"], "stale", 0.25, 1234, {"BTCUSD": book}, 0.0))
    last = '400 entries, the last: {"price": "1", "size": 399}'
    for words in ("● stale", "as of 00:00:00 UTC", "last message 250 ms ago, 1,234 waiting", last):
        assert words in page
    long = {"data": [{"b": [["1", "2"]] * 400, "words": "long " * 100}]}
    page = Page(_html.subscription("diffDepth", ["BTCUSDT"], "live", 0.25, 0, {"BTCUSDT": long}, 0.0))
    assert '{"b": [["1", "2"], ["1", "2"], ["1", "2"]], "words": "long long' in page
    assert len("".join(page.words)) < 300
    assert "no message yet" in Page(_html.subscription("wallet", [], "waiting", None, 0, {}, 0.0))
    assert "● live" in Page(_html.subscription("wallet", [], "live", 1.0, 0, {"": {"data": {1, 2}}}, 0.0))


@given(st.floats(0, 10**9))
def test_a_duration_is_said_in_two_units_at_most(seconds: float) -> None:
    sizes = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
    parts = re.findall(r"([\d.]+) (ms|s|min|h|d)", _html.duration(seconds))
    told = sum(float(number) * sizes[unit] for number, unit in parts)
    assert len(parts) in (1, 2)
    assert abs(told - seconds) <= max(0.05, sizes[parts[-1][1]])


def test_a_rate_is_taken_between_two_looks_and_at_first_since_the_socket_is_up() -> None:
    rates = Rates()

    def look(now: float, messages: int, state: str = "ready", reconnects: int = 0) -> Any:
        health = {"one": {**UNOPENED, "messages": messages, "since": 100.0, "state": state, "reconnects": reconnects}}
        return rates.look(health, now, now + 100.0).get("one")

    assert look(0.5, 3) is None, "too short to tell"
    assert look(10.5, 103) == (10.0, 10.0)
    assert look(10.6, 104) == (101 / 10.1, 10.1), "again at once: the same stretch goes on"
    assert look(60.0, 203) == (200 / 59.5, 59.5)
    assert look(110.5, 203) == (0.0, 50.5), "what lies more than a minute back is forgotten"
    assert look(210.5, 1203) == (10.0, 100.0), "unless nobody looked since"


def test_a_socket_that_was_lost_tells_no_rate_at_the_first_look() -> None:
    up = {**UNOPENED, "messages": 500, "since": 100.0, "state": "ready"}
    assert Rates().look({"one": up}, 1.0, 110.0) == {"one": (50.0, 10.0)}
    assert Rates().look({"one": {**up, "reconnects": 1}}, 1.0, 110.0) == {}
    assert Rates().look({"one": UNOPENED}, 1.0, 110.0) == {}


def test_a_client_at_work_shows_how_it_fares() -> None:
    assert "● no socket open" in Page(SpotWebSocket()._repr_html_())
    events, trades = Events(), Inbox()
    with Exchange(seed=6, speed=20) as exchange, InverseWebSocket(endpoint=exchange.url, on_event=events) as ws:
        ws.trade_stream(trades)
        trades.wait(5)
        events.first(Subscribed)
        page = Page(ws._repr_html_())
        for words in ("InverseWebSocket", "● ready", "legacy", "realtime", "Subscribed", "trade"):
            assert words in page
    page = Page(ws._repr_html_())
    assert "● closed" in page
    assert "Disconnected" in page
