from __future__ import annotations

import pytest
import websocket

import bybit_ws
from bybit_ws import exceptions
from bybit_ws.exceptions import BybitWebSocketError, ConnectionFailed, ConnectionLost

NAMES = [name for name in vars(exceptions) if name[0].isupper() and not name.startswith("WebSocket")]


@pytest.mark.parametrize("name", NAMES)
def test_every_error_is_of_one_tree(name: str) -> None:
    error = getattr(exceptions, name)
    assert issubclass(error, BybitWebSocketError)
    assert str(error("words")) == "words"


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = [line.split("── ")[1].split()[0] for line in exceptions.__doc__.splitlines() if "── " in line]
    there = [name for name in NAMES if issubclass(getattr(exceptions, name), BybitWebSocketError)]
    assert drawn == [name for name in there if name not in ("BybitWebSocketError", "WrongType")]
    assert all(getattr(bybit_ws, name) is getattr(exceptions, name) for name in drawn)


@pytest.mark.parametrize(
    ("error", "also"),
    [
        (exceptions.ConfigurationError, ValueError),
        (exceptions.WrongType, TypeError),
        (exceptions.WrongType, exceptions.ConfigurationError),
        (ConnectionFailed, websocket.WebSocketTimeoutException),
        (ConnectionLost, websocket.WebSocketConnectionClosedException),
    ],
)
def test_scripts_catch_them_as_they_always_did(error: type, also: type) -> None:
    with pytest.raises(also):
        raise error("words")


def test_a_failed_connection_knows_its_status() -> None:
    plain, full = ConnectionFailed("no"), ConnectionFailed("no", status=429, retry_after=5.0, final=True)
    assert (plain.status, plain.retry_after, plain.final) == (None, None, False)
    assert (full.status, full.retry_after, full.final) == (429, 5.0, True)
