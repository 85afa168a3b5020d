from time import sleep

from bybit_ws import spot
from bybit_ws.simulator import Exchange

exchange = Exchange().start()
ws_spot = spot.WebSocket(
    endpoint=exchange.url,
    test=True,
    ping_interval=30,  # the default is 30
    ping_timeout=10,  # the default is 10
    domain="bybit"  # the default is "bybit"
)


def handle_message(msg):
    print(msg)


# v2 does not support to subscribe mutiple symbols
ws_spot.book_ticker_v2_stream(
    handle_message, "ETHUSDT"
)

while True:
    sleep(1)
