"""The schedule's slots: the real store and its twin in memory, held to the same."""

from datetime import timedelta

import pytest

from beekeed.core.schedule import WHOLE_DRAW, SlotKind, SlotName
from beekeed.ports.schedule import Met, Slots
from beekeed.sqlite.schedule import SqliteSlots
from beekeed.sqlite.store import Store
from tests.engine.stepped import MemorySlots, monday

HOUR = timedelta(hours=1)
EIGHT, NINE = (SlotName(monday(hour), SlotKind.HOUR) for hour in (8, 9))
DAILY = SlotName(monday(8), SlotKind.DAILY)
USED, WAITS, TRIED = Met(used=True), Met(used=False), Met(used=False, tries=2)


@pytest.fixture(params=[SqliteSlots, MemorySlots])
def slots(request: pytest.FixtureRequest, store: Store) -> Slots:
    """Each of the two."""
    made: Slots = SqliteSlots(store=store) if request.param is SqliteSlots else MemorySlots()
    return made


async def test_what_became_of_a_slot_is_known_by_its_name(slots: Slots) -> None:
    """A daily time and an hour of the same moment are two; what was never met is not there."""
    await slots.note([EIGHT], USED, trusted=True)
    await slots.note([NINE], TRIED, trusted=True)
    await slots.note([], USED, trusted=True)
    assert await slots.met([EIGHT, DAILY, NINE]) == {EIGHT: USED, NINE: TRIED}
    await slots.note([NINE, DAILY], USED, trusted=True)
    assert await slots.met([DAILY, NINE]) == {DAILY: USED, NINE: USED}
    assert await slots.met([]) == {}


async def test_those_that_wait_are_listed_in_order(slots: Slots) -> None:
    """Not those that are used."""
    await slots.note([NINE], TRIED, trusted=True)
    await slots.note([EIGHT], WAITS, trusted=False)
    await slots.note([DAILY], USED, trusted=True)
    assert list(await slots.waiting()) == [(EIGHT, WAITS), (NINE, TRIED)]


async def test_only_what_a_doubted_clock_met_and_is_still_to_come_is_released(
    slots: Slots,
) -> None:
    """What a trusted clock met stays, and so does what is past."""
    await slots.note([EIGHT, NINE], USED, trusted=False)
    await slots.note([DAILY], USED, trusted=True)
    assert set(await slots.used_after(EIGHT.at)) == {NINE}
    assert set(await slots.used_after(EIGHT.at - HOUR)) == {EIGHT, NINE, DAILY}
    await slots.release(NINE.at)
    assert set(await slots.met([EIGHT, NINE, DAILY])) == {EIGHT, NINE, DAILY}
    await slots.release(EIGHT.at)
    assert set(await slots.met([EIGHT, NINE, DAILY])) == {EIGHT, DAILY}
    await slots.release(EIGHT.at - HOUR)
    assert set(await slots.met([EIGHT, NINE, DAILY])) == {DAILY}


async def test_the_draw_is_the_devices_own(store: Store) -> None:
    """Drawn once, the same after each start, and not the same everywhere."""
    draws = {await SqliteSlots(store=store).draw() for _ in range(5)}
    assert len(draws) == 1
    for _ in range(5):
        async with store.write() as db:
            await db.execute("DELETE FROM schedule_draw")
        draws.add(await SqliteSlots(store=store).draw())
    assert len(draws) > 1
    assert all(0 <= draw < WHOLE_DRAW for draw in draws)


async def test_what_is_remembered_does_not_grow_for_ever(store: Store) -> None:
    """The newest are kept, in the order in which they were met, whatever their times."""
    slots = SqliteSlots(store=store)
    async with store.write() as db:
        await db.execute(
            "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 20000)"
            " INSERT INTO slot (at, kind, used, tries, clock_trusted)"
            " SELECT 4000000000 + n * 3600, 'hour', 1, 0, 1 FROM n"
        )
    await slots.note([EIGHT, NINE, DAILY], USED, trusted=True)
    rows = await store.rows("SELECT count(*), min(at), max(id) FROM slot")
    assert rows[0][0] == 20_000
    assert set(await slots.met([EIGHT, NINE, DAILY])) == {EIGHT, NINE, DAILY}


async def test_a_look_every_minute_writes_nothing(store: Store) -> None:
    """An idle box does not wear its card out."""
    slots = SqliteSlots(store=store)
    await slots.draw()
    changes = await store.row("SELECT total_changes()")
    for _ in range(5):
        await slots.release(monday())
        await slots.met([EIGHT])
        await slots.waiting()
        await slots.used_after(monday())
    after = await store.row("SELECT total_changes()")
    assert changes is not None
    assert after is not None
    assert after[0] == changes[0]
