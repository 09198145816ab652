"""A service account whose role is held in a course category, as in packaging/online-moodle."""

from collections.abc import Callable
from typing import Any

Sql = Callable[..., list[tuple[Any, ...]]]

ON_SITE = (
    "moodle/user:create", "moodle/user:update", "moodle/user:viewdetails",
    "moodle/user:viewalldetails", "moodle/user:viewhiddendetails", "webservice/rest:use",
)  # fmt: skip
"""What must be held in the whole site all the same: seen on a real Moodle 4.5.6."""


def hold_in_category(sql: Sql) -> int:
    """Move the account's role to the category, and give it a small role with ON_SITE on the site.

    `sql` runs a statement in the online Moodle's database. Gives the small role's id.
    """
    [(role,)] = sql("SELECT id FROM mdl_role WHERE shortname = 'beekeesync'")
    [(account,)] = sql("SELECT userid FROM mdl_role_assignments WHERE roleid = ?", role)
    [(category,)] = sql("SELECT min(id) FROM mdl_context WHERE contextlevel = 40")
    [(small,)] = sql("SELECT max(id) + 1 FROM mdl_role")
    sql(
        "INSERT INTO mdl_role (id, name, shortname, description, sortorder, archetype)"
        " VALUES (?1, 'Accounts', 'accounts', '', ?1, '')",
        small,
    )
    for capability in ON_SITE:
        sql(
            "INSERT INTO mdl_role_capabilities (contextid, roleid, capability, permission)"
            " VALUES (1, ?, ?, 1)",
            *(small, capability),
        )
    sql("UPDATE mdl_role_assignments SET contextid = ? WHERE roleid = ?", category, role)
    sql(
        "INSERT INTO mdl_role_assignments (roleid, contextid, userid, timemodified, modifierid)"
        " VALUES (?, 1, ?, 0, 2)",
        *(small, account),
    )
    return int(small)
