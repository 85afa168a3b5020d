from bybit_ws import BybitWebsocket
from bybit_ws.simulator import Exchange

api_key = "your api key"
api_secret = "your api secret"
exchange = Exchange().start()
ws = BybitWebsocket(wsURL=exchange.url + "/realtime",
                    api_key=api_key, api_secret=api_secret)
ws.subscribe_position()

while True:
    data = ws.get_data("position")
    if data:
        print(data)
