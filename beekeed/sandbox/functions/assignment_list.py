"""mod_assign_get_assignments: the assignments of courses with all their settings.

The one rule: what the account may not see is a warning, never an error.
"""

import sqlite3
from typing import Any

from beekeed.sandbox.access import (
    MODULES_SQL,
    can,
    context_of,
    enrolled,
    enter_activity,
    enter_course,
    require,
)
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.database import one, rows
from beekeed.sandbox.errors import MoodleError, NotBuilt, developer, missing_record, shown_message
from beekeed.sandbox.standard import CAPABILITIES, COURSE, MODULE

_COPIED = (
    "course", "nosubmissions", "submissiondrafts", "sendnotifications", "sendlatenotifications",
    "sendstudentnotifications", "duedate", "allowsubmissionsfromdate", "grade", "timemodified",
    "completionsubmit", "cutoffdate", "gradingduedate", "teamsubmission",
    "requireallteammemberssubmit", "teamsubmissiongroupingid", "blindmarking", "hidegrader",
    "revealidentities", "attemptreopenmethod", "maxattempts", "markingworkflow",
    "markingallocation", "markinganonymous", "requiresubmissionstatement",
    "preventsubmissionnotingroup", "timelimit", "submissionattachments",
)  # fmt: skip
"""Columns of mdl_assign that are told as they are; nobody has an override of a date here."""

_PLUGINS = (
    ("assignsubmission", "onlinetext"), ("assignsubmission", "file"),
    ("assignsubmission", "comments"), ("assignfeedback", "comments"),
    ("assignfeedback", "editpdf"), ("assignfeedback", "offline"), ("assignfeedback", "file"),
)  # fmt: skip
"""In the order that Moodle's installer gives them (`sortorder`, seen)."""

_HTML = 1

_Warning = dict[str, Any]


def get_assignments(call: Call, parameters: Parameters) -> dict[str, Any]:
    """mod_assign_get_assignments: by course, in the order of their modules' ids.

    Without `includenotenrolledcourses` an account that is enrolled nowhere sees nothing; one that
    is enrolled somewhere is not built.
    """
    warnings: list[_Warning] = []
    courses = [
        _course(call, course, warnings)
        for course in _courses(call, parameters, warnings)
        if _has_all(call, course, parameters["capabilities"])
    ]
    return {"courses": courses, "warnings": warnings}


def _courses(call: Call, parameters: Parameters, warnings: list[_Warning]) -> list[sqlite3.Row]:
    """The courses that the account may enter, each once, in the order that was asked for."""
    wanted = parameters["courseids"]
    if not wanted or not parameters["includenotenrolledcourses"]:
        _require_no_enrolment(call)
        message = "User is not enrolled or does not have requested capability"
        warnings += [_warning("course", course, "2", message) for course in wanted]
        return []
    found = [_open_course(call, course, warnings) for course in wanted]
    return list({course["id"]: course for course in found if course is not None}.values())


def _require_no_enrolment(call: Call) -> None:
    courses = rows(call.db, "SELECT id FROM mdl_course ORDER BY id")
    if any(enrolled(call.db, row["id"], call.now, user=call.account_id) for row in courses):
        raise NotBuilt("assignments of an account's own courses")


def _open_course(call: Call, course: int, warnings: list[_Warning]) -> sqlite3.Row | None:
    try:
        if one(call.db, "SELECT 1 FROM mdl_course WHERE id = ?", course) is None:
            raise missing_record("course", "id", course)
        return enter_course(call, course)
    except MoodleError as error:
        reason = shown_message(error, for_developer=developer(call.config))
        message = f"No access rights in course context {reason}"
        warnings.append(_warning("course", course, "1", message))
        return None


def _warning(item: str, number: int, code: str, message: str) -> _Warning:
    return {"item": item, "itemid": number, "warningcode": code, "message": message}


def _has_all(call: Call, course: sqlite3.Row, capabilities: list[str]) -> bool:
    """Whether the account has capabilities in a course; only known ones can be asked for."""
    known = {capability.name for capability in CAPABILITIES}
    if not known.issuperset(capabilities):
        raise NotBuilt("a capability that the sandbox does not know")
    context = context_of(call.db, COURSE, course["id"]) or 0
    return all(can(call, capability, context) for capability in capabilities)


def _course(call: Call, course: sqlite3.Row, warnings: list[_Warning]) -> dict[str, Any]:
    sql = f"{MODULES_SQL} WHERE m.name = 'assign' AND cm.course = ? ORDER BY cm.id"
    modules = rows(call.db, sql, course["id"])
    return {
        "id": course["id"],
        "fullname": call.name(course["fullname"]),
        "shortname": call.name(course["shortname"]),
        "timemodified": course["timemodified"],
        "assignments": [
            _assignment(call, module) for module in modules if _is_open(call, module, warnings)
        ],
    }


def _is_open(call: Call, module: sqlite3.Row, warnings: list[_Warning]) -> bool:
    try:
        enter_activity(call, module["id"])
        require(call, "mod/assign:view", context_of(call.db, MODULE, module["id"]) or 0)
    except MoodleError:
        message = "No access rights in module context"
        warnings.append(_warning("module", module["id"], "1", message))
        return False
    return True


def _assignment(call: Call, module: sqlite3.Row) -> dict[str, Any]:
    """One assignment. Statements, instructions and files are not built."""
    own = one(call.db, "SELECT * FROM mdl_assign WHERE id = ?", module["instance"])
    assert own is not None  # noqa: S101  (a module is never without it)
    if own["requiresubmissionstatement"] or own["activity"] or own["submissionattachments"]:
        raise NotBuilt("an assignment with a statement, instructions or files")
    return {
        "id": own["id"],
        "cmid": module["id"],
        "name": call.name(own["name"]),
        **{name: own[name] for name in _COPIED},
        "configs": _configs(call, own["id"]),
        **(_intro(own) if _shows_intro(call, own) else {}),
    }


def _shows_intro(call: Call, own: sqlite3.Row) -> bool:
    return bool(own["alwaysshowdescription"]) or call.now > own["allowsubmissionsfromdate"]


def _intro(own: sqlite3.Row) -> dict[str, Any]:
    """HTML comes as it is, by the site's filters or raw; other formats would become HTML."""
    if own["intro"] and (own["introformat"] != _HTML or "@@PLUGINFILE@@" in own["intro"]):
        raise NotBuilt("a description in another format than HTML, or with files")
    intro = {"intro": own["intro"], "introformat": own["introformat"]}
    return intro | {"introfiles": [], "introattachments": []}


def _configs(call: Call, assignment: int) -> list[dict[str, Any]]:
    """The settings of each plugin that the assignment uses.

    Comments on submissions follow the site's setting, whatever their own `enabled` says (seen).
    """
    sql = "SELECT * FROM mdl_assign_plugin_config WHERE assignment = ? ORDER BY id"
    kept = rows(call.db, sql, assignment)
    used = [plugin for plugin in _PLUGINS if _is_used(call, plugin, kept)]
    if ("assignsubmission", "file") in used:
        raise NotBuilt("submissions of files, whose size Moodle reckons from PHP's settings")
    return [
        {name: row[name] for name in ("plugin", "subtype", "name", "value")}
        for subtype, plugin in used
        for row in kept
        if (row["subtype"], row["plugin"]) == (subtype, plugin)
    ]


def _is_used(call: Call, plugin: tuple[str, str], kept: list[sqlite3.Row]) -> bool:
    if plugin == ("assignsubmission", "comments"):
        return call.enabled("usecomments")
    return any(
        (row["subtype"], row["plugin"]) == plugin
        and row["name"] == "enabled"
        and row["value"] not in (None, "", "0")
        for row in kept
    )
