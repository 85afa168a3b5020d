"""Records the simulator, plays that by ``Recording`` and by ``replay``, and compares what is delivered.

``python tests/replayed.py --seconds 600 --speed 100`` records all streams of both clients, over the documented
protocol and over V5, for ten minutes; ``--keep DIR`` leaves the recordings there, ``--from DIR`` takes those of before.
The exit code is 1 where a delivery differs.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]

from support import KEYS, wait_until  # noqa: E402

from bybit_ws import InverseWebSocket, SpotWebSocket  # noqa: E402
from bybit_ws._topics import REALTIME, ROWS, Row  # noqa: E402
from bybit_ws.simulator import Exchange  # noqa: E402

VALUES = {"kline_v1": "1m", "kline_v2": "1m", "merged_depth_v1": 1, "kline": "1"}
SYMBOLS = {"lt_v1": ["BTC3LUSDTNAV"], "insurance": ["BTC", "ETH"]}
Key = tuple[str, str, str]
Deliveries = dict[Key, list[bytes]]
"""Messages by stream, topic and symbol: of each a digest of its text, as ten minutes of whole books are many."""


def digest(message: Any) -> bytes:
    """Return what tells a message from any other, down to the order of its keys."""
    return hashlib.blake2b(json.dumps(message).encode(), digest_size=12).digest()


def served(api: str) -> list[Row]:
    """Return the streams of a protocol."""
    return [row for row in ROWS if api == "legacy" or row.stream != "lt_v1"]


def subscribe(client: Any, row: Row, callback: Any) -> None:
    """Ask for a stream, for two symbols where it has any."""
    method = getattr(client, row.method)
    if not row.symbols:
        method(callback)
        return
    pair = ["BTCUSD", "ETHUSD"] if row.socket is REALTIME else ["BTCUSDT", "ETHUSDT"]
    arguments = [SYMBOLS.get(row.stream, pair)] + ([VALUES[row.stream]] if row.stream in VALUES else [])
    method(callback, *arguments)


def ignore(message: Any) -> None:
    """Take a message."""


@contextlib.contextmanager
def clients(url: str, api: str, **options: Any) -> Iterator[tuple[SpotWebSocket, InverseWebSocket]]:
    """Yield both clients."""
    options = {"endpoint": url, "api": api, **KEYS, **options}
    with SpotWebSocket(**options) as spot, InverseWebSocket(**options) as inverse:
        yield spot, inverse


def record(path: Path, url: str, api: str, seconds: float, rows: list[Row] | None = None, **options: Any) -> int:
    """Record streams of both clients to one file; return the number of frames."""
    with clients(url, api) as (spot, inverse):
        recorder = spot.record(path, **options)
        inverse.record(recorder)
        for row in rows or served(api):
            subscribe(inverse if row.socket is REALTIME else spot, row, ignore)
        threading.Event().wait(seconds)
    return recorder.frames


def by_recording(path: Path) -> Deliveries:
    """Return what ``Recording`` delivers."""
    from bybit_ws import Recording

    found: Deliveries = {}
    for one in Recording(path).deliveries():
        found.setdefault((one.stream, one.topic, one.symbol), []).append(digest(one.message))
    return found


SERVER = """
import sys
from bybit_ws.simulator import Replay
with Replay(sys.argv[1], speed=float(sys.argv[2])) as replay:
    print(replay.url, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def serving(path: Path, speed: float) -> Iterator[str]:
    """Serve a recording from a process of its own, so that it need not share a core with the clients; yield the URL."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT.parent)}
    command = [sys.executable, "-c", SERVER, str(path), str(speed)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate("")


def by_replay(path: Path, api: str, speed: float, like: Deliveries, patience: float) -> Deliveries:
    """Return what clients get of a recording that is served."""
    found: Deliveries = {}

    def keep(row: Row) -> Any:
        def callback(message: Any) -> None:
            found.setdefault((row.stream, *named(row, message)), []).append(digest(message))

        return callback

    with serving(path, speed) as url, clients(url, api) as (spot, inverse):
        for row in [row for row in ROWS if any(key[0] == row.stream for key in like)]:
            subscribe(inverse if row.socket is REALTIME else spot, row, keep(row))
        wait_until(lambda: all(len(found.get(key, ())) >= len(those) for key, those in like.items()), patience)
    return found


def named(row: Row, message: Any) -> tuple[str, str]:
    """Return topic and symbol of a message, as a key has them."""
    if not row.symbols:
        return row.wire, ""
    value = VALUES.get(row.stream)
    if row.socket is REALTIME:
        topic, _, symbol = message["topic"].rpartition(".")
        return topic, symbol
    topic = row.topic(value).name
    return topic, message.get("symbol") or message["params"]["symbol"]


def compare(one: Deliveries, other: Deliveries) -> list[str]:
    """Return what differs, in words."""
    words = []
    for key in sorted({*one, *other}):
        these, those = one.get(key, []), other.get(key, [])
        if these != those:
            same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(these, those)))
            words.append(f"{' '.join(key)}: {len(these)} and {len(those)} messages, the first {same} are equal")
    return words


def main() -> int:
    """Record, play, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--market-speed", type=float, default=1, help="market seconds a second while recording")
    parser.add_argument("--speed", type=float, default=100)
    parser.add_argument("--api", choices=("legacy", "v5", "both"), default="both")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--from", type=Path, dest="source")
    parser.add_argument("--only-record", action="store_true")
    options = parser.parse_args()
    apis = ("legacy", "v5") if options.api == "both" else (options.api,)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.source or options.keep or Path(temporary)
        if options.source is None:
            with Exchange(seed=1, speed=options.market_speed) as exchange:
                jobs = [(folder / f"{api}.jsonl.gz", exchange.url, api, options.seconds) for api in apis]
                threads = [threading.Thread(target=record, args=job) for job in jobs]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        if options.only_record:
            return 0
        return max(judge(folder / f"{api}.jsonl.gz", api, options.speed, options.seconds) for api in apis)


def judge(path: Path, api: str, speed: float, seconds: float) -> int:
    """Play one recording both ways; return 1 where they differ."""
    began = time.monotonic()
    direct = by_recording(path)
    played = time.monotonic()
    served = by_replay(path, api, speed, direct, 60 + 3 * seconds / speed)
    over = time.monotonic()
    differences = compare(direct, served)
    size = path.stat().st_size / 2**20
    print(f"{api}, {size:.1f} MB: Recording took {played - began:.1f} s; replay at {speed:g} times the pace")
    print(f"took {over - played:.1f} s")
    for key in sorted(direct):
        print(f"  {' '.join(key):50} {len(direct[key]):7,} {len(served.get(key, ())):7,}")
    print(f"  {'all':50} {sum(map(len, direct.values())):7,} {sum(map(len, served.values())):7,}")
    print("\n".join(differences) or "all of it is identical and in the same order")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
