"""core_course_get_contents: sections and activities of a course.

The one rule: as recorded (course contents). An activity that the account may not view is absent.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from beekeed.sandbox.access import MODULES_SQL, can, context_of, enter_course_or_explain, may_view
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.cleaning import clean
from beekeed.sandbox.completion import AUTOMATIC, tracking
from beekeed.sandbox.completion_rules import describe
from beekeed.sandbox.database import one, rows
from beekeed.sandbox.errors import missing_record, moodle_error
from beekeed.sandbox.standard import COURSE, KINDS, MODULE

_OPTION_TYPES = (
    ("excludemodules", "bool"),
    ("excludecontents", "bool"),
    ("includestealthmodules", "bool"),
    ("sectionid", "int"),
    ("sectionnumber", "int"),
    ("cmid", "int"),
    ("modid", "int"),
    ("modname", "plugin"),
)


def get_course_contents(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_course_get_contents: the sections in order, each with its activities in order.

    Options: excludemodules, excludecontents, sectionid, sectionnumber, cmid, modname, modid.
    """
    wanted = _wanted(parameters.get("options", []))
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", parameters["courseid"])
    if course is None:
        raise missing_record("course", "id", parameters["courseid"])
    enter_course_or_explain(call, course)
    sql = "SELECT * FROM mdl_course_sections WHERE course = ? ORDER BY section"
    sections = [
        section for section in rows(call.db, sql, course["id"]) if _is_wanted(section, wanted)
    ]
    return [_section(call, course, section, wanted) for section in sections]


def _wanted(options: list[Mapping[str, str]]) -> dict[str, Any]:
    """The options by name; the first of a name counts, an unknown one is `errorinvalidparam`."""
    types = dict(_OPTION_TYPES)
    wanted: dict[str, Any] = {}
    for option in options:
        name = option["name"].strip()
        cleaned = clean(option["value"], types[name]) if name in types else ""
        if cleaned == "":
            raise moodle_error(
                "errorinvalidparam", f'The param "{name}" is invalid.', module="webservice"
            )
        wanted.setdefault(name, cleaned)
    return wanted


def _is_wanted(section: sqlite3.Row, wanted: Mapping[str, Any]) -> bool:
    if wanted.get("sectionid") and section["id"] != wanted["sectionid"]:
        return False
    return "sectionnumber" not in wanted or section["section"] == wanted["sectionnumber"]


def _section(
    call: Call, course: sqlite3.Row, section: sqlite3.Row, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    standard_name = "General" if section["section"] == 0 else "New section"
    return {
        "id": section["id"],
        "name": section["name"] or standard_name,
        "visible": section["visible"],
        "summary": section["summary"] or "",
        "summaryformat": section["summaryformat"],
        "section": section["section"],
        "hiddenbynumsections": 0,
        "uservisible": _section_is_open(call, course, section),
        "component": section["component"],
        "itemid": section["itemid"],
        "modules": [] if wanted.get("excludemodules") else _modules(call, course, section, wanted),
    }


def _section_is_open(call: Call, course: sqlite3.Row, section: sqlite3.Row) -> bool:
    """A hidden section is open to who may see hidden activities, as the sync account may."""
    context = context_of(call.db, COURSE, course["id"]) or 0
    return bool(section["visible"]) or can(call, "moodle/course:viewhiddenactivities", context)


def _modules(
    call: Call, course: sqlite3.Row, section: sqlite3.Row, wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The activities of a section in its sequence, those of the filter only."""
    described = []
    for cmid in (section["sequence"] or "").split(","):
        module = one(call.db, f"{MODULES_SQL} WHERE cm.id = ?", cmid)
        if module is None or not may_view(call, module) or _is_filtered(module, wanted):
            continue
        described.append(_module(call, course, module, wanted))
    return described


def _is_filtered(module: sqlite3.Row, wanted: Mapping[str, Any]) -> bool:
    if wanted.get("cmid") and module["id"] != wanted["cmid"]:
        return True
    if not wanted.get("modname"):
        return False
    other = wanted.get("modid") and module["instance"] != wanted["modid"]
    return module["modname"] != wanted["modname"] or bool(other)


def _module(
    call: Call, course: sqlite3.Row, module: sqlite3.Row, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    kind = next(kind for kind in KINDS if kind.name == module["modname"])
    instance = one(call.db, f"SELECT * FROM mdl_{kind.name} WHERE id = ?", module["instance"])
    assert instance is not None  # noqa: S101  (site.py makes both)
    context = context_of(call.db, MODULE, module["id"]) or 0
    copied = ("id", "instance", "visible", "visibleoncoursepage", "indent", "completion",
              "downloadcontent", "groupmode")  # fmt: skip
    described = {name: module[name] for name in copied} | {
        "url": f"{call.wwwroot}/mod/{kind.name}/view.php?id={module['id']}",
        "name": call.name(instance["name"]),
        "contextid": context,
        "uservisible": True,
        "modicon": f"{call.wwwroot}/theme/image.php/boost/{kind.name}/1/monologo?filtericon=1",
        "modname": kind.name,
        "purpose": kind.purpose,
        "branded": kind.branded,
        "modplural": kind.plural,
        "availability": module["availability"],
        "onclick": "",
        "afterlink": None,
        "customdata": encode_custom(_custom_data(module, instance)),
        "noviewlink": kind.name == "label",
        "dates": [],
    }
    if kind.name == "forum":
        described["activitybadge"] = []
    if tracking(call, course, module):
        described["completiondata"] = describe(call, course, module, call.account_id)
    if kind.name == "page":
        described |= _page_file(call, context, instance, bool(wanted.get("excludecontents")))
    return described


def encode_custom(data: object) -> str:
    """JSON inside JSON, as PHP writes it."""
    return json.dumps(data, separators=(",", ":"))


def _custom_data(module: sqlite3.Row, instance: sqlite3.Row) -> object:
    """What an activity says of itself; database numbers are text in PHP (recorded)."""
    kind, automatic = module["modname"], module["completion"] == AUTOMATIC
    rules: dict[str, object] = {}
    if automatic and kind in ("assign", "choice"):
        rules = {"completionsubmit": str(instance["completionsubmit"])}
    if automatic and kind == "quiz":
        wanted = str(instance["completionminattempts"])
        rules = {"completionpassorattemptsexhausted": [], "completionminattempts": wanted}
    if automatic and kind == "forum":
        names = ("completiondiscussions", "completionreplies", "completionposts")
        rules = {name: str(instance[name]) for name in names}
    data: dict[str, object] = {"customcompletionrules": rules} if rules else {}
    if kind == "forum":
        data["trackingtype"] = str(instance["trackingtype"])
    return data or ""


def _page_file(call: Call, context: int, instance: sqlite3.Row, without: bool) -> dict[str, Any]:
    """The one file of a page, or only how many there are (recorded: without files)."""
    address = f"{call.wwwroot}/webservice/pluginfile.php/{context}/mod_page/content"
    file = {
        "type": "file",
        "filename": "index.html",
        "filepath": "/",
        "filesize": 0,
        "fileurl": f"{address}/index.html?forcedownload=1",
        "timecreated": None,
        "timemodified": instance["timemodified"],
        "sortorder": 1,
        "userid": None,
        "author": None,
        "license": None,
    }
    info = {
        "filescount": 1,
        "filessize": 0,
        "lastmodified": instance["timemodified"],
        "mimetypes": [],
        "repositorytype": "",
    }
    return {"contents": [] if without else [file], "contentsinfo": info}
