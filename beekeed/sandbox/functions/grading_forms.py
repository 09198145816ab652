"""core_grading_get_definitions: by which form, if any, an activity is graded.

The one rule: the method is told to everybody; forms themselves are not built.
"""

from typing import Any

from beekeed.sandbox.access import MODULES_SQL, context_of, enter_activity
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.database import one, value
from beekeed.sandbox.errors import MoodleError, NotBuilt, missing_record
from beekeed.sandbox.standard import MODULE


def get_definitions(call: Call, parameters: Parameters) -> dict[str, Any]:
    """core_grading_get_definitions: the active method of each module, null where there is none.

    A module that is closed to the account is a warning; one that does not exist an error.
    """
    if parameters["activeonly"]:
        raise NotBuilt("only the active method, which fails where there is none (seen)")
    areas, warnings = [], []
    for cmid in parameters["cmids"]:
        module = one(call.db, f"{MODULES_SQL} WHERE cm.id = ?", cmid)
        if module is None:
            raise missing_record("course_modules", "id", cmid, "id")
        try:
            enter_activity(call, cmid)
        except MoodleError:
            warnings.append(_closed(cmid))
            continue
        areas.append(_area(call, cmid, f"mod_{module['modname']}", parameters["areaname"]))
    return {"areas": areas, "warnings": warnings}


def _closed(cmid: int) -> dict[str, Any]:
    return {"item": "module", "itemid": cmid, "warningcode": "1",
            "message": "No access rights in module context"}  # fmt: skip


def _area(call: Call, cmid: int, component: str, name: str) -> dict[str, Any]:
    context = context_of(call.db, MODULE, cmid)
    where = "FROM mdl_grading_areas WHERE contextid = ? AND component = ? AND areaname = ?"
    key = (context, component, name)
    area = value(call.db, f"SELECT id {where}", *key)
    if value(call.db, "SELECT 1 FROM mdl_grading_definitions WHERE areaid = ?", area) is not None:
        raise NotBuilt("a grading form's definition")
    method = value(call.db, f"SELECT activemethod {where}", *key)
    return {"cmid": cmid, "contextid": context, "component": component, "areaname": name,
            "activemethod": method, "definitions": []}  # fmt: skip
