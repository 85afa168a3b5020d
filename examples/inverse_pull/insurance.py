from bybit_ws import BybitWebsocket
from bybit_ws.simulator import Exchange

exchange = Exchange().start()
ws = BybitWebsocket(wsURL=exchange.url + "/realtime",
                    api_key=None, api_secret=None)
ws.subscribe_insurance()

while True:
    data = ws.get_data("insurance.BTC")
    if data:
        print(data)
