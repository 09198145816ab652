"""The steps of tests/live/steps.py, done to the sandbox's database instead.

The one rule: the rows that Moodle's own pages leave behind, as far as any web service of ours
shows them.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from beekeed.sandbox.answering import run
from beekeed.sandbox.call import Call, read_config
from beekeed.sandbox.completion_rules import follow_grade
from beekeed.sandbox.content import delete_activity
from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.gradebook import final_grade, force_regrading, regrade
from beekeed.sandbox.parameters import read_contract
from beekeed.sandbox.people import enrol
from beekeed.sandbox.raw_grade import grade_of, is_locked
from beekeed.sandbox.site import allow, context_id, role_id, set_config
from beekeed.sandbox.standard import ADMIN_ID, MODULE, SYSTEM

Step = Mapping[str, Any]


def take(db: sqlite3.Connection, step: Step, now: int) -> None:
    """Do one step."""
    STEPS[step["step"]](db, step, now)


def _see_hidden_grades(db: sqlite3.Connection, _: Step, now: int) -> None:
    role = role_id(db, "beekeesync")
    allow(db, role, "moodle/grade:viewhidden", context=context_id(db, SYSTEM, 0), now=now)


def _add_profile_field(db: sqlite3.Connection, step: Step, _: int) -> None:
    order = 1 + value(db, "SELECT count(*) FROM mdl_user_info_field")
    given = {name: setting for name, setting in step.items() if name != "step"}
    insert(db, "user_info_field", **given, categoryid=1, sortorder=order, descriptionformat=1)


def _set_config(name: str) -> Callable[[sqlite3.Connection, Step, int], None]:
    return lambda db, step, _: set_config(db, name, str(step["on"]))


def _show_identity(db: sqlite3.Connection, step: Step, _: int) -> None:
    set_config(db, "showuseridentity", step["fields"])


def _track(db: sqlite3.Connection, step: Step, _: int) -> None:
    sql = "UPDATE mdl_course_modules SET completion = ? WHERE id = ?"
    db.execute(sql, (step["completion"], step["cmid"]))


def _hide(db: sqlite3.Connection, step: Step, now: int) -> None:
    """A quiz's item is hidden anyway: the samples' quizzes show no marks."""
    module = _module(db, step["cmid"])
    if module["visible"] == step["visible"]:
        return
    sql = "UPDATE mdl_course_modules SET visible = ? WHERE id = ?"
    db.execute(sql, (step["visible"], module["id"]))
    kind = module["name"]
    sql = f"UPDATE mdl_{kind} SET timemodified = ? WHERE id = ?"
    db.execute(sql, (now, module["instance"]))
    hidden = 1 if kind == "quiz" else 1 - step["visible"]
    sql = "UPDATE mdl_grade_items SET hidden = ? WHERE itemmodule = ? AND iteminstance = ?"
    db.execute(sql, (hidden, kind, module["instance"]))


def _module(db: sqlite3.Connection, cmid: int) -> sqlite3.Row:
    sql = (
        "SELECT cm.*, m.name FROM mdl_course_modules cm "
        "JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ?"
    )
    module = one(db, sql, cmid)
    assert module is not None
    return module


def _delete_module(db: sqlite3.Connection, step: Step, _: int) -> None:
    delete_activity(db, step["cmid"])


def _set_assignment(db: sqlite3.Connection, step: Step, _: int) -> None:
    sql = f"UPDATE mdl_assign SET {step['name']} = ? WHERE id = ?"
    db.execute(sql, (step["value"], step["assignment"]))


def _set_item(db: sqlite3.Connection, step: Step, _: int) -> None:
    sql = f"UPDATE mdl_grade_items SET {step['name']} = ? WHERE id = ?"
    db.execute(sql, (step["value"], step["item"]))


def _lock_item(db: sqlite3.Connection, step: Step, now: int) -> None:
    """What waits for its regrading is locked after that only, which no record needs."""
    item = _item(db, step["item"])
    assert not (step["locked"] and item["needsupdate"])
    sql = "UPDATE mdl_grade_items SET locked = ? WHERE id = ?"
    db.execute(sql, (now if step["locked"] else 0, item["id"]))
    if not step["locked"]:
        force_regrading(db, item["courseid"], item["id"])


def _lock_grade(db: sqlite3.Connection, step: Step, now: int) -> None:
    """Makes a row for it; what waits for its regrading cannot be locked."""
    item, user = _item(db, step["item"]), step["user"]
    if grade_of(db, item, user) is None:
        insert(db, "grade_grades", itemid=item["id"], userid=user)
    if not (step["locked"] and item["needsupdate"]):
        sql = "UPDATE mdl_grade_grades SET locked = ? WHERE itemid = ? AND userid = ?"
        db.execute(sql, (now if step["locked"] else 0, item["id"], user))


def _item(db: sqlite3.Connection, item_id: int) -> sqlite3.Row:
    item = one(db, "SELECT * FROM mdl_grade_items WHERE id = ?", item_id)
    assert item is not None
    return item


def _grade_by_hand(db: sqlite3.Connection, step: Step, now: int) -> None:
    """As `grade_item::update_final_grade`: a grade, a comment, or both, by a teacher."""
    item, user = _item(db, step["item"]), step["user"]
    grade = grade_of(db, item, user)
    if is_locked(db, item) or (grade is not None and grade["locked"]):
        return
    new: dict[str, Any] = {
        "rawgrademin": item["grademin"], "rawgrademax": item["grademax"],
        "rawscaleid": item["scaleid"], "overridden": now, "timemodified": now,
        "usermodified": ADMIN_ID,
    }  # fmt: skip
    if "grade" in step:
        new["finalgrade"] = final_grade(item, step["grade"])
    if "feedback" in step:
        new |= {"feedback": step["feedback"], "feedbackformat": step.get("format", 1)}
    if grade is None:
        insert(db, "grade_grades", itemid=item["id"], userid=user, **new)
    else:
        setting = ", ".join(f"{name} = ?" for name in new)
        sql = f"UPDATE mdl_grade_grades SET {setting} WHERE id = ?"
        db.execute(sql, (*new.values(), grade["id"]))
    follow_grade(_by_teacher(db, now), item, user)
    regrade(db, item["courseid"], now, user)


def _by_teacher(db: sqlite3.Connection, now: int) -> Call:
    admin = one(db, "SELECT * FROM mdl_user WHERE id = ?", ADMIN_ID)
    assert admin is not None
    return Call(db, read_config(db), read_contract(), admin, 1, now, run)


def _stop_overriding(db: sqlite3.Connection, step: Step, now: int) -> None:
    """The grade is the activity's again: an assignment's own one, of a quiz without tries none."""
    item, user = _item(db, step["item"]), step["user"]
    sql = "SELECT id, grade FROM mdl_assign_grades WHERE assignment = ? AND userid = ?"
    own = one(db, sql, item["iteminstance"], user) if item["itemmodule"] == "assign" else None
    new: dict[str, Any] = {"overridden": 0, "rawgrade": None, "finalgrade": None}
    if own is not None:
        new |= {"timecreated": now, "rawgrade": own["grade"], "finalgrade": own["grade"]}
        sql = "SELECT * FROM mdl_assignfeedback_comments WHERE grade = ?"
        comment = one(db, sql, own["id"])
        if comment is not None:
            new |= {"feedback": comment["commenttext"], "feedbackformat": comment["commentformat"]}
    setting = ", ".join(f"{name} = ?" for name in new)
    sql = f"UPDATE mdl_grade_grades SET {setting} WHERE itemid = ? AND userid = ?"
    db.execute(sql, (*new.values(), item["id"], user))
    regrade(db, item["courseid"], now, user)


def _suspend_account(db: sqlite3.Connection, step: Step, _: int) -> None:
    sql = "UPDATE mdl_user SET suspended = ? WHERE id = ?"
    db.execute(sql, (step["suspended"], step["user"]))


def _delete_account(db: sqlite3.Connection, step: Step, now: int) -> None:
    """As `delete_user`: nothing of the learner is left but the account's row and completions."""
    user = step["user"]
    for table in ("grade_grades", "role_assignments", "groups_members", "user_enrolments",
                  "user_info_data", "user_lastaccess"):  # fmt: skip
        db.execute(f"DELETE FROM mdl_{table} WHERE userid = ?", (user,))
    db.execute(
        "UPDATE mdl_user SET deleted = 1, username = email || '.' || ?, "
        "email = 'hash of ' || username, idnumber = '', timemodified = ? WHERE id = ?",
        (now, now, user),
    )


def _enrol_by_itself(db: sqlite3.Connection, step: Step, now: int) -> None:
    course = step["course"]
    db.execute("UPDATE mdl_enrol SET status = 0 WHERE enrol = 'self' AND courseid = ?", (course,))
    known = rows(db, "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0", step["user"])
    assert known
    enrol(db, course, step["user"], now=now, method="self")


def _add_function(db: sqlite3.Connection, step: Step, _: int) -> None:
    service = value(db, "SELECT id FROM mdl_external_services WHERE shortname = 'beekee'")
    insert(
        db, "external_services_functions", externalserviceid=service,
        functionname=step["function"],
    )  # fmt: skip


def _choose_grading(db: sqlite3.Connection, step: Step, _: int) -> None:
    context = context_id(db, MODULE, step["cmid"])
    db.execute("DELETE FROM mdl_grading_areas WHERE contextid = ?", (context,))
    insert(
        db, "grading_areas", contextid=context, component="mod_assign", areaname="submissions",
        activemethod=step["method"],
    )  # fmt: skip


STEPS: Mapping[str, Callable[[sqlite3.Connection, Step, int], None]] = {
    "see hidden grades": _see_hidden_grades,
    "add profile field": _add_profile_field,
    "add function": _add_function,
    "choose grading": _choose_grading,
    "maintenance": _set_config("maintenance_enabled"),
    "track the site": _set_config("enablecompletion"),
    "show identity": _show_identity,
    "track": _track,
    "hide": _hide,
    "delete module": _delete_module,
    "set assignment": _set_assignment,
    "set item": _set_item,
    "lock item": _lock_item,
    "lock grade": _lock_grade,
    "override grade": _grade_by_hand,
    "stop overriding": _stop_overriding,
    "comment in the gradebook": _grade_by_hand,
    "suspend account": _suspend_account,
    "delete account": _delete_account,
    "enrol by itself": _enrol_by_itself,
}
