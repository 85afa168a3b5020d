"""The private streams over V5: what its pushes become."""

from __future__ import annotations

import copy
import decimal
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import SHARED
from talk import DOCUMENTED
from v5_pushes import (
    COIN,
    INVERSE_FILL,
    INVERSE_ORDER,
    POSITION,
    PUSHES,
    SEQ,
    SPOT_FILL,
    STOPPED,
    TRANSLATIONS,
    hear,
    inverse_order,
    make,
    push,
    rows,
    spot_order,
    start,
    wallet,
)

from bybit_ws._dialects import MALFORMED
from bybit_ws._topics import BY_STREAM, ROWS
from bybit_ws._v5 import amounts, conditional, joining
from bybit_ws._v5.fields import Quality
from bybit_ws._v5.translation import Translation, Translator

FIRST = {one["stream"]: one.get("delivers", one["data"])[0] for one in DOCUMENTED if BY_STREAM[one["stream"]].private}


def leaves(message: Any, path: str = "") -> dict[str, Any]:
    """Return the values of a message by the paths that tables of fields use, in order."""
    if isinstance(message, dict):
        return {
            inner: leaf
            for name, value in message.items()
            for inner, leaf in leaves(value, f"{path}.{name}" if path else name).items()
        }
    if isinstance(message, list):
        return leaves(message[0], f"{path}[]") if message else {}
    return {path: message}


class TestTables:
    def test_every_private_stream_has_one(self) -> None:
        assert set(TRANSLATIONS) == {row.stream for row in ROWS if row.private}

    def test_the_topics_of_v5_are_those_of_the_category(self) -> None:
        args = {stream: one.args(BY_STREAM[stream].topic(), "") for stream, one in TRANSLATIONS.items()}
        assert args == {
            "outbound_account_info": ("wallet",),
            "execution_report": ("order.spot", "execution.spot"),
            "stop_execution_report": ("order.spot",),
            "ticket_info": ("execution.spot",),
            "position": ("position.inverse", "wallet", "order.inverse", "execution.inverse"),
            "execution": ("execution.inverse",),
            "order": ("order.inverse", "execution.inverse"),
            "stop_order": ("order.inverse",),
            "wallet": ("wallet",),
        }

    @pytest.mark.parametrize("one", TRANSLATIONS.values(), ids=TRANSLATIONS)
    def test_what_comes_out_has_just_the_fields_of_the_table_in_its_order(self, one: Translation) -> None:
        said = leaves(make(one.stream, *PUSHES[one.stream])[-1])
        assert list(said) == [field.path for field in one.fields if field.quality is not Quality.MISSING]

    @pytest.mark.parametrize("one", TRANSLATIONS.values(), ids=TRANSLATIONS)
    def test_the_table_has_every_documented_field_in_the_documented_order(self, one: Translation) -> None:
        documented = list(leaves(FIRST[one.stream]))
        paths = [field.path for field in one.fields]
        assert len(set(paths)) == len(paths)
        assert [path for path in paths if path in documented] == documented

    @pytest.mark.parametrize("one", TRANSLATIONS.values(), ids=TRANSLATIONS)
    def test_values_are_of_the_documented_types(self, one: Translation) -> None:
        said, documented = leaves(make(one.stream, *PUSHES[one.stream])[-1]), leaves(FIRST[one.stream])
        shared = [path for path in documented if path in said]
        assert {path: type(said[path]) for path in shared} == {path: type(documented[path]) for path in shared}

    @pytest.mark.parametrize("one", TRANSLATIONS.values(), ids=TRANSLATIONS)
    def test_messages_have_the_key_of_the_topic(self, one: Translation) -> None:
        translator = start(one.stream)
        keys = {key for message in PUSHES[one.stream] for key, _ in translator.translate(message, 0.0)}
        assert keys == {(BY_STREAM[one.stream].wire, "")}

    def test_every_field_that_is_not_exact_says_why(self) -> None:
        silent = [
            (stream, field.path)
            for stream, one in TRANSLATIONS.items()
            for field in one.fields
            if field.quality is not Quality.EXACT and not field.note
        ]
        assert silent == []


def samples() -> list[dict[str, Any]]:
    path = SHARED / "wire-v5.md"
    if not path.exists():
        return []
    section = path.read_text().partition("## 7. ")[2].partition("## 8. ")[0]
    return [json.loads(line) for line in section.splitlines() if line.startswith("{")]


@pytest.mark.skipif(not samples(), reason="the reference of the wire is not here")
class TestDocumentedSamples:
    """What the reference shows of V5, translated to what the documents show."""

    def heard(self, stream: str) -> list[dict[str, Any]]:
        topics = TRANSLATIONS[stream].args(BY_STREAM[stream].topic(), "")
        return make(stream, *[one for one in samples() if one["topic"] in topics])

    @pytest.mark.parametrize("stream", sorted(set(TRANSLATIONS) - {"stop_execution_report", "stop_order"}))
    def test_shapes_are_the_documented_ones(self, stream: str) -> None:
        (message,) = self.heard(stream)
        said, documented = leaves(message), leaves(FIRST[stream])
        gone = {field.path for field in TRANSLATIONS[stream].fields if field.quality is Quality.MISSING}
        if stream == "position":  # its coin's wallet comes after it in the reference, and the seed has an action
            gone |= {"data[].wallet_balance", "data[].available_balance"}
            assert said.pop("action") == "update"
        assert list(said) == [path for path in documented if path not in gone]
        assert {path: type(value) for path, value in said.items()} == {path: type(documented[path]) for path in said}

    @pytest.mark.parametrize("stream", ["stop_execution_report", "stop_order"])
    def test_ordinary_orders_are_no_stop_orders(self, stream: str) -> None:
        assert self.heard(stream) == []

    def test_a_market_order_for_an_amount_of_quote(self) -> None:
        (event,) = self.heard("execution_report")
        assert (event["o"], event["q"], event["p"], event["X"]) == ("MARKET_OF_QUOTE", "10", "0", "CANCELED")
        assert (event["l"], event["z"], event["L"], event["Z"]) == ("0.000306", "0.000306", "32635", "9.98631")
        assert (event["n"], event["N"], event["t"]) == ("0.000000306", "BTC", "2100000000047469164")

    def test_an_inverse_order_with_its_execution(self) -> None:
        (row,) = rows(self.heard("order"))
        assert (row["order_status"], row["qty"], row["leaves_qty"], row["cum_exec_qty"]) == ("Filled", 15, 0, 15)
        assert (row["time_in_force"], row["last_exec_price"]) == ("ImmediateOrCancel", "87000.5")
        assert row["timestamp"] == "2025-12-22T20:55:47.940Z"

    def test_a_flat_position_and_the_user_that_the_orders_tell(self) -> None:
        (row,) = rows(self.heard("position"))
        assert (row["size"], row["side"], row["liq_price"], row["user_id"]) == (0, "None", "0", 108985347)


class TestSpot:
    def test_an_order_without_a_fill(self) -> None:
        (event,) = make("execution_report", spot_order())
        assert event == {
            "e": "executionReport",
            "E": "1699764599843",
            "s": "ETHUSDT",
            "c": "mine",
            "S": "SELL",
            "o": "LIMIT",
            "f": "GTC",
            "q": "2.5",
            "p": "1850.5",
            "X": "NEW",
            "i": "1551",
            "M": "0",
            "l": "0",
            "z": "0",
            "L": "0",
            "n": "0",
            "N": "",
            "u": True,
            "w": True,
            "m": False,
            "O": "1699764599837",
            "Z": "0",
            "A": "0",
            "C": False,
            "v": "0",
            "d": "NO_LIQ",
        }

    def test_a_fill(self) -> None:
        (event,) = make("execution_report", *PUSHES["execution_report"])
        assert (event["X"], event["z"], event["Z"]) == ("PARTIALLY_FILLED", "0.5", "925.25")
        assert (event["l"], event["L"], event["n"], event["N"]) == ("0.5", "1850.5", "0.92525", "USDT")
        assert event["t"] == "2100000000047469164"

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            ("New", "NEW"),
            ("PartiallyFilled", "PARTIALLY_FILLED"),
            ("Filled", "FILLED"),
            ("Cancelled", "CANCELED"),
            ("PartiallyFilledCanceled", "CANCELED"),
            ("Rejected", "REJECTED"),
            ("SomethingNewer", "SomethingNewer"),
        ],
    )
    def test_statuses(self, status: str, said: str) -> None:
        (event,) = make("execution_report", spot_order(orderStatus=status))
        assert event["X"] == said

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({}, "LIMIT"),
            ({"timeInForce": "PostOnly"}, "LIMIT_MAKER"),
            ({"orderType": "Market", "side": "Buy"}, "MARKET_OF_QUOTE"),
            ({"orderType": "Market", "side": "Sell"}, "MARKET_OF_BASE"),
            ({"orderType": "Market", "side": "Buy", "marketUnit": "baseCoin"}, "MARKET_OF_BASE"),
            ({"orderType": "Market", "side": "Sell", "marketUnit": "quoteCoin"}, "MARKET_OF_QUOTE"),
            ({"orderType": "Market", "side": "Buy", "marketUnit": ""}, "MARKET_OF_QUOTE"),
        ],
    )
    def test_types(self, more: dict[str, Any], said: str) -> None:
        (event,) = make("execution_report", spot_order(**more))
        assert event["o"] == said

    @pytest.mark.parametrize(
        ("force", "said", "maker"),
        [
            ("GTC", "GTC", False),
            ("IOC", "IOC", False),
            ("FOK", "FOK", False),
            ("RPI", "GTC", False),
            ("PostOnly", "GTC", True),
        ],
    )
    def test_times_in_force(self, force: str, said: str, maker: bool) -> None:
        (event,) = make("execution_report", spot_order(timeInForce=force))
        assert (event["f"], event["m"]) == (said, maker)

    def test_an_order_that_met_one_of_its_owner(self) -> None:
        (event,) = make("execution_report", spot_order(smpOrderId="1550"))
        assert event["u"] is False

    def test_the_coin_of_the_fee_is_the_orders_where_the_execution_tells_none(self) -> None:
        order = PUSHES["execution_report"][1]
        (event,) = make("execution_report", push("execution.spot", {**SPOT_FILL, "feeCurrency": ""}), order)
        assert event["N"] == "USDT"

    def test_a_ticket(self) -> None:
        (event,) = make("ticket_info", push("execution.spot", SPOT_FILL))
        assert event == {
            "e": "ticketInfo",
            "E": "1699764599843",
            "s": "ETHUSDT",
            "q": "0.5",
            "t": "1699764599840",
            "p": "1850.5",
            "T": "2100000000047469164",
            "o": "1551",
            "c": "mine",
            "O": "0",
            "a": "0",
            "A": "0",
            "m": True,
            "S": "SELL",
        }

    def test_a_ticket_for_each_trade_and_for_nothing_else(self) -> None:
        trades = [{**SPOT_FILL, "execId": name, "execType": kind} for name, kind in (("1", "Trade"), ("2", "Other"))]
        events = make("ticket_info", push("execution.spot", *trades, {**SPOT_FILL, "execId": "3"}))
        assert [event["T"] for event in events] == ["1", "3"]

    def test_balances_of_all_coins_and_then_of_those_that_changed(self) -> None:
        translator = start("outbound_account_info")
        usdt = {"coin": "USDT", "walletBalance": "10000000097.198282314400", "locked": ""}
        (event,) = hear(translator, wallet(COIN, usdt))
        assert [event[name] for name in "eETWD"] == ["outboundAccountInfo", "1699764599843", True, True, True]
        assert event["B"] == [
            {"a": "ETH", "f": "2.25", "l": "0.25"},
            {"a": "USDT", "f": "10000000097.1982823144", "l": "0"},
        ]
        event["B"][0].clear()  # a message is the caller's own
        assert hear(translator, wallet(COIN, usdt)) == []
        (event,) = hear(translator, wallet({**COIN, "walletBalance": "3.6"}, usdt))
        assert event["B"] == [{"a": "ETH", "f": "2.35", "l": "0.25"}]
        (event,) = hear(translator, wallet({**COIN, "walletBalance": "3.7", "locked": "0.35"}, usdt))
        assert event["B"] == [{"a": "ETH", "f": "2.35", "l": "0.35"}]

    def test_a_balance_of_more_digits_than_decimals_have_by_default(self) -> None:
        coin = {"coin": "SHIB", "walletBalance": "123456789012345678.123456789012345678", "locked": "1"}
        (event,) = make("outbound_account_info", wallet(coin))
        assert event["B"][0]["f"] == "123456789012345677.123456789012345678"


class TestStopOrders:
    STATUSES: tuple[tuple[str, str, bool], ...] = (
        ("Untriggered", "ORDER_NEW", False),
        ("Triggered", "ORDER_FILLED", True),
        ("Deactivated", "ORDER_CANCELED", False),
        ("Cancelled", "ORDER_CANCELED", False),
        ("Rejected", "ORDER_FAILED", True),
    )

    @pytest.mark.parametrize(("status", "said", "timed"), STATUSES)
    def test_spot_statuses(self, status: str, said: str, timed: bool) -> None:
        message = spot_order(**{**STOPPED, "orderStatus": status})
        (event,) = make("stop_execution_report", message)
        assert event == {
            "e": "stop_executionReport",
            "E": "1699764599843",
            "s": "ETHUSDT",
            "c": "mine",
            "S": "SELL",
            "o": "LIMIT",
            "f": "GTC",
            "q": "2.5",
            "p": "1850.5",
            "X": said,
            "i": "1551",
            "T": "1699764599837",
            "t": "1699764599841" if timed else "0",
            "C": "1699764599841",
            "qp": "1849.1",
            "eo": "1551",
            "ti": "",
            "si": "",
        }
        assert make("execution_report", message) == []

    @pytest.mark.parametrize(
        ("statuses", "stops", "orders"),
        [
            (["Untriggered", "Deactivated"], ["ORDER_NEW", "ORDER_CANCELED"], []),
            (["Untriggered", "Triggered", "Filled"], ["ORDER_NEW", "ORDER_FILLED"], ["FILLED"]),
            (["Triggered", "New", "Cancelled"], ["ORDER_FILLED"], ["NEW", "CANCELED"]),
            (["Triggered", "Cancelled"], ["ORDER_FILLED"], ["CANCELED"]),
            (["New", "Cancelled"], [], ["NEW", "CANCELED"]),
            (["PartiallyFilled", "PartiallyFilledCanceled"], [], ["PARTIALLY_FILLED", "CANCELED"]),
        ],
    )
    def test_each_push_goes_to_one_of_the_two_streams(
        self, statuses: list[str], stops: list[str], orders: list[str]
    ) -> None:
        messages = [spot_order(**{**STOPPED, "orderStatus": status}) for status in statuses]
        assert [event["X"] for event in make("stop_execution_report", *messages)] == stops
        assert [event["X"] for event in make("execution_report", *messages)] == orders

    def test_one_cancelled_that_was_filled_in_part_had_been_triggered(self) -> None:
        message = spot_order(**{**STOPPED, "orderStatus": "Cancelled", "cumExecQty": "0.5", "updatedTime": "9" * 13})
        assert make("stop_execution_report", message) == []
        assert [event["X"] for event in make("execution_report", message)] == ["CANCELED"]

    @pytest.mark.parametrize("kind", ["", "UNKNOWN"])
    def test_an_order_without_a_type_of_stop_order_is_none(self, kind: str) -> None:
        assert make("stop_execution_report", spot_order(stopOrderType=kind)) == []
        assert make("stop_order", inverse_order(stopOrderType=kind)) == []

    @pytest.mark.parametrize(
        ("statuses", "stops", "orders"),
        [
            (["Untriggered", "Triggered", "New"], ["Untriggered", "Triggered", "Active"], ["New"]),
            (["Triggered", "New", "New", "Filled"], ["Triggered", "Active"], ["New", "New", "Filled"]),
            (["Untriggered", "Deactivated"], ["Untriggered", "Deactivated"], []),
            (["Untriggered", "Cancelled"], ["Untriggered", "Deactivated"], []),
            (["Triggered", "Filled"], ["Triggered"], ["Filled"]),
            (["Triggered", "New", "Cancelled"], ["Triggered", "Active"], ["New", "Cancelled"]),
            (["Rejected"], ["Rejected"], []),
        ],
    )
    def test_inverse_statuses(self, statuses: list[str], stops: list[str], orders: list[str]) -> None:
        messages = [inverse_order(**{**STOPPED, "orderStatus": status}) for status in statuses]
        assert [row["order_status"] for row in rows(make("stop_order", *messages))] == stops
        assert [row["order_status"] for row in rows(make("order", *messages))] == orders

    def test_an_inverse_stop_order(self) -> None:
        (message,) = make("stop_order", inverse_order(**STOPPED, cancelType="CancelByUser"))
        assert message == {
            "topic": "stop_order",
            "data": [
                {
                    "order_id": "ae802ad5",
                    "order_link_id": "mine",
                    "user_id": 100401071,
                    "symbol": "ETHUSDZ26",
                    "side": "Buy",
                    "order_type": "Limit",
                    "price": "1850.5",
                    "qty": 15,
                    "time_in_force": "GoodTillCancel",
                    "create_type": "CreateByUser",
                    "cancel_type": "CancelByUser",
                    "order_status": "Untriggered",
                    "stop_order_type": "Stop",
                    "trigger_by": "LastPrice",
                    "trigger_price": "1800",
                    "close_on_trigger": False,
                    "timestamp": "2025-12-22T20:55:47.942Z",
                }
            ],
        }

    def test_so_many_are_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(conditional, "ORDERS", 3)
        translator = start("execution_report")
        for name in "12345":
            hear(translator, spot_order(**{**STOPPED, "orderStatus": "Triggered", "orderId": name}))
        cancelled = [spot_order(**{**STOPPED, "orderStatus": "Cancelled", "orderId": name}) for name in "12345"]
        assert [event["i"] for event in hear(translator, *cancelled)] == ["3", "4", "5"]


class TestInverse:
    def test_an_order(self) -> None:
        (message,) = make("order", inverse_order())
        assert message == {
            "topic": "order",
            "data": [
                {
                    "order_id": "ae802ad5",
                    "order_link_id": "mine",
                    "symbol": "ETHUSDZ26",
                    "side": "Buy",
                    "order_type": "Limit",
                    "price": "1850.5",
                    "qty": 15,
                    "time_in_force": "GoodTillCancel",
                    "create_type": "CreateByUser",
                    "cancel_type": "",
                    "order_status": "New",
                    "leaves_qty": 15,
                    "cum_exec_qty": 0,
                    "cum_exec_value": "0",
                    "cum_exec_fee": "0",
                    "timestamp": "2025-12-22T20:55:47.940Z",
                    "take_profit": "0",
                    "stop_loss": "1700",
                    "trailing_stop": "0",
                    "trailing_active": "0",
                    "last_exec_price": "0",
                    "reduce_only": False,
                    "close_on_trigger": False,
                }
            ],
        }

    @pytest.mark.parametrize("status", ["New", "PartiallyFilled", "Filled", "Cancelled", "Rejected", "SomethingNewer"])
    def test_statuses_of_orders(self, status: str) -> None:
        (row,) = rows(make("order", inverse_order(orderStatus=status)))
        assert row["order_status"] == status

    @pytest.mark.parametrize(
        ("force", "said"),
        [
            ("GTC", "GoodTillCancel"),
            ("IOC", "ImmediateOrCancel"),
            ("FOK", "FillOrKill"),
            ("PostOnly", "PostOnly"),
            ("RPI", "RPI"),
        ],
    )
    def test_times_in_force(self, force: str, said: str) -> None:
        (row,) = rows(make("order", inverse_order(timeInForce=force)))
        assert row["time_in_force"] == said

    def test_orders_of_one_push_stay_together_also_when_they_waited(self) -> None:
        filled = {"orderId": "2", "orderStatus": "PartiallyFilled", "cumExecQty": "10", "leavesQty": "5"}
        orders = [{**INVERSE_ORDER, "orderId": "1"}, {**INVERSE_ORDER, **filled}, {**INVERSE_ORDER, **STOPPED}]
        translator = start("order")
        assert hear(translator, push("order.inverse", *orders), inverse_order(orderId="4")) == []
        first, second = hear(translator, push("execution.inverse", {**INVERSE_FILL, "orderId": "2"}))
        assert [(row["order_id"], row["last_exec_price"]) for row in first["data"]] == [("1", "0"), ("2", "1850.5")]
        assert [row["order_id"] for row in second["data"]] == ["4"]

    def test_executions_but_no_funding(self) -> None:
        kinds = ("Trade", "Funding", "AdlTrade", "SomethingNewer")
        items = [{**INVERSE_FILL, "execType": kind, "category": ""} for kind in kinds]
        (message,) = make("execution", push("execution.inverse", *items))
        assert [row["exec_type"] for row in message["data"]] == ["Trade", "AdlTrade", "SomethingNewer"]
        assert message["data"][0] == {
            "symbol": "ETHUSDZ26",
            "side": "Buy",
            "order_id": "ae802ad5",
            "exec_id": "0ab1bdf7",
            "order_link_id": "mine",
            "price": "1850.5",
            "order_qty": 15,
            "exec_type": "Trade",
            "exec_qty": 10,
            "exec_fee": "0.00000009",
            "leaves_qty": 5,
            "is_maker": False,
            "trade_time": "2025-12-22T20:55:47.940Z",
        }
        assert make("execution", push("execution.inverse", items[1])) == []

    def test_a_position(self) -> None:
        translator = start("position")
        position = PUSHES["position"][1]
        (message,) = hear(translator, position)
        expected = {
            "user_id": 0,
            "symbol": "ETHUSDZ26",
            "size": 15,
            "side": "Buy",
            "position_value": "0.00810592",
            "entry_price": "1850.5",
            "liq_price": "0",
            "leverage": "10",
            "position_margin": "0.00081545",
            "take_profit": "0",
            "stop_loss": "1700",
            "realised_pnl": "-0.00000009",
            "trailing_stop": "0",
            "risk_id": 1,
            "auto_add_margin": 0,
            "cum_realised_pnl": "-0.25",
            "position_status": "Normal",
            "position_seq": SEQ,
            "position_idx": 0,
        }
        assert message == {"topic": "position", "action": "update", "data": [expected]}
        assert hear(translator, wallet({**COIN, "coin": "BTC"}), inverse_order()) == []
        assert rows(hear(translator, position)) == [{**expected, "user_id": 100401071}]
        assert hear(translator, wallet(COIN), push("execution.inverse", INVERSE_FILL, id="no-such")) == []
        balances = {"wallet_balance": "3.5", "available_balance": "2.64918455"}
        assert rows(hear(translator, position)) == [{**expected, **balances, "user_id": 100401071}]
        hear(translator, wallet({**COIN, "totalPositionIM": ""}))
        (row,) = rows(hear(translator, position))
        assert ("available_balance" in row, row["wallet_balance"]) == (False, "3.5")

    def test_a_flat_position_of_the_one_way_mode(self) -> None:
        (row,) = rows(make("position", push("position.inverse", {**POSITION, "side": "", "size": "0", "leverage": ""})))
        assert (row["side"], row["size"], row["leverage"]) == ("None", 0, "0")

    @pytest.mark.parametrize(
        ("more", "available", "said"),
        [
            ({}, "", "3.14918455"),  # isolated: losses are the position's own
            ({}, "9556.6", "2.64918455"),
            ({"unrealisedPnl": "0.7"}, "9556.6", "3.14918455"),
            ({"bonus": "0.1"}, "", "3.04918455"),
            ({"totalOrderIM": ""}, "9556.6", None),
        ],
    )
    def test_what_is_available(self, more: dict[str, str], available: str, said: str | None) -> None:
        (row,) = rows(make("wallet", wallet({**COIN, **more}, available=available)))
        assert row.get("available_balance") == said
        assert (row["user_id"], row["coin"], row["wallet_balance"]) == (0, "ETH", "3.5")

    def test_the_wallet_tells_the_coins_that_changed(self) -> None:
        translator = start("wallet")
        btc = {**COIN, "coin": "BTC"}
        (message,) = hear(translator, wallet(COIN, btc))
        assert (message["topic"], [row["coin"] for row in message["data"]]) == ("wallet", ["ETH", "BTC"])
        message["data"][0].clear()  # a message is the caller's own
        assert hear(translator, wallet(COIN, btc)) == []
        assert [row["coin"] for row in rows(hear(translator, wallet(COIN, {**btc, "locked": "0"})))] == ["BTC"]


COINS = st.fixed_dictionaries(
    {name: st.sampled_from(["", "0", "0.00", "1.5", "-2.25", "100"]) for name in COIN if name != "coin"}
)
ACCOUNTS = st.tuples(st.dictionaries(st.sampled_from(["ETH", "BTC"]), COINS, min_size=1), st.sampled_from(["", "9.5"]))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["wallet", "outbound_account_info"]), st.lists(ACCOUNTS, min_size=2, max_size=5))
def test_balances_are_told_when_what_is_told_of_them_differs(stream: str, pushes: list[Any]) -> None:
    """A coin is told just when the row that a translator without a memory makes of it is another one."""
    translator, last = start(stream), {}
    for coins, available in pushes:
        message = wallet(*({**coin, "coin": name} for name, coin in coins.items()), available=available)
        whole, changed = make(stream, message), hear(translator, message)
        rows_of = {row.get("coin") or row["a"]: row for one in whole for row in one.get("data") or one["B"]}
        expected = [row for name, row in rows_of.items() if last.get(name) != row]
        assert [row for one in changed for row in one.get("data") or one["B"]] == expected
        last.update(rows_of)


def damaged(stream: str) -> list[list[dict[str, Any]]]:
    """Return the pushes of a stream, each time with another value that is wrong."""
    found = []
    for index, message in enumerate(PUSHES[stream]):
        for key in {**message, **message["data"][0]}:
            for value in (None, [], "x", "1e999999999", "NaN"):
                messages = copy.deepcopy(PUSHES[stream])
                place = messages[index] if key in message else messages[index]["data"][0]
                place[key] = value
                found.append(messages)
    return found


def survives(translator: Translator, message: dict[str, Any]) -> bool:
    """Return whether a message was understood."""
    try:
        translator.translate(message, 0.0)
    except MALFORMED:
        return False
    return True


@pytest.mark.parametrize("stream", PUSHES)
def test_a_malformed_push_leaves_nothing_behind_that_stands_in_the_way(stream: str) -> None:
    refused = 0
    for messages in damaged(stream):
        translator = start(stream)
        refused += [survives(translator, message) for message in messages].count(False)
        translator.flush(joining.HOLD)
        assert hear(translator, *_others(stream), now=joining.HOLD), messages
    assert refused


def _others(stream: str) -> list[dict[str, Any]]:
    """Return the pushes of a stream once more, of another order and with other balances."""
    messages = copy.deepcopy(PUSHES[stream])
    for message in messages:
        for item in message["data"]:
            item.update({"orderId": "another", "execId": "another"} if "orderId" in item else {})
            for coin in item.get("coin", ()):
                coin["walletBalance"] = "77"
    return messages


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "0"),
            ("0", "0"),
            ("0.00", "0"),
            ("1000", "1000"),
            ("100.00", "100"),
            ("0.50", "0.5"),
            ("-1.50", "-1.5"),
            ("1E-8", "0.00000001"),
            ("0E-18", "0"),
        ],
    )
    def test_plain(self, text: str, said: str) -> None:
        assert amounts.plain(text) == said

    @settings(max_examples=30, deadline=None)
    @given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**12), max_value=10**12))
    def test_an_amount_and_its_text_are_the_same(self, value: Decimal) -> None:
        text = format(value, "f")
        assert amounts.told(amounts.amount(text)) == amounts.plain(text).replace("-0", "0", text.strip("-0.") == "")
        assert Decimal(amounts.plain(text)) == value

    @pytest.mark.parametrize(("text", "said"), [("", 0), ("15", 15), ("15.000", 15), ("0.5", 0.5), ("-2", -2)])
    def test_number(self, text: str, said: float) -> None:
        found = amounts.number(text)
        assert (type(found), found) == (type(said), said)

    @pytest.mark.parametrize("text", ["x", "NaN", "sNaN", "Infinity", "1e40", "1e-40", "0E-99", "²", "\ud800"])
    def test_what_is_no_amount(self, text: str) -> None:
        with pytest.raises(ValueError, match="no amount"):
            amounts.amount(text)

    def test_iso(self) -> None:
        assert amounts.iso("1579010843629") == "2020-01-14T14:07:23.629Z"
        assert amounts.iso("1579010843000") == "2020-01-14T14:07:23.000Z"
        assert amounts.iso("5") == "1970-01-01T00:00:00.005Z"

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.decimals(-(10**20), 10**20, places=18), min_size=1, max_size=4))
    def test_what_is_left_is_exact_whatever_precision_the_user_works_with(self, values: list[Decimal]) -> None:
        texts = [format(value, "f") for value in values]
        with decimal.localcontext() as context:
            context.prec = 3
            said = amounts.left(*texts)
            assert decimal.getcontext().prec == 3
        with decimal.localcontext() as context:
            context.prec = 60
            assert Decimal(said) == values[0] - sum(values[1:])

    def test_only_so_many_texts_are_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(amounts, "MANY", 3)
        for number in range(10):
            text = f"{number}.50"
            assert (amounts.plain(text), amounts.number(text)) == (f"{number}.5", number + 0.5)
            assert amounts.amount(text) == number + Decimal("0.5")
            assert amounts.iso(f"{number}000")[-6:] == f"{number}.000Z"
            assert amounts.plains(text) == f"{number}.5"
        assert amounts.plains("0.50") is None
