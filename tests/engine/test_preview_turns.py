"""A dry run and everything else that the loop does: one at a time, and a sync first."""

import asyncio

import pytest

from beekeed.core.request import Request
from beekeed.errors import BeekeedError, Code
from beekeed.loop import Loop
from tests.engine.looping import loop_of
from tests.engine.school import School


@pytest.fixture
def loop(here: School) -> Loop:
    """The daemon's loop on a box where some work waits."""
    for number in range(5):
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        here.box.complete(f"l{number}", "Numbers")
    return loop_of(here)


async def test_two_dry_runs_take_turns(loop: Loop) -> None:
    """Both are answered, and the same."""
    one, two = await asyncio.gather(loop.preview(Request()), loop.preview(Request()))
    assert one == two
    assert sum(share.goes for share in one.shares) == 15


async def test_a_sync_does_not_wait_for_a_dry_run(here: School, loop: Loop) -> None:
    """Who only wanted to know is told to ask again."""
    running = asyncio.create_task(loop.run())
    preview = asyncio.create_task(loop.preview(Request()))
    await asyncio.sleep(0)
    started = await loop.request(Request())
    with pytest.raises(BeekeedError) as error:
        await preview
    assert error.value.code is Code.ALREADY_RUNNING
    with pytest.raises(BeekeedError):
        await loop.preview(Request())
    await loop.ended(started.event_id, 30)
    assert here.online.state("l0", "Numbers") == 1
    assert (await loop.preview(Request())).shares == ()
    loop.stop()
    await running
    with pytest.raises(BeekeedError):
        await loop.preview(Request())
