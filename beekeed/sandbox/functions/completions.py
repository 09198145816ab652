"""core_completion_*: what a learner has done.

The one rule: the caller must check for itself who is enrolled; Moodle does not (recorded:
completion: missing user is accepted by the server).
"""

from typing import Any

from beekeed.sandbox.access import (
    MODULES_SQL,
    context_of,
    enter_activity,
    enter_course,
    may_view,
    require,
    require_account,
)
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.completion import override, stored, tracking
from beekeed.sandbox.completion_rules import describe
from beekeed.sandbox.database import one, rows
from beekeed.sandbox.errors import missing_record, moodle_error
from beekeed.sandbox.standard import COURSE


def override_activity_completion_status(call: Call, parameters: Parameters) -> dict[str, Any]:
    """core_completion_override_activity_completion_status: sets a state, answers what is stored.

    User 0 is the account itself, as in `completion_info::get_data`.
    """
    module, course = enter_activity(call, parameters["cmid"])
    if not tracking(call, course):
        raise moodle_error("completionnotenabled", "Completion is not enabled", module="completion")
    user = parameters["userid"] or call.account_id
    override(call, course, module, user, parameters["newstate"])
    kept = stored(call.db, module["id"], user)
    return {
        "cmid": module["id"],
        "userid": user,
        "state": kept.state,
        "timecompleted": kept.changed_at,
        "overrideby": kept.overridden_by,
        "tracking": tracking(call, course, module),
    }


def get_activities_completion_status(call: Call, parameters: Parameters) -> dict[str, Any]:
    """core_completion_get_activities_completion_status: a learner's tracked activities in order.

    Also of somebody who is not enrolled (any more); the account needs report/progress:view.
    """
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", parameters["courseid"])
    if course is None:
        raise missing_record("course", "id", parameters["courseid"])
    require_account(call, parameters["userid"])
    enter_course(call, course["id"])
    if parameters["userid"] != call.account_id:
        require(call, "report/progress:view", context_of(call.db, COURSE, course["id"]) or 0)
    statuses = [
        {
            "cmid": module["id"],
            "modname": module["modname"],
            "instance": module["instance"],
            "tracking": module["completion"],
            **describe(call, course, module, parameters["userid"]),
        }
        for module in _tracked_modules(call, course["id"])
    ]
    return {"statuses": statuses, "warnings": []}


def _tracked_modules(call: Call, course: int) -> list[Any]:
    """Tracked activities that the account may view, section by section in their sequence."""
    sql = "SELECT sequence FROM mdl_course_sections WHERE course = ? ORDER BY section"
    sequence = [
        cmid
        for section in rows(call.db, sql, course)
        for cmid in (section["sequence"] or "").split(",")
    ]
    found = (one(call.db, f"{MODULES_SQL} WHERE cm.id = ?", cmid) for cmid in sequence)
    return [
        module
        for module in found
        if module is not None and module["completion"] and may_view(call, module)
    ]
