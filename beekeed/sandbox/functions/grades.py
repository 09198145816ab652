"""core_grades_update_grades: raw grades of learners in one item of an activity.

The one rule: as `grade_update` in lib/gradelib.php. It answers a number and leaves the checks to
the caller: who is not enrolled or does not exist is graded, a grade beyond the range is taken, an
activity without such an item gets one.
"""

import sqlite3

from beekeed.sandbox.access import MODULES_SQL, can, context_of, enter_course_or_explain
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.completion_rules import follow_grade
from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.errors import (
    MoodleError,
    NotBuilt,
    missing_record,
    moodle_error,
    write_failed,
)
from beekeed.sandbox.gradebook import NO_GRADE, PLAIN, final_grade, fixed, regrade
from beekeed.sandbox.standard import COURSE, KINDS

DONE, FAILED, SEVERAL_ITEMS, ITEM_LOCKED = 0, 1, 2, 4
"""lib/grade/constants.php."""

_TOO_HIGH = 100_000
"""The columns of grades hold five digits before the point."""


def update_grades(call: Call, parameters: Parameters) -> int:
    """core_grades_update_grades: 0 done, 1 failed for at least one, 2 several items, 4 locked.

    The course counts as it is given, also where the activity is in another one: that makes a new
    item there (seen). `str_feedback` is dropped. Changing an item (`itemdetails`) is not built.
    """
    module = _activity(call, parameters["component"], parameters["activityid"])
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", parameters["courseid"])
    if course is None:
        raise missing_record("course", "id", parameters["courseid"], "id,category")
    enter_course_or_explain(call, course)
    _require_rights(call, course, parameters)
    key = (course["id"], module["modname"], module["instance"], parameters["itemnumber"])
    items = _items(call.db, key)
    if len(items) > 1:
        return SEVERAL_ITEMS
    if items and is_locked(call.db, items[0]):
        return ITEM_LOCKED
    item = items[0] if items else _add_item(call, key)
    grades = {grade["studentid"]: grade["grade"] for grade in parameters["grades"]}
    if item["gradetype"] == NO_GRADE or not grades:
        return DONE
    learners = [user for user in grades if user]
    done = [_grade(call, item, user, grades[user]) for user in learners]
    return DONE if done and all(done) else FAILED


def _activity(call: Call, component: str | None, cmid: object) -> sqlite3.Row:
    """The course module, which must be of the component's kind; "quiz" stands for "mod_quiz"."""
    kind = (component or "").removeprefix("mod_")
    if kind not in {known.name for known in KINDS}:
        raise NotBuilt(f"grades of {component}")
    module = one(call.db, f"{MODULES_SQL} WHERE cm.id = ? AND m.name = ?", cmid, kind)
    if module is None:
        raise moodle_error("invalidcoursemodule", "Invalid course module ID")
    return module


def _require_rights(call: Call, course: sqlite3.Row, parameters: Parameters) -> None:
    """Rights are asked for by what is sent: nothing sent needs none, and still makes an item."""
    context = context_of(call.db, COURSE, course["id"]) or 0
    if parameters["itemdetails"] and not can(call, "moodle/grade:manage", context):
        raise _may_not("moodle/grade:manage required to edit grade information")
    if parameters["grades"] and not can(call, "moodle/grade:edit", context):
        raise _may_not("moodle/grade:edit required to edit grades")
    if parameters["itemdetails"]:
        raise NotBuilt("itemdetails")


def _may_not(debuginfo: str) -> MoodleError:
    return moodle_error("nopermissiontoviewgrades", "Cannot view grades.", debuginfo=debuginfo)


_Key = tuple[int, str, int, int]
"""Which item: course, kind and instance of the activity, number."""


def _items(db: sqlite3.Connection, key: _Key) -> list[sqlite3.Row]:
    sql = (
        "SELECT * FROM mdl_grade_items WHERE courseid = ? AND itemtype = 'mod' "
        "AND itemmodule = ? AND iteminstance = ? AND itemnumber IS ?"
    )
    return rows(db, sql, *key)


def _add_item(call: Call, key: _Key) -> sqlite3.Row:
    """A new item at the end of the course, without a name, out of 100."""
    course, kind, instance, number = key
    sql = "SELECT iteminstance FROM mdl_grade_items WHERE courseid = ? AND itemtype = 'course'"
    order = value(call.db, "SELECT max(sortorder) FROM mdl_grade_items WHERE courseid = ?", course)
    insert(
        call.db, "grade_items", courseid=course, categoryid=value(call.db, sql, course),
        itemtype="mod", itemmodule=kind, iteminstance=instance, itemnumber=number,
        sortorder=(order or 0) + 1, timecreated=call.now, timemodified=call.now,
    )  # fmt: skip
    return _items(call.db, key)[0]


def is_locked(db: sqlite3.Connection, item: sqlite3.Row) -> bool:
    """Whether an item is locked, or its activity on its way out."""
    sql = (
        "SELECT 1 FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module "
        "WHERE cm.course = ? AND m.name = ? AND cm.instance = ? AND cm.deletioninprogress = 1"
    )
    key = (item["courseid"], item["itemmodule"], item["iteminstance"])
    return bool(item["locked"]) or value(db, sql, *key) is not None


def _grade(call: Call, item: sqlite3.Row, user: int, sent: float | None) -> bool:
    """Takes one raw grade (`grade_item::update_raw_grade`); False where that is not possible."""
    old = one(
        call.db, "SELECT * FROM mdl_grade_grades WHERE itemid = ? AND userid = ?", item["id"], user
    )
    if item["calculation"] or item["outcomeid"] or (old is not None and _is_closed(old, call.now)):
        return False
    if sent is not None and abs(sent) >= _TOO_HIGH:
        raise write_failed("Out of range value for column 'rawgrade' at row 1")
    raw = None if sent is None else float(fixed(sent, 5))
    new = _changed(call, item, old, raw)
    if old is None:
        insert(
            call.db, "grade_grades", itemid=item["id"], userid=user, feedbackformat=PLAIN,
            informationformat=PLAIN, **new,
        )  # fmt: skip
    elif any(old[name] != new[name] for name in new if name != "usermodified"):
        setting = ", ".join(f"{name} = ?" for name in new)
        sql = f"UPDATE mdl_grade_grades SET {setting} WHERE id = ?"
        call.db.execute(sql, (*new.values(), old["id"]))
    else:
        return True
    follow_grade(call, item, user)
    regrade(call.db, item["courseid"], call.now, user)
    return True


def _is_closed(grade: sqlite3.Row, now: int) -> bool:
    return bool(grade["locked"]) or 0 < grade["locktime"] < now


def _changed(
    call: Call, item: sqlite3.Row, old: sqlite3.Row | None, raw: float | None
) -> dict[str, float | None]:
    """The columns of a grade's row. What a teacher overrode keeps final grade and time."""
    final = final_grade(item, raw)
    graded_at = None if old is None else old["timemodified"]
    if old is not None and old["overridden"]:
        final = old["finalgrade"]
    elif raw is None and (old is None or old["feedback"] is None):
        graded_at = None
    elif old is None or final != old["finalgrade"]:
        graded_at = call.now
    return {
        "rawgrade": raw,
        "rawgrademin": item["grademin"],
        "rawgrademax": item["grademax"],
        "rawscaleid": item["scaleid"],
        "finalgrade": final,
        "usermodified": call.account_id,
        "timecreated": None,
        "timemodified": graded_at,
    }
