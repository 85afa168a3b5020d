"""What waits, against a model; what a user may ask for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_ws import ConfigurationError, Queue
from bybit_ws._backlog import POLICIES, SIZE, Backlog, queue_of


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_a_queue(policy: str) -> None:
    assert queue_of(policy) == Queue(policy, SIZE)
    assert queue_of(Queue(policy, 5)) == Queue(policy, 5)


def test_none_is_none() -> None:
    assert queue_of(None) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [("drop", "one of block, drop_oldest, latest, raise, not 'drop'"), (5, "queue must be one of"), (True, "queue")],
)
def test_what_is_no_queue(given: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        queue_of(given)


@pytest.mark.parametrize("size", [0, -1, 1.5, True, None, "10"])
def test_what_is_no_size(size: Any) -> None:
    with pytest.raises(ConfigurationError, match="size"):
        Queue("block", size)


def filled(policy: str, size: int, *items: tuple[Any, Any]) -> tuple[Backlog, list[bool]]:
    backlog = Backlog(Queue(policy, size))
    return backlog, [backlog.put(*item) for item in items]


def drained(backlog: Backlog) -> list[Any]:
    return [backlog.take() for _ in range(len(backlog))]


@pytest.mark.parametrize("policy", ["block", "raise"])
def test_a_full_queue_that_drops_nothing_is_full(policy: str) -> None:
    backlog, dropped = filled(policy, 2, ("a", 1))
    assert not backlog.full
    backlog.put("a", 2)
    assert backlog.full
    assert drained(backlog) == [1, 2]
    assert dropped == [False]
    assert backlog.dropped == 0


def test_the_oldest_makes_room() -> None:
    backlog, dropped = filled("drop_oldest", 2, ("a", 1), ("b", 2), ("a", 3), ("a", 4))
    assert dropped == [False, False, True, True]
    assert not backlog.full
    assert backlog.dropped == 2
    assert drained(backlog) == [3, 4]


def test_the_newest_waits_at_the_place_of_the_one_before() -> None:
    backlog, dropped = filled("latest", 10, ("a", 1), ("b", 2), (None, 3), ("a", 4), (None, 5), ("b", 6))
    assert not any(dropped)
    assert backlog.dropped == 2
    assert drained(backlog) == [4, 6, 3, 5]
    backlog.put("a", 7)
    assert drained(backlog) == [7]


def test_what_cannot_be_conflated_makes_room_like_anything() -> None:
    backlog, dropped = filled("latest", 2, (None, 1), ("a", 2), (None, 3), ("a", 4))
    assert dropped == [False, False, True, False]
    assert drained(backlog) == [4, 3]


def test_what_is_cleared_is_gone() -> None:
    backlog, _ = filled("latest", 5, ("a", 1), (None, 2))
    backlog.clear()
    assert len(backlog) == 0
    backlog.put("a", 3)
    assert drained(backlog) == [3]


@given(
    policy=st.sampled_from(["drop_oldest", "latest"]),
    size=st.integers(1, 5),
    script=st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", ""]))),
)
def test_whatever_comes_and_goes_order_is_kept_and_nothing_is_lost_uncounted(
    policy: str, size: int, script: list[str | None]
) -> None:
    """``None`` takes a message, ``""`` puts one that counts by itself, a letter one of a key."""
    backlog = Backlog(Queue(policy, size))
    taken: list[tuple[str, int]] = []
    put = 0
    for step in script:
        if step is None:
            taken += [backlog.take()] if len(backlog) else []
        else:
            put += 1
            backlog.put(step or None, (step, put))
        assert len(backlog) <= size
    taken += drained(backlog)
    assert len(taken) + backlog.dropped == put
    for key in ("a", "b", "c", ""):
        numbers = [number for one, number in taken if one == key]
        assert numbers == sorted(set(numbers))
    newest = {key: number for number, key in enumerate([step for step in script if step is not None], 1)}
    if policy == "latest":
        assert all((key, number) in taken for key, number in newest.items() if put <= size)
