"""Who may do what, from Moodle's own rows: contexts, roles, capabilities, enrolments.

The one rule: as lib/accesslib.php reckons. Of each role the permission nearest to the context
counts, one role that allows is enough, and a prohibition anywhere wins.
"""

import sqlite3
from collections.abc import Mapping

from beekeed.sandbox.call import Call
from beekeed.sandbox.database import one, rows, value
from beekeed.sandbox.errors import (
    MoodleError,
    developer,
    invalid_parameter,
    login_required,
    missing_capability,
    missing_record,
    moodle_error,
    shown_message,
)
from beekeed.sandbox.standard import CAPABILITIES, COURSE, GUEST_ID, MODULE, SITE_ID, SYSTEM, USER

_ALLOW, _PROHIBIT = 1, -1000


def context_of(db: sqlite3.Connection, level: int, instance: object) -> int | None:
    """The id of a context, or None."""
    sql = "SELECT id FROM mdl_context WHERE contextlevel = ? AND instanceid = ?"
    found: int | None = value(db, sql, level, 0 if level == SYSTEM else instance)
    return found


def system_context(db: sqlite3.Connection) -> int:
    """The site's own context, at the top of every path."""
    found = context_of(db, SYSTEM, 0)
    assert found is not None  # noqa: S101  (every site has it)
    return found


def can(call: Call, capability: str, context: int, user: int | None = None) -> bool:
    """Whether somebody (the service's account, unless told) has a capability in a context."""
    return has_capability(
        call.db, call.config, call.account_id if user is None else user, capability, context
    )


def has_capability(
    db: sqlite3.Connection, config: Mapping[str, str], user: int, capability: str, context: int
) -> bool:
    """Whether a user's roles allow something; site administrators may do everything."""
    if str(user) in config.get("siteadmins", "").split(","):
        return True
    path = _path(db, context)
    roles = _roles(db, config, user, path)
    permissions = _permissions(db, capability, roles, path)
    if any(_PROHIBIT in held.values() for held in permissions.values()):
        return False
    nearest = (held[max(held)] for held in permissions.values())
    return any(permission == _ALLOW for permission in nearest)


def _path(db: sqlite3.Connection, context: int) -> list[int]:
    """The contexts from the system's down to this one."""
    path = value(db, "SELECT path FROM mdl_context WHERE id = ?", context)
    return [int(part) for part in (path or "").split("/") if part]


def _roles(
    db: sqlite3.Connection, config: Mapping[str, str], user: int, path: list[int]
) -> set[int]:
    """The roles that somebody holds along a path, with what every account holds."""
    marks = ",".join("?" * len(path))
    sql = f"SELECT roleid FROM mdl_role_assignments WHERE userid = ? AND contextid IN ({marks})"
    roles = {row["roleid"] for row in rows(db, sql, user, *path)}
    everybody = config.get("guestroleid" if user == GUEST_ID else "defaultuserroleid")
    return roles | ({int(everybody)} if everybody else set())


def _permissions(
    db: sqlite3.Connection, capability: str, roles: set[int], path: list[int]
) -> dict[int, dict[int, int]]:
    """By role: the permission at each depth of the path where the role has one."""
    sql = (
        "SELECT roleid, contextid, permission FROM mdl_role_capabilities WHERE capability = ? "
        f"AND roleid IN ({','.join('?' * len(roles))}) "
        f"AND contextid IN ({','.join('?' * len(path))})"
    )
    found: dict[int, dict[int, int]] = {}
    for row in rows(db, sql, capability, *roles, *path):
        held = found.setdefault(row["roleid"], {})
        held[path.index(row["contextid"])] = row["permission"]
    return found


def require(call: Call, capability: str, context: int) -> None:
    """Refuses with `nopermissions` and the capability's English name where it is missing."""
    if can(call, capability, context):
        return
    raise missing_capability(capability_title(capability), link=context_link(call, context))


def capability_title(capability: str) -> str:
    """The English name of a capability that the sandbox asks for."""
    return next(known.title for known in CAPABILITIES if known.name == capability)


def context_link(call: Call, context: int) -> str:
    """The page of a context, which exceptions inside a batch carry as `link`."""
    row = one(call.db, "SELECT contextlevel, instanceid FROM mdl_context WHERE id = ?", context)
    if row is None or row["contextlevel"] not in (COURSE, MODULE):
        return f"{call.wwwroot}/"
    if row["contextlevel"] == COURSE:
        return f"{call.wwwroot}/course/view.php?id={row['instanceid']}"
    sql = (
        "SELECT m.name FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module "
        "WHERE cm.id = ?"
    )
    kind = value(call.db, sql, row["instanceid"])
    return f"{call.wwwroot}/mod/{kind}/view.php?id={row['instanceid']}"


def enter_course(call: Call, course_id: object) -> sqlite3.Row:
    """The course's row, where the account may enter it (`validate_context`).

    Raises invalidparameter where there is no such course (recorded: enrol into a missing
    course), requireloginerror where it is hidden from the account or not open to it.
    """
    context = context_of(call.db, COURSE, course_id)
    course = one(call.db, "SELECT * FROM mdl_course WHERE id = ?", course_id)
    if context is None or course is None:
        raise invalid_parameter("Context does not exist")
    if course["id"] == SITE_ID:
        return course
    if not course["visible"] and not can(call, "moodle/course:viewhiddencourses", context):
        raise login_required("Course is hidden")
    if not can(call, "moodle/course:view", context) and not is_active(
        call.db, course["id"], call.account_id, call.now
    ):
        raise login_required("Not enrolled")
    return course


def enter_course_or_explain(call: Call, course: sqlite3.Row) -> None:
    """Enters a course; what keeps the account out is `errorcoursecontextnotvalid`."""
    enter_or_explain(call, course["id"])


def enter_or_explain(call: Call, course_id: object) -> sqlite3.Row:
    """The course's row; `errorcoursecontextnotvalid` also where there is no such course."""
    try:
        return enter_course(call, course_id)
    except MoodleError as error:
        message = shown_message(error, for_developer=developer(call.config))
        raise moodle_error(
            "errorcoursecontextnotvalid",
            "You cannot execute functions in the course context "
            f"(course id:{course_id}). The context error message was: {message}",
            module="webservice",
        ) from error


def enter_activity(call: Call, cmid: object) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The rows of a course module (with `modname`) and its course, where both are open.

    Raises invalidcoursemodule where there is no such module, activityisscheduledfordeletion
    where it is on its way out, requireloginerror where the account may not view it.
    """
    module = one(call.db, f"{MODULES_SQL} WHERE cm.id = ?", cmid)
    if module is None or context_of(call.db, MODULE, cmid) is None:
        raise missing_record("course_modules", "id", _as_sought(cmid), "id,course")
    course = enter_course(call, module["course"])
    if module["deletioninprogress"]:
        raise moodle_error("activityisscheduledfordeletion", "Activity deletion in progress...")
    if not may_view(call, module):
        raise login_required("Activity is hidden")
    return module, course


MODULES_SQL = (
    "SELECT cm.*, m.name AS modname FROM mdl_course_modules cm "
    "JOIN mdl_modules m ON m.id = cm.module"
)
"""Course modules with the name of their kind."""


def _as_sought(cmid: object) -> object:
    return "NULL" if cmid is None else cmid


def may_view(call: Call, module: sqlite3.Row) -> bool:
    """Whether the account sees an activity (`cm_info::update_user_visible`).

    Conditions of availability are not reckoned: an activity counts as available.
    """
    context = context_of(call.db, MODULE, module["id"])
    if module["deletioninprogress"] or context is None:
        return False
    if not module["visible"] and not can(call, "moodle/course:viewhiddenactivities", context):
        return False
    capability = f"mod/{module['modname']}:view"
    known = value(call.db, "SELECT 1 FROM mdl_capabilities WHERE name = ?", capability)
    return known is None or can(call, capability, context)


_ACTIVE = (
    "ue.status = 0 AND e.status = 0 AND ue.timestart < :now "
    "AND (ue.timeend = 0 OR ue.timeend > :now)"
)


def require_account(call: Call, user: int) -> None:
    """Refuses an id without an account, a deleted or unconfirmed one, and the guest.

    As `core_user::require_active_user`; two of its errorcodes have no text (seen on a real site).
    A suspended account passes.
    """
    row = one(call.db, "SELECT * FROM mdl_user WHERE id = ?", user)
    if row is None:
        raise missing_record("user", "id", user)
    if row["deleted"]:
        raise moodle_error("userdeleted", "error/userdeleted")
    if not row["confirmed"]:
        raise moodle_error("usernotconfirmed", "error/usernotconfirmed", module="moodle")
    if row["id"] == GUEST_ID:
        raise moodle_error("guestsarenotallowed", "The guest user is not allowed to do this")


def is_active(db: sqlite3.Connection, course: int, user: int, now: int) -> bool:
    """Whether somebody has an enrolment in force in a course."""
    return bool(enrolled(db, course, now, "active", user=user))


def enrolled(
    db: sqlite3.Connection, course: int, now: int, which: str = "any", *, user: int | None = None
) -> list[int]:
    """The ids of who is enrolled, in order: "any", "active", or "suspended" (no active one).

    An enrolment that is over counts as suspended (seen: ended counts as suspended). With `user`
    only that one is looked for.
    """
    by_which = {
        "any": "1 = 1",
        "active": _ACTIVE,
        "suspended": "ue.userid NOT IN (SELECT ue.userid FROM mdl_user_enrolments ue "
        f"JOIN mdl_enrol e ON e.id = ue.enrolid AND e.courseid = :course WHERE {_ACTIVE})",
    }
    sql = (
        "SELECT DISTINCT ue.userid FROM mdl_user_enrolments ue "
        "JOIN mdl_enrol e ON e.id = ue.enrolid AND e.courseid = :course "
        f"JOIN mdl_user u ON u.id = ue.userid AND u.deleted = 0 WHERE {by_which[which]} "
        f"{'' if user is None else 'AND ue.userid = :user '}ORDER BY ue.userid"
    )
    # Moodle rounds the time to hundreds of seconds, for its database's sake.
    found = db.execute(sql, {"course": course, "now": round(now, -2), "user": user})
    return [row["userid"] for row in found]


def user_context(db: sqlite3.Connection, user: int) -> int:
    """An account's own context; the site's where the account has none."""
    return context_of(db, USER, user) or system_context(db)
