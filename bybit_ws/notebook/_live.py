"""The calls that show a live view, and which views there are."""

from __future__ import annotations

import threading
from typing import Any, Callable

from .._arguments import symbols_of
from .._client import Client
from .._topics import ALL, BY_STREAM, Row
from ..exceptions import ConfigurationError, WrongType
from ._feeds import BookFeed, CandleFeed, HealthFeed, TradeFeed, is_inverse
from ._view import BookView, CandleView, Feed, HealthView, LiveView, TradeView

_lock = threading.Lock()
_views: dict[tuple[Any, ...], tuple[Client, LiveView]] = {}


def live_book(ws: Client, symbol: str, *, levels: int = 10, depth: int = 25) -> LiveView:
    """Show an order book: a ladder, and how much stands up to each price.

    Args:
        ws: An ``InverseWebSocket`` or a ``SpotWebSocket``.
        symbol: Whose book.
        levels: Levels of each side in the ladder.
        depth: Levels of each side in the chart, 200 at most.

    Raises:
        ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
        BybitWebSocketError: The socket could not be opened.
    """
    _check(ws, levels=(levels, 50), depth=(depth, 200))

    def feed() -> Feed:
        return BookFeed(ws, symbol, max(levels, depth))

    return _show(BookView, ws, "book", symbol, feed, "order book", levels=levels, depth=depth)


def live_candles(ws: Client, symbol: str, interval: str | int = 1, *, height: int = 360) -> LiveView:
    """Show candles from the kline stream, beginning with the one that is open now.

    Args:
        ws: An ``InverseWebSocket`` or a ``SpotWebSocket``.
        symbol: Of what.
        interval: As the kline stream takes it; on spot a number of minutes may stand for ``"1m"`` and so on.
        height: Height in pixels.

    Raises:
        ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
        BybitWebSocketError: The socket could not be opened.
    """
    _check(ws, height=(height, 2000))
    inverse = is_inverse(ws)
    row, symbol = _of_one("kline" if inverse else "kline_v1", symbol)
    value = f"{interval}m" if not inverse and str(interval).isdigit() else interval
    note = f"{value} min candles" if inverse and str(value).isdigit() else f"{value} candles"

    def feed() -> Feed:
        return CandleFeed(ws._beside(row.stream, symbol, value), row, symbol)

    return _show(CandleView, ws, f"candles {value}", symbol, feed, note, height=height)


def live_trades(ws: Client, symbol: str, *, rows: int = 20) -> LiveView:
    """Show a tape: the newest trades on top.

    Args:
        ws: An ``InverseWebSocket`` or a ``SpotWebSocket``.
        symbol: Of what.
        rows: How many.

    Raises:
        ConfigurationError: An argument is wrong (a TypeError as well, where its type is).
        BybitWebSocketError: The socket could not be opened.
    """
    _check(ws, rows=(rows, 200))
    row, symbol = _of_one("trade" if is_inverse(ws) else "trade_v1", symbol)

    def feed() -> Feed:
        return TradeFeed(ws._beside(row.stream, symbol), row, symbol, rows)

    return _show(TradeView, ws, "trades", symbol, feed, "trades", rows=rows)


def live_health(ws: Client) -> LiveView:
    """Show how a client fares: its sockets, their rates and lag, reconnects, and the events of late.

    Args:
        ws: An ``InverseWebSocket`` or a ``SpotWebSocket``.
    """
    _check(ws)
    return _show(HealthView, ws, "health", type(ws).__name__, lambda: HealthFeed(ws), "health")


def stop_all(ws: Client | None = None) -> None:
    """End the live views.

    Args:
        ws: Those of this client; None for those of all.
    """
    for client, view in list(_views.values()):
        if ws is None or client is ws:
            view.stop()


def _show(
    kind: type[LiveView], ws: Client, name: str, title: str, feed: Callable[[], Feed], note: str, **options: Any
) -> LiveView:
    """Return the view that there is, or a new one in its place."""
    key = (id(ws), name, title)
    with _lock:
        for other, (_, view) in list(_views.items()):
            if not view.is_live:
                del _views[other]
        _, known = _views.get(key, (ws, None))
        if known is not None and known.options == options:
            return known
    new = kind(name.split()[0], title, note, feed(), lambda: ws._sockets.join(0), **options)  # it may open a socket
    with _lock:
        _, known = _views.get(key, (ws, None))
        if known is not None and known.is_live and known.options == options:  # made by somebody else meanwhile
            new.stop()
            return known
        if known is not None:
            known.stop("shown anew with other options")
        _views[key] = (ws, new)
        return new.start()


def _of_one(stream: str, symbol: Any) -> tuple[Row, str]:
    row = BY_STREAM[stream]
    found = symbols_of(row, symbol)
    if len(found) > 1 or ALL in found:
        raise ConfigurationError(f"a live view shows one symbol, not {symbol!r}")
    return row, found[0]


def _check(ws: Any, **counts: tuple[Any, int]) -> None:
    if not isinstance(ws, Client):
        raise WrongType(f"a live view shows an InverseWebSocket or a SpotWebSocket, not {ws!r}")
    for name, (value, most) in counts.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongType(f"{name} must be a whole number, not {value!r}")
        if not 1 <= value <= most:
            raise ConfigurationError(f"{name} must be from 1 to {most}, not {value}")
