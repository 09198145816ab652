"""How far a run is: what is done, of how much, as the stores have it too."""

import asyncio

from beekeed.core.model import RunStatus
from beekeed.core.progress import Progress
from beekeed.core.request import VERIFY, Request
from beekeed.engine import Engine
from tests.engine.school import School
from tests.engine.test_stopping import COMPLETE, start, switch, until


def learners(here: School, count: int) -> None:
    """Learners of whom each completed one thing: an account, an enrolment and a completion."""
    for number in range(count):
        username = f"amina{number}"
        here.box.learner(username, "Amina", f"Diallo {number}", "MATHS")
        here.box.complete(username, "Numbers")


def progress(engine: Engine) -> Progress:
    """What the engine tells now."""
    told = engine.progress
    assert told is not None
    return told


async def run(here: School, request: Request) -> Progress:
    """Run to the end; gives what is told then."""
    engine = here.engine()
    await engine.run(request, lambda _: None, lambda _: None)
    return progress(engine)


async def test_before_the_first_run_nothing_is_told(here: School) -> None:
    """Nobody is shown a run that was not."""
    assert here.engine().progress is None


async def test_at_the_end_all_is_done_and_the_status_is_told(here: School) -> None:
    """Enrolments and completions count; accounts come along and do not."""
    learners(here, 4)
    told = await run(here, Request("test"))
    assert (told.done, told.total, told.left) == (8, 8, 0)
    assert (told.status, told.reason, told.cause) == (RunStatus.COMPLETED, None, "test")
    (recorded,) = await here.history.recent(1)
    assert (recorded.event_id, recorded.traffic) == (told.event_id, told.spent)


async def test_what_is_set_aside_is_done_and_what_waits_for_it_is_not_left(here: School) -> None:
    """It needs nothing more in this run."""
    learners(here, 2)
    here.online.person("amina0", "Someone", "Else", idnumber="7")
    told = await run(here, Request("test"))
    assert told.status is RunStatus.PARTIAL
    assert (told.done, told.total, told.left) == (2, 2, 0)


async def test_in_the_middle_it_tells_what_was_acknowledged_and_what_is_left(
    here: School,
) -> None:
    """Also of a run that is being stopped; and of one that was, for good."""
    learners(here, 6)
    here.batch_calls = 2
    switch(here, "hold_before", f"{COMPLETE}:99")
    engine, running = start(here)
    held = "SELECT 1 FROM sandbox_request WHERE instr(functions, ?)"
    await until(lambda: here.online.sql(held, COMPLETE) and progress(engine).done == 6)
    told = progress(engine)
    assert (told.status, told.total, told.left) == (RunStatus.RUNNING, 12, 6)
    engine.stop()
    assert progress(engine).status is RunStatus.STOPPING
    switch(here, "hold_before", None)
    assert (await asyncio.wait_for(running, 30))[0] is RunStatus.STOPPED
    told = progress(engine)
    (acknowledged,) = await here.store.rows("SELECT count(*) FROM receipt WHERE kind IN (2, 3)")
    assert told.status is RunStatus.STOPPED
    assert (told.done, told.total) == (acknowledged[0], 12)
    assert 6 < told.done < 12


async def test_reading_back_counts_learners(here: School) -> None:
    """Each that was sent, and nobody else."""
    learners(here, 3)
    await here.completed()
    here.box.learner("fatou", "Fatou", "Ba", "MATHS")
    told = await run(here, Request(VERIFY))
    assert (told.cause, told.done, told.total) == (VERIFY, 3, 3)
