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


# To subscribe to multiple symbols,
# pass a list: ["BTCUSDT", "ETHUSDT"]
ws_spot.depth_v1_stream(
    handle_message, "ETHUSDT"
)

while True:
    sleep(1)
