"""core_group_*: the groups of a course and who is in them.

The one rule: creating and adding are one transaction each. A group's name is compared as the
database compares text, before it is trimmed. Group id and course come from the caller: each group
is checked against its own course.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from beekeed.sandbox.access import can, context_of, enrolled, enter_or_explain, require
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.cleaning import format_text
from beekeed.sandbox.database import insert, one, rows, transaction, value
from beekeed.sandbox.errors import (
    NotBuilt,
    invalid_parameter,
    missing_record,
    moodle_error,
    write_failed,
)
from beekeed.sandbox.people import join
from beekeed.sandbox.standard import COURSE, GUEST_ID

EVERYBODY, MEMBERS, OWN, NOBODY = range(4)
"""Who sees a group and who is in it (lib/grouplib.php, GROUPS_VISIBILITY_*)."""

_FORMATS = (0, 1, 2, 4)
_SHOWN = ("id", "courseid", "idnumber", "descriptionformat", "enrolmentkey", "visibility",
          "participation")  # fmt: skip


def get_course_groups(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_group_get_course_groups: the groups in order of their names.

    Hidden groups are left out without a word, and their names are taken nevertheless.
    """
    course = enter_or_explain(call, parameters["courseid"])
    _require_manager(call, course["id"])
    sql = "SELECT * FROM mdl_groups WHERE courseid = ? ORDER BY name COLLATE moodle, id"
    groups = [group for group in rows(call.db, sql, course["id"]) if _is_shown(call, group)]
    return [_described(call, group) for group in groups]


def _require_manager(call: Call, course: int) -> None:
    require(call, "moodle/course:managegroups", context_of(call.db, COURSE, course) or 0)


def _is_shown(call: Call, group: sqlite3.Row) -> bool:
    """Members see the groups that are theirs, who views hidden groups sees all.

    Moodle counts the hidden groups of a course in a cache and shows them once while that is
    cold (`visibility::course_has_hidden_groups`); here it never is.
    """
    if group["visibility"] == EVERYBODY or _sees_hidden(call, group["courseid"]):
        return True
    return group["visibility"] in (MEMBERS, OWN) and is_member(call, group["id"], call.account_id)


def _sees_hidden(call: Call, course: int) -> bool:
    context = context_of(call.db, COURSE, course) or 0
    return can(call, "moodle/course:viewhiddengroups", context)


def is_member(call: Call, group: int, user: int) -> bool:
    """Whether somebody is in a group."""
    sql = "SELECT 1 FROM mdl_groups_members WHERE groupid = ? AND userid = ?"
    return value(call.db, sql, group, user) is not None


def _described(call: Call, group: sqlite3.Row) -> dict[str, Any]:
    shown = {name: group[name] for name in _SHOWN}
    return shown | {
        "name": call.name(group["name"]),
        "description": _description(call, group["description"] or ""),
    }


def _description(call: Call, text: str) -> str:
    return text if call.raw else format_text(text)


def get_group_members(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_group_get_group_members: of each asked group the members, by last and first name.

    A group that does not exist is `invalidrecord` for the whole call.
    """
    found = []
    for group_id in parameters["groupids"]:
        group = _group(call.db, group_id, "id, courseid, name, enrolmentkey")
        enter_or_explain(call, group["courseid"])
        _require_manager(call, group["courseid"])
        members = [user for user in _members(call.db, group_id) if _shows(call, group, user)]
        found.append({"groupid": group_id, "userids": members})
    return found


def _group(db: sqlite3.Connection, group_id: int, fields: str = "*") -> sqlite3.Row:
    group = one(db, "SELECT * FROM mdl_groups WHERE id = ?", group_id)
    if group is None:
        raise missing_record("groups", "id", group_id, fields)
    return group


def _members(db: sqlite3.Connection, group: int) -> list[int]:
    sql = (
        "SELECT u.id FROM mdl_user u JOIN mdl_groups_members m ON m.userid = u.id "
        "WHERE m.groupid = ? "
        "ORDER BY u.lastname COLLATE moodle, u.firstname COLLATE moodle, u.id"
    )
    return [row["id"] for row in rows(db, sql, group)]


def _shows(call: Call, group: sqlite3.Row, user: int) -> bool:
    """Whether a membership shows to the account (`visibility::sql_member_visibility_where`)."""
    if group["visibility"] == EVERYBODY or _sees_hidden(call, group["courseid"]):
        return True
    if group["visibility"] == MEMBERS:
        return is_member(call, group["id"], call.account_id)
    return group["visibility"] == OWN and user == call.account_id


def create_groups(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_group_create_groups: all or none; a name that the course has is an error.

    What comes back is what was sent, its name trimmed, as it was not when it was compared.
    """
    with transaction(call.db):
        return [_create(call, group) for group in parameters["groups"]]


def _create(call: Call, group: Mapping[str, Any]) -> dict[str, Any]:
    _require_free_name(call.db, group)
    course = enter_or_explain(call, group["courseid"])
    _require_manager(call, course["id"])
    _require_possible(group)
    idnumber = (group.get("idnumber") or "").strip()
    _require_free_idnumber(call.db, course["id"], idnumber)
    fields = {
        "courseid": course["id"],
        "name": group["name"].strip(),
        "description": group["description"],
        "descriptionformat": group["descriptionformat"],
        "enrolmentkey": group.get("enrolmentkey"),
        "idnumber": idnumber,
        "visibility": group["visibility"],
        "participation": int(group["participation"] and group["visibility"] in (0, 1)),
    }
    try:
        group_id = insert(
            call.db, "groups", **fields, timecreated=call.now, timemodified=call.now
        )  # fmt: skip
    except sqlite3.IntegrityError as error:
        raise write_failed(f"{error}\nINSERT INTO mdl_groups") from error
    return fields | {"id": group_id, "enrolmentkey": fields["enrolmentkey"] or ""}


def _require_free_name(db: sqlite3.Connection, group: Mapping[str, Any]) -> None:
    """Refuses no name and one that is there; a blank before it makes it another name."""
    if not (group["name"] or "").strip():
        raise invalid_parameter("Invalid group name")
    sql = "SELECT 1 FROM mdl_groups WHERE courseid = ? AND name = ? COLLATE moodle"
    if value(db, sql, group["courseid"], group["name"]) is not None:
        raise invalid_parameter("Group with the same name already exists in the course")


def _require_possible(group: Mapping[str, Any]) -> None:
    if group["descriptionformat"] not in _FORMATS:
        format_ = group["descriptionformat"]
        raise moodle_error(
            "formatnotsupported",
            "webservice/formatnotsupported",
            module="webservice",
            debuginfo=f"The format with value={format_} is not supported by this Moodle site",
        )
    if group["visibility"] not in (EVERYBODY, MEMBERS, OWN, NOBODY):
        raise invalid_parameter("Invalid group visibility provided. Must be one of 0,1,2,3")
    if group.get("customfields"):
        raise NotBuilt("custom fields of groups")


def _require_free_idnumber(db: sqlite3.Connection, course: int, idnumber: str) -> None:
    """Refuses an idnumber that a group of the course has; two numbers are compared as numbers."""
    if idnumber in ("", "0"):
        return
    for row in rows(db, "SELECT idnumber FROM mdl_groups WHERE courseid = ?", course):
        taken = row["idnumber"]
        if taken == idnumber or _same_number(taken, idnumber):
            raise moodle_error("idnumbertaken", "This ID number is already in use")


def _same_number(one_text: str, other: str) -> bool:
    """PHP's `==` of two texts: 01 and 1 are the same."""
    return one_text.isdecimal() and other.isdecimal() and int(one_text) == int(other)


def add_group_members(call: Call, parameters: Parameters) -> None:
    """core_group_add_group_members: all or none; null also for who is a member already.

    Whoever has any enrolment in the course can join, suspended or ended ones too.
    """
    with transaction(call.db):
        for member in parameters["members"]:
            _add(call, member["groupid"], member["userid"])


def _add(call: Call, group_id: int, user: int) -> None:
    group = _group(call.db, group_id)
    host = call.config["mnet_localhost_id"]
    sql = "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0 AND mnethostid = ?"
    if value(call.db, sql, user, int(host)) is None:
        raise missing_record("user", "id", user, deleted=0, mnethostid=host)
    enter_or_explain(call, group["courseid"])
    _require_manager(call, group["courseid"])
    if user == GUEST_ID or not enrolled(call.db, group["courseid"], call.now, user=user):
        raise invalid_parameter("Only enrolled users may be members of groups")
    if is_member(call, group_id, user):
        return
    join(call.db, group_id, user, now=call.now)
