from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs

from bybit_ws._auth import AHEAD_MS, Credentials

CREDENTIALS = Credentials("KEY", "SECRET")


def test_the_signature_is_the_documented_one() -> None:
    key, expires, signature = CREDENTIALS.signed(1_662_350_390_000)
    assert (key, expires) == ("KEY", 1_662_350_400_000)
    # From the documents' own sample code.
    expected = hmac.new(bytes("SECRET", "utf-8"), bytes(f"GET/realtime{expires}", "utf-8"), digestmod=hashlib.sha256)
    assert signature == expected.hexdigest()


def test_it_expires_well_ahead() -> None:
    assert AHEAD_MS >= 5_000


def test_a_url_carries_the_same() -> None:
    query = parse_qs(CREDENTIALS.query(5), strict_parsing=True)
    key, expires, signature = CREDENTIALS.signed(5)
    assert query == {"api_key": [key], "expires": [str(expires)], "signature": [signature]}


def test_credentials_are_never_shown() -> None:
    assert repr(CREDENTIALS) == str(CREDENTIALS) == "Credentials(…)"
    assert "SECRET" not in f"{CREDENTIALS} {CREDENTIALS!r} {[CREDENTIALS]}"
