"""A client's options, checked before any I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Union
from urllib.parse import urlsplit

from ._auth import Credentials
from ._backlog import Queue
from ._topics import Socket
from .events import Event
from .exceptions import ConfigurationError, WrongType

LONGEST = 1_000_000
"""Seconds of the longest interval: no platform waits for any length."""

Endpoint = Union[str, Mapping[str, str], None]

APIS = ("auto", "legacy", "v5")

REGIONS = {f"bybit-{country}": f"bybit.{country}" for country in ("ae", "eu", "id", "kz", "nl", "tr")}
"""Regional exchanges whose hosts end in their country; any other domain with a dot is taken as it is."""

WITHOUT_STREAMS = ("bybit.ae", "bybit.eu", "bybit.nl")
"""Those with a REST host of their own and no documented streams: theirs are the main exchange's."""


@dataclass(frozen=True)
class Options:
    """What a client was constructed with; ``Client.__init__`` tells what each means."""

    test: bool
    domain: str
    api_key: str | None = field(repr=False)
    api_secret: str | None = field(repr=False)
    ping_interval: float
    ping_timeout: float | None
    retries: int
    restart_on_error: bool
    open_timeout: float
    trace_logging: bool
    endpoint: Endpoint
    on_event: Callable[[Event], Any] | None
    auth: str
    binary: bool
    http_proxy_host: str | None
    http_proxy_port: int | str | None
    sslopt: Mapping[str, Any] | None = field(repr=False)
    queue: Queue | None = None
    api: str = "auto"

    def check(self, sockets: tuple[Socket, ...], url_auth: bool) -> None:
        """Raise for the first option that is wrong.

        Raises:
            ConfigurationError: A value is wrong.
            TypeError: A type is wrong.
        """
        self._check_numbers()
        self._check_keys()
        self._check_endpoint([socket.name for socket in sockets])
        if not isinstance(self.domain, str):
            raise WrongType(f"domain must be a str such as 'bybit' or 'bytick', not {self.domain!r}")
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", self.domain):
            raise ConfigurationError(f"domain must be a name such as 'bybit' or 'bytick', not {self.domain!r}")
        if self.api not in APIS:
            raise ConfigurationError(f"api must be 'auto', 'legacy' or 'v5', not {self.api!r}")
        if self.auth not in ("message", "url"):
            raise ConfigurationError(f"auth must be 'message' or 'url', not {self.auth!r}")
        if self.auth == "url" and not url_auth:
            raise ConfigurationError("auth='url' exists on inverse only; spot authenticates by message")
        if self.on_event is not None and not callable(self.on_event):
            raise WrongType(f"on_event must be callable, not {self.on_event!r}")
        if self.sslopt is not None and not isinstance(self.sslopt, Mapping):
            raise WrongType("sslopt must be a dict, e.g. {'ca_certs': 'ca.pem'}")
        if self.http_proxy_port is not None and self.http_proxy_host is None:
            raise ConfigurationError("http_proxy_port was given without http_proxy_host")

    def _check_numbers(self) -> None:
        for name in ("ping_interval", "open_timeout"):
            _positive(name, getattr(self, name))
        if self.ping_timeout is not None:
            _positive("ping_timeout", self.ping_timeout)
        if not isinstance(self.retries, int) or isinstance(self.retries, bool):
            raise WrongType(f"retries must be a whole number (0 = for ever), not {self.retries!r}")
        if self.retries < 0:
            raise ConfigurationError(f"retries must be 0 (for ever) or more, not {self.retries}")

    def _check_keys(self) -> None:
        for name in ("api_key", "api_secret"):
            if not isinstance(getattr(self, name) or "", str):
                raise WrongType(f"{name} must be a str")
        if bool(self.api_key) != bool(self.api_secret):
            missing = "api_secret" if self.api_key else "api_key"
            raise ConfigurationError(f"{missing} is missing: give both api_key and api_secret, or neither")

    def _check_endpoint(self, names: list[str]) -> None:
        endpoint = self.endpoint
        if endpoint is None:
            return
        if isinstance(endpoint, str):
            _check_url("endpoint", endpoint)
        elif isinstance(endpoint, Mapping):
            for name, url in endpoint.items():
                if name not in names:
                    raise ConfigurationError(f"endpoint has an unknown socket {name!r}; there is {names}")
                _check_url(f"endpoint[{name!r}]", url)
        else:
            raise WrongType(f"endpoint must be a URL or a mapping of URLs, not {endpoint!r}")

    @property
    def credentials(self) -> Credentials | None:
        """The key and its secret, or None where there are none."""
        return Credentials(self.api_key, self.api_secret) if self.api_key and self.api_secret else None

    @property
    def network(self) -> dict[str, Any]:
        """What websocket-client is to know of the network."""
        names = ("sslopt", "http_proxy_host", "http_proxy_port")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def url(self, socket: Socket, api: str = "legacy") -> str:
        """Return where a socket connects.

        Args:
            socket: Which one.
            api: ``"legacy"`` or ``"v5"``, the protocol that it speaks.

        Raises:
            ConfigurationError: ``endpoint`` is a mapping without this socket.
        """
        path = socket.v5 if api == "v5" else socket.path
        if not isinstance(self.endpoint, Mapping):
            return self._base("wss", "stream").rstrip("/") + path
        given = self.endpoint.get(socket.name)
        if given is not None and (api == "legacy" or self.api == "v5"):
            return given
        others = [given] if given is not None else list(self.endpoint.values())
        if api == "legacy" or self.api == "v5" or not others:
            raise ConfigurationError(f"endpoint has no URL for the socket {socket.name!r}: add it")
        parts = urlsplit(others[0])
        return f"{parts.scheme}://{parts.netloc}{path}"

    def rest_url(self, socket: Socket, api: str = "legacy") -> str:
        """Return the scheme and host of the REST interface that goes with a socket."""
        if self.endpoint is None:
            return self._base("https", "api")
        parts = urlsplit(self.url(socket, api))
        host = re.sub(r"^((?:.*@)?)stream(?=[.-])", r"\1api", parts.netloc)
        return f"{'https' if parts.scheme == 'wss' else 'http'}://{host}"

    def _base(self, scheme: str, host: str) -> str:
        if isinstance(self.endpoint, str):
            return self.endpoint
        domain = REGIONS.get(self.domain, self.domain if "." in self.domain else f"{self.domain}.com")
        if (self.test and domain in REGIONS.values()) or (host == "stream" and domain in WITHOUT_STREAMS):
            domain = "bybit.com"  # there is one test network
        return f"{scheme}://{host}{'-testnet' if self.test else ''}.{domain}"


def _positive(name: str, value: Any) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise WrongType(f"{name} must be a number of seconds, not {value!r}")
    if not 0 < value <= LONGEST:
        raise ConfigurationError(f"{name} must be more than 0 and at most {LONGEST:,} seconds, not {value!r}")


def _check_url(name: str, url: Any) -> None:
    if not isinstance(url, str):
        raise WrongType(f"{name} must be a str such as 'wss://host', not {url!r}")
    if not _is_websocket_url(url):
        raise ConfigurationError(f"{name} must be a URL such as 'wss://host' or 'ws://127.0.0.1:8765', not {url!r}")


def _is_websocket_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # e.g. a port that is no number
        return False
