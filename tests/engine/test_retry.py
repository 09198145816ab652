"""A run waits out what passes, ends where it may not ask, and stops at once while it waits."""

import asyncio
from datetime import timedelta

import pytest

from beekeed.core.model import RunStatus
from beekeed.core.request import Request
from beekeed.errors import Code
from tests.clock import START, FakeClock
from tests.engine.school import School
from tests.engine.test_groups import put

COMPLETE = "core_completion_override_activity_completion_status"


@pytest.fixture
async def amina(here: School) -> School:
    """One learner whose first work has arrived, and who did more since."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    here.box.complete("amina", "Fractions")
    return here


async def test_a_request_that_is_cut_off_twice_arrives_in_the_same_run(amina: School) -> None:
    """Settled by reading, and sent again."""
    amina.online.sql(
        "INSERT INTO sandbox_switch (name, value) VALUES ('cut_before', ?)", f"{COMPLETE}:2"
    )
    await amina.completed()
    assert amina.online.state("amina", "Fractions") == 1


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
async def test_a_group_whose_answer_is_lost_is_made_once(amina: School, fault: str) -> None:
    """A name is there once in a course: that tells what became of it."""
    put(amina.box, "Lions", "amina")
    amina.online.sql(
        "INSERT INTO sandbox_switch (name, value) VALUES (?, 'core_group_create_groups:1')", fault
    )
    await amina.completed()
    assert amina.online.sql("SELECT name FROM mdl_groups") == [("Lions",)]
    assert amina.online.one("SELECT count(*) FROM mdl_groups_members") == 1


async def test_a_run_that_may_not_ask_ends_and_says_when(amina: School) -> None:
    """All stays pending, not a byte leaves before that, and then everything arrives."""
    amina.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('status', '503 7200')")
    engine = amina.engine()

    async def sync() -> tuple[RunStatus, Code | None]:
        ids: list[str] = []
        status, _ = await engine.run(Request("test"), ids.append, lambda _: None)
        details = await amina.history.details(ids[0])
        assert details is not None
        return status, details.run.reason.code if details.run.reason else None

    assert await sync() == (RunStatus.ERROR, Code.ASKED_TO_WAIT)
    amina.online.sql("DELETE FROM sandbox_switch")
    with amina.counting() as asked:
        assert await sync() == (RunStatus.ERROR, Code.ASKED_TO_WAIT)
    assert not asked
    assert await amina.waiting() > 0
    amina.clock.time += timedelta(hours=2)
    assert await sync() == (RunStatus.COMPLETED, None)
    assert amina.online.state("amina", "Fractions") == 1


class SlowClock(FakeClock):
    """A clock on which waiting never ends."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        self.is_waiting.set()
        await asyncio.Event().wait()


async def test_a_stop_ends_the_waiting_at_once(amina: School) -> None:
    """Nothing is in flight while a run waits."""
    clock = SlowClock()
    clock.time = START + timedelta(days=1)
    amina.clock = clock
    engine = amina.engine()
    amina.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('status', '503 60')")
    run = asyncio.create_task(engine.run(Request("test"), lambda _: None, lambda _: None))
    async with asyncio.timeout(10):
        await clock.is_waiting.wait()
        engine.stop()
        assert (await run)[0] is RunStatus.STOPPED


async def test_maintenance_that_lasts_ends_the_run(amina: School) -> None:
    """It is said to be maintenance, however long it asks to wait."""
    amina.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', 'on')")
    details = await amina.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.code is Code.MAINTENANCE
