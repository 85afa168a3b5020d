"""pandas, numpy and pyarrow, or words on what to install."""

from __future__ import annotations

try:
    import numpy
    import pandas
    import pyarrow
except ImportError as error:
    raise ImportError(
        "tables need the packages pandas and pyarrow: pip install 'bybit-ws-client[data]', "
        "or in a checkout pip install '.[data]'"
    ) from error

__all__ = ["numpy", "pandas", "pyarrow"]
