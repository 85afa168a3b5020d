"""A book to ask: what does an order cost now, how much is offered up to a price, and is all that still so?

Nothing is called back here: the client keeps the book, and whoever wants to know something looks. What is to belong to
one moment is asked of one snapshot.
"""

import threading
from decimal import Decimal

from bybit_ws import InverseWebSocket, SpotWebSocket, events
from bybit_ws.simulator import Exchange

down = threading.Event()


def told(event):
    if isinstance(event, events.Disconnected):
        down.set()


with Exchange(seed=1) as exchange, SpotWebSocket(endpoint=exchange.url) as ws:
    book = ws.book("BTCUSDT", numbers=Decimal)
    book.wait(30)
    moment = book.snapshot()
    print("bid", moment.best_bid.price, "ask", moment.best_ask.price, "spread", moment.spread, "mid", moment.mid)
    cost = moment.depth_to_quantity("ask", "0.5")
    print(f"0.5 BTC cost {cost.value:.2f} USDT, {cost.average:.2f} on average, the last of it {cost.price}")
    near = moment.depth_to_price("bid", moment.mid * Decimal("0.999"))
    print(f"{near.quantity} BTC can be sold within 0.1 % of the mid price, on {near.levels} levels")
    book.close()

with Exchange(seed=1) as exchange, InverseWebSocket(endpoint=exchange.url, on_event=told) as ws:
    book = ws.book("BTCUSD", depth=200)  # in floats, as one likes them in a notebook
    book.wait(30)
    print(f"spread {book.spread}, imbalance of the best ten levels {book.imbalance(10):+.2f}")
    exchange.refuse_connections(2)
    exchange.drop()
    down.wait(30)
    print("while the socket is down:", book.best_bid, book.mid, book.bids)
    print("back again:", book.wait(30), len(book.bids), "bids")
