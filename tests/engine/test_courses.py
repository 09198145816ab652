"""Courses that differ, come and go, and rights that are missing in one of them."""

import pytest

from beekeed.core.model import RunStatus
from beekeed.ports.stores import RunDetails
from tests.engine.school import School, counts, forbid


@pytest.fixture
def amina(here: School) -> School:
    """One learner with work in both courses, the same on both sides."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.complete("amina", "Numbers")
    here.box.complete("amina", "Water")
    return here


def left_out(details: RunDetails) -> dict[str, str]:
    """The courses that a run left out, and why."""
    return {course.shortname: course.left_out.code for course in details.courses if course.left_out}


async def test_a_course_that_differs_is_no_error_the_second_time_either(amina: School) -> None:
    """The other course has nothing new then, but it is not different."""
    amina.online.sql(
        "UPDATE mdl_course SET timemodified = timemodified + 1 WHERE shortname = 'SCIENCE'"
    )
    for _ in range(2):
        details = await amina.sync()
        assert details.run.status is RunStatus.PARTIAL
        assert left_out(details) == {"SCIENCE": "course_modified"}
    assert amina.online.state("amina", "Numbers") == 1


@pytest.mark.parametrize(
    ("capabilities", "code"),
    [
        (["moodle/course:overridecompletion"], "capability_missing"),
        (["moodle/course:viewparticipants", "moodle/course:enrolreview"], "capability_missing"),
    ],
)
async def test_a_right_that_is_missing_in_one_course_stops_no_other(
    amina: School, capabilities: list[str], code: str
) -> None:
    """It is named for that course; its work waits, and nobody is set aside for it."""
    for capability in capabilities:
        forbid(amina, capability, "MATHS")
    details = await amina.sync()
    assert details.run.status is RunStatus.PARTIAL
    assert left_out(details) == {"MATHS": code}
    assert amina.online.state("amina", "Water") == 1
    assert amina.online.state("amina", "Numbers") is None
    assert await amina.aside() == []
    amina.online.sql("DELETE FROM mdl_role_capabilities WHERE permission = -1000")
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 1


async def test_a_right_that_is_missing_everywhere_is_an_error(amina: School) -> None:
    """With the capability's name, and all work waits."""
    for course in ("MATHS", "SCIENCE"):
        forbid(amina, "moodle/course:overridecompletion", course)
    details = await amina.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.params["capability"] == "moodle/course:overridecompletion"
    assert await amina.aside() == []


async def test_a_date_that_is_hidden_for_a_while_changes_nothing_afterwards(
    amina: School,
) -> None:
    """What was acknowledged is not forgotten, nor sent again over what people decided online."""
    await amina.completed()
    amina.online.sql("DELETE FROM mdl_user_enrolments")
    amina.online.complete("amina", "Numbers", 0)
    rows = amina.online.sql(
        "SELECT * FROM mdl_role_capabilities WHERE capability = 'moodle/course:update'"
    )
    amina.online.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/course:update'")
    amina.box.learner("new", "New", "One", "MATHS")
    details = await amina.sync()
    assert left_out(details) == {"MATHS": "course_date_hidden"}
    for row in rows:
        marks = ", ".join("?" for _ in row)
        amina.online.sql(f"INSERT INTO mdl_role_capabilities VALUES ({marks})", *row)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0
    assert amina.online.sql("SELECT userid FROM mdl_user_enrolments") == [
        (amina.online.user("new"),)
    ]


async def test_what_was_taken_back_or_is_gone_is_not_sent_to_a_course_made_again(
    amina: School,
) -> None:
    """Only what the box still has, and has done, is pending again."""
    amina.box.complete("amina", "Air")
    await amina.completed()
    amina.box.complete("amina", "Water", 0)
    amina.box.sql(
        "DELETE FROM mdl_course_modules_completion WHERE coursemoduleid = ?",
        amina.box.module("Air"),
    )
    await amina.completed()
    amina.online.sql("UPDATE mdl_course SET timecreated = timecreated + 5")
    amina.online.sql("DELETE FROM mdl_course_modules_completion")
    amina.box.learner("new", "New", "One", "SCIENCE")
    await amina.completed()
    assert amina.online.sql("SELECT 1 FROM mdl_course_modules_completion") == []


async def test_a_course_that_was_put_right_has_its_set_aside_work_tried_again(
    amina: School,
) -> None:
    """Nobody has to ask for it."""
    amina.online.sql(
        "UPDATE mdl_course_modules SET completion = 0 WHERE id = ?", amina.online.module("Numbers")
    )
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert await amina.aside() == [("amina", "completion", "tracking_off")]
    amina.online.sql("UPDATE mdl_course_modules SET completion = 2")
    for side in (amina.online, amina.box):
        side.sql("UPDATE mdl_course SET timemodified = timemodified + 7")
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 1


async def test_what_is_set_aside_in_one_course_holds_nothing_in_another(amina: School) -> None:
    """An enrolment that cannot be made holds the work of its own course only."""
    amina.online.sql(
        "DELETE FROM mdl_user_enrolments WHERE enrolid IN"
        " (SELECT id FROM mdl_enrol WHERE courseid = ?)",
        amina.online.course("MATHS"),
    )
    amina.online.sql(
        "UPDATE mdl_enrol SET status = 1 WHERE courseid = ?", amina.online.course("MATHS")
    )
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert await amina.aside() == [("amina", "enrolment", "no_manual_enrolment")]
    assert amina.online.state("amina", "Water") == 1
    (row,) = await amina.changes.set_aside_list(1)
    assert row.holds == 1


# What leaves the box before it was ever sent.


def close_online(here: School) -> None:
    """Nothing can be sent for now."""
    here.online.sql("UPDATE mdl_external_tokens SET token = 'x'")


def open_online(here: School) -> None:
    """It can again."""
    here.online.sql("UPDATE mdl_external_tokens SET token = ?", here.token)


@pytest.mark.parametrize("courses", [("MATHS",), ("MATHS", "SCIENCE")])
async def test_the_work_of_who_left_before_it_was_sent_is_sent(
    here: School, courses: tuple[str, ...]
) -> None:
    """Enrolled online as suspended: they have left, and what they did counts."""
    here.box.learner("amina", "Amina", "Diallo", *courses)
    here.box.complete("amina", "Numbers")
    close_online(here)
    assert (await here.sync()).run.status is RunStatus.ERROR
    open_online(here)
    user = here.box.user("amina")
    context = here.box.one(
        "SELECT id FROM mdl_context WHERE contextlevel = 50 AND instanceid = ?",
        here.box.course("MATHS"),
    )
    here.box.sql(
        "DELETE FROM mdl_role_assignments WHERE userid = ? AND contextid = ?", user, context
    )
    await here.completed()
    assert here.online.state("amina", "Numbers") == 1
    assert here.online.sql(
        "SELECT ue.status FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid"
        " WHERE e.courseid = ?",
        here.online.course("MATHS"),
    ) == [(1,)]


async def test_who_left_without_having_done_anything_leaves_no_trace(here: School) -> None:
    """No account is made for a mistake of the morning."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    close_online(here)
    await here.sync()
    open_online(here)
    here.box.sql("DELETE FROM mdl_role_assignments")
    here.box.sql("DELETE FROM mdl_user_enrolments")
    details = await here.completed()
    assert counts(details) == {("account", "unsent"): 1, ("enrolment", "unsent"): 1}
    assert here.online.one("SELECT 1 FROM mdl_user WHERE username = 'amina'") is None


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM mdl_course WHERE shortname = 'SCIENCE'",
        "DELETE FROM mdl_course_modules_completion",
        "UPDATE mdl_user SET deleted = 1, username = 'x' WHERE username = 'amina'",
    ],
)
async def test_work_that_left_the_box_before_it_was_sent_is_counted(here: School, sql: str) -> None:
    """Nothing vanishes without a word."""
    here.box.learner("amina", "Amina", "Diallo", "SCIENCE")
    here.box.complete("amina", "Water")
    close_online(here)
    await here.sync()
    open_online(here)
    here.box.sql(sql)
    details = await here.sync()
    unsent = [a for a in details.actions if a.verdict == "unsent" and a.kind == "completion"]
    assert [(a.reason.code, a.count) for a in unsent if a.reason] == [("gone_from_box", 1)]
    assert counts(await here.sync()).get(("completion", "unsent")) is None


async def test_a_state_that_does_not_exist_stops_nobody(here: School) -> None:
    """A damaged row on the box is counted, and the others go on."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers", 5)
    here.box.complete("amina", "By hand", -1)
    here.box.complete("amina", "Fractions")
    details = await here.completed()
    assert counts(details)[("completion", "unsent")] == 2
    assert here.online.state("amina", "Fractions") == 1


async def test_a_name_with_characters_of_html_is_the_same_name(here: School) -> None:
    """Moodle writes names for a web page unless it is asked not to, also inside a batch."""
    for side in (here.box, here.online):
        side.sql("UPDATE mdl_course SET shortname = 'R&D' WHERE shortname = 'SCIENCE'")
        side.sql("UPDATE mdl_page SET name = 'Water & \"Air\"' WHERE name = 'Water'")
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "R&D")
    here.box.complete("amina", 'Water & "Air"')
    await here.completed()
    assert here.online.state("amina", 'Water & "Air"') == 1
