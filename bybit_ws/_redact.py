"""Keeps secrets out of everything that a person may read."""

from __future__ import annotations

import re

_SIGNATURE = re.compile(r"[0-9a-fA-F]{64}")


def shortened(api_key: str) -> str:
    """Return enough of a key to recognise it and too little to use it."""
    return f"{api_key[:4]}…" if len(api_key) > 8 else "…"


class Redactor:
    """Removes a client's secret, any signature, and all but the start of its key from a text."""

    def __init__(self, api_key: str | None, api_secret: str | None) -> None:
        self._key, self._secret = api_key, api_secret

    def __call__(self, text: str) -> str:
        """Return the text with nothing in it that must stay private."""
        if self._secret:
            text = text.replace(self._secret, "<secret>")
        if self._key:
            text = text.replace(self._key, shortened(self._key))
        return _SIGNATURE.sub("<signature>", text)
