import hmac
import time

import websocket

from bybit_ws.simulator import Exchange

exchange = Exchange(credentials={"your api key": "your api secret"}).start()
ws_url = exchange.url + "/realtime"

api_key = "your api key"
api_secret = "your api secret"

# Generate expires.
expires = int((time.time() + 1) * 1000)

# Generate signature.
signature = str(hmac.new(
    bytes(api_secret, "utf-8"),
    bytes(f"GET/realtime{expires}", "utf-8"), digestmod="sha256"
).hexdigest())

param = "api_key={api_key}&expires={expires}&signature={signature}".format(
    api_key=api_key.replace(" ", "%20"),
    expires=expires,
    signature=signature
)

url = ws_url + "?" + param

ws = websocket.WebSocketApp(
    url=url,
    on_open=lambda ws: ws.send('{"op": "subscribe", "args": ["position"]}'),
    on_message=lambda ws, message: print(message)
)
ws.run_forever()
