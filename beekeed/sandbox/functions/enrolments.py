"""core_enrol_* and enrol_manual_*: who is in which course.

The one rule: enrolling somebody again is no repetition but an edit: it sets status, start and
end to what is sent, or to active and endless (`enrol_plugin::enrol_user`).
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from beekeed.sandbox.access import (
    can,
    context_of,
    enrolled,
    enter_course,
    enter_course_or_explain,
    require,
    require_account,
)
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.cleaning import clean
from beekeed.sandbox.collation import key
from beekeed.sandbox.database import one, rows, transaction
from beekeed.sandbox.errors import (
    NotBuilt,
    coding_error,
    invalid_parameter,
    missing_capability,
    missing_record,
    moodle_error,
)
from beekeed.sandbox.functions.details import details
from beekeed.sandbox.mail import welcome
from beekeed.sandbox.people import assign_role, enrol_user, unenrol_user
from beekeed.sandbox.raw_grade import forget
from beekeed.sandbox.standard import COURSE


def enrol_users(call: Call, parameters: Parameters) -> None:
    """enrol_manual_enrol_users: all or none; answers null whatever was there before.

    `suspend` suspends, also who is enrolled already; without it a suspension is lifted. Each line
    may mail a welcome (mail.py).
    """
    with transaction(call.db):
        for enrolment in parameters["enrolments"]:
            _enrol(call, enrolment)


def _enrol(call: Call, enrolment: Mapping[str, Any]) -> None:
    course = enter_course(call, enrolment["courseid"])
    context = context_of(call.db, COURSE, course["id"]) or 0
    require(call, "enrol/manual:enrol", context)
    user = enrolment["userid"]
    require_account(call, user)
    if not _may_assign(call, context, enrolment["roleid"]):
        raise moodle_error(
            "wsusercannotassign",
            f"You don't have the permission to assign this role ({enrolment['roleid']}) "
            f"to this user ({user}) in this course ({course['id']}).",
            module="enrol_manual",
        )
    instance = _manual_instance(call.db, course["id"], only_enabled=True)
    enrol_user(
        call.db,
        instance,
        user,
        status=1 if enrolment.get("suspend") else 0,
        timestart=enrolment.get("timestart") or 0,
        timeend=enrolment.get("timeend") or 0,
        now=call.now,
        modifier=call.account_id,
    )
    welcome(call, instance, user)
    assign_role(call.db, enrolment["roleid"], context, user, call.now, call.account_id)


def _may_assign(call: Call, context: int, role: int) -> bool:
    """Whether one of the account's roles may give a role in a course (`get_assignable_roles`)."""
    if not can(call, "moodle/role:assign", context):
        return False
    sql = (
        "SELECT 1 FROM mdl_role_allow_assign aa "
        "JOIN mdl_role_assignments ra ON ra.roleid = aa.roleid AND ra.userid = :user "
        "JOIN mdl_context held ON held.id = ra.contextid "
        "JOIN mdl_context here ON here.id = :context "
        "AND (here.path = held.path OR here.path LIKE held.path || '/%') "
        "JOIN mdl_role_context_levels l ON l.roleid = aa.allowassign AND l.contextlevel = :level "
        "WHERE aa.allowassign = :role"
    )
    bound = {"user": call.account_id, "context": context, "level": COURSE, "role": role}
    return call.db.execute(sql, bound).fetchone() is not None


def _manual_instance(db: sqlite3.Connection, course: int, *, only_enabled: bool) -> sqlite3.Row:
    sql = "SELECT * FROM mdl_enrol WHERE courseid = ? AND enrol = 'manual' AND status <= ?"
    instance = one(db, f"{sql} ORDER BY sortorder, id", course, 0 if only_enabled else 1)
    if instance is None:
        raise moodle_error(
            "wsnoinstance",
            "Manual enrolment plugin instance doesn't exist or is disabled for the course "
            f"(id = {course})",
            module="enrol_manual",
        )
    return instance


def unenrol_users(call: Call, parameters: Parameters) -> None:
    """enrol_manual_unenrol_users: all or none; null also for who is not enrolled."""
    with transaction(call.db):
        for enrolment in parameters["enrolments"]:
            if context_of(call.db, COURSE, enrolment["courseid"]) is None:
                raise missing_record("course", "id", enrolment["courseid"], "id,category")
            course = enter_course(call, enrolment["courseid"])
            context = context_of(call.db, COURSE, course["id"]) or 0
            require(call, "enrol/manual:unenrol", context)
            instance = _manual_instance(call.db, course["id"], only_enabled=False)
            require_account(call, enrolment["userid"])
            if unenrol_user(call.db, instance, enrolment["userid"]):
                forget(call, course["id"], enrolment["userid"])


def get_enrolled_users(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_enrol_get_enrolled_users: who is enrolled, in order of id.

    Options: userfields, onlyactive, onlysuspended, groupid, limitfrom, limitnumber, sortby,
    sortdirection. Suspended ones are among them unless an option says otherwise. Of an option
    that comes twice the last counts, but the userfields of all are added up.
    """
    options = {option["name"]: option["value"] for option in parameters["options"]}
    sorting, reverse = _sorting(options)
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", parameters["courseid"])
    if course is None:
        raise missing_record("course", "id", parameters["courseid"])
    enter_course_or_explain(call, course)
    users = _wanted_users(call, course, options)
    users.sort(key=sorting, reverse=reverse)
    first, count = (int(clean(options.get(n, "0"), "int")) for n in ("limitfrom", "limitnumber"))  # type: ignore[call-overload]
    page = users[first : first + count] if count else users[first:]
    asked = _asked_fields(parameters["options"])
    found = [details(call, user, course, asked) for user in page]
    return [shown for shown in found if shown is not None]


def _asked_fields(options: list[Mapping[str, str]]) -> list[str]:
    """The names of userfields; an empty list of them has one name, which is empty."""
    names = (o["value"].split(",") for o in options if o["name"] == "userfields")
    return [str(clean(name, "alphanumext")) for listed in names for name in listed]


def _sorting(options: Mapping[str, str]) -> tuple[Any, bool]:
    """The key to sort by, and whether backwards."""
    by, direction = options.get("sortby", "id"), options.get("sortdirection", "ASC").upper()
    allowed = ("id", "firstname", "lastname", "siteorder")
    if by not in allowed:
        raise invalid_parameter(
            f"Invalid value for sortby parameter (value: {by}), "
            f"allowed values are: {','.join(allowed)}"
        )
    if direction not in ("ASC", "DESC"):
        raise invalid_parameter(
            "Invalid value for sortdirection parameter\n                        "
            f"(value: {direction}),allowed values are: ASC,DESC"
        )
    backwards = direction == "DESC"
    if by == "siteorder":
        return _site_order(backwards=backwards), False
    return (lambda user: user[by] if by == "id" else key(user[by])), backwards


def _site_order(*, backwards: bool) -> Any:
    """By last and first name; backwards only who has the same name, by id."""
    sign = -1 if backwards else 1
    return lambda user: (key(user["lastname"]), key(user["firstname"]), sign * user["id"])


def _wanted_users(call: Call, course: sqlite3.Row, options: Mapping[str, str]) -> list[sqlite3.Row]:
    context = context_of(call.db, COURSE, course["id"]) or 0
    if not any(
        can(call, name, context)
        for name in ("moodle/course:viewparticipants", "moodle/course:enrolreview")
    ):
        raise missing_capability("View participants")
    if _is_set(options.get("withcapability")):
        raise NotBuilt("participants by their capability")
    only = {name for name in ("onlyactive", "onlysuspended") if _is_set(options.get(name))}
    if only:
        require(call, "moodle/course:enrolreview", context)
    if len(only) > 1:
        raise coding_error(
            "Both onlyactive and onlysuspended are set, this is probably not what you want!"
        )
    which = {"onlyactive": "active", "onlysuspended": "suspended"}.get("".join(only), "any")
    ids = enrolled(call.db, course["id"], call.now, which)
    group = int(clean(options.get("groupid", "0"), "int"))  # type: ignore[call-overload]
    if group:
        require(call, "moodle/site:accessallgroups", context)
        sql = "SELECT userid FROM mdl_groups_members WHERE groupid = ?"
        members = {row["userid"] for row in rows(call.db, sql, group)}
        ids = [user_id for user_id in ids if user_id in members]
    found = (one(call.db, "SELECT * FROM mdl_user WHERE id = ?", user_id) for user_id in ids)
    return [user for user in found if user is not None]


def _is_set(option: str | None) -> bool:
    return option not in (None, "", "0")
