"""The V5 sockets of the simulator: commands, refusals, faults, retirement, REST."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import websocket
from test_simulator_raw import REALTIME, V1, Raw, auth, is_push, subscribe, v1

from bybit_ws.simulator import Exchange

SPOT = "/v5/public/spot"
INVERSE = "/v5/public/inverse"
PRIVATE = "/v5/private"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(seed=7, speed=20, credentials={"key": "secret"}) as running:
        yield running


@pytest.fixture
def spot(exchange: Exchange) -> Iterator[Raw]:
    with Raw(exchange.url + SPOT) as raw:
        yield raw


@pytest.fixture
def inverse(exchange: Exchange) -> Iterator[Raw]:
    with Raw(exchange.url + INVERSE) as raw:
        yield raw


@pytest.fixture
def private(exchange: Exchange) -> Iterator[Raw]:
    with Raw(f"{exchange.url}{PRIVATE}?max_active_time=60s") as raw:
        yield raw


def ask(raw: Raw, request: Any) -> Any:
    """Send a request and give its answer, whatever is pushed meanwhile."""
    raw.send(request)
    return raw.until(lambda message: "op" in message)


def unsubscribe(*topics: str) -> dict[str, Any]:
    return {"op": "unsubscribe", "args": list(topics)}


def without_id(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer.pop("conn_id")
    return answer


def test_the_three_pongs(spot: Raw, inverse: Raw, private: Raw) -> None:
    pong = {"success": True, "ret_msg": "pong", "op": "ping"}
    assert without_id(ask(spot, {"op": "ping"})) == pong
    assert without_id(ask(spot, {"op": "ping", "req_id": "7"})) == {**pong, "req_id": "7"}
    assert without_id(ask(inverse, {"op": "ping"})) == {**pong, "req_id": ""}
    answer = without_id(ask(private, {"op": "ping", "req_id": "test"}))
    (clock,) = answer.pop("args")
    assert answer == {"op": "pong", "req_id": "test"}
    assert abs(int(clock) / 1000 - time.time()) < 60


def test_acknowledgements_carry_the_request_id(spot: Raw, inverse: Raw, private: Raw) -> None:
    for raw, topic, said, left in (
        (spot, "publicTrade.BTCUSDT", "subscribe", "unsubscribe"),
        (inverse, "publicTrade.BTCUSD", "", ""),
        (private, "wallet", "", "unsubscribe"),
    ):
        if raw is private:
            answer = ask(raw, {"req_id": "1", **auth()})
            assert without_id(answer) == {"success": True, "ret_msg": "", "req_id": "1", "op": "auth"}
        answer = ask(raw, {"req_id": "7", **subscribe(topic)})
        assert list(answer) == ["success", "ret_msg", "conn_id", "req_id", "op"]
        assert without_id(answer) == {"success": True, "ret_msg": said, "req_id": "7", "op": "subscribe"}
        answer = ask(raw, {"req_id": "8", **unsubscribe(topic)})
        assert without_id(answer) == {"success": True, "ret_msg": left, "req_id": "8", "op": "unsubscribe"}


def test_what_is_subscribed_shows(exchange: Exchange, inverse: Raw, private: Raw) -> None:
    ask(inverse, subscribe("orderbook.50.BTCUSD", "kline.5.ETHUSD", "insurance.inverse"))
    ask(private, auth())
    ask(private, subscribe("order.spot", "wallet"))
    one, two = list(exchange.subscriptions.values())[-2:]
    assert one == [("orderbook.50", "BTCUSD"), ("kline.5", "ETHUSD"), ("insurance", "inverse")]
    assert two == [("order.spot", ""), ("wallet", "")]
    assert (exchange.received[-1].path, "order.spot" in exchange.received[-1]) == (PRIVATE, True)


GOOD_SPOT, GOOD_INVERSE = "orderbook.50.ETHUSDT", "orderbook.50.ETHUSD"
BAD = [
    (SPOT, [GOOD_SPOT, "orderbook.50.NOPEUSDT"], "Invalid symbol :[orderbook.50.NOPEUSDT]"),
    (SPOT, ["orderbook.25.BTCUSDT"], "error:handler not found,topic:orderbook.25.BTCUSDT"),
    (SPOT, ["allLiquidation.BTCUSDT"], "error:handler not found,topic:allLiquidation.BTCUSDT"),
    (SPOT, [f"kline.{i}.BTCUSDT" for i in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720, "D")], "args size >10"),
    (INVERSE, [GOOD_INVERSE, "orderbook.50.NOPEUSD"], "error:handler not found,topic:orderbook.50.NOPEUSD"),
    (INVERSE, [GOOD_INVERSE, "publicTrade.btcusd"], "error:handler not found,topic:publicTrade.btcusd"),
    (INVERSE, ["publicTrade.*"], "error:handler not found,topic:publicTrade.*"),
    (INVERSE, ["publicTrade.BTCUSDT"], "error:handler not found,topic:publicTrade.BTCUSDT"),
    (INVERSE, ["insurance.USDT"], "error:handler not found,topic:insurance.USDT"),
    (INVERSE, [GOOD_INVERSE, GOOD_INVERSE], f"error:already subscribed,topic:{GOOD_INVERSE}"),
    (INVERSE, [], "Params Error"),
    (INVERSE, ["x" * 21_001], "args characters >21000"),
]


@pytest.mark.parametrize(("path", "topics", "text"), BAD)
def test_a_refusal_concerns_the_whole_request(exchange: Exchange, path: str, topics: list[str], text: str) -> None:
    with Raw(exchange.url + path) as raw:
        answer = ask(raw, {"req_id": "9", **subscribe(*topics)})
        assert without_id(answer) == {"success": False, "ret_msg": text, "req_id": "9", "op": "subscribe"}
        assert list(exchange.subscriptions.values())[-1] == []


def test_what_is_subscribed_already_goes_on_but_refuses_the_request(spot: Raw) -> None:
    ask(spot, subscribe("publicTrade.BTCUSDT"))
    answer = ask(spot, subscribe("publicTrade.ETHUSDT", "publicTrade.BTCUSDT"))
    assert answer["ret_msg"] == "error:already subscribed,topic:publicTrade.BTCUSDT"
    heard = spot.collect(lambda m: "data" in m, 10)
    assert {message["topic"] for message in heard} == {"publicTrade.BTCUSDT"}
    ask(spot, unsubscribe("publicTrade.BTCUSDT", "publicTrade.NOPE"))
    assert ask(spot, subscribe("publicTrade.BTCUSDT"))["success"] is True


@pytest.mark.parametrize("path", [SPOT, INVERSE, PRIVATE])
def test_what_is_no_request(exchange: Exchange, path: str) -> None:
    with Raw(exchange.url + path) as raw:
        assert ask(raw, {"op": "unknown"})["ret_msg"] == "error:invalid op"
        assert ask(raw, {"op": ["ping"]})["ret_msg"] == "error:invalid op"
        assert ask(raw, "nonsense")["ret_msg"].startswith("Failed to decode incoming data:")
        assert ask(raw, {"op": "ping"})["conn_id"]


def test_the_private_socket_refuses_bad_credentials_without_a_cause(private: Raw) -> None:
    assert ask(private, subscribe("wallet"))["success"] is False
    for bad in (auth(secret="other"), auth(expires=1), {"op": "auth"}):
        assert without_id(ask(private, bad)) == {"success": False, "ret_msg": "Params Error", "op": "auth"}


def test_a_private_batch_can_succeed_in_part(exchange: Exchange, private: Raw) -> None:
    ask(private, auth())
    answer = ask(private, subscribe("wallet", "order.spot", "order", "nope"))
    assert answer["success"] is False
    assert answer["ret_msg"] == (
        "Batch subscription partially succeeded and partially failed.Successful subscriptions are as follows:"
        "[wallet order.spot]. Subscription to the following topics failed because the topic does not exist or there "
        "is a subscription conflict:[order nope]."
    )
    assert list(exchange.subscriptions.values())[-1] == [("order.spot", ""), ("wallet", "")]


def test_the_best_levels_are_said_again_when_nothing_changes(exchange: Exchange, inverse: Raw) -> None:
    ask(inverse, subscribe("orderbook.1.ETHUSD"))
    exchange.pause()
    try:
        numbers: list[Any] = []

        def same(message: Any) -> bool:
            numbers.append((message["data"]["u"], message["data"]["b"]))
            return numbers[-2:] == [numbers[-1]] * 2

        inverse.until(same)
    finally:
        exchange.resume()


def test_a_loss_is_a_hole_in_u(exchange: Exchange, inverse: Raw) -> None:
    topic = "orderbook.50.BTCUSD"
    ask(inverse, subscribe(topic))
    numbers = [message["data"]["u"] for message in inverse.topic(topic, 2)]
    exchange.lose(5, INVERSE)
    while numbers[-1] == numbers[0] + len(numbers) - 1:
        numbers.append(inverse.topic(topic)[0]["data"]["u"])
    assert numbers[-1] - numbers[-2] == 6
    ask(inverse, unsubscribe(topic))
    inverse.send(subscribe(topic))  # its acknowledgement follows the snapshot
    numbers = [(message["type"], message["data"]["u"]) for message in inverse.topic(topic, 4)]
    assert [kind for kind, _ in numbers] == ["snapshot", "delta", "delta", "delta"]
    assert [number - numbers[0][1] for _, number in numbers] == [0, 1, 2, 3]


def test_a_restart_numbers_books_from_one(exchange: Exchange, spot: Raw) -> None:
    topic = "orderbook.200.BTCUSDT"
    ask(spot, subscribe(topic))
    spot.topic(topic)
    exchange.restart_books()
    restarted = spot.until(lambda m: is_push(m, topic) and m["data"]["u"] == 1)
    assert (restarted["type"], len(restarted["data"]["b"])) == ("snapshot", 200)
    following = spot.topic(topic)[0]
    assert (following["type"], following["data"]["u"]) == ("delta", 2)


def test_a_stalled_topic_comes_back_when_it_is_subscribed_anew(exchange: Exchange, spot: Raw) -> None:
    ask(spot, subscribe("publicTrade.BTCUSDT", "publicTrade.ETHUSDT"))
    spot.topic("publicTrade.BTCUSDT")
    exchange.stall("publicTrade", "BTCUSDT", SPOT)
    ask(spot, {"op": "ping"})
    assert {message["topic"] for message in spot.collect(lambda m: "data" in m, 10)} == {"publicTrade.ETHUSDT"}
    ask(spot, unsubscribe("publicTrade.BTCUSDT"))
    ask(spot, subscribe("publicTrade.BTCUSDT"))
    spot.topic("publicTrade.BTCUSDT")


def test_trades_are_pushed_from_the_acknowledgement_on(exchange: Exchange, spot: Raw) -> None:
    tape = exchange._market.listings["LTCUSDT"].tape

    def trade() -> int:
        count = tape.count
        while tape.count == count:
            exchange._market.step()
        return tape.since(count)[0].id

    exchange.pause()
    try:
        ask(spot, subscribe("publicTrade.LTCUSDT"))
        first = exchange._runner.call(trade)
        exchange._runner.call(trade)
        assert spot.topic("publicTrade.LTCUSDT")[0]["data"][0]["i"] == str(first)
    finally:
        exchange.resume()


def test_topics_can_be_refused(exchange: Exchange, spot: Raw, inverse: Raw, private: Raw) -> None:
    exchange.refuse_topics("publicTrade", "tickers.BTCUSD", "wallet")
    try:
        assert ask(spot, subscribe("publicTrade.BTCUSDT"))["ret_msg"] == "Invalid symbol :[publicTrade.BTCUSDT]"
        assert ask(inverse, subscribe("tickers.BTCUSD"))["ret_msg"].endswith("topic:tickers.BTCUSD")
        assert ask(inverse, subscribe("tickers.ETHUSD"))["success"] is True
        ask(private, auth())
        assert ask(private, subscribe("wallet"))["ret_msg"].endswith("conflict:[wallet].")
    finally:
        exchange.accept_topics()
    assert ask(spot, subscribe("publicTrade.BTCUSDT"))["success"] is True


def status_of(url: str) -> int:
    try:
        websocket.create_connection(url, timeout=5).shutdown()
    except websocket.WebSocketBadStatusException as error:
        return error.status_code
    return 101


def test_retired_endpoints_answer_404_and_v5_goes_on(exchange: Exchange, spot: Raw) -> None:
    ask(spot, subscribe("publicTrade.BTCUSDT"))
    with Raw(exchange.url + V1) as legacy:
        exchange.retire()
        try:
            legacy.send(v1("trade"))
            with pytest.raises((OSError, websocket.WebSocketConnectionClosedException)):
                legacy.collect(lambda _: False, 1)
            assert [status_of(exchange.url + path) for path in (V1, REALTIME, INVERSE)] == [404, 404, 101]
            spot.topic("publicTrade.BTCUSDT", 3)
        finally:
            exchange.retire(False)
    with Raw(exchange.url + V1) as legacy:
        exchange.retire(status=410, drop=False)
        assert status_of(exchange.url + V1) == 410
        exchange.retire(False)
        legacy.send(v1("trade"))
        legacy.topic("trade")


def test_an_exchange_can_begin_retired() -> None:
    with Exchange(seed=1, retired=True) as retired:
        assert [status_of(retired.url + path) for path in (REALTIME, SPOT)] == [404, 101]


def get(exchange: Exchange, call: str, **params: Any) -> Any:
    answer = requests.get(f"{exchange.http_url}/v5/market/{call}", params=params, timeout=10).json()
    assert list(answer) == ["retCode", "retMsg", "result", "retExtInfo", "time"]
    return answer["result"] if answer["retCode"] == 0 else (answer["retCode"], answer["retMsg"])


def test_rest_tells_the_time(exchange: Exchange) -> None:
    result = get(exchange, "time")
    assert int(result["timeNano"]) // 10**9 == int(result["timeSecond"])
    assert abs(int(result["timeSecond"]) - time.time()) < 60


def test_rest_tells_the_last_trades_newest_first(exchange: Exchange) -> None:
    exchange.pause()
    try:
        found = get(exchange, "recent-trade", category="spot", symbol="BTCUSDT")["list"]
        truth = exchange.truth.trades("BTCUSDT")[-60:]
        made = [
            {"v": row["execId"], "t": int(row["time"]), "p": row["price"], "q": row["size"], "m": row["side"] == "Buy"}
            for row in reversed(found)
        ]
        assert made == truth
        found = get(exchange, "recent-trade", category="inverse", symbol="BTCUSD", limit=70)["list"]
        truth = exchange.truth.trades("BTCUSD")[-70:]
        assert [row["execId"] for row in reversed(found)] == [row["trade_id"] for row in truth]
    finally:
        exchange.resume()
    keys = ["execId", "symbol", "price", "size", "side", "time", "isBlockTrade", "isRPITrade", "seq"]
    assert list(found[0]) == keys


def test_rest_lists_instruments_page_by_page(exchange: Exchange) -> None:
    found: list[Any] = []
    cursor = ""
    while not found or cursor:
        page = get(exchange, "instruments-info", category="inverse", limit=2, **({"cursor": cursor} if cursor else {}))
        assert 1 <= len(page["list"]) <= 2
        found += page["list"]
        cursor = page["nextPageCursor"]
    assert [row["symbol"] for row in found] == ["BTCUSD", "ETHUSD", "EOSUSD", "XRPUSD", "BTCUSDZ26"]
    assert found[0]["priceFilter"]["tickSize"] == "0.50"
    assert (found[0]["contractType"], found[-1]["contractType"]) == ("InversePerpetual", "InverseFutures")
    whole = get(exchange, "instruments-info", category="spot")
    assert (list(whole), len(whole["list"])) == (["category", "list"], 4)
    assert whole["list"][0]["lotSizeFilter"]["basePrecision"] == "0.000001"


WRONG = [
    ("recent-trade", {"symbol": "BTCUSDT"}, "params error: Category is invalid"),
    ("recent-trade", {"category": "spot", "symbol": "NOPE"}, "Not supported symbols"),
    ("recent-trade", {"category": "spot", "symbol": "BTCUSDT", "limit": 61}, "params error: limit invalid"),
    ("instruments-info", {"category": "inverse", "cursor": "x"}, "params error: cursor invalid"),
]


@pytest.mark.parametrize(("call", "params", "text"), WRONG)
def test_rest_refuses_wrong_parameters(exchange: Exchange, call: str, params: dict[str, Any], text: str) -> None:
    assert get(exchange, call, **params) == (10001, text)


def test_rest_can_be_blocked_and_slow(exchange: Exchange) -> None:
    url = f"{exchange.http_url}/v5/market/time"
    exchange.refuse_rest(1)
    assert [requests.get(url, timeout=10).status_code for _ in range(2)] == [403, 200]
    exchange.refuse_rest(1, 200, '{"retCode":10006}')
    assert requests.get(url, timeout=10).json() == {"retCode": 10006}
    assert exchange.requests[-3:] == ["/v5/market/time"] * 3
    exchange.slow_rest(60)
    try:
        with pytest.raises(requests.Timeout):
            requests.get(url, timeout=0.1)
    finally:
        exchange.slow_rest(0)
    assert get(exchange, "time")
