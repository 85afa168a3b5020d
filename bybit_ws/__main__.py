"""The command line: ``python -m bybit_ws``, also installed as ``bybit-ws``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .exceptions import BybitWebSocketError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: The words after the program's name; None takes those it was started with.

    Returns:
        The exit code: 0, 1 for an error, 2 for wrong usage, 130 for Ctrl-C.
    """
    try:
        from ._cli import parse  # here, so that a Ctrl-C meanwhile ends as one later does

        arguments = parse(argv)
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # e.g. `| head`: whoever reads has seen enough
        sys.stderr.close()
        return 0
    except (BybitWebSocketError, ImportError, OSError, ValueError) as error:
        print(f"bybit-ws: {error}", file=sys.stderr)
        return getattr(error, "exit_code", 1)


if __name__ == "__main__":
    sys.exit(main())
