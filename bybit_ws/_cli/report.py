"""What an examination found, as plain data and as a text that can be pasted into an issue."""

from __future__ import annotations

import os
import platform
import re
import ssl
import time
from contextlib import suppress
from importlib import metadata
from typing import Any

from .._redact import anonymous
from .._version import __version__
from .._voice import GONE
from .checkup import Checkup, Finding
from .probe import Probe

LONGEST = 300
"""Characters of a remark."""

DAY = 86400.0
TRIFLE = 1.0
"""Seconds by which a clock may be wrong without a word."""

_LIBRARIES = ("websocket-client", "requests", "orjson", "websockets")


def clean(text: object) -> str:
    """Return a text on one line, without what tells of a person or a machine, or is of no use to a reader."""
    words = anonymous(" ".join(str(text).split()))
    words = re.sub(r"<[\w.]+ object at 0x[0-9a-fA-F]+>:? ?", "", words)
    home = os.path.expanduser("~")
    if len(home) > 1:
        words = words.replace(home, "~")
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def place(url: str) -> str:
    """Return a URL without credentials and query."""
    return clean(url.partition("?")[0])


def versions() -> dict[str, str]:
    """Return what matters of this machine."""
    found = {"bybit_ws": __version__, platform.python_implementation(): platform.python_version()}
    for name in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    found["TLS"] = ssl.OPENSSL_VERSION
    found[platform.system()] = f"{platform.release()} {platform.machine()}"
    return found


def build(checkups: list[Checkup], rest: dict[str, Any] | None, checked: dict[str, Any]) -> dict[str, Any]:
    """Return all that was found, the verdict first.

    Args:
        checkups: The sockets, each waited for.
        rest: What REST did; None where nothing needs it.
        checked: How they were examined.
    """
    sockets = [_socket(one) for one in checkups]
    opened = [one for one in sockets if one["opened"] is not None]
    problems = [f"{one['socket']}: {problem}" for one in sockets for problem in one["problems"]]
    if rest is not None and rest["error"]:
        problems.append(f"REST: {rest['error']}")
    answered = any(probe["status"] for one in sockets for probe in one["probes"])
    verdict = "NOT OK" if problems and (opened or answered) else "OK" if opened else "NOT REACHABLE"
    facts = {"versions": versions(), "checked": checked, "sockets": sockets, "rest": rest}
    return {"verdict": verdict, "summary": _summary(sockets, opened), "problems": problems, **facts}


def _socket(checkup: Checkup) -> dict[str, Any]:
    health, findings = checkup.health, list(checkup.findings.values())
    problems = [clean(one) for one in checkup.complaints]
    if checkup.opened is None:
        problems = [clean(checkup.failure or "it did not open in time")]
    else:
        problems += [clean(f"{one.row.stream} {one.status}: {'; '.join(one.remarks)}") for one in findings if one.grave]
        if health["ping_round_trip"] is None:
            problems.append("no ping was answered")
    return {
        "socket": checkup.socket.name,
        "api": checkup.api,
        "opened": checkup.opened,
        "ping_round_trip": health["ping_round_trip"],
        "clock_offset": health["clock_offset"],
        "problems": problems,
        "probes": [_probe(one) for one in list(checkup.probes)],
        "streams": [] if checkup.opened is None else [_stream(one) for one in findings],
    }


def _probe(probe: Probe) -> dict[str, Any]:
    days = None if probe.certificate_ends is None else int((probe.certificate_ends - time.time()) // DAY)
    error = None if probe.error is None else clean(probe.error)
    facts = {"tls": probe.tls, "certificate_days": days, "status": probe.status, "error": error}
    seconds = {"tcp": probe.connected, "tls_handshake": probe.secured, "upgrade": probe.answered}
    return {"url": place(probe.url), **seconds, **facts}


def _stream(finding: Finding) -> dict[str, Any]:
    remarks = [clean(one) for one in finding.remarks]
    return {"stream": finding.row.stream, "status": finding.status, "first_after": finding.after, "remarks": remarks}


def _summary(sockets: list[dict[str, Any]], opened: list[dict[str, Any]]) -> str:
    gone = [one for one in sockets if any(probe["status"] in (404, 410) for probe in one["probes"])]
    if not opened and len(gone) == len(sockets):
        return f"the endpoints of all {len(sockets)} sockets are gone: leave api auto, which goes on over V5"
    if not opened:
        return f"none of {len(sockets)} sockets could be opened from here: see to network, proxy and firewall"
    apis = " and ".join(sorted({one["api"] for one in opened}))
    streams = [stream for one in opened for stream in one["streams"]]
    ok, quiet, missing = (_with(status, streams) for status in ("ok", "quiet", "gone"))
    words = [f"{len(opened)} of {len(sockets)} sockets opened, speaking {apis}"]
    words.append(f"{len(ok)} of {len(streams)} public streams say what the documents say")
    words += [f"quiet: {', '.join(quiet)}"] if quiet else []
    words += [f"no longer to be had: {', '.join(missing)}"] if missing else []
    return "; ".join(words)


def _with(status: str, streams: list[dict[str, Any]]) -> list[str]:
    return [one["stream"] for one in streams if one["status"] == status]


# -- the text ------------------------------------------------------------------------------------------------


def text(report: dict[str, Any]) -> str:
    """Return a report as a text."""
    lines = ["# bybit_ws doctor", ""]
    lines += [", ".join(f"{name} {value}" for name, value in report[part].items()) for part in ("versions", "checked")]
    for one in report["sockets"]:
        lines += ["", *_socket_lines(one)]
    if report["rest"] is not None:
        lines += ["", *_rest_lines(report["rest"])]
    lines += ["", f"**Verdict: {report['verdict']}**: {report['summary']}."]
    seen: dict[str, None] = dict.fromkeys(report["problems"])
    return "\n".join([*lines, *(f"- {problem}" for problem in seen)])


def _socket_lines(one: dict[str, Any]) -> list[str]:
    lines = [f"## {one['socket']}: {_speech(one)}", ""]
    lines += [f"- {_probe_words(probe)}" for probe in one["probes"]]
    if one["opened"] is None:
        return lines
    lines.append(
        f"- opened in {_ms(one['opened'])}; ping {_ms(one['ping_round_trip'])}; "
        f"{_clock(one['clock_offset']) if one['api'] == 'legacy' else 'V5 tells the time by REST only'}"
    )
    lines += ["", "| stream | verdict | first after | |", "|---|---|---|---|"]
    for stream in one["streams"]:
        after = "" if stream["first_after"] is None else _ms(stream["first_after"])
        remarks = "; ".join(stream["remarks"]).replace("|", "\\|")
        lines.append(f"| {stream['stream']} | {stream['status']} | {after} | {remarks} |")
    return lines


def _speech(one: dict[str, Any]) -> str:
    if one["opened"] is None:
        return "not opened"
    gone = [probe["status"] for probe in one["probes"] if probe["status"] in GONE]
    return f"{one['api']}, as the documented endpoint is gone (HTTP {gone[0]})" if gone else str(one["api"])


def _probe_words(probe: dict[str, Any]) -> str:
    steps = (("TCP", "tcp"), ("TLS", "tls_handshake"), ("upgrade", "upgrade"))
    words = [f"HTTP {probe['status']}"] if probe["status"] else []
    words += [f"{name} {_ms(probe[key])}" for name, key in steps if probe[key] is not None]
    words += [probe["tls"]] if probe["tls"] else []
    words += [f"certificate good for {probe['certificate_days']} days"] if probe["certificate_days"] is not None else []
    return f"{probe['url']}: {', '.join([*words, *([probe['error']] if probe['error'] else [])])}"


def _rest_lines(rest: dict[str, Any]) -> list[str]:
    lines = [f"## REST: {rest['url']}", ""]
    if rest["error"]:
        return [*lines, f"- {rest['error']}", "- without it: no opening trades, no wildcards, no coins' shared pools"]
    took = f"time in {_ms(rest['round_trip'])}"
    return [*lines, f"- {took}; {_clock(rest['clock_offset'])}; {rest['inverse_symbols']} inverse symbols are listed"]


def _clock(offset: float | None) -> str:
    if offset is None:
        return "clock offset unknown"
    return f"clock offset {offset * 1000:+.0f} ms" + (": set this computer's clock" if abs(offset) > TRIFLE else "")


def _ms(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds * 1000:.0f} ms"
