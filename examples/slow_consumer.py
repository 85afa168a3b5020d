"""A slow consumer: 0.2 s of work for each message, while three times as many come as it can take.

Messages wait in the network's buffers: you see them late, but you see them all, in order, and the connection
is not taken for dead. Once the work is quick again, the client catches up by itself.
"""

import time

from bybit_ws import InverseWebSocket
from bybit_ws.simulator import Exchange

work = 0.2
sequence = []
late = 0.0


def consume(message):
    global late
    late = time.time() - message["timestamp_e6"] / 1e6
    sequence.append(message["cross_seq"])
    time.sleep(work)


def report(what):
    health = ws.health()["realtime"]
    print(f"{what}: {len(sequence):2} books, the last one {late:3.1f} s late | {health['state']},"
          f" {health['messages']} messages, {health['reconnects']} reconnects")


with Exchange() as exchange, InverseWebSocket(endpoint=exchange.url) as ws:
    ws.orderbook_25_stream(consume, "BTCUSD")
    for _ in range(4):
        time.sleep(0.5)
        report("slow")
    work = 0
    time.sleep(0.5)
    report("fast")
    print("-- late, but in order:", sequence == sorted(sequence))
