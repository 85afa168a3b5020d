"""``completion``: a script by which a shell completes commands, streams and options."""

from __future__ import annotations

import argparse

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
    print(shtab.complete(parser, shell=arguments.shell))
    return 0
