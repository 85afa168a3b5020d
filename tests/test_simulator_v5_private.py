"""The V5 private socket: shapes, one story on both protocols, join keys, order of arrival, refusals."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from support import SHARED
from test_simulator_raw import PRIVATE, REALTIME, Raw, auth, subscribe

from bybit_ws.simulator import Exchange
from bybit_ws.simulator.market import Market
from bybit_ws.simulator.v5.private_channels import make
from bybit_ws.simulator.v5.private_events import PrivateEvent

V5 = "/v5/private"
KEYS = {"key": "secret"}
NOW = 1_600_000_000_000
SPOT, INVERSE = ("order.spot", "execution.spot"), ("order.inverse", "execution.inverse", "position.inverse")
STOPS = {"Untriggered": "ORDER_NEW", "Triggered": "ORDER_FILLED", "Deactivated": "ORDER_CANCELED"}
FILLS = {"New": "NEW", "PartiallyFilled": "PARTIALLY_FILLED", "Filled": "FILLED"}
STATUS = {**FILLS, "Cancelled": "CANCELED", "PartiallyFilledCanceled": "CANCELED"}
ORDER = """category symbol orderId orderLinkId side orderStatus cancelType rejectReason timeInForce price qty avgPrice
    leavesQty cumExecQty cumExecValue cumExecFee orderType stopOrderType triggerPrice takeProfit stopLoss
    lastPriceOnCreated createdTime updatedTime"""
EXECUTION = """category symbol execFee execId execPrice execQty execType execValue leavesQty orderId orderLinkId
    orderQty orderType stopOrderType side execTime isMaker feeCurrency seq"""
KEYS_OF = {
    "order.spot": f"{ORDER} smpOrderId feeCurrency",
    "order.inverse": f"{ORDER} positionIdx createType triggerBy reduceOnly closeOnTrigger",
    "execution.spot": f"{EXECUTION} feeRate orderPrice",
    "execution.inverse": f"{EXECUTION} createType",
    "position.inverse": """category positionIdx tradeMode riskId riskLimitValue symbol side size entryPrice leverage
        positionValue positionBalance markPrice positionIM positionMM takeProfit stopLoss trailingStop unrealisedPnl
        curRealisedPnl cumRealisedPnl liqPrice bustPrice positionStatus adlRankIndicator autoAddMargin seq createdTime
        updatedTime""",
    "wallet": "accountType totalAvailableBalance coin",
}
COIN = "coin equity walletBalance locked totalOrderIM totalPositionIM unrealisedPnl bonus spotBorrow"
NO_STRINGS = {"isMaker", "reduceOnly", "closeOnTrigger", "seq", "positionIdx", "tradeMode", "riskId", "coin"}
NO_STRINGS |= {"adlRankIndicator", "autoAddMargin"}


@lru_cache
def lived(seed: int = 3) -> Market:
    """Return a market after 40 s of its time: two rounds of every kind of order, on both accounts."""
    market = Market(seed, NOW)
    for _ in range(2000):
        market.step()
    assert market.v5_events.count < 1000, "all are kept"
    return market


def rows(market: Market, topic: str) -> list[dict[str, Any]]:
    return [event.data[0] for event in events(market, topic)]


def events(market: Market, topic: str) -> list[PrivateEvent]:
    stem, _, category = topic.partition(".")
    return [one for one in market.v5_events.since(0) if (one.stem, one.category) == (stem, category)]


def legacy_spot(market: Market, kind: str) -> list[dict[str, Any]]:
    told = [json.loads(text)[0] for text in market.spot_account.events.since(0)]
    return [event for event in told if event["e"] == kind]


def legacy_inverse(market: Market, topic: str) -> list[dict[str, Any]]:
    return [json.loads(text)["data"][0] for name, text in market.inverse_account.events.since(0) if name == topic]


def figures(row: dict[str, Any], names: str) -> list[Any]:
    """Return these fields; numbers, and strings that are numbers, as numbers."""
    return [number(row[name]) for name in names.split()]


def number(value: Any) -> Any:
    try:
        return value if isinstance(value, bool) else Decimal(str(value or 0))
    except ArithmeticError:
        return value


def iso(ms: str) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(ms) // 1000))
    return f"{seconds}.{int(ms) % 1000:03d}Z"


def seq_of(event: PrivateEvent) -> int:
    return int(event.id.replace("_", "-").rpartition("-")[2])


# -- shapes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", KEYS_OF)
def test_pushes_have_the_keys_of_the_documented_samples(topic: str) -> None:
    told = rows(lived(), topic)
    assert len(told) > 10
    for row in told:
        assert set(row) == set(KEYS_OF[topic].split())
        assert all(isinstance(value, str) for name, value in row.items() if name not in NO_STRINGS), row
        for coin in row.get("coin", ()):
            assert list(coin) == COIN.split()
            assert all(isinstance(value, str) for value in coin.values())


@pytest.mark.skipif(not (SHARED / "wire-v5.md").exists(), reason="the reference is not here")
def test_these_are_the_reference_s_keys() -> None:
    lines = (SHARED / "wire-v5.md").read_text("utf-8").splitlines()
    samples = [json.loads(line) for line in lines if line.startswith('{"topic"') and '"creationTime"' in line]
    assert {sample["topic"] for sample in samples} == set(KEYS_OF)
    for sample in samples:
        (row,) = sample["data"]
        assert set(row) == set(KEYS_OF[sample["topic"]].split())
        assert {name for name, value in row.items() if not isinstance(value, str)} <= NO_STRINGS
        assert set(sample) == {"topic", "id", "creationTime", "data"}


def test_values_are_written_as_documented() -> None:
    market = lived()
    for order in rows(market, "order.spot") + rows(market, "order.inverse"):
        ended = order["orderStatus"] in ("Cancelled", "PartiallyFilledCanceled", "Deactivated")
        assert order["cancelType"] == ("CancelByUser" if ended else "UNKNOWN")
        assert order["timeInForce"] == {"Market": "IOC", "Limit": "GTC"}[order["orderType"]]
        assert (order["avgPrice"] == "") == (number(order["cumExecQty"]) == 0)
        assert bool(number(order["triggerPrice"])) == (order["stopOrderType"] == "Stop")
    for order in rows(market, "order.spot"):
        places = {"BTCUSDT": 6, "ETHUSDT": 5}[order["symbol"]]
        assert {len(order[name].partition(".")[2]) for name in ("qty", "leavesQty", "cumExecQty")} == {places}
        assert order["takeProfit"] == "0.00"
        assert (order["price"] == "0") == (order["orderType"] == "Market")
        assert (order["feeCurrency"] == "") == (order["avgPrice"] == "")
    for order in rows(market, "order.inverse"):
        assert (order["takeProfit"], order["triggerBy"] == "") == ("", order["stopOrderType"] == "")
    assert {row["stopOrderType"] for row in rows(market, "execution.spot")} == {"", "Stop"}
    assert {row["stopOrderType"] for row in rows(market, "execution.inverse")} == {"UNKNOWN", "Stop"}
    positions = rows(market, "position.inverse")
    assert {(row["side"], row["size"] == "0", row["liqPrice"] == "") for row in positions} == {
        ("Buy", False, False),
        ("", True, True),
    }


def test_every_status_comes_and_a_stop_goes_on_with_its_id() -> None:
    market = lived()
    for category, partly in (("spot", "PartiallyFilledCanceled"), ("inverse", "Cancelled")):
        lives = defaultdict(list)
        for row in rows(market, f"order.{category}"):
            lives[row["orderId"]].append(row["orderStatus"])
        assert {status for life in lives.values() for status in life} == {*FILLS, *STOPS, partly}
        triggered = [life for life in lives.values() if "Triggered" in life]
        assert triggered
        for life in triggered:
            assert life[:3] == ["Untriggered", "Triggered", "New"]
            assert set(life[3:-1]) <= {"PartiallyFilled"}
            assert life[-1] == "Filled"
        assert ["Untriggered", "Deactivated"] in lives.values()


# -- one story on both protocols -------------------------------------------------------------------------------


def test_spot_orders_are_the_same_on_both() -> None:
    market = lived()
    fills = {(row["orderId"], row["seq"]): row for row in rows(market, "execution.spot")}
    told = []
    for event in events(market, "order.spot"):
        (row,) = event.data
        if row["orderStatus"] in STOPS:
            continue
        head = [event.time, row["orderId"], row["symbol"], row["side"].upper(), STATUS[row["orderStatus"]]]
        fill = fills.get((row["orderId"], seq_of(event)))
        last = figures(fill, "execQty execPrice execId execFee") if fill else [0, 0, 0, 0]
        currency = fill["feeCurrency"] if fill else ""
        told.append([*head, *figures(row, "qty price cumExecQty cumExecValue"), *last, currency])
    expected = []
    for report in legacy_spot(market, "executionReport"):
        head = [int(report["E"]), market.v5_origins.get(report["i"], report["i"])]
        head += [report["s"], report["S"], report["X"]]
        last = figures({"t": 0, **report}, "l L t n")
        expected.append([*head, *figures(report, "q p z Z"), *last, report["N"]])
    assert told == expected


def test_spot_executions_are_the_tickets() -> None:
    market = lived()
    told = [
        [row["side"].upper(), row["isMaker"], *figures(row, "execQty execPrice execId orderId execTime")]
        for row in rows(market, "execution.spot")
    ]
    tickets = []
    for ticket in legacy_spot(market, "ticketInfo"):
        order = market.v5_origins.get(ticket["o"], ticket["o"])
        tickets.append([ticket["S"], ticket["m"], *figures({**ticket, "o": order}, "q p T o t")])
    assert told == tickets


def test_stop_orders_are_the_same_on_both() -> None:
    market = lived()
    told = [
        [STOPS[row["orderStatus"]], *figures(row, "orderId orderLinkId qty createdTime updatedTime lastPriceOnCreated")]
        for row in rows(market, "order.spot")
        if row["orderStatus"] in STOPS
    ]
    assert told == [[row["X"], *figures(row, "i c q T C qp")] for row in legacy_spot(market, "stop_executionReport")]
    told = [
        [*figures(row, "orderId orderStatus symbol side qty triggerPrice triggerBy"), iso(row["updatedTime"])]
        for row in rows(market, "order.inverse")
        if row["orderStatus"] in STOPS
    ]
    names = "order_id order_status symbol side qty trigger_price trigger_by timestamp"
    assert told == [figures(row, names) for row in legacy_inverse(market, "stop_order")]


def test_inverse_orders_and_executions_are_the_same_on_both() -> None:
    market = lived()
    names = "symbol side orderStatus orderType createType reduceOnly price qty leavesQty cumExecQty"
    told = [
        [row["orderId"], *figures(row, f"{names} cumExecValue cumExecFee")]
        for row in rows(market, "order.inverse")
        if row["orderStatus"] not in STOPS
    ]
    names = "symbol side order_status order_type create_type reduce_only price qty leaves_qty cum_exec_qty"
    names += " cum_exec_value cum_exec_fee"
    expected = [
        [market.v5_origins.get(row["order_id"], row["order_id"]), *figures(row, names)]
        for row in legacy_inverse(market, "order")
    ]
    assert told == expected
    names = "symbol side execId isMaker execPrice orderQty execQty execFee leavesQty execType"
    told = [[*figures(row, names), iso(row["execTime"])] for row in rows(market, "execution.inverse")]
    names = "symbol side exec_id is_maker price order_qty exec_qty exec_fee leaves_qty exec_type trade_time"
    assert told == [figures(row, names) for row in legacy_inverse(market, "execution")]


def test_positions_are_the_legacy_ones_and_those_of_stop_orders() -> None:
    market = lived()
    names = "symbol size positionValue entryPrice liqPrice positionIM cumRealisedPnl riskId autoAddMargin leverage"
    told = [[row["side"] or "None", *figures(row, names)] for row in rows(market, "position.inverse")]
    names = "symbol size position_value entry_price liq_price position_margin cum_realised_pnl risk_id auto_add_margin"
    legacy = [[row["side"], *figures(row, f"{names} leverage")] for row in legacy_inverse(market, "position")]
    rest = iter(told)
    assert all(row in rest for row in legacy), "each comes, in order"
    stops = [row for row in rows(market, "order.inverse") if row["orderStatus"] in ("Untriggered", "Deactivated")]
    assert len(told) == len(legacy) + len(stops)


@pytest.mark.parametrize("category", ["spot", "inverse"])
def test_wallets_have_the_legacy_balances_and_come_only_when_one_changed(category: str) -> None:
    market = lived()
    if category == "spot":
        start = Market(3, NOW).spot_account.balances()
        known = {coin: [free + locked, free] for coin, (free, locked) in start.items()}
    else:
        known = {
            coin: [balance, free] for coin, (balance, free, _) in Market(3, NOW).inverse_account.balances().items()
        }
    told: list[dict[str, Any]] = []
    repeated = 0
    for row in rows(market, f"wallet.{category}"):
        before = dict(known)
        for coin in row["coin"]:
            balance, locked, ordered, held = figures(coin, "walletBalance locked totalOrderIM totalPositionIM")
            known[coin["coin"]] = [balance, balance - locked - ordered - held]
            repeated += known[coin["coin"]] == before[coin["coin"]]
        told.append(dict(known))
        assert known != before
    assert repeated, "coins that did not change are among them, at times"
    if category == "spot":
        states = [
            {coin["a"]: [number(coin["f"]) + number(coin["l"]), number(coin["f"])] for coin in row["B"]}
            for row in legacy_spot(market, "outboundAccountInfo")
        ]
    else:
        names = "wallet_balance available_balance"
        states = [{row["coin"]: figures(row, names)} for row in legacy_inverse(market, "wallet")]
    at = 0
    for state in states:
        while not state.items() <= told[at].items():
            at += 1  # in order: what was passed does not come back
    assert at == len(told) - 1


def test_the_sum_of_both_accounts_is_a_wallet_of_its_own() -> None:
    market = lived()
    last = {
        name: {coin["coin"]: number(coin["walletBalance"]) for row in rows(market, name) for coin in row["coin"]}
        for name in ("wallet.spot", "wallet.inverse", "wallet")
    }
    for coin in ("BTC", "ETH"):
        assert last["wallet"][coin] == last["wallet.spot"][coin] + last["wallet.inverse"][coin]


# -- join keys and order of arrival ----------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["spot", "inverse"])
def test_an_execution_joins_one_order_and_one_position(category: str) -> None:
    market = lived()
    orders = {(event.data[0]["orderId"], event.id): event.data[0] for event in events(market, f"order.{category}")}
    assert len(orders) == len(events(market, f"order.{category}"))
    positions = defaultdict(list)
    for row in rows(market, f"position.{category}"):
        positions[row["symbol"], row["seq"]].append(row)
    for event in events(market, f"execution.{category}"):
        (row,) = event.data
        assert seq_of(event) == row["seq"]
        order = orders[row["orderId"], event.id]
        assert order["orderStatus"] in ("PartiallyFilled", "Filled")
        assert order["leavesQty"] == row["leavesQty"]
        assert category == "spot" or positions[row["symbol"], row["seq"]]


def test_topics_of_a_match_arrive_in_any_order_but_each_in_its_own() -> None:
    market = lived()
    told = market.v5_events.since(0)
    seqs: dict[tuple[str, str, str], int] = {}
    for event in told:
        if event.stem in ("order", "execution"):
            key = (event.stem, event.category, event.data[0]["symbol"])
            assert seqs.get(key, 0) < seq_of(event)
            seqs[key] = seq_of(event)
    for category in ("spot", "inverse"):
        own = [event for event in told if event.category == category]
        at = {(event.stem, event.id): index for index, event in enumerate(own)}
        pairs = [(at["order", event.id], at["execution", event.id]) for event in own if event.stem == "execution"]
        assert {order < execution for order, execution in pairs} == {True, False}
        between = {own[index].stem for pair in pairs for index in range(min(pair) + 1, max(pair))}
        assert between >= {"wallet"} | ({"position"} if category == "inverse" else set())


def test_the_same_seed_tells_the_same() -> None:
    again = Market(3, NOW)
    for _ in range(500):
        again.step()
    assert again.v5_events.count > 100
    assert again.v5_events.since(0) == lived().v5_events.since(0)[: again.v5_events.count]


# -- the socket ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exchange() -> Any:
    with Exchange(seed=3, speed=60, credentials=KEYS) as running:
        yield running


def ask(raw: Raw, request: dict[str, Any]) -> dict[str, Any]:
    raw.send(request)
    answer: dict[str, Any] = raw.until(lambda m: "topic" not in m)
    return answer


def read(raw: Raw, wanted: int, tell: Any) -> list[Any]:
    """Receive until ``tell`` gave so many entries for messages."""
    found: list[Any] = []
    deadline = time.monotonic() + 30
    while len(found) < wanted:
        assert time.monotonic() < deadline, f"{len(found)} of {wanted} came"
        found += tell(raw.receive())
    return found


def in_a_row(topic: str, count: int) -> Any:
    """Tell when so many pushes of a topic came one after the other: more than there are with others beside it."""
    found = 0

    def look(message: Any) -> bool:
        nonlocal found
        found = found + 1 if message.get("topic") == topic else 0
        return found == count

    return look


def test_auth_good_and_bad(exchange: Exchange) -> None:
    late = auth(expires=int(time.time() * 1000) - 1)
    for bad in (auth("other"), auth(secret="wrong"), late, {"op": "auth", "args": []}, {"op": "auth"}):
        with Raw(exchange.url + V5) as raw:
            answer = ask(raw, bad)
            assert answer.pop("conn_id")
            assert answer == {"success": False, "ret_msg": "Params Error", "op": "auth"}
            assert ask(raw, subscribe("wallet"))["success"] is False
            assert ask(raw, auth())["success"] is True, "the socket is kept"
            assert ask(raw, {"req_id": "7", **subscribe("wallet")})["success"] is True
            assert raw.until(lambda m: m.get("topic") == "wallet")["data"][0]["coin"]
            assert "secret" not in json.dumps(answer)


def test_refused_auth_and_an_answer_without_secrets(exchange: Exchange) -> None:
    exchange.refuse_auth(1)
    with Raw(f"{exchange.url}{V5}?max_active_time=1m") as raw:
        assert ask(raw, auth())["success"] is False
        request = auth()
        answer = ask(raw, {"req_id": "10001", **request})
        assert [answer["success"], answer["ret_msg"], answer["req_id"]] == [True, "", "10001"]
        assert request["args"][2] not in json.dumps(answer)


def test_nothing_is_served_before_auth(exchange: Exchange) -> None:
    with Raw(exchange.url + V5) as raw:
        for request in (subscribe("order.spot"), subscribe("nonsense")):
            answer = ask(raw, {"req_id": "1", **request})
            assert [answer["success"], answer["op"], answer["req_id"]] == [False, "subscribe", "1"]
            assert "authorized" in answer["ret_msg"]
        pong = ask(raw, {"req_id": "2", "op": "ping"})
        assert pong["op"] == "pong"
        assert abs(int(pong["args"][0]) / 1000 - time.time()) < 60
        assert exchange.connections >= 1


def test_a_batch_can_fail_in_part_and_a_conflict_counts(exchange: Exchange) -> None:
    with Raw(exchange.url + V5) as raw:
        assert ask(raw, auth())["success"]
        answer = ask(raw, subscribe("order.spot", "ticketInfo", "wallet", "order"))
        good, bad = (part.partition("]")[0] for part in answer["ret_msg"].split("[")[1:])
        assert (answer["success"], good, bad) == (False, "order.spot wallet", "ticketInfo order")
        pairs = next(one for one in exchange.subscriptions.values() if ("order.spot", "") in one)
        assert sorted(pairs) == [("order.spot", ""), ("wallet", "")]
        exchange.refuse_topics("execution.spot")
        assert "[execution.spot]" in ask(raw, subscribe("execution.spot"))["ret_msg"]
        exchange.accept_topics()
        assert ask(raw, subscribe("execution.spot"))["success"]
        raw.send({"op": "unsubscribe", "args": ["order.spot", "wallet"]})
        assert raw.until(lambda m: m.get("op") == "unsubscribe")["success"]
        raw.until(in_a_row("execution.spot", 12))


def test_a_topic_can_be_stalled_until_it_is_subscribed_again(exchange: Exchange) -> None:
    with Raw(exchange.url + V5) as raw:
        assert ask(raw, auth())["success"]
        assert ask(raw, subscribe(*SPOT))["success"]
        raw.topic("execution.spot")
        exchange.stall("execution.spot")
        raw.until(in_a_row("order.spot", 12))
        raw.send({"op": "unsubscribe", "args": ["execution.spot"]}, subscribe("execution.spot"))
        raw.topic("execution.spot")


def test_the_bare_topics_serve_all_categories(exchange: Exchange) -> None:
    with Raw(exchange.url + V5) as raw:
        assert ask(raw, auth())["success"]
        assert ask(raw, subscribe("order", "execution", "position"))["success"]
        seen: set[tuple[str, str]] = set()
        wanted = {("order", "spot"), ("order", "inverse"), ("execution", "spot"), ("execution", "inverse")}
        wanted.add(("position", "inverse"))

        def look(message: Any) -> bool:
            seen.add((message["topic"], message["data"][0]["category"]))
            return seen == wanted

        raw.until(look)


def by_topic(messages: Iterable[Any], topic: str, name: str) -> list[Any]:
    return [message["data"][0][name] for message in messages if message["topic"] == topic]


def test_both_protocols_are_watched_at_once() -> None:
    with Exchange(seed=5, speed=60, credentials=KEYS) as exchange:
        exchange.pause()
        base = exchange.url
        with Raw(base + PRIVATE) as spot, Raw(base + REALTIME) as inverse, Raw(base + V5) as v5:
            assert ask_spot(spot)
            inverse.send(auth(), subscribe("order", "execution", "stop_order", "wallet", "position"))
            inverse.until(lambda m: m["request"]["op"] == "subscribe")
            assert ask(v5, auth())["success"]
            assert ask(v5, subscribe(*SPOT, *INVERSE, "wallet"))["success"]
            assert exchange.wait_for(lambda: sum(bool(one.joined) for one in exchange._server.sessions()) == 3)
            exchange.resume()
            executions = read(v5, 12, lambda m: [m] if m["topic"].startswith("execution") else [])
            assert {message["topic"] for message in executions} == {"execution.spot", "execution.inverse"}
            own = by_topic(executions, "execution.spot", "execId")
            tickets = read(spot, len(own), ticket_ids)
            assert tickets == own
            own = by_topic(executions, "execution.inverse", "execId")
            filled = read(inverse, len(own), lambda m: [m["data"][0]] if m["topic"] == "execution" else [])
            assert [row["exec_id"] for row in filled] == own
            ids = [exchange.truth.v5_order_id(row["order_id"]) for row in filled]
            assert ids == by_topic(executions, "execution.inverse", "orderId")


def ticket_ids(message: Any) -> list[str]:
    events = message if isinstance(message, list) else []  # else it is a ping
    return [event["T"] for event in events if event["e"] == "ticketInfo"]


def ask_spot(raw: Raw) -> bool:
    raw.send(auth())
    return bool(raw.receive()["auth"] == "success")


@pytest.mark.parametrize(
    ("chosen", "topics", "view"),
    [
        (None, SPOT, "spot"),
        (None, INVERSE[:1], "inverse"),
        (None, (), ""),
        (None, (*SPOT, *INVERSE), ""),
        ("inverse", (), "inverse"),
        ("spot", ("order",), "spot"),
        ("", SPOT, ""),
    ],
)
def test_whose_wallet_a_client_sees(chosen: str | None, topics: tuple[str, ...], view: str) -> None:
    market = Market(3, NOW)
    market.v5_wallet = chosen
    channel = make(frozenset({"wallet", *topics}), market)
    for _ in range(100):
        market.step()
    told = [message for message in map(json.loads, channel.fresh()) if message["topic"] == "wallet"]
    expected = [event.id for event in events(market, f"wallet.{view}")]
    assert [message["id"] for message in told] == expected
    assert expected


def test_an_exchange_can_be_told_whose_wallet_to_show() -> None:
    with Exchange(seed=3, speed=60, v5_wallet="inverse") as exchange, Raw(exchange.url + V5) as raw:
        assert ask(raw, auth())["success"]
        assert ask(raw, subscribe("wallet"))["success"]
        (account,) = raw.topic("wallet")[0]["data"]
        assert {coin["coin"] for coin in account["coin"]} <= {"BTC", "ETH", "EOS", "XRP"}
        assert all(900 < float(coin["walletBalance"]) < 1100 for coin in account["coin"])
