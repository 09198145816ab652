"""core_grades_update_grades: raw grades of learners in one item of an activity.

The one rule: as `grade_update` in lib/gradelib.php. It answers a number and leaves the checks to
the caller: who is not enrolled or does not exist is graded, a grade beyond the range is taken, an
activity without such an item gets one.
"""

import sqlite3

from beekeed.sandbox.access import MODULES_SQL, can, context_of, enter_course_or_explain
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.errors import MoodleError, NotBuilt, missing_record, moodle_error
from beekeed.sandbox.gradebook import NO_GRADE
from beekeed.sandbox.raw_grade import Given, is_locked, take
from beekeed.sandbox.standard import COURSE, KINDS

DONE, FAILED, SEVERAL_ITEMS, ITEM_LOCKED = 0, 1, 2, 4
"""lib/grade/constants.php."""


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
    done = [take(call, item, user, Given(grades[user])) for user in learners]
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
