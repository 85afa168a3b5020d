"""Live views for notebooks: an order book, candles, a trade tape, and how a client fares; each is one line.

::

    from bybit_ws.notebook import live_book
    live_book(ws, "BTCUSD")

A view is the result of its cell and goes on moving there, ten frames a second at most, while cells run and after they
have ended. It has a part in the client's streams beside your own callbacks and takes none of them away. Run the cell
again, and the same view is shown, with no second subscription; ask for other options, and the view before ends.
``view.stop()``, the button in its corner, ``stop_all()`` and the client's ``close()`` end it.

What it is built on, and why, as measured in JupyterLab 4.6 with 120 candles at ten frames a second:

* anywidget carries it: 4 MB installed beside ipywidgets, works in JupyterLab, Notebook 7 and VS Code without a build
  step or an extension of our own. Updates are widget messages, which no cell's output can catch, and they go out from
  any thread while the kernel is busy.
* TradingView's Lightweight Charts (Apache 2.0, in ``static/``) draws candles on a canvas: 0.2 MB for a view; a frame is
  the last candle only. Nothing is fetched from the internet.
* plotly's FigureWidget needs 66 MB installed, sends 5 MB to the browser for each view, is seconds late, and its redraws
  keep a slow browser busy. bqplot costs the browser twice as much, and pictures drawn in the kernel twenty times the
  bytes.
* Ladders, depth and tape are a few dozen lines of HTML and SVG in ``static/``: a chart library's axis shows samples at
  equal distances, which prices of a book are not.
"""

from __future__ import annotations

try:
    import anywidget as _anywidget  # noqa: F401
except ImportError as error:
    raise ImportError(
        "live views need the package anywidget: pip install 'bybit-ws-client[notebook]', "
        "or in a checkout pip install '.[notebook]'"
    ) from error

from ._live import live_book, live_candles, live_health, live_trades, stop_all
from ._view import LiveView

__all__ = ["LiveView", "live_book", "live_candles", "live_health", "live_trades", "stop_all"]
