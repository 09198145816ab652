"""Days in runs: what is late, what closes, and what is sent again (features.md, rows 9 to 11)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from beekeed.core import calendar
from beekeed.core.calendar import Day, DayState
from beekeed.core.model import Reason, RunStatus, Site
from beekeed.core.request import Period, Request
from beekeed.engine import Stop
from beekeed.errors import Code
from tests.clock import START
from tests.engine.school import School, counts

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1, 9, tzinfo=UTC)
"""A morning of the first day, which is over when the second begins."""
SECOND, THIRD, FOURTH = (FIRST + DAY * n for n in (1, 2, 3))


@pytest.fixture
def amina(here: School) -> School:
    """One learner, whose work has its days; late work is held."""
    here.holds_late = True
    here.online.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    return here


def at(here: School, moment: datetime) -> None:
    """Have the next sync begin at a moment."""
    here.clock.time = moment - timedelta(hours=1)


def track(here: School, module: int, completion: int) -> None:
    """Have an activity tracked online or not, and the course's cache made anew, as Moodle does."""
    here.online.sql("UPDATE mdl_course_modules SET completion = ? WHERE id = ?", completion, module)
    here.online.sql("UPDATE mdl_course SET cacherev = cacherev + 1")


async def work_and_sync(here: School, activity: str, moment: datetime) -> None:
    """Have an activity completed at a moment, and synchronize an hour later."""
    here.box.complete("amina", activity, at=moment)
    at(here, moment + timedelta(hours=1))
    await here.completed()


async def target(here: School) -> int:
    """The one target."""
    found = await here.targets.find(here.address, here.token)
    assert found is not None
    return found


async def shown(here: School, day: datetime) -> Day:
    """A day as the calendar shows it."""
    target_id = await target(here)
    period = Period(day.date(), day.date())
    works = await here.days.work(target_id, period)
    (found,) = calendar.days(
        period, here.clock.now().date(), works, await here.days.closed(target_id)
    )
    return found


async def late(here: School) -> int:
    """How much is late."""
    return await here.days.late(await target(here))


def requests(here: School) -> int:
    """How many requests the online Moodle got."""
    return int(here.online.one("SELECT count(*) FROM sandbox_request"))


def only(*days: datetime) -> Request:
    """Ask for some days."""
    return Request(period=Period(min(days).date(), max(days).date()))


async def closed_first_day(here: School) -> None:
    """Have work of the first day arrive, and that day closed on the second."""
    await work_and_sync(here, "Numbers", FIRST)
    assert (await shown(here, FIRST)).state is DayState.GREY
    await work_and_sync(here, "Water", SECOND)
    assert (await shown(here, FIRST)).state is DayState.GREEN


async def test_what_comes_after_its_day_was_closed_waits(amina: School) -> None:
    """It is counted, its day is amber, and alone it costs no request and no alert."""
    await closed_first_day(amina)
    before = requests(amina)
    amina.box.complete("amina", "Fractions", at=FIRST)
    assert counts(await amina.completed()) == {}
    assert requests(amina) == before
    assert amina.online.state("amina", "Fractions") is None
    day = await shown(amina, FIRST)
    assert (day.state, day.work.late) == (DayState.AMBER, 1)
    assert (await late(amina), await amina.waiting()) == (1, 1)


async def test_what_is_late_waits_while_other_work_goes(amina: School) -> None:
    """A run that sends leaves it behind, and is completed: nothing went wrong."""
    await closed_first_day(amina)
    amina.box.complete("amina", "Fractions", at=FIRST)
    await work_and_sync(amina, "Air", THIRD)
    assert amina.online.state("amina", "Air") == 1
    assert amina.online.state("amina", "Fractions") is None


async def test_late_work_alone_in_a_course_makes_no_run_partial(amina: School) -> None:
    """Its course is not even looked at."""
    await closed_first_day(amina)
    amina.box.complete("amina", "Air", at=FIRST)
    await work_and_sync(amina, "Fractions", THIRD)
    assert amina.online.state("amina", "Air") is None


async def test_what_is_late_goes_at_once_where_the_settings_say_so(amina: School) -> None:
    """late_changes = "send"; also what was held before that was set."""
    await closed_first_day(amina)
    amina.box.complete("amina", "Fractions", at=FIRST)
    await amina.completed()
    amina.holds_late = False
    amina.box.complete("amina", "Air", at=FIRST)
    assert counts(await amina.completed()) == {("completion", "done"): 2}
    assert (await shown(amina, FIRST)).state is DayState.GREEN
    assert (await shown(amina, FIRST)).work.saved == 3


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (only(FIRST), {"Fractions"}),
        (only(SECOND), {"Air"}),
        (only(FIRST, SECOND), {"Fractions", "Air"}),
        (only(SECOND, THIRD), {"Air", "By hand"}),
        (
            Request(period=Period(date(2026, 11, 1), date(2026, 11, 30))),
            {"Fractions", "Air", "By hand"},
        ),
        (only(THIRD), {"By hand"}),
        (Request(force=True), {"Fractions", "Air", "By hand"}),
        (Request(), {"By hand"}),
    ],
)
async def test_asking_for_days_sends_exactly_what_is_late_of_them(
    amina: School, request_: Request, sent: set[str]
) -> None:
    """A day, a month, a range, or Force Sync; and nothing of other days with it."""
    await closed_first_day(amina)
    at(amina, THIRD)
    await amina.completed()
    amina.box.complete("amina", "Fractions", at=FIRST)
    amina.box.complete("amina", "Air", at=SECOND)
    amina.box.complete("amina", "By hand", at=THIRD)
    details = await amina.sync(request_)
    assert details.run.status is RunStatus.COMPLETED
    names = ("Fractions", "Air", "By hand")
    assert {name for name in names if amina.online.state("amina", name)} == sent
    assert (details.run.period, details.run.saved_events) == (request_.period, len(sent))


async def test_a_run_says_how_many_days_and_events_it_saved(amina: School) -> None:
    """features.md, row 13: of the days on which the work was done."""
    for activity, moment in (("Numbers", FIRST), ("Fractions", FIRST), ("Water", SECOND)):
        amina.box.complete("amina", activity, at=moment)
    at(amina, THIRD)
    run = (await amina.completed()).run
    # The account and two enrolments are of the day on which they were made on the box.
    assert (run.saved_days, run.saved_events) == (3, 6)
    assert (await shown(amina, FIRST)).work.saved == 2
    again = (await amina.sync(only(FIRST))).run
    assert (again.saved_days, again.saved_events) == (0, 0)
    assert (await shown(amina, FIRST)).work.saved == 2


async def test_nothing_closes_on_a_clock_that_is_not_trusted(amina: School) -> None:
    """The next sync on a trusted one closes it."""
    amina.trust.trusted = False
    await work_and_sync(amina, "Numbers", FIRST)
    await work_and_sync(amina, "Water", SECOND)
    assert await amina.days.closed(await target(amina)) == []
    amina.trust.trusted = True
    await work_and_sync(amina, "Air", SECOND)
    assert (await shown(amina, FIRST)).state is DayState.GREEN


async def test_a_run_that_fails_or_is_refused_closes_nothing(amina: School) -> None:
    """Only one that is completed, wholly or partly."""
    await work_and_sync(amina, "Numbers", FIRST)
    amina.box.complete("amina", "Water", at=FIRST)
    at(amina, SECOND)
    amina.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', '1')")
    assert (await amina.sync()).run.status is RunStatus.ERROR
    assert (await shown(amina, FIRST)).state is DayState.GREY
    amina.online.sql("DELETE FROM sandbox_switch")
    await amina.completed()
    assert (await shown(amina, FIRST)).state is DayState.GREEN


async def test_a_run_for_some_days_closes_those_only(amina: School) -> None:
    """What it did not cover stays open."""
    amina.box.complete("amina", "Numbers", at=FIRST)
    amina.box.complete("amina", "Water", at=SECOND)
    at(amina, FOURTH)
    await amina.sync(only(SECOND))
    assert amina.online.state("amina", "Numbers") is None
    states = [(await shown(amina, each)).state for each in (FIRST, SECOND, THIRD)]
    assert states == [DayState.GREY, DayState.GREEN, DayState.GREY]
    await amina.completed()
    states = [(await shown(amina, each)).state for each in (FIRST, SECOND, THIRD)]
    assert states == [DayState.GREEN] * 3


async def test_work_under_a_clock_that_is_not_trusted_is_never_late(amina: School) -> None:
    """Its day is the one on which we first saw it on a trusted clock."""
    await closed_first_day(amina)
    amina.trust.trusted = False
    amina.box.complete("amina", "Fractions", at=FIRST)
    amina.online.sql("UPDATE mdl_course SET timemodified = timemodified + 1")
    assert (await amina.sync()).run.status is RunStatus.PARTIAL  # the course is left out
    assert await late(amina) == 0
    amina.trust.trusted = True
    amina.clock.set(FOURTH - timedelta(hours=1))
    await amina.sync()
    assert (await shown(amina, FIRST)).work.waiting == 0
    assert (await shown(amina, FOURTH)).work.waiting == 1
    amina.online.sql("UPDATE mdl_course SET timemodified = timemodified - 1")
    await amina.completed()
    assert amina.online.state("amina", "Fractions") == 1
    assert (await shown(amina, FOURTH)).work.saved == 1


async def test_what_arrived_under_such_a_clock_moves_to_the_day_that_turns_out(
    amina: School,
) -> None:
    """The count of a day that never was goes with it."""
    amina.trust.trusted = False
    wrong = datetime(2026, 3, 1, 9, tzinfo=UTC)
    await work_and_sync(amina, "Numbers", wrong)
    assert (await shown(amina, wrong)).work.saved == 3  # with two enrolments
    amina.trust.trusted = True
    at(amina, SECOND)
    await amina.completed()
    assert (await shown(amina, wrong)).work.saved == 0
    assert (await shown(amina, SECOND)).work.saved == 3


async def test_work_stamped_while_the_clock_was_wrong_is_not_late(amina: School) -> None:
    """It was done while the box did not know the time, and read when it knew it again."""
    await closed_first_day(amina)
    amina.trust.trusted = False
    amina.clock.set(FIRST - timedelta(minutes=10))
    engine = amina.engine()
    await engine.look(Stop())
    amina.box.complete("amina", "Fractions", at=FIRST)
    amina.clock.time = FIRST + timedelta(minutes=10)
    await engine.look(Stop())
    amina.trust.trusted = True
    amina.clock.set(FOURTH - timedelta(hours=1))
    await amina.completed()
    assert amina.online.state("amina", "Fractions") == 1
    assert (await shown(amina, FOURTH)).work.saved == 1


async def test_a_clock_that_turns_out_wrong_is_remembered(amina: School) -> None:
    """From the start of the box to when it was set, by its own time; then nothing is in doubt."""
    engine = amina.engine()
    amina.trust.trusted = False
    amina.clock.time = FIRST
    await engine.look(Stop())
    amina.clock.time += timedelta(minutes=15)
    amina.clock.set(FOURTH)
    amina.trust.trusted = True
    for _ in range(2):
        await engine.look(Stop())
        (doubt,) = await amina.days.doubts()
        assert (doubt.began_at, doubt.ended_at) == (START, FIRST + timedelta(minutes=15))
        amina.clock.time += DAY


async def test_a_run_closes_by_when_it_began_though_the_clock_was_set_meanwhile(
    amina: School,
) -> None:
    """It began on the second day, as the clock tells that was set during it."""
    amina.box.complete("amina", "Numbers", at=FIRST)
    amina.clock.time = datetime(2001, 1, 1, tzinfo=UTC)
    amina.trust.trusted = False
    learn = amina.targets.meet

    async def meet(target_id: int, site: Site) -> int:
        amina.clock.time += timedelta(minutes=10)
        amina.clock.set(THIRD.replace(hour=0, minute=5))
        amina.trust.trusted = True
        return await learn(target_id, site)

    amina.targets.meet = meet  # type: ignore[method-assign]
    await amina.completed()
    (closed,) = await amina.days.closed(await target(amina))
    assert closed.last == FIRST.date()


async def test_a_clock_that_turns_out_right_was_right_before(amina: School) -> None:
    """Each start of a box has some minutes without a time server; its work keeps its day."""
    engine = amina.engine()
    amina.trust.trusted = False
    amina.clock.time = FIRST
    await engine.look(Stop())
    assert len(await amina.days.doubts()) == 1
    amina.clock.time = FIRST + timedelta(minutes=15)
    amina.trust.trusted = True
    await engine.look(Stop())
    assert await amina.days.doubts() == []


async def test_days_that_a_clock_closed_ahead_of_time_are_open_again(amina: School) -> None:
    """It was ahead, and nobody knew."""
    at(amina, FIRST + 400 * DAY)
    amina.box.complete("amina", "Water", at=FIRST)
    await amina.completed()
    await work_and_sync(amina, "Numbers", SECOND)
    (closed,) = await amina.days.closed(await target(amina))
    assert closed.last == FIRST.date()
    amina.box.complete("amina", "Fractions", at=SECOND)
    await amina.completed()
    assert amina.online.state("amina", "Fractions") == 1


async def test_work_in_a_newly_matched_course_is_not_late(amina: School) -> None:
    """Before, nothing of it could be sent."""
    amina.online.sql("UPDATE mdl_course SET shortname = 'X' WHERE shortname = 'SCIENCE'")
    amina.box.complete("amina", "Air", at=FIRST)
    await work_and_sync_partly(amina, "Numbers", FIRST)
    await work_and_sync_partly(amina, "Fractions", SECOND)
    assert (await shown(amina, FIRST)).state is DayState.GREY  # closed, and not all of it went
    amina.box.complete("amina", "Water", at=FIRST)
    await amina.sync()
    assert await late(amina) == 0
    amina.online.sql("UPDATE mdl_course SET shortname = 'SCIENCE' WHERE shortname = 'X'")
    await amina.completed()
    assert amina.online.state("amina", "Water") == 1
    assert (await shown(amina, FIRST)).state is DayState.GREEN


async def work_and_sync_partly(here: School, activity: str, moment: datetime) -> None:
    """As work_and_sync, where a course is left out."""
    here.box.complete("amina", activity, at=moment)
    at(here, moment + timedelta(hours=1))
    assert (await here.sync()).run.status is RunStatus.PARTIAL


async def test_what_was_set_aside_once_is_never_late(amina: School) -> None:
    """Neither while it is, nor when it is mended after its day was closed."""
    module = amina.online.module("Numbers")
    track(amina, module, 0)
    await work_and_sync_partly(amina, "Numbers", FIRST)
    await work_and_sync_partly(amina, "Water", SECOND)
    assert (await shown(amina, FIRST)).state is DayState.AMBER
    amina.box.complete("amina", "Numbers", 2, at=FIRST + timedelta(minutes=1))
    track(amina, module, 2)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 1
    assert (await shown(amina, FIRST)).state is DayState.GREEN


async def test_what_is_late_and_set_aside_when_asked_for_is_not_late_any_more(
    amina: School,
) -> None:
    """Once it could not be sent, every sync tries it."""
    await closed_first_day(amina)
    module = amina.online.module("Fractions")
    track(amina, module, 0)
    amina.box.complete("amina", "Fractions", at=FIRST)
    assert (await amina.sync(only(FIRST))).run.status is RunStatus.PARTIAL
    assert await late(amina) == 0
    track(amina, module, 2)
    await amina.completed()
    assert amina.online.state("amina", "Fractions") == 1


async def test_a_conflict_that_is_listed_leaves_its_day_green(amina: School) -> None:
    """What online holds stays, and a person can read it."""
    amina.online.grade("amina", "Test", 9)
    amina.box.grade("amina", "Test", 5, at=FIRST)
    at(amina, SECOND)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert await amina.aside() == [("amina", "grade", "grade_higher_online")]
    assert (await shown(amina, FIRST)).state is DayState.GREEN


async def test_late_work_brings_what_it_needs_and_goes_with_its_learner(amina: School) -> None:
    """A late enrolment goes with work that is not late; alone it waits."""
    await closed_first_day(amina)
    amina.online.learner("ben", "Ben", "Okafor")
    amina.box.learner("ben", "Ben", "Okafor", "MATHS", "SCIENCE")  # made long ago
    await amina.completed()
    assert await late(amina) == 2
    before = requests(amina)
    await amina.completed()
    assert requests(amina) == before
    amina.box.complete("ben", "Numbers", at=THIRD)
    at(amina, THIRD + timedelta(hours=1))
    await amina.completed()
    assert amina.online.state("ben", "Numbers") == 1
    assert await late(amina) == 1  # the enrolment in the other course


async def lose_online(here: School, *activities: str) -> None:
    """Take completions away online, as a database that was put back does."""
    for activity in activities:
        here.online.sql(
            "DELETE FROM mdl_course_modules_completion WHERE coursemoduleid = ?",
            here.online.module(activity),
        )


def rows(here: School) -> Sequence[object]:
    """What the online Moodle holds of anybody's work, with its row ids."""
    return [
        here.online.sql(f"SELECT * FROM mdl_{table} ORDER BY id")
        for table in (
            "course_modules_completion", "grade_grades", "user", "user_enrolments",
            "groups_members",
        )
    ]  # fmt: skip


async def test_a_day_that_is_sent_again_mends_what_is_missing_of_it(amina: School) -> None:
    """Only of that day; and what is there is neither sent nor counted again."""
    await closed_first_day(amina)
    await lose_online(amina, "Numbers", "Water")
    details = await amina.sync(only(FIRST))
    assert counts(details) == {("completion", "done"): 1}
    assert (details.run.saved_days, details.run.saved_events) == (1, 1)
    assert amina.online.state("amina", "Numbers") == 1
    assert amina.online.state("amina", "Water") is None
    assert (await shown(amina, FIRST)).work.saved == 1
    assert await amina.waiting() == 0


async def test_a_range_that_is_sent_again_doubles_nothing(amina: School) -> None:
    """Completions, grades, an enrolment: what is online stays to the last row."""
    amina.box.grade("amina", "Test", 7, at=FIRST)
    await closed_first_day(amina)
    before = rows(amina)
    everything = Request(period=Period(date(2026, 1, 1), amina.clock.now().date()))
    for _ in range(2):
        details = await amina.sync(everything)
        assert details.run.status is RunStatus.COMPLETED
        assert {verdict for _, verdict in counts(details)} == {"already"}
        assert rows(amina) == before
    assert await amina.waiting() == 0
    assert counts(await amina.completed()) == {}


async def test_a_month_that_is_sent_again_mends_every_kind(amina: School) -> None:
    """Grades and enrolments as well."""
    amina.box.grade("amina", "Test", 7, at=FIRST)
    await closed_first_day(amina)
    user = amina.online.user("amina")
    amina.online.sql("DELETE FROM mdl_grade_grades WHERE userid = ?", user)
    amina.online.sql(
        "DELETE FROM mdl_user_enrolments WHERE userid = ? AND enrolid IN"
        " (SELECT id FROM mdl_enrol WHERE courseid = ?)",
        user, amina.online.course("SCIENCE"),
    )  # fmt: skip
    await amina.sync(Request(period=Period(date(2026, 1, 1), amina.clock.now().date())))
    assert amina.online.grades("amina", "Test") == [(0, 7.0)]
    enrolled = amina.online.one("SELECT count(*) FROM mdl_user_enrolments WHERE userid = ?", user)
    assert enrolled == 2


async def test_what_differs_when_it_is_sent_again_is_a_conflict(amina: School) -> None:
    """It stays online, is listed, and stays listed when the box is compared wholly."""
    amina.box.grade("amina", "Test", 7, at=FIRST)
    await closed_first_day(amina)
    amina.online.grade("amina", "Test", 9)
    amina.online.complete("amina", "Numbers", 3)
    assert (await amina.sync(only(FIRST))).run.status is RunStatus.PARTIAL
    expected = [
        ("amina", "completion", "online_failed"),
        ("amina", "grade", "grade_differs_online"),
    ]
    assert await amina.aside() == expected
    assert amina.online.grades("amina", "Test") == [(0, 9.0)]
    assert amina.online.state("amina", "Numbers") == 3
    assert (await shown(amina, FIRST)).state is DayState.GREEN
    amina.clock.time += 2 * DAY
    await amina.sync()
    assert await amina.aside() == expected


async def test_a_conflict_of_a_day_that_was_sent_again_can_be_tried_again(amina: School) -> None:
    """The teacher took theirs away: now ours is missing, and is sent."""
    amina.box.grade("amina", "Test", 7, at=FIRST)
    await closed_first_day(amina)
    amina.online.grade("amina", "Test", 9)
    assert (await amina.sync(only(FIRST))).run.status is RunStatus.PARTIAL
    amina.online.sql("DELETE FROM mdl_grade_grades")
    await amina.changes.retry()
    await amina.completed()
    assert amina.online.grades("amina", "Test") == [(0, 7.0)]


async def test_what_is_to_be_tried_again_outlives_the_comparison_of_everything(
    amina: School,
) -> None:
    """The box has nothing new, and all of it is compared once a day: it is looked at online."""
    amina.box.grade("amina", "Test", 7, at=FIRST)
    await closed_first_day(amina)
    amina.online.grade("amina", "Test", 9)
    assert (await amina.sync(only(FIRST))).run.status is RunStatus.PARTIAL
    amina.online.sql("DELETE FROM mdl_grade_grades")
    await amina.changes.retry()
    amina.clock.time += timedelta(days=2)
    await amina.completed()
    assert amina.online.grades("amina", "Test") == [(0, 7.0)]


async def test_what_turns_out_missing_while_it_is_read_again_is_pending(amina: School) -> None:
    """Its receipt went meanwhile: it must be neither let go nor hidden."""
    await closed_first_day(amina)
    target_id = await target(amina)
    await amina.changes.read_again(target_id, Period(FIRST.date(), FIRST.date()))
    learner = await amina.store.row("SELECT id FROM learner WHERE username = 'amina'")
    assert learner is not None
    await amina.targets.forget_account(target_id, learner["id"], amina.clock.now())
    assert (await shown(amina, FIRST)).work.missing == 1
    await amina.changes.drop_again()
    assert (await shown(amina, FIRST)).work.missing == 1


async def test_what_is_late_and_set_aside_without_being_sent_is_not_late(amina: School) -> None:
    """Whoever sets it aside."""
    await closed_first_day(amina)
    amina.box.complete("amina", "Fractions", at=FIRST)
    await amina.completed()
    rows = await amina.store.rows("SELECT learner_id FROM change WHERE late")
    _, noted = await amina.changes.slice(await target(amina), [rows[0]["learner_id"]])
    (change,) = noted.values()
    aside = replace(change, aside=Reason(Code.TRACKING_OFF))
    await amina.changes.set_aside(await target(amina), aside, amina.clock.now())
    assert await late(amina) == 0


async def test_an_enrolment_that_somebody_suspended_online_stays_so(amina: School) -> None:
    """Sending its day again does not lift it."""
    amina.online.sql("DELETE FROM mdl_user_enrolments")
    await closed_first_day(amina)
    amina.online.sql("UPDATE mdl_user_enrolments SET status = 1")
    before = rows(amina)
    await amina.sync(Request(period=Period(date(2026, 1, 1), amina.clock.now().date())))
    assert rows(amina) == before


async def test_a_course_that_was_made_again_loses_nothing_to_a_run_for_a_day(
    amina: School,
) -> None:
    """What was read again in it is then pending like the rest; its days are amber until then."""
    await work_and_sync(amina, "Numbers", FIRST)
    await work_and_sync(amina, "Fractions", SECOND)
    at(amina, THIRD)
    await amina.completed()
    amina.online.sql("UPDATE mdl_course SET timecreated = timecreated + 5")
    await lose_online(amina, "Numbers", "Fractions")
    await amina.sync(only(FIRST))
    assert amina.online.state("amina", "Numbers") == 1
    assert amina.online.state("amina", "Fractions") is None
    day = await shown(amina, SECOND)
    assert (day.state, day.work.missing, day.work.saved) == (DayState.AMBER, 1, 0)
    await amina.completed()
    assert amina.online.state("amina", "Fractions") == 1
    day = await shown(amina, SECOND)
    assert (day.state, day.work.saved) == (DayState.GREEN, 1)


async def test_what_was_to_be_read_again_when_the_power_failed_is_not_left_pending(
    amina: School,
) -> None:
    """Whoever asked asks again; no later sync pays for it."""
    await closed_first_day(amina)
    await amina.changes.read_again(await target(amina), Period(date.min, SECOND.date()))
    assert await amina.waiting() > 0
    before = requests(amina)
    assert counts(await amina.completed()) == {}
    assert await amina.waiting() == 0
    assert requests(amina) == before


async def test_what_the_target_cannot_carry_does_not_count(amina: School) -> None:
    """A service without the functions for groups: the day is green all the same."""
    for side in (amina.box, amina.online):
        side.sql(
            "INSERT INTO mdl_groups (courseid, name, timecreated, timemodified)"
            " VALUES (?, 'Blue', 1, 1)", side.course("MATHS"),
        )  # fmt: skip
    amina.box.sql(
        "INSERT INTO mdl_groups_members (groupid, userid, timeadded) VALUES"
        " ((SELECT max(id) FROM mdl_groups), ?, ?)",
        amina.box.user("amina"), int(FIRST.timestamp()),
    )  # fmt: skip
    amina.online.sql(
        "DELETE FROM mdl_external_services_functions"
        " WHERE functionname = 'core_group_add_group_members'"
    )
    amina.box.complete("amina", "Numbers", at=FIRST)
    at(amina, SECOND)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert await amina.waiting() == 1
    assert (await shown(amina, FIRST)).state is DayState.GREEN


async def test_another_target_has_its_own_days(amina: School) -> None:
    """What one site closed says nothing of another."""
    await closed_first_day(amina)
    other = await amina.targets.open("https://other", "digest", amina.clock.now())
    assert await amina.days.closed(other) == []
    assert await amina.days.work(other, Period(FIRST.date(), SECOND.date())) == {}
