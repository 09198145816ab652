"""A ledger in memory, with the port's words."""

from dataclasses import dataclass

from beekeed.core.model import Bytes, Category
from beekeed.errors import Code, LinkDown


@dataclass(slots=True)
class Entry:
    """One entry: what was spent, and what is held."""

    category: Category
    run_id: int | None
    spent: Bytes
    held: int
    settled: bool = False

    @property
    def charged(self) -> int:
        """What it counts."""
        return self.spent.sent + self.spent.received + self.held


class MemoryLedger:
    """See ports.Ledger. One day that never ends, unless `turn_day` is called."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.entries: list[Entry] = []
        self.most_charged = 0
        self.refused = 0
        """What was asked for when it last was too much."""
        self._day_from = 0

    def turn_day(self) -> None:
        """Begin another day: what is held next gets a new entry."""
        self._day_from = len(self.entries)

    def charged(self) -> int:
        """What counts as spent."""
        return sum(entry.charged for entry in self.entries)

    async def left(self, *, extra: bool = False) -> int | None:
        """See ports.Ledger."""
        return None if self.limit is None else self.limit - self.charged()

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """See ports.Ledger."""
        if entry is None:
            self.entries.append(Entry(category, run_id, Bytes(), 0))
            entry = len(self.entries)
        its = self.entries[entry - 1]
        still = max(0, its.charged - spent.sent - spent.received)
        its.spent, its.held = spent, 0
        if entry <= self._day_from:
            its.settled = True
            self.entries.append(Entry(category, run_id, Bytes(), 0))
            entry, still = len(self.entries), 0
            its = self.entries[entry - 1]
        left = await self.left()
        if left is not None and most > left:
            its.held = still
            self.refused = most
            raise LinkDown(Code.LIMIT_REACHED)
        its.held = most
        self.most_charged = max(self.most_charged, self.charged())
        return entry

    async def settle(self, entry: int, spent: Bytes) -> None:
        """See ports.Ledger."""
        its = self.entries[entry - 1]
        assert not its.settled
        its.spent, its.held, its.settled = spent, 0, True
        self.most_charged = max(self.most_charged, self.charged())
