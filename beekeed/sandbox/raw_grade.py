"""One learner's raw grade in an item, and what follows: final grade, completion, the total.

The one rule: as `grade_item::update_raw_grade`. What is locked takes nothing, and of what a
teacher overrode only the raw grade changes.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from beekeed.sandbox.call import Call
from beekeed.sandbox.completion_rules import follow_grade
from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.errors import coding_error, write_failed
from beekeed.sandbox.gradebook import PLAIN, final_grade, fixed, regrade

FORMATS = (0, 1, 2, 4)
"""Moodle's own, HTML, plain text, Markdown."""

_TOO_HIGH = 100_000
"""The columns of grades hold five digits before the point."""


@dataclass(frozen=True)
class Comment:
    """A teacher's words and their text format (0 Moodle's own, 1 HTML, 2 plain, 4 Markdown)."""

    text: str | None
    format: int


@dataclass(frozen=True)
class Given:
    """What an activity gives to the gradebook.

    `graded_at`: None leaves it to the gradebook, which stamps changes alone. `comment`: None
    leaves the one that is there.
    """

    raw: float | None
    graded_at: int | None = None
    comment: Comment | None = None


def is_locked(db: sqlite3.Connection, item: sqlite3.Row) -> bool:
    """Whether an item is locked, or its activity on its way out."""
    sql = (
        "SELECT 1 FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module "
        "WHERE cm.course = ? AND m.name = ? AND cm.instance = ? AND cm.deletioninprogress = 1"
    )
    key = (item["courseid"], item["itemmodule"], item["iteminstance"])
    return bool(item["locked"]) or value(db, sql, *key) is not None


def grade_of(db: sqlite3.Connection, item: sqlite3.Row, user: int) -> sqlite3.Row | None:
    """A learner's row of an item, or None."""
    sql = "SELECT * FROM mdl_grade_grades WHERE itemid = ? AND userid = ?"
    return one(db, sql, item["id"], user)


def require_known_format(grade: sqlite3.Row | None) -> None:
    """Refuses words in a format that Moodle has not, which it took when they were sent (seen).

    From then on the learner's grades can neither be read nor, in an assignment, be sent.
    """
    if grade is None or grade["feedback"] is None or grade["feedbackformat"] in FORMATS:
        return
    raise coding_error(f"Unknown format passed to format_text: {grade['feedbackformat']}")


def take(call: Call, item: sqlite3.Row, user: int, given: Given) -> bool:
    """Takes one raw grade; False where the item or the learner's grade takes none.

    Raises dmlwriteexception for a number beyond the column.
    """
    old = grade_of(call.db, item, user)
    if item["calculation"] or item["outcomeid"] or (old is not None and _is_closed(old, call.now)):
        return False
    if given.raw is not None and abs(given.raw) >= _TOO_HIGH:
        raise write_failed("Out of range value for column 'rawgrade' at row 1")
    new = _changed(call, item, old, given)
    if old is None:
        standard = {"feedbackformat": PLAIN, "informationformat": PLAIN}
        insert(call.db, "grade_grades", itemid=item["id"], userid=user, **(standard | new))
    elif any(old[name] != new[name] for name in new if name != "usermodified"):
        setting = ", ".join(f"{name} = ?" for name in new)
        sql = f"UPDATE mdl_grade_grades SET {setting} WHERE id = ?"
        call.db.execute(sql, (*new.values(), old["id"]))
    else:
        return True
    follow_grade(call, item, user)
    regrade(call.db, item["courseid"], call.now, user)
    return True


def forget(call: Call, course: int, user: int) -> None:
    """Takes all grades of a learner in a course away, and what completion followed from them.

    As `grade_user_unenrol`: what activities keep themselves stays there (seen: an assignment's
    grade that was given before shows again with the next one).
    """
    sql = (
        "SELECT i.* FROM mdl_grade_items i JOIN mdl_grade_grades g ON g.itemid = i.id "
        "WHERE i.courseid = ? AND g.userid = ?"
    )
    for item in rows(call.db, sql, course, user):
        sql = "DELETE FROM mdl_grade_grades WHERE itemid = ? AND userid = ?"
        call.db.execute(sql, (item["id"], user))
        follow_grade(call, item, user)


def _is_closed(grade: sqlite3.Row, now: int) -> bool:
    return bool(grade["locked"]) or 0 < grade["locktime"] < now


def _changed(
    call: Call, item: sqlite3.Row, old: sqlite3.Row | None, given: Given
) -> dict[str, Any]:
    """The columns of a grade's row. What a teacher overrode keeps final grade, time, words."""
    raw = None if given.raw is None else float(fixed(given.raw, 5))
    overridden = old if old is not None and old["overridden"] else None
    new = {
        "rawgrade": raw,
        "rawgrademin": item["grademin"],
        "rawgrademax": item["grademax"],
        "rawscaleid": item["scaleid"],
        "finalgrade": final_grade(item, raw) if overridden is None else overridden["finalgrade"],
        "usermodified": call.account_id,
        "timecreated": None,
        **(_words(given.comment) if overridden is None else {}),
    }
    return new | {"timemodified": _graded_at(call.now, old, new, given)}


def _words(comment: Comment | None) -> dict[str, Any]:
    """An empty comment is none; its format is kept all the same."""
    if comment is None:
        return {}
    return {"feedback": comment.text or None, "feedbackformat": comment.format}


def _graded_at(now: int, old: sqlite3.Row | None, new: dict[str, Any], given: Given) -> int | None:
    """When it was graded: never without grade and words, as the activity says, or as guessed."""
    before: int | None = None if old is None else old["timemodified"]
    if old is not None and old["overridden"]:
        return before
    feedback = new.get("feedback", None if old is None else old["feedback"])
    if new["rawgrade"] is None and feedback is None:
        return None
    if given.graded_at is not None:
        return given.graded_at
    changed = old is None or (new["finalgrade"], feedback) != (old["finalgrade"], old["feedback"])
    return now if changed else before
