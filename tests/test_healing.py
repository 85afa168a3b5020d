from __future__ import annotations

from bybit_ws._healing import CAP, NEVER, Healing

A, B, EVERY = ("book", "A"), ("book", "B"), ("book", "*")


def ill(key: tuple[str, str] = A, wanted: tuple[str, str] = A) -> Healing:
    healing = Healing()
    assert healing.fell_ill(key, wanted, 0)
    return healing


def test_the_first_renewal_is_at_once_and_the_next_ones_later_and_later() -> None:
    healing, times = ill(), [0.0]
    assert healing.take_due(0) == [A]
    for _ in range(1200):  # ten hours
        times.append(healing.due)
        assert healing.take_due(healing.due) == [A]
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


def test_keys_of_one_subscription_renew_it_together() -> None:
    healing = ill(A, EVERY)
    healing.fell_ill(B, EVERY, 0)
    assert healing.take_due(0) == [EVERY]


def test_what_is_renewed_is_the_subscription_that_serves_the_key_now() -> None:
    healing = ill(A, EVERY)
    assert not healing.fell_ill(A, A, 1)
    assert healing.take_due(1) == [A]


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
