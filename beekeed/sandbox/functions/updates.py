"""core_course_get_updates_since: which activities of a course were edited since a time.

The one rule: only an activity's own `timemodified` and what its kind adds; a deletion, a move and
another way of tracking do not show (`course_check_module_updates_since`).
"""

import sqlite3
from typing import Any

from beekeed.sandbox.access import MODULES_SQL, enter_course, may_view
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.database import one, rows, value
from beekeed.sandbox.errors import NotBuilt, missing_record


def get_updates_since(call: Call, parameters: Parameters) -> dict[str, Any]:
    """The activities that the account may view and that changed, in the course's order."""
    if parameters.get("filter"):
        raise NotBuilt("updates of some areas only")
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", parameters["courseid"])
    if course is None:
        raise missing_record("course", "id", parameters["courseid"])
    enter_course(call, course["id"])
    instances = []
    for module in _modules(call, course["id"]):
        updates = _updates(call, module, parameters["since"])
        if updates:
            instances.append({"contextlevel": "module", "id": module["id"], "updates": updates})
    return {"instances": instances, "warnings": []}


def _modules(call: Call, course: int) -> list[sqlite3.Row]:
    sql = "SELECT sequence FROM mdl_course_sections WHERE course = ? ORDER BY section"
    numbers = [
        cmid for row in rows(call.db, sql, course) for cmid in (row["sequence"] or "").split(",")
    ]
    found = (one(call.db, f"{MODULES_SQL} WHERE cm.id = ?", cmid) for cmid in numbers)
    return [module for module in found if module is not None and may_view(call, module)]


def _updates(call: Call, module: sqlite3.Row, since: int) -> list[dict[str, Any]]:
    """A forum tells nothing to the account, which may not view discussions (recorded)."""
    if module["modname"] == "forum":
        return []
    sql = f"SELECT timemodified FROM mdl_{module['modname']} WHERE id = ?"
    changed = value(call.db, sql, module["instance"])
    return [{"name": "configuration", "timeupdated": changed}] if changed > since else []
