"""What a sync would do and cost, held against what the next one does and costs."""

import sys
from dataclasses import replace
from random import Random

import pytest

from beekeed.core.cost import Cost, Preview, on_the_line
from beekeed.core.model import Bytes, Kind, RunStatus
from beekeed.core.request import Period, Request
from beekeed.engine.stopping import Stop, Stopped
from beekeed.sandbox.content import add_course
from beekeed.sandbox.course import Activity
from tests.benchmarks.measure_bytes import course
from tests.engine.school import BEFORE, School, counts

# What nobody can know before asking: how well names compress, what is there already.
NEAR = 1.5

CLASS = [f"l{number:02}" for number in range(20)]
NAMES = ("Diallo", "Traoré", "Mbaye", "Ouédraogo", "Koné")


@pytest.fixture
def classroom(here: School) -> School:
    """Twenty learners with first results; some assignments with comments."""
    for side in (here.box, here.online):
        side.add("MATHS", Activity("assign", "Essay", 2, completion=2, submit=True, grade=20.0))
    for number, username in enumerate(CLASS):
        last = f"{NAMES[number % 5]} {number}"
        here.box.learner(username, f"Amina {number}", last, "MATHS", "SCIENCE")
        here.box.complete(username, "Numbers")
        here.box.grade(username, "Test", 1 + number % 9)
    return here


def a_day(here: School, seed: int) -> None:
    """A school day: pages are read, tests are made, essays are marked, one thing is taken back."""
    rng = Random(seed)
    for username in rng.sample(CLASS, 12):
        for activity in rng.sample(["Fractions", "Water", "Air", "By hand"], 2):
            here.box.complete(username, activity)
        here.box.sql(
            "UPDATE mdl_grade_grades SET rawgrade = rawgrade + 0.1, finalgrade = finalgrade + 0.1,"
            " timemodified = ? WHERE userid = ? AND rawgrade < 9.9",
            seed,
            here.box.user(username),
        )
    for username in CLASS[seed * 4 : seed * 4 + 4]:
        here.box.complete(username, "Essay")
        here.box.grade(username, "Essay", 12, "<p>Bon début, mais <b>relis</b> la fin.</p>")
    here.box.complete(CLASS[0], "Numbers", 0)


async def preview(
    here: School, limit: int | None = None, request: Request | None = None
) -> Preview:
    """What a sync would do now; not a byte may leave, and no run is recorded."""
    asked, runs = requests(here), await here.history.count()
    found = await here.engine().preview(request or Request(), limit, Stop())
    assert requests(here) == asked
    assert await here.history.count() == runs
    return found


def requests(here: School) -> int:
    """How many requests the online Moodle got so far."""
    return int(here.online.one("SELECT count(*) FROM sandbox_request"))


def real(here: School, after: int) -> Bytes:
    """What the requests after some cost as HTTP messages."""
    rows = here.online.sql(
        "SELECT sum(bytes_up), sum(bytes_down) FROM sandbox_request WHERE id > ?", after
    )
    return Bytes(*rows[0])


def goes(found: Preview) -> dict[str, int]:
    """How much would go, by kind."""
    return {
        str(kind): count
        for kind in Kind
        if (count := sum(share.goes for share in found.shares if share.kind is kind))
    }


def waits(found: Preview) -> list[tuple[str, str, str, int]]:
    """What would wait: kind, course, code, how much."""
    return sorted(
        (str(share.kind), share.course, str(reason.code) if reason else "", count)
        for share in found.shares
        for reason, count in share.waits
    )


async def test_it_costs_about_what_it_said(
    classroom: School, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first sync, and school days after it; printed, for who wants to see."""
    for day in range(4):
        if day:
            a_day(classroom, day)
        found, before = await preview(classroom), requests(classroom)
        await classroom.completed()
        http = real(classroom, before)
        made = classroom.online.one("SELECT count(*) FROM sandbox_request WHERE id > ?", before)
        line = on_the_line(Cost(http, made), encrypted=False)
        with capsys.disabled():
            said = f"day {day}: said {found.cost}, was {line}, of that {http} in HTTP"
            sys.stdout.write(f"\n{said}")
        for told, was in ((found.cost.sent, line.sent), (found.cost.received, line.received)):
            assert was / NEAR < told < was * NEAR


@pytest.mark.parametrize("what", ["grades", "states"])
async def test_reports_on_a_large_course_are_reckoned(here: School, what: str) -> None:
    """Each names every item of the course: most of what such a day costs."""
    large = course(10, 60)
    for side in (here.box, here.online):
        add_course(side.db, large)
    names = [each.name for each in large.activities]
    for username in CLASS:
        here.box.learner(username, "Amina", username, "BIG")
        for name in names[:30]:
            here.box.complete(username, name)
    await here.completed()
    for username in CLASS[:10]:
        if what == "grades":
            here.box.grade(username, names[-1], 7)
        else:
            here.box.complete(username, names[0], 0)
    found, before = await preview(here), requests(here)
    await here.completed()
    made = here.online.one("SELECT count(*) FROM sandbox_request WHERE id > ?", before)
    line = on_the_line(Cost(real(here, before), made), encrypted=False)
    assert line.received / 1.3 < found.cost.received < line.received * 1.3


async def test_what_would_go_is_what_goes(classroom: School) -> None:
    """By kind, on a school day: all of it was sent, or was there."""
    await classroom.completed()
    a_day(classroom, 1)
    found = await preview(classroom)
    assert found.met
    details = await classroom.completed()
    went: dict[str, int] = {}
    for (kind, _), count in counts(details).items():
        went[kind] = went.get(kind, 0) + count
    assert goes(found) == went
    assert (await preview(classroom)).shares == ()
    assert (await preview(classroom)).cost == Bytes()


async def test_a_site_that_was_never_asked_is_told_apart(classroom: School) -> None:
    """Nobody knows what is there: all of the box counts, accounts and enrolments with it."""
    found = await preview(classroom)
    assert not found.met
    assert goes(found) == {"account": 20, "enrolment": 40, "completion": 20, "grade": 20}
    await classroom.completed()


@pytest.mark.parametrize("slice_changes", [3, 100])
async def test_what_is_most_valuable_fits_first(classroom: School, slice_changes: int) -> None:
    """Grades, then completions; what is left costs the rest."""
    await classroom.completed()
    a_day(classroom, 1)
    classroom.rules = replace(classroom.rules, slice_changes=slice_changes)
    whole = await preview(classroom)
    price = whole.cost.sent + whole.cost.received
    before: dict[str, int] = {}
    for percent in (0, 60, 80, 90, 100):
        limit = price * percent // 100
        found = await preview(classroom, limit)
        now = goes(found)
        assert found.cost.sent + found.cost.received <= limit
        assert found.cost + found.rest == whole.cost
        assert all(before.get(kind, 0) <= count for kind, count in now.items())
        all_grades = now.get("grade", 0) == goes(whole)["grade"]
        assert all_grades or "completion" not in now
        left = sum(share.left for share in found.shares)
        assert sum(now.values()) + left == sum(goes(whole).values())
        before = now
    assert before == goes(whole)


async def test_what_waits_is_told_with_its_reason(classroom: School) -> None:
    """Set aside, held by that, guarded, in a course that is not the same."""
    classroom.box.complete("l07", "Water")
    await classroom.completed()
    classroom.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    classroom.online.person("amina", "Another", "Person")
    classroom.box.complete("amina", "Numbers")
    classroom.online.sql("UPDATE mdl_course SET shortname = 'X' WHERE shortname = 'SCIENCE'")
    classroom.box.complete("l03", "Air")
    for username in CLASS:
        classroom.box.complete(username, "Numbers", 0)
    assert (await classroom.sync()).run.status is RunStatus.PARTIAL
    found = await preview(classroom)
    assert goes(found) == {}
    assert waits(found) == [
        ("account", "", "other_person_online", 1),
        ("completion", "MATHS", "", 1),
        ("completion", "MATHS", "completions_fell", 20),
        ("completion", "SCIENCE", "course_not_online", 1),
        ("enrolment", "MATHS", "", 1),
        ("enrolment", "SCIENCE", "course_not_online", 1),
    ]


async def test_what_is_guarded_alone_costs_nothing(classroom: School) -> None:
    """As the sync itself asks nobody then."""
    await classroom.completed()
    for username in CLASS:
        classroom.box.complete(username, "Numbers", 0)
    found = await preview(classroom)
    assert waits(found) == [("completion", "MATHS", "completions_fell", 20)]
    assert found.cost == Bytes()


async def test_what_is_late_waits_and_goes_when_it_is_asked_for(classroom: School) -> None:
    """As a sync does: held by the settings, by its day, or forced."""
    classroom.holds_late = True
    await classroom.completed()
    classroom.box.complete(CLASS[0], "Fractions")
    day = Request(period=Period(BEFORE.date(), BEFORE.date()))
    found = await preview(classroom)
    assert (goes(found), waits(found)) == ({}, [("completion", "MATHS", "late", 1)])
    assert found.cost == Bytes()
    assert goes(await preview(classroom, request=Request(force=True))) == {"completion": 1}
    assert goes(await preview(classroom, request=day))["completion"] == 21
    assert waits(await preview(classroom)) == waits(found)
    await classroom.completed()
    assert classroom.online.state(CLASS[0], "Fractions") != 1
    await classroom.sync(day)
    assert classroom.online.state(CLASS[0], "Fractions") == 1


async def test_by_force_a_course_counts_that_has_another_date(classroom: School) -> None:
    """As far as anybody knows before its contents are read."""
    classroom.online.sql("UPDATE mdl_course SET timemodified = 1 WHERE shortname = 'MATHS'")
    await classroom.sync()
    found = await preview(classroom)
    assert ("completion", "MATHS", "course_modified", 20) in waits(found)
    by_force = await preview(classroom, request=Request(force=True))
    assert goes(by_force)["completion"] == 20


async def test_without_batches_every_call_is_a_request(classroom: School) -> None:
    """A service that lacks the batch function costs more, and it is told."""
    await classroom.completed()
    a_day(classroom, 1)
    engine = classroom.engine()
    together = await engine.preview(Request(), None, Stop())
    classroom.online.sql(
        "DELETE FROM mdl_external_services_functions"
        " WHERE functionname = 'tool_mobile_call_external_functions'"
    )
    await engine._online.probe()
    await engine._online.close()
    alone = await engine.preview(Request(), None, Stop())
    assert alone.cost.sent > together.cost.sent * 1.3


async def test_a_preview_can_be_stopped(classroom: School) -> None:
    """A sync that is asked for goes first."""
    stop = Stop()
    stop.ask()
    with pytest.raises(Stopped):
        await classroom.engine().preview(Request(), None, stop)
    assert await classroom.history.count() == 0
    await classroom.completed()
