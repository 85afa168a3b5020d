"""An order book: the best bid and ask of BTCUSD and the spread between them, ten times.

Every message is the whole book, price ascending, bids then asks: no deltas to merge, nothing to sort.
"""

import threading

from bybit_ws import InverseWebSocket
from bybit_ws.simulator import Exchange

seen = 0
enough = threading.Event()


def show(message):
    global seen
    book = message["data"]
    bid = [row for row in book if row["side"] == "Buy"][-1]
    ask = next(row for row in book if row["side"] == "Sell")
    spread = float(ask["price"]) - float(bid["price"])
    print(f"{len(book)} levels | bid {bid['price']} x {bid['size']:,} | ask {ask['price']} x {ask['size']:,}"
          f" | spread {spread:.1f} USD")
    seen += 1
    if seen == 10:
        enough.set()
        book_25.unsubscribe()


with Exchange() as exchange, InverseWebSocket(endpoint=exchange.url) as ws:
    book_25 = ws.orderbook_25_stream(show, "BTCUSD")
    enough.wait(30)
