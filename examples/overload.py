"""Overload: 0.3 s of work for each book, while several times as many come, and a policy for it.

With queue="latest" callbacks run on a thread of their own. Of each book only the newest waits for it, so that
what you see is late by one piece of work at most, whatever the rate. Books are put together before that: they
are right whatever is left out.
"""

import time

from bybit_ws import InverseWebSocket
from bybit_ws.simulator import Exchange

seen = []


def consume(message):
    seen.append(message["cross_seq"])
    time.sleep(0.3)


with Exchange() as exchange, InverseWebSocket(endpoint=exchange.url, queue="latest") as ws:
    book = ws.orderbook_25_stream(consume, "BTCUSD")
    book.wait(5)
    for _ in range(3):
        time.sleep(0.5)
        health = ws.health()["realtime"]
        print(f"{len(seen)} books seen | {health['queued']} wait, {health['dropped']} left out,"
              f" {health['lag'] or 0:.1f} s late | stale: {book.is_stale}, age {book.age:.1f} s")
    print("-- in order:", seen == sorted(seen))
