"""Grades: what is taken, what it becomes, and what reading back shows of it."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from beekeed.sandbox.content import delete_activity
from beekeed.sandbox.database import connect

from .client import Caller
from .conftest import NOW
from .test_completions import KOFI, OVERRIDE, SERVICE_ACCOUNT, module, put

Sql = Callable[..., list[sqlite3.Row]]

UPDATE = "core_grades_update_grades"
READ = "gradereport_user_get_grade_items"
NOOR, JUN = 7, 8
NOBODY = 99_999
SEES_NOTHING_HIDDEN = (
    "DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/grade:viewhidden' AND roleid > 8"
)


async def send(call: Caller, cmid: int, kind: str, grades: dict[int, object], **more: Any) -> Any:
    """Sends grades by learner; answers the reply's body."""
    parameters = {"source": "box", "courseid": 2, "itemnumber": 0} | more
    listed = [{"studentid": user, "grade": points} for user, points in grades.items()]
    reply = await call(
        UPDATE, **parameters, component=f"mod_{kind}", activityid=cmid, grades=listed
    )
    return reply.body


async def read(call: Caller, user: int = KOFI, course: int = 2) -> dict[str, dict[str, Any]]:
    """A learner's items by kind of activity, the course's total as "course"."""
    body = (await call(READ, courseid=course, userid=user)).body
    items = body["usergrades"][0]["gradeitems"]
    return {item["itemmodule"] or item["itemtype"]: item for item in items}


def row(sql: Sql, kind: str, user: int = KOFI) -> dict[str, Any]:
    """The stored row of a learner's grade in course 2."""
    found = sql(
        "SELECT g.* FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid "
        "WHERE i.courseid = 2 AND i.itemmodule = ? AND g.userid = ?",
        kind,
        user,
    )
    return dict(found[0])


def state(sql: Sql, cmid: int, user: int = KOFI) -> int | None:
    """The stored state of completion, None for none."""
    found = sql(
        "SELECT completionstate FROM mdl_course_modules_completion "
        "WHERE coursemoduleid = ? AND userid = ?",
        cmid,
        user,
    )
    return found[0][0] if found else None


@pytest.fixture
def quiz(sql: Sql) -> int:
    """A quiz out of 10 that is completed by a passing grade, from 5 on; no learner did it."""
    sql("DELETE FROM mdl_course_modules_completion")
    return module(sql, "quiz", "Quiz 1")


@pytest.mark.parametrize(
    ("sent", "raw", "final"),
    [(25, 25, 10), (-3, -3, 0), (7.5, 7.5, 7.5), (6.333335, 6.33334, 6.33334)],
)
async def test_any_number_is_taken_and_the_final_grade_is_held_in_its_range(
    call: Caller, sql: Sql, quiz: int, sent: float, raw: float, final: float
) -> None:
    """The raw grade stays as it was sent, with five decimals; reading back shows the final one."""
    assert await send(call, quiz, "quiz", {KOFI: sent}) == 0
    assert row(sql, "quiz")["rawgrade"] == raw
    assert row(sql, "quiz")["finalgrade"] == final
    assert (await read(call))["quiz"]["graderaw"] == final


async def test_a_number_beyond_the_column_is_a_database_error(call: Caller, quiz: int) -> None:
    """Seen: 123456."""
    body = await send(call, quiz, "quiz", {KOFI: 123_456})
    assert body["errorcode"] == "dmlwriteexception"


@pytest.mark.parametrize(("sent", "final"), [(2, 2), (9, 3), (0, 1), (1.5, 2), (1.49999, 2)])
async def test_a_scale_takes_its_whole_values(
    call: Caller, sql: Sql, quiz: int, sent: float, final: int
) -> None:
    """0 becomes the first word. `scaleid` says nothing of the scale: it is always null."""
    sql("INSERT INTO mdl_scale (id, courseid, userid, name, scale, description) "
        "VALUES (1, 0, 0, 'S', 'poor, fair,good', '')")  # fmt: skip
    sql("UPDATE mdl_grade_items SET gradetype = 2, grademin = 1, grademax = 3, gradepass = 0, "
        "scaleid = 1 WHERE itemmodule = 'quiz'")  # fmt: skip
    assert await send(call, quiz, "quiz", {KOFI: sent}) == 0
    item = (await read(call))["quiz"]
    assert (item["graderaw"], item["grademin"], item["grademax"]) == (final, 1, 3)
    assert item["gradeformatted"] == ("poor", "fair", "good")[final - 1]
    assert item["rangeformatted"] == "poor&ndash;good"
    assert item["scaleid"] is None


async def test_an_overridden_grade_stays_while_its_raw_grade_changes(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """Reading back shows the teacher's grade, and that it is overridden, since when."""
    await send(call, quiz, "quiz", {KOFI: 4})
    sql("UPDATE mdl_grade_grades SET overridden = 1000, finalgrade = 9 WHERE rawgrade = 4")
    assert await send(call, quiz, "quiz", {KOFI: 2}) == 0
    assert (row(sql, "quiz")["rawgrade"], row(sql, "quiz")["finalgrade"]) == (2, 9)
    item = (await read(call))["quiz"]
    assert (item["graderaw"], item["gradeisoverridden"]) == (9, True)
    assert item["gradedategraded"] == 1000


async def test_a_locked_item_answers_4(call: Caller, sql: Sql, quiz: int) -> None:
    """So does an activity on its way out; nothing is stored."""
    for lock, undo in (
        ("UPDATE mdl_grade_items SET locked = 1", "UPDATE mdl_grade_items SET locked = 0"),
        ("UPDATE mdl_course_modules SET deletioninprogress = 1",
         "UPDATE mdl_course_modules SET deletioninprogress = 0"),
    ):  # fmt: skip
        sql(lock)
        assert await send(call, quiz, "quiz", {KOFI: 4}) == 4
        sql(undo)
    assert (await read(call))["quiz"]["graderaw"] is None
    sql("UPDATE mdl_grade_items SET locked = 1")
    item = (await read(call))["quiz"]
    assert (item["locked"], item["gradeislocked"]) == (True, True)


async def test_one_locked_grade_fails_the_call_and_the_others_are_done(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """The number does not say whose grade it was."""
    await send(call, quiz, "quiz", {KOFI: 4})
    sql("UPDATE mdl_grade_grades SET locked = 1 WHERE rawgrade = 4")
    assert await send(call, quiz, "quiz", {KOFI: 6, NOOR: 7}) == 1
    assert (row(sql, "quiz")["rawgrade"], row(sql, "quiz", NOOR)["rawgrade"]) == (4, 7)
    item = (await read(call))["quiz"]
    assert (item["locked"], item["gradeislocked"]) == (False, True)


async def test_two_items_of_one_number_answer_2(call: Caller, sql: Sql, quiz: int) -> None:
    """Nothing is stored."""
    sql("INSERT INTO mdl_grade_items (courseid, categoryid, itemtype, itemmodule, iteminstance, "
        "itemnumber) SELECT courseid, categoryid, itemtype, itemmodule, iteminstance, itemnumber "
        "FROM mdl_grade_items WHERE itemmodule = 'quiz' AND courseid = 2")  # fmt: skip
    assert await send(call, quiz, "quiz", {KOFI: 4}) == 2
    assert sql("SELECT 1 FROM mdl_grade_grades") == []


@pytest.mark.parametrize("column", ["outcomeid = 1", "calculation = '=1'"])
async def test_an_item_without_raw_grades_answers_1(
    call: Caller, sql: Sql, quiz: int, column: str
) -> None:
    """An outcome or a calculation takes none."""
    sql(f"UPDATE mdl_grade_items SET {column} WHERE itemmodule = 'quiz'")
    assert await send(call, quiz, "quiz", {KOFI: 4}) == 1


async def test_an_item_without_grades_answers_0_and_stores_nothing(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """Grade type none: done, says the number."""
    sql("UPDATE mdl_grade_items SET gradetype = 0 WHERE itemmodule = 'quiz'")
    assert await send(call, quiz, "quiz", {KOFI: 4}) == 0
    assert sql("SELECT 1 FROM mdl_grade_grades") == []


@pytest.mark.parametrize("user", [NOBODY, -1, 4])
async def test_anybody_and_nobody_is_graded(call: Caller, sql: Sql, quiz: int, user: int) -> None:
    """An id without an account, a teacher."""
    assert await send(call, quiz, "quiz", {user: 4}) == 0
    assert row(sql, "quiz", user)["rawgrade"] == 4


async def test_user_0_alone_answers_1(call: Caller, quiz: int) -> None:
    """With others it is left out without a word."""
    assert await send(call, quiz, "quiz", {0: 4}) == 1
    assert await send(call, quiz, "quiz", {0: 4, KOFI: 4}) == 0


async def test_an_activity_without_the_item_gets_one(call: Caller, sql: Sql) -> None:
    """Out of 100 and without a name; it counts for the course's total from then on."""
    page = module(sql, "page", "Fractions")
    assert await send(call, page, "page", {KOFI: 9}) == 0
    item = (await read(call))["page"]
    assert (item["graderaw"], item["grademax"], item["itemname"]) == (9, 100, None)
    assert item["cmid"] == page


async def test_a_wrong_course_gets_an_item_of_its_own(call: Caller, sql: Sql, quiz: int) -> None:
    """The course counts as it was sent; nothing says that the quiz is in another one."""
    assert await send(call, quiz, "quiz", {KOFI: 4}, courseid=3) == 0
    assert sql("SELECT 1 FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid "
               "WHERE i.courseid = 2 AND g.rawgrade = 4") == []  # fmt: skip
    found = sql("SELECT i.grademax FROM mdl_grade_grades g JOIN mdl_grade_items i "
                "ON i.id = g.itemid WHERE i.courseid = 3 AND g.rawgrade = 4")  # fmt: skip
    assert found[0]["grademax"] == 100
    assert state(sql, quiz) is None


async def test_what_is_missing_or_does_not_fit(
    call: Caller, sql: Sql, school: Any, quiz: int
) -> None:
    """One errorcode for another kind, a missing and a deleted activity; another for the course."""
    body = await send(call, quiz, "assign", {KOFI: 4})
    assert body["errorcode"] == "invalidcoursemodule"
    body = await send(call, NOBODY, "quiz", {KOFI: 4})
    assert body["errorcode"] == "invalidcoursemodule"
    body = await send(call, quiz, "quiz", {KOFI: 4}, courseid=NOBODY)
    assert body["errorcode"] == "invalidrecord"
    with connect(school) as db:
        delete_activity(db, quiz)
    body = await send(call, quiz, "quiz", {KOFI: 4})
    assert body["errorcode"] == "invalidcoursemodule"


@pytest.mark.parametrize("component", ["mod_quiz ", "MOD_QUIZ", "mod__quiz", "mod_qu_iz"])
async def test_a_component_is_written_exactly(call: Caller, quiz: int, component: str) -> None:
    """Lower case, one underscore after mod, no blanks."""
    body = (
        await call(UPDATE, source="b", courseid=2, component=component, activityid=quiz,
                   itemnumber=0)
    ).body  # fmt: skip
    assert body["errorcode"] == "invalidparameter"


async def test_a_short_component_is_taken(call: Caller, sql: Sql, quiz: int) -> None:
    """ "quiz" is "mod_quiz"."""
    reply = await call(UPDATE, source="b", courseid=2, component="quiz", activityid=quiz,
                       itemnumber=0, grades=[{"studentid": KOFI, "grade": 4}])  # fmt: skip
    assert (reply.body, row(sql, "quiz")["rawgrade"]) == (0, 4)


async def test_feedback_is_dropped(call: Caller, sql: Sql, quiz: int) -> None:
    """`str_feedback` is accepted; a feedback that was there stays."""
    grades = [{"studentid": KOFI, "grade": 4, "str_feedback": "Well done"}]
    reply = await call(UPDATE, source="b", courseid=2, component="mod_quiz", activityid=quiz,
                       itemnumber=0, grades=grades)  # fmt: skip
    assert reply.body == 0
    assert (await read(call))["quiz"]["feedback"] == ""
    sql("UPDATE mdl_grade_grades SET feedback = '<b>Good</b>', feedbackformat = 1 "
        "WHERE rawgrade = 4")  # fmt: skip
    await send(call, quiz, "quiz", {KOFI: 5})
    item = (await read(call))["quiz"]
    assert (item["feedback"], item["feedbackformat"]) == ("<b>Good</b>", 1)


async def test_only_null_in_a_batch_clears_a_grade(call: Caller, sql: Sql, quiz: int) -> None:
    """A form cannot send null; JSON can. The completion that came with the grade goes as well."""
    await send(call, quiz, "quiz", {KOFI: 8})
    assert state(sql, quiz) == 2
    assert (await send(call, quiz, "quiz", {KOFI: ""}))["errorcode"] == "invalidparameter"
    arguments = (
        f'{{"source":"b","courseid":2,"component":"mod_quiz","activityid":{quiz},'
        f'"itemnumber":0,"grades":[{{"studentid":{KOFI},"grade":null}}]}}'
    )
    reply = await call.batch((UPDATE, arguments))
    assert reply.body["responses"] == [{"error": False, "data": "0"}]
    item = (await read(call))["quiz"]
    assert (item["graderaw"], item["gradedategraded"]) == (None, None)
    assert row(sql, "quiz")["timemodified"] is None
    assert state(sql, quiz) == 0


async def test_the_same_grade_again_keeps_its_time(call: Caller, sql: Sql, quiz: int) -> None:
    """Nothing is written, so that nothing follows from it either."""
    await send(call, quiz, "quiz", {KOFI: 8})
    sql("UPDATE mdl_grade_grades SET timemodified = 1000, usermodified = 2")
    sql("DELETE FROM mdl_course_modules_completion")
    await send(call, quiz, "quiz", {KOFI: 8})
    items = await read(call)
    assert [items[kind]["gradedategraded"] for kind in ("quiz", "course")] == [1000, 1000]
    assert state(sql, quiz) is None
    await send(call, quiz, "quiz", {KOFI: 9})
    assert (await read(call))["quiz"]["gradedategraded"] == NOW
    assert state(sql, quiz) == 2


async def test_rights_are_asked_for_by_what_is_sent(call: Caller, sql: Sql, quiz: int) -> None:
    """Without grades none is needed: even then a missing item is made."""
    sql("DELETE FROM mdl_role_capabilities WHERE capability LIKE 'moodle/grade:%'")
    body = await send(call, quiz, "quiz", {KOFI: 4})
    assert body["errorcode"] == "nopermissiontoviewgrades"
    body = await send(call, quiz, "quiz", {}, itemdetails={"grademax": 50})
    assert body["errorcode"] == "nopermissiontoviewgrades"
    assert await send(call, module(sql, "page", "Fractions"), "page", {}) == 0
    assert len(sql("SELECT 1 FROM mdl_grade_items WHERE itemmodule = 'page'")) == 1


async def test_a_course_that_is_not_open_is_explained(call: Caller, sql: Sql, quiz: int) -> None:
    """errorcoursecontextnotvalid here, requireloginerror when reading."""
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/course:view'")
    body = await send(call, quiz, "quiz", {KOFI: 4})
    assert body["errorcode"] == "errorcoursecontextnotvalid"
    assert (await call(READ, courseid=2, userid=KOFI)).errorcode == "requireloginerror"


# Completion that follows from a grade.


@pytest.mark.parametrize(("sent", "reached"), [(8, 2), (5, 2), (4.99, 3), (0, 3)])
async def test_a_quiz_is_passed_or_failed_by_its_grade(
    call: Caller, sql: Sql, quiz: int, sent: float, reached: int
) -> None:
    """At once, and again with each new grade; nobody has overridden it."""
    await send(call, quiz, "quiz", {KOFI: 10 - sent})
    await send(call, quiz, "quiz", {KOFI: sent})
    assert state(sql, quiz) == reached
    found = sql("SELECT overrideby, timemodified FROM mdl_course_modules_completion")
    assert [tuple(row) for row in found] == [(None, NOW)]


async def test_any_grade_completes_where_no_pass_is_asked_for(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """Complete without a pass grade; with one, and the item visible, passed or failed."""
    sql("UPDATE mdl_course_modules SET completionpassgrade = 0")
    await send(call, quiz, "quiz", {KOFI: 1})
    assert state(sql, quiz) == 3
    sql("UPDATE mdl_grade_items SET gradepass = 0")
    await send(call, quiz, "quiz", {NOOR: 1})
    assert state(sql, quiz, NOOR) == 1


async def test_a_hidden_item_does_not_fail(call: Caller, sql: Sql, quiz: int) -> None:
    """Below the pass grade nothing is stored; from it on it is passed."""
    sql("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'quiz'")
    await send(call, quiz, "quiz", {KOFI: 1, NOOR: 9})
    assert (state(sql, quiz), state(sql, quiz, NOOR)) == (None, 2)


async def test_a_hidden_item_changes_no_result(call: Caller, sql: Sql, quiz: int) -> None:
    """Who had failed stays failed with a passing grade, once the item is hidden."""
    await send(call, quiz, "quiz", {KOFI: 1})
    sql("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'quiz'")
    await send(call, quiz, "quiz", {KOFI: 9})
    assert state(sql, quiz) == 3


async def test_complete_by_override_stays_against_a_failing_grade(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """But incomplete by override follows the next grade."""
    await call(OVERRIDE, userid=KOFI, cmid=quiz, newstate=1)
    await send(call, quiz, "quiz", {KOFI: 1})
    assert state(sql, quiz) == 1
    await call(OVERRIDE, userid=KOFI, cmid=quiz, newstate=0)
    await send(call, quiz, "quiz", {KOFI: 9})
    assert state(sql, quiz) == 2


async def test_the_other_conditions_have_to_be_met_too(call: Caller, sql: Sql, quiz: int) -> None:
    """A grade alone is not enough where a view is asked for as well."""
    sql("UPDATE mdl_course_modules SET completionview = 1 WHERE id = ?", quiz)
    await send(call, quiz, "quiz", {KOFI: 9})
    assert state(sql, quiz) is None
    sql("INSERT INTO mdl_course_modules_viewed (coursemoduleid, userid, timecreated) "
        "VALUES (?, ?, 1000)", quiz, KOFI)  # fmt: skip
    await send(call, quiz, "quiz", {KOFI: 8})
    assert state(sql, quiz) == 2


@pytest.mark.parametrize(
    "setting",
    ["completion = 1", "completion = 0", "completiongradeitemnumber = NULL",
     "completiongradeitemnumber = 1"],
)  # fmt: skip
async def test_where_the_grade_is_no_condition_nothing_follows(
    call: Caller, sql: Sql, quiz: int, setting: str
) -> None:
    """By hand, not tracked, without the condition, of another item."""
    sql(f"UPDATE mdl_course_modules SET {setting} WHERE id = ?", quiz)
    await send(call, quiz, "quiz", {KOFI: 9})
    assert state(sql, quiz) is None


async def test_another_item_of_the_activity_is_no_condition(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """Its grade does not even make Moodle look at the one that is."""
    sql("INSERT INTO mdl_grade_grades (itemid, userid, rawgrade, finalgrade) "
        "SELECT id, ?, 8, 8 FROM mdl_grade_items WHERE itemmodule = 'quiz' AND courseid = 2",
        KOFI)  # fmt: skip
    await send(call, quiz, "quiz", {KOFI: 9}, itemnumber=1)
    assert state(sql, quiz) is None


async def test_the_course_is_not_completed_by_a_grade(call: Caller, sql: Sql, quiz: int) -> None:
    """Moodle leaves that to its cron, unlike after an override."""
    sql("DELETE FROM mdl_course_completion_criteria")
    sql("INSERT INTO mdl_course_completion_criteria (course, criteriatype, moduleinstance) "
        "VALUES (2, 4, ?)", quiz)  # fmt: skip
    await send(call, quiz, "quiz", {KOFI: 9})
    assert sql("SELECT 1 FROM mdl_course_completion_crit_compl") == []
    await call(OVERRIDE, userid=KOFI, cmid=module(sql, "choice", "Poll"), newstate=1)
    assert len(sql("SELECT 1 FROM mdl_course_completion_crit_compl")) == 1


# Reading back.


async def test_a_hidden_item_is_not_listed(call: Caller, sql: Sql, quiz: int) -> None:
    """As if there were none; the course's total is blank and no weight is told."""
    sql(SEES_NOTHING_HIDDEN)
    await send(call, quiz, "quiz", {KOFI: 8})
    await send(call, module(sql, "assign", "Essay"), "assign", {KOFI: 50})
    items = await read(call)
    assert (items["course"]["graderaw"], items["course"]["grademax"]) == (58, 110)
    assert items["quiz"]["weightformatted"] == "9.09 %"
    sql("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'quiz'")
    items = await read(call)
    assert "quiz" not in items
    assert "weightraw" not in items["assign"]
    assert (items["course"]["graderaw"], items["course"]["grademax"]) == (None, 110)


async def test_a_hidden_item_is_listed_for_who_sees_hidden_grades(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """With moodle/grade:viewhidden it is like any other, said to be hidden."""
    await send(call, quiz, "quiz", {KOFI: 8})
    sql("UPDATE mdl_grade_items SET hidden = 1 WHERE itemmodule = 'quiz'")
    item = (await read(call))["quiz"]
    assert (item["graderaw"], item["gradeishidden"], item["weightraw"]) == (8, True, 1)
    assert item["gradeformatted"] == "8.00"
    assert (await read(call))["course"]["graderaw"] == 8


async def test_hidden_until_a_time_is_listed_without_its_grade(
    call: Caller, sql: Sql, quiz: int
) -> None:
    """A reader must not take it for no grade: gradeishidden tells."""
    sql(SEES_NOTHING_HIDDEN)
    await send(call, quiz, "quiz", {KOFI: 8})
    sql("UPDATE mdl_grade_grades SET hidden = ? WHERE rawgrade = 8", NOW + 1000)
    item = (await read(call))["quiz"]
    assert (item["graderaw"], item["gradeishidden"]) == (None, True)
    sql("UPDATE mdl_grade_grades SET hidden = ? WHERE rawgrade = 8", NOW - 1000)
    item = (await read(call))["quiz"]
    assert (item["graderaw"], item["gradeishidden"]) == (8, False)


async def test_an_activity_that_is_not_shown_has_no_item(call: Caller, sql: Sql, quiz: int) -> None:
    """A hidden one is there for who may see hidden activities; without the view it is absent."""
    sql("UPDATE mdl_course_modules SET visible = 0")
    assert "quiz" in await read(call)
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'mod/quiz:view'")
    assert "quiz" not in await read(call)


async def test_names_come_as_they_are(call: Caller, sql: Sql, quiz: int) -> None:
    """Unlike names of activities elsewhere, never made into HTML."""
    sql("UPDATE mdl_grade_items SET itemname = ? WHERE itemmodule = 'quiz'", '<b> & "x"')
    assert (await read(call))["quiz"]["itemname"] == '<b> & "x"'


async def test_a_pass_grade_puts_a_sign_before_the_grade(call: Caller, sql: Sql, quiz: int) -> None:
    """gradeformatted is HTML then; graderaw stays a number."""
    await send(call, quiz, "quiz", {KOFI: 8, NOOR: 4})
    passed, failed = [(await read(call, user))["quiz"] for user in (KOFI, NOOR)]
    assert 'title="Pass"' in passed["gradeformatted"]
    assert passed["gradeformatted"].endswith("</i>8.00")
    assert 'title="Fail"' in failed["gradeformatted"]
    sql("UPDATE mdl_grade_items SET gradepass = 0")
    assert (await read(call))["quiz"]["gradeformatted"] == "8.00"


async def test_all_are_those_enrolled_in_force_by_name(call: Caller, sql: Sql) -> None:
    """Neither the suspended nor the ended nor teachers; a and á, B and b are one letter."""

    async def listed(**more: Any) -> list[int]:
        body = (await call(READ, courseid=2, **more)).body
        return [learner["userid"] for learner in body["usergrades"]]

    for user, last in ((KOFI, "zed"), (NOOR, "Émile"), (JUN, "abe")):
        sql("UPDATE mdl_user SET lastname = ? WHERE id = ?", last, user)
    assert await listed() == [JUN, NOOR, KOFI]
    sql("UPDATE mdl_user_enrolments SET status = 1 WHERE userid = ?", NOOR)
    sql("UPDATE mdl_user_enrolments SET timeend = 1000 WHERE userid = ?", JUN)
    assert await listed() == [KOFI]
    assert await listed(groupid=77) == []
    assert await listed(userid=NOOR) == [NOOR]


@pytest.mark.parametrize("user", [2, SERVICE_ACCOUNT, 4])
async def test_one_who_is_not_a_learner_is_answered_for(call: Caller, user: int) -> None:
    """Not enrolled, or a teacher: all items, without grades."""
    items = await read(call, user)
    assert items["quiz"]["graderaw"] is None
    assert items["quiz"]["feedbackformat"] == 0


@pytest.mark.parametrize(
    ("change", "errorcode"),
    [
        ("deleted = 1", "userdeleted"),
        ("confirmed = 0", "usernotconfirmed"),
        ("suspended = 1", None),
    ],
)
async def test_an_account_that_is_gone_is_refused(
    call: Caller, sql: Sql, change: str, errorcode: str | None
) -> None:
    """A suspended one is not."""
    sql(f"UPDATE mdl_user SET {change} WHERE id = ?", KOFI)
    assert (await call(READ, courseid=2, userid=KOFI)).errorcode == errorcode


@pytest.mark.parametrize(
    ("parameters", "errorcode"),
    [
        ({"courseid": 2, "userid": NOBODY}, "invaliduser"),
        ({"courseid": 2, "userid": 1}, "guestsarenotallowed"),
        ({"courseid": NOBODY}, "invalidrecord"),
    ],
)
async def test_who_or_what_is_missing(
    call: Caller, parameters: dict[str, int], errorcode: str
) -> None:
    """No account, the guest, no course."""
    assert (await call(READ, **parameters)).errorcode == errorcode


async def test_reading_needs_two_rights(call: Caller, sql: Sql) -> None:
    """Without the view of all grades, all is `nopermissions` and one a word of its own."""
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/grade:viewall'")
    assert (await call(READ, courseid=2)).errorcode == "nopermissions"
    assert (await call(READ, courseid=2, userid=KOFI)).errorcode == "nopermissiontoviewgrades"
    own = (await read(call, SERVICE_ACCOUNT))["quiz"]
    assert (own["locked"], own["gradeislocked"], own["gradeisoverridden"]) == (None, None, None)
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'gradereport/user:view'")
    assert (await call(READ, courseid=2, userid=KOFI)).errorcode == "nopermissions"


async def test_an_excluded_grade_does_not_count(call: Caller, sql: Sql, quiz: int) -> None:
    """It is shown, and said to be dropped from the total."""
    await send(call, quiz, "quiz", {KOFI: 8})
    sql("UPDATE mdl_grade_grades SET excluded = 1 WHERE rawgrade = 8")
    items = await read(call)
    assert (items["quiz"]["graderaw"], items["quiz"]["status"]) == (8, "dropped")
    assert items["course"]["graderaw"] is None


async def test_a_put_state_is_not_touched_by_reading(call: Caller, sql: Sql, quiz: int) -> None:
    """Reading brings totals up to date, no completion."""
    await send(call, quiz, "quiz", {KOFI: 8})
    put(sql, quiz, 3)
    await read(call)
    assert state(sql, quiz) == 3
