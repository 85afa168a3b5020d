"""Who may see private topics: expiry, key and signature (wire-legacy section 4)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping

EXPIRED = "request expired"
REFUSED = "USVC1111"


class Gate:
    """Checks credentials; ``credentials=None`` accepts any key pair, but never an expired request."""

    def __init__(self, credentials: Mapping[str, str] | None, clock: Callable[[], float]) -> None:
        self._credentials = None if credentials is None else dict(credentials)
        self._clock = clock
        self._refusals: float | None = 0

    def refuse(self, times: int | None) -> None:
        """Refuse the next ``times`` requests, or all of them until :meth:`accept`."""
        self._refusals = float("inf") if times is None else times

    def accept(self) -> None:
        """Stop refusing."""
        self._refusals = 0

    def check(self, args: object) -> str | None:
        """Give None when ``[key, expires, signature]`` is good, else what is wrong."""
        if self._refusals:
            self._refusals -= 1
            return REFUSED
        if not isinstance(args, list) or len(args) != 3:
            return REFUSED
        key, expires, signature = args
        try:
            late = not float(expires) > self._clock() * 1000
        except (TypeError, ValueError, OverflowError):
            return REFUSED
        if late:
            return EXPIRED
        return None if self._signed(str(key), str(expires), str(signature)) else REFUSED

    def _signed(self, key: str, expires: str, signature: str) -> bool:
        if self._credentials is None:
            return bool(key)
        secret = self._credentials.get(key)
        if secret is None:
            return False
        expected = hmac.new(secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256)
        return hmac.compare_digest(expected.hexdigest().encode(), signature.encode("utf-8", "replace"))
