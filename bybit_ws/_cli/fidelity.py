"""What the fidelity tables tell of each stream, for people. The tables are those that translate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._topics import ROWS, Row

if TYPE_CHECKING:
    from .._v5.translation import Translation

DOCS = "https://bybit-exchange.github.io/docs/"

QUALITIES = {
    "exact": ("exact", "V5 says the same, if in other words or units."),
    "approximate": ("approx.", "V5 says nearly the same; the note tells the difference."),
    "constant": ("constant", "Always the same, or known from what was subscribed; V5 is not asked."),
    "not available": ("none", "V5 does not tell it. The field is left out: no number is ever invented."),
}
"""What the qualities mean, and their short names."""

_PLACE = "{symbol}"


def entries() -> Iterator[Entry]:
    """Give all documented streams, in the documented order."""
    from .._v5.spot_tickers import UNAVAILABLE  # here, because the tables take a while to be read
    from .._v5.table import TRANSLATIONS

    gone = {one.stream: one for one in UNAVAILABLE}
    for row in ROWS:
        yield Entry(row, TRANSLATIONS[row.stream] if row.stream in TRANSLATIONS else gone[row.stream])


@dataclass(frozen=True)
class Entry:
    """A documented stream and its translation."""

    row: Row
    translation: Translation

    @property
    def client(self) -> str:
        """Which client has it."""
        return self.row.family

    @property
    def takes(self) -> str:
        """What its method takes beside the callback."""
        row = self.row
        takes = ["symbols or *" if row.wildcard else "symbols"] if row.symbols else []
        return ", ".join([*takes, *([row.parameter] if row.parameter else [])]) or "keys"

    @property
    def topic(self) -> str:
        """The documented topic, e.g. ``kline_{interval}``."""
        return self.row.wire.replace("{}", "{interval}")

    @property
    def call(self) -> str:
        """How it is called."""
        client = "InverseWebSocket" if self.client == "inverse" else "SpotWebSocket"
        given = ["callback", *(["symbols"] if self.row.symbols else []), self.row.parameter]
        keys = "api_key=…, api_secret=…" if self.row.private else ""
        return f"{client}({keys}).{self.row.method}({', '.join(filter(None, given))})"

    @property
    def delivers(self) -> str:
        """What its messages are."""
        if self.row.private:
            return "events of your account"
        if self.row.merge == "record":
            return "the whole record, kept from changes"
        if self.row.merge:
            return "the whole sorted book, kept from changes"
        return "messages as the exchange sends them"

    @property
    def documentation(self) -> str:
        """Where it is documented."""
        return DOCS + self.row.anchor

    @property
    def topics(self) -> tuple[str, ...]:
        """The V5 topics that it is made of, e.g. ``kline.{interval}.{symbol}``."""
        interval = {"spot": "1m", "inverse": "1"}[self.client]
        topic = self.row.topic({"interval": interval, "dump_scale": 0}.get(self.row.parameter or ""))
        args = self.translation.args(topic, _PLACE)
        return tuple(arg.replace(".1.", ".{interval}.") if self.row.parameter == "interval" else arg for arg in args)

    @property
    def path(self) -> str:
        """What of V5's REST interface it needs, if anything."""
        if not self.topics:
            return ""
        errand = self.translation.start(self.row.topic(1), _PLACE).errand
        return "" if errand is None else errand.path

    @property
    def origin(self) -> str:
        """What of V5 it is made of, in words."""
        parts = [*self.topics, *([f"REST {self.path}"] if self.path else [])]
        return ", ".join(parts) or "nothing: V5 has no such stream"

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of it, in sentences."""
        return tuple(f"{note[:1].upper()}{note[1:].rstrip('.')}." for note in self.translation.notes)

    @property
    def tally(self) -> str:
        """How many of its fields are served how, in words."""
        return ", ".join(f"{number} {quality}" for quality, number in self.counts().items() if number)

    def counts(self) -> dict[str, int]:
        """Return how many of its fields are served how."""
        found = [field.quality.value for field in self.translation.fields]
        return {quality: found.count(quality) for quality in QUALITIES}

    def rows(self) -> list[dict[str, str]]:
        """Return its fidelity table."""
        return [
            {"field": field.path, "quality": field.quality.value, "source": field.source, "note": field.note}
            for field in self.translation.fields
        ]

    def summary(self) -> dict[str, Any]:
        """Return what the list of streams tells."""
        return {
            "client": self.client,
            "stream": self.row.stream,
            "socket": self.row.socket.name,
            "topic": self.row.wire,
            "takes": self.takes,
            "delivers": self.delivers,
            "documentation": self.documentation,
            "v5": list(self.topics),
            "rest": self.path or None,
            "fidelity": self.counts(),
            "notes": list(self.notes),
        }
