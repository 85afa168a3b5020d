from time import sleep

from bybit_ws import spot
from bybit_ws.simulator import Exchange

exchange = Exchange().start()
ws_spot = spot.WebSocket(
    endpoint=exchange.url,
    test=True,
    api_key="your api key",
    api_secret="your api secret",
    ping_interval=30,  # the default is 30
    ping_timeout=10,  # the default is 10
    domain="bybit"  # the default is "bybit"
)


def handle_message(msg):
    print(msg)


ws_spot.outbound_account_info_stream(
    handle_message
)

while True:
    sleep(1)
