"""A clock that may be wrong, in runs (features.md, rows 10, 11 and 22)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from beekeed.core.model import RunStatus, Site
from beekeed.core.request import SCHEDULED, Period, Request
from beekeed.engine import Stop
from beekeed.errors import Code, LinkDown
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call, Json
from tests.boxclock import Box
from tests.clock import START
from tests.engine.school import School
from tests.engine.test_days import FIRST, FOURTH, SECOND, THIRD, at, late, requests, shown, target
from tests.line import paid_line

SEVENTY = datetime(1970, 1, 1, 9, tzinfo=UTC)
FORTY_FIVE = datetime(2045, 6, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Clocked:
    """A school with one learner, whose box was just started; nobody has told it the time."""

    def __init__(self, here: School, folder: Path) -> None:
        here.holds_late = True
        here.online.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
        here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
        self.here = here
        self.box = Box(folder, here.clock)
        self.start()

    def start(self, boot: str = "this") -> None:
        """Start beekeed on the box."""
        self.here.judge = self.box.trust = self.box.started(boot=boot)

    def online_says(self, moment: datetime) -> None:
        """Have the online Moodle's answers carry a Date."""
        self.here.online.sql("DELETE FROM sandbox_switch WHERE name = 'date'")
        text = format_datetime(moment, usegmt=True)
        self.here.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('date', ?)", text)

    async def closed(self) -> Sequence[Period]:
        """The days that are closed."""
        return await self.here.days.closed(await target(self.here))


@pytest.fixture
def amina(here: School, tmp_path: Path) -> Clocked:
    """The clock is right, and nobody knows it."""
    return Clocked(here, tmp_path)


async def test_a_run_begins_by_reading_the_targets_date(amina: Clocked) -> None:
    """So its days are right, and those that are over are closed at its end; it costs no request."""
    here = amina.here
    here.box.complete("amina", "Numbers", at=FIRST)
    at(here, THIRD)
    amina.online_says(THIRD)
    with here.counting() as counted:
        run = (await here.completed()).run
    assert counted["core_webservice_get_site_info"] == 1
    assert run.clock_trusted
    assert (await amina.closed())[-1].last == SECOND.date()
    assert (await shown(here, FIRST)).work.saved == 1


async def test_the_first_run_after_a_start_knows_what_is_late(amina: Clocked) -> None:
    """The time was asked for before the box was read."""
    here = amina.here
    at(here, THIRD)
    amina.online_says(THIRD)
    await here.completed()
    amina.start("another")
    here.box.complete("amina", "Numbers", at=FIRST)
    here.box.complete("amina", "Water", at=THIRD)
    at(here, FOURTH)
    amina.online_says(FOURTH)
    await here.completed()
    assert here.online.state("amina", "Water") == 1
    assert here.online.state("amina", "Numbers") is None
    assert await late(here) == 1


async def test_a_run_with_nothing_to_send_asks_the_time_once(amina: Clocked) -> None:
    """After a start of the box its days could not be closed else; then it sends nothing."""
    here = amina.here
    amina.online_says(THIRD)
    at(here, THIRD)
    await here.completed()
    amina.start("another")
    before = requests(here)
    for hour in range(2):
        amina.online_says(FOURTH)
        at(here, FOURTH + hour * HOUR)
        await here.completed()
        assert requests(here) == before + 1
    assert (await amina.closed())[-1].last == THIRD.date()


@pytest.mark.parametrize("wrong", [SEVENTY, FORTY_FIVE])
async def test_a_wrong_clock_skips_no_run_and_closes_nothing(
    amina: Clocked, wrong: datetime
) -> None:
    """The work goes, and the run says so; it is not asked again what is known already."""
    here = amina.here
    here.box.complete("amina", "Numbers", at=wrong)
    amina.online_says(THIRD)
    here.clock.set(wrong)
    run = (await here.completed()).run
    assert here.online.state("amina", "Numbers") == 1
    assert not run.clock_trusted
    assert await amina.closed() == []
    before = requests(here)
    await here.completed()
    assert requests(here) == before


async def test_a_time_server_that_answers_late_puts_all_right(amina: Clocked) -> None:
    """The next run closes the days, work has the day when the time was known, runs their times."""
    here = amina.here
    here.box.complete("amina", "Numbers", at=SEVENTY)
    amina.online_says(SECOND)
    here.clock.set(SEVENTY)
    await here.completed()
    here.clock.time += HOUR
    here.clock.set(SECOND)
    amina.box.synchronize()
    at(here, THIRD)
    amina.box.synchronize()
    await here.completed()
    assert (await amina.closed())[-1].last == SECOND.date()
    assert (await shown(here, SEVENTY)).work.saved == 0
    assert (await shown(here, THIRD)).work.saved == 3
    first = (await here.history.recent(2))[1]
    assert first.clock_trusted
    assert first.started_at == SECOND - HOUR


async def test_work_seen_before_anybody_confirmed_the_clock_keeps_its_day(amina: Clocked) -> None:
    """The clock turned out right, and so it was."""
    here = amina.here
    at(here, START + 2 * HOUR)
    amina.online_says(START + 2 * HOUR)
    await here.completed()
    amina.start("another")
    here.box.complete("amina", "Numbers", at=FIRST)
    here.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', '1')")
    at(here, SECOND)
    assert (await here.sync()).run.status is RunStatus.ERROR
    assert (await shown(here, SECOND)).work.waiting == 1
    here.online.sql("DELETE FROM sandbox_switch")
    at(here, FOURTH)
    amina.online_says(FOURTH)
    await here.completed()
    assert (await shown(here, FIRST)).work.saved == 1
    assert (await shown(here, FOURTH)).work.saved == 0


async def test_what_arrived_before_that_moves_to_its_day_too(amina: Clocked) -> None:
    """With the count of what is saved."""
    here = amina.here
    here.box.complete("amina", "Numbers", at=FIRST)
    amina.online_says(FORTY_FIVE)  # that clock is wrong, not ours
    at(here, SECOND)
    assert not (await here.completed()).run.clock_trusted
    assert (await shown(here, SECOND)).work.saved == 3
    amina.box.synchronize()
    at(here, THIRD)
    await here.completed()
    assert (await shown(here, FIRST)).work.saved == 1
    assert (await shown(here, SECOND)).work.saved == 0


def set_clock_in_run(here: School, *times: datetime) -> None:
    """Have the clock set to these times one after the other while the next run is under way."""
    meet = here.targets.meet

    async def meet_later(target_id: int, site: Site) -> int:
        for time in times:
            here.clock.time += timedelta(minutes=1)
            here.clock.set(time)
        return await meet(target_id, site)

    here.targets.meet = meet_later  # type: ignore[method-assign]


NEXT_MONTH = datetime(2026, 12, 1, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("times", "last"),
    [
        ((NEXT_MONTH,), None),
        ((SEVENTY,), None),
        ((NEXT_MONTH, THIRD + timedelta(minutes=2)), SECOND),
        ((SEVENTY, THIRD + timedelta(minutes=2)), SECOND),
    ],
    ids=["forth", "back", "forth and back", "back and forth"],
)
async def test_a_clock_that_is_set_in_a_run_over_the_end_of_a_month(
    amina: Clocked, times: Sequence[datetime], last: datetime | None
) -> None:
    """Where it ends up wrong nothing closes; where it is right again, what was over does."""
    here = amina.here
    here.box.complete("amina", "Numbers", at=FIRST)
    at(here, THIRD)
    amina.online_says(THIRD)
    set_clock_in_run(here, *times)
    run = (await here.completed()).run
    closed = await amina.closed()
    assert [each.last for each in closed] == ([last.date()] if last else [])
    assert run.clock_trusted == (last is not None)


async def test_a_clock_that_was_set_is_in_doubt_from_when_we_looked_last(amina: Clocked) -> None:
    """By its own time; what a trusted clock said before that is not."""
    here = amina.here
    amina.online_says(THIRD)
    at(here, THIRD)
    await here.completed()
    engine = here.engine()
    await engine.look(Stop())
    here.clock.time += HOUR
    here.clock.set(SECOND)
    await engine.look(Stop())
    (doubt,) = await here.days.doubts()
    assert (doubt.began_at, doubt.ended_at) == (SECOND - HOUR, SECOND)
    here.clock.time += HOUR
    here.clock.set(SEVENTY)
    await engine.look(Stop())
    assert [(each.began_at, each.ended_at) for each in await here.days.doubts()] == [
        (SEVENTY - HOUR, SEVENTY),
        (SECOND - HOUR, SECOND + HOUR),
    ]


class NoSite(Transport):
    """A site that is not reached, for one reason."""

    def __init__(self, code: Code) -> None:
        super().__init__(
            address="http://127.0.0.1:1", token="x", timeout_seconds=1, line=paid_line()
        )
        self._code = code
        self.asked = 0

    async def ask(self, call: Call) -> Json:
        """See Transport."""
        self.asked += 1
        raise LinkDown(self._code, host="x", now="", detail="")


@pytest.mark.parametrize(
    ("cause", "status"), [("test", RunStatus.ERROR), (SCHEDULED, RunStatus.SKIPPED)]
)
async def test_only_a_connection_that_fails_on_dates_ends_a_run(
    amina: Clocked, cause: str, status: RunStatus
) -> None:
    """Also one that had nothing to send: the box was read, and what waits is known."""
    here = amina.here
    here.clock.set(SEVENTY)
    here.box.complete("amina", "Numbers", at=SEVENTY)
    site = NoSite(Code.CLOCK_WRONG)
    here.transport = lambda: site  # type: ignore[method-assign]
    run = (await here.sync(Request(cause))).run
    assert run.status is status
    assert run.reason is not None
    assert run.reason.code is Code.CLOCK_WRONG
    assert site.asked == 1
    assert await here.waiting() > 0


async def test_without_a_connection_a_run_says_so_only_where_it_needs_one(amina: Clocked) -> None:
    """It is tried once, not once for the time and once for the work."""
    here = amina.here
    amina.online_says(THIRD)
    at(here, THIRD)
    await here.completed()
    amina.start("another")
    site = NoSite(Code.CERTIFICATE_REFUSED)
    here.transport = lambda: site  # type: ignore[method-assign]
    await here.completed()
    assert site.asked == 1
    here.box.complete("amina", "Numbers", at=FIRST)
    run = (await here.sync()).run
    assert (run.status, site.asked) == (RunStatus.ERROR, 2)
    here.route.up = False
    await here.sync()
    assert site.asked == 3  # for the work alone
