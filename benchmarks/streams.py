"""The streams that are measured, their messages made up from a seed in the exchange's documented shape.

How much of a book changes from message to message is taken from real ones. In 30 s of ``orderBookL2_25`` (BTCUSD and
EOSUSD, 2021-04-17, 1,016 deltas 20 ms apart) a delta deleted 0.19 rows, updated 2.14 and inserted 0.19 on average.
What changed there within 300 ms, the interval of ``diffDepth``, were 0.75, 6.3 and 0.75 rows. Five single deltas of
``orderBook_200.100ms`` deleted 1, updated 2.2 and inserted 1 on average.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any, Callable, NamedTuple

from . import inverse, spot
from .book import STEPS
from .series import REALTIME, V1, V2, Call, Message, Series

SPOT_SYMBOL, INVERSE_SYMBOL = "BTCUSDT", "BTCUSD"


class Stream(NamedTuple):
    """A stream.

    Attributes:
        path: The endpoint that serves it.
        topic: Its name on the wire.
        generate: Makes its messages, of these symbols and so many levels a side.
        restart: How many of each symbol come only once: a backlog, or the snapshot that a walk returns to.
        length: How many come again and again.
        messages: How many to measure with bybit_ws; slower clients get fewer.
        levels: Levels a side.
    """

    path: str
    topic: str
    generate: Callable[[Random, Sequence[str], int], Iterator[Message]]
    restart: int
    length: int
    messages: int
    levels: int = 0


STREAMS = {
    "trade_v1": Stream(V1, "trade", spot.trades_v1, 1, 10_000, 200_000),
    "trade_v2": Stream(V2, "trade", spot.trades_v2, 0, 10_000, 200_000),
    "trade": Stream(REALTIME, "trade", inverse.trades, 0, 10_000, 200_000),
    "depth_v1": Stream(V1, "depth", spot.depth, 1, 200, 10_000, 200),
    "diff_depth_v1": Stream(V1, "diffDepth", spot.diff_depth, 1, 2 * STEPS, 20_000, 200),
    "orderbook_25": Stream(REALTIME, "orderBookL2_25", inverse.orderbook_25, 1, 2 * STEPS, 60_000, 25),
    "orderbook_200": Stream(REALTIME, "orderBook_200.100ms", inverse.orderbook_200, 1, 2 * STEPS, 20_000, 200),
    "instrument_info": Stream(REALTIME, "instrument_info.100ms", inverse.instrument_info, 0, 5_000, 100_000),
}
"""By the name of the method; those without a version are inverse."""


def series_of(name: str, symbols: Sequence[str] = (), levels: int = 0) -> Series:
    """Return the series of a stream; the same arguments give the same messages.

    Args:
        name: One of ``STREAMS``.
        symbols: The symbols; BTC's where there are none.
        levels: Levels a side, if not the usual ones.
    """
    stream = STREAMS[name]
    symbols = tuple(symbols) or (INVERSE_SYMBOL if stream.path == REALTIME else SPOT_SYMBOL,)
    rng = Random(name)  # noqa: S311 - a benchmark has no secrets
    once = stream.restart * len(symbols)
    messages = stream.generate(rng, symbols, levels or stream.levels)
    return Series(
        name=name,
        path=stream.path,
        calls=(Call(name, symbols),),
        requests=tuple(_requests(stream, symbols)),
        messages=[*islice(messages, once + stream.length)],
        loop=once,
    )


def _requests(stream: Stream, symbols: Sequence[str]) -> Iterator[dict[str, Any]]:
    topic = stream.topic
    if stream.path == REALTIME:
        yield {"op": "subscribe", "args": [f"{topic}.{symbol}" for symbol in symbols]}
    elif stream.path == V2:
        for symbol in symbols:
            yield {"topic": topic, "event": "sub", "params": {"symbol": symbol, "binary": False}}
    else:
        yield {"symbol": ",".join(symbols), "topic": topic, "event": "sub", "params": {"binary": False}}
