from __future__ import annotations

from bybit_ws._inquiry import NEVER, PATIENCE, SETTLE, Inquiry

A, B, C = ("trade", "A"), ("trade", "B"), ("kline_1m", "C")


def asked(*keys: tuple[str, str]) -> Inquiry:
    inquiry = Inquiry()
    inquiry.sent(keys)
    return inquiry


def test_the_only_open_key_is_the_guilty_one() -> None:
    inquiry = asked(A, B)
    assert inquiry.settled(A, 0)
    assert inquiry.blame(0) == B
    assert inquiry.due == NEVER


def test_a_refusal_of_nothing_open_is_about_something_else() -> None:
    inquiry = asked(A)
    assert inquiry.blame(0, "depth") is None
    inquiry.settled(A, 0)
    assert inquiry.blame(0) is None
    assert not inquiry.active


def test_a_topic_narrows_the_suspects() -> None:
    inquiry = asked(A, B, C)
    assert inquiry.blame(0, "kline") == C
    assert inquiry.blame(0, "trade") is None
    assert inquiry.active


def test_the_suspects_are_asked_for_one_by_one_once_the_others_had_their_chance() -> None:
    inquiry = asked(A, B, C)
    assert inquiry.blame(0) is None
    assert inquiry.blame(0.5) is None
    assert inquiry.next(SETTLE) is None
    inquiry.settled(B, 1)
    assert inquiry.next(0.5 + SETTLE) == A
    inquiry.sent([A])
    assert inquiry.blame(2) == A
    inquiry.settled(A, 2)
    assert inquiry.due == 2
    assert inquiry.next(2) == C
    assert inquiry.next(2 + PATIENCE - 0.1) is None
    assert inquiry.next(2 + PATIENCE) is None
    assert not inquiry.active


def test_while_one_is_asked_a_refusal_of_another_topic_is_not_its_own() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    assert inquiry.next(SETTLE) == A
    assert inquiry.blame(SETTLE, "kline") is None
    assert inquiry.blame(SETTLE, "trade") == A


def test_one_that_was_passed_over_can_still_be_confirmed_once() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    assert inquiry.next(SETTLE) == A
    assert inquiry.next(SETTLE + PATIENCE) == B
    assert inquiry.settled(A, 9)
    assert not inquiry.settled(A, 9)
    assert inquiry.due == SETTLE + 2 * PATIENCE


def test_one_that_was_passed_over_and_is_asked_for_again_is_open_once() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    inquiry.next(SETTLE)
    inquiry.next(SETTLE + PATIENCE)
    inquiry.sent([A])
    assert inquiry.settled(A, 9)
    assert not inquiry.settled(A, 9)


def test_what_is_held_waits_its_turn_and_is_asked_for_once() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    inquiry.hold([C])
    inquiry.hold([C, B])
    turns = [inquiry.next(100.0 * turn) for turn in range(1, 5)]
    assert turns == [C, B, A, None]


def test_what_is_given_up_while_held_is_not_asked_for() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    inquiry.hold([C])
    inquiry.dropped(C, 0)
    assert inquiry.next(SETTLE) == A


def test_what_is_held_is_asked_for_although_a_late_push_of_it_comes() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    inquiry.hold([C])
    assert not inquiry.settled(C, 0)
    assert inquiry.next(SETTLE) == C


def test_a_loss_forgets_everything() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    inquiry.clear()
    assert not inquiry.active
    assert not inquiry.settled(A, 0)


def test_a_refusal_of_what_was_given_up_meanwhile_blames_nobody_else() -> None:
    inquiry = asked(A)
    inquiry.dropped(A, 0)
    inquiry.sent([B])
    assert inquiry.blame(0.1) is None
    inquiry.settled(B, 0.2)
    assert inquiry.next(0.1 + SETTLE) is None
    assert not inquiry.active
    inquiry.sent([B])
    assert inquiry.blame(5) == B, "the doubt is over"


def test_the_answer_to_a_probe_that_was_given_up_blames_nobody_else() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    assert inquiry.next(SETTLE) == A
    inquiry.dropped(A, SETTLE)
    assert inquiry.next(SETTLE) is None, "its answer is waited for"
    assert inquiry.blame(SETTLE + 0.1) is None


def test_a_refusal_that_comes_too_late_has_those_passed_over_asked_for_again() -> None:
    inquiry = asked(A, B)
    inquiry.settled(B, 0)
    inquiry.sent([B])
    inquiry.blame(0)
    assert inquiry.next(SETTLE) == A
    inquiry.settled(B, 1)
    late = SETTLE + PATIENCE
    assert inquiry.next(late) is None
    assert not inquiry.active
    assert inquiry.blame(late + 1, "kline") is None
    assert not inquiry.active, "it is about something else"
    assert inquiry.blame(late + 1) is None
    assert inquiry.active
    assert inquiry.next(late + 1 + SETTLE) == A
    assert inquiry.blame(late + 2 + SETTLE) == A


def test_one_passed_over_that_speaks_is_never_blamed_for_a_late_refusal() -> None:
    inquiry = asked(A, B)
    inquiry.blame(0)
    assert inquiry.next(SETTLE) == A
    assert inquiry.next(SETTLE + PATIENCE) == B
    assert inquiry.next(SETTLE + 2 * PATIENCE) is None
    assert inquiry.settled(A, 9)
    assert inquiry.blame(10) is None
    assert inquiry.next(10 + SETTLE) == B
    assert inquiry.next(10 + SETTLE + PATIENCE) is None
