"""Activity completion: what is stored, and what an override makes of it.

The one rule: as `completion_info` in lib/completionlib.php does it. The service's own time and
account are stamped; the same state again, or "complete" where there is a result already, changes
nothing (recorded: completion: same again, time is kept).
"""

import sqlite3
from dataclasses import dataclass

from beekeed.sandbox.access import can, context_link, context_of
from beekeed.sandbox.call import Call
from beekeed.sandbox.course_completion import follow
from beekeed.sandbox.database import insert, one, transaction, value
from beekeed.sandbox.errors import missing_capability, moodle_error, write_failed
from beekeed.sandbox.standard import COURSE

INCOMPLETE, COMPLETE, PASSED, FAILED = 0, 1, 2, 3
NOT_TRACKED, MANUAL, AUTOMATIC = 0, 1, 2


@dataclass(frozen=True)
class Stored:
    """What is stored for one learner and one activity.

    `state` and `changed_at` are None where only a view is stored, as in Moodle
    (`completion_info::get_completion_data`).
    """

    row_id: int | None = None
    state: int | None = INCOMPLETE
    changed_at: int | None = 0
    overridden_by: int | None = None
    viewed: bool = False


def tracking(call: Call, course: sqlite3.Row, module: sqlite3.Row | None = None) -> int:
    """0 where the site, the course or the activity tracks nothing; 1 manual, 2 automatic."""
    if not call.enabled("enablecompletion") or not course["enablecompletion"]:
        return NOT_TRACKED
    return 1 if module is None else int(module["completion"])


def stored(db: sqlite3.Connection, cmid: int, user: int) -> Stored:
    """The stored completion of a learner, or what Moodle takes for none."""
    sql = "SELECT 1 FROM mdl_course_modules_viewed WHERE coursemoduleid = ? AND userid = ?"
    viewed = value(db, sql, cmid, user) is not None
    sql = "SELECT * FROM mdl_course_modules_completion WHERE coursemoduleid = ? AND userid = ?"
    row = one(db, sql, cmid, user)
    if row is None:
        return Stored(state=None, changed_at=None, viewed=True) if viewed else Stored()
    return Stored(row["id"], row["completionstate"], row["timemodified"], row["overrideby"], viewed)


def override(
    call: Call, course: sqlite3.Row, module: sqlite3.Row, user: int, wanted: int | None
) -> None:
    """Sets a state by hand, as far as Moodle lets it (`completion_info::update_state`).

    Nothing happens where the activity is not tracked, whatever state is asked for. Else
    `nopermission` without the capability, and `err_system` for another state than 0 and 1. A
    learner who is not enrolled, or does not exist, is stored all the same.
    """
    if not tracking(call, course, module):
        return
    _require_override(call, course)
    before = stored(call.db, module["id"], user)
    if changes_nothing(before.state, wanted):
        return
    if wanted not in (INCOMPLETE, COMPLETE, None):
        raise moodle_error(
            "err_system",
            "An internal error occurred in the completion system. "
            "(System administrators can enable debugging information to see more detail.)",
            module="completion",
            link=f"{call.wwwroot}/course/view.php?id={course['id']}",
            debuginfo=f"Unexpected manual completion state for {module['id']}: {wanted}",
        )
    with transaction(call.db):
        store(call, module["id"], user, before.row_id, wanted, call.account_id)
        follow(call.db, course["id"], user, call.now)


def _require_override(call: Call, course: sqlite3.Row) -> None:
    context = context_of(call.db, COURSE, course["id"])
    if context is None or not can(call, "moodle/course:overridecompletion", context):
        link = context_link(call, context or 0)
        raise missing_capability("", link=link, errorcode="nopermission")


def changes_nothing(before: int | None, wanted: int | None) -> bool:
    """Whether Moodle leaves a state as it is, before it looks any closer.

    PHP compares loosely: nothing stored, or no state sent, is the same as incomplete.
    """
    if (before or 0) == (wanted or 0):
        return True
    return wanted == COMPLETE and before in (PASSED, FAILED)


def store(
    call: Call, cmid: int, user: int, row_id: int | None, state: int | None, by: int | None
) -> None:
    """Stores a state and who overrode it, None for nobody, in place of what is stored."""
    changed = {
        "completionstate": state,
        "overrideby": by,
        "timemodified": call.now,
    }
    try:
        if row_id is None:
            key = {"coursemoduleid": cmid, "userid": user}
            insert(call.db, "course_modules_completion", **key, **changed)
            return
        call.db.execute(
            "UPDATE mdl_course_modules_completion "
            "SET completionstate = :completionstate, overrideby = :overrideby, "
            "timemodified = :timemodified WHERE id = :id",
            {**changed, "id": row_id},
        )
    except sqlite3.IntegrityError as error:
        # Recorded: batch: null for a number inside.
        raise write_failed("Column 'completionstate' cannot be null") from error
