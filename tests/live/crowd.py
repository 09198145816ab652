"""A box with many learners: those of the sample, again and again, each with all their work."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.sample import fill

_LEARNERS = """
    SELECT DISTINCT u.id FROM mdl_user u JOIN mdl_role_assignments ra ON ra.userid = u.id
    JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student' WHERE u.deleted = 0 ORDER BY 1
"""
_OWN = ("username", "email", "idnumber")
"""What two people cannot have in common."""
_WORK = (
    "user_enrolments", "role_assignments", "groups_members", "user_info_data",
    "course_modules_completion", "grade_grades",
)  # fmt: skip


def fill_crowd(box: Path, learners: int) -> None:
    """Make a box's database with so many learners in the courses of the sample."""
    fill(box, "device-sample")
    with closing(sqlite3.connect(box)) as db, db:
        known = [row[0] for row in db.execute(_LEARNERS)]
        for each in range(len(known), learners):
            _double(db, known[each % len(known)], f"{each // len(known)}.")


def _double(db: sqlite3.Connection, user: int, prefix: str) -> None:
    """Add a learner with the work of another."""
    own = {name: f"CASE {name} WHEN '' THEN '' ELSE '{prefix}' || {name} END" for name in _OWN}
    _copy(db, "user", "id", user, own)
    double = db.execute("SELECT max(id) FROM mdl_user").fetchone()[0]
    for table in _WORK:
        _copy(db, table, "userid", user, {"userid": double})


def _copy(
    db: sqlite3.Connection, table: str, key: str, value: int, changed: Mapping[str, object]
) -> None:
    """Copy the rows of somebody in a table, with some columns changed."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info(mdl_{table})") if row[1] != "id"]
    values = ", ".join(str(changed.get(name, name)) for name in names)
    into = ", ".join(names)
    sql = f"INSERT INTO mdl_{table} ({into}) SELECT {values} FROM mdl_{table} WHERE {key} = ?"
    db.execute(sql, (value,))
