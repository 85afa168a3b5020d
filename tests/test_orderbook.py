"""``ws.book(...)`` beside the local exchange: right, consistent from any thread, and nothing when it may not hold."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from support import Inbox, commands, hasten, library_threads, small_markets, wait_until

from bybit_ws import BookSnapshot, InverseWebSocket, OrderBook, SpotWebSocket, SubscriptionError
from bybit_ws.exceptions import ConfigurationError, InvalidState
from bybit_ws.simulator import Exchange

PATIENCE = 20.0


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchange]:
    hasten(monkeypatch)
    small_markets(monkeypatch, ("BTCUSD", "BTCUSDT"), accounts=False)
    with Exchange(seed=11, speed=20) as running:
        yield running


@pytest.fixture
def inverse(exchange: Exchange) -> Iterator[InverseWebSocket]:
    with InverseWebSocket(endpoint=exchange.url) as ws:
        yield ws


def truth(exchange: Exchange, symbol: str, levels: int) -> tuple[Any, Any]:
    """Return the exchange's own book, in Decimals and best first."""
    book = exchange.truth.book(symbol, levels)
    if isinstance(book, dict):
        return tuple(tuple((Decimal(price), Decimal(size)) for price, size in book[side]) for side in "ba")
    return told(book)


def told(rows: list[dict[str, Any]]) -> tuple[Any, Any]:
    """Return the rows of an inverse message, in Decimals and best first."""
    levels = [(row["side"], (Decimal(row["price"]), Decimal(row["size"]))) for row in rows]
    bids, asks = ([level for side, level in levels if side == wanted] for wanted in ("Buy", "Sell"))
    return tuple(bids[::-1]), tuple(asks)


@pytest.mark.parametrize("api", ["legacy", "v5"])
@pytest.mark.parametrize(("symbol", "depth"), [("BTCUSD", 25), ("BTCUSD", 200), ("BTCUSDT", 200)])
def test_a_book_is_the_exchanges_own(exchange: Exchange, api: str, symbol: str, depth: int) -> None:
    client: Any = SpotWebSocket if symbol.endswith("T") else InverseWebSocket
    with client(endpoint=exchange.url, api=api) as ws:
        book = ws.book(symbol, **({} if client is SpotWebSocket else {"depth": depth}), numbers=Decimal)
        assert isinstance(book, OrderBook)
        assert book.wait(PATIENCE)
        before = book.snapshot()

        def equal() -> bool:
            moment = book.snapshot()
            return moment is not before and (moment.bids, moment.asks) == truth(exchange, symbol, depth)

        assert wait_until(equal, PATIENCE), book
        assert (book.symbol, len(book.bids), len(book.levels(7)[1])) == (symbol, depth, 7)
        assert book.spread == book.best_ask.price - book.best_bid.price > 0
        assert book.depth_to_quantity("ask", book.asks[0].quantity / 2).complete
        assert book.depth_to_price("bid", 1).quantity == sum(level.quantity for level in book.bids)
        assert -1 < book.imbalance(5) < 1
        assert book.age is not None
        assert abs(book.snapshot().timestamp - 1.8e9) < 1e9


def test_what_threads_read_while_it_changes_belongs_to_one_moment(inverse: InverseWebSocket) -> None:
    delivered, done = set(), threading.Event()
    inverse.orderbook_25_stream(lambda message: delivered.add(told(message["data"])), "BTCUSD")
    book = inverse.book("BTCUSD", numbers=Decimal)
    assert book.wait(PATIENCE)

    seen_by: list[list[BookSnapshot]] = []

    def read() -> None:
        seen = [book.snapshot()]
        seen_by.append(seen)
        while not done.is_set():
            newest = book.snapshot()
            if newest is not seen[-1]:
                seen.append(newest)
            assert newest.mid * 2 == newest.best_bid.price + newest.best_ask.price
            done.wait(0.0005)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read) for _ in range(4)]
            enough = wait_until(lambda: len(seen_by) == 4 and all(len(seen) > 10 for seen in seen_by), PATIENCE)
            done.set()
    finally:
        sys.setswitchinterval(interval)
    assert enough
    for reader, seen in zip(readers, seen_by):
        reader.result()
        assert wait_until(lambda seen=seen: {(one.bids, one.asks) for one in seen} <= delivered, PATIENCE)


def test_after_a_loss_it_shows_nothing_until_it_is_whole_again(exchange: Exchange, inverse: InverseWebSocket) -> None:
    book = inverse.book("BTCUSD")
    assert book.is_stale
    assert book.wait(PATIENCE)
    assert book.snapshot().mid == pytest.approx(20_000, rel=0.2)
    kept = book.snapshot()
    bids = kept.bids
    exchange.refuse_connections(1_000_000)
    exchange.drop()
    assert wait_until(lambda: book.is_stale)
    assert (book.best_bid, book.best_ask, book.spread, book.mid, book.imbalance()) == (None,) * 5
    assert (book.bids, book.asks, book.levels(3)) == ((), (), ((), ()))
    assert "● stale" in book._repr_html_()
    assert not book.wait(0.02)
    assert kept.bids == bids
    exchange.refuse_connections(0)
    assert book.wait(PATIENCE)
    assert not book.is_stale
    assert book.snapshot() is not kept
    assert len(book.bids) == 25


def test_a_wait_ends_at_its_timeout_and_with_the_book(exchange: Exchange, inverse: InverseWebSocket) -> None:
    assert inverse.book("ETHUSD").wait(PATIENCE)
    exchange.go_silent()
    book, caught = inverse.book("BTCUSD"), []
    assert not book.wait(0.05)

    def wait() -> None:
        with pytest.raises(InvalidState) as error:
            book.wait(PATIENCE)
        caught.append(str(error.value))

    waiter = threading.Thread(target=wait)
    waiter.start()
    book.close()
    book.close()
    waiter.join(PATIENCE)
    assert caught == ["the book of BTCUSD was given up with close(): ask the client for it anew"]
    assert (repr(book), book.is_stale, book.bids) == ("<OrderBook BTCUSD closed>", True, ())
    assert "● closed" in book._repr_html_()


def test_a_wait_ends_with_the_client_too(exchange: Exchange) -> None:
    with InverseWebSocket(endpoint=exchange.url) as ws:
        book = ws.book("BTCUSD")
        assert book.wait(PATIENCE)
    with pytest.raises(InvalidState, match="closed"):
        book.wait(PATIENCE)
    assert (book.is_stale, book.mid) == (True, None)


def test_a_wait_that_could_not_end_is_refused(inverse: InverseWebSocket) -> None:
    caught: list[str] = []
    with pytest.raises(SubscriptionError, match="NOSUCHCOIN"):
        inverse.book("NOSUCHCOIN").wait(PATIENCE)

    def ask(message: Any) -> None:
        if not caught:
            caught.append("")
            with pytest.raises(InvalidState) as error:
                inverse.book("ETHUSD").wait()
            caught.append(str(error.value))

    inverse.orderbook_25_stream(ask, "BTCUSD")
    assert wait_until(lambda: len(caught) == 2, PATIENCE)
    assert "let the callback return first" in caught[1]


def test_books_callbacks_and_messages_share_one_stream(exchange: Exchange, inverse: InverseWebSocket) -> None:
    first, second = inverse.book("BTCUSD"), inverse.book("BTCUSD", numbers=Decimal)
    assert first.wait(PATIENCE)
    assert second.wait(PATIENCE)
    inbox = Inbox()
    stream = inverse.orderbook_25_stream(inbox, "BTCUSD")
    message = inbox.wait()[0]
    message["data"].clear()
    for row in inbox.more()[-1]["data"]:
        row["size"] = row["price"] = "spoiled"
    first.close()
    assert (first.best_bid, repr(first)) == (None, "<OrderBook BTCUSD closed>")
    assert second.mid > 0
    assert sum(level.quantity for level in second.bids) > 0
    stream.unsubscribe()
    before = second.snapshot()
    assert wait_until(lambda: second.snapshot() is not before), "the book outlives the callback"
    second.close()
    assert exchange.wait_for(lambda: any("unsubscribe" in str(one) for one in commands(exchange)), PATIENCE)
    asked = [one["args"] for one in commands(exchange)]
    assert asked == [["orderBookL2_25.BTCUSD"]] * 2


def test_an_unmerged_stream_has_no_book_and_says_so(inverse: InverseWebSocket) -> None:
    book = inverse.book("BTCUSD")
    assert book.wait(PATIENCE)
    raw = inverse.orderbook_25_stream(None, "BTCUSD", merge=False)
    for read in (book.snapshot, lambda: book.mid, lambda: book.wait(1)):
        with pytest.raises(InvalidState, match=r"orderBookL2_25 of BTCUSD runs with merge=False or raw=True"):
            read()
    assert book.is_stale
    assert "stale" in repr(book)
    assert "stale" in book._repr_html_()
    with pytest.raises(InvalidState, match="merge=False"):
        inverse.book("BTCUSD")
    raw.unsubscribe()
    assert inverse.book("BTCUSD").wait(PATIENCE)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"symbol": "BTCUSD", "depth": 50}, "depth must be 25 or 200, the levels a side, not 50"),
        ({"symbol": "BTCUSD", "numbers": int}, "numbers must be float or decimal.Decimal"),
        ({"symbol": "BTCUSD|ETHUSD"}, "a book is of one symbol: ask for one each of BTCUSD, ETHUSD"),
        ({"symbol": "*"}, "'*' does not exist on order books"),
        ({"symbol": None}, "orderbook_25_stream needs symbols"),
    ],
)
def test_wrong_arguments_are_told_before_any_io(arguments: dict[str, Any], error: str) -> None:
    ws = InverseWebSocket()
    with pytest.raises(ConfigurationError) as caught:
        ws.book(**arguments)
    assert str(caught.value).startswith(error)
    assert library_threads() == []


def test_notebooks_show_the_book_and_the_subscription(inverse: InverseWebSocket) -> None:
    stream = inverse.orderbook_25_stream(None, "BTCUSD")
    book = inverse.book("BTCUSD")
    assert book.wait(PATIENCE)
    for html, words in ((book._repr_html_(), "25 + 25 levels"), (book.snapshot()._repr_html_(), "spread")):
        assert "● live" in html
        assert words in html
    assert wait_until(lambda: "● live" in stream._repr_html_(), PATIENCE)
    assert "50 entries, the last: " in stream._repr_html_()
    assert " waiting" in stream._repr_html_()
    stream.unsubscribe()
    assert "● given up" in stream._repr_html_()
    other = inverse.trade_stream(None)
    inverse.close()
    assert "● closed" in other._repr_html_()
