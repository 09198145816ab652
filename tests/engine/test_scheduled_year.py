"""A year that the schedule runs by itself: history, calendar, ledger and schedule against a count.

The daemon's loop and engine, our database and its ledger are the real ones, and so is the
online Moodle; the clock leaps from one due time to the next. The count knows a calendar, what
was done to the box, and the bytes that went by: nothing of beekeed's.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from beekeed.clock import local_zone
from beekeed.core.budget import Terms
from beekeed.core.model import RunStatus
from beekeed.core.schedule import Plan, hour_of_week
from beekeed.errors import Code
from beekeed.link.meter import RunMeter
from beekeed.link.uplink import Uplink
from beekeed.loop import Loop
from beekeed.moodle.transport import Transport
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.schedule import SqliteSlots
from beekeed.sqlite.usage import SqliteUsage
from tests.clock import START, FakeBoot
from tests.engine.looping import loop_of
from tests.engine.school import School, school
from tests.engine.stepped import SteppedClock, SteppedTrust
from tests.engine.test_year import Year
from tests.line import paid_line

YEAR = date(2027, 11, 1), date(2028, 10, 31)
SPRING = date(2028, 2, 14), date(2028, 4, 9)
"""With 29 February, a month of the plan that begins and the Sunday of the change to summer time."""
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
JITTER = timedelta(minutes=7)
BILLING_DAY = 15
PARIS = ZoneInfo("Europe/Paris")
PLAN = Plan(daily=2 * 60, hours=frozenset({hour_of_week("sun-20")}), jitter=JITTER)
PLENTY, NOTHING_LEFT = Terms(10**12, BILLING_DAY), Terms(1, BILLING_DAY)


class LeapingClock(SteppedClock):
    """A clock that leaps: who sleeps over a leap is woken once."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self._asleep = asyncio.Event()
        self.running: asyncio.Task[None] | None = None
        """The loop: where it fails, nobody falls asleep any more."""

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        self._asleep.set()
        await super().sleep(seconds)

    async def leap(self, to: datetime) -> None:
        """Leap, and wait until all that this leads to is done, and the loop sleeps again."""
        self._asleep.clear()
        self._seconds += (to - self.now()).total_seconds()
        for _, _, until in self._sleeping:
            if not until.done():
                until.set_result(None)
        self._sleeping.clear()
        asleep = asyncio.create_task(self._asleep.wait())
        assert self.running is not None
        await asyncio.wait({asleep, self.running}, return_when=asyncio.FIRST_COMPLETED)
        if self.running.done():
            self.running.result()


class EnginesClock:
    """The same clock for what waits within a run: it waits for nobody."""

    def __init__(self, clock: LeapingClock) -> None:
        self._clock = clock
        self.now = clock.now
        self.monotonic = clock.monotonic

    @property
    def time(self) -> datetime:
        """What it shows, as the class's book reads it."""
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        self._clock._seconds += seconds
        await asyncio.sleep(0)


class NoLink:
    """See ports.Arrival: where there is no link, none comes."""

    async def link(self, seconds: float) -> bool:
        """Wait for what does not come."""
        return await asyncio.Event().wait()

    async def site(self, seconds: float) -> bool:
        """Nobody is to ask."""
        raise AssertionError


class CountedTransport(Transport):
    """Counts the bodies of requests, by the day on which each went out."""

    counted: Counter[date]
    wall: LeapingClock

    async def _post(self, body: bytes) -> tuple[aiohttp.ClientResponse, bytes]:
        answer, content = await super()._post(body)
        self.counted[self.wall.now().date()] += len(body)
        return answer, content


class ScheduledYear(Year):
    """A class, its box with the loop of its daemon, and the count."""

    def __init__(self, here: School, rng: Random, clock: LeapingClock) -> None:
        super().__init__(here, rng)
        self.clock = clock
        self.enabled = True
        self.counted: Counter[date] = Counter()
        self.expected: list[tuple[datetime, RunStatus, Code | None]] = []
        """The runs, as they should stand in the history."""
        here.clock = EnginesClock(clock)  # type: ignore[assignment]
        here.trust = SteppedTrust(clock)  # type: ignore[assignment]
        here.terms = PLENTY
        self.ledger = SqliteLedger(
            store=here.store,
            clock=clock,
            trust=here.trust,
            boot=FakeBoot(clock.monotonic),
            terms=lambda: here.terms,
        )
        here.ledger = self.ledger  # type: ignore[assignment]
        self.line = paid_line(self.ledger, uplink=(uplink := Uplink()))
        here.meter = RunMeter(line=self.line, uplink=uplink)
        self.usage = SqliteUsage(
            store=here.store, ledger=self.ledger, clock=clock, terms=lambda: here.terms
        )
        here.transport = self.transport  # type: ignore[method-assign]

    def transport(self) -> Transport:
        """Give the way to the online Moodle."""
        made = CountedTransport(
            line=self.line,
            address=self.here.address,
            token=self.here.token,
            timeout_seconds=10,
            trust=self.here.trust,
        )
        made.counted, made.wall = self.counted, self.clock
        return made

    def loop(self) -> Loop:
        """Build the daemon's loop."""
        return loop_of(
            self.here,
            clock=self.clock,
            slots=SqliteSlots(store=self.here.store),
            plan=lambda: PLAN,
            arrival=NoLink(),
            is_enabled=lambda: self.enabled,
        )

    async def come_to(self, due: datetime) -> None:
        """Have a due time come, in one of the ways in which a year's days do."""
        kind = self.rng.choices(["fine", "away", "offline", "off", "spent"], [80, 7, 6, 3, 4])[0]
        self.enabled = kind != "off"
        self.here.route.up = kind != "offline"
        self.here.terms = NOTHING_LEFT if kind == "spent" else PLENTY
        if kind == "away":
            self.switch("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', '1')")
        await self.clock.leap(due)
        if kind == "away":
            self.switch("DELETE FROM sandbox_switch")
        if kind == "offline" and due.hour == 20:  # a selected hour is skipped at its end
            due = due.replace(hour=21, minute=0)
            await self.clock.leap(due)
        self.expected.append((due, *self.book_run(due, kind)))

    def switch(self, sql: str) -> None:
        """Change what the online Moodle does."""
        self.here.online.sql(sql)

    def book_run(self, now: datetime, kind: str) -> tuple[RunStatus, Code | None]:
        """Count what the run of a due time does; tells how it ends."""
        book = self.book
        if kind in ("offline", "off"):
            return RunStatus.SKIPPED, Code.OFFLINE if kind == "offline" else Code.SYNC_DISABLED
        book.look(now, knows_time=True)
        keys = book.wanted(date.min, date.max, asked=False)
        if keys and kind == "away":
            return RunStatus.ERROR, Code.MAINTENANCE
        if keys and kind == "spent":
            return RunStatus.SKIPPED, Code.LIMIT_REACHED
        book.bring(keys)
        book.finish(date.min, date.max, now.date())
        return RunStatus.COMPLETED, None

    async def compare_history(self) -> Counter[str]:
        """Hold the whole history against the count."""
        rows = await self.here.store.rows(
            "SELECT started_at, status, code, cause FROM run ORDER BY id"
        )
        found = [(datetime.fromtimestamp(at, UTC), status, code) for at, status, code, _ in rows]
        assert found == [(at, str(status), code) for at, status, code in self.expected]
        assert {row["cause"] for row in rows} == {"scheduled"}
        return Counter(str(status) for _, status, _ in self.expected)

    async def compare_ledger(self) -> int:
        """Hold each billing month's account against the history's bytes and those that went by.

        No request's body is in neither. Gives the months.
        """
        rows = await self.here.store.rows("SELECT started_at, bytes_sent, bytes_received FROM run")
        by_runs: Counter[date] = Counter()
        for at, sent, received in rows:
            by_runs[datetime.fromtimestamp(at, UTC).date()] += sent + received
        assert {day for day, count in by_runs.items() if count} == set(self.counted)
        assert all(by_runs[day] > bodies for day, bodies in self.counted.items())
        self.here.terms, months = PLENTY, {billing_month(day) for day in self.counted}
        for first in months:
            shown = await self.usage.month(first)
            of_month = {day: n for day, n in by_runs.items() if n and billing_month(day) == first}
            assert (shown.first, shown.charged) == (first, sum(of_month.values()))
            assert {each.day: each.whole for each in shown.charges if each.whole} == of_month
        return len(months)


def billing_month(day: date) -> date:
    """The first day of the plan's month."""
    month = day.replace(day=BILLING_DAY)
    return month if month <= day else (month.replace(day=1) - DAY).replace(day=BILLING_DAY)


@contextmanager
def living_in(zone: str) -> Iterator[None]:
    """Have the machine's clocks show a zone's time."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    try:
        yield
    finally:
        del os.environ["TZ"]
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def due_times(first: date, last: date) -> list[datetime]:
    """Every day's 02:00 and each Sunday's 20:00, both a little late, by a wall calendar."""
    found, day = [], first
    while day <= last:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        found.append(midnight + timedelta(hours=2) + JITTER)
        if day.isoweekday() == 7:
            found.append(midnight + timedelta(hours=20) + JITTER)
        day += DAY
    return found


@pytest.mark.parametrize(
    ("first", "last"), [SPRING, pytest.param(*YEAR, marks=pytest.mark.full)], ids=["spring", "year"]
)
async def test_a_year_that_runs_by_itself(tmp_path: Path, first: date, last: date) -> None:
    """Failures, skips, month ends, a leap day, two changes to and from summer time: every run,
    day, byte and next due time is the count's."""
    rng = Random(28)
    clock = LeapingClock(datetime(first.year, first.month, first.day, tzinfo=UTC))
    times = due_times(first, last)
    days = (last - first).days + 1
    assert len(times) == days + days // 7
    offsets: Counter[int] = Counter()
    async with school(tmp_path) as here:
        here.holds_late = True
        year = ScheduledYear(here, rng, clock)
        year.set_up()
        year.book.mended = True
        for name in ("Page 0", "Page 1"):
            year.track(name, 2)
        loop = year.loop()
        clock.running = asyncio.create_task(loop.run())
        for number, due in enumerate(times):
            if rng.random() < 0.25:
                year.work(due - timedelta(hours=rng.randrange(1, 5)))
            await clock.leap(due - MINUTE)
            following = await loop._schedule.next()
            assert following is not None
            assert following.due_at == due
            with living_in("Europe/Paris"):
                zone = local_zone(due)
            expected = due.astimezone(PARIS).utcoffset()
            assert (zone.name, timedelta(seconds=zone.offset_seconds)) == ("Europe/Paris", expected)
            offsets[zone.offset_seconds] += 1
            await year.come_to(due)
            if number % 60 == 0 or due.date() in (date(2028, 2, 29), date(2028, 3, 1)):
                await year.compare(due)
        loop.stop()
        await clock.running
        statuses = await year.compare_history()
        assert await year.compare_ledger() == (13 if (first, last) == YEAR else 3)
        colours = await year.compare(times[-1])
        used = await here.store.row("SELECT count(*), min(used) FROM slot")
        assert used is not None
        assert tuple(used) == (len(times), 1)
    assert statuses["completed"] > 0.7 * len(times)
    assert min(statuses["error"], statuses["skipped"]) >= len(times) // 40
    assert colours["green"] > 1.6 * days
    assert set(offsets) == {3600, 7200}
    assert START.date() < first
