"""A stop: nothing is left under way, and what cannot be known soon is said to be open."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from beekeed.core.model import RunStatus
from beekeed.core.request import Request
from beekeed.engine import Engine
from beekeed.engine.judging import Ended
from beekeed.errors import Code
from tests.engine.looping import loop_of
from tests.engine.school import School
from tests.engine.test_groups import put
from tests.engine.test_profiles import amina as edited
from tests.engine.test_profiles import field, fill, village

COMPLETE = "core_completion_override_activity_completion_status"
GRADE = "core_grades_update_grades"
MAKE_GROUP = "core_group_create_groups"
ENROLLED = "core_enrol_get_enrolled_users"

__all__ = ["edited"]


async def until(true: Callable[[], Any]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


def switch(here: School, name: str, value: str | None) -> None:
    """Turn a fault of the online Moodle on or off."""
    here.online.sql("DELETE FROM sandbox_switch WHERE name = ?", name)
    if value is not None:
        here.online.sql("INSERT INTO sandbox_switch (name, value) VALUES (?, ?)", name, value)


def start(here: School) -> tuple[Engine, asyncio.Task[Ended]]:
    """Start a run."""
    engine = here.engine()
    return engine, asyncio.create_task(engine.run(Request("test"), lambda _: None, lambda _: None))


@pytest.fixture
async def amina(here: School) -> School:
    """One learner whom both sides know."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    return here


@pytest.mark.parametrize("what", ["grade", "completion"])
async def test_what_was_in_flight_is_settled_although_its_answer_is_lost(
    amina: School, what: str
) -> None:
    """Also what could be said again: no more is sent, so it is read."""
    function = GRADE if what == "grade" else COMPLETE
    if what == "grade":
        amina.box.grade("amina", "Test", 6.0)
    else:
        amina.box.complete("amina", "Numbers")
    switch(amina, "hold_after", function)
    engine, run = start(amina)
    done = "SELECT 1 FROM mdl_grade_grades WHERE finalgrade = 6.0 UNION ALL"
    await until(lambda: amina.online.sql(f"{done} SELECT 1 FROM mdl_course_modules_completion"))
    engine.stop()
    switch(amina, "cut_after", function)
    switch(amina, "hold_after", None)
    assert (await asyncio.wait_for(run, 30))[0] is RunStatus.STOPPED
    assert await amina.store.rows("SELECT 1 FROM intent") == []
    kind = 4 if what == "grade" else 3
    assert len(await amina.store.rows("SELECT 1 FROM receipt WHERE kind = ?", kind)) == 1
    (stopped,) = await amina.history.recent(1)
    assert stopped.reason is None


async def test_what_cannot_be_settled_soon_is_said_to_be_open(amina: School) -> None:
    """The run ends all the same, and the next one finds out."""
    amina.box.grade("amina", "Test", 6.0)
    switch(amina, "hold_after", GRADE)
    engine, run = start(amina)
    await until(lambda: amina.online.grades("amina", "Test"))
    engine.stop()
    switch(amina, "cut_after", GRADE)
    switch(amina, "html", "gradereport_user_get_grade_items")
    switch(amina, "hold_after", None)
    assert (await asyncio.wait_for(run, 30))[0] is RunStatus.STOPPED
    (stopped,) = await amina.history.recent(1)
    assert stopped.reason is not None
    assert stopped.reason.code is Code.UNSETTLED
    assert stopped.reason.params == {"count": 1}
    amina.online.sql("DELETE FROM sandbox_switch")
    await amina.completed()
    assert await amina.store.rows("SELECT 1 FROM intent") == []


async def test_an_answer_that_is_being_checked_is_no_reason_to_go_on_waiting(
    edited: School,
) -> None:
    """An edit is read back; a stop gives that up, and reads once more by itself."""
    for side in (edited.box, edited.online):
        field(side, "village")
    fill(edited.box, "amina", "village", "Gao")
    await edited.completed()
    fill(edited.box, "amina", "village", "Mopti")
    edited.online.sql(
        "CREATE TRIGGER checking AFTER UPDATE ON mdl_user_info_data WHEN NEW.data = 'Mopti'"
        f" BEGIN INSERT INTO sandbox_switch VALUES ('hold_before', '{ENROLLED}'); END"
    )
    engine, run = start(edited)
    asked = "SELECT count(*) FROM sandbox_request WHERE function = ?"
    await until(lambda: village(edited) == "Mopti")
    before = edited.online.one(asked, ENROLLED)
    await until(lambda: edited.online.one(asked, ENROLLED) > before)
    engine.stop()
    async with asyncio.timeout(8):  # below the line's own patience
        await until(lambda: edited.online.one(asked, ENROLLED) > before + 1)
    switch(edited, "hold_before", None)
    assert (await asyncio.wait_for(run, 30))[0] is RunStatus.STOPPED
    assert await edited.store.rows("SELECT 1 FROM intent") == []


async def test_a_group_that_is_being_made_is_waited_for(amina: School) -> None:
    """A stop gives up what reads, and nothing that writes."""
    put(amina.box, "Lions", "amina")
    switch(amina, "hold_before", MAKE_GROUP)
    engine, run = start(amina)
    asked = "SELECT 1 FROM sandbox_request WHERE function = ?"
    await until(lambda: amina.online.sql(asked, MAKE_GROUP))
    engine.stop()
    ended, _ = await asyncio.wait({run}, timeout=0.5)
    assert not ended
    switch(amina, "hold_before", None)
    assert (await asyncio.wait_for(run, 30))[0] is RunStatus.STOPPED
    assert amina.online.sql("SELECT name FROM mdl_groups") == [("Lions",)]


async def test_a_stop_is_heard_after_the_batch_function_was_lost(here: School) -> None:
    """What one request would have carried goes one by one then, and each may be the last."""
    names = [f"l{number}" for number in range(12)]
    for name in names:
        here.online.learner(name, "L", name, "MATHS")
        here.box.learner(name, "L", name, "MATHS")
    await here.completed()
    for name in names:
        here.box.complete(name, "Numbers")
    here.online.sql(
        "CREATE TRIGGER first AFTER INSERT ON mdl_course_modules_completion"
        f" BEGIN INSERT OR REPLACE INTO sandbox_switch VALUES ('hold_after', '{COMPLETE}'); END"
    )
    switch(here, "hold_before", COMPLETE)
    engine, run = start(here)
    asked = "SELECT 1 FROM sandbox_request WHERE calls > 10"
    await until(lambda: here.online.sql(asked))
    here.online.sql(
        "DELETE FROM mdl_external_services_functions WHERE functionname LIKE 'tool_mobile%'"
    )
    switch(here, "hold_before", None)
    done = "SELECT 1 FROM mdl_course_modules_completion"
    await until(lambda: here.online.sql(done))
    engine.stop()
    switch(here, "hold_after", None)
    assert (await asyncio.wait_for(run, 30))[0] is RunStatus.STOPPED
    assert len(here.online.sql(done)) == 1
    assert await here.store.rows("SELECT 1 FROM intent") == []


async def test_who_asks_while_a_sync_is_being_stopped_gets_one_of_their_own(
    amina: School,
) -> None:
    """It begins when the other is over."""
    amina.box.complete("amina", "Numbers")
    switch(amina, "hold_after", COMPLETE)
    loop = loop_of(amina)
    running = asyncio.create_task(loop.run())
    first = await loop.request(Request())
    await until(lambda: amina.online.state("amina", "Numbers"))
    await loop.stop_run()
    asking = [asyncio.create_task(loop.request(Request())) for _ in range(2)]
    ended, _ = await asyncio.wait(asking, timeout=0.3)
    assert not ended
    switch(amina, "hold_after", None)
    second, third = await asyncio.wait_for(asyncio.gather(*asking), 30)
    assert second.event_id == third.event_id != first.event_id
    await loop.ended(second.event_id, 30)
    loop.stop()
    await running
    statuses = [run.status for run in await amina.history.recent(2)]
    assert statuses == [RunStatus.COMPLETED, RunStatus.STOPPED]
