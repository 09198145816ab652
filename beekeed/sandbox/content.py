"""Makes courses, their sections and activities in a Moodle's database.

The one rule: an activity is its course module, its own row, its context, its place in the
section's sequence and, where it is graded, its grade item; one is never without the others.
"""

import sqlite3
from typing import Any

from beekeed.sandbox.course import Activity, Course
from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.gradebook import force_regrading
from beekeed.sandbox.site import add_context, context_id, role_id
from beekeed.sandbox.standard import CATEGORY, COURSE, MODULE

_ASSIGN_PLUGINS = (
    ("assignsubmission", "onlinetext", ("enabled", "1"), ("wordlimit", "0"),
     ("wordlimitenabled", "0")),
    ("assignsubmission", "file", ("enabled", "0")),
    ("assignsubmission", "comments", ("enabled", "0")),
    ("assignfeedback", "comments", ("enabled", "1"), ("commentinline", "0")),
    ("assignfeedback", "editpdf", ("enabled", "0")),
    ("assignfeedback", "offline", ("enabled", "0")),
    ("assignfeedback", "file", ("enabled", "0")),
)  # fmt: skip
"""What an assignment of provision/target_courses.php takes: online text, feedback comments."""

_PAGE_OPTIONS = 'a:2:{s:10:"printintro";i:0;s:17:"printlastmodified";i:1;}'


def add_course(
    db: sqlite3.Connection, course: Course, *, category: int = 1, idnumber: str = ""
) -> int:
    """Makes a described course with all that is in it and answers its id."""
    course_id = add_empty_course(
        db,
        shortname=course.shortname,
        fullname=course.fullname,
        now=course.created_at,
        modified_at=course.modified_at,
        sections=course.sections,
        category=category,
        idnumber=idnumber,
    )
    modules = {
        activity.name: add_activity(db, course_id, activity, now=course.created_at)
        for activity in course.activities
    }
    if course.required:
        add_criteria(db, course_id, [modules[name] for name in course.required])
    return course_id


def add_empty_course(
    db: sqlite3.Connection,
    *,
    shortname: str,
    fullname: str,
    now: int,
    modified_at: int | None = None,
    sections: tuple[str, ...] = ("", "", "", "", ""),
    category: int = 1,
    idnumber: str = "",
) -> int:
    """Makes a course with its sections (0 first), ways of enrolment and course grade."""
    course = insert(
        db, "course", category=category, shortname=shortname, fullname=fullname,
        idnumber=idnumber, summary="s", summaryformat=1, enablecompletion=1,
        showcompletionconditions=1, timecreated=now, timemodified=modified_at or now,
        cacherev=now,
    )  # fmt: skip
    _sort_courses(db, category)
    add_context(db, COURSE, course, context_id(db, CATEGORY, category))
    for number, name in enumerate(sections):
        insert(
            db, "course_sections", course=course, section=number, name=name or None,
            summary="", summaryformat=1, sequence="", timemodified=now,
        )  # fmt: skip
    _add_enrolment_instances(db, course, now)
    insert(
        db, "grade_items", courseid=course, itemtype="course", iteminstance=course,
        sortorder=1, timecreated=now, timemodified=now,
    )  # fmt: skip
    return course


def _sort_courses(db: sqlite3.Connection, category: int) -> None:
    """The newest course stands first in its category, as Moodle puts it."""
    sql = "SELECT sortorder FROM mdl_course_categories WHERE id = ?"
    base = value(db, sql, category)
    newest_first = rows(
        db, "SELECT id FROM mdl_course WHERE category = ? ORDER BY id DESC", category
    )
    for place, row in enumerate(newest_first, start=1):
        db.execute("UPDATE mdl_course SET sortorder = ? WHERE id = ?", (base + place, row["id"]))
    db.execute(
        "UPDATE mdl_course_categories SET coursecount = ? WHERE id = ?",
        (len(newest_first), category),
    )


def _add_enrolment_instances(db: sqlite3.Connection, course: int, now: int) -> None:
    """Manual is open, guest and self are there but closed, as in a new course (device sample).

    Manual welcomes people by mail: customint1 is 1.
    """
    student = role_id(db, "student")
    of_self = {"customint1": 0, "customint2": 0, "customint3": 0, "customint4": 1,
               "customint5": 0, "customint6": 1}  # fmt: skip
    methods: tuple[tuple[str, dict[str, Any]], ...] = (
        ("manual", {"status": 0, "roleid": student, "expirythreshold": 86400, "customint1": 1}),
        ("guest", {"status": 1, "roleid": 0, "password": ""}),
        ("self", {"status": 1, "roleid": student, "expirythreshold": 86400, **of_self}),
    )
    for order, (method, settings) in enumerate(methods):
        insert(
            db, "enrol", enrol=method, courseid=course, sortorder=order,
            timecreated=now, timemodified=now, **settings,
        )  # fmt: skip


def add_activity(db: sqlite3.Connection, course: int, activity: Activity, *, now: int) -> int:
    """Makes an activity at the end of its section and answers its course module's id.

    The course's own `timemodified` stays, as it may in Moodle (README, Courses).
    """
    instance = _add_instance(db, course, activity, now)
    section = one(
        db,
        "SELECT id, sequence FROM mdl_course_sections WHERE course = ? AND section = ?",
        course,
        activity.section,
    )
    assert section is not None  # noqa: S101  (the caller made it)
    module = insert(
        db, "course_modules", course=course, instance=instance, section=section["id"],
        module=value(db, "SELECT id FROM mdl_modules WHERE name = ?", activity.kind),
        idnumber="", added=now, completion=activity.completion,
        completionview=int(activity.view), completionpassgrade=int(activity.must_pass),
        completiongradeitemnumber=activity.item_number if activity.receive_grade else None,
    )  # fmt: skip
    sequence = ",".join(part for part in (section["sequence"], str(module)) if part)
    db.execute(
        "UPDATE mdl_course_sections SET sequence = ? WHERE id = ?", (sequence, section["id"])
    )
    add_context(db, MODULE, module, context_id(db, COURSE, course))
    if activity.grade:
        _add_grade_item(db, course, activity, instance, now)
    touch(db, course)
    return module


def touch(db: sqlite3.Connection, course: int) -> None:
    """A course's activities changed: Moodle raises its `cacherev` (`rebuild_course_cache`)."""
    db.execute("UPDATE mdl_course SET cacherev = cacherev + 1 WHERE id = ?", (course,))


def _add_instance(db: sqlite3.Connection, course: int, activity: Activity, now: int) -> int:
    """The activity's own row; the kinds are those that the device schema has and we use."""
    common = {"course": course, "name": activity.name, "intro": "x", "introformat": 1,
              "timemodified": now}  # fmt: skip
    by_kind: dict[str, dict[str, Any]] = {
        "page": {"content": "Hello", "contentformat": 1, "display": 5,
                 "displayoptions": _PAGE_OPTIONS},
        "quiz": {"grade": activity.grade, "overduehandling": "autosubmit",
                 "preferredbehaviour": "deferredfeedback", "timecreated": now},
        "assign": {"grade": int(activity.grade), "completionsubmit": int(activity.submit),
                   "alwaysshowdescription": 1},
        "choice": {"completionsubmit": int(activity.submit), "allowupdate": 1,
                   "showresults": 1},
        "forum": {"grade_forum": int(activity.grade), "completionposts": int(activity.submit),
                  "type": "news" if activity.section == 0 else "general"},
    }  # fmt: skip
    settings = common | by_kind[activity.kind] | dict(activity.settings)
    instance = insert(db, activity.kind, **settings)
    if activity.kind == "assign":
        _add_assign_plugins(db, instance)
    return instance


def _add_assign_plugins(db: sqlite3.Connection, instance: int) -> None:
    for subtype, plugin, *settings in _ASSIGN_PLUGINS:
        for name, setting in settings:
            insert(
                db, "assign_plugin_config", assignment=instance, plugin=plugin, subtype=subtype,
                name=name, value=setting,
            )  # fmt: skip


def _add_grade_item(
    db: sqlite3.Connection, course: int, activity: Activity, instance: int, now: int
) -> None:
    order = 1 + value(db, "SELECT count(*) FROM mdl_grade_items WHERE courseid = ?", course)
    insert(
        db, "grade_items", courseid=course, categoryid=course, itemname=activity.name,
        itemtype="mod", itemmodule=activity.kind, iteminstance=instance,
        itemnumber=activity.item_number, grademax=activity.grade,
        gradepass=activity.grade_pass, sortorder=order, timecreated=now, timemodified=now,
    )  # fmt: skip


def add_criteria(db: sqlite3.Connection, course: int, modules: list[int]) -> None:
    """The course is complete when all of these activities are."""
    for module in modules:
        sql = (
            "SELECT m.name FROM mdl_course_modules cm "
            "JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ?"
        )
        insert(
            db, "course_completion_criteria", course=course, criteriatype=4,
            module=value(db, sql, module), moduleinstance=module,
        )  # fmt: skip
    insert(db, "course_completion_aggr_methd", course=course, criteriatype=None, method=1)


_KEPT_BY_ASSIGNMENTS = (
    "assign_grades", "assign_plugin_config", "assign_submission", "assign_user_flags",
    "assignfeedback_comments",
)  # fmt: skip


def delete_activity(db: sqlite3.Connection, module: int) -> None:
    """Takes an activity away for good, as Moodle's cron does after a teacher deleted it.

    With it go its grade items and their grades.
    """
    sql = (
        "SELECT cm.*, m.name AS kind FROM mdl_course_modules cm "
        "JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ?"
    )
    row = one(db, sql, module)
    assert row is not None  # noqa: S101  (the caller knows it)
    _delete_instance(db, row["kind"], row["instance"])
    section = one(db, "SELECT * FROM mdl_course_sections WHERE id = ?", row["section"])
    assert section is not None  # noqa: S101  (every module is in one)
    kept = [part for part in section["sequence"].split(",") if part != str(module)]
    db.execute(
        "UPDATE mdl_course_sections SET sequence = ? WHERE id = ?",
        (",".join(kept), section["id"]),
    )
    sql = "DELETE FROM mdl_context WHERE contextlevel = ? AND instanceid = ?"
    db.execute(sql, (MODULE, module))
    for table in ("course_modules_completion", "course_modules_viewed"):
        db.execute(f"DELETE FROM mdl_{table} WHERE coursemoduleid = ?", (module,))
    sql = "DELETE FROM mdl_course_completion_criteria WHERE criteriatype = 4 AND moduleinstance = ?"
    db.execute(sql, (module,))
    db.execute("DELETE FROM mdl_course_modules WHERE id = ?", (module,))
    force_regrading(db, row["course"])
    touch(db, row["course"])


def _delete_instance(db: sqlite3.Connection, kind: str, instance: int) -> None:
    if kind == "assign":
        for table in _KEPT_BY_ASSIGNMENTS:
            db.execute(f"DELETE FROM mdl_{table} WHERE assignment = ?", (instance,))
    db.execute(f"DELETE FROM mdl_{kind} WHERE id = ?", (instance,))
    items = "itemtype = 'mod' AND itemmodule = ? AND iteminstance = ?"
    db.execute(
        "DELETE FROM mdl_grade_grades WHERE itemid IN "
        f"(SELECT id FROM mdl_grade_items WHERE {items})",
        (kind, instance),
    )
    db.execute(f"DELETE FROM mdl_grade_items WHERE {items}", (kind, instance))
