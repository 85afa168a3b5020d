from bybit_ws import BybitWebsocket
from bybit_ws.simulator import Exchange

exchange = Exchange().start()
ws = BybitWebsocket(wsURL=exchange.url + "/realtime",
                    api_key=None, api_secret=None)
ws.subscribe_orderBookL2(symbol="BTCUSD")

while True:
    data = ws.get_data("orderBookL2_25.BTCUSD")
    if data:
        print(data)
