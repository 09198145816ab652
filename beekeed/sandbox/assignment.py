"""What an assignment keeps of each learner: attempt, grade, flags, comment.

The one rule: the rows that mod/assign/locallib.php and its feedback comments make and change, for
any id of a learner that comes, and nothing of what follows from them.
"""

import re
import sqlite3
from dataclasses import dataclass

from beekeed.sandbox.call import Call
from beekeed.sandbox.database import insert, one, rows, value
from beekeed.sandbox.errors import NotBuilt, missing_record, write_failed

NO_GRADE = -1.0
NOTICE_WAITS, NOTICE_SENT, NO_NOTICE_YET = 0, 1, 2
"""`mailed` of mdl_assign_user_flags; Moodle's cron sends what waits."""


@dataclass(frozen=True)
class Sent:
    """One learner's grade as it was sent.

    `attempt` below 0 is the latest; `state` None: no word of the workflow; `text` None: no comment.
    `team`: the group that hands in together, 0 for those without one; None where nobody does.
    """

    user: int
    grade: float | None
    attempt: int
    add_attempt: bool
    state: str | None
    text: str | None
    text_format: int | None
    team: int | None = None


def grade_row(call: Call, assignment: int, sent: Sent) -> sqlite3.Row:
    """The assignment's row of an attempt's grade, made with an attempt where there is none."""
    attempt = _attempt(call, assignment, sent)
    sql = (
        "SELECT * FROM mdl_assign_grades WHERE assignment = ? AND userid = ? AND attemptnumber = ?"
    )
    key = (assignment, sent.user, attempt["attemptnumber"])
    known = one(call.db, sql, *key)
    if known is not None:
        return known
    insert(
        call.db, "assign_grades", assignment=assignment, userid=sent.user, timecreated=call.now,
        timemodified=attempt["timemodified"], grader=-1, grade=NO_GRADE,
        attemptnumber=attempt["attemptnumber"],
    )  # fmt: skip
    made = one(call.db, sql, *key)
    assert made is not None  # noqa: S101  (just made)
    return made


def attempts_of(db: sqlite3.Connection, assignment: int, sent: Sent) -> list[sqlite3.Row]:
    """The attempts of a learner, or of the learner's team, the latest first.

    Who handed nothing in may have one as well.
    """
    sql = (
        "SELECT * FROM mdl_assign_submission WHERE assignment = ? AND userid = ? AND groupid = ? "
        "ORDER BY attemptnumber DESC"
    )
    return rows(db, sql, assignment, *_who(sent))


def _who(sent: Sent) -> tuple[int, int]:
    """User and group of an attempt's row."""
    return (sent.user, 0) if sent.team is None else (0, sent.team)


def _attempt(call: Call, assignment: int, sent: Sent) -> sqlite3.Row:
    """The attempt that is graded: the latest one, or the one that was sent, made if need be."""
    known = attempts_of(call.db, assignment, sent)
    wanted = [row for row in known if sent.attempt < 0 or sent.attempt == row["attemptnumber"]]
    if wanted:
        return wanted[0]
    number = max(sent.attempt, 0)
    is_latest = not known or number > known[0]["attemptnumber"]
    user, group = _who(sent)
    if is_latest:
        sql = "UPDATE mdl_assign_submission SET latest = 0 WHERE assignment = ? AND userid = ?"
        call.db.execute(f"{sql} AND groupid = ?", (assignment, user, group))
    insert(
        call.db, "assign_submission", assignment=assignment, userid=user, groupid=group,
        timecreated=call.now, timemodified=call.now, status="new", attemptnumber=number,
        latest=int(is_latest),
    )  # fmt: skip
    found = attempts_of(call.db, assignment, sent)
    return next(row for row in found if row["attemptnumber"] == number)


def team_of(db: sqlite3.Connection, own: sqlite3.Row, user: int) -> int | None:
    """The only group that a learner is in, where teams hand in; 0 for who is in none or several.

    Groups that take no part (`participation`) do not count (`assign::get_submission_group`).
    """
    if not own["teamsubmission"]:
        return None
    if own["teamsubmissiongroupingid"]:
        raise NotBuilt("teams of a grouping")
    sql = (
        "SELECT g.id FROM mdl_groups g JOIN mdl_groups_members m ON m.groupid = g.id "
        "WHERE g.courseid = ? AND m.userid = ? AND g.participation = 1"
    )
    groups = [row["id"] for row in rows(db, sql, own["course"], user)]
    return groups[0] if len(groups) == 1 else 0


def flags_of(db: sqlite3.Connection, assignment: int, user: int) -> sqlite3.Row:
    """A learner's flags in an assignment, made where there are none."""
    sql = "SELECT * FROM mdl_assign_user_flags WHERE assignment = ? AND userid = ?"
    known = one(db, sql, assignment, user)
    if known is not None:
        return known
    insert(
        db, "assign_user_flags", userid=user, assignment=assignment, mailed=NO_NOTICE_YET,
        workflowstate="",
    )  # fmt: skip
    return flags_of(db, assignment, user)


def set_state(db: sqlite3.Connection, assignment: int, sent: Sent) -> None:
    """Any word is taken for a workflow state, the empty one too, workflow or not."""
    if sent.state is None:
        return
    flags = flags_of(db, assignment, sent.user)
    sql = "UPDATE mdl_assign_user_flags SET workflowstate = ? WHERE id = ?"
    try:
        db.execute(sql, (sent.state, flags["id"]))
    except sqlite3.IntegrityError as error:
        raise write_failed("Data too long for column 'workflowstate' at row 1") from error
    known = value(db, "SELECT 1 FROM mdl_user WHERE id = ?", sent.user)
    if flags["workflowstate"] != sent.state and known is None:
        raise missing_record("user", "id", sent.user)


def has_comments(db: sqlite3.Connection, assignment: int) -> bool:
    """Whether an assignment takes feedback comments: a setting of each assignment's own."""
    sql = (
        "SELECT value FROM mdl_assign_plugin_config WHERE assignment = ? "
        "AND subtype = 'assignfeedback' AND plugin = 'comments' AND name = 'enabled'"
    )
    return value(db, sql, assignment) not in (None, "", "0")


def comment_of(db: sqlite3.Connection, grade: int) -> sqlite3.Row | None:
    """The comment on a grade of the assignment's own, by the grade's id."""
    return one(db, "SELECT * FROM mdl_assignfeedback_comments WHERE grade = ?", grade)


def replace_comment(db: sqlite3.Connection, kept: sqlite3.Row, sent: Sent) -> bool:
    """Replaces a comment by what was sent; False where the words are the same (or equal to PHP).

    Without a word sent, what is there would become NULL, which its format may not be.
    """
    known = comment_of(db, kept["id"])
    if _equal_to_php(known["commenttext"] if known else "", sent.text):
        return False
    try:
        if known is None:
            insert(
                db, "assignfeedback_comments", assignment=kept["assignment"], grade=kept["id"],
                commenttext=sent.text, commentformat=sent.text_format,
            )  # fmt: skip
        else:
            db.execute(
                "UPDATE mdl_assignfeedback_comments SET commenttext = ?, commentformat = ? "
                "WHERE id = ?",
                (sent.text, sent.text_format, known["id"]),
            )
    except sqlite3.IntegrityError as error:
        raise write_failed("Column 'commentformat' cannot be null") from error
    return True


_NUMBER = re.compile(
    r"[ \t\n\r\v\f]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?[ \t\n\r\v\f]*", re.IGNORECASE
)


def _equal_to_php(one_text: str | None, other: str | None) -> bool:
    """PHP's loose ==: no text is the empty text, and 10 is 10.0."""
    first, second = one_text or "", other or ""
    if _NUMBER.fullmatch(first) and _NUMBER.fullmatch(second):
        return float(first) == float(second)
    return first == second
