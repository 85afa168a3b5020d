"""The spot public V1 socket: commands (wire-legacy sections 5.1, 5.3, 5.5)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, cast

from . import spot_errors as errors
from .instruments import INSTRUMENTS, LEVERAGED, SPOT_INTERVALS
from .spot_public import SpotPublic
from .spot_v1_channels import Stream, make

_TOPICS = ("trade", "realtimes", "depth", "mergedDepth", "diffDepth", "lt")
_DECIMALS = {i.symbol: i.scale for i in INSTRUMENTS if not i.inverse}


class SpotV1(SpotPublic):
    """Silent about what works: the first frame with ``f:true`` is the confirmation."""

    def command(self, request: dict[str, Any]) -> None:
        """Subscribe or cancel."""
        name, event, params = errors.check_shape(request)
        topic, interval = _split(name)
        refuses = self.venue.refuses if event == "sub" else lambda *_: False
        if refuses(name):
            raise errors.Refusal(*errors.INVALID_TOPIC)
        symbols = str(request.get("symbol") or "").split(",")
        good = [symbol for symbol in symbols if _listed(topic, symbol) and not refuses(name, symbol)]
        streams = [_stream(topic, symbol, interval, params) for symbol in good]
        if streams and self.venue.ack_v1:
            self._acknowledge(request, params)
        for stream in streams:
            self._apply(stream, event)
        if len(good) < len(symbols):
            raise errors.Refusal(*errors.INVALID_SYMBOLS)

    def named(self, slot: Hashable) -> tuple[str, str]:
        """Give topic and symbol, the interval as part of the topic."""
        stream = cast(Stream, slot)
        return (f"{stream.topic}_{stream.interval}" if stream.interval else stream.topic), stream.symbol

    def _apply(self, stream: Stream, event: str) -> None:
        slot = stream._replace(binary=False)
        if event == "cancel":
            self.drop(slot)
        else:
            self.want(slot, stream, lambda: make(stream, self.venue.market, self.venue.deltas))

    def _acknowledge(self, request: dict[str, Any], params: dict[str, Any]) -> None:
        echo = {key: str(value).lower() for key, value in params.items()}
        head = {key: request[key] for key in ("topic", "event", "symbol")}
        self.send({**head, "params": echo, "code": "0", "msg": "Success"})


def _split(name: str) -> tuple[str, str | None]:
    """Read ``kline_1m`` and refuse unknown topics and periods."""
    topic, _, interval = name.partition("_")
    if topic == "kline":
        if not interval:
            raise errors.Refusal(*errors.PERIOD_REQUIRED)
        if interval not in SPOT_INTERVALS:
            raise errors.Refusal(*errors.INVALID_PERIOD)
        return topic, interval
    if name not in _TOPICS:
        raise errors.Refusal(*errors.INVALID_TOPIC)
    return topic, None


def _listed(topic: str, symbol: str) -> bool:
    return symbol == LEVERAGED if topic == "lt" else symbol in _DECIMALS


def _stream(topic: str, symbol: str, interval: str | None, params: dict[str, Any]) -> Stream:
    scale = _dump_scale(params, _DECIMALS[symbol]) if topic == "mergedDepth" else None
    return Stream(topic, symbol, interval, scale, errors.is_true(params.get("binary")))


def _dump_scale(params: dict[str, Any], finest: int) -> int:
    """Read dumpScale, a number (wire-legacy section 7): at most the tick's decimals, not negative."""
    value = params.get("dumpScale")
    if value is None or value == "":
        raise errors.Refusal(*errors.DUMP_SCALE_REQUIRED)
    try:
        scale = int(value)
    except (TypeError, ValueError, OverflowError):
        scale = -1
    if not 0 <= scale <= finest:
        raise errors.Refusal(*errors.DUMP_SCALE_ERROR)
    return scale
