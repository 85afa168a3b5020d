"""A notebook: run a cell again, and its new callback takes the place of the old one.

Nothing is subscribed twice, nothing arrives twice. Each ``# %%`` begins a cell in Jupyter, VS Code and Spyder.
"""

# %% The first cell: once per session.
from bybit_ws import SpotWebSocket
from bybit_ws.simulator import Exchange

exchange = Exchange().start()
ws = SpotWebSocket(endpoint=exchange.url)

# %% The cell you work on ...
prices = []
ticker = ws.realtimes_v1_stream(lambda message: prices.append(message["data"][0]["c"]), "BTCUSDT")
ticker.wait(10)
print("the first run collects prices:", prices[:3])

# %% ... and run again, a little different.
changes = []
ticker = ws.realtimes_v1_stream(lambda message: changes.append(message["data"][0]["m"]), "BTCUSDT")
ticker.wait(10)
print("the second run collects changes:", changes[:3])

# %% Still one subscription, and the exchange was asked once.
print("subscriptions:", ws.subscriptions)
print("requests sent:", sum('"realtimes"' in sent for sent in exchange.received))

# %% The last cell.
ws.close()
exchange.stop()
