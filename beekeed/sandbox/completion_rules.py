"""The conditions of an activity's completion, as the web services describe them.

The one rule: as `core_completion\\cm_completion_details`. What is stored counts, and an override
stands for every condition. Conditions are applied by a grade alone (`follow_grade`), as in
`completion_info::inform_grade_changed`.
"""

import sqlite3
from typing import Any

from beekeed.sandbox.access import MODULES_SQL, can, context_of, is_active, may_view
from beekeed.sandbox.call import Call
from beekeed.sandbox.completion import (
    AUTOMATIC,
    COMPLETE,
    FAILED,
    INCOMPLETE,
    PASSED,
    Stored,
    changes_nothing,
    store,
    stored,
    tracking,
)
from beekeed.sandbox.database import one, value
from beekeed.sandbox.standard import COURSE

_FAILED_HIDDEN = 4

Detail = tuple[str, int, str]
"""A condition: its name, how far it is met, its English description."""


def describe(call: Call, course: sqlite3.Row, module: sqlite3.Row, user: int) -> dict[str, Any]:
    """What `completion_info_exporter` says of a learner and an activity."""
    kept = stored(call.db, module["id"], user)
    details = _details(call.db, module, user, kept)
    return {
        "state": kept.state or INCOMPLETE,
        "timecompleted": kept.changed_at or 0,
        "overrideby": kept.overridden_by,
        "valueused": _used_in_a_condition(call.db, course["id"], module["id"]),
        "hascompletion": tracking(call, course, module) != 0,
        "isautomatic": module["completion"] == AUTOMATIC,
        "istrackeduser": is_tracked(call, course["id"], user),
        "uservisible": may_view(call, module),
        "details": [
            {"rulename": name, "rulevalue": {"status": status, "description": text}}
            for name, status, text in details
        ],
        "isoverallcomplete": _is_overall_complete(module, kept.state, details),
    }


def is_tracked(call: Call, course: int, user: int) -> bool:
    """Whether completion reports list somebody: actively enrolled, in a role that is tracked."""
    context = context_of(call.db, COURSE, course)
    if context is None or not is_active(call.db, course, user, call.now):
        return False
    return can(call, "moodle/course:isincompletionreports", context, user)


def _used_in_a_condition(db: sqlite3.Connection, course: int, cmid: int) -> bool:
    """Whether another activity or a section is restricted by this one's completion."""
    wanted = f'%"type":"completion"%"cm":{cmid},%'
    sql = (
        "SELECT 1 FROM mdl_course_modules WHERE course = :c AND availability LIKE :w UNION "
        "SELECT 1 FROM mdl_course_sections WHERE course = :c AND availability LIKE :w"
    )
    return db.execute(sql, {"c": course, "w": wanted}).fetchone() is not None


def _details(db: sqlite3.Connection, module: sqlite3.Row, user: int, kept: Stored) -> list[Detail]:
    """The conditions of an automatic activity, in the order that its kind gives them."""
    if module["completion"] != AUTOMATIC:
        return []
    own = _own_details(db, module, user, kept)
    if not kept.overridden_by:
        return own
    # An override stands for every condition but the pass grade.
    return [
        (name, status if name == "completionpassgrade" else kept.state or INCOMPLETE, text)
        for name, status, text in own
    ]


def _own_details(
    db: sqlite3.Connection, module: sqlite3.Row, user: int, kept: Stored
) -> list[Detail]:
    """How far a learner has met each condition, an override left aside."""
    own = [*_custom_details(db, module, user), *_grade_details(db, module, user)]
    if module["completionview"]:
        own.insert(0, ("completionview", COMPLETE if kept.viewed else INCOMPLETE, "View"))
    return own


def follow_grade(call: Call, item: sqlite3.Row, user: int) -> None:
    """Completes an activity, or takes that back, as its conditions say after a new grade.

    Only where a grade of that item is a condition. "Complete" by an override stays against any
    grade; so does passed or failed where the bare grade says no more than "complete": where the
    item is hidden (seen: a failed learner passes, the item is hidden meanwhile, still failed).
    The course's own completion is left to Moodle's cron (`internal_set_data`, a bulk update).
    """
    key = (item["itemmodule"], item["iteminstance"], item["courseid"])
    module = one(
        call.db, f"{MODULES_SQL} WHERE m.name = ? AND cm.instance = ? AND cm.course = ?", *key
    )
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", item["courseid"])
    if module is None or course is None or tracking(call, course, module) != AUTOMATIC:
        return
    if module["completiongradeitemnumber"] != item["itemnumber"]:
        return
    before = stored(call.db, module["id"], user)
    if changes_nothing(before.state, _grade_state(call.db, module, user, shows_pass=False)):
        return
    if before.overridden_by is not None and before.state == COMPLETE:
        return
    state = _overall(_own_details(call.db, module, user, before))
    if state != (before.state or INCOMPLETE):
        store(call, module["id"], user, before.row_id, state, None)


def _overall(details: list[Detail]) -> int:
    """All conditions together: none unmet, then failed before passed before complete."""
    states = {state for _, state, _ in details}
    return next((state for state in (INCOMPLETE, FAILED, PASSED) if state in states), COMPLETE)


def _grade_details(db: sqlite3.Connection, module: sqlite3.Row, user: int) -> list[Detail]:
    if module["completiongradeitemnumber"] is None:
        return []
    state = _grade_state(db, module, user, shows_pass=bool(module["completionpassgrade"]))
    received, passed = state, state
    if module["completionpassgrade"]:
        passed = {COMPLETE: PASSED, _FAILED_HIDDEN: INCOMPLETE}.get(state, state)
        received = COMPLETE if state in (FAILED, _FAILED_HIDDEN) else state
    details = [("completionusegrade", received, "Receive a grade")]
    if module["completionpassgrade"]:
        details.append(("completionpassgrade", passed, "Receive a passing grade"))
    return details


def _grade_state(
    db: sqlite3.Connection, module: sqlite3.Row, user: int, *, shows_pass: bool
) -> int:
    """What a grade means for completion (`completion_info::internal_get_grade_state`)."""
    sql = (
        "SELECT i.gradepass, i.hidden, coalesce(g.finalgrade, g.rawgrade) AS grade "
        "FROM mdl_grade_items i JOIN mdl_grade_grades g ON g.itemid = i.id AND g.userid = ? "
        "WHERE i.courseid = ? AND i.itemtype = 'mod' AND i.itemmodule = ? "
        "AND i.iteminstance = ? AND i.itemnumber = ?"
    )
    key = (module["course"], module["modname"], module["instance"])
    row = one(db, sql, user, *key, module["completiongradeitemnumber"])
    if row is None or row["grade"] is None:
        return INCOMPLETE
    if not row["gradepass"] or (row["hidden"] and not shows_pass):
        return COMPLETE
    if row["grade"] >= row["gradepass"]:
        return PASSED
    return _FAILED_HIDDEN if row["hidden"] else FAILED


def _custom_details(db: sqlite3.Connection, module: sqlite3.Row, user: int) -> list[Detail]:
    custom = {"assign": _assign, "choice": _choice, "forum": _forum, "quiz": _quiz}.get(
        module["modname"]
    )
    return [] if custom is None else custom(db, module["instance"], user)


def _assign(db: sqlite3.Connection, instance: int, user: int) -> list[Detail]:
    if not value(db, "SELECT completionsubmit FROM mdl_assign WHERE id = ?", instance):
        return []
    sql = (
        "SELECT 1 FROM mdl_assign_submission "
        "WHERE assignment = ? AND userid = ? AND latest = 1 AND status = 'submitted'"
    )
    done = value(db, sql, instance, user) is not None
    return [("completionsubmit", int(done), "Make a submission")]


def _choice(db: sqlite3.Connection, instance: int, user: int) -> list[Detail]:
    if not value(db, "SELECT completionsubmit FROM mdl_choice WHERE id = ?", instance):
        return []
    sql = "SELECT 1 FROM mdl_choice_answers WHERE choiceid = ? AND userid = ?"
    done = value(db, sql, instance, user) is not None
    return [("completionsubmit", int(done), "Make a choice")]


def _forum(db: sqlite3.Connection, instance: int, _user: int) -> list[Detail]:
    """The sandbox has no posts, so that these conditions are never met but by an override."""
    row = one(db, "SELECT * FROM mdl_forum WHERE id = ?", instance)
    texts = (
        ("completiondiscussions", "Start discussions"),
        ("completionreplies", "Post replies"),
        ("completionposts", "Make forum posts"),
    )
    if row is None:
        return []
    return [(name, INCOMPLETE, f"{text}: {row[name]}") for name, text in texts if row[name]]


def _quiz(db: sqlite3.Connection, instance: int, user: int) -> list[Detail]:
    wanted = value(db, "SELECT completionminattempts FROM mdl_quiz WHERE id = ?", instance)
    if not wanted:
        return []
    sql = "SELECT count(*) FROM mdl_quiz_attempts WHERE quiz = ? AND userid = ? AND preview = 0"
    done = value(db, f"{sql} AND state = 'finished'", instance, user) >= wanted
    return [("completionminattempts", int(done), f"Make attempts: {wanted}")]


def _is_overall_complete(module: sqlite3.Row, state: int | None, details: list[Detail]) -> bool:
    if module["completion"] != AUTOMATIC:
        return state == COMPLETE
    core = ("completionview", "completionusegrade")
    strict = any(name not in core for name, _, _ in details)
    return state in ((COMPLETE, PASSED) if strict else (COMPLETE, PASSED, FAILED))
