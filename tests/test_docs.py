"""What the pages in docs and the README say is true: their programs run as they stand there, lists are complete.

The hosts that they name are served by a local exchange: names lead to it, and its certificates are trusted.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

import pytest
import trustme
from siblings import V1_PATHS, V2_PATHS, Siblings
from support import SECRET, wait_until

from bybit_ws import _voice
from bybit_ws._client import Client
from bybit_ws._options import REGIONS
from bybit_ws._topics import BY_STREAM
from bybit_ws._v5.fields import Quality
from bybit_ws._v5.table import TRANSLATIONS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
README = (ROOT / "README.md").read_text("utf-8")
ASKING = ("from-pybit2.md", "siblings.md", "README.md")
"""Pages whose programs name hosts of the internet; those of all the others bring an exchange of their own."""

Block = tuple[str, "str | None"]


def _blocks(text: str) -> list[Block]:
    """Return the programs of a page, each with the output that is shown behind it, if any."""
    found = re.findall(r"^```python\n((?:(?!```).*\n)*)```\n(?:\n```text\n((?:(?!```).*\n)+)```)?", text, re.MULTILINE)
    return [(code, output or None) for code, output in found]


BLOCKS = [
    pytest.param(code, id=f"{name}-{number}")
    for name, text in {**PAGES, "README.md": README}.items()
    if name in ASKING
    for number, (code, _) in enumerate(_blocks(text), 1)
]
HOSTS = sorted(
    {"api.bybit.com", "api.bybit.kz", "stream.bybit.com", "stream.bybit.kz", "api.zoomex.com"}
    | {str(urlsplit(url).hostname) for text in PAGES.values() for url in re.findall(r"wss://[\w.-]+\w", text)}
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def world(authority: trustme.CA) -> Iterator[Siblings]:
    """Today's exchange and its siblings, all on one port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    with Siblings(seed=8, speed=20, retired=True, ssl_context=context) as running:
        yield running


@pytest.fixture
def online(world: Siblings, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Siblings:
    """Let the names of the pages lead to the local exchange, and trust its certificates."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    lookup, port = socket.getaddrinfo, int(world.url.rpartition(":")[2])

    def known(host: Any, *args: Any, **options: Any) -> Any:
        assert host in (*HOSTS, "127.0.0.1"), f"{host} is none of the pages' hosts"
        return lookup("127.0.0.1", port if host in HOSTS else args[0], *args[1:], **options)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    monkeypatch.chdir(tmp_path)
    _voice.forget()
    return world


class CtrlC(BaseException):
    """Whoever runs the program has seen enough."""


def run(code: str, monkeypatch: pytest.MonkeyPatch, enough: Callable[[], bool]) -> None:
    """Run a program to its end, or to the Ctrl-C that ends it once it has shown enough."""

    def sleep(seconds: float) -> None:
        assert wait_until(enough, 20), "it shows nothing"
        raise CtrlC

    monkeypatch.setattr(time, "sleep", sleep)
    names: dict[str, Any] = {}
    try:
        exec(code, names)  # noqa: S102 - the pages' own code
    except CtrlC:
        assert "while True" in code
    finally:
        for client in names.values():
            if isinstance(client, Client):
                client.close()


@pytest.mark.parametrize("code", BLOCKS)
def test_every_program_runs_as_it_stands_there(
    code: str,
    online: Siblings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines: list[str] = []
    symbols = set(re.findall(r'"([A-Z]{3}USDT?)"', code))

    def enough() -> bool:
        lines.extend(capsys.readouterr().out.splitlines())
        return symbols <= set(re.findall(r"\b[A-Z]+\b", "\n".join(lines)))

    started = time.monotonic()
    run(code.replace("from pybit import", "from bybit_ws import"), monkeypatch, enough)
    assert time.monotonic() - started < 10, "a stream was waited for in vain"
    shown = [*lines, *capsys.readouterr().out.splitlines()]
    assert len(shown) >= max(1, code.count(".wait("))
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_what_a_page_shows_is_what_its_program_prints(
    online: Siblings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever output stands behind a program, which is indented there."""
    shown = re.findall(r"^```python\n((?:(?!```).*\n)+)```\n\n((?:    .*\n)+)", PAGES["from-pybit2.md"], re.MULTILINE)
    assert len(shown) == 1
    for code, output in shown:
        run(code, monkeypatch, lambda: True)
        assert capsys.readouterr().out.splitlines() == [line.strip() for line in output.splitlines()]


def test_one_line_is_all_that_changes() -> None:
    before, after = (param.values[0] for param in BLOCKS if param.id in ("from-pybit2.md-1", "from-pybit2.md-2"))
    changed = [(old, new) for old, new in zip(before.splitlines(), after.splitlines()) if old != new]
    assert changed == [("from pybit import inverse_perpetual, spot", "from bybit_ws import inverse_perpetual, spot")]
    assert len(before.splitlines()) == len(after.splitlines())


def test_what_v5_cannot_give_is_listed_completely() -> None:
    table = dict(re.findall(r"^\| `(\w+)_stream` \| (.*) \|$", PAGES["from-pybit2.md"], re.MULTILINE))
    missing = {
        stream: {field.name for field in translation.fields if field.quality is Quality.MISSING and _documented(field)}
        for stream, translation in TRANSLATIONS.items()
    }
    listed = {stream: set(re.findall(r"`(\w+)`", names)) for stream, names in table.items()}
    assert listed == {stream: names for stream, names in missing.items() if names}


def _documented(field: Any) -> bool:
    return "without documentation" not in field.note


def test_the_siblings_of_the_page_are_those_that_are_served_here() -> None:
    urls = re.findall(r"^\|[^|]+\| `(wss:[^`]+)` \| `?([^|`]+)`?", PAGES["siblings.md"], re.MULTILINE)
    assert len(urls) == 6
    assert {urlsplit(v1).path for v1, _ in urls} == set(V1_PATHS)
    assert {urlsplit(v2).path for _, v2 in urls if v2.startswith("wss")} == set(V2_PATHS)


def test_the_regions_of_the_page_are_the_regions_of_the_code() -> None:
    rows = re.findall(r'^\| (bybit\.\w\w) \| `"([\w-]+)"` \|', PAGES["siblings.md"], re.MULTILINE)
    assert {domain: host for host, domain in rows} == REGIONS


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_points_to_is_there(name: str) -> None:
    text = PAGES[name]
    for path in re.findall(r"\]\(([^)#:]+)[)#]", text):
        assert ((DOCS / name).parent / path).exists(), path
    for path in re.findall(r"\b(tests/[\w./*]+|\.ci/\w+)", text):
        assert list(ROOT.glob(path.rstrip("."))), path
    for stream in re.findall(r"`(\w+)_stream", text):
        assert stream in BY_STREAM or stream == "custom_topic", stream
    assert SECRET not in text


def test_the_rooms_of_the_design_are_there() -> None:
    rooms = re.findall(r"^\| (`.*?`) \|", PAGES["design.md"].partition("## Rooms")[2], re.MULTILINE)
    names = [name for room in rooms for name in re.findall(r"`(\w+)`", room)]
    assert len(names) > 30
    here = {path.stem for path in (ROOT / "bybit_ws").iterdir()}
    assert [name for name in names if name not in here] == []
