"""core_enrol_get_users_courses: in which courses somebody is, and how far along.

The one rule: only courses that the account may look into, and only enrolments in force.
"""

import sqlite3
from typing import Any

from beekeed.sandbox.access import can, context_of, enrolled, enter_course
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.completion import tracking
from beekeed.sandbox.completion_rules import is_tracked
from beekeed.sandbox.course_completion import has_criteria, is_complete
from beekeed.sandbox.database import value
from beekeed.sandbox.errors import MoodleError
from beekeed.sandbox.functions.courses import image
from beekeed.sandbox.functions.details import active_courses
from beekeed.sandbox.standard import COURSE


def get_users_courses(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_enrol_get_users_courses: where somebody is enrolled in force, as far as the account
    may see it; empty also for who does not exist (seen: courses of a missing learner).
    """
    found = (
        _course_of(call, course, parameters["userid"], count=parameters["returnusercount"])
        for course in active_courses(call, parameters["userid"])
    )
    return [course for course in found if course is not None]


def _course_of(call: Call, course: sqlite3.Row, user: int, *, count: bool) -> dict[str, Any] | None:
    context = context_of(call.db, COURSE, course["id"]) or 0
    try:
        enter_course(call, course["id"])
    except MoodleError:
        return None
    shown = ("moodle/course:viewparticipants", "moodle/course:enrolreview")
    if user != call.account_id and not any(can(call, name, context) for name in shown):
        return None
    sql = "SELECT timeaccess FROM mdl_user_lastaccess WHERE userid = ? AND courseid = ?"
    described = {key: course[key] for key in course.keys()} | {  # noqa: SIM118 (a Row)
        "displayname": course["fullname"],
        "courseimage": image(call, context),
        "lastaccess": value(call.db, sql, user, course["id"]),
        "isfavourite": False,
        "hidden": False,
        "overviewfiles": [],
    }
    if count:
        described["enrolledusercount"] = len(enrolled(call.db, course["id"], call.now))
    return described | _progress(call, course, user, context)


def _progress(call: Call, course: sqlite3.Row, user: int, context: int) -> dict[str, Any]:
    """How far somebody got, where the account may see it and the course tracks it."""
    nothing = {"progress": None, "completed": None, "completionhascriteria": False,
               "completionusertracked": False}  # fmt: skip
    sees = user == call.account_id or can(call, "report/completion:view", context)
    if not sees or not tracking(call, course):
        return nothing
    tracked = is_tracked(call, course["id"], user)
    done = is_complete(call.db, course["id"], user)
    return {
        "progress": _percentage(call.db, course["id"], user, done=done) if tracked else None,
        "completed": done,
        "completionhascriteria": has_criteria(call.db, course["id"]),
        "completionusertracked": tracked,
    }


def _percentage(db: sqlite3.Connection, course: int, user: int, *, done: bool) -> float | None:
    """Of the tracked activities, how many in a hundred are complete or passed."""
    sql = (
        "SELECT count(*) FROM mdl_course_modules "
        "WHERE course = ? AND completion <> 0 AND deletioninprogress = 0"
    )
    count = value(db, sql, course)
    if done or not count:
        return 100.0 if done else None
    sql = (
        "SELECT count(*) FROM mdl_course_modules cm JOIN mdl_course_modules_completion c "
        "ON c.coursemoduleid = cm.id WHERE cm.course = ? AND c.userid = ? "
        "AND c.completionstate IN (1, 2)"
    )
    return 100.0 * int(value(db, sql, course, user)) / int(count)
