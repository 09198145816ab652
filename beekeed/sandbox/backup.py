"""Reads a course of one site as a backup would carry it to another.

The one rule: what people did is not in it, and what was added after the course was last changed
is not either.
"""

import sqlite3

from beekeed.sandbox.course import ASSIGN_SETTINGS, Activity, Course
from beekeed.sandbox.database import one, rows, value


def read_course(db: sqlite3.Connection, course: int) -> Course:
    """Describes a course as a backup would have carried it when it was last changed.

    Activities that were added after the course's `timemodified` are not in it: a teacher's
    later additions, which the copy on a box lacks.
    """
    row = one(db, "SELECT * FROM mdl_course WHERE id = ?", course)
    assert row is not None  # noqa: S101  (the caller knows it)
    sql = "SELECT * FROM mdl_course_sections WHERE course = ? ORDER BY section"
    sections = rows(db, sql, course)
    modules = [
        (cmid, section["section"])
        for section in sections
        for cmid in (section["sequence"] or "").split(",")
        if cmid
    ]
    activities = [
        (cmid, _read_activity(db, int(cmid), section))
        for cmid, section in modules
        if value(db, "SELECT added FROM mdl_course_modules WHERE id = ?", cmid)
        <= row["timemodified"]
    ]
    sql = "SELECT moduleinstance FROM mdl_course_completion_criteria WHERE course = ?"
    required = {str(found["moduleinstance"]) for found in rows(db, sql, course)}
    return Course(
        row["shortname"],
        row["fullname"],
        row["timecreated"],
        row["timemodified"],
        tuple(section["name"] or "" for section in sections),
        tuple(activity for _, activity in activities),
        tuple(activity.name for cmid, activity in activities if cmid in required),
    )


def _read_activity(db: sqlite3.Connection, cmid: int, section: int) -> Activity:
    sql = (
        "SELECT cm.*, m.name AS kind FROM mdl_course_modules cm "
        "JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ?"
    )
    module = one(db, sql, cmid)
    assert module is not None  # noqa: S101  (it stands in the sequence)
    kind = module["kind"]
    own = one(db, f"SELECT * FROM mdl_{kind} WHERE id = ?", module["instance"])
    assert own is not None  # noqa: S101  (add_activity makes both)
    item = one(
        db,
        "SELECT * FROM mdl_grade_items WHERE itemtype = 'mod' AND itemmodule = ? "
        "AND iteminstance = ?",
        kind,
        module["instance"],
    )
    submit = {"assign": "completionsubmit", "choice": "completionsubmit",
              "forum": "completionposts"}.get(kind)  # fmt: skip
    return Activity(
        kind,
        own["name"],
        section,
        completion=module["completion"],
        view=bool(module["completionview"]),
        submit=bool(submit and own[submit]),
        receive_grade=module["completiongradeitemnumber"] is not None,
        must_pass=bool(module["completionpassgrade"]),
        grade=item["grademax"] if item else 0.0,
        grade_pass=item["gradepass"] if item else 0.0,
        settings=_assign_settings(own) if kind == "assign" else (),
    )


def _assign_settings(own: sqlite3.Row) -> tuple[tuple[str, int | str], ...]:
    """How an assignment is graded, where that is not as in a new one."""
    return tuple((name, own[name]) for name, new in ASSIGN_SETTINGS.items() if own[name] != new)
