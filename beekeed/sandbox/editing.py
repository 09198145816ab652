"""What a teacher does to a course online: renames and moves activities, changes how one is tracked.

The one rule: the course's own `timemodified` stays, and its `cacherev` goes up, as in Moodle.
"""

import sqlite3

from beekeed.sandbox.content import touch
from beekeed.sandbox.database import one


def rename_activity(db: sqlite3.Connection, module: int, name: str, *, now: int) -> None:
    """Gives an activity another name (`cmactions::rename`)."""
    row = _module(db, module)
    db.execute(
        f"UPDATE mdl_{row['kind']} SET name = ?, timemodified = ? WHERE id = ?",
        (name, now, row["instance"]),
    )
    touch(db, row["course"])


def move_activity(db: sqlite3.Connection, module: int, section: int, place: int) -> None:
    """Puts an activity into a section, before what stands at a place there (`moveto_module`)."""
    row = _module(db, module)
    for each in db.execute(
        "SELECT * FROM mdl_course_sections WHERE course = ?", (row["course"],)
    ).fetchall():
        sequence = [cmid for cmid in (each["sequence"] or "").split(",") if cmid]
        kept = [cmid for cmid in sequence if cmid != str(module)]
        if each["section"] == section:
            kept.insert(place, str(module))
            db.execute(
                "UPDATE mdl_course_modules SET section = ? WHERE id = ?", (each["id"], module)
            )
        db.execute(
            "UPDATE mdl_course_sections SET sequence = ? WHERE id = ?", (",".join(kept), each["id"])
        )
    touch(db, row["course"])


def track_activity(db: sqlite3.Connection, module: int, completion: int) -> None:
    """Sets how an activity is tracked: 0 not at all, 1 by hand, 2 by its conditions."""
    db.execute("UPDATE mdl_course_modules SET completion = ? WHERE id = ?", (completion, module))
    touch(db, _module(db, module)["course"])


def _module(db: sqlite3.Connection, module: int) -> sqlite3.Row:
    row = one(
        db,
        "SELECT cm.*, m.name AS kind FROM mdl_course_modules cm"
        " JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ?",
        module,
    )
    assert row is not None  # noqa: S101  (the caller knows it)
    return row
