"""What siblings do differently, through the client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from siblings import Siblings
from support import Events, Inbox, hasten

from bybit_ws import SpotWebSocket, events
from bybit_ws.spot import PUBLIC_V1_WSS

TICKER = {"topic": "bookTicker", "event": "sub", "symbol": "BTCUSDT,ETHUSDT", "params": {"binary": False}}
PATH = "/quote/ws/v1"


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[Siblings]:
    hasten(monkeypatch)
    with Siblings(seed=4, speed=20, idle_timeout=0.5) as running:
        yield running


def client(exchange: Siblings, **options: Any) -> SpotWebSocket:
    return SpotWebSocket(endpoint={"public_v1": exchange.url + PATH}, api="legacy", ping_interval=0.05, **options)


def test_pushes_that_name_their_symbol_in_the_data_alone_reach_their_callback(exchange: Siblings) -> None:
    seen, box = Events(), Inbox()
    with client(exchange, on_event=seen) as ws:
        ws.custom_topic_stream(TICKER, box, PUBLIC_V1_WSS).wait(5)
        box.wait(4)
        exchange.send('{"topic":"markPrice","params":{},"data":{"symbolId":"BTCUSDT"},"f":false,"sendTime":1}', PATH)
        assert seen.first(events.UnknownMessage).kind == "topic markPrice"  # understood, but nobody's
    assert [(one.get("symbol"), one["data"] and one["data"]["s"]) for one in box] == [
        ("BTCUSDT", []),
        (None, "BTCUSDT"),
        ("ETHUSDT", []),
        (None, "ETHUSDT"),
    ]
    assert seen.of(events.Rejected) == []


def test_a_hole_in_the_counters_is_noticed_and_mended(exchange: Siblings) -> None:
    seen, box = Events(), Inbox()
    with client(exchange, on_event=seen) as ws:
        ws.diff_depth_v1_stream(box, "BTCUSDT").wait(5)
        box.more(2)
        exchange.lose(1, PATH)
        assert "came after delta" in seen.first(events.BookOutOfSync).reason
        seen.first(events.BookRecovered)


def test_a_quiet_market_is_kept_open_past_the_idle_limit(exchange: Siblings) -> None:
    seen = Events()
    with client(exchange, on_event=seen) as ws:
        ws.depth_v1_stream(Inbox(), "BTCUSDT").wait(5)
        exchange.pause()
        assert exchange.wait_for(lambda: sum("ping" in text for text in exchange.received) > 20)
        assert seen.of(events.Disconnected) == []
