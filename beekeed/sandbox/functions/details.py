"""What Moodle shows of an account, and to whom: `user_get_user_details` in user/lib.php.

The one rule: field by field, by the capabilities of who asks; what is empty is often not there
at all (recorded: users by username), so that its absence says nothing.
"""

import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

from beekeed.sandbox.access import can, context_of, is_active, user_context
from beekeed.sandbox.call import Call
from beekeed.sandbox.database import rows, value
from beekeed.sandbox.errors import moodle_error
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
    found = _names(call, user) | _public(call, user) | _private(call, user, context)
    if _shows_email(call, user, None if course is None else context):
        found["email"] = user["email"]
    if course is not None:
        found |= _in_course(call, user, course, context)
    wanted = {*(asked or FIELDS), "id", "fullname"}
    return {name: found[name] for name in FIELDS if name in found and name in wanted}


def _may_see(call: Call, user: sqlite3.Row, context: int, own: int) -> bool:
    if user["id"] == call.account_id or user["deleted"]:
        return not user["deleted"]
    return any(can(call, "moodle/user:viewdetails", place) for place in {context, own})


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


def _public(call: Call, user: sqlite3.Row) -> dict[str, Any]:
    """What needs no capability, left out where it is empty."""
    shown = {name: user[name] for name in ("address", "city", "country", "timezone") if user[name]}
    if user["description"] is not None:
        shown["description"] = user["description"]
        shown["descriptionformat"] = user["descriptionformat"]
    shown |= {name: user[name] for name in ("firstaccess", "lastaccess")}
    shown["suspended"] = bool(user["suspended"])
    fields = _custom_fields(call.db, user["id"])
    return shown | ({"customfields": fields} if fields else {})


def _custom_fields(db: sqlite3.Connection, user: int) -> list[dict[str, Any]]:
    """Profile fields that everybody may see (visible 2)."""
    sql = (
        "SELECT f.*, d.data FROM mdl_user_info_field f "
        "JOIN mdl_user_info_data d ON d.fieldid = f.id AND d.userid = ? "
        "WHERE f.visible = 2 ORDER BY f.sortorder"
    )
    return [
        {
            "type": row["datatype"],
            "value": row["data"],
            "displayvalue": row["data"],
            "name": row["name"],
            "shortname": row["shortname"],
        }
        for row in rows(db, sql, user)
    ]


def _private(call: Call, user: sqlite3.Row, context: int) -> dict[str, Any]:
    """What needs moodle/user:viewalldetails, or to be one's own."""
    if user["id"] != call.account_id and not can(call, "moodle/user:viewalldetails", context):
        return {}
    always = ("username", "department", "auth", "lang", "theme", "mailformat", "trackforums")
    shown = {name: user[name] for name in always}
    shown |= {name: user[name] for name in ("idnumber", "institution") if user[name]}
    return shown | {"confirmed": bool(user["confirmed"])}


def _shows_email(call: Call, user: sqlite3.Row, course_context: int | None) -> bool:
    """To oneself; to everybody or to fellow members, as the user chose; in a course, to who has
    moodle/course:useremail. Identity fields of the site are not reckoned.
    """
    if user["id"] == call.account_id or user["maildisplay"] == _EVERYONE:
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
    """Roles, groups, other courses and the last visit, which show only within a course."""
    sql = "SELECT timeaccess FROM mdl_user_lastaccess WHERE userid = ? AND courseid = ?"
    shown = {
        "lastcourseaccess": value(call.db, sql, user["id"], course["id"]) or 0,
        "roles": _roles(call.db, user["id"], context),
        "enrolledcourses": [
            {name: row[name] for name in ("id", "fullname", "shortname")}
            for row in active_courses(call, user["id"])
        ],
    }
    groups = _groups(call.db, user["id"], course["id"])
    return shown | ({"groups": groups} if groups else {})


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


def _groups(db: sqlite3.Connection, user: int, course: int) -> list[Mapping[str, Any]]:
    sql = (
        "SELECT g.id, g.name, coalesce(g.description, '') AS description, g.descriptionformat "
        "FROM mdl_groups g JOIN mdl_groups_members m ON m.groupid = g.id "
        "WHERE m.userid = ? AND g.courseid = ? ORDER BY g.name"
    )
    return [dict(row) for row in rows(db, sql, user, course)]


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
