"""The commands of ``python -m bybit_ws``, one module each; this one knows their arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._options import APIS
from .._topics import BY_STREAM, INVERSE_INTERVALS, SPOT_INTERVALS
from .._version import __version__
from . import completion, demo, doctor, export, record, serve, topics, watch
from .usage import EXAMPLES, FAMILIES, Parser, count, family, limit, port, replay_speed, seconds, speed, stream, whole

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[Parser]

DEFAULT_PORT = 8765


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments of a command; its function is in ``run``."""
    top = _parser()
    arguments, left = top.parse_known_args(argv)
    # argparse takes symbols only where they stand together; people also write them after an option.
    words = getattr(arguments, "symbols", getattr(arguments, "what", None))
    if left and (any(word.startswith("-") for word in left) or words is None):
        top.error(f"unrecognized arguments: {' '.join(left)}; see bybit-ws {arguments.command} --help")
    if words is not None:
        words += left
    return arguments


def _parser() -> argparse.ArgumentParser:
    top = Parser(
        prog="bybit-ws",
        description="Bybit's spot and inverse websocket streams, and a local exchange to try them on.",
        epilog=EXAMPLES[""],
    )
    top.add_argument("--version", action="version", version=f"bybit-ws {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_topics(commands)
    _add_watch(commands)
    _add_record(commands)
    _add_replay(commands)
    _add_export(commands)
    _add_simulate(commands)
    _add_doctor(commands)
    _add_completion(commands)
    return top


def _add_demo(commands: _Commands) -> None:
    command = commands.add_parser("demo", help="both clients at work against a local exchange, for a few seconds")
    command.set_defaults(run=demo.run)


def _add_topics(commands: _Commands) -> None:
    command = commands.add_parser("topics", help="list the documented streams, and how V5 serves them")
    command.add_argument(
        "stream", nargs="?", type=stream, choices=[*BY_STREAM], metavar="STREAM", help="show one, field by field"
    )
    command.add_argument("--fidelity", action="store_true", help="show all of them field by field")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown, all of them field by field")
    command.set_defaults(run=topics.run)


def _add_watch(commands: _Commands) -> None:
    command = commands.add_parser("watch", help="look at a stream: a picture in a terminal, lines elsewhere")
    command.add_argument("family", type=family, choices=FAMILIES)
    command.add_argument("stream", type=stream, choices=[*BY_STREAM], metavar="STREAM", help="see bybit-ws topics")
    command.add_argument("symbols", nargs="*", metavar="SYMBOL", help="on inverse, none means all")
    _add_interval(command)
    command.add_argument("--dump-scale", help="of merged_depth_v1: decimals of a price level")
    _add_place(command, "watch")
    command.add_argument("--count", type=count, metavar="N", help="end after so many messages")
    command.add_argument("--seconds", type=seconds, metavar="S", help="end after so many seconds")
    command.add_argument("--record", metavar="FILE", help="keep every frame in a file, for replay")
    command.add_argument("--plain", action="store_true", help="print lines, also in a terminal")
    command.add_argument("--json", action="store_true", help="print whole messages, one JSON a line")
    command.add_argument("--raw", action="store_true", help="print V5's own messages, as JSON")
    command.set_defaults(run=watch.run)


def _add_simulate(commands: _Commands) -> None:
    command = commands.add_parser("simulate", help="run the local exchange until Ctrl-C")
    _add_port(command)
    command.add_argument("--seed", type=whole, metavar="N", help="the same seed gives the same market")
    command.add_argument("--speed", type=speed, metavar="X", default=1.0, help="market seconds a second (default: 1)")
    command.add_argument("--retired", action="store_true", help="V5 only: the legacy sockets answer 404")
    command.set_defaults(run=serve.simulate)


def _add_record(commands: _Commands) -> None:
    command = commands.add_parser("record", help="keep streams in a file, to be played again")
    command.add_argument("what", nargs="+", metavar="WHAT", help="spot or inverse, a stream, symbols; + and the next")
    command.add_argument("--out", required=True, metavar="FILE", help="where to: name.jsonl, or compressed .jsonl.gz")
    command.add_argument("--seconds", type=seconds, metavar="S", help="end after so many")
    command.add_argument("--rotate-mb", type=limit, metavar="N", help="begin a new file after so many megabytes")
    command.add_argument("--rotate-minutes", type=limit, metavar="N", help="begin a new file after so many minutes")
    _add_place(command, "record")
    command.set_defaults(run=record.run)


def _add_replay(commands: _Commands) -> None:
    command = commands.add_parser("replay", help="serve a recording to those who connect, then end")
    command.add_argument("file", metavar="FILE", help='lines of {"t": seconds, "dir": "in", "text": frame}, or .gz')
    _add_port(command)
    told = "times the recorded pace; 0 as fast as possible"
    command.add_argument("--speed", type=replay_speed, metavar="X", default=1.0, help=told)
    command.set_defaults(run=serve.replay)


def _add_export(commands: _Commands) -> None:
    command = commands.add_parser("export", help="write a recording as tables, one Parquet or CSV file a stream")
    command.add_argument("file", metavar="FILE", help="the recording")
    command.add_argument("--out", required=True, metavar="DIR", help="where to; made where it is missing")
    command.add_argument(
        "--stream", action="append", type=stream, choices=[*BY_STREAM], metavar="STREAM", help="only this one; repeat"
    )
    command.add_argument("--symbol", action="append", metavar="SYMBOL", help="only this one; repeat")
    command.add_argument("--format", choices=("parquet", "csv"), default="parquet", help="(default: parquet)")
    command.set_defaults(run=export.run)


def _add_doctor(commands: _Commands) -> None:
    command = commands.add_parser("doctor", help="examine the exchange's public sockets, and tell what works")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--endpoint", action="append", metavar="URL", help="another server; or NAME=URL per socket")
    where.add_argument("--simulate", action="store_true", help="start a local exchange and examine that")
    where.add_argument("--test", action="store_true", help="the exchange's test network")
    command.add_argument("--domain", default="bybit", help="bybit (default), bytick, or a regional one: bybit-tr")
    command.add_argument("--api", choices=APIS, default="auto", help="the protocol (default: auto)")
    told = "that a stream may be silent (default: 15)"
    command.add_argument("--seconds", type=seconds, metavar="S", default=15, help=told)
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.set_defaults(run=doctor.run)


def _add_completion(commands: _Commands) -> None:
    command = commands.add_parser("completion", help="print a script that completes commands, streams and options")
    command.add_argument("shell", choices=completion.SHELLS)
    command.set_defaults(run=lambda arguments: completion.run(arguments, _parser()))


def _add_place(command: argparse.ArgumentParser, what: str) -> None:
    where = command.add_mutually_exclusive_group()
    where.add_argument("--endpoint", help="the server, e.g. ws://127.0.0.1:8765")
    where.add_argument("--simulate", action="store_true", help=f"start a local exchange and {what} that")
    where.add_argument("--test", action="store_true", help="the exchange's test network")
    command.add_argument("--domain", help="bybit (default), bytick, or a regional one: bybit-tr")
    command.add_argument("--api", choices=APIS, default="auto", help="the protocol; auto asks the documented one first")


def _add_interval(command: argparse.ArgumentParser) -> None:
    known = [*dict.fromkeys((*SPOT_INTERVALS, *INVERSE_INTERVALS))]
    told = "of candles: 1m on spot, 1 on inverse"
    command.add_argument("--interval", choices=known, metavar="INTERVAL", help=told)


def _add_port(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=port, default=DEFAULT_PORT, help=f"to listen on (default: {DEFAULT_PORT}; 0 takes a free one)"
    )
