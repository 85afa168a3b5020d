from __future__ import annotations

from bybit_ws._healing import CAP, GRACE, NEVER, Healing

A, B, EVERY = ("book", "A"), ("book", "B"), ("book", "*")


def ill(key: tuple[str, str] = A, wanted: tuple[str, str] = A) -> Healing:
    healing = Healing()
    assert healing.fell_ill(key, wanted, 0)
    return healing


def test_the_first_renewal_is_at_once_and_the_next_ones_later_and_later() -> None:
    healing, times = ill(), [0.0]
    assert healing.take_due(0) == [(A, A, None)]
    for _ in range(1200):  # ten hours
        times.append(healing.due)
        assert healing.take_due(healing.due) == [(A, A, None)]
    delays = [later - earlier for earlier, later in zip(times, times[1:])]
    assert delays[:7] == [1, 2, 4, 8, 16, CAP, CAP]
    assert set(delays[7:]) == {CAP}


def test_being_ill_is_news_once() -> None:
    healing = ill()
    assert not healing.fell_ill(A, A, 1)
    assert healing.due == 0


def test_a_snapshot_heals_once() -> None:
    healing = ill()
    assert healing.healed(A, 1)
    assert not healing.healed(A, 1)
    assert not healing.healed(B, 1)
    assert healing.due == NEVER


def test_a_quick_relapse_waits_and_one_after_a_healthy_while_does_not() -> None:
    healing = ill()
    healing.take_due(0)
    healing.take_due(1)  # the next one would be 2 s later
    healing.healed(A, 2)
    assert healing.fell_ill(A, A, 3)
    assert healing.due == 5
    healing.healed(A, 6)
    assert healing.fell_ill(A, A, 10)
    assert healing.due == 10


def test_what_may_be_nothing_is_given_a_while_and_told_only_then() -> None:
    for snapshot_comes in (True, False):
        healing = Healing()
        assert not healing.fell_ill(A, A, 0, "too early")
        assert healing.take_due(GRACE - 0.1) == []
        if snapshot_comes:
            assert not healing.healed(A, GRACE - 0.1), "it never was told to be ill"
            assert healing.due == NEVER
        else:
            assert healing.take_due(GRACE) == [(A, A, "too early")]
            assert healing.take_due(healing.due) == [(A, A, None)]
            assert healing.healed(A, healing.due)


def test_what_was_not_told_yet_is_forgotten_with_the_connection() -> None:
    healing = Healing()
    healing.fell_ill(A, A, 0, "too early")
    healing.lost()
    assert not healing.healed(A, 1)


def test_every_key_of_one_subscription_is_due() -> None:
    healing = ill(A, EVERY)
    healing.fell_ill(B, EVERY, 0)
    assert healing.take_due(0) == [(A, EVERY, None), (B, EVERY, None)]


def test_what_is_renewed_is_the_subscription_that_serves_the_key_now() -> None:
    healing = ill(A, EVERY)
    assert not healing.fell_ill(A, A, 1)
    assert healing.take_due(1) == [(A, A, None)]


def test_what_is_no_longer_wanted_is_forgotten() -> None:
    for key in (A, EVERY):
        healing = ill(A, EVERY)
        healing.forget(B)
        assert healing.due == 0
        healing.forget(key)
        assert healing.due == NEVER
        assert not healing.healed(A, 0)


def test_after_a_loss_nothing_is_renewed_but_the_ill_stay_ill() -> None:
    healing = ill()
    healing.take_due(0)
    healing.lost()
    assert healing.due == NEVER
    assert healing.take_due(100) == []
    assert healing.fell_ill(A, A, 100)
    assert healing.due == 100
    healing.lost()
    assert healing.healed(A, 101)
