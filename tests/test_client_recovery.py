"""What is lost comes back: drops, refusals, silence, garbage; nothing twice, nothing missing, nothing stale."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import websocket
from support import CREDENTIALS, KEYS, Events, Inbox, commands, hasten, tcp_peer, upgrade, wait_until, ws_peer

from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws.exceptions import BybitWebSocketError, ConnectionFailed, ConnectionLost
from bybit_ws.simulator import Exchange

V1, V2, PRIVATE = "/spot/quote/ws/v1", "/spot/quote/ws/v2", "/spot/ws"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "LTCUSDT", "XRPUSDT")
INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1M")


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=4, speed=20) as running:
        yield running


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def drop_and_return(exchange: Exchange, seen: Events, path: str | None = None) -> events.Reconnected:
    count = len(seen.of(events.Reconnected))
    exchange.drop(path)
    return seen.first(events.Reconnected, count + 1)


# -- what is wanted --------------------------------------------------------------------------------------


def test_everything_wanted_is_asked_for_again_exactly_once(exchange: Exchange) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        for interval in INTERVALS:
            client.kline_v1_stream(box, SYMBOLS, interval)
        client.depth_v1_stream(box, SYMBOLS).wait(5)
        client.depth_v1_stream(box, "BTCUSDT")
        before = len(commands(exchange))
        drop_and_return(exchange, seen)
        assert exchange.wait_for(lambda: len(commands(exchange)) >= before + 14)
        again = commands(exchange)[before:]
        assert [one["topic"] for one in again] == [*(f"kline_{interval}" for interval in INTERVALS), "depth"]
        assert all(sorted(one["symbol"].split(",")) == sorted(SYMBOLS) for one in again)
        wanted = {(f"kline_{interval}", symbol) for interval in INTERVALS for symbol in SYMBOLS}
        assert set(client.subscriptions) == wanted | {("depth", symbol) for symbol in SYMBOLS}
        box.more(60)


def test_inverse_topics_are_asked_for_again_in_tens(exchange: Exchange) -> None:
    seen = Events()
    with InverseWebSocket(endpoint=exchange.url, on_event=seen) as client:
        symbols = ["BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD"]
        for interval in (1, 3, 5, 15, 30, 60):
            client.kline_stream(lambda message: None, symbols, interval)
        assert exchange.wait_for(lambda: len(commands(exchange)) == 6)
        drop_and_return(exchange, seen)
        assert exchange.wait_for(lambda: len(commands(exchange)) == 9)
        again = [one["args"] for one in commands(exchange)[6:]]
        assert [len(args) for args in again] == [10, 10, 4]
        assert len({arg for args in again for arg in args}) == 24


def test_v2_topics_are_asked_for_again(exchange: Exchange) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v2_stream(box, SYMBOLS).wait(5)
        drop_and_return(exchange, seen)
        assert exchange.wait_for(lambda: len(commands(exchange)) == 8)
        assert commands(exchange)[:4] == commands(exchange)[4:]
        box.more(5)


def test_what_is_changed_while_the_socket_is_down_counts_when_it_is_up(exchange: Exchange) -> None:
    seen, old, new = Events(), Inbox(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        given_up = client.depth_v1_stream(old, ["BTCUSDT", "ETHUSDT"])
        assert given_up.wait(5)
        before = len(commands(exchange))
        exchange.refuse_connections(10_000)
        exchange.drop()
        seen.first(events.Disconnected)
        began = time.monotonic()
        given_up.unsubscribe("ETHUSDT")
        added = client.trade_v1_stream(new, ["LTCUSDT", "XRPUSDT"])
        both_ways = client.realtimes_v1_stream(old, "BTCUSDT")
        both_ways.unsubscribe()
        client.lt_v1_stream(old, "BTC3LUSDTNAV").unsubscribe()
        client.lt_v1_stream(new, "BTC3LUSDTNAV")
        assert time.monotonic() - began < 1, "returns at once"
        assert not client.is_connected()
        assert added.wait(0.05) is False
        exchange.refuse_connections(0)
        seen.first(events.Reconnected)
        assert added.wait(5)
        asked = [(one["topic"], one["symbol"], one["event"]) for one in commands(exchange)[before:]]
        assert asked == [
            ("depth", "BTCUSDT", "sub"), ("trade", "LTCUSDT,XRPUSDT", "sub"), ("lt", "BTC3LUSDTNAV", "sub")
        ]  # fmt: skip


def test_subscriptions_neither_double_nor_vanish_in_a_storm_of_drops(exchange: Exchange, quick: None) -> None:
    seen, boxes = Events(), {symbol: Inbox() for symbol in SYMBOLS}
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        for symbol in SYMBOLS:
            client.diff_depth_v1_stream(boxes[symbol], symbol)
            client.book_ticker_v2_stream(boxes[symbol], symbol)
        for _ in range(8):
            drop_and_return(exchange, seen, V1)
        assert len(client.subscriptions) == 8
        last = max(text.connection for text in exchange.received if text.path == V1)
        assert exchange.wait_for(lambda: any(text.connection == last for text in exchange.received))
        sent = [json.loads(text)["symbol"] for text in exchange.received if text.connection == last]
        assert sorted(",".join(sent).split(",")) == sorted(SYMBOLS)
        for box in boxes.values():
            box.more(5)


def test_a_sockets_drop_leaves_the_others_alone(exchange: Exchange) -> None:
    seen = Events()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT")
        client.depth_v2_stream(lambda message: None, "BTCUSDT").wait(5)
        drop_and_return(exchange, seen, V2)
        assert {event.socket for event in seen.of(events.Disconnected)} == {"public_v2"}


# -- books and trades ------------------------------------------------------------------------------------


def test_books_are_rebuilt_from_the_new_snapshot(exchange: Exchange, quick: None) -> None:
    seen, pairs, levels = Events(), Inbox(), Inbox()
    options: dict[str, Any] = {"endpoint": exchange.url, "on_event": seen}
    with SpotWebSocket(**options) as client, InverseWebSocket(**options) as inverse:
        client.diff_depth_v1_stream(pairs, "BTCUSDT").wait(5)
        inverse.orderbook_25_stream(levels, "BTCUSD").wait(5)
        for _ in range(3):
            exchange.drop()
            count = len(seen.of(events.Reconnected))
            assert wait_until(lambda n=count: len(seen.of(events.Reconnected)) >= n)
            assert wait_until(lambda: client.is_connected() and inverse.is_connected())
            pairs.more(3)
            levels.more(3)
        exchange.pause()
        book = exchange.truth.book
        assert wait_until(lambda: {side: pairs[-1]["data"][0][side] for side in "ba"} == book("BTCUSDT", 200))
        assert wait_until(lambda: levels[-1]["data"] == book("BTCUSD", 25))
    assert all(len(message["data"]) == 50 for message in levels)
    assert not seen.of(events.BookOutOfSync)


def test_a_stale_book_is_never_shown(quick: None) -> None:
    """A delta on the new connection, before any snapshot there, is not applied to the old book."""
    served, levels = Inbox(), Inbox()
    row = {"price": "100.00", "side": "Buy", "size": 1}

    def peer(connection: Any) -> None:
        served(connection)
        connection.recv()
        if len(served) == 1:
            connection.send(message("snapshot", [row]))
            return
        connection.send(message("delta", {"delete": [], "update": [{**row, "size": 2}], "insert": []}))
        connection.send(message("snapshot", [{**row, "price": "200.00"}]))
        connection.recv()

    def message(kind: str, data: Any) -> str:
        return json.dumps({"topic": "orderBookL2_25.BTCUSD", "type": kind, "data": data})

    with ws_peer(peer) as url, InverseWebSocket(endpoint=url) as client:
        client.orderbook_25_stream(levels, "BTCUSD")
        assert [one["data"][0]["price"] for one in levels.wait(2)[:2]] == ["100.00", "200.00"]


@pytest.mark.parametrize(
    ("stream", "symbol", "delta"),
    [
        ("orderbook_25", "BTCUSD", '{"delete":[{"price":"1.00","side":"Buy"}],"update":[],"insert":[]}'),
        ("orderbook_25", "BTCUSD", '{"delete":[],"update":[{"price":"1.00","side":"Buy","size":1}],"insert":[]}'),
        ("orderbook_25", "BTCUSD", '{"delete":[],"update":[],"insert":[{"price":"99999999","side":"Buy","size":1}]}'),
        ("orderbook_25", "BTCUSD", '"nonsense"'),
    ],
    ids=["delete of nothing", "update of nothing", "crossed", "malformed"],
)
def test_a_book_that_cannot_be_trusted_is_withheld_and_heals_on_the_same_connection(
    exchange: Exchange, stream: str, symbol: str, delta: str
) -> None:
    seen, box, other = Events(), Inbox(), Inbox()
    with InverseWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.orderbook_25_stream(box, symbol).wait(5)
        client.orderbook_25_stream(other, "ETHUSD").wait(5)
        before = len(commands(exchange))
        exchange.pause()
        wait_until(lambda: box[-1]["data"] == exchange.truth.book(symbol, 25))
        exchange.send(f'{{"topic":"orderBookL2_25.{symbol}","type":"delta","data":{delta}}}')
        sick = seen.first(events.BookOutOfSync)
        assert (sick.topic, sick.symbol) == ("orderBookL2_25", symbol)
        recovered = seen.first(events.BookRecovered)
        assert (recovered.topic, recovered.symbol) == ("orderBookL2_25", symbol)
        assert wait_until(lambda: box[-1]["data"] == exchange.truth.book(symbol, 25))
        assert [one["op"] for one in commands(exchange)[before:]] == ["unsubscribe", "subscribe"]
        assert all(one["args"] == [f"orderBookL2_25.{symbol}"] for one in commands(exchange)[before:])
        exchange.resume()
        box.more(3)
        other.more(3)
        assert exchange.connections_made == 1
    assert all(len(message["data"]) == 50 for message in box)


def test_a_spot_book_heals_by_subscribing_again(exchange: Exchange) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.diff_depth_v1_stream(box, "BTCUSDT").wait(5)
        exchange.pause()
        crossed = {"b": [["99999999", "1"]], "a": [], "t": 1, "v": "1_18", "o": 0}
        exchange.send(
            json.dumps({"symbol": "BTCUSDT", "topic": "diffDepth", "params": {}, "data": [crossed], "f": False})
        )
        seen.first(events.BookRecovered)
        assert wait_until(lambda: {s: box[-1]["data"][0][s] for s in "ba"} == exchange.truth.book("BTCUSDT", 200))
        assert [one["event"] for one in commands(exchange)] == ["sub", "sub"]
    assert not any("99999999" in repr(message) for message in box)


def test_v1_trades_are_neither_twice_nor_missing_over_short_drops(quick: None) -> None:
    seen, box = Events(), Inbox()
    with Exchange(seed=4, speed=1) as exchange, SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.trade_v1_stream(box, "BTCUSDT").wait(5)
        for drops in range(1, 6):
            drop_and_return(exchange, seen)
            # Not until the next message: that may have been on its way before the drop.
            assert wait_until(lambda: len(seen.of(events.Gap)) == drops)  # noqa: B023
        exchange.pause()
        truth = exchange.truth.trades("BTCUSDT")
        assert wait_until(lambda: ids(box)[-1] == truth[-1]["v"])
        delivered = ids(box)
    assert len(set(delivered)) == len(delivered), "twice"
    everything = [trade["v"] for trade in truth]
    assert delivered == everything[everything.index(delivered[0]) :]
    gaps = seen.of(events.Gap)
    assert len(gaps) == 5
    for gap in gaps:
        assert (gap.topic, gap.symbol, gap.repaired, gap.how) == ("trade", "BTCUSDT", True, "replay")
        assert 0 <= gap.until - gap.since < 5
    assert all(message["data"] for message in box), "no call for an empty replay"


def ids(box: Inbox) -> list[str]:
    return [trade["v"] for message in list(box) for trade in message["data"]]


def test_a_hole_that_the_replay_does_not_reach_is_a_gap() -> None:
    seen, box = Events(), Inbox()
    with Exchange(seed=4, speed=100) as exchange, SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.trade_v1_stream(box, "BTCUSDT").wait(5)
        exchange.refuse_connections(10_000)
        exchange.drop()
        seen.first(events.Disconnected)
        known = len(exchange.truth.trades("BTCUSDT"))
        assert exchange.wait_for(lambda: len(exchange.truth.trades("BTCUSDT")) > known + 200)
        last = ids(box)[-1]
        exchange.refuse_connections(0)
        gap = seen.first(events.Gap, timeout=20)
        box.more()
        assert (gap.topic, gap.symbol, gap.last_id, gap.repaired) == ("trade", "BTCUSDT", last, False)
        everything = ids(box)
        assert everything[everything.index(last) + 1] == gap.first_id
        assert len(set(everything)) == len(everything)


# -- connecting ------------------------------------------------------------------------------------------


def test_refused_connections_are_tried_again_and_counted(exchange: Exchange, quick: None) -> None:
    seen = Events()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        exchange.refuse_connections(4)
        returned = drop_and_return(exchange, seen)
        assert returned.attempts == 5
        assert client.health()["public_v1"]["reconnects"] == 1


def test_a_first_connection_is_tried_again_too(exchange: Exchange, quick: None) -> None:
    exchange.refuse_connections(3)
    with SpotWebSocket(endpoint=exchange.url, retries=4) as client:
        assert client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)


def test_a_first_connection_that_used_up_its_attempts_raises_and_the_next_call_tries_anew(
    exchange: Exchange, quick: None
) -> None:
    exchange.refuse_connections(3)
    with SpotWebSocket(endpoint=exchange.url, retries=3) as client:
        with pytest.raises(ConnectionFailed, match=r"HTTP status 503.*\(3 attempts\)") as caught:
            client.depth_v1_stream(lambda message: None, "BTCUSDT")
        assert isinstance(caught.value, websocket.WebSocketTimeoutException)
        assert caught.value.status == 503
        assert client.subscriptions == []
        assert client.health()["public_v1"]["state"] == "new"
        assert not client.is_connected()
        assert client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)


def test_zero_retries_means_for_ever(exchange: Exchange, quick: None) -> None:
    exchange.refuse_connections(14)
    with SpotWebSocket(endpoint=exchange.url, retries=0) as client:
        assert client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(30)


def test_a_path_that_is_gone_is_not_tried_again() -> None:
    with Exchange(seed=1) as exchange:
        gone = f"{exchange.url}/old/path"
        client = InverseWebSocket(endpoint={"realtime": gone}, retries=0, api="legacy")
        with pytest.raises(ConnectionFailed, match=r"404.*switched its legacy endpoints off.*endpoint=") as caught:
            client.trade_stream(print)
        assert caught.value.final


def test_retry_after_is_obeyed(exchange: Exchange, quick: None) -> None:
    seen = Events()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        exchange.refuse_connections(1, 429, {"Retry-After": "1"})
        assert 1 <= drop_and_return(exchange, seen).downtime < 4


def test_restart_on_error_false_never_reconnects(exchange: Exchange) -> None:
    seen = Events()
    with SpotWebSocket(endpoint=exchange.url, restart_on_error=False, on_event=seen) as client:
        subscription = client.depth_v1_stream(lambda message: None, "BTCUSDT")
        assert subscription.wait(5)
        quiet = client.kline_v1_stream(lambda message: None, "NOPEUSDT", "1m")
        exchange.drop()
        with pytest.raises(ConnectionLost) as caught:
            client.join(5)
        assert isinstance(caught.value, websocket.WebSocketConnectionClosedException)
        with pytest.raises(BybitWebSocketError):
            quiet.wait(5)
        assert client.health()["public_v1"]["state"] == "closed"
        assert exchange.connections_made == 1
        with pytest.raises(ConnectionLost):
            client.depth_v1_stream(lambda message: None, "BTCUSDT")
        assert client.kline_v2_stream(lambda message: None, "BTCUSDT", "1m").wait(5), "the other sockets are not ended"
        assert exchange.connections_made == 2


def test_a_silent_server_is_left_for_a_new_connection(exchange: Exchange, quick: None) -> None:
    seen = Events()
    options: dict[str, Any] = {"ping_interval": 0.2, "ping_timeout": 0.2, "on_event": seen}
    with SpotWebSocket(endpoint=exchange.url, **options) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        exchange.go_silent()
        assert "said nothing for" in seen.first(events.Disconnected, timeout=10).reason
        seen.first(events.Reconnected)


def test_a_quiet_but_living_server_is_kept(exchange: Exchange, quick: None) -> None:
    with SpotWebSocket(endpoint=exchange.url, ping_interval=0.05, ping_timeout=0.3) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        exchange.pause()
        before = len(exchange.received)
        assert exchange.wait_for(lambda: len(exchange.received) > before + 15)
        assert client.is_connected()
        assert exchange.connections_made == 1


def test_a_ping_timeout_of_none_never_gives_up(exchange: Exchange, quick: None) -> None:
    with SpotWebSocket(endpoint=exchange.url, ping_interval=0.05, ping_timeout=None) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        exchange.go_silent()
        before = len(exchange.received)
        assert exchange.wait_for(lambda: len(exchange.received) > before + 25)
        assert client.is_connected()
        exchange.speak()


@pytest.mark.parametrize(("code", "reason"), [(1000, "bye"), (1001, ""), (1012, "restart"), (4000, "own code")])
def test_a_close_by_the_server_is_a_loss_whatever_its_code(exchange: Exchange, code: int, reason: str) -> None:
    seen, box = Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v1_stream(box, "BTCUSDT").wait(5)
        exchange.close_with(code, reason)
        lost = seen.first(events.Disconnected)
        assert f"code {code}" in lost.reason
        assert reason in lost.reason
        seen.first(events.Reconnected)
        box.more(2)


def test_a_restart_of_the_exchange_is_survived(quick: None) -> None:
    exchange, seen, box = Exchange(seed=1, speed=20).start(), Events(), Inbox()
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        try:
            client.diff_depth_v1_stream(box, "BTCUSDT").wait(5)
            exchange.stop()
            seen.first(events.Disconnected)
            exchange.start()
            seen.first(events.Reconnected)
            box.more(3)
        finally:
            exchange.stop()


# -- authentication at every connection ------------------------------------------------------------------


def test_every_connection_authenticates_freshly_signed_before_it_subscribes() -> None:
    with Exchange(seed=4, speed=20, credentials=CREDENTIALS) as exchange:
        seen, box = Events(), Inbox()
        with InverseWebSocket(endpoint=exchange.url, on_event=seen, **KEYS) as client:
            client.wallet_stream(box)
            client.trade_stream(lambda message: None, "BTCUSD").wait(5)
            first = time.time()
            wait_until(lambda: time.time() > first + 0.01)
            drop_and_return(exchange, seen)
            box.more(2, timeout=10)
            sent = [json.loads(text) for text in exchange.received]
            logins = [one["args"] for one in sent if one["op"] == "auth"]
            assert len(logins) == 2
            assert logins[0][1:] != logins[1][1:]
            again = next(text.connection for text in reversed(exchange.received))
            ops = [json.loads(text)["op"] for text in exchange.received if text.connection == again]
            assert ops[:2] == ["auth", "subscribe"]


def test_a_refused_re_authentication_is_retried_like_any_loss(quick: None) -> None:
    with Exchange(seed=4, speed=20, credentials=CREDENTIALS) as exchange:
        seen, box = Events(), Inbox()
        with SpotWebSocket(endpoint=exchange.url, on_event=seen, **KEYS) as client:
            client.execution_report_stream(box)
            exchange.refuse_auth(3)
            returned = drop_and_return(exchange, seen)
            assert returned.attempts == 4
            assert len(seen.of(events.AuthenticationRefused)) == 3
            box.more(timeout=10)


# -- garbage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["spot v1", "spot v2", "spot private", "inverse"])
def test_garbage_is_survived_and_reported_once_per_kind(exchange: Exchange, kind: str) -> None:
    junk = ["", "{", "not json", "7", "null", "true", "[]", "[1]", '"text"', "{}", "[[]]", "\x00", '{"data":1}',
            '{"topic":1,"data":1}', '{"topic":"unheard.of","data":[]}', '{"e":"unheardOf"}', '{"e":[]}', '[{"e":null}]',
            '{"symbol":"X","topic":"unheard","params":{},"data":[]}', '{"topic":{},"params":7,"data":[],"symbol":[]}',
            '{"topic":"unheard","params":{"symbol":"X"},"data":{}}', '{"success":true,"request":{"op":"dance"}}',
            '{"success":false}', '{"success":true,"ret_msg":"","request":7}', '{"pong":"x"}', '{"auth":"maybe"}',
            '{"ping":{"a":1}}', '{"pong":null}', '{"event":"sub"}', '{"event":"sub","code":"0"}', b"\x1f\x8b broken",
            b"\xff\xfe", gzip.compress(b"not json"), "[" * 100_000, '{"a":' * 5_000]  # fmt: skip
    seen, box = Events(), Inbox()
    client: Any = (InverseWebSocket if kind == "inverse" else SpotWebSocket)(
        endpoint=exchange.url, on_event=seen, **KEYS
    )
    with client:
        {
            "spot v1": lambda: client.depth_v1_stream(box, "BTCUSDT"),
            "spot v2": lambda: client.depth_v2_stream(box, "BTCUSDT"),
            "spot private": lambda: client.ticket_info_stream(box),
            "inverse": lambda: client.trade_stream(box, "BTCUSD"),
        }[kind]()
        box.wait(timeout=10)
        for _ in range(2):
            for one in junk:
                exchange.send(one)
        box.more(3, timeout=10)
        assert wait_until(lambda: any(one.kind == "not JSON" for one in seen.of(events.UnknownMessage)))
        box.more(1, timeout=10)
        kinds = [one.kind for one in seen.of(events.UnknownMessage)]
        assert len(kinds) == len(set(kinds)), "once per kind"
        assert len(kinds) < 15
        assert not seen.of(events.Disconnected)
        assert exchange.connections_made == 1


def test_a_giant_message_ends_the_connection_not_the_process() -> None:
    served = Inbox()

    def giant(connection: Any) -> None:
        upgrade(connection)
        served(connection)
        if len(served) == 1:
            connection.sendall(b"\x81\x7f" + (1 << 40).to_bytes(8, "big") + b"x" * 1000)

    seen = Events()
    with tcp_peer(giant) as url, SpotWebSocket(endpoint=url, on_event=seen) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT")
        assert "1,099,511,627,776 bytes" in seen.first(events.Disconnected).reason
        seen.first(events.Reconnected)
        served.wait(2)  # the server notes it after its answer


def test_a_compressed_bomb_ends_the_connection_not_the_process(exchange: Exchange) -> None:
    seen, box = Events(), Inbox()
    bomb = gzip.compress(b"0" * (1 << 24) + b"0")
    with SpotWebSocket(endpoint=exchange.url, on_event=seen, binary=True) as client:
        client.depth_v1_stream(box, "BTCUSDT").wait(5)
        exchange.send(bomb)
        assert "compressed message holds more" in seen.first(events.Disconnected).reason
        seen.first(events.Reconnected)
        box.more(2)


def test_fragments_and_pings_in_between_are_fine() -> None:
    push = json.dumps({"topic": "trade.BTCUSD", "data": [{"price": 1}]})
    pongs = Inbox()

    def peer(connection: Any) -> None:
        connection.recv()
        connection.send(iter([push[:10], push[10:20], push[20:]]))
        connection.ping("x").wait(5)
        pongs("pong")
        connection.send(push)
        connection.recv()

    box = Inbox()
    with ws_peer(peer, ping_interval=None) as url, InverseWebSocket(endpoint=url) as client:
        client.trade_stream(box, "BTCUSD")
        assert [one["data"] for one in box.wait(2)] == [[{"price": 1}]] * 2
        pongs.wait()


def test_a_servers_json_ping_is_answered() -> None:
    exchange = Exchange(seed=1, speed=10, server_ping_interval=1)
    with exchange, SpotWebSocket(endpoint=exchange.url, **KEYS) as client:
        client.ticket_info_stream(lambda message: None)
        assert exchange.wait_for(lambda: sum('"pong"' in text for text in exchange.received) >= 3)
        assert client.is_connected()


def test_heartbeats_go_out_on_every_protocol(exchange: Exchange) -> None:
    options: dict[str, Any] = {"endpoint": exchange.url, "ping_interval": 0.1, **KEYS}
    with SpotWebSocket(**options) as client, InverseWebSocket(**options) as inverse:
        client.depth_v1_stream(lambda message: None, "BTCUSDT")
        client.depth_v2_stream(lambda message: None, "BTCUSDT")
        client.ticket_info_stream(lambda message: None)
        inverse.trade_stream(lambda message: None)
        assert wait_until(lambda: all(one["ping_round_trip"] for one in client.health().values()))
        assert wait_until(lambda: inverse.health()["realtime"]["ping_round_trip"])
        pings = {text.path: json.loads(text) for text in exchange.received if "ping" in text}
    assert pings["/realtime"] == {"op": "ping"}
    for path in (V1, V2, PRIVATE):
        assert abs(pings[path]["ping"] / 1000 - time.time()) < 60


def test_a_bug_of_ours_reconnects_and_is_logged(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from bybit_ws._session import Session

    seen, armed, direct = Events(), threading.Event(), Session.direct

    def broken(self: Session, *arguments: Any) -> Any:
        if armed.is_set():
            armed.clear()
            raise AssertionError("a bug")
        return direct(self, *arguments)

    monkeypatch.setattr(Session, "direct", broken)
    with SpotWebSocket(endpoint=exchange.url, on_event=seen) as client:
        client.depth_v1_stream(lambda message: None, "BTCUSDT").wait(5)
        armed.set()
        seen.first(events.Reconnected)
    assert "an internal error" in caplog.text
