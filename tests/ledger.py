"""An account of bytes in memory, for tests: the same rules as on disk, without a disk.

The same tests hold it to the real one (tests/adapters/test_ledger.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from beekeed.clock import Boot, Clock
from beekeed.core import budget
from beekeed.core.budget import Stand, Terms
from beekeed.core.model import Bytes, Category
from beekeed.errors import LinkDown
from beekeed.ports.clocktrust import ClockTrust
from tests.clock import FakeBoot, FakeClock, FakeTrust


@dataclass
class Entry:
    """One connection."""

    day: date
    spent: Bytes
    held: int
    boot_id: str
    boot_seconds: int
    until_seconds: int
    trusted: bool
    category: Category = Category.SYNC
    run_id: int | None = None
    settled: bool = False

    @property
    def whole(self) -> int:
        """What it is charged with."""
        return self.spent.sent + self.spent.received + self.held


class MemoryLedger:
    """See ports.Ledger."""

    def __init__(
        self, *, clock: Clock, trust: ClockTrust, boot: Boot, terms: Callable[[], Terms]
    ) -> None:
        self._clock = clock
        self._trust = trust
        self._boot = boot
        self._terms = terms
        self.entries: dict[int, Entry] = {}
        self.top_ups: list[tuple[date, int]] = []

    async def left(self, *, extra: bool = False) -> int | None:
        """See ports.Ledger."""
        return budget.left(self._terms(), self._stand(self._today()), extra=extra)

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """See ports.Ledger."""
        today, still_held = self._today(), 0
        if entry is not None:
            still_held = self._write(entry, spent, today)
        refusal = budget.refusal(self._terms(), self._stand(today), most)
        if refusal is not None:
            if entry is not None:
                self.entries[entry].held = still_held
            elif spent != Bytes():
                self._begin(today, category, run_id, spent)
            raise LinkDown(refusal.code, **refusal.params)
        if entry is None:
            entry = self._begin(today, category, run_id, spent)
        elif not self._goes_on(self.entries[entry], today):
            self.entries[entry].settled = True
            entry = self._begin(today, category, run_id, Bytes())
        self.entries[entry].held = most
        return entry

    async def settle(self, entry: int, spent: Bytes) -> None:
        """See ports.Ledger."""
        self._write(entry, spent, self._today())
        self.entries[entry].settled = True

    def charged(self) -> int:
        """Give what all entries are charged with, whatever the month."""
        return sum(each.whole for each in self.entries.values())

    def _goes_on(self, entry: Entry, today: date) -> bool:
        return entry.day == today and entry.trusted == self._trust.is_trusted()

    def _today(self) -> date:
        now = self._clock.now()
        if self._trust.is_trusted():
            for each in list(self.entries.values()):
                if not each.trusted and each.boot_id == self._boot.id:
                    self._put_right(each, now)
        newest = max((each.day for each in self.entries.values()), default=None)
        return budget.charged_day(now.date(), newest, trusted=self._trust.is_trusted())

    def _put_right(self, entry: Entry, now: datetime) -> None:
        began, until = (
            budget.right_day(entry.day, (now - timedelta(seconds=age)).date(), now.date())
            for age in (
                self._boot.seconds() - entry.boot_seconds,
                self._boot.seconds() - entry.until_seconds,
            )
        )
        entry.day, entry.trusted = began, True
        if self._month(began) < self._month(until):
            self._begin(until, entry.category, entry.run_id, entry.spent)

    def _begin(self, day: date, category: Category, run_id: int | None, spent: Bytes) -> int:
        number = len(self.entries) + 1
        trusted, since = self._trust.is_trusted(), self._boot.seconds()
        made = Entry(day, spent, 0, self._boot.id, since, since, trusted, category, run_id)
        self.entries[number] = made
        return number

    def _write(self, number: int, spent: Bytes, today: date) -> int:
        entry = self.entries[number]
        since = Bytes(spent.sent - entry.spent.sent, spent.received - entry.spent.received)
        still_held = max(0, entry.held - since.sent - since.received)
        entry.spent, entry.held, entry.until_seconds = spent, 0, self._boot.seconds()
        if self._month(entry.day) < self._month(today):
            self._begin(today, entry.category, entry.run_id, since)
        return still_held

    def _month(self, day: date) -> date:
        return budget.month_of(day, self._terms().billing_day)

    def _stand(self, today: date) -> Stand:
        first, eve = self._month(today), self._month(today) - timedelta(days=1)
        of_month = [each for each in self.entries.values() if each.day >= first]
        return Stand(
            today,
            sum(each.whole for each in of_month if each.day != today)
            + sum(each.held for each in self.entries.values() if each.day == eve),
            sum(each.whole for each in of_month if each.day == today),
            sum(e.held for e in self.entries.values() if e.day >= today - timedelta(days=1)),
            sum(allowed for day, allowed in self.top_ups if day >= first),
            self._trust.is_trusted(),
        )


class Purse(MemoryLedger):
    """An account with so much in it, on a clock of its own; it notes what it saw.

    For tests of what spends. Nothing is settled twice by what uses it.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.clock = FakeClock()
        self.limit = limit
        super().__init__(
            clock=self.clock,
            trust=FakeTrust(self.clock),
            boot=FakeBoot(self.clock.monotonic),
            terms=lambda: Terms(limit),
        )
        self.most_charged = 0
        self.refused = 0
        """What was asked for when it last was too much."""

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """See ports.Ledger."""
        try:
            held = await super().hold(entry, category, run_id, spent, most)
        except LinkDown:
            self.refused = most
            raise
        self.most_charged = max(self.most_charged, self.charged())
        return held

    async def settle(self, entry: int, spent: Bytes) -> None:
        """See ports.Ledger."""
        assert not self.entries[entry].settled
        await super().settle(entry, spent)
        self.most_charged = max(self.most_charged, self.charged())
