"""An account of bytes in memory, for tests: the same rules as on disk, without a disk.

The same tests hold it to the real one (tests/adapters/test_ledger.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import aiohttp

from beekeed.clock import Boot, Clock
from beekeed.core import budget
from beekeed.core.budget import Stand, Terms
from beekeed.core.model import Bytes, Category
from beekeed.errors import LinkDown, OutcomeUnknown
from beekeed.moodle.transport import Transport
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.ledger import Ledger


class FakeBoot:
    """A run of the machine; a test says when it began, by the clock that nobody sets."""

    def __init__(self, monotonic: Callable[[], float], name: str = "first") -> None:
        self.id = name
        self._monotonic = monotonic
        self._began = monotonic()

    def seconds(self) -> int:
        """See Boot."""
        return int(self._monotonic() - self._began)


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
                self._begin(today, category, spent)
            raise LinkDown(refusal.code, **refusal.params)
        if entry is None or not self._goes_on(self.entries[entry], today):
            entry = self._begin(today, category, spent if entry is None else Bytes())
        self.entries[entry].held = most
        return entry

    async def settle(self, entry: int, spent: Bytes) -> None:
        """See ports.Ledger."""
        self._write(entry, spent, self._today())

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
            self._begin(until, entry.category, entry.spent)

    def _begin(self, day: date, category: Category, spent: Bytes) -> int:
        number = len(self.entries) + 1
        trusted, since = self._trust.is_trusted(), self._boot.seconds()
        made = Entry(day, spent, 0, self._boot.id, since, since, trusted, category)
        self.entries[number] = made
        return number

    def _write(self, number: int, spent: Bytes, today: date) -> int:
        entry = self.entries[number]
        since = Bytes(spent.sent - entry.spent.sent, spent.received - entry.spent.received)
        still_held = max(0, entry.held - since.sent - since.received)
        entry.spent, entry.held, entry.until_seconds = spent, 0, self._boot.seconds()
        if self._month(entry.day) < self._month(today):
            self._begin(today, entry.category, since)
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


class LimitedTransport(Transport):
    """The way to the online Moodle, charged with the bytes of each request and answer.

    As the real line does it, without a kernel: a request is held with room for a small
    answer, and an answer that cannot be paid is cut off.
    """

    ROOM = 2000
    """For the answer, and what else a request costs."""

    def __init__(self, *, ledger: Ledger, **how: Any) -> None:
        super().__init__(**how)
        self._ledger = ledger
        self._entry: int | None = None
        self._spent = Bytes()

    async def _post(self, body: bytes) -> tuple[aiohttp.ClientResponse, bytes]:
        await self._hold(len(body) + self.ROOM)
        answer, content = await super()._post(body)
        self._spent += Bytes(len(body), 0)
        try:
            await self._hold(len(content))
        except LinkDown as error:
            await self.close()
            raise OutcomeUnknown(error.code, **error.params) from error
        self._spent += Bytes(0, len(content))
        return answer, content

    async def _hold(self, most: int) -> None:
        entry = await self._ledger.hold(self._entry, Category.SYNC, None, self._spent, most)
        if entry != self._entry:
            self._entry, self._spent = entry, Bytes()

    async def close(self) -> None:
        """See Transport."""
        if self._entry is not None:
            await self._ledger.settle(self._entry, self._spent)
            self._entry, self._spent = None, Bytes()
        await super().close()
