"""gradereport_user_get_grade_items: the grades of learners, item by item.

The one rule: as `gradereport_user\\report\\user`, seen with the service's rights. An item that is
hidden from who asks is not in the list at all, and the course's total is then blank.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beekeed.sandbox.access import (
    MODULES_SQL,
    can,
    context_of,
    enrolled,
    enter_course,
    may_view,
    require,
    require_account,
)
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.cleaning import strip_tags
from beekeed.sandbox.collation import key
from beekeed.sandbox.database import one, rows
from beekeed.sandbox.errors import NotBuilt, missing_record, moodle_error
from beekeed.sandbox.grade_text import in_percent, in_words, part_in_percent, range_in_words
from beekeed.sandbox.gradebook import NO_GRADE, POINTS, SCALE, catch_up, regrade
from beekeed.sandbox.raw_grade import is_locked, require_known_format
from beekeed.sandbox.standard import COURSE, MODULE

_SEPARATE_GROUPS = 1
_FOR_GOOD = 1
"""`hidden` is 0, or this, or the time until when."""


@dataclass(frozen=True)
class _Report:
    """Who reads about which course: items in order, total last, and what the reader may see."""

    call: Call
    course: sqlite3.Row
    items: tuple[sqlite3.Row, ...]
    modules: Mapping[tuple[str, int], sqlite3.Row]
    sees_hidden: bool
    sees_all: bool


@dataclass(frozen=True)
class _Shown:
    """What is shown of one grade: its value and its item's range, perhaps blanked."""

    grade: float | None
    lowest: float
    highest: float
    weight: float | None
    status: str


def get_grade_items(call: Call, parameters: Parameters) -> dict[str, Any]:
    """gradereport_user_get_grade_items: one learner, or all with an enrolment in force.

    One learner is answered for also when not enrolled or suspended (seen).
    """
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", parameters["courseid"])
    if course is None:
        raise missing_record("course", "id", parameters["courseid"])
    enter_course(call, course["id"])
    context = context_of(call.db, COURSE, course["id"]) or 0
    user = parameters["userid"]
    _require_access(call, course, context, user)
    catch_up(call.db, course["id"], call.now)
    regrade(call.db, course["id"], call.now, user or None, read=True)
    learners = [user] if user else _learners(call, course, context, parameters["groupid"])
    report = _report(call, course, context)
    return {"usergrades": [_of_learner(report, learner) for learner in learners], "warnings": []}


def _require_access(call: Call, course: sqlite3.Row, context: int, user: int) -> None:
    """The report's own right, then the right to see these grades."""
    require(call, "gradereport/user:view", context)
    if user:
        require_account(call, user)
    else:
        require(call, "moodle/grade:viewall", context)
    own = user == call.account_id and course["showgrades"]
    if not can(call, "moodle/grade:viewall", context) and not (
        own and can(call, "moodle/grade:view", context)
    ):
        raise moodle_error("nopermissiontoviewgrades", "Cannot view grades.")
    if course["groupmode"] == _SEPARATE_GROUPS and not can(
        call, "moodle/site:accessallgroups", context
    ):
        raise NotBuilt("grades in separate groups")


def _learners(call: Call, course: sqlite3.Row, context: int, group: int) -> list[int]:
    """Who is enrolled in force in a learner's role, by name (`graded_users_iterator`)."""
    path = one(call.db, "SELECT path FROM mdl_context WHERE id = ?", context)
    assert path is not None  # noqa: S101  (the course was entered)
    contexts = path["path"].strip("/").split("/")
    sql = (
        "SELECT DISTINCT u.id, u.firstname, u.lastname FROM mdl_user u "
        "JOIN mdl_role_assignments ra ON ra.userid = u.id "
        "JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student' "
        f"WHERE ra.contextid IN ({','.join('?' * len(contexts))})"
    )
    active = set(enrolled(call.db, course["id"], call.now, "active"))
    if group:
        members = rows(call.db, "SELECT userid FROM mdl_groups_members WHERE groupid = ?", group)
        active &= {row["userid"] for row in members}
    found = [row for row in rows(call.db, sql, *contexts) if row["id"] in active]
    return [row["id"] for row in sorted(found, key=_by_name)]


def _by_name(user: sqlite3.Row) -> tuple[str, str, int]:
    return key(user["lastname"]), key(user["firstname"]), user["id"]


def _report(call: Call, course: sqlite3.Row, context: int) -> _Report:
    sql = (
        "SELECT * FROM mdl_grade_items WHERE courseid = ? AND gradetype <> ? "
        "ORDER BY itemtype = 'course', sortorder, id"
    )
    modules = rows(call.db, f"{MODULES_SQL} WHERE cm.course = ?", course["id"])
    return _Report(
        call=call,
        course=course,
        items=tuple(rows(call.db, sql, course["id"], NO_GRADE)),
        modules={(module["modname"], module["instance"]): module for module in modules},
        sees_hidden=can(call, "moodle/grade:viewhidden", context),
        sees_all=can(call, "moodle/grade:viewall", context),
    )


def _of_learner(report: _Report, user_id: int) -> dict[str, Any]:
    user = one(report.call.db, "SELECT * FROM mdl_user WHERE id = ?", user_id)
    assert user is not None  # noqa: S101  (checked, or enrolled)
    sql = (
        "SELECT g.* FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid "
        "WHERE i.courseid = ? AND g.userid = ?"
    )
    found = rows(report.call.db, sql, report.course["id"], user_id)
    grades = {grade["itemid"]: grade for grade in found}
    blanks = _blanks(report, grades)
    return {
        "courseid": report.course["id"],
        "courseidnumber": report.course["idnumber"],
        "userid": user_id,
        "userfullname": strip_tags(f"{user['firstname']} {user['lastname']}"),
        "useridnumber": user["idnumber"],
        "maxdepth": 2,
        "gradeitems": [
            _item(report, item, grades.get(item["id"]), blanks=blanks)
            for item in report.items
            if _is_listed(report, item, grades.get(item["id"]))
        ],
    }


def _blanks(report: _Report, grades: Mapping[int, sqlite3.Row]) -> bool:
    """Whether a hidden grade blanks the total, and all weights with it."""
    if report.sees_hidden:
        return False
    for item in report.items:
        grade = grades.get(item["id"])
        if item["itemtype"] == "course" and grade is not None and grade["overridden"]:
            return False
    return any(
        _is_counted(item)
        and _is_hidden(item, grades.get(item["id"]), report.call.now)
        and not _value(grades.get(item["id"]), "excluded")
        for item in report.items
    )


def _is_counted(item: sqlite3.Row) -> bool:
    return item["itemtype"] != "course" and item["gradetype"] in (POINTS, SCALE)


def _value(grade: sqlite3.Row | None, name: str) -> Any:
    return None if grade is None else grade[name]


def _is_hidden(item: sqlite3.Row, grade: sqlite3.Row | None, now: int) -> bool:
    states = (item["hidden"], _value(grade, "hidden") or 0)
    return any(state == _FOR_GOOD or state > now for state in states)


def _is_listed(report: _Report, item: sqlite3.Row, grade: sqlite3.Row | None) -> bool:
    """Hidden for good is left out; hidden until a time is listed without its value."""
    for_good = _FOR_GOOD in (item["hidden"], _value(grade, "hidden"))
    if for_good and not report.sees_hidden:
        return False
    module = report.modules.get((item["itemmodule"], item["iteminstance"]))
    return module is None or may_view(report.call, module)


def _item(
    report: _Report, item: sqlite3.Row, grade: sqlite3.Row | None, *, blanks: bool
) -> dict[str, Any]:
    """One item. `scaleid` has the outcome's id in it, so never a scale's (seen); names come as
    they are in the database, raw or not (seen: a name with markup).
    """
    shown = _shown(report, item, grade, blanks=blanks)
    hidden = _is_hidden(item, grade, report.call.now)
    open_value = shown.grade if report.sees_hidden or not hidden else None
    copied = ("id", "itemname", "itemtype", "itemmodule", "iteminstance", "itemnumber",
              "idnumber", "categoryid", "outcomeid")  # fmt: skip
    described = {name: item[name] for name in copied} | {
        "scaleid": item["outcomeid"],
        "locked": is_locked(report.call.db, item) if report.sees_all else None,
        **_rights(report, item, grade),
        **_weight(shown),
        "graderaw": open_value,
        "gradedatesubmitted": _value(grade, "timecreated"),
        "gradedategraded": _graded_at(grade),
        "gradehiddenbydate": False,
        "gradeneedsupdate": False,
        "gradeishidden": hidden,
        "gradeformatted": _verdict(item, grade, shown, hidden=hidden)
        + in_words(report.call.db, item, open_value),
        "grademin": shown.lowest,
        "grademax": shown.highest,
        "rangeformatted": range_in_words(report.call.db, item, shown.lowest, shown.highest),
        "percentageformatted": in_percent(item, open_value, shown.lowest, shown.highest),
        "feedback": "" if hidden and not report.sees_hidden else _words(report, item, grade),
        "feedbackformat": _value(grade, "feedbackformat") or 0,
    }
    module = report.modules.get((item["itemmodule"], item["iteminstance"]))
    return described | ({} if module is None else {"cmid": module["id"]})


def _words(report: _Report, item: sqlite3.Row, grade: sqlite3.Row | None) -> str:
    """A teacher's words as they are stored, in whatever format, with addresses for their files.

    Never made into HTML (seen): the report's formatting looks for them one level too high. "0"
    is nothing to PHP.
    """
    require_known_format(grade)
    words = _value(grade, "feedback") or ""
    if grade is None or words == "0":
        return ""
    module = report.modules.get((item["itemmodule"], item["iteminstance"]))
    context = 0 if module is None else context_of(report.call.db, MODULE, module["id"]) or 0
    files = f"{report.call.wwwroot}/pluginfile.php/{context}/grade/feedback/{grade['id']}/"
    return str(words).replace("@@PLUGINFILE@@/", files)


def _rights(report: _Report, item: sqlite3.Row, grade: sqlite3.Row | None) -> dict[str, Any]:
    """Locked and overridden, which only who sees all grades is told."""
    if not report.sees_all:
        return {"gradeislocked": None, "gradeisoverridden": None}
    locked = bool(_value(grade, "locked")) or is_locked(report.call.db, item)
    return {"gradeislocked": locked, "gradeisoverridden": bool(_value(grade, "overridden"))}


def _shown(
    report: _Report, item: sqlite3.Row, grade: sqlite3.Row | None, *, blanks: bool
) -> _Shown:
    """The final grade: within its range, and the teacher's where one overrode it (seen)."""
    final = _value(grade, "finalgrade")
    weight, status = _value(grade, "aggregationweight"), _value(grade, "aggregationstatus")
    lowest, highest = item["grademin"], item["grademax"]
    if item["itemtype"] == "course" and grade is not None:
        if final is not None or not report.sees_hidden:
            lowest, highest = grade["rawgrademin"], grade["rawgrademax"]
        final = None if blanks else final
    elif blanks and _is_counted(item) and not _is_hidden(item, grade, report.call.now):
        weight, status = None, "unknown"
    return _Shown(final, lowest, highest, weight, status or "unknown")


def _weight(shown: _Shown) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if shown.weight is not None:
        described["weightraw"] = shown.weight
        described["weightformatted"] = part_in_percent(shown.weight)
    if shown.status not in ("used", "unknown"):
        described["status"] = shown.status
    return described


def _graded_at(grade: sqlite3.Row | None) -> int | None:
    """When a teacher overrode it, else when it was graded; nothing without grade and feedback."""
    if grade is None or (grade["finalgrade"] is None and grade["feedback"] is None):
        return None
    graded_at: int | None = grade["overridden"] or grade["timemodified"]
    return graded_at


def _verdict(item: sqlite3.Row, grade: sqlite3.Row | None, shown: _Shown, *, hidden: bool) -> str:
    """The sign for passed or failed, where the item has a pass grade (seen)."""
    final, wanted = _value(grade, "finalgrade"), item["gradepass"]
    no_pass = wanted == item["grademin"] or (item["gradetype"] == SCALE and not wanted)
    if hidden or shown.grade is None or final is None or no_pass:
        return ""
    sign, colour, word = (
        ("check", "success", "Pass") if final >= wanted else ("xmark", "danger", "Fail")
    )
    return (
        f'<i class="icon fa fa-{sign} text-{colour} fa-fw inline"  title="{word}" '
        f'role="img" aria-label="{word}"></i>'
    )
