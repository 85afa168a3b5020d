import hmac
import json
import time

import websocket

from bybit_ws.simulator import Exchange

exchange = Exchange(credentials={"your api key": "your api secret"}).start()
url = exchange.url + "/spot/ws"

api_key = "your api key"
api_secret = "your api secret"

# Generate expires.
expires = int((time.time() + 1) * 1000)

# Generate signature.
signature = str(hmac.new(
    bytes(api_secret, "utf-8"),
    bytes(f"GET/realtime{expires}", "utf-8"), digestmod="sha256"
).hexdigest())

ws = websocket.WebSocketApp(
    url=url,
    # Authenticate with API.
    on_open=lambda ws: ws.send(
        json.dumps({
            "op": "auth",
            "args": [api_key, expires, signature]
        })
    ),
    on_message=lambda ws, message: print(message)
)
ws.run_forever()
