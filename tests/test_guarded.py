"""A session behind its lock: what a change brings about is sent and reported, in order, and faults stay inside."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from support import Events, wait_until

from bybit_ws import _pace
from bybit_ws._dialects import spot_v1
from bybit_ws._guarded import Guarded, show_trace
from bybit_ws._lifecycle import State
from bybit_ws._redact import Redactor
from bybit_ws._reporter import Reporter
from bybit_ws._session import Session
from bybit_ws._topics import PUBLIC_V1
from bybit_ws.events import Connected
from bybit_ws.exceptions import ConnectionLost


class Wire:
    """Stands where a transport stands: the seam of ``Guarded``."""

    def __init__(self, broken: bool = False) -> None:
        self.sent: list[str] = []
        self.broken, self.aborted = broken, False

    def send(self, text: str) -> None:
        if self.broken:
            raise ConnectionLost("gone")
        self.sent.append(text)

    def abort(self) -> None:
        self.aborted = True


def guarded(wire: Any = None, redact: Redactor | None = None) -> tuple[Guarded, Events, Reporter]:
    seen = Events()
    reporter = Reporter(seen)
    one = Guarded(Session(spot_v1), PUBLIC_V1, reporter, redact)
    one.transport = wire
    return one, seen, reporter


def test_what_a_change_brings_about_is_sent_and_reported() -> None:
    wire = Wire()
    one, seen, reporter = guarded(wire)

    def change(session: Session) -> str:
        session.outbox += ["first", "second"]
        session.events.append(Connected())
        return "result"

    assert one.change(change) == "result"
    assert wire.sent == ["first", "second"]
    assert not seen, "reported with no lock held"
    reporter.drain()
    assert seen == [Connected()]
    one.change(lambda session: None)
    assert wire.sent == ["first", "second"]


def test_the_moment_of_the_last_change_of_state_is_kept() -> None:
    one, _, _ = guarded()
    since = one.since
    one.change(lambda session: None)
    assert one.since == since
    one.change(Session.connecting)
    assert one.since >= since
    assert one.state is State.CONNECTING


def test_a_change_that_raises_lets_the_lock_go() -> None:
    one, _, _ = guarded()
    with pytest.raises(ZeroDivisionError):
        one.change(lambda session: 1 / 0)
    assert one.change(lambda session: 7) == 7


def test_a_broken_wire_is_left_to_the_reader() -> None:
    wire = Wire(broken=True)
    one, _, _ = guarded(wire)
    one.send("text")
    assert wire.aborted


def test_without_a_wire_nothing_is_sent() -> None:
    guarded()[0].send("text")


def test_what_is_too_much_at_once_stays_for_later() -> None:
    wire = Wire()
    one, _, _ = guarded(wire)
    one.change(lambda session: session.outbox.extend(map(str, range(_pace.BURST + 20))))
    assert wire.sent == [str(number) for number in range(_pace.BURST)]
    assert one.change(lambda session: session.due) == 0.0
    assert wait_until(lambda: one.change(lambda session: not session.outbox))
    assert wire.sent == [str(number) for number in range(_pace.BURST + 20)]


def test_changes_of_many_threads_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pace, "BURST", 10_000)
    wire = Wire()
    one, _, _ = guarded(wire)

    def change(session: Session, number: int) -> None:
        session.outbox += [f"{number} begins", f"{number} ends"]

    threads = [
        threading.Thread(target=lambda n=number: [one.change(lambda s: change(s, n)) for _ in range(200)])
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(wire.sent) == 1600
    assert all(begin.split()[0] == end.split()[0] for begin, end in zip(wire.sent[::2], wire.sent[1::2]))


def test_frames_are_traced_in_both_directions_and_redacted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bybit_ws.trace")
    one, _, _ = guarded(Wire(), Redactor("a-long-api-key", "the-secret"))
    one.change(Session.connecting)
    one.send('{"args":["a-long-api-key","the-secret","' + "ab" * 32 + '"]}')
    batches = [[b'{"pong":1,"key":"a-long-api-key"}', b"{}"], [], None]
    assert list(one.traced(iter(batches))) == batches
    assert [record.getMessage() for record in caplog.records] == [
        'spot v1 > {"args":["a-lo…","<secret>","<signature>"]}',
        'spot v1 < {"pong":1,"key":"a-lo…"}',
        "spot v1 < {}",
    ]


def test_nothing_is_traced_unless_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bybit_ws.trace")
    one, _, _ = guarded(Wire())
    one.send("text")
    assert list(one.traced(iter([[b"{}"]]))) == [[b"{}"]]
    assert not caplog.records


def test_the_trace_is_seen_without_a_logging_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = logging.getLogger("bybit_ws.trace")
    monkeypatch.setattr(trace, "handlers", [])
    monkeypatch.setattr(trace, "level", logging.NOTSET)
    show_trace()
    assert trace.level == logging.DEBUG
    assert not trace.handlers, "the user's own handlers are used"
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    show_trace()
    show_trace()
    assert [type(one) for one in trace.handlers] == [logging.StreamHandler]
