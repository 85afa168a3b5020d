"""Private orders, spot and inverse: the keys go to the constructor, the rest is as with public streams.

The simulated account trades by itself; on the real exchange you would see your own orders.
"""

import threading

from bybit_ws import InverseWebSocket, SpotWebSocket
from bybit_ws.simulator import Exchange

keys = {"api_key": "your api key", "api_secret": "your api secret"}
filled = threading.Event()


def spot_order(order):
    show(order["s"], order["S"], order["q"], order["p"], order["X"])


def inverse_orders(message):
    for order in message["data"]:
        show(order["symbol"], order["side"], order["qty"], order["price"], order["order_status"])


def show(symbol, side, quantity, price, status):
    print(f"{symbol:8} {side:4} {quantity:>9} at {price:>9}  {status}")
    if status.upper() == "FILLED":
        filled.set()


with Exchange(speed=3, credentials={"your api key": "your api secret"}) as exchange:
    for client, stream, callback in (
        (SpotWebSocket, "execution_report_stream", spot_order),
        (InverseWebSocket, "order_stream", inverse_orders),
    ):
        filled.clear()
        with client(endpoint=exchange.url, **keys) as ws:
            print(f"-- {client.__name__}.{stream}, until an order is filled")
            getattr(ws, stream)(callback)
            filled.wait(20)
