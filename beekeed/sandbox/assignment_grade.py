"""What becomes of a grade that an assignment is sent: kept there, passed on, and told the learner.

The one rule: as `assign::apply_grade_to_user` (mod/assign/locallib.php), which has no transaction
and says nothing of what it leaves out. Filled-in forms and reopened attempts are not built.
"""

import sqlite3
from dataclasses import dataclass, replace

from beekeed.sandbox.access import context_of
from beekeed.sandbox.assignment import (
    NO_GRADE,
    NOTICE_WAITS,
    Sent,
    attempts_of,
    comment_of,
    flags_of,
    grade_row,
    has_comments,
    replace_comment,
    set_state,
    team_of,
)
from beekeed.sandbox.call import Call
from beekeed.sandbox.database import rows, value
from beekeed.sandbox.errors import NotBuilt
from beekeed.sandbox.gradebook import POINTS, SCALE, catch_up, fixed
from beekeed.sandbox.raw_grade import (
    Comment,
    Given,
    grade_of,
    is_locked,
    require_known_format,
    take,
)
from beekeed.sandbox.standard import MODULE

_RELEASED = "released"
_MOODLE_FORMAT = 0
_UNLIMITED = -1
_READY = 20
"""The state of a grading form's definition; under construction it is 10."""


@dataclass(frozen=True)
class Assignment:
    """An assignment: its own row, its course module, its grade item."""

    own: sqlite3.Row
    module: sqlite3.Row
    item: sqlite3.Row


def read_assignment(db: sqlite3.Connection, own: sqlite3.Row, module: sqlite3.Row) -> Assignment:
    """An assignment with its grade item; NotBuilt where it has none of its kind, or several."""
    sql = (
        "SELECT * FROM mdl_grade_items WHERE courseid = ? AND itemtype = 'mod' "
        "AND itemmodule = 'assign' AND iteminstance = ?"
    )
    items = rows(db, sql, own["course"], own["id"])
    if len(items) != 1 or not _is_item_of(own, items[0]):
        raise NotBuilt("an assignment without a grade item that is like it")
    return Assignment(own, module, items[0])


def _is_item_of(own: sqlite3.Row, item: sqlite3.Row) -> bool:
    """Whether the item has the range or the scale of its assignment; else Moodle changes it."""
    if own["grade"] < 0:
        return (item["gradetype"], item["scaleid"]) == (SCALE, -own["grade"])
    wanted = (POINTS, 0, own["grade"])
    return own["grade"] != 0 and (item["gradetype"], item["grademin"], item["grademax"]) == wanted


def save_grade(call: Call, assignment: Assignment, sent: Sent) -> None:
    """Stores what an assignment takes of a grade; nobody is told what it did not take.

    A locked or overridden grade stays, here as in the gradebook, while the comment is replaced
    here; the comment is replaced, too, where the grade does not fit. Any id of a learner is taken.
    Where the assignment is graded by a form (a rubric), the number is dropped and the grade that
    was there goes, as by a form that was left empty.
    The learner gets a notice by Moodle's next cron, whatever the assignment's own setting
    (`sendstudentnotifications`) says: that is for the grading form alone.

    Raises dmlwriteexception where there is a comment already and none was sent, invaliduser
    where a workflow state is new and there is no such account.
    """
    sent = replace(sent, team=team_of(call.db, assignment.own, sent.user))
    kept = grade_row(call, assignment.own["id"], sent)
    catch_up(call.db, assignment.own["course"], call.now)
    closed = _is_closed(call.db, assignment.item, sent.user)
    grade = kept["grade"]
    if not closed:
        grade = _new_grade(call.db, assignment.module, sent, kept["grade"])
        set_state(call.db, assignment.own["id"], sent)
    enabled = has_comments(call.db, assignment.own["id"])
    commented = enabled and replace_comment(call.db, kept, sent)
    is_graded = {kept["grade"], grade} - {None, NO_GRADE}
    if (sent.add_attempt or is_graded or commented) and _fits(call.db, assignment.own, grade):
        _update(call, assignment, sent, kept, grade, closed=closed)
    _queue_notice(call.db, assignment.own, sent)


def _new_grade(
    db: sqlite3.Connection, module: sqlite3.Row, sent: Sent, before: float | None
) -> float | None:
    if _has_form(db, module):
        return NO_GRADE
    return before if sent.grade is None else float(fixed(sent.grade, 5))


def _has_form(db: sqlite3.Connection, module: sqlite3.Row) -> bool:
    """Whether an assignment is graded by a form that is ready (`is_form_available`)."""
    sql = (
        "SELECT a.activemethod FROM mdl_grading_areas a "
        "JOIN mdl_grading_definitions d ON d.areaid = a.id AND d.method = a.activemethod "
        "WHERE a.contextid = ? AND a.component = 'mod_assign' AND a.areaname = 'submissions' "
        "AND d.status = ?"
    )
    method = value(db, sql, context_of(db, MODULE, module["id"]), _READY)
    if method not in (None, "rubric", "guide"):
        raise NotBuilt(f"grading by {method}")
    return method is not None


def _is_closed(db: sqlite3.Connection, item: sqlite3.Row, user: int) -> bool:
    """Whether the gradebook has a learner's grade locked or overridden."""
    grade = grade_of(db, item, user)
    require_known_format(grade)
    own = grade is not None and (grade["locked"] or grade["overridden"])
    return bool(own) or is_locked(db, item)


def _fits(db: sqlite3.Connection, own: sqlite3.Row, grade: float | None) -> bool:
    """Whether a grade is in the range, or one of the scale's values; 0 and none always are."""
    if not grade or grade == NO_GRADE:
        return True
    if own["grade"] > 0:
        return bool(0 <= grade <= own["grade"])
    words = value(db, "SELECT scale FROM mdl_scale WHERE id = ?", -own["grade"])
    return words is None or 1 <= int(grade) <= len(str(words).split(","))


def _update(
    call: Call,
    assignment: Assignment,
    sent: Sent,
    kept: sqlite3.Row,
    grade: float | None,
    *,
    closed: bool,
) -> None:
    """Keeps a grade, and passes it on where it is of the latest attempt."""
    sql = "UPDATE mdl_assign_grades SET grade = ?, grader = ?, timemodified = ? WHERE id = ?"
    call.db.execute(sql, (grade, call.account_id, call.now, kept["id"]))
    latest = attempts_of(call.db, assignment.own["id"], sent)[0]["attemptnumber"]
    if latest != kept["attemptnumber"]:
        return
    if not closed and not _is_anonymous(assignment.own):
        _pass_on(call, assignment, kept, grade)
    if _reopens(call.db, assignment, sent, latest):
        raise NotBuilt("an attempt that is reopened")


def _is_anonymous(own: sqlite3.Row) -> bool:
    """Marked blind: the gradebook would say whose grade it is."""
    hidden = own["blindmarking"] and not own["revealidentities"]
    return bool(hidden and not own["markinganonymous"])


def _pass_on(call: Call, assignment: Assignment, kept: sqlite3.Row, grade: float | None) -> None:
    """Gives grade and comment to the gradebook; not before a workflow has released them."""
    own, user = assignment.own, kept["userid"]
    raw, comment = None if grade == NO_GRADE else grade, _comment_to_pass(call.db, own, kept)
    if own["markingworkflow"] and flags_of(call.db, own["id"], user)["workflowstate"] != _RELEASED:
        raw, comment = None, Comment("", comment.format if comment else _MOODLE_FORMAT)
    _name_item(call, assignment)
    take(call, assignment.item, user, Given(raw, call.now, comment))


def _comment_to_pass(db: sqlite3.Connection, own: sqlite3.Row, kept: sqlite3.Row) -> Comment | None:
    """The kept comment, or an empty one; None where the assignment takes no comments at all.

    A comment that is NULL is none to pass: the gradebook keeps what it has (seen).
    """
    if not has_comments(db, own["id"]):
        return None
    known = comment_of(db, kept["id"])
    if known is None:
        return Comment("", _MOODLE_FORMAT)
    text = known["commenttext"]
    return None if text is None else Comment(text, known["commentformat"])


def _name_item(call: Call, assignment: Assignment) -> None:
    """The item takes the assignment's name and the module's idnumber (`grade_update`)."""
    wanted = {"itemname": assignment.own["name"], "idnumber": assignment.module["idnumber"] or ""}
    if all((assignment.item[name] or "") == text for name, text in wanted.items()):
        return
    call.db.execute(
        "UPDATE mdl_grade_items SET itemname = ?, idnumber = ?, timemodified = ? WHERE id = ?",
        (*wanted.values(), call.now, assignment.item["id"]),
    )


def _reopens(db: sqlite3.Connection, assignment: Assignment, sent: Sent, attempt: int) -> bool:
    """Whether Moodle gives the learner another attempt (`reopen_submission_if_required`)."""
    own = assignment.own
    if own["maxattempts"] != _UNLIMITED and attempt >= own["maxattempts"] - 1:
        return False
    if own["attemptreopenmethod"] == "untilpass":
        return _has_failed(assignment.item, grade_of(db, assignment.item, sent.user))
    return own["attemptreopenmethod"] == "automatic" or (
        own["attemptreopenmethod"] == "manual" and sent.add_attempt
    )


def _has_failed(item: sqlite3.Row, grade: sqlite3.Row | None) -> bool:
    if grade is None or grade["finalgrade"] is None or item["gradepass"] == item["grademin"]:
        return False
    if item["gradetype"] == SCALE and not item["gradepass"]:
        return False
    return bool(grade["finalgrade"] < item["gradepass"])


def _queue_notice(db: sqlite3.Connection, own: sqlite3.Row, sent: Sent) -> None:
    """Each call has a notice sent again, but for a grade that a workflow has not released."""
    if own["markingworkflow"] and sent.state not in (None, _RELEASED):
        return
    kept = flags_of(db, own["id"], sent.user)
    sql = "UPDATE mdl_assign_user_flags SET mailed = ? WHERE id = ?"
    db.execute(sql, (NOTICE_WAITS, kept["id"]))
