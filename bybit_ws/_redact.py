"""Keeps secrets out of everything that a person may read."""

from __future__ import annotations

import re

_SIGNATURE = re.compile(r"[0-9a-fA-F]{64}")
_LOGIN = re.compile(r"(?<=//)[^/@\s]*@")


def anonymous(text: str) -> str:
    """Return a text without the user and the password of any URL in it."""
    return _LOGIN.sub("", text)


def place(url: str) -> str:
    """Return what of a URL may be shown: neither user and password nor its query."""
    return anonymous(url.partition("?")[0])


def shortened(api_key: str) -> str:
    """Return enough of a key to recognise it and too little to use it."""
    return f"{api_key[:4]}…" if len(api_key) > 8 else "…"


class Redactor:
    """Removes a client's secret, any signature, and all but the start of its key from a text."""

    def __init__(self, api_key: str | None, api_secret: str | None) -> None:
        pairs = ((api_secret, "<secret>"), (api_key, shortened(api_key or "")))
        self._privates = [private for private, _ in pairs if private]
        self._replacements = [(_pattern(private), shown) for private, shown in pairs if private]

    def __call__(self, text: str) -> str:
        """Return the text with nothing in it that must stay private."""
        for private, shown in self._replacements:
            text = private.sub(shown, text)
        return _SIGNATURE.sub("<signature>", text)

    def cautiously(self, text: str) -> str:
        """Do the same to one of many texts, of which only those that are about authentication hold a signature."""
        if '"auth"' in text or '"sign' in text or any(private in text for private in self._privates):
            return self(text)
        return text


def _pattern(private: str) -> re.Pattern[str]:
    text = re.escape(private)
    # A toy key such as "x" is replaced where it stands alone, not in every word that has the letter.
    return re.compile(text if len(private) >= 8 else rf"(?<!\w){text}(?!\w)")
