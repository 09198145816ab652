"""Completion: what an override changes, and what follows from it."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from .client import Caller
from .conftest import NOW

Sql = Callable[..., list[sqlite3.Row]]

OVERRIDE = "core_completion_override_activity_completion_status"
KOFI = 6
SERVICE_ACCOUNT = 3


def module(sql: Sql, kind: str, name: str, course: int = 2) -> int:
    """The id of an activity."""
    rows = sql(
        f"SELECT cm.id FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module "
        f"JOIN mdl_{kind} x ON x.id = cm.instance "
        "WHERE m.name = ? AND x.name = ? AND cm.course = ?",
        kind,
        name,
        course,
    )
    return int(rows[0]["id"])


def put(sql: Sql, cmid: int, state: int, user: int = KOFI) -> None:
    """Stores a state as Moodle itself would have, long ago."""
    sql("DELETE FROM mdl_course_modules_completion WHERE coursemoduleid = ? AND userid = ?",
        cmid, user)  # fmt: skip
    sql(
        "INSERT INTO mdl_course_modules_completion "
        "(coursemoduleid, userid, completionstate, timemodified) VALUES (?, ?, ?, 1000)",
        cmid,
        user,
        state,
    )


async def set_state(call: Caller, cmid: int, newstate: int, user: int = KOFI) -> Any:
    """Overrides; answers the reply's body."""
    return (await call(OVERRIDE, userid=user, cmid=cmid, newstate=newstate)).body


async def test_the_service_stamps_its_own_time_and_account(call: Caller, sql: Sql) -> None:
    """Not the time at which the learner did it."""
    cmid = module(sql, "page", "Fractions")
    put(sql, cmid, 0)
    assert await set_state(call, cmid, 1) == {
        "cmid": cmid,
        "userid": KOFI,
        "state": 1,
        "timecompleted": NOW,
        "overrideby": SERVICE_ACCOUNT,
        "tracking": 2,
    }


@pytest.mark.parametrize("stored", [1, 2, 3])
async def test_complete_changes_no_result(call: Caller, sql: Sql, stored: int) -> None:
    """Complete, passed and failed stay as they are, with their time and without an override."""
    cmid = module(sql, "quiz", "Quiz 1")
    put(sql, cmid, stored)
    body = await set_state(call, cmid, 1)
    assert (body["state"], body["timecompleted"], body["overrideby"]) == (stored, 1000, None)


@pytest.mark.parametrize("stored", [1, 2, 3])
async def test_incomplete_takes_any_result_away(call: Caller, sql: Sql, stored: int) -> None:
    """Also a passed one: there is no protection."""
    cmid = module(sql, "quiz", "Quiz 1")
    put(sql, cmid, stored)
    assert (await set_state(call, cmid, 0))["state"] == 0


@pytest.mark.parametrize("state", [2, 3, 4, -1])
async def test_other_states_are_refused(call: Caller, sql: Sql, state: int) -> None:
    """Passed and failed cannot be sent."""
    body = await set_state(call, module(sql, "quiz", "Quiz 1"), state)
    assert body["errorcode"] == "err_system"


async def test_completion_off_for_the_course(call: Caller, sql: Sql) -> None:
    """The same errorcode as when it is off for the site."""
    sql("UPDATE mdl_course SET enablecompletion = 0 WHERE id = 2")
    body = await set_state(call, module(sql, "page", "Fractions"), 1)
    assert body["errorcode"] == "completionnotenabled"


async def test_tracking_off_answers_without_an_error(call: Caller, sql: Sql) -> None:
    """Nothing is stored, whatever state is asked for."""
    cmid = module(sql, "page", "Further reading")
    for newstate in (1, 2, 7):
        body = await set_state(call, cmid, newstate)
        assert (body["state"], body["tracking"]) == (0, 0)
    sql_count = "SELECT count(*) FROM mdl_course_modules_completion WHERE coursemoduleid = ?"
    assert sql(sql_count, cmid)[0][0] == 0


async def test_where_only_a_view_is_stored_the_state_is_null(call: Caller, sql: Sql) -> None:
    """After a reset of completions Moodle answers null for state and time."""
    cmid = module(sql, "page", "Fractions")
    sql("DELETE FROM mdl_course_modules_completion WHERE coursemoduleid = ?", cmid)
    sql("INSERT INTO mdl_course_modules_viewed (coursemoduleid, userid, timecreated) "
        "VALUES (?, ?, 1000)", cmid, KOFI)  # fmt: skip
    body = await set_state(call, cmid, 0)
    assert (body["state"], body["timecompleted"]) == (None, None)
    assert (await set_state(call, cmid, 1))["state"] == 1


async def test_anybody_and_nobody_is_stored(call: Caller, sql: Sql) -> None:
    """A teacher, somebody not enrolled, an id without an account: all accepted."""
    cmid = module(sql, "page", "Fractions")
    for user in (2, 4, 99_999):
        assert (await set_state(call, cmid, 1, user=user))["state"] == 1


async def test_user_0_is_the_account_itself(call: Caller, sql: Sql) -> None:
    """An id that was lost on the way completes the service's own account."""
    body = await set_state(call, module(sql, "page", "Fractions"), 1, user=0)
    assert body["userid"] == SERVICE_ACCOUNT


async def test_an_activity_without_view_is_absent_and_refused(call: Caller, sql: Sql) -> None:
    """README, Courses: absent from the contents, requireloginerror for its completion."""
    cmid = module(sql, "quiz", "Quiz 1")
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'mod/quiz:view'")
    contents = await call("core_course_get_contents", courseid=2)
    modules = [m for section in contents.body for m in section["modules"]]
    assert modules
    assert cmid not in [m["id"] for m in modules]
    assert (await set_state(call, cmid, 1))["errorcode"] == "requireloginerror"
    read = await call("core_completion_get_activities_completion_status", courseid=2, userid=KOFI)
    assert cmid not in [status["cmid"] for status in read.body["statuses"]]


async def test_an_activity_on_its_way_out_is_absent_and_refused(call: Caller, sql: Sql) -> None:
    """deletioninprogress has an errorcode of its own."""
    cmid = module(sql, "page", "Fractions")
    sql("UPDATE mdl_course_modules SET deletioninprogress = 1 WHERE id = ?", cmid)
    contents = await call("core_course_get_contents", courseid=2)
    assert cmid not in [m["id"] for s in contents.body for m in s["modules"]]
    assert (await set_state(call, cmid, 1))["errorcode"] == "activityisscheduledfordeletion"


async def test_a_hidden_activity_is_there_for_the_service(call: Caller, sql: Sql) -> None:
    """The role may see hidden activities; without that it is absent."""
    cmid = module(sql, "page", "Fractions")
    sql("UPDATE mdl_course_modules SET visible = 0 WHERE id = ?", cmid)
    assert (await set_state(call, cmid, 1))["state"] == 1
    sql("DELETE FROM mdl_role_capabilities "
        "WHERE capability = 'moodle/course:viewhiddenactivities'")  # fmt: skip
    assert (await set_state(call, cmid, 1))["errorcode"] == "requireloginerror"


def course_completed_at(sql: Sql) -> int | None:
    """When Kofi completed the course, None where not."""
    rows = sql("SELECT timecompleted FROM mdl_course_completions WHERE userid = ?", KOFI)
    return rows[0]["timecompleted"] if rows else None


async def test_the_course_follows_from_its_criteria(call: Caller, sql: Sql) -> None:
    """It is complete when all required activities are, and stays so when one goes back."""
    required = [module(sql, "page", name) for name in ("Whole numbers", "Fractions")]
    sql("DELETE FROM mdl_course_modules_completion WHERE userid = ?", KOFI)
    await set_state(call, required[0], 1)
    assert course_completed_at(sql) is None
    await set_state(call, required[1], 1)
    assert course_completed_at(sql) == NOW
    await set_state(call, required[1], 0)
    assert course_completed_at(sql) == NOW


async def test_any_one_of_the_criteria_where_the_course_says_so(call: Caller, sql: Sql) -> None:
    """Aggregation "any" for activities needs one of them."""
    sql("INSERT INTO mdl_course_completion_aggr_methd (course, criteriatype, method) "
        "VALUES (2, 4, 2)")  # fmt: skip
    sql("DELETE FROM mdl_course_modules_completion WHERE userid = ?", KOFI)
    await set_state(call, module(sql, "page", "Fractions"), 1)
    assert course_completed_at(sql) == NOW


async def test_a_learner_without_a_role_completes_no_course(call: Caller, sql: Sql) -> None:
    """The activities are stored all the same."""
    sql("DELETE FROM mdl_role_assignments WHERE userid = ?", KOFI)
    for name in ("Whole numbers", "Fractions"):
        assert (await set_state(call, module(sql, "page", name), 1))["state"] == 1
    assert course_completed_at(sql) is None


async def test_conditions_are_described_and_an_override_stands_for_them(
    call: Caller, sql: Sql
) -> None:
    """A quiz with a pass grade shows the grade's part and the pass grade's part."""
    cmid = module(sql, "quiz", "Quiz 1")

    async def details() -> dict[str, int]:
        read = await call(
            "core_completion_get_activities_completion_status", courseid=2, userid=KOFI
        )
        found = next(status for status in read.body["statuses"] if status["cmid"] == cmid)
        return {rule["rulename"]: rule["rulevalue"]["status"] for rule in found["details"]}

    sql("DELETE FROM mdl_course_modules_completion WHERE userid = ?", KOFI)
    assert await details() == {"completionusegrade": 0, "completionpassgrade": 0}
    sql("INSERT INTO mdl_grade_grades (itemid, userid, rawgrade, finalgrade) "
        "SELECT id, ?, 3, 3 FROM mdl_grade_items WHERE itemmodule = 'quiz' AND courseid = 2",
        KOFI)  # fmt: skip
    assert await details() == {"completionusegrade": 1, "completionpassgrade": 3}
    sql("UPDATE mdl_grade_grades SET finalgrade = 7")
    assert await details() == {"completionusegrade": 2, "completionpassgrade": 2}
    await set_state(call, cmid, 1)
    assert await details() == {"completionusegrade": 1, "completionpassgrade": 2}


async def test_a_failed_activity_counts_where_no_pass_is_asked_for(call: Caller, sql: Sql) -> None:
    """And of two criteria that are met at once only one is marked at each call."""
    required = [module(sql, "page", name) for name in ("Whole numbers", "Fractions")]
    sql("DELETE FROM mdl_course_modules_completion WHERE userid = ?", KOFI)
    put(sql, required[0], 3)
    await set_state(call, required[1], 1)
    marked = "SELECT count(*) FROM mdl_course_completion_crit_compl WHERE userid = ?"
    assert (sql(marked, KOFI)[0][0], course_completed_at(sql)) == (1, None)
    await set_state(call, module(sql, "choice", "Poll"), 1)
    assert (sql(marked, KOFI)[0][0], course_completed_at(sql)) == (2, NOW)


async def test_a_failed_activity_does_not_count_where_a_pass_is_asked_for(
    call: Caller, sql: Sql
) -> None:
    """A passed one does, and the course is complete since then."""
    cmid = module(sql, "quiz", "Quiz 1")
    sql("DELETE FROM mdl_course_completion_criteria")
    sql(
        "INSERT INTO mdl_course_completion_criteria (course, criteriatype, moduleinstance) "
        "VALUES (2, 4, ?)",
        cmid,
    )
    put(sql, cmid, 3)
    await set_state(call, module(sql, "choice", "Poll"), 1)
    assert course_completed_at(sql) is None
    put(sql, cmid, 2)
    await set_state(call, module(sql, "choice", "Poll"), 0)
    assert course_completed_at(sql) == 1000
