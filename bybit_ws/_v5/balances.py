"""Which balances a push of V5's wallet changed: it tells of others, too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, Callable

from .fields import Field, sources

Make = Callable[[Any, Any], "dict[str, Any]"]


class Balances:
    """What the wallet told last.

    Args:
        fields: The table of a row.
        make: Makes a row of what a push says of a coin, and of the account.

    Attributes:
        rows: Of each coin, as documented.
    """

    def __init__(self, fields: Iterable[Field], make: Make) -> None:
        self._names, self._make = sources(fields), make
        self._all_of = itemgetter(*self._names)
        self._cross = False
        self._said: dict[str, tuple[Any, ...]] = {}
        self.rows: dict[str, dict[str, Any]] = {}

    def take(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take a push in; return the rows that changed.

        As long as V5 says the same of what a row is made of, it is the same. To see that takes a tenth of the time.
        """
        all_of, all_said, news = self._all_of, self._said, []
        for account in message["data"]:
            if bool(account.get("totalAvailableBalance")) is not self._cross:
                self._cross = not self._cross
                all_said.clear()
            for it in account["coin"]:
                coin = it["coin"]
                try:
                    said = all_of(it)
                except KeyError:
                    said = tuple(map(it.get, self._names))
                if all_said.get(coin) != said:
                    news.append((coin, said, self._make(it, account)))
        rows, changed = self.rows, []
        for coin, said, row in news:
            all_said[coin] = said
            if rows.get(coin) != row:
                rows[coin] = row
                changed.append(row)
        return changed
