from __future__ import annotations

import pytest

from bybit_ws._backoff import FIRST, Backoff
from bybit_ws._retry import LONGEST, SLOW_DOWN, Retry
from bybit_ws.exceptions import (
    AuthenticationError,
    BybitWebSocketError,
    ConnectionFailed,
    ConnectionLost,
    ProtocolError,
)

LOST, FAILED, REFUSED = ConnectionLost("lost"), ConnectionFailed("no answer"), AuthenticationError("no")


def retry(first: int = 3, again: bool = True) -> Retry:
    return Retry(first, again, Backoff(lambda low, high: high))


def test_the_first_connection_is_attempted_a_few_times() -> None:
    attempts = retry(3)
    worth = []
    for _ in range(3):
        attempts.attempts += 1
        worth.append(attempts.worth(FAILED))
    assert worth == [True, True, False]


def test_or_for_ever() -> None:
    attempts = retry(0)
    attempts.attempts = 10**6
    assert attempts.worth(FAILED)
    assert Retry(1, True).delay(FAILED) <= FIRST


@pytest.mark.parametrize("failure", [REFUSED, ConnectionFailed("gone", status=404, final=True)])
def test_what_no_attempt_can_change_is_attempted_once(failure: BybitWebSocketError) -> None:
    assert not retry(0).worth(failure)


@pytest.mark.parametrize("failure", [LOST, FAILED, REFUSED, ConnectionFailed("gone", final=True)])
@pytest.mark.parametrize("again", [True, False])
def test_one_that_was_ready_is_made_again_for_ever_or_never(failure: BybitWebSocketError, again: bool) -> None:
    attempts = retry(1, again)
    attempts.ready(0)
    attempts.attempts = 100
    assert attempts.worth(failure) is again


def test_it_tells_how_long_it_was_down_and_how_many_attempts_it_took() -> None:
    attempts = retry()
    assert not attempts.was_ready
    attempts.attempts = 2
    assert attempts.ready(10) == (None, 2)
    attempts.lost(20)
    attempts.attempts = 3
    assert attempts.ready(25) == (5, 3)
    assert (attempts.was_ready, attempts.attempts, attempts.reconnects) == (True, 0, 1)


def test_a_connection_that_held_forgets_earlier_failures() -> None:
    attempts = retry()
    attempts.lost(0)
    delays = [attempts.delay(LOST), attempts.delay(LOST)]
    attempts.ready(10)
    attempts.lost(10.1)
    delays.append(attempts.delay(LOST))
    attempts.ready(20)
    attempts.lost(30)
    delays.append(attempts.delay(LOST))
    assert delays == [0.25, 0.5, 1.0, 0.25]


@pytest.mark.parametrize(
    ("failure", "delay"),
    [
        (ConnectionFailed("", status=429, retry_after=77.0), 77.0),
        (ConnectionFailed("", status=503, retry_after=0.0), FIRST),
        (ConnectionFailed("", status=503, retry_after=1e11), LONGEST),
        (ConnectionFailed("", status=429), SLOW_DOWN),
        (ConnectionFailed("", status=403), SLOW_DOWN),
        (ConnectionFailed("", status=500), FIRST),
        (LOST, FIRST),
    ],
)
def test_a_server_that_asks_for_patience_gets_it(failure: BybitWebSocketError, delay: float) -> None:
    assert retry().delay(failure) == delay


def test_the_verdict_on_a_first_connection_is_that_it_could_not_be_made() -> None:
    attempts = retry()
    attempts.attempts = 3
    failure = ConnectionFailed("no answer", status=503, retry_after=1.0, final=True)
    verdict = attempts.verdict(failure, "spot v1")
    assert isinstance(verdict, ConnectionFailed)
    assert str(verdict) == "no answer (3 attempts)"
    assert (verdict.status, verdict.retry_after, verdict.final) == (503, 1.0, True)
    attempts.attempts = 1
    verdict = attempts.verdict(ProtocolError("nonsense"), "spot v1")
    assert isinstance(verdict, ConnectionFailed)
    assert str(verdict) == "spot v1 could not be opened: nonsense"


def test_refused_credentials_and_a_loss_are_their_own_verdict() -> None:
    attempts = retry()
    assert attempts.verdict(REFUSED, "spot v1") is REFUSED
    attempts.ready(0)
    assert attempts.verdict(LOST, "spot v1") is LOST
