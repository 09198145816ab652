"""An unchanged course costs no reading of its contents, and nothing that changed is missed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from beekeed.core.model import RunStatus
from beekeed.sandbox.content import delete_activity
from beekeed.sandbox.course import page
from beekeed.sandbox.editing import move_activity, rename_activity, track_activity
from tests.engine.school import MADE, School, Side, forbid
from tests.engine.test_courses import left_out


def readings(here: School) -> int:
    """How often the contents of a course were read until now."""
    return int(
        here.online.one(
            "SELECT count(*) FROM sandbox_request WHERE function = 'core_course_get_contents'"
        )
    )


@pytest.fixture
async def known(here: School) -> School:
    """A course that was synchronized once; its learner has more to send."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    assert readings(here) == 1
    here.box.complete("amina", "Fractions")
    return here


async def test_an_unchanged_course_costs_no_contents(known: School) -> None:
    """New work goes to the right place by what is known, also after a restart."""
    await known.completed()
    assert readings(known) == 1
    assert known.online.state("amina", "Fractions") == 1
    known.box.grade("amina", "Test", 7)
    await known.completed()
    assert readings(known) == 1
    assert known.online.grades("amina", "Test") == [(0, 7.0)]


def rename(side: Side) -> None:
    """Give an activity that counts another name."""
    rename_activity(side.db, side.module("Numbers"), "Figures", now=MADE)


def move(side: Side) -> None:
    """Put it into another section."""
    move_activity(side.db, side.module("Numbers"), 2, 0)


def swap(side: Side) -> None:
    """Put it behind its neighbour."""
    move_activity(side.db, side.module("Numbers"), 1, 1)


def delete(side: Side) -> None:
    """Delete it for good."""
    delete_activity(side.db, side.module("Numbers"))


@pytest.mark.parametrize(
    ("edit", "code", "named"),
    [
        (rename, "activities_moved", {"renamed": "Numbers → Figures"}),
        (move, "activities_moved", {"moved": "Numbers"}),
        (swap, "activities_moved", {"moved": "Numbers"}),
        (delete, "activities_differ", {"missing": "Numbers"}),
    ],
)
async def test_every_edit_of_a_course_online_is_seen_at_the_next_sync(
    known: School, edit: Callable[[Side], None], code: str, named: dict[str, str]
) -> None:
    """Though the course's own date stays: the revision tells, also of a deletion."""
    edit(known.online)
    details = await known.sync()
    assert left_out(details) == {"MATHS": code}
    (course,) = details.courses
    assert course.left_out is not None
    assert course.left_out.params.items() >= named.items()
    assert readings(known) == 2
    assert known.online.state("amina", "Fractions") is None


async def test_an_activity_that_was_added_online_does_not_count(known: School) -> None:
    """The contents are read once more, and then not again."""
    known.online.add("MATHS", page("Extra", 1))
    await known.completed()
    known.box.grade("amina", "Test", 7)
    await known.completed()
    assert readings(known) == 2


async def test_a_change_on_the_box_is_matched_again(known: School) -> None:
    """An activity that the box did not have before is looked for online."""
    known.online.add("MATHS", page("Extra", 1))
    await known.completed()
    known.box.add("MATHS", page("Extra", 1))
    known.box.complete("amina", "Extra")
    await known.completed()
    assert readings(known) == 3
    assert known.online.state("amina", "Extra") == 1


async def test_a_new_date_on_both_sides_is_read_again(known: School) -> None:
    """A new version of the course was brought to both."""
    for side in (known.box, known.online):
        side.sql("UPDATE mdl_course SET timemodified = timemodified + 7")
    await known.completed()
    assert readings(known) == 2


@pytest.mark.parametrize(
    ("passed", "read"),
    [(timedelta(days=29), 1), (timedelta(days=30), 2), (timedelta(days=-1), 2)],
)
async def test_contents_are_read_again_after_thirty_days(
    known: School, passed: timedelta, read: int
) -> None:
    """Where something is to be sent; and when the clock went back."""
    known.clock.time += passed - timedelta(hours=1)
    await known.completed()
    assert readings(known) == read


async def test_nothing_is_read_where_nothing_is_to_be_sent(known: School) -> None:
    """However old it is."""
    await known.completed()
    known.clock.time += timedelta(days=60)
    await known.completed()
    assert readings(known) == 1


async def test_a_refusal_that_names_an_activity_has_the_contents_read_again(
    known: School,
) -> None:
    """Once: what they still show is then believed again."""
    known.online.sql(
        "UPDATE mdl_course_modules SET completion = 0 WHERE id = ?",
        known.online.module("Fractions"),
    )  # behind Moodle's back: its revision does not tell
    assert (await known.sync()).run.status is RunStatus.PARTIAL
    assert await known.aside() == [("amina", "completion", "tracking_off")]
    assert readings(known) == 1
    known.box.grade("amina", "Test", 7)
    for _ in range(2):
        assert (await known.sync()).run.status is RunStatus.PARTIAL
        assert readings(known) == 2
    track_activity(known.online.db, known.online.module("Fractions"), 2)
    await known.completed()
    assert readings(known) == 3
    assert known.online.state("amina", "Fractions") == 1


async def test_a_grade_item_that_was_put_right_is_tried_again_by_itself(known: School) -> None:
    """An edit of the activity shows in the revision; nobody has to ask."""
    known.online.sql("UPDATE mdl_grade_items SET grademax = 20 WHERE itemmodule = 'quiz'")
    known.box.grade("amina", "Test", 7)
    assert (await known.sync()).run.status is RunStatus.PARTIAL
    assert await known.aside() == [("amina", "grade", "grade_item_differs")]
    assert (await known.sync()).run.status is RunStatus.PARTIAL
    known.online.sql("UPDATE mdl_grade_items SET grademax = 10 WHERE itemmodule = 'quiz'")
    track_activity(known.online.db, known.online.module("Test"), 2)
    await known.completed()
    assert known.online.grades("amina", "Test") == [(0, 7.0)]


async def test_a_course_made_again_is_read_again(known: School) -> None:
    """Its number or its time of creation tells; nothing goes to the old places."""
    known.online.sql("UPDATE mdl_course SET timecreated = timecreated + 5")
    await known.completed()
    assert readings(known) == 2


async def test_where_the_date_is_hidden_nothing_is_read(known: School) -> None:
    """The revision is hidden with it, and the course is left out."""
    forbid(known, "moodle/course:update", "MATHS")
    assert left_out(await known.sync()) == {"MATHS": "course_date_hidden"}
    assert readings(known) == 1
