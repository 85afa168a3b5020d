from __future__ import annotations

import dataclasses

import pytest

from bybit_ws import events
from bybit_ws.events import Connected, Event, Gap, Rejected

ALL = [one for one in vars(events).values() if isinstance(one, type) and issubclass(one, Event)]


def test_every_event_of_the_contract_exists() -> None:
    names = "Connected Disconnected Reconnected AuthenticationRefused Subscribed Rejected BookOutOfSync BookRecovered"
    names += " Event Gap Stalled SlowConsumer CallbackFailed UnknownMessage Retired RestFailed RecordingFailed"
    assert {one.__name__ for one in ALL} == set(names.split())


@pytest.mark.parametrize("kind", ALL)
def test_an_event_is_a_frozen_dataclass_with_a_socket_and_a_time(kind: type[Event]) -> None:
    given = [field.name for field in dataclasses.fields(kind) if field.init]
    event = kind(*given)
    assert [getattr(event, name) for name in given] == given
    assert (event.socket, event.at) == ("", 0.0)
    assert event.stamped("realtime", 5.0) is event
    assert (event.socket, event.at) == ("realtime", 5.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.at = 6.0


def test_where_and_when_do_not_tell_events_apart() -> None:
    assert Connected() == Connected().stamped("private", 1.0)
    assert Rejected("trade", ("A",), "no") != Rejected("trade", ("B",), "no")


def test_a_gap_may_have_no_end() -> None:
    assert Gap("trade", "A").first_id is None


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (events.Connected(), "connected"),
        (events.Subscribed("trade", ("A", "B")), "trade A B is confirmed"),
        (events.BookOutOfSync("orderBook", "A", "a level is missing"), "orderBook A is out of step and withheld"),
        (events.BookRecovered("wallet", ""), "wallet is current again"),
        (events.Stalled("trade", "A", 20.0, 3.0), "trade A has been silent for 20 s and is asked for again"),
        (events.SlowConsumer("latest", 1234, 2, 0.0), "1,234 wait, 2 were dropped"),
        (events.SlowConsumer("", 0, 0, 3.0), "callbacks held the socket up for 3.0 s"),
        (events.RestFailed("", "*", "/v5", "blocked"), "*: REST did not answer /v5: blocked"),
        (events.CallbackFailed("trade", "A", ValueError("a value")), "trade A goes on after its callback raised"),
        (events.UnknownMessage("what", "is this"), "not understood: what: is this"),
    ],
)
def test_an_event_is_told_in_a_sentence(event: Event, words: str) -> None:
    told = str(event.stamped("realtime", 1.0))
    assert told.startswith("realtime: ")
    assert words in told


def test_each_event_has_words_of_its_own() -> None:
    assert [kind for kind in ALL if kind is not Event and "__str__" not in vars(kind)] == []
