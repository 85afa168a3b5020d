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
