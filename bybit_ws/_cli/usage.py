"""How commands are used: examples, numbers and names, and one line that says what to do where they are wrong."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import math
from collections.abc import Iterable, Iterator
from typing import NoReturn

from .._arguments import similar
from .._topics import ALL, BY_STREAM, Row
from ..exceptions import ConfigurationError

EXAMPLES = {
    "": """\
examples:
  bybit-ws demo
  bybit-ws watch inverse orderbook_25 BTCUSD --simulate
  bybit-ws simulate --port 8765
  bybit-ws watch --help
""",
    "demo": """\
examples:
  bybit-ws demo
  bybit-ws demo | cat               lines, also in a terminal

Ends by itself within 15 s, with 0 where every stream delivered before a drop, after it, and over V5.
""",
    "topics": """\
examples:
  bybit-ws topics
  bybit-ws topics trade_v1          one stream, field by field
  bybit-ws topics --json
""",
    "watch": """\
examples:
  bybit-ws watch spot trade_v1 BTCUSDT ETHUSDT --simulate
  bybit-ws watch inverse orderbook_25 BTCUSD --endpoint ws://127.0.0.1:8765 --count 100
  bybit-ws watch spot kline_v2 BTCUSDT --interval 1m --simulate --json
  bybit-ws watch inverse instrument_info --seconds 60 --record today.jsonl.gz
  bybit-ws watch inverse wallet --simulate

In a terminal a picture: books as ladders, trades as a tape, klines as candles, the rest as tables; it needs the extra
"terminal". Elsewhere, and with --plain, lines. Private streams take their keys from the environment: BYBIT_API_KEY and
BYBIT_API_SECRET.
""",
    "simulate": """\
examples:
  bybit-ws simulate
  bybit-ws simulate --port 0 --seed 1 --speed 30    candles of a minute take 2 s
  bybit-ws simulate --retired                       V5 only, as the exchange is today
""",
    "record": """\
examples:
  bybit-ws record spot trade_v1 BTCUSDT ETHUSDT --out btc.jsonl.gz
  bybit-ws record inverse orderbook_25 BTCUSD + trade BTCUSD + kline=1 BTCUSD --out inverse.jsonl.gz --seconds 60
  bybit-ws record spot diff_depth_v1 BTCUSDT + inverse trade --out both.jsonl.gz --rotate-mb 100
  bybit-ws record spot trade_v1 BTCUSDT --simulate --out simulated.jsonl.gz --seconds 10

A + begins the next stream. Intervals and scales follow a =, as in kline_v1=1m and merged_depth_v1=1.
A file is never replaced: where btc.jsonl.gz is there, btc.2.jsonl.gz is written; they are read as one.
Private streams take their keys from the environment, BYBIT_API_KEY and BYBIT_API_SECRET; no key is kept.
Play it with bybit_ws.Recording("btc.jsonl.gz"), or bybit-ws replay btc.jsonl.gz.
""",
    "replay": """\
examples:
  bybit-ws replay btc.jsonl.gz
  bybit-ws replay btc.jsonl.gz --port 8765 --speed 100

Clients connect with endpoint="ws://127.0.0.1:8765"; each gets the recording from its first subscription on.
""",
    "export": """\
examples:
  bybit-ws export btc.jsonl.gz --out tables
  bybit-ws export btc.jsonl.gz --out tables --stream trade --stream kline --symbol BTCUSD --format csv

Files of the same streams are replaced. bybit-ws topics STREAM tells the columns. Needs the extra "data".
""",
    "doctor": """\
examples:
  bybit-ws doctor
  bybit-ws doctor --test --json
  bybit-ws doctor --domain bybit-tr --api v5
  bybit-ws doctor --endpoint public_v1=wss://stream.toobit.com/quote/ws/v1

Ends with 0 where all is well. The report names no person and no machine, and no keys are used.
""",
    "completion": """\
examples:
  bybit-ws completion bash > ~/.local/share/bash-completion/completions/bybit-ws
  bybit-ws completion zsh > ~/.zfunc/_bybit-ws      with fpath+=~/.zfunc before compinit in ~/.zshrc
  bybit-ws completion fish > ~/.config/fish/completions/bybit-ws.fish

The script stands on its own (it is made by shtab): a TAB starts no Python. Make it anew after an upgrade. Needs the
extra "terminal".
""",
}


class WrongUsage(ConfigurationError):
    """A command makes no sense as it was written."""

    exit_code = 2


@contextlib.contextmanager
def usage() -> Iterator[None]:
    """Take what is configured wrongly for wrong usage: here it can only come from the command's words."""
    try:
        yield
    except ConfigurationError as error:
        raise WrongUsage(str(error)) from error


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose help shows examples."""

    def __init__(self, *args: object, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)  # type: ignore[arg-type]
        _, _, command = self.prog.partition(" ")
        self.epilog = self.epilog or EXAMPLES.get(command)

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong in one line, and end."""
        self.exit(2, f"bybit-ws: {message}" + ("" if "see bybit-ws" in message else f"; see {self.prog} --help") + "\n")


FAMILIES = ("spot", "inverse")


def family(text: str) -> str:
    """Read which client is meant."""
    if text not in FAMILIES:
        raise argparse.ArgumentTypeError(no_family(text))
    return text


def no_family(text: str) -> str:
    """Say that there is no client of a name."""
    known = "there are spot and inverse only, no linear" if text == "linear" else "there are spot and inverse"
    return f"{text!r} is no family of streams: {known}"


def stream(text: str) -> str:
    """Read a documented stream's name."""
    if text not in BY_STREAM:
        raise argparse.ArgumentTypeError(no_stream(text))
    return text


def no_stream(text: str) -> str:
    """Say that there is no stream of a name, and which ones are like it."""
    close = difflib.get_close_matches(text.lower(), BY_STREAM, 3, 0.5)
    hint = f"did you mean {' or '.join(close)}? All of them: bybit-ws topics" if close else "see bybit-ws topics"
    return f"{text!r} is no documented stream: {hint}"


def port(text: str) -> int:
    """Read a port; argparse names this function where the text is none."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return number


def seconds(text: str) -> float:
    """Read a number of seconds."""
    return _above_0(text, "seconds")


def speed(text: str) -> float:
    """Read a pace."""
    return _above_0(text, "times the usual pace")


def replay_speed(text: str) -> float:
    """Read a pace, or 0."""
    number = _finite(text, "times the recorded pace")
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {text}")
    return number


def limit(text: str) -> float:
    """Read how much a file may hold."""
    return _above_0(text, "megabytes or minutes")


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def count(text: str) -> int:
    """Read a whole number above 0."""
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return number


def _above_0(text: str, what: str) -> float:
    number = _finite(text, what)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"must be more than 0, not {text}")
    return number


def _finite(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of {what}")
    return number


def check_family(row: Row, given: str, command: str) -> None:
    """Raise where a stream belongs to the other client."""
    if row.family == given:
        return
    others = " and ".join(one.stream for one in similar(row, given))
    hint = f" ({given} has {others})" if others else ""
    raise ConfigurationError(f"{row.stream} is a stream of {row.family}: {command} {row.family} {row.stream}{hint}")


def check_symbols(symbols: Iterable[str]) -> None:
    """Raise where a symbol is not written as the exchange writes it."""
    for one in symbols:
        if one != ALL and one != one.upper():
            raise ConfigurationError(f"{one!r} is no symbol: did you mean {one.upper()!r}?")
