"""Record and replay: half a minute of the market is kept; what runs on it then is the code that runs live."""

import tempfile
import time
from pathlib import Path

from bybit_ws import InverseWebSocket, Recording
from bybit_ws.simulator import Exchange


def strategy(ws, threshold):
    """Count trades that are far larger than what the book offers."""
    signals, best = [], {}

    def book(message):
        best.update(offered=message["data"][25]["size"])

    def trade(message):
        signals.extend(one for one in message["data"] if one["size"] > threshold * best.get("offered", 10**9))

    ws.orderbook_25_stream(book, "BTCUSD")
    ws.trade_stream(trade, "BTCUSD")
    return signals


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "market.jsonl.gz"
    with Exchange(seed=1, speed=20) as exchange, InverseWebSocket(endpoint=exchange.url) as ws:
        ws.record(path)
        strategy(ws, 1)
        time.sleep(1.5)
    recording = Recording(path)
    print("recorded:", sorted({one.topic for one in recording.deliveries()}), f"{path.stat().st_size:,} bytes")
    for threshold in (0.5, 1, 2):
        with recording.inverse() as ws:
            signals = strategy(ws, threshold)
            ws.run_forever()
        print(f"above {threshold} times the best offer: {len(signals)} trades")
