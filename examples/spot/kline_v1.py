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
# pass an inverval
ws_spot.kline_v1_stream(
    handle_message, ["BTCUSDT", "ETHUSDT"], "1h"
)

while True:
    sleep(1)
