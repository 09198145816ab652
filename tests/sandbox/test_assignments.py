"""Assignments: what is kept of a grade, passed on and told, behind an answer that is ever null."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beekeed.sandbox.content import add_activity
from beekeed.sandbox.course import Activity
from beekeed.sandbox.database import connect
from beekeed.sandbox.notices import waiting_notices

from .client import Caller
from .conftest import NOW
from .test_completions import KOFI, module
from .test_grades import JUN, NOBODY, NOOR, read, row, state

Sql = Callable[..., list[sqlite3.Row]]

SAVE = "mod_assign_save_grades"
LIST = "mod_assign_get_assignments"
TEACHER_MADE = "UPDATE mdl_grade_grades SET overridden = 1000, finalgrade = 66, feedback = 'Mine' "


def graded(user: int, points: float, comment: str | None = None, **more: Any) -> dict[str, Any]:
    """One grade as the function wants it; no comment is no plugindata."""
    words = {"assignfeedbackcomments_editor": {"text": comment, "format": 1}}
    plugin = {} if comment is None else {"plugindata": words}
    standard = {"attemptnumber": -1, "addattempt": 0, "workflowstate": ""}
    return {"userid": user, "grade": points, **standard, **plugin, **more}


async def save(call: Caller, assignment: int, *grades: dict[str, Any]) -> Any:
    """Saves grades; answers the reply's body."""
    reply = await call(SAVE, assignmentid=assignment, applytoall=0, grades=list(grades))
    return reply.body


def kept(sql: Sql, user: int = KOFI) -> tuple[float, str | None] | None:
    """What the assignment itself keeps of a learner: grade and comment."""
    found = sql(
        "SELECT g.grade, c.commenttext FROM mdl_assign_grades g "
        "LEFT JOIN mdl_assignfeedback_comments c ON c.grade = g.id WHERE g.userid = ?",
        user,
    )
    return tuple(found[0]) if found else None


def in_gradebook(sql: Sql, user: int = KOFI) -> tuple[float | None, str | None]:
    """What the gradebook has of a learner's assignment: final grade and feedback."""
    grade = row(sql, "assign", user)
    return grade["finalgrade"], grade["feedback"]


def mails(school: Path) -> list[int]:
    """To whom Moodle's next cron would send a notice."""
    db = connect(school)
    try:
        return [user for user, _ in waiting_notices(db, NOW)]
    finally:
        db.close()


def sent_all(sql: Sql) -> None:
    """Moodle's cron has sent what waited."""
    sql("UPDATE mdl_assign_user_flags SET mailed = 1")


@pytest.fixture
def essay(sql: Sql) -> int:
    """An assignment out of 100 with feedback comments; no learner did it."""
    sql("DELETE FROM mdl_course_modules_completion")
    found = sql(
        "SELECT instance FROM mdl_course_modules WHERE id = ?", module(sql, "assign", "Essay")
    )
    return int(found[0][0])


async def test_grade_and_comment_are_kept_and_passed_on(call: Caller, sql: Sql, essay: int) -> None:
    """In the assignment, where teachers see them, and in the gradebook, where they are read."""
    assert await save(call, essay, graded(KOFI, 81.5, "<p>Très bien</p>")) is None
    assert kept(sql) == (81.5, "<p>Très bien</p>")
    item = (await read(call))["assign"]
    assert (item["graderaw"], item["gradedategraded"]) == (81.5, NOW)
    assert (item["feedback"], item["feedbackformat"]) == ("<p>Très bien</p>", 1)


@pytest.mark.parametrize("user", [NOBODY, 2])
async def test_anybody_and_nobody_is_graded(call: Caller, sql: Sql, essay: int, user: int) -> None:
    """Who is not enrolled, an id without an account: null, and stored in both places."""
    assert await save(call, essay, graded(user, 50, "x")) is None
    assert kept(sql, user) == (50, "x")
    assert in_gradebook(sql, user) == (50, "x")


@pytest.mark.parametrize("points", [100.001, 500, -5])
async def test_a_grade_out_of_range_is_dropped_but_its_comment_is_kept(
    call: Caller, sql: Sql, essay: int, points: float
) -> None:
    """Null, while neither place has the grade and only the assignment has the words."""
    assert await save(call, essay, graded(KOFI, points, "new")) is None
    assert kept(sql) == (-1, "new")
    assert sql("SELECT 1 FROM mdl_grade_grades") == []
    await save(call, essay, graded(NOOR, 40, "old"))
    await save(call, essay, graded(NOOR, points, "new"))
    assert kept(sql, NOOR) == (40, "new")
    assert in_gradebook(sql, NOOR) == (40, "old")


async def test_minus_1_takes_a_grade_away(call: Caller, sql: Sql, essay: int) -> None:
    """It is Moodle's word for no grade."""
    await save(call, essay, graded(KOFI, 40, "old"))
    assert await save(call, essay, graded(KOFI, -1, "old")) is None
    assert kept(sql) == (-1, "old")
    assert in_gradebook(sql) == (None, "old")


async def test_the_same_grade_again_gets_a_new_time(call: Caller, sql: Sql, essay: int) -> None:
    """In both places, unlike with core_grades_update_grades."""
    await save(call, essay, graded(KOFI, 40, "x"))
    sql("UPDATE mdl_grade_grades SET timemodified = 1000")
    sql("UPDATE mdl_assign_grades SET timemodified = 1000")
    await save(call, essay, graded(KOFI, 40, "x"))
    assert (await read(call))["assign"]["gradedategraded"] == NOW
    assert sql("SELECT timemodified FROM mdl_assign_grades")[0][0] == NOW


async def test_zero_is_a_grade(call: Caller, sql: Sql, essay: int) -> None:
    """Nothing takes it for none."""
    await save(call, essay, graded(KOFI, 0, ""))
    assert in_gradebook(sql) == (0, None)


async def test_without_a_comment_one_that_is_there_fails_the_call(
    call: Caller, sql: Sql, essay: int
) -> None:
    """dmlwriteexception; there is no transaction: what stood before it is done, the rest is not."""
    await save(call, essay, graded(NOOR, 40, "words"))
    sent_all(sql)
    body = await save(call, essay, graded(KOFI, 50, "x"), graded(NOOR, 41), graded(JUN, 60, "x"))
    assert body["errorcode"] == "dmlwriteexception"
    assert kept(sql, KOFI) == (50, "x")
    assert kept(sql, NOOR) == (40, "words")
    assert kept(sql, JUN) is None
    assert sql("SELECT mailed FROM mdl_assign_user_flags WHERE userid = ?", NOOR)[0][0] == 1


async def test_without_a_comment_none_that_is_there_does_no_harm(
    call: Caller, sql: Sql, essay: int
) -> None:
    """The grade is taken; so it is again."""
    for points in (60, 61):
        assert await save(call, essay, graded(KOFI, points)) is None
        assert kept(sql) == (points, None)


async def test_an_empty_comment_overwrites(call: Caller, sql: Sql, essay: int) -> None:
    """In both places; who reads the grade sees no words any more."""
    await save(call, essay, graded(KOFI, 60, "a teacher's words"))
    await save(call, essay, graded(KOFI, 60, ""))
    assert kept(sql) == (60, "")
    assert in_gradebook(sql) == (60, None)
    assert (await read(call))["assign"]["feedback"] == ""


@pytest.mark.parametrize(
    ("there", "sent", "then"),
    [("10", "1.0e1", "10"), ("10", " 10", "10"), ("10", "10 a", "10 a"), ("0", "", ""),
     ("x", "X", "X")],
)  # fmt: skip
async def test_a_comment_that_php_takes_for_the_same_is_not_stored(
    call: Caller, sql: Sql, essay: int, there: str, sent: str, then: str
) -> None:
    """Numbers are compared as numbers; all else by its letters."""
    await save(call, essay, graded(KOFI, 60, there))
    await save(call, essay, graded(KOFI, 60, sent))
    assert kept(sql) == (60, then)


async def test_another_format_of_the_same_words_is_not_stored(
    call: Caller, sql: Sql, essay: int
) -> None:
    """Only words are compared."""
    await save(call, essay, graded(KOFI, 60, "x"))
    plain = {"assignfeedbackcomments_editor": {"text": "x", "format": 2}}
    await save(call, essay, graded(KOFI, 60, plugindata=plain))
    assert row(sql, "assign")["feedbackformat"] == 1


@pytest.mark.parametrize("form", [0, 1, 2, 4])
async def test_words_are_read_as_they_are_stored(
    call: Caller, sql: Sql, essay: int, form: int
) -> None:
    """No format is made into HTML, and nothing is cleaned; files get an address of their own."""
    text = '<script>x</script> a < b & **c**\n<img src="@@PLUGINFILE@@/a.png">'
    words = {"assignfeedbackcomments_editor": {"text": text, "format": form}}
    await save(call, essay, graded(KOFI, 60, plugindata=words))
    item = (await read(call))["assign"]
    assert item["feedbackformat"] == form
    assert item["feedback"].startswith('<script>x</script> a < b & **c**\n<img src="http://')
    assert item["feedback"].endswith(f'/grade/feedback/{row(sql, "assign")["id"]}/a.png">')


async def test_what_is_overridden_online_keeps_grade_and_words_in_the_gradebook(
    call: Caller, sql: Sql, essay: int
) -> None:
    """Null; the assignment keeps its old grade, but takes the new words in place of its own."""
    await save(call, essay, graded(KOFI, 40, "old"))
    sql(f"{TEACHER_MADE} WHERE rawgrade = 40")
    before = row(sql, "assign")
    assert await save(call, essay, graded(KOFI, 90, "new")) is None
    assert row(sql, "assign") == before
    assert kept(sql) == (40, "new")


async def test_what_is_locked_online_stays(call: Caller, sql: Sql, essay: int) -> None:
    """The learner's grade alone, or the whole item: null, and nothing in the gradebook."""
    await save(call, essay, graded(KOFI, 40, "old"))
    sql("UPDATE mdl_grade_grades SET locked = 1000 WHERE rawgrade = 40")
    assert await save(call, essay, graded(KOFI, 90, "new"), graded(NOOR, 70, "x")) is None
    assert (kept(sql), in_gradebook(sql)) == ((40, "new"), (40, "old"))
    assert in_gradebook(sql, NOOR) == (70, "x")
    sql("UPDATE mdl_grade_items SET locked = 1000 WHERE itemmodule = 'assign'")
    assert await save(call, essay, graded(JUN, 70, "x"), graded(NOOR, 71, "x")) is None
    assert in_gradebook(sql, NOOR) == (70, "x")
    assert kept(sql, JUN) == (-1, "x")


async def test_comments_that_are_switched_off_are_lost(call: Caller, sql: Sql, essay: int) -> None:
    """Null; the grade is taken, and words that the gradebook has stay there."""
    await save(call, essay, graded(KOFI, 40, "old"))
    sql("UPDATE mdl_assign_plugin_config SET value = '0' WHERE subtype = 'assignfeedback'")
    sql("UPDATE mdl_grade_grades SET feedback = 'older' WHERE rawgrade = 40")
    assert await save(call, essay, graded(KOFI, 50, "new"), graded(NOOR, 60, "new")) is None
    assert in_gradebook(sql) == (50, "older")
    assert in_gradebook(sql, NOOR) == (60, None)
    assert await save(call, essay, graded(KOFI, 51)) is None


# Notices.


@pytest.mark.parametrize("setting", [0, 1])
async def test_each_call_has_a_notice_sent_again(
    call: Caller, sql: Sql, school: Path, essay: int, setting: int
) -> None:
    """Also with the same grade, and whatever `sendstudentnotifications` says (seen)."""
    sql("UPDATE mdl_assign SET sendstudentnotifications = ?", setting)
    for _ in range(2):
        await save(call, essay, graded(KOFI, 40, "x"))
        assert mails(school) == [KOFI]
        sent_all(sql)
        assert mails(school) == []


async def test_a_grade_that_is_not_taken_is_told_all_the_same(
    call: Caller, sql: Sql, school: Path, essay: int
) -> None:
    """Where one is kept already: overridden online, or out of range."""
    await save(call, essay, graded(KOFI, 40, "x"), graded(NOOR, 40, "x"))
    sent_all(sql)
    sql(f"{TEACHER_MADE} WHERE userid = ?", KOFI)
    await save(call, essay, graded(KOFI, 50, "x"), graded(NOOR, 500, "x"), graded(JUN, 500, "x"))
    assert mails(school) == [KOFI, NOOR]


async def test_who_is_not_enrolled_gets_no_notice(
    call: Caller, sql: Sql, school: Path, essay: int
) -> None:
    """Nor anybody of whom nobody is, nor where the item is hidden."""
    await save(call, essay, graded(2, 40, "x"), graded(NOBODY, 40, "x"), graded(KOFI, 40, "x"))
    assert mails(school) == [KOFI]
    sql("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'assign'")
    assert mails(school) == []


# Workflow, blind marking, attempts.


async def test_a_workflow_holds_back_what_is_not_released(
    call: Caller, sql: Sql, school: Path, essay: int
) -> None:
    """An empty state is not marked: it takes a released grade out of the gradebook."""
    sql("UPDATE mdl_assign SET markingworkflow = 1")
    await save(call, essay, graded(KOFI, 40, "x", workflowstate="released"))
    assert (in_gradebook(sql), mails(school)) == ((40, "x"), [KOFI])
    sent_all(sql)
    assert await save(call, essay, graded(KOFI, 50, "y")) is None
    assert kept(sql) == (50, "y")
    assert in_gradebook(sql) == (None, None)
    assert sql("SELECT mailed FROM mdl_assign_user_flags")[0][0] == 1


async def test_a_new_state_of_nobody_is_an_error(call: Caller, essay: int) -> None:
    """The only time that a missing account is noticed."""
    body = await save(call, essay, graded(NOBODY, 40, "x", workflowstate="released"))
    assert body["errorcode"] == "invaliduser"


async def test_blind_marking_keeps_grades_out_of_the_gradebook(
    call: Caller, sql: Sql, essay: int
) -> None:
    """Until the identities are revealed."""
    sql("UPDATE mdl_assign SET blindmarking = 1")
    assert await save(call, essay, graded(KOFI, 40, "x")) is None
    assert kept(sql) == (40, "x")
    assert sql("SELECT 1 FROM mdl_grade_grades") == []
    sql("UPDATE mdl_assign SET revealidentities = 1")
    await save(call, essay, graded(KOFI, 40, "x"))
    assert in_gradebook(sql) == (40, "x")


async def test_only_the_latest_attempt_counts(call: Caller, sql: Sql, essay: int) -> None:
    """The grade of an earlier one is kept and not passed on."""
    await save(call, essay, graded(KOFI, 40, "first"))
    sql("INSERT INTO mdl_assign_submission (assignment, userid, status, attemptnumber, latest) "
        "VALUES (?, ?, 'reopened', 1, 1)", essay, KOFI)  # fmt: skip
    await save(call, essay, graded(KOFI, 50, "first", attemptnumber=0))
    assert kept(sql) == (50, "first")
    assert in_gradebook(sql) == (40, "first")
    await save(call, essay, graded(KOFI, 60, "second"))
    assert in_gradebook(sql) == (60, "second")


async def test_a_team_shares_attempts_but_no_grade(call: Caller, sql: Sql, essay: int) -> None:
    """Each learner of a team has a grade of their own; one for the whole team is not built."""
    sql("UPDATE mdl_assign SET teamsubmission = 1")
    grades = [graded(KOFI, 40, "x"), graded(NOOR, 60, "y")]
    assert (await call(SAVE, assignmentid=essay, applytoall=0, grades=grades)).body is None
    assert (kept(sql, KOFI), kept(sql, NOOR)) == ((40, "x"), (60, "y"))
    attempts = "SELECT userid, groupid, attemptnumber FROM mdl_assign_submission WHERE userid = 0"
    assert list(map(tuple, sql(attempts))) == [(0, 0, 0)]
    reply = await call(SAVE, assignmentid=essay, applytoall=1, grades=grades)
    assert reply.status == 501


@pytest.mark.parametrize(
    ("setting", "more"),
    [
        ("teamsubmission = 1, teamsubmissiongroupingid = 1", {}),
        ("maxattempts = -1, attemptreopenmethod = 'automatic'", {}),
        ("maxattempts = 3, attemptreopenmethod = 'untilpass'", {}),
        ("maxattempts = 3, attemptreopenmethod = 'manual'", {"addattempt": 1}),
        ("grade = 50", {}),
        ("grade = 0", {}),
        ("grade = 100", {"userid": 0}),
        ("grade = 100", {"plugindata": {"files_filemanager": 5}}),
    ],
)
async def test_what_is_not_built_says_so(
    call: Caller, sql: Sql, essay: int, setting: str, more: dict[str, Any]
) -> None:
    """Teams of a grouping, another attempt, an item that Moodle would change, files."""
    sql("UPDATE mdl_grade_items SET gradepass = 50")
    sql(f"UPDATE mdl_assign SET {setting}")
    grades = [graded(KOFI, 40, "x") | more]
    reply = await call(SAVE, assignmentid=essay, applytoall=0, grades=grades)
    assert reply.status == 501


@pytest.mark.parametrize("method", ["rubric", "guide"])
async def test_where_a_form_grades_the_number_is_dropped_and_the_old_grade_goes(
    call: Caller, sql: Sql, school: Path, essay: int, method: str
) -> None:
    """Null, and a notice; neither the list of assignments nor anything else says so."""
    before = (await listed(call))["courses"]
    await save(call, essay, graded(KOFI, 40, "old"))
    add_form(sql, method, status=10)
    await save(call, essay, graded(KOFI, 50, "old"))
    assert in_gradebook(sql) == (50, "old")
    sql("UPDATE mdl_grading_definitions SET status = 20")
    assert await save(call, essay, graded(KOFI, 60, "new"), graded(NOOR, 70, "new")) is None
    assert kept(sql) == (-1, "new")
    assert in_gradebook(sql) == in_gradebook(sql, NOOR) == (None, "new")
    assert mails(school) == [KOFI, NOOR]
    assert (await listed(call))["courses"] == before


def add_form(sql: Sql, method: str, *, status: int) -> None:
    """The assignment of course 2 is graded by a form."""
    sql("INSERT INTO mdl_grading_areas (id, contextid, component, areaname, activemethod) "
        "SELECT 1, id, 'mod_assign', 'submissions', ? FROM mdl_context "
        "WHERE contextlevel = 70 AND instanceid = ?", method,
        module(sql, "assign", "Essay"))  # fmt: skip
    sql("INSERT INTO mdl_grading_definitions (areaid, method, status, timecreated, usercreated, "
        "timemodified, usermodified) VALUES (1, ?, ?, 1, 2, 1, 2)", method, status)  # fmt: skip


async def test_a_new_assignment_gives_one_attempt(call: Caller, sql: Sql, essay: int) -> None:
    """As Moodle's own settings have it: a failing grade opens no other."""
    sql("UPDATE mdl_grade_items SET gradepass = 50")
    assert await save(call, essay, graded(KOFI, 40, "x")) is None
    assert len(sql("SELECT 1 FROM mdl_assign_submission")) == 1


@pytest.mark.parametrize(
    ("points", "final"), [(2, 2), (1.5, 2), (3, 3), (0, 1), (4, None), (-2, None)]
)
async def test_a_scale_takes_its_whole_values(
    call: Caller, sql: Sql, essay: int, points: float, final: float | None
) -> None:
    """Beyond its words a grade is dropped; 0 becomes the first one."""
    sql("INSERT INTO mdl_scale (id, courseid, userid, name, scale, description) "
        "VALUES (5, 0, 0, 'S', 'poor, fair,good', '')")  # fmt: skip
    sql("UPDATE mdl_assign SET grade = -5")
    sql("UPDATE mdl_grade_items SET gradetype = 2, grademin = 1, grademax = 3, scaleid = 5 "
        "WHERE itemmodule = 'assign'")  # fmt: skip
    assert await save(call, essay, graded(KOFI, points, "x")) is None
    assert (await read(call))["assign"]["graderaw"] == final


async def test_completion_follows_from_the_grade(call: Caller, sql: Sql, essay: int) -> None:
    """Where a grade is the condition; what is not taken completes nothing."""
    cmid = module(sql, "assign", "Essay")
    sql("UPDATE mdl_assign SET completionsubmit = 0")
    sql("UPDATE mdl_course_modules SET completiongradeitemnumber = 0 WHERE id = ?", cmid)
    await save(call, essay, graded(KOFI, 500, "x"))
    assert state(sql, cmid) is None
    await save(call, essay, graded(KOFI, 50, "x"))
    assert state(sql, cmid) == 1
    await save(call, essay, graded(KOFI, -1, "x"))
    assert state(sql, cmid) == 0


async def test_what_is_missing_or_not_allowed(call: Caller, sql: Sql, essay: int) -> None:
    """The module's id is not the assignment's; another right than for grades of other kinds."""
    body = await save(call, NOBODY, graded(KOFI, 40, "x"))
    assert body["errorcode"] == "invalidrecord"
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'mod/assign:grade'")
    assert (await save(call, essay, graded(KOFI, 40, "x")))["errorcode"] == "nopermissions"
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'mod/assign:view'")
    assert (await save(call, essay, graded(KOFI, 40, "x")))["errorcode"] == "requireloginerror"
    assert kept(sql) is None


# The list of assignments.


async def listed(call: Caller, **more: Any) -> Any:
    """The list for course 2, seen from outside."""
    parameters = {"courseids": [2], "includenotenrolledcourses": 1} | more
    return (await call(LIST, **parameters)).body


async def test_the_settings_of_an_assignment_are_told(call: Caller, school: Path) -> None:
    """Those that decide how it is graded, and that it takes comments."""
    settings = (
        ("sendstudentnotifications", 0), ("markingworkflow", 1), ("blindmarking", 1),
        ("teamsubmission", 1), ("maxattempts", -1), ("attemptreopenmethod", "manual"),
    )  # fmt: skip
    db = connect(school)
    add_activity(db, 2, Activity("assign", "Odd", grade=20, settings=settings), now=NOW)
    add_activity(db, 2, Activity("assign", "New", grade=20), now=NOW)
    db.close()
    _, odd, new = (await listed(call))["courses"][0]["assignments"]
    assert {name: odd[name] for name, _ in settings} == dict(settings)
    assert (new["sendstudentnotifications"], new["maxattempts"]) == (1, 1)
    assert new["attemptreopenmethod"] == "untilpass"
    enabled = [(c["subtype"], c["plugin"]) for c in new["configs"] if c["name"] == "enabled"]
    assert ("assignfeedback", "comments") in enabled


async def test_the_instance_of_the_contents_is_the_assignment(call: Caller, essay: int) -> None:
    """What mod_assign_save_grades wants; the module's id is another."""
    assignment = (await listed(call))["courses"][0]["assignments"][0]
    sections = (await call("core_course_get_contents", courseid=2)).body
    modules = [module for section in sections for module in section["modules"]]
    found = [module for module in modules if module["modname"] == "assign"]
    assert [module["instance"] for module in found] == [essay] == [assignment["id"]]
    assert [module["id"] for module in found] == [assignment["cmid"]] != [essay]


async def test_comments_that_are_off_are_not_listed(call: Caller, sql: Sql) -> None:
    """The only sign that comments are lost: the plugin is absent."""
    sql("UPDATE mdl_assign_plugin_config SET value = '0' WHERE subtype = 'assignfeedback'")
    configs = (await listed(call))["courses"][0]["assignments"][0]["configs"]
    assert "assignfeedback" not in {config["subtype"] for config in configs}


async def test_what_the_account_may_not_see_is_a_warning(call: Caller, sql: Sql) -> None:
    """Never an error: a missing course, one that is not open, an assignment without its view."""
    assert [w["itemid"] for w in (await listed(call, courseids=[NOBODY, 2]))["warnings"]] == [
        NOBODY
    ]
    assert (await listed(call, includenotenrolledcourses=0))["courses"] == []
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'mod/assign:view'")
    body = await listed(call)
    assert body["courses"][0]["assignments"] == []
    assert [warning["item"] for warning in body["warnings"]] == ["module"]
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/course:view'")
    body = await listed(call)
    assert (body["courses"], [warning["item"] for warning in body["warnings"]]) == ([], ["course"])


@pytest.mark.parametrize(
    "setting",
    ["introformat = 2", "requiresubmissionstatement = 1", "activity = 'x'",
     "intro = '@@PLUGINFILE@@/a.png'", "submissionattachments = 1"],
)  # fmt: skip
async def test_a_list_that_is_not_built_says_so(call: Caller, sql: Sql, setting: str) -> None:
    """Descriptions that Moodle would format, statements, instructions, files."""
    sql(f"UPDATE mdl_assign SET {setting}")
    reply = await call(LIST, courseids=[2], includenotenrolledcourses=1)
    assert reply.status == 501
