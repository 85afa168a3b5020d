"""``doctor``, in front of exchanges that are well, retired, away, silent, and that break the documented shape."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Callable

import pytest
import trustme
from support import commands, tcp_peer, wait_until
from talk import DOCUMENTED, compact

from bybit_ws.__main__ import INTERRUPTED, main
from bybit_ws._cli import checkup, doctor
from bybit_ws._cli.probe import probe
from bybit_ws._cli.report import clean
from bybit_ws._cli.shapes import differences, folly
from bybit_ws._topics import BY_STREAM, PUBLIC_V2, ROWS
from bybit_ws.simulator import Exchange

PUBLIC = [row.stream for row in ROWS if not row.private]
V2, V5 = "/spot/quote/ws/v2", "/v5/public/spot"


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchange]:
    monkeypatch.setattr(checkup, "PING", 0.05)
    with Exchange(seed=3, speed=20) as running:
        yield running


def examine(capsys: pytest.CaptureFixture[str], *words: str, seconds: float = 5) -> tuple[int, Any]:
    """Run it; return the exit code and the report."""
    code = main(["doctor", "--seconds", str(seconds), "--json", *words])
    shown = capsys.readouterr()
    assert shown.err == ""
    return code, json.loads(shown.out)


def meanwhile(act: Callable[[], None], run: Callable[[], Any]) -> Any:
    """Do something while something runs."""
    acting = threading.Thread(target=act)
    acting.start()
    try:
        return run()
    finally:
        acting.join(10)


def statuses(report: Any) -> dict[str, str]:
    return {one["stream"]: one["status"] for part in report["sockets"] for one in part["streams"]}


def remarks(report: Any, stream: str) -> str:
    found = [one for part in report["sockets"] for one in part["streams"] if one["stream"] == stream]
    return "; ".join(found[0]["remarks"])


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


# -- an exchange that is well --------------------------------------------------------------------------------


def test_all_public_streams_of_the_documented_endpoints(
    exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = examine(capsys, "--endpoint", exchange.url)
    assert (code, report["verdict"], report["problems"]) == (0, "OK", [])
    assert statuses(report) == dict.fromkeys(PUBLIC, "ok")
    assert [one["api"] for one in report["sockets"]] == ["legacy"] * 3
    assert [probe["status"] for one in report["sockets"] for probe in one["probes"]] == [101] * 3
    assert all(0 < one["ping_round_trip"] < 5 for one in report["sockets"])
    assert all(abs(one["clock_offset"]) < 5 for one in report["sockets"][:2])
    assert report["rest"] is None
    assert {one.path for one in exchange.received} == {V2, "/spot/quote/ws/v1", "/realtime"}


def test_a_retired_exchange_is_examined_over_v5(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    exchange.retire()
    code, report = examine(capsys, "--endpoint", exchange.url)
    assert (code, report["problems"]) == (0, [])
    assert statuses(report) == {**dict.fromkeys(PUBLIC, "ok"), "lt_v1": "gone"}
    assert [one["api"] for one in report["sockets"]] == ["v5"] * 3
    assert [[probe["status"] for probe in one["probes"]] for one in report["sockets"]] == [[404, 101]] * 3
    assert abs(report["rest"]["clock_offset"]) < 5
    assert report["rest"]["inverse_symbols"] > 3


def test_the_text_has_a_line_for_each_stream_and_ends_with_the_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkup, "PING", 0.05)
    assert main(["doctor", "--simulate", "--api", "v5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0][2:] for line in lines if line.startswith("| ") and "| stream" not in line] == PUBLIC
    assert [line for line in lines if line.startswith("## ")][:3] == [
        "## public_v1: v5",
        "## public_v2: v5",
        "## realtime: v5",
    ]
    assert lines[-1].startswith("**Verdict: OK**: 3 of 3 sockets opened, speaking v5; 18 of 19 public streams")
    assert any("clock offset" in line for line in lines)


def test_tls_is_measured_and_the_certificate_verified(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(checkup, "PING", 0.05)
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Exchange(seed=3, speed=20, ssl_context=context) as exchange:
        code, report = examine(capsys, "--endpoint", exchange.url)
        assert (code, report["verdict"]) == (1, "NOT REACHABLE")
        assert all("the certificate is not trusted" in problem for problem in report["problems"])
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        for name in ("SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
        code, report = examine(capsys, "--endpoint", f"public_v2={exchange.url}{V5}", "--api", "v5")
    assert (code, report["problems"]) == (0, [])
    (found,) = report["sockets"][0]["probes"]
    assert found["tls"].startswith("TLSv1.")
    assert found["tls_handshake"] > 0
    assert found["certificate_days"] > 0


# -- exchanges that are not ----------------------------------------------------------------------------------


def test_an_exchange_that_is_not_there_is_said_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--endpoint", f"ws://somebody:password@{closed_port()}/?token=password"]) == 1
    shown = capsys.readouterr()
    assert "**Verdict: NOT REACHABLE**" in shown.out
    assert shown.out.count("refused") == 6
    assert len(shown.out.splitlines()) < 25
    assert "password" not in shown.out
    assert shown.err == ""


def test_a_socket_that_is_not_served_is_a_problem(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"public_v2={exchange.url}/nowhere", f"realtime={exchange.url}/realtime"]
    code, report = examine(capsys, "--api", "legacy", "--endpoint", words[0], "--endpoint", words[1])
    assert (code, report["verdict"]) == (1, "NOT OK")
    assert [one["opened"] is None for one in report["sockets"]] == [True, False]
    (problem,) = report["problems"]
    assert "HTTP status 404" in problem


def test_a_silent_exchange_is_no_healthy_one(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    exchange.mute_connections(9)
    code, report = examine(capsys, "--endpoint", f"public_v2={exchange.url}{V2}", seconds=0.5)
    assert (code, report["verdict"]) == (1, "NOT OK")
    assert statuses(report) == {
        **dict.fromkeys(("depth_v2", "book_ticker_v2", "realtimes_v2"), "silent"),
        **dict.fromkeys(("kline_v2", "trade_v2"), "quiet"),
    }
    assert "public_v2: no ping was answered" in report["problems"]


def test_what_is_refused_is_told_in_the_exchanges_words(
    exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange.refuse_topics("orderbook.50.BTCUSDT")
    exchange.refuse_rest()
    code, report = examine(capsys, "--endpoint", f"public_v2={exchange.url}{V5}", "--api", "v5")
    assert (code, statuses(report)["depth_v2"], statuses(report)["trade_v2"]) == (1, "refused", "ok")
    assert "orderbook.50.BTCUSDT" in remarks(report, "depth_v2")
    assert [problem.partition(":")[0] for problem in report["problems"]] == ["public_v2", "REST"]
    assert "403" in report["rest"]["error"]


def test_a_broken_shape_is_found(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    """A documented socket whose trades lack a field, have one of another type, and one too many."""
    exchange.pause()
    trade = {"v": "1", "t": "1671154635003", "p": "17387.19", "m": False, "type": "0", "new": 1}
    params = {"symbol": "BTCUSDT", "binary": "false", "symbolName": "BTCUSDT"}

    def break_it() -> None:
        assert exchange.wait_for(lambda: any(one["topic"] == "trade" for one in commands(exchange, V2)))
        exchange.send(compact({"topic": "trade", "params": params, "data": trade}), V2)

    code, report = meanwhile(break_it, lambda: examine(capsys, "--endpoint", f"public_v2={exchange.url}{V2}"))
    assert (code, statuses(report)) == (1, {"trade_v2": "differs", **_others("ok")})
    assert report["problems"] == [
        "public_v2: trade_v2 differs: missing: data.q; of another type: data.t (text for int); "
        "not documented: data.new; fields in another order, which is harmless"
    ]


def test_a_broken_shape_of_v5_is_found(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    exchange.pause()
    trade = {"i": "1", "T": 1671154635003, "v": "0.1", "S": "Buy", "seq": 1, "s": "BTCUSDT", "BT": False}

    def break_it() -> None:
        asked = "publicTrade.BTCUSDT"
        assert exchange.wait_for(lambda: any(asked in one["args"] for one in commands(exchange, V5)))
        for record in (trade, {**trade, "p": 5.5}):
            exchange.send(compact({"topic": asked, "type": "snapshot", "ts": 1, "data": [record]}), V5)

    words = ("--api", "v5", "--endpoint", f"public_v2={exchange.url}{V5}")
    code, report = meanwhile(break_it, lambda: examine(capsys, *words))
    assert (code, statuses(report)) == (1, {"trade_v2": "differs", **_others("ok")})
    assert sorted(report["problems"]) == [
        "public_v2: not understood: malformed push of trade: a malformed message: KeyError('p')",
        "public_v2: trade_v2 differs: of another type: data.p (float for text)",
    ]


def _others(status: str) -> dict[str, str]:
    return {row.stream: status for row in ROWS if row.socket is PUBLIC_V2 and row.stream != "trade_v2"}


def test_a_connection_that_is_lost_meanwhile_is_a_problem(
    exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange.pause()  # so that trades are waited for

    def cut() -> None:
        assert exchange.wait_for(lambda: len(commands(exchange, V2)) == 5)
        exchange.drop(V2)
        assert exchange.wait_for(lambda: len(commands(exchange, V2)) == 10)
        exchange.resume()

    code, report = meanwhile(cut, lambda: examine(capsys, "--endpoint", f"public_v2={exchange.url}{V2}"))
    assert code == 1
    assert report["problems"][0].startswith("public_v2: lost: ")


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    asked: list[bytes] = []

    def hang(connection: socket.socket) -> None:
        asked.append(connection.recv(100))

    with tcp_peer(hang) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "bybit_ws", "doctor", "--endpoint", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(doctor.__file__).parents[2])},
        )
        assert wait_until(lambda: len(asked) == 6, 20)  # three sockets, each probed and opened
        process.send_signal(signal.SIGINT)
        shown, errors = process.communicate(timeout=20)
    assert (process.returncode, shown, errors) == (INTERRUPTED, "", "")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--seconds", "31"], "at most 30"),
        (["--endpoint", "http://host"], "endpoint must be a URL"),
        (["--endpoint", "ws://one", "--endpoint", "ws://two"], "--endpoint is one URL, or NAME=URL"),
        (["--domain", "by bit"], "domain must be a name"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert hint in line


# -- the shapes ----------------------------------------------------------------------------------------------

WHOLE = [
    pytest.param(BY_STREAM[sample["stream"]], sample["data"][0], id=sample["stream"])
    for sample in DOCUMENTED
    if sample["stream"] in PUBLIC
]


@pytest.mark.parametrize(("row", "message"), WHOLE)
def test_what_the_exchange_once_said_has_the_documented_shape(row: Any, message: Any) -> None:
    found = differences(row, message)
    assert (found.missing, found.wrong, found.unexpected, folly(row, message)) == ((), (), (), "")


def test_every_public_stream_has_such_a_sample() -> None:
    assert sorted(sample.id for sample in WHOLE) == sorted(PUBLIC)


@pytest.mark.parametrize(("row", "message"), WHOLE)
def test_each_missing_and_each_wrong_field_is_noticed(row: Any, message: Any) -> None:
    noticed, optional = 0, {"is_block_trade", "created_at", "total_turnover_e8", "total_volume"}
    for path in list(_paths(message)):
        if path[-1] in {*optional, "predicted_funding_rate_e6"}:
            continue
        name = ".".join(path).replace(".0", "[]")
        without, other = deepcopy(message), deepcopy(message)
        del _at(without, path[:-1])[path[-1]]
        assert differences(row, without).missing == (name,)
        _at(other, path[:-1])[path[-1]] = None
        assert differences(row, other).wrong[0].startswith(f"{name} (null for ")
        noticed += 1
    assert noticed >= 4


def _paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the way to each field of a message, of lists of dicts to those of the first."""
    inner = value.items() if isinstance(value, dict) else [("0", value[0])]
    for name, one in inner:
        if isinstance(one, dict) or (isinstance(one, list) and one and isinstance(one[0], dict)):
            yield from _paths(one, (*path, name))
        else:
            yield (*path, name)


def _at(message: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        message = message[int(name) if isinstance(message, list) else name]
    return message


@pytest.mark.parametrize(
    ("bids", "asks", "wrong"),
    [
        ([["2", "1"], ["1", "1"]], [["3", "1"], ["4", "1"]], ""),
        ([["3", "1"]], [["3", "1"]], "the book is crossed: bid 3, ask 3"),
        ([["1", "1"], ["2", "1"]], [["3", "1"]], "the bids are not sorted"),
        ([["1", "1"]], [["4", "1"], ["3", "1"]], "the asks are not sorted"),
        ([["1", "0"]], [["3", "1"]], "a level has no size"),
        ([], [["3", "1"]], "a side of the book is empty"),
        ([["x", "1"]], [["3", "1"]], "no book: ValueError"),
    ],
)
def test_a_book_that_cannot_be_is_noticed(bids: Any, asks: Any, wrong: str) -> None:
    rows = [{"side": "Buy", "price": price, "size": size} for price, size in reversed(bids)]
    rows += [{"side": "Sell", "price": price, "size": size} for price, size in asks]
    for stream, message in (
        ("depth_v2", {"data": {"b": bids, "a": asks}}),
        ("diff_depth_v1", {"data": [{"b": bids, "a": asks}]}),
        ("orderbook_25", {"data": rows}),
    ):
        assert folly(BY_STREAM[stream], message).startswith(wrong)
        assert bool(folly(BY_STREAM[stream], message)) == bool(wrong)


def test_a_ticker_can_be_crossed_too() -> None:
    data = {"bidPrice": "5", "bidQty": "1", "askPrice": "4", "askQty": "1"}
    assert folly(BY_STREAM["book_ticker_v2"], {"data": data}) == "the book is crossed: bid 5, ask 4"


# -- the probe, and what is shown ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "the connection was closed without an answer to the upgrade"),
        (b"220 mail.example ESMTP\r\n", "the answer to the upgrade is no HTTP"),
    ],
)
def test_a_peer_that_is_no_web_server_is_told(answer: bytes, error: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answer)

    with tcp_peer(talk, hold=False) as url:
        found = probe(url, 5)
    assert (found.error, found.status) == (error, None)
    assert found.connected is not None


def test_a_peer_that_never_answers_is_left_in_time() -> None:
    with tcp_peer(lambda connection: None) as url:
        found = probe(url, 0.2)
    assert (found.error, found.answered) == ("no answer within 0.2 s", None)


def test_nothing_private_is_shown() -> None:
    home = os.path.expanduser("~")
    text = f"wss://me:secret@host/ failed\nat {home}/ca.pem <urllib3.connection.HTTPSConnection object at 0x7f01>: no"
    assert clean(text) == "wss://host/ failed at ~/ca.pem no"
    assert len(clean("x" * 1000)) == 300


def test_a_thread_that_is_late_changes_nothing_any_more(exchange: Exchange) -> None:
    one = checkup.Checkup(PUBLIC_V2, {"endpoint": exchange.url})
    one.start()
    assert wait_until(lambda: one.opened is not None)
    one.conclude(1)
    found = {name: (finding.status, list(finding.remarks)) for name, finding in one.findings.items()}
    heard = one.client.health()["public_v2"]["messages"]
    assert wait_until(lambda: one.client.health()["public_v2"]["messages"] > heard + 5)
    assert {name: (finding.status, finding.remarks) for name, finding in one.findings.items()} == found
    one.close()
