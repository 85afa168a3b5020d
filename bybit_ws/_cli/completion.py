"""``completion``: a script by which a shell completes commands, streams and options."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")

_MISSING = (
    "the completion needs the package shtab: pip install 'bybit-ws-client[terminal]', "
    "or in a checkout pip install '.[terminal]'"
)


def run(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print the script for a shell."""
    try:
        import shtab
    except ImportError as error:
        raise ImportError(_MISSING) from error
    for action in _actions(parser):
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, shell=arguments.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
