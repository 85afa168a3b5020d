"""The clients, each as its users would write it: subscribe, then call the callback with every message.

bybit_ws and pybit sort messages by topic and put books together. The others are websocket libraries with the few
lines around them that a knowing user writes: parse, and call.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from typing import Any, Callable, NamedTuple

from .meter import Meter

BOOKS = ("diff_depth_v1", "orderbook_25", "orderbook_200")
"""The streams that are put together, and that ``copy=False`` is for."""


class Job(NamedTuple):
    """What a client's process is to do.

    Attributes:
        client: Its name in ``CLIENTS``.
        url: The server, without a path.
        control: The port that takes the order.
        path: The endpoint.
        calls: Methods and symbols.
        requests: What to send instead, where there are no methods.
        acks: Answers to those.
        ca: The file of the certificate authority, where there is TLS.
        plan: What to measure.
        levels: Levels a side, where the client is given the series itself.
    """

    client: str
    url: str
    control: int
    path: str
    calls: list[tuple[str, list[str]]]
    requests: list[dict[str, Any]]
    acks: int
    ca: str
    plan: list[int]
    levels: int = 0


class Client(NamedTuple):
    """A client.

    Attributes:
        run: Does a job.
        packages: What has to be installed for it besides bybit_ws.
        parser: The module that parses.
        merges: Whether it puts books together.
        sorts: Whether it keeps them sorted.
        share: What part of the usual number of messages it gets, as it takes longer.
    """

    run: Callable[[Job, Meter], None]
    packages: tuple[str, ...]
    parser: str = "orjson"
    merges: bool = False
    sorts: bool = True
    share: float = 1.0


def bybit_ws(job: Job, meter: Meter, **options: Any) -> None:
    """This package."""
    package = importlib.import_module("bybit_ws")
    make = package.InverseWebSocket if job.path == "/realtime" else package.SpotWebSocket
    client = make(endpoint=job.url, sslopt={"ca_certs": job.ca} if job.ca else None)
    callback = meter.callback()
    for method, symbols in job.calls:
        getattr(client, f"{method}_stream")(callback, symbols, **(options if method in BOOKS else {}))
    meter.order()
    meter.wait()


def bybit_ws_shared(job: Job, meter: Meter) -> None:
    """This package, its books' entries handed out uncopied."""
    bybit_ws(job, meter, copy=False)


def pybit(job: Job, meter: Meter) -> None:
    """The package whose streams these were."""
    spot: Any = importlib.import_module("pybit.spot")
    inverse: Any = importlib.import_module("pybit.inverse_perpetual")
    spot.PUBLIC_V1_WSS, spot.PUBLIC_V2_WSS = f"{job.url}/spot/quote/ws/v1", f"{job.url}/spot/quote/ws/v2"
    inverse.WSS = f"{job.url}/realtime"
    client = (inverse if job.path == "/realtime" else spot).WebSocket(test=True)
    callback = meter.callback()
    for method, symbols in job.calls:
        getattr(client, f"{method}_stream")(callback, symbols if len(symbols) > 1 else symbols[0])
    meter.order()
    meter.wait()


def websocket_client(job: Job, meter: Meter) -> None:
    """A loop around websocket-client."""
    create_connection = importlib.import_module("websocket").create_connection
    loads, callback = _parser(job), meter.callback(skip=job.acks)
    options = {"sslopt": {"ca_certs": job.ca}} if job.ca else {}
    ws = create_connection(job.url + job.path, skip_utf8_validation=True, **options)
    for request in job.requests:
        ws.send(json.dumps(request))
    meter.order()
    for _ in range(job.acks + job.plan[0]):
        callback(loads(ws.recv_data()[1]))


def websockets(job: Job, meter: Meter) -> None:
    """A loop around websockets' threaded client."""
    connect = importlib.import_module("websockets.sync.client").connect
    loads, callback = _parser(job), meter.callback(skip=job.acks)
    ws = connect(job.url + job.path, compression=None, max_size=None, proxy=None)
    for request in job.requests:
        ws.send(json.dumps(request))
    meter.order()
    for _ in range(job.acks + job.plan[0]):
        callback(loads(ws.recv(decode=False)))


def picows(job: Job, meter: Meter) -> None:
    """A listener of picows, whose frames are parsed in C; its payloads are not copied."""
    library = importlib.import_module("picows")
    loads, callback = _parser(job), meter.callback(skip=job.acks)

    class Listener(library.WSListener):  # type: ignore[misc, name-defined]
        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            callback(loads(frame.get_payload_as_memoryview()))

    async def run() -> None:
        done = asyncio.get_running_loop().create_future()
        meter.finished = lambda: done.set_result(None)
        transport, _ = await library.ws_connect(Listener, job.url + job.path)
        for request in job.requests:
            transport.send(library.WSMsgType.TEXT, json.dumps(request).encode())
        meter.order()
        await done

    asyncio.run(run())


def parse_and_copy(job: Job, meter: Meter) -> None:
    """No client: what any that hands out books of its own must do, parse each delta and copy the whole book."""
    ((method, symbols),) = job.calls
    series = importlib.import_module("benchmarks.streams").series_of(method, symbols, job.levels)
    texts = [series.at(index).text for index in range(job.plan[0])]
    rows = series.at(0).merged["data"]
    loads, callback = _parser(job), meter.callback()
    for text in texts:
        message = loads(text)
        message["data"] = [*map(dict.copy, rows)]
        callback(message)


def _parser(job: Job) -> Any:
    return importlib.import_module(CLIENTS[job.client].parser).loads


FLOOR = "parse + copy"

CLIENTS = {
    "bybit_ws": Client(bybit_ws, ("orjson",), merges=True),
    "bybit_ws json": Client(bybit_ws, (), "json", merges=True, share=0.5),
    "bybit_ws copy=False": Client(bybit_ws_shared, ("orjson",), merges=True),
    "picows": Client(picows, ("picows", "orjson")),
    "websocket-client": Client(websocket_client, ("orjson",), share=0.5),
    "websocket-client json": Client(websocket_client, (), "json", share=0.5),
    "websockets": Client(websockets, ("websockets", "orjson"), share=0.5),
    "pybit": Client(pybit, ("pybit",), "json", merges=True, sorts=False, share=0.1),
    FLOOR: Client(parse_and_copy, ("orjson",), merges=True),
}
"""In the order of the table, which the last one is not in."""
