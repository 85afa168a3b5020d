"""Imports point one way, and foreign libraries are met in one place each."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import bybit_ws

PACKAGE = Path(bybit_ws.__file__).parent
MODULES = {
    ".".join(("bybit_ws", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
SIMULATOR = "bybit_ws.simulator"

LAYERS = [
    {"exceptions", "_version"},
    {"events", "_topics", "_lifecycle", "_redact", "_auth", "_backoff", "_backlog", "_cell", "_heartbeat", "_side"},
    {"_arguments", "_books", "_replay", "_healing", "_inquiry", "_json", "_rhythm", "_retry", "_dialects"}
    | {"_levels", "_rates"}
    | {"_dialects._spot", "_dialects.spot_v1", "_dialects.spot_v2", "_dialects.spot_private", "_dialects.inverse"}
    | {"_dialects.v5"}
    | {name.removeprefix("bybit_ws.") for name in MODULES if name.startswith("bybit_ws._v5")}
    | {name.removeprefix("bybit_ws.") for name in MODULES if name.startswith("bybit_ws._tables")},
    {"data"},
    {"_html", "_snapshot"},
    {name.removeprefix("bybit_ws.") for name in MODULES if name.startswith("bybit_ws._views")},
    {"_options", "_sequence", "_lag", "_pace"},
    {"_party"},
    {"_streams"},
    {"_gaps", "_registry"},
    {"_intake"},
    {"_session"},
    {"_bulk", "_clock", "_parts", "_rest", "_voice", "_waiting"},
    {"_failures", "_mailbox", "_reporter", "_tape"},
    {"_inbox", "_worker"},
    {"_errands", "_places", "_transport"},
    {"_login", "_guarded"},
    {"_dispatch", "_vitals"},
    {"_life"},
    {"_connection"},
    {"_pulling"},
    {"_orderbook", "_subscription", "_sockets"},
    {"_recorder"},
    {"_recordable"},
    {"_lifetime"},
    {"_client"},
    {"_spot_v1_streams", "_spot_private_streams", "_spot_v2_streams", "_inverse_streams"},
    {"spot", "inverse"},
    {"inverse_futures", "inverse_perpetual", "pull", "_recorded"},
    {"_answers", "_played"},
    {"_player"},
    {"_played_clients"},
    {"recording"},
    {"notebook._clock", "notebook._feeds"},
    {"notebook._view"},
    {"notebook._live"},
    {"notebook"},
]
"""The client from bottom to top: a module imports from its own layer and from those below."""

PURE = set().union(*LAYERS[:11])
HEIGHT = {f"bybit_ws.{name}": height for height, names in enumerate(LAYERS) for name in names}


@cache
def imports_of(name: str) -> frozenset[str]:
    """Return what a module imports, in full; those under TYPE_CHECKING tell nothing of what runs."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            found.add(source)
            found.update(f"{source}.{alias.name}" for alias in node.names if f"{source}.{alias.name}" in MODULES)
    return frozenset(found)


def above(name: str) -> bool:
    """Return whether a module is none of the client's own: the exchange, or the command line."""
    return f"{name}.".startswith((f"{SIMULATOR}.", "bybit_ws._cli.", "bybit_ws.__main__."))


def importers_of(library: str) -> set[str]:
    return {name for name in MODULES if any(one.split(".")[0] == library for one in imports_of(name))}


def test_every_module_of_the_client_has_its_layer() -> None:
    assert {name for name in MODULES if name != "bybit_ws" and not above(name)} == set(HEIGHT)


@pytest.mark.parametrize("name", sorted(HEIGHT))
def test_imports_point_one_way(name: str) -> None:
    upward = {one for one in imports_of(name) if HEIGHT.get(one, -1) > HEIGHT[name]}
    assert upward == set()
    assert not any(above(one) for one in imports_of(name))


@pytest.mark.parametrize("name", sorted(PURE))
def test_no_pure_module_knows_threads_sockets_or_the_clock(name: str) -> None:
    foreign = {"threading", "socket", "time", "requests", "select", "ssl", "logging", "websocket"}
    allowed = {"websocket"} if name == "exceptions" else set()
    assert {one.split(".")[0] for one in imports_of(f"bybit_ws.{name}")} & foreign == allowed


def test_websocket_client_and_requests_are_met_in_one_place() -> None:
    assert importers_of("websocket") == {"bybit_ws._bulk", "bybit_ws._transport", "bybit_ws.exceptions"}
    assert importers_of("requests") == {"bybit_ws._rest"}
    assert {name for name in importers_of("websockets") if not name.startswith(SIMULATOR)} == set()


def test_pandas_is_met_where_tables_are_made_and_nowhere_else() -> None:
    libraries = "bybit_ws._tables.libraries"
    assert importers_of("pandas") == importers_of("numpy") == {libraries}
    assert importers_of("pyarrow") == {libraries, "bybit_ws._tables.files"}


def test_only_what_draws_knows_rich() -> None:
    assert {name for name in importers_of("rich") if not name.startswith("bybit_ws._cli.draw")} == set()
    assert importers_of("shtab") == {"bybit_ws._cli.completion"}


def test_the_errors_take_two_base_classes_and_nothing_else_from_websocket_client() -> None:
    tree = ast.parse(MODULES["bybit_ws.exceptions"].read_text("utf-8"))
    (names,) = [node.names for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "websocket"]
    assert {alias.name for alias in names} == {"WebSocketConnectionClosedException", "WebSocketTimeoutException"}


def test_importing_the_package_imports_neither_requests_nor_the_simulator() -> None:
    code = (
        "import sys, bybit_ws; from bybit_ws import Subscription, data; "
        "foreign = ('requests', 'websockets', 'bybit_ws.simulator', 'pybit', 'pandas', 'numpy', 'pyarrow', "
        "'anywidget', 'ipywidgets'); "
        "print([name for name in foreign if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.strip() == "[]"


def test_the_exchange_imports_no_module_of_the_client() -> None:
    for name in MODULES:
        if name.startswith(SIMULATOR):
            ours = {one for one in imports_of(name) if one.startswith("bybit_ws") and not one.startswith(SIMULATOR)}
            assert ours == set(), name


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_longer_than_300_lines(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= 300
