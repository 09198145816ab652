"""What was set aside is tried again: it is pending as any other change, and read again first.

It may have been acknowledged before it was set aside, and then it is no change any more: only
a reading of its learner tells, whatever the digests say.
"""

import aiosqlite


async def try_again(db: aiosqlite.Connection, where: str, *values: object) -> int:
    """Try again those of the changes that a condition names; gives how many were set aside."""
    aside = f"aside_code IS NOT NULL AND {where}"
    await db.execute(
        "DELETE FROM reading WHERE (target_id, learner_id) IN"
        f" (SELECT target_id, learner_id FROM change WHERE {aside})",
        values,
    )
    cursor = await db.execute(
        f"UPDATE change SET aside_code = NULL, aside_params = NULL, aside_at = NULL WHERE {aside}",
        values,
    )
    return cursor.rowcount
