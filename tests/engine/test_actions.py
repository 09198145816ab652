"""What a sync changed is kept with what was there before; a conflict has both sides."""

from datetime import timedelta

import pytest

from beekeed.core.model import RunStatus
from beekeed.ports.stores import Done
from beekeed.sandbox.course import Activity
from tests.engine.school import School


@pytest.fixture
async def amina(here: School) -> School:
    """A learner who is known online, with an account that we made."""
    for side in (here.box, here.online):
        side.add("MATHS", Activity("assign", "Essay", 2, grade=100.0))
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    return here


async def done(here: School) -> list[tuple[str, str | None, str | None, str]]:
    """Run once and give what it changed: kind, part, before, after."""
    details = await here.sync()
    found: list[Done] = await here.history.done(details.run.event_id)
    assert {each.username for each in found} <= {"amina"}
    return [(str(each.kind), each.part, each.before, each.after) for each in found]


async def test_each_kind_keeps_what_was_there_before(amina: School) -> None:
    """So that an administrator can undo it by hand (row 18)."""
    amina.box.grade("amina", "Test", 5)
    amina.box.grade("amina", "Essay", 40, "Bien")
    amina.box.complete("amina", "Numbers")
    assert sorted(await done(amina)) == [
        ("completion", "Numbers", None, "1"),  # not read: Moodle leaves any result alone
        ("grade", "Essay", "", "40\n1Bien"),
        ("grade", "Test", "", "5"),
    ]
    amina.box.grade("amina", "Test", 8)
    amina.box.grade("amina", "Essay", 40, "Très bien")
    amina.box.complete("amina", "Numbers", 0)
    amina.box.sql("UPDATE mdl_user SET city = 'Gao' WHERE username = 'amina'")
    assert sorted(await done(amina), key=str) == [
        ("completion", "Numbers", "1", "0"),
        ("grade", "Essay", "40\n1Bien", "40\n1Très bien"),
        ("grade", "Test", "5", "8"),
        ("profile", "city", "", "Gao"),
    ]
    assert await done(amina) == []


async def test_a_new_account_and_enrolment_are_actions(here: School) -> None:
    """The account's number online is what an administrator looks for."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    assert await done(here) == [
        ("account", None, None, str(here.online.user("amina"))),
        ("enrolment", None, None, "made"),
    ]


async def test_actions_are_kept_for_twelve_months(amina: School) -> None:
    """And one jump of the clock does not take them away."""
    amina.box.complete("amina", "Numbers")
    details = await amina.sync()
    amina.clock.time += timedelta(days=370)
    await amina.sync()
    assert len(await amina.history.done(details.run.event_id)) == 1
    await amina.sync()
    assert await amina.history.done(details.run.event_id) == []


@pytest.mark.parametrize("away", [timedelta(days=400), timedelta(days=-20 * 365)])
async def test_a_wrong_clock_takes_no_actions_away(amina: School, away: timedelta) -> None:
    """Whether it was ahead or behind in a sync, and right in those before and after."""
    kept = []
    for offset, state in ((timedelta(), 1), (away, 0), (-away, 1)):
        amina.clock.time += offset
        amina.box.complete("amina", "Numbers", state)
        kept.append((await amina.sync()).run.event_id)
    await amina.sync()
    assert [len(await amina.history.done(event_id)) for event_id in kept] == [1, 1, 1]


async def test_a_conflict_has_both_values(amina: School) -> None:
    """What the box says, and what stays online."""
    amina.box.grade("amina", "Test", 5)
    await amina.completed()
    amina.online.grade("amina", "Test", 6)
    amina.box.grade("amina", "Test", 8)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    (row,) = await amina.changes.set_aside_list(1)
    assert (row.part, row.value, row.online_value) == ("Test", "8", "6")
