"""Signs an authentication. Pure.

https://bybit-exchange.github.io/docs/inverse/#t-websocketauthentication
"""

from __future__ import annotations

import hmac
from typing import NamedTuple
from urllib.parse import urlencode

AHEAD_MS = 10_000
"""How far in the future a signature expires; the exchange only asks that it is later than its own clock."""


class Credentials(NamedTuple):
    """A key and its secret; neither is ever shown."""

    api_key: str
    api_secret: str

    def __repr__(self) -> str:
        return "Credentials(…)"

    def signed(self, now_ms: int) -> tuple[str, int, str]:
        """Return the key, when the signature expires, and the signature."""
        expires = now_ms + AHEAD_MS
        # The text is the same for every path, also for those that are not /realtime.
        text = f"GET/realtime{expires}"
        signature = hmac.new(self.api_secret.encode(), text.encode(), "sha256").hexdigest()
        return (self.api_key, expires, signature)

    def query(self, now_ms: int) -> str:
        """Return the same as the query string of a URL."""
        return urlencode(dict(zip(("api_key", "expires", "signature"), self.signed(now_ms))))
