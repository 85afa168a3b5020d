"""One symbol's order book: two sorted sides and the sequence number of their last change."""

from __future__ import annotations

from bisect import bisect_left, insort


class Side:
    """Price levels, best first. ``sign`` is -1 for bids and +1 for asks."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.sizes: dict[int, int] = {}
        self._keys: list[int] = []  # sign * price, so that ascending means best first

    def copy(self) -> Side:
        """Give a side that changes apart from this one."""
        side = Side(self.sign)
        side.sizes, side._keys = self.sizes.copy(), self._keys.copy()
        return side

    def __len__(self) -> int:
        return len(self._keys)

    def price(self, index: int) -> int:
        """Give the price of the level at ``index``; 0 is the best, -1 the worst."""
        return self._keys[index] * self.sign

    def set(self, price: int, size: int) -> None:
        """Make the level's size ``size``; zero or less removes it."""
        if size > 0:
            if price not in self.sizes:
                insort(self._keys, price * self.sign)
            self.sizes[price] = size
        elif price in self.sizes:
            del self.sizes[price]
            del self._keys[bisect_left(self._keys, price * self.sign)]

    def top(self, count: int) -> dict[int, int]:
        """Give the best ``count`` levels, best first, as price -> size."""
        keys = self._keys[:count]
        prices = keys if self.sign > 0 else [-key for key in keys]
        return dict(zip(prices, map(self.sizes.__getitem__, prices)))


class Book:
    """Bids, asks, ``seq`` (rises with holes, like the wire's) and the time of the last change."""

    def __init__(self) -> None:
        self.bids = Side(-1)
        self.asks = Side(+1)
        self.seq = 100_000
        self.changed_at = 0

    def side(self, buy: bool) -> Side:
        """Give the side on which a resting buy (or sell) order stands."""
        return self.bids if buy else self.asks

    def touch(self, now: int) -> int:
        """Advance the sequence; it strictly rises but skips (wire-legacy section 10)."""
        self.seq += 1 + (self.seq * 7919 >> 3) % 3
        self.changed_at = now
        return self.seq

    def change(self, buy: bool, price: int, by: int, now: int) -> None:
        """Add ``by`` (or take away, when negative) at one level."""
        side = self.side(buy)
        side.set(price, side.sizes.get(price, 0) + by)
        self.touch(now)

    def copy(self, now: int) -> Book:
        """Give the same book as of another time."""
        book = Book()
        book.bids, book.asks, book.seq, book.changed_at = self.bids.copy(), self.asks.copy(), self.seq, now
        return book

    @property
    def best_bid(self) -> int:
        """The highest bid."""
        return self.bids.price(0)

    @property
    def best_ask(self) -> int:
        """The lowest ask."""
        return self.asks.price(0)
