"""The states of one connection, as a table. Anything that is not in the table is a bug and raises."""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """Where a connection stands; the value is what ``health()`` shows."""

    NEW = "new"
    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    READY = "ready"
    WAITING = "waiting"
    CLOSED = "closed"


class Move(str, Enum):
    """What can happen to a connection."""

    CONNECT = "connect"
    CHALLENGE = "challenge"
    READY = "ready"
    LOSE = "lose"
    CLOSE = "close"


TABLE = {
    (State.NEW, Move.CONNECT): State.CONNECTING,
    (State.CONNECTING, Move.CHALLENGE): State.AUTHENTICATING,
    (State.CONNECTING, Move.READY): State.READY,
    (State.AUTHENTICATING, Move.READY): State.READY,
    (State.CONNECTING, Move.LOSE): State.WAITING,
    (State.AUTHENTICATING, Move.LOSE): State.WAITING,
    (State.READY, Move.LOSE): State.WAITING,
    (State.WAITING, Move.CONNECT): State.CONNECTING,
    **{(state, Move.CLOSE): State.CLOSED for state in State},
}


class IllegalMove(AssertionError):
    """A move that the table does not have: a bug in this package."""


def after(state: State, move: Move) -> State:
    """Return the state that follows, or raise ``IllegalMove`` naming the move and the state."""
    try:
        return TABLE[state, move]
    except KeyError:
        raise IllegalMove(f"cannot {move.value} when {state.value}") from None
