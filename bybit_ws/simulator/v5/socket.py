"""What the three V5 sockets share: commands by ``op`` (wire-v5 sections 3 and 5)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from ..connection import Connection
from ..session import NotJson, Session, Venue, parse

Answer = dict[str, Any]
PARAMS_ERROR = "Params Error"


class Refused(Exception):
    """The whole request is refused; the text becomes ``ret_msg``."""


class V5Session(Session):
    """Answers each request with one message that carries its ``req_id``.

    Attributes:
        conn_id: What every answer on this connection repeats.
        always_req_id: Whether answers say ``"req_id":""`` where the request had none.
        acknowledgements: What ``ret_msg`` says of a request that was obeyed, by ``op``.
    """

    conn_id: str
    always_req_id = False
    acknowledgements: ClassVar[dict[str, str]] = {"subscribe": "", "unsubscribe": ""}

    def __init__(self, connection: Connection, venue: Venue) -> None:
        super().__init__(connection, venue)
        self._commands = {"ping": self.ping, "subscribe": self._subscribe, "unsubscribe": self._unsubscribe}

    def receive(self, message: str | bytes) -> None:
        """Obey one request, or say what is wrong with it; the socket stays open."""
        try:
            request = parse(message)
        except NotJson as error:
            self.answer({}, False, f"Failed to decode incoming data:{error}", "")
            return
        if not isinstance(request, dict):
            self.answer({}, False, "Failed to decode incoming data:no object", "")
            return
        op = request.get("op")
        command = self._commands.get(op) if isinstance(op, str) else None
        if command is None:
            self.answer(request, False, "error:invalid op", "")
            return
        try:
            command(request)
        except Refused as refusal:
            self.answer(request, False, str(refusal))

    def ping(self, request: Answer) -> None:
        """Answer a ping."""
        self.answer(request, True, "pong")

    @abstractmethod
    def subscribe(self, request: Answer, topics: list[str]) -> None:
        """Subscribe and answer, or raise ``Refused``."""

    @abstractmethod
    def unsubscribe(self, topics: list[str]) -> None:
        """Send no more of these; what was not subscribed does not matter."""

    def answer(self, request: Answer, success: bool, ret_msg: str, op: str | None = None) -> None:
        """Answer a request; ``op`` is the request's own by default."""
        head: Answer = {"success": success, "ret_msg": ret_msg, "conn_id": self.conn_id}
        self.send({**head, **self.req_id(request), "op": request.get("op") if op is None else op})

    def req_id(self, request: Answer) -> Answer:
        """Give the ``req_id`` as answers to a request repeat it."""
        if "req_id" in request:
            return {"req_id": request["req_id"]}
        return {"req_id": ""} if self.always_req_id else {}

    def acknowledge(self, request: Answer) -> None:
        """Say that a request was obeyed."""
        self.answer(request, True, self.acknowledgements[request["op"]])

    def _subscribe(self, request: Answer) -> None:
        self.subscribe(request, _topics(request))

    def _unsubscribe(self, request: Answer) -> None:
        self.unsubscribe(_topics(request))
        self.acknowledge(request)


def _topics(request: Answer) -> list[str]:
    args = request.get("args")
    if not isinstance(args, list) or not args or not all(isinstance(arg, str) for arg in args):
        raise Refused(PARAMS_ERROR)
    return args
