"""The runs on disk, as they are listed."""

from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.store import Store

_STEPS = 1000
_SKIPPED = (
    "WITH RECURSIVE slot (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM slot"
    " WHERE number < ?) INSERT INTO run (event_id, cause, status, started_at, ended_at, code,"
    " params, clock_trusted, boot_id, began_boot_seconds) SELECT 'run-' || number, 'scheduled',"
    " 'skipped', 1800000000 + 3600 * number, 1800000000 + 3600 * number, 'offline', '{}', 1,"
    " 'boot', 0 FROM slot"
)


async def test_years_of_skipped_slots_are_counted_in_a_time_that_grows_with_them(
    store: Store,
) -> None:
    """A box that is offline skips one each hour: eight times as many are no 64 times the work."""
    history = SqliteHistory(store=store)
    steps = [await counting(store, history, slots) for slots in (480, 8 * 480)]
    assert await history.count() == 8 * 20 + 1
    assert steps[1] < steps[0] * 8 * 1.5


async def counting(store: Store, history: SqliteHistory, slots: int) -> int:
    """Give how many thousand steps SQLite takes to count and list so many."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    async with store.write() as db:
        await db.execute("DELETE FROM run")
        await db.execute(_SKIPPED, (slots,))
        await db.set_progress_handler(step, _STEPS)
    await history.count()
    await history.recent(20, 5)
    async with store.write() as db:
        await db.set_progress_handler(None, 0)  # type: ignore[arg-type]
    return steps
