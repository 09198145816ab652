"""A run whose time came while there is nothing to send."""

from beekeed.core.model import Reason, RunStatus
from beekeed.core.request import SCHEDULED, Request
from beekeed.errors import Code
from tests.engine.school import School


async def test_with_nothing_to_send_no_byte_leaves(here: School) -> None:
    """It is complete where there is a way out, and was skipped where there is none."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    with here.counting() as asked:
        details = await here.sync(Request(SCHEDULED))
        assert details.run.status is RunStatus.COMPLETED
        here.route.up = False
        details = await here.sync(Request(SCHEDULED))
    assert details.run.status is RunStatus.SKIPPED
    assert details.run.reason is not None
    assert details.run.reason.code is Code.OFFLINE
    assert not asked


async def last_closed(here: School) -> int:
    """The last day that was closed, as a number."""
    row = await here.store.row("SELECT max(last_day) FROM closed_days")
    assert row is not None
    return int(row[0])


async def test_a_skipped_run_closes_no_day(here: School) -> None:
    """Only a run that could have sent promises that a day is safe."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    closed = await last_closed(here)
    here.clock.time = here.clock.time.replace(day=9)
    here.route.up = False
    await here.sync(Request(SCHEDULED))
    assert await last_closed(here) == closed
    here.route.up = True
    await here.sync(Request(SCHEDULED))
    assert await last_closed(here) > closed


async def test_who_asks_without_a_way_out_is_told_all_the_same(here: School) -> None:
    """Nothing was to be sent: that is an answer, wherever the box is."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    here.route.up = False
    assert (await here.sync()).run.status is RunStatus.COMPLETED


async def test_a_skipped_run_hides_no_trouble(here: School) -> None:
    """After a sync that failed every row of the box is compared, whatever was skipped since."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', '1')")
    assert (await here.sync()).run.status is RunStatus.ERROR
    await here.engine().skip(Reason(Code.OFFLINE))
    skipped = (await here.history.recent(1))[0]
    assert (skipped.status, skipped.cause) == (RunStatus.SKIPPED, SCHEDULED)
    assert skipped.ended_at == skipped.started_at
    assert await here.history.trouble_since(None) is Code.MAINTENANCE


async def test_what_was_skipped_is_listed_once_a_day_and_is_never_the_latest(here: School) -> None:
    """Offline for a day and a half, asked for every hour: two lines of the history."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    latest = (await here.completed()).run
    here.route.up = False
    here.clock.time = here.clock.time.replace(day=3, hour=0)
    for _ in range(36):
        await here.sync(Request(SCHEDULED))
    statuses = [run.status for run in await here.history.recent(50)]
    assert statuses == [RunStatus.SKIPPED, RunStatus.SKIPPED, RunStatus.COMPLETED]
    assert await here.history.count() == 3
    assert await here.history.latest() == latest
