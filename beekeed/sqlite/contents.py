"""The contents of courses online, kept so that an unchanged course is not read again."""

import aiosqlite

from beekeed.core.course import Kept
from beekeed.core.model import OnlineActivity, OnlineCourse
from beekeed.ports.stores import KeptContents
from beekeed.sqlite.store import Row, Store, seconds, time_of


async def kept(
    store: Store, target_id: int, course_id: int, *, doubted: bool = False
) -> KeptContents | None:
    """Give what was kept of a course; `doubted`: also where a refusal threw doubt on it."""
    row = await store.row(
        "SELECT contents.*, shortname FROM contents JOIN course ON course.id = course_id"
        " WHERE target_id = ? AND course_id = ? AND doubted <= ?",
        target_id,
        course_id,
        doubted,
    )
    if row is None:
        return None
    rows = await store.rows(
        "SELECT activity_match.*, section, modname, name FROM activity_match"
        " JOIN activity ON activity.id = part_id"
        " WHERE target_id = ? AND activity_match.course_id = ?",
        target_id,
        course_id,
    )
    return KeptContents(_kept(row), {each["part_id"]: _activity(each) for each in rows})


async def keep(db: aiosqlite.Connection, target_id: int, course_id: int, new: KeptContents) -> None:
    """Write a course's contents in place of those kept before."""
    where = (target_id, course_id)
    online = new.kept.online
    await db.execute(
        "INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            *where,
            online.online_id,
            online.created_at,
            online.modified_at,
            online.revision,
            new.kept.box,
            seconds(new.kept.read_at),
        ),
    )
    await db.execute("DELETE FROM activity_match WHERE target_id = ? AND course_id = ?", where)
    await db.executemany(
        "INSERT INTO activity_match VALUES (?, ?, ?, ?, ?, ?)",
        [
            (*where, part_id, each.cmid, each.tracked, each.instance)
            for part_id, each in new.activities.items()
        ],
    )


async def doubt(db: aiosqlite.Connection, target_id: int, course_id: int, run_id: int) -> None:
    """Note that a refusal named an activity: the contents are to be read again.

    Not those that were read in the same run: they could say nothing new.
    """
    await db.execute(
        "UPDATE contents SET doubted = 1 WHERE target_id = ? AND course_id = ?"
        " AND read_at < (SELECT started_at FROM run WHERE id = ?)",
        (target_id, course_id, run_id),
    )


def differ(before: KeptContents, new: KeptContents) -> bool:
    """Tell whether anything about a course's activities changed online."""
    return (before.kept.online, before.activities) != (new.kept.online, new.activities)


def _kept(row: Row) -> Kept:
    online = OnlineCourse(
        row["shortname"], row["online_id"], row["created_at"], row["modified_at"], row["revision"]
    )
    return Kept(online, row["box"], time_of(row["read_at"]))


def _activity(row: Row) -> OnlineActivity:
    return OnlineActivity(
        section=row["section"],
        modname=row["modname"],
        name=row["name"],
        cmid=row["cmid"],
        tracked=bool(row["tracked"]),
        instance=row["instance"],
    )
