"""A live view: a widget that is drawn by the clock until somebody ends it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path
from typing import Any, Callable, Protocol

import anywidget
import traitlets

from ._clock import CLOCK
from ._feeds import WAITING, Traits

logger = logging.getLogger("bybit_ws")

STATIC = Path(__file__).parent / "static"

ENDED, FAILED = "ended", "failed"


def _static(*names: str) -> str:
    return "\n".join((STATIC / name).read_text("utf-8") for name in names)


class Feed(Protocol):
    """What a view shows."""

    def look(self) -> Traits:
        """Return what is new."""

    def close(self) -> None:
        """Give up what it has of the client."""


class LiveView(anywidget.AnyWidget):
    """Something of a client that moves in a notebook: what ``live_book`` and its like return.

    It is drawn on a thread that all views share, ten times a second at most; nothing is sent to the browser while
    nothing changes, and of what changes faster only the newest. An error in drawing ends the view, which shows it, and
    nothing else. The widget's own ``close()`` ends it, too.

    Attributes:
        state: ``"waiting"`` for the first message, ``"live"``, ``"stale"`` while what it shows may not hold,
            ``"ended"`` or, where drawing it raised, ``"failed"``.
        reason: Why it ended; ``""`` before.
    """

    _css = _static("view.css")

    kind = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode(WAITING).tag(sync=True)
    reason = traitlets.Unicode().tag(sync=True)
    options = traitlets.Dict().tag(sync=True)
    history: traitlets.List[Any] = traitlets.List().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)

    def __init__(self, kind: str, title: str, note: str, feed: Feed, over: Callable[[], bool], **options: Any) -> None:
        """Construct a view; ``live_book`` and its like do it.

        Args:
            kind: What it is, in a word.
            title: Whose, for people.
            note: More about it.
            feed: What it shows.
            over: Returns whether the client was closed, or raises what ended it.
            **options: How it is drawn.
        """
        self._lock = threading.RLock()
        self._feed, self._over = feed, over
        super().__init__(kind=kind, title=title, note=note, options=options)
        self.on_msg(self._asked)

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.state not in (ENDED, FAILED)

    def start(self) -> LiveView:
        """Let it be drawn from now on."""
        CLOCK.add(self)
        return self

    def stop(self, reason: str = "stopped") -> None:
        """End it; what it last showed stays.

        Args:
            reason: Why, which is shown.
        """
        self._end(ENDED, reason)

    def close(self) -> None:
        """End it and take it out of the notebook."""
        self.stop("closed")
        super().close()

    def draw(self) -> None:
        """Show what is new (called by the clock)."""
        with self._lock:
            if not self.is_live:
                return
            try:
                if self._over():
                    self._end(ENDED, "the client was closed")
                else:
                    self._show(self._feed.look())
            except Exception as error:
                logger.debug("a live view failed", exc_info=True)
                self._end(FAILED, f"{type(error).__name__}: {error}")

    def _show(self, told: Traits) -> None:
        changed = {name: value for name, value in told.items() if getattr(self, name) != value}
        if changed:
            with self.hold_sync():  # all in one message
                for name, value in changed.items():
                    self.set_trait(name, value)

    def _end(self, state: str, reason: str) -> None:
        with self._lock:
            if not self.is_live:
                return
            CLOCK.remove(self)
            when = time.strftime("%H:%M:%S", time.gmtime())
            with contextlib.suppress(Exception):  # the browser, or the kernel's way to it, may be gone
                self._show({"state": state, "reason": f"{reason}, {when} UTC"})
            feed, self._feed = self._feed, _Nothing()
        with contextlib.suppress(Exception):  # the client may be closed
            feed.close()

    def _asked(self, view: Any, content: Any, buffers: Any) -> None:
        asked = content.get("do") if isinstance(content, dict) else None
        if asked == "stop":
            self.stop("stopped by the button")
        elif asked == "fail":  # in the browser
            self._end(FAILED, str(content.get("why")))

    def __repr__(self) -> str:
        return f"<live {self.kind} {self.title}: {self.state}>".replace(" :", ":")


class _Nothing:
    def look(self) -> Traits:
        return {}

    def close(self) -> None:
        pass


class BookView(LiveView):
    """A ladder with a depth chart."""

    _esm = _static("common.js", "book.js")


class CandleView(LiveView):
    """Candles with their volumes."""

    _esm = _static("lightweight-charts.js", "common.js", "candles.js")


class TradeView(LiveView):
    """A tape."""

    _esm = _static("common.js", "trades.js")


class HealthView(LiveView):
    """A dashboard."""

    _esm = _static("common.js", "health.js")
