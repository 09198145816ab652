"""A year of a class, and its calendar against a count that knows none of beekeed's rules.

`Book` is that count: it is told what happened in the class, in plain words, and keeps
what an honest clerk would. Only the years' days are compared, and all of them after each sync.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from beekeed.core import calendar
from beekeed.core.model import RunStatus
from beekeed.core.request import Period, Request
from beekeed.engine import Stop
from beekeed.sandbox.course import page
from tests.clock import START
from tests.engine.school import School, school

LEARNERS = [f"l{number}" for number in range(8)]
PAGES = [f"Page {number}" for number in range(16)]
ODD = PAGES[:2]
"""Not tracked online until the middle of the year."""
YEAR = 365
LONG_AGO = date(2001, 1, 1)
SYNCS_FROM = START + timedelta(hours=20)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Key = tuple[str, str]
"""A learner and an activity."""


@dataclass
class Entry:
    """Something that is not online: what, of which day, and why it does not go."""

    value: str
    day: date
    late: bool = False
    aside: bool = False
    dated: bool = True
    """False: nobody knew the day when it was seen."""


@dataclass
class Book:
    """The clerk's count."""

    box: dict[Key, tuple[str, datetime | None]] = field(default_factory=dict)
    """What the box holds, and since when; None: since a time when its clock was wrong."""
    online: dict[Key, str] = field(default_factory=dict)
    arrived: dict[Key, tuple[date, bool]] = field(default_factory=dict)
    """Of which day each arrived, and whether that day was known."""
    open: dict[Key, Entry] = field(default_factory=dict)
    done: set[date] = field(default_factory=set)
    """The days that a sync finished with."""
    saved: dict[date, int] = field(default_factory=dict)
    mended: bool = False

    def look(self, today: datetime, *, knows_time: bool) -> None:
        """Write down what is on the box and not online."""
        if knows_time:
            self._find_days(today.date())
        for key, (value, since) in self.box.items():
            before = self.open.get(key)
            if self.online.get(key) == value or (before and before.value == value):
                continue
            is_dated = knows_time and since is not None and since <= today
            day = since.date() if is_dated and since else today.date()
            late = is_dated and day in self.done and (before is None or before.late)
            self.open[key] = Entry(value, day, late, dated=knows_time)

    def _find_days(self, today: date) -> None:
        for entry in self.open.values():
            if not entry.dated:
                entry.day, entry.dated = today, True
        for key, (_, known) in self.arrived.items():
            if not known:
                self.arrived[key] = (today, True)
                self.saved[today] = self.saved.get(today, 0) + 1

    def wanted(self, first: date, last: date, *, asked: bool) -> list[Key]:
        """What a sync of some days is to bring."""
        return [
            key
            for key, entry in self.open.items()
            if first <= entry.day <= last and (asked or not entry.late)
        ]

    def bring(self, keys: list[Key]) -> None:
        """Bring things online, as far as they can be."""
        if keys and self.mended:
            for entry in self.open.values():
                entry.aside = False
        for key in keys:
            if key[1] in ODD and not self.mended:
                self.open[key].aside, self.open[key].late = True, False
                continue
            entry = self.open.pop(key)
            self.online[key] = entry.value
            self.arrived[key] = (entry.day, entry.dated)
            if entry.dated:
                self.saved[entry.day] = self.saved.get(entry.day, 0) + 1

    def finish(self, first: date, last: date, today: date) -> None:
        """Finish with the days of a sync that are over."""
        day = max(first, LONG_AGO)
        while day <= min(last, today - DAY):
            self.done.add(day)
            day += DAY

    def colour(self, day: date, today: date) -> str:
        """The colour of a day."""
        entries = [entry for entry in self.open.values() if entry.day == day]
        if any(entry.late or entry.aside for entry in entries):
            return "amber"
        return "green" if day in self.done and day < today and not entries else "grey"


class Year:
    """A class at work for a year, its box and the clerk."""

    def __init__(self, here: School, rng: Random) -> None:
        self.here = here
        self.rng = rng
        self.book = Book()
        self.points = 0.0

    def set_up(self) -> None:
        """Have the class and its course on both sides."""
        for side in (self.here.box, self.here.online):
            for name in PAGES:
                side.add("MATHS", page(name, 1))
            for name in LEARNERS:
                side.learner(name, "Learner", name.upper(), "MATHS")
        for name in ODD:
            self.track(name, 0)

    def track(self, name: str, completion: int) -> None:
        """Have an activity tracked online, or not."""
        self.here.online.sql(
            "UPDATE mdl_course_modules SET completion = ? WHERE id = ?",
            completion, self.here.online.module(name),
        )  # fmt: skip
        self.here.online.sql("UPDATE mdl_course SET cacherev = cacherev + 1")

    def work(self, at: datetime, *, knows_time: bool = True) -> None:
        """Have somebody complete something, or be graded better than before."""
        learner, since = self.rng.choice(LEARNERS), at if knows_time else None
        left = [name for name in PAGES if (learner, name) not in self.book.box]
        if left and self.rng.random() < 0.7:
            name = self.rng.choice(left)
            self.here.box.complete(learner, name, at=at)
            self.book.box[learner, name] = ("1", since)
        else:
            self.points += 0.01
            grade = round(self.points, 2)
            self.here.box.grade(learner, "Test", grade, at=at)
            self.book.box[learner, "Test"] = (f"{grade:g}", since)

    async def sync(self, now: datetime, request: Request, *, knows_time: bool = True) -> None:
        """Have a sync, which sometimes does not reach the online Moodle."""
        is_away = now > SYNCS_FROM + DAY and self.rng.random() < 0.2
        here, book, period = self.here, self.book, request.period
        first, last = (period.first, period.last) if period else (date.min, date.max)
        here.clock.time = now - HOUR
        if is_away:
            here.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', '1')")
        book.look(now, knows_time=knows_time)
        keys = book.wanted(first, last, asked=period is not None or request.force)
        again = period is not None and any(
            first <= day <= last and key not in book.open  # a newer value takes its place
            for key, (day, _) in book.arrived.items()
        )
        status = (await here.sync(request)).run.status
        if is_away and (keys or again):
            assert status is RunStatus.ERROR
        else:
            book.bring(keys)
            if knows_time:
                book.finish(first, last, now.date())
            assert status in (RunStatus.COMPLETED, RunStatus.PARTIAL)
        if is_away:
            here.online.sql("DELETE FROM sandbox_switch")

    async def lose_the_time(self, now: datetime) -> None:
        """Have the box start without knowing the time, work, and learn it later."""
        here, wrong = self.here, datetime(2001, 1, 1 + self.rng.randrange(28), tzinfo=UTC)
        engine = here.engine()
        here.trust.trusted = False
        here.clock.set(wrong)
        await engine.look(Stop())
        self.work(wrong + HOUR, knows_time=False)
        if self.rng.random() < 0.5:
            await self.sync(wrong + 2 * HOUR, Request(), knows_time=False)
            self.work(wrong + 3 * HOUR, knows_time=False)
        here.clock.time = wrong + 4 * HOUR
        await engine.look(Stop())
        here.trust.trusted = True
        here.clock.set(now - HOUR)

    def asks(self, today: date) -> Request:
        """What somebody asks a sync for: mostly for nothing special."""
        back = today - DAY * self.rng.randrange(60)
        match self.rng.randrange(8):
            case 0:
                return Request(period=Period(back, back))
            case 1:
                return Request(period=Period(back, min(today, back + 20 * DAY)))
            case 2:
                return Request(force=True)
            case _:
                return Request()

    async def compare(self, now: datetime) -> dict[str, int]:
        """Hold every day of the year against the clerk's; gives how many have each colour."""
        days = self.here.days
        target_id = await self.here.targets.find(self.here.address, self.here.token)
        assert target_id is not None
        today, whole = now.date(), Period(START.date(), now.date())
        works, closed = await days.work(target_id, whole), await days.closed(target_id)
        colours: dict[str, int] = {}
        for shown in calendar.days(whole, today, works, closed):
            expected = (self.book.colour(shown.date, today), self.book.saved.get(shown.date, 0))
            assert (str(shown.state), shown.work.saved) == expected, (shown, now)
            colours[expected[0]] = colours.get(expected[0], 0) + 1
        assert await days.late(target_id) == sum(each.late for each in self.book.open.values())
        return colours


@pytest.mark.parametrize(
    ("seed", "length"),
    [(0, 120), *(pytest.param(seed, YEAR, marks=pytest.mark.full) for seed in (0, 1))],
)
async def test_the_calendar_of_a_year_against_an_independent_count(
    tmp_path: Path, seed: int, length: int
) -> None:
    """Work on most days, syncs on some, some fail, some work is late, the clock is lost at times.

    After each sync every day's colour and count are what the clerk's book says.
    """
    seen: dict[str, int] = {}
    async with school(tmp_path) as here:
        here.holds_late = True
        year = Year(here, Random(seed))
        year.set_up()
        year.work(START + HOUR)
        await year.sync(SYNCS_FROM, Request())
        for number in range(1, length):
            now = START + number * DAY + HOUR * year.rng.randrange(8, 20)
            if number == length // 2:
                year.book.mended = True
                for name in ODD:
                    year.track(name, 2)
            if year.rng.random() < 0.7:
                year.work(now - HOUR)
            if year.rng.random() < 0.08:
                year.work(now - DAY * year.rng.randrange(1, 40))  # a teacher's list, days after
            if year.rng.random() < 0.02:
                await year.lose_the_time(now)
            if year.rng.random() < 0.2:
                await year.sync(now, year.asks(now.date()))
                for colour, count in (await year.compare(now)).items():
                    seen[colour] = seen.get(colour, 0) + count
    assert seen["green"] > seen["grey"] > length // 4
    assert seen["amber"] > length // 8
