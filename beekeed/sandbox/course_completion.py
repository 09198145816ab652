"""Completion of a whole course, as it follows from activities.

The one rule: as `core_completion\\api::mark_course_completions_activity_criteria` and
`aggregate_completions` do it right after a single activity changed. What is once marked stays
marked, also when the activity goes back to incomplete.
"""

import sqlite3

from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.standard import COURSE

_ACTIVITY, _ROLE, _COURSE = 4, 7, 8
_ALL = 1

# A criterion that the learner meets and that is not marked yet. With no pass grade asked for, a
# failed activity meets it as well; else only a passed one. Of several, Moodle's get_record_sql
# keeps the last one a call and leaves the others to the next call or to its cron. It asks for a
# role in the course.
_MET = f"""
    SELECT cr.id AS criteriaid, mc.timemodified AS timecompleted
      FROM mdl_course_completion_criteria cr
      JOIN mdl_course c ON c.id = cr.course AND c.enablecompletion = 1
      JOIN mdl_context con ON con.instanceid = c.id AND con.contextlevel = {COURSE}
      JOIN mdl_role_assignments ra ON ra.contextid = con.id AND ra.userid = :user
      JOIN mdl_course_modules cm ON cm.id = cr.moduleinstance
      JOIN mdl_course_modules_completion mc
           ON mc.coursemoduleid = cm.id AND mc.userid = ra.userid
 LEFT JOIN mdl_course_completion_crit_compl cc ON cc.criteriaid = cr.id AND cc.userid = ra.userid
     WHERE cr.criteriatype = {_ACTIVITY} AND cr.course = :course AND cc.id IS NULL
       AND (mc.completionstate = 1
            OR (cm.completionpassgrade = 1 AND mc.completionstate = 2)
            OR (cm.completionpassgrade = 0 AND mc.completionstate IN (2, 3)))
     ORDER BY cr.id DESC
"""


def follow(db: sqlite3.Connection, course: int, user: int, now: int) -> None:
    """Marks what a changed activity means for the learner's course.

    Where the course gets complete, Moodle also sends the learner a message (README,
    Completions); the sandbox sends none.
    """
    met = db.execute(_MET, {"course": course, "user": user}).fetchone()
    if met is None:
        return
    insert(
        db,
        "course_completion_crit_compl",
        userid=user,
        course=course,
        criteriaid=met["criteriaid"],
        timecompleted=met["timecompleted"],
    )
    _begin(db, course, user, met["timecompleted"])
    _aggregate(db, course, user, now)


def _begin(db: sqlite3.Connection, course: int, user: int, started_at: int) -> None:
    """Makes the learner's row of the course, or notes when the learner began."""
    sql = "SELECT * FROM mdl_course_completions WHERE course = ? AND userid = ?"
    if one(db, sql, course, user) is None:
        insert(db, "course_completions", userid=user, course=course, timestarted=started_at)
        return
    db.execute(
        "UPDATE mdl_course_completions SET timestarted = ? "
        "WHERE course = ? AND userid = ? AND timestarted = 0",
        (started_at, course, user),
    )


def _aggregate(db: sqlite3.Connection, course: int, user: int, now: int) -> None:
    """Completes the course where its criteria, taken together as it says, are met."""
    sql = (
        "SELECT cr.criteriatype AS kind, cc.timecompleted AS met_at "
        "FROM mdl_course_completion_criteria cr LEFT JOIN mdl_course_completion_crit_compl cc "
        "ON cc.criteriaid = cr.id AND cc.userid = ? WHERE cr.course = ?"
    )
    criteria = rows(db, sql, user, course)
    if not _met_together(db, course, criteria):
        return
    completed_at = max((row["met_at"] for row in criteria if row["met_at"]), default=now)
    db.execute(
        "UPDATE mdl_course_completions SET timecompleted = ? "
        "WHERE course = ? AND userid = ? AND timecompleted IS NULL",
        (completed_at, course, user),
    )


def _met_together(db: sqlite3.Connection, course: int, criteria: list[sqlite3.Row]) -> bool:
    """Activities, courses and roles count as one criterion each, the others for themselves."""
    single = [row["met_at"] is not None for row in criteria if row["kind"] not in _GROUPED]
    for kind in _GROUPED:
        group = [row["met_at"] is not None for row in criteria if row["kind"] == kind]
        if group:
            single.append(_together(_method(db, course, kind), group))
    return bool(single) and _together(_method(db, course, None), single)


_GROUPED = (_ROLE, _ACTIVITY, _COURSE)


def _together(method: int, met: list[bool]) -> bool:
    return all(met) if method == _ALL else any(met)


def _method(db: sqlite3.Connection, course: int, kind: int | None) -> int:
    """1 all, 2 any; all where the course says nothing."""
    sql = (
        "SELECT method FROM mdl_course_completion_aggr_methd WHERE course = ? AND criteriatype IS ?"
    )
    method = value(db, sql, course, kind)
    return _ALL if method is None else int(method)


def has_criteria(db: sqlite3.Connection, course: int) -> bool:
    """Whether a course says when it is complete."""
    sql = "SELECT 1 FROM mdl_course_completion_criteria WHERE course = ?"
    return value(db, sql, course) is not None


def is_complete(db: sqlite3.Connection, course: int, user: int) -> bool:
    """Whether a learner has completed a course."""
    sql = "SELECT timecompleted FROM mdl_course_completions WHERE course = ? AND userid = ?"
    return bool(value(db, sql, course, user))
