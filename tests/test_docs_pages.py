"""The programs of the guides, the notebooks' cells and the streams' pages run, and print what is shown.

Those that ask hosts of the internet are in ``test_docs``.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_docs import ASKING, DOCS, PAGES, README, ROOT, _blocks

import bybit_ws.simulator
from bybit_ws._cli import parse
from bybit_ws._client import Client
from bybit_ws._topics import BY_STREAM
from bybit_ws.simulator import Exchange

sys.path.insert(0, str(ROOT))

from docs.generate.__main__ import pages

pytest_plugins = ["pytester"]

CELLS = ("start-notebook.md", "guides/notebooks.md")
"""Pages whose blocks are cells of one notebook."""

STREAMS = {name: text for name, text in PAGES.items() if name.startswith("streams/") and name != "streams/index.md"}
GUIDES = [
    pytest.param(code, output, id=f"{name}-{number}")
    for name, text in PAGES.items()
    if name not in (*ASKING, *CELLS, *STREAMS)
    for number, (code, output) in enumerate(_blocks(text), 1)
    if "\ndef test_" not in code
]
SUITES = [code for text in PAGES.values() for code, _ in _blocks(text) if "\ndef test_" in code]


@pytest.fixture(scope="module")
def market() -> Iterator[Exchange]:
    """The one exchange that all of the streams' pages share."""
    with Exchange(seed=1, speed=25) as running:
        yield running


def shown(output: str) -> list[str]:
    """Return lines without their numbers, which are never twice the same, and without what aligns them."""
    return [re.sub(r"[\d.,]*\d", "0", " ".join(line.split())) for line in output.splitlines()]


def run(code: str, names: dict[str, Any]) -> None:
    """Run a program; what it leaves open is closed."""
    try:
        exec(code, names)  # noqa: S102 - the pages' own code
    finally:
        for one in list(names.values()):
            if isinstance(one, Client):
                one.close()


def printed_in_order(expected: list[str], printed: list[str]) -> bool:
    lines = iter(printed)
    return all(line in lines for line in expected)


@pytest.mark.parametrize(("code", "output"), GUIDES)
def test_a_guides_program_prints_what_is_shown(
    code: str,
    output: str | None,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask_for_libraries(code)
    monkeypatch.chdir(tmp_path)
    run(code, {})
    printed = capsys.readouterr().out
    assert printed.strip()
    if output:
        assert printed_in_order(shown(output), shown(printed)), printed
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("code", SUITES)
def test_tests_that_are_shown_pass(
    code: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(code)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=code.count("\ndef test_"))


def ask_for_libraries(code: str) -> None:
    """Skip what needs an extra that is not installed."""
    for sign, library in {"to_frame": "pandas", "to_parquet": "pyarrow", "bybit_ws.notebook": "anywidget"}.items():
        if sign in code:
            pytest.importorskip(library)


@pytest.mark.parametrize("name", CELLS)
def test_the_cells_of_a_notebook_run_one_after_the_other(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = _blocks(PAGES.get(name, ""))
    assert cells
    names: dict[str, Any] = {}
    code = "\n".join(code for code, _ in cells)
    ask_for_libraries(code)
    try:
        run(code, names)
    finally:
        names["exchange"].stop()
    assert printed_in_order(shown("".join(output or "" for _, output in cells)), shown(capsys.readouterr().out))


# -- the streams -----------------------------------------------------------------------------------------------


def test_the_streams_pages_are_what_the_tables_say() -> None:
    made = {f"streams/{name}": text for name, text in pages().items()}
    assert made == {name: text for name, text in PAGES.items() if name.startswith("streams/")}, (
        "run: python -m docs.generate"
    )
    assert [name[len("streams/") : -len(".md")] for name in STREAMS] == sorted(BY_STREAM)


def alike(one: Any, other: Any) -> bool:
    """Tell whether messages have the same form; a field may be absent where it comes only at times."""
    if isinstance(one, dict) and isinstance(other, dict):
        common = one.keys() & other.keys()
        return common in (one.keys(), other.keys()) and all(alike(one[key], other[key]) for key in common)
    if isinstance(one, list) and isinstance(other, list):
        return all(alike(first, second) for first, second in zip(one, other))
    numbers = (int, float)
    return type(one) is type(other) or (type(one) in numbers and type(other) in numbers)


@pytest.mark.parametrize("name", STREAMS)
def test_a_streams_program_gets_such_a_message_as_is_shown(
    name: str, market: Exchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bybit_ws.simulator, "Exchange", lambda **_: contextlib.nullcontext(market))
    ((code, _),) = _blocks(STREAMS[name])
    ((message,),) = [re.findall(r"^```json\n(.*?)^```$", STREAMS[name], re.DOTALL | re.MULTILINE)]
    names: dict[str, Any] = {}
    run(code, names)
    assert capsys.readouterr().out
    assert alike(names["message"], json.loads(message)), names["message"]


# -- commands --------------------------------------------------------------------------------------------------


def commands(text: str) -> list[str]:
    found = re.findall(r"^    (python -m bybit_ws .*|bybit-ws .*)$", text, re.MULTILINE)
    for block in re.findall(r"^```(?:sh|bash|console)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        found += re.findall(r"^(python -m bybit_ws .*|bybit-ws .*)$", block, re.MULTILINE)
    return found


COMMANDS = sorted({command for text in (*PAGES.values(), README) for command in commands(text)})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one(command: str) -> None:
    words = shlex.split(re.sub(r" [>|&<] .*", "", command), comments=True)
    words = words[1:] if words[0] == "bybit-ws" else words[3:]
    if words == ["--version"]:
        with pytest.raises(SystemExit, match=r"^0$"):
            parse(words)
    else:
        assert callable(parse(words).run)


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / ".ci" / "docs" / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    listed = re.findall(r"[\w/-]+\.md$", menu, re.MULTILINE)
    assert sorted(listed) == sorted([*PAGES, "changelog.md"])
    assert all((DOCS / name).exists() or name == "changelog.md" for name in listed)
