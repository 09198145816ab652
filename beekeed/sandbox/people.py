"""Enrols people and records their work in a Moodle's database.

The one rule: the rows that Moodle writes, with the time they were written; a repeated enrolment
edits the first one as `enrol_plugin::enrol_user` does.
"""

import sqlite3

from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.site import context_id, role_id
from beekeed.sandbox.standard import ADMIN_ID, COURSE


def enrol(
    db: sqlite3.Connection,
    course: int,
    user: int,
    *,
    now: int,
    role: str = "student",
    method: str = "manual",
    status: int = 0,
    timestart: int = 0,
    timeend: int = 0,
) -> None:
    """Enrols somebody in a course, with a role there; status 1 is suspended."""
    sql = "SELECT * FROM mdl_enrol WHERE courseid = ? AND enrol = ?"
    instance = one(db, sql, course, method)
    assert instance is not None  # noqa: S101  (add_empty_course makes manual, guest, self)
    enrol_user(
        db, instance, user, status=status, timestart=timestart, timeend=timeend, now=now,
        modifier=ADMIN_ID,
    )  # fmt: skip
    assign_role(db, role_id(db, role), context_id(db, COURSE, course), user, now, ADMIN_ID)


def enrol_user(
    db: sqlite3.Connection,
    instance: sqlite3.Row,
    user: int,
    *,
    status: int,
    timestart: int,
    timeend: int,
    now: int,
    modifier: int,
) -> None:
    """Enrols through an instance; who is enrolled through it already gets these values instead.

    This is what lifts a suspension and an end date when somebody is enrolled again.
    """
    wanted = {"status": status, "timestart": timestart, "timeend": timeend}
    stamp = {"modifierid": modifier, "timemodified": now}
    sql = "SELECT * FROM mdl_user_enrolments WHERE enrolid = ? AND userid = ?"
    known = one(db, sql, instance["id"], user)
    if known is None:
        key = {"enrolid": instance["id"], "userid": user, "timecreated": now}
        insert(db, "user_enrolments", **key, **wanted, **stamp)
        return
    if all(known[name] == setting for name, setting in wanted.items()):
        return
    db.execute(
        "UPDATE mdl_user_enrolments SET status = :status, timestart = :timestart, "
        "timeend = :timeend, modifierid = :modifierid, timemodified = :timemodified "
        "WHERE id = :id",
        {**wanted, **stamp, "id": known["id"]},
    )


def assign_role(
    db: sqlite3.Connection, role: int, context: int, user: int, now: int, modifier: int
) -> None:
    """Gives somebody a role in a context, once."""
    sql = (
        "SELECT 1 FROM mdl_role_assignments WHERE roleid = ? AND contextid = ? AND userid = ? "
        "AND component = '' AND itemid = 0"
    )
    if value(db, sql, role, context, user) is None:
        insert(
            db, "role_assignments", roleid=role, contextid=context, userid=user,
            timemodified=now, modifierid=modifier,
        )  # fmt: skip


def unenrol_user(db: sqlite3.Connection, instance: sqlite3.Row, user: int) -> bool:
    """Ends an enrolment, and says whether it was the last one in the course.

    With that go roles, groups and last visit, and the grades, which the caller takes away
    (`raw_grade.forget`). Completions stay (seen: completion is still there after unenrolment).
    """
    sql = "DELETE FROM mdl_user_enrolments WHERE enrolid = ? AND userid = ?"
    gone = db.execute(sql, (instance["id"], user)).rowcount
    sql = (
        "SELECT 1 FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid "
        "WHERE ue.userid = ? AND e.courseid = ?"
    )
    course = instance["courseid"]
    if not gone or value(db, sql, user, course) is not None:
        return False
    context = context_id(db, COURSE, course)
    db.execute(
        "DELETE FROM mdl_role_assignments WHERE userid = ? AND contextid = ?", (user, context)
    )
    db.execute(
        "DELETE FROM mdl_groups_members WHERE userid = ? "
        "AND groupid IN (SELECT id FROM mdl_groups WHERE courseid = ?)",
        (user, course),
    )
    db.execute("DELETE FROM mdl_user_lastaccess WHERE userid = ? AND courseid = ?", (user, course))
    return True


def enrolled_learners(db: sqlite3.Connection, course: int) -> list[int]:
    """The accounts with a student's role in a course, in order."""
    sql = (
        "SELECT DISTINCT ra.userid FROM mdl_role_assignments ra "
        "JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student' "
        "WHERE ra.contextid = ? ORDER BY ra.userid"
    )
    return [row["userid"] for row in rows(db, sql, context_id(db, COURSE, course))]


def make_group(db: sqlite3.Connection, course: int, name: str, *, now: int) -> int:
    """Makes a group of a course and answers its id."""
    return insert(
        db, "groups", courseid=course, name=name, description="", descriptionformat=0,
        timecreated=now, timemodified=now,
    )  # fmt: skip


def join(db: sqlite3.Connection, group: int, user: int, *, now: int) -> None:
    """Makes somebody a member of a group, which has changed then."""
    insert(db, "groups_members", groupid=group, userid=user, timeadded=now)
    db.execute("UPDATE mdl_groups SET timemodified = ? WHERE id = ?", (now, group))


def set_completion(
    db: sqlite3.Connection,
    module: int,
    user: int,
    state: int,
    *,
    now: int,
    overridden_by: int | None = None,
) -> None:
    """Stores a state of completion in place of what was there."""
    sql = "SELECT id FROM mdl_course_modules_completion WHERE coursemoduleid = ? AND userid = ?"
    known = value(db, sql, module, user)
    if known is None:
        insert(
            db, "course_modules_completion", coursemoduleid=module, userid=user,
            completionstate=state, overrideby=overridden_by, timemodified=now,
        )  # fmt: skip
        return
    db.execute(
        "UPDATE mdl_course_modules_completion SET completionstate = ?, overrideby = ?, "
        "timemodified = ? WHERE id = ?",
        (state, overridden_by, now, known),
    )


def view(db: sqlite3.Connection, module: int, user: int, *, now: int) -> None:
    """Records that somebody looked at an activity, the first time only."""
    sql = "SELECT 1 FROM mdl_course_modules_viewed WHERE coursemoduleid = ? AND userid = ?"
    if value(db, sql, module, user) is None:
        insert(db, "course_modules_viewed", coursemoduleid=module, userid=user, timecreated=now)


def grade(
    db: sqlite3.Connection,
    module: int,
    user: int,
    raw: float,
    *,
    now: int,
    feedback: str | None = None,
    feedback_format: int = 1,
) -> None:
    """Gives a learner a grade in an activity's item, in place of the one that was there."""
    sql = (
        "SELECT i.* FROM mdl_grade_items i JOIN mdl_course_modules cm ON cm.id = ? "
        "JOIN mdl_modules m ON m.id = cm.module AND m.name = i.itemmodule "
        "WHERE i.itemtype = 'mod' AND i.iteminstance = cm.instance"
    )
    item = one(db, sql, module)
    assert item is not None  # noqa: S101  (only graded activities are graded)
    db.execute("DELETE FROM mdl_grade_grades WHERE itemid = ? AND userid = ?", (item["id"], user))
    insert(
        db, "grade_grades", itemid=item["id"], userid=user, rawgrade=raw,
        rawgrademax=item["grademax"], finalgrade=raw, usermodified=ADMIN_ID,
        feedback=feedback, feedbackformat=feedback_format, informationformat=2, timemodified=now,
        aggregationstatus="used",
    )  # fmt: skip


def mark_assignment(
    db: sqlite3.Connection, module: int, user: int, points: float, comment: str, *, now: int
) -> None:
    """Marks what a learner handed in, the first time, as a teacher does on an assignment's page.

    The assignment keeps the grade and, where there are words, the comment (HTML); the gradebook
    gets both. No words are format 0 there, Moodle's own (seen).
    """
    sql = "SELECT instance FROM mdl_course_modules WHERE id = ?"
    assignment = value(db, sql, module)
    kept = insert(
        db, "assign_grades", assignment=assignment, userid=user, timecreated=now,
        timemodified=now, grader=ADMIN_ID, grade=points,
    )  # fmt: skip
    if comment:
        insert(
            db, "assignfeedback_comments", assignment=assignment, grade=kept,
            commenttext=comment, commentformat=1,
        )  # fmt: skip
    grade(
        db, module, user, points, now=now, feedback=comment or None,
        feedback_format=1 if comment else 0,
    )  # fmt: skip


def submit(db: sqlite3.Connection, module: int, user: int, *, now: int) -> None:
    """Hands in an assignment, or answers a choice."""
    sql = (
        "SELECT m.name, cm.instance FROM mdl_course_modules cm "
        "JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ?"
    )
    row = one(db, sql, module)
    assert row is not None  # noqa: S101  (the caller knows it)
    if row["name"] == "assign":
        insert(
            db, "assign_submission", assignment=row["instance"], userid=user, timecreated=now,
            timemodified=now, status="submitted", latest=1,
        )  # fmt: skip
    elif row["name"] == "choice":
        insert(
            db, "choice_answers", choiceid=row["instance"], userid=user, optionid=1,
            timemodified=now,
        )  # fmt: skip
