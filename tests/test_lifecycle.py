from __future__ import annotations

import pytest

from bybit_ws._lifecycle import TABLE, IllegalMove, Move, State, after


def test_a_connection_is_made_lost_and_made_again() -> None:
    state, seen = State.NEW, []
    for move in ("connect", "challenge", "ready", "lose", "connect", "lose", "connect", "ready", "close"):
        state = after(state, Move(move))
        seen.append(state.value)
    there = ["connecting", "authenticating", "ready", "waiting", "connecting"]
    assert seen == [*there, "waiting", "connecting", "ready", "closed"]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_what_is_not_in_the_table_raises_and_names_both(state: State, move: Move) -> None:
    if (state, move) in TABLE:
        assert after(state, move) is TABLE[state, move]
    else:
        with pytest.raises(IllegalMove, match=f"cannot {move.value} when {state.value}"):
            after(state, move)


def test_the_end_is_the_end_and_can_come_from_anywhere() -> None:
    assert {after(state, Move.CLOSE) for state in State} == {State.CLOSED}
    assert [move for state, move in TABLE if state is State.CLOSED] == [Move.CLOSE]
