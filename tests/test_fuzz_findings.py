"""What the fuzzers found, each as a plain test."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from support import read_head, tcp_peer
from talk import Talk
from test_simulator_raw import PRIVATE, REALTIME, V1, Raw

from bybit_ws import _streams
from bybit_ws._books import CAPACITY
from bybit_ws._dialects import inverse, spot_v1
from bybit_ws._rest import clock_offset
from bybit_ws._transport import Transport
from bybit_ws.events import BookOutOfSync, UnknownMessage
from bybit_ws.exceptions import ConnectionFailed, RestError
from bybit_ws.simulator import Exchange

INFO = "instrument_info.100ms"


def info(symbol: str, kind: str = "snapshot", **fields: Any) -> dict[str, Any]:
    data = fields if kind == "snapshot" else {"delete": [], "update": [fields], "insert": []}
    return {"topic": f"{INFO}.{symbol}", "type": kind, "data": data}


# -- over HTTP -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["Retry-After: \u00b2", f"Content-Length: {'9' * 30}", f"Content-Length: 1{'0' * 14}"],
    ids=["a digit that is no number", "a length beyond every number", "a length beyond every memory"],
)
def test_a_refusal_with_a_strange_header_is_a_failed_connection(header: str) -> None:
    def refuse(connection: Any) -> None:
        read_head(connection)
        connection.sendall(f"HTTP/1.1 429 Slow\r\n{header}\r\n\r\n".encode())

    with tcp_peer(refuse, hold=False) as url, pytest.raises(ConnectionFailed):
        Transport(url, 5, {}).connect()


@responses.activate
@pytest.mark.parametrize(
    "body",
    ['{"result":{"serverTime":1e999}}', '{"time_now":Infinity}', f'{{"time_now":{"9" * 400}}}', "[" * 100_000],
    ids=["infinite milliseconds", "infinite seconds", "a number too large to divide", "nested without an end"],
)
def test_a_clock_beyond_all_numbers_is_a_rest_error(body: str) -> None:
    responses.get("https://api.bybit.com/spot/v1/time", body=body)
    with pytest.raises(RestError, match="could not be read"):
        clock_offset("https://api.bybit.com", "/spot/v1/time", {})


# -- what a mad server may fill the memory with ----------------------------------------------------------


def test_a_refusal_that_names_one_pair_again_and_again_is_answered_once() -> None:
    talk = Talk(inverse)
    talk.want("trade", "A")
    talk.session.outbox.clear()
    request = {"op": "subscribe", "args": ["trade.A", "trade.NONE"] * 1000}
    talk.hear({"success": False, "ret_msg": "error", "request": request})
    assert talk.sent == [{"op": "subscribe", "args": ["trade.A"]}]


@pytest.mark.parametrize("kind", ["snapshot", "delta"])
def test_a_wildcard_keeps_no_more_symbols_than_there_can_be(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "SYMBOLS", 200)
    talk = Talk(inverse)
    talk.want("instrument_info", "*")
    delivered = sum(len(talk.hear(info(f"S{number}", kind, price=1))) for number in range(250))
    registry = talk.session.registry
    assert delivered == (200 if kind == "snapshot" else 0)
    assert len(registry.streams[INFO, "*"].views or ()) == 200
    assert len([event for event in talk.told if isinstance(event, UnknownMessage)]) == 1
    talk.wait(5.0)
    assert len(talk.told) == (200 if kind == "delta" else 0)
    assert len(talk.session.outbox) <= 3
    assert [message["data"] for _, message in talk.hear(info("S7", price=2))] == [{"price": 2}]


def test_a_record_keeps_no_more_fields_than_there_can_be() -> None:
    talk = Talk(inverse)
    talk.want("instrument_info", "A")
    assert len(talk.hear(info("A", price=1))) == 1
    fields = iter(range(10 * CAPACITY))
    for _ in range(CAPACITY // 100 - 1):
        assert len(talk.hear(info("A", "delta", **{str(next(fields)): 1 for _ in range(100)}))) == 1
    assert talk.hear(info("A", "delta", **{str(next(fields)): 1 for _ in range(100)})) == []
    assert [event.reason for event in talk.told if isinstance(event, BookOutOfSync)] == [
        f"the record has more than {CAPACITY} fields"
    ]
    assert [message["data"] for _, message in talk.hear(info("A", price=2))] == [{"price": 2}]


# -- trades ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nonsense", [{}, [1]])
def test_a_trade_whose_id_is_nonsense_does_not_spoil_the_repair(nonsense: Any) -> None:
    def trades(*ids: Any, first: bool = False) -> dict[str, Any]:
        return {"symbol": "A", "topic": "trade", "params": {}, "data": [{"v": one} for one in ids], "f": first}

    talk = Talk(spot_v1)
    talk.want("trade_v1", "A")
    talk.hear(trades("1", "2", first=True), trades("3"), trades("4"), trades(nonsense))
    talk.reconnect()
    ((_, message),) = talk.hear(trades("2", "3", "4", "5", first=True))
    assert message["data"] == [{"v": "5"}]


# -- the simulator ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (V1, "[" * 5000),
        (REALTIME, f'{{"op":"subscribe","args":{"[" * 985}{"]" * 985}}}'),
        (PRIVATE, f'{{"op":"auth","args":["key",1{"0" * 400},"signature"]}}'),
        (PRIVATE, '{"op":"auth","args":["key",9999999999999,"\\ud800"]}'),
    ],
    ids=["nested without an end", "nested too deeply to be echoed", "a time beyond all numbers", "half of a pair"],
)
def test_the_exchange_answers_a_mad_request(path: str, text: str) -> None:
    with Exchange(credentials={"key": "secret"}) as exchange, Raw(exchange.url + path) as raw:
        raw.send(text)
        answer = raw.receive()
        assert answer.get("success") is False or answer.get("auth") == "fail" or answer["code"] == "-10001"
