"""A look at a websocket's address without a websocket client: TCP, TLS and what the upgrade is answered."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MOST = 4096
"""Bytes of an answer that are read at most: the first line is all that is looked for."""


@dataclass
class Probe:
    """What was found; None where it did not come to that.

    Attributes:
        url: The address.
        connected: Seconds that TCP took, the name's resolution included.
        secured: Seconds that the TLS handshake took.
        tls: Its version and cipher.
        certificate_ends: When the certificate ends, in seconds since the epoch.
        answered: Seconds that the upgrade's answer took.
        status: Its HTTP status; 101 accepts.
        error: Why it did not go on.
    """

    url: str
    connected: float | None = None
    secured: float | None = None
    tls: str | None = None
    certificate_ends: float | None = None
    answered: float | None = None
    status: int | None = None
    error: str | None = None


def probe(url: str, timeout: float) -> Probe:
    """Connect to an address, ask for the upgrade, and leave.

    Args:
        url: The whole URL, of ``ws`` or ``wss``.
        timeout: Seconds in all, but for the resolution of the name.
    """
    found, end = Probe(url), time.monotonic() + timeout
    try:
        _look(found, urlsplit(url), end)
    except ssl.SSLCertVerificationError as error:
        found.error = f"the certificate is not trusted ({error.verify_message})"
    except socket.timeout:
        found.error = f"no answer within {timeout:g} s"
    except (OSError, ValueError) as error:
        found.error = str(error) or type(error).__name__
    return found


def _look(found: Probe, parts: Any, end: float) -> None:
    secure = parts.scheme == "wss"
    started = time.monotonic()
    with socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), _left(end)) as plain:
        found.connected = time.monotonic() - started
        if not secure:
            _upgrade(found, plain, parts, end)
            return
        plain.settimeout(_left(end))
        started = time.monotonic()
        with ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secured:
            found.secured = time.monotonic() - started
            _note(found, secured)
            _upgrade(found, secured, parts, end)


def _note(found: Probe, secured: ssl.SSLSocket) -> None:
    cipher, certificate = secured.cipher(), secured.getpeercert() or {}
    found.tls = ", ".join(filter(None, (secured.version(), cipher[0] if cipher else None)))
    if "notAfter" in certificate:
        found.certificate_ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))


def _upgrade(found: Probe, connection: socket.socket, parts: Any, end: float) -> None:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    started = time.monotonic()
    connection.settimeout(_left(end))
    connection.sendall(request.encode())
    answer = b""
    while b"\r\n" not in answer and len(answer) < MOST:
        connection.settimeout(_left(end))
        received = connection.recv(MOST)
        if not received:
            raise OSError("the connection was closed without an answer to the upgrade")
        answer += received
    words = answer.split(b"\r\n")[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ValueError("the answer to the upgrade is no HTTP")
    found.answered, found.status = time.monotonic() - started, int(words[1])


def _left(end: float) -> float:
    """Return the seconds that are left; 0 would mean not to wait at all, in other words."""
    left = end - time.monotonic()
    if left <= 0:
        raise socket.timeout
    return left
