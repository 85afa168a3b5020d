from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_ws._auth import Credentials
from bybit_ws._redact import Redactor, shortened

KEY, SECRET = "abcdefghijklmnop", "s3cr3t-s3cr3t-s3cr3t"


def test_a_key_is_shortened_and_a_short_one_hidden() -> None:
    assert shortened("abcdefghi") == "abcd…"
    assert shortened("abcdefgh") == "…"


@settings(deadline=None)
@given(st.text(), st.text(), st.integers(0, 10**15))
def test_neither_the_secret_nor_a_signature_nor_the_key_is_shown(before: str, after: str, now: int) -> None:
    credentials = Credentials(KEY, SECRET)
    _, expires, signature = credentials.signed(now)
    shown = Redactor(KEY, SECRET)(f"{before}{KEY} {expires} {signature}{SECRET}{signature.upper()}{after}")
    assert KEY not in shown
    assert SECRET not in shown
    assert signature not in shown.lower()
    assert "abcd…" in shown


def test_signatures_are_hidden_also_where_there_are_no_keys() -> None:
    assert Redactor(None, None)("a" * 64) == "<signature>"


def test_anything_else_is_left_alone() -> None:
    assert Redactor(KEY, SECRET)('{"price": "1.50"}') == '{"price": "1.50"}'
