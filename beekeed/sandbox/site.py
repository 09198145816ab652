"""Makes and edits a Moodle's database by plain SQL.

The one rule: every row that Moodle itself would write for it, so that who reads the database
finds what a real one holds; ids advance as auto-increment does, and `now` always comes from the
caller, in whole Unix seconds.
"""

import sqlite3
from pathlib import Path
from types import MappingProxyType
from typing import Any

from beekeed.sandbox import database
from beekeed.sandbox.database import insert, one, value
from beekeed.sandbox.standard import (
    ADMIN_ID,
    CAPABILITIES,
    CATEGORY,
    COURSE,
    KINDS,
    MODULE,
    ROLES,
    SITE_ID,
    SYSTEM,
    USER,
)

_CONFIG = (
    ("release", "4.5.6 (Build: 20250811)"),
    ("version", "2024100706"),
    ("siteadmins", str(ADMIN_ID)),
    ("defaultuserroleid", "7"),
    ("guestroleid", "6"),
    ("mnet_localhost_id", "1"),
    ("wwwroot", ""),
    ("enablecompletion", "1"),
    ("enablewebservices", "0"),
    ("webserviceprotocols", ""),
    ("maintenance_enabled", "0"),
    ("debug", "0"),
    ("debugdisplay", "0"),
    ("allowaccountssameemail", "0"),
    ("country", "0"),
    ("defaultcity", ""),
    ("coursecontact", "3"),
    ("hiddenuserfields", ""),
    ("showuseridentity", "email"),
    ("passwordpolicy", "1"),
    ("minpasswordlength", "8"),
    ("minpassworddigits", "1"),
    ("minpasswordlower", "1"),
    ("minpasswordupper", "1"),
    ("minpasswordnonalphanum", "1"),
    ("usecomments", "1"),
    ("usetags", "1"),
    ("enablenotes", "1"),
    ("messaging", "1"),
    ("enableblogs", "1"),
    ("enablebadges", "1"),
    ("messagingallusers", "0"),
    ("enablecustomreports", "1"),
    ("enableglobalsearch", "0"),
)
"""A fresh site's settings, those that the sandbox reads (Moodle's defaults)."""

_ROLE_LEVELS = MappingProxyType(
    {
        "manager": (SYSTEM, CATEGORY, COURSE),
        "coursecreator": (SYSTEM, CATEGORY),
        "editingteacher": (COURSE, MODULE),
        "teacher": (COURSE, MODULE),
        "student": (COURSE, MODULE),
    }
)
"""Where a role can be assigned (lib/accesslib.php, get_default_contextlevels)."""


def create(path: Path, *, now: int, shortname: str = "site", fullname: str = "Site") -> None:
    """Makes the database of a fresh Moodle: settings, roles, modules, category, guest, admin.

    Raises FileExistsError where the file is there already.
    """
    db = database.create(path)
    with database.transaction(db):
        for name, setting in _CONFIG:
            insert(db, "config", name=name, value=setting)
        _add_roles(db)
        system = add_context(db, SYSTEM, 0, None)
        _add_site_course(db, shortname, fullname, now)
        add_context(db, COURSE, SITE_ID, system)
        add_category(db, "Category 1", now=now)
        for kind in KINDS:
            insert(db, "modules", name=kind.name, visible=int(kind.visible))
        _add_capabilities(db, system, now)
        add_user(db, username="guest", firstname="Guest user", lastname=" ",
                 email="root@localhost", now=now, timecreated=0)  # fmt: skip
        add_user(db, username="admin", firstname="Admin", lastname="User",
                 email="admin@example.org", now=now, timecreated=0, maildisplay=1)  # fmt: skip
    db.close()


def _add_roles(db: sqlite3.Connection) -> None:
    for order, name in enumerate(ROLES, start=1):
        role = insert(db, "role", shortname=name, description="", sortorder=order, archetype=name)
        for level in _ROLE_LEVELS.get(name, ()):
            insert(db, "role_context_levels", roleid=role, contextlevel=level)


def _add_site_course(db: sqlite3.Connection, shortname: str, fullname: str, now: int) -> None:
    insert(
        db, "course", category=0, sortorder=1, fullname=fullname, shortname=shortname,
        summary="", format="site", newsitems=3, timecreated=now, timemodified=now, cacherev=now,
    )  # fmt: skip


def _add_capabilities(db: sqlite3.Connection, system: int, now: int) -> None:
    """What can be allowed, and what each archetype's role is allowed by default."""
    for capability in CAPABILITIES:
        insert(
            db, "capabilities", name=capability.name, captype="write",
            contextlevel=capability.level, component="moodle",
        )  # fmt: skip
        for archetype in capability.archetypes or ():
            allow(db, role_id(db, archetype), capability.name, context=system, now=now)


def allow(db: sqlite3.Connection, role: int, capability: str, *, context: int, now: int) -> None:
    """Gives a role a capability in a context, in place of what it had there."""
    key = (role, context, capability)
    where = "roleid = ? AND contextid = ? AND capability = ?"
    db.execute(f"DELETE FROM mdl_role_capabilities WHERE {where}", key)
    insert(
        db, "role_capabilities", contextid=context, roleid=role, capability=capability,
        permission=1, timemodified=now, modifierid=ADMIN_ID,
    )  # fmt: skip


def role_id(db: sqlite3.Connection, shortname: str) -> int:
    """The id of a role; KeyError where there is none."""
    found = value(db, "SELECT id FROM mdl_role WHERE shortname = ?", shortname)
    if found is None:
        raise KeyError(shortname)
    return int(found)


def add_context(db: sqlite3.Connection, level: int, instance: int, parent: int | None) -> int:
    """Adds a context below another one and answers its id."""
    above = one(db, "SELECT path, depth FROM mdl_context WHERE id = ?", parent)
    context = insert(db, "context", contextlevel=level, instanceid=instance)
    path = f"{above['path'] if above else ''}/{context}"
    depth = above["depth"] + 1 if above else 1
    db.execute("UPDATE mdl_context SET path = ?, depth = ? WHERE id = ?", (path, depth, context))
    return context


def context_id(db: sqlite3.Connection, level: int, instance: int) -> int:
    """The id of a context; KeyError where there is none."""
    sql = "SELECT id FROM mdl_context WHERE contextlevel = ? AND instanceid = ?"
    found = value(db, sql, level, instance)
    if found is None:
        raise KeyError((level, instance))
    return int(found)


def add_category(db: sqlite3.Connection, name: str, *, now: int) -> int:
    """Adds a top category of courses and answers its id."""
    order = 10000 * (1 + value(db, "SELECT count(*) FROM mdl_course_categories"))
    category = insert(
        db, "course_categories", name=name, descriptionformat=1, sortorder=order,
        timemodified=now, depth=1,
    )  # fmt: skip
    db.execute("UPDATE mdl_course_categories SET path = ? WHERE id = ?", (f"/{category}", category))
    add_context(db, CATEGORY, category, context_id(db, SYSTEM, 0))
    return category


def add_user(db: sqlite3.Connection, *, username: str, now: int, **fields: Any) -> int:
    """Adds a confirmed account with its context and answers its id."""
    standard = {"auth": "manual", "confirmed": 1, "mnethostid": 1, "password": "not set",
                "timecreated": now, "timemodified": now}  # fmt: skip
    user = insert(db, "user", username=username, **{**standard, **fields})
    add_context(db, USER, user, context_id(db, SYSTEM, 0))
    return user


def set_config(db: sqlite3.Connection, name: str, setting: str) -> None:
    """Sets one of the site's settings."""
    db.execute("DELETE FROM mdl_config WHERE name = ?", (name,))
    insert(db, "config", name=name, value=setting)
