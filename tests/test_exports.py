"""What can be imported, and what an import does not do."""

from __future__ import annotations

import inspect

import pytest
import websocket
from support import run_script

import bybit_ws
from bybit_ws import exceptions
from bybit_ws._topics import ROWS


def test_the_names_of_the_contract() -> None:
    from bybit_ws import BybitWebsocket, InverseWebSocket, SpotWebSocket, inverse_perpetual, spot
    from bybit_ws.simulator import Exchange

    assert spot.WebSocket is SpotWebSocket
    assert inverse_perpetual.WebSocket is InverseWebSocket
    assert inspect.isclass(BybitWebsocket)
    assert inspect.isclass(Exchange)
    for name, path in (("PUBLIC_V1_WSS", "quote/ws/v1"), ("PUBLIC_V2_WSS", "quote/ws/v2"), ("PRIVATE_WSS", "ws")):
        assert getattr(spot, name).endswith(f"/spot/{path}")


def test_all_that_is_listed_is_there_and_sorted() -> None:
    assert all(hasattr(bybit_ws, name) for name in bybit_ws.__all__)
    assert bybit_ws.__all__ == sorted(bybit_ws.__all__)
    assert bybit_ws.__version__.count(".") >= 1


def test_every_row_has_its_method_with_a_docstring() -> None:
    assert len(ROWS) == 28
    for row in ROWS:
        owner = bybit_ws.InverseWebSocket if row.socket.name == "realtime" else bybit_ws.SpotWebSocket
        method = getattr(owner, row.method)
        assert "https://bybit-exchange.github.io/docs/" + row.anchor in (method.__doc__ or "")
        assert next(iter(list(inspect.signature(method).parameters)[1:])) == "callback"


def test_the_defaults_are_those_of_the_contract() -> None:
    expected = {
        "test": False, "domain": "bybit", "api_key": None, "api_secret": None, "ping_interval": 20, "ping_timeout": 10,
        "retries": 10, "restart_on_error": True, "open_timeout": 10, "trace_logging": False, "endpoint": None,
        "on_event": None, "auth": "message", "binary": False, "http_proxy_host": None, "http_proxy_port": None,
        "sslopt": None, "queue": None, "api": "auto",
    }  # fmt: skip
    for owner in (bybit_ws.SpotWebSocket, bybit_ws.InverseWebSocket):
        parameters = inspect.signature(owner).parameters
        assert {name: parameter.default for name, parameter in parameters.items()} == expected


@pytest.mark.parametrize(
    "name",
    ["AuthenticationError", "ConfigurationError", "ConnectionFailed", "ConnectionLost", "InvalidState", "ProtocolError",
     "RestError", "SubscriptionError"],
)  # fmt: skip
def test_the_error_tree(name: str) -> None:
    error = getattr(exceptions, name)
    assert getattr(bybit_ws, name) is error
    assert issubclass(error, exceptions.BybitWebSocketError)
    assert name in (exceptions.__doc__ or "")


def test_errors_that_scripts_catch_by_other_names() -> None:
    assert issubclass(bybit_ws.ConfigurationError, ValueError)
    assert issubclass(bybit_ws.ConnectionFailed, websocket.WebSocketTimeoutException)
    assert issubclass(bybit_ws.ConnectionLost, websocket.WebSocketConnectionClosedException)


def test_nothing_is_imported_before_it_is_used() -> None:
    done = run_script(
        """
        import sys
        before = set(sys.modules)
        import bybit_ws
        ours = {name for name in set(sys.modules) - before if name.startswith("bybit_ws")}
        assert ours == {"bybit_ws", "bybit_ws._version"}, ours
        assert "websocket" not in sys.modules
        bybit_ws.spot.WebSocket
        assert "websocket" in sys.modules
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'bybit_ws' has no attribute 'SpotWebsocket'"):
        bybit_ws.SpotWebsocket  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'SpotWebsocket'"):
        from bybit_ws import SpotWebsocket  # noqa: F401
    assert set(bybit_ws.__all__) < set(dir(bybit_ws))


def test_importing_starts_no_thread_and_loads_no_requests() -> None:
    done = run_script(
        """
        import sys, threading, logging
        import bybit_ws
        bybit_ws.SpotWebSocket(), bybit_ws.InverseWebSocket(api_key="key", api_secret="secret")
        assert threading.active_count() == 1, threading.enumerate()
        assert not {"requests", "websockets", "pybit", "asyncio"} & set(sys.modules), sys.modules.keys()
        assert logging.getLogger("bybit_ws").handlers == [], "warnings are seen where the user has configured nothing"
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_pybits_other_names_help_those_who_look_for_them() -> None:
    from bybit_ws import inverse_futures, spot

    assert inverse_futures.WebSocket is bybit_ws.InverseWebSocket
    with pytest.raises(AttributeError, match=r"pybit 5's"):
        _ = spot.HTTP
