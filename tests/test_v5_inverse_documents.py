"""Inverse's public streams made of V5's, against the documents' own samples and a recording."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bybit_ws._v5.fields import Quality
from tests.inverse_pushes import LAUNCH, TRANSLATIONS, delta, one, row, start
from tests.support import SHARED

shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared documents are not here")


def seeds() -> dict[str, list[dict[str, Any]]]:
    """Return the documented messages of each topic, repaired where the documents are no JSON."""
    text = (SHARED / "seeds" / "inverse-websocket.txt").read_text("utf-8")
    found: dict[str, list[dict[str, Any]]] = {}
    for block in re.findall(r"```javascript\n(\{.*?)```", text, re.DOTALL):
        plain = re.sub(r"//.*", lambda hit: "}," if "}," in hit[0] else "", block).replace("False", "false")
        message = json.loads(plain)
        if "topic" in message:
            found.setdefault(message["topic"].partition(".")[0], []).append(message)
    return found


def samples() -> dict[str, list[dict[str, Any]]]:
    """Return the V5 samples of each topic."""
    lines = (SHARED / "wire-v5.md").read_text("utf-8").splitlines()
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if line.startswith('{"topic"'):
            message = json.loads(line)
            found.setdefault(message["topic"], []).append(message)
    return found


def fits(made: Any, documented: Any, gone: set[str]) -> bool:
    """Return whether a message has the names, in their order, and the kinds of value of a documented one.

    Args:
        made: The message, or a part of it.
        documented: The same of the documents.
        gone: Documented names that are not served.
    """
    if isinstance(documented, dict):
        names = [name for name in documented if name not in gone]
        ours = isinstance(made, dict) and [name for name in made if name not in ADDED] == names
        return ours and all(fits(made[name], documented[name], gone) for name in names)
    if isinstance(documented, list):
        return isinstance(made, list) and all(fits(one, documented[0], gone) for one in made if documented)
    if type(documented) in (int, float):
        return type(made) in (int, float)
    return type(made) is type(documented)


ADDED = {"is_block_trade", "funding_rate_interval"}
"""Fields that came after the documents."""


@shared
@pytest.mark.parametrize(
    ("stream", "documented", "topic", "parameter"),
    [
        ("trade", "trade", "publicTrade.BTCUSD", None),
        ("kline", "klineV2", "kline.5.BTCUSDT", "5"),
        ("liquidation", "liquidation", "allLiquidation.BTCUSD", None),
        ("orderbook_25", "orderBookL2_25", "orderbook.50.BTCUSD", None),
        ("orderbook_200", "orderBook_200", "orderbook.50.BTCUSD", None),
        ("instrument_info", "instrument_info", "tickers.BTCUSD", None),
        ("insurance", "insurance", "insurance.inverse", None),
    ],
)
def test_the_samples_become_what_the_documents_show(stream: str, documented: str, topic: str, parameter: Any) -> None:
    translator = start(stream, "BTC" if stream == "insurance" else "BTCUSD", parameter)
    translator.answered(LAUNCH if stream == "instrument_info" else None, 0.0)
    made = [one(translator, message) for message in samples()[topic]]
    gone = {field.name for field in TRANSLATIONS[stream].fields if field.quality is Quality.MISSING}
    whole, *others = expected = seeds()[documented]
    assert len(made) == len(expected)
    for other in others:
        if stream == "instrument_info":  # what changed is another matter: of that, the names and kinds of the whole
            (names,) = made[1]["data"]["update"]
            other["data"]["update"] = [{name: whole["data"][name] for name in names}]
    assert [fits(*pair, gone) for pair in zip(made, expected)] == [True] * len(made)


@shared
def test_the_sample_of_a_changed_book_changes_the_window_as_documented() -> None:
    translator = start("orderbook_25")
    snapshot, change_ = (one(translator, message) for message in samples()["orderbook.50.BTCUSD"])
    assert [(level["price"], level["side"], level["size"]) for level in snapshot["data"]] == [
        ("86614.70", "Buy", 63142),
        ("86617.90", "Buy", 5790),
        ("86618.00", "Sell", 30),
        ("86621.50", "Sell", 5),
    ]
    assert change_["data"] == delta([row("86614.70", "Buy")], [], [row("86614.60", "Buy", 211521)])
    assert (change_["cross_seq"], change_["timestamp_e6"]) == (118127548611, 1790133764483000)


def recorded() -> list[dict[str, Any]]:
    lines = (SHARED / "recordings" / "inverse-2021-04-17.jsonl").read_text("utf-8").splitlines()
    frames = [json.loads(line) for line in lines]
    return [json.loads(frame["text"]) for frame in frames if frame["dir"] == "in" and '"topic"' in frame["text"][:10]]


def as_v5(message: dict[str, Any], update: int) -> dict[str, Any]:
    """Return a recorded book message as V5 would have said it."""
    data, kind = message["data"], message["type"]
    rows = data if kind == "snapshot" else [level for name in ("delete", "update", "insert") for level in data[name]]
    sides = {
        name: [[level["price"], str(level.get("size", 0))] for level in rows if level["side"] == side]
        for name, side in (("b", "Buy"), ("a", "Sell"))
    }
    said = {"s": rows[0]["symbol"], **sides, "u": update, "seq": message["cross_seq"]}
    return {"topic": f"orderbook.50.{said['s']}", "type": kind, "ts": message["timestamp_e6"] // 1000, "data": said}


def unordered(message: dict[str, Any]) -> dict[str, Any]:
    """Return a book message with its rows in one order, and its time to the millisecond."""
    data = message["data"]
    if message["type"] == "delta":
        names = ("delete", "update", "insert")
        data = {**data, **{name: sorted(data[name], key=lambda level: str(level["id"])) for name in names}}
    return {**message, "data": data, "timestamp_e6": message["timestamp_e6"] // 1000 * 1000}


@shared
@pytest.mark.parametrize("symbol", ["BTCUSD", "EOSUSD"])
def test_a_recorded_book_said_in_v5_comes_back_as_it_was_recorded(symbol: str) -> None:
    translator = start("orderbook_25", symbol)
    books = [message for message in recorded() if message["topic"] == f"orderBookL2_25.{symbol}"]
    assert len(books) > 500
    for update, message in enumerate(books, start=2):
        assert unordered(one(translator, as_v5(message, update))) == unordered(message)


KEYS = {"T": "trade_time_ms", "s": "symbol", "S": "side", "L": "tick_direction", "i": "trade_id", "seq": "cross_seq"}


@shared
def test_recorded_trades_said_in_v5_come_back_as_they_were_recorded() -> None:
    trades = [message for message in recorded() if message["topic"].startswith("trade.")]
    assert len(trades) == 76
    for message in trades:
        said = [
            {key: old[name] for key, name in KEYS.items()}
            | {"v": str(old["size"]), "p": f"{old['price']:.3f}", "BT": False}
            for old in message["data"]
        ]
        made = one(start("trade", said[0]["s"]), {"topic": "publicTrade", "data": said})
        for trade in made["data"]:
            assert trade.pop("is_block_trade") == "false"
        assert made == message
        assert json.dumps(made["data"][0]["price"]) == json.dumps(message["data"][0]["price"])
