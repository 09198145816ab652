"""The guard against mass changes: an accident on the box lowers nothing (features.md, row 18)."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from beekeed.core.model import Kind, RunStatus
from beekeed.engine import FactRules
from beekeed.engine.stopping import Stop
from beekeed.errors import Code
from beekeed.ports.stores import RunDetails
from tests.engine.school import School, counts

CLASS = [f"l{number:02}" for number in range(20)]


@pytest.fixture
async def taught(here: School) -> School:
    """A class of 20, each with two completions and a grade, all of it online."""
    for number, username in enumerate(CLASS):
        here.box.learner(username, "Learner", f"Number {number}", "MATHS", "SCIENCE")
        here.box.complete(username, "Numbers")
        here.box.complete(username, "By hand")
        here.box.complete(username, "Water")
        here.box.grade(username, "Test", 8)
    await here.completed()
    return here


def take_back(here: School, usernames: list[str], activity: str = "Numbers") -> None:
    """The box says "not done" of what was done."""
    for username in usernames:
        here.box.complete(username, activity, 0)


def back_up(here: School, to: Path) -> None:
    """Copy the box's database as it is now."""
    with closing(sqlite3.connect(here.box.path)) as now, closing(sqlite3.connect(to)) as kept:
        now.backup(kept)


def put_back(here: School, kept: Path) -> None:
    """Put the box's database back to a copy."""
    with closing(sqlite3.connect(kept)) as old, closing(sqlite3.connect(here.box.path)) as now:
        old.backup(now)


def online(here: School) -> list[list[tuple[object, ...]]]:
    """Every result and enrolment online."""
    return [
        here.online.sql(f"SELECT * FROM mdl_{table} ORDER BY id")
        for table in ("course_modules_completion", "grade_grades", "user_enrolments")
    ]


def undone(here: School) -> list[tuple[object, ...]]:
    """The completions online that are not done."""
    return here.online.sql("SELECT * FROM mdl_course_modules_completion WHERE completionstate = 0")


async def guards(here: School) -> list[tuple[str, str, int, int, int]]:
    """What is asked: course, kind, how much fell, of how much, how much waits for it."""
    target = await here.targets.find(here.address, here.token)
    assert target is not None
    return sorted(
        (each.shortname, str(each.kind), each.loss.lost, each.loss.known, each.loss.held)
        for each in await here.guards.open(target)
    )


async def accept(here: School, kind: Kind | None = None) -> None:
    """Accept what is asked."""
    target = await here.targets.find(here.address, here.token)
    assert target is not None
    asked = await here.guards.open(target)
    numbers = [each.number for each in asked if kind in (None, each.kind)]
    await here.guards.accept(target, numbers, "teacher", here.clock.now())


async def events(here: School) -> list[tuple[str, str, str]]:
    """What was asked and answered, oldest first: what, kind, by whom."""
    target = await here.targets.find(here.address, here.token)
    assert target is not None
    found = await here.guards.history(target, 100)
    return [(each.what, str(each.kind), each.by) for each in reversed(found)]


async def partial(here: School) -> RunDetails:
    """Run the engine once and see it ask."""
    details = await here.sync()
    assert details.run.status is RunStatus.PARTIAL, details
    return details


# Small edits pass, to the last one.


async def test_what_a_teacher_takes_back_is_taken_back_online(taught: School) -> None:
    """A few at a time."""
    take_back(taught, CLASS[:3])
    assert counts(await taught.completed()) == {("completion", "done"): 3}
    assert len(undone(taught)) == 3
    assert await guards(taught) == []


async def test_ten_exactly_go(taught: School) -> None:
    """A quarter of the 40 that are known."""
    take_back(taught, CLASS[:10])
    assert counts(await taught.completed()) == {("completion", "done"): 10}


async def test_eleven_wait(taught: School) -> None:
    """More than ten, and more than a fifth."""
    take_back(taught, CLASS[:11])
    details = await partial(taught)
    assert details.run.reason is not None
    assert details.run.reason.code is Code.COMPLETIONS_FELL
    assert dict(details.run.reason.params) == {
        "course": "Mathematics",
        "lost": 11,
        "known": 40,
        "number": 1,
    }
    assert await guards(taught) == [("MATHS", "completion", 11, 40, 11)]
    assert undone(taught) == []


@pytest.mark.parametrize(("fell", "waits"), [(12, False), (13, True)])
async def test_a_fifth_exactly_goes(taught: School, fell: int, waits: bool) -> None:
    """Twelve of sixty go, thirteen wait."""
    for username in CLASS:
        taught.box.complete(username, "Fractions")
    await taught.completed()
    take_back(taught, CLASS[:fell])
    details = await taught.sync()
    assert details.run.status is (RunStatus.PARTIAL if waits else RunStatus.COMPLETED)
    assert len(undone(taught)) == (0 if waits else fell)


async def test_little_by_little_is_as_much(taught: School) -> None:
    """Four a day: what would be the eleventh in these days waits."""
    for day, start in enumerate((0, 4, 8)):
        taught.clock.time += timedelta(days=1)
        take_back(taught, CLASS[start : start + 4])
        details = await taught.sync()
        assert details.run.status is (RunStatus.PARTIAL if day == 2 else RunStatus.COMPLETED)
    assert await guards(taught) == [("MATHS", "completion", 12, 40, 4)]
    assert len(undone(taught)) == 8


async def test_what_was_lowered_little_by_little_counts_for_grades_too(taught: School) -> None:
    """A lower grade that was sent already has fallen all the same."""
    for start in (0, 6):
        for username in CLASS[start : start + 6]:
            taught.box.grade(username, "Test", 5)
        await taught.sync()
    assert await guards(taught) == [("MATHS", "grade", 12, 20, 6)]
    assert [taught.online.grades(name, "Test")[0][1] for name in CLASS[5:7]] == [5, 8]


# Accidents.


async def test_an_emptied_table_takes_nothing_back(taught: School) -> None:
    """Every completion is away: nothing was to be sent, and a person is asked all the same."""
    before = online(taught)
    taught.box.sql("DELETE FROM mdl_course_modules_completion")
    details = await partial(taught)
    assert await guards(taught) == [
        ("MATHS", "completion", 40, 40, 0),
        ("SCIENCE", "completion", 20, 20, 0),
    ]
    assert online(taught) == before
    assert counts(details) == {("completion", "unsent"): 60}


async def test_a_reset_course_takes_nothing_back(taught: School) -> None:
    """Completions, grades and enrolments of one course; the other is not asked about."""
    taught.fact_rules = FactRules(removals=True)
    maths = taught.box.course("MATHS")
    before = online(taught)
    taught.box.sql(
        "DELETE FROM mdl_course_modules_completion WHERE coursemoduleid IN"
        " (SELECT id FROM mdl_course_modules WHERE course = ?)",
        maths,
    )
    taught.box.sql(
        "DELETE FROM mdl_grade_grades WHERE itemid IN"
        " (SELECT id FROM mdl_grade_items WHERE courseid = ?)",
        maths,
    )
    taught.box.sql(
        "DELETE FROM mdl_user_enrolments WHERE enrolid IN"
        " (SELECT id FROM mdl_enrol WHERE courseid = ?)",
        maths,
    )
    taught.box.sql(
        "DELETE FROM mdl_role_assignments WHERE contextid ="
        " (SELECT id FROM mdl_context WHERE contextlevel = 50 AND instanceid = ?)",
        maths,
    )
    await partial(taught)
    assert await guards(taught) == [
        ("MATHS", "completion", 40, 40, 0),
        ("MATHS", "enrolment", 20, 20, 20),
        ("MATHS", "grade", 20, 20, 0),
    ]
    assert online(taught) == before


async def test_a_database_put_back_takes_nothing_back(taught: School, tmp_path: Path) -> None:
    """Last week's has no result of this week, and lower grades: all of it stays online."""
    back_up(taught, tmp_path / "kept.sqlite")
    taught.clock.time += timedelta(days=7)
    for username in CLASS:
        taught.box.complete(username, "Fractions")
        taught.box.grade(username, "Test", 10)
    await taught.completed()
    before = online(taught)
    put_back(taught, tmp_path / "kept.sqlite")
    await partial(taught)
    assert await guards(taught) == [
        ("MATHS", "completion", 20, 60, 0),
        ("MATHS", "grade", 20, 20, 20),
    ]
    assert online(taught) == before


async def test_learners_who_are_away_took_their_results_with_them(
    taught: School, tmp_path: Path
) -> None:
    """A database from before they were made: they are not on the box at all."""
    before = online(taught)
    back_up(taught, tmp_path / "kept.sqlite")
    for username in CLASS[:15]:
        taught.box.sql("UPDATE mdl_user SET deleted = 1 WHERE username = ?", username)
    await partial(taught)
    assert ("MATHS", "completion", 30, 40, 0) in await guards(taught)
    assert online(taught) == before
    put_back(taught, tmp_path / "kept.sqlite")
    assert counts(await taught.completed()) == {}
    assert await guards(taught) == []


async def test_a_course_restored_with_new_ids_is_the_same_course(taught: School) -> None:
    """Deleted and restored without what learners did: asked; with it: nothing."""
    before = online(taught)
    modules = "SELECT id FROM mdl_course_modules WHERE course = ?"
    science = taught.box.course("SCIENCE")
    rows = taught.box.sql(
        "SELECT coursemoduleid, userid FROM mdl_course_modules_completion"
        f" WHERE coursemoduleid IN ({modules})",
        science,
    )
    assert rows
    taught.box.sql(
        f"DELETE FROM mdl_course_modules_completion WHERE coursemoduleid IN ({modules})", science
    )
    shift = 500_000
    for module in sorted({int(row[0]) for row in taught.box.sql(modules, science)}):
        taught.box.sql("UPDATE mdl_course_modules SET id = ? WHERE id = ?", module + shift, module)
    for section, sequence in taught.box.sql(
        "SELECT id, sequence FROM mdl_course_sections WHERE course = ?", science
    ):
        moved = ",".join(str(int(each) + shift) for each in str(sequence or "").split(",") if each)
        taught.box.sql("UPDATE mdl_course_sections SET sequence = ? WHERE id = ?", moved, section)
    await partial(taught)
    assert await guards(taught) == [("SCIENCE", "completion", 20, 20, 0)]
    assert online(taught) == before
    for username in CLASS:
        taught.box.complete(username, "Water")
    assert counts(await taught.completed()) == {}
    assert await guards(taught) == []


async def test_new_work_does_not_hide_what_fell(taught: School) -> None:
    """As many new results as are lost: counted as a set, not as a difference."""
    take_back(taught, CLASS)
    for username in CLASS:
        taught.box.complete(username, "Fractions")
    details = await partial(taught)
    assert counts(details) == {("completion", "done"): 20, ("completion", "unsent"): 20}
    await partial(taught)
    assert await guards(taught) == [("MATHS", "completion", 20, 40, 20)]
    assert undone(taught) == []


async def test_many_grades_do_not_hide_that_completions_fell(taught: School) -> None:
    """Each kind is counted for itself, and grades go on being lowered one by one."""
    take_back(taught, CLASS)
    taught.box.grade("l00", "Test", 5)
    details = await partial(taught)
    assert counts(details)[("grade", "done")] == 1
    assert taught.online.grades("l00", "Test") == [(0, 5)]
    assert undone(taught) == []


async def test_others_go_on(taught: School) -> None:
    """What raises or is new in the guarded course; what is lowered in another."""
    take_back(taught, CLASS[:15])
    taught.box.complete("l00", "Fractions")
    taught.box.complete("l01", "Water", 0)
    details = await partial(taught)
    assert counts(details)[("completion", "done")] == 2
    assert taught.online.state("l00", "Fractions") == 1
    assert [row[0] for row in undone(taught)] == [
        taught.online.one(
            "SELECT id FROM mdl_course_modules_completion WHERE coursemoduleid = ? AND userid = ?",
            taught.online.module("Water"),
            taught.online.user("l01"),
        )
    ]


async def test_enrolments_are_guarded_where_their_removal_counts(taught: School) -> None:
    """With removed_enrolments = "suspend", also where other work is sent."""
    taught.fact_rules = FactRules(removals=True)
    await taught.completed()
    for username in CLASS[:12]:
        for table in ("user_enrolments", "role_assignments"):
            taught.box.sql(f"DELETE FROM mdl_{table} WHERE userid = ?", taught.box.user(username))
    for username in ("l00", "l15"):  # the work of one who was removed brings the enrolment
        taught.box.complete(username, "Fractions")
    await partial(taught)
    assert taught.online.state("l00", "Fractions") == 1
    assert [row[1:3] for row in await guards(taught)] == [("enrolment", 12)] * 2
    assert taught.online.one("SELECT count(*) FROM mdl_user_enrolments WHERE status = 1") == 0
    await accept(taught)
    await taught.completed()
    assert taught.online.one("SELECT count(*) FROM mdl_user_enrolments WHERE status = 1") == 24


# What is asked is remembered, and answered.


async def test_asking_costs_no_byte(taught: School) -> None:
    """Where nothing else is pending, the online Moodle is not asked at all."""
    take_back(taught, CLASS)
    asked = "SELECT count(*) FROM sandbox_request"
    before = taught.online.one(asked)
    await partial(taught)
    assert taught.online.one(asked) == before


async def test_what_is_accepted_goes_at_the_next_sync(taught: School) -> None:
    """And only that; the next accident is asked about again."""
    take_back(taught, CLASS)
    for username in CLASS:
        taught.box.grade(username, "Test", 5)
    await partial(taught)
    await accept(taught, Kind.COMPLETION)
    details = await partial(taught)
    assert counts(details) == {("completion", "done"): 20, ("grade", "unsent"): 20}
    assert len(undone(taught)) == 20
    assert {taught.online.grades(username, "Test")[0][1] for username in CLASS} == {8}
    await accept(taught)
    assert counts(await taught.completed()) == {("grade", "done"): 20}
    assert await events(taught) == [
        ("asked", "completion", ""),
        ("asked", "grade", ""),
        ("accepted", "completion", "teacher"),
        ("accepted", "grade", "teacher"),
    ]
    take_back(taught, CLASS, "By hand")
    await partial(taught)
    assert await guards(taught) == [("MATHS", "completion", 20, 20, 20)]


async def test_what_falls_after_the_answer_is_asked_about(taught: School) -> None:
    """Accepted is what was read, and not what comes."""
    for username in CLASS:
        taught.box.grade(username, "Test", 5)
    await partial(taught)
    await accept(taught)
    for username in CLASS:
        taught.box.grade(username, "Test", 2)
    await partial(taught)
    assert {taught.online.grades(username, "Test")[0][1] for username in CLASS} == {8}
    await accept(taught)
    assert counts(await taught.completed()) == {("grade", "done"): 20}


async def test_days_do_not_answer_a_question(taught: School) -> None:
    """Asked once, it stays asked: 40 days of syncs later nothing was lowered."""
    take_back(taught, CLASS[:12])
    target = await taught.targets.find(taught.address, taught.token)
    assert target is not None
    await partial(taught)
    for _ in range(40):
        taught.clock.time += timedelta(days=1)
        await taught.guards.look(target, taught.clock.now())
    await partial(taught)
    assert undone(taught) == []


async def test_what_falls_again_counts_from_then_on(taught: School) -> None:
    """Accepted long ago and not sent yet: what falls further is new, and not long past."""
    for username in CLASS:
        taught.box.grade(username, "Test", 5)
    target = await taught.targets.find(taught.address, taught.token)
    assert target is not None
    await partial(taught)
    await accept(taught)
    for _ in range(35):
        taught.clock.time += timedelta(days=1)
        await taught.guards.look(target, taught.clock.now())
    for username in CLASS[:10]:
        taught.box.grade(username, "Test", 2)
    await taught.engine().look(Stop())
    taught.quiet = True
    await taught.engine().look(Stop())
    taught.clock.time += timedelta(days=1)
    taught.box.grade(CLASS[10], "Test", 2)
    await partial(taught)
    assert await guards(taught) == [("MATHS", "grade", 11, 11, 20)]


async def test_what_is_away_and_accepted_is_not_asked_about_again(taught: School) -> None:
    """It stays online, and back on the box it is what it was."""
    taught.box.sql("DELETE FROM mdl_course_modules_completion")
    await partial(taught)
    await accept(taught)
    assert counts(await taught.completed()) == {}
    assert counts(await taught.completed()) == {}
    assert taught.online.state("l00", "Numbers") == 1
    for username in CLASS:
        taught.box.complete(username, "Numbers")
    await taught.completed()
    take_back(taught, CLASS)
    await partial(taught)
    assert await guards(taught) == [("MATHS", "completion", 20, 20, 20)]


async def test_what_is_back_is_not_asked_any_more(taught: School) -> None:
    """The accident was mended on the box: nobody needs to answer."""
    take_back(taught, CLASS)
    await partial(taught)
    for username in CLASS[:10]:
        taught.box.complete(username, "Numbers")
    await taught.sync()
    assert await guards(taught) == []
    assert [each[0] for each in await events(taught)] == ["asked", "over"]


async def test_a_question_survives_a_restart(taught: School) -> None:
    """A power cut, and days without a sync: it is in the database."""
    take_back(taught, CLASS)
    await partial(taught)
    taught.clock.time += timedelta(days=200)
    details = await partial(taught)
    assert details.run.reason is not None
    assert details.run.reason.code is Code.COMPLETIONS_FELL
    assert undone(taught) == []


async def test_a_sync_that_never_reached_the_site_asks_all_the_same(taught: School) -> None:
    """Offline, the question is open from the reading on."""
    take_back(taught, CLASS)
    taught.box.complete("l00", "Fractions")
    taught.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('html', '*')")
    assert (await taught.sync()).run.status is RunStatus.ERROR
    assert await guards(taught) == [("MATHS", "completion", 20, 40, 20)]


async def test_looking_through_the_box_while_it_is_quiet_asks(taught: School) -> None:
    """Without any sync: the administrator sees it on the page in the morning."""
    take_back(taught, CLASS)
    taught.quiet = True
    taught.clock.time += timedelta(days=1)
    await taught.engine().look(Stop())
    assert await guards(taught) == [("MATHS", "completion", 20, 40, 20)]


# Days are counted, whatever the clock says.


async def lower_ten(here: School) -> None:
    """Ten are taken back and sent: one more in these 30 days would wait."""
    take_back(here, CLASS[:10])
    await here.completed()


async def test_after_thirty_days_what_fell_counts_no_more(taught: School) -> None:
    """On the thirtieth day it still does."""
    await lower_ten(taught)
    for day in range(1, 31):
        taught.clock.time = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day)
        await taught.completed()
        if day == 29:
            back = taught.clock.time
            take_back(taught, CLASS[10:11])
            await partial(taught)
            taught.box.complete(CLASS[10], "Numbers")
            taught.clock.time = back
            await taught.completed()
    take_back(taught, CLASS[10:20])
    await taught.completed()
    assert len(undone(taught)) == 20


@pytest.mark.parametrize(
    "jumps",
    [
        [timedelta(days=5000)],
        [timedelta(days=-5000)],
        [timedelta(days=-9000), timedelta(days=9000)] * 40,
        [timedelta(minutes=1)] * 40,
    ],
    ids=["to the future", "to the past", "to and fro", "many syncs in a day"],
)
async def test_a_clock_that_jumps_makes_no_guard_forget(
    taught: School, jumps: list[timedelta]
) -> None:
    """A box has no battery clock; and one that lay in a cupboard has the same class before it."""
    await lower_ten(taught)
    target = await taught.targets.find(taught.address, taught.token)
    assert target is not None
    for jump in jumps:
        taught.clock.time += jump
        await taught.guards.look(target, taught.clock.now())
    take_back(taught, CLASS[10:11])
    await partial(taught)
    assert len(undone(taught)) == 10
