"""Takes receipts back: what turned out not to be online is pending again."""

import aiosqlite

from beekeed.core.model import Kind
from beekeed.sqlite.days import add_saved
from beekeed.sqlite.store import KIND_NUMBER

_COLUMNS = (
    "target_id, kind, course_id, part_id, learner_id, value, happened_at, first_seen_at,"
    " happened_trusted, seen_trusted"
)
_NOTHING_TO_SEND = (
    f"(kind = {KIND_NUMBER[Kind.COMPLETION]} AND value = '0'"
    f" OR kind = {KIND_NUMBER[Kind.ENROLMENT]} AND value = 'removed'"
    f" OR kind = {KIND_NUMBER[Kind.PROFILE]})"
)


async def forget(db: aiosqlite.Connection, target_id: int, where: str, *values: int) -> None:
    """Drop the receipts of a target that a condition names, and make them pending as missing.

    Not what is gone from the box; a completion that was taken back needs nothing, nor does
    an enrolment that was removed; a profile goes with the account when that is made again.
    """
    named = f"FROM receipt WHERE target_id = ? AND {where}"
    await db.execute(
        f"INSERT INTO change ({_COLUMNS}, missing) SELECT {_COLUMNS}, 1 {named}"
        f" AND gone_at IS NULL AND NOT {_NOTHING_TO_SEND}"
        " ON CONFLICT DO UPDATE SET again = 0, missing = missing OR again",
        (target_id, *values),
    )
    by_day = await db.execute_fetchall(
        f"SELECT day, count(*) {named} AND kind <> {KIND_NUMBER[Kind.PROFILE]} GROUP BY day",
        (target_id, *values),
    )
    for day, count in by_day:
        await add_saved(db, target_id, day, -count)
    await db.execute(f"DELETE {named}", (target_id, *values))
