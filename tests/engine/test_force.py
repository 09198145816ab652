"""Force Sync: for one run, a course that differs is matched as far as it surely is the same."""

import pytest

from beekeed.core.model import RunStatus
from beekeed.core.request import Request
from beekeed.ports.stores import RunDetails
from beekeed.sandbox.content import delete_activity
from beekeed.sandbox.course import page
from beekeed.sandbox.editing import move_activity, rename_activity
from tests.engine.school import MADE, School
from tests.engine.test_courses import left_out

FORCE = Request("test", force=True)


@pytest.fixture
def amina(here: School) -> School:
    """One learner with work in each activity of a course."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    for name in ("Numbers", "Fractions", "By hand"):
        here.box.complete("amina", name)
    here.box.grade("amina", "Test", 7)
    return here


def redate(here: School) -> None:
    """Somebody touched the course online: its date differs, its activities do not."""
    here.online.sql("UPDATE mdl_course SET timemodified = timemodified + 1")


def states(here: School) -> dict[str, int | None]:
    """What arrived."""
    names = ("Numbers", "Fractions", "By hand")
    return {name: here.online.state("amina", name) for name in names}


def warning(details: RunDetails) -> dict[str, str | int]:
    """The warning of the one course that was matched by force."""
    (course,) = details.courses
    assert course.left_out is None
    assert course.warning is not None
    assert course.warning.code == "matched_by_force"
    return dict(course.warning.params)


async def test_force_skips_the_date_with_a_warning(amina: School) -> None:
    """All activities are the same, so all their work goes."""
    redate(amina)
    assert left_out(await amina.sync()) == {"MATHS": "course_modified"}
    details = await amina.sync(FORCE)
    assert details.run.status is RunStatus.COMPLETED
    assert warning(details) == {"course": "MATHS", "matched": 4}
    assert set(states(amina).values()) == {1}
    assert await amina.waiting() == 0


async def test_force_holds_for_one_run(amina: School) -> None:
    """The next one checks the dates again, and nothing of the forced match is kept."""
    redate(amina)
    await amina.sync(FORCE)
    assert await amina.targets.synchronized(1) == {}
    assert await amina.targets.kept_contents(1, 1) is None
    amina.box.learner("new", "New", "One", "MATHS")
    details = await amina.sync()
    assert left_out(details) == {"MATHS": "course_modified"}
    assert amina.online.one("SELECT 1 FROM mdl_user WHERE username = 'new'") is None


async def test_force_of_a_course_that_is_the_same_says_nothing(amina: School) -> None:
    """There is nothing to warn of."""
    details = await amina.sync(FORCE)
    assert details.run.status is RunStatus.COMPLETED
    (course,) = details.courses
    assert course.warning is None


@pytest.mark.parametrize("edit", ["renamed", "moved", "missing", "ambiguous"])
@pytest.mark.parametrize("dated", [True, False])
async def test_what_is_not_surely_the_same_is_set_aside_and_the_rest_goes(
    amina: School, edit: str, dated: bool
) -> None:
    """Also where the dates agree: without force the whole course is left out."""
    db = amina.online.db
    module = amina.online.module("Numbers")
    if edit == "renamed":
        rename_activity(db, module, "Figures", now=MADE)
    elif edit == "moved":
        move_activity(db, module, 2, 0)
    elif edit == "missing":
        delete_activity(db, module)
    if edit == "ambiguous":
        amina.online.add("MATHS", page("Numbers", 1))
    if dated:
        redate(amina)
    assert left_out(await amina.sync()).keys() == {"MATHS"}
    details = await amina.sync(FORCE)
    assert details.run.status is RunStatus.PARTIAL
    assert warning(details) == {"course": "MATHS", "matched": 3, "unmatched": "Numbers"}
    assert await amina.aside() == [("amina", "completion", "activity_unmatched")]
    rows = amina.online.sql(
        "SELECT coursemoduleid FROM mdl_course_modules_completion WHERE completionstate = 1"
    )
    sent = {amina.online.module("Fractions"), amina.online.module("By hand")}
    assert {row[0] for row in rows} - {amina.online.module("Test")} == sent
    assert amina.online.grades("amina", "Test") == [(0, 7.0)]


async def test_what_was_set_aside_goes_by_itself_once_the_activity_is_the_same(
    amina: School,
) -> None:
    """By force again, or without when the whole course is the same."""
    redate(amina)
    rename_activity(amina.online.db, amina.online.module("Numbers"), "Figures", now=MADE)
    await amina.sync(FORCE)
    assert await amina.aside() == [("amina", "completion", "activity_unmatched")]
    rename_activity(amina.online.db, amina.online.module("Figures"), "Numbers", now=MADE)
    details = await amina.sync(FORCE)
    assert details.run.status is RunStatus.COMPLETED
    assert amina.online.state("amina", "Numbers") == 1


async def test_force_finds_no_course_that_is_not_there(amina: School) -> None:
    """It skips the date, nothing else."""
    amina.online.sql("UPDATE mdl_course SET shortname = 'OTHER' WHERE shortname = 'MATHS'")
    details = await amina.sync(FORCE)
    assert details.run.status is RunStatus.ERROR
    assert left_out(details) == {"MATHS": "course_not_online"}
