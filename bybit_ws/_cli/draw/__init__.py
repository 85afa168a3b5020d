"""Pictures of streams in a terminal: ``bybit_ws._views`` says what there is to see, ``rich`` draws it.

Only this package knows ``rich``. A picture is an object with ``draw(width, height, now, state)``, which gives a panel
of that width and of that height at most; what must not jump between frames, such as widths, it remembers.
"""

from __future__ import annotations

MISSING = (
    "the picture needs the package rich: pip install 'bybit-ws-client[terminal]', "
    "or in a checkout pip install '.[terminal]'"
)

try:
    import rich  # noqa: F401
except ImportError as error:
    raise ImportError(MISSING) from error
