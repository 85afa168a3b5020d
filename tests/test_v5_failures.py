"""V5 where something fails at an odd moment: a loss while REST is asked, a clock that is set while keys are good."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import responses
from support import KEYS, Events, library_threads
from talk import Talk

from bybit_ws import SpotWebSocket, events
from bybit_ws._dialects import AuthReply, inverse
from bybit_ws._dialects.v5 import V5
from bybit_ws._login import Login
from bybit_ws._topics import PRIVATE
from bybit_ws._v5.parts import unavailable
from bybit_ws.exceptions import AuthenticationError
from bybit_ws.simulator import Exchange

LISTED = {"list": [{"symbol": "BTCUSD"}], "nextPageCursor": ""}


def test_an_answer_to_a_look_before_a_loss_neither_fails_nor_serves_the_one_after_it() -> None:
    v5, talk = V5(inverse, many=True), Talk(inverse, ready=False)
    talk.session.speak(v5, unavailable)
    talk.session.connecting()
    talk.session.ready()
    owner = talk.want("trade", "*")
    (early,) = v5.tasks()
    talk.session.lost(0.0)
    talk.session.connecting()
    talk.session.ready()
    (late,) = v5.tasks()
    assert list(talk.session.answered(early, None, "no network", talk.now)) == []
    assert owner.told == []
    assert not [one for one in talk.told if isinstance(one, events.RestFailed)]
    talk.session.answered(late, LISTED, "", talk.now)
    assert "publicTrade.BTCUSD" in talk.session.outbox[-1]


def test_all_symbols_are_confirmed_too_where_each_is_wanted_by_itself() -> None:
    v5, talk = V5(inverse, many=True), Talk(inverse, ready=False)
    talk.session.speak(v5, unavailable)
    talk.session.connecting()
    talk.session.ready()
    talk.want("trade", "BTCUSD")
    request = json.loads(talk.session.outbox.pop())
    talk.session.take({"success": True, "ret_msg": "", "req_id": request["req_id"], "op": "subscribe"}, talk.now)
    talk.want("trade", "*")
    (task,) = v5.tasks()
    talk.session.answered(task, LISTED, "", talk.now)
    assert talk.session.outbox == []
    assert events.Subscribed("trade", ("*",)) in talk.told


def test_close_does_not_wait_for_rest_and_leaves_no_thread_there() -> None:
    seen = Events()
    with Exchange(seed=1) as exchange:
        exchange.slow_rest(60)
        client = SpotWebSocket(endpoint=exchange.url, api="v5", on_event=seen)
        client.trade_v1_stream(print, "BTCUSDT")
        assert exchange.wait_for(lambda: bool(exchange.requests), 20)
        began = time.monotonic()
        client.close()
        assert time.monotonic() - began < 3
        assert [one.name for one in library_threads() if "simulator" not in one.name] == []
    assert not seen.of(events.RestFailed)


@responses.activate
def test_a_clock_that_was_set_while_the_keys_were_good_is_looked_at_when_they_are_refused() -> None:
    ahead = [0.0]

    def clock(request: Any) -> tuple[int, dict[str, str], str]:
        seconds = time.time() + ahead[0]
        return 200, {}, f'{{"result": {{"timeSecond": "{seconds:.0f}", "timeNano": "{seconds * 1e9:.0f}"}}}}'

    responses.add_callback(responses.GET, "https://api.bybit.com/v5/market/time", clock)
    login = Login(PRIVATE, SpotWebSocket(api="v5", **KEYS)._options, required=True)

    def challenge(signed: tuple[str, int, str]) -> AuthReply:
        early = signed[1] / 1000 - time.time() - ahead[0]
        return AuthReply(0 < early < 60, "Params Error")

    for ahead[0] in (0.0, 7200.0, -7200.0, 0.0):
        login.perform(challenge)
        assert login.accepted
    with pytest.raises(AuthenticationError, match="Params Error"):
        login.perform(lambda signed: AuthReply(False, "Params Error"))
    looks = len(responses.calls)
    with pytest.raises(AuthenticationError, match="Params Error"):
        login.perform(lambda signed: AuthReply(False, "Params Error"))
    assert len(responses.calls) == looks, "the first refusal in a row is enough to know the clock"
