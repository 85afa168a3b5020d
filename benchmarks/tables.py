"""What a table costs: a million trades as a data frame, in seconds and in memory (``python -m benchmarks.tables``).

Each stream has a process of its own. The messages are there before, parsed from JSON one by one, as a client has them.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

from bybit_ws import data

_NOW = 1_664_283_342_503


def trade_v1(count: int) -> Iterator[dict[str, Any]]:
    """Give made-up messages of spot, one trade each."""
    for at in range(count):
        trade = {
            "v": str(2_290_000_000_000_000_000 + at),
            "t": _NOW + at,
            "p": f"{20_000 + at % 99_991 / 100:.2f}",
            "q": f"{at % 9_973 / 1e6:.6f}",
            "m": at % 3 == 0,
        }
        symbol = ("BTCUSDT", "ETHUSDT")[at % 5 == 0]
        params = {"realtimeInterval": "24h", "binary": "false"}
        head = {"symbol": symbol, "symbolName": symbol, "topic": "trade", "params": params}
        yield json.loads(json.dumps({**head, "data": [trade], "f": False, "sendTime": _NOW + at + 80}))


def trade(count: int) -> Iterator[dict[str, Any]]:
    """Give made-up messages of inverse, one trade each."""
    for at in range(count):
        one = {
            "trade_time_ms": _NOW + at,
            "timestamp": "2021-04-17T16:43:06.000Z",
            "symbol": ("BTCUSD", "ETHUSD")[at % 5 == 0],
            "side": ("Buy", "Sell")[at % 3 == 0],
            "size": at % 4_999,
            "price": 20_000 + at % 199_999 / 2,
            "tick_direction": ("PlusTick", "ZeroPlusTick", "MinusTick")[at % 3],
            "trade_id": f"{at:08x}-900c-507d-97a2-0922557ffe54",
            "cross_seq": 5_938_955_347 + at,
            "is_block_trade": "false",
        }
        yield json.loads(json.dumps({"topic": f"trade.{one['symbol']}", "data": [one]}))


STREAMS = {"trade_v1": trade_v1, "trade": trade}


def _resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measure(stream: str, count: int, rounds: int) -> dict[str, float]:
    """Return what a frame of so many trades costs, the best of some rounds."""
    data.to_frame(stream, [])  # what is imported once is none of it
    empty = _resident()
    messages = list(STREAMS[stream](count))
    gc.collect()
    before = _resident()
    seconds, cpu = [], []
    for _ in range(rounds):
        started, worked = time.perf_counter(), time.process_time()
        frame = data.to_frame(stream, messages)
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - worked)
        if len(frame) != count:
            raise RuntimeError(f"{len(frame)} rows of {count} messages")
        size = frame.memory_usage(index=False, deep=True).sum() / 1e6
        del frame
    return {
        "wall s": min(seconds),
        "CPU s": min(cpu),
        "frame MB": size,
        "peak MB": _peak() - before,
        "messages MB": before - empty,
    }


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="trades (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often (%(default)s); the best one counts")
    options = parser.parse_args(argv)
    _say(f"{options.count:,} messages of one trade each to a data frame; peak is what it takes beside the messages")
    for stream in STREAMS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(measure, (stream, options.count, options.rounds))
        _say(f"{stream:9}" + "".join(f"  {name} {value:8.2f}" for name, value in found.items()))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
