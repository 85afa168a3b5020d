"""Surviving a drop: the exchange cuts the line, the client comes back by itself, with all it was asked for.

The events tell what happens besides data. Trades that the exchange repeats are not delivered twice.
"""

import queue

from bybit_ws import SpotWebSocket, events
from bybit_ws.simulator import Exchange

happened = queue.Queue()


def show_until(kind):
    """Show what happens, up to the first of a kind."""
    while True:
        one = happened.get(timeout=20)
        if isinstance(one, events.Event):
            print("event:", one)
        else:
            print(f"{len(one['data']):2} trades of {one['symbol']}, the last one at {one['data'][-1]['p']}")
        if isinstance(one, kind):
            return


with Exchange() as exchange, SpotWebSocket(endpoint=exchange.url, on_event=happened.put) as ws:
    ws.trade_v1_stream(happened.put, ["BTCUSDT", "ETHUSDT"]).wait(10)
    show_until(dict)
    show_until(dict)

    print("-- the exchange drops every connection, and refuses the next two")
    exchange.refuse_connections(2)
    exchange.drop()
    show_until(events.Reconnected)
    show_until(dict)
    print("-- back, with all that was asked for:", ws.subscriptions)
