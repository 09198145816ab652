"""The account of bytes: one suite for the real one on disk and for its twin in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from beekeed.core.budget import EARLIEST, Terms
from beekeed.core.model import Bytes, Category
from beekeed.errors import Code, LinkDown
from beekeed.ports.ledger import Ledger
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store
from beekeed.sqlite.usage import SqliteUsage
from tests.clock import FakeBoot, FakeClock, FakeTrust
from tests.ledger import MemoryLedger

SYNC = Category.SYNC
NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = Bytes()


@dataclass
class Office:
    """A ledger with what it looks at, all set by the test."""

    ledger: Ledger
    clock: FakeClock
    trust: FakeTrust
    terms: Terms
    store: Store | None = None

    async def charged(self) -> int:
        """What the month is charged with; asked by what is left."""
        left = await self.ledger.left()
        assert self.terms.limit_bytes is not None
        assert left is not None
        return self.terms.limit_bytes - left

    async def refused(
        self, most: int, entry: int | None = None, spent: Bytes = NOTHING
    ) -> LinkDown:
        """See a hold refused."""
        with pytest.raises(LinkDown) as caught:
            await self.ledger.hold(entry, SYNC, None, spent, most)
        return caught.value


def make(store: Store | None, *, boot: str = "first", clock: FakeClock | None = None) -> Office:
    """Make a ledger on a database, or in memory."""
    if clock is None:
        clock = FakeClock()
        clock.set(NOW)
    trust = FakeTrust()
    made = Office(None, clock, trust, Terms(1000), store)  # type: ignore[arg-type]
    more = {
        "clock": clock,
        "trust": trust,
        "boot": FakeBoot(clock.monotonic, boot),
        "terms": lambda: made.terms,
    }
    made.ledger = SqliteLedger(store=store, **more) if store else MemoryLedger(**more)  # type: ignore[arg-type]
    return made


@pytest.fixture(params=["on disk", "in memory"])
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    """A ledger with a limit of 1,000 bytes a month, on 10 November."""
    if request.param == "in memory":
        yield make(None)
        return
    store = await open_store(tmp_path / "beekeed.sqlite")
    yield make(store)
    await store.close()


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Office]:
    """The one on disk alone."""
    store = await open_store(tmp_path / "beekeed.sqlite")
    yield make(store)
    await store.close()


async def test_what_is_held_counts_until_it_is_settled(here: Office) -> None:
    """Both ways together; afterwards what it cost."""
    entry = await here.ledger.hold(None, SYNC, 1, Bytes(), 300)
    assert await here.charged() == 300
    assert await here.ledger.hold(entry, SYNC, 1, Bytes(50, 60), 200) == entry
    assert await here.charged() == 310
    await here.ledger.settle(entry, Bytes(70, 80))
    assert await here.charged() == 150
    await here.ledger.settle(entry, Bytes(70, 90))  # the kernel had more to tell
    assert await here.charged() == 160


async def test_without_a_limit_nothing_is_refused_and_all_is_written(here: Office) -> None:
    """And a limit that is set later counts it."""
    here.terms = Terms(None)
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 10**9)
    assert await here.ledger.left() is None
    await here.ledger.settle(entry, Bytes(100, 200))
    here.terms = Terms(1000)
    assert await here.charged() == 300


async def test_not_a_byte_more_than_is_left_is_held(here: Office) -> None:
    """Spent and held together never pass the limit, whoever asks first."""
    first = await here.ledger.hold(None, SYNC, None, Bytes(), 600)
    refused = await here.refused(401)
    assert (refused.code, refused.params) == (Code.LIMIT_REACHED, {"renews": "2026-12-01"})
    assert await here.ledger.hold(None, Category.MAIL, None, Bytes(), 400)
    assert await here.ledger.left() == 0
    await here.ledger.settle(first, Bytes(1, 0))
    assert await here.ledger.left() == 599


async def test_what_was_spent_is_written_where_more_is_refused(here: Office) -> None:
    """And what was held for it and not spent stays: its last packets are still to come."""
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 500)
    await here.refused(900, entry, Bytes(100, 300))
    assert await here.charged() == 500
    await here.ledger.settle(entry, Bytes(100, 320))
    assert await here.charged() == 420
    await here.refused(900, None, Bytes(30, 0))
    assert await here.charged() == 450


async def test_what_is_spent_over_a_hold_counts_as_well(here: Office) -> None:
    """The truth is written, also where it is more than was allowed."""
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 500)
    await here.ledger.settle(entry, Bytes(800, 400))
    assert await here.ledger.left() == 0
    await here.refused(1)


async def test_together_they_hold_no_more_than_one_after_the_other(here: Office) -> None:
    """Many connections that ask at the same moment share what is left."""
    asked = [here.ledger.hold(None, SYNC, None, Bytes(), 70) for _ in range(20)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, int) for each in answers) == 14
    assert await here.ledger.left() == 20


async def test_another_day_begins_another_entry(here: Office) -> None:
    """Whose cost is counted from there on; a hold that is refused leaves the old one."""
    old = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    here.clock.time += DAY
    new = await here.ledger.hold(old, SYNC, None, Bytes(40, 20), 100)
    assert new != old
    assert await here.charged() == 160
    await here.ledger.settle(new, Bytes(5, 5))
    assert await here.charged() == 70
    here.clock.time += DAY
    await here.refused(2000, new, Bytes(6, 6))
    await here.ledger.settle(new, Bytes(7, 6))
    assert await here.charged() == 73


async def test_a_new_month_begins_with_nothing_spent(here: Office) -> None:
    """On the day on which the plan renews."""
    here.terms = Terms(1000, billing_day=15)
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 900)
    await here.ledger.settle(entry, Bytes(900, 0))
    here.clock.time += 4 * DAY
    assert await here.ledger.left() == 100
    here.clock.time += DAY
    assert await here.ledger.left() == 1000


async def test_a_request_over_the_end_of_a_month_counts_in_both(here: Office) -> None:
    """Nobody knows which of its bytes went before midnight; the new limit holds for it too."""
    here.clock.set(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 600)
    entry = await here.ledger.hold(entry, SYNC, None, Bytes(100, 0), 500)
    here.clock.time += timedelta(minutes=2)
    assert await here.charged() == 500  # as long as it is held
    await here.refused(501)
    await here.ledger.settle(entry, Bytes(200, 250))
    assert await here.charged() == 350  # without what went before that request
    here.terms = replace(here.terms, billing_day=2)
    assert await here.charged() == 450 + 350  # both days are of one month then


async def test_on_a_months_last_day_no_more_is_held_than_the_next_allows(here: Office) -> None:
    """A top-up is of one month: what it pays must not still be under way when that ends."""
    here.clock.set(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    await top_up(here, 5000)
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 700)
    await here.refused(301)
    await here.ledger.hold(None, SYNC, None, Bytes(), 300)
    await here.ledger.settle(entry, Bytes(700, 0))
    assert await here.ledger.left() == 700


async def test_a_top_up_is_of_one_month(here: Office) -> None:
    """It adds to the limit until the plan renews."""
    await top_up(here, 500)
    assert await here.ledger.left() == 1500
    here.clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    assert await here.ledger.left() == 1000


async def test_an_untrusted_clock_spends_the_last_months_allowance_on(here: Office) -> None:
    """Whatever it says: 1970, next month, 2045 (features.md, row 22)."""
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    await here.ledger.settle(entry, Bytes(100, 0))
    here.trust.trusted = False
    for year, spent in ((1970, 100), (2026, 200), (2045, 300)):
        here.clock.set(datetime(year, 12, 24, tzinfo=UTC))
        assert await here.charged() == spent
        entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
        await here.ledger.settle(entry, Bytes(100, 0))
    refused = await here.refused(601)
    assert refused.params == {"renews": "2026-12-01", "untrusted": "1"}


async def test_what_was_written_before_the_clock_was_right_gets_its_day(here: Office) -> None:
    """By the clock that nobody sets; nothing that was charged to the new month is lost."""
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    await here.ledger.settle(entry, Bytes(100, 0))
    here.trust.trusted = False
    here.clock.set(datetime(1970, 1, 1, tzinfo=UTC))
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 200)
    await here.ledger.settle(entry, Bytes(200, 0))
    live = await here.ledger.hold(None, SYNC, None, Bytes(), 50)
    here.clock.time += timedelta(minutes=5)
    here.clock.set(datetime(2026, 12, 5, tzinfo=UTC))
    here.trust.trusted = True
    assert await here.charged() == 250
    await here.ledger.settle(live, Bytes(30, 0))
    assert await here.charged() == 230
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 770)
    await here.refused(1)


async def test_what_went_on_into_a_month_that_nobody_knew_of_counts_in_both(here: Office) -> None:
    """A connection over midnight, while the clock was not trusted."""
    here.clock.set(datetime(2026, 11, 30, 23, 50, tzinfo=UTC))
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    await here.ledger.settle(entry, Bytes(100, 0))
    here.trust.trusted = False
    here.clock.set(datetime(1970, 1, 1, tzinfo=UTC))
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    here.clock.time += timedelta(minutes=20)
    entry = await here.ledger.hold(entry, SYNC, None, Bytes(50, 0), 100)
    await here.ledger.settle(entry, Bytes(120, 0))
    here.clock.set(datetime(2026, 12, 1, 0, 10, tzinfo=UTC))
    here.trust.trusted = True
    assert await here.charged() == 120
    here.terms = replace(here.terms, billing_day=2)
    assert await here.charged() == 100 + 120 + 120


async def test_a_connection_that_outlives_the_trust_is_told_apart(here: Office) -> None:
    """What it costs from then on is dated when the clock is right again."""
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    here.trust.trusted = False
    other = await here.ledger.hold(entry, SYNC, None, Bytes(40, 0), 100)
    assert other != entry
    await here.ledger.settle(other, Bytes(70, 0))
    here.clock.set(datetime(2026, 12, 5, tzinfo=UTC))
    here.trust.trusted = True
    assert await here.charged() == 70


async def test_a_clock_that_goes_back_begins_no_month_again(here: Office) -> None:
    """A month that began stays begun, and what a wrong one got is not given twice."""
    here.clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 900)
    await here.ledger.settle(entry, Bytes(900, 0))
    here.clock.set(datetime(2026, 11, 30, tzinfo=UTC))
    assert await here.ledger.left() == 100
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 60)
    await here.ledger.settle(entry, Bytes(60, 0))
    here.clock.set(datetime(2026, 12, 3, tzinfo=UTC))
    assert await here.ledger.left() == 40


async def test_a_trusted_clock_that_was_years_ahead_costs_what_it_spent(here: Office) -> None:
    """Months go on by the right one; what was charged ahead counts in each: never under."""
    here.clock.set(datetime(2045, 1, 1, tzinfo=UTC))
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    await here.ledger.settle(entry, Bytes(100, 0))
    for month, spent in ((11, 500), (12, 200)):
        here.clock.set(datetime(2026, month, 5, tzinfo=UTC))
        assert await here.ledger.left() == 900
        entry = await here.ledger.hold(None, SYNC, None, Bytes(), spent)
        await here.ledger.settle(entry, Bytes(spent, 0))
        assert await here.charged() == 100 + spent
    here.clock.set(datetime(2026, 8, 5, tzinfo=UTC))  # and back: nothing is given twice
    assert await here.charged() == 800
    if here.store is not None:
        assert (await book(here).usage()).current.charged == 800


async def test_a_box_that_never_knew_the_time_has_one_months_allowance(here: Office) -> None:
    """Not one for each month that its clock goes through."""
    here.trust.trusted = False
    for month in (1, 2, 3, 4):
        here.clock.set(datetime(2026, month, 5, tzinfo=UTC))
        entry = await here.ledger.hold(None, SYNC, None, Bytes(), 250)
        await here.ledger.settle(entry, Bytes(250, 0))
    await here.refused(1)
    if isinstance(here.ledger, MemoryLedger):
        assert {each.day for each in here.ledger.entries.values()} == {EARLIEST}


async def test_what_may_wait_does_not_get_the_last_part(here: Office) -> None:
    """A tenth of the limit, or what the settings say."""
    assert await here.ledger.left(extra=True) == 900
    here.terms = replace(here.terms, reserve_percent=50)
    await here.ledger.hold(None, SYNC, None, Bytes(), 600)
    assert await here.ledger.left(extra=True) == 0
    assert await here.ledger.left() == 400


async def test_paced_each_day_has_its_share(here: Office) -> None:
    """21 days are left; what a day leaves is spread over those after it."""
    here.terms = replace(here.terms, limit_bytes=2100, pacing=True)
    assert await here.ledger.left() == 100
    entry = await here.ledger.hold(None, SYNC, None, Bytes(), 100)
    refused = await here.refused(1)
    assert (refused.code, refused.params) == (Code.LIMIT_PACED, {"when": "2026-11-11"})
    await here.ledger.settle(entry, Bytes(50, 0))
    assert await here.ledger.left() == 50
    here.clock.time += DAY
    assert await here.ledger.left() == 2050 // 20
    assert (await here.refused(2051)).code is Code.LIMIT_REACHED
    here.clock.set(datetime(2026, 11, 30, tzinfo=UTC))
    assert await here.ledger.left() == 2050


async def top_up(here: Office, allowed: int) -> None:
    """Allow more, once."""
    if isinstance(here.ledger, MemoryLedger):
        here.ledger.top_ups.append((here.clock.now().date(), allowed))
    else:
        await book(here).top_up(allowed)


def book(here: Office) -> SqliteUsage:
    """The account on disk, as people see it."""
    assert isinstance(here.ledger, SqliteLedger)
    assert here.store is not None
    terms: Callable[[], Terms] = lambda: here.terms  # noqa: E731
    return SqliteUsage(store=here.store, ledger=here.ledger, clock=here.clock, terms=terms)


# On disk alone


async def test_what_a_process_that_died_held_stays_charged(disk: Office, tmp_path: Path) -> None:
    """Not known, counted in full: in its month, and in the next where it was held on the eve."""
    disk.clock.set(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    await disk.ledger.hold(None, SYNC, None, Bytes(10, 20), 300)
    assert disk.store is not None
    again = make(disk.store, clock=disk.clock, boot="second")
    assert await again.charged() == 330
    shown = await book(again).usage()
    assert (shown.live, shown.current.charges[0].held) == (0, 300)
    disk.clock.time += timedelta(minutes=2)
    assert await again.charged() == 300
    entry = await again.ledger.hold(None, SYNC, None, Bytes(), 1)  # sums the old month up
    await again.ledger.settle(entry, Bytes(1, 0))
    assert await again.charged() == 301
    assert (await book(again).usage()).last.charged == 330


async def test_another_run_of_the_machine_is_not_put_right(disk: Office) -> None:
    """When that was, nobody can tell: it stays where it was charged."""
    disk.trust.trusted = False
    entry = await disk.ledger.hold(None, SYNC, None, Bytes(), 100)
    await disk.ledger.settle(entry, Bytes(100, 0))
    again = make(disk.store, clock=disk.clock, boot="second")
    assert await again.charged() == 0
    assert (await book(again).month(EARLIEST)).charged == 100


async def test_old_months_are_summed_up_by_day_and_thirteen_are_kept(disk: Office) -> None:
    """The table stays small; what is shown of a day does not change."""
    assert disk.store is not None
    disk.terms = Terms(None)
    disk.clock.set(datetime(2025, 10, 3, tzinfo=UTC))
    live = await disk.ledger.hold(None, SYNC, None, Bytes(), 40)
    for number in range(430):
        for category in (SYNC, SYNC, Category.CHECK):
            entry = await disk.ledger.hold(None, category, number, Bytes(), 10)
            await disk.ledger.settle(entry, Bytes(1, 2))
        disk.clock.time += DAY
    (row,) = await disk.store.rows("SELECT count(*) FROM ledger_entry")
    assert row[0] <= 31 * 3 + 1
    await disk.ledger.settle(live, Bytes(7, 0))  # it was kept
    usage = book(disk)
    first = disk.clock.now().date().replace(day=1)
    for _ in range(12):
        first = (first - DAY).replace(day=1)
        month = await usage.month(first)
        days = (month.last - month.first).days + 1
        assert {each.spent for each in month.charges} == {Bytes(2, 4), Bytes(1, 2)}
        assert len(month.charges) == 2 * days
    assert await usage.month(date(2025, 6, 1)) == replace(
        await usage.month(date(2025, 7, 1)), first=date(2025, 6, 1), last=date(2025, 6, 30)
    )


async def test_a_warning_is_given_once_a_month(disk: Office) -> None:
    """At three quarters and nine tenths; a limit that is raised and passed again gives none."""
    usage = book(disk)
    warned = []
    for spent in (700, 60, 200):
        entry = await disk.ledger.hold(None, SYNC, None, Bytes(), min(spent, 1000))
        await disk.ledger.settle(entry, Bytes(spent, 0))
        warned.append((await usage.usage()).current.warned)
    assert warned == [(), (75,), (75, 90)]
    await usage.top_up(1000)
    entry = await disk.ledger.hold(None, SYNC, None, Bytes(), 900)
    await disk.ledger.settle(entry, Bytes(900, 0))
    assert disk.store is not None
    rows = await disk.store.rows("SELECT percent, count(*) FROM limit_warning GROUP BY 1")
    assert [tuple(row) for row in rows] == [(75, 1), (90, 1)]
    disk.clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    assert (await usage.usage()).current.warned == ()


async def test_a_hold_is_one_transaction(disk: Office, tmp_path: Path) -> None:
    """No more is written than must be: the disk is an SD card."""
    assert disk.store is not None
    changes = "SELECT total_changes()"
    (before,) = await disk.store.rows(changes)
    await disk.refused(1001)
    (after,) = await disk.store.rows(changes)
    assert after[0] == before[0]
    assert await disk.ledger.left() == 1000
