"""A slow consumer: 0.2 s of work for each message, while three times as many come as it can take.

Messages wait in the network's buffers: late, but all of them, in order, and the connection is not taken for dead.
"""

import time

from bybit_ws import InverseWebSocket
from bybit_ws.events import SlowConsumer
from bybit_ws.simulator import Exchange

work, late, sequence = 0.2, 0.0, []


def consume(message):
    global late
    late, _ = time.time() - message["timestamp_e6"] / 1e6, sequence.append(message["cross_seq"])
    time.sleep(work)


def hear(event):
    if isinstance(event, SlowConsumer):
        print(f"event: SlowConsumer, callbacks held the socket up for {event.seconds:.1f} s")


def report(what):
    health = ws.health()["realtime"]
    print(f"{what}: {len(sequence):2} books, the last one {late:3.1f} s late | {health['state']},"
          f" {health['messages']} messages, {health['reconnects']} reconnects")


with Exchange() as exchange, InverseWebSocket(endpoint=exchange.url, on_event=hear) as ws:
    ws.orderbook_25_stream(consume, "BTCUSD")
    for _ in range(4):
        time.sleep(0.5)
        report("slow")
    work = 0
    time.sleep(0.5)
    report("fast")
    print("-- late, but in order:", sequence == sorted(sequence))
