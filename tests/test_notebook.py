"""Live views as Python has them: what they show, how often, and how they end. Browsers are in test_jupyterlab.py."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable

import pytest
from support import Events, Inbox, hasten, library_threads, wait_until

pytest.importorskip("anywidget", reason="live views need the extra notebook")

from bybit_ws import ConfigurationError, InverseWebSocket, Recording, SpotWebSocket
from bybit_ws.events import CallbackFailed
from bybit_ws.notebook import LiveView, live_book, live_candles, live_health, live_trades, stop_all
from bybit_ws.simulator import Exchange

PATIENCE = 15.0

SIDES = ("Buy", "Sell")


@pytest.fixture(scope="module")
def running() -> Iterator[Exchange]:
    with Exchange(seed=4, speed=4) as exchange:
        yield exchange


@pytest.fixture
def exchange(running: Exchange) -> Iterator[Exchange]:
    yield running
    running.resume()


@pytest.fixture
def ws(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> Iterator[InverseWebSocket]:
    hasten(monkeypatch)
    with InverseWebSocket(endpoint=exchange.url) as client:
        yield client
    stop_all()


@pytest.fixture
def spot(exchange: Exchange) -> Iterator[SpotWebSocket]:
    with SpotWebSocket(endpoint=exchange.url) as client:
        yield client


def becomes(view: LiveView, state: str) -> bool:
    return wait_until(lambda: view.state == state, PATIENCE)


def frames(view: LiveView) -> list[float]:
    """Return when each frame is sent."""
    moments: list[float] = []
    view.observe(lambda change: moments.append(time.monotonic()), "frame")
    return moments


def wanted(exchange: Exchange) -> list[tuple[str, str]]:
    return sorted(pair for pairs in exchange.subscriptions.values() for pair in pairs)


def told(view: LiveView) -> list[list[tuple[Decimal, Decimal]]]:
    """Return the bids and asks that a view shows."""
    return [[(Decimal(price), Decimal(many)) for price, many in view.frame.get(side, [])] for side in ("bids", "asks")]


def truth(exchange: Exchange) -> list[list[tuple[Decimal, Decimal]]]:
    """Return the exchange's own bids and asks."""
    rows = exchange.truth.book("BTCUSD", 25)
    sides = [[(Decimal(row["price"]), Decimal(row["size"])) for row in rows if row["side"] == side] for side in SIDES]
    return [sorted(sides[0], reverse=True), sorted(sides[1])]


# -- what they show ----------------------------------------------------------------------------------------


def test_a_book_is_the_exchanges_own(exchange: Exchange, ws: InverseWebSocket, spot: SpotWebSocket) -> None:
    inverse, other = live_book(ws, "BTCUSD"), live_book(spot, "BTCUSDT", levels=5, depth=8)
    assert becomes(inverse, "live")
    assert becomes(other, "live")
    exchange.pause()

    assert wait_until(lambda: told(inverse) == truth(exchange), PATIENCE)
    bids, asks = truth(exchange)
    assert Decimal(inverse.frame["spread"]) == asks[0][0] - bids[0][0]

    def spot_best() -> list[tuple[Decimal, Decimal]]:
        return [(Decimal(price), Decimal(quantity)) for price, quantity in exchange.truth.book("BTCUSDT")["b"][:8]]

    assert wait_until(lambda: told(other)[0] == spot_best(), PATIENCE)
    assert len({len(price.partition(".")[2]) for price, _ in other.frame["bids"]}) == 1


@pytest.mark.parametrize("inverse", [True, False])
def test_candles_and_trades_are_the_exchanges_own(
    exchange: Exchange, ws: InverseWebSocket, spot: SpotWebSocket, inverse: bool
) -> None:
    client: Any = ws if inverse else spot
    symbol = "BTCUSD" if inverse else "BTCUSDT"
    candles, trades = live_candles(client, symbol), live_trades(client, symbol, rows=4)
    assert becomes(candles, "live")
    assert wait_until(lambda: len(trades.frame.get("trades", ())) == 4, PATIENCE)
    exchange.pause()

    def same_candle() -> bool:
        truth = exchange.truth.candle(symbol, "1" if inverse else "1m")
        names = ("start", "open", "high", "low", "close", "volume") if inverse else ("t", "o", "h", "l", "c", "v")
        start, *values = (float(truth[name]) for name in names)
        return candles.frame["candle"] == [start if inverse else start / 1000, *values]

    def same_trades() -> bool:
        truth = exchange.truth.trades(symbol)[:-5:-1]
        time = "trade_time_ms" if inverse else "t"
        bought = [one["side"] == "Buy" if inverse else one["m"] for one in truth]
        heads = [[int(one[time]), buy] for one, buy in zip(truth, bought)]
        return [one[1:3] for one in trades.frame["trades"]] == heads

    assert wait_until(same_candle, PATIENCE), (candles.frame, exchange.truth.candle(symbol, "1" if inverse else "1m"))
    assert wait_until(same_trades, PATIENCE)
    assert candles.note == ("1 min candles" if inverse else "1m candles")


def test_candles_that_are_over_are_kept(exchange: Exchange, ws: InverseWebSocket) -> None:
    view = live_candles(ws, "BTCUSD")
    assert becomes(view, "live")
    first = view.frame["candle"][0]
    exchange.send(_kline(start=first + 60))
    assert wait_until(lambda: view.history, PATIENCE)
    assert [one[0] for one in view.history] == [first]


def test_health_tells_rates_and_events(exchange: Exchange, ws: InverseWebSocket) -> None:
    view = live_health(ws)
    assert becomes(view, "waiting")
    ws.orderbook_25_stream(lambda message: None, "BTCUSD").wait(PATIENCE)
    assert becomes(view, "live")
    assert wait_until(lambda: any(view.frame["rates"]), PATIENCE)
    assert view.frame["sockets"]["realtime"]["state"] == "ready"
    exchange.drop()
    assert wait_until(lambda: "Disconnected" in [event[1] for event in view.frame["events"]], PATIENCE)
    assert wait_until(lambda: view.frame["sockets"]["realtime"]["reconnects"] == 1, PATIENCE)
    assert becomes(view, "live")


# -- how often ---------------------------------------------------------------------------------------------


def test_ten_frames_a_second_at_most_and_none_where_nothing_changes(exchange: Exchange, ws: InverseWebSocket) -> None:
    messages = Inbox()
    ws.orderbook_25_stream(messages, "BTCUSD")
    view = live_book(ws, "BTCUSD")
    assert becomes(view, "live")
    moments, before = frames(view), len(messages)
    messages.wait(before + 60, PATIENCE)
    assert 2 <= len(moments) < len(messages) - before
    assert min(later - earlier for earlier, later in zip(moments, moments[1:])) > 0.05
    assert (moments[-1] - moments[0]) / (len(moments) - 1) >= 0.095
    exchange.pause()
    assert wait_until(lambda: told(view) == truth(exchange), PATIENCE)
    shown = len(moments)
    assert not wait_until(lambda: len(moments) > shown, 0.5)


# -- exactly one, beside everything else -------------------------------------------------------------------


def test_a_cell_that_is_run_again_shows_the_same_view(exchange: Exchange, ws: InverseWebSocket) -> None:
    views = [[live_book(ws, "BTCUSD"), live_trades(ws, "BTCUSD"), live_candles(ws, "BTCUSD"), live_health(ws)]]
    assert all(becomes(view, "live") for view in views[0])
    before, threads = wanted(exchange), {thread.name for thread in library_threads()}
    assert len(before) == 3
    views += [[live_book(ws, "BTCUSD"), live_trades(ws, "BTCUSD"), live_candles(ws, "BTCUSD"), live_health(ws)]]
    assert [one is two for one, two in zip(*views)] == [True] * 4
    assert wanted(exchange) == before
    assert {thread.name for thread in library_threads()} == threads
    assert [thread.name for thread in library_threads()].count("bybit_ws views") == 1


def test_other_options_end_the_view_before(ws: InverseWebSocket) -> None:
    before, other = live_book(ws, "BTCUSD"), live_book(ws, "ETHUSD")
    after = live_book(ws, "BTCUSD", levels=4)
    assert after is not before
    assert (before.state, before.reason[:28]) == ("ended", "shown anew with other option")
    assert other.is_live
    assert becomes(after, "live")
    assert live_candles(ws, "BTCUSD", 1) is not live_candles(ws, "BTCUSD", 5)


def test_one_that_has_ended_begins_anew(ws: InverseWebSocket) -> None:
    before = live_book(ws, "BTCUSD")
    before.stop()
    after = live_book(ws, "BTCUSD")
    assert after is not before
    assert becomes(after, "live")


def test_the_users_callback_is_left_alone(exchange: Exchange, ws: InverseWebSocket) -> None:
    first, second = Inbox(), Inbox()
    ws.trade_stream(first, "BTCUSD")
    view = live_trades(ws, "BTCUSD")
    first.more(2, PATIENCE)
    mine = ws.trade_stream(second, "BTCUSD")
    second.wait(2, PATIENCE)
    mine.unsubscribe()
    moments = frames(view)
    assert wait_until(lambda: len(moments) > 1, PATIENCE)
    view.stop()
    assert wait_until(lambda: ("trade", "BTCUSD") not in wanted(exchange), PATIENCE)


# -- how they end ------------------------------------------------------------------------------------------


def test_stopping_gives_up_the_stream_and_the_thread(exchange: Exchange, ws: InverseWebSocket) -> None:
    views = [live_book(ws, "BTCUSD"), live_trades(ws, "BTCUSD"), live_candles(ws, "BTCUSD")]
    assert all(becomes(view, "live") for view in views)
    views[0].stop()
    views[0].stop("twice")
    views[1]._handle_custom_msg({"do": "stop"}, [])  # as the button in its corner does
    views[2].close()
    assert [view.state for view in views] == ["ended"] * 3
    assert views[0].reason.startswith("stopped, ")
    assert views[1].reason.startswith("stopped by the button, ")
    assert wait_until(lambda: wanted(exchange) == [], PATIENCE)
    assert wait_until(lambda: "bybit_ws views" not in [thread.name for thread in library_threads()], PATIENCE)


def test_they_end_with_their_client(ws: InverseWebSocket, spot: SpotWebSocket) -> None:
    views = [live_book(ws, "BTCUSD"), live_health(ws), live_trades(ws, "BTCUSD")]
    other = live_trades(spot, "BTCUSDT")
    assert all(becomes(view, "live") for view in views)
    ws.close()
    assert all(becomes(view, "ended") for view in views)
    assert {view.reason.partition(",")[0] for view in views} == {"the client was closed"}
    assert other.is_live
    assert repr(views[0]) == "<live book BTCUSD: ended>"
    assert views[0].frame["bids"]


def test_a_stale_book_looks_stale_and_comes_back(exchange: Exchange, ws: InverseWebSocket) -> None:
    views = [live_book(ws, "BTCUSD"), live_trades(ws, "BTCUSD"), live_health(ws)]
    assert all(becomes(view, "live") for view in views)
    exchange.refuse_connections(10_000)
    exchange.drop()
    assert all(becomes(view, "stale") for view in views)
    assert views[0].frame["bids"]
    exchange.refuse_connections(0)
    assert all(becomes(view, "live") for view in views)


def test_an_error_in_drawing_ends_the_view_and_nothing_else(exchange: Exchange) -> None:
    events = Events()
    with InverseWebSocket(endpoint=exchange.url, on_event=events) as ws:
        mine = Inbox()
        ws.kline_stream(mine, "BTCUSD", 1).wait(PATIENCE)
        view, other = live_candles(ws, "BTCUSD"), live_book(ws, "BTCUSD")
        assert becomes(view, "live")
        exchange.send(_kline(close="nonsense"))
        assert becomes(view, "failed")
        assert view.reason.startswith("ValueError: no number: 'nonsense'")
        mine.more(2, PATIENCE)
        assert becomes(other, "live")
        assert events.of(CallbackFailed) == []


def test_an_error_in_the_browser_ends_the_view(ws: InverseWebSocket) -> None:
    view = live_book(ws, "BTCUSD")
    assert becomes(view, "live")
    view._handle_custom_msg({"do": "fail", "why": "TypeError: no such thing"}, [])
    assert (view.state, view.reason.partition(",")[0]) == ("failed", "TypeError: no such thing")


def test_a_symbol_that_is_refused_ends_the_view(exchange: Exchange) -> None:
    with SpotWebSocket(endpoint=exchange.url, api="v5") as ws:
        views = [live_book(ws, "NOPE"), live_trades(ws, "NOPE")]
        assert all(becomes(view, "failed") for view in views)
        assert all(view.reason.startswith("SubscriptionError: the exchange refused") for view in views)


def test_a_recording_is_shown_while_it_is_played(ws: InverseWebSocket, tmp_path: Path) -> None:
    with ws.record(tmp_path / "btc.jsonl"):
        ws.orderbook_25_stream(None, "BTCUSD").collect(seconds=1)
    played = Recording(tmp_path / "btc.jsonl").inverse(speed=1)
    view = live_book(played, "BTCUSD")
    assert view.state == "waiting"
    played.run_forever()
    assert becomes(view, "ended")
    assert len(view.frame["bids"]) == 25


def test_wrong_arguments_raise_before_anything_happens(exchange: Exchange, ws: InverseWebSocket) -> None:
    calls: list[tuple[type[Exception], Callable[[], Any]]] = [
        (TypeError, lambda: live_book("BTCUSD", ws)),
        (TypeError, lambda: live_book(ws, "BTCUSD", levels="10")),
        (ConfigurationError, lambda: live_book(ws, "BTCUSD", levels=0)),
        (ConfigurationError, lambda: live_trades(ws, "BTCUSD", rows=1000)),
        (ConfigurationError, lambda: live_candles(ws, "BTCUSD", 2)),
        (ConfigurationError, lambda: live_book(ws, "*")),
        (ConfigurationError, lambda: live_trades(ws, "*")),
        (ConfigurationError, lambda: live_candles(ws, ["BTCUSD", "ETHUSD"])),
    ]
    for kind, call in calls:
        with pytest.raises(kind):
            call()
    assert not ws.is_connected()
    assert "bybit_ws views" not in {thread.name for thread in threading.enumerate()}


def test_a_missing_extra_says_what_to_install() -> None:
    code = "import sys; sys.modules['anywidget'] = None; import bybit_ws.notebook"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'bybit-ws-client[notebook]'" in done.stderr.splitlines()[-1]


def _kline(start: float | None = None, close: Any = 20000) -> str:
    import json

    start = start or time.time() // 60 * 60
    candle = {"start": int(start), "end": int(start) + 60, "open": 20000, "close": close, "high": 20001, "low": 19999}
    candle |= {"volume": 5, "turnover": 1, "timestamp": int(start * 1e6), "confirm": False, "cross_seq": 10**9}
    return json.dumps({"topic": "klineV2.1.BTCUSD", "data": [candle], "timestamp_e6": int(start * 1e6)})
