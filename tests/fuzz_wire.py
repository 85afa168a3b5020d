"""A coverage-guided fuzzer of all that reads the wire, run by hand; pytest does not collect it.

    python -m pip install atheris
    python tests/fuzz_wire.py inverse -max_total_time=600

The first argument chooses what is fuzzed: a dialect (``inverse``, ``spot_v1``, ``spot_v2``, ``spot_private``: a
conversation with a session that wants all there is), ``json`` (parsing and inflating) or ``frames`` (reading
frames in bulk, beside websocket-client). What follows goes to libFuzzer: ``-max_total_time=`` in seconds,
``-max_len=``, a directory to keep the corpus in. Where something is found it stops and writes the input to a file;
``python tests/fuzz_wire.py inverse FILE`` plays it again. A finding becomes a plain test in test_fuzz_findings.py.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]


class Draw:
    """Decodes the fuzzer's bytes into choices."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    @property
    def more(self) -> int:
        return int(self._provider.remaining_bytes())

    def below(self, count: int) -> int:
        return int(self._provider.ConsumeIntInRange(0, count - 1))

    def of(self, choices: Any) -> Any:
        return choices[self.below(len(choices))]

    def raw(self, size: int) -> bytes:
        return bytes(self._provider.ConsumeBytes(self.below(size + 1)))

    def text(self) -> str:
        import fuzzing

        return str(self._provider.ConsumeUnicode(self.below(8))) if self.below(4) == 0 else self.of(fuzzing.WORDS)

    def value(self, depth: int = 3) -> Any:
        import fuzzing

        kind = self.below(8 if depth else 6)
        if kind < 2:
            return self.text()
        if kind < 4:
            return self.of(fuzzing.NUMBERS)
        if kind < 6:
            return self.of((None, True, False))
        count = self.below(4)
        if kind == 6:
            return [self.value(depth - 1) for _ in range(count)]
        return {self.of(fuzzing.NAMES): self.value(depth - 1) for _ in range(count)}


def conversation(name: str) -> Callable[[Draw], None]:
    """Return what plays a conversation of a dialect."""
    import fuzzing

    from bybit_ws._dialects import spot_private

    dialect = fuzzing.NAMED[name]
    frames = fuzzing.frames(dialect)
    books = [
        frame
        for frame in frames
        if isinstance(frame, dict) and (frame.get("type") or (frame.get("topic") == "diffDepth" and "data" in frame))
    ]

    def mutated(draw: Draw, frame: Any) -> Any:
        for _ in range(draw.below(4)):
            path = draw.of(fuzzing.places(frame))
            kind = draw.below(6)
            if kind == 0:
                frame = fuzzing.removed(frame, path)
            elif kind == 1:
                frame = fuzzing.renamed(frame, path, draw.of(fuzzing.NAMES))
            elif kind == 2:
                frame = fuzzing.replaced(frame, path, fuzzing.part(frame, draw.of(fuzzing.places(frame))))
            elif kind == 3:
                other = draw.of(frames)
                frame = fuzzing.replaced(frame, path, fuzzing.part(other, draw.of(fuzzing.places(other))))
            else:
                frame = fuzzing.replaced(frame, path, draw.value())
        return frame

    def pairs(draw: Draw) -> Any:
        return [[str(1 + draw.below(9)), str(draw.below(4))] for _ in range(draw.below(4))]

    def rows(draw: Draw) -> Any:
        sides = ("Buy", "Sell")
        return [
            {"price": str(1 + draw.below(9)), "side": draw.of(sides), "size": draw.below(4)}
            for _ in range(draw.below(4))
        ]

    def book(draw: Draw) -> Any:
        frame = fuzzing.replaced(draw.of(books), (), draw.of(books))
        if frame["topic"] == "diffDepth":
            data = {"b": pairs(draw), "a": pairs(draw), "o": draw.below(4)}
            return {**frame, "data": [data], "f": draw.of((True, False, None))}
        if frame["topic"].startswith("instrument"):
            return frame
        if draw.below(2):
            return {**frame, "type": "snapshot", "data": rows(draw)}
        return {**frame, "type": "delta", "data": {step: rows(draw) for step in ("delete", "update", "insert")}}

    def play(draw: Draw) -> None:
        loads = json.loads if draw.below(2) else fuzzing.Talk.__init__.__defaults__[1]
        flags = {"merge": draw.below(4) > 0, "copy": draw.below(2) > 0}
        flags.update(custom=draw.below(2) > 0, binary=draw.below(2) > 0)
        all_of_it = fuzzing.Everything(dialect, loads=loads, **flags)
        for _ in range(40):
            if not draw.more:
                break
            kind = draw.below(16)
            if kind < 7:
                all_of_it.hear(json.dumps(mutated(draw, draw.of(frames))))
            elif kind < 10 and books:
                all_of_it.hear(json.dumps(mutated(draw, book(draw))))
            elif kind == 10:
                all_of_it.hear(json.dumps([draw.value() for _ in range(draw.below(3))]))
            elif kind == 11:
                all_of_it.hear(draw.raw(40))
            elif kind == 12:
                all_of_it.wait(draw.of((0.0, 0.2, 1.0, 3.0, 40.0)))
            elif kind == 13:
                key = draw.of(sorted(all_of_it.owners))
                all_of_it.session.unsubscribe([key], all_of_it.owners[key])
                all_of_it.check()
            elif kind == 14:
                all_of_it.want_all()
            else:
                all_of_it.reconnect()
        all_of_it.recover()

    assert books or dialect is spot_private or name == "spot_v2"
    return play


def parsing() -> Callable[[Draw], None]:
    """Return what parses and inflates."""
    import fuzzing

    from bybit_ws._json import NOT_JSON, _loads, inflate
    from bybit_ws.exceptions import ProtocolError

    fast = fuzzing.Talk.__init__.__defaults__[1]

    def parsed(loads: Any, payload: bytes) -> Any:
        try:
            return loads(payload)
        except NOT_JSON:
            return NOT_JSON

    def plain(value: Any) -> bool:
        """Whether both parsers agree on it: no number that one of them has no room for, no half of a pair."""
        if isinstance(value, (list, dict)):
            inner = [*value, *value.values()] if isinstance(value, dict) else value
            return all(map(plain, inner))
        if isinstance(value, str):
            return not any("\ud800" <= letter <= "\udfff" for letter in value)
        return not isinstance(value, (int, float)) or (math.isfinite(value) and abs(value) < 2**63)

    def play(draw: Draw) -> None:
        kind = draw.below(5)
        payload = draw.raw(4096) if draw.below(2) else json.dumps(draw.value(6)).encode() + draw.raw(3)
        if kind < 2:
            one, other = parsed(fast, payload), parsed(_loads, payload)
            if NOT_JSON not in (one, other) and plain(one) and plain(other):
                assert one == other
            return
        data = [payload, gzip.compress(payload, 1, mtime=0), b"\x1f\x8b\x08\x00" + payload][kind - 2]
        at = draw.below(len(data) + 1)
        data = data[:at] + draw.raw(8) + data[at:] if draw.below(2) else data
        limit = draw.of((1, 10, 100, 1 << 16))
        with contextlib.suppress(ValueError, ProtocolError):
            assert len(inflate(data, limit)) <= limit

    return play


def bulk() -> Callable[[Draw], None]:
    """Return what reads frames, and compares."""
    from test_bulk import hear, hear_plainly

    from bybit_ws.exceptions import ProtocolError

    def frame(draw: Draw) -> bytes:
        head = draw.of((0x81, 0x81, 0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A, 0x88, 0xC1, 0x83, 0x8B, 0x91))
        payload = draw.raw(8) * draw.of((1, 1, 1, 20, 9000))
        form = draw.below(3) if len(payload) < 126 else 1 + draw.below(2) if len(payload) < 65536 else 2
        mask = 0x80 * (draw.below(8) == 0)
        length = [bytes([mask | (len(payload) & 127)]), bytes([mask | 126]) + struct.pack("!H", len(payload) & 0xFFFF)]
        length.append(bytes([mask | 127]) + struct.pack("!Q", len(payload)))
        return bytes([head]) + length[form] + (b"\0\0\0\0" if mask else b"") + payload

    def play(draw: Draw) -> None:
        stream = b""
        while draw.more and len(stream) < 200_000:
            stream += draw.raw(20) if draw.below(8) == 0 else frame(draw)
        cuts = sorted({draw.below(len(stream) + 1) for _ in range(draw.below(6))})
        pieces = [stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)])]
        heard, plainly = hear(*pieces), hear_plainly(*pieces)
        if heard.end[0] is ProtocolError:  # the length that is announced is too large: websocket-client would wait
            assert heard.messages == plainly.messages[: len(heard.messages)]
        else:
            assert heard == plainly

    return play


def main() -> None:
    """Fuzz for ever, or as long as libFuzzer is told to."""
    import atheris

    with atheris.instrument_imports(include=["bybit_ws", "websocket", "json"]):
        import fuzzing
        import test_bulk  # noqa: F401

    target = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    targets = [*fuzzing.NAMED, "json", "frames"]
    if target not in targets:
        sys.exit(f"usage: python tests/fuzz_wire.py {'|'.join(targets)} [libFuzzer's options]")
    play = parsing() if target == "json" else bulk() if target == "frames" else conversation(target)
    sys.argv[1:1] = ["-len_control=0", "-max_len=600"]  # long inputs from the start: a short one is no conversation
    atheris.Setup(sys.argv, lambda data: play(Draw(atheris.FuzzedDataProvider(data))))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
