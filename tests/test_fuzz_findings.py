"""What the fuzzers found, each as a plain test."""

from __future__ import annotations

from typing import Any

import pytest
from support import read_head, tcp_peer

from bybit_ws._transport import Transport
from bybit_ws.exceptions import ConnectionFailed

INFO = "instrument_info.100ms"


def info(symbol: str, kind: str = "snapshot", **fields: Any) -> dict[str, Any]:
    data = fields if kind == "snapshot" else {"delete": [], "update": [fields], "insert": []}
    return {"topic": f"{INFO}.{symbol}", "type": kind, "data": data}


# -- over HTTP -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["Retry-After: \u00b2", f"Content-Length: {'9' * 30}", f"Content-Length: 1{'0' * 14}"],
    ids=["a digit that is no number", "a length beyond every number", "a length beyond every memory"],
)
def test_a_refusal_with_a_strange_header_is_a_failed_connection(header: str) -> None:
    def refuse(connection: Any) -> None:
        read_head(connection)
        connection.sendall(f"HTTP/1.1 429 Slow\r\n{header}\r\n\r\n".encode())

    with tcp_peer(refuse, hold=False) as url, pytest.raises(ConnectionFailed):
        Transport(url, 5, {}).connect()
