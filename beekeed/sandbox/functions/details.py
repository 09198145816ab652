"""What Moodle shows of an account, and to whom: `user_get_user_details` in user/lib.php.

The one rule: field by field, by the capabilities of who asks; what is empty is often not there
at all (recorded: users by username), so that its absence says nothing.
"""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from beekeed.sandbox import profile_fields
from beekeed.sandbox.access import can, context_of, is_active, user_context
from beekeed.sandbox.call import Call
from beekeed.sandbox.cleaning import format_string, format_text
from beekeed.sandbox.database import rows, value
from beekeed.sandbox.errors import NotBuilt, moodle_error
from beekeed.sandbox.functions.groups import NOBODY, is_member
from beekeed.sandbox.standard import COURSE, SITE_ID

FIELDS = (
    "id", "username", "fullname", "firstname", "lastname", "email", "address", "phone1",
    "phone2", "department", "institution", "interests", "firstaccess", "lastaccess", "auth",
    "confirmed", "idnumber", "lang", "theme", "timezone", "mailformat", "description",
    "descriptionformat", "city", "country", "profileimageurlsmall", "profileimageurl",
    "customfields", "groups", "roles", "preferences", "enrolledcourses", "suspended",
    "lastcourseaccess", "trackforums",
)  # fmt: skip
"""What may be asked for; another name is `invaliduserfield` as soon as there is anybody."""

_EVERYONE, _COURSE_MEMBERS = 1, 2
_SEPARATE_GROUPS = 1
_EMPTY = (None, "", "0")
HTML = 1
"""FORMAT_HTML."""


def details(
    call: Call, user: sqlite3.Row, course: sqlite3.Row | None = None, asked: Collection[str] = ()
) -> dict[str, Any] | None:
    """The fields of an account that the caller may see, in a course or outside any.

    `asked` is the wanted fields, all where it is empty; id and fullname always come. None where
    the caller may not see the account.
    """
    for name in asked:
        if name not in FIELDS:
            raise moodle_error("invaliduserfield", f"Invalid user field: {name}")
    own = user_context(call.db, user["id"])
    context = own if course is None else context_of(call.db, COURSE, course["id"]) or own
    if not _may_see(call, user, context, own):
        return None
    sight = _sight(call, user, course, context)
    found = _names(call, user) | _public(user, sight) | _private(call, user, context, sight)
    if _shows_email(call, user, None if course is None else context, sight):
        found["email"] = user["email"]
    if course is not None:
        found |= _in_course(call, user, course, context)
    wanted = {*(asked or FIELDS), "id", "fullname"}
    found = {name: found[name] for name in FIELDS if name in found and name in wanted}
    if "customfields" in wanted:
        fields = profile_fields.shown(call, user["id"], display=course is None)
        found |= {"customfields": fields} if fields else {}
    if "description" in wanted - sight.hidden and user["description"] is not None:
        found |= _description(call, user)
    if "groups" in wanted and course is not None:
        groups = _groups(call, user["id"], course, context)
        found |= {"groups": [_group(group) for group in groups]} if groups else {}
    return found


@dataclass(frozen=True)
class _Sight:
    """What the site's settings open and close to the caller: hidden and identity fields."""

    own: bool
    administers: bool
    hidden: frozenset[str]
    identity: frozenset[str]


def _sight(call: Call, user: sqlite3.Row, course: sqlite3.Row | None, context: int) -> _Sight:
    """Fields that the site hides show to who has one capability in courses, another outside;
    fields that identify people need moodle/site:viewuseridentity.
    """
    outside = course is None
    capability = (
        "moodle/user:viewhiddendetails" if outside else "moodle/course:viewhiddenuserfields"
    )
    hidden = frozenset() if can(call, capability, context) else _listed(call, "hiddenuserfields")
    sees = can(call, "moodle/site:viewuseridentity", context)
    identity = _listed(call, "showuseridentity") - hidden if sees else frozenset()
    return _Sight(
        own=user["id"] == call.account_id,
        administers=str(call.account_id) in _listed(call, "siteadmins"),
        hidden=hidden,
        identity=identity,
    )


def _listed(call: Call, setting: str) -> frozenset[str]:
    return frozenset(name for name in call.config.get(setting, "").split(",") if name)


def _may_see(call: Call, user: sqlite3.Row, context: int, own: int) -> bool:
    """The contacts of courses show to everybody."""
    if user["id"] == call.account_id or user["deleted"]:
        return not user["deleted"]
    if any(can(call, "moodle/user:viewdetails", place) for place in {context, own}):
        return True
    roles = ",".join(sorted(_listed(call, "coursecontact"))) or "NULL"
    sql = f"SELECT 1 FROM mdl_role_assignments WHERE userid = ? AND roleid IN ({roles})"
    return value(call.db, sql, user["id"]) is not None


def _names(call: Call, user: sqlite3.Row) -> dict[str, Any]:
    picture = f"{call.wwwroot}/theme/image.php/boost/core/1/u"
    return {
        "id": user["id"],
        "firstname": user["firstname"],
        "lastname": user["lastname"],
        "fullname": f"{user['firstname']} {user['lastname']}",
        "profileimageurlsmall": f"{picture}/f2",
        "profileimageurl": f"{picture}/f1",
    }


def _public(user: sqlite3.Row, sight: _Sight) -> dict[str, Any]:
    """What needs no capability unless the site hides it, left out where it is empty or "0".

    A phone shows only where it identifies people or to site administrators.
    """
    shown = {name: user[name] for name in ("address", "city", "country", "timezone")
             if user[name] not in _EMPTY}  # fmt: skip
    for name in ("phone1", "phone2"):
        if user[name] not in _EMPTY and (name in sight.identity or sight.administers):
            shown[name] = user[name]
    shown |= {name: user[name] for name in ("firstaccess", "lastaccess")}
    shown["suspended"] = bool(user["suspended"])
    return {name: shown[name] for name in shown if name not in sight.hidden}


def _description(call: Call, user: sqlite3.Row) -> dict[str, Any]:
    """What somebody says of themself; as HTML its format is HTML's."""
    text, text_format = user["description"], user["descriptionformat"]
    if text and not call.raw:
        text, text_format = format_text(text), HTML
    return {"description": text, "descriptionformat": text_format}


def _private(call: Call, user: sqlite3.Row, context: int, sight: _Sight) -> dict[str, Any]:
    """What needs moodle/user:viewalldetails, or to be one's own, or to identify people."""
    sees_all = sight.own or can(call, "moodle/user:viewalldetails", context)
    shown = {name: user[name] for name in ("idnumber", "institution") if user[name] not in _EMPTY}
    shown["department"] = user["department"]
    shown = {name: shown[name] for name in shown if sees_all or name in sight.identity}
    if not sees_all:
        return shown
    always = ("username", "auth", "lang", "theme", "mailformat", "trackforums")
    return shown | {name: user[name] for name in always} | {"confirmed": bool(user["confirmed"])}


def _shows_email(call: Call, user: sqlite3.Row, course_context: int | None, sight: _Sight) -> bool:
    """To oneself; to everybody or to fellow members, as the user chose; in a course, to who has
    moodle/course:useremail; and where it identifies people.
    """
    if sight.own or "email" in sight.identity:
        return True
    if "email" in sight.hidden:
        return False
    if user["maildisplay"] == _EVERYONE:
        return True
    if course_context is not None and can(call, "moodle/course:useremail", course_context):
        return True
    return user["maildisplay"] == _COURSE_MEMBERS and _share_a_course(call, user["id"])


def _share_a_course(call: Call, user: int) -> bool:
    sql = (
        "SELECT 1 FROM mdl_user_enrolments a JOIN mdl_enrol ea ON ea.id = a.enrolid "
        "JOIN mdl_enrol eb ON eb.courseid = ea.courseid "
        "JOIN mdl_user_enrolments b ON b.enrolid = eb.id WHERE a.userid = ? AND b.userid = ?"
    )
    return value(call.db, sql, user, call.account_id) is not None


def _in_course(call: Call, user: sqlite3.Row, course: sqlite3.Row, context: int) -> dict[str, Any]:
    """Roles, other courses and the last visit, which show only within a course."""
    sql = "SELECT timeaccess FROM mdl_user_lastaccess WHERE userid = ? AND courseid = ?"
    return {
        "lastcourseaccess": value(call.db, sql, user["id"], course["id"]) or 0,
        "roles": _roles(call.db, user["id"], context),
        "enrolledcourses": [
            {"id": row["id"], "fullname": format_string(row["fullname"]),
             "shortname": format_string(row["shortname"])}
            for row in active_courses(call, user["id"])
        ],
    }  # fmt: skip


def _roles(db: sqlite3.Connection, user: int, context: int) -> list[Mapping[str, Any]]:
    """The roles in the course itself; their sortorder is the assignment's, 0, not the role's
    (seen: enrolled, roles asked).
    """
    sql = (
        "SELECT ra.roleid, r.name, r.shortname, ra.sortorder FROM mdl_role_assignments ra "
        "JOIN mdl_role r ON r.id = ra.roleid WHERE ra.userid = ? AND ra.contextid = ? "
        "ORDER BY r.sortorder, ra.id"
    )
    return [dict(row) for row in rows(db, sql, user, context)]


def _groups(call: Call, user: int, course: sqlite3.Row, context: int) -> list[sqlite3.Row]:
    """Somebody's groups by name, but those that nobody sees; where the course keeps groups
    apart, only those that are the caller's too.
    """
    sql = (
        "SELECT g.* FROM mdl_groups g JOIN mdl_groups_members m ON m.groupid = g.id "
        "WHERE m.userid = ? AND g.courseid = ? ORDER BY g.name COLLATE moodle, g.id"
    )
    hides = not can(call, "moodle/course:viewhiddengroups", context)
    apart = course["groupmode"] == _SEPARATE_GROUPS and user != call.account_id
    apart = apart and not can(call, "moodle/site:accessallgroups", context)
    return [
        group
        for group in rows(call.db, sql, user, course["id"])
        if not (hides and group["visibility"] == NOBODY)
        and not (apart and not is_member(call, group["id"], call.account_id))
    ]


def _group(group: sqlite3.Row) -> dict[str, Any]:
    """For HTML whatever the caller asked for."""
    if group["description"] and group["descriptionformat"] != HTML:
        raise NotBuilt("descriptions of groups that are not HTML")
    return {
        "id": group["id"],
        "name": format_string(group["name"]),
        "description": format_text(group["description"] or ""),
        "descriptionformat": group["descriptionformat"],
    }


def active_courses(call: Call, user: int) -> list[sqlite3.Row]:
    """The courses where somebody is enrolled in force, as Moodle sorts them for lists.

    A hidden one counts only where that user may see hidden courses.
    """
    sql = "SELECT * FROM mdl_course WHERE id <> ? ORDER BY visible DESC, sortorder"
    return [
        course
        for course in rows(call.db, sql, SITE_ID)
        if is_active(call.db, course["id"], user, call.now)
        and (course["visible"] or _sees_hidden(call, user, course["id"]))
    ]


def _sees_hidden(call: Call, user: int, course: int) -> bool:
    context = context_of(call.db, COURSE, course)
    return context is not None and can(call, "moodle/course:viewhiddencourses", context, user)
