"""Grades: what arrives, what stays as it is online, and what is asked about (row 18)."""

import pytest

from beekeed.core.model import RunStatus
from beekeed.sandbox.course import Activity
from tests.engine.school import School, counts


@pytest.fixture
async def amina(here: School) -> School:
    """A learner of both courses who is known online."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    await here.completed()
    return here


async def test_a_grade_arrives(amina: School) -> None:
    """As it stands on the box, with the item's number; a second sync sends nothing."""
    amina.box.grade("amina", "Test", 7.25)
    assert counts(await amina.completed()) == {("grade", "done"): 1}
    assert amina.online.grades("amina", "Test") == [(0, 7.25)]
    assert counts(await amina.completed()) == {}


async def test_a_new_learners_grade_brings_account_and_enrolment(here: School) -> None:
    """Grades go first, and bring what they need."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.grade("amina", "Test", 4)
    assert counts(await here.completed()) == {
        ("account", "done"): 1,
        ("enrolment", "done"): 1,
        ("grade", "done"): 1,
    }
    assert here.online.grades("amina", "Test") == [(0, 4.0)]


async def test_an_edit_on_the_box_arrives_up_and_down(amina: School) -> None:
    """What a teacher corrects there is what they mean."""
    for grade in (7.0, 9.5, 3.0):
        amina.box.grade("amina", "Test", grade)
        await amina.completed()
        assert amina.online.grades("amina", "Test") == [(0, grade)]


async def test_at_the_first_meeting_the_higher_stays(amina: School) -> None:
    """Nobody's better result is taken away by a box that comes later."""
    amina.online.grade("amina", "Test", 9)
    amina.box.grade("amina", "Test", 6)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert amina.online.grades("amina", "Test") == [(0, 9.0)]
    assert await amina.aside() == [("amina", "grade", "grade_higher_online")]


async def test_what_a_teacher_changed_online_stays(amina: School) -> None:
    """Neither what was acknowledged nor ours: a conflict, listed, and nothing is sent."""
    amina.box.grade("amina", "Test", 5)
    await amina.completed()
    amina.online.grade("amina", "Test", 6)
    amina.box.grade("amina", "Test", 8)
    await amina.sync()
    assert amina.online.grades("amina", "Test") == [(0, 6.0)]
    assert await amina.aside() == [("amina", "grade", "grade_differs_online")]


@pytest.mark.parametrize("column", ["locked", "overridden"])
async def test_what_is_locked_or_overridden_online_stays(amina: School, column: str) -> None:
    """Moodle would answer 0 and keep the raw grade (recorded)."""
    amina.online.grade("amina", "Test", 5)
    amina.online.sql(f"UPDATE mdl_grade_grades SET {column} = 1764000000")
    amina.box.grade("amina", "Test", 8)
    await amina.sync()
    assert amina.online.grades("amina", "Test") == [(0, 5.0)]
    assert await amina.aside() == [("amina", "grade", "grade_fixed_online")]


async def test_what_a_teacher_overrode_on_the_box_is_what_counts(amina: School) -> None:
    """The final grade then, else the raw one."""
    amina.box.grade("amina", "Test", 5)
    amina.box.sql("UPDATE mdl_grade_grades SET overridden = 1764000000, finalgrade = 6.5")
    await amina.completed()
    assert amina.online.grades("amina", "Test") == [(0, 6.5)]


async def test_a_grade_that_is_gone_from_the_box_stays_online(amina: School) -> None:
    """A reset course undoes nothing."""
    amina.box.grade("amina", "Test", 5)
    await amina.completed()
    amina.box.sql("DELETE FROM mdl_grade_grades")
    assert counts(await amina.completed()) == {}
    assert amina.online.grades("amina", "Test") == [(0, 5.0)]
    (gone,) = await amina.changes.gone_list(1)
    assert (gone.kind, gone.count) == ("grade", 1)


async def test_another_maximum_online_sets_the_activity_aside(amina: School) -> None:
    """8 of 10 is not 8 of 20; the others go on."""
    amina.online.sql("UPDATE mdl_grade_items SET grademax = 20 WHERE itemmodule = 'quiz'")
    amina.box.grade("amina", "Test", 8)
    amina.box.complete("amina", "Numbers")
    await amina.sync()
    assert amina.online.grades("amina", "Test") == []
    assert amina.online.state("amina", "Numbers") == 1
    assert await amina.aside() == [("amina", "grade", "grade_item_differs")]


async def test_an_activity_that_is_not_graded_online_gets_no_grade(amina: School) -> None:
    """Moodle would make a wrong grade item (recorded)."""
    amina.online.sql("DELETE FROM mdl_grade_items WHERE itemmodule = 'quiz'")
    amina.box.grade("amina", "Test", 8)
    await amina.sync()
    assert amina.online.sql("SELECT 1 FROM mdl_grade_items WHERE itemmodule = 'quiz'") == []
    assert await amina.aside() == [("amina", "grade", "grade_item_unseen")]


@pytest.mark.parametrize("hidden", [1, 2_000_000_000])
async def test_a_hidden_grade_that_we_may_not_see_is_not_overwritten_blindly(
    amina: School, hidden: int
) -> None:
    """Moodle leaves it out, or its value where it is hidden until a date (seen on 4.5.6)."""
    amina.online.grade("amina", "Test", 9)
    amina.online.sql("UPDATE mdl_grade_items SET hidden = ? WHERE itemmodule = 'quiz'", hidden)
    amina.online.sql(
        "DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/grade:viewhidden'"
    )
    amina.box.grade("amina", "Test", 3)
    await amina.sync()
    assert amina.online.grades("amina", "Test") == [(0, 9.0)]
    assert await amina.aside() == [("amina", "grade", "grade_item_unseen")]


async def test_a_hidden_item_where_nobody_has_a_grade_gets_one(amina: School) -> None:
    """With the right to see it: nothing hidden is overwritten."""
    amina.online.sql("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'quiz'")
    amina.box.grade("amina", "Test", 3)
    await amina.completed()
    assert amina.online.grades("amina", "Test") == [(0, 3.0)]


async def test_a_grade_beyond_its_range_is_set_aside(amina: School) -> None:
    """Moodle would take it and show another (recorded)."""
    amina.box.grade("amina", "Test", 11)
    await amina.sync()
    assert amina.online.grades("amina", "Test") == []
    assert await amina.aside() == [("amina", "grade", "grade_out_of_range")]


async def test_a_locked_item_is_found_out_by_its_number_alone(amina: School) -> None:
    """Locked between our look and our request: answer 4, no error (recorded)."""
    amina.online.sql(
        "CREATE TRIGGER lock_it AFTER INSERT ON sandbox_request"
        " WHEN NEW.function = 'core_grades_update_grades' BEGIN"
        " UPDATE mdl_grade_items SET locked = 1 WHERE itemmodule = 'quiz'; END"
    )
    amina.box.grade("amina", "Test", 8)
    await amina.sync()
    assert amina.online.grades("amina", "Test") == []
    assert await amina.aside() == [("amina", "grade", "grade_refused")]


async def test_one_learners_locked_grade_holds_up_nobody_else(amina: School) -> None:
    """Locked between our look and our request: answer 1, and the others go on (seen on 4.5.6)."""
    for number in range(3):
        amina.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        amina.box.grade(f"l{number}", "Test", 5)
    await amina.completed()
    amina.online.sql(
        "CREATE TRIGGER lock_it AFTER INSERT ON sandbox_request"
        " WHEN NEW.function = 'core_grades_update_grades' BEGIN"
        f" UPDATE mdl_grade_grades SET locked = 1 WHERE userid = {amina.online.user('l0')}; END"
    )
    for number in range(3):
        amina.box.grade(f"l{number}", "Test", 8)
    await amina.sync()
    assert await amina.aside() == [("l0", "grade", "grade_fixed_online")]
    for number in (1, 2):
        assert amina.online.grades(f"l{number}", "Test") == [(0, 8.0)]


async def test_of_who_is_not_in_the_course_no_grade_is_sent(amina: School) -> None:
    """Moodle would take it all the same, where nobody sees it (recorded)."""
    user = amina.online.user("amina")
    amina.online.sql("DELETE FROM mdl_user_enrolments WHERE userid = ?", user)
    amina.box.grade("amina", "Test", 8)
    await amina.sync()
    assert amina.online.grades("amina", "Test") == []
    assert await amina.aside() == [("amina", "grade", "not_enrolled_online")]


async def test_each_item_of_an_activity_has_its_own_grade(amina: School) -> None:
    """A forum: 0 for ratings, 1 for the whole forum."""
    forum = Activity("forum", "Graded talk", 1)
    for side in (amina.box, amina.online):
        side.add("MATHS", forum)
        for number, highest in ((0, 5), (1, 20)):
            side.add_item("MATHS", "forum", "Graded talk", number, highest)
    amina.box.grade_item("amina", "Graded talk", 0, 4)
    amina.box.grade_item("amina", "Graded talk", 1, 17)
    assert counts(await amina.completed()) == {("grade", "done"): 2}
    assert amina.online.grades("amina", "Graded talk") == [(0, 4.0), (1, 17.0)]


async def test_a_lost_answer_is_settled_by_reading(amina: School) -> None:
    """Sent, done, no answer: read back, and not sent again."""
    amina.box.grade("amina", "Test", 8)
    amina.online.sql(
        "INSERT INTO sandbox_switch (name, value) VALUES ('cut_after',"
        " 'core_grades_update_grades:1')"
    )
    assert counts(await amina.completed()) == {("grade", "done"): 1}
    sent = amina.online.one(
        "SELECT count(*) FROM sandbox_request WHERE function = 'core_grades_update_grades'"
    )
    assert sent == 1


def needs_a_pass(school: School) -> None:
    """On both sides the quiz is passed with 5 of 10."""
    for side in (school.box, school.online):
        side.sql("UPDATE mdl_grade_items SET gradepass = 5 WHERE itemmodule = 'quiz'")
        side.sql(
            "UPDATE mdl_course_modules SET completionpassgrade = 1, completiongradeitemnumber = 0"
            " WHERE id = ?",
            side.module("Test"),
        )


async def test_moodle_itself_decides_by_the_grade_what_is_passed(amina: School) -> None:
    """The grade goes first; what it completes needs no completion, and stays a pass."""
    needs_a_pass(amina)
    amina.box.grade("amina", "Test", 8)
    amina.box.complete("amina", "Test", 2)
    assert counts(await amina.completed()) == {("grade", "done"): 1, ("completion", "already"): 1}
    assert amina.online.state("amina", "Test") == 2


async def test_a_failed_quiz_stays_failed(amina: School) -> None:
    """Its grade goes, and never a completion: a certificate may depend on it."""
    needs_a_pass(amina)
    amina.box.grade("amina", "Test", 2)
    amina.box.complete("amina", "Test", 3)
    assert counts(await amina.completed()) == {("grade", "done"): 1}
    assert amina.online.grades("amina", "Test") == [(0, 2.0)]
    assert amina.online.state("amina", "Test") in (None, 0, 3)
