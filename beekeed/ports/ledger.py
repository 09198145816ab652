"""The account of bytes (features.md, rows 6 and 22): what may go out is on disk before it does."""

from datetime import date
from typing import Protocol

from beekeed.core.budget import MonthUsage, Usage
from beekeed.core.model import Bytes, Category


class Ledger(Protocol):
    """Keeps what every connection cost, and what it may still cost.

    An entry is one connection, or one lookup of a name, within one day. What is held for
    it counts as spent until it is settled: a power cut can only over-count. With a limit,
    what is spent and held in a billing month never passes it.
    """

    async def left(self, *, extra: bool = False) -> int | None:
        """Bytes that may still be spent now; None without a limit.

        `extra`: by what may wait without any achievement being unsafe, for which the last
        part of the limit is not.
        """
        ...

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """Write what an entry cost since it was begun, and hold `most` bytes more, both ways.

        Gives the entry's number. It is a new one where none was given, and where another
        day began since: what the new one costs is counted from here on. Raises LinkDown
        (Code.LIMIT_REACHED) where that is more than is left; what is spent is written all
        the same, and nothing more is held.
        """
        ...

    async def settle(self, entry: int, spent: Bytes) -> None:
        """Write what an entry cost since it was begun; nothing is held for it any more.

        Where a billing month began since it was held, it counts in both.
        """
        ...


class UsageBook(Protocol):
    """The account as people see it, and what they allow beyond the limit."""

    async def usage(self) -> Usage:
        """Show this billing month and the one before, and how the limit stands."""
        ...

    async def month(self, day: date) -> MonthUsage:
        """Show the billing month of a day; thirteen months are kept."""
        ...

    async def top_up(self, allowed_bytes: int) -> None:
        """Allow so many bytes more, in this billing month only."""
        ...
