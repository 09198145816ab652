"""What a raw grade becomes: the final grade of an item, and the learner's total of the course.

The one rule: as lib/grade of 4.5 reckons a new course: one category, natural weights, only what
is graded counts. Weights set by hand, extra credit and calculations are not reckoned.
"""

import sqlite3
from decimal import ROUND_HALF_UP, Decimal

from beekeed.sandbox.database import insert, one, rows

NO_GRADE, POINTS, SCALE = 0, 1, 2
PLAIN = 2
"""The text format that Moodle gives to a grade's row without a word of feedback (seen)."""


def fixed(number: float, digits: int) -> Decimal:
    """A number to so many decimals, halves upwards, as MariaDB stores and PHP prints it."""
    return Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def final_grade(item: sqlite3.Row, raw: float | None) -> float | None:
    """What a raw grade counts for: held within the item's range, a scale's to a whole value.

    Also 0 on a scale that begins with 1 counts as 1 (seen: scale 0).
    """
    lowest, highest = item["grademin"], item["grademax"]
    if raw is None or highest < lowest or item["gradetype"] not in (POINTS, SCALE):
        return None
    if item["gradetype"] == SCALE:
        return float(max(lowest, min(highest, int(fixed(raw + 0.00001, 0)))))
    adjusted = raw * item["multfactor"] + item["plusfactor"]
    return float(fixed(max(lowest, min(highest, adjusted)), 5))


def counted_items(db: sqlite3.Connection, course: int) -> list[sqlite3.Row]:
    """The items that a course's total is made of."""
    sql = (
        "SELECT * FROM mdl_grade_items WHERE courseid = ? AND itemtype <> 'course' "
        "AND gradetype IN (1, 2) ORDER BY id"
    )
    return rows(db, sql, course)


def regrade(
    db: sqlite3.Connection, course: int, now: int, user: int | None = None, *, read: bool = False
) -> None:
    """Brings the course's total up to date: its maximum and each learner's, or one learner's.

    Before it is `read` only of whom there is something: Moodle itself reckons after a change, and
    a learner whose grade was but locked has no total yet (seen). A course that `needsupdate`
    waits for `catch_up`.
    """
    total = _total(db, course)
    if total is None or total["needsupdate"]:
        return
    _reckon(db, total, now, _learners(db, course, only_graded=read), user)


def catch_up(db: sqlite3.Connection, course: int, now: int) -> None:
    """Reckons a course that `needsupdate`, for everybody: before a report and before a grade of an
    assignment (`grade_get_grades`).
    """
    total = _total(db, course)
    if total is None or not total["needsupdate"]:
        return
    db.execute("UPDATE mdl_grade_items SET needsupdate = 0 WHERE courseid = ?", (course,))
    _reckon(db, total, now, _learners(db, course, only_graded=False))


def force_regrading(db: sqlite3.Connection, course: int, item: int | None = None) -> None:
    """Has the whole course reckoned later; until then no grade of the item can be locked.

    As `grade_item::force_regrading`.
    """
    sql = "UPDATE mdl_grade_items SET needsupdate = 1 WHERE courseid = ?"
    db.execute(f"{sql} AND (itemtype = 'course' OR id = ?)", (course, item))


def _total(db: sqlite3.Connection, course: int) -> sqlite3.Row | None:
    sql = "SELECT * FROM mdl_grade_items WHERE courseid = ? AND itemtype = 'course'"
    return one(db, sql, course)


def _reckon(
    db: sqlite3.Connection,
    total: sqlite3.Row,
    now: int,
    learners: list[int],
    user: int | None = None,
) -> None:
    if total["locked"]:
        return
    items = counted_items(db, total["courseid"])
    highest = sum(item["grademax"] for item in items)
    db.execute("UPDATE mdl_grade_items SET grademax = ? WHERE id = ?", (highest, total["id"]))
    for learner in learners:
        if user in (None, learner):
            _add_up(db, total["id"], items, learner, now)


def _learners(db: sqlite3.Connection, course: int, *, only_graded: bool) -> list[int]:
    """Who has a row of a counted item, or one with a grade, a comment or a teacher's word in it."""
    something = "coalesce(g.rawgrade, g.finalgrade, g.feedback) IS NOT NULL OR g.overridden <> 0"
    sql = (
        "SELECT DISTINCT g.userid FROM mdl_grade_grades g JOIN mdl_grade_items i "
        "ON i.id = g.itemid WHERE i.courseid = ? AND i.gradetype IN (1, 2) "
        f"AND ({something if only_graded else '1 = 1'}) ORDER BY g.userid"
    )
    return [row["userid"] for row in rows(db, sql, course)]


def _add_up(
    db: sqlite3.Connection, total: int, items: list[sqlite3.Row], user: int, now: int
) -> None:
    """One learner's total; who has one grade gets a row for every item (seen: novalue)."""
    old = _row(db, total, user)
    if old["locked"] or old["overridden"]:
        return
    grades = {item["id"]: _row(db, item["id"], user, item) for item in items}
    used = [item for item in items if _status(grades[item["id"]]) == "used"]
    highest = sum(item["grademax"] for item in used)
    points = sum(grades[item["id"]]["finalgrade"] for item in used) if used else None
    _store_total(db, old, points, highest, now)
    for item in items:
        status = _status(grades[item["id"]])
        weight = item["grademax"] / highest if status == "used" and highest else 0.0
        db.execute(
            "UPDATE mdl_grade_grades SET aggregationstatus = ?, aggregationweight = ? WHERE id = ?",
            (status, float(fixed(weight, 5)), grades[item["id"]]["id"]),
        )


def _row(
    db: sqlite3.Connection, item: int, user: int, measure: sqlite3.Row | None = None
) -> sqlite3.Row:
    """A learner's row of an item, made where there is none, with the range of its measure."""
    sql = "SELECT * FROM mdl_grade_grades WHERE itemid = ? AND userid = ?"
    known = one(db, sql, item, user)
    if known is not None:
        return known
    scope = {} if measure is None else {
        "rawgrademin": measure["grademin"], "rawgrademax": measure["grademax"]
    }  # fmt: skip
    insert(
        db, "grade_grades", itemid=item, userid=user, feedbackformat=PLAIN,
        informationformat=PLAIN, **scope,
    )  # fmt: skip
    return _row(db, item, user, measure)


def _status(grade: sqlite3.Row) -> str:
    """How a grade counts towards the total."""
    if grade["finalgrade"] is None:
        return "novalue"
    return "dropped" if grade["excluded"] else "used"


def _store_total(
    db: sqlite3.Connection, old: sqlite3.Row, points: float | None, highest: float, now: int
) -> None:
    """The sum of what counts, out of the sum of its maximums; a time only where it changed."""
    final = None if points is None else float(fixed(points, 5))
    top = old["rawgrademax"] if points is None else highest
    if (final, top) == (old["finalgrade"], old["rawgrademax"]):
        return
    db.execute(
        "UPDATE mdl_grade_grades SET finalgrade = ?, rawgrademax = ?, timemodified = ? "
        "WHERE id = ?",
        (final, top, now, old["id"]),
    )
